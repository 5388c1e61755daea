// 样张服务器: serves specimen.html with the product's own assets, under the content policy of the product and stricter, and
// answers the few requests that its scripts make. Only for the tests and for looking at components before a page needs them.
'use strict';

const fs = require('fs');
const http = require('http');
const path = require('path');

const ROOT = path.join(__dirname, '..');
const PLACES = [path.join(ROOT, 'crates/web/assets'), path.join(ROOT, '.tools/front-end')];
const TYPES = { '.js': 'application/javascript', '.css': 'text/css', '.html': 'text/html' };

const DISEASES = [
  ['K35.900', '急性阑尾炎', 'jxlwy'], ['K35.300', '急性阑尾炎伴局限性腹膜炎', 'jxlwybjxxfmy'], ['K80.100', '胆囊结石伴慢性胆囊炎', 'dnjsbmxdny'],
  ['I10.x00', '特发性（原发性）高血压', 'tfxyfxgxy'], ['I10.x05', '高血压病3级（极高危）', 'gxyb3jjgw'], ['E11.900', '2型糖尿病不伴有并发症', '2xtnbbbybfz'],
  ['J18.900', '未特指的肺炎', 'wtzdfy'], ['I63.900', '未特指的脑梗死', 'wtzdngs'],
];

function suggest(query) {
  const q = (query.get('q') || '').toLowerCase();
  return DISEASES.filter(([code, name, initials]) => code.toLowerCase().startsWith(q) || name.includes(q) || initials.includes(q))
    .map(([code, name]) => ({ code, name, tags: code.startsWith('K') ? ['核心'] : [] }));
}

const CHART = { kind: 'combo', unit: '万元', decimals: 2, legend: 'multi', title: '结余',
  categories: ['1月', '2月', '3月'], series: [{ name: '结余', surplus: true, values: [12.5, -8.25, 3] }, { name: '人次', kind: 'line', axis: 1, unit: '人次', decimals: 0, values: [310, 280, 355] }],
  drill: [['?m=1', '?m=2', '?m=3'], []] };

/** Starts it on a free port; resolves to {base, close, polls}. */
function start() {
  let polls = 0;
  const answers = {
    '/suggest': (url, send) => send(200, 'application/json', JSON.stringify(suggest(url.searchParams))),
    '/chart.json': (url, send) => send(200, 'application/json', JSON.stringify(CHART)),
    '/fragment': (url, send) => send(200, 'text/html', `<p class="answer">科室 ${url.searchParams.get('dept') || '全部'}</p><span class="bar"><span data-width="40"></span></span>`),
    '/broken': (url, send) => send(500, 'text/html', '<div class="alert alert-error" role="alert"><p><b>查询失败</b></p><p>请缩小日期范围</p><p class="muted">请求编号 9f21</p></div>'),
    '/expired': (url, send) => send(401, 'text/html', '<div class="alert alert-error"><p><b>登录已失效</b></p></div>'),
    '/state': (url, send) => { polls += 1; send(200, 'text/html', polls < 2 ? '<p>重新计算：1 / 2</p><div class="progress"><div class="progress-fill" data-width="50"></div></div>' : '<div class="alert alert-ok" data-done="1">已完成</div>'); },
    '/slow': (url, send) => setTimeout(() => send(200, 'text/html', '<p class="answer">终于</p>'), 900),
    '/settings/columns': (url, send) => send(204, 'text/plain', ''),
  };
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, 'http://specimen');
    const send = (status, type, body) => {
      response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-store',
        'Content-Security-Policy': "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'" });
      response.end(body);
    };
    if (url.pathname === '/favicon.ico') return send(204, 'image/x-icon', '');
    if (answers[url.pathname]) return answers[url.pathname](url, send);
    const name = url.pathname === '/' ? 'specimen.html' : path.basename(url.pathname);
    const file = [__dirname, ...PLACES].map((place) => path.join(place, name)).find((at) => fs.existsSync(at));
    if (!file || !TYPES[path.extname(file)]) return send(404, 'text/plain', 'not there');
    return send(200, TYPES[path.extname(file)], fs.readFileSync(file));
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ base: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }));
  });
}

module.exports = { start };

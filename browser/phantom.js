// 老内核: pages in PhantomJS 2.1.1, which knows no ES2015, no grid, no fetch. It is neither more nor less than IE; it is old.
// scripts/browser-tests puts it in place and names it by PHANTOMJS; without it this layer is skipped and says so.
'use strict';

const { spawn } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { PICTURES } = require('./visit');

const SPECIMEN = [{ address: '/', picture: 'old-specimen', waitFor: '#stack canvas' }];

/** `signIn(role)` gives the cookie of a session and the addresses of that role's menu. */
async function smoke(sites, signIn, report) {
  if (!process.env.PHANTOMJS) {
    console.log('skipped: the old engine, PHANTOMJS names none');
    return;
  }
  await run({ base: sites.specimen.base, cookies: [], pages: SPECIMEN }, report);
  if (!sites.product) return;
  await run({ base: sites.product.base, cookies: [], pages: [{ address: '/login', picture: 'old-login' }] }, report);
  const visited = new Set();
  for (const role of ['insurance_office', 'system_admin', 'security_admin']) {
    const { cookie, menu } = await signIn(role);
    const pages = menu.filter((address) => !visited.has(address)).map((address) => ({ address, picture: `old${address.replace(/\W+/g, '-')}` }));
    pages.forEach((page) => visited.add(page.address));
    await run({ base: sites.product.base, cookies: [{ name: cookie.name, value: cookie.value, domain: '127.0.0.1', path: '/' }], pages }, report);
  }
}

function run(task, report) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dipper-phantom-'));
  const file = path.join(folder, 'task.json');
  fs.mkdirSync(PICTURES, { recursive: true });
  const pages = task.pages.map((page) => ({ ...page, picture: page.picture && path.join(PICTURES, `${page.picture}.png`) }));
  fs.writeFileSync(file, JSON.stringify({ ...task, pages }));
  return new Promise((resolve) => {
    const child = spawn(process.env.PHANTOMJS, [path.join(__dirname, 'phantom_smoke.js'), file], { env: { ...process.env, OPENSSL_CONF: '/dev/null' } });
    const left = new Set(pages.map((page) => page.address));
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000 + pages.length * 16_000);
    let rest = '', complaint = '';
    child.stderr.on('data', (bytes) => { complaint = (complaint + bytes).slice(-500); });
    child.stdout.on('data', (bytes) => {
      const lines = (rest + bytes).split('\n');
      rest = lines.pop();
      for (const line of lines.filter((text) => text.startsWith('{'))) {
        const { address, problems, ms } = JSON.parse(line);
        left.delete(address);
        report('phantom', address, Date.now() - ms, problems);
      }
    });
    child.on('close', () => {
      clearTimeout(timer);
      fs.rmSync(folder, { recursive: true, force: true });
      for (const address of left) report('phantom', address, Date.now(), [`no answer; ${complaint || 'it ended early'}`]);
      resolve();
    });
  });
}

module.exports = { smoke };

// 补丁: each shim of compat.js is still needed. When one of these fails, a library has mended itself: take the shim out.
'use strict';

const assert = require('assert');

async function without(visit, line) {
  await visit.page.route('**/compat.js', async (route) => {
    const text = await (await route.fetch()).text();
    assert.ok(line.test(text), `compat.js has no ${line}`);
    await route.fulfill({ contentType: 'application/javascript', body: text.replace(line, '') });
  });
}

const problems = (visit) => { const seen = visit.problems.join('\n'); visit.problems.length = 0; return seen; };

module.exports = {
  name: 'shims',
  site: 'specimen',
  engines: ['ie11', 'ie10'],
  async run(visit) {
    const { page, engine } = visit;
    if (engine === 'ie11') {
      await visit.step('ECharts fails on a Map without keys()', async () => {
        await without(visit, /if \(typeof w\.Map.*/);
        const error = page.waitForEvent('pageerror', { timeout: 5000 });
        await page.goto(`${visit.site.base}/`);
        await error;
        assert.match(problems(visit), /keys is not a function/);
        await page.unroute('**/compat.js');
      });
    }
    if (engine === 'ie10') {
      await visit.step('SortableJS fails without Array.from', async () => {
        await without(visit, /if \(!Array\.from\) \{[\s\S]*?\n  \}/);
        await visit.open('/');
        const error = page.waitForEvent('pageerror', { predicate: (e) => /from/.test(e.message) });
        await visit.drag('#others li:last-child .handle', '#others li:first-child .handle', false);
        await error;
        await page.mouse.up();
        assert.match(problems(visit), /from/);
      });
    }
  },
};

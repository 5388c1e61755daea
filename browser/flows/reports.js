// 统计报表: every report draws its charts and tables; a number opens its cases, a row its next level; the workbook equals the screen.
'use strict';

const assert = require('assert');
const { sheet, sameAsTable } = require('../workbook');
const { faults } = require('../accessibility');

module.exports = {
  name: 'reports',
  site: 'product',
  async run(visit) {
    const { page } = visit;
    await visit.login('insurance_office');
    await visit.open('/reports');
    const reports = await visit.step('list of reports', async () => {
      const html = await page.locator('.content').innerHTML();
      return [...new Set([...html.matchAll(/href="(\/report\/[a-z0-9-]+)"/g)].map(([, address]) => address))];
    });
    assert.ok(reports.length > 60, `only ${reports.length} reports are listed`);
    // Masks and plain forms are about the pages' make, which all reports share.
    const some = ['/report/groups-overview', '/report/disease-overview', '/report/insurance-settlement-by-department'];
    for (const address of visit.isPlain ? reports : some) {
      await visit.open(address);
      await visit.step(`look at ${address}`, async () => {
        if (visit.hasScript && (await page.locator('.chart').count())) {
          await page.locator('.chart canvas, .chart .empty').first().waitFor();
        }
        if (!visit.isPlain) return;
        const wide = await page.evaluate('document.documentElement.scrollWidth');
        assert.ok(wide <= 1366, `is ${wide} px wide, in a window of 1366 px`);
        if (some.includes(address)) for (const fault of await faults(page)) visit.problems.push(`${address}: ${fault}`);
      });
      if (some.includes(address)) await visit.picture(address.replace(/\W+/g, '-').replace(/^-/, ''));
    }
    await visit.open('/report/surplus-by-department');
    await visit.step('workbook of the screen', async () => {
      const table = await visit.rows();
      const { name, bytes } = await visit.download('a.btn:has-text("导出 Excel")');
      assert.match(name, /\.xlsx$/);
      sameAsTable(sheet(bytes), table);
    });
    await visit.step('from the department to its doctors and back', async () => {
      await page.locator('table.grid tbody td a').first().click();
      await page.waitForURL((url) => url.searchParams.get('level') === '1');
      await visit.settled();
      assert.match(await visit.text('.content'), /下钻路径/);
      await page.goBack();
      await page.waitForURL((url) => !url.searchParams.get('level'));
      await visit.settled();
    });
    await visit.step('from a number to its cases', async () => {
      await page.locator('table.grid tbody td.n a').first().click();
      await page.waitForURL(/\/cases\?/);
      await visit.settled();
      assert.match(await visit.text('.content'), /共 [\d,]+ 条/);
    });
  },
};

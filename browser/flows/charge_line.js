// 钻取: login, workbench, filter, the cases behind a number, a case, its charge lines; each list's workbook is what it shows.
'use strict';

const assert = require('assert');
const { sheet, sameAsTable } = require('../workbook');

module.exports = {
  name: 'charge line',
  site: 'product',
  async run(visit) {
    const { page } = visit;
    const exported = async (name) => visit.step(`workbook of ${name}`, async () => {
      const table = await visit.rows();
      assert.ok(table.length > 1, 'the table is empty');
      const { bytes } = await visit.download('a.btn:has-text("导出 Excel")');
      sameAsTable(sheet(bytes), table);
    });

    await visit.login('insurance_office');
    await visit.open('/workbench');
    const department = await visit.step('filter by department', async () => {
      const choices = await page.locator('#department').innerHTML();
      const [, department] = /value="([^"]+)"/.exec(choices.replace(/value=""/, ''));
      const arrived = page.waitForURL((url) => url.searchParams.get('department') === department);
      await page.locator('#department').selectOption(department);
      if (!visit.hasScript) await page.locator('.filters button').click();
      await arrived;
      await visit.settled();
      return department;
    });
    await visit.step('the cases behind a number', async () => {
      await visit.follow('.kpi-value a');
      assert.match(visit.place(), /^\/cases\?.*department=/);
      await visit.picture('drill-cases');
    });
    await exported('the cases');
    await visit.step('a case', async () => {
      await visit.follow('table.grid tbody a[href^="/case/"]');
      await visit.sees('入组过程');
      if (visit.hasScript && await page.locator('.chart').count()) await page.locator('.chart canvas').first().waitFor();
      await visit.picture('drill-case');
    });
    await visit.step('its charges', async () => {
      await visit.follow('.tabs a[href*="/charges"]');
      await visit.picture('drill-charges');
    });
    await visit.step('line by line', async () => {
      await visit.follow(page.locator('.switch a', { hasText: '明细' }).first());
      await visit.picture('drill-charge-lines');
    });
    await exported('the charge lines');
    await visit.step('back to the list with its filter', async () => {
      await visit.follow('a:has-text("返回病例清单")');
      assert.equal(new URL(page.url()).searchParams.get('department'), department);
    });
    await visit.step('the back button to the workbench with its filter', async () => {
      for (let pages = 0; pages < 8 && !visit.place().startsWith('/workbench'); pages += 1) await page.goBack();
      assert.equal(await page.locator('#department').inputValue(), department);
    });
  },
};

// 工作台: filter, each panel's own page, and its workbook, which holds what the screen shows.
'use strict';

const assert = require('assert');
const { sheet, sameAsTable } = require('../workbook');

module.exports = {
  name: 'workbench',
  site: 'product',
  async run(visit) {
    const { page } = visit;
    await visit.login('insurance_office');
    await visit.open('/workbench');
    const panels = await visit.step('panels', async () => {
      const html = await page.locator('.content').innerHTML();
      const links = [...html.matchAll(/href="(\/workbench\/[^"]*)"/g)].map(([, address]) => address.replace(/&amp;/g, '&'));
      const names = [...new Set(links.map((address) => address.replace(/\?.*/, '')))];
      assert.equal(names.length, 10, `panels: ${names.join(' ')}`);
      if (visit.hasScript) await page.locator('.chart canvas').first().waitFor();
      return names;
    });
    await visit.step('choose the year before', async () => {
      const years = await page.locator('#year').innerHTML();
      const [, last] = [...years.matchAll(/value="(\d+)"/g)].map(([, year]) => year).sort().reverse();
      const arrived = page.waitForURL((url) => url.searchParams.get('year') === last);
      // With scripts the choice is enough.
      await page.locator('#year').selectOption(last);
      if (!visit.hasScript) await page.locator('.filters button').click();
      await arrived;
      await visit.settled();
    });
    const filter = new URL(page.url()).search;
    let compared = 0;
    for (const panel of panels) {
      await visit.open(panel + filter);
      await visit.picture(`workbench${panel.slice('/workbench'.length).replace(/\W+/g, '-')}`);
      await visit.step(`workbook of ${panel}`, async () => {
        if (!(await page.locator('table.grid').count())) return;
        const table = await visit.rows();
        const { name, bytes } = await visit.download('a.btn:has-text("导出 Excel")');
        assert.match(name, /\.xlsx$/);
        sameAsTable(sheet(bytes), table);
        compared += 1;
      });
    }
    assert.ok(compared >= 5, `only ${compared} panels have a table to compare`);
  },
};

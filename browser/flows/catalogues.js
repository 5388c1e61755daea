// 编码目录: search as coders type, a code's page, a file imported after its dry run, one row edited, versions compared.
'use strict';

const assert = require('assert');
const { sheet, sameAsTable } = require('../workbook');

module.exports = {
  name: 'catalogues',
  site: 'product',
  async run(visit) {
    const { page } = visit;
    page.on('dialog', (dialog) => dialog.accept());
    await visit.login('insurance_office');
    await visit.open('/catalogues');
    await visit.step('a catalogue', async () => {
      await visit.follow('table.grid a[href="/catalogues/diagnosis_insurer"]');
      await visit.picture('catalogues-browse');
    });
    await visit.step('search by initials', async () => {
      await page.locator('#q').fill('gxy');
      await visit.follow('.filters button');
      const table = await visit.rows();
      assert.ok(table[1].join(' ').includes('高血压'), table[1].join(' '));
      const { bytes } = await visit.download('a.btn:has-text("导出 Excel")');
      sameAsTable(sheet(bytes), table);
    });
    await visit.step('a code', async () => {
      await visit.follow('table.grid tbody a[href*="/code?code="]');
      await visit.sees('用到此编码的病种');
      await visit.picture('catalogues-code');
    });

    // Each engine imports a row of its own: the server keeps what the engine before it left.
    const code = `TEST-${visit.engine}`;
    const file = `项目编码,项目名称,价格\n${code},浏览器测试项目,${Date.now() % 100000}\nBAD,,1\n`;
    await visit.open('/catalogues/service/import');
    await visit.step('upload', async () => {
      await page.locator('#file').setInputFiles({ name: '项目.csv', mimeType: 'text/csv', buffer: Buffer.from(file) });
      await page.locator('#edition').fill('测试');
      await page.locator('#valid_from').fill('2024-01-01');
      await page.locator('input[name=mode][value=incremental]').check();
      await visit.picture('catalogues-import');
      await visit.follow('button:has-text("上传并比对")');
    });
    await visit.step('dry run', async () => {
      await visit.sees('请补填项目名称');
      await visit.picture('catalogues-dry-run');
      await page.locator('input[name=skip_wrong]').check();
      await visit.follow('button:has-text("确认导入")');
      await visit.sees('已导入，现为第');
      await visit.picture('catalogues-versions');
    });
    await visit.step('what differs', async () => {
      await visit.follow('table.grid a:has-text("与上一版比较")');
      assert.ok((await page.content()).includes(code), `${code} is not in the comparison`);
      await visit.picture('catalogues-compare');
    });
    await visit.open(`/catalogues/service/edit?code=${code}&edition=${encodeURIComponent('测试')}`);
    await visit.step('edit a row', async () => {
      await visit.picture('catalogues-edit');
      await page.locator('#field_name').fill(`浏览器测试项目 ${Date.now()}`);
      await visit.follow('button:has-text("保存")');
      await visit.sees('已保存，目录现为第');
    });
  },
};

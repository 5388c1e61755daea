// 系统管理: an account from its one-time password to two editors, a role, a correction of a dictionary, a collection, the logs.
'use strict';

const assert = require('assert');
const { sheet, sameAsTable } = require('../workbook');

/** Logs in as somebody else in the same window. */
async function change(visit, role) {
  await visit.context.clearCookies();
  await visit.login(role);
}

module.exports = {
  name: 'administration',
  site: 'product',
  async run(visit) {
    const { page } = visit;
    page.on('dialog', (dialog) => dialog.accept());
    // Each engine has an account of its own: a 工号 is given once.
    const login = `flow-${visit.engine}`;
    await visit.login('security_admin');
    await visit.open('/admin/users');
    await visit.step('a new user', async () => {
      await visit.picture('admin-users');
      await visit.follow('a.btn:has-text("新建用户")');
      await page.locator('#login').fill(login);
      await page.locator('#name').fill('欧阳测试');
      await page.locator('input[name=role][value=coder]').check();
      await visit.follow('button:has-text("保存")');
      await visit.sees('一次性口令');
      await visit.picture('admin-user');
    });
    await visit.step('found by initials', async () => {
      await visit.open('/admin/users');
      await page.locator('#q').fill('oycs');
      await visit.follow('.filters button');
      const table = await visit.rows();
      assert.ok(table.some((row) => row[0] === login), JSON.stringify(table));
      const { bytes } = await visit.download('a.btn:has-text("导出 Excel")');
      sameAsTable(sheet(bytes), table);
    });
    await visit.step('two editors', async () => {
      await visit.open(`/admin/users/${login}`);
      const other = await visit.context.newPage();
      await other.goto(`${visit.site.base}/admin/users/${login}`);
      await other.locator('#name').fill('欧阳甲');
      await Promise.all([other.waitForNavigation(), other.locator('button:has-text("保存")').first().click()]);
      await other.close();
      await page.locator('#name').fill('欧阳乙');
      await visit.submit('button:has-text("保存")');
      await visit.sees('已被他人修改');
      assert.equal(await page.locator('#name').inputValue(), '欧阳乙');
      assert.ok((await visit.text('table.grid')).includes('欧阳甲'));
      await visit.picture('admin-conflict');
      await visit.submit('button:has-text("保存")');
      await visit.sees('已保存');
    });
    await visit.step('roles', async () => {
      await visit.open('/admin/roles?view=matrix');
      await visit.picture('admin-roles');
      await visit.open('/admin/roles/security_admin');
      await page.locator('input[name=permission][value=operation_log]').check();
      await visit.submit('button:has-text("保存")');
      await visit.sees('不能同属一人');
    });

    await change(visit, 'system_admin');
    await visit.open('/admin/departments');
    await visit.step('a correction', async () => {
      await visit.picture('admin-departments');
      await visit.follow('table.grid tbody a');
      const beds = page.locator('#open_beds');
      await beds.fill(String(Number(await beds.inputValue()) + 1));
      await visit.submit('button:has-text("保存")');
      await visit.sees('手工修正');
      await visit.picture('admin-department');
    });
    await visit.open('/collection');
    await visit.step('a collection', async () => {
      await visit.picture('collection');
      await visit.follow('table.grid a[href*="task=his%2Fbed"]');
      await visit.follow('button:has-text("立即采集")');
      for (let tries = 0; !(await page.locator('[data-done]').count()); tries += 1) {
        assert.ok(tries < 120, 'the collection does not end');
        await page.waitForTimeout(500);
        if (!visit.hasScript) await visit.open(visit.place());
      }
      assert.ok((await visit.text('[data-done]')).includes('读取'), await visit.text('[data-done]'));
    });
    await visit.step('its log', async () => {
      await visit.open('/collection/log');
      await visit.picture('collection-log');
      await visit.open('/collection/log/statistics?by=task');
      await visit.picture('collection-statistics');
      await visit.follow('table.grid tbody a[href*="task=his%2Fbed"]');
      assert.ok((await visit.rows()).slice(2).every((row) => row[1] === 'his/bed'));
    });

    await change(visit, 'audit_admin');
    await visit.open('/admin/log');
    await visit.step('who did what', async () => {
      await page.locator('#q').fill(login);
      await visit.follow('.filters button');
      const table = await visit.rows();
      assert.ok(table.some((row) => row.join(' ').includes('姓名：欧阳甲 → 欧阳乙')), JSON.stringify(table));
      await visit.picture('admin-log');
      const { bytes } = await visit.download('a.btn:has-text("导出 Excel")');
      sameAsTable(sheet(bytes), table);
      await visit.open('/admin/log/statistics?by=user');
      await visit.picture('admin-log-statistics');
    });
  },
};

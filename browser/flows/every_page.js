// 每个页面: what each role's menu leads to opens in every engine, without an error, within the window and readable to all.
// covers: PER-1.03
'use strict';

const assert = require('assert');
const { faults } = require('../accessibility');

const ROLES = ['insurance_office', 'system_admin', 'security_admin', 'audit_admin', 'director', 'department_head', 'doctor', 'coder'];

module.exports = {
  name: 'every page',
  site: 'product',
  async run(visit) {
    const { page } = visit;
    const seen = new Set();
    // The masks and plain forms are about pages, not about rights: roles that add no page add nothing there.
    const roles = visit.isPlain ? ROLES : ROLES.slice(0, 4);
    await visit.open('/login');
    await visit.picture('login');
    for (const role of roles) {
      await visit.context.clearCookies();
      await visit.login(role);
      const menu = await visit.menu();
      await visit.step(`menu of ${role}`, async () => assert.ok(menu.length > 0, 'is empty'));
      for (const address of menu.filter((a) => visit.isPlain || !seen.has(a))) {
        const isNew = !seen.has(address);
        seen.add(address);
        // One page's fault does not hide the next one's.
        await look(visit, page, address, isNew).catch((error) => visit.problems.push(error.message));
      }
    }
  },
};

async function look(visit, page, address, isNew) {
  await visit.open(address);
  if (!isNew) return;
  await visit.step(`look at ${address}`, async () => {
    assert.ok((await visit.text('h1')).length > 0, 'has no heading');
    assert.match(await page.locator('.sidebar .here').getAttribute('href'), /^\//);
    if (!visit.isPlain) return;
    const wide = await page.evaluate('document.documentElement.scrollWidth');
    assert.ok(wide <= 1366, `is ${wide} px wide, in a window of 1366 px`);
    await visit.picture(address.replace(/\W+/g, '-').replace(/^-|-$/g, ''));
    for (const fault of await faults(page)) visit.problems.push(`${address}: ${fault}`);
  });
}

// 会话失效: what was typed stays when the session has ended, and can be sent after a new login in another window.
'use strict';

const assert = require('assert');

module.exports = {
  name: 'ended session',
  site: 'product',
  engines: ['plain', 'ie11', 'ie10'],
  async run(visit) {
    const { page, context } = visit;
    visit.expected.add('/session');
    await visit.login('coder');
    await visit.open('/password');
    await visit.step('type, while the session ends', async () => {
      await page.locator('#old').fill('not the password');
      await page.locator('#new').fill('Abcdef#20260101');
      await page.locator('#again').fill('Abcdef#20260101');
      await context.clearCookies();
      await page.locator('.content form button').click();
      await page.locator('#session-expired').waitFor();
      assert.equal(await page.locator('#new').inputValue(), 'Abcdef#20260101');
      await visit.picture('ended-session');
    });
    await visit.step('log in in another window', async () => {
      const [other] = await Promise.all([context.waitForEvent('page'), page.locator('#session-expired a').click()]);
      await other.locator('input[name=login]').fill('coder');
      await other.locator('input[name=password]').fill(visit.site.accounts.coder);
      await other.locator('form[action="/login"] button').click();
      await other.waitForURL((url) => url.pathname !== '/login');
      await other.close();
    });
    await visit.step('the form is sent with the new session, once though pressed twice', async () => {
      const sent = [];
      page.on('request', (request) => { if (request.method() === 'POST' && new URL(request.url()).pathname === '/password') sent.push(request); });
      await page.locator('#session-expired button').click();
      await page.locator('.content form button').dblclick();
      // The wrong old password is refused by the page itself: it was read, so its token was right.
      await page.locator('.content .alert-error').waitFor();
      assert.ok(visit.place().startsWith('/password'));
      assert.equal(sent.length, 1);
    });
  },
};

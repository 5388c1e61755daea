// 组件: every enhancement of app.js, charts.js, combobox.js and sort.js on the specimen page.
'use strict';

const assert = require('assert');

module.exports = {
  name: 'components',
  site: 'specimen',
  engines: ['plain', 'ie11', 'ie10'],
  async run(visit) {
    const { page } = visit;
    visit.expected.add('/broken').add('/expired');
    await visit.open('/');

    await visit.step('charts are drawn', async () => {
      for (const id of ['stack', 'line', 'pie', 'fetched', 'many', 'rank']) await page.locator(`#${id} canvas`).first().waitFor();
      assert.match(await page.locator('#stack .chart-canvas').getAttribute('aria-label'), /数据见下表/);
      await visit.sees('所选范围没有数据');
      await visit.picture('specimen');
    });
    await visit.step('legend single and multi', async () => {
      const pressed = () => page.locator('#line [data-legend=multi]').getAttribute('aria-pressed');
      assert.equal(await pressed(), 'false');
      await page.locator('#line [data-legend=multi]').click();
      assert.equal(await pressed(), 'true');
    });
    await visit.step('the table of a chart', async () => {
      await page.locator('#fetched .chart-tools button', { hasText: '数据' }).click();
      assert.deepEqual((await visit.rows('#fetched table'))[2], ['2月', '-8.25', '280']);
    });
    await visit.step('tooltip', async () => {
      await page.locator('#fetched canvas').first().hover({ position: { x: 180, y: 120 } });
      await visit.sees('▼亏 -8.25万元');
    });

    await visit.step('filter loads a fragment and moves the address', async () => {
      await page.locator('#dept').selectOption('骨科');
      await page.locator('#filter button').click();
      await page.locator('#answer .answer', { hasText: '科室 骨科' }).waitFor();
      assert.match(page.url(), /dept=%E9%AA%A8%E7%A7%91/);
      assert.equal(await page.locator('#answer .bar > span').getAttribute('style'), 'width: 40%;');
    });
    await visit.step('quick period', async () => {
      await page.locator('.chip', { hasText: '本年' }).click();
      await page.locator('#answer .answer').waitFor();
      assert.equal(await page.locator('#to').inputValue(), '2025-12');
    });

    await visit.step('an error keeps the old content and offers another try', async () => {
      await page.locator('#broken').click();
      await page.locator('#states .alert-error', { hasText: '请求编号 9f21' }).waitFor();
      assert.match(await visit.text('#states'), /原来的内容/);
      await page.locator('#states .alert-error button').click();
      await page.locator('#states .alert-error').waitFor();
    });
    await visit.step('a slow answer shows that it is on its way', async () => {
      await page.locator('#slow').click();
      await page.locator('#states.busy').waitFor();
      await page.locator('#states .answer', { hasText: '终于' }).waitFor();
      assert.equal(await page.locator('#states').getAttribute('aria-busy'), null);
    });

    await visit.step('progress is followed to its end', () => page.locator('#job .alert-ok').waitFor());

    await visit.step('search by pinyin initials, choose by keyboard', async () => {
      await page.locator('#principal').pressSequentially('gxy');
      await page.locator('.combo-list [aria-selected=true]', { hasText: 'I10.x00' }).waitFor();
      await page.locator('#principal').press('ArrowDown');
      await page.locator('.combo-list [aria-selected=true]', { hasText: 'I10.x05' }).waitFor();
      await page.locator('#principal').press('Enter');
      assert.equal(await page.locator('#principal').inputValue(), 'I10.x05');
      assert.equal(await visit.text('#principal-name'), '高血压病3级（极高危）');
    });
    await visit.step('the live form answers', () => page.locator('#group-answer .answer').waitFor());
    await visit.step('nothing is taken over by leaving', async () => {
      await page.locator('#principal').fill('');
      await page.locator('#principal').pressSequentially('k35');
      await page.locator('.combo-list:not([hidden]) li').first().waitFor();
      await page.locator('#principal').press('Tab');
      assert.equal(await page.locator('#principal').inputValue(), 'k35');
      await page.locator('.combo-list:not([hidden])').waitFor({ state: 'detached' });
    });
    await visit.step('no match says so', async () => {
      await page.locator('#principal').fill('zzzz');
      await page.locator('.combo-note', { hasText: '没有找到“zzzz”' }).waitFor();
      await page.locator('#principal').press('Escape');
    });
    await visit.step('add to the list', async () => {
      await page.locator('#other').pressSequentially('肺炎');
      await page.locator('.combo-list:not([hidden]) li', { hasText: 'J18.900' }).click();
      await page.locator('#others li[data-id="J18.900"]').waitFor();
      assert.equal(await page.locator('#other').inputValue(), '');
    });

    const order = async () => (await page.locator('#others').innerHTML()).match(/data-id="[^"]*"/g).map((id) => id.slice(9, -1)).join(' ');
    await visit.step('order by keyboard', async () => {
      await page.locator('#others li[data-id="J18.900"]').focus();
      await page.keyboard.press('Alt+ArrowUp');
      assert.equal(await order(), 'I10.x00 J18.900 E11.900');
      await page.locator('#live', { hasText: '第 2 位，共 3 位' }).waitFor({ state: 'attached' });
    });
    await visit.step('order by dragging', async () => {
      await visit.drag('#others li[data-id="E11.900"] .handle', '#others li[data-id="I10.x00"] .handle', false);
      // SortableJS' fallback looks at where the pointer is from time to time: wait for its mark.
      await page.locator('#others li:first-child[data-id="E11.900"]').waitFor();
      await page.mouse.up();
      assert.match(await order(), /^E11\.900/);
      assert.equal(await visit.text('#others li:first-child [data-rank]'), '1');
    });
    await visit.step('take out', async () => {
      await page.locator('#others li[data-id="I10.x00"] [data-remove]').click();
      assert.ok(!/I10/.test(await order()));
    });

    await visit.step('select all', async () => {
      assert.ok(await page.locator('[data-needs-selection]').isDisabled());
      await page.locator('[data-select-all]').check();
      assert.equal(await visit.text('[data-selected-count]'), '2');
      assert.ok(await page.locator('[data-needs-selection]').isEnabled());
    });

    await visit.step('column settings are posted', async () => {
      await page.locator('[data-columns]').click();
      await page.locator('#column-settings label', { hasText: '医师' }).click();
      const [request] = await Promise.all([page.waitForRequest('**/settings/columns'), page.locator('#column-settings .btn-primary').click()]);
      assert.equal(request.postData(), 'grid=cases&columns=no%2Cgroup%2Ckind%2Cpoints%2Cdoctor%2C-ward');
      assert.equal(request.headers()['x-csrf-token'], 'token');
      await visit.settled();
    });

    await visit.step('keys: / searches, Esc closes', async () => {
      await page.locator('h1').click();
      await page.keyboard.press('/');
      await page.locator('#q:focus').waitFor();
    });
    await visit.step('the menu closes and stays closed', async () => {
      await page.locator('[data-toggle-menu]').click();
      await page.locator('.sidebar').waitFor({ state: 'hidden' });
      await page.reload();
      await visit.settled();
      assert.ok(await page.locator('.sidebar').isHidden());
      await page.locator('[data-toggle-menu]').click();
      await page.locator('.sidebar').waitFor({ state: 'visible' });
    });

    await visit.step('an ended session keeps what was typed', async () => {
      await page.locator('#q').fill('未完成');
      await page.locator('#expired').click();
      await page.locator('#session-expired a', { hasText: '在新窗口登录' }).waitFor();
      assert.equal(await page.locator('#q').inputValue(), '未完成');
      await page.locator('#session-expired button').click();
    });

    await visit.step('a click on a bar leads to its cases', async () => {
      const box = await page.locator('#rank canvas').first().boundingBox();
      // The longest bar is the last; it starts at the axis and goes left.
      await page.locator('#rank canvas').first().click({ position: { x: box.width * 0.4, y: box.height - 22 } });
      await page.waitForURL('**/?group=9');
    });
  },
};

// 入组测算: search a diagnosis by pinyin initials, take it with Enter, see the group; an operation changes it; the order of the list too.
'use strict';

const assert = require('assert');

module.exports = {
  name: 'grouping',
  site: 'product',
  engines: ['plain', 'ie11', 'ie10'],
  async run(visit) {
    const { page } = visit;
    const boxes = page.locator('input[data-add-to]');
    const group = () => page.locator('#answer .result-group').first();
    const add = (box, typed) => visit.step(`add ${typed}`, async () => {
      await box.pressSequentially(typed);
      const chosen = page.locator('.combo-list:not([hidden]) li[aria-selected=true] b');
      await chosen.waitFor();
      const code = await chosen.innerText();
      await box.press('Enter');
      await page.locator(`.picks li[data-id="${code}"]`).waitFor();
      return code;
    });

    await visit.login('coder');
    await visit.open('/grouping');
    const first = await add(boxes.first(), 'mxzsx');
    const before = await visit.step('the group appears', async () => {
      await group().waitFor();
      return group().innerText();
    });
    const second = await add(boxes.first(), 'K80.1');
    await visit.step('a principal diagnosis set by keyboard changes the group', async () => {
      await page.locator(`.picks li[data-id="${second}"]`).focus();
      await page.keyboard.press('Alt+ArrowUp');
      const order = (await page.locator('.picks').first().innerHTML()).match(/data-id="[^"]*"/g);
      assert.deepEqual(order, [`data-id="${second}"`, `data-id="${first}"`]);
      await group().filter({ hasNotText: before }).waitFor();
      await visit.picture('grouping-answer');
    });
    await visit.step('taking it out brings the first group back', async () => {
      await page.locator(`.picks li[data-id="${second}"] [data-remove]`).click();
      await group().filter({ hasText: before }).waitFor();
    });
  },
};

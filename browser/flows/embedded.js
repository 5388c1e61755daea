// 嵌入: another system signs addresses; the bed card, 出院审核 of a patient and 在院患者每日审核 open without a login, in 360 to 900 px.
// covers: AUD-1.01, AUD-1.02, AUD-1.03
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const { faults } = require('../accessibility');

let nonces = 0;

/** What the other system does: sign what it says, a line each. */
function address(secret, { emp, mrn = '', times = '', scene }) {
  const ts = String(Math.floor(Date.now() / 1000));
  const nonce = `flow-${process.pid}-${nonces += 1}`;
  const said = ['his', emp, mrn, times, scene, ts, nonce];
  const sig = crypto.createHmac('sha256', secret).update(said.join('\n')).digest('hex');
  const names = ['app', 'emp', 'mrn', 'times', 'scene', 'ts', 'nonce'];
  return `/embed/enter?${names.map((name, at) => `${name}=${encodeURIComponent(said[at])}`).join('&')}&sig=${sig}`;
}

async function fits(visit, width) {
  if (!visit.isPlain) return;
  const wide = await visit.page.evaluate('document.documentElement.scrollWidth');
  assert.ok(wide <= width, `is ${wide} px wide, in a window of ${width} px`);
  for (const fault of await faults(visit.page)) visit.problems.push(`${visit.place()}: ${fault}`);
}

module.exports = {
  name: 'embedded',
  site: 'product',
  async run(visit) {
    const { page, site } = visit;
    if (!site.secret) return;
    const emp = 'insurance_office';
    await visit.login(emp);
    await visit.open('/warnings?by=patient&patients=in_house&unit=year&state=open');
    const mrn = (await visit.rows())[1][0];
    await visit.context.clearCookies();

    await page.setViewportSize({ width: 420, height: 700 });
    await visit.open(address(site.secret, { emp, mrn, scene: 'bed' }));
    await visit.step('the bed card', async () => {
      assert.match(visit.place(), /^\/embed\/s\/\w+\/bed$/);
      await visit.sees(mrn);
      await fits(visit, 420);
      await visit.picture('embed-bed');
    });
    await page.setViewportSize({ width: 900, height: 700 });
    await visit.follow('a.btn-primary');
    await visit.step('before the discharge', async () => {
      await fits(visit, 900);
      await visit.picture('embed-discharge');
    });
    await visit.follow('table.grid tbody a');
    await visit.step('explained and ignored', async () => {
      await fits(visit, 900);
      await visit.picture('embed-warning');
      await page.locator('#reason').fill('患者病情需要，病程记录已说明');
      await visit.submit('button[value=ignored]');
      await visit.sees('已记为“医生忽略”');
    });

    await visit.open(address(site.secret, { emp, scene: 'today' }));
    await visit.step('all who lie in house', async () => {
      await visit.sees('涉及在院患者');
      await fits(visit, 900);
      await visit.picture('embed-today');
    });
    await visit.step('a changed address', async () => {
      const changed = address(site.secret, { emp, mrn, scene: 'bed' }).replace(emp, 'doctor');
      visit.expected.add('/embed/enter');
      await visit.open(changed);
      await visit.sees('签名不正确');
    });
  },
};

// 无障碍: axe-core over a page in plain Chromium.
'use strict';

const fs = require('fs');

const SOURCE = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** What is seriously wrong, a line a rule. */
async function faults(page) {
  // Through the driver: the page's content policy would refuse a script of another place.
  await page.evaluate(SOURCE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa'], resultTypes: ['violations'] }));
  return violations.filter((rule) => rule.impact === 'critical' || rule.impact === 'serious')
    .map((rule) => `${rule.id}: ${rule.help}; ${rule.nodes.length} times, first ${rule.nodes[0].html.slice(0, 160)}`);
}

module.exports = { faults };

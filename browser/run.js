// 浏览器测试: runs the flows in every engine and says what passed. `scripts/browser-tests` prepares what it needs.
//   node run.js [--only FLOW] [--engine NAME] [--base URL --accounts ROLE=PASSWORD,…]
'use strict';

const fs = require('fs');
const path = require('path');
const { ENGINES, launch, profile } = require('./engines');
const { Visit, PICTURES } = require('./visit');
const phantom = require('./phantom');
const product = require('./product');
const specimen = require('./specimen_server');

function option(name) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? null : process.argv[at + 1];
}

async function main() {
  fs.rmSync(PICTURES, { recursive: true, force: true });
  const sites = { specimen: await specimen.start() };
  // A server that runs already: its accounts as role=password,role=password.
  if (option('base')) sites.product = { base: option('base'), accounts: accounts(option('accounts') || ''), close() {} };
  else if (option('only') !== 'components' && option('only') !== 'shims') sites.product = await product.start();
  const flows = fs.readdirSync(path.join(__dirname, 'flows')).sort().map((file) => require(`./flows/${file}`))
    .filter((flow) => (!option('only') || flow.name === option('only')) && (sites[flow.site] || missing(flow)));
  const browser = await launch();
  const results = [];
  const report = (engine, name, began, problems) => {
    results.push(problems.length === 0);
    console.log(`${problems.length ? 'FAILED' : 'ok    '} ${engine.padEnd(8)} ${name}  ${((Date.now() - began) / 1000).toFixed(1)} s`);
    for (const problem of problems) console.log(`         ${problem}`);
  };
  try {
    // The old engine runs beside the new ones.
    const old = option('only') || option('engine') ? null : phantom.smoke(sites, (role) => signIn(browser, sites.product, role), report);
    for (const engine of Object.keys(ENGINES)) {
      if (option('engine') && option('engine') !== engine) continue;
      for (const flow of flows.filter((f) => !f.engines || f.engines.includes(engine))) {
        const began = Date.now();
        const visit = await Visit.begin(await profile(browser, engine), engine, flow.name, sites[flow.site]);
        const error = await flow.run(visit).then(() => null, (e) => e);
        report(engine, flow.name, began, await visit.end(error));
      }
    }
    await old;
  } finally {
    await browser.close();
    for (const site of Object.values(sites)) if (site) await site.close();
  }
  const failed = results.filter((ok) => !ok).length;
  console.log(`pictures: out/browser\nbrowser: ${results.length - failed} passed, ${failed} failed`);
  if (failed || !results.length) process.exitCode = 1;
}

async function signIn(browser, site, role) {
  const visit = await Visit.begin(await profile(browser, 'plain'), 'plain', 'sign in', site);
  await visit.login(role);
  const menu = await visit.menu();
  const [cookie] = await visit.context.cookies();
  await visit.end();
  return { cookie, menu };
}

const accounts = (text) => Object.fromEntries(text.split(',').map((pair) => pair.split(/=(.*)/s).slice(0, 2)));

function missing(flow) {
  console.log(`skipped: ${flow.name}, there is no ${flow.site}`);
  return false;
}

main().catch((error) => {
  console.error(`browser tests: ${error.stack || error}`);
  // Whatever still listens must not hold the process.
  process.exit(1);
});

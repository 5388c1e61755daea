// 浏览器: the engines that every flow runs in. The two masks make Chromium fail where Internet Explorer would.
'use strict';

const fs = require('fs');
const { chromium } = require('playwright-core');
const { mask, AGENTS } = require('./ie_mask');

const ENGINES = {
  plain: {},
  ie11: { ie: 11 },
  ie10: { ie: 10 },
  // Every page works as plain links and forms.
  noscript: { javaScriptEnabled: false },
};

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

function launch() {
  const executablePath = process.env.CHROMIUM || PLACES.find((place) => fs.existsSync(place));
  if (!executablePath) throw new Error('no Chromium: scripts/browser-tests installs it');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--no-proxy-server', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'] });
}

/** A fresh profile in an engine. */
async function profile(browser, name) {
  const engine = ENGINES[name];
  const context = await browser.newContext({
    viewport: { width: 1366, height: 820 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', acceptDownloads: true,
    javaScriptEnabled: engine.javaScriptEnabled, userAgent: AGENTS[engine.ie],
  });
  context.setDefaultTimeout(10_000);
  if (engine.ie) await context.addInitScript(mask(engine.ie));
  return context;
}

module.exports = { ENGINES, launch, profile };

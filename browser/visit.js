// 一次访问: what flows are written with. A visit is one profile in one engine; it fails on any script error, refused content,
// error answer, inline script and script that IE cannot read, and says in which step and at which page.
'use strict';

const assert = require('assert');
const fs = require('fs');
const path = require('path');
const { Scripts, inlineScripts } = require('./es5');

const PICTURES = path.join(__dirname, '../out/browser');

class Visit {
  constructor({ context, page, engine, flow, site }) {
    Object.assign(this, { context, page, engine, flow, site });
    this.doing = 'start';
    this.problems = [];
    this.expected = new Set();
    this.reading = [];
    this.scripts = new Scripts();
    this.watch(page);
  }

  static async begin(context, engine, flow, site) {
    const page = await context.newPage();
    return new Visit({ context, page, engine, flow, site });
  }

  /** Whether scripts run. */
  get hasScript() { return this.engine !== 'noscript'; }
  /** Whether the page's own world is whole, so that it may be asked directly. */
  get isPlain() { return this.engine === 'plain'; }

  watch(page) {
    const note = (what) => this.problems.push(`${what} — step “${this.doing}”, ${this.place()}`);
    page.on('pageerror', (error) => note(`script error: ${String(error.stack || error).split('\n').slice(0, 3).join(' | ')}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) note(`console: ${message.text()}`);
    });
    page.on('crash', () => note('the page crashed'));
    page.on('response', (response) => {
      const url = new URL(response.url());
      if (response.status() >= 400 && !this.expected.has(url.pathname) && url.pathname !== '/favicon.ico') {
        note(`${response.status()} from ${url.pathname}${url.search}`);
      }
      this.reading.push(this.read(response, url, note));
    });
  }

  async read(response, url, note) {
    const type = response.headers()['content-type'] || '';
    if (!/html|javascript/.test(type) || response.status() >= 300) return;
    // A page that was left before its answer was whole has no text.
    const text = await response.text().catch(() => '');
    const faults = /html/.test(type) ? inlineScripts(text) : this.scripts.faults(url.pathname, text);
    for (const fault of faults) note(`${url.pathname}: ${fault}`);
  }

  place() { return this.page.url().replace(this.site.base, '') || '/'; }

  async step(name, work) {
    this.doing = name;
    try {
      return await work(this.page);
    } catch (error) {
      const lines = String(error.message || error).replace(/\u001b\[\d+m/g, '').split('\n').filter((line) => line.trim());
      throw new Error(`step “${name}”, ${this.place()}: ${lines.slice(0, 6).join(' | ')}`);
    }
  }

  /** Opens an address of the site and waits until its scripts are through. */
  async open(address) {
    return this.step(`open ${address}`, async (page) => {
      const answer = await page.goto(this.site.base + address);
      if (!this.expected.has(new URL(address, this.site.base).pathname)) assert.ok(answer.status() < 400, `answers ${answer.status()}`);
      await this.settled();
    });
  }

  /** Clicks what leads to another page, and waits for that page. */
  async follow(target) {
    const link = typeof target === 'string' ? this.page.locator(target).first() : target;
    const before = this.page.url();
    await Promise.all([this.page.waitForURL((url) => url.href !== before, { waitUntil: 'load' }), link.click()]);
    await this.settled();
  }

  /** Sends a form whose answer may stand at the same address, and waits for it. */
  async submit(target) {
    await Promise.all([this.page.waitForNavigation({ waitUntil: 'load' }), this.page.locator(target).first().click()]);
    await this.settled();
  }

  /** Scripts have begun, no fragment is on its way. */
  async settled() {
    if (!this.hasScript) return;
    await this.page.locator('html.booted').waitFor({ state: 'attached' });
    await this.page.waitForLoadState('load');
    await this.page.locator('[aria-busy=true]:not([data-poll])').first().waitFor({ state: 'detached' });
  }

  /** Logs in as the demonstration's account of a role. */
  async login(role) {
    assert.ok(this.site.accounts[role], `there is no account ${role}, but ${Object.keys(this.site.accounts).join(' ')}`);
    await this.open('/login');
    await this.step(`login as ${role}`, async (page) => {
      await page.locator('input[name=login]').fill(role);
      await page.locator('input[name=password]').fill(this.site.accounts[role]);
      await this.follow('form[action="/login"] button');
      assert.ok(!this.place().startsWith('/login'), 'refused');
    });
  }

  /** Addresses of the side menu. */
  async menu() {
    const html = await this.page.locator('.sidebar').innerHTML();
    return [...html.matchAll(/href="(\/[^"#]*)"/g)].map(([, address]) => address.replace(/&amp;/g, '&'));
  }

  /** Rows of a table as texts. Asked through the driver's own world: the masked one cannot answer. */
  async rows(selector = 'table.grid') {
    const html = await this.page.locator(selector).first().innerHTML();
    return rowsOf(html);
  }

  /** Drags from the middle of one element over another, and lets go unless told otherwise. */
  async drag(from, to, letGo = true) {
    await this.page.locator(from).scrollIntoViewIfNeeded();
    const [start, end] = [await this.page.locator(from).boundingBox(), await this.page.locator(to).boundingBox()];
    await this.page.mouse.move(start.x + start.width / 2, start.y + start.height / 2);
    await this.page.mouse.down();
    await this.page.mouse.move(end.x + end.width / 2, end.y + 2, { steps: 12 });
    if (letGo) await this.page.mouse.up();
  }

  async text(selector) { return (await this.page.locator(selector).first().innerText()).trim(); }

  async sees(text) { await this.page.getByText(text).first().waitFor(); }

  async picture(name, options = {}) {
    // One is enough to look at; a failure has its own.
    if (!this.isPlain) return;
    fs.mkdirSync(PICTURES, { recursive: true });
    await this.page.screenshot({ path: path.join(PICTURES, `${name}.png`), fullPage: true, ...options });
  }

  /** Clicks a link or button and returns the file that comes: {name, bytes}. */
  async download(target) {
    const [download] = await Promise.all([this.page.waitForEvent('download'), this.page.locator(target).first().click()]);
    return { name: download.suggestedFilename(), bytes: fs.readFileSync(await download.path()) };
  }

  async end(error) {
    await Promise.all(this.reading);
    if (error || this.problems.length) {
      fs.mkdirSync(PICTURES, { recursive: true });
      await this.page.screenshot({ path: path.join(PICTURES, `failed-${this.flow}-${this.engine}.png`), fullPage: true }).catch(() => {});
    }
    await this.context.close();
    return (error ? [String(error.message || error)] : []).concat(this.problems);
  }
}

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ', '#39': "'" };

/** Cells of each row of a table's HTML, as a reader sees them; `hasTotal` when the last row is 合计. */
function rowsOf(html) {
  const rows = [...html.matchAll(/<tr[^>]*>([\s\S]*?)<\/tr>/g)].map(([, row]) => [...row.matchAll(/<t[hd][^>]*>([\s\S]*?)<\/t[hd]>/g)]
    .map(([, cell]) => cell.replace(/<a class="def"[\s\S]*?<\/a>/g, '').replace(/<[^>]*>/g, '').replace(/&(#?\w+);/g, (all, name) => ENTITIES[name] || all).replace(/\s+/g, ' ').trim()));
  return Object.assign(rows, { hasTotal: /<tfoot/.test(html) });
}

module.exports = { Visit, rowsOf, PICTURES };

// ES5: every script that the server can send is one that IE10 can read, and there are none inside of pages.
'use strict';

const acorn = require('acorn');

class Scripts {
  constructor() { this.seen = Scripts.seen; }

  /** What IE could not read in a script; each address is read once in a run. */
  faults(address, text) {
    if (this.seen.has(address)) return [];
    this.seen.add(address);
    try {
      acorn.parse(text, { ecmaVersion: 5 });
      return [];
    } catch (error) {
      return [`no ES5: ${error.message}: ${text.slice(Math.max(0, error.pos - 30), error.pos + 30)}`];
    }
  }
}
Scripts.seen = new Set();

/** Scripts, handlers and script addresses inside of a page: its content policy forbids them. */
function inlineScripts(html) {
  const faults = [];
  for (const [tag] of html.matchAll(/<script\b[^>]*>/gi)) if (!/\bsrc=/.test(tag)) faults.push(`inline script: ${tag}`);
  for (const [tag] of html.matchAll(/<[a-z][^>]*>/gi)) {
    const bare = tag.replace(/"[^"]*"|'[^']*'/g, '""');
    if (/\son[a-z]+\s*=/i.test(bare)) faults.push(`event handler in a tag: ${tag.slice(0, 120)}`);
    if (/=\s*["']?\s*javascript:/i.test(tag)) faults.push(`script address: ${tag.slice(0, 120)}`);
  }
  return faults;
}

module.exports = { Scripts, inlineScripts };

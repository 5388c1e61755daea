// IE 遮罩: a script that takes away from a modern page what Internet Explorer 10 or 11 lacks. Run before the page's own scripts
// it makes Chromium fail where IE would fail. It is made from MDN's browser-compat-data 5.7.6, the last major that knows IE
// (pinned in package.json). A mask takes away interfaces and members; the layout engine stays Chromium's.
'use strict';

const data = require('@mdn/browser-compat-data');

// Chromium's own driver needs these; no page of ours uses them, which es5.js and the flows see to.
const KEPT = new RegExp('^(globalThis|BigInt64Array|BigUint64Array|Float16Array|WeakRef|FinalizationRegistry|Object|Function|' +
  'Array|Error|Window|Document|Node|Element|HTMLElement|EventTarget|Event|XMLHttpRequest)$');
// The engine itself reads these flags in match and replace: without them `g` would be lost, which no IE does.
const REGEXP = /^(flags|unicode|unicodeSets|sticky|dotAll|hasIndices)$/;
// Objects in IE, no constructors there: `new Event(…)` throws.
const NO_CONSTRUCTORS = ['CustomEvent', 'Event', 'URL', 'MouseEvent', 'KeyboardEvent'];

/** What a browser of that version identifies itself as; SortableJS looks at it. */
const AGENTS = {
  10: 'Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.1; WOW64; Trident/6.0)',
  11: 'Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko',
};

function inIe(compat, version) {
  let support = compat.support.ie;
  if (!support) return true;
  support = Array.isArray(support) ? support[0] : support;
  if (support.prefix || support.alternative_name || support.flags) return false;
  const added = support.version_added;
  if (added === true || added === null) return true;
  if (!added || added === 'preview') return false;
  return parseFloat(String(added).replace('≤', '')) <= version;
}

/** [interface], or [interface, member, 0 prototype | 1 static | 2 both]. */
function missing(version) {
  const list = [];
  const lacks = (entry) => entry.__compat && !inIe(entry.__compat, version);
  const members = (entry, name) => Object.entries(entry).filter(([member, of]) => !member.startsWith('__') && of.__compat && member !== name);
  for (const [name, entry] of Object.entries(data.api)) {
    if (name.startsWith('__')) continue;
    if (lacks(entry) && !KEPT.test(name)) list.push([name]);
    for (const [member, of] of members(entry, name)) {
      if (/_event$/.test(member) || !lacks(of)) continue;
      list.push([name, member.replace(/_static$/, ''), /_static$/.test(member) ? 1 : 0]);
    }
  }
  for (const [name, entry] of Object.entries(data.javascript.builtins)) {
    if (lacks(entry) && !KEPT.test(name)) list.push([name]);
    for (const [member, of] of members(entry, name)) {
      if (lacks(of) && !(name === 'RegExp' && REGEXP.test(member))) list.push([name, member, 2]);
    }
  }
  return list;
}

// Runs in the page.
function apply(list, noConstructors) {
  const own = (o, member) => Object.prototype.hasOwnProperty.call(o, member);
  const instance = Symbol.hasInstance;
  const define = Object.defineProperty;
  let count = 0;
  const drop = (from, member) => { try { if (delete from[member]) count += 1; } catch (e) { /* cannot be taken away */ } };
  const whole = [];
  for (const [name, member, where] of list) {
    if (member === undefined) { whole.push(name); continue; }
    const of = window[name];
    if (!of) continue;
    if (where === 1) { drop(of, member); continue; }
    if (of.prototype && own(of.prototype, member) && !/^(constructor|then|@@)/.test(member)) drop(of.prototype, member);
    if (where === 2 && own(of, member)) drop(of, member);
    if (name === 'Window' && member in window) drop(window, member);
  }
  for (const name of whole) if (name in window) drop(window, name);
  for (const name of noConstructors) {
    const of = window[name];
    if (!of) continue;
    const object = { prototype: of.prototype };
    define(object, instance, { value: (x) => of.prototype.isPrototypeOf(x) });
    window[name] = object;
  }
  for (const name of Object.getOwnPropertyNames(window)) if (/^webkit/i.test(name)) drop(window, name);
  window.__masked = count;
}

/** The script for Playwright's addInitScript. */
function mask(version) {
  return `(${apply})(${JSON.stringify(missing(version))}, ${JSON.stringify(NO_CONSTRUCTORS)});`;
}

module.exports = { mask, AGENTS };

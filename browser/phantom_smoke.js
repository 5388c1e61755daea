/* Runs in PhantomJS 2.1.1, an engine of the ES5 era. argv: a JSON file {base, cookies: [], pages: [{address, picture, waitFor}]}.
   Prints one JSON line a page: {address, problems: []}. */
'use strict';
var fs = require('fs'), system = require('system');
var task = JSON.parse(fs.read(system.args[1])), left = task.pages.slice();

function next() {
  var wanted = left.shift(), page, problems = [], began = Date.now();
  if (!wanted) { phantom.exit(0); return; }
  page = require('webpage').create();
  page.viewportSize = { width: 1366, height: 820 };
  task.cookies.forEach(function (cookie) { phantom.addCookie(cookie); });
  page.onError = function (message, trace) { problems.push('script error: ' + message + (trace.length ? ' at ' + trace[0].file + ':' + trace[0].line : '')); };
  page.onResourceError = function (error) { if (!/favicon/.test(error.url) && error.errorCode !== 5) { problems.push('not loaded: ' + error.url + ' ' + error.errorString); } };
  function done() {
    if (wanted.picture) { page.render(wanted.picture); }
    console.log(JSON.stringify({ address: wanted.address, problems: problems, ms: Date.now() - began }));
    page.close();
    next();
  }
  function look() {
    var state = page.evaluate(function (selector) {
      return { booted: / booted/.test(document.documentElement.className), busy: document.querySelectorAll('[aria-busy=true]:not([data-poll])').length,
        there: !selector || !!document.querySelector(selector), wide: document.documentElement.scrollWidth, text: document.body.innerText.length };
    }, wanted.waitFor || '');
    if (state.booted && !state.busy && state.there) {
      if (state.wide > 1366) { problems.push('wider than the window: ' + state.wide + ' px'); }
      if (state.text < 20) { problems.push('the page is empty'); }
      done();
    } else if (Date.now() - began > 15000) {
      problems.push('does not settle: ' + JSON.stringify(state));
      done();
    } else { setTimeout(look, 100); }
  }
  page.open(task.base + wanted.address, function (status) {
    if (status !== 'success') { problems.push('does not open'); done(); return; }
    look();
  });
}
next();

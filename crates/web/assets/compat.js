/* Loaded first, in the head. What Internet Explorer 10 and 11 lack and the libraries need; each line has a test in browser/. */
(function (w) {
  'use strict';
  var root = w.document.documentElement;
  // IE11 has a Map without keys(), which ECharts takes for a whole one; without any it uses its own.
  if (typeof w.Map === 'function' && !w.Map.prototype.keys) { w.Map = undefined; }
  if (!w.location.origin) { w.location.origin = w.location.protocol + '//' + w.location.host; }
  var E = w.Element.prototype;
  if (!E.matches) { E.matches = E.msMatchesSelector || E.webkitMatchesSelector; }
  if (!Array.from) { // SortableJS
    Array.from = function (list) {
      var array = [], i;
      for (i = 0; i < list.length; i++) { array.push(list[i]); }
      return array;
    };
  }
  // Before the first paint: styles that only hold with scripts, and the side menu as the user left it.
  root.className += ' js';
  try {
    if (w.localStorage.getItem('dipper.sidebar') === 'closed') { root.className += ' sidebar-closed'; }
  } catch (e) { /* storage forbidden: the menu is open */ }
  // Compatibility view is too old to work: say so at once instead of failing in pieces.
  if (w.document.documentMode && w.document.documentMode < 10) {
    w.alert('本页面运行在 IE 兼容视图中，无法正常使用。请联系信息科为本程序设置 FEATURE_BROWSER_EMULATION（11001），或将本站移出“兼容性视图”。');
  }
}(window));

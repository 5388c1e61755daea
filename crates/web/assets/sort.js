/*
 * 排序: a list (ol, ul, tbody) with data-sort whose rows a person puts in order: by dragging `.handle`, by Alt+↑/↓ on a row,
 * by buttons data-move="up|down|top", and takes out by data-remove; data-top names what a new row's button "top" does. The order is that of the fields in the form; with
 * data-sort-url it is posted at once (fields named data-sort-name, default `id`, from each row's data-id). ES5; SortableJS drags.
 */
(function (w, d) {
  'use strict';

  var D = w.Dipper;

  function rows(list) { return D.all('li,tr', list).filter(function (row) { return row.parentNode === list; }); }
  function name(row) { return D.data(row, 'name') || (row.textContent || '').replace(/[\s×▲▼⠿]+/g, ' ').slice(0, 30); }

  function changed(list, row) {
    var all = rows(list), at = all.indexOf(row);
    D.each(all, function (other, i) { D.each(D.all('[data-rank]', other), function (el) { el.textContent = String(i + 1); }); });
    if (row && at >= 0) { D.say(name(row) + '：第 ' + (at + 1) + ' 位，共 ' + all.length + ' 位'); }
    var form = list;
    while (form && form.nodeName !== 'FORM') { form = form.parentNode; }
    if (form) { form.setAttribute('data-changed', ''); }
    D.fire(list, 'dipper:change');
    if (D.has(list, 'sort-url')) { post(list); }
  }

  function post(list) {
    var field = D.data(list, 'sort-name') || 'id';
    D.drop(list.dipperRequest);
    list.setAttribute('aria-busy', 'true');
    list.dipperRequest = D.request({ method: 'POST', url: D.data(list, 'sort-url'),
      body: rows(list).map(function (row) { return D.pair(field, D.data(row, 'id') || ''); }).join('&'),
      done: function () { list.removeAttribute('aria-busy'); D.say('顺序已保存'); },
      failed: function (problem) {
        list.removeAttribute('aria-busy');
        list.parentNode.insertBefore(D.errorBox(problem, function () { post(list); }), list);
      } });
  }

  function move(list, row, how) {
    var all = rows(list), at = all.indexOf(row);
    if (how === 'up' && at > 0) { list.insertBefore(row, all[at - 1]); }
    else if (how === 'down' && at < all.length - 1) { list.insertBefore(row, all[at + 1].nextSibling); }
    else if (how === 'top' && at > 0) { list.insertBefore(row, all[0]); }
    else { return; }
    changed(list, row);
  }

  function rowOf(list, el) {
    while (el && el.parentNode !== list) { el = el.parentNode; }
    return el;
  }

  function prepareRow(row) { if (!row.hasAttribute('tabindex')) { row.setAttribute('tabindex', '0'); } }

  function sortable(list) {
    if (list.dipperSorts) { return; }
    list.dipperSorts = true;
    D.each(rows(list), prepareRow);
    D.on(list, 'keydown', function (e) {
      var row = rowOf(list, e.target), focus = d.activeElement;
      if (!row || !e.altKey || (e.keyCode !== 38 && e.keyCode !== 40)) { return; }
      e.preventDefault();
      move(list, row, e.keyCode === 38 ? 'up' : 'down');
      // A row that was moved in the document has lost the focus.
      if (focus && d.body.contains(focus)) { focus.focus(); }
    });
    D.on(list, 'click', function (e) {
      var button = D.closest(e.target, '[data-move],[data-remove]'), row = button && rowOf(list, button), next;
      if (!row) { return; }
      e.preventDefault();
      if (D.has(button, 'move')) { move(list, row, D.data(button, 'move')); button.focus(); return; }
      next = row.nextElementSibling || row.previousElementSibling;
      D.say('已移除 ' + name(row));
      D.remove(row);
      changed(list, null);
      if (next) { next.focus(); }
    });
    if (w.Sortable) {
      // Native dragging differs in IE: the fallback is the same everywhere.
      w.Sortable.create(list, { forceFallback: true, fallbackTolerance: 3, animation: 0, handle: '.handle', ghostClass: 'sort-ghost', dragClass: 'sort-drag',
        onEnd: function (e) { if (e.oldIndex !== e.newIndex) { changed(list, e.item); } } });
    }
  }

  /** A new row of code and name, as templates write it: see docs/front-end.md. */
  D.addRow = function (list, field, item) {
    var row = D.make('li', { 'data-id': item.code, 'data-name': item.code + ' ' + item.name }, [
      D.make('span', { 'class': 'handle', 'aria-hidden': 'true' }, ['⠿']), D.make('span', { 'class': 'rank', 'data-rank': '' }),
      D.make('input', { type: 'hidden', name: field, value: item.code }), D.make('b', {}, [item.code]), D.make('span', { 'class': 'pick-name' }, [item.name]),
      D.make('span', { 'class': 'pick-tools' }, (D.has(list, 'top') ? [
        D.make('button', { type: 'button', 'class': 'btn-link', 'data-move': 'top' }, [D.data(list, 'top')])] : []).concat([
        D.make('button', { type: 'button', 'class': 'btn-link', 'data-move': 'up', 'aria-label': '上移 ' + item.code }, ['▲']),
        D.make('button', { type: 'button', 'class': 'btn-link', 'data-move': 'down', 'aria-label': '下移 ' + item.code }, ['▼']),
        D.make('button', { type: 'button', 'class': 'btn-link', 'data-remove': '', 'aria-label': '移除 ' + item.code }, ['×'])]))]);
    if (D.all('input', list).some(function (input) { return input.name === field && input.value === item.code; })) {
      D.say(item.code + ' 已在列表中');
      return;
    }
    list.appendChild(row);
    prepareRow(row);
    changed(list, row);
  };

  D.enhance(function (root) { D.each(D.all('[data-sort]', root), sortable); });
}(window, document));

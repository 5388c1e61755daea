/*
 * 搜索框: an input with data-suggest (address) offers codes while one types. The server searches by code, Chinese and pinyin
 * initials and answers [{code, name, tags: []}]. Nothing is taken over unless the user says so: Enter, a click, or Tab after ↑↓.
 *   data-value    what the input then shows: code (default), name, both, or none (the box is emptied, for adding to a list)
 *   data-code-to  selector of the field that receives the code      data-name-to  selector of what shows the name
 *   data-add-to   selector of the list to which the choice is added as a row of sort.js, with fields named data-add-name
 *   data-line-to  selector of the text area that receives the choice as a line `code|name`
 * ES5. Without it the input is a plain field for a code.
 */
(function (w, d) {
  'use strict';

  var D = w.Dipper, WAIT = 150, serial = 0;

  function combobox(input) {
    var id = 'options-' + (serial += 1), box = D.make('span', { 'class': D.hasClass(input, 'wide') ? 'combo wide' : 'combo' }), focused = d.activeElement === input;
    var list = D.make('ul', { id: id, role: 'listbox', 'class': 'combo-list', 'aria-label': '候选', hidden: 'hidden' });
    var timer, xhr, asked = 0, query = null, items = [], active = -1, moved = false, composing = false;

    input.parentNode.insertBefore(box, input);
    box.appendChild(input);
    box.appendChild(list);
    if (focused) { input.focus(); }
    D.each([['role', 'combobox'], ['autocomplete', 'off'], ['spellcheck', 'false'], ['aria-autocomplete', 'list'], ['aria-haspopup', 'listbox'],
      ['aria-expanded', 'false'], ['aria-controls', id]], function (pair) { input.setAttribute(pair[0], pair[1]); });

    function isOpen() { return !list.hasAttribute('hidden'); }
    function close() {
      list.setAttribute('hidden', 'hidden');
      input.setAttribute('aria-expanded', 'false');
      input.removeAttribute('aria-activedescendant');
      active = -1;
    }
    function open() { list.removeAttribute('hidden'); input.setAttribute('aria-expanded', 'true'); }

    function ask() {
      var text = input.value.replace(/^\s+|\s+$/g, ''), number;
      if (text === query) { return; }
      query = text;
      D.drop(xhr);
      asked += 1;
      number = asked;
      if (!text) { close(); return; }
      xhr = D.request({ url: D.withQuery(D.data(input, 'suggest'), D.pair('q', text)), accept: 'application/json',
        done: function (json) {
          // A late answer to an earlier question says nothing.
          if (number !== asked) { return; }
          try { items = JSON.parse(json); } catch (e) { items = []; }
          show(text);
        },
        failed: function (problem) { if (number === asked) { tell(problem.text); query = null; } } });
    }
    function later() { w.clearTimeout(timer); timer = w.setTimeout(ask, WAIT); }

    function tell(text) {
      list.textContent = '';
      items = [];
      list.appendChild(D.make('li', { 'class': 'combo-note', role: 'option', 'aria-disabled': 'true' }, [text]));
      open();
      D.say(text);
    }

    function show(text) {
      if (d.activeElement !== input) { close(); return; }
      if (!items.length) { tell('没有找到“' + text + '”，可换编码、名称或拼音首字母'); return; }
      list.textContent = '';
      D.each(items, function (item, at) {
        var tags = D.make('span', { 'class': 'combo-tags' }, (item.tags || []).map(function (tag) { return D.make('span', { 'class': 'tag' }, [tag]); }));
        var row = D.make('li', { role: 'option', id: id + '-' + at, 'aria-selected': 'false' },
          [tags, D.make('b', {}, marked(item.code, text)), D.make('span', {}, marked(item.name, text))]);
        // Before the input loses the focus.
        D.on(row, 'mousedown', function (e) { e.preventDefault(); choose(at); });
        list.appendChild(row);
      });
      moved = false;
      open();
      activate(0);
      D.say('找到 ' + items.length + ' 条');
    }

    function activate(at) {
      var rows = list.children, row;
      if (active >= 0 && rows[active]) { rows[active].setAttribute('aria-selected', 'false'); }
      active = (at + items.length) % items.length;
      row = rows[active];
      row.setAttribute('aria-selected', 'true');
      input.setAttribute('aria-activedescendant', row.id);
      if (row.offsetTop < list.scrollTop) { list.scrollTop = row.offsetTop; }
      if (row.offsetTop + row.offsetHeight > list.scrollTop + list.clientHeight) { list.scrollTop = row.offsetTop + row.offsetHeight - list.clientHeight; }
    }

    function choose(at) {
      var item = items[at], how = D.data(input, 'value') || (D.has(input, 'add-to') ? 'none' : 'code');
      var codeTo = D.one(D.data(input, 'code-to')), nameTo = D.one(D.data(input, 'name-to')), addTo = D.one(D.data(input, 'add-to')), lineTo = D.one(D.data(input, 'line-to'));
      w.clearTimeout(timer);
      D.drop(xhr);
      asked += 1;
      close();
      input.value = how === 'none' ? '' : how === 'name' ? item.name : how === 'both' ? item.code + ' ' + item.name : item.code;
      query = input.value;
      if (codeTo) { codeTo.value = item.code; }
      if (nameTo) { if (nameTo.nodeName === 'INPUT') { nameTo.value = item.name; } else { nameTo.textContent = item.name; } }
      if (lineTo) { lineTo.value = lineTo.value.replace(/\s*$/, lineTo.value ? '\n' : '') + item.code + '|' + item.name + '\n'; D.fire(lineTo, 'change'); }
      if (addTo && D.addRow) { D.addRow(addTo, D.data(input, 'add-name') || 'code', item); }
      D.say('已选 ' + item.code + ' ' + item.name);
      D.fire(input, 'change');
      D.fire(input, 'dipper:change');
    }

    D.on(input, 'compositionstart', function () { composing = true; });
    D.on(input, 'compositionend', function () { composing = false; later(); });
    D.on(input, 'input', function () { if (!composing) { later(); } });
    // IE misses some deletions in `input`.
    D.on(input, 'keyup', function (e) { if (!composing && (e.keyCode === 8 || e.keyCode === 46)) { later(); } });
    // A field whose code came from an earlier choice loses it with the text.
    D.on(input, 'input', function () { var codeTo = D.one(D.data(input, 'code-to')); if (codeTo) { codeTo.value = ''; } });
    D.on(input, 'blur', function () { w.clearTimeout(timer); close(); });
    D.on(input, 'keydown', function (e) {
      var key = e.keyCode;
      if (composing || key === 229) { return; }
      if (key === 40 || key === 38) {
        if (e.altKey && !isOpen()) { return; }
        e.preventDefault();
        if (!isOpen()) { query = null; ask(); return; }
        if (items.length) { moved = true; activate(active + (key === 40 ? 1 : -1)); }
      } else if (key === 13 && isOpen() && items.length && active >= 0) {
        e.preventDefault();
        choose(active);
      } else if (key === 13 && (D.has(input, 'add-to') || D.has(input, 'line-to'))) {
        // Enter in a box that adds to a list never sends the form by accident.
        e.preventDefault();
        query = null;
        ask();
      } else if (key === 9 && isOpen() && moved && active >= 0) {
        choose(active);
      } else if (key === 27 && isOpen()) {
        e.preventDefault();
        e.stopPropagation();
        close();
      }
    });
  }

  /** The text with what was typed marked in it. */
  function marked(text, typed) {
    var parts = [], from = 0, lower = String(text).toLowerCase(), wanted = typed.toLowerCase(), at = lower.indexOf(wanted);
    while (at >= 0 && wanted) {
      if (at > from) { parts.push(text.slice(from, at)); }
      parts.push(D.make('mark', {}, [text.slice(at, at + wanted.length)]));
      from = at + wanted.length;
      at = lower.indexOf(wanted, from);
    }
    parts.push(text.slice(from));
    return parts;
  }

  D.enhance(function (root) { D.each(D.all('input[data-suggest]', root), combobox); });
}(window, document));

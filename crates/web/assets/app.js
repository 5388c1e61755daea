/*
 * What every page does beyond plain links and forms. All of it is enhancement: without scripts the same links and forms work.
 * ES5 for IE10. docs/front-end.md lists the attributes (`data-…`) that templates use.
 */
(function (w, d) {
  'use strict';

  var BUSY_AFTER = 300, SLOW_AFTER = 10000, SENT_FOR = 8000, TALL_ROWS = 30;
  var enhancers = [], ready = false;

  /* ---- the small vocabulary that the other files use, too ---- */

  function each(list, f) { Array.prototype.forEach.call(list, f); }
  function all(selector, root) { return Array.prototype.slice.call((root || d).querySelectorAll(selector)); }
  function one(selector, root) { return selector ? (root || d).querySelector(selector) : null; }
  function data(el, name) { return el.getAttribute('data-' + name); }
  function has(el, name) { return el.hasAttribute('data-' + name); }
  function on(el, type, f) { el.addEventListener(type, f, false); }
  function closest(el, selector) {
    while (el && el.nodeType === 1 && !el.matches(selector)) { el = el.parentNode; }
    return el && el.nodeType === 1 ? el : null;
  }
  function hasClass(el, name) { return (' ' + el.className + ' ').indexOf(' ' + name + ' ') >= 0; }
  function setClass(el, name, wanted) {
    var others = (' ' + el.className + ' ').replace(/\s+/g, ' ').replace(' ' + name + ' ', ' ').replace(/^ | $/g, '');
    el.className = wanted ? (others ? others + ' ' + name : name) : others;
  }
  /** make('a', {href: '/x', 'class': 'btn'}, ['text', node]) */
  function make(name, attributes, children) {
    var el = d.createElement(name), key;
    for (key in attributes || {}) {
      if (attributes[key] !== null && attributes[key] !== undefined) { el.setAttribute(key, attributes[key]); }
    }
    each(children || [], function (child) { el.appendChild(typeof child === 'string' ? d.createTextNode(child) : child); });
    return el;
  }
  function remove(el) { if (el && el.parentNode) { el.parentNode.removeChild(el); } }
  /** Sends an event that bubbles; false when somebody prevented it. */
  function fire(el, type) {
    var event = d.createEvent('Event');
    event.initEvent(type, true, true);
    return el.dispatchEvent(event);
  }
  /** Runs f(root) now for the page, and later for every fragment that is loaded. */
  function enhance(f) { enhancers.push(f); if (ready) { f(d.body); } }
  function boot(root) { each(enhancers, function (f) { f(root); }); }
  /** Reads out a short message to screen readers. */
  function say(text) {
    var live = one('#live');
    if (!live) { live = make('div', { id: 'live', 'class': 'sr-only', 'aria-live': 'polite' }); d.body.appendChild(live); }
    live.textContent = '';
    w.setTimeout(function () { live.textContent = text; }, 50);
  }

  /* ---- requests ---- */

  function csrf() { var meta = one('meta[name=csrf]'); return meta ? meta.getAttribute('content') : ''; }

  /** request({method, url, body, done(text, xhr), failed(problem)}); an expired session is told here and to `failed`. */
  function request(what) {
    var xhr = new w.XMLHttpRequest();
    xhr.open(what.method || 'GET', what.url, true);
    xhr.setRequestHeader('X-Requested-With', 'XMLHttpRequest');
    xhr.setRequestHeader('Accept', what.accept || 'text/html');
    if (what.method === 'POST') {
      xhr.setRequestHeader('X-CSRF-Token', csrf());
      xhr.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded; charset=UTF-8');
    }
    xhr.onreadystatechange = function () {
      if (xhr.readyState !== 4) { return; }
      if (xhr.status >= 200 && xhr.status < 300) { what.done(xhr.responseText, xhr); return; }
      if (xhr.status === 401) { sessionExpired(); }
      // A page that is being left breaks its requests off: that is no failure to show.
      if (what.failed) { w.setTimeout(function () { what.failed(problemOf(xhr)); }, xhr.status ? 0 : 400); }
    };
    xhr.send(what.body || null);
    return xhr;
  }
  function drop(xhr) { if (xhr && xhr.readyState !== 4) { xhr.onreadystatechange = null; xhr.abort(); } }

  /** What went wrong: the server's own sentence, remedy and request number when it sent them. */
  function problemOf(xhr) {
    var causes = { 0: '连接不到服务器，请检查网络后重试', 401: '登录已失效，请重新登录后继续', 403: '没有权限', 404: '内容不存在或已删除',
      409: '内容已被他人修改，请刷新后再试', 413: '上传的内容过大', 503: '系统繁忙，请稍后再试', 504: '查询超时，请缩小范围' };
    var box = make('div'), lines = [];
    if (xhr.status && /class="alert /.test(xhr.responseText)) {
      box.innerHTML = xhr.responseText;
      lines = all('.alert p', box).map(function (p) { return p.textContent; });
    }
    return { status: xhr.status, text: lines[0] || causes[xhr.status] || '读取失败（' + xhr.status + '）', more: lines.slice(1) };
  }

  /** 错误: cause, remedy, request number, a button that tries again. */
  function errorBox(problem, retry) {
    var box = make('div', { 'class': 'alert alert-error', role: 'alert' }, [make('p', {}, [make('b', {}, [problem.text])])]);
    each(problem.more || [], function (line) { box.appendChild(make('p', {}, [line])); });
    if (retry) {
      var button = make('button', { type: 'button', 'class': 'btn' }, ['重试']);
      on(button, 'click', function () { remove(box); retry(); });
      box.appendChild(button);
    }
    return box;
  }

  function sessionExpired() {
    if (one('#session-expired')) { return; }
    var link = make('a', { href: data(d.body, 'login-url') || '/login', target: '_blank', 'class': 'btn btn-primary' }, ['在新窗口登录']);
    var close = make('button', { type: 'button', 'class': 'btn' }, ['已登录，继续']);
    var box = make('div', { id: 'session-expired', 'class': 'alert alert-warn alert-top', role: 'alert' },
      ['登录已过期，本页填写的内容仍在。登录后回到本页继续操作。', link, close]);
    on(close, 'click', function () { remove(box); checkSession(function () { say('已登录'); }); });
    d.body.appendChild(box);
    link.focus();
  }

  /** Asks whether the session lives and takes its CSRF token; the form that was filled before a new login can then be sent. */
  function checkSession(then, otherwise) {
    var url = data(d.body, 'session-url');
    if (!url) { then(); return; }
    request({ url: url, accept: 'application/json', failed: function (problem) {
      // Anything but an ended session: the form's own answer says more than we could.
      if (problem.status !== 401) { then(); } else if (otherwise) { otherwise(); }
    }, done: function (text) {
      var session;
      try { session = JSON.parse(text); } catch (e) { session = {}; }
      if (session.user && has(d.body, 'user') && String(session.user) !== data(d.body, 'user')) {
        w.alert('当前登录的是另一位用户，请刷新页面后再操作。');
        if (otherwise) { otherwise(); }
        return;
      }
      if (session.csrf) {
        each(all('input[name=csrf]'), function (field) { field.value = session.csrf; });
        if (one('meta[name=csrf]')) { one('meta[name=csrf]').setAttribute('content', session.csrf); }
      }
      then();
    } });
  }

  function serialize(form) {
    var pairs = [];
    each(form.elements, function (field) {
      if (!field.name || field.disabled || /^(button|submit|file|reset|fieldset)$/i.test(field.type)) { return; }
      if (/^(checkbox|radio)$/i.test(field.type) && !field.checked) { return; }
      if (field.type === 'select-multiple') {
        each(field.options, function (option) { if (option.selected) { pairs.push(pair(field.name, option.value)); } });
      } else { pairs.push(pair(field.name, field.value)); }
    });
    return pairs.join('&');
  }
  function pair(name, value) { return encodeURIComponent(name) + '=' + encodeURIComponent(value).replace(/%20/g, '+'); }
  function withQuery(url, query) { return query ? url + (url.indexOf('?') < 0 ? '?' : '&') + query : url; }

  /* ---- fragments: data-frag (url), data-target (selector) ---- */

  /** Loads a fragment into `target`; what it shows stays there until the answer comes, and stays when it fails. */
  function load(target, url, options) {
    options = options || {};
    stop(target);
    target.setAttribute('aria-busy', 'true');
    target.dipperBusy = w.setTimeout(function () { setClass(target, 'busy', true); say('加载中'); }, BUSY_AFTER);
    target.dipperSlow = w.setTimeout(function () {
      var cancel = make('button', { type: 'button', 'class': 'btn' }, ['取消']);
      target.dipperHint = make('div', { 'class': 'alert alert-info', role: 'status' }, ['查询时间较长，可缩小日期范围。', cancel]);
      on(cancel, 'click', function () { stop(target); });
      target.insertBefore(target.dipperHint, target.firstChild);
    }, SLOW_AFTER);
    target.dipperRequest = request({ method: options.method, url: url, body: options.body,
      done: function (html) {
        stop(target);
        target.innerHTML = html;
        boot(target);
        if (options.done) { options.done(); }
      },
      failed: function (problem) {
        stop(target);
        if (problem.status === 401) { return; }
        each(all('.alert-error', target), remove);
        target.insertBefore(errorBox(problem, function () { load(target, url, options); }), target.firstChild);
      } });
  }
  function stop(target) {
    drop(target.dipperRequest);
    w.clearTimeout(target.dipperBusy);
    w.clearTimeout(target.dipperSlow);
    remove(target.dipperHint);
    target.removeAttribute('aria-busy');
    setClass(target, 'busy', false);
  }

  function targetOf(el) { return one(data(el, 'target')) || closest(el, '[data-fragment]'); }

  function loadForm(form) {
    var target = targetOf(form), url = data(form, 'frag') || form.getAttribute('action'), query = serialize(form);
    if ((form.getAttribute('method') || 'get').toLowerCase() === 'post') {
      load(target, url, { method: 'POST', body: query });
      return;
    }
    load(target, withQuery(url, query));
    // The address stays the truth: back, bookmarks and export links read it.
    if (w.history.pushState && !has(form, 'live')) {
      w.history.replaceState({ dipper: 1 }, '', w.location.href);
      w.history.pushState({ dipper: 1 }, '', withQuery(form.getAttribute('action') || w.location.pathname, query));
    }
  }
  // Some old engines tell of a popstate when the page has just loaded: listen later.
  on(w, 'load', function () {
    w.setTimeout(function () {
      on(w, 'popstate', function (e) { if (e.state && e.state.dipper) { w.location.reload(); } });
    }, 1);
  });

  /* ---- forms ---- */

  /** As if the user had pressed a button: the browser checks the fields, handlers see it and may prevent it. */
  function submit(form) {
    var button = make('button', { type: 'submit', 'class': 'sr-only', tabindex: '-1' });
    form.appendChild(button);
    button.click();
    remove(button);
  }

  enhance(function (root) {
    each(all('[data-autosubmit]', root), function (el) { on(el, 'change', function () { if (el.form || el.nodeName === 'FORM') { submit(el.form || el); } }); });
    // 快捷期间: data-fill="from=2025-01&to=2025-03" fills the form's fields and sends it.
    each(all('[data-fill]', root), function (el) {
      on(el, 'click', function (e) {
        var form = closest(el, 'form') || one(data(el, 'form'));
        if (!form) { return; }
        e.preventDefault();
        each(data(el, 'fill').split('&'), function (part) {
          var at = part.indexOf('='), field = form.elements[part.slice(0, at)];
          if (field) { field.value = decodeURIComponent(part.slice(at + 1)); }
        });
        submit(form);
      });
    });
    each(all('form', root), function (form) {
      var isPost = (form.getAttribute('method') || 'get').toLowerCase() === 'post';
      on(form, 'submit', function (e) {
        if (e.defaultPrevented) { return; }
        if (has(form, 'confirm') && !w.confirm(data(form, 'confirm'))) { e.preventDefault(); return; }
        if (isPost && !has(form, 'frag')) { sendOnce(form, e); }
      });
      // Which button was pressed is lost when the sending waits for the session's answer: a hidden field carries it.
      on(form, 'click', function (e) {
        var button = closest(e.target, 'button,input[type=submit]');
        if (button && button.type === 'submit') { form.dipperPressed = button; }
      });
      if (has(form, 'guard')) { guard(form); }
    });
    each(all('a[data-confirm],button[data-confirm],input[data-confirm]', root), function (el) {
      on(el, 'click', function (e) { if (!w.confirm(data(el, 'confirm'))) { e.preventDefault(); e.stopPropagation(); } });
    });
  });

  /** A second press does nothing, and nothing is sent into an ended session: the page with the filled form stays. */
  function sendOnce(form, e) {
    if (form.dipperSent) { e.preventDefault(); return; }
    form.dipperSent = true;
    var buttons = all('button[type=submit],button:not([type]),input[type=submit]', form);
    var free = function () { form.dipperSent = false; each(buttons, function (b) { b.disabled = false; }); };
    w.setTimeout(function () { each(buttons, function (b) { b.disabled = true; }); }, 0);
    // A download leaves the page as it is.
    w.setTimeout(free, SENT_FOR);
    on(w, 'pageshow', free);
    if (!data(d.body, 'session-url') || has(form, 'no-session')) { leaving(form); return; }
    e.preventDefault();
    checkSession(function () {
      var pressed = form.dipperPressed;
      if (pressed && pressed.hasAttribute('formaction')) { form.setAttribute('action', pressed.getAttribute('formaction')); }
      if (pressed && pressed.name) { form.appendChild(make('input', { type: 'hidden', name: pressed.name, value: pressed.value })); }
      leaving(form);
      form.submit();
    }, free);
  }

  /** 未保存提醒: asks before a changed form is left. */
  function guard(form) {
    var before = serialize(form);
    form.dipperChanged = function () { return serialize(form) !== before || has(form, 'changed'); };
    on(w, 'beforeunload', function (e) {
      if (form.dipperLeaving || !d.body.contains(form) || !form.dipperChanged()) { return undefined; }
      e.returnValue = '填写的内容还没有保存。';
      return e.returnValue;
    });
  }
  function leaving(form) { form.dipperLeaving = true; w.setTimeout(function () { form.dipperLeaving = false; }, 3000); }

  // After the forms' own handlers, so that a refused confirmation also stops a fragment.
  enhance(function (root) {
    each(all('[data-frag]', root), function (el) {
      if (!targetOf(el)) { return; }
      if (el.nodeName !== 'FORM') {
        on(el, 'click', function (e) {
          if (e.ctrlKey || e.shiftKey || e.button) { return; }
          e.preventDefault();
          load(targetOf(el), data(el, 'frag') || el.getAttribute('href'));
        });
        return;
      }
      on(el, 'submit', function (e) { if (!e.defaultPrevented) { e.preventDefault(); loadForm(el); } });
      // 即时测算: the answer follows every change.
      if (has(el, 'live')) {
        var timer, later = function () { w.clearTimeout(timer); timer = w.setTimeout(function () { loadForm(el); }, BUSY_AFTER); };
        each(['change', 'input', 'dipper:change'], function (type) { on(el, type, later); });
      }
    });
    // A fragment that comes after the page: data-load (url).
    each(all('[data-load]', root), function (el) { load(el, data(el, 'load')); });
  });

  /* ---- 全选 ---- */

  enhance(function (root) {
    each(all('[data-select-all]', root), function (master) {
      var scope = closest(master, 'form') || closest(master, 'table') || d;
      function boxes() { return all('input[type=checkbox][name="' + data(master, 'select-all') + '"]', scope); }
      function show() {
        var chosen = boxes().filter(function (box) { return box.checked; }).length;
        master.checked = chosen > 0 && chosen === boxes().length;
        master.indeterminate = chosen > 0 && !master.checked;
        each(all('[data-selected-count]', scope), function (el) { el.textContent = String(chosen); });
        each(all('[data-needs-selection]', scope), function (el) { el.disabled = chosen === 0; });
      }
      on(master, 'change', function () { each(boxes(), function (box) { box.checked = master.checked; }); show(); });
      on(scope, 'change', function (e) { if (e.target !== master) { show(); } });
      show();
    });
  });

  /* ---- widths of bars: data-width="37.5" in percent ---- */

  enhance(function (root) {
    each(all('[data-width]', root), function (el) { el.style.width = Math.max(0, Math.min(100, parseFloat(data(el, 'width')) || 0)) + '%'; });
  });

  /* ---- tables: the head stays in sight ---- */

  enhance(function (root) {
    each(all('.grid-wrap', root), function (wrap) {
      var table = one('table', wrap), wide = wrap.scrollWidth > wrap.clientWidth + 1;
      var tall = table && table.tHead && table.rows.length > TALL_ROWS;
      setClass(wrap, 'wide-grid', wide);
      // What scrolls is reached with the keyboard.
      if (wide || tall) { wrap.tabIndex = 0; }
      if (!tall || hasClass(wrap, 'tall')) { return; }
      setClass(wrap, 'tall', true);
      var heads = all('th,td', table.tHead), sticky = /sticky/.test(w.getComputedStyle(heads[0], null).position);
      if (sticky) {
        // The second row of a two-row head sticks below the first.
        each(table.tHead.rows, function (row) { each(row.cells, function (cell) { cell.style.top = row.offsetTop + 'px'; }); });
        return;
      }
      on(wrap, 'scroll', function () {
        var move = 'translateY(' + wrap.scrollTop + 'px)';
        each(heads, function (cell) { cell.style.webkitTransform = move; cell.style.transform = move; });
      });
    });
  });

  /* ---- 列设置: data-columns (the grid's id); the server keeps the columns and shows the page with them ---- */

  enhance(function (root) {
    each(all('[data-columns][data-choices]', root), function (button) {
      on(button, 'click', function (e) { e.preventDefault(); columnSettings(button); });
    });
  });

  function columnSettings(button) {
    var open = one('#column-settings');
    remove(open);
    if (open) { return; }
    var list = make('ul', { 'class': 'choices' });
    // data-choices="key=label|-key=label": in order, a minus for a hidden one.
    each((data(button, 'choices') || '').split('|'), function (choice) {
      var hidden = choice.charAt(0) === '-', at = choice.indexOf('='), label = choice.slice(at + 1);
      if (at < 0) { return; }
      var box = make('input', { type: 'checkbox', value: choice.slice(hidden ? 1 : 0, at) });
      box.checked = !hidden;
      var up = make('button', { type: 'button', 'class': 'btn-link', 'aria-label': '上移 ' + label }, ['▲']);
      var item = make('li', {}, [up, make('label', {}, [box, label])]);
      on(up, 'click', function () { if (item.previousSibling) { list.insertBefore(item, item.previousSibling); up.focus(); } });
      list.appendChild(item);
    });
    var save = make('button', { type: 'button', 'class': 'btn btn-primary' }, ['确定']);
    var reset = make('button', { type: 'button', 'class': 'btn' }, ['恢复默认']);
    var panel = make('div', { id: 'column-settings', 'class': 'panel', role: 'dialog', 'aria-label': '列设置' },
      [make('p', { 'class': 'muted' }, ['勾选要显示的列，▲ 上移；导出与屏幕一致。']), list, make('div', { 'class': 'actions' }, [save, reset])]);
    function post(columns) {
      request({ method: 'POST', url: '/settings/columns', body: pair('grid', data(button, 'columns')) + '&' + pair('columns', columns),
        done: function () { w.location.reload(); },
        failed: function (problem) { panel.appendChild(errorBox(problem)); } });
    }
    on(save, 'click', function () {
      var boxes = all('input', list);
      if (!boxes.some(function (box) { return box.checked; })) { w.alert('至少显示一列。'); return; }
      post(boxes.map(function (box) { return (box.checked ? '' : '-') + box.value; }).join(','));
    });
    on(reset, 'click', function () { post(''); });
    button.parentNode.insertBefore(panel, button.nextSibling);
    (one('input', list) || save).focus();
  }

  /* ---- 进度: data-poll (url) is asked until its answer has data-done; an address there is the page to go on to ---- */

  enhance(function (root) {
    each(all('[data-poll]', root), function (el) {
      var wait = Number(data(el, 'interval')) || 1000, failures = 0;
      if (el.dipperPolls) { return; }
      el.dipperPolls = true;
      function ask() {
        if (!d.body.contains(el)) { return; }
        if (d.hidden) { w.setTimeout(ask, wait); return; }
        request({ url: data(el, 'poll'), done: function (html) {
          failures = 0;
          el.innerHTML = html;
          boot(el);
          var done = one('[data-done]', el);
          if (!done) { w.setTimeout(ask, wait); return; }
          el.removeAttribute('aria-busy');
          if (data(done, 'done').charAt(0) === '/') { w.location.assign(data(done, 'done')); } else { say(el.textContent); }
        }, failed: function (problem) {
          failures += 1;
          // A restart of the server is no reason to give up at once.
          if (failures < 5 && problem.status !== 401 && problem.status !== 404) { w.setTimeout(ask, wait * 2); return; }
          el.appendChild(errorBox(problem, function () { failures = 0; ask(); }));
        } });
      }
      el.setAttribute('aria-busy', 'true');
      w.setTimeout(ask, wait);
    });
  });

  /* ---- menus and keys ---- */

  enhance(function (root) {
    // data-toggle (selector): shows or hides it by class `closed`.
    each(all('[data-toggle]', root), function (button) {
      var target = one(data(button, 'toggle'));
      if (!target) { return; }
      button.setAttribute('aria-expanded', String(!hasClass(target, 'closed')));
      on(button, 'click', function (e) {
        e.preventDefault();
        var closed = !hasClass(target, 'closed');
        setClass(target, 'closed', closed);
        button.setAttribute('aria-expanded', String(!closed));
      });
    });
    each(all('[data-toggle-menu]', root), function (button) {
      on(button, 'click', function (e) {
        var html = d.documentElement, closed = !hasClass(html, 'sidebar-closed');
        e.preventDefault();
        setClass(html, 'sidebar-closed', closed);
        try { w.localStorage.setItem('dipper.sidebar', closed ? 'closed' : 'open'); } catch (x) { /* not kept */ }
        // Charts measure themselves anew.
        fire(w, 'resize');
      });
    });
    each(all('[data-print]', root), function (el) { on(el, 'click', function (e) { e.preventDefault(); w.print(); }); });
    each(all('[data-back]', root), function (el) { on(el, 'click', function (e) { if (w.history.length > 1) { e.preventDefault(); w.history.back(); } }); });
  });

  function closeDropdowns(except) {
    each(all('.dropdown'), function (menu) {
      if (menu === except || hasClass(menu, 'closed')) { return; }
      setClass(menu, 'closed', true);
      each(all('[data-toggle="#' + menu.id + '"]'), function (b) { b.setAttribute('aria-expanded', 'false'); });
    });
  }
  on(d, 'click', function (e) {
    var toggle = closest(e.target, '[data-toggle]');
    closeDropdowns(closest(e.target, '.dropdown') || (toggle ? one(data(toggle, 'toggle')) : null));
  });
  on(d, 'keydown', function (e) {
    var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.nodeName), key = e.keyCode, letter, button;
    if (key === 27) { closeDropdowns(null); remove(one('#column-settings')); return; }
    if ((key === 191 || key === 111) && !typing && !e.ctrlKey && !e.altKey && !e.shiftKey) {
      var search = one('[data-search],input[type=search]');
      if (search) { e.preventDefault(); search.focus(); search.select(); }
      return;
    }
    // data-hotkey="s": Alt+S presses it.
    if (e.altKey && !e.ctrlKey && key >= 48 && key <= 90) {
      letter = String.fromCharCode(key).toLowerCase();
      button = one('[data-hotkey="' + letter + '"]');
      if (button) { e.preventDefault(); if (/^(INPUT|SELECT|TEXTAREA)$/.test(button.nodeName)) { button.focus(); } else { button.click(); } }
    }
  });
  enhance(function (root) {
    each(all('[data-hotkey]', root), function (el) {
      var label = 'Alt+' + data(el, 'hotkey').toUpperCase();
      el.title = el.title ? el.title + '（' + label + '）' : label;
      el.setAttribute('aria-keyshortcuts', label);
    });
  });

  w.Dipper = { each: each, all: all, one: one, data: data, has: has, on: on, closest: closest, hasClass: hasClass, setClass: setClass,
    make: make, remove: remove, fire: fire, enhance: enhance, say: say, request: request, drop: drop, errorBox: errorBox, load: load,
    withQuery: withQuery, pair: pair };

  function start() { if (!ready) { ready = true; boot(d.body); setClass(d.documentElement, 'booted', true); } }
  if (d.readyState === 'loading') { on(d, 'DOMContentLoaded', start); } else { w.setTimeout(start, 0); }
}(window, document));

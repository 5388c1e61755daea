/*
 * Charts: an element `.chart` with data-spec (JSON) or data-chart-src (address of it). The spec is data, the looks are here:
 *   {kind: bar|stack|line|pie|combo|rank|treemap|heat|scatter, categories: [], series: [{name, unit, values: [], kind?, axis?, color?}],
 *    legend: single|multi, drill: [per category] or [per series [per category]], surplus: true, palette: "bands", unit, decimals}
 * docs/front-end.md describes it. The table of the same numbers is the text of every chart. ES5.
 */
(function (w, d) {
  'use strict';

  var D = w.Dipper, FONT = '"Microsoft YaHei","Noto Sans CJK SC",SimSun,sans-serif';
  var SERIES = ['#1f6fc0', '#c4690d', '#2a8f63', '#8f5bb5', '#c0392b', '#5d6d7e'];
  // 基准率 0–0.4, 0.4–0.75, 0.75–1, 1–1.2, 1.2–2, 2+: the same everywhere, as .band-0 … .band-5 of app.css.
  var BANDS = ['#6b4fa0', '#2f78c4', '#1f7f55', '#857010', '#b3590c', '#b3261e'];
  var NAMED = { surplus: '#0b7a3e', deficit: '#c0281c', core: '#1558b0', composite: '#7a4ba0', primary: '#0f7c72', none: '#6b7785',
    target: '#5b6876' };
  var LINES = ['solid', 'dashed', 'dotted'], SYMBOLS = ['circle', 'rect', 'triangle', 'diamond', 'emptyCircle', 'emptyRect'];
  var MANY = 24, live = [];

  function colour(name, index, palette) {
    var band = /^band-?(\d)$/.exec(name || '');
    if (band) { return BANDS[band[1]] || SERIES[0]; }
    if (name) { return NAMED[name] || name; }
    return palette === 'bands' ? BANDS[index % BANDS.length] : SERIES[index % SERIES.length];
  }

  /** 12,345.60; — for no value, never 0. */
  function number(value, decimals) {
    if (value === null || value === undefined || value === '' || isNaN(value)) { return '—'; }
    var parts = Math.abs(value).toFixed(decimals || 0).split('.');
    var text = parts[0].replace(/\B(?=(\d{3})+$)/g, ',') + (parts[1] ? '.' + parts[1] : '');
    return (value < 0 && /[1-9]/.test(text) ? '-' : '') + text;
  }
  /** For axes: 12万, 1.5亿. */
  function brief(value) {
    var size = Math.abs(value);
    if (size >= 1e8) { return +(value / 1e8).toFixed(2) + '亿'; }
    if (size >= 1e4) { return +(value / 1e4).toFixed(2) + '万'; }
    return String(+(+value).toFixed(4));
  }
  function unitOf(spec, series) { return series.unit || spec.unit || ''; }
  function decimalsOf(spec, series) { return series.decimals === undefined ? spec.decimals || 0 : series.decimals; }
  /** Sign, arrow and word go with the colour. */
  function said(spec, series, value) {
    var text = number(value, decimalsOf(spec, series));
    if ((spec.surplus && !(spec.kind === 'scatter' && series === spec.series[0]) || series.surplus) && value) { text = (value < 0 ? '▼亏 ' : '▲盈 ') + text; }
    return text + (text === '—' ? '' : unitOf(spec, series));
  }

  function drillOf(spec, seriesIndex, categoryIndex) {
    var at = spec.drill && spec.drill[categoryIndex];
    if (spec.drill && Array.isArray(spec.drill[0])) { at = (spec.drill[seriesIndex] || [])[categoryIndex]; }
    return at || null;
  }

  /* ---- options of ECharts ---- */

  function kindOf(spec, series) {
    if (series.kind) { return series.kind; }
    if (spec.kind === 'line') { return 'line'; }
    return 'bar';
  }

  function options(spec, mode, width) {
    var item = /^(pie|treemap|heat|scatter)$/.test(spec.kind), base = { animation: false, textStyle: { fontFamily: FONT, fontSize: 12, color: '#1f2933' }, color: SERIES,
      // The box is made of nodes: a page's content policy forbids styles inside of HTML text.
      tooltip: { trigger: item ? 'item' : 'axis', confine: true, transitionDuration: 0, axisPointer: { type: 'shadow' },
        formatter: function (points) { return tip(spec, Array.isArray(points) ? points : [points]); } } };
    if (spec.kind === 'pie') { return pie(spec, mode, base, width); }
    if (spec.kind === 'treemap') { return treemap(spec, base); }
    if (spec.kind === 'heat') { return heat(spec, base, width); }
    if (spec.kind === 'scatter') { return scatter(spec, base); }
    return axes(spec, mode, base, width);
  }

  function legend(spec, mode, names) {
    var selected = {};
    D.each(names, function (name, i) { selected[name] = mode === 'single' ? i === 0 : true; });
    return { show: names.length > 1, type: 'scroll', top: 0, left: 'center', itemWidth: 16, itemHeight: 10, selectedMode: mode === 'single' ? 'single' : 'multiple',
      selected: selected, data: names, inactiveColor: '#9aa5b1', pageIconSize: 10 };
  }

  /** 2026年3月 is 3月 on an axis; the year stands below the first month and each January. */
  function monthOf(text, at) {
    var month = /^(\d{4})年(\d+)月$/.exec(text);
    return month && month[2] + '月' + (at === 0 || month[2] === '1' ? '\n' + month[1] + '年' : '');
  }

  /** Names that do not fit side by side stand aslant. */
  function slant(spec, width) {
    var slot = (width - 70) / Math.min(spec.categories.length, MANY), wide = longest(spec.categories.map(function (text) { return /^\d{4}年\d+月$/.test(text) ? '一月' : text; })) * 11 + 8;
    return wide > slot ? 35 : 0;
  }

  function axes(spec, mode, option, width) {
    var rank = spec.kind === 'rank', count = spec.categories.length, second = spec.series.some(function (s) { return s.axis; });
    var names = spec.series.map(function (s) { return s.name; });
    var category = { type: 'category', data: spec.categories, inverse: rank, axisTick: { alignWithLabel: true, show: !rank }, axisLine: { lineStyle: { color: '#9aa5b1' } },
      axisLabel: { color: '#3a4653', lineHeight: 14, hideOverlap: !rank, interval: rank || count <= MANY ? 0 : 'auto', rotate: rank ? 0 : slant(spec, width),
        width: rank ? 150 : 110, overflow: 'truncate', formatter: function (text, at) { return monthOf(text, at) || (text.length > 18 ? text.slice(0, 17) + '…' : text); } },
      // Negative bars leave the names at the edge.
      position: rank ? 'left' : 'bottom' };
    function value(index) {
      var of = spec.series.filter(function (s) { return (s.axis || 0) === index; })[0] || {};
      return { type: 'value', name: rank ? '' : unitOf(spec, of), nameGap: 10, nameTextStyle: { color: '#5b6876', align: index ? 'right' : 'left' },
        position: rank ? 'top' : index ? 'right' : 'left', axisLabel: { color: '#5b6876', formatter: brief, hideOverlap: true },
        splitLine: { show: !index, lineStyle: { color: '#e6eaef' } }, scale: !!of.scale, splitNumber: rank ? 4 : 5 };
    }
    var values = second ? [value(0), value(1)] : value(0), top = names.length > 1 ? 52 : 30;
    option.grid = { left: 8, right: rank ? afterBars(spec) : second ? 8 : 16, top: rank ? (names.length > 1 ? 50 : 28) : top, bottom: !rank && count > MANY ? 34 : 6, containLabel: true };
    option.legend = legend(spec, mode, names);
    option[rank ? 'yAxis' : 'xAxis'] = category;
    option[rank ? 'xAxis' : 'yAxis'] = values;
    if (!rank && count > MANY) {
      option.dataZoom = [{ type: 'slider', bottom: 2, height: 16, startValue: 0, endValue: MANY - 1, brushSelect: false, showDetail: false,
        zoomLock: false, labelFormatter: '' }];
    }
    option.series = spec.series.map(function (s, i) { return one(spec, s, i, rank); });
    return option;
  }

  /** Room for the numbers behind the bars of a ranking, pixels. */
  function afterBars(spec) {
    var of = spec.series[0];
    if (spec.series.length > 1) { return 24; }
    return of.values.reduce(function (most, value) { return value === null ? most : Math.max(most, number(value, decimalsOf(spec, of)).length); }, 2) * 7 + 10;
  }

  /** Of the longest text, in Chinese characters. */
  function longest(texts) {
    return texts.reduce(function (most, text) { return Math.max(most, String(text).replace(/[\x00-\xff]{2}/g, '一').length); }, 0);
  }

  function one(spec, s, index, rank) {
    var kind = kindOf(spec, s), signed = kind === 'bar' && (spec.surplus || s.surplus) && spec.kind !== 'stack' && !s.color;
    var series = { name: s.name, type: kind, data: s.values.map(function (value, at) {
      var url = drillOf(spec, index, at), point = { value: value === undefined ? null : value, cursor: url ? 'pointer' : 'default' };
      if (signed && value !== null) { point.itemStyle = { color: value < 0 ? NAMED.deficit : NAMED.surplus }; }
      return point;
    }), itemStyle: { color: signed ? NAMED.surplus : colour(s.color, index, spec.palette) }, emphasis: { focus: 'none' } };
    if (s.axis) { series.yAxisIndex = 1; }
    if (kind === 'bar') {
      series.barMaxWidth = rank ? 18 : 30;
      if (spec.kind === 'stack') { series.stack = s.stack || 'all'; }
      if (rank && spec.series.length === 1) {
        series.label = { show: true, position: 'right', color: '#1f2933', fontFamily: 'Arial,' + FONT,
          formatter: function (point) { return number(point.value, decimalsOf(spec, s)); } };
        // Beyond a negative bar's end there is no room for the number: it stands at the axis's other side.
        D.each(series.data, function (point) { if (point.value < 0) { point.label = { position: 'insideLeft', color: '#fff' }; if (small(s.values, point.value)) { point.label = { position: 'right' }; } } });
      }
    }
    if (kind === 'line') {
      series.symbol = SYMBOLS[index % SYMBOLS.length];
      series.symbolSize = 7;
      series.showAllSymbol = spec.categories.length <= MANY;
      series.lineStyle = { width: 2, type: LINES[index % LINES.length], color: colour(s.color, index, spec.palette) };
      series.connectNulls = false;
      series.z = 3;
    }
    if (s.target !== undefined && s.target !== null) {
      series.markLine = { symbol: 'none', silent: true, data: [{ yAxis: s.target }], lineStyle: { color: NAMED.target, type: 'dashed' },
        label: { position: 'insideEndTop', formatter: '目标 ' + number(s.target, decimalsOf(spec, s)), color: NAMED.target } };
    }
    return series;
  }
  function small(values, value) {
    var most = values.reduce(function (so, v) { return Math.max(so, Math.abs(v || 0)); }, 0);
    return Math.abs(value) < most * 0.25;
  }

  function pie(spec, mode, option, width) {
    var s = spec.series[0] || { values: [] };
    option.legend = legend(spec, mode, spec.categories);
    option.legend.top = 'middle';
    option.legend.left = 'left';
    option.legend.orient = 'vertical';
    if (mode === 'single') { D.each(spec.categories, function (name) { option.legend.selected[name] = true; }); }
    option.series = [{ type: 'pie', name: s.name, radius: ['38%', '68%'], center: ['62%', '52%'], minAngle: 3, avoidLabelOverlap: true,
      itemStyle: { borderColor: '#fff', borderWidth: 1 }, emphasis: { scale: false },
      label: { color: '#1f2933', formatter: function (point) { return (width < 460 ? '' : point.name + ' ') + point.percent.toFixed(1) + '%'; } }, labelLine: { length: 8, length2: 6 },
      data: spec.categories.map(function (name, at) {
        return { name: name, value: s.values[at], cursor: drillOf(spec, 0, at) ? 'pointer' : 'default',
          itemStyle: { color: colour((spec.colors || [])[at], at, spec.palette) } };
      }) }];
    return option;
  }

  /** 矩形树图: areas that make up the whole. */
  function treemap(spec, option) {
    var s = spec.series[0] || { values: [] };
    option.series = [{ type: 'treemap', left: 0, right: 0, top: 4, bottom: 4, roam: false, nodeClick: false, breadcrumb: { show: false },
      itemStyle: { borderColor: '#fff', borderWidth: 1, gapWidth: 1 },
      label: { color: '#fff', fontSize: 12, overflow: 'truncate', formatter: function (point) { return point.name + '\n' + brief(point.value); } },
      data: spec.categories.map(function (name, at) {
        return { name: name, value: s.values[at] || 0, at: at, itemStyle: { color: colour('', at, spec.palette) } };
      }) }];
    return option;
  }

  /** 热力图: categories across, series down, shades of the value. */
  function heat(spec, option, width) {
    var data = [], most = 0, least = 0, line = { axisTick: { show: false }, axisLine: { lineStyle: { color: '#9aa5b1' } }, splitArea: { show: true } };
    D.each(spec.series, function (s, row) {
      D.each(s.values, function (value, column) {
        if (value === null || value === 0) { return; }
        most = Math.max(most, value);
        least = Math.min(least, value);
        data.push({ value: [column, row, value], cursor: drillOf(spec, row, column) ? 'pointer' : 'default' });
      });
    });
    option.grid = { left: 8, right: 12, top: 8, bottom: 6, containLabel: true };
    option.xAxis = { type: 'category', data: spec.categories, axisTick: line.axisTick, axisLine: line.axisLine, splitArea: line.splitArea,
      axisLabel: { color: '#3a4653', interval: 0, rotate: slant(spec, width), width: 90, overflow: 'truncate', formatter: function (text, at) { return monthOf(text, at) || text; } } };
    option.yAxis = { type: 'category', inverse: true, data: spec.series.map(function (s) { return s.name; }), axisTick: line.axisTick, axisLine: line.axisLine,
      splitArea: line.splitArea, axisLabel: { color: '#3a4653', interval: 0, width: 150, overflow: 'truncate' } };
    option.visualMap = { show: false, min: least, max: most || 1, inRange: { color: least < 0 ? [NAMED.deficit, '#ffffff', NAMED.surplus] : ['#e3edf8', '#1f6fc0'] } };
    option.series = [{ type: 'heatmap', data: data, emphasis: { disabled: true },
      label: { show: spec.categories.length <= MANY, color: '#1f2933', fontSize: 11, formatter: function (point) { return brief(point.value[2]); } } }];
    return option;
  }

  /** 象限散点: a point a category; the lines stand at the means, of gains and losses at zero. */
  function scatter(spec, option) {
    var across = spec.series[0], up = spec.series[1], data = [], sums = [0, 0], named;
    D.each(spec.categories, function (name, at) {
      var x = across.values[at], y = up.values[at];
      if (x === null || y === null) { return; }
      sums[0] += x;
      sums[1] += y;
      data.push({ name: name, at: at, value: [x, y], cursor: drillOf(spec, 1, at) ? 'pointer' : 'default',
        itemStyle: { opacity: 0.75, color: spec.surplus ? (y < 0 ? NAMED.deficit : NAMED.surplus) : SERIES[0] } });
    });
    // The farthest from the middle say their names.
    named = data.slice().sort(function (a, b) { return Math.abs(b.value[1]) - Math.abs(a.value[1]); }).slice(0, 8);
    D.each(named, function (point) { point.label = { show: true }; });
    function axis(s, at) {
      return { type: 'value', name: s.name + (unitOf(spec, s) ? '（' + unitOf(spec, s) + '）' : ''), nameLocation: at ? 'end' : 'middle', nameGap: at ? 10 : 24,
        nameTextStyle: { color: '#5b6876', align: at ? 'left' : 'center' }, axisLabel: { color: '#5b6876', formatter: brief, hideOverlap: true },
        axisLine: { onZero: false, lineStyle: { color: '#9aa5b1' } }, splitLine: { lineStyle: { color: '#eef1f5' } } };
    }
    option.grid = { left: 8, right: 20, top: 34, bottom: 26, containLabel: true };
    option.xAxis = axis(across, 0);
    option.yAxis = axis(up, 1);
    option.series = [{ type: 'scatter', data: data, symbolSize: 9,
      label: { show: false, position: 'right', color: '#3a4653', fontSize: 11, width: 130, overflow: 'truncate', formatter: function (point) { return point.name; } },
      labelLayout: { hideOverlap: true },
      markLine: { symbol: 'none', silent: true, lineStyle: { color: NAMED.target, type: 'dashed' }, label: { show: false },
        data: data.length ? [{ xAxis: sums[0] / data.length }, { yAxis: spec.surplus ? 0 : sums[1] / data.length }] : [] } }];
    if (spec.surplus) {
      option.graphic = [quarter('right', 'top', '例数多、盈'), quarter('right', 'bottom', '例数多、亏'), quarter('left', 'top', '例数少、盈'), quarter('left', 'bottom', '例数少、亏')];
    }
    return option;
  }
  function quarter(side, end, text) {
    var place = { type: 'text', silent: true, style: { text: text, fill: '#9aa5b1', font: 'bold 13px ' + FONT } };
    place[side] = side === 'left' ? 80 : 28;
    place[end] = end === 'top' ? 38 : 56;
    return place;
  }

  /** Series and category that a point stands for. */
  function placeOf(spec, point) {
    if (spec.kind === 'pie') { return [0, point.dataIndex]; }
    if (spec.kind === 'treemap') { return [0, point.data ? point.data.at : -1]; }
    if (spec.kind === 'heat') { return [point.value[1], point.value[0]]; }
    if (spec.kind === 'scatter') { return [1, point.data ? point.data.at : -1]; }
    return [point.seriesIndex, point.dataIndex];
  }

  function tip(spec, points) {
    var box = D.make('div', { 'class': 'chart-tip' }), drills = false, parts = spec.kind === 'pie' || spec.kind === 'treemap';
    if (spec.kind === 'scatter') { points = spec.series.map(function (s, i) { return { seriesIndex: i, data: points[0].data, name: points[0].name, color: points[0].color }; }); }
    if (!parts) { box.appendChild(D.make('b', {}, [String(points[0].name)])); }
    D.each(points, function (point) {
      var place = placeOf(spec, point), at = spec.kind === 'scatter' ? point.seriesIndex : place[0], s = spec.series[at], dot = D.make('i');
      if (!s || place[1] < 0) { return; }
      dot.style.backgroundColor = typeof point.color === 'string' ? point.color : '#5b6876';
      drills = drills || drillOf(spec, place[0], place[1]);
      box.appendChild(D.make('div', {}, [dot, (parts ? point.name : s.name) + '：' + said(spec, s, s.values[place[1]]) +
        (spec.kind === 'pie' && point.percent !== undefined ? '（' + point.percent.toFixed(1) + '%）' : '')]));
    });
    if (drills) { box.appendChild(D.make('div', { 'class': 'muted' }, ['点击查看明细'])); }
    return box;
  }

  /* ---- the text of the chart: its table ---- */

  function table(spec) {
    var head = D.make('tr', {}, [D.make('th', { scope: 'col' }, ['项目'])]), body = D.make('tbody');
    D.each(spec.series, function (s) {
      var unit = unitOf(spec, s);
      head.appendChild(D.make('th', { scope: 'col', 'class': 'n' }, [s.name + (unit ? '（' + unit + '）' : '')]));
    });
    D.each(spec.categories, function (name, at) {
      var row = D.make('tr', {}, [D.make('th', { scope: 'row' }, [String(name)])]);
      D.each(spec.series, function (s, i) {
        var value = s.values[at], text = number(value, decimalsOf(spec, s)), url = drillOf(spec, i, at);
        row.appendChild(D.make('td', { 'class': value < 0 ? 'n neg' : 'n' }, [url ? D.make('a', { href: url }, [text]) : text]));
      });
      body.appendChild(row);
    });
    return D.make('div', { 'class': 'grid-wrap' }, [D.make('table', { 'class': 'grid' }, [D.make('thead', {}, [head]), body])]);
  }

  function summary(spec, title) {
    return (title || '图表') + '：' + spec.series.map(function (s) { return s.name; }).join('、') + '，' + spec.categories.length + ' 项。数据见下表。';
  }

  /* ---- the element ---- */

  function prepare(el) {
    var text = D.data(el, 'spec'), spec;
    if (text) {
      try { spec = JSON.parse(text); } catch (e) { spec = null; }
      if (spec) { draw(el, spec); } else { fail(el, { text: '图表数据无法读取' }); }
      return;
    }
    el.setAttribute('aria-busy', 'true');
    D.request({ url: D.data(el, 'chart-src'), accept: 'application/json', done: function (json) {
      el.removeAttribute('aria-busy');
      try { spec = JSON.parse(json); } catch (e) { spec = null; }
      if (spec) { draw(el, spec); } else { fail(el, { text: '图表数据无法读取' }); }
    }, failed: function (problem) { el.removeAttribute('aria-busy'); fail(el, problem); } });
  }

  function fail(el, problem) {
    el.textContent = '';
    el.appendChild(D.errorBox(problem, D.has(el, 'chart-src') ? function () { prepare(el); } : null));
  }

  function draw(el, spec) {
    var title = el.getAttribute('aria-label') || spec.title || '', mode = spec.legend === 'single' ? 'single' : 'multi', chart, canvas;
    spec.categories = spec.categories || [];
    spec.series = spec.series || [];
    el.textContent = '';
    // The picture is inside, beside buttons.
    el.setAttribute('role', 'group');
    el.setAttribute('aria-label', title || '图表');
    if (!spec.categories.length || !spec.series.some(function (s) { return s.values.some(function (v) { return v !== null; }); })) {
      el.appendChild(D.make('p', { 'class': 'empty' }, [spec.empty || '所选范围没有数据，可放宽日期或科室。']));
      return;
    }
    var ownTable = D.one(D.data(el, 'table')) ? null : table(spec);
    if (!w.echarts) { el.appendChild(ownTable || table(spec)); return; }
    canvas = D.make('div', { 'class': 'chart-canvas', role: 'img', 'aria-label': summary(spec, title) });
    el.appendChild(bar());
    el.appendChild(canvas);
    if (spec.kind === 'rank') { canvas.style.height = Math.max(110, spec.categories.length * 24 + 60) + 'px'; }
    if (spec.kind === 'heat') { canvas.style.height = Math.max(160, spec.series.length * 24 + 110) + 'px'; }
    if (spec.kind === 'scatter') { canvas.style.height = '420px'; }
    chart = w.echarts.init(canvas, null, { renderer: 'canvas' });
    chart.setOption(options(spec, mode, canvas.offsetWidth));
    chart.on('click', function (point) {
      var place = placeOf(spec, point), url = point.componentType === 'series' && drillOf(spec, place[0], place[1]);
      if (url) { w.location.assign(url); }
    });
    el.dipperChart = chart;
    live.push({ el: canvas, chart: chart });

    function bar() {
      var tools = D.make('div', { 'class': 'chart-tools' }, spec.kind === 'rank' && spec.unit ? [D.make('span', { 'class': 'chart-unit' }, ['单位：' + spec.unit])] : []), names = spec.kind === 'pie' ? spec.categories : spec.series;
      if (spec.legend && names.length > 1) {
        tools.appendChild(D.make('span', { 'class': 'muted' }, ['图例']));
        D.each([['single', '单选'], ['multi', '多选']], function (choice) {
          var button = D.make('button', { type: 'button', 'class': 'btn-link', 'aria-pressed': String(mode === choice[0]), 'data-legend': choice[0] }, [choice[1]]);
          D.on(button, 'click', function () {
            mode = choice[0];
            D.each(D.all('[data-legend]', tools), function (b) { b.setAttribute('aria-pressed', String(b === button)); });
            chart.setOption(options(spec, mode, canvas.offsetWidth), true);
          });
          tools.appendChild(button);
        });
      }
      if (ownTable) {
        var show = D.make('button', { type: 'button', 'class': 'btn-link', 'aria-expanded': 'false' }, ['数据']);
        D.on(show, 'click', function () {
          var shown = !!ownTable.parentNode;
          if (shown) { D.remove(ownTable); } else { el.appendChild(ownTable); }
          show.setAttribute('aria-expanded', String(!shown));
        });
        tools.appendChild(show);
      }
      var save = D.make('button', { type: 'button', 'class': 'btn-link' }, ['存图']);
      D.on(save, 'click', function () { saveImage(chart, (title || '图表') + '.png'); });
      tools.appendChild(save);
      return tools;
    }
  }

  /** IE knows no download of a data address; its canvas gives a blob that it saves itself. */
  function saveImage(chart, name) {
    if (w.navigator.msSaveBlob) {
      w.navigator.msSaveBlob(chart.getRenderedCanvas({ backgroundColor: '#fff', pixelRatio: 2 }).msToBlob(), name);
      return;
    }
    var link = D.make('a', { href: chart.getDataURL({ type: 'png', pixelRatio: 2, backgroundColor: '#fff' }), download: name });
    d.body.appendChild(link);
    link.click();
    D.remove(link);
  }

  function resize() {
    live = live.filter(function (one) {
      if (d.body.contains(one.el)) { one.chart.resize(); return true; }
      one.chart.dispose();
      return false;
    });
  }
  D.on(w, 'resize', resize);
  // A container that grew while styles or fonts came sends no event.
  D.on(w, 'load', resize);

  D.enhance(function (root) {
    resize();
    D.each(D.all('.chart[data-spec],.chart[data-chart-src]', root), prepare);
  });
  D.chartOptions = options;
}(window, document));

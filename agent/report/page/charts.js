// The charts over time, which zoom together, and what every chart has in common.

const colours = {};
function colour(name) {
  return (colours[name] ??= getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
}

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// Series that are drawn as marks, one per point: diamonds for anomalies, circles for others. drawMarks() reads `mark`.
const markSeries = (label, mark, more = {}) => ({label, mark, paths: () => null, points: {show: false}, ...more});
const anomalySeries = (more) => markSeries('anomaly', {shape: 'diamond', sizePx: 9, colour: 'anomaly'}, more);

function addMark(path, shape, x, y, radius) {
  path.moveTo(x + radius, y);
  if (shape === 'circle') {
    path.arc(x, y, radius, 0, 2 * Math.PI);
    return;
  }
  path.lineTo(x, y + radius);
  path.lineTo(x - radius, y);
  path.lineTo(x, y - radius);
  path.closePath();
}

// A hook for drawSeries. Browsers take quadratic time for one path of many overlapping parts, so marks are filled in
// small groups, and a mark that would lie almost wholly on another is left out.
function drawMarks(u, seriesIndex) {
  const {mark} = u.series[seriesIndex];
  if (!mark) return;
  const kGroup = 64;
  const radius = (mark.sizePx / 2) * uPlot.pxRatio;
  const cell = Math.max(1, Math.floor(radius / 1.5));
  u.ctx.save();
  u.ctx.fillStyle = colour(mark.colour);
  uPlot.orient(u, seriesIndex, (series, xs, ys, xScale, yScale, toX, toY, left, top, width, height) => {
    u.ctx.beginPath();
    u.ctx.rect(left - radius, top - radius, width + 2 * radius, height + 2 * radius);
    u.ctx.clip();
    const columns = Math.ceil(width / cell) + 1;
    const taken = new Uint8Array(columns * (Math.ceil(height / cell) + 1));
    const [first, last] = u.mode === 1 ? u.series[0].idxs : [0, xs.length - 1];
    let path = new Path2D();
    let group = 0;
    for (let i = first; i <= last; ++i) {
      if (ys[i] === null || ys[i] === undefined) continue;
      if (xs[i] < xScale.min || xs[i] > xScale.max || ys[i] < yScale.min || ys[i] > yScale.max) continue;
      const x = toX(xs[i], xScale, width, left);
      const y = toY(ys[i], yScale, height, top);
      const place = Math.floor((y - top) / cell) * columns + Math.floor((x - left) / cell);
      if (taken[place]) continue;
      taken[place] = 1;
      addMark(path, mark.shape, x, y, radius);
      if (++group % kGroup > 0) continue;
      u.ctx.fill(path);
      path = new Path2D();
    }
    u.ctx.fill(path);
  });
  u.ctx.restore();
}

const timeTicks = [
  [3600 * 24 * 365, '{YYYY}', null, null, null, null, null, null, 1],
  [3600 * 24 * 28, '{MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [3600 * 24, '{MM}-{DD}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{YYYY}-{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{YYYY}-{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
  [0.001, ':{ss}.{fff}', '\n{YYYY}-{MM}-{DD} {HH}:{mm}', null, '\n{MM}-{DD} {HH}:{mm}', null, '\n{HH}:{mm}', null, 1],
];

function axis(more) {
  return {
    stroke: () => colour('faint'), font: '11px system-ui, sans-serif', grid: {stroke: () => colour('grid'), width: 1},
    ticks: {stroke: () => colour('grid'), width: 1, size: 4}, ...more,
  };
}

// Of one width wherever possible, so that the charts stand exactly below each other.
const labelledWidth = (u, labels) => Math.max(68, 16 + 7 * Math.max(0, ...(labels ?? []).map(({length}) => length)));
const valueAxis = (unit, more = {}) =>
  axis({size: labelledWidth, space: 24, values: (u, ticks) => axisNumbers(ticks, unit), ...more});
const countAxis = (more) =>
  axis({size: 26, values: (u, ticks) => ticks.map((tick) => (tick === null ? '' : grouped(tick))), ...more});

// What an axis shows of values from `low` to `high`.
function padded(u, low, high) {
  if (low === null || !Number.isFinite(low)) return [0, 1];
  const room = (high - low || Math.abs(high) || 1) * 0.05;
  return [low - room, high + room];
}

const axisLabelStyle = {labelSize: 20, labelFont: '12px system-ui, sans-serif'};

// A figure with a caption, a line for the values under the cursor, and a place for the plot.
function figure(parent, name, unit, label) {
  const hover = element('output');
  const heading = element('h3', {}, name);
  if (unitWord(unit)) heading.append(' ', element('span', {className: 'unit', textContent: unitWord(unit)}));
  const plot = element('div', {className: 'plot'});
  plot.setAttribute('role', 'img');
  plot.setAttribute('aria-label', label);
  const whole = element('figure', {}, element('figcaption', {}, heading, hover), plot);
  parent.append(whole);
  return {whole, hover, plot};
}

const allCharts = new Set();
function keepWidth(chart, plot, height) {
  allCharts.add(chart);
  const resize = () => plot.clientWidth > 0 && chart.setSize({width: plot.clientWidth, height});
  new ResizeObserver(() => plot.clientWidth !== chart.width && resize()).observe(plot);
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const name of Object.keys(colours)) delete colours[name];
  for (const chart of allCharts) chart.redraw();
});

// All charts over time: one range, one cursor.
const time = {
  charts: [],
  low: positions.x.length ? Math.min(positions.x[0], positions.x.at(-1)) : 0,
  high: positions.x.length ? positions.x.at(-1) : 1,
  range: null,
  chosen: null,
  busy: false,

  zoom(min, max) {
    if (!(max > min)) return;
    this.busy = true;
    for (const {chart} of this.charts) chart.setScale('x', {min, max});
    // uPlot applies a scale in a microtask of its own; ours comes after those of all charts.
    queueMicrotask(() => queueMicrotask(() => (this.busy = false)));
    this.range = {min, max};
    showRange();
  },
  all() {
    this.zoom(this.low, this.high > this.low ? this.high : this.low + 1);
  },
  // Around the middle: 0.5 is half of what is shown.
  stretch(factor) {
    const {min, max} = this.range;
    const half = ((max - min) / 2) * factor;
    const middle = (min + max) / 2;
    if (2 * half >= this.high - this.low) this.all();
    else this.move(Math.max(this.low, Math.min(middle - half, this.high - 2 * half)), 2 * half);
  },
  move(min, width) {
    const from = Math.max(this.low, Math.min(min, this.high - width));
    this.zoom(from, from + width);
  },
  shift(part) {
    const {min, max} = this.range;
    this.move(min + part * (max - min), max - min);
  },
};

function showRange() {
  const {min, max} = time.range;
  const whole = min <= time.low && max >= time.high;
  document.getElementById('range').textContent =
    `${positionText(min)} – ${positionText(max).replace(/^row /, '')}${whole ? ' (all)' : ''}`;
}

function shadeEpisodes(u) {
  const {left, top, width, height} = u.bbox;
  u.ctx.save();
  u.ctx.beginPath();
  u.ctx.rect(left, top, width, height);
  u.ctx.clip();
  for (const episode of report.episodes) {
    const [begin, end] = episodeEnds(episode);
    if (end < u.scales.x.min || begin > u.scales.x.max) continue;
    const x0 = u.valToPos(begin, 'x', true);
    const x1 = u.valToPos(end, 'x', true);
    u.ctx.fillStyle = colour(episode === time.chosen ? 'chosen' : 'episode');
    u.ctx.fillRect(x0 - 1, top, Math.max(x1 - x0, 1) + 2, height);
  }
  u.ctx.restore();
}

function episodeEnds(episode) {
  return report.x === 'row' ? [episode.first_row, episode.last_row] : [episode.begin, episode.end];
}

// What stands at one position of a series, in words.
function hoverText(series, unit, i) {
  const b = positions.bucket[i];
  const usual = series.mean && Number.isFinite(series.mean[b])
    ? `, usual ${usualText(series.mean[b], series.sd[b], unit)}` : '';
  const when = positionText(positions.x[i]);
  if (positions.flagged[i] >= 0) return [`${when}: ${quantity(series.line[i], unit)}${usual}, anomaly`, true];
  if (positions.rows[b] === 1) return [`${when}: ${quantity(series.line[i], unit)}${usual}`, false];
  const values = [series.early[b], series.late[b]];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const like = Math.max(Math.abs(low), Math.abs(high));
  const lowest = quantity(low, unit, 5, like);
  const span = low === high ? lowest : `${lowest} to ${quantity(high, unit, 5, like)}`;
  const rows = positions.rows[b] - positions.flaggedRows[b];
  return [`${when}: ${span} in ${grouped(rows)} rows${usual}`, false];
}

// A chart over time. `cut`: a level to draw, or null.
function timeChart(parent, {name, unit, packed, flagged, cut = null, height = 180, line = 'line'}) {
  const series = alignSeries(packed, flagged);
  const strange = series.anomaly.reduce((sum, value) => sum + (value === null ? 0 : 1), 0);
  const parts = figure(parent, name, unit, `${name} over time, ${strange} anomalies`);
  const columns = [positions.x, series.line, series.anomaly];
  const shown = [{}, {label: name, stroke: () => colour(line), width: 1.25, points: {size: 4}}, anomalySeries()];
  const bands = [];
  if (series.low) {
    // Above the line and below the anomalies, so that the band shows where the line fills the chart.
    const edge = {stroke: () => colour('edge'), width: 1, points: {show: false}};
    columns.splice(2, 0, series.low, series.high);
    shown.splice(2, 0, {...edge, label: 'usual, low'}, {...edge, label: 'usual, high'});
    bands.push({series: [3, 2], fill: () => colour('band')});
  }
  if (cut !== null) {
    columns.push(positions.x.map(() => cut));
    shown.push({label: 'cut', stroke: () => colour('cut'), width: 1.5, dash: [7, 4], points: {show: false}});
  }
  const chart = new uPlot({
    width: parts.plot.clientWidth || 800, height, padding: [8, 12, 0, 0], series: shown, bands, legend: {show: false},
    scales: {x: {time: report.x === 'clock'}, y: {range: padded}},
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    axes: [
      report.x === 'clock' ? axis({size: 38, space: 90, values: timeTicks}) : countAxis({space: 90}),
      valueAxis(unit),
    ],
    cursor: {
      y: false, drag: {x: true, y: false, dist: 4}, points: {show: false},
      sync: {key: 'time', scales: ['x', null], filters: {pub: (type) => type === 'mousemove' || type === 'mouseleave'}},
    },
    hooks: {
      drawClear: [shadeEpisodes],
      drawSeries: [drawMarks],
      setScale: [(u, key) => {
        if (key === 'x' && !time.busy && time.range) time.zoom(u.scales.x.min, u.scales.x.max);
      }],
      setCursor: [(u) => {
        const at = u.cursor.idx;
        const outside = at === null || at === undefined || u.cursor.left < 0;
        const [text, isStrange] = outside ? ['', false] : hoverText(series, unit, at);
        parts.hover.textContent = text;
        parts.hover.classList.toggle('strange', isStrange);
      }],
    },
  }, columns, parts.plot);
  keepWidth(chart, parts.plot, height);
  time.charts.push({name, chart, series, parts});
}

// Two metrics against each other, with the ellipses of the model's Gaussians.

const sds = [1, 2, 3];
const ellipseDashes = [[], [8, 4], [2, 3]];
const kEllipsePoints = 181;

// The part of a two-dimensional Gaussian inside its ellipse at k standard deviations.
const shareInside = (k) => 1 - Math.exp((-k * k) / 2);

// Element (i, j) of a lower triangle written row by row.
const triangle = (values, i, j) => (i >= j ? values[(i * (i + 1)) / 2 + j] : values[(j * (j + 1)) / 2 + i]);

// mu + k L (cos t, sin t), where L L^T is the block of the covariance that belongs to the metrics i and j.
function ellipse(component, i, j, k) {
  const sxx = triangle(component.covariance, i, i);
  const sxy = triangle(component.covariance, i, j);
  const syy = triangle(component.covariance, j, j);
  const l11 = Math.sqrt(sxx);
  const l21 = sxy / l11;
  const l22 = Math.sqrt(Math.max(syy - l21 * l21, 0));
  const xs = [];
  const ys = [];
  for (let n = 0; n < kEllipsePoints; ++n) {
    const t = (2 * Math.PI * n) / (kEllipsePoints - 1);
    xs.push(component.mean[i] + k * l11 * Math.cos(t));
    ys.push(component.mean[j] + k * (l21 * Math.cos(t) + l22 * Math.sin(t)));
  }
  return [xs, ys];
}

// A path builder of uPlot that joins all points in their order.
function loop(u, seriesIndex, first, last) {
  return uPlot.orient(u, seriesIndex, (series, xs, ys, xScale, yScale, toX, toY, left, top, width, height) => {
    const path = new Path2D();
    for (let i = first; i <= last; ++i) path.lineTo(toX(xs[i], xScale, width, left), toY(ys[i], yScale, height, top));
    return {stroke: path, fill: null, clip: null, flags: 0};
  });
}

const scatter = {
  chart: null,
  hidden: new Set(),  // components whose ellipses are switched off
  columns: new Map(),

  column(kind, i) {
    const key = `${kind} ${i}`;
    if (!this.columns.has(key)) this.columns.set(key, unpack(report[kind].values[i]));
    return this.columns.get(key);
  },

  // The points of one kind that have both metrics, and which row each is.
  points(kind, i, j) {
    const [x, y] = [this.column(kind, i), this.column(kind, j)];
    const made = {kind, xs: [], ys: [], at: []};
    for (let n = 0; n < x.length; ++n) {
      if (!Number.isFinite(x[n]) || !Number.isFinite(y[n])) continue;
      made.xs.push(x[n]);
      made.ys.push(y[n]);
      made.at.push(n);
    }
    return made;
  },

  // Every ellipse of two metrics: {component, k, points}.
  ellipses(i, j) {
    return report.components.flatMap((component, c) =>
      sds.map((k) => ({component: c, k, points: ellipse(component, i, j, k)})));
  },

  draw(i, j) {
    const plot = document.getElementById('scatter-chart');
    if (this.chart) {
      allCharts.delete(this.chart);
      this.chart.destroy();
    }
    plot.replaceChildren();
    this.metrics = [i, j];
    this.kinds = [this.points('usual', i, j), this.points('flagged', i, j)];
    const ellipses = this.ellipses(i, j).filter(({component}) => !this.hidden.has(component));
    const features = [report.features[i], report.features[j]];
    const parts = figure(plot, `${features[1].name} against ${features[0].name}`, '',
      `Scatter plot of ${features[1].name} against ${features[0].name}`);
    const facets = [{scale: 'x', auto: true}, {scale: 'y', auto: true}];
    const height = 520;
    this.chart = new uPlot({
      mode: 2, width: parts.plot.clientWidth || 800, height, legend: {show: false},
      scales: {x: {time: false, auto: true, range: padded}, y: {auto: true, range: padded}},
      axes: [
        valueAxis(features[0].unit, {size: 28, space: 80, label: axisLabel(features[0]), ...axisLabelStyle}),
        valueAxis(features[1].unit, {label: axisLabel(features[1]), ...axisLabelStyle}),
      ],
      series: [
        null,
        markSeries('usual', {shape: 'circle', sizePx: 4, colour: 'usual'}, {facets}),
        anomalySeries({facets}),
        ...ellipses.map(({component, k}) => ({
          facets, label: `component ${component + 1}, ${k} sd`, paths: loop, width: 1.75, dash: ellipseDashes[k - 1],
          stroke: () => colour(`ellipse-${component % 5}`),
        })),
      ],
      cursor: {drag: {x: true, y: true, dist: 4}, points: {show: false}, dataIdx: () => null},
      hooks: {drawSeries: [drawMarks], setCursor: [(u) => this.showNearest(u, parts.hover)]},
    }, [null, ...this.kinds.map(({xs, ys}) => [xs, ys]), ...ellipses.map(({points}) => points)], parts.plot);
    keepWidth(this.chart, parts.plot, height);
    this.chart.over.addEventListener('dblclick', () => this.show('all'));
  },

  // 'all' points, or only those that are not flagged, with the ellipses.
  show(what) {
    const shown = this.chart.data.slice(1).filter((_, n) => what === 'all' || n !== 1);
    const limits = (axisIndex) => {
      let [low, high] = [Infinity, -Infinity];
      for (const values of shown)
        for (const value of values[axisIndex]) [low, high] = [Math.min(low, value), Math.max(high, value)];
      const [min, max] = padded(null, low, high);
      return {min, max};
    };
    this.chart.batch(() => {
      this.chart.setScale('x', limits(0));
      this.chart.setScale('y', limits(1));
    });
  },

  showNearest(u, hover) {
    const kReachPx = 24;
    const {left, top} = u.cursor;
    let best = {distance: left < 0 ? -1 : kReachPx * kReachPx};
    const [x, y] = [u.scales.x, u.scales.y];
    const [width, height] = [u.over.clientWidth, u.over.clientHeight];
    for (const kind of this.kinds)
      for (let n = 0; n < kind.xs.length; ++n) {
        const dx = ((kind.xs[n] - x.min) / (x.max - x.min)) * width - left;
        const dy = (1 - (kind.ys[n] - y.min) / (y.max - y.min)) * height - top;
        const distance = dx * dx + dy * dy;
        if (distance <= best.distance) best = {distance, kind, n};
      }
    hover.textContent = best.kind ? this.describe(best.kind, best.n) : '';
    hover.classList.toggle('strange', best.kind?.kind === 'flagged');
  },

  describe(kind, n) {
    const rows = report[kind.kind];
    const at = kind.at[n];
    kind.row ??= unpack(rows.row);
    kind.x ??= report.x === 'row' ? kind.row : unpack(rows.time);
    const values = [kind.xs[n], kind.ys[n]].map((value, axisIndex) => {
      const feature = report.features[this.metrics[axisIndex]];
      return `${feature.name} ${quantity(value, feature.unit)}`;
    });
    const when = report.x === 'row' ? '' : `${positionText(kind.x[at])}, `;
    return `${when}row ${kind.row[at]}: ${values.join(', ')}${kind.kind === 'flagged' ? ', anomaly' : ''}`;
  },
};

const axisLabel = (feature) => `${feature.name}${unitWord(feature.unit) ? ` (${unitWord(feature.unit)})` : ''}`;

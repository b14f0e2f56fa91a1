// The page around the charts: summary, episodes, selectors.

const byId = (id) => document.getElementById(id);

function showSummary() {
  document.title = report.title;
  byId('title').textContent = report.title;
  byId('version').textContent = report.version ? `epsilonctl ${report.version}` : 'epsilonctl';
  const facts = byId('facts');
  const fact = (name, value, small = '', strange = false) => {
    const text = element('dd', {}, value);
    if (small) text.append(element('small', {textContent: small}));
    facts.append(element('div', {className: strange ? 'strange' : ''}, element('dt', {textContent: name}), text));
  };
  fact('File', report.file);
  const length = report.x === 'row' ? '' : `over ${durationText(time.high - time.low)}`;
  fact('Rows', grouped(report.rows), report.rows ? length : '');
  if (report.rows && report.x === 'clock') fact('From', utc(time.low), `to ${utc(time.high)} UTC`);
  fact('Model', report.model);
  const cut = report.cut === null ? '' : `${scaleName()} ${cutWord()} ${shortNumber(report.cut, 5)}`;
  fact('Threshold', report.threshold, cut);
  const share = `${percent(report.flagged_rows, report.rows)} of all`;
  fact('Flagged rows', grouped(report.flagged_rows), share, report.flagged_rows > 0);
  fact('Episodes', grouped(report.episodes_seen), '', report.episodes_seen > 0);
  showNotes();
}

const scaleName = () =>
  report.cut_scale === 'surprise' ? 'surprise' : report.native_is_log_density ? 'log density' : 'score';
const lowIsStrange = () => report.cut_scale === 'native' && report.native_is_log_density;
const cutWord = () => (lowIsStrange() ? 'below' : 'at or above');

function showNotes() {
  const notes = [];
  if (report.x === 'clock') notes.push('All times are UTC.');
  if (report.x === 'seconds') notes.push('The file has no clock: times are its own seconds.');
  if (report.time_goes_back)
    notes.push('The times in the file go back at some point, so the charts run over row numbers.');
  const bucket = grouped(report.rows_per_bucket);
  if (report.rows_per_bucket > 1)
    notes.push(`The lines show the lowest and the highest value of each ${bucket} rows; no extreme is left out.`);
  if (report.flagged_are_all_kept && report.rows_per_bucket > 1) notes.push('Every flagged row is drawn by itself.');
  if (!report.flagged_are_all_kept)
    notes.push(`Of ${grouped(report.flagged_rows)} flagged rows a random ${grouped(positions.keptRow.length)} are ` +
      `drawn by themselves, and of all of them the lowest and the highest of each ${bucket} rows.`);
  const unjudged = report.rows - report.judged_rows;
  if (unjudged > 0)
    notes.push(`${grouped(unjudged)} rows were not judged: the model was still learning, or they are empty.`);
  byId('notes').append(...notes.map((text) => element('li', {textContent: text})));
}

// Episodes

function zoomToEpisode(episode) {
  const [begin, end] = episodeEnds(episode);
  const perRow = (time.high - time.low) / Math.max(report.rows - 1, 1);
  const room = Math.max(end - begin, 40 * perRow) || 1;
  time.chosen = episode;
  for (const row of byId('episode-table').tBodies[0].rows)
    row.classList.toggle('chosen', row.episode === episode);
  time.zoom(begin - room, end + room);
}

function episodeRow(episode) {
  const [begin] = episodeEnds(episode);
  const button = element('button', {type: 'button', textContent: positionText(begin)});
  const what = element('td', {}, episode.text);
  const shares = episode.shares.filter(({share}) => share > 0).sort((a, b) => b.share - a.share);
  what.append(element('ul', {className: 'shares'}, ...shares.slice(0, 5).map(shareItem)));
  if (shares.length > 5) what.lastChild.append(element('li', {textContent: `and ${shares.length - 5} more`}));
  const rows = episode.last_row - episode.first_row + 1;
  const line = element('tr', {}, element('td', {}, button),
    element('td', {textContent: report.x === 'row' ? '–' : durationText(episode.duration)}),
    element('td', {textContent: rows === 1 ? `${episode.first_row}` : `${episode.first_row} – ${episode.last_row}`}),
    element('td', {textContent: episode.peak === null ? '' : shortNumber(episode.peak, 4)}), what);
  line.episode = episode;
  line.addEventListener('click', () => zoomToEpisode(episode));
  return line;
}

function shareItem({feature, value, mean, sd, z, share}) {
  const {name, unit} = report.features[feature];
  const fill = element('span');
  fill.style.width = `${100 * Math.min(share, 1)}%`;
  const usual = mean === null || sd === null ? '' : ` (usual ${usualText(mean, sd, unit)})`;
  const distance = z === null ? '' : `, z ${shortNumber(z, 3)}`;
  return element('li', {title: `${name} ${quantity(value, unit)}${usual}${distance}`},
    element('span', {className: 'bar'}, fill), `${name} ${shortNumber(100 * share, 2)} %`);
}

function showEpisodes() {
  const note = byId('episodes-note');
  if (report.episodes.length === 0) {
    note.textContent = 'Nothing strange was found.';
    byId('episode-scroll').hidden = true;
    byId('episode-order').parentElement.hidden = true;
    return;
  }
  note.textContent = 'Choose an episode and all charts over time zoom to it. ' +
    'The bars are the metrics\u2019 shares of the strangeness.';
  const [listed, seen] = [report.episodes.length, report.episodes_seen];
  if (seen > listed)
    note.textContent += ` Listed are the ${grouped(listed)} with the highest peaks of ${grouped(seen)}.`;
  const orders = {
    row: (a, b) => a.first_row - b.first_row,
    peak: (a, b) => b.peak - a.peak,
    length: (a, b) => b.last_row - b.first_row - (a.last_row - a.first_row),
  };
  const lines = report.episodes.map(episodeRow);
  const order = byId('episode-order');
  const fill = () => {
    lines.sort((a, b) => orders[order.value](a.episode, b.episode));
    byId('episode-table').tBodies[0].replaceChildren(...lines);
  };
  order.addEventListener('change', fill);
  fill();
}

// Charts

function showTimeCharts() {
  const scores = report.series.slice(report.features.length);
  const cut = (scale) => (report.cut_scale === scale ? report.cut : null);
  timeChart(byId('score-charts'), {
    name: 'surprise', unit: '', packed: scores[0], flagged: report.flagged.surprise, cut: cut('surprise'), height: 200,
  });
  timeChart(byId('score-charts'), {
    name: report.native_is_log_density ? 'log density' : 'score of the model', unit: '', packed: scores[1],
    flagged: report.flagged.native, cut: cut('native'), height: 200,
  });
  report.features.forEach(({name, unit}, i) =>
    timeChart(byId('metric-charts'), {name, unit, packed: report.series[i], flagged: report.flagged.values[i]}));
  time.all();
  const actions = {
    earlier: () => time.shift(-0.5),
    later: () => time.shift(0.5),
    in: () => time.stretch(0.5),
    out: () => time.stretch(2),
    all: () => time.all(),
  };
  byId('toolbar').addEventListener('click', ({target}) => actions[target.closest('button')?.dataset.zoom]?.());
  byId('filter').addEventListener('input', ({target}) => {
    const part = target.value.toLowerCase();
    for (const {name, parts} of time.charts.slice(2)) parts.whole.hidden = !name.toLowerCase().includes(part);
  });
}

const legendItem = (kind, colourName, ...text) => {
  const key = element('span', {className: `key ${kind}`});
  if (kind.includes('line')) key.style.borderColor = `var(--${colourName})`;
  else key.style.background = `var(--${colourName})`;
  return element('li', {}, key, ...text);
};

function showLegends() {
  const items = [legendItem('line', 'line', 'value')];
  if (report.series.some(({mean}) => mean))
    items.push(legendItem('framed', 'band', 'usual: mean ± 2 sd of the model'));
  items.push(legendItem('diamond', 'anomaly', 'anomaly'), legendItem('', 'chosen', 'episode'));
  items.push(element('li', {textContent: 'Drag across a chart to zoom all of them, double-click to see all.'}));
  byId('metric-legend').append(...items);
}

let rankedChart = null;
function showRanked() {
  const rank = [...unpack(report.ranked.rank)];
  const score = [...unpack(report.ranked.score)];
  const flagged = unpack(report.ranked.flagged);
  const note = byId('ranked-note');
  note.textContent = `The ${scaleName()} of each judged row, the strangest first; strange is ${cutWord()} the cut.`;
  if (!report.ranked.exact)
    note.textContent += ` The strangest ${grouped(5000)} are exact; the others are a random sample of ` +
      `${grouped(report.ranked.seen)} rows, at the ranks to be expected of it.`;
  const draw = () => {
    if (rankedChart) {
      allCharts.delete(rankedChart);
      rankedChart.destroy();
    }
    byId('ranked-chart').replaceChildren();
    const parts = figure(byId('ranked-chart'), scaleName(), '', `Sorted scores: ${scaleName()} by rank`);
    const columns = [rank, score, score.map((value, i) => (flagged[i] ? value : null))];
    const line = {label: scaleName(), stroke: () => colour('line'), width: 1.5, points: {size: 4}};
    const shown = [{}, line, anomalySeries()];
    if (report.cut !== null) {
      columns.push(rank.map(() => report.cut));
      shown.push({label: 'cut', stroke: () => colour('cut'), width: 1.5, dash: [7, 4], points: {show: false}});
    }
    const logarithmic = byId('log-rank').checked;
    rankedChart = new uPlot({
      width: parts.plot.clientWidth || 800, height: 300, series: shown, legend: {show: false},
      padding: [8, 28, 0, 0],
      scales: {
        x: {time: false, distr: logarithmic ? 3 : 1, range: (u, low, high) => [low, high > low ? high : low + 1]},
      },
      axes: [countAxis({label: 'rank', space: 60, ...axisLabelStyle}), valueAxis('')],
      cursor: {drag: {x: true, y: false, dist: 4}, points: {show: false}},
      hooks: {drawSeries: [drawMarks], setCursor: [(u) => {
        const at = u.cursor.left < 0 ? null : u.cursor.idx;
        parts.hover.textContent = at === null || at === undefined ? ''
          : `rank ${grouped(Math.round(rank[at]))} of ${grouped(report.ranked.seen)}: ` +
            `${shortNumber(score[at], 6)}${flagged[at] ? ', anomaly' : ''}`;
        parts.hover.classList.toggle('strange', Boolean(at !== null && flagged[at]));
      }]},
    }, columns, parts.plot);
    keepWidth(rankedChart, parts.plot, 300);
  };
  byId('log-rank').addEventListener('change', draw);
  draw();
}

// The two metrics with the largest shares over all episodes, or the first two.
function mostStrange() {
  const weight = report.features.map(() => 0);
  for (const {shares} of report.episodes) for (const {feature, share} of shares) weight[feature] += share;
  const order = report.features.map((_, i) => i).sort((a, b) => weight[b] - weight[a] || a - b);
  return order.slice(0, 2).sort((a, b) => a - b);
}

function showScatter() {
  if (report.features.length < 2) {
    byId('scatter').hidden = true;
    return;
  }
  const selects = [byId('scatter-x'), byId('scatter-y')];
  for (const [n, select] of selects.entries()) {
    select.append(...report.features.map(({name}, i) => element('option', {value: String(i), textContent: name})));
    select.value = String(mostStrange()[n]);
  }
  const draw = () => scatter.draw(...selects.map(({value}) => Number(value)));
  for (const select of selects) select.addEventListener('change', draw);
  byId('scatter-all').addEventListener('click', () => scatter.show('all'));
  byId('scatter-usual').addEventListener('click', () => scatter.show('usual'));
  showScatterLegend(draw);
  draw();
}

function showScatterLegend(draw) {
  const kept = unpack(report.usual.row).length;
  const sampled = (part, whole) => (part < whole ? ` (a random ${grouped(part)} of ${grouped(whole)})` : '');
  const items = [
    legendItem('dot', 'usual', `not flagged${sampled(kept, report.rows - report.flagged_rows)}`),
    legendItem('diamond', 'anomaly', `anomaly${sampled(positions.keptRow.length, report.flagged_rows)}`),
  ];
  report.components.forEach(({weight}, c) => {
    const box = element('input', {type: 'checkbox', checked: true});
    box.addEventListener('change', () => {
      if (box.checked) scatter.hidden.delete(c);
      else scatter.hidden.add(c);
      draw();
    });
    const name = `component ${c + 1}, weight ${shortNumber(100 * weight, 3)} %`;
    const item = legendItem('line', `ellipse-${c % 5}`, report.components.length === 1 ? 'the model' : name);
    item.replaceChildren(element('label', {}, box, ' ', ...item.childNodes));
    items.push(item);
  });
  if (report.components.length > 0) {
    const inside = sds.map((k) => `${(100 * shareInside(k)).toFixed(1)} %`).join(', ');
    ['line', 'line dashed', 'line dotted'].forEach((kind, n) => items.push(legendItem(kind, 'faint', `${sds[n]} sd`)));
    byId('scatter-note').textContent = 'Ellipses: each Gaussian of the model, seen in these two metrics alone (its ' +
      `marginal), at 1, 2 and 3 standard deviations. Of a Gaussian in two dimensions ${inside} lie inside them, less ` +
      'than the 68, 95 and 99.7 % of one dimension.';
  }
  byId('scatter-legend').append(...items);
}

showSummary();
showEpisodes();
showLegends();
if (report.rows > 0) {
  showTimeCharts();
  showRanked();
  showScatter();
} else {
  for (const id of ['toolbar', 'scores', 'metrics', 'ranked', 'scatter']) byId(id).hidden = true;
}

// The data of the report, as agent/report/report_writer.cpp wrote them, and how they become columns for charts.

const report = JSON.parse(document.getElementById('report-data').textContent);

// A packed column (agent/report/page_json.h) as an array of numbers; NaN is absent.
function unpack(packed) {
  if ('c' in packed) return new Float64Array(packed.n).fill(packed.c);
  const text = atob(packed.d ?? packed.f);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
  if ('d' in packed) return new Float64Array(bytes.buffer);
  return Float64Array.from(new Float32Array(bytes.buffer), (part) => packed.o + packed.s * part);
}

const orNull = (value) => (Number.isFinite(value) ? value : null);

// The positions that all charts over time share: one or two for a bucket, at its first and last row that is not flagged,
// and one for each flagged row that was kept. `bucket[i]` is where a position lies; `flagged[i]` is the flagged row it
// stands for, or -1; `late[i]` tells the second position of a bucket from its first.
function alignPositions() {
  const lastRow = unpack(report.buckets.last_row);
  const ends = ['first', 'last'].map((end) => {
    const row = unpack(report.buckets[`${end}_usual_row`]);
    return {row, x: report.x === 'row' ? row : unpack(report.buckets[`${end}_usual_time`])};
  });
  const rows = unpack(report.buckets.rows);
  const flaggedRows = unpack(report.buckets.flagged_rows);
  const keptRow = unpack(report.flagged.row);
  const keptX = report.x === 'row' ? keptRow : unpack(report.flagged.time);
  const at = {x: [], bucket: [], flagged: [], late: [], rows, flaggedRows, keptRow};
  const put = (x, bucket, flagged, late) => {
    at.x.push(x);
    at.bucket.push(bucket);
    at.flagged.push(flagged);
    at.late.push(late);
  };
  let kept = 0;
  const putFlagged = (bucket, upTo) => {
    for (; kept < keptRow.length && keptRow[kept] <= upTo; ++kept) put(keptX[kept], bucket, kept, false);
  };
  for (let b = 0; b < rows.length; ++b) {
    const usualRows = rows[b] - flaggedRows[b];
    // Extremes of flagged rows that were not kept are shown where those of the others are.
    const drawn = usualRows > 0 || !report.flagged_are_all_kept;
    ends.forEach(({row, x}, end) => {
      if (!drawn || (end === 1 && rows[b] === 1)) return;
      putFlagged(b, row[b]);
      put(x[b], b, -1, end === 1);
    });
    putFlagged(b, lastRow[b]);
  }
  return at;
}

const positions = alignPositions();

// One series at all positions. null is a gap; undefined means that the column has nothing to say at this position.
function alignSeries(packed, packedFlagged) {
  const early = unpack(packed.early);
  const late = packed.late ? unpack(packed.late) : early;
  const flaggedEarly = packed.flagged_early ? unpack(packed.flagged_early) : null;
  const flaggedLate = packed.flagged_late ? unpack(packed.flagged_late) : flaggedEarly;
  const kept = unpack(packedFlagged);
  const mean = packed.mean ? unpack(packed.mean) : null;
  const sd = packed.sd ? unpack(packed.sd) : null;
  const count = positions.x.length;
  const series = {line: new Array(count), anomaly: new Array(count), low: null, high: null, mean, sd, early, late};
  if (mean) {
    series.low = new Array(count);
    series.high = new Array(count);
  }
  for (let i = 0; i < count; ++i) {
    const b = positions.bucket[i];
    const flagged = positions.flagged[i];
    if (flagged >= 0) {
      series.line[i] = series.anomaly[i] = orNull(kept[flagged]);
    } else {
      const value = orNull((positions.late[i] ? late : early)[b]);
      series.line[i] = value === null && positions.flaggedRows[b] > 0 ? undefined : value;
      series.anomaly[i] = flaggedEarly ? orNull((positions.late[i] ? flaggedLate : flaggedEarly)[b]) : null;
    }
    if (mean) {
      series.low[i] = orNull(mean[b] - 2 * sd[b]);
      series.high[i] = orNull(mean[b] + 2 * sd[b]);
    }
  }
  return series;
}

// Numbers, quantities and times as text. All times are UTC.

const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

function shortNumber(value, digits) {
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-4 || size >= 1e15)) return value.toExponential(Math.min(digits - 1, 2));
  return String(Number(value.toPrecision(digits)));
}

// With k, M, G, ... for what is large; of a magnitude of its own, or of `like`, so that two numbers can share it.
function scaledNumber(value, digits, like = value) {
  const power = Math.min(Math.max(Math.floor(Math.log10(Math.abs(like) || 1) / 3), 0), prefixes.length - 1);
  return {text: shortNumber(value / 1000 ** power, digits), prefix: prefixes[power]};
}

function unitWord(unit) {
  return {'1': '', 'bytes': 'B', 'bytes/s': 'B/s', '1/s': '/s', 'ratio': '%'}[unit] ?? unit;
}

function quantity(value, unit, digits = 5, like = value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return 'no value';
  if (unit === 'ratio') return `${shortNumber(100 * value, digits)} %`;
  const word = unitWord(unit);
  if (!word.startsWith('B')) return `${shortNumber(value, digits)}${word === '' || word === '/s' ? word : ` ${word}`}`;
  const scaled = scaledNumber(value, digits, like);
  return `${scaled.text} ${scaled.prefix}${word}`;
}

// "2.2 ± 0.2 GB"
function usualText(mean, sd, unit) {
  const like = Math.max(Math.abs(mean), sd);
  const [first, second] = [quantity(mean, unit, 4, like), quantity(sd, unit, 2, like)];
  const word = first.replace(/^[-+.\de]+/, '');
  return `${word ? first.slice(0, -word.length) : first} ± ${second}`;
}

// For ticks of an axis. Ticks far from zero and close together need the digits that tell them apart.
function axisNumbers(values, unit) {
  const top = Math.max(...values.map(Math.abs));
  const step = values.length > 1 ? Math.abs(values[1] - values[0]) : top;
  const digits = Math.max(3, Math.ceil(Math.log10(top / step || 1)) + 2);
  if (unit === 'ratio') return values.map((value) => quantity(value, unit, digits));
  if (digits > 7) return values.map((value) => String(Number(value.toPrecision(Math.min(digits, 17)))));
  return values.map((value) => {
    const scaled = scaledNumber(value, digits, top);
    return value === 0 ? '0' : `${scaled.text}${scaled.prefix ? ` ${scaled.prefix}` : ''}`;
  });
}

function utc(seconds) {
  const date = new Date(Math.round(seconds * 1000));
  if (Number.isNaN(date.getTime())) return `${seconds} s`;
  const text = date.toISOString().replace('T', ' ').replace('Z', '');
  return text.endsWith('.000') ? text.slice(0, -4) : text;
}

function positionText(x) {
  if (report.x === 'clock') return `${utc(x)} UTC`;
  return report.x === 'seconds' ? `${shortNumber(x, 9)} s` : `row ${Math.round(x)}`;
}

function durationText(seconds) {
  if (!Number.isFinite(seconds)) return '';
  const parts = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  let rest = Math.abs(seconds) < 10 ? seconds : Math.round(seconds);
  const words = [];
  for (const [word, size] of parts) {
    const whole = size === 1 ? rest : Math.floor(rest / size);
    if (whole > 0) words.push(`${shortNumber(whole, 4)} ${word}`);
    rest -= whole * size;
    if (words.length === 2) break;
  }
  return words.join(' ') || '0 s';
}

const grouped = (count) => count.toLocaleString('en-US').replaceAll(',', '\u202f');

function percent(part, whole) {
  if (!whole) return '0 %';
  const share = (100 * part) / whole;
  return part > 0 && share < 0.001 ? 'less than 0.001 %' : `${shortNumber(share, 3)} %`;
}

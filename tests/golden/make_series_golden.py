#!/usr/bin/python3
"""Expected scores for the tests of the series ensemble: its definition in plain NumPy, every window summed anew.

    make_series_golden.py                  rewrites series_*.csv in this folder, from made series
    make_series_golden.py CSV INTERVAL_S   prints a score per row of a file: a header, then time and value in front

Nothing of it is shared with models/series/; the first line of each file says tool versions and seed.
"""
import math
import platform
import sys

import numpy as np

SEED = 20240619
LOWEST, PER_OCTAVE, BINS = -24, 12, 768


class Offsets:
    def __init__(self, buckets, gain, prior, most):
        self.mean, self.count = np.zeros(buckets), np.zeros(buckets)
        self.gain, self.prior, self.most = gain, prior, most

    def get(self, b):
        return self.mean[b] * self.count[b] / (self.count[b] + self.prior) if self.count[b] else 0.0

    def add(self, b, residual):
        self.count[b] += 1
        self.mean[b] += max(self.gain, 1 / self.count[b]) * (residual - self.mean[b])
        self.count[b] = min(self.count[b], self.most)


class Scale:
    def __init__(self, length, span=None):
        self.length, self.gain = length, 2 / (span + 1) if span else 0.0
        self.hour, self.count, self.all, self.n = np.zeros(24), np.zeros(24), 0.0, 0

    def z_then_learn(self, d, b, floor):
        z = 0.0
        if self.n >= 6:
            near = [(b - 1) % 24, b, (b + 1) % 24]
            shrunk = [(self.hour[h] * self.count[h] + 60 * self.all) / (self.count[h] + 60) for h in near]
            sigma = math.sqrt(max([self.all] + shrunk) * (1 + 3 * self.length / self.n))
            z = abs(d) / max(sigma, floor)
        self.n += 1
        self.all += max(self.gain, 1 / self.n) * (d * d - self.all)
        self.count[b] += 1
        self.hour[b] += max(0.02, 1 / self.count[b]) * (d * d - self.hour[b])
        self.count[b] = min(self.count[b], 50)
        return z


class Normaliser:
    def __init__(self, length):
        self.offsets, self.scale = Offsets(24, 0.02, 5, 50), Scale(length)
        self.sum = self.size = 0.0
        self.n = 0

    def z_then_learn(self, s, b):
        level = self.sum / self.n if self.n else 0.0
        d = s - level - self.offsets.get(b) if self.n else 0.0
        self.n += 1
        self.sum += s
        self.size += abs(s)
        z = self.scale.z_then_learn(d, b, 1e-3 * self.size / self.n + 1e-9)
        self.offsets.add(b, s - level)
        return z


class Tail:
    def __init__(self):
        self.counts = np.zeros(BINS)

    def rarity_then_learn(self, z):
        place = min(max((math.log2(z) - LOWEST) * PER_OCTAVE, 0.0), BINS - 1) if z > 0 else 0.0
        b, n, rarity = int(place), self.counts.sum(), 0.0
        if n >= 10:
            at_or_above = np.cumsum(self.counts[::-1])[::-1]
            start = int(np.flatnonzero(at_or_above >= 0.2 * n)[-1])
            if b > start:
                count = at_or_above[start]
                excess = (self.counts[start:] * np.arange(BINS - start)).sum() / PER_OCTAVE
                mean = max((excess + 5 * 0.2) / (count + 5), 1e-3)
                rarity = (-math.log(count / n) + (place - start) / PER_OCTAVE / mean) / math.log(10)
            else:
                rank = at_or_above[b] - self.counts[b] * (place - b)
                rarity = -math.log10((rank + 0.5) / (n + 1))
        self.counts[b] += 1
        return max(0.0, rarity)


def scores(times, values, interval_s):
    def k(hours):
        return max(1, int(math.floor(hours * 3600 / interval_s + 0.5)))

    day, week = Offsets(24, 0.02, 5, 50), Offsets(168, 0.05, 24, 20)
    means = [(k(0.25), 1, None, 3.78), (k(0.25), 0, 2000, 3.71), (k(1), 1, None, 3.04), (k(1), 0, 2000, 3.13),
             (k(4), 1, None, 2.29)]  # window, of r_w?, span, c
    scales = [Scale(length, span) for length, _, span, _ in means]
    pairs = [(k(4), k(24), 2.08), (k(8), k(12), 2.0)]
    normalisers = [Normaliser(a + b) for a, b, _ in pairs] + [Normaliser(k(8))]
    tails = [Tail() for _ in range(9)]
    x = np.asarray(values, dtype=float)
    residuals = np.zeros((2, len(x)))  # r, r_w
    out = []
    for i, value in enumerate(x):
        hours = int(math.floor(times[i])) // 3600
        b, w = hours % 24, hours % 168
        floor = 1e-3 * np.abs(x[:i + 1]).mean() + 1e-9
        level = x[:i].mean() if i else 0.0
        hourly = day.get(b)
        if i:
            residuals[:, i] = value - level - hourly, value - level - hourly - week.get(w)
        z = []
        for (length, which, _, c), scale in zip(means, scales):
            full = i + 1 >= length
            z.append((scale.z_then_learn(residuals[which, i + 1 - length:i + 1].mean(), b, floor) if full else 0.0, c))
        week.add(w, value - level - hourly)
        day.add(b, value - level)
        for (last, before, c), normaliser in zip(pairs, normalisers):
            full = i >= last + before
            d = x[i + 1 - last:i + 1].mean() - x[i + 1 - last - before:i + 1 - last].mean() if full else 0.0
            z.append((normaliser.z_then_learn(d, b), c))
        recent = x[max(0, i + 1 - max(3, k(8))):i + 1]
        z.append((normalisers[2].z_then_learn(recent.std(), b), 2.21))
        record = 0.0
        if i >= 3 and x[:i].max() > x[:i].min():
            record = max(value - x[:i].max(), x[:i].min() - value, 0.0) / (x[:i].max() - x[:i].min())
        z.append((record, 0.00828))
        terms = [min(zi / c, 1.5) * math.sqrt(tail.rarity_then_learn(zi)) for (zi, c), tail in zip(z, tails)]
        out.append((sum(terms) + terms[4]) / 10)  # the mean over four hours counts twice
    return out


def daily(rng):
    """Five days and a half at five minutes: a day's wave, noise, spikes, and a step that lasts six hours."""
    t = 1700000000 + 300 * np.arange(1600)
    x = 50 + 20 * np.sin(2 * np.pi * t / 86400) + 3 * rng.standard_normal(1600) + 40 * (rng.uniform(size=1600) < 0.004)
    x[1100:1172] += 30
    return 300, t, np.round(x, 3)


def minutes(rng):
    """A day and a half at a minute: a heavy-tailed rate in bursts."""
    t = 1700012345 + 60 * np.arange(2100)
    x = rng.exponential(100, 2100) * np.where(np.arange(2100) % 360 < 30, 8, 1)
    x[1900:1930] = 0
    return 60, t, np.round(x, 2)


def rough(rng):
    """Sixteen days at half an hour: bytes near 8e12, flat for a day, with gaps, repeated and backward times."""
    t = 1699990000 + 1800 * np.arange(800)
    t[200:] += 5 * 3600 + 77
    t[500:] -= 7 * 3600
    t[600] = t[599]
    x = 8e12 + np.round(np.cumsum(rng.standard_normal(800)) * 1e9)
    x[300:348] = x[299]
    x[650] *= 1.5
    return 1800, t, x


def main():
    if len(sys.argv) == 3:
        rows = np.genfromtxt(sys.argv[1], delimiter=",", skip_header=1, usecols=(0, 1))
        for score in scores(rows[:, 0], rows[:, 1], float(sys.argv[2])):
            print(repr(float(score)))
        return
    for make in (daily, minutes, rough):
        interval_s, times, values = make(np.random.default_rng(SEED))
        with open(f"series_{make.__name__}.csv", "w", encoding="ascii") as out:
            out.write(f"# make_series_golden.py: numpy {np.__version__}, python {platform.python_version()}, "
                      f"seed {SEED}, every {interval_s} s\n")
            out.write("time_s,value,score\n")
            for time_s, value, score in zip(times, values, scores(times, values, interval_s)):
                out.write(f"{int(time_s)},{float(value)!r},{float(score):.14g}\n")


main()

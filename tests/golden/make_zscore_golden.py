#!/usr/bin/python3
"""Expected values for the z-score tests, from SciPy and NumPy; never from our own output.

Run it in this folder; it rewrites zscore.csv, whose first line says tool versions and seed. 101 training rows (is_test
0), then 40 rows to score; nan is an absent value. Features: a Gaussian of middling size; bytes near 1e12; heavy-tailed;
a count that is mostly 0, whose MAD is 0; one that never moves in training. Absent values leave odd and even counts.
"""
import math
import platform

import numpy as np
import scipy
from scipy import stats

SEED = 20240611
FLOOR_SD = 1e-3  # of a feature that never moved


def table(rng, rows, spread):
    x = np.column_stack([75 + 4 * spread * rng.standard_normal(rows), 2e12 + 3e11 * spread * rng.standard_normal(rows),
                         spread * rng.standard_t(2, rows),
                         spread * (rng.uniform(size=rows) < 0.1) * rng.integers(1, 9, rows),
                         np.full(rows, 7.0) + (spread - 1) * 1e-3 * rng.standard_normal(rows)])
    x[rng.uniform(size=x.shape) < 0.05] = np.nan
    return x


def robust(train, x):
    median = np.median(train)
    scale = stats.median_abs_deviation(train, scale="normal")
    if scale == 0:
        scale = math.sqrt(math.pi / 2) * np.abs(train - median).sum() / len(train)
    return (x - median) / (scale if scale > 0 else FLOOR_SD)


def plain(train, x):
    if train.std() == 0:
        return (x - train.mean()) / FLOOR_SD
    return stats.zmap(x, train)


def main():
    rng = np.random.default_rng(SEED)
    train, test = table(rng, 101, 1), table(rng, 40, 3)
    rows = np.vstack([train, test])
    clean = [column[~np.isnan(column)] for column in train.T]
    scores = [np.nanmax(np.abs(np.column_stack([z(c, x) for c, x in zip(clean, rows.T)])), axis=1)
              for z in (plain, robust)]
    with open("zscore.csv", "w", encoding="ascii") as out:
        out.write(f"# make_zscore_golden.py: scipy {scipy.__version__}, numpy {np.__version__}, "
                  f"python {platform.python_version()}, seed {SEED}\n")
        out.write(",".join(["is_test", *[f"x{i}" for i in range(rows.shape[1])], "plain", "robust"]) + "\n")
        for i, row in enumerate(rows):
            cells = [int(i >= len(train)), *row, scores[0][i], scores[1][i]]
            out.write(",".join(repr(float(cell)) for cell in cells) + "\n")


main()

#!/usr/bin/env python3
"""Makes score_table.csv and score_expected.csv for the batch scorer.

Tools: Python 3.11, NumPy 1.24.2, SciPy 1.10.1 (Debian 12). Seed 20261121.
The table has a large and a small feature, an integer one, one that never moves, absent cells, and a row without any.
Expected: per row the sum over the present features of scipy.stats.norm.logpdf with the maximum-likelihood mean and
standard deviation (divisor n, present values only), and a standard deviation of 0.001 where the variance is 0.
"""
import os

import numpy as np
from scipy import stats

rng = np.random.default_rng(20261121)
rows = 200
table = np.column_stack([
    rng.normal(2.2e9, 2.1e8, rows),     # memory in bytes
    rng.lognormal(-7.0, 1.5, rows),     # a small, skewed ratio
    rng.poisson(3.0, rows),             # a count
    np.full(rows, 7.0),                 # never moves
])
table[rng.random(table.shape) < 0.05] = np.nan
table[150, 0] = 7.9e9                   # an anomaly
table[17] = np.nan                      # nothing present
names = ["mem_used_bytes", "busy_ratio", "zombies", "cpus"]

present = ~np.isnan(table)
mean = np.array([np.mean(table[present[:, j], j]) for j in range(4)])
sd = np.array([np.std(table[present[:, j], j]) for j in range(4)])
sd[sd == 0] = 1e-3
terms = np.where(present, stats.norm.logpdf(np.where(present, table, 0), mean, sd), 0)

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "score_table.csv"), "w") as out:
    out.write("timestamp," + ",".join(names) + "\n")
    for i, row in enumerate(table):
        out.write(f"{1700000000 + 60 * i}," + ",".join("" if np.isnan(v) else repr(float(v)) for v in row) + "\n")
with open(os.path.join(here, "score_expected.csv"), "w") as out:
    out.write("row,log_density\n")
    for i in range(rows):
        out.write(f"{i}," + (repr(float(terms[i].sum())) if present[i].any() else "") + "\n")

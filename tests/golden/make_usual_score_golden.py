#!/usr/bin/python3
"""Expected mean and variance of a model's own scores under forgetting, from NumPy; never from our own output.

Each score has the weight that is left of it: its gain, times what every later one leaves of the past. The moments are
NumPy's weighted average with those weights, taken anew for every row. Run it in this folder.
"""
import platform

import numpy as np

SEED = 20261122
HALF_LIFE_S = 5 * 86400.0

rng = np.random.default_rng(SEED)
count = 300
# Half of the time samples of a second, then hours between them, so that forgetting shows.
elapsed = np.where(np.arange(count) < 150, 1.0, rng.uniform(600, 43200, count)).astype(np.longdouble)
scores = (-40 + 3 * rng.standard_t(4, count)).astype(np.float64)
share = -np.expm1(-elapsed * np.log(np.longdouble(2)) / HALF_LIFE_S)
gain = np.maximum(share, 1 / (np.arange(count, dtype=np.longdouble) + 1))

with open("usual_score.csv", "w", encoding="ascii") as out:
    out.write(f"# make_usual_score_golden.py: numpy {np.__version__}, python {platform.python_version()}, seed {SEED}\n")
    out.write("elapsed_s,score,mean,variance\n")
    for n in range(1, count + 1):
        left = np.append(np.cumprod((1 - gain[1:n])[::-1])[::-1], 1)
        weights = gain[:n] * left
        exact = scores[:n].astype(np.longdouble)
        mean = np.average(exact, weights=weights)
        variance = np.average((exact - mean) ** 2, weights=weights)
        out.write(",".join(repr(float(v)) for v in (elapsed[n - 1], scores[n - 1], mean, variance)) + "\n")

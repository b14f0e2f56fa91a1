#!/usr/bin/python3
"""Expected values for the tests of full-covariance Gaussians and of Gaussian mixtures, from scikit-learn and SciPy.

Run it in this folder; it rewrites every density_*.csv beside it. Each file says tool versions and seed in its first
line. density_system_load.csv needs system-load/system-load.csv in the folder that EPSILOND_DATA names, and is left as it is
without: it holds row numbers, never the data.
"""
import os
import platform

import numpy as np
import scipy
import sklearn
from scipy import stats
from sklearn.covariance import EmpiricalCovariance, LedoitWolf, ShrunkCovariance
from sklearn.mixture import GaussianMixture

SEED = 20261122


def write(name, header, rows):
    with open(name, "w", encoding="ascii") as out:
        out.write(f"# make_density_golden.py: scikit-learn {sklearn.__version__}, scipy {scipy.__version__}, "
                  f"numpy {np.__version__}, python {platform.python_version()}, seed {SEED}\n")
        out.write(",".join(header) + "\n")
        for row in rows:
            out.write(",".join(repr(float(value)) for value in row) + "\n")


def log_density(covariance, mean, sd, row):
    """Of standardised columns, back in their units; of the columns that are not nan."""
    kept = ~np.isnan(row)
    z = ((row - mean) / sd)[kept]
    inside = covariance[np.ix_(kept, kept)]
    return stats.multivariate_normal(np.zeros(kept.sum()), inside).logpdf(z) - np.log(sd[kept]).sum()


def mahalanobis(rng):
    """120 training rows, then 60 to score, a third of them with absent values: 5 correlated features of unlike size."""
    centre = np.array([0.3, 2.2e12, 75.0, 1e-6, -40.0])
    spread = np.array([0.1, 3e11, 4.0, 1e-7, 11.0])
    mix = np.eye(5) + 0.5 * rng.standard_normal((5, 5))
    train = centre + spread * (rng.standard_normal((120, 5)) @ mix)
    test = centre + 3 * spread * (rng.standard_normal((60, 5)) @ mix)
    test[40:][rng.random((20, 5)) < 0.4] = np.nan
    test = test[~np.isnan(test).all(axis=1)]
    mean, sd = train.mean(axis=0), train.std(axis=0)
    scaled = (train - mean) / sd
    fits = [EmpiricalCovariance().fit(scaled), ShrunkCovariance(shrinkage=0.25).fit(scaled), LedoitWolf().fit(scaled)]
    rows = []
    for is_test, table in [(0, train), (1, test)]:
        for row in table:
            distance = fits[0].mahalanobis(((row - mean) / sd)[None, :])[0] if not np.isnan(row).any() else np.nan
            rows.append((is_test, *row, *[log_density(fit.covariance_, mean, sd, row) for fit in fits], distance))
    write("density_mahalanobis.csv", ["is_test", *[f"x{i}" for i in range(5)], "maximum_likelihood", "shrunk_by_0.25",
                                      "ledoit_wolf", "squared_distance"], rows)
    write("density_ledoit_wolf.csv", ["shrinkage"], [[fits[2].shrinkage_]])


def lower(matrix):
    return [matrix[i, j] for i in range(len(matrix)) for j in range(i + 1)]


def mixture(rng):
    """400 rows of three overlapping Gaussians; EM of scikit-learn on standardised columns from stated parameters."""
    weights = np.array([0.5, 0.3, 0.2])
    labels = rng.choice(3, 400, p=weights)
    means = np.array([[0, 0, 0], [2.5, 1, 0], [-1, 3, 2.0]])
    shapes = [np.eye(3) + 0.6 * rng.standard_normal((3, 3)) for _ in range(3)]
    rows = np.array([means[c] + shapes[c] @ rng.standard_normal(3) for c in labels])
    rows = rows * np.array([3e9, 0.02, 14.0]) + np.array([8e9, 0.5, -3.0])
    mean, sd = rows.mean(axis=0), rows.std(axis=0)
    scaled = (rows - mean) / sd
    start = scaled[[3, 77, 210]]
    model = GaussianMixture(3, weights_init=[0.4, 0.3, 0.3], means_init=start, random_state=0, max_iter=500, tol=1e-7,
                            precisions_init=np.array([2 * np.eye(3)] * 3))
    model.fit(scaled)
    log_scale = np.log(sd).sum()
    unit = np.outer(sd, sd)
    write("density_mixture_rows.csv", ["x0", "x1", "x2", "log_density"],
          [(*row, model.score_samples(z[None, :])[0] - log_scale) for row, z in zip(rows, scaled)])
    parameters = []
    for c in range(3):
        parameters.append((0, [0.4, 0.3, 0.3][c], *(start[c] * sd + mean), *lower(0.5 * np.eye(3) * unit)))
    for c in range(3):
        parameters.append((1, model.weights_[c], *(model.means_[c] * sd + mean), *lower(model.covariances_[c] * unit)))
    write("density_mixture_parameters.csv",
          ["is_final", "weight", "m0", "m1", "m2", "c00", "c10", "c11", "c20", "c21", "c22"], parameters)
    n = len(rows)
    write("density_mixture_fit.csv", ["mean_log_likelihood", "bic", "iterations"],
          [(model.score(scaled) - log_scale, model.bic(scaled) + 2 * n * log_scale, model.n_iter_)])


def mixture_bic(rng):
    """Rows of 2 and of 3 Gaussians; the number of components with the smallest BIC of 1 to 5, best of 10 starts each."""
    rows = []
    for true, means in [(2, [[0, 0], [4, 3]]), (3, [[0, 0], [5, 1], [1, 6]])]:
        shapes = [np.array(shape) for shape in ([[1, 0], [0.7, 0.6]], [[0.5, 0.2], [0, 1.2]], [[1.1, 0], [-0.6, 0.7]])]
        table = np.array([np.array(means[c]) + shapes[c] @ rng.standard_normal(2) for c in rng.integers(0, true, 300)])
        scaled = (table - table.mean(axis=0)) / table.std(axis=0)
        scores = [GaussianMixture(k, n_init=10, random_state=0).fit(scaled).bic(scaled) for k in range(1, 6)]
        best = 1 + int(np.argmin(scores))
        rows += [(true, best, *row) for row in table]
    write("density_mixture_bic.csv", ["true_components", "best_components", "x0", "x1"], rows)


def system_load(rng):
    data = os.environ.get("EPSILOND_DATA")
    if not data:
        print("density_system_load.csv is left as it is: EPSILOND_DATA is not set")
        return
    table = np.genfromtxt(os.path.join(data, "system-load", "system-load.csv"), delimiter=",", skip_header=1)[:, 1:]
    scores = GaussianMixture(1, random_state=0).fit(table).score_samples(table)
    flagged = np.flatnonzero(scores < np.quantile(scores, 0.05))
    write("density_system_load.csv", ["row"], [[row] for row in flagged])
    print(f"system-load: {len(flagged)} of {len(table)} rows")


def main():
    for make in (mahalanobis, mixture, mixture_bic, system_load):
        make(np.random.default_rng(SEED))


main()

"""What a careful user of a simple method would do: fit once on the train rows, cut by extreme-value theory (POT) on the
scores of the train rows at the wanted rate, and never look back. Nothing adapts."""
import math

import numpy as np

from episodes import WEEK_S

CUT_SHARE = 0.98        # peaks are the train scores above this quantile
PRIOR_SHAPE, PRIOR_PEAKS = 0.1, 5
FURTHEST_Z = 50.0


def standardised(values, fitted_rows):
    """z of each value by the mean and sd of the fitted rows; an absent value is the one before it, or 0."""
    filled = values.copy()
    filled[0] = np.where(np.isfinite(filled[0]), filled[0], 0.0)
    for row in np.flatnonzero(~np.isfinite(filled).all(axis=1)):
        filled[row] = np.where(np.isfinite(filled[row]), filled[row], filled[row - 1])
    centre = filled[:fitted_rows].mean(axis=0)
    spread = np.sqrt(np.mean((filled[:fitted_rows] - centre) ** 2, axis=0))
    floor = np.maximum(np.maximum(1e-9, 1e-3 * np.abs(centre)), 1e-3)
    spread = np.where(spread < 1e-4 * np.maximum(1.0, np.abs(centre)), np.maximum(spread, floor), spread)
    return filled, np.clip((filled - centre) / spread, -FURTHEST_Z, FURTHEST_Z)


def gauss(values, fitted_rows):
    """Minus the log of the product of Gaussian densities, up to a constant."""
    _, z = standardised(values, fitted_rows)
    return 0.5 * np.sum(z * z, axis=1)


def mahalanobis(values, fitted_rows):
    """Squared distance, 1 % shrinkage to the identity."""
    _, z = standardised(values, fitted_rows)
    covariance = 0.99 * (z[:fitted_rows].T @ z[:fitted_rows]) / fitted_rows + 0.01 * np.eye(z.shape[1])
    return np.einsum("ij,ij->i", z, np.linalg.solve(covariance, z.T).T)


def isolation_forest(values, fitted_rows):
    """scikit-learn's, 100 trees of 256 rows."""
    from sklearn.ensemble import IsolationForest
    filled, _ = standardised(values, fitted_rows)
    forest = IsolationForest(n_estimators=100, max_samples=min(256, fitted_rows), random_state=1)
    return -forest.fit(filled[:fitted_rows]).score_samples(filled)


MODELS = {"static_gauss": gauss, "static_mahalanobis": mahalanobis, "static_isolation_forest": isolation_forest}


def generalised_pareto(excesses):
    """(shape, scale) by probability-weighted moments (Hosking and Wallis, 1987), the shape within [-0.5, 0.7] and
    shrunk to 0.1 with the weight of five peaks."""
    ordered = np.sort(excesses)
    count = len(ordered)
    first = ordered.mean()
    second = np.sum(ordered * np.arange(count - 1, -1, -1) / max(1, count - 1)) / count
    shape = PRIOR_SHAPE
    if count >= 8 and first - 2.0 * second > 1e-9 * first:
        shape = 2.0 - first / (first - 2.0 * second)
    shape = (min(max(shape, -0.5), 0.7) * count + PRIOR_SHAPE * PRIOR_PEAKS) / (count + PRIOR_PEAKS)
    return shape, max(1e-9, first * (1.0 - shape))


def pot_threshold(train_scores, rows_per_week, knob):
    """The score that healthy rows exceed `knob` times a week (Siffer et al., KDD 2017)."""
    ordered = np.sort(train_scores)
    start = ordered[int(CUT_SHARE * (len(ordered) - 1))]
    excesses = ordered[ordered > start] - start
    if len(excesses) < 4:
        return ordered[-1] + 1e-9
    shape, scale = generalised_pareto(excesses)
    ratio = max(1.0, (1.0 - CUT_SHARE) * rows_per_week / knob)
    return start + scale / shape * (math.pow(ratio, shape) - 1.0)


def run(name, values, fitted_rows, step_s, knobs):
    """(scores, flags at each knob) of every row."""
    scores = MODELS[name](values, fitted_rows)
    train = scores[min(fitted_rows - 1, 10):fitted_rows]
    return scores, [scores > pot_threshold(train, WEEK_S / step_s, knob) for knob in knobs]

"""What is compared: a configuration of `epsilonctl replay` per model, and its scores and flags for a case."""
import csv
import dataclasses
import json
import os
import pathlib
import subprocess
import tempfile

import numpy as np

from episodes import WEEK_S

WARM_UP_ROWS = 30
SHORTEST_WARM_UP_S = 30.0


@dataclasses.dataclass(frozen=True)
class Model:
    """`keys` of its [model] section. `by_density`: it is ranked by -log super-epsilon rather than by its surprise.
    `by_quantile`: it has no budget; its cut is the share of learned scores that is knob false rows a week."""
    keys: dict
    by_density: bool = False
    by_quantile: bool = False
    univariate: bool = False
    multivariate: bool = True


MODELS = {
    "product": Model({"kind": "product"}, univariate=True),
    "diary": Model({"kind": "product", "transform": "none", "baseline": "global"}, by_density=True, by_quantile=True),
    "mahalanobis": Model({"kind": "mahalanobis"}),
    "netdata": Model({"kind": "kmeans", "preset": "netdata"}),
    "isolation_forest": Model({"kind": "isolation_forest", "train_window": "7d"}),
    "zscore": Model({"kind": "zscore"}),
    "series": Model({"kind": "series", "features": "load_1min", "transform": "none"}, univariate=True,
                    multivariate=False),
}
# The default detector with one of its parts left out: what that part is worth.
ABLATIONS = {f"{key}={value}": Model({"kind": "product", key: value}) for key, value in (
    ("rarest_feature", "no"), ("covariance_term", "no"), ("change_term", "no"), ("time_scales", "no"),
    ("heavy_tails", "no"), ("baseline", "global"))}
# A series model looks at a feature of the agent by name; the one metric of a univariate set goes by this one.
SERIES_MAP = ("--map", "value=load_1min")


class Failed(Exception):
    """epsilonctl said no."""


def warm_up_s(recipe):
    """One rule for everything: 30 rows, and at least the 30 s that the configuration allows; a recording that comes
    with a learning time of its own has that."""
    return recipe.warm_up_s or max(SHORTEST_WARM_UP_S, WARM_UP_ROWS * recipe.step_s)


def configuration(model, recipe, knob, extra):
    """The text of a configuration; `extra` holds keys of the [model] section that win over the others."""
    keys = {**model.keys, "warm_up": f"{warm_up_s(recipe):g}s"}
    if model.by_quantile:
        keys.update(threshold="quantile", quantile=f"{min(0.5, knob * recipe.step_s / WEEK_S):.12g}")
    else:
        keys["false_alarms_per_week"] = f"{knob:g}"
    if keys["kind"] == "series":
        keys["step"] = f"{min(max(recipe.step_s, 1.0), 3600.0):g}s"
    lines = ["[agent]", f"interval = {recipe.step_s:g}s", "state = none", "[model bench]"]
    return "\n".join(lines + [f"{key} = {value}" for key, value in {**keys, **extra}.items()] + [""])


def read_scores(path, by_density):
    """Score and flag of each row of a --scores file."""
    with open(path, newline="", encoding="ascii") as file:
        rows = csv.reader(file)
        columns = next(rows)
        value, flag = columns.index("log_density" if by_density else "score"), columns.index("flag")
        table = [(row[value], row[flag]) for row in rows]
    scores = np.array([cell[0] for cell in table]).astype(np.float64)
    return (-scores if by_density else scores), np.array([cell[1] == "1" for cell in table])


def replay(epsilonctl, model, case, knob, extra):
    """(scores, flags, seconds that the rows took) of every row of a case."""
    with tempfile.TemporaryDirectory(prefix="epsilond-bench-") as folder:
        config, out = pathlib.Path(folder, "bench.ini"), pathlib.Path(folder, "scores.csv")
        config.write_text(configuration(model, case.recipe, knob, extra), encoding="ascii")
        arguments = ["-c", config, "--scores", out, *(SERIES_MAP if model.keys["kind"] == "series" else ())]
        done = subprocess.run([epsilonctl, "replay", *map(str, case.files), *arguments],
                              capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
        if done.returncode != 0:
            raise Failed(f"{case.set_name}/{case.name}: exit {done.returncode}: {done.stderr.strip()[-400:]}")
        scores, flags = read_scores(out, model.by_density)
    summary = json.loads(done.stdout.splitlines()[-1])
    return scores, flags, float(summary["seconds"])

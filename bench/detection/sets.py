"""Which files of EPSILOND_DATA make which set, and how each is scored.

A case is what one `epsilonctl replay` sees: files in their order, one stream. Rows before `scored_from` are learned and
not scored (the train file, the clean run, the first hour); learning goes on behind it.
"""
import csv
import dataclasses
import gzip
import pathlib

import numpy as np

from episodes import UNSCORED
from nab import probation


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a set is scored: seconds a row, window of VUS-PR, how far flagged rows of one episode may be apart, and how
    far from a label a row is not clean; rows that are learned where there is no train file."""
    step_s: float
    vus_window: int
    gap_rows: int
    tolerance_rows: int
    learned_rows: int = 0
    fitted_rows: int = 0     # of the baselines that are fitted once, if not the learned ones
    warm_up_s: float = 0.0   # of the models, if not the common rule
    univariate: bool = False


@dataclasses.dataclass(frozen=True)
class Case:
    set_name: str
    group: str               # the line of the table that it counts in: the set, or the kind of fault of hpc-ldms
    name: str
    files: tuple
    recipe: Recipe
    unscored_times: frozenset = frozenset()

    @property
    def scored_from(self):
        return self.recipe.learned_rows or len(read_labels(self.files[0]))

    @property
    def fitted_rows(self):
        return self.recipe.fitted_rows or self.scored_from


FIVE_MINUTES = Recipe(300, 20, 6, 6)
RECIPES = {
    "smd": Recipe(60, 100, 30, 30),
    "asd": FIVE_MINUTES,
    "jumpstarter-d2": FIVE_MINUTES,
    "jumpstarter-d3": FIVE_MINUTES,
    "nezha": Recipe(60, 10, 30, 5, learned_rows=60, fitted_rows=180),
    "kddi-nfv": Recipe(60, 10, 30, 5, learned_rows=1440),
    "hpc-ldms": Recipe(1, 100, 60, 30),
    "livefaults": Recipe(1, 30, 60, 30, learned_rows=380, warm_up_s=380),
    "openstack-glances": Recipe(1, 100, 60, 30, learned_rows=7200),
}
UNIVARIATE = ("nab", "cloud-monitoring", "donut-kpi")
ALL = tuple(RECIPES) + UNIVARIATE
# Those of the mean: every labelled multivariate set, hpc-ldms by kind of fault.
NINE = ("smd", "asd", "jumpstarter-d2", "jumpstarter-d3", "nezha", "kddi-nfv", "hpc:ML", "hpc:CO", "hpc:CC")


def lines_of(path):
    """The header as a list of names, and the lines behind it, not empty ones."""
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as file:
        lines = file.read().splitlines()
    return lines[0].split(","), [line for line in lines[1:] if line]


def read_labels(path):
    """The last column as integers if it is called label, else zeros."""
    header, lines = lines_of(path)
    if header[-1] != "label":
        return np.zeros(len(lines), dtype=np.int8)
    last = (line.rsplit(",", 1)[1] for line in lines)
    return np.array([int(float(cell)) if cell else 0 for cell in last], dtype=np.int8)


def labels_of(case):
    """Labels of every row of a case, UNSCORED where something elsewhere was wrong."""
    labels = np.concatenate([read_labels(path) for path in case.files])
    if case.unscored_times:
        lines = [line for path in case.files for line in lines_of(path)[1]]
        elsewhere = np.array([int(float(line.split(",", 1)[0])) in case.unscored_times for line in lines])
        labels[elsewhere & (labels == 0)] = UNSCORED
    return labels


def values_of(case):
    """Features of every row, rows x features, NaN where absent; the columns of time, label and words are left out."""
    parts = []
    for path in case.files:
        header, lines = lines_of(path)
        table = np.array([line.split(",") for line in lines])
        columns = [i for i, name in enumerate(header) if name not in ("timestamp", "t", "label", "fault")]
        table = table[:, columns]
        parts.append(np.where(table == "", "nan", table).astype(np.float64))
    return np.vstack(parts)


def _pairs(name, folder):
    for train in sorted(folder.glob("*_train.csv*")):
        test = train.with_name(train.name.replace("_train", "_test"))
        yield Case(name, name, train.name.split("_train")[0], (train, test), RECIPES[name])


def _hpc(name, folder):
    for run in sorted(folder.glob("*_ST*.csv.gz")):
        clean = folder / (run.name.split("_")[0] + "_baseline.csv.gz")
        # A memory leak beside another fault is what shows; the stress of a processor hides that of a cache.
        kind = next((kind for kind in ("ML", "CO") if "_" + kind in run.name), "CC")
        yield Case(name, "hpc:" + kind, run.name.split(".csv")[0], (clean, run), RECIPES[name])


def _kddi(name, folder):
    with open(folder / "events.csv", newline="", encoding="utf-8") as file:
        elsewhere = frozenset(int(row["timestamp"]) for row in csv.DictReader(file))
    for path in sorted(folder.glob("*.csv")):
        if path.name != "events.csv":
            yield Case(name, name, path.stem, (path,), RECIPES[name], elsewhere)


def _single(name, folder):
    for path in sorted([*folder.rglob("*.csv"), *folder.rglob("*.csv.gz")]):
        if path.name not in ("faults.csv", "runs.csv"):
            yield Case(name, name, str(path.relative_to(folder)).split(".csv")[0], (path,), RECIPES[name])


def _univariate(name, folder):
    for path in sorted(folder.rglob("*.csv")):
        _, lines = lines_of(path)
        times = np.array([float(line.split(",", 1)[0]) for line in lines])
        step_s = float(np.median(np.diff(times)))
        rows = max(1, round(1800 / step_s))
        recipe = Recipe(step_s, 20, rows, rows, learned_rows=probation(len(lines)), univariate=True)
        yield Case(name, name, str(path.relative_to(folder)).split(".csv")[0], (path,), recipe)


def cases(name, data):
    """Every case of a set; none if the folder is not there."""
    folder = pathlib.Path(data) / name
    if not folder.is_dir():
        return []
    if name in UNIVARIATE:
        return list(_univariate(name, folder))
    makers = {"hpc-ldms": _hpc, "kddi-nfv": _kddi}
    paired = name in ("smd", "asd", "jumpstarter-d2", "jumpstarter-d3")
    return list(makers.get(name, _pairs if paired else _single)(name, folder))

"""Sums the figures of files into sets, and prints them as tables."""
import collections
import dataclasses
import math

import numpy as np

from episodes import Tally
from sets import NINE

SHORTEST_RATE_WEEKS = 0.05

def number(value, digits=3):
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def mean(values):
    values = [value for value in values if not math.isnan(value)]
    return float(np.mean(values)) if values else float("nan")


def rate(tally):
    """False episodes a week; NaN for a stretch too short to have a rate."""
    return tally.false_per_week() if tally.clean_weeks >= SHORTEST_RATE_WEEKS else float("nan")


class Results:
    """Figures by (set, model); a file without labelled rows has no ranking figure and counts for its clean time."""

    def __init__(self, knobs):
        self.knobs = knobs
        self.figures = collections.defaultdict(list)
        self.tallies = collections.defaultdict(lambda: [Tally() for _ in knobs])
        self.files = []
        self.errors = []
        self.groups = []

    def add(self, case, model, figures, tallies, error):
        if error:
            self.errors.append(f"{model}: {error}")
            return
        if case.group not in self.groups:
            self.groups.append(case.group)
        self.figures[case.group, model].append(figures)
        for total, tally in zip(self.tallies[case.group, model], tallies):
            total.add(tally)
        self.files.append({"set": case.group, "file": case.name, "model": model, **figures,
                           "knobs": [dataclasses.asdict(tally) for tally in tallies]})

    def figure(self, group, model, name):
        return mean(figures[name] for figures in self.figures.get((group, model), []))

    def mean_of_nine(self, model, name):
        """NaN unless all nine are there."""
        values = [self.figure(group, model, name) for group in NINE]
        return float("nan") if any(math.isnan(value) for value in values) else mean(values)

    @staticmethod
    def file_line(case, model, figures, tallies, error):
        if error:
            return f"{model} {error}"
        false = "/".join(str(tally.false_episodes) for tally in tallies)
        found = "/".join(str(tally.detected) for tally in tallies)
        return (f"{case.group} {case.name} {model}: VUS-PR {number(figures['vus_pr'], 6)} AUC-PR "
                f"{number(figures['auc_pr'], 6)} false {false} in {tallies[0].clean_weeks:.3f} weeks, "
                f"detected {found} of {tallies[0].segments}")

    def _ranking(self, models, name, title):
        columns = [group for group in NINE if group in self.groups] + [g for g in self.groups if g not in NINE]
        columns = [g for g in columns if any(not math.isnan(self.figure(g, m, name)) for m in models)]
        if not columns:
            return []
        lines = [f"### {title}", "", "| model | mean of nine | " + " | ".join(columns) + " |",
                 "|---" * (len(columns) + 2) + "|"]
        for model in models:
            cells = [number(self.figure(group, model, name)) for group in columns]
            if any(cell != "-" for cell in cells):
                lines.append(f"| {model} | {number(self.mean_of_nine(model, name), 4)} | " + " | ".join(cells) + " |")
        return lines + [""]

    def _episodes(self, models, title):
        knobs = " / ".join(f"{knob:g}" for knob in self.knobs)
        lines = [f"### {title} at knob {knobs}", "",
                 "| set | model | clean host-weeks | false | false per host-week | of the knob | segments | detected | "
                 "median delay, s | clean rows flagged | us per row |", "|---" * 11 + "|"]
        for group in self.groups:
            for model in models:
                if (group, model) not in self.tallies:
                    continue
                tallies = self.tallies[group, model]
                joined = [" / ".join(number(value(tally), digits) for tally in tallies)
                          for value, digits in ((lambda tally: float(tally.false_episodes), 0), (rate, 2),
                                                (Tally.recall, 2), (Tally.median_delay_s, 0),
                                                (Tally.flagged_share, 4))]
                of_knob = " / ".join(number(rate(tally) / knob, 2) for tally, knob in zip(tallies, self.knobs))
                lines.append(f"| {group} | {model} | {tallies[0].clean_weeks:.2f} | {joined[0]} | {joined[1]} | "
                             f"{of_knob} | {tallies[0].segments} | {joined[2]} | {joined[3]} | {joined[4]} | "
                             f"{number(self.figure(group, model, 'us_per_row'), 1)} |")
        return lines + [""]

    def _side_by_side(self, models):
        """Each model at the knob in the middle: what it finds, beside what that costs."""
        middle = len(self.knobs) // 2
        groups = [group for group in self.groups if any(self.tallies[group, model][middle].segments
                                                        for model in models if (group, model) in self.tallies)]
        lines = [f"### All models at knob {self.knobs[middle]:g}: detected; false per host-week; clean rows flagged", "",
                 "| model | " + " | ".join(groups) + " |", "|---" * (len(groups) + 1) + "|"]
        for model in models:
            cells = []
            for group in groups:
                tally = self.tallies[group, model][middle] if (group, model) in self.tallies else Tally()
                cells.append("-" if not tally.segments else
                             f"{number(tally.recall(), 2)}; {number(rate(tally), 1)}; {number(tally.flagged_share())}")
            lines.append(f"| {model} | " + " | ".join(cells) + " |")
        return lines + [""]

    def _rankings(self, models):
        return (self._ranking(models, "vus_pr", "VUS-PR, mean over files") +
                self._ranking(models, "auc_pr", "AUC-PR, mean over files"))

    def markdown(self, models):
        return "\n".join(self._rankings(models) + self._episodes(models, "Episodes"))

    def page(self, models, episodes=True):
        """The same for a reader: every figure of the first model, which is the default, and the others beside it."""
        of_the_first = self._episodes(models[:1], "Episodes of the default detector") if episodes else []
        return "\n".join(self._rankings(models) + of_the_first + self._side_by_side(models))

    def plain(self):
        """Everything for JSON; what is not a number is null."""
        def clean(value):
            if isinstance(value, float) and math.isnan(value):
                return None
            if isinstance(value, dict):
                return {key: clean(item) for key, item in value.items()}
            return [clean(item) for item in value] if isinstance(value, list) else value
        sums = [{"set": group, "model": model, "vus_pr": self.figure(group, model, "vus_pr"),
                 "auc_pr": self.figure(group, model, "auc_pr"), "us_per_row": self.figure(group, model, "us_per_row"),
                 "knobs": [{"knob": knob, "clean_weeks": tally.clean_weeks,
                            "false_episodes": tally.false_episodes, "false_per_week": tally.false_per_week(),
                            "segments": tally.segments, "detected": tally.detected, "recall": tally.recall(),
                            "median_delay_s": tally.median_delay_s(), "flagged_share": tally.flagged_share()}
                           for knob, tally in zip(self.knobs, tallies)]}
                for (group, model), tallies in self.tallies.items()]
        return clean({"knobs": self.knobs, "sets": sums, "files": self.files, "errors": self.errors})

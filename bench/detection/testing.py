"""Shared by the tests of this folder: `python3 test_X.py [ARGUMENT ..] [TEST]`, exit 77 where all were skipped."""
import csv
import pathlib
import sys
import unittest

SKIPPED = 77
GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden"

try:
    import numpy as np
except ImportError:
    print("skipped: no numpy (Debian: python3-numpy)")
    sys.exit(SKIPPED)


def golden_series():
    """name -> (scores, labels), made by tests/golden/make_detection_golden.py."""
    files = {}
    with open(GOLDEN / "detection_rows.csv", newline="", encoding="ascii") as file:
        for row in csv.DictReader(file):
            files.setdefault(row["series"], []).append((float(row["score"]), int(row["label"])))
    return {name: tuple(np.array(column) for column in zip(*rows)) for name, rows in files.items()}


def golden_values(what):
    """(series, parameter, value) of one kind of figure."""
    with open(GOLDEN / "detection_expected.csv", newline="", encoding="ascii") as file:
        return [(row["series"], row["parameter"], float(row["value"]))
                for row in csv.DictReader(file) if row["what"] == what]


def main(*cases):
    """Runs the tests of these TestCases, or the one that the last argument names."""
    suite = unittest.TestSuite()
    wanted = sys.argv[-1] if len(sys.argv) > 1 and sys.argv[-1].startswith("test_") else None
    for case in cases:
        for name in unittest.defaultTestLoader.getTestCaseNames(case):
            if wanted in (None, name):
                suite.addTest(case(name))
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    if not result.testsRun or not result.wasSuccessful():
        sys.exit(1)
    # CTest shows it as skipped.
    sys.exit(SKIPPED if len(result.skipped) == result.testsRun else 0)

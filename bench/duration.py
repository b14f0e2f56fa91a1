"""Lengths of time as the command lines of the benches have them."""
import argparse
import re

UNITS_S = {"": 1, "s": 1, "m": 60, "h": 3600}


def duration(text):
    """Seconds; for add_argument(type=duration)."""
    match = re.fullmatch(r"(\d+)([smh]?)", text)
    if not match:
        raise argparse.ArgumentTypeError("not a duration; allowed: 20, 20s, 5m, 1h")
    return int(match[1]) * UNITS_S[match[2]]

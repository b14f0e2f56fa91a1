#!/usr/bin/env python3
"""The lines that ran, by an lcov trace: per folder, and those that did not of each file below what is asked.

  coverage.py TRACE ROOT [--least 95] [--judge FOLDER ..] [--reached]

Exit 1 if a folder that is judged is below --least percent, 65 if the trace knows none of its lines. --reached leaves out
the files of which no line ran.
"""
import argparse
import collections
import os
import sys

BAD_DATA = 65


class Lines:
    """Of a file: which there are, and which ran."""

    def __init__(self):
        self.counts = {}

    def add(self, number, count):
        self.counts[number] = self.counts.get(number, 0) + count

    def total(self):
        return len(self.counts)

    def ran(self):
        return sum(count > 0 for count in self.counts.values())

    def missed(self):
        """Lines that did not run as "3-5, 9": without a line between that ran."""
        spans = []
        open_span = False
        for number in sorted(self.counts):
            if self.counts[number] > 0:
                open_span = False
            elif open_span:
                spans[-1][1] = number
            else:
                spans.append([number, number])
                open_span = True
        return ", ".join("%d" % first if first == last else "%d-%d" % (first, last) for first, last in spans)


def read_trace(lines, root):
    """path below root -> Lines, of the files below root; a file named twice is one file."""
    files = collections.defaultdict(Lines)
    current = None
    for line in lines:
        key, _, value = line.rstrip("\n").partition(":")
        if key == "SF":
            path = os.path.relpath(os.path.normpath(value), root)
            current = None if path.startswith("..") else files[path]
        elif key == "DA" and current is not None:
            number, count = value.split(",")[:2]
            current.add(int(number), int(count))
        elif key == "end_of_record":
            current = None
    return dict(files)


def percent(ran, total):
    return 100.0 * ran / total if total else 100.0


def folders(files):
    """folder -> [files, lines, lines that ran], for the floors and for the wings below them."""
    sums = collections.defaultdict(lambda: [0, 0, 0])
    for path, lines in files.items():
        parts = path.split("/")[:-1]
        for depth in (1, 2):
            if len(parts) >= depth:
                row = sums["/".join(parts[:depth])]
                row[0] += 1
                row[1] += lines.total()
                row[2] += lines.ran()
    return dict(sums)


def report(files, least, judged, out=sys.stdout):
    sums = folders(files)
    print("%-28s %6s %7s %7s %6s" % ("folder", "files", "lines", "ran", "%"), file=out)
    for name in sorted(sums):
        count, total, ran = sums[name]
        shown = "  " + name if "/" in name else name
        print("%-28s %6d %7d %7d %6.1f" % (shown, count, total, ran, percent(ran, total)), file=out)
    low = {path: lines for path, lines in files.items() if percent(lines.ran(), lines.total()) < least}
    if low:
        print("\nfiles below %g %%, and their lines that did not run" % least, file=out)
    for path, lines in sorted(low.items()):
        print("%-44s %5.1f  %s" % (path, percent(lines.ran(), lines.total()), lines.missed()), file=out)
    status = 0
    for name in judged:
        if name not in sums:
            print("coverage: the trace knows no line of %s/" % name, file=sys.stderr)
            return BAD_DATA
        share = percent(sums[name][2], sums[name][1])
        if share < least:
            print("coverage: %s/ is at %.1f %%, wanted is %g %%" % (name, share, least), file=sys.stderr)
            status = 1
    return status


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trace")
    parser.add_argument("root")
    parser.add_argument("--least", type=float, default=95.0)
    parser.add_argument("--judge", action="append", default=[])
    parser.add_argument("--reached", action="store_true")
    options = parser.parse_args()
    with open(options.trace, encoding="utf-8") as file:
        files = read_trace(file, options.root)
    if options.reached:
        files = {path: lines for path, lines in files.items() if lines.ran()}
    return report(files, options.least, options.judge)


if __name__ == "__main__":
    sys.exit(main())

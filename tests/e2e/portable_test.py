#!/usr/bin/env python3
"""The programs of this build and those of the processor here: the same scores to the last digit, the same state file.

usage: portable_test.py NATIVE EPSILOND EPSILONCTL FIXTURES [TEST]
NATIVE: the folder of the native programs (build/release); without it the test skips.
"""
import math
import os
import random
import re
import subprocess
import sys
import unittest

from scratch import Scratch

NATIVE, EPSILOND, EPSILONCTL, FIXTURES = sys.argv[1:5]
AGENTS = (os.path.join(NATIVE, "epsilond"), EPSILOND)
TOOLS = (os.path.join(NATIVE, "epsilonctl"), EPSILONCTL)
MODELS = ("product", "mahalanobis", "mixture", "kmeans", "isolation_forest", "zscore")
MINUTES = 4 * 1440
PATIENCE_S = 1700  # with an emulator


class Portable(Scratch):
    def setUp(self):
        for program in (AGENTS[0], TOOLS[0]):
            if not os.path.exists(program):
                self.skipTest(program + " is not there: cmake --workflow --preset release makes it")
        super().setUp()

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run_program(self, program, *arguments):
        result = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def days(self):
        """Four days of minutes of a machine: daily waves, a correlated pair, heavy tails, whole numbers, one odd hour."""
        generator = random.Random(20261122)
        lines = ["timestamp,load_1min,mem_used_bytes,net_rx_bytes_per_s,zombies,context_switches_per_s,cpu_user_ratio"]
        for minute in range(MINUTES):
            odd = 3000 <= minute < 3060
            wave = 1 + 0.5 * math.sin(2 * math.pi * minute / 1440)
            busy = 0.2 * wave + abs(generator.gauss(0, 0.05)) + (0.6 if odd else 0)
            lines.append("%d,%.2f,%.0f,%.3f,%d,%.1f,%.6f" % (
                1766000000 + 60 * minute, 4 * busy + abs(generator.gauss(0, 0.1)),
                2e9 + 4e8 * wave + generator.gauss(0, 2e7) + (3e9 if odd else 0),
                2e4 * generator.paretovariate(1.5), int(generator.random() < 0.02) + (9 if odd else 0),
                900 * wave + 3000 * busy + generator.gauss(0, 40), min(busy, 1.0)))
        return self.write("days.csv", "\n".join(lines) + "\n")

    def both(self, *arguments):
        """The file of scores of either program."""
        contents = []
        for number, tool in enumerate(TOOLS):
            self.run_program(tool, *arguments, "--scores", self.path("scores%d" % number))
            contents.append(self.read("scores%d" % number).splitlines())
        return contents

    def assert_alike(self, native, ours):
        self.assertEqual(len(native), MINUTES + 1)
        differing = [(n, o) for n, o in zip(native, ours) if n != o]
        self.assertFalse(differing, "%d rows differ, first %s" % (len(differing), differing[:1]))
        self.assertEqual(len(ours), len(native))
        # Not alike for being empty.
        self.assertGreater(len({line.split(b",")[2] for line in native}), MINUTES // 2)

    def test_every_model_scores_a_table_alike(self):
        table = self.days()
        for model in MODELS:
            with self.subTest(model):
                self.assert_alike(*self.both("score", table, "--model", model))

    def test_a_replay_of_the_agent_is_alike(self):
        self.assert_alike(*self.both("replay", self.days()))

    def test_a_series_is_scored_alike(self):
        table = self.write("series.csv", "\n".join(
            ",".join(line.split(",")[:2]) for line in open(self.days()).read().splitlines()) + "\n")
        native, ours = self.both("score", table, "--model", "series")
        self.assertEqual(native, ours)

    def test_every_fixture_is_read_alike(self):
        ini = self.write("fast.ini", "[agent]\ninterval = 100ms\n")
        for scenario in sorted(os.listdir(FIXTURES)):
            root = os.path.join(FIXTURES, scenario, "1")
            with self.subTest(scenario):
                said = [subprocess.run([agent, "--once", "-c", ini, "--root", root], capture_output=True, text=True,
                                       timeout=PATIENCE_S) for agent in AGENTS]
                self.assertEqual(said[0].stdout, said[1].stdout)
                self.assertEqual(said[0].returncode, said[1].returncode)

    def test_the_state_files_are_the_same_bytes_and_each_reads_the_others(self):
        table = self.days()
        models = "[model host]\n" + "".join("[model %s]\nkind = %s\n" % (kind, kind) for kind in MODELS[1:])
        ini = self.write("models.ini", "[agent]\ninterval = 100ms\n" + models)
        for number, tool in enumerate(TOOLS):
            self.run_program(tool, "learn", table, "-c", ini, "--state", self.path("state%d" % number))
        self.assertEqual(self.read("state0"), self.read("state1"))
        # What the agent itself saves is read by the other one, too: its warm-up goes on.
        root = os.path.join(FIXTURES, "busy", "1")
        for writer, reader in ((0, 1), (1, 0)):
            state = self.path("live%d" % writer)
            arguments = ["-c", self.write("live.ini", "[agent]\ninterval = 100ms\n[model host]\nwarm_up = 30s\n"),
                         "--root", root, "--state", state]
            self.run_program(AGENTS[writer], "--ticks", "30", *arguments)
            result = self.run_program(AGENTS[reader], "--live", "--ticks", "3", *arguments)
            percents = [int(x) for x in re.findall(r"learning +(\d+)%", result.stdout)]
            self.assertGreaterEqual(percents[0], 9, result.stdout + result.stderr)
            self.assertIn("1 of 1 models restored", result.stderr)


if __name__ == "__main__":
    names = ["Portable." + name for name in sys.argv[5:]]
    suite = unittest.defaultTestLoader.loadTestsFromNames(names or ["Portable"], sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    if not result.wasSuccessful():
        sys.exit(1)
    # CTest shows it as skipped.
    sys.exit(77 if result.skipped and len(result.skipped) == result.testsRun else 0)

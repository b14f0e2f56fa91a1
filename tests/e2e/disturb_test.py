#!/usr/bin/env python3
"""disturb: its disturbances are real, and they end.

usage: disturb_test.py DISTURB [TEST]
"""
import os
import subprocess
import sys
import unittest

from scratch import Scratch

DISTURB = sys.argv[1]


class Disturb(Scratch):
    def disturb(self, *words):
        process = subprocess.Popen([DISTURB, *words], stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_disturb_says_how_it_is_used_when_words_do_not_fit(self):
        for words in ([], ["nonsense"], ["memory", "1"], ["zombies", "x", "1"], ["disk", "file", "1", "2"]):
            result = subprocess.run([DISTURB, *words], capture_output=True, text=True)
            self.assertEqual(result.returncode, 64, words)
            self.assertTrue(result.stderr.startswith("usage: disturb "), result.stderr)

    def children(self, process):
        try:
            with open("/proc/%d/task/%d/children" % (process.pid, process.pid)) as file:
                return file.read().split()
        except OSError:
            return []

    def states(self, process):
        found = []
        for child in self.children(process):
            try:
                with open("/proc/%s/stat" % child) as file:
                    found.append(file.read().rsplit(")", 1)[1].split()[0])
            except OSError:
                pass
        return found

    def test_stuck_processes_are_in_state_D_and_end(self):
        process = self.disturb("stuck", "3", "2")
        self.wait_for(lambda: self.states(process).count("D") == 3, "three processes in state D")
        self.assertEqual(process.wait(60), 0)

    def test_zombies_are_zombies_and_end(self):
        process = self.disturb("zombies", "5", "2")
        self.wait_for(lambda: self.states(process).count("Z") == 5, "five zombies")
        self.assertEqual(process.wait(60), 0)

    def test_threads_and_descriptors_grow(self):
        for words, folder in ((["threads", "100", "3"], "task"), (["descriptors", "100", "3"], "fd")):
            process = self.disturb(*words)
            counted = "/proc/%d/%s" % (process.pid, folder)
            self.wait_for(lambda: os.path.exists(counted) and len(os.listdir(counted)) > 100, words[0])
            self.assertEqual(process.wait(60), 0)

    def test_memory_leaks_piece_by_piece(self):
        process = self.disturb("leak", str(50 << 20), "3")

        def resident():
            try:
                with open("/proc/%d/statm" % process.pid) as file:
                    return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
            except OSError:
                return 0
        self.wait_for(lambda: resident() > 0, "a process")
        first = resident()
        self.wait_for(lambda: resident() > first + (20 << 20), "more of it")
        self.assertEqual(process.wait(60), 0)

    def test_files_are_written_and_removed(self):
        path = os.path.join(self.dir, "data")
        for words in (["disk", path, "3000000"], ["write", path, "3000000", "1"], ["fsync", path, "1"]):
            process = self.disturb(*words)
            self.wait_for(lambda: os.path.exists(path) or process.poll() is not None, "a file")
            self.assertEqual(process.wait(60), 0, words)
            self.assertFalse(os.path.exists(path), words)
        result = subprocess.run([DISTURB, "fsync", os.path.join(self.dir, "no/data"), "1"], capture_output=True)
        self.assertEqual(result.returncode, 1)

    def test_storms_and_floods_end(self):
        for words in (["forks", "1"], ["pagefaults", "1"], ["udp", "127.0.0.1", "9", "1"], ["sink", "0", "1"]):
            self.assertEqual(self.disturb(*words).wait(60), 0, words)
        for words in (["udp", "nowhere", "9", "1"], ["tcp", "127.0.0.1", "65536", "1"]):
            self.assertEqual(self.disturb(*words).wait(60), 1, words)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *("Disturb." + name for name in sys.argv[2:])], verbosity=2)

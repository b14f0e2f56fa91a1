#!/usr/bin/python3
"""The bench of the mutants on a house of two rooms, with a compiler, a linker and tests that are real."""
import argparse
import concurrent.futures
import json
import pathlib
import shutil
import tempfile
import unittest

import mutate

FILES = {
    "models/sum.h": "int sum(int n);\nint unseen(int n);\n",
    "models/zero.h": "inline int zero() {\n  return 0;\n}\n",
    "models/start.h": '#include "models/zero.h"\n',
    "models/sum.cpp": '#include "models/start.h"\n#include "models/sum.h"\nint sum(int n) {\n  int total = zero();\n  while (n > 0) total += n--;\n'
                      "  return total;\n}\nint unseen(int n) {\n  return n + 1;\n}\n",
    "models/alone.cpp": "int alone(int n) {\n  return n + 1;\n}\n",
    "models/twice.h": "inline int twice(int n) {\n  return n + n;\n}\n",
    "tests/models/sum_test.cpp": '#include "models/sum.h"\nint main() { return sum(3) == 6 ? 0 : 1; }\n',
    "tests/models/twice_test.cpp": '#include "models/twice.h"\nint main() { return twice(2) == 4 ? 0 : 1; }\n',
}
NINJA = """rule cc
  command = c++ -I {root} -c $in -o $out
rule ar
  command = ar rcs $out $in
rule link
  command = : && c++ $in -o $out models/libepsilond_models.a && :
build sum.cpp.o: cc {root}/models/sum.cpp
build alone.cpp.o: cc {root}/models/alone.cpp
build models/libepsilond_models.a: ar sum.cpp.o alone.cpp.o
build sum_test.d/sum_test.cpp.o: cc {root}/tests/models/sum_test.cpp
build twice_test.d/twice_test.cpp.o: cc {root}/tests/models/twice_test.cpp
build test.models.sum: link sum_test.d/sum_test.cpp.o | models/libepsilond_models.a
build test.models.twice: link twice_test.d/twice_test.cpp.o | models/libepsilond_models.a
"""


def made_house(root):
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    build = root / "build"
    build.mkdir()
    (build / "build.ninja").write_text(NINJA.format(root=root))
    (build / "compile_commands.json").write_text(json.dumps(
        [{"file": str(root / name), "command": "c++ -I %s -o x.o -c %s" % (root, root / name)}
         for name in FILES if name.endswith(".cpp")]))
    return build


@unittest.skipUnless(all(map(shutil.which, ("c++", "ninja", "prlimit"))), "no compiler, no ninja or no prlimit")
class House(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.usual = mutate.ROOT, mutate.SHORTEST_S
        cls.folder = tempfile.TemporaryDirectory()
        mutate.ROOT, mutate.SHORTEST_S = pathlib.Path(cls.folder.name).resolve(), 2.0
        build = made_house(mutate.ROOT)
        scratch = mutate.ROOT / "scratch"
        scratch.mkdir()
        cls.bench = mutate.Bench(build, scratch)
        with concurrent.futures.ThreadPoolExecutor(2) as executor:
            cls.bench.measure([name for name in FILES if name.startswith("models/")], executor)

    @classmethod
    def tearDownClass(cls):
        mutate.ROOT, mutate.SHORTEST_S = cls.usual
        cls.folder.cleanup()

    def judge(self, file, old, new):
        text = FILES[file]
        self.assertEqual(text.count(old), 1)
        result = self.bench.judge(file, text.replace(old, new))
        self.assertEqual((mutate.ROOT / file).read_text(), text)
        return result

    def test_a_mistake_that_a_test_sees_is_killed_by_it(self):
        self.assertEqual(self.judge("models/sum.cpp", "total += n--", "total -= n--"), ("killed", "tests.models.sum_test"))

    def test_a_mistake_that_no_test_sees_survives(self):
        self.assertEqual(self.judge("models/sum.cpp", "n + 1", "n - 1"), ("survived", ""))

    def test_a_copy_without_a_mistake_survives(self):
        self.assertEqual(self.bench.judge("models/sum.cpp", FILES["models/sum.cpp"]), ("survived", ""))

    def test_a_mistake_that_never_ends_is_timed_out(self):
        self.assertEqual(self.judge("models/sum.cpp", "n--", "1"), ("timed out", "tests.models.sum_test"))

    def test_what_is_no_program_is_not_compiled(self):
        self.assertEqual(self.judge("models/sum.cpp", "return total;", "return {{}};"), ("did not compile", ""))

    def test_a_header_is_judged_by_the_tests_that_include_it(self):
        self.assertEqual(self.judge("models/twice.h", "n + n", "n - n"), ("killed", "tests.models.twice_test"))

    def test_a_header_within_a_header_is_judged_by_the_tests_of_what_includes_it(self):
        self.assertEqual(self.judge("models/zero.h", "return 0", "return 1"), ("killed", "tests.models.sum_test"))

    def test_a_room_that_no_test_enters_is_untested(self):
        self.assertEqual(self.judge("models/alone.cpp", "n + 1", "n - 1"), ("untested", ""))


class Choice(unittest.TestCase):
    def options(self, **given):
        return argparse.Namespace(**{"file": None, "since": None, "sample": None, "seed": 1, **given})

    def test_a_sample_is_the_same_for_the_same_seed_and_in_the_order_of_the_text(self):
        sources = {name: text for name, text in FILES.items() if name.startswith("models/")}
        everything = mutate.chosen(self.options(), sources)
        sample = mutate.chosen(self.options(sample=4), sources)
        self.assertEqual(sample, mutate.chosen(self.options(sample=4), sources))
        self.assertEqual(sample, [mutant for mutant in everything if mutant in sample])
        self.assertEqual(len(sample), 4)
        self.assertEqual(mutate.chosen(self.options(sample=10000), sources), everything)


if __name__ == "__main__":
    unittest.main()

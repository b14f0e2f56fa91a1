#!/usr/bin/env python3
"""Which mistakes in models/ would its tests miss? Makes one at a time, compiles, and runs the tests that could see it.

  mutate.py [--file FILE ..] [--since REV] [--sample N [--seed S]] [--jobs N] [--json OUT] [--list] [--build FOLDER]

Exit 1 if a mutant survived that survivors.json does not explain. mull does the same on LLVM's intermediate code; Debian 12
does not have it, and mutants of the source can be read. mutants.py says which mistakes are made.

The sources stay as they are: a mutant is a copy, compiled into a scratch folder with the flags of FOLDER (default
build/release-tests, which has no sanitizer to wait for) at -O1. Its object stands before the library in the command that
links a test, so the linker takes it and not the member of the library. The tests are the programs of tests/models that use
the member, the quickest first, each until it fails or takes ten times as long as without the mistake. A header has no
member: what includes it, of models/ and of the test, is compiled anew.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time

import mutants

ROOT = pathlib.Path(__file__).resolve().parents[2]
SURVIVORS = pathlib.Path(__file__).resolve().parent / "survivors.json"
MEMBER = re.compile(r"libepsilond_models\.a[()]*([\w.]+\.o)")
KILLED, SURVIVED, TIMED_OUT, NOT_COMPILED, UNTESTED = "killed", "survived", "timed out", "did not compile", "untested"
PATIENCE, SHORTEST_S = 10.0, 10.0
MEMORY_BYTES = 8 << 30  # a mistake may ask for all there is
ENVIRONMENT = dict(os.environ, EPSILOND_TEST_SEED="1", LC_ALL="C")
ENVIRONMENT.pop("EPSILOND_DATA", None)  # what they teach takes minutes


class Test:
    """A test program: how it is linked, which members of the library it takes, how long it runs."""

    def __init__(self, source, link):
        self.name = ".".join(source.relative_to(ROOT).with_suffix("").parts)
        self.source, self.link = source, link
        self.members, self.seconds = set(), 0.0

    def linked(self, program, objects, own=None):
        """The command that links it with these objects before everything else, and `own` for that of its source."""
        words = list(self.link)
        words[words.index("-o") + 1] = str(program)
        if own is not None:
            ending = "/%s.o" % self.source.name
            words = [str(own) if word.endswith(ending) else word for word in words]
        return words[:1] + [str(object) for object in objects] + words[1:]


class Includes:
    """Which headers of models/ a source has in it, by way of others or by name."""

    def __init__(self):
        self.known = {}

    def of(self, path):
        if path not in self.known:
            self.known[path] = found = set()  # before it is complete: a circle ends here
            for name in re.findall(r'#include "((?:models|tests)/[^"]+)"', path.read_text(encoding="utf-8")):
                found |= {name} | self.of(ROOT / name)
        return self.known[path]


class Failure(Exception):
    pass


def run(command, folder, seconds=600.0):
    """(exit code or None if it took longer, what it said, how long it took); its whole process group ends with it."""
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True)
    try:
        said = process.communicate(timeout=seconds)[0]
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said = process.communicate()[0]
        code = None
    return code, said.decode(errors="replace"), time.monotonic() - began


class Bench:
    """The build that the mutants are judged in; it is read and never written."""

    def __init__(self, build, scratch):
        self.build, self.scratch = build, scratch
        with open(build / "compile_commands.json", encoding="utf-8") as file:
            self.commands = {pathlib.Path(entry["file"]): plain(entry["command"]) for entry in json.load(file)}
        tests = [path for path in sorted(self.commands)
                 if path.is_relative_to(ROOT / "tests" / "models") and path.name.endswith("_test.cpp")]
        targets = [target_of(path) for path in tests]
        code, said, _ = run(["ninja", "-C", str(build), *targets], ROOT, 7200.0)
        if code != 0:
            raise Failure(said)
        self.sources = [path for path in sorted(self.commands) if path.is_relative_to(ROOT / "models")]
        self.includes = Includes()
        for path in self.sources + tests:  # before there are threads
            self.includes.of(path)
        self.tests = [Test(path, self.link_command(target)) for path, target in zip(tests, targets)]

    def link_command(self, target):
        said = subprocess.run(["ninja", "-C", str(self.build), "-t", "commands", target], check=True,
                              capture_output=True, text=True).stdout
        return [word for word in plain(said.strip().split("\n")[-1]) if word not in (":", "&&")]

    def measure(self, files, executor):
        """Finds out which tests can see a mistake in these files, and how long they take without one."""
        def members(test):
            program = self.scratch / test.name
            code, said, _ = run(test.linked(program, []) + ["-Wl,-t,-t"], self.build)
            if code != 0:
                raise Failure("linking %s: %s" % (test.name, said))
            test.members = set(MEMBER.findall(said))

        def seconds(test):
            code, said, test.seconds = run([str(self.scratch / test.name)], self.scratch)
            if code != 0:
                raise Failure("%s fails without any mistake: %s" % (test.name, said))

        list(executor.map(members, self.tests))
        wanted = {test.name: test for file in files for test in self.tests_of(file)}
        list(executor.map(seconds, wanted.values()))

    def concerned(self, file):
        """The sources of models/ that a mistake in this file is compiled into."""
        if file.endswith(".cpp"):
            return [ROOT / file]
        return [path for path in self.sources if file in self.includes.of(path)]

    def tests_of(self, file):
        """Its own test first, then the quickest."""
        members = {path.name + ".o" for path in self.concerned(file)}
        seeing = [test for test in self.tests if members & test.members or file in self.includes.of(test.source)]
        own = "tests." + ".".join(pathlib.Path(file).with_suffix("").parts) + "_test"
        return sorted(seeing, key=lambda test: (test.name != own, test.seconds, test.name))

    def compiled(self, source, text, folder):
        """The object of `text`, compiled as `source` is, with what is in `folder` before the sources; None if it is no C++."""
        made = folder / ("%s.o" % "-".join(source.relative_to(ROOT).parts))
        command = list(self.commands[source])
        command[command.index("-o") + 1] = str(made)
        command[command.index("-c") + 1] = str(text)
        code, _, _ = run(command[:1] + ["-I", str(folder)] + command[1:] + ["-O1", "-w"], self.build)
        return made if code == 0 else None

    def judge(self, file, text):
        """(verdict, the test that saw it) of this text in place of a file."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as name:
            folder = pathlib.Path(name)
            copy = folder / file
            copy.parent.mkdir(parents=True)
            copy.write_text(text, encoding="utf-8")
            objects = {}

            def object_of(source):
                if source not in objects:
                    objects[source] = self.compiled(source, copy if source == ROOT / file else source, folder)
                return objects[source]

            tests = self.tests_of(file)
            for test in tests:
                needed = [object_of(source) for source in self.concerned(file) if source.name + ".o" in test.members]
                own = object_of(test.source) if file in self.includes.of(test.source) else None
                program = folder / test.name
                if None in needed or objects.get(test.source, "") is None:
                    return NOT_COMPILED, ""
                if run(test.linked(program, needed, own), self.build)[0] != 0:
                    return NOT_COMPILED, ""
                code, _, _ = run(["prlimit", "--as=%d" % MEMORY_BYTES, "--core=0", str(program)], folder,
                                 max(SHORTEST_S, PATIENCE * test.seconds))
                program.unlink()
                if code != 0:
                    return (TIMED_OUT if code is None else KILLED), test.name
            return (SURVIVED if tests else UNTESTED), ""


def plain(command):
    """The words of a command without the cache that may stand before the compiler."""
    return [word for word in shlex.split(command) if os.path.basename(word) != "ccache"]


def target_of(source):
    return "test." + ".".join(source.relative_to(ROOT / "tests").with_suffix("").parts).removesuffix("_test")


def git(*arguments):
    return subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True).stdout


def chosen(options, sources):
    """The mutants to judge, in the order of the files and of their text."""
    files = sorted(sources)
    if options.file:
        files = [os.path.relpath(os.path.abspath(file), ROOT) for file in options.file]
    found = [mutant for file in files for mutant in mutants.mutants_of(file, sources[file])]
    if options.since:
        changed = mutants.changed_lines(git("diff", "-U0", options.since, "--", "models"))
        found = [mutant for mutant in found if mutant.line in changed.get(mutant.file, ())]
    if options.sample is not None and options.sample < len(found):
        numbers = random.Random(options.seed).sample(range(len(found)), options.sample)
        found = [found[number] for number in sorted(numbers)]
    return found


def shown(mutant):
    return "%s:%d %s\n    - %s\n    + %s" % (mutant.file, mutant.line, mutant.operator, mutant.before.strip(),
                                            mutant.after.strip())


def judge_all(bench, found, sources, executor):
    """[(mutant, verdict, test)]; what is done so far if it is interrupted."""
    done = {}
    waiting = {executor.submit(bench.judge, mutant.file, mutant.apply(sources[mutant.file])): mutant for mutant in found}
    try:
        for future in concurrent.futures.as_completed(waiting):
            mutant = waiting[future]
            done[mutant] = future.result()
            print("[%d of %d] %s: %s:%d %s" % (len(done), len(found), done[mutant][0], mutant.file, mutant.line,
                                               mutant.operator), file=sys.stderr)
    except KeyboardInterrupt:
        for future in waiting:
            future.cancel()
        print("mutate: interrupted; this is what was judged", file=sys.stderr)
    return [(mutant, *done[mutant]) for mutant in found if mutant in done]


def report(outcomes, sources):
    """Prints the table and who survived; returns the exit code."""
    with open(SURVIVORS, encoding="utf-8") as file:
        known, stale = mutants.known_survivors(json.load(file), sources)
    table = collections.defaultdict(collections.Counter)
    for mutant, verdict, _ in outcomes:
        table[mutant.file][verdict] += 1
        table["all"][verdict] += 1
    columns = (KILLED, TIMED_OUT, SURVIVED, UNTESTED, NOT_COMPILED)
    print("%-44s" % "file" + "".join("%16s" % name for name in columns))
    for name in sorted(table, key=lambda name: (name == "all", name)):
        print("%-44s" % name + "".join("%16d" % table[name][column] for column in columns))
    survivors = [mutant for mutant, verdict, _ in outcomes if verdict in (SURVIVED, UNTESTED)]
    explained = [mutant for mutant in survivors if mutant.key() in known]
    new = [mutant for mutant in survivors if mutant.key() not in known]
    print("\nsurvivors that are explained: %d" % len(explained))
    print("new survivors: %d" % len(new))
    for mutant in new:
        print(shown(mutant))
    for file, line, _ in stale:
        print("explained, but no longer in %s: %s" % (file, line))
    return 1 if new else 0


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", action="append", help="only this file; may be given again")
    parser.add_argument("--since", metavar="REV", help="only lines that changed since then")
    parser.add_argument("--sample", type=int, metavar="N", help="only so many, drawn from all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--json", metavar="OUT", help="each mutant with its verdict and the test that saw it")
    parser.add_argument("--list", action="store_true", help="only print the mutants")
    parser.add_argument("--build", default=str(ROOT / "build" / "release-tests"))
    return parser.parse_args()


def main():
    options = parsed()
    names = git("ls-files", "models/*.cpp", "models/*.h").split()
    sources = {name: (ROOT / name).read_text(encoding="utf-8") for name in names}
    try:
        found = chosen(options, sources)
    except KeyError as unknown:
        print("mutate: %s is no source of models/" % unknown, file=sys.stderr)
        return 66
    if options.list:
        print("\n".join(shown(mutant) for mutant in found) + "\n%d mutants" % len(found))
        return 0
    build = pathlib.Path(options.build).resolve()
    if not (build / "compile_commands.json").exists():
        print("mutate: no build in %s; cmake --preset release-tests makes one" % build, file=sys.stderr)
        return 66
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as executor:
            try:
                bench = Bench(build, pathlib.Path(scratch))
                files = sorted({mutant.file for mutant in found})
                bench.measure(files, executor)
                # A copy without a mistake must pass: else it is not the mistakes that are seen.
                for file in files[:1]:
                    verdict, test = bench.judge(file, sources[file])
                    if verdict not in (SURVIVED, UNTESTED):
                        raise Failure("a copy of %s without a mistake: %s %s" % (file, verdict, test))
            except Failure as failure:
                print("mutate: %s" % failure, file=sys.stderr)
                return 70
            outcomes = judge_all(bench, found, sources, executor)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump([{"file": mutant.file, "at": mutant.line, "operator": mutant.operator,
                        "line": mutant.before.strip(), "mutant": mutant.after.strip(), "verdict": verdict, "by": test}
                       for mutant, verdict, test in outcomes], file, indent=1)
    return report(outcomes, sources)


if __name__ == "__main__":
    sys.exit(main())

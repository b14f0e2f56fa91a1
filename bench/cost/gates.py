#!/usr/bin/env python3
"""What a step of the agent costs in instructions, bytes and system calls, and how large the program is, beside what
recorded.json says.

  gates.py BUILD COMPILER [instructions|bytes|system_calls|binary]    exit 0, 1 if it got dearer, 77 if it cannot be
                                                                      told here
  gates.py BUILD COMPILER --record REASON                             writes all of recorded.json anew

COMPILER is what CMake calls it, "GNU 12.2.0"; BUILD a release build, build/release-tests. None of it depends on time.
More than 5 % above what is recorded fails, and so does a figure that is not recorded at all: mend it, or record it anew
with the reason, in the same commit. Instructions are counted by valgrind and, as the size of the program, are those of
one compiler; with another they are not judged.
"""
import concurrent.futures
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDED = os.path.join(HERE, "recorded.json")
HOST = os.path.join(HERE, "..", "..", "tests", "fixtures", "proc", "idle", "1")
TOLERANCE = 0.05
KINDS = ("product", "series", "mahalanobis", "mixture", "kmeans", "isolation_forest", "zscore")
REFITTED = ("mixture", "kmeans", "isolation_forest")
WHAT = ("instructions", "bytes", "system_calls", "binary")
OF_ONE_COMPILER = ("instructions", "binary")
TICKS = (15, 45)
ROWS = (1000, 2500)  # the first 900 are learned only
AGENT = "[agent]\ninterval = 100ms\ncontrol = none\nstate = none\ncpu_budget = 50%\n"
SKIPPED = 77
SETTLED = 10  # the tick after which it has (Daemon::kTicksToSettle)
TRACED_TICKS = 117  # 10.5 s of them after that


class Skip(Exception):
    pass


def tool(name):
    if shutil.which(name) is None:
        raise Skip("no " + name)
    return name


def instructions(folder, name, command):
    """Of a whole run."""
    log = os.path.join(folder, name + ".log")
    run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--log-file=" + log,
                          *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    with open(log) as file:
        found = re.search(r"Collected : (\d+)", file.read())
    if run.returncode != 0 or found is None:
        raise SystemExit("%s under valgrind: exit %d, %s" % (name, run.returncode, run.stderr))
    return int(found[1])


def agent(build, folder, ticks):
    ini = os.path.join(folder, "agent.ini")
    with open(ini, "w") as file:
        file.write(AGENT)
    return [os.path.join(build, "epsilond"), "-c", ini, "--root", HOST, "--ticks", str(ticks)]


def replay(build, folder, rows, kind):
    """Of a table by a generator that every machine has: its values are the same for ever."""
    # A series is one column, which its configuration must name.
    columns = ["load_1min"] if kind == "series" else ["c%d" % i for i in range(10)]
    path = os.path.join(folder, "%s-%d.csv" % (kind, rows))
    seed = 1
    with open(path, "w") as file:
        file.write("timestamp," + ",".join(columns) + "\n")
        for row in range(rows):
            cells = []
            for column in range(len(columns)):
                total = 0
                for _ in range(4):  # their sum is nearly normal
                    seed = (seed * 6364136223846793005 + 1442695040888963407) % 2**64
                    total += seed >> 44
                cells.append("%d.%02d" % divmod(total * (column + 1) // 1000, 100))
            file.write("%d,%s\n" % (1_700_000_000 + row, ",".join(cells)))
    ini = os.path.join(folder, kind + ".ini")
    with open(ini, "w") as file:
        if kind != "product":  # that is what everybody has who configures nothing
            file.write("[model host]\nkind = %s\n" % kind)
        if kind == "series":
            file.write("features = load_1min\n")
        if kind in REFITTED:  # as often as may be, so that whole refits are between a short run and a long one
            file.write("train_window = 10m\nretrain_every = 5m\n")
    return [os.path.join(build, "epsilonctl"), "replay", path, "-c", ini]


def count_instructions(build, folder):
    """By the difference of a long and a short run: what starting costs falls out."""
    tool("valgrind")
    pairs = [("instructions of a tick of the agent", TICKS, [agent(build, folder, ticks) for ticks in TICKS])]
    for kind in KINDS:
        name = "10 columns" if kind == "product" else "kind = " + kind
        pairs.append(("instructions of a row of a replay, " + name, ROWS,
                      [replay(build, folder, rows, kind) for rows in ROWS]))
    runs = [("run-%d-%d" % (number, count), command)
            for number, (_, counts, commands) in enumerate(pairs) for count, command in zip(counts, commands)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        collected = list(pool.map(lambda run: instructions(folder, *run), runs))
    return {name: (collected[2 * number + 1] - collected[2 * number]) // (many - few)
            for number, (name, (few, many), _) in enumerate(pairs)}


def count_bytes(build, folder):
    ini = os.path.join(folder, "models.ini")
    with open(ini, "w") as file:
        for kind in KINDS:
            features = "load_1min" if kind == "series" else "default"
            file.write("[model %s]\nkind = %s\nfeatures = %s\n" % (kind, kind, features))
    said = subprocess.run([os.path.join(build, "epsilond"), "-T", "-c", ini, "--root", HOST], capture_output=True,
                          text=True, check=True).stdout
    result = {"bytes of a model, kind = " + name: int(size)
              for name, size in re.findall(r"^; \[model (\w+)\]: (\d+) bytes", said, re.M)}
    if len(result) != len(KINDS):
        raise SystemExit("epsilond -T tells of %d models:\n%s" % (len(result), said))
    open(ini, "w").close()
    said = subprocess.run([os.path.join(build, "epsilond"), "-T", "-c", ini, "--root", HOST], capture_output=True,
                          text=True, check=True).stdout
    result["bytes of the agent by default"] = int(re.search(r"^; memory budget: (\d+) bytes", said, re.M)[1])
    return result


def calls_of_ticks(build, folder):
    """The system calls of each tick of a run by name, after those of the start and without the last tick. A tick begins where
    a wait ends."""
    trace = os.path.join(folder, "trace")
    done = subprocess.run([tool("strace"), "-f", "-qq", "-o", trace, *agent(build, folder, TRACED_TICKS)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise Skip("strace is not allowed here: " + done.stderr)
    ticks = [[]]
    with open(trace) as file:
        for line in file:
            call = re.match(r"\d+ +(\w+)\(", line)
            if call and call[1] in ("ppoll", "ppoll_time64"):
                ticks.append([])
            elif call:
                ticks[-1].append(call[1] if " = -1 " not in line else call[1] + " that failed")
    return ticks[:-1]


def judge_system_calls(build, folder):
    """The same number in each tick, but for the closer look at each process every 5 s; and no memory is asked for. What the
    start took of the code is given back once, when it has settled."""
    ticks = calls_of_ticks(build, folder)
    given_back = [number for number, calls in enumerate(ticks) if number > 0 and "madvise" in calls]
    ticks = ticks[SETTLED + 2:]
    usual = sorted(len(calls) for calls in ticks)[len(ticks) // 2]
    looks = [number for number, calls in enumerate(ticks) if len(calls) != usual]
    memory = [call for calls in ticks for call in calls if call in ("brk", "mmap", "munmap", "mremap", "madvise")]
    opened = sum(calls.count("openat") - calls.count("close") for calls in ticks)
    print("%d system calls a tick; %d of %d ticks looked closer, with %s" %
          (usual, len(looks), len(ticks), sorted({len(ticks[number]) for number in looks})))
    problems = []
    if len({len(ticks[number]) for number in looks}) > 1 or len(looks) > 3:  # they hold 2 or 3
        problems.append("not constant: %s" % [len(calls) for calls in ticks])
    if memory:
        problems.append("memory is asked for: %s" % memory)
    if given_back != [SETTLED]:
        problems.append("code is given back in the ticks %s, not in %d" % (given_back, SETTLED))
    if opened:
        problems.append("%d more descriptors opened than closed" % opened)
    return {"system calls of a tick of the agent": usual}, problems


def count_binary(build):
    """Static and stripped, as shipped. epsilonctl's depends on the plotting library that the build could fetch."""
    return {"bytes of the program epsilond": os.path.getsize(os.path.join(build, "epsilond"))}


def measured(build, what):
    with tempfile.TemporaryDirectory(prefix="epsilond-gates-") as folder:
        if what == "instructions":
            return count_instructions(build, folder), []
        if what == "bytes":
            return count_bytes(build, folder), []
        if what == "binary":
            return count_binary(build), []
        return judge_system_calls(build, folder)


def record(build, compiler, reason):
    figures = {}
    for what in WHAT:
        values, problems = measured(build, what)
        if problems:
            raise SystemExit("\n".join(problems))
        figures.update(values)
    with open(RECORDED, "w") as file:
        json.dump({"reason": reason, "compiler": compiler, "machine": platform.machine(), "figures": figures}, file,
                  indent=2)
        file.write("\n")
    print(json.dumps(figures, indent=2))


def check(build, compiler, what):
    with open(RECORDED) as file:
        recorded = json.load(file)
    here = (compiler, platform.machine())
    if what in OF_ONE_COMPILER and here != (recorded["compiler"], recorded["machine"]):
        raise Skip("recorded with %s on %s, this is %s on %s" % (recorded["compiler"], recorded["machine"], *here))
    values, problems = measured(build, what)
    if not recorded["reason"].strip():
        problems.append("recorded.json gives no reason")
    how = 'bench/cost/gates.py %s "%s" --record "the reason"' % (build, compiler)
    for name, value in values.items():
        was = recorded["figures"].get(name)
        print("%s: %d, recorded %s" % (name, value, was))
        if was is None:
            problems.append("%s: %d, and nothing is recorded: record it, with the reason, by\n  %s" %
                            (name, value, how))
        elif value > was * (1 + TOLERANCE):
            problems.append("%s: %d, recorded %d: dearer by more than %.0f %%; mend it, or record it anew, with the "
                            "reason, by\n  %s" % (name, value, was, 100 * TOLERANCE, how))
        elif value < was * (1 - TOLERANCE):
            print("cheaper by more than %.0f %%: record it, so that it stays so" % (100 * TOLERANCE))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def main():
    if len(sys.argv) == 5 and sys.argv[3] == "--record" and sys.argv[4].strip():
        return record(sys.argv[1], sys.argv[2], sys.argv[4])
    if len(sys.argv) != 4 or sys.argv[3] not in WHAT:
        print(__doc__, file=sys.stderr)
        return 64
    return check(*sys.argv[1:])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Skip as why:
        print("skipped: %s" % why)
        sys.exit(SKIPPED)

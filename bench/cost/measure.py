"""Reads what a running program has cost: all its threads, and the processes that it started."""
import glob
import mmap
import os
import re
import signal
import struct
import subprocess
import time

from programs import Scraper


def until_half_second():
    """Sleeps until the middle between two whole seconds of CLOCK_MONOTONIC: ticks fall on whole ones, so that between
    two calls lie exact numbers of them."""
    now = time.monotonic()
    time.sleep((0.5 - now % 1.0) % 1.0 or 1.0)


def processor_ns(pid):
    """Of all threads of a process, ended ones included."""
    try:
        return time.clock_gettime_ns((~pid << 3) | 2)  # the kernel's name for the processor clock of a process
    except OSError:
        return 0


def tree_of(pid):
    """The process and all that it started."""
    found, ask = [], [pid]
    while ask:
        one = ask.pop()
        found.append(one)
        for children in glob.glob("/proc/%d/task/*/children" % one):
            try:
                with open(children) as file:
                    ask += [int(word) for word in file.read().split()]
            except OSError:
                pass
    return found


def sum_of(pattern, path):
    total = 0
    for name in glob.glob(path):
        try:
            with open(name) as file:
                total += sum(int(number) for number in re.findall(pattern, file.read(), re.M))
        except OSError:
            pass
    return total


def descriptors_beside_the_scan(pid):
    """How many an agent has open, but for those of the processes it looks at."""
    folder, count = "/proc/%d/fd" % pid, 0
    for name in os.listdir(folder):
        try:
            count += re.fullmatch(r"/proc/\d+/stat", os.readlink(os.path.join(folder, name))) is None
        except OSError:
            pass  # closed meanwhile
    return count


class Running:
    """A program that runs, stopped except in its windows."""

    def __init__(self, program, folder, preloaded):
        self.program = program
        self.counters = os.path.join(folder, "allocations-" + re.sub(r"\W+", "_", program.name))
        os.makedirs(self.counters, exist_ok=True)
        environment = dict(os.environ, **program.environment)
        if program.counted:
            environment.update(LD_PRELOAD=preloaded, COUNT_ALLOCATIONS=self.counters)
        with open(os.path.join(folder, "output-" + re.sub(r"\W+", "_", program.name)), "w") as output:
            self.process = subprocess.Popen(program.command, stdout=output, stderr=output, env=environment,
                                            stdin=subprocess.DEVNULL, start_new_session=True)
        self.scraper = None
        if program.scraped:
            self.scraper = Scraper(program.scraped)
            self.scraper.start()
        self.pss_kb = self.rss_kb = 0
        self.go_on()

    def alive(self):
        return self.process.poll() is None

    def pids(self):
        return tree_of(self.process.pid)

    def tell(self, what):
        for pid in self.pids():
            try:
                os.kill(pid, what)
            except OSError:
                pass

    def go_on(self):
        self.tell(signal.SIGCONT)
        if self.scraper:
            self.scraper.on.set()

    def stop(self):
        if self.scraper:
            self.scraper.on.clear()
            time.sleep(0.2)
        self.tell(signal.SIGSTOP)

    def end(self):
        self.tell(signal.SIGCONT)
        self.tell(signal.SIGKILL)
        self.process.wait()

    def cpu_ns(self):
        return sum(processor_ns(pid) for pid in self.pids())

    def wake_ups(self):
        return sum(sum_of(r"^voluntary_ctxt_switches:\s+(\d+)", "/proc/%d/task/*/status" % pid) for pid in self.pids())

    def note_memory(self):
        self.pss_kb, self.rss_kb = (sum(sum_of(r"^%s:\s+(\d+)" % kind, "/proc/%d/smaps_rollup" % pid)
                                        for pid in self.pids()) for kind in ("Pss", "Rss"))

    def descriptors(self):
        return sum(len(glob.glob("/proc/%d/fd/*" % pid)) for pid in self.pids())

    def allocations(self):
        """So far; None where nobody counts."""
        if self.scraper:
            return self.scraper.value("go_memstats_mallocs_total")
        if not self.program.counted:
            return None
        total = 0
        for name in glob.glob(self.counters + "/*"):
            with open(name, "rb") as file, mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ) as page:
                total += struct.unpack("Q", page[:8])[0]
        return total

    def count_system_calls(self, seconds):
        """Starts counting; the result is for system_calls() when the seconds are over."""
        pids = ",".join(str(pid) for pid in self.pids())
        return subprocess.Popen(["perf", "stat", "-x", ";", "-e", "raw_syscalls:sys_enter", "-p", pids, "--",
                                 "sleep", str(seconds)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def system_calls(counting):
    """None where the kernel's trace points are not for us."""
    for line in counting.communicate()[1].splitlines():
        cells = line.split(";")
        if len(cells) > 2 and "sys_enter" in cells[2] and cells[0].isdigit():
            return int(cells[0])
    return None

"""What the tests of `epsilonctl run` share."""
import os
import signal
import subprocess
import sys

EPSILONCTL = sys.argv[1]


def usual_signals():
    """Whoever started the test may have had them ignored, and a shell cannot trap what it began with ignored."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def ctl(*arguments, **options):
    return subprocess.run([EPSILONCTL, *arguments], capture_output=True, text=True, timeout=100,
                          preexec_fn=usual_signals, **options)


def fields_of(pid):
    with open("/proc/%d/stat" % pid) as file:
        return file.read().rpartition(")")[2].split()


def children_of(parent):
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and int(fields_of(int(name))[1]) == parent:
                found.append(int(name))
        except (OSError, IndexError):
            pass  # it has ended meanwhile
    return found


def is_running(pid):
    try:
        return fields_of(pid)[0] not in "ZX"
    except OSError:
        return False


class Look:
    """What prmon would find: sums over the processes below one, by its documentation (smaps, stat)."""

    def __init__(self, top):
        self.top = top
        self.rss_kb = self.pss_kb = self.vmem_kb = self.cpu_s = self.processes = 0

    def take(self):
        waiting, found = children_of(self.top), []
        while waiting:
            found.append(waiting.pop())
            waiting += children_of(found[-1])
        rss = pss = vmem = ticks = alive = 0
        for pid in found:
            try:
                with open("/proc/%d/smaps_rollup" % pid) as file:
                    sizes = dict(line.split()[:2] for line in file.readlines()[1:])
                rss, pss = rss + int(sizes["Rss:"]), pss + int(sizes["Pss:"])
                fields = fields_of(pid)
                ticks += sum(int(field) for field in fields[11:15])
                vmem += int(fields[20]) // 1024
                alive += fields[0] != "Z"
            except (OSError, KeyError, ValueError):
                pass  # it has ended meanwhile
        self.rss_kb, self.pss_kb = max(self.rss_kb, rss), max(self.pss_kb, pss)
        self.vmem_kb, self.processes = max(self.vmem_kb, vmem), max(self.processes, alive)
        self.cpu_s = max(self.cpu_s, ticks / os.sysconf("SC_CLK_TCK"))


class Group:
    """A control group of its own, where one can be made; `enter` are words before a command that is to be in it."""

    def __init__(self, test):
        self.cpu = self.memory = None
        self.enter = []
        name = "epsilonctl-run-%d" % os.getpid()
        for root in ("/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup/memory", "/sys/fs/cgroup"):
            path = os.path.join(root, name)
            try:
                os.mkdir(path)
            except OSError:
                continue
            test.addCleanup(self.remove, path)
            if not os.path.exists(path + "/cgroup.procs"):
                continue
            if os.path.exists(path + "/cpuacct.usage") or os.path.exists(path + "/cpu.stat"):
                self.cpu = path
            if os.path.exists(path + "/memory.max_usage_in_bytes") or os.path.exists(path + "/memory.peak"):
                self.memory = path
        groups = {path for path in (self.cpu, self.memory) if path}
        if groups:
            script = "".join("echo 0 > %s/cgroup.procs && " % path for path in groups) + 'exec "$@"'
            self.enter = ["sh", "-c", script, "sh"]

    @staticmethod
    def remove(path):
        try:
            os.rmdir(path)
        except OSError:
            pass

    @staticmethod
    def number(path, name):
        try:
            with open(os.path.join(path or "/nowhere", name)) as file:
                return int(file.read())
        except (OSError, ValueError):
            return None

    def cpu_s(self):
        used = self.number(self.cpu, "cpuacct.usage")
        if used is not None:
            return used / 1e9
        try:
            with open(os.path.join(self.cpu or "/nowhere", "cpu.stat")) as file:
                return int(dict(line.split() for line in file)["usage_usec"]) / 1e6
        except (OSError, KeyError, ValueError):
            return None

    def peak_bytes(self):
        used = self.number(self.memory, "memory.max_usage_in_bytes")
        return used if used is not None else self.number(self.memory, "memory.peak")

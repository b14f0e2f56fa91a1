"""The faults of the catalogue: what each does to this machine, which features are a right answer, and who did it.

Every fault ends by itself after its time and is undone; none takes more than a quarter of what is free.
"""
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field

KILLED_WITH_US = ["setpriv", "--pdeathsig", "TERM"]  # nothing outlives the catalogue, however that ends
FLOOD_PORT = 9009


def start(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options):
    """A process group of its own, so that stop() ends its children too. To be called by the main thread."""
    return subprocess.Popen(KILLED_WITH_US + command, start_new_session=True, stdin=subprocess.DEVNULL, stdout=stdout,
                            stderr=stderr, **options)


def stop(process, patience_s=5):
    """Ends a process of start() and its group; returns when its leader is gone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            continue
        if number == signal.SIGTERM:
            patience_s = 1  # what is left of the group gets no more time
    process.wait()


def available_bytes():
    with open("/proc/meminfo") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return 0


def capped(wanted_bytes):
    return min(wanted_bytes, available_bytes() // 4)


class Network:
    """Two network namespaces and a cable between them, for as long as the catalogue runs.

    The agent, the service and most faults live `here`, where that cable is the only interface but loopback; clients and
    attackers live `there`. Beside a real network card the agent would not count the cable, and the real one is not ours
    to flood. Without the right to do so all stay where they are, and `up` is False.
    """

    HERE, THERE = "epsilond-here", "epsilond-there"

    def __init__(self):
        self.up = bool(shutil.which("ip")) and self._set_up()
        # Of the documentation's TEST-NET-2: nobody's addresses.
        self.address = "198.51.100.1" if self.up else "127.0.0.1"
        self.here = ["ip", "netns", "exec", self.HERE] if self.up else []
        self.there = ["ip", "netns", "exec", self.THERE] if self.up else []
        # The agent reads the network of process 1, the machine's; to what is run so, that is the network here.
        as_machine = 'mount --bind /proc/$$/net /proc/1/net && exec "$@"'
        self.here_as_machine = self.here + ["sh", "-c", as_machine, "sh"] if self.up else []

    def _set_up(self):
        self.remove()  # of a catalogue that was killed
        commands = [["netns", "add", self.HERE], ["netns", "add", self.THERE],
                    ["-n", self.HERE, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0",
                     "netns", self.THERE]]
        for name, address in ((self.HERE, "198.51.100.1/30"), (self.THERE, "198.51.100.2/30")):
            commands += [["-n", name, "address", "add", address, "dev", "eth0"],
                         ["-n", name, "link", "set", "lo", "up"], ["-n", name, "link", "set", "eth0", "up"]]
        return all(subprocess.run(["ip"] + command, capture_output=True).returncode == 0 for command in commands)

    def unseen(self):
        """True if work has gone over the cable and the agent would not know."""
        if not self.up:
            return False
        counters = subprocess.run(self.here_as_machine + ["grep", "eth0:", "/proc/1/net/dev"], capture_output=True,
                                  text=True)
        received_bytes = counters.stdout.partition(":")[2].split()[:1]
        return received_bytes in ([], ["0"])

    def remove(self):
        if shutil.which("ip"):
            for name in (self.HERE, self.THERE):
                subprocess.run(["ip", "netns", "del", name], capture_output=True)


@dataclass
class Place:
    """Where faults are made: the program that makes them, a directory on a real disk, and what there is to break."""
    disturb: str
    work: str
    network: Network
    service: object = None  # with stop() and start(), as Background.service

    def file(self):
        return os.path.join(self.work, "fault.data")


@dataclass
class Fault:
    name: str
    right: tuple  # features, each of which is a right answer
    commands: object = None  # of a Place and a number of seconds: the commands to run at once
    culprits: tuple = ()  # beginnings of the names of right processes; none: nobody on the machine did it
    seconds: tuple = (20, 40)  # shortest, longest
    needs: str = ""  # "stress-ng", "namespace" or "service"
    actions: tuple = ()  # instead of commands: what to call on the Place at the start and at the end
    processes: list = field(default_factory=list, compare=False)

    def missing(self, place):
        """Why this fault cannot be made here; empty if it can."""
        if self.needs == "stress-ng" and not shutil.which("stress-ng"):
            return "stress-ng is not installed"
        if self.needs == "namespace" and not place.network.up:
            return "no network namespaces: needs root and iproute2"
        if self.needs == "service" and place.service is None:
            return "there is no background service to stop"
        return ""

    def begin(self, place, seconds):
        if self.actions:
            self.actions[0](place)
            return
        self.processes = [start(command) for command in self.commands(place, seconds)]

    def ended(self):
        """True once all its programs are done; always False for a fault that is an action."""
        return bool(self.processes) and all(process.poll() is not None for process in self.processes)

    def failed(self):
        """How its programs ended, if any ended badly; ask before end()."""
        return [process.returncode for process in self.processes if process.returncode not in (None, 0)]

    def end(self, place):
        if self.actions:
            self.actions[1](place)
        for process in self.processes:
            stop(process)
        self.processes = []
        if os.path.exists(place.file()):
            os.unlink(place.file())


def ours(*words, culprits=("disturb",)):
    """A fault of disturb; FILE stands for a file, SECONDS for the time; a function for a number that is known late."""
    def commands(place, seconds):
        known = {"FILE": place.file(), "SECONDS": str(seconds)}
        words_now = [str(word()) if callable(word) else known.get(word, word) for word in words]
        return [place.network.here + [place.disturb] + words_now]
    return {"commands": commands, "culprits": culprits}


def stress(*words):
    """A fault of stress-ng; it makes its temporary files in the work directory."""
    def commands(place, seconds):
        return [place.network.here + ["stress-ng", *words, "--quiet", "--timeout", str(seconds), "--temp-path",
                                      place.work]]
    return {"commands": commands, "culprits": ("stress-ng",), "needs": "stress-ng"}


def flood(kind):
    """From there to here, over the cable."""
    def commands(place, seconds):
        network, port, time = place.network, str(FLOOD_PORT), str(seconds)
        return [network.here + [place.disturb, "sink", port, time],
                network.there + [place.disturb, kind, network.address, port, time]]
    return {"commands": commands, "culprits": ("disturb",), "needs": "namespace"}


MEMORY = ("mem_used_bytes", "mem_available_bytes")
CPU = ("cpu_user_ratio", "running", "load_1min", "pressure_cpu_some_ratio")
SYSTEM = ("cpu_system_ratio", "context_switches_per_s", "interrupts_per_s")
DISK = ("disk_write_bytes_per_s", "disk_operations_per_s", "disk_busy_ratio", "cpu_iowait_ratio",
        "pressure_io_some_ratio", "pressure_io_full_ratio")
NET = ("net_rx_bytes_per_s", "net_rx_packets_per_s", "net_tx_bytes_per_s", "net_tx_packets_per_s", "net_errors_per_s")

FAULTS = [
    Fault("memory-leak-fast", MEMORY, **ours("leak", lambda: capped(3 << 30) // 30, "SECONDS"), seconds=(20, 30)),
    Fault("memory-leak-slow", MEMORY, **ours("leak", str(10 << 20), "SECONDS"), seconds=(120, 120)),
    Fault("memory-spike", MEMORY, **ours("memory", lambda: capped(2 << 30), "SECONDS"), seconds=(20, 30)),
    Fault("cpu-hog-one", CPU, **stress("--cpu", "1")),
    Fault("cpu-hog-all", CPU, **stress("--cpu", "0")),
    Fault("disk-burst", DISK, **ours("disk", "FILE", str(2 << 30)), seconds=(40, 40)),
    Fault("disk-write", DISK, **ours("write", "FILE", str(60 << 20), "SECONDS")),
    Fault("fsync-storm", DISK, **ours("fsync", "FILE", "SECONDS")),
    Fault("fork-storm", ("forks_per_s", "processes", "cpu_system_ratio"), **ours("forks", "SECONDS")),
    Fault("zombie-herd", ("zombies", "processes"), **ours("zombies", "200", "SECONDS")),
    Fault("zombie-one", ("zombies",), **ours("zombies", "1", "SECONDS"), seconds=(40, 40)),
    Fault("thread-leak", ("threads",), **ours("threads", "20", "SECONDS")),
    Fault("descriptor-leak", ("open_files",), **ours("descriptors", "100", "SECONDS")),
    Fault("context-switches", SYSTEM + ("running", "pressure_cpu_some_ratio"), **stress("--switch", "1")),
    Fault("udp-loopback", SYSTEM + ("cpu_irq_ratio", "running"), **stress("--udp", "1")),
    Fault("tcp-loopback", SYSTEM + ("cpu_irq_ratio", "running", "tcp_sockets"), **stress("--sock", "1")),
    Fault("udp-namespace", NET, **flood("udp")),
    Fault("tcp-namespace", NET + ("tcp_sockets",), **flood("tcp")),
    Fault("page-faults", ("page_faults_per_s", "cpu_system_ratio"), **ours("pagefaults", "SECONDS")),
    # What falls.
    Fault("service-dies", NET + SYSTEM + CPU + ("forks_per_s", "tcp_sockets", "processes", "threads"),
          needs="service", actions=(lambda place: place.service.stop(), lambda place: place.service.start())),
    Fault("stuck-one", ("blocked", "load_1min"), **ours("stuck", "1", "SECONDS"), seconds=(40, 40)),
    Fault("stuck-herd", ("blocked", "load_1min", "processes"), **ours("stuck", "20", "SECONDS")),
]

#!/usr/bin/env python3
"""The control socket of the real agent, from outside, and the subcommands of epsilonctl that use it.

usage: control_test.py EPSILOND EPSILONCTL FIXTURES [TEST]
"""
import fcntl
import json
import os
import random
import re
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import termios
import time
import unittest

from control_support import EPSILOND, EPSILONCTL, ControlledAgent, Terminal

FIXTURES = sys.argv[3]


class Control(ControlledAgent):
    # What it says

    def test_status_is_for_people_and_for_machines(self):
        self.start()
        people = self.ctl("status").stdout
        self.assertRegex(people, r"^epsilond 0\.\S+ on \S+: learning, up ")
        self.assertRegex(people, r"(?m)^  \[model host\] learning \d+ %: surprise 0\.00, threshold ")
        self.assertTrue(all(len(line) <= 100 for line in people.splitlines()), people)
        status = self.status()
        self.assertEqual(status["agent"]["state"], "learning")
        self.assertEqual([model["model"] for model in status["models"]], ["host"])
        self.assertIn("features", status["models"][0])
        self.assertEqual(status["emitters"][0]["sent"], 1)

    def test_an_agent_that_is_not_there_is_3_and_unknown(self):
        for arguments, code in ((["status"], 3), (["check"], 3), (["explain"], 69), (["history"], 69), (["mute", "1m"], 69)):
            result = self.ctl(*arguments)
            self.assertEqual(result.returncode, code, arguments)
            self.assertIn(self.sock, result.stderr + result.stdout)
        self.assertTrue(self.ctl("check").stdout.startswith("EPSILON UNKNOWN - "))

    def test_wrong_usage_is_64_and_help_is_0(self):
        for arguments in (["status", "now"], ["mute"], ["mute", "0s"], ["mute", "5"], ["mute", "32d"], ["unmute", "x"],
                          ["explain", "a", "b"], ["history", "--rows", "-1"], ["relearn", "--all"], ["status", "--jsn"]):
            result = self.ctl(*arguments)
            self.assertEqual(result.returncode, 64, arguments)
            self.assertTrue(result.stderr.startswith("epsilonctl: "), result.stderr)
        self.assertEqual(self.ctl("check", "--nonsense").returncode, 3)
        for name in ("status", "check", "explain", "top", "plot", "history", "mute", "unmute", "relearn"):
            result = subprocess.run([EPSILONCTL, name, "--help"], capture_output=True, text=True)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("Example", result.stdout)
            self.assertTrue(all(len(line) <= 80 for line in result.stdout.splitlines()), result.stdout)

    def test_check_is_one_line_with_performance_data(self):
        self.start()
        result = self.ctl("check")
        self.assertEqual(result.returncode, 0, result.stdout)
        text, _, numbers = result.stdout.rstrip("\n").partition(" | ")
        self.assertNotIn("\n", text)
        self.assertRegex(text, r"^EPSILON OK - \[model host\] learning \d+ %, surprise 0\.00$")
        for item in numbers.split(" "):
            self.assertRegex(item, r"^'[a-z_]+'=-?[0-9.e-]+[%c]?(;[-0-9.e]*){4}$")
        self.assertIn("'host_surprise'=", numbers)

    def test_history_is_csv_that_score_reads(self):
        begun = time.time()
        self.start("--root", FIXTURES + "/busy/1")
        self.wait_for(lambda: len(self.ctl("history").stdout.splitlines()) > 12, "twelve rows")
        table = self.ctl("history")
        self.assertEqual((table.returncode, table.stderr), (0, ""))
        rows = [line.split(",") for line in table.stdout.splitlines()]
        self.assertEqual(rows[0][:2], ["timestamp", "load_1min"])
        self.assertEqual({len(row) for row in rows}, {len(rows[0])})
        times = [float(row[0]) for row in rows[1:]]
        self.assertEqual(times, sorted(times))
        self.assertTrue(begun - 1 <= times[0] and times[-1] <= time.time() + 1, times)
        scored = subprocess.run([EPSILONCTL, "score", self.write("history.csv", table.stdout)], capture_output=True, text=True)
        self.assertEqual(scored.returncode, 0, scored.stderr)
        some = self.ctl("history", "zombies", "host.surprise", "--rows", "3").stdout.splitlines()
        self.assertEqual((some[0], len(some)), ("timestamp,zombies,host.surprise", 4))
        objects = [json.loads(line) for line in self.ctl("history", "zombies", "--rows", "3", "--json").stdout.splitlines()]
        self.assertEqual([sorted(row) for row in objects], [["timestamp", "zombies"]] * 3)
        self.assertEqual(self.ctl("history", "zombis").returncode, 66)

    def test_the_arithmetic_of_now_adds_up(self):
        self.start("--root", FIXTURES + "/busy/1")
        self.wait_for(lambda: self.samples() > 30, "thirty samples")
        answer = json.loads(self.ctl("explain", "now", "--json").stdout)["models"][0]
        densities = [feature["log_density"] for feature in answer["features"] if feature["log_density"] is not None]
        self.assertAlmostEqual(sum(densities), answer["log_super_epsilon"], delta=1e-3 * abs(sum(densities)))
        self.assertIn("log super-epsilon: their sum", self.ctl("explain", "now").stdout)
        self.assertEqual(self.ctl("explain").returncode, 66)

    # On a terminal

    def test_top_fills_the_screen_obeys_keys_and_puts_the_terminal_back(self):
        self.start("--root", FIXTURES + "/busy/1")
        self.wait_for(lambda: self.samples() > 20, "twenty samples")
        for columns, rows in ((80, 24), (200, 60)):
            top = self.on_terminal("top", columns=columns, rows=rows)
            first = top.wait_for_frame(lambda frame: True)
            self.assertEqual(len(first), rows)
            self.assertTrue(all(len(line) < columns for line in first), first)
            self.assertRegex(first[0], r"^epsilond \S+ on \S+: learning ")
            self.assertIn("sort: strangest", first[-1])
            top.press("s")
            top.wait_for_frame(lambda frame: "sort: table" in frame[-1])
            top.press(" ")
            top.wait_for_frame(lambda frame: "space go on" in frame[-1])
            top.resize(rows=rows - 4, columns=columns - 10)
            top.wait_for_frame(lambda frame: len(frame) == rows - 4 and all(len(line) < columns - 10 for line in frame))
            top.press("+q")
            text = top.finish()
            self.assertTrue(text.startswith("\033[?1049h\033[?25l"), text[:40])
            self.assertTrue(text.endswith("\033[?25h\033[?1049l"), text[-40:])

    def test_top_outlives_a_restart_of_the_agent_and_obeys_no_color(self):
        agent = self.start("--root", FIXTURES + "/busy/1")
        self.wait_for(lambda: self.samples() > 1, "two samples")
        top = self.on_terminal("top", NO_COLOR="1", LC_ALL="C")
        top.wait_for_frame(lambda frame: frame[3] == "")
        agent.terminate()
        self.assertEqual(agent.wait(60), 0)
        top.wait_for_frame(lambda frame: "is epsilond running?" in " ".join(frame[3:6]))
        self.start("--root", FIXTURES + "/busy/1")
        self.wait_for(lambda: self.samples() > 1, "two samples")
        top.wait_for_frame(lambda frame: frame[3] == "")
        top.press("q")
        text = top.finish()
        self.assertTrue(text.isascii(), text)
        self.assertNotRegex(text, r"\033\[[0-9;]*m")

    def test_top_gives_the_terminal_back_while_it_is_stopped(self):
        self.start("--root", FIXTURES + "/busy/1")
        self.wait_for(lambda: self.samples() > 1, "two samples")
        shell = Terminal(["bash", "--norc", "--noprofile", "--noediting", "-i"], 80, 24, {"PS1": "ready> ", "HISTFILE": ""})
        self.addCleanup(shell.close)
        shell.wait_for_text("ready> ")
        shell.press("%s top --socket %s\n" % (EPSILONCTL, self.sock))
        for _ in range(2):
            shell.wait_for_frame(lambda frame: "q quit" in frame[-1])
            shell.press("\x1a")
            shell.wait_for_text("\033[?25h\033[?1049l")
            shell.wait_for_text("Stopped")
            shell.wait_for_text("ready> ")
            shell.press("stty -a; echo over-$((1+1))\n")
            self.assertRegex(shell.wait_for_text("over-2"), r" icanon [\s\S]* echo ")
            shell.press("fg\n")
            shell.wait_for_text("\033[?1049h\033[?25l")
        # Stopped by somebody else: the shell takes the terminal, which is taken back.
        os.killpg(os.tcgetpgrp(shell.fd), signal.SIGSTOP)
        shell.wait_for_text("Stopped")
        shell.press("fg\n")
        shell.wait_for_text("\033[?1049h\033[?25l")
        shell.wait_for_frame(lambda frame: "q quit" in frame[-1])
        shell.press("q")
        shell.wait_for_text("ready> ")
        shell.press("exit\n")
        shell.finish()

    def test_plot_fills_the_terminal_and_needs_none(self):
        self.start("--root", FIXTURES + "/busy/1")
        self.wait_for(lambda: self.samples() > 20, "twenty samples")
        text = self.on_terminal("plot", "mem_used_bytes").finish()
        self.assertEqual(len(text.splitlines()), 23)
        self.assertTrue(all(len(re.sub(r"\033\[[0-9;]*m", "", line)) <= 80 for line in text.splitlines()), text)
        piped = self.ctl("plot", "host.surprise", "--width", "60", "--height", "10", env={"LC_ALL": "C"})
        self.assertEqual(piped.returncode, 0, piped.stderr)
        self.assertEqual(len(piped.stdout.splitlines()), 10)
        self.assertTrue(piped.stdout.isascii() and "\033" not in piped.stdout, piped.stdout)
        self.assertEqual(self.ctl("plot", "zombis").returncode, 66)
        self.assertEqual(self.ctl("plot", "--height", "2").returncode, 64)
        once = self.ctl("top")
        self.assertEqual((once.returncode, len(once.stdout.splitlines())), (0, 24))

    # Whom it lets in, and where

    def test_the_socket_is_for_owner_and_group_and_goes_with_the_agent(self):
        agent = self.start()
        mode = os.stat(self.sock).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o660)
        agent.terminate()
        self.assertEqual(agent.wait(20), 0)
        self.assertFalse(os.path.exists(self.sock))

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to become somebody else")
    def test_others_are_refused(self):
        self.start()
        os.chmod(self.dir, 0o755)
        result = self.ctl("status", user=65534, group=65534, extra_groups=[])
        self.assertEqual(result.returncode, 77)
        self.assertIn("permission denied", result.stderr)
        member = self.ctl("status", user=65534, group=os.stat(self.sock).st_gid, extra_groups=[])
        self.assertEqual(member.returncode, 0, member.stderr)

    def test_a_socket_that_was_left_behind_is_replaced(self):
        agent = self.start()
        agent.kill()
        agent.wait()
        self.assertTrue(os.path.exists(self.sock))
        self.start()
        self.assertNotIn("control:", self.stderr())

    def test_what_its_parent_closed_is_no_place_for_a_socket(self):
        agent = subprocess.Popen(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", EPSILOND, "-c", self.ini(), "--state", "none"])
        self.addCleanup(agent.wait)
        self.addCleanup(agent.kill)
        self.wait_for(lambda: self.ctl("status").returncode == 0, "an agent that answers")
        try:
            self.assertEqual([os.readlink("/proc/%d/fd/%d" % (agent.pid, fd)) for fd in range(3)], ["/dev/null"] * 3)
        except PermissionError as error:  # it has become somebody else
            self.skipTest(str(error))
        self.goes_on(agent)

    def test_the_socket_of_another_agent_is_left_alone(self):
        first = self.start()
        second = self.start("--ticks", "3", wait=False)
        self.assertEqual(second.wait(20), 0)
        self.assertIn(self.sock + ": another agent listens there", self.stderr())
        self.assertEqual(self.status()["agent"]["pid"], first.pid)

    def test_a_path_that_cannot_be_made_is_said_once_and_done_without(self):
        ini = self.ini("100ms", self.path("no/such/dir/sock"))
        agent = self.start("--ticks", "5", ini=ini, wait=False)
        self.assertEqual(agent.wait(20), 0)
        self.assertEqual(self.stderr().count("no/such/dir/sock"), 1, self.stderr())

    def test_a_reload_makes_the_socket_that_could_not_be_made_or_is_gone(self):
        self.write("control.sock", "no socket")
        agent = self.start(wait=False)
        self.wait_for(lambda: "going on without a socket" in self.stderr(), "a word about the socket")
        for _ in range(2):
            os.unlink(self.sock)
            agent.send_signal(signal.SIGHUP)
            self.wait_for(lambda: self.ctl("status").returncode == 0, "an agent that answers")
        self.assertEqual(self.stderr().count("going on without a socket"), 1, self.stderr())
        self.assertIn("control: listening at %s now" % self.sock, self.stderr())
        inode = os.stat(self.sock).st_ino
        agent.send_signal(signal.SIGHUP)
        self.wait_for(lambda: self.stderr().count("reloaded;") == 3, "another reload")
        self.assertEqual(os.stat(self.sock).st_ino, inode)
        self.assertEqual(self.ctl("status").returncode, 0)

    def test_a_reload_moves_the_socket_and_keeps_the_mute(self):
        agent = self.start()
        self.assertEqual(self.ctl("mute", "1h", "one", "two").returncode, 0)
        old, self.sock = self.sock, self.path("moved.sock")
        self.ini()
        agent.send_signal(signal.SIGHUP)
        self.wait_for(lambda: self.ctl("status").returncode == 0, "an agent at the new path")
        self.assertFalse(os.path.exists(old))
        self.assertEqual(self.status()["agent"]["mute_reason"], "one two")
        again = json.loads(self.ctl("mute", "1h", "three", "--json").stdout)
        self.assertEqual((again["muted"], again["mute_reason"]), (True, "three"))
        self.ini(sock="none")
        agent.send_signal(signal.SIGHUP)
        self.wait_for(lambda: self.ctl("status").returncode == 3, "no socket at all")

    def test_a_window_that_mutes_is_named_with_its_end(self):
        ini = self.ini(rest="[mute night]\nwhen = daily 00:00-24:00\n")
        self.start(ini=ini)
        self.wait_for(lambda: self.samples() > 0, "a sample")
        agent = self.status()["agent"]
        self.assertEqual((agent["muted"], agent["mute_window"], agent["mute_window_name"]), (True, True, "night"))
        self.assertRegex(agent["mute_window_until"], r"^20\d\d-.*T\d\d:\d\d:00\.000Z$")
        self.assertIn("  muted until %s by [mute night] of the configuration\n" % agent["mute_window_until"],
                      self.ctl("status").stdout)
        self.assertIn("a [mute] window of the configuration goes on", self.ctl("unmute").stdout)

    def test_a_mute_outlasts_a_restart(self):
        state = self.path("state")
        agent = self.start(state=state)
        self.assertRegex(self.ctl("mute", "1h", "upgrade").stdout, r"^muted until 20..-")
        self.goes_on(agent, 2)
        agent.kill()  # what is commanded is saved with the next sample
        agent.wait()
        self.start(state=state)
        self.wait_for(lambda: self.samples() > 0, "a sample, from which on the clock counts")
        status = self.status()["agent"]
        self.assertEqual((status["state"], status["mute_reason"]), ("muted", "upgrade"))
        self.assertTrue(3500 < status["mute_left_s"] < 3600, status)
        after = self.ctl("unmute", "--json")
        self.assertEqual((json.loads(after.stdout)["state"], "mute_until" in after.stdout), ("learning", False))

    # What it survives

    def test_garbage_is_answered_with_an_error(self):
        agent = self.start()
        random.seed(1)
        lines = [b"\n", b"\0\0\0\n", b"GET / HTTP/1.1\r\n", b"x" * 100000, b"status " + b"y" * 4088 + b"\n", b"\xff" * 9 + b"\n",
                 b"mute -1\n", b"history " + b"z " * 2000 + b"\n", b"explain %n%s%s\n"]
        lines += [bytes(random.randrange(256) for _ in range(random.randrange(1, 300))).replace(b"\n", b"") + b"\n"
                  for _ in range(300)]
        for line in lines:
            client = self.connect()
            try:
                client.sendall(line)
            except BrokenPipeError:
                pass
            answer = self.read_all(client)
            self.assertTrue(answer.startswith(b"error "), (line[:50], answer))
            client.close()
        self.goes_on(agent)

    def test_a_thousand_connections_hold_nobody_up(self):
        agent = self.start()
        for _ in range(3):  # nobody says anything, and all stay open as far as they may
            clients = []
            for _ in range(333):
                client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                client.connect(self.sock)
                self.addCleanup(client.close)
                clients.append(client)
            self.goes_on(agent)
            for client in clients:
                client.close()
        for _ in range(1000):
            client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            client.connect(self.sock)
            client.sendall(b"status\n")
            self.assertTrue(self.read_all(client).endswith(b"\nok\n"))
            client.close()
        self.goes_on(agent)
        fds = "/proc/%d/fd/" % agent.pid
        sockets = [fd for fd in os.listdir(fds) if os.readlink(fds + fd).startswith("socket:")]
        self.assertLess(len(sockets), 12)

    def test_slow_readers_are_served_and_hold_nobody_up(self):
        # So many models that an answer is larger than what a socket takes.
        agent = self.start(ini=self.ini(rest="".join("[model m%d]\n" % number for number in range(16))))
        self.wait_for(lambda: self.samples() > 1, "two samples")
        readers = [self.connect() for _ in range(6)]
        for reader in readers:
            reader.sendall(b"features\n")
        text = b""
        for _ in range(3):
            text += readers[0].recv(8192)
            self.goes_on(agent, 1)
        waiting = struct.unpack("i", fcntl.ioctl(readers[0].fileno(), termios.FIONREAD, struct.pack("i", 0)))[0]
        for reader in readers[1:]:
            reader.close()  # in the middle of an answer
        rest = self.read_all(readers[0])
        self.assertGreater(len(rest), waiting, "no answer was ever larger than the socket: this proves nothing")
        text += rest
        self.assertTrue(text.endswith(b"\nok\n"), text[-100:])
        lines = [json.loads(line) for line in text.splitlines()[:-1]]
        self.assertEqual(len([line for line in lines if line["what"] == "model"]), 16)
        self.goes_on(agent)

    def test_half_open_clients_are_answered_or_closed(self):
        agent = self.start()
        begun = time.monotonic()
        silent = self.connect()
        half = self.connect()
        half.sendall(b"status")
        half.shutdown(socket.SHUT_WR)
        self.assertTrue(self.read_all(half).endswith(b"\nok\n"))
        dripping = self.connect()
        for piece in (b"sta", b"tu", b"s\n"):
            dripping.sendall(piece)
            self.goes_on(agent, 1)
        self.assertTrue(self.read_all(dripping).endswith(b"\nok\n"))
        gone = self.connect()
        gone.sendall(b"history\n")
        gone.close()
        self.goes_on(agent)
        self.assertEqual(self.read_all(silent), b"")
        self.assertGreater(time.monotonic() - begun, 9)  # its patience is 10 s
        self.goes_on(agent)

    # A mute, an episode and a fresh start

    def open_files(self, count):
        self.write("host/proc/sys/fs/next", "%d\t0\t9223372036854775807\n" % count)
        os.rename(self.path("host/proc/sys/fs/next"), self.path("host/proc/sys/fs/file-nr"))

    def start_learned(self, state="none"):
        """An agent that knows a host of its own, whose open files it watches; all it was started with."""
        shutil.copytree(FIXTURES + "/idle/1", self.path("host"))
        self.open_files(1000)
        ini = self.ini("100ms", rest="[model host]\nwarm_up = 30s\nfeatures = open_files tcp_sockets\nclear_after = 1s\n")
        words, options = ("--root", self.path("host")), {"ini": ini, "state": state}
        agent = self.start(*words, **options)
        self.wait_for(lambda: self.status()["agent"]["state"] == "normal", "the end of the warm-up", 120)
        return agent, words, options

    def test_a_kill_in_an_episode_ends_neither_the_mute_nor_the_explanation(self):
        agent, words, options = self.start_learned(state=self.path("state"))
        agent.send_signal(signal.SIGUSR1)
        self.wait_for(lambda: os.path.exists(self.path("state")), "a saved state")
        self.open_files(1000000)
        self.wait_for(lambda: self.ctl("explain").returncode == 0, "an episode that is told of")
        episode = self.status()["models"][0]["id"]
        self.assertEqual(self.ctl("mute", "1h", "on it").returncode, 0)
        self.goes_on(agent, 2)
        agent.kill()
        agent.wait()
        self.start(*words, **options)
        self.wait_for(lambda: self.samples() > 1, "two samples")
        status = self.status()
        self.assertEqual((status["agent"]["state"], status["agent"]["mute_reason"]), ("muted", "on it"))
        self.assertEqual(status["models"][0]["id"], episode)
        explained = json.loads(self.ctl("explain", episode, "--json").stdout)
        self.assertEqual((explained["features"][0]["name"], explained["arithmetic"][0]["value"]), ("open_files", 1000000))

    def test_mute_mutes_explain_explains_and_relearn_forgets(self):
        agent, _, _ = self.start_learned()
        os.set_blocking(agent.stdout.fileno(), False)
        told = []

        def events():
            try:
                told.extend(json.loads(line) for line in os.read(agent.stdout.fileno(), 1 << 20).splitlines())
            except BlockingIOError:
                pass
            return [event["event"] for event in told]

        self.assertEqual(self.ctl("mute", "10m", 'the "nightly" backup').returncode, 0)
        self.open_files(1000000)
        self.wait_for(lambda: self.status()["models"][0]["surprise"] > 3, "a strange score")
        self.goes_on(agent, 10)
        self.assertEqual(events(), ["start"])
        muted = self.ctl("status").stdout
        self.assertRegex(muted, r'muted for another \d+ min \d+ s, until \S+: the "nightly" backup')
        self.assertEqual(self.ctl("check").returncode, 0)

        self.assertEqual(self.ctl("unmute").returncode, 0)
        self.wait_for(lambda: "raised" in events(), "raised after unmute")
        self.assertEqual(self.status()["models"][0]["id"], told[-1]["id"])
        self.assertIn(self.ctl("check").returncode, (1, 2))
        self.assertRegex(self.ctl("check").stdout, r"^EPSILON (WARNING|CRITICAL) - .*open files 1 M \(usual 1000 ")
        text = self.ctl("explain").stdout
        self.assertRegex(text, r"^RAISED " + told[-1]["id"])
        self.assertRegex(text, r"(?m)^open files +1 M +1000 ± ")
        explained = json.loads(self.ctl("explain", told[-1]["id"], "--json").stdout)
        self.assertEqual(explained["event"], "raised")
        self.assertEqual(explained["arithmetic"][0]["value"], 1000000)
        self.assertAlmostEqual(sum(term["log_density"] for term in explained["arithmetic"]),
                               explained["log_super_epsilon"], delta=1e-4 * abs(explained["log_super_epsilon"]))

        self.assertEqual(self.ctl("relearn", "no_such").returncode, 66)
        forgotten = self.ctl("relearn", "open_files")
        self.assertEqual((forgotten.returncode, forgotten.stderr), (0, ""))
        self.assertEqual(self.ctl("relearn").returncode, 0)
        self.wait_for(lambda: "cleared" in events(), "cleared by relearn")
        self.assertEqual(self.status()["agent"]["state"], "learning")
        self.assertEqual(events(), ["start", "raised", "cleared"])
        agent.terminate()
        self.assertEqual(agent.wait(20), 0)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *("Control." + name for name in sys.argv[4:])], verbosity=2)

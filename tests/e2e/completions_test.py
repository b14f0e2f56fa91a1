#!/usr/bin/env python3
"""The completions of bash and zsh offer each option of each command's --help, and none that is not there.

usage: completions_test.py EPSILOND EPSILONCTL COMPLETIONS [TEST]
"""
import os
import re
import shutil
import subprocess
import sys
import unittest

EPSILOND, EPSILONCTL, COMPLETIONS = sys.argv[1:4]


def output(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


def options_of(text):
    """What a --help tells of, its examples aside: those may be about another command."""
    text = re.split(r"\n(?:Examples?|EXAMPLES):", text)[0]
    found = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))
    return found | set(re.findall(r"^ +(-[A-Za-z]), --", text, re.M))


def subcommands():
    listed = output(EPSILONCTL, "no-such-subcommand").stderr
    words = re.search(r"\(there are: (.*)\)", listed).group(1).split(", ")
    return [word for word in words if word != "help" and not word.startswith("-")]


def help_of(*words):
    result = output(*words, "--help")
    assert result.returncode == 0, result.stderr
    return result.stdout


class Completions(unittest.TestCase):
    def bash(self, *words, program="epsilonctl", environment=None):
        """What the real bash has in COMPREPLY behind these words, the last of which is being typed."""
        script = """
            source "$1"; shift
            completer=$(complete -p "$1") || exit 1
            completer=${completer#*-F }; completer=${completer%% *}
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
            "$completer" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            ((${#COMPREPLY[@]})) && printf '%s\\n' "${COMPREPLY[@]}"
            exit 0"""
        result = output("bash", "--norc", "--noprofile", "-c", script, "bash",
                        os.path.join(COMPLETIONS, "bash", program), program, *words, env=environment)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout.split("\n")[:-1]

    def zsh(self, function, program="epsilonctl"):
        """The options that a completion function of the real zsh hands to _arguments."""
        if not shutil.which("zsh"):
            self.skipTest("no zsh here")
        script = """
            emulate -R zsh
            _arguments() { print -rl -- "$@" }; _describe() { }; _files() { }
            file=$1 completer=$2; set --
            source $file >/dev/null
            (( $+functions[$completer] )) || exit 1
            $completer"""
        result = output("zsh", "-f", "-c", script, "zsh", os.path.join(COMPLETIONS, "zsh", "_" + program), function)
        self.assertEqual((result.returncode, result.stderr), (0, ""), function)
        return {option for line in result.stdout.splitlines()
                for option in re.findall(r"^(?:\([^)]*\)|\*)?(--?[A-Za-z][a-z-]*)\[", line)}

    def test_bash_offers_the_options_of_the_agent(self):
        self.assertEqual(set(self.bash("-", program="epsilond")), options_of(help_of(EPSILOND)))

    def test_bash_offers_every_subcommand(self):
        self.assertEqual(set(self.bash("")), set(subcommands()) | {"help"} | options_of(help_of(EPSILONCTL)))
        self.assertEqual(set(self.bash("help", "")), set(subcommands()))
        self.assertEqual(set(self.bash("un")), {"unmute"})

    def test_bash_offers_the_options_of_each_subcommand(self):
        for name in subcommands():
            expected = options_of(help_of(EPSILONCTL, name))
            self.assertIn("--help", expected)
            self.assertEqual(set(self.bash(name, "-")), expected, name)

    def test_bash_offers_what_may_stand_behind_an_option(self):
        text = help_of(EPSILONCTL, "score")
        formats = re.search(r"--format FORMAT +([a-z, ]+)\(default", text).group(1).replace(",", "").split()
        for typed in (["--format", ""], ["--format", "="], ["--format", "=", ""]):  # --format=VALUE is split by bash
            self.assertEqual(self.bash("score", "x.csv", *typed), formats, typed)
        models = re.search(r"\n  --model KIND.*?\n  --columns", text, re.S).group(0)
        kinds = re.findall(r"^      ([a-z_]+) ", models, re.M)
        self.assertEqual(self.bash("score", "--model", ""), kinds)
        cuts = re.search(r"\n  --threshold FORM.*?\n  --labels", text, re.S).group(0)
        forms = re.findall(r"^      ([a-z-]+:?)", cuts, re.M)
        self.assertEqual(self.bash("score", "--threshold", ""), forms)
        self.assertEqual(self.bash("plot", "--rows", ""), [])

    def test_bash_offers_files_where_a_file_stands(self):
        root = os.path.dirname(COMPLETIONS)
        for words in (["score"], ["replay", "-c"], ["learn", "--state"], ["status", "--socket"]):
            self.assertEqual(self.bash(*words, root + "/epsilond.i"), [root + "/epsilond.ini"], words)
        folders = {entry.path for entry in os.scandir(root) if entry.is_dir()}
        self.assertEqual(set(self.bash("doctor", "--root", root + "/")), folders)
        self.assertIn("none", self.bash("--state", "", program="epsilond"))

    def test_bash_needs_no_running_agent(self):
        environment = {"PATH": os.environ["PATH"]}  # without a program of that name behind which features are
        self.assertEqual(self.bash("plot", "", environment=environment), [])
        self.assertEqual(self.bash("explain", ""), ["now"])

    def test_zsh_reads_both_files(self):
        if not shutil.which("zsh"):
            self.skipTest("no zsh here")
        for name in ("_epsilond", "_epsilonctl"):
            result = output("zsh", "-n", os.path.join(COMPLETIONS, "zsh", name))
            self.assertEqual((result.returncode, result.stderr), (0, ""), name)
            with open(os.path.join(COMPLETIONS, "zsh", name)) as file:
                self.assertEqual(file.readline(), "#compdef %s\n" % name[1:])

    def test_zsh_offers_the_options_of_the_agent(self):
        self.assertEqual(self.zsh("_epsilond", "epsilond"), options_of(help_of(EPSILOND)))

    def test_zsh_offers_every_subcommand_with_its_options(self):
        for name in subcommands():
            self.assertEqual(self.zsh("_epsilonctl_" + name), options_of(help_of(EPSILONCTL, name)), name)
        with open(os.path.join(COMPLETIONS, "zsh", "_epsilonctl")) as file:
            text = file.read()
        described = re.search(r"_epsilonctl_subcommands=\((.*?)\n\)", text, re.S).group(1)
        self.assertEqual(re.findall(r"^  '([a-z]+):", described, re.M), subcommands())
        self.assertEqual(self.zsh("_epsilonctl"), options_of(help_of(EPSILONCTL)))


if __name__ == "__main__":
    names = ["Completions." + name for name in sys.argv[4:]]
    program = unittest.main(argv=[sys.argv[0], *names], verbosity=2, exit=False)
    skipped = program.result.testsRun > 0 and len(program.result.skipped) == program.result.testsRun
    sys.exit(77 if skipped else not program.result.wasSuccessful())

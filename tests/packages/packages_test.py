#!/usr/bin/env python3
"""The packages of a build, twice packed: what is in them, what lintian and rpmlint say, and that both are the same bytes.

usage: packages_test.py BUILD SOURCE
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD, SOURCE = (os.path.abspath(path) for path in sys.argv[1:3])


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, **options)
    return done.returncode, done.stdout + done.stderr


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for tool in ("cpack", "dpkg-deb", "rpmbuild"):
            if not shutil.which(tool):
                raise unittest.SkipTest("no %s here" % tool)
        with open(os.path.join(BUILD, "agent/report/uplot_dir")) as file:
            if not file.read().strip():
                raise unittest.SkipTest("built without uPlot, which packages need")
        # Two places, two umasks, two languages; the second where names come in another order, if that is to be had.
        elsewhere = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        cls.folders = [tempfile.mkdtemp(prefix="epsilond-packages-"),
                       tempfile.mkdtemp(prefix="epsilond-packages-", dir=elsewhere)]
        for folder, umask, zone in zip(cls.folders, (0o022, 0o077), ("UTC", "Pacific/Chatham")):
            cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
            code, said = run("cpack", "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-B", folder,
                             umask=umask, env=dict(os.environ, TZ=zone))
            if code != 0:
                raise AssertionError(said)

    def package(self, ending):
        names = [name for name in os.listdir(self.folders[0]) if name.endswith(ending)]
        self.assertEqual(len(names), 1, names)
        return os.path.join(self.folders[0], names[0])

    def test_both_are_the_same_bytes_and_have_the_sums_that_are_told(self):
        with open(os.path.join(self.folders[0], "SHA256SUMS")) as file:
            names = [line.split()[1] for line in file]
        self.assertEqual(sorted(os.path.splitext(name)[1] for name in names), [".deb", ".gz", ".json", ".rpm"])
        for name in names + ["SHA256SUMS"]:
            first, second = (open(os.path.join(folder, name), "rb").read() for folder in self.folders)
            self.assertTrue(first == second, name)
        for folder in self.folders:
            self.assertEqual(run("sha256sum", "-c", "SHA256SUMS", cwd=folder)[0], 0)

    def test_lintian_has_nothing_to_say(self):
        if not shutil.which("lintian"):
            self.skipTest("no lintian here")
        code, said = run("lintian", "--pedantic", "--fail-on", "error,warning", self.package(".deb"))
        self.assertEqual(code, 0, said)

    def test_rpmlint_has_nothing_to_say(self):
        if not shutil.which("rpmlint"):
            self.skipTest("no rpmlint here")
        code, said = run("rpmlint", "-r", os.path.join(SOURCE, "etc/packages/rpm/rpmlintrc"), self.package(".rpm"))
        self.assertIn(" 0 errors, 0 warnings", said)
        self.assertEqual(code, 0, said)

    def test_the_deb_holds_what_a_host_needs_and_asks_for_nothing(self):
        deb = self.package(".deb")
        names = set(re.findall(r" \./(\S*[^/\s])$", run("dpkg-deb", "-c", deb)[1], re.M))
        self.assertLessEqual({
            "usr/sbin/epsilond", "usr/bin/epsilonctl", "etc/epsilond/epsilond.ini", "etc/init.d/epsilond",
            "usr/lib/systemd/system/epsilond.service", "usr/lib/sysusers.d/epsilond.conf",
            "usr/share/man/man1/epsilonctl.1.gz", "usr/share/man/man5/epsilond.ini.5.gz",
            "usr/share/man/man8/epsilond.8.gz", "usr/share/bash-completion/completions/epsilonctl",
            "usr/share/zsh/vendor-completions/_epsilonctl", "usr/share/doc/epsilond/copyright",
            "usr/share/doc/epsilond/NOTICE", "usr/share/doc/epsilond/epsilond.spdx.json",
            "usr/share/doc/epsilond/changelog.gz",
            "usr/share/doc/epsilond/examples/node-exporter-textfile.ini"}, names)
        self.assertIn(" ./etc/epsilond/conf.d/\n", run("dpkg-deb", "-c", deb)[1])
        self.assertNotRegex(run("dpkg-deb", "-f", deb)[1], r"(?m)^(Pre-)?(Depends|Recommends):")
        self.assertEqual(set(run("dpkg-deb", "-I", deb, "conffiles")[1].split()),
                         {"/etc/epsilond/epsilond.ini", "/etc/init.d/epsilond"})

    def test_the_rpm_keeps_a_changed_ini_and_carries_the_licence_it_owes(self):
        rpm = self.package(".rpm")
        self.assertEqual(run("rpm", "-qp", "--configfiles", rpm)[1].split(), ["/etc/epsilond/epsilond.ini"])
        self.assertRegex(run("rpm", "-qp", "--qf", "[%{FILEFLAGS:fflags} %{FILENAMES}\n]", rpm)[1],
                         r"(?m)^cn /etc/epsilond/epsilond.ini$")
        self.assertIn("/usr/share/doc/epsilond/LGPL-2.1.txt", run("rpm", "-qpl", rpm)[1])
        for line in run("rpm", "-qp", "--requires", rpm)[1].splitlines():
            self.assertRegex(line, r"^(rpmlib\(.*|/bin/sh)$")

    def test_every_library_that_the_linker_took_is_in_the_sbom(self):
        with open(self.package(".spdx.json")) as file:
            sbom = json.load(file)
        self.assertEqual(sbom["spdxVersion"], "SPDX-2.3")
        packages = {package["name"]: package for package in sbom["packages"]}
        self.assertLessEqual({"epsilond", "glibc", "gcc", "libstatgrab", "inih", "eigen", "zlib"}, set(packages))
        for name, package in packages.items():
            self.assertRegex(package["versionInfo"], r"^[0-9]", name)
            self.assertNotEqual(package["licenseConcluded"], "NOASSERTION", name)
        files = {part["SPDXID"] for part in sbom["files"]}
        closed = {part["SPDXID"] for part in sbom["packages"] if not part["filesAnalyzed"]}
        known = {"SPDXRef-DOCUMENT"} | {part["SPDXID"] for part in sbom["packages"] + sbom["files"]}
        linked = {}
        for relation in sbom["relationships"]:
            self.assertLessEqual({relation["spdxElementId"], relation["relatedSpdxElement"]}, known)
            if relation["relationshipType"] == "CONTAINS" and relation["spdxElementId"] in closed:
                self.assertNotIn(relation["relatedSpdxElement"], files, "SPDX 2.3, clause 7.8")
            linked.setdefault(relation["spdxElementId"], set()).add(relation["relatedSpdxElement"])
        of_archive = {"libc": "glibc", "libm": "glibc", "libstdc++": "gcc", "libgcc": "gcc", "libgcc_eh": "gcc",
                      "libstatgrab": "libstatgrab", "libinih": "inih", "libz": "zlib"}
        for program in ("epsilond", "epsilonctl"):
            with open(os.path.join(BUILD, program + ".map"), errors="replace") as file:
                archives = set(re.findall(r"^/\S*/(lib[^/(]*?)(?:-[0-9.]+)?\.a\(", file.read(), re.M))
            self.assertIn("libc", archives)
            self.assertIn("SPDXRef-epsilond", linked["SPDXRef-program-" + program])
            self.assertIn("SPDXRef-program-" + program, linked["SPDXRef-DOCUMENT"])
            for archive in archives:
                self.assertIn("SPDXRef-" + of_archive[archive], linked["SPDXRef-program-" + program], archive)

    def test_the_sbom_keeps_the_rules_of_its_format(self):
        # No validator of SPDX documents is packaged: what clauses 6 to 8 and 11 of version 2.3 demand, by hand.
        with open(self.package(".spdx.json")) as file:
            sbom = json.load(file)
        self.assertEqual((sbom["dataLicense"], sbom["SPDXID"]), ("CC0-1.0", "SPDXRef-DOCUMENT"))
        self.assertRegex(sbom["documentNamespace"], r"^urn:uuid:[0-9a-f-]{36}$")
        self.assertRegex(sbom["creationInfo"]["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        for creator in sbom["creationInfo"]["creators"]:
            self.assertRegex(creator, r"^(Tool|Person|Organization): \S")
        names = [part["SPDXID"] for part in sbom["packages"] + sbom["files"]] + [sbom["SPDXID"]]
        self.assertEqual(len(names), len(set(names)))
        for name in names:
            self.assertRegex(name, r"^SPDXRef-[A-Za-z0-9.-]+$")
        for package in sbom["packages"]:
            self.assertLessEqual({"name", "downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText"},
                                 set(package))
            self.assertFalse(package["filesAnalyzed"])
            self.assertFalse({"packageVerificationCode", "licenseInfoFromFiles", "hasFiles"} & set(package), package["name"])
            for reference in package["externalRefs"]:
                self.assertEqual((reference["referenceCategory"], reference["referenceType"]), ("PACKAGE-MANAGER", "purl"))
                self.assertRegex(reference["referenceLocator"], r"^pkg:[a-z]+/[^@]+@[^@?+:]+(\?arch=\w+)?$")
        for part in sbom["files"]:
            self.assertTrue(part["fileName"].startswith("./"))
            sums = {one["algorithm"]: one["checksumValue"] for one in part["checksums"]}
            self.assertRegex(sums["SHA1"], r"^[0-9a-f]{40}$")
            self.assertRegex(sums["SHA256"], r"^[0-9a-f]{64}$")
        self.assertLessEqual({relation["relationshipType"] for relation in sbom["relationships"]},
                             {"DESCRIBES", "GENERATED_FROM", "STATIC_LINK", "CONTAINS"})

    def test_the_licences_of_the_sbom_are_those_of_spdx(self):
        # By the system's Python: the distribution installs the module for that one.
        check = ("import json, sys\nfrom license_expression import get_spdx_licensing\nspdx = get_spdx_licensing()\n"
                 "for package in json.load(open(sys.argv[1]))['packages']:\n"
                 "    for error in spdx.validate(package['licenseConcluded'], strict=True).errors: print(package['name'], error)")
        code, said = run("/usr/bin/python3", "-c", check, self.package(".spdx.json"))
        if "ModuleNotFoundError" in said:
            self.skipTest("no python3-license-expression here")
        self.assertEqual((code, said), (0, ""))


if __name__ == "__main__":
    program = unittest.main(argv=sys.argv[:1], verbosity=2, exit=False)
    skipped = len(program.result.skipped) > 0 and program.result.testsRun == len(program.result.skipped)
    nothing = program.result.testsRun == 0
    sys.exit(77 if program.result.wasSuccessful() and (skipped or nothing) else not program.result.wasSuccessful())

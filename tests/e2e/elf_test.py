#!/usr/bin/env python3
"""What is shipped, as the loader of the kernel sees it: static, for the processor it says, and hardened.

usage: elf_test.py PROCESSOR EPSILOND EPSILONCTL [TEST]
"""
import re
import shutil
import subprocess
import sys
import unittest

PROCESSOR = sys.argv[1]
PROGRAMS = sys.argv[2:4]
MACHINES = {"x86_64": ("ELF64", "X86-64"), "aarch64": ("ELF64", "AArch64"), "armv7l": ("ELF32", "ARM"),
            "armv5tel": ("ELF32", "ARM")}


def readelf(*arguments):
    result = subprocess.run(["readelf", "-W", *arguments], capture_output=True, text=True, check=True)
    return result.stdout


class Elf(unittest.TestCase):
    def setUp(self):
        if not shutil.which("readelf"):
            self.skipTest("no readelf (binutils) here")

    def each(self, *arguments):
        for program in PROGRAMS:
            with self.subTest(program):
                yield readelf(*arguments, program)

    def test_nothing_is_loaded_beside_it(self):
        for text in self.each("-l", "-d"):
            self.assertNotIn("INTERP", text)
            self.assertNotIn("(NEEDED)", text)

    def test_it_is_for_its_processor(self):
        if PROCESSOR not in MACHINES:
            self.skipTest("nothing is known about " + PROCESSOR)
        bits, machine = MACHINES[PROCESSOR]
        for text in self.each("-h"):
            self.assertRegex(text, r"Class: +%s\n" % bits)
            self.assertRegex(text, r"Machine: +.*%s\n" % machine)
            self.assertIn("little endian", text)

    def test_it_stands_anywhere_in_memory_where_the_c_library_can(self):
        # Debian's C library for 32-bit ARM has no start code for it.
        kind = "EXEC" if PROCESSOR in ("armv7l", "armv5tel") else "DYN"
        for text in self.each("-h"):
            self.assertRegex(text, r"Type: +%s " % kind)

    def test_no_memory_is_written_and_run(self):
        for text in self.each("-l"):
            self.assertRegex(text, r"GNU_STACK .* RW +0x")
            self.assertNotRegex(text, r"LOAD .* RWE ")
            self.assertIn("GNU_RELRO", text)

    def test_it_is_stripped(self):
        for text in self.each("-S"):
            self.assertNotIn(".symtab", text)
            self.assertNotIn(".debug_", text)

    def attributes(self):
        for text in self.each("-A"):
            yield dict(re.findall(r"^ +(Tag_\w+): (.*)$", text, re.MULTILINE))

    def test_armel_is_version_5_without_floating_point_instructions(self):
        if PROCESSOR != "armv5tel":
            self.skipTest("not armel")
        for found in self.attributes():
            self.assertIn(found["Tag_CPU_arch"], ("v4T", "v5T", "v5TE"))
            for absent in ("Tag_FP_arch", "Tag_Advanced_SIMD_arch", "Tag_ABI_VFP_args"):
                self.assertNotIn(absent, found)
        for text in self.each("-h"):
            self.assertIn("soft-float ABI", text)

    def test_armhf_is_version_7_with_arguments_in_floating_point_registers(self):
        if PROCESSOR != "armv7l":
            self.skipTest("not armhf")
        for found in self.attributes():
            self.assertEqual(found["Tag_CPU_arch"], "v7")
            self.assertEqual(found["Tag_ABI_VFP_args"], "VFP registers")
        for text in self.each("-h"):
            self.assertIn("hard-float ABI", text)


if __name__ == "__main__":
    names = ["Elf." + name for name in sys.argv[4:]]
    suite = unittest.defaultTestLoader.loadTestsFromNames(names or ["Elf"], sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    if not result.wasSuccessful():
        sys.exit(1)
    # CTest shows it as skipped.
    sys.exit(77 if result.skipped and len(result.skipped) == result.testsRun else 0)

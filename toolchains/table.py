#!/usr/bin/env python3
"""The table of docs/platforms.md: the programs of each preset that is built, as readelf and the file system see them.

usage: toolchains/table.py [PRESET...]        (from the top of the repository; default: release and the cross presets)
"""
import os
import re
import subprocess
import sys

PRESETS = ("release", "aarch64", "armhf", "armel")


def readelf(option, path):
    return subprocess.run(["readelf", "-W", option, path], capture_output=True, text=True, check=True).stdout


def described(path):
    header, segments = readelf("-h", path), readelf("-l", path)
    attributes = dict(re.findall(r"(Tag_CPU_arch|Tag_FP_arch|Tag_ABI_VFP_args): (.*)", readelf("-A", path)))
    machine = re.search(r"Machine: +(.*)", header).group(1)
    machine = machine.replace("Advanced Micro Devices ", "") + "".join(
        " " + attributes[tag] for tag in ("Tag_CPU_arch", "Tag_FP_arch") if tag in attributes)
    if "soft-float" in header:
        machine += ", soft float"
    kind = "static" if "INTERP" not in segments else "dynamic"
    if re.search(r"Type: +DYN", header):
        kind += ", position-independent"
    return machine, kind


def main():
    print("| preset | processor | link | epsilond | epsilonctl |")
    print("|---|---|---|---:|---:|")
    for preset in sys.argv[1:] or PRESETS:
        agent, tool = (os.path.join("build", preset, name) for name in ("epsilond", "epsilonctl"))
        if not os.path.exists(agent):
            print("%s: not built" % preset, file=sys.stderr)
            continue
        sizes = ["{:,}".format(os.path.getsize(path)) if os.path.exists(path) else "" for path in (agent, tool)]
        print("| `%s` | %s | %s | %s | %s |" % (preset, *described(agent), *sizes))


if __name__ == "__main__":
    main()

"""Checks what journald made of the flags of send_flag: check_journald.py OUT.json TEXT_OF_THE_EXAMPLE"""
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    entries = [json.loads(line) for line in file]
text = sys.argv[2]
failures = []


def expect(what, actual, expected):
    if actual != expected:
        failures.append(f"{what}: {actual!r}, expected {expected!r}")


expect("entries", len(entries), 2)
if failures:
    sys.exit("\n".join(failures))
example, hostile = entries
for name, value in {
    "MESSAGE": "RAISED host: " + text, "MESSAGE_ID": "357f2b61aeec45c1ac95891b7781992a", "PRIORITY": "4",
    "SYSLOG_FACILITY": "16", "SYSLOG_IDENTIFIER": "epsilond", "EPSILOND_EVENT": "raised",
    "EPSILOND_ID": "host-20261121T224746Z-3", "EPSILOND_HOST": "web1.example.org",
    "EPSILOND_TIME": "2026-11-21T22:48:01.123Z", "EPSILOND_MODEL": "host", "EPSILOND_SURPRISE": "9.2",
    "EPSILOND_LOG_SUPER_EPSILON": "-83.1", "EPSILOND_THRESHOLD": "5.3", "EPSILOND_DURATION_S": "15",
    "EPSILOND_FEATURE_1": "mem_used_bytes", "EPSILOND_FEATURE_1_VALUE": "7912345600",
    "EPSILOND_FEATURE_1_MEAN": "2200000000", "EPSILOND_FEATURE_1_SD": "2.14748e8", "EPSILOND_FEATURE_1_Z": "26.6",
    "EPSILOND_FEATURE_1_SHARE": "0.71", "EPSILOND_FEATURE_2": "disk_write_bytes_per_s", "EPSILOND_FEATURE_2_Z": "8.4",
    "EPSILOND_PROCESS_1": "postgres", "EPSILOND_PROCESS_1_PID": "4411", "EPSILOND_PROCESS_1_UID": "113",
    "EPSILOND_PROCESS_1_WHAT": "rss_bytes", "EPSILOND_PROCESS_1_DELTA": "5600000000",
}.items():
    expect(name, example.get(name), value)
expect("names of features", sorted(example["EPSILOND_FEATURE"]), ["disk_write_bytes_per_s", "mem_used_bytes"])

expect("hostile MESSAGE_ID", hostile["MESSAGE_ID"], "779c7bc7686d4d34a6724766430fb1e2")
expect("hostile PRIORITY", hostile["PRIORITY"], "5")
expect("hostile id", hostile["EPSILOND_ID"], 'quote" bracket] backslash\\ end')
# journalctl shows a value with a line end in it as text or as a list of bytes, by version.
name = hostile["EPSILOND_PROCESS_1"]
expect("hostile process", bytes(name).decode() if isinstance(name, list) else name, "evil]\n<0>1 x")
expect("hostile text", hostile["MESSAGE"],
       'CLEARED host: first line <0>1 second "line" ] [x@1 y="z"] caf\u00e9 \U0001F427')

if failures:
    sys.exit("\n".join(failures))

"""Checks what rsyslogd made of the flags of send_flag: check_rsyslog.py OUT.json TEXT_OF_THE_EXAMPLE"""
import json
import sys

# Where a message has no structured data rsyslogd writes nothing at its place.
lines = [json.loads(line.replace('"sd":}', '"sd":null}')) for line in open(sys.argv[1], encoding="utf-8")]
text = sys.argv[2]
failures = []


def expect(what, actual, expected):
    if actual != expected:
        failures.append(f"{what}: {actual!r}, expected {expected!r}")


udp = [line for line in lines if line["input"] == "imudp"]
local = [line for line in lines if line["input"] == "imuxsock"]
expect("UDP messages", len(udp), 2)
expect("local messages", len(local), 2)
if failures:
    sys.exit("\n".join(failures))

example, hostile = udp
LOCAL0 = 16
expect("version", example["version"], "1")
expect("pri of RAISED", example["pri"], str(LOCAL0 * 8 + 4))
expect("host", example["host"], "web1.example.org")
expect("app-name", example["app"], "epsilond")
expect("procid is a number", example["procid"].isdigit(), True)
expect("msgid", example["msgid"], "RAISED")
expect("time", example["time"], "2026-11-21T22:48:01.123Z")
expect("text", example["msg"].strip(), text)
data = example["sd"]["epsilond@32473"]
for name, value in {
    "event": "raised", "id": "host-20261121T224746Z-3", "model": "host", "surprise": "9.2", "logSuperEpsilon": "-83.1",
    "threshold": "5.3", "feature": "mem_used_bytes", "z": "26.6", "duration": "15", "process": "postgres[4411]",
    "what": "rss_bytes", "delta": "5600000000", "unit": "postgresql.service", "value": "7912345600", "share": "0.71", "z2": "8.4",
}.items():
    expect(f"sd {name}", data.get(name), value)
expect("sequence", example["sd"]["meta"], {"sequenceId": "1"})

expect("pri of CLEARED", hostile["pri"], str(LOCAL0 * 8 + 5))
expect("msgid", hostile["msgid"], "CLEARED")
expect("escaped id", hostile["sd"]["epsilond@32473"]["id"], 'quote" bracket] backslash\\ end')
expect("escaped process", hostile["sd"]["epsilond@32473"]["process"], "evil]<0>1 x[4411]")
expect("hostile text", hostile["msg"].strip(), 'first line <0>1 second "line" ] [x@1 y="z"] caf\u00e9 \U0001F427')
expect("sequence", hostile["sd"]["meta"], {"sequenceId": "2"})

example, hostile = local
expect("local pri", example["pri"], str(LOCAL0 * 8 + 4))
expect("local app-name", example["app"], "epsilond")
expect("local tag", example["tag"], f"epsilond[{example['procid']}]:")
expect("local text", example["msg"].strip(), "RAISED surprise=9.2 id=host-20261121T224746Z-3 model=host " + text)
expect("local hostile pri", hostile["pri"], str(LOCAL0 * 8 + 5))
expect("local hostile app-name", hostile["app"], "epsilond")
expect("local hostile text", hostile["msg"].strip(),
       'CLEARED surprise=9.2 id=quote"_bracket]_backslash\\_end model=host '
       'first line <0>1 second "line" ] [x@1 y="z"] caf\u00e9 \U0001F427')

if failures:
    sys.exit("\n".join(failures))

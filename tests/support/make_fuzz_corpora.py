#!/usr/bin/env python3
"""Makes the inputs of fuzz harnesses that are not text, each from what its harness says an input is.

  tests/support/make_fuzz_corpora.py
"""
import gzip
import os
import struct

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
NAN = struct.unpack("<Q", struct.pack("<d", float("nan")))[0]


def bits(number):
    return struct.unpack("<Q", struct.pack("<d", number))[0]


def word(number):
    return struct.pack("<H", number)


def write(folder, inputs):
    os.makedirs(os.path.join(TESTS, folder), exist_ok=True)
    for name, content in inputs.items():
        with open(os.path.join(TESTS, folder, name), "wb") as file:
            file.write(content)


def patches(*places):
    """state_patch.h: (place, 64 bits) each."""
    return word(0) + b"".join(struct.pack("<IQ", place, value) for place, value in places)


def record(name, features_hash, body):
    """state_record.h."""
    return struct.pack("<32sQQ", name, features_hash, len(body)) + body


def model_states():
    kinds = ("product", "mahalanobis", "mixture", "kmeans", "isolation_forest", "zscore", "series")
    learned_s, mean = 72, 88  # of any kind: behind the header of the record and in the first feature
    inputs = {}
    for number, kind in enumerate(kinds):
        inputs[kind] = word(number) + patches()
        inputs[kind + "_other_mean"] = word(number) + patches((mean, bits(5.0)))
        inputs[kind + "_not_a_number"] = word(number) + patches((mean, NAN))
    inputs["never_learned"] = word(0) + patches((learned_s, bits(-1.0)))
    inputs["other_version"] = word(0) + patches((48, 0))
    inputs["other_features"] = word(0) + word(1) + record(b"host", 1, b"")
    inputs["cut"] = word(0) + word(1) + record(b"host", 1, b"")[:20]
    inputs["no_end"] = word(0) + word(1) + struct.pack("<32sQQ", b"host", 1, 2**63)
    write("agent/pipeline/fuzz/corpus_model_state", inputs)


def saved_episodes():
    episode = 48  # behind the header of the record; the numbers below are the members of SavedEpisode in their order
    gone = struct.pack("<qQQq10d2Q", 1795305900 * 10**9, 3, 1, 1795305800 * 10**9,
                       100, 90, 90, 0, 0, 0, 0, 9, -80, 5, 0, 0)
    write("agent/pipeline/fuzz/corpus_saved_episode", {
        "open": patches(),
        "other_features": patches((32, 1)),
        "saved_later": patches((episode, 2**62)),
        "began_long_ago": patches((episode + 24, 2**63)),
        "resting": patches((episode + 64, 1)),
        "no_surprise": patches((episode + 88, NAN)),
        "far_column": patches((episode + 120, 255)),
        "no_such_model": word(1) + record(b"gone", 1, gone),
        "short": word(1) + record(b"host", 1, gone[:40]),
        "cut": word(1) + record(b"host", 1, gone)[:90],
    })


def gzips():
    with open(os.path.join(TESTS, "agent/history/fuzz/corpus_table/plain.csv"), "rb") as file:
        table = file.read()
    packed = gzip.compress(table, mtime=0)
    damaged = packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:]
    small, large = word(6) + word(4), word(511) + word(511)  # each word is one less than the piece
    write("platform/file/fuzz/corpus_gzip", {
        "one_member": small + packed,
        "two_members": small + packed + packed,
        "padded": small + packed + bytes(20),
        "garbage_behind": large + packed + bytes(3) + b"x",
        "other_member_behind": large + packed + packed[:12],
        "wrong_sum": large + damaged,
        "stored": large + gzip.compress(table, 0, mtime=0),
        "half": small + packed[:len(packed) // 2],
        "header_alone": small + packed[:10],
        "two_bytes": small + packed[:2],
        "bomb": large + gzip.compress(bytes(400000), mtime=0),
        "not_packed": large + table,
        "empty": large,
    })


def datagrams():
    def told(path):
        with open(os.path.join(TESTS, "platform/collect/fuzz", path), "rb") as file:
            return file.read().rstrip(b"\n")

    def letter(source=0, cut=0, wait=0):
        return bytes([0x40 | wait << 3 | cut << 2 | source])

    line, learning = told("corpus_influx_line/whole"), told("corpus_influx_line/learning")
    event, start = told("corpus_event_json/whole"), told("corpus_event_json/start")
    short = b"epsilond,host=%s,model=host surprise=1,anomalous=%di,sequence=%di %d"

    def row(host, anomalous, sequence):
        return short % (host, anomalous, sequence, (1766000000 + sequence) * 10**9)

    write("agent/fleet/fuzz/corpus_intake", {
        "a_line": letter() + line,
        "twice": b"\x01".join([letter() + line, letter(wait=1) + line]),
        "an_event": letter(2) + event,
        "start_then_lines": b"\x01".join([letter() + start, letter(wait=1) + learning, letter(wait=1) + learning]),
        "raised_and_cleared": b"\x01".join(letter(wait=1) + row(b"a", number in (2, 3), number)
                                           for number in range(1, 6)),
        "gap": b"\x01".join(letter(wait=1) + row(b"a", 0, number) for number in (1, 2, 9, 3, 10)),
        "silent_then_back": b"\x01".join(letter(wait=wait) + row(b"a", 0, number)
                                         for number, wait in enumerate((1, 1, 1, 1, 5, 7), 1)),
        "no_room": b"\x01".join(letter() + row(host, 0, 1) for host in (b"a", b"b", b"c"))
                   + b"\x01" + letter(1) + row(b"d", 0, 1) + b"\x01" + letter(1) + row(b"e", 0, 1),
        "forgotten": b"\x01".join([letter() + row(b"a", 0, 1), letter(1, wait=7) + row(b"b", 0, 2),
                                   letter(1, wait=7) + row(b"c", 0, 3)]),
        "two_sources": b"\x01".join([letter(0) + row(b"a", 0, 1), letter(1, wait=1) + row(b"a", 0, 2)]),
        "too_many": b"\x01".join(letter() + row(b"a", 0, number) for number in range(1, 6)),
        "not_allowed": letter(3) + row(b"a", 0, 1),
        "too_long": letter(cut=1) + row(b"a", 0, 1),
        "many_lines": letter() + b"\n".join(row(b"a", 0, number) for number in range(1, 4)) + b"\r\n# a comment\n\n",
        "not_utf8": letter() + row(b"\xff\xc3", 0, 1),
        "direction": letter() + row("a\u202eb".encode(), 0, 1),
        "nothing": letter(),
    })


def texts_in_parts():
    passwd = (b"root:x:0:0:root:/root:/bin/bash\n"
              b"epsilond:x:996:995:epsilond, the agent:/var/lib/epsilond:/usr/sbin/nologin\n"
              b"wide:x:4294967295:1::/:\nlast:x:4294967294:5")
    group = b"adm:x:4:syslog,epsilond\nsystemd-journal:x:101:epsilond\nepsilond:x:995:\nwide:x:4294967295:epsilond\n"
    many = b"".join(b"g%d:x:%d:a,e\n" % (number, number) for number in range(20))
    write("platform/host/fuzz/corpus_account", {
        name: b"\x01".join(parts) for name, parts in {
            "agent": (b"epsilond", passwd, group),
            "first": (b"root", passwd, group),
            "largest": (b"last", passwd, b""),
            "too_large": (b"wide", passwd, group),
            "nobody": (b"", passwd, group),
            "unknown": (b"epsilon", passwd, group),
            "many_groups": (b"e", b"", many),
            "broken": (b"a", b"a:x:seven:7::/:\na:x:8:\n:::\na:x:9:10", b"\n\n:::a\nb::x:a\nc::5"),
            "not_utf8": (b"\xff", b"\xff:x:1:2:\xfe", b"g:x:3:\xff,\xff"),
        }.items()})
    write("platform/host/fuzz/corpus_watchdog", {
        "ours": b"30000000\x014411", "of_another": b"30000000\x011", "of_anybody": b"30000000", "none": b"",
        "zero": b"0", "negative": b"-5\x014411", "blanks": b" 7 \x01 4411", "beyond": b"9223372036854775808",
        "largest": b"9223372036854775807\x014411", "cut": b"30\x0000\x014411\x00x"})
    write("platform/collect/fuzz/corpus_network", {
        "ipv4": b"10.0.0.0/8", "one": b"192.0.2.7", "all": b"0.0.0.0/0", "ipv6": b"2001:db8::/32", "all_ipv6": b"::/0",
        "mapped": b"::ffff:0:0/96", "mapped_one": b"::ffff:192.0.2.7", "behind": b"10.0.0.1/8", "wide": b"10.0.0.0/33",
        "listen": b"127.0.0.1:8089", "listen_any": b"0.0.0.0:0", "listen_ipv6": b"[2001:db8::1]:65535",
        "listen_alone": b"[::]", "zone": b"[::1%lo]:1", "port": b"127.0.0.1:080", "name": b"localhost",
        "zero_byte": b"10.0.0.0\x00/8", "not_utf8": b"\xff" * 70})
    write("platform/kernel/fuzz/corpus/surroundings", {
        "lxc": b"container_uuid=1\x00container=lxc\x00",
        "systemd": b"HOME=/\x00TERM=linux\x00container=systemd-nspawn\x00",
        "host": b"HOME=/\x00TERM=linux\x00", "empty_value": b"container=\x00container=podman",
        "no_end": b"container=docker",
        "name_alone": b"container\x00container", "two_processors": b"200000 100000\n", "no_limit": b"max 100000\n",
        "no_period": b"200000 0", "memory": b"2147483648\n", "largest": b"18446744073709551615",
        "beyond": b"18446744073709551616"})


def readings():
    def behind_length(text, most):
        return word(len(text) % (most + 1)) + text

    def reading(numbers, host, model=b"host", cluster=b"", role=b"", top=b"", wall=1766000000123456789, sequence=7):
        names = zip((host, model, cluster, role, top), (64, 31, 31, 31, 56))
        return struct.pack("<2Q7d", wall, sequence, *numbers) + b"".join(behind_length(*name) for name in names)

    nan, most = float("nan"), 2**64 - 1
    full = (-83.125, -12.0, 9.1, 9.2, 5.3, 1.0, 1.0)
    longest = (-1.234567891e-200,) * 2 + (1.234567891e-200,) + (-1.234567891e-200,) * 2 + (1.0, 1.234567891e-200)
    write("platform/emit/fuzz/corpus_reading", {
        "full": reading(full, b"web-1.example.org", cluster=b"prod.eu", role=b"web", top=b"mem_used_bytes"),
        "learning": reading((nan, nan, nan, nan, nan, 0.0, 0.25), b"a"),
        "nothing_known": reading((nan,) * 7, b"a"),
        "infinite": reading((float("inf"), float("-inf"), 1e300, -1e300, nan, 3.0, 2.0), b"a"),
        "longest": reading(longest, b"h" * 64, b"m" * 31, b"c" * 31, b"r" * 31, b"f" * 56, most, most),
        "odd_host": reading(full, b"a b,c=d\\e\"f\n\xc3\xa9;g.h:i|g", b"m.n,o p", b"c;role=x", b"r=s t", b"f.g\"h\n"),
        "escapes": reading(longest, b" " * 64, b"," * 31, b"=" * 31, b" " * 31, b"\n" * 56),
        "second_line": reading(full, b"a\nepsilond,host=b,model=host surprise=99"),
        "no_names": reading(full, b"", b""),
        "cut": reading(full, b"a")[:30],
    })


def pages():
    def page(number, count, text):
        return struct.pack("<dQ", number, count) + text

    write("agent/report/fuzz/corpus_page_json", {
        "plain": page(9.25, 7, b"mem_used_bytes"),
        "script": page(0.0, 0, b"</script><script>alert(1)</script>"),
        "comment": page(-0.0, 2**64 - 1, b"<!-- &lt; -->]]>"),
        "escapes": page(1e300, 2**53 + 1, b"\"\\\b\f\n\r\t/\x01\x7f\x00"),
        "separators": page(5e-324, 1, "\u2028\u202e\u2066\u0080\u00e9\u20ac\U0001f600".encode()),
        "not_utf8": page(float("nan"), 1, b"\xff\xc3\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82"),
        "infinite": page(float("-inf"), 1, b""),
    })


if __name__ == "__main__":
    readings()
    pages()
    texts_in_parts()
    datagrams()
    model_states()
    saved_episodes()
    gzips()

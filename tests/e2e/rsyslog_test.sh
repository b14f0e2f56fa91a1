#!/bin/bash
# Starts a real rsyslogd of its own (own configuration, own directory, a free loopback port, an own local socket), sends
# flags to it both ways, and checks that it understood every field. Usage: rsyslog_test.sh SEND_FLAG CHECKER
# Exits 77 (skipped) where rsyslogd or python3 is not installed.
set -u
send_flag=$1
checker=$2

rsyslogd=$(PATH=$PATH:/usr/sbin:/sbin command -v rsyslogd) || { echo "SKIPPED: rsyslogd is not installed"; exit 77; }
command -v python3 >/dev/null || { echo "SKIPPED: python3 is not installed"; exit 77; }

dir=$(mktemp -d "${TMPDIR:-/tmp}/epsilond-rsyslog-XXXXXX") || exit 1
pid=
stop() {
  [ -n "$pid" ] && kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
  rm -rf "$dir"
}
trap stop EXIT
fail() {
  echo "FAILED: $*"
  echo "--- rsyslogd said"; cat "$dir/rsyslogd.log" 2>/dev/null
  echo "--- it wrote"; cat "$dir/out.json" 2>/dev/null
  exit 1
}
# wait_for WHAT COMMAND...: until the command succeeds, at most ten seconds.
wait_for() {
  local what=$1 i
  shift
  for ((i = 0; i < 200; i++)); do
    "$@" && return 0
    sleep 0.05
  done
  fail "$what"
}

port=$(python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

cat > "$dir/rsyslog.conf" <<END
global(workDirectory="$dir" net.enableDNS="off")
module(load="imudp")
module(load="imuxsock" SysSock.Use="off")
module(load="mmpstrucdata")
template(name="fields" type="list") {
  constant(value="{") property(outname="input" name="inputname" format="jsonf")
  constant(value=",") property(outname="version" name="protocol-version" format="jsonf")
  constant(value=",") property(outname="pri" name="pri" format="jsonf")
  constant(value=",") property(outname="host" name="hostname" format="jsonf")
  constant(value=",") property(outname="app" name="app-name" format="jsonf")
  constant(value=",") property(outname="procid" name="procid" format="jsonf")
  constant(value=",") property(outname="msgid" name="msgid" format="jsonf")
  constant(value=",") property(outname="tag" name="syslogtag" format="jsonf")
  constant(value=",") property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  constant(value=",") property(outname="msg" name="msg" format="jsonf")
  constant(value=",\"sd\":") property(name="\$!rfc5424-sd")
  constant(value="}\n")
}
ruleset(name="take") {
  action(type="mmpstrucdata" sd_name.lowercase="off")
  action(type="omfile" file="$dir/out.json" template="fields")
}
input(type="imudp" address="127.0.0.1" port="$port" ruleset="take")
input(type="imuxsock" Socket="$dir/log" ruleset="take")
END

"$rsyslogd" -n -f "$dir/rsyslog.conf" -i "$dir/pid" > "$dir/rsyslogd.log" 2>&1 &
pid=$!
listening() { grep -qi ":$(printf %04X "$port") " /proc/net/udp && [ -S "$dir/log" ]; }
wait_for "rsyslogd does not listen" listening

"$send_flag" "udp://127.0.0.1:$port" || fail "cannot send over UDP"
"$send_flag" local "$dir/log" || fail "cannot send to the local socket"
complete() { [ -f "$dir/out.json" ] && [ "$(wc -l < "$dir/out.json")" -ge 4 ]; }
wait_for "four messages did not arrive" complete

python3 "$checker" "$dir/out.json" "$("$send_flag" text)" || fail "the fields are not what was sent"
echo "rsyslogd understood both forms"

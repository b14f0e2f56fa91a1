#!/bin/bash
# Starts a real systemd-journald of its own (own /run, own journal, in a mount namespace of its own), sends flags to it, and
# checks that journalctl gives back every field. Usage: journald_test.sh SEND_FLAG CHECKER
# Exits 77 (skipped) where journald is not installed or this user may make no mount namespace.
set -u
send_flag=$1
checker=$2
journald=/lib/systemd/systemd-journald

[ -x "$journald" ] && command -v journalctl >/dev/null || { echo "SKIPPED: journald is not installed"; exit 77; }
command -v python3 >/dev/null || { echo "SKIPPED: python3 is not installed"; exit 77; }
if [ "${3:-}" != inside ]; then
  unshare --mount true 2>/dev/null || { echo "SKIPPED: no mount namespace for this user"; exit 77; }
  exec unshare --mount "$0" "$send_flag" "$checker" inside
fi

# From here on nothing that is mounted is seen outside, and all of it goes away with this process.
mount --make-rprivate / && mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /etc/systemd 2>/dev/null ||
  { echo "SKIPPED: cannot mount a /run of its own"; exit 77; }
mkdir -p /run/systemd/journal /run/log/journal
printf '[Journal]\nStorage=volatile\nForwardToSyslog=no\nForwardToWall=no\nReadKMsg=no\nAudit=no\n' > /etc/systemd/journald.conf
id=/run/machine-id
echo 0123456789abcdef0123456789abcdef > "$id"
[ -e /etc/machine-id ] && mount --bind "$id" /etc/machine-id

pid=
trap '[ -n "$pid" ] && kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null' EXIT
"$journald" > /run/journald.log 2>&1 &
pid=$!
fail() {
  echo "FAILED: $*"
  cat /run/journald.log
  exit 1
}
for ((i = 0; i < 200; i++)); do
  [ -S /run/systemd/journal/socket ] && break
  kill -0 "$pid" 2>/dev/null || { echo "SKIPPED: journald does not run here: $(cat /run/journald.log)"; exit 77; }
  sleep 0.05
done
[ -S /run/systemd/journal/socket ] || { echo "SKIPPED: journald opens no socket here: $(cat /run/journald.log)"; exit 77; }

"$send_flag" journal /run/systemd/journal/socket || fail "cannot send"
for ((i = 0; i < 200; i++)); do
  journalctl --directory=/run/log/journal --quiet -o json --all SYSLOG_IDENTIFIER=epsilond > /run/out.json 2>/run/journalctl.log
  [ "$(wc -l < /run/out.json)" -ge 2 ] && break
  sleep 0.05
done
python3 "$checker" /run/out.json "$("$send_flag" text)" || { cat /run/journalctl.log /run/out.json; fail "the fields are not what was sent"; }
echo "journald understood every field"

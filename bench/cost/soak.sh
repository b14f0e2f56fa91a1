#!/usr/bin/env bash
# Runs the agent for a long time with every default on and fails if its memory or its descriptors change.
#
#   bench/cost/soak.sh [--hours N | --minutes N] [--ini FILE]     default 10 minutes; the build is build/release
#
# One line a minute: seconds, resident kB, anonymous kB, descriptors beside those of the process scan, processor time.
# Judged from the third minute on: what is resident of the program's file comes and goes with what runs, so it is anonymous
# memory, to the page, that must not move; and the descriptors that are not a process's. Root runs it in a namespace
# of processes of its own: a machine that has more processes than ever before takes 128 bytes more for each.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "$(id -u)" -eq 0 ] && [ -z "${EPSILOND_SOAK_INSIDE:-}" ]; then
  EPSILOND_SOAK_INSIDE=1 exec unshare --pid --fork --mount-proc --kill-child "bench/cost/$(basename "$0")" "$@"
fi
minutes=10 ini=
while [ $# -gt 0 ]; do
  case $1 in
    --hours) minutes=$(awk -v h="$2" 'BEGIN { print int(h * 60 + 0.5) }') ;;
    --minutes) minutes=$2 ;;
    --ini) ini=$2 ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
  esac
  shift 2
done
agent=build/release/epsilond
[ -x "$agent" ] || { echo "soak: no $agent; build it first" >&2; exit 66; }

folder=$(mktemp -d)
if [ -z "$ini" ]; then
  ini=$folder/epsilond.ini
  printf '[agent]\ncontrol = %s/control.sock\nstate = %s/state\nsave_every = 1m\n' "$folder" "$folder" > "$ini"
fi
"$agent" -c "$ini" > "$folder/events" 2> "$folder/log" &
pid=$!
trap 'kill "$pid" 2> /dev/null; wait "$pid" || true; rm -rf "$folder"' EXIT

of_status() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/$pid/status"; }
own_descriptors() { find "/proc/$pid/fd" -maxdepth 1 -type l ! -lname '/proc/[0-9]*/stat' 2> /dev/null | wc -l; }
look() { printf '%s %s %s\n' "$(of_status VmRSS)" "$(of_status RssAnon)" "$(own_descriptors)"; }

echo "seconds   RSS kB  anonymous kB  descriptors  CPU s"
first='' status=0
for ((minute = 1; minute <= minutes; ++minute)); do
  sleep 60
  kill -0 "$pid" 2> /dev/null || { echo "soak: the agent ended" >&2; cat "$folder/log" >&2; exit 70; }
  read -r resident anonymous descriptors <<< "$(look)"
  printf '%7d  %7d  %12d  %11d  %s\n' $((minute * 60)) "$resident" "$anonymous" "$descriptors" \
    "$(awk '{ printf "%.3f", $1 / 1e9 }' "/proc/$pid/schedstat")"
  [ "$minute" -ge 3 ] || continue
  [ -n "$first" ] || first="$anonymous $descriptors"
  [ "$first" = "$anonymous $descriptors" ] || status=1
done
[ "$status" -eq 0 ] && echo "constant from the third minute on" || echo "not constant" >&2
exit "$status"

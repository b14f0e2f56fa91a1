#!/usr/bin/env bash
# What the agent costs on this machine with every default on: size, resident memory, processor time, system calls.
#
#   bench/footprint.sh [SECONDS]     default 60; the build is build/release (cmake --workflow --preset release)
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
agent=build/release/epsilond
[ -x "$agent" ] || { echo "footprint: no $agent; build it first" >&2; exit 66; }

"$agent" --state none > /dev/null &
pid=$!
trap 'kill "$pid" 2>/dev/null || true' EXIT
sleep 5 # past start-up: what it costs from then on is what it costs for ever

field() { awk -v name="$2:" '$1 == name { print $2 }' "$1"; }
cpu_ns() { awk '{ print $1 }' "/proc/$pid/schedstat"; }
heap_kb() { awk '/\[heap\]/ { heap = 1 } heap && /^Rss:/ { print $2; exit }' "/proc/$pid/smaps"; }

pss_before=$(field "/proc/$pid/smaps_rollup" Pss) heap_before=$(heap_kb) cpu_before=$(cpu_ns)
switches_before=$(field "/proc/$pid/status" voluntary_ctxt_switches)
sleep "$seconds"
cpu_after=$(cpu_ns)
switches_after=$(field "/proc/$pid/status" voluntary_ctxt_switches)

echo "binary              $(stat -c %s "$agent") bytes, $(file -b "$agent" 2>/dev/null | grep -o 'static[a-z-]*' | head -1)"
echo "processes           $(ls -d /proc/[0-9]* | wc -l)"
echo "PSS                 $pss_before kB, after $seconds s $(field "/proc/$pid/smaps_rollup" Pss) kB"
echo "heap                $heap_before kB, after $seconds s $(heap_kb) kB"
echo "descriptors         $(ls "/proc/$pid/fd" | wc -l)"
awk -v ns=$((cpu_after - cpu_before)) -v s="$seconds" \
  'BEGIN { printf "processor time      %.3f s a minute, %.0f us a tick, %.3f %% of a core\n", ns * 60e-9 / s, ns / 1e3 / s, ns / 1e7 / s }'
awk -v n=$((switches_after - switches_before)) -v s="$seconds" 'BEGIN { printf "wake-ups            %.2f a tick\n", n / s }'

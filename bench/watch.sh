#!/usr/bin/env bash
# What watching a service costs the agent on this machine: one agent without and one with a [watch NAME] section, side by
# side, so that what else the machine does is the same for both. The service is idle processes of one name.
#
#   bench/watch.sh [SECONDS [PROCESSES]]     default 60 and 20; the build is build/release
#
# BUDGET=5% is a cpu_budget (default 0.2%, as the agent's) at which nothing is stretched: then it is the bare price.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
processes=${2:-20}
agent=${BUILD:-build/release}/epsilond
[ -x "$agent" ] || { echo "watch: no $agent; build it first" >&2; exit 66; }

dir=$(mktemp -d)
pids=()
clean_up() {
  kill "${pids[@]}" 2> /dev/null || true
  rm -rf "$dir"
}
trap clean_up EXIT
cp "$(command -v sleep)" "$dir/watched-service"
for _ in $(seq "$processes"); do
  "$dir/watched-service" 1d &
  pids+=($!)
done
printf '[agent]\ncontrol = none\nstate = none\ncpu_budget = %s\n' "${BUDGET:-0.2%}" > "$dir/without.ini"
{ cat "$dir/without.ini"; printf '[watch service]\nmatch = comm:watched-service\n'; } > "$dir/with.ini"
declare -A agents before
for name in without with; do
  "$agent" -c "$dir/$name.ini" > /dev/null 2>&1 &
  agents[$name]=$!
  pids+=($!)
done

cpu_ns() { awk '{ print $1 }' "/proc/${agents[$1]}/schedstat"; }
sleep 15 # past start-up, and the first turn over the memory of each process
for name in without with; do before[$name]=$(cpu_ns "$name"); done
sleep "$seconds"
for name in without with; do
  awk -v name="$name" -v ns=$(($(cpu_ns "$name") - before[$name])) -v s="$seconds" \
    -v pss="$(awk '$1 == "Pss:" { print $2 }' "/proc/${agents[$name]}/smaps_rollup")" \
    'BEGIN { printf "%-8s %7.0f us a second, %.3f %% of a core, PSS %d kB\n", name, ns / 1e3 / s, ns / 1e7 / s, pss }'
done

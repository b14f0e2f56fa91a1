#!/usr/bin/env bash
# What an operator sees while something is odd: epsilonctl in a plain terminal (tmux) of 80x24 and of 200x60 during a real
# disturbance of this machine, as the plain text that docs/operator.md shows.
#
#   bench/screens.sh [OUT]     default docs/screens; the build is build/release, with the target disturb
#
# With the default OUT it also puts them between the marks in docs/operator.md.
# Takes about five minutes and a quarter of the memory that is available, 2 GB at most. LEARN=240 seconds of quiet come
# first; the quieter the machine is meanwhile, the clearer the screens.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-docs/screens}
build=${BUILD:-build/release}
learn=${LEARN:-240}
for program in "$build/epsilond" "$build/epsilonctl" "$build/disturb"; do
  [ -x "$program" ] || { echo "screens: no $program; build it first" >&2; exit 66; }
done
command -v tmux > /dev/null || { echo "screens: tmux is not installed" >&2; exit 69; }

dir=$(mktemp -d)
socket=$dir/control.sock
terminals=epsilond-screens-$$
agent_pid= disturb_pid=
clean_up() {
  tmux -L "$terminals" kill-server 2> /dev/null || true
  for pid in $disturb_pid $agent_pid; do kill "$pid" 2> /dev/null || true; done
  rm -rf "$dir"
}
trap clean_up EXIT
ctl() { "$build/epsilonctl" "$@" --socket "$socket"; }
state_is() { ctl status --json 2> /dev/null | grep -q "^{\"agent\":{[^}]*\"state\":\"$1\""; }
until_true() { # SECONDS WHAT COMMAND...
  local left=$1 what=$2
  shift 2
  until "$@"; do
    [ "$((left -= 1))" -gt 0 ] || { echo "screens: never happened: $what" >&2; exit 70; }
    sleep 1
  done
}

# A terminal of this size, in which a command runs.
terminal() { # NAME COLUMNS ROWS COMMAND
  tmux -L "$terminals" -f "$dir/tmux.conf" -u new-session -d -s "$1" -x "$2" -y "$3" "$4"
}
screen() { tmux -L "$terminals" capture-pane -p -t "$1"; }
has_lines() { [ "$(screen "$1" | grep -c .)" -ge "$2" ]; }

export LC_ALL=C.UTF-8
mkdir -p "$out"
printf 'set -g status off\nset -g default-terminal screen-256color\nset -g remain-on-exit on\n' > "$dir/tmux.conf"
printf '[agent]\nhost = web1\ncontrol = %s\n[model host]\nwarm_up = 60s\n' "$socket" > "$dir/agent.ini"
"$build/epsilond" -c "$dir/agent.ini" --state none > "$dir/flags" &
agent_pid=$!
echo "learning for $learn s" >&2
sleep "$learn"
until_true 600 "an agent that has learned and sees nothing odd" state_is normal

available=$(awk '$1 == "MemAvailable:" { printf "%.0f", $2 * 256 }' /proc/meminfo)
"$build/disturb" memory "$((available < 2000000000 ? available : 2000000000))" 60 &
disturb_pid=$!
until_true 30 "an episode" state_is anomalous
sleep 20 # so that the oddity has a width on the screen
for size in 80x24 200x60; do
  columns=${size%x*} rows=${size#*x}
  terminal "top-$size" "$columns" "$rows" "$build/epsilonctl top --socket $socket"
  # Where a shell would write its prompt next.
  terminal "plot-$size" "$columns" "$rows" "$build/epsilonctl plot mem_used_bytes --rows 300 --socket $socket; sleep 60"
  terminal "surprise-$size" "$columns" "$rows" "$build/epsilonctl plot host.surprise --rows 300 --socket $socket; sleep 60"
done
for size in 80x24 200x60; do
  for name in top plot surprise; do
    until_true 10 "a screen of $name" has_lines "$name-$size" 10
    screen "$name-$size" > "$out/$name-$size.txt"
  done
done
ctl status > "$out/status.txt"
{ ctl check || true; } > "$out/check.txt"
ctl explain > "$out/explain.txt"
wait "$disturb_pid" || true
disturb_pid=
until_true 180 "the end of the episode" state_is normal
ctl explain > "$out/explain-cleared.txt"
grep -v '"event":"start"' "$dir/flags" > "$out/flags.json"
ls -l "$out" >&2
[ "$out" = docs/screens ] || exit 0
awk -v dir="$out" '
  /^<!-- screen / { print; print "```"; while ((getline line < (dir "/" $3)) > 0) print line; print "```"; inside = 1; next }
  /^<!-- end of screen -->$/ { inside = 0 }
  !inside { print }' docs/operator.md > "$dir/operator.md"
cp "$dir/operator.md" docs/operator.md

#!/usr/bin/env bash
# Sets up this machine and runs unit tests in valgrind: a value that was never written, memory that is not ours, a leak;
# exit 1 if there is one.
#
#   bench/reliability/memcheck.sh [WING ..]     wings: models platform agent sim, or a part as platform.file; default: two
#
# The sanitizers of `dev` see the last two and not the first, for which MSan wants a C++ library built with it. So these
# are the programs of `release-tests`, optimised as what is shipped. Whether a test passes is for `dev` to judge, for
# valgrind has an allocator and descriptors of its own; those that failed here are named. Not the sandbox: its tests make
# calls that must end them, without arguments, and valgrind makes calls that the sandbox forbids.
# Not the kills of a save either: it takes the mount without a type, which it is for them, for an error.
set -euo pipefail
cd "$(dirname "$0")/../.."
. ./bench/setup.sh

usage() { sed -n '5s/^# *//p' "$0" >&2; exit 64; }
for wing in "$@"; do
  [[ $wing =~ ^(models|platform|agent|sim)(\.[a-z0-9_.]+)?$ ]] || usage
done
[ $# -gt 0 ] || set -- models platform

install_packages "${BUILD_PACKAGES[@]}" "${MEMCHECK_PACKAGES[@]}"
install_npm
build=build/release-tests
quietly cmake --preset release-tests
wings=$(IFS='|'; echo "$*")
mapfile -t tests < <(ninja -C "$build" -t targets all | sed -nE "s/^(test\\.($wings)\\.[a-z0-9_.]*): phony\$/\\1/p" |
  grep -vxE 'test\.platform\.host\.(sandbox|state_kill)' | sort)
echo "Building ${#tests[@]} programs ..."
quietly cmake --build --preset release-tests --target "${tests[@]}"

logs=$PWD/$build/memcheck
rm -rf "$logs"
mkdir -p "$logs"
# What valgrind finds is what it writes, in a file for each process. What is in EPSILOND_DATA would take hours.
checked() {
  valgrind -q --leak-check=full --num-callers=20 --log-file="$1/$2.%p.valgrind" "$3" > "$1/$2.log" 2>&1 ||
    touch "$1/$2.failed"
}
export -f checked
unset EPSILOND_DATA
echo "Running ${#tests[@]} programs ..."
for test in "${tests[@]}"; do find "$PWD/$build/tests" -name "$test" -type f -printf '%f\n%p\n'; done |
  xargs -P "$(nproc)" -n 2 bash -c 'checked "$0" "$1" "$2"' "$logs"

find "$logs" -name '*.valgrind' -size 0 -delete
find "$logs" -name '*.valgrind' -exec cat {} +
failed=$(find "$logs" -name '*.failed' -printf ' %f')
wrong=$(find "$logs" -name '*.valgrind' | wc -l)
cases=$(cat "$logs"/*.log | grep -cE '^\[ RUN' || true)
echo "${#tests[@]} programs, $cases tests: $wrong with an error${failed:+; failed:${failed//.failed/}}"
[ "$wrong" -eq 0 ]

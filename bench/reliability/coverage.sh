#!/usr/bin/env bash
# Sets up this machine, builds with counters, runs unit tests and prints which lines they ran; exit 1 if models/ or platform/,
# where their own tests are among them, is below 95 %.
#
#   bench/reliability/coverage.sh [WING ..]         wings: models platform agent sim e2e; default models platform
#   bench/reliability/coverage.sh --fuzz SECONDS    instead: what the fuzz harnesses reach, each in so many; nothing is judged
#
# By clang and not by gcc: its counters belong to the source and not to what the optimiser made of it, and they outlive a
# child that is killed or confined (CMakeLists.txt, EPSILOND_COVERAGE). Whether a test passes is for `dev` to judge, for a
# program with counters is another program; those that failed here are named.
set -euo pipefail
cd "$(dirname "$0")/../.."
. ./bench/setup.sh

usage() { sed -n '5,6s/^# \{0,1\}//p' "$0" >&2; exit 64; }
fuzz_seconds='' wings=()
while [ $# -gt 0 ]; do
  case $1 in
    --fuzz)
      [[ ${2:-} =~ ^[1-9][0-9]{0,4}$ ]] || usage
      fuzz_seconds=$2
      shift 2 ;;
    models|platform|agent|sim|e2e) wings+=("$1"); shift ;;
    *) usage ;;
  esac
done
[ "${#wings[@]}" -gt 0 ] || wings=(models platform)

install_packages "${BUILD_PACKAGES[@]}" "${COVERAGE_PACKAGES[@]}"
install_npm
build=$PWD/build/coverage
trace=$build/lines.info
echo "Building coverage ..."
if [ -n "$fuzz_seconds" ]; then
  quietly cmake --preset coverage -D EPSILOND_FUZZ=ON -D EPSILOND_FUZZ_SECONDS="$fuzz_seconds"
  programs='fuzz_[a-z0-9_]*' tests='^fuzz\.' judged=(--reached)
else
  quietly cmake --preset coverage -D EPSILOND_FUZZ=OFF
  any=$(IFS='|'; echo "${wings[*]}")
  programs="test\\.($any)\\.[a-z0-9_.]*" tests="^($any)[/.]" judged=()
  for wing in "${wings[@]}"; do
    case $wing in models|platform) judged+=(--judge "$wing") ;; esac
  done
  case " ${wings[*]} " in
    *' e2e '*) programs="$programs|epsilond|epsilonctl|disturb|record_features|send_flag|make_report" ;;
  esac
fi
mapfile -t targets < <(ninja -C "$build" -t targets all | sed -nE "s/^($programs): phony\$/\\1/p")
quietly cmake --build --preset coverage --target "${targets[@]}"

echo "Running ${#targets[@]} programs ..."
rm -rf "$build/profiles"
mkdir -p "$build/profiles"
ctest --preset coverage -R "$tests" > "$build/tests.log" 2>&1 ||
  { echo "Not every test passed with counters:"; sed -n '/The following tests FAILED/,$p' "$build/tests.log"; }

# Every object and not the programs: a line that no program took from a library is a line that did not run. Of tests too,
# for a template is what they make of it.
mapfile -t objects < <(find "$build" -name '*.cpp.o' | sort)
covered=()
for object in "${objects[@]:1}"; do covered+=(-object "$object"); done
# One file was being begun when its program was killed? It says so, and counts nothing.
llvm-profdata-14 merge -sparse --failure-mode=all -o "$build/lines.profdata" "$build"/profiles/*.profraw
llvm-cov-14 export -format=lcov -instr-profile="$build/lines.profdata" "${objects[0]}" "${covered[@]}" \
  "$PWD/models" "$PWD/platform" "$PWD/agent" > "$trace"
exec python3 bench/reliability/coverage.py "$trace" "$PWD" "${judged[@]}"

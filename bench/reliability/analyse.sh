#!/usr/bin/env bash
# Sets up this machine and reads the sources for mistakes without running them; exit 1 if there is one.
#
#   bench/reliability/analyse.sh [cppcheck|analyzer|tidy ..]     default all three
#
# cppcheck: models/, platform/ and agent/, without the headers of others; cppcheck.txt says what is not a mistake and why.
# analyzer: g++ -fanalyzer is for C alone in gcc 12 ("only suitable for use on C code in this release", its manual): of C++
#   it knows neither new without exceptions nor the standard library. So it reads our few C files.
# tidy: the preset of that name, clang-tidy by .clang-tidy, which has clang's own analyzer in it; takes a quarter of an hour.
set -euo pipefail
cd "$(dirname "$0")/../.."
. ./bench/setup.sh

[ $# -gt 0 ] || set -- cppcheck analyzer tidy
install_packages "${BUILD_PACKAGES[@]}" "${ANALYSIS_PACKAGES[@]}"
status=0
for what in "$@"; do
  echo "$what ..."
  case $what in
    cppcheck)
      # Not style: clang-tidy and clang-format have that. -D: one configuration of each file, the one that is built.
      mkdir -p build/cppcheck
      cppcheck --enable=warning,performance,portability --std=c++20 --language=c++ --library=posix --library=gnu \
        --platform=unix64 -D__linux__ -D__x86_64__ -D__GNUC__=12 -DEPSILOND_VERSION='"0"' -I . -j "$(nproc)" --quiet \
        --inline-suppr --suppressions-list=bench/reliability/cppcheck.txt --suppress=missingInclude \
        --cppcheck-build-dir=build/cppcheck --error-exitcode=1 --template='{file}:{line}: {severity} {id}: {message}' \
        models platform agent || status=1 ;;
    analyzer)
      while read -r source; do
        gcc -std=gnu17 -O2 -Wall -Wextra -fanalyzer -Werror -c "$source" -o /dev/null || status=1
      done < <(git ls-files '*.c') ;;
    tidy)
      install_npm
      cmake --preset tidy > /dev/null && quietly cmake --build --preset tidy || status=1 ;;
    *) sed -n '4s/^# *//p' "$0" >&2; exit 64 ;;
  esac
done
exit "$status"

#!/usr/bin/env bash
# A test that no CMakeLists.txt names is a test that never runs.
set -u
cd "$1"
status=0
while read -r file; do
  list=$(dirname "$file")
  while [ ! -e "$list/CMakeLists.txt" ]; do list=$(dirname "$list"); done
  grep -q "$(basename "$file")" "$list/CMakeLists.txt" || { echo "$file is not in $list/CMakeLists.txt"; status=1; }
done < <(find tests -name '*_test.cpp' -o -name 'fuzz_*.cpp' -o -name '*_test.sh')
exit "$status"

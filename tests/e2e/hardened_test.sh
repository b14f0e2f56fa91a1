#!/usr/bin/env bash
# How the programs are built, read from what is shipped: position independent where the platform has it (PIE = 1), all
# relocations read-only, no memory that is written and executed, stack protector and fortified functions.
# usage: hardened_test.sh PIE ARCHIVE PROGRAM...
set -euo pipefail
export LC_ALL=C
command -v readelf > /dev/null || { echo "skipped: no readelf (binutils)"; exit 77; }
pie=$1 archive=$2
shift 2
failed=0
fail() { echo "$*" >&2; failed=1; }

for program in "$@"; do
  headers=$(readelf -W -h -l -d "$program")
  grep -q 'INTERP' <<< "$headers" && fail "$program: has an interpreter: not static"
  grep -Eq 'LOAD .* RWE ' <<< "$headers" && fail "$program: a segment is written and executed"
  grep -Eq 'GNU_STACK .* RW ' <<< "$headers" || fail "$program: the stack may be executed"
  grep -q 'GNU_RELRO' <<< "$headers" || fail "$program: relocations stay writable"
  grep -q 'TEXTREL' <<< "$headers" && fail "$program: relocations in the text"
  if [ "$pie" = 1 ]; then
    grep -Eq 'Type: +DYN' <<< "$headers" || fail "$program: at a fixed address"
    grep -Eq 'FLAGS.*(NOW|BIND_NOW)' <<< "$headers" || fail "$program: relocated late"
  fi
  grep -q 'symtab' <<< "$(readelf -W -S "$program")" && fail "$program: not stripped"
done

symbols=$(readelf -W -s "$archive" 2> /dev/null)
grep -q 'UND __stack_chk_fail' <<< "$symbols" || fail "$archive: no stack protector"
grep -Eq 'UND __(snprintf|vsnprintf|fprintf|memcpy|read)_chk' <<< "$symbols" || fail "$archive: no fortified function"
exit "$failed"

#!/usr/bin/env bash
# Builds the packages of this commit twice, in two directories and at two times, and compares every byte.
#
#   tests/packages/reproducible.sh [FOLDER]      FOLDER: packages of this commit made elsewhere, instead of the first build
#
# Two release builds: ten minutes on two idle cores. EPSILOND_CCACHE=yes lets a compiler cache help. Names what differs with diffoscope where that is installed.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ "${EPSILOND_CCACHE:-no}" = yes ] || export CCACHE_DISABLE=1

# build NAME: what anyone does who has the commit; neither the umask nor the language of this terminal is part of it.
build() {
  echo "Building in $work/$1 ..."
  git clone -q . "$work/$1"
  # Who gave the plotting library to this build gives it to that one.
  (cd "$work/$1" && umask "$2" && CCACHE_BASEDIR=$PWD LC_ALL=$3 TZ=$4 cmake --workflow --preset packages) > "$work/$1.log" 2>&1 ||
    { tail -n 20 "$work/$1.log" >&2; exit 1; }
}

if [ $# -gt 0 ]; then
  first=$1
else
  build one 022 C.UTF-8 UTC
  first=$work/one/build/packages
fi
build another-directory 077 C Pacific/Chatham
second=$work/another-directory/build/packages

status=0
while read -r _ name; do
  if cmp "$first/$name" "$second/$name"; then
    echo "identical: $name"
  else
    status=1
    ! command -v diffoscope > /dev/null || diffoscope --text - "$first/$name" "$second/$name" | head -n 60 || true
  fi
done < "$second/SHA256SUMS"
cmp "$first/SHA256SUMS" "$second/SHA256SUMS" || status=1
if [ "$status" -eq 0 ] && command -v diffoscope > /dev/null; then
  for deb in "$first"/*.deb; do diffoscope "$deb" "$second/${deb##*/}" && echo "diffoscope: no difference in ${deb##*/}"; done
fi
exit "$status"

#!/usr/bin/env bash
# The libraries that a build for another architecture links, from the packages of this Debian, unpacked into a folder.
# usage: toolchains/sysroot.sh ARCHITECTURE FOLDER      (arm64, armhf, armel, riscv64: Debian's names)
# apt is given a state of its own: the system's list of architectures and its packages stay as they are. The archive and
# the suites are the ones that the system's own apt takes from Debian. A folder that is complete is left alone.
set -euo pipefail

# The libraries of the programs; behind them what their tests, which are not static, load besides.
PACKAGES=(libc6-dev linux-libc-dev libstatgrab-dev libinih-dev zlib1g-dev libeigen3-dev
  libc6 libstdc++6 libgcc-s1 libubsan1 libcmocka-dev libcmocka0)

architecture=${1:?architecture} folder=${2:?folder}
[ ! -e "$folder/complete" ] || [ "$folder/complete" -ot "${BASH_SOURCE[0]}" ] || exit 0
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
exec 9> "$folder.lock"
flock 9
[ ! -e "$folder/complete" ] || [ "$folder/complete" -ot "${BASH_SOURCE[0]}" ] || exit 0

state=$folder.apt
rm -rf "$folder" "$state"
mkdir -p "$folder" "$state"/{lists/partial,cache/archives/partial,packages}

# Of the system's sources, those that are Debian's own: what they are called and where they are is their business.
# shellcheck disable=SC2016  # apt fills these in
apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(FILENAME)' 'Created-By: Packages' |
  while read -r uri suite component list; do
    release=${list%"_${component}_binary-"*}_InRelease
    ! grep -qs '^Origin: Debian$' "$release" || echo "deb [arch=$architecture] $uri $suite $component"
  done | sort -u > "$state/sources.list"
[ -s "$state/sources.list" ] || { echo "$0: no package list of Debian here; apt-get update makes one" >&2; exit 1; }

private_apt() {
  apt-get -q -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
    -o Dir::State::lists="$state/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$state/cache" \
    -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}
# An archive can be behind with the index of one suite, mostly of updates: the packages of the others are as good.
private_apt update || private_apt update || echo "$0: going on without what is said above" >&2
(cd "$state/packages" && private_apt download "${PACKAGES[@]}")
for package in "$state"/packages/*.deb; do dpkg -x "$package" "$folder"; done

# Links that name a place from the root of the system on lead out of the folder.
find "$folder" -type l -lname '/*' -printf '%p\t%l\n' | while IFS=$'\t' read -r link target; do
  ln -sfn "$(realpath -m --relative-to="$(dirname "$link")" "$folder$target")" "$link"
done
(cd "$state/packages" && printf '%s\n' *.deb) > "$folder/complete"
rm -rf "$state"

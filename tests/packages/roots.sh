# Sourced: clean roots of Debian 12 made by debootstrap from the archive that this system's own apt uses.

ROOTS=${EPSILOND_ROOTS:-$PWD/build/roots}

# The archive and its keyring are the system's business: where they are is not written here.
debian_archive() {
  # shellcheck disable=SC2016  # apt fills these in
  apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT) $(FILENAME)' 'Created-By: Packages' |
    while read -r uri suite component list; do
      release=${list%"_${component}_binary-"*}_InRelease
      if [ "$suite" = bookworm ] && grep -qs '^Origin: Debian$' "$release"; then echo "$uri"; fi
    done | head -n 1
}

# base NAME PACKAGES: the tar file ROOTS/NAME.tar of a minimal Debian with PACKAGES (a list with commas), made once.
base() {
  local name=$1 packages=$2 archive
  [ ! -s "$ROOTS/$name.tar" ] || return 0
  archive=$(debian_archive)
  [ -n "$archive" ] || { echo "no package list of Debian 12 here; apt-get update makes one" >&2; return 77; }
  echo "Making a Debian 12 with ${packages:-nothing else} (once) ..."
  mkdir -p "$ROOTS/cache"
  rm -rf "$ROOTS/$name.new"
  debootstrap --variant=minbase --cache-dir="$ROOTS/cache" ${packages:+--include="$packages"} bookworm \
    "$ROOTS/$name.new" "$archive" > "$ROOTS/$name.log" 2>&1 || { tail -n 20 "$ROOTS/$name.log" >&2; return 69; }
  rm -rf "$ROOTS/$name.new"/var/cache/apt/archives/*.deb
  tar -C "$ROOTS/$name.new" --exclude=./dev/* -cf "$ROOTS/$name.tar.part" .
  rm -rf "$ROOTS/$name.new"
  mv "$ROOTS/$name.tar.part" "$ROOTS/$name.tar"
}

# fresh NAME: unpacks the base NAME anew and prints where.
fresh() {
  local root
  root=$(mktemp -d "$ROOTS/$1.XXXXXX")
  tar -C "$root" -xf "$ROOTS/$1.tar"
  mknod -m 666 "$root/dev/null" c 1 3
  mknod -m 666 "$root/dev/zero" c 1 5
  mknod -m 666 "$root/dev/urandom" c 1 9
  echo "$root"
}

# inside ROOT COMMAND...: runs it there, with processes, mounts and a network of its own.
inside() {
  local root=$1
  shift
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    unshare --mount --pid --net --uts --ipc --fork --kill-child --mount-proc="$root/proc" \
    chroot "$root" "$@"
}

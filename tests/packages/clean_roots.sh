#!/usr/bin/env bash
# The packages in clean Debian 12 roots: as root, on a machine with debootstrap, some minutes for the first time.
#
#   tests/packages/clean_roots.sh [none|systemd|openrc|rpm|tarball ...]
#
# none: no service manager, as in a container; systemd: booted by systemd-nspawn; openrc: the real OpenRC in a chroot;
# rpm: the .rpm in an rpm database of its own; tarball: install.sh under OpenRC and BusyBox. Without arguments all of them.
# Uses the packages in build/packages, which `cmake --workflow --preset packages` makes.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/packages/roots.sh

[ "$(id -u)" -eq 0 ] || { echo "only root can make roots" >&2; exit 77; }
command -v debootstrap > /dev/null || { echo "debootstrap is not installed" >&2; exit 77; }
architecture=$(dpkg --print-architecture)
deb=$(ls build/packages/epsilond_*_"$architecture".deb)
[ $# -gt 0 ] || set -- none systemd openrc rpm tarball

root=

# The package as the next version would be: another number, another ini.
next_version() {
  local tree
  tree=$(mktemp -d)
  dpkg-deb -R "$deb" "$tree"
  sed -i 's/^Version: .*/&+next/' "$tree/DEBIAN/control"
  echo '; A line that the next version adds.' >> "$tree/etc/epsilond/epsilond.ini"
  (cd "$tree" && find etc usr -type f -exec md5sum {} + > DEBIAN/md5sums)
  dpkg-deb --root-owner-group -Znone -b "$tree" "$1" > /dev/null
  rm -rf "$tree"
}

with_packages() { # with_packages ROOT
  mkdir "$1/packages"
  cp "$deb" "$1/packages/old.deb"
  next_version "$1/packages/new.deb"
  cp tests/packages/lifecycle.sh "$1/packages"
}

try_none() {
  base plain ""
  root=$(fresh plain)
  with_packages "$root"
  inside "$root" /packages/lifecycle.sh none
}

try_openrc() {
  base openrc openrc
  root=$(fresh openrc)
  with_packages "$root"
  # As its init would leave it: booted. invoke-rc.d asks sysvinit, which boots OpenRC in Debian, for the runlevel.
  printf '#!/bin/sh\necho N 2\n' > "$root/sbin/runlevel"
  chmod +x "$root/sbin/runlevel"
  inside "$root" sh -c 'ln -sf openrc-init /sbin/init && mkdir -p /run/openrc && echo default > /run/openrc/softlevel &&
    exec /packages/lifecycle.sh openrc'
}

try_systemd() {
  base systemd systemd,systemd-sysv
  root=$(fresh systemd)
  with_packages "$root"
  cp "$deb" "$root/packages/first.deb"
  inside "$root" sh -c 'apt-get -o Dpkg::Use-Pty=0 install -y /packages/first.deb > /dev/null &&
    systemd-analyze verify --man=no /usr/lib/systemd/system/epsilond.service && echo "  fine: systemd-analyze verify" &&
    apt-get -o Dpkg::Use-Pty=0 purge -y epsilond > /dev/null'
  cat > "$root/etc/systemd/system/lifecycle.service" <<'UNIT'
[Unit]
After=basic.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c '/packages/lifecycle.sh systemd > /packages/result 2>&1'
ExecStopPost=/bin/systemctl --no-block poweroff
UNIT
  mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
  ln -s ../lifecycle.service "$root/etc/systemd/system/multi-user.target.wants/lifecycle.service"
  timeout 600 systemd-nspawn --quiet --register=no --keep-unit --private-network --console=passive -D "$root" --boot \
    > "$ROOTS/boot.log" 2>&1 < /dev/null || true
  if [ ! -e "$root/packages/result" ]; then
    tail -n 5 "$ROOTS/boot.log"
    echo "  skipped: systemd does not boot in a container of this machine ($ROOTS/boot.log)"
    return
  fi
  cat "$root/packages/result"
  grep -q 'lifecycle: done' "$root/packages/result"
}

try_rpm() {
  local rpm
  rpm=$(ls build/packages/epsilond-*."$(uname -m)".rpm)
  base rpm rpm
  root=$(fresh rpm)
  mkdir "$root/packages"
  cp "$rpm" "$root/packages/epsilond.rpm"
  # The database is empty, so nothing in it provides the one thing that it asks for: a shell for its scripts.
  inside "$root" sh -ec '
    fine() { echo "  fine: $*"; }
    find / -xdev \( -path /proc -o -path /packages -o -path /var/lib/rpm -o -path /root/.rpmdb \) -prune -o -print | sort > /packages/before
    rpm --initdb
    [ -z "$(rpm -qp --requires /packages/epsilond.rpm | grep -v -e "^rpmlib(" -e "^/bin/sh$")" ]; fine "it requires a shell alone"
    rpm -i --nodeps --force-debian /packages/epsilond.rpm; fine "rpm -i"
    rpm -V --nodeps epsilond; fine "rpm -V finds nothing changed"
    id epsilond > /dev/null; fine "the account is there"
    epsilond -t; fine "epsilond -t"
    epsilond --ticks 2 --state none > /dev/null; fine "epsilond --ticks 2"
    echo "; changed" >> /etc/epsilond/epsilond.ini
    rpm -U --nodeps --force-debian --replacepkgs --force /packages/epsilond.rpm
    tail -n 1 /etc/epsilond/epsilond.ini | grep -q "; changed"; fine "an upgrade keeps the changed ini"
    rpm -e epsilond 2> /dev/null; fine "rpm -e"
    [ ! -e /usr/sbin/epsilond ]
    grep -q "; changed" /etc/epsilond/epsilond.ini.rpmsave; fine "the changed ini is kept as .rpmsave"
    # And directories that belong to the packages of systemd and zsh, which are not here.
    rm -r /etc/epsilond /run/epsilond; userdel epsilond
    rmdir /usr/lib/systemd/system-preset /usr/lib/sysusers.d /usr/share/zsh/site-functions /usr/share/zsh
    find / -xdev \( -path /proc -o -path /packages -o -path /var/lib/rpm -o -path /root/.rpmdb \) -prune -o -print | sort |
      diff /packages/before - | grep -v -e "^[0-9,]*[acd][0-9,]*$" -e "/etc/\(passwd\|group\|shadow\|gshadow\|subuid\|subgid\)-$" -e .pwd.lock || fine "nothing else is left"'
}

try_tarball() {
  base openrc openrc
  root=$(fresh openrc)
  mkdir "$root/packages"
  tar -xzf build/packages/epsilond-*-linux-"$architecture".tar.gz -C "$root/packages" --strip-components=1
  inside "$root" sh -ec 'mkdir -p /run/openrc && echo default > /run/openrc/softlevel
    fine() { echo "  fine: $*"; }
    status() { epsilonctl status > /dev/null 2>&1; }
    soon() { for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do if "$@"; then return; fi; sleep 1; done; echo "  WRONG: $*"; exit 1; }
    /packages/install.sh > /dev/null; soon status; fine "install.sh installs and starts"
    echo "; changed" >> /etc/epsilond/epsilond.ini
    /packages/install.sh; soon status
    tail -n 1 /etc/epsilond/epsilond.ini | grep -q "; changed"; fine "an upgrade keeps the changed ini"
    echo "no = 1" >> /etc/epsilond/epsilond.ini
    if /packages/install.sh; then echo "  WRONG: took a wrong ini"; exit 1; fi
    status; fine "with a wrong ini the old one keeps running"
    /packages/install.sh --remove; if status; then exit 1; fi; fine "--remove stops it"
    [ -e /etc/epsilond/epsilond.ini ] && [ ! -e /usr/sbin/epsilond ]
    /packages/install.sh --purge
    ! ls -d /etc/epsilond /var/lib/epsilond /usr/share/doc/epsilond /etc/init.d/epsilond 2> /dev/null; ! id epsilond 2> /dev/null
    fine "--purge leaves nothing"'
}

failed=()
for manager in "$@"; do
  echo "$manager:"
  # Behind "||" or "if" it would go on after an error.
  set +e
  (set -e; trap '[ -z "$root" ] || rm -rf "$root"' EXIT; "try_$manager")
  status=$?
  set -e
  [ "$status" -eq 0 ] || failed+=("$manager")
done
[ "${#failed[@]}" -eq 0 ] || { echo "failed: ${failed[*]}" >&2; exit 1; }
echo "All fine: $*"

#!/bin/sh
# Runs inside a clean Debian root, as root: the life of the .deb, from installation to purge, under the service manager that
# runs there, if one does. usage: lifecycle.sh none|systemd|openrc (old.deb and new.deb lie beside it)
set -eu
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
manager=$1
here=$(dirname "$0")

fine() { echo "  fine: $*"; }
wrong() { echo "  WRONG: $*"; exit 1; }
check() { # check WHAT COMMAND...
  what=$1
  shift
  if "$@" > "$here/said" 2>&1; then fine "$what"; else tail -n 20 "$here/said"; wrong "$what"; fi
}
agents() {
  for comm in /proc/[0-9]*/comm; do
    if [ "$(cat "$comm" 2> /dev/null)" = epsilond ]; then
      pid=${comm#/proc/}
      echo "${pid%/comm}"
    fi
  done
}
soon() { # soon COMMAND...: within half a minute
  for _ in $(seq 60); do
    if "$@"; then return; fi
    sleep 0.5
  done
  return 1
}
one_agent() { [ "$(agents | wc -l)" = 1 ]; }
no_agent() { [ -z "$(agents)" ]; }
# dpkg and apt keep books of their own, and so do the tools of accounts.
snapshot() {
  find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path "$here" -o -path /var/cache \
    -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/log/apt -o -path /var/log/journal \) -prune -o -print |
    grep -v -e '^/var/log/dpkg.log$' -e '^/etc/\(passwd\|group\|shadow\|gshadow\|subuid\|subgid\)-$' \
      -e '^/etc/\.pwd\.lock$' -e '^/var/log/\(wtmp\|btmp\)' -e '^/var/lib/systemd/\(catalog\|timers\|random-seed\)' | sort
  sort /etc/passwd /etc/group /etc/shadow
}
install_deb() { apt-get -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold install -y --allow-downgrades "$1"; }

snapshot > "$here/before"
check "apt-get install ./old.deb" install_deb "$here/old.deb"
check "dpkg has configured it" sh -c 'dpkg-query -W -f "\${db:Status-Abbrev}" epsilond | grep -q "^ii"'
check "dpkg --verify finds nothing changed" sh -c '[ -z "$(dpkg --verify epsilond)" ]'
check "the account is there" id epsilond
check "epsilond -t" epsilond -t
check "epsilond --ticks 2" epsilond --ticks 2 --state none
case $manager in
  none)
    check "nothing was started" no_agent
    mkdir -p /run/epsilond /var/lib/epsilond
    chown epsilond:epsilond /run/epsilond /var/lib/epsilond
    setpriv --reuid epsilond --regid epsilond --clear-groups epsilond > "$here/by-hand" 2>&1 &
    check "run by hand as its account, it answers" soon epsilonctl status
    check "and learns" sh -c 'epsilonctl status | grep learning'
    kill $!
    wait $! || wrong "stopped by TERM with $?"
    check "and keeps what it learned" test -s /var/lib/epsilond/state
    ;;
  *)
    check "it was started" soon one_agent
    check "it answers" soon epsilonctl status
    check "as its own account" sh -c "grep -q '^Uid:	$(id -u epsilond)	' /proc/$(agents)/status"
    ;;
esac
if [ "$manager" = systemd ]; then
  check "the unit is enabled" systemctl is-enabled epsilond
  systemctl --no-pager status epsilond | sed 's/^/    /' | head -n 12
fi
if [ "$manager" = openrc ]; then
  check "it is in a runlevel" sh -c 'rc-update show | grep epsilond'
  check "rc-service says it runs" rc-service epsilond status
  check "reload" rc-service epsilond reload
fi

printf '[model host]\nfalse_alarms_per_week = 2\n' > /etc/epsilond/epsilond.ini
before=$(agents)
check "upgrade" install_deb "$here/new.deb"
check "the changed ini is kept" grep -q 'false_alarms_per_week = 2' /etc/epsilond/epsilond.ini
if [ "$manager" != none ]; then
  check "the new one runs" soon one_agent
  check "and is another process" [ "$(agents)" != "$before" ]

  printf '[model host]\nfalse_alarms_per_weak = 2\n' > /etc/epsilond/epsilond.ini
  before=$(agents)
  check "upgrade with a wrong ini" install_deb "$here/old.deb"
  cp "$here/said" "$here/complaint"
  sed 's/^/    /' "$here/complaint" | grep -A2 -e 'epsilond.ini:' -e 'NOT restarted'
  check "it says what is wrong" grep -q '^epsilond: /etc/epsilond/epsilond.ini:2: ' "$here/complaint"
  check "the old one keeps running" [ "$(agents)" = "$before" ]
  check "dpkg is content" sh -c '[ -z "$(dpkg --audit)" ]'
  printf '[model host]\nfalse_alarms_per_week = 2\n' > /etc/epsilond/epsilond.ini
  check "upgrade with the ini mended" install_deb "$here/new.deb"
  check "the new one runs" soon one_agent

  scripts=/var/lib/dpkg/info/epsilond
  check "a removal stops it" env DPKG_MAINTSCRIPT_PACKAGE=epsilond $scripts.prerm remove
  check "nothing runs" soon no_agent
  check "and goes no further" env DPKG_MAINTSCRIPT_PACKAGE=epsilond $scripts.postinst abort-remove
  check "it runs again" soon one_agent
fi

check "remove" apt-get -o Dpkg::Use-Pty=0 remove -y epsilond
check "nothing runs" no_agent
check "the programs are gone" sh -c '! [ -e /usr/sbin/epsilond ] && ! [ -e /usr/bin/epsilonctl ]'
check "configuration and state stay" test -s /etc/epsilond/epsilond.ini -a -d /var/lib/epsilond
if [ "$manager" != none ]; then
  printf '[model host]\nfalse_alarms_per_weak = 2\n' > /etc/epsilond/epsilond.ini
  check "install again with a wrong ini" install_deb "$here/old.deb"
  cp "$here/said" "$here/complaint"
  check "it says that it was not started" grep -q 'NOT started' "$here/complaint"
  check "nothing runs" no_agent
  printf '[model host]\nfalse_alarms_per_week = 2\n' > /etc/epsilond/epsilond.ini
fi
check "install again" install_deb "$here/new.deb"
check "the ini is the changed one" grep -q 'false_alarms_per_week = 2' /etc/epsilond/epsilond.ini
[ "$manager" = none ] || check "it runs again" soon one_agent
check "purge" apt-get -o Dpkg::Use-Pty=0 purge -y epsilond
check "nothing runs" no_agent
snapshot > "$here/after"
if diff "$here/before" "$here/after"; then fine "purge left nothing"; else wrong "purge left or took the above"; fi
echo "lifecycle: done"

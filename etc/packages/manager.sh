# Which service manager runs this system now: none in a chroot, a container or an image under construction.
manager() {
  if [ -d /run/systemd/system ]; then
    echo systemd
  elif [ -e /run/openrc/softlevel ]; then
    echo openrc
  fi
}

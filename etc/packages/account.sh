# The account that the service runs as, by what this system makes accounts with.
make_account() {
  if id -u epsilond > /dev/null 2>&1; then return; fi
  if command -v systemd-sysusers > /dev/null && systemd-sysusers epsilond.conf; then return; fi
  nologin=$(command -v nologin) || nologin=/bin/false
  useradd --system --user-group --home-dir /var/lib/epsilond --no-create-home --shell "$nologin" \
    --comment "epsilond, the agent" epsilond
}

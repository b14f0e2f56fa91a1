running() {
  case "$(manager)" in
    systemd) systemctl --quiet is-active epsilond.service ;;
    openrc) rc-service --quiet epsilond status > /dev/null 2>&1 ;;
    *) false ;;
  esac
}

# sane WHAT: whether the agent takes the configuration; if not, says so and that WHAT was left undone because of it.
sane() {
  # Under a service manager, as unattended upgrades are, it would speak to a journal.
  if complaint=$(unset JOURNAL_STREAM; epsilond -t 2>&1); then return; fi
  {
    echo "$complaint"
    echo "epsilond was NOT $1: it does not take the configuration above."
    if running; then
      echo "The old one keeps running. Mend the file, try it with \"epsilond -t\", then restart the service."
    else
      echo "Mend the file, try it with \"epsilond -t\", then start the service."
    fi
  } >&2
  return 1
}

# Sourced by ./run and ./check: installs what is missing and builds a preset. Debian 12 and its relatives.

BUILD_PACKAGES=(g++ cmake ninja-build libstatgrab-dev libeigen3-dev libinih-dev zlib1g-dev)
TEST_PACKAGES=(libcmocka-dev clang-14 libclang-rt-14-dev rsyslog python3 mandoc chromium chromium-driver
  python3-selenium python3-numpy rrdtool sysstat systemd binutils rpm lintian rpmlint python3-license-expression
  strace valgrind)
# What receives from a fleet: etc/prometheus, etc/grafana, the outputs, bench/fleet.
TEST_PACKAGES+=(prometheus prometheus-alertmanager prometheus-node-exporter victoria-metrics influxdb)
CROSS_PACKAGES=(g++-aarch64-linux-gnu g++-arm-linux-gnueabihf g++-arm-linux-gnueabi qemu-user-static) # docs/platforms.md
PACKAGES_PACKAGES=(debootstrap systemd-container diffoscope-minimal) # for tests/packages/*.sh alone
FAULTS_PACKAGES=(python3 stress-ng iproute2) # for bench/faults/run.sh alone
COVERAGE_PACKAGES=(clang-14 libclang-rt-14-dev llvm-14 libcmocka-dev python3) # for bench/reliability/coverage.sh alone
ANALYSIS_PACKAGES=(cppcheck gcc clang-14 clang-tidy-14) # for bench/reliability/analyse.sh alone
MEMCHECK_PACKAGES=(valgrind libcmocka-dev python3) # for bench/reliability/memcheck.sh alone

# Installs the packages that are not installed yet; asks for nothing.
install_packages() {
  local missing=() package sudo=
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  echo "Installing: ${missing[*]}"
  # A stale package list is the usual reason for a failed install: try what is there first, then once more after an update.
  DEBIAN_FRONTEND=noninteractive quietly $sudo apt-get install -y --no-install-recommends "${missing[@]}" ||
    { quietly $sudo apt-get update &&
      DEBIAN_FRONTEND=noninteractive quietly $sudo apt-get install -y --no-install-recommends "${missing[@]}"; }
}

# npm fetches the plotting library of the report page. Any npm does; without one the build goes on.
install_npm() {
  command -v npm > /dev/null || install_packages npm || echo "No npm: epsilonctl is built without --report."
}

# Runs a command and shows its output only if it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" > "$log" 2>&1 || status=$?
  [ "$status" -eq 0 ] || cat "$log" >&2
  rm -f "$log"
  return "$status"
}

# Configures one preset of CMakePresets.json and builds it, or only the target given behind it.
build_preset() {
  echo "Building $1 ..."
  quietly cmake --preset "$1"
  [ -s "build/$1/agent/report/uplot_dir" ] || echo "Without --report: 'cmake --preset $1' says why."
  quietly cmake --build --preset "$1" ${2:+--target "$2"}
}

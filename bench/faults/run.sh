#!/usr/bin/env bash
# Sets up this machine, builds the release and runs the live catalogue of faults; options are those of catalogue.py.
#
#   bench/faults/run.sh [--warm-up 15m] [--undisturbed 1h] [--record OUT.csv] [--json OUT] ...
set -euo pipefail
cd "$(dirname "$0")/../.."
. ./bench/setup.sh

install_packages "${BUILD_PACKAGES[@]}" "${FAULTS_PACKAGES[@]}"
install_npm
build_preset release
quietly cmake --build --preset release --target disturb --target record_features
# The system's Python: its standard library is all that it takes.
exec /usr/bin/python3 bench/faults/catalogue.py "$@"

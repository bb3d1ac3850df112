#!/bin/sh
# alone
# top_speed.sh -- the dashboard is quick and quiet: on a pty, on a small store, with generous limits; alone, beside a writer, and with the
# store locked, when keys must still answer. The figures themselves: make bench.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
build/tests/big_store "$tmp/m.db" 0.001 || exit 1
UI_FACTOR=${UI_FACTOR:-6} /usr/bin/python3 tests/bench/ui_pty.py "$tmp/m.db" 0.001 quick

#!/bin/sh
# ui_pty.sh -- the dashboard on a pty (ui_pty.py) and what its views ask (ui_queries.c), on a store of 40 MB; UI_STORE_GB=1: of a gigabyte,
# which takes two minutes more.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
size=${UI_STORE_GB:-0.01}
build/tests/big_store "$tmp/m.db" "$size" || exit 1
build/bench/ui_queries "$tmp/m.db" || exit 1
/usr/bin/python3 tests/bench/ui_pty.py "$tmp/m.db" "$size"

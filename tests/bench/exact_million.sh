#!/bin/sh
# A million generated lines, with bad ones of every kind, nulls, missing keys, errors and rotation, counted exactly.
set -eu
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT INT TERM
build/tests/gen_log --rows 1000000 --rps 2000 --bad-lines 0.01 --null-rate 0.01 --missing-rate 0.01 --error-rate 0.01 --rotate rename:170000 -o "$tmp/log" --truth "$tmp/truth"
# shellcheck disable=SC2046
build/tests/check_counts "$tmp/truth" $(ls -tr "$tmp"/log*)

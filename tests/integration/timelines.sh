#!/bin/sh
# What a real Alertmanager sent in timelines of our own, against ours (tests/data/timelines; made by tests/tools/alertmanager_record.py).
cd "$(dirname "$0")/../.." || exit 1
out=$(build/tests/alertmanager_timeline tests/data/timelines/*/ 2>&1) || {
	echo "$out" | cut -c 1-600
	exit 1
}

#!/bin/sh
# demo.sh -- the main job on real behaviour: a model service, its users, a webhook catcher and mlwatch, on loopback and in a
# temporary folder. On a terminal the dashboard opens ("q" ends all of it); without one it runs a minute, prints what fired and
# what was posted, and exits 0 when every expectation held. Leaves nothing behind.
set -eu
cd "$(dirname "$0")/../.."
here=$PWD
bin=$here/build
dir=$(mktemp -d "${TMPDIR:-/tmp}/mlwatch-demo.XXXXXX")
pids=
rate=${DEMO_RATE:-100}

cleanup() {
	trap - EXIT INT TERM HUP
	for p in $pids; do
		kill "$p" 2>/dev/null || true
	done
	for p in $pids; do
		wait "$p" 2>/dev/null || true
	done
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# A watchdog of its own: when this script is killed outright, what it started goes too.
spawn() {
	"$@" &
	pids="$pids $!"
}
wait_for() { # file: until it has a line
	i=0
	while [ ! -s "$1" ]; do
		i=$((i + 1))
		[ $i -lt 100 ] || { echo "demo: $1 did not appear" >&2; exit 1; }
		sleep 0.1
	done
}

export DEMO_DIR="$dir" DEMO_SOURCE="$here/contrib/demo"
spawn "$bin/tests/catcher" --port-file "$dir/catcher.port" --out "$dir/posted.jsonl"
wait_for "$dir/catcher.port"
# ten minutes of normal traffic, which ended just now
"$bin/demo/history" contrib/demo/iris.csv $(($(date +%s) - 600)) 600 50 9e9 9e9 9e9 >"$dir/predictions.jsonl"
spawn "$bin/demo/service" contrib/demo/iris.csv "$dir/predictions.jsonl" >"$dir/service.port"
wait_for "$dir/service.port"
DEMO_SERVICE_PORT=$(cat "$dir/service.port")
export DEMO_SERVICE_PORT
sed "s/@CATCHER_PORT@/$(cat "$dir/catcher.port")/" contrib/demo/alerts.yml >"$dir/alerts.yml"
cp contrib/demo/mlwatch.yml "$dir/mlwatch.yml"
export MLWATCH_CONFIG="$dir/mlwatch.yml"

echo "reference of the training data: mlwatch baseline iris.csv"
"$bin/mlwatch" baseline contrib/demo/iris.csv --model iris --except species -o "$dir/iris-1.0.0.json"
"$bin/mlwatch" check
spawn "$bin/mlwatch" run 2>"$dir/agent.log"
start=$(date +%s)
spawn "$bin/demo/driver" "http://127.0.0.1:$DEMO_SERVICE_PORT" contrib/demo/iris.csv "$rate" 20 30 36 3600

summary() {
	echo
	echo "What was posted, as Slack and PagerDuty got it:"
	"$bin/demo/posted" "$dir/posted.jsonl" "$start"
}

if [ -t 0 ] && [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; then
	"$bin/mlwatch" top || true
	summary
	exit 0
fi

echo "ten minutes of normal traffic are in the log; in 20 s an upstream release sends millimetres instead of centimetres"
sleep "${DEMO_SECONDS:-60}"
"$bin/mlwatch" status || true
summary
echo
failed=0
for alert in DriftShareHigh FeatureDrift ConfidenceLow LatencyP95High ErrorRateHigh; do
	at=$("$bin/demo/posted" "$dir/posted.jsonl" --first "$alert")
	if [ -n "$at" ]; then
		echo "alert $alert posted after $((at / 1000 - start)) s  ✓"
	else
		echo "alert $alert was not posted  ✗"
		failed=1
	fi
done
exit $failed

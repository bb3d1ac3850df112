#!/bin/sh
# demo_store.sh -- a night of the demo, replayed: the same store on every run, wherever and whenever that is.
#
#   demo_store.sh DIR       writes DIR/demo.db, prints the time that its pictures are of
#
# The demo's log of an hour and a quarter, with its reference, rules and routing. 02:15 the log has bad lines for some seconds, 02:46 millimetres
# come instead of centimetres, 02:53 answers become slow, 03:01 fewer people ask than a day ago, 03:05 answers fail. The pictures are of 03:14:22.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
mlwatch=${MLWATCH:-build/mlwatch}
case $mlwatch in /*) ;; *) mlwatch=$here/$mlwatch ;; esac
demo=$here/contrib/demo
history=$here/build/demo/history
cd "$1"

two=1763604000 # 2025-11-20T02:00:00Z, in Unix seconds
never=9e9

# log FROM SECONDS RATE DRIFT_AT SLOW_AT FAIL_AT, in seconds after two o'clock
log()
{
	"$history" "$demo/iris.csv" $((two + $1)) "$2" "$3" "$4" "$5" "$6"
}

# Of the lines in a hundred: ends in the middle, has no time; both while the seconds are those of the pattern.
damage()
{
	awk -v when="$1" '$0 ~ when && ++n % 20 == 0 { print substr($0, 1, 120); next }
		$0 ~ when && n % 50 == 7 { sub(/"ts"/, "\"tz\"") }
		{ print }'
}

log -87600 7800 12 $never $never $never >predictions.jsonl.1 # 01:40 to 03:50
{
	log 0 3660 12 2760 3180 $never | damage 'T02:15:[0-3]'
	log 3660 803 8 0 0 240
} >predictions.jsonl
"$mlwatch" baseline "$demo/iris.csv" --model iris --except species --created 2025-11-18 -o iris-1.0.0.json -q
sed 's/@CATCHER_PORT@/9/' "$demo/alerts.yml" >alerts.yml
cp "$demo/mlwatch.yml" mlwatch.yml
grep -v '^rule_files' mlwatch.yml >quiet.yml # of a day ago only the traffic counts
export DEMO_DIR=. DEMO_SOURCE="$demo" DEMO_SERVICE_PORT=8000
"$mlwatch" replay -q -c quiet.yml --store demo.db predictions.jsonl.1
"$mlwatch" replay -q -c mlwatch.yml --store demo.db predictions.jsonl
echo 2025-11-20T03:14:22Z

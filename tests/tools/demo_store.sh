#!/bin/sh
# demo_store.sh -- a night of the demo, replayed: the same store on every run, wherever and whenever that is.
#
#   demo_store.sh DIR       writes DIR/demo.db, prints the time that its pictures are of
#
# The demo's log of an hour and five minutes, with its reference, rules and routing; a receiver on this machine takes all messages. 02:16 the
# log has bad lines for some seconds, 02:46 millimetres come instead of centimetres, 02:53 answers become slow, 03:01 fewer people ask than a
# day ago, 03:05 answers fail, 03:07 ana acknowledges that. The pictures are of 03:15:30. When a group of rules runs depends on the name of
# its file, so that is the same everywhere, too.
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

log -86400 7200 15 $never $never $never >predictions.jsonl.1 # 02:00 to 04:00
{
	log 600 3060 15 2160 2580 $never | damage 'T02:16:0'
	log 3660 871 10 0 0 240
} >predictions.jsonl
"$mlwatch" baseline "$demo/iris.csv" --model iris --except species --created 2025-11-18 -o iris-1.0.0.json -q
rm -f catcher.port
"$here/build/tests/catcher" --port-file catcher.port --out posted.jsonl &
catcher=$!
trap 'kill $catcher' EXIT
tries=0
until [ -s catcher.port ]; do
	tries=$((tries + 1))
	[ $tries -lt 100 ] || { echo "the receiver did not start" >&2; exit 1; }
	sleep 0.1
done
sed "s/@CATCHER_PORT@/$(cat catcher.port)/" "$demo/alerts.yml" >alerts.yml
cp "$demo/mlwatch.yml" mlwatch.yml
mkdir -p demo
cp "$demo/rules.yml" demo/
grep -v '^rule_files' mlwatch.yml >quiet.yml # of a day ago only the traffic counts
export DEMO_DIR=. DEMO_SOURCE=demo DEMO_SERVICE_PORT=8000
"$mlwatch" replay -q -c quiet.yml --store demo.db predictions.jsonl.1
"$mlwatch" replay -q -c mlwatch.yml --store demo.db --notify predictions.jsonl
printf 'ja<S-Tab>null fields, asked the upstream team<Tab><Tab><Enter>\n' >keys
SUDO_USER=ana "$mlwatch" top --store demo.db --snapshot alerts --size 120x36 --at 2025-11-20T03:07:30Z --keys keys >acknowledged
grep -q 'ack ana' acknowledged
echo 2025-11-20T03:15:30Z

#!/bin/sh
# floors.sh -- the house stays as designed: every #include against tests/floors.txt, and the dashboard links without the agent.
#
# The checker is tried on planted violations first: one that finds nothing would pass everything.
set -u
cd "$(dirname "$0")/../.." || exit 1
status=0

# check_includes ROOT: prints every include that goes up or sideways.
check_includes()
{
	(cd "$1" && find src ui include -name '*.[ch]' -exec grep -n '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' {} + 2>/dev/null) |
		sed 's/^\([^:]*\):\([0-9]*\):[^"]*"\([^"]*\)".*/\1 \2 \3/' | awk -v floors=tests/floors.txt '
	BEGIN {
		while ((getline line < floors) > 0) {
			if (line ~ /^#/ || line == "") continue
			n = split(line, w, " ")
			floor[w[2]] = w[1]
			for (i = 3; i <= n; i++) owner[w[i]] = w[2]
		}
	}
	# The folder that a file belongs to: src/x/..., ui/..., or the owner of a header of include/mlwatch.
	function folder(path,   p) {
		split(path, p, "/")
		if (p[1] == "include") { sub(/.*\//, "", path); sub(/\.h$/, "", path); return owner[path] }
		if (p[1] == "src" && p[3] == "") return "main"
		return p[1] == "src" ? p[1] "/" p[2] : p[1]
	}
	{
		from = folder($1); header = $3
		if (from == "main") next
		if (from == "" || !(from in floor)) { print $1 ":" $2 ": no floor for this file in tests/floors.txt"; next }
		if (header ~ /^mlwatch\//) {
			sub(/^mlwatch\//, "", header); sub(/\.h$/, "", header)
			to = owner[header]
			if (to == "") { print $1 ":" $2 ": " header ".h stands on no floor of tests/floors.txt"; next }
			if (to != from && floor[to] + 0 >= floor[from] + 0)
				print $1 ":" $2 ": " from " (floor " floor[from] ") must not include " header ".h of " to " (floor " floor[to] ")"
			next
		}
		# A private header: it must be in the folder itself.
		if ($1 ~ /^include\//) { print $1 ":" $2 ": a public header must not include the private " header; next }
		dir = $1; sub(/[^\/]*$/, "", dir)
		if (header ~ /\// || system("test -e " root "/" dir header) != 0)
			print $1 ":" $2 ": " header " is not in the folder"
	}' root="$1"
}

# 1. The checker sees what is planted: upwards, sideways, a stranger, a private header of another folder.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/src/promql" "$tmp/src/decode" "$tmp/ui" "$tmp/include/mlwatch"
echo '#include "mlwatch/rules.h"' >"$tmp/src/promql/up.c"
echo '#include "mlwatch/tail.h"' >"$tmp/src/decode/sideways.c"
echo '#include "mlwatch/no_such_header.h"' >"$tmp/src/promql/stranger.c"
echo '#include "../rules/rules_private.h"' >"$tmp/src/promql/private.c"
echo '  #  include "mlwatch/agent.h"' >"$tmp/ui/agent.c"
echo '#include "mlwatch/notify.h"' >"$tmp/include/mlwatch/rules.h"
printf '#include "mlwatch/err.h"\n#include <string.h>\n' >"$tmp/src/promql/good.c"
found=$(check_includes "$tmp")
for planted in src/promql/up.c src/decode/sideways.c src/promql/stranger.c src/promql/private.c ui/agent.c include/mlwatch/rules.h; do
	case $found in
	*"$planted:"*) ;;
	*)
		echo "the checker does not see the planted violation in $planted"
		status=1
		;;
	esac
done
case $found in
*good.c*)
	echo "the checker complains about good.c: $found"
	status=1
	;;
esac

# 2. The house itself.
found=$(check_includes .)
if [ -n "$found" ]; then
	echo "$found"
	status=1
fi

# 3. What ui/ uses is not defined by the agent, by sources, by the dispatcher or by receivers. What a person does to alerts and messages
# (people.c, people_outbox.c) and what there is to see of them (view.c, payload_text.c) are rows of the store, and meant for it.
defined()
{
	find $1 -name '*.o' ! -path '*/notify/people*.o' ! -path '*/notify/view.o' ! -path '*/notify/payload_text.o' \
		-exec nm -g --defined-only {} + 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u
}
if [ -d build/rel/ui ]; then
	find build/rel/ui -name '*.o' -exec nm -u {} + | awk 'NF == 2 { print $2 }' | sort -u >"$tmp/used"
	for folder in agent source decode notify window; do
		[ -d "build/rel/src/$folder" ] || continue
		defined "build/rel/src/$folder" >"$tmp/theirs"
		both=$(comm -12 "$tmp/used" "$tmp/theirs" | tr '\n' ' ')
		if [ -n "$both" ]; then
			echo "ui/ uses what belongs to src/$folder: $both"
			status=1
		fi
	done
fi

# 4. No public name of ours is also a library's: the linker would take one for the other without a word.
if [ -e build/libmlwatch.a ] && command -v ldd >/dev/null && [ -x build/mlwatch ]; then
	nm -g --defined-only build/libmlwatch.a 2>/dev/null | awk '$2 ~ /[TDBR]/ { print $3 }' | sort -u >"$tmp/ours"
	ldd build/mlwatch | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p' | grep -E '/lib(uv|curl|sqlite3|gsl|jansson|yaml|pcre2|microhttpd|ncursesw|tinfo)' |
		xargs -n 1 nm -D --defined-only 2>/dev/null | awk 'NF == 3 { sub(/@.*/, "", $3); print $3 }' | sort -u >"$tmp/theirs"
	both=$(comm -12 "$tmp/ours" "$tmp/theirs" | grep -v '^_' | tr '\n' ' ')
	if [ -n "$both" ]; then
		echo "names that a library has too: $both"
		status=1
	fi
fi
exit $status

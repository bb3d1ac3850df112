#!/bin/sh
# Everything that the demo starts is built by what `make demo` builds: a fresh clone has nothing else. (It once lacked the catcher.)
plan=$(make -n -B --no-print-directory all demo-programs 2>/dev/null)
status=0
for program in $(grep -o '"$bin/[a-z/]*"' contrib/demo/demo.sh | tr -d '"' | sed 's|^$bin|build|' | sort -u); do
	case $plan in
	*"-o $program "*) ;;
	*)
		echo "the demo starts $program, and make demo does not build it"
		status=1
		;;
	esac
done
exit $status

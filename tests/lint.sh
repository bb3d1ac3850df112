#!/bin/sh
# lint.sh -- format, a second compiler, a static checker, and the shell scripts' syntax. Under three minutes on two cores.
set -u
cd "$(dirname "$0")/.." || exit 1
sh contrib/bootstrap.sh deps lint || exit $?
status=0
jobs=$(nproc 2>/dev/null || echo 2)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

check() # NAME, then a command that fails when something is found
{
	name=$1
	shift
	start=$(date +%s)
	if "$@" >"$tmp/out" 2>&1; then
		printf 'ok    %-40s %6d s\n' "$name" $(($(date +%s) - start))
	else
		printf 'FAIL  %-40s %6d s\n' "$name" $(($(date +%s) - start))
		head -n "${LINT_LINES:-60}" "$tmp/out" | sed 's/^/      /'
		status=1
	fi
}

# Only what belongs to the project: git knows; without it, everything outside build/.
files()
{
	if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		git ls-files -- "$@"
	else
		for pattern; do
			find . -path ./build -prune -o -name "$pattern" -print
		done | sed 's|^\./||'
	fi
}

format()
{
	files '*.c' '*.h' | xargs -P "$jobs" -n 20 clang-format --dry-run -Werror
}

flags=$(pkg-config --cflags $(sed -n 's/^PKGS *:= *//p' Makefile) cmocka)
define="-std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DMLWATCH_VERSION=\"lint\" -Iinclude -Itests"

clang_build()
{
	files '*.c' | xargs -P "$jobs" -n 8 clang -fsyntax-only -Werror -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion \
		-Wno-missing-field-initializers -Wstrict-prototypes -Wno-string-concatenation $define $flags
}

cpp_check()
{
	cppcheck --quiet --std=c11 --language=c -j "$jobs" --max-configs=1 --inline-suppr --error-exitcode=1 \
		--enable=warning,performance,portability --suppressions-list=tests/cppcheck.txt \
		-D'json_array_foreach(a,b,c)=for(;;)' -D'json_object_foreach(a,b,c)=for(;;)' -D_GNU_SOURCE -DMLWATCH_VERSION='"lint"' -Iinclude src ui
}

shells()
{
	bad=0
	for f in $(files '*.sh' '.ci/run'); do
		case $(head -n 1 "$f") in
		*bash*) bash -n "$f" || bad=1 ;;
		*) sh -n "$f" || bad=1 ;;
		esac
	done
	return $bad
}

check 'shell scripts: syntax' shells
check 'clang-format' format
check 'clang -Werror' clang_build
check 'cppcheck' cpp_check
if [ $status -eq 0 ]; then
	echo 'lint: nothing found'
fi
exit $status

#!/bin/sh
# bootstrap.sh -- from a fresh Debian to a working tree.
#
#   sh contrib/bootstrap.sh demo        installs what is missing, builds, shows the main job
#   sh contrib/bootstrap.sh test        installs what is missing, builds, passes all tests
#   sh contrib/bootstrap.sh lint        installs what is missing, runs the checkers
#   sh contrib/bootstrap.sh deps [FOR]  only installs what building (and FOR: demo, test, lint) needs
#
# Says what it installs before it does; quiet and instant when nothing is missing. Needs apt-get and root (or sudo) only when
# something is missing; without them it prints what is needed and ends with 4 (1 on another system).
set -u
cd "$(dirname "$0")/.." || exit 1

# What for, how it is recognised (a pkg-config module, or a program after "!"), Debian's package, its usual name elsewhere.
needs='
build !cc            gcc                  gcc
build !ld            binutils             binutils
build !make          make                 make
build !pkg-config    pkg-config           pkg-config
build =libc          libc6-dev            libc-headers
build libuv          libuv1-dev           libuv
build libcurl        libcurl4-openssl-dev libcurl
build sqlite3        libsqlite3-dev       sqlite3
build gsl            libgsl-dev           gsl
build jansson        libjansson-dev       jansson
build yaml-0.1       libyaml-dev          libyaml
build libpcre2-8     libpcre2-dev         pcre2
build libmicrohttpd  libmicrohttpd-dev    libmicrohttpd
build ncursesw       libncurses-dev       ncurses
build zlib           zlib1g-dev           zlib
test  cmocka         libcmocka-dev        cmocka
test  !python3       python3              python3
test  !curl          curl                 curl
test  !ps            procps               procps
test  !valgrind      valgrind             valgrind
test  !tmux          tmux                 tmux
test  !openssl       openssl              openssl
lint  !clang         clang                clang
lint  !clang-format  clang-format         clang
lint  !cppcheck      cppcheck             cppcheck
lint  cmocka         libcmocka-dev        cmocka
'

there()
{
	case $1 in
	=libc) [ -e /usr/include/stdio.h ] || [ -e /usr/local/include/stdio.h ] ;;
	!*) command -v "${1#!}" >/dev/null 2>&1 ;;
	*) command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "$1" ;;
	esac
}

# Sets $debian and $usual to the packages that are missing for $1.
look()
{
	debian= usual=
	while read -r what how package name; do
		[ -n "$what" ] || continue
		[ "$what" = build ] || [ "$what" = "$1" ] || continue
		there "$how" && continue
		debian="$debian $package"
		usual="$usual $name"
	done <<-END
	$needs
	END
}

install()
{
	if ! command -v apt-get >/dev/null 2>&1; then
		echo "mlwatch needs these packages, under whatever names this system gives them:"
		echo " $usual"
		exit 1
	fi
	as=
	if [ "$(id -u)" -ne 0 ]; then
		if ! command -v sudo >/dev/null 2>&1; then
			echo "packages are missing, and this is neither root nor is there sudo. An administrator can install them with:"
			echo "apt-get install --no-install-recommends$debian"
			exit 4
		fi
		as="sudo"
	fi
	echo "installing:$debian"
	log=$(mktemp)
	if ! { $as env DEBIAN_FRONTEND=noninteractive apt-get -q -y update &&
		$as env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends $debian; } >"$log" 2>&1; then
		tail -n 20 "$log"
		rm -f "$log"
		echo "apt-get failed"
		exit 4
	fi
	rm -f "$log"
}

target=${1:-}
case $target in
deps) for=${2:-build} ;;
demo | test | lint) for=$target ;;
*)
	echo "usage: sh contrib/bootstrap.sh demo|test|lint|deps" >&2
	exit 2
	;;
esac

look "$for"
if [ -n "$debian" ]; then
	install
	look "$for"
	if [ -n "$debian" ]; then
		echo "still missing after the installation:$debian"
		exit 4
	fi
fi
[ "$target" = deps ] || exec make --no-print-directory -j"$(nproc 2>/dev/null || echo 2)" "$target"

#!/bin/sh
# install.sh DESTDIR PREFIX -- what "make install" does: the program, manual pages, completions, unit, examples.
set -eu
cd "$(dirname "$0")/.."
dest=$1 prefix=$2
share=$dest$prefix/share

put() # MODE FILE DIRECTORY [NAME]
{
	mkdir -p "$3"
	install -m "$1" "$2" "$3/${4:-$(basename "$2")}"
}

put 755 build/mlwatch "$dest$prefix/bin"

# Manual pages and completions are made by the program itself, so that they agree with it.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
build/mlwatch help --man mlwatch >"$tmp/mlwatch.1"
put 644 "$tmp/mlwatch.1" "$share/man/man1"
for c in $(build/mlwatch help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'); do
	build/mlwatch help --man "$c" >"$tmp/mlwatch-$c.1"
	put 644 "$tmp/mlwatch-$c.1" "$share/man/man1"
done
for page in contrib/man/*.[57]; do
	[ -e "$page" ] && put 644 "$page" "$share/man/man${page##*.}"
done
awk -v name=mlwatch.yml -v section=5 -v what='the configuration of mlwatch' -f contrib/man/md2man.awk docs/configuration.md \
	>"$tmp/mlwatch.yml.5"
put 644 "$tmp/mlwatch.yml.5" "$share/man/man5"
build/mlwatch completion bash >"$tmp/mlwatch"
put 644 "$tmp/mlwatch" "$share/bash-completion/completions"
build/mlwatch completion zsh >"$tmp/_mlwatch"
put 644 "$tmp/_mlwatch" "$share/zsh/site-functions"
build/mlwatch completion fish >"$tmp/mlwatch.fish"
put 644 "$tmp/mlwatch.fish" "$share/fish/vendor_completions.d"

# The unit names the program where it is.
case $prefix in
/usr) units=$dest/lib/systemd/system ;;
*) units=$dest$prefix/lib/systemd/system ;;
esac
sed "s|/usr/bin/mlwatch|$prefix/bin/mlwatch|" contrib/systemd/mlwatch.service >"$tmp/mlwatch.service"
put 644 "$tmp/mlwatch.service" "$units"
put 644 contrib/sysusers.d/mlwatch.conf "$dest$prefix/lib/sysusers.d"
put 644 contrib/tmpfiles.d/mlwatch.conf "$dest$prefix/lib/tmpfiles.d"
put 644 contrib/logrotate/mlwatch "$share/mlwatch/logrotate"
for f in $(find rules alerts contrib/examples contrib/grafana contrib/python -type f 2>/dev/null); do
	put 644 "$f" "$share/mlwatch/$(dirname "$f" | sed 's|^contrib/||')"
done
for f in LICENSE README.md docs/*.md; do
	[ -e "$f" ] && put 644 "$f" "$share/doc/mlwatch"
done
exit 0

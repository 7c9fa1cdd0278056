#!/bin/bash
# `make install` writes what it should, `make uninstall` takes just that away, what is installed
# works, and the man pages are well-formed and know every option. `tests/install.sh BUILD`
# shellcheck disable=SC2154
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh

build=$(cd "$1" && pwd) || exit 2
bin=$build/bin
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
dest="$work/a tree"
tools='crosstap crosstap-collect crosstap-correlate crosstap-report'
unset MAKEFLAGS MFLAGS MAKELEVEL # whoever runs `make check PREFIX=...` does not mean these

expected()
{
	cat <<-END
		755 usr/bin/crosstap
		755 usr/bin/crosstap-collect
		755 usr/bin/crosstap-correlate
		755 usr/bin/crosstap-report
		644 usr/share/bash-completion/completions/crosstap
		777 usr/share/bash-completion/completions/crosstap-collect -> crosstap
		777 usr/share/bash-completion/completions/crosstap-correlate -> crosstap
		777 usr/share/bash-completion/completions/crosstap-report -> crosstap
		755 usr/share/crosstap/clickhouse/run
		644 usr/share/crosstap/clickhouse/balance.sql
		644 usr/share/crosstap/clickhouse/cluster.sql
		644 usr/share/crosstap/clickhouse/count.sql
		644 usr/share/crosstap/clickhouse/drops.sql
		644 usr/share/crosstap/clickhouse/hops.sql
		644 usr/share/crosstap/clickhouse/match.sql
		644 usr/share/crosstap/clickhouse/one.sql
		644 usr/share/crosstap/clickhouse/rows.sql
		644 usr/share/crosstap/clickhouse/schema.sql
		644 usr/share/crosstap/clickhouse/sides.sql
		644 usr/share/doc/crosstap/LICENSE
		644 usr/share/doc/crosstap/README.md
		644 usr/share/man/man1/crosstap-collect.1
		644 usr/share/man/man1/crosstap-correlate.1
		644 usr/share/man/man1/crosstap-report.1
		644 usr/share/man/man1/crosstap.1
		644 usr/share/man/man7/crosstap.7
		644 usr/share/zsh/site-functions/_crosstap
	END
}

# made TARGET WORD...: make, into the tree
made()
{
	make -s BUILD="$build" DESTDIR="$dest" "$@" >"$work/made" 2>&1 || {
		sed 's/^/# /' "$work/made"
		return 1
	}
}

tree_install()
{
	mkdir -p "$dest/usr/bin"
	chmod 2775 "$dest/usr/bin"
	(umask 077 && made install PREFIX=/usr)
	is "make install ends with 0" $? 0
	find "$dest" -type f -printf '%m %P\n' -o -type l -printf '%m %P -> %l\n' >"$work/got"
	expected >"$work/expected"
	same_lines "it writes these files, whatever the umask" "$work/got" "$work/expected"
	is "folders that it makes are open to all" "$(stat -c %a "$dest/usr/share/doc/crosstap")" 755
	is "a folder that is there keeps its mode" "$(stat -c %a "$dest/usr/bin")" 2775
}

tree_uninstall()
{
	touch "$dest/usr/bin/foreign" "$dest/usr/share/doc/crosstap/foreign"
	made uninstall PREFIX=/usr
	is "make uninstall ends with 0" $? 0
	find "$dest" ! -type d -printf '%P\n' >"$work/got"
	printf '%s\n' usr/bin/foreign usr/share/doc/crosstap/foreign >"$work/expected"
	same_lines "and leaves only what make install did not write" "$work/got" "$work/expected"
	rm "$dest/usr/share/doc/crosstap/foreign"
	made uninstall PREFIX=/usr
	is "where nothing is installed, too" $? 0
	is "its own folder goes when it is empty" "$(ls "$dest/usr/share/doc")" ""

	made install PREFIX=/opt/x BINDIR=/sbin MANDIR=/man
	is "BINDIR and MANDIR say where programs and pages go" \
		"$(cd "$dest" && echo sbin/* man/man7/*)" \
		"sbin/crosstap sbin/crosstap-collect sbin/crosstap-correlate sbin/crosstap-report man/man7/crosstap.7"
	made uninstall PREFIX=/opt/x BINDIR=/sbin MANDIR=/man
	is "and uninstall finds them there" "$(find "$dest" ! -type d -printf '%P\n')" usr/bin/foreign
}

# The front door finds the tools beside itself, wherever that is.
tree_works()
{
	local sample=$PWD/samples/nat

	(cd / && "$dest/usr/bin/crosstap" -q -o "$work/out" "fw-in=$sample/fw-in.pcap" \
		"fw-out=$sample/fw-out.pcap")
	is "what is installed compares captures" $? 0
	is "and counts what the firewall lost" "$(tail -n +2 "$work/out/drops.csv" | grep -c .)" \
		"$(awk '$1 == "counter" && $2 == "lost" { print $3 }' "$sample/truth")"
}

# ---- the pages ----

# page_sound NAME COMMAND...: that it says nothing of the page; skipped where it is missing
page_sound()
{
	local page=$1 sentence="$2 has nothing to say of $1"

	shift
	if ! command -v "$1" >/dev/null; then
		skip "$sentence" "no $1 here"
		return
	fi
	LC_ALL=C.UTF-8 "$@" "$share/$page" >"$work/text" 2>"$work/warned"
	[ "$1" != mandoc ] || cat "$work/text" >>"$work/warned" # lint is its output
	is "$sentence" "$(head -n 3 "$work/warned")" ""
}

pages()
{
	local page share=$dest/usr/share/man

	for page in man1/{crosstap,crosstap-collect,crosstap-correlate,crosstap-report}.1 man7/crosstap.7; do
		page_sound "$page" man --warnings -E UTF-8 -Tutf8 -Z -l
		page_sound "$page" groff -man -Tutf8 -ww
		page_sound "$page" mandoc -T lint -W warning # style is left to whoever writes
	done
}

# Every file that -o wrote is in the list of crosstap(7).
page_files()
{
	local file missing=''

	sed -n "/^\.Sh THE REPORT'S FILES/,/^\.Sh TABLES/p" report/crosstap.7 >"$work/text"
	for file in "$work/out"/*; do
		grep -q -w -F -e "${file##*/}" "$work/text" || missing="$missing ${file##*/}"
	done
	is "crosstap(7) lists every file that a report has" "$missing" ""
}

# An option as --help writes it ("-o, --output DIR") stands so behind the page's synopsis.
page_options()
{
	local tool page option none='' surplus=''

	if ! command -v groff >/dev/null; then
		skip "the pages have all options" "no groff here"
		return
	fi
	for tool in $tools; do
		page=$dest/usr/share/man/man1/$tool.1
		groff -man -Tascii -P-cbou -rLL=200n "$page" 2>/dev/null |
			sed '1,/^DESCRIPTION/d' >"$work/text"
		"$bin/$tool" --help | sed -n -E 's/^ {2,6}((-., )?--[a-z-]+( [^ ]+)?)( {2}.*)?$/\1/p' \
			>"$work/options"
		while read -r option; do
			grep -q -F -w -e "$option" "$work/text" || none="$none $option"
		done <"$work/options"
		is "the page of $tool has each of its options, with its argument's name" "$none" ""
		while read -r option; do
			grep -q -w -e "-$option" "$work/options" || surplus="$surplus $option"
		done < <(grep '^\.It Fl' "$page" | grep -o -E -e ' -[a-z-]+')
		is "and no other ones" "$surplus" ""
		none='' surplus=''
	done
}

tree_install
tree_works
pages
page_files
page_options
tree_uninstall
[ $failures -eq 0 ]

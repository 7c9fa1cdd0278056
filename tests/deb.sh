#!/bin/bash
# The Debian package that .debian/pack makes of what is built: what is in it, what it depends on,
# that it is the same bytes every time, and that its programs work. `tests/deb.sh BUILD`
# shellcheck disable=SC2154
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh
once "a Debian package"

build=$(cd "$1" && pwd) || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
root=$PWD
package=$work/crosstap.deb
version=$("$build/bin/crosstap" --version)
version=${version#crosstap }
unset MAKEFLAGS MFLAGS MAKELEVEL

for tool in dpkg-deb dpkg-shlibdeps strip; do
	command -v $tool >/dev/null && continue
	skip "a Debian package is made" "no $tool here"
	exit 0
done

expected()
{
	cat <<-END
		-rwxr-xr-x ./usr/bin/crosstap
		-rwxr-xr-x ./usr/bin/crosstap-collect
		-rwxr-xr-x ./usr/bin/crosstap-correlate
		-rwxr-xr-x ./usr/bin/crosstap-report
		-rw-r--r-- ./usr/share/bash-completion/completions/crosstap
		lrwxrwxrwx ./usr/share/bash-completion/completions/crosstap-collect
		lrwxrwxrwx ./usr/share/bash-completion/completions/crosstap-correlate
		lrwxrwxrwx ./usr/share/bash-completion/completions/crosstap-report
		-rwxr-xr-x ./usr/share/crosstap/clickhouse/run
		-rw-r--r-- ./usr/share/crosstap/clickhouse/balance.sql
		-rw-r--r-- ./usr/share/crosstap/clickhouse/cluster.sql
		-rw-r--r-- ./usr/share/crosstap/clickhouse/count.sql
		-rw-r--r-- ./usr/share/crosstap/clickhouse/drops.sql
		-rw-r--r-- ./usr/share/crosstap/clickhouse/hops.sql
		-rw-r--r-- ./usr/share/crosstap/clickhouse/match.sql
		-rw-r--r-- ./usr/share/crosstap/clickhouse/one.sql
		-rw-r--r-- ./usr/share/crosstap/clickhouse/rows.sql
		-rw-r--r-- ./usr/share/crosstap/clickhouse/schema.sql
		-rw-r--r-- ./usr/share/crosstap/clickhouse/sides.sql
		-rw-r--r-- ./usr/share/doc/crosstap/README.md
		-rw-r--r-- ./usr/share/doc/crosstap/changelog.gz
		-rw-r--r-- ./usr/share/doc/crosstap/copyright
		-rw-r--r-- ./usr/share/man/man1/crosstap-collect.1.gz
		-rw-r--r-- ./usr/share/man/man1/crosstap-correlate.1.gz
		-rw-r--r-- ./usr/share/man/man1/crosstap-report.1.gz
		-rw-r--r-- ./usr/share/man/man1/crosstap.1.gz
		-rw-r--r-- ./usr/share/man/man7/crosstap.7.gz
		-rw-r--r-- ./usr/share/zsh/vendor-completions/_crosstap
	END
}

# The packages of the libraries that the programs name themselves, as the loader finds them. A
# package may own a file of /usr/lib by its name in /lib.
linked_packages()
{
	local library path

	ldd "$build"/bin/crosstap* | awk '{ print $1, $3 }' | sort -u >"$work/loaded"
	for library in $(objdump -p "$build"/bin/crosstap* | awk '$1 == "NEEDED" { print $2 }' | sort -u); do
		path=$(awk -v name="$library" '$1 == name { print $2 }' "$work/loaded")
		dpkg -S "$path" "$(realpath "$path")" "/usr$path" "${path#/usr}" 2>/dev/null
	done | sed 's/:.*//' | sort -u
}

field()
{
	dpkg-deb -f "$package" "$1"
}

contents()
{
	dpkg-deb -c "$package" | grep -v '^d' | awk '{ print $1, $6 }' >"$work/got"
	expected >"$work/expected"
	same_lines "it holds these files" "$work/got" "$work/expected"
	if command -v zsh >/dev/null; then
		is "zsh looks for completions there" \
			"$(zsh -f -c 'print -l $fpath' | grep -c -x /usr/share/zsh/vendor-completions)" 1
	else
		skip "zsh looks for completions there" "no zsh here"
	fi
	is "all of them root's" "$(dpkg-deb -c "$package" | awk '{ print $2 }' | sort -u)" root/root
	is "it has the version of its programs" "$(field Version)" "$version"
	is "and this machine's architecture" "$(field Architecture)" "$(dpkg --print-architecture)"
	field Depends | tr ',' '\n' | awk '{ print $1 }' >"$work/got"
	linked_packages >"$work/expected"
	same_lines "it depends on the packages of the libraries that it is linked to" "$work/got" \
		"$work/expected"
	is "and says of the C library in which version" "$(field Depends |
		grep -c -E 'libc6 \(>= 2\.[0-9]+\)')" 1
}

unpacked()
{
	local tree=$work/tree page differ='' sample=$PWD/samples/nat

	dpkg -x "$package" "$tree"
	dpkg-deb -I "$package" md5sums >"$work/md5sums"
	is "md5sums are those of its files" \
		"$(cd "$tree" && md5sum --quiet -c "$work/md5sums" 2>&1 && wc -l <"$work/md5sums")" 25
	for page in {collect,correlate,report}/crosstap*.[17]; do
		gzip -dc "$tree/usr/share/man/man${page##*.}/${page##*/}.gz" | cmp -s - "$page" ||
			differ="$differ $page"
	done
	is "the packed pages are the pages" "$differ" ""
	is "the changelog is of this version" "$(gzip -dc "$tree/usr/share/doc/crosstap/changelog.gz" |
		head -n 1)" "crosstap ($version) unstable; urgency=medium"
	is "the programs have no symbols" "$(nm "$tree"/usr/bin/* 2>&1 | grep -c ' [Tt] ')" 0

	"$tree/usr/bin/crosstap" -q -o "$work/out" "fw-in=$sample/fw-in.pcap" \
		"fw-out=$sample/fw-out.pcap"
	is "taken out with dpkg -x it compares captures" $? 0
	is "and counts what the firewall lost" "$(tail -n +2 "$work/out/drops.csv" | grep -c .)" \
		"$(awk '$1 == "counter" && $2 == "lost" { print $3 }' "$sample/truth")"
}

# Another folder to be in, umask, time zone and language, and a younger copy of every file.
again()
{
	(
		umask 077
		cd / && TZ=Asia/Tokyo LC_ALL=C.UTF-8 "$root/.debian/pack" "$build" "$version" \
			"$work/again.deb" >"$work/said" 2>&1
	)
	is "packed once more it is the same, byte for byte" "$(cmp "$package" "$work/again.deb" 2>&1)" ""
	DEBFULLNAME='A & B/C' DEBEMAIL=packager@example.org SOURCE_DATE_EPOCH=86400 .debian/pack \
		"$build" "$version" "$work/other.deb" >"$work/said" 2>&1
	is "DEBEMAIL names the maintainer" "$(dpkg-deb -f "$work/other.deb" Maintainer)" \
		"A & B/C <packager@example.org>"
	dpkg-deb --fsys-tarfile "$work/other.deb" | tar -xO ./usr/share/doc/crosstap/changelog.gz |
		gzip -dc >"$work/changelog"
	is "also in the changelog, with the time" "$(tail -n 1 "$work/changelog")" \
		" -- A & B/C <packager@example.org>  Fri, 02 Jan 1970 00:00:00 +0000"
	is "SOURCE_DATE_EPOCH is the time of every file" \
		"$(dpkg-deb -c "$work/other.deb" | awk '{ print $4, $5 }' | sort -u)" "1970-01-02 00:00"
}

.debian/pack "$build" "$version" "$package" >"$work/said" 2>&1
packed=$?
[ $packed -eq 0 ] || sed 's/^/# /' "$work/said"
is "the package is made" $packed 0
is "without a warning of the tools that look for libraries" "$(grep '^dpkg-.*: warning' "$work/said")" ""
contents
unpacked
again
[ $failures -eq 0 ]

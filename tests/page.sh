#!/bin/bash
# The page in a browser: what it shows against the CSV files beside it, what can be done with it
# by mouse and keyboard, how it looks, and that hostile text stays text. `tests/page.sh BUILD`
# shellcheck disable=SC2034,SC2154
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh
once "the page in a browser"
. tests/tools/verify.sh
. tests/page/browser.sh
. tests/page/checks.sh

build=$(cd "$1" && pwd) || exit 2
csvq=$build/lab/csvq
report=$build/bin/crosstap-report
SESSIONS=100000

lacks=$(browser_lacks)
if [ "$lacks" ]; then
	skip 'the page in a browser' "no $lacks"
	exit 0
fi
work=$(mktemp -d) || exit 2
trap 'browser_end; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
if ! browser_begin; then
	lines_show '# ' "$(cat "$work/driver")"
	skip 'the page in a browser' 'the browser does not start'
	exit 0
fi

# analyse NAME POINT=FILE...: sets $out and $store
analyse()
{
	out=$work/$1 store=$work/$1.ct
	shift
	mkdir "$out"
	"$build/bin/crosstap" -q -s "$store" -o "$out" "$@" >"$work/said" 2>&1 && return
	lines_show '# ' "$(cat "$work/said")"
	not_ok 'crosstap ends with 0'
	return 1
}

# ---- the samples ----

# What does not depend on what is in the page, with one of them.
sample_at_length()
{
	page_sorts dropped n Enter
	page_sorts outcome '' Space
	page_filters degraded path_loss
	page_filters ":$(csv sessions -p server_port | tail -n 1)" ok
	page_tabs
	page_prints
}

sample()
{
	local file columns arguments=()

	story="samples/$1: "
	for file in "samples/$1"/*.pcap; do
		arguments+=("$(basename "$file" .pcap)=$file")
	done
	analyse "$1" "${arguments[@]}" || return
	width 1400 light
	page_opens
	page_tables
	page_path
	page_rounding
	page_sessions
	page_sorts handshake_us n mouse
	page_filters "$(csv hops -p hop dropped\>0 | head -n 1)"
	page_ladder "$(csv drops -p session | head -n 1)"
	page_names
	[ "$1" != firewall ] || sample_at_length
	for columns in 390 900 1400; do
		page_layout $columns
	done
	page_is_quiet ' at the end, too'
}

for name in firewall nat balancer; do
	sample $name
done

# ---- what would be noticed ----

story='a page that breaks its own rules: '
mkdir "$work/broken"
sed 's|</main>|<p style="color: red">x</p><img src="other.png"><script>1</script>&|' \
	"$work/nat/report.html" >"$work/broken/report.html"
go "file://$work/broken/report.html"
is 'style, image and script are refused' "$(console | grep -c 'Content Security Policy')" 3
requests >/dev/null
sed 's|<meta http-equiv="Content-Security-Policy"[^>]*>||; s|</main>|<img src="other.png">&|' \
	"$work/nat/report.html" >"$work/broken/report.html"
go "file://$work/broken/report.html"
is 'without its policy the request is seen' "$(requests | grep -c '/other.png$')" 1
console >/dev/null

# ---- hostile text ----

# A name of each kind; crosstap escapes what no host's name can hold before it is stored.
hostile=('<img src=x onerror=alert(1)>' '</script><script>alert(2)</script>' '--><svg onload=alert(3)>'
	'\033[31mred\033]0;owned\007' 'a\342\200\256b\342\201\246c' "=cmd|' /C calc'!A0" '@SUM(1+1)' '+1-1'
	'-2+3' '"quoted" '\''and'\''' 'nul\000behind' 'bad\377\300\257utf' '&lt;b&gt;<b>' '\\u003cb\\u003e'
	'${alert(4)}`' '\302\2331mc1' 'x\342\200\250y')
story='hostile text: '
mkdir "$work/hosts"
for ((i = 0; i < ${#hostile[@]}; i++)); do
	printf -- "${hostile[i]//%/%%}" >"$work/hosts/$((100 + i))"
done
"$build/lab/crowd" "$work/a.pcap" "$work/b.pcap" $((2 * ${#hostile[@]})) "$work/hosts"/* || exit 2
interface=$(printf '=1+"<svg onload=alert(5)>\033[2J\342\200\256\377')
capture=$work/$(printf '=<img src=x onerror=alert(6)>\033]0;x\007\342\201\246\377\n".pcapng')
"$build/lab/named" "$work/a.pcap" "$capture" "$interface" || exit 2
cp "$work/b.pcap" "$work/-<script>alert(7)<_script>\\.pcap"

unsafe='[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]'
if analyse hostile "a=$capture@$interface" "b=$work/-<script>alert(7)<_script>\\.pcap"; then
	width 1400 light
	page_opens
	is 'no dialogue is open' "$(ask alert/text 2>&1 | grep -c 'no such alert')" 1
	is 'no element is there that the page has not made' "$(script 'return document.querySelectorAll(
		"img, iframe, object, embed, link, form:not(.filter), b:not(figcaption b):not(.story b)").length + " " +
		document.scripts.length + " " + [...document.querySelectorAll("*")].flatMap(at => [...at.attributes])
		.filter(attribute => /^on/.test(attribute.name)).length')" '0 2 0'
	of rows '#sessions-table' | sort -n >"$work/rows"
	is 'the page shows the names, harmless' "$(cut -d'|' -f5 "$work/rows" | awk '!seen[$0]++' | head -n 3)" \
		'<img\x20src=x\x20onerror=alert(1)>
</script><script>alert(2)</script>
--><svg\x20onload=alert(3)>'
	is 'the page shows the file and its interface, harmless' \
		"$(of rows '#inputs .wide:nth-of-type(1) table' | cut -d'|' -f2 | head -n 1)" \
		'=<img src=x onerror=alert(6)>\x1b]0;x\x07\xe2\x81\xa6\xff\x0a".pcapng@=1+"<svg onload=alert(5)>\x1b[2J\xe2\x80\xae\xff'
	csv drops -p session | head -n 1 >"$work/one"
	click "$(ladder_button "$(cat "$work/one")")"
	is 'a ladder opens all the same' "$(ladder_open "$(cat "$work/one")")" 'true 1'
	is 'page and summary hold no byte that commands' \
		"$(LC_ALL=C grep -lP "$unsafe" "$out/report.html" "$out/summary.txt")" ''
	is 'names out of packets hold none in any table' \
		"$(csv sessions -p name | LC_ALL=C grep -cP "$unsafe")" 0
	is 'no cell of a table is a formula' "$(for file in "$out"/*.csv; do
		"$csvq" "$file" -p "$(head -n 1 "$file")" |
			grep -aP '(^|\|)([=+@]|-(?!\d+(\.\d+)?(\||$)))'
	done)" ''
	"$build/bin/crosstap" a="$capture@elsewhere" b="$work/b.pcap" >"$work/said" 2>&1
	is 'a list of interfaces on a terminal commands nothing' "$? $(grep -c 'there are: 0 (=1+' "$work/said") $(
		LC_ALL=C grep -cP "$unsafe" "$work/said")" '3 1 0'
	width 390 dark
	is 'long names make nothing wider than the window' "$(script 'return Math.max(0,
		document.documentElement.scrollWidth - innerWidth)')" 0
	page_is_quiet ' at the end, too'
fi

# ---- very many sessions ----

story="$SESSIONS sessions: "
most=$(sed -n 's/^#define STORIES_SESSIONS_MAX \([0-9]*\).*/\1/p' report/stories.h)
"$build/lab/crowd" "$work/a.pcap" "$work/b.pcap" $SESSIONS || exit 2
if analyse many a="$work/a.pcap" b="$work/b.pcap"; then
	width 1400 light
	is 'the page has less than 2 MB' "$(($(stat -c %s "$out/report.html") < 2000000))" 1
	page_opens
	page_tables
	page_path
	page_sessions
	is "the table has the worst $most" "$(wc -l <"$work/first")" "$most"
	is 'the page says how many there are in all' \
		"$(script 'return document.querySelector("#sessions > p").textContent' |
			grep -o '^[0-9,]* sessions\|worst [0-9]*' | tr '\n' ' ')" \
		"$(csv sessions | sed ':a; s/\([0-9]\)\([0-9]\{3\}\)\($\|,\)/\1,\2\3/; ta') sessions worst $most "
	is 'resets are drawn to the end' "$(script 'const marks = [...document.querySelectorAll("#resets path[class^=mark]")];
		return marks.length > 100 && Math.max(...marks.map(mark => +/M([\d.]+)/.exec(mark.getAttribute("d"))[1])) > 840')" \
		true
	page_sorts duration_s n mouse
	page_sorts server_us n Enter
	page_filters 192.0.2.10:82 syn_dropped
	script 'return [...document.querySelectorAll("button.open")].map(button => button.textContent).join("\n")' \
		>"$work/buttons"
	page_ladder "$(csv sessions -p session outcome=degraded | grep -xFf "$work/buttons" | tail -n 1)"
	page_layout 390
	page_is_quiet ' at the end, too'
fi
[ $failures -eq 0 ]

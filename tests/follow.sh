#!/bin/bash
# --follow beside two live captures in network namespaces: what it shows while they go on is what nftables
# counted, it leaves the store alone, and its memory is that of one window. `tests/follow.sh BUILD`; needs root.
# Nothing sleeps: its own rounds are waited for, as rows of CSV.
# shellcheck disable=SC2034,SC2154
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh
. tests/lab/net.sh
. tests/lab/live.sh

build=$(cd "$1" && pwd) || exit 2
csvq=$build/lab/csvq
once 'following'
lack=$(net_lack)
[ -z "$lack" ] || { skip 'following' "$lack"; exit 0; }

work=$(mktemp -d) || exit 2
trap 'net_remove; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
net_make router >/dev/null 2>&1 || { not_ok 'the network is there'; exit 1; }
in_ns client ping -n -q -c 1 10.77.2.2 >/dev/null # neighbours are known from here on
mkdir "$work/tmp"

# Of ten requests the firewall drops one, and it resets what goes to port 83.
in_ns fw nft -f - <<-'RULES'
	table ip act {
		counter dropped { }
		counter refused { }
		chain forward {
			type filter hook forward priority 0
			icmp type echo-request numgen inc mod 10 == 3 counter name dropped drop
			tcp dport 83 counter name refused reject with tcp reset
		}
	}
RULES
counted()
{
	in_ns fw nft list counter ip act "$1" | grep -oE 'packets [0-9]+' | cut -d' ' -f2
}

# what did not come through: a SYN that was answered by a RST, too
lost()
{
	echo $(($(counted dropped) + $(counted refused)))
}

export TMPDIR=$work/tmp
# shellcheck disable=SC2054
following=("$build/bin/crosstap-correlate" -s "$work/two.ct" --path fw-in,fw-out --follow)
follow()
{
	"${following[@]}" "$@"
}

# now DIRECTION COLUMN: of the last round that was read
now()
{
	grep -F "$round," "$work/rows" | sed "1i $header" >"$work/round.csv"
	"$csvq" "$work/round.csv" -p "$2" direction="$1"
}

# row: the next row of CSV, in $line; its round in $round
row()
{
	read -r line <&"$rows" && echo "$line" >>"$work/rows" && round=${line%%,*}
}

# until_shown DIRECTION COLUMN VALUE: reads rounds until one says so
until_shown()
{
	while row; do
		[ "$(now "$1" "$2")" != "$3" ] || return 0
	done
	return 1
}

# ---- beside two live points ----

story='follow: '
live two 2 -s "$work/two.ct" --segment 0.2 -p fw-in -i in0 -f 'icmp or tcp' -p fw-out -i out0 -f 'icmp or tcp' ||
	not_ok 'captures begin'
mkfifo "$work/fifo"
"${following[@]}" --csv --every 0.1 --rounds 400 >"$work/fifo" 2>"$work/said" &
follow_pid=$!
lab_children+=("$follow_pid")
exec {rows}<"$work/fifo"
read -r header <&"$rows"
in_ns client ping -n -q -f -c 500 -W 0.1 10.77.2.2 >/dev/null
is 'the firewall dropped one in ten' "$(counted dropped)" 50
until_shown forward dropped 50
is 'it shows what nftables dropped, while captures go on' "$(now forward dropped)" 50
is 'and all that was sent' "$(($(now forward matched) + $(now forward dropped)))" 500
until_shown reverse matched 450
is 'and what came back' "$(now reverse matched)" 450
in_ns client "$build/lab/call" -n 4 10.77.2.2 83 >/dev/null
until_shown reverse resets_injected "$(counted refused)"
is 'and each RST that the firewall made' "$(now reverse resets_injected)" "$(counted refused)"
is 'no capture lost a packet' "$(now forward capture_drops)" 0

# memory: further rounds, with the traffic going on
rss()
{
	awk '$1 == "RssAnon:" { print $2 }' "/proc/$follow_pid/status"
}
begun=$(rss)
for part in 1 2 3 4 5; do
	in_ns client ping -n -q -f -c 200 -W 0.1 10.77.2.2 >/dev/null
	until_shown forward dropped "$(lost)"
done
is 'further drops are shown, too' "$(now forward dropped)" "$(lost)"
rounds=$(cut -d, -f1 "$work/rows" | sort -u | wc -l)
echo "# RssAnon after the first rounds $begun kB, after $rounds rounds $(rss) kB"
within 'its memory is that of a window' "$(rss)" 1 $((begun + 40000))
kill -INT "$follow_pid"
wait "$follow_pid"
is 'a signal ends it well' $? 0
exec {rows}<&-
is 'and it says nothing besides' "$(cat "$work/said")" ''
live_end INT
is 'the captures end well' "$live_status" 0

# ---- when they have ended ----

story='follow, afterwards: '
before=$(sha256sum <"$work/two.ct")
follow --csv --rounds 1 >"$work/last.csv"
is 'one round shows all that nftables dropped' "$("$csvq" "$work/last.csv" -p dropped direction=forward)" \
	"$(lost)"
"$build/bin/crosstap-correlate" -q -s "$work/two.ct" --path fw-in,fw-out
"$build/bin/crosstap-report" -s "$work/two.ct" --csv hops >"$work/hops.csv"
for column in packets matched dropped injected; do
	is "$column are those of the whole run" "$("$csvq" "$work/last.csv" -p $column direction=forward)" \
		"$("$csvq" "$work/hops.csv" -p $column direction=forward)"
done
after=$(sha256sum <"$work/two.ct")
follow --rounds 1 >"$work/text"
is 'it writes nothing into the store' "$(sha256sum <"$work/two.ct")" "$after"
is 'nor anything elsewhere' "$(ls -A "$work/tmp")" ''
is 'a pipe gets the table' "$(awk '$2 == "forward" { print $4 }' "$work/text")" "$(lost)"
is 'and the findings' "$(grep -c '^high: fw-in > fw-out dropped' "$work/text")" 2
is 'a window is a second at least' "$(follow --rounds 1 --window 0.5 2>&1 >/dev/null | head -n 1)" \
	'crosstap-correlate: --window: from 1 to 86400 seconds'
is 'a policy is for whole captures' "$(follow --rounds 1 --expect x 2>&1 >/dev/null | head -n 1)" \
	'crosstap-correlate: --expect compares whole captures: not with --follow'
is 'one point has nothing to be compared with' \
	"$("$build/bin/crosstap-correlate" -s "$work/two.ct" --path fw-in --follow --rounds 1)" \
	"waiting: $work/two.ct: two points at least are compared"

# ---- on a terminal ----

story='follow, on a terminal: '
screen()
{
	TERM=xterm script -qec "${following[*]} $*" /dev/null
}
screen --rounds 1 </dev/null >"$work/screen" 2>&1
is 'the round stays when it has ended' \
	"$(sed 's/.*\x1b\[?1049l//; s/\r//' "$work/screen" | awk '$2 == "forward" { n = $4 } END { print n }')" "$(lost)"
printf q | screen --every 0.1 >"$work/screen" 2>&1
is 'the key q ends it' $? 0
is 'and the screen is given back' "$(grep -c $'\e\\[?1049l' "$work/screen")" 1

# ---- limits ----

story='limits: '
"$build/lab/crowd" "$work/a.pcap" "$work/b.pcap" 100000
collected()
{
	"$build/bin/crosstap-collect" -q --temporary -s "$work/limit.ct" "$@" >"$work/said" 2>&1
	echo "$? $(head -n 1 "$work/said")"
}
is '--max-memory ends it with a word' "$(collected --max-memory 64 -p a "$work/a.pcap" | sed 's/ .*: / /')" \
	'4 Cannot allocate memory'
is 'and nothing of the capture is kept' "$("$build/bin/crosstap-collect" -l -s "$work/limit.ct" | tail -n +2)" ''
is 'with more it does well' "$(collected --max-memory 400 -p a "$work/a.pcap")" '0 '
is '--max-store ends it with a word' \
	"$(collected --max-store 8 -p b "$work/b.pcap" | grep -oE '^4 |the store may have 8 MB and is full')" \
	"4 
the store may have 8 MB and is full"
is 'and what was collected before stays' \
	"$("$build/bin/crosstap-collect" -l -s "$work/limit.ct" | awk 'NR == 2 { print $1 }')" a
is 'less memory than threads need is refused' "$(collected --max-memory 63 -p a x | cut -c 1)" 2

# ---- a store that is kept to an age ----

story='--keep-age: '
live kept 1 -s "$work/kept.ct" -p fw -i in0 -f icmp --segment 0.1 --keep-age 0.5 || not_ok 'it begins'
until grep -q 'removed to keep' "$live_said"; do
	pings 50 56
	while read -r -t 0.1 line <&"$live_words"; do echo "$line" >>"$live_said"; done
done
live_end INT
is 'old segments go' "$("$build/bin/crosstap-collect" -l -s "$work/kept.ct" | grep -c ' removed) ')" 1
is 'and each packet is in a capture or counted' \
	"$("$build/bin/crosstap-collect" -l -s "$work/kept.ct" |
		sed 's/([0-9]* removed)/removed/' | awk 'NR > 1 { n += $3 } END { print n }')" \
	"$(counts 'packets? captured')"
exit $((failures > 0))

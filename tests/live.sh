#!/bin/bash
# Live capture in network namespaces: what comes in is what was sent, what is lost is said where it was lost,
# and whoever parses has no rights. `tests/live.sh BUILD`; needs root. Nothing sleeps: crosstap-collect
# says when it captures, and a stopped process shows what a full ring does.
# shellcheck disable=SC2034,SC2154
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh
. tests/lab/net.sh
. tests/lab/live.sh

build=$(cd "$1" && pwd) || exit 2
csvq=$build/lab/csvq
once 'live capture'
lack=$(net_lack)
[ -z "$lack" ] || { skip 'live capture' "$lack"; exit 0; }

work=$(mktemp -d) || exit 2
trap 'net_remove; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
net_make router >/dev/null 2>&1 || { not_ok 'the network is there'; exit 1; }

# the process that has the device of an interface
device_of()
{
	local child

	for child in $(pgrep -P "$live_pid"); do
		grep -q . "/proc/$child/status" && echo "$child"
	done | sort -n | sed -n "${1}p"
}

# ---- one point ----

story='one point: '
in_ns client ping -n -q -c 1 10.77.2.2 >/dev/null # neighbours are known from here on
live one 1 -s "$work/one.ct" -p fw -i in0 -f icmp -w "$work/one.pcapng" || not_ok 'it begins'
pings 200 56
for who in Uid CapEff NoNewPrivs; do
	is "$who of both processes is nobody's" \
		"$(cat "/proc/$live_pid/status" "/proc/$(device_of 1)/status" |
			awk -v k="$who:" '$1 == k { print $2 }' | sort -u)" \
		"$(case $who in Uid) id -u nobody ;; CapEff) echo 0000000000000000 ;; *) echo 1 ;; esac)"
done
live_end INT
is 'it ends well' "$live_status" 0
is 'each packet is captured' "$(counts 'packets captured')" 400
is 'none was dropped' "$(counts 'dropped by the kernel')" 0
is 'the kept file has them' "$(tshark -r "$work/one.pcapng" 2>/dev/null | wc -l)" 400
is 'the kept file is the same capture' \
	"$("$build/bin/crosstap-collect" -s "$work/one.ct" -p fw "$work/one.pcapng" 2>&1)" \
	"fw: $work/one.pcapng: already collected"
is 'its digest is that of the file' \
	"$("$build/bin/crosstap-collect" -s "$work/one.ct" --list | awk 'NR == 2 { print $NF }')" \
	"$(sha256sum "$work/one.pcapng" | cut -d' ' -f1)"
is 'nobody else may read the file' "$(stat -c %a "$work/one.pcapng")" 600

story='--packets: '
live some 1 -s "$work/some.ct" -p fw -i in0 -f icmp --packets 30 || not_ok 'it begins'
pings 40 56
live_end
is 'it ends by itself' "$live_status" 0
is 'and has so many' "$(counts 'packets captured')" 30

# ---- segments ----

story='segments: '
live parts 1 -s "$work/parts.ct" -p fw -i in0 -f icmp --segment 0.1 || not_ok 'it begins'
# each segment ends behind its first packet when its time is over; pings wait for it to be said
for part in 1 2 3; do
	pings 20 56
	until read -r line <&"$live_words" && echo "$line" >>"$live_said" &&
		[[ $line == *packets,* ]]; do :; done
done
live_end TERM
is 'all of them are in the store' \
	"$("$build/bin/crosstap-collect" -s "$work/parts.ct" --list | awk 'NR > 1 { n += $3 } END { print n }')" 120
within 'as several captures' \
	"$("$build/bin/crosstap-collect" -s "$work/parts.ct" --list | tail -n +2 | wc -l)" 3 100

# ---- an outage that is longer than segments ----

# Behind the firewall nothing comes by for some segments: the capture there ran all the same.
story='an outage: '
live gone 2 -s "$work/gone.ct" -p fw-in -i in0 -f icmp -p fw-out -i out0 -f icmp --segment 0.1 || not_ok 'it begins'
pings 20 56
in_ns fw nft -f - <<-'RULES'
	table ip gone { chain out { type filter hook forward priority 0; icmp type echo-request counter drop; }; }
RULES
in_ns client ping -n -q -i 0.01 -c 150 -W 0.1 10.77.2.2 >/dev/null
counted=$(in_ns fw nft list table ip gone | grep -oE 'packets [0-9]+' | cut -d' ' -f2)
in_ns fw nft delete table ip gone
pings 20 56
live_end INT
is 'it ends well' "$live_status" 0
"$build/bin/crosstap-correlate" -q -s "$work/gone.ct" --path fw-in,fw-out
"$build/bin/crosstap-report" -q -s "$work/gone.ct" -o "$work/gone"
is 'what the firewall dropped is called dropped' \
	"$("$csvq" "$work/gone/hops.csv" -s dropped)" "$counted"
is 'and nothing is too near the end of a capture' "$("$csvq" "$work/gone/hops.csv" -s edge)" 0

# ---- two points, one of which cannot follow ----

story='a full ring: '
live two 2 -s "$work/two.ct" --ring 2 --snaplen 2000 -p fw-in -i in0 -f icmp -p fw-out -i out0 -f icmp ||
	not_ok 'it begins'
pings 200 1400
kill -STOP "$(device_of 2)"
pings 4000 1400 # 11 MB each way, into a ring of 2 MiB
kill -CONT "$(device_of 2)"
pings 200 1400
kill -USR1 "$live_pid"
live_end INT
is 'it ends well' "$live_status" 0
dropped=$(counts 'dropped by the kernel')
within 'packets were dropped' "$dropped" 1000 8000
is 'those that are captured and those that were dropped are those that were sent' \
	"$(($(counts 'packets captured') + dropped))" 8800
"$build/bin/crosstap-correlate" -q -s "$work/two.ct" --path fw-in,fw-out
"$build/bin/crosstap-report" -q -s "$work/two.ct" -o "$work/two"
is 'the store has what was lost' \
	"$("$csvq" "$work/two/manifest.csv" -p capture_drops point=fw-out)" "$dropped"
is 'none of them is called dropped' "$("$csvq" "$work/two/hops.csv" -s dropped)" 0
is 'nor injected, on the side that saw them' "$("$csvq" "$work/two/hops.csv" -s injected)" 0
# on a busy machine the other point may have lost some, too: what neither has nobody knows of
is 'all that one point has alone are uncaptured' "$("$csvq" "$work/two/balance.csv" -s uncaptured)" \
	"$(awk -F, 'NR > 1 { n += $5 - $6 } END { print n }' "$work/two/balance.csv")"

# ---- a reader that stands still, and goes on while packets come ----

received() { in_ns fw cat /sys/class/net/in0/statistics/rx_packets; }

story='a slow reader: '
live slow 2 -s "$work/slow.ct" --ring 2 --snaplen 2000 -p fw-in -i in0 -f icmp -p fw-out -i out0 -f icmp ||
	not_ok 'it begins'
pings 200 1400
kill -STOP "$live_pid"
pings 4000 1400
from=$(received)
pings 3000 1400 &
more=$!
until [ "$(received)" -gt $((from + 20)) ]; do :; done
kill -CONT "$live_pid"
wait $more
live_end INT
is 'it ends well' "$live_status" 0
dropped=$(counts 'dropped by the kernel')
within 'packets were dropped' "$dropped" 2000 14000
is 'what was captured and what was dropped are what was sent' "$(($(counts 'packets captured') + dropped))" 14400
"$build/bin/crosstap-correlate" -q -s "$work/slow.ct" --path fw-in,fw-out
"$build/bin/crosstap-report" -q -s "$work/slow.ct" -o "$work/slow"
is 'none is called dropped' "$("$csvq" "$work/slow/hops.csv" -s dropped)" 0
is 'nor injected' "$("$csvq" "$work/slow/hops.csv" -s injected)" 0

# ---- what cannot be ----

story=
collect()
{
	"$build/bin/crosstap-collect" -s "$work/no.ct" "$@" >"$work/no.said" 2>&1
	echo "$? $(head -n 1 "$work/no.said")"
}
is 'an interface that is not there is named' "$(collect -p fw -i nowhere0)" \
	'3 crosstap-collect: nowhere0: there is no such interface'
is 'a filter that is none is wrong usage' "$(collect -p fw -i lo -f 'prot tcp' | cut -c 1)" 2
is 'files and interfaces do not mix' "$(collect -p fw -i lo -p b samples/firewall/client.pcap | cut -c 1)" 2
is 'who is not root is told' \
	"$(setpriv --reuid nobody --regid nogroup --clear-groups "$build/bin/crosstap-collect" \
		-s /tmp/none.ct -p fw -i lo 2>&1)" \
	'crosstap-collect: lo: no permission to capture: it needs root, or CAP_NET_RAW'
is 'none of them makes a store' "$(ls "$work/no.ct" /tmp/none.ct 2>/dev/null)" ''
exit $((failures > 0))

#!/bin/bash
# The committed captures of samples/ against what was counted when they were made
# (samples/*/truth), and against packets counted in them. `tests/samples.sh BUILD`
# shellcheck disable=SC2034,SC2154
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh
. tests/tools/verify.sh
. tests/lab/scene.sh

build=$(cd "$1" && pwd) || exit 2
csvq=$build/lab/csvq

# As in the lab, but of what was written down then.
counter()
{
	awk -v name="$1" '$1 == "counter" && $2 == name { print $3 }' "$captures/truth"
}

called()
{
	awk -v name="$1" '$1 == "called" && $2 == name { print $3 }' "$captures/truth"
}

# The points in the opposite order on the command line: every file has the same bytes.
sample_turned()
{
	local file turned=() argument differ=

	for argument in "${arguments[@]}"; do
		turned=("$argument" "${turned[@]}")
	done
	"$build/bin/crosstap" -q -o "$work/turned" "${turned[@]}" >"$work/said" 2>&1
	for file in "$work/turned"/*; do
		cmp -s "$file" "$out/${file##*/}" || differ="$differ ${file##*/}"
	done
	is "the order of the points on the command line changes nothing" "$differ" ""
}

# What SYNs and SYN-ACKs offer at a point, as tshark reads them: of each connection and end once
sample_offers()
{
	local point=$1

	for bit in 0 1; do
		tshark -n -r "$captures/$point.pcap" -Y "tcp.flags.syn == 1 && tcp.flags.ack == $bit" -T fields \
			-e tcp.stream -e ip.ttl -e tcp.options.mss_val -e tcp.options.wscale.shift \
			-e tcp.options.sack_perm -e tcp.options.timestamp.tsval 2>/dev/null |
			awk -F'\t' -v from=$([ $bit = 0 ] && echo client || echo server) '
				seen[$1]++ { next }
				{
					n[from "|ttl|" $2]++
					n[from "|mss|" ($3 == "" ? "none" : $3)]++
					n[from "|window_scale|" ($4 == "" ? "none" : $4)]++
					n[from "|sack|" ($5 == "" ? "no" : "yes")]++
					n[from "|timestamps|" ($6 == "" ? "no" : "yes")]++
				}
				END { for (key in n) print key "|" n[key] }'
	done >"$work/offers.$point"
	csv offers -p from,field,value,sessions "point=$point" >"$work/offered.$point"
	same_lines "$point: offers.csv has what tshark reads of the SYNs" "$work/offered.$point" \
		"$work/offers.$point"
}

sample_verify()
{
	local point status

	work=$(mktemp -d) || exit 2
	trap 'rm -rf "$work"' EXIT
	out=$work/out
	mkdir "$out"
	captures=samples/$1
	story="samples/$1: "
	scene_load "samples/$1/story"
	if command -v tshark >/dev/null; then
		scene_count
		is "the counters' drops are those of the captures" \
			"$(acts_of 'drop[?]?' "$busy" | wc -l)" \
			"$(awk '$1 == "counter" { sum += $3 } END { print sum }' "$captures/truth")"
	else
		skip "packets counted in the captures" "no tshark"
		truth=no
	fi
	arguments=()
	for point in $points; do
		arguments+=("${point%%:*}=$captures/${point%%:*}.pcap")
	done
	"$build/bin/crosstap" -q -o "$out" "${arguments[@]}" >"$work/said" 2>&1
	status=$?
	[ $status -eq 0 ] || lines_show '# ' "$(cat "$work/said")"
	is "crosstap ends with 0" $status 0
	[ $status -ne 0 ] || scene_verify
	[ $status -ne 0 ] || sample_turned
	if [ $status -eq 0 ] && [ "$truth" != no ]; then
		for point in $points; do
			sample_offers "${point%%:*}"
		done
	fi
	exit $((failures > 0))
}

failed=0
for name in firewall nat balancer; do
	(sample_verify $name) || failed=1
done
exit $failed

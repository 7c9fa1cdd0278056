#!/bin/bash
# Real captures with known truth, kept outside the project: CROSSTAP_CASES names a folder of
# cases, each with POINT.pcap files, truth.json (what counters said) and perhaps acts.jsonl (what
# the middlebox logged, packet by packet). `tests/cases.sh BUILD [CASE]...`
#
# Each case runs in variants that must not change the answer: the path given or to be found,
# one clock off, files compressed, in another format, or cut short.
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh
. tests/tools/verify.sh

build=$(cd "$1" && pwd) || exit 2
shift
csvq=$build/lab/csvq

variants='given found shifted shifted-last gz pcapng cut'
# Packets are cut on the way: counting equal ones is no truth, the counter is.
cut='offload'
# Their numbers are shifted on the way: no packet is equal, the middlebox's log is the truth.
moved='sequence-shift'
# No packet passes: requests that only one connection of each side has are the truth.
proxied='proxy'
# Of pcapshift: what the shifted point's clock is off by, in seconds and ppm
shift_s=-3.7 shift_ppm=35

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

# points_of CASE_DIR: the points in path order, alternatives on one line
points_of()
{
	local point

	for point in client fw-in fw-out server; do
		set -- "$1" "$1/$point"*.pcap
		[ -e "$2" ] && printf '%s\n' "${@:2}" | sed 's|.*/||; s|\.pcap$||' | paste -sd/
	done
}

is_cut()
{
	case " $cut " in *" ${1##*/} "*) return 0 ;; esac
	return 1
}

is_moved()
{
	case " $moved " in *" ${1##*/} "*) return 0 ;; esac
	return 1
}

is_proxied()
{
	case " $proxied " in *" ${1##*/} "*) return 0 ;; esac
	return 1
}

# Whether equal packets are counted: at every hop, or where HOP is given at that one.
is_counted()
{
	! is_cut "$1" && ! is_proxied "$1" && { ! is_moved "$1" || [ "${2:-}" != "$busy" ]; }
}

# dropped_by_counter CASE_DIR
dropped_by_counter()
{
	sed -n 's/.*"dropped": *\([0-9]*\).*/\1/p' "$1/truth.json"
}

# truth_work_out CASE_DIR: tools/brute at every hop, kept in $work/acts.*
truth_work_out()
{
	local hop side point nat=

	grep -Eq 'dnat|snat|masquerade' "$1/truth.json" && nat=-n
	for point in "$1"/*.pcap; do
		point=$(basename "$point" .pcap)
		tests/tools/packets "$1/$point.pcap" >"$work/packets.$point"
	done
	for hop in $hops; do
		is_counted "$1" "$hop" || continue
		for side in "${hop%>*}" "${hop#*>}"; do
			for point in ${side//\// }; do
				cat "$work/packets.$point"
			done >"$work/side.$([ "$side" = "${hop%>*}" ] && echo a || echo b)"
		done
		tests/tools/brute $nat "$work/side.a" "$work/side.b" >"$(acts_file "$hop")"
	done
}

# logged ACTS_JSONL PATTERN: the acts whose name matches, as src|sport|dst|dport|ip id|seq
logged()
{
	awk -v pattern="^($2)\$" '
		function field(name,    text) {
			if (!match($0, "\"" name "\":\"?[^\",}]*"))
				return ""
			text = substr($0, RSTART, RLENGTH)
			sub(/^"[^"]*":"?/, "", text)
			return text
		}
		field("act") ~ pattern {
			print field("src") "|" field("sport") "|" field("dst") "|" field("dport") \
				"|" field("ipid") "|" field("seq")
		}' "$1"
}

# What counting packets in the captures finds is what counters and logs say: else neither is truth.
truth_agree()
{
	local dropped act

	is_counted "$1" "$busy" || return
	dropped=$(dropped_by_counter "$1")
	if [ -n "$dropped" ]; then
		is "the counter's drops are those of the captures" \
			"$(acts_of 'drop[?]?' "$busy" | wc -l)" "$dropped"
	fi
	[ -e "$1/acts.jsonl" ] || return
	for act in 'drop[?]?:drop' inject:rst_to_.* dup:dup; do
		acts_of "${act%%:*}" "$busy" | cut -d'|' -f3-8 >"$work/counted"
		logged "$1/acts.jsonl" "${act#*:}" >"$work/logged"
		same_lines "the log's ${act#*:} acts are those of the captures" "$work/counted" \
			"$work/logged"
	done
}

# variant_files CASE_DIR VARIANT: fills $work/in and sets $arguments for crosstap
variant_files()
{
	local point file sides=() count

	rm -rf "$work/in" && mkdir "$work/in"
	arguments=()
	for point in ${path//[,\/]/ }; do
		sides+=("$point")
	done
	count=${#sides[@]}
	for ((i = 0; i < count; i++)); do
		point=${sides[i]}
		file=$work/in/$point.pcap
		cp "$1/$point.pcap" "$file" && chmod +w "$file"
		case $2 in
		shifted) [ "$point" = fw-in ] && pcap_shift "$1/$point.pcap" "$file" ;;
		shifted-last) ((i == count - 1)) && pcap_shift "$1/$point.pcap" "$file" ;;
		gz) gzip "$file" && file=$file.gz ;;
		pcapng) editcap -F pcapng "$1/$point.pcap" "${file}ng" && file=${file}ng ;;
		cut) ((i >= count - 2)) && editcap -F nsecpcap -s 96 "$1/$point.pcap" "$file" ;;
		esac
		arguments+=("$point=$file")
	done
	case $2 in
	given) arguments=(--path "$path" "${arguments[@]}") ;;
	found) # first, third, ... then the others, last first
		sides=()
		for ((i = 0; i < count; i += 2)); do sides+=("${arguments[i]}"); done
		for ((i = count - 1; i >= 0; i--)); do
			((i % 2)) && sides=("${arguments[i]}" "${sides[@]}")
		done
		arguments=("${sides[@]}")
		;;
	esac
}

pcap_shift()
{
	"$build/lab/pcapshift" $shift_s $shift_ppm "$1" "$2"
}

# The offset lies within its own error of what the files' clocks differ by; the drift moves the
# truth by ppm times the capture's length.
verify_clocks()
{
	local hop shifted row

	for hop in $hops; do
		shifted=0
		case $1:$hop in
		shifted-last:*/*) continue ;; # two clocks in one row
		shifted:*fw-in*) shifted=1 ;;
		shifted-last:*"${path##*[,/]}"*) shifted=1 ;;
		esac
		row=$(csv hops -p direction,clock_offset_us,clock_error_us,clock_skew_ppm \
			"hop=$(hop_spelled "$hop")" direction!=none)
		is "$hop: the clocks' difference is within its published error" "$(echo "$row" |
			awk -F'|' -v shifted=$shifted -v s=$shift_s -v ppm=$shift_ppm -v span="$span_s" '
			$2 == "" || $3 == "" || $3 < 0 { print "unknown: " $0; next }
			{
				low = high = shifted * (s < 0 ? -s : s) * 1e6
				low -= shifted * ppm * span + $3
				high += shifted * ppm * span + $3
				offset = shifted && $2 < 0 ? -$2 : $2
				if (offset < low || offset > high)
					print $0 " not in " low " .. " high
			}')" ""
	done
}

verify_case()
{
	local hop point

	verify_path "$path"
	verify_sums
	if is_proxied "$1"; then
		verify_proxied "$1"
		return
	elif is_moved "$1"; then
		is "as many are dropped as the log says" "$(csv hops -s dropped)" \
			"$(logged "$1/acts.jsonl" drop | wc -l)"
		is "none is injected or doubled" "$(csv injected) $(csv hops -s duplicated)" "0 0"
	elif is_cut "$1"; then
		is "as many are dropped as the counter says" "$(csv hops -s dropped)" \
			"$(dropped_by_counter "$1")"
		is "none is injected or doubled" "$(csv injected) $(csv hops -s duplicated)" "0 0"
	else
		verify_acts $hops
		is "as many are dropped as are missing" "$(csv hops -s dropped)" \
			"$(acts_of 'drop[?]?' $hops | wc -l)"
	fi
	for hop in $hops; do
		[ "$hop" = "$busy" ] || verify_idle "$hop"
	done
	if [ -e "$1/acts.jsonl" ]; then
		csv drops -p src,sport,dst,dport,ip_id,tcp_seq >"$out/got"
		logged "$1/acts.jsonl" drop >"$out/logged"
		same_lines "drops.csv is the middlebox's log" "$out/got" "$out/logged"
		csv injected -p src,sport,dst,dport,ip_id,tcp_seq >"$out/got"
		logged "$1/acts.jsonl" 'rst_to_.*' >"$out/logged"
		same_lines "injected.csv is the middlebox's log" "$out/got" "$out/logged"
	fi
	is "no packet is left undecided" \
		"$(csv hops -s ambiguous) $(csv hops -s uncaptured) $(csv hops -s edge)" "0 0 0"
	for point in ${path//[,\/]/ }; do
		verify_frames "$work/packets.$point" "$point"
	done
	verify_clocks "$2"
	if ! is_cut "$1"; then
		for hop in $hops; do
			is_counted "$1" "$hop" && verify_delays "$hop"
		done
	fi
	[ "${1##*/}" != resets ] || verify_resets
}

# requests POINT_FILE...: method, host and target of each request with the connection that it came on
# (its client's address and port), of those that no other connection there has
requests()
{
	local file

	for file; do
		tshark -r "$file" -Y http.request -T fields -e http.request.method -e http.host \
			-e http.request.uri -e ip.src -e tcp.srcport 2>/dev/null
	done | sort | awk -F'\t' '
		{ key = $1 " " $2 " " $3; count[key]++; of[key] = $4 "|" $5 }
		END { for (key in count) if (count[key] == 1) print key "|" of[key] }' | sort
}

# Every connection of a client has its partner, and no packet of a proxied hop is lost.
verify_proxied()
{
	local near="${busy%>*}" far=() point

	for point in ${busy#*>}; do
		for point in ${point//\// }; do far+=("$1/$point.pcap"); done
	done
	is "no packet is lost or made there" "$(csv hops -s dropped) $(csv hops -s injected) $(
		csv hops -s uncaptured) $(csv hops -s edge) $(csv hops -s ambiguous)" "0 0 0 0 0"
	is "each client's connection has a server's" \
		"$(csv translations -p from_src,from_sport kind=proxy | sort -u | wc -l)" \
		"$(tshark -r "$1/$near.pcap" -Y 'tcp.flags.syn == 1 && tcp.flags.ack == 0' \
			-T fields -e ip.src -e tcp.srcport 2>/dev/null | sort -u | wc -l)"
	# a proxy writes names in small letters, and hosts are not compared
	join -t'|' -o 1.2,1.3,2.2,2.3 <(requests "$1/$near.pcap") <(requests "${far[@]}") |
		sort -u >"$out/expected"
	is "some requests are on one connection of each side only" \
		"$([ "$(wc -l <"$out/expected")" -gt 20 ] && echo many)" many
	csv translations -p from_src,from_sport,to_src,to_sport kind=proxy | sort -u >"$out/got"
	is "those connections are paired" "$(comm -23 "$out/expected" "$out/got" | wc -l)" 0
}

# Both ends got a RST made by the hop; its row says so.
verify_resets()
{
	is "resets.csv blames $busy for each RST that it made" \
		"$(csv resets verdict=injected "origin=$busy")" \
		"$(acts_of inject "$busy" | wc -l)"
	is "and for no other" "$(csv resets verdict=injected)" "$(acts_of inject "$busy" | wc -l)"
	is "their cause is both_sides_injected or injected_after_content" \
		"$(csv resets verdict=injected cause!=both_sides_injected \
			cause!=injected_after_content)" 0
}

run_case()
{
	local case=$1 variant status

	path=$(points_of "$case" | paste -sd,)
	hops=$(path_hops "$path")
	busy=$(echo "$hops" | grep '^fw-in>' | head -n 1)
	span_s=$(capinfos -T -r -u "$case/fw-in.pcap" 2>/dev/null | awk '{ print $NF + 1 }')
	rm -f "$work"/acts.* "$work"/packets.*
	story="${case##*/}: "
	truth_work_out "$case"
	truth_agree "$case"
	for variant in $variants; do
		story="${case##*/}, $variant: "
		variant_files "$case" "$variant"
		out=$work/out
		rm -rf "$out"
		"$build/bin/crosstap" -q -o "$out" "${arguments[@]}" >"$work/said" 2>&1
		status=$?
		if [ $status -ne 0 ]; then
			lines_show '# ' "$(cat "$work/said")"
			mkdir -p "$out"
		fi
		is "crosstap ends with 0" $status 0
		[ $status -ne 0 ] || verify_case "$case" "$variant"
	done
}

if [ -z "${CROSSTAP_CASES:-}" ] || [ ! -d "$CROSSTAP_CASES" ]; then
	skip "outside cases" "CROSSTAP_CASES names no folder"
	exit 0
fi
for tool in tshark editcap capinfos; do
	if ! command -v $tool >/dev/null; then
		skip "outside cases" "no $tool"
		exit 0
	fi
done
[ $# -gt 0 ] || set -- $(cd "$CROSSTAP_CASES" && ls)
for name; do
	[ -e "$CROSSTAP_CASES/$name/truth.json" ] || continue
	run_case "$CROSSTAP_CASES/$name"
done
[ $failures -eq 0 ]

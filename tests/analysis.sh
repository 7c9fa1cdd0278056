#!/bin/bash
# correlate/analysis.c against tshark: its marks of the same file, for each stream and direction.
# `tests/analysis.sh BUILD [CAPTURE]...`; without captures noise (tools/analysis_noise), those of
# samples/, those of CROSSTAP_CASES, and some made here: real stacks in namespaces over a line
# that loses, delays, reorders and doubles packets (needs root). KEEP=DIR keeps these in
# DIR/analysis, REPLAY=DIR takes them from there.
# shellcheck disable=SC2016,SC2034,SC2154
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh
. tests/lab/net.sh

build=$(cd "$1" && pwd) || exit 2
shift

# In the order of analysis_rows' counts
marks='retransmission fast_retransmission spurious_retransmission out_of_order duplicate_ack
	zero_window zero_window_probe window_full keep_alive keep_alive_ack ack_lost_segment
	lost_segment window_update'

# tshark_marks CAPTURE: FRAME and 13 times 0 or 1, of each frame that has one
tshark_marks()
{
	local mark fields=()

	for mark in $marks; do
		fields+=(-e "tcp.analysis.$mark")
	done
	tshark -n -r "$1" -Y tcp.analysis.flags -T fields -E separator=/t -e frame.number \
		"${fields[@]}" 2>/dev/null |
		awk -F'\t' '{
			printf "%s", $1
			for (i = 2; i <= 14; i++)
				printf " %d", $i != ""
			print ""
		}'
}

# tshark_counts FRAMES: the marks on stdin, summed up by the flow of each frame
tshark_counts()
{
	awk 'NR == FNR { flow[$1] = $2; next }
		{
			of = $1 in flow ? flow[$1] : "none"
			for (i = 2; i <= NF; i++) {
				sum[of, i] += $i
				any[of] += $i
			}
		}
		END {
			for (of in any) {
				if (!any[of])
					continue
				printf "%s", of
				for (i = 2; i <= 14; i++)
					printf " %d", sum[of, i]
				print ""
			}
		}' "$1" -
}

# compare STORY CAPTURE: adds tshark's totals to $work/totals
compare()
{
	local store=$work/store

	story="$1: "
	rm -f "$store" "$store-lock"
	if ! "$build/bin/crosstap-collect" -q -s "$store" -p here "$2" >"$work/said" 2>&1; then
		lines_show '# ' "$(cat "$work/said")"
		not_ok "it can be collected"
		return
	fi
	if ! "$build/tools/analysis_rows" "$store" frames >"$work/frames" ||
		! "$build/tools/analysis_rows" "$store" counts >"$work/got"; then
		not_ok "it can be analysed"
		return
	fi
	tshark_marks "$2" >"$work/marks"
	tshark_counts "$work/frames" <"$work/marks" >"$work/expected"
	cat "$work/expected" >>"$work/totals"
	same_lines "each stream's counts are tshark's, of $(wc -l <"$work/marks") marked frames" \
		"$work/got" "$work/expected"
}

# compare_parts STORY CAPTURE: and two made of it, where starts and middles are missing
compare_parts()
{
	local part=$work/part.pcap frames

	compare "$1" "$2"
	frames=$(capinfos -T -r -c "$2" 2>/dev/null | awk '{ print $NF }')
	editcap -r "$2" "$part" "$((frames / 3))-$frames" 2>/dev/null
	compare "$1, from its middle" "$part"
	# shellcheck disable=SC2046
	editcap "$2" "$part" $(seq 5 9 "$frames") 2>/dev/null
	compare "$1, one frame of nine missing" "$part"
}

# some KIND MARK...: the captures compared since the last time had such
some()
{
	local mark i=1

	story="$1: "
	shift
	for mark in $marks; do
		i=$((i + 1))
		case " $* " in
		*" $mark "*)
			is "there is some $mark" "$(awk -v i=$i '{ n += $i }
				END { print (n > 0) }' "$work/totals")" 1
			;;
		esac
	done
	: >"$work/totals"
}

compare_noise()
{
	local seed

	for seed in 1 2 3 4; do
		"$build/tools/analysis_noise" $seed 300 40000 >"$work/noise.pcap"
		compare "noise $seed" "$work/noise.pcap"
	done
	# shellcheck disable=SC2086
	some noise $marks
}

# ---- captures made here ----

# line OPTION...: what lab/bump does to packets between the two ends from now on
line()
{
	line_end
	start fw bump --log /dev/null "$@" in0 out0 && line_pid=$started
}

line_end()
{
	[ -z "${line_pid:-}" ] || { kill "$line_pid" && wait "$line_pid"; }
	line_pid=
}

play()
{
	ip netns exec "$lab-client" "$build/lab/call" -t 8000 "$@" 10.77.1.3 80 >/dev/null
}

# server_until CONDITION: awk's, of a socket of /proc/net/tcp6 ($6: timer, $9: probes sent)
server_until()
{
	local until=$((SECONDS + 20))

	until in_ns server awk "NR > 1 && $1 { n++ } END { exit !n }" /proc/net/tcp6; do
		[ $SECONDS -lt $until ] || return
	done
}

# A client that stops reading until the server has probed its closed window twice
play_stopped()
{
	local pid

	ip netns exec "$lab-client" "$build/lab/call" -t 30000 -a 9000000 10.77.1.3 80 >/dev/null &
	pid=$!
	lab_children+=("$pid")
	server_until '$4 == "01" && $6 !~ /^00:/'
	kill -STOP "$pid"
	server_until '$6 ~ /^04:/ && $9 > 1'
	kill -CONT "$pid"
	wait "$pid"
}

record()
{
	net_make bump && start server serve 80 && line --delay 500 &&
		capture client client eth0 && capture server server eth0 || return
	play -n 10 -c 4 -r 3 -q 50-20000 -a 100-60000
	play_stopped
	line --seed 1 --delay 2000 --jitter 1000 --drop 0.02
	play -n 20 -c 6 -r 2 -q 50-60000 -a 100-200000
	line --seed 2 --delay 1000 --late 0.03 --drop 0.005
	play -n 20 -c 6 -r 2 -q 50-60000 -a 100-200000
	line --seed 3 --delay 1000 --dup 0.05 --late 0.02 --jitter 300
	play -n 20 -c 6 -r 2 -q 50-60000 -a 100-200000
	line --seed 4 --delay 3000 --drop 0.25
	play -n 12 -c 12 -a 100-40000
	line --seed 5 --delay 1000 --reset 0.01
	play -n 10 -c 5 -a 200000
	line --delay 500
	play -n 4 -c 4 -a 500000 -e client-unread
	play -n 4 -c 4 -a 100000 -e half
	tcp_quiet
	line_end
	captures_end
}

compare_recorded()
{
	local point

	captures=$work/captures
	mkdir "$captures"
	trap 'net_remove; rm -rf "$work"' EXIT
	trap 'exit 143' INT TERM HUP
	if [ -n "${REPLAY:-}" ] && [ -e "$REPLAY/analysis/server.pcap" ]; then
		captures=$REPLAY/analysis
	elif ! record 2>"$work/record"; then
		skip "captures of a line that loses packets" "$(tail -n 1 "$work/record")"
		return
	fi
	for point in client server; do
		compare_parts "a bad line at the $point" "$captures/$point.pcap"
		tcpdump -n -r "$captures/$point.pcap" -w "$work/part.pcap" \
			'tcp and ip[12:4] < ip[16:4]' 2>/dev/null
		compare "a bad line at the $point, one direction" "$work/part.pcap"
	done
	some "a bad line" retransmission fast_retransmission spurious_retransmission out_of_order \
		duplicate_ack zero_window window_full keep_alive lost_segment ack_lost_segment \
		window_update
	if [ -n "${KEEP:-}" ]; then
		mkdir -p "$KEEP/analysis" && cp "$captures"/* "$KEEP/analysis"
	fi
}

# ---- all of it ----

for tool in tshark editcap capinfos; do
	if ! command -v $tool >/dev/null; then
		skip "tshark's analysis" "no $tool"
		exit 0
	fi
done
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
: >"$work/totals"
if ! make -s -f Makefile -f tests/tools/tools.mk BUILD="$build" \
	"$build/tools/analysis_rows" "$build/tools/analysis_noise" >"$work/said" 2>&1; then
	lines_show '# ' "$(cat "$work/said")"
	not_ok "the test's own programs can be built"
	exit 1
fi
if [ $# -gt 0 ]; then
	for file; do
		compare_parts "$file" "$file"
	done
	exit $((failures > 0))
fi
compare_noise
for file in samples/*/*.pcap ${CROSSTAP_CASES:+"$CROSSTAP_CASES"/*/*.pcap}; do
	name=$(dirname "$file")
	if [ "$name" != "${last_name:-}" ]; then
		compare_parts "${name##*/}/$(basename "$file")" "$file"
	else
		compare "${name##*/}/$(basename "$file")" "$file"
	fi
	last_name=$name
done
why=$(net_lack ip ethtool tcpdump)
if [ -n "$why" ]; then
	skip "captures of a line that loses packets" "$why"
	exit $((failures > 0))
fi
: >"$work/totals"
exec 9>"${TMPDIR:-/tmp}/crosstap-lab.lock" && flock 9
compare_recorded
exit $((failures > 0))

# One scene: a network, a middlebox, traffic, captures (bash, sourced after net.sh). A scene is
# a file of variables and functions; tests/README.md says how to write one.
# $work is the scene's own folder, $captures where its captures are, $build the programs.
# shellcheck disable=SC2034,SC2154

# scene_load FILE: what it sets and writes, over what it may leave out
scene_load()
{
	cannot=		# why it cannot be played on this machine
	kind=router	# or bump
	points='client:client:eth0 fw-in:fw:in0 fw-out:fw:out0 server:server:eth0'
	path=client,fw-in,fw-out,server
	path_given=	# yes: --path is passed; otherwise it is to be found
	path_idle=yes	# no: the other hops are the scene's own business
	mirror=no	# yes: a point is a mirror port, whose stamps come late
	busy='fw-in>fw-out' # the hop that does something; all others do nothing
	nat=		# yes: addresses, ports and checksums change at the busy hop
	moved=		# yes: so do numbers, timestamps and lengths, as the bump's log says
	truth=yes	# own: packets are counted, the scene compares; no: not even that
	hosts=		# whom the first and the last session go to, where it is not the server
	far=		# whose packets come back, for tools/brute
	fw_addresses=10.77.1.1,10.77.2.1,10.77.3.1,fd77:1::1,fd77:2::1,fd77:3::1
	spare='tcp dport 7 accept; tcp sport 7 accept'
	before() { :; }  # the firewall's rules, the middlebox
	traffic() { :; }
	after() { :; }	# may change the files: arguments=(POINT=FILE ...)
	expect() { :; }
	# shellcheck disable=SC1090
	. "$1"
	if [ $kind = bump ]; then
		: "${far:=10.77.1.3,fd77:1::3}"
	else
		: "${far:=10.77.2.,10.77.3.,fd77:2:,fd77:3:}"
	fi
}

# call NS OPTION... HOST PORT: what the sessions came to, added to $work/called
call()
{
	ip netns exec "$lab-$1" "$build/lab/call" "${@:2}" >>"$work/called"
}

# called OUTCOME: how many sessions of all calls ended so
called()
{
	grep -c "^{\"session\":.*\"outcome\":\"$1\"" "$work/called"
}

# rules: stdin for nft in the firewall; $spare lets the opening and closing sessions pass
rules()
{
	in_ns fw nft -f - 2>"$work/nft" || { cannot="nft: $(head -n 1 "$work/nft")"; return 1; }
}

# acts NAME: how many of them the bump logged
acts()
{
	grep -c "^{\"act\":\"$1\"" "$work/acts.jsonl"
}

# acts_rows NAME FIELD...: of each such act, joined by |
acts_rows()
{
	grep "^{\"act\":\"$1\"" "$work/acts.jsonl" | awk -v fields="${*:2}" '{
		n = split(fields, name, " ")
		for (i = 1; i <= n; i++) {
			value = substr($0, index($0, "\"" name[i] "\":") + length(name[i]) + 3)
			sub(/[,}].*/, "", value)
			gsub(/"/, "", value)
			printf "%s%s", value, i < n ? "|" : "\n"
		}
	}'
}

# stacks NAME=VALUE...: what both ends' stacks are to do, as sysctl spells it
stacks()
{
	in_ns client sysctl -q -w "$@" && in_ns server sysctl -q -w "$@"
}

bump()
{
	start fw bump --log "$work/acts.jsonl" "$@" in0 out0
	bump_pid=$started
}

scene_record()
{
	local point

	net_make "$kind" || { cannot='namespaces cannot be made'; return 1; }
	before || return
	for point in client server server2; do
		[ ! -e "/run/netns/$lab-$point" ] || start $point serve 7 80 81 82 83 443 || return
	done
	for point in $points; do
		# shellcheck disable=SC2086
		capture ${point//:/ } || return
	done
	# So that the common window of the captures holds all of the scene:
	bookend && traffic
	tcp_quiet && bookend
	tcp_quiet || return
	[ -z "${bump_pid:-}" ] || { kill "$bump_pid" && wait "$bump_pid"; }
	captures_end
}

# One session that nothing may touch, with each server that is captured
bookend()
{
	local host called=10.77.2.2

	[ "$kind" = router ] || called=10.77.1.3
	[ "${points/:out1/}" = "$points" ] || called="$called 10.77.3.2"
	for host in ${hosts:-$called}; do
		ip netns exec "$lab-client" "$build/lab/call" "$host" 7
	done >"$work/bookend"
}

# scene_count: what each hop did, by counting packets in the captures (tools/brute), kept
# for verify_acts
scene_count()
{
	local hop side point key readers=()

	for point in $points; do
		point=${point%%:*}
		tests/tools/packets "$captures/$point.pcap" >"$work/packets.$point" &
		readers+=($!)
	done
	wait "${readers[@]}"
	for hop in $(path_hops "$path"); do
		for side in "${hop%>*}" "${hop#*>}"; do
			for point in ${side//\// }; do
				cat "$work/packets.$point"
			done >"$work/side.$([ "$side" = "${hop%>*}" ] && echo a || echo b)"
		done
		key=
		if [ "$hop" = "$busy" ] && [ -n "$moved" ]; then
			key=-n
			side_unmove a near
			side_unmove b far
		fi
		[ "$hop" != "$busy" ] || [ -z "$nat" ] || key=-n
		tests/tools/brute $key -f "$far" -l "$fw_addresses" \
			"$work/side.a" "$work/side.b" >"$(acts_file "$hop")"
	done
}

# side_unmove a|b near|far: by the log of the bump between them
side_unmove()
{
	tests/tools/unmove "$work/acts.jsonl" "$2" "$work/side.$1" >"$work/side.moved" &&
		mv "$work/side.moved" "$work/side.$1"
}

# verify_moved: translations.csv has what the bump logged of each session and direction whose numbers
# it moved, and nothing else
verify_moved()
{
	local named=from_src,from_sport,from_dst,from_dport,to_src,to_sport,to_dst,to_dport

	csv translations -p $named,seq_shift "hop=$busy" kind=seq_shift >"$out/moved.got"
	{
		acts_rows session src sport dst dport new_src new_sport dst dport shift_client
		acts_rows session dst dport new_src new_sport dst dport src sport shift_server
	} | awk -F'|' '$9 != 0' >"$out/moved.expected"
	same_lines "translations.csv names the sessions whose numbers are moved, and by how much" \
		"$out/moved.got" "$out/moved.expected"
}

# alike POINT: acknowledgments there that have a twin in every field, without an IP ID
alike()
{
	tshark -n -r "$captures/$1.pcap" -Y 'tcp.len == 0' -T fields -e ip.src -e tcp.srcport \
		-e tcp.dstport -e tcp.flags -e tcp.seq_raw -e tcp.ack_raw -e ip.id \
		-e tcp.window_size_value -e tcp.options 2>/dev/null | sort | uniq -D | wc -l
}

# verify_counted: the counter's packets and bytes are dropped, but for acknowledgments all alike, of
# which nobody can tell which it was; nothing else is in doubt
verify_counted()
{
	local open

	open=$(csv hops -s ambiguous)
	within "nothing is in doubt but acknowledgments alike" "$open" 0 \
		$(($(alike fw-in) + $(alike fw-out)))
	within "the counter's drops" "$(csv hops -s dropped)" $(($(counter dropped) - open)) \
		"$(counter dropped)"
	# 80 bytes: two headers of 20, and 40 of TCP's options
	within "their bytes are those that the counter saw" "$(csv drops -s length_bytes)" \
		$(($(counter dropped bytes) - open * 80)) "$(counter dropped bytes)"
	is "none is at an edge or lost by a capture" "$(csv hops -s uncaptured) $(csv hops -s edge)" "0 0"
}

# changed SENTENCE FIELD TO COUNT: so many packets bear TO in that field behind the busy hop
changed()
{
	is "$1" "$(csv changes -s packets "hop=$busy" "field=$2" "to_value=$3")" "$4"
}

scene_verify()
{
	local hop

	verify_path "$path"
	verify_sums
	if [ "$truth" = yes ]; then
		# shellcheck disable=SC2046
		verify_acts $(path_hops "$path")
		# shellcheck disable=SC2046
		verify_delays $(path_hops "$path")
	fi
	for hop in $(path_hops "$path"); do
		[ "$hop" = "$busy" ] || [ $path_idle = no ] || verify_idle "$hop"
	done
	busy=$(hop_spelled "$busy")
	# a mirror port stamps what it shows later than it passed: its clock may seem off
	[ "${mirror:-no}" = yes ] || is "no clock is off" "$(csv hops -p hop,clock_offset_us,clock_error_us direction!=none |
		awk -F'|' '$2 != "" && ($2 > $3 || $2 < -$3)')" ""
	expect
}

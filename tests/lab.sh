#!/bin/bash
# Real stacks, a real firewall, and what its counters say: each scenario of tests/lab/scenes is
# played in network namespaces, captured with tcpdump, and crosstap's answer compared with
# the truth. `tests/lab.sh BUILD [SCENE]...`; tests/README.md says how a scene is written.
# KEEP=DIR keeps each scene's captures and answer in DIR/SCENE.
# shellcheck disable=SC2034,SC2154
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh
. tests/tools/verify.sh
. tests/lab/net.sh

build=$(cd "$1" && pwd) || exit 2
shift
csvq=$build/lab/csvq

# What a scene may set, and the four functions it may write.
scene_defaults()
{
	kind=router	# or bump
	points='client:client:eth0 fw-in:fw:in0 fw-out:fw:out0 server:server:eth0'
	path=client,fw-in,fw-out,server
	path_given=	# yes: --path is passed; otherwise it is to be found
	path_idle=yes	# no: the other hops are the scene's own business
	busy='fw-in>fw-out' # the hop that does something; all others do nothing
	nat=		# yes: addresses, ports and checksums change at the busy hop
	truth=yes	# own: packets are counted, the scene compares; no: not even that
	far=10.77.2.,10.77.3.,fd77:2:,fd77:3: # who answers; the others call
	fw_addresses=10.77.1.1,10.77.2.1,10.77.3.1,fd77:1::1,fd77:2::1,fd77:3::1
	spare='tcp dport 7 accept; tcp sport 7 accept'
	before() { :; }  # the firewall's rules, the middlebox
	traffic() { :; }
	after() { :; }	# may change the files: arguments=(POINT=FILE ...)
	expect() { :; }
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

bump()
{
	start fw bump --log "$work/acts.jsonl" "$@" in0 out0
	bump_pid=$started
}

scene_record()
{
	local point

	net_make $kind || { cannot='namespaces cannot be made'; return 1; }
	if [ $kind = bump ]; then
		far=10.77.1.3,fd77:1::3
		fw_addresses=none
	fi
	before || return
	for point in client server server2; do
		[ ! -e "/run/netns/$lab-$point" ] || start $point serve 7 80 81 82 83 443 || return
	done
	for point in $points; do
		# shellcheck disable=SC2046
		capture $(echo "$point" | tr ':,' '  ') || return
	done
	# So that the captures' common window holds all of the scene:
	bookend && traffic && tcp_quiet
	bookend
	[ -z "${bump_pid:-}" ] || { kill "$bump_pid" && wait "$bump_pid"; }
	captures_end
}

# One session that nothing may touch, with each server that there is
bookend()
{
	local host

	for host in ${far//,/ }; do
		case $host in
		10.77.1.3) ip netns exec "$lab-client" "$build/lab/call" $host 7 ;;
		10.77.2.) ip netns exec "$lab-client" "$build/lab/call" 10.77.2.2 7 ;;
		10.77.3.) [ "${points/out1/}" = "$points" ] ||
			ip netns exec "$lab-client" "$build/lab/call" 10.77.3.2 7 ;;
		esac
	done >"$work/bookend"
}

# The captures are whole, and counting packets in them finds what the counters say.
scene_truth()
{
	local hop side point readers=()

	is "no capture lost a packet" "$(awk '$2 > $1 || $3 > 0 { print FILENAME, $0 }' \
		"$work"/counted.*)" ""
	[ "$truth" != no ] || return
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
		tests/tools/brute $([ -n "$nat" ] && [ "$hop" = "$busy" ] && echo -n) -f "$far" \
			-l "$fw_addresses" "$work/side.a" "$work/side.b" >"$(acts_file "$hop")"
	done
}

scene_verify()
{
	local hop

	verify_path "$path"
	verify_sums
	if [ "$truth" = yes ]; then
		# shellcheck disable=SC2046
		verify_acts $(path_hops "$path")
	fi
	for hop in $(path_hops "$path"); do
		[ "$hop" = "$busy" ] || [ $path_idle = no ] || verify_idle "$hop"
	done
	busy=$(hop_spelled "$busy")
	is "no clock is off" "$(csv hops -p hop,clock_offset_us,clock_error_us direction!=none |
		awk -F'|' '$2 != "" && ($2 > $3 || $2 < -$3)')" ""
	expect
}

scene_play()
{
	local point status cannot=

	work=$(mktemp -d) || exit 2
	captures=$work/captures
	out=$work/out
	mkdir "$captures" "$out"
	trap 'net_remove; rm -rf "$work"' EXIT
	trap 'exit 143' INT TERM HUP
	scene_defaults
	. "$1"
	story=
	if ! scene_record; then
		skip "$story$(basename "$1")" "${cannot:-the network cannot be made}"
		exit 0
	fi
	story="$(basename "$1"): "
	scene_truth
	arguments=()
	for point in $points; do
		arguments+=("${point%%:*}=$captures/${point%%:*}.pcap")
	done
	after
	[ -z "$path_given" ] || arguments=(--path "$path" "${arguments[@]}")
	"$build/bin/crosstap" -q -o "$out" "${arguments[@]}" >"$work/said" 2>&1
	status=$?
	[ $status -eq 0 ] || lines_show '# ' "$(cat "$work/said")"
	is "crosstap ends with 0" $status 0
	[ $status -ne 0 ] || scene_verify
	if [ -n "${KEEP:-}" ]; then
		mkdir -p "$KEEP" && rm -rf "$KEEP/$(basename "$1")" &&
			cp -r "$work" "$KEEP/$(basename "$1")"
	fi
	exit $((failures > 0))
}

lack()
{
	local tool

	[ "$(id -u)" -eq 0 ] || { echo "needs root"; return; }
	for tool in ip nft ethtool tcpdump tshark editcap; do
		command -v $tool >/dev/null || { echo "no $tool"; return; }
	done
	ip netns add "$lab-probe" 2>/dev/null || { echo "no network namespaces"; return; }
	ip netns del "$lab-probe"
}

why=$(lack)
if [ -n "$why" ]; then
	skip "the lab" "$why"
	exit 0
fi
# One lab at a time on this machine: a loaded machine changes what the stacks do, not the truth,
# but a capture that loses packets tells nothing.
exec 9>"${TMPDIR:-/tmp}/crosstap-lab.lock" && flock 9
[ $# -gt 0 ] || set -- $(ls tests/lab/scenes)
failed=0
for name; do
	(scene_play "tests/lab/scenes/$name") 9>&- || failed=1
done
exit $failed

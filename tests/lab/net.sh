# A network of namespaces to capture in (bash, sourced):
#
#	client eth0 -- in0 fw out0 -- eth0 server
#	                   out1 -- eth0 server2
#
# `net_make router` gives each wire its own IPv4 and IPv6 network, fw forwarding; `net_make bump`
# puts both ends into one network, fw having no addresses and lab/bump copying frames.
# All names carry the process id; net_remove takes everything down again. Nothing sleeps: what is
# waited for says so itself (tcpdump "listening on", our programs "ready"), or is asked until true.
# shellcheck disable=SC2154

lab=ct$BASHPID
lab_children=()
declare -A tcpdump_pid=() tcpdump_words=()

# in_ns NAME COMMAND...
in_ns()
{
	ip netns exec "$lab-$1" "${@:2}"
}

# ns_make NAME: IPv6 without waiting for duplicate addresses and routers
ns_make()
{
	ip netns add "$lab-$1" && in_ns "$1" sysctl -q -w \
		net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.router_solicitations=0 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
		net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 \
		net.ipv4.tcp_orphan_retries=2 net.ipv4.tcp_synack_retries=2 &&
		in_ns "$1" ip link set lo up
}

# wire NS_A IF_A NS_B IF_B: one frame on the wire for each packet, checksums filled in
wire()
{
	local end

	ip link add "$2" netns "$lab-$1" type veth peer name "$4" netns "$lab-$3" || return
	for end in "$1 $2" "$3 $4"; do
		# shellcheck disable=SC2086
		set -- $end
		in_ns "$1" ethtool -K "$2" tso off gso off gro off tx off rx off >/dev/null 2>&1
		in_ns "$1" ip link set "$2" up
	done
}

# address NS IF NET HOST: 10.77.NET.HOST and fd77:NET::HOST
address()
{
	in_ns "$1" ip addr add "10.77.$3.$4/24" dev "$2" &&
		in_ns "$1" ip addr add "fd77:$3::$4/64" dev "$2" nodad
}

# net_make router|bump
net_make()
{
	local ns net

	for ns in client fw server; do
		ns_make $ns || return
	done
	wire client eth0 fw in0 && wire server eth0 fw out0 && address client eth0 1 2 || return
	if [ "$1" = bump ]; then
		in_ns fw sysctl -q -w net.ipv6.conf.all.disable_ipv6=1
		address server eth0 1 3
		return
	fi
	ns_make server2 && wire server2 eth0 fw out1 || return
	in_ns fw sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	address fw in0 1 1 && address fw out0 2 1 && address fw out1 3 1 &&
		address server eth0 2 2 && address server2 eth0 3 2 || return
	for net in client:1 server:2 server2:3; do
		in_ns "${net%:*}" ip route add default via "10.77.${net#*:}.1" &&
			in_ns "${net%:*}" ip -6 route add default via "fd77:${net#*:}::1" || return
	done
}

net_remove()
{
	local ns

	# shellcheck disable=SC2086
	kill "${lab_children[@]}" ${tcpdump_pid[*]} 2>/dev/null
	wait 2>/dev/null
	lab_children=()
	tcpdump_pid=()
	for ns in client fw server server2; do
		[ ! -e "/run/netns/$lab-$ns" ] || ip netns del "$lab-$ns"
	done
}

# start NS PROGRAM [ARGUMENT]...: one of ours, in the background, until "ready"; sets $started
start()
{
	local fifo=$work/ready words line

	rm -f "$fifo" && mkfifo "$fifo"
	ip netns exec "$lab-$1" "$build/lab/$2" "${@:3}" >"$fifo" &
	started=$!
	lab_children+=("$started")
	exec {words}<"$fifo"
	read -r line <&"$words"
	exec {words}<&-
	[ "$line" = ready ]
}

# capture POINT NS IF [FILTER]: into $captures/POINT.pcap. To take one direction, use the
# filter `inbound` or `outbound`, not -Q, whose statistics count both.
capture()
{
	local point=$1 fifo=$work/words.$1 words line

	mkfifo "$fifo"
	ip netns exec "$lab-$2" tcpdump -i "$3" -n -U -B 16384 -s 2048 -Z root --immediate-mode \
		--time-stamp-precision=nano -w "$captures/$point.pcap" "${@:4}" 2>"$fifo" &
	tcpdump_pid[$point]=$!
	exec {words}<"$fifo"
	tcpdump_words[$point]=$words
	while read -r line <&"$words"; do
		case $line in
		*'listening on'*) return 0 ;;
		esac
	done
	return 1
}

# captures_end: waits until each tcpdump has written all that its socket was given, and
# keeps what it counted as $work/counted.POINT (captured received dropped). What came in before
# a filter was set is received but never captured: then the same answer many times will do.
captures_end()
{
	local point line last same

	for point in "${!tcpdump_pid[@]}"; do
		same=0 last=
		while kill -USR1 "${tcpdump_pid[$point]}" 2>/dev/null &&
			read -r -t 5 line <&"${tcpdump_words[$point]}"; do
			# "N packets captured, N packets received by filter, N packets dropped by kernel"
			line=${line//[!0-9 ]/}
			echo "$line" >"$work/counted.$point"
			awk '{ exit $1 < $2 }' "$work/counted.$point" && break
			[ "$line" = "$last" ] && same=$((same + 1)) || same=0
			[ $same -lt 30 ] || break
			last=$line
		done
		kill "${tcpdump_pid[$point]}"
		wait "${tcpdump_pid[$point]}"
		line=${tcpdump_words[$point]}
		exec {line}<&-
	done
	tcpdump_pid=()
	tcpdump_words=()
}

# tcp_quiet: no socket has anything left to send or to wait for (states of /proc/net/tcp:
# established with a queue, SYN_SENT, SYN_RECV, FIN_WAIT1, LAST_ACK, CLOSING); gives up after 20 s
tcp_quiet()
{
	local until=$((SECONDS + 20)) ns busy

	while [ $SECONDS -lt $until ]; do
		busy=0
		for ns in client server server2; do
			[ -e "/run/netns/$lab-$ns" ] || continue
			busy=$((busy + $(in_ns $ns cat /proc/net/tcp /proc/net/tcp6 |
				awk '$4 ~ /^(02|03|04|09|0B)$/ || ($4 == "01" && $5 !~ /^00000000:/) { n++ }
					END { print n + 0 }')))
		done
		[ $busy -gt 0 ] || return 0
	done
	return 1
}

# counter NAME [bytes]: packets (or bytes) that the firewall's named nft counter has seen
counter()
{
	in_ns fw nft list counters | awk -v name="$1" -v what="${2:-packets}" '
		$1 == "counter" { found = $2 == name }
		found && $1 == "packets" { print what == "bytes" ? $4 : $2 }'
}

# net_lack [TOOL...]: why this machine cannot play, with these tools or those of a scene, if it cannot
net_lack()
{
	local tool

	[ $# -gt 0 ] || set -- ip nft ethtool tcpdump tshark editcap mergecap ping
	[ "$(id -u)" -eq 0 ] || { echo "needs root"; return; }
	for tool; do
		command -v $tool >/dev/null || { echo "no $tool"; return; }
	done
	ip netns add "$lab-probe" 2>/dev/null || { echo "no network namespaces"; return; }
	ip netns del "$lab-probe"
}

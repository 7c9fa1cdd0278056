# Live captures on the firewall of tests/lab/net.sh (bash, sourced), which say themselves when they capture.
# shellcheck disable=SC2154

# live NAME POINTS ARGUMENT...: captures on the firewall until live_end, from when it says so
live()
{
	local fifo=$work/live.$1 begun=0 line

	rm -f "$fifo" && mkfifo "$fifo"
	live_said=$work/said.$1
	: >"$live_said"
	ip netns exec "$lab-fw" "$build/bin/crosstap-collect" "${@:3}" 2>"$fifo" &
	live_pid=$!
	lab_children+=("$live_pid")
	exec {live_words}<"$fifo"
	while [ $begun -lt "$2" ] && read -r line <&"$live_words"; do
		echo "$line" >>"$live_said"
		case $line in *': capturing') begun=$((begun + 1)) ;; esac
	done
	[ $begun -eq "$2" ]
}

# live_end [SIGNAL]: its exit status in $live_status, its words in $live_said
live_end()
{
	[ -z "${1:-}" ] || kill -s "$1" "$live_pid"
	cat <&"$live_words" >>"$live_said"
	exec {live_words}<&-
	wait "$live_pid"
	# shellcheck disable=SC2034
	live_status=$?
}

pings()
{
	in_ns client ping -n -q -f -c "$1" -s "$2" 10.77.2.2 >/dev/null
}

# counts KEY: of the line that is said at the end: "N KEY"
counts()
{
	grep 'captured,' "$live_said" | tail -n 1 | tr -d , | grep -oE "[0-9]+ $1" | grep -oE '^[0-9]+'
}

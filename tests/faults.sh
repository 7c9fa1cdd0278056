#!/bin/bash
# What the system can do to a run: memory that is not given, disks that are full, calls that are interrupted, a kill
# between any two changes of a file, stores that were cut off. lab/fault.so makes it happen at a number; with
# LONG=1 (make check-long) at all numbers. `tests/faults.sh BUILD`
# shellcheck disable=SC1091,SC2034,SC2154
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh
once 'no fault of the system does harm'

build=$(cd "$1" && pwd) || exit 2
collect=$build/bin/crosstap-collect correlate=$build/bin/crosstap-correlate report=$build/bin/crosstap-report
shim=$build/lab/fault.so
# whose allocations are a sanitizer's are no longer the shim's
! grep -q __asan_init "$collect" || { skip 'no fault of the system does harm' 'not under AddressSanitizer'; exit 0; }
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
long=${LONG:-}
in=samples/nat/fw-in.pcap out=samples/nat/fw-out.pcap
stderr=$work/said

# The three steps, on the store of the first argument; what follows stands before each program.
collected() { local s=$1; shift; "$@" "$collect" -q -s "$s" -p fw-in $in -p fw-out $out; }
correlated() { local s=$1; shift; "$@" "$correlate" -q -s "$s"; }
reported() { local s=$1; shift; "$@" "$report" -q -s "$s" --format json; }

# broken FAULT COMMAND...: runs it with the fault; its exit status is in $status
broken()
{
	local fault=$1

	shift
	{ FAULT=$fault "$@" timeout 30 env LD_PRELOAD="$shim" >"$work/stdout" 2>"$stderr" </dev/null; } 2>/dev/null
	status=$?
}

# counted COMMAND...: how many allocations and changes of files it has
counted()
{
	FAULT_COUNT=$work/count "$@" env LD_PRELOAD="$shim" >/dev/null 2>&1
	cat "$work/count"
}

# whole STORE: nothing of it is damaged
whole() { "$collect" -q --verify "$1" >"$work/verify" 2>&1; }

s=$work/case.ct
fresh() { rm -f "$work"/case.ct*; [ -z "${1:-}" ] || cp "$1" "$s"; }
fresh
collected "$s" || exit 2
cp "$s" "$work/collected"
correlated "$s" || exit 2
cp "$s" "$work/correlated"
reported "$s" >"$work/truth" || exit 2

# same_again: collect, correlate and report, begun again on what there is, say the same as ever
same_again()
{
	collected "$s" 2>>"$stderr" && correlated "$s" 2>>"$stderr" && reported "$s" >"$work/again" 2>>"$stderr" &&
		cmp -s "$work/truth" "$work/again"
}

# ---- stores ----

story='store: '
bytes=$(stat -c %s "$work/correlated")
wrong=0 refused=0
for ((cut = 4096; cut < bytes; cut += long ? 4096 : 20480)); do
	fresh "$work/correlated"
	truncate -s $cut "$s"
	"$collect" -q --verify "$s" >"$work/stdout" 2>"$stderr"
	status=$?
	"$report" -q -s "$s" --format json >"$work/again" 2>>"$stderr"
	case $status$? in
	33) refused=$((refused + 1)) ;;
	00) cmp -s "$work/truth" "$work/again" || wrong=$((wrong + 1)) ;; # free pages alone are gone
	*) wrong=$((wrong + 1)); lines_show "# cut at $cut: $status " "$(cat "$stderr")" ;;
	esac
done
is 'cut short at any page, it is refused, or nothing of it is missing' "$wrong" 0
is 'and most such stores are refused' "$((refused > 10))" 1

wrong=0 found=0
for ((at = 3; at < bytes; at += long ? 509 : 15013)); do
	fresh "$work/correlated"
	byte=$(od -An -tu1 -j $at -N 1 "$s")
	printf '%b' "\\x$(printf %x $((byte ^ 1 << at % 8)))" | dd of="$s" bs=1 seek=$at conv=notrunc status=none
	"$collect" -q --verify "$s" >"$work/stdout" 2>"$stderr"
	status=$?
	"$report" -q -s "$s" --format json >"$work/again" 2>>"$stderr"
	case $status$? in
	33 | 30) found=$((found + 1)) ;;& # a report does not read all
	?0) cmp -s "$work/truth" "$work/again" || wrong=$((wrong + 1)) ;;
	33) ;;
	*) wrong=$((wrong + 1)); lines_show "# bit at $at: $status " "$(cat "$stderr")" ;;
	esac
done
is 'with a bit that flipped, a report is the same or refused' "$wrong" 0
is 'and --verify finds those that matter' "$((found > 0))" 1

ends 'given with something else, --verify is wrong usage' 2 'give nothing else' "$collect" --verify "$s" -s "$s"
fresh "$work/correlated"
is 'a whole one has a line for each check' "$("$collect" --verify "$s" | grep -c '^ok - ')" 4

# ---- standard output and error that are closed ----

story='closed: '
fresh "$work/correlated"
"$report" -s "$s" --csv hops >&- 2>"$stderr"
is 'standard output: the report fails' $? 4
is 'and says what' "$(cat "$stderr")" 'crosstap-report: standard output: Bad file descriptor'
fresh "$work/collected"
"$correlate" -v -s "$s" 2>&-
is 'standard error: correlate does its work' $? 0
"$collect" -v -s "$s" -p more samples/firewall/client.pcap 2>&- >&- <&-
is 'all three: collect, too' $? 0
whole "$s"
is 'and nothing that was said is in the store' $? 0
fresh "$work/correlated"
for way in '--verify '"$s" "-s $s --list"; do
	# shellcheck disable=SC2086
	"$collect" $way >/dev/full 2>"$stderr"
	is "collect ${way%% /*}: a full disk behind standard output is an error" $? 4
done

# ---- memory ----

# starve STEP: every Nth allocation fails, and then all behind it do
starve()
{
	local step=$1 from=$2 count n how wrong=0 said=0

	fresh "$from"
	read -r count _ <<<"$(counted "$step" "$s")"
	for ((n = 1; n <= count; n += long || n < 12 ? 1 : 1 + count / 25)); do
		for how in "$n" "$n+"; do
			fresh "$from"
			broken "malloc:$how" "$step" "$s"
			case $status in
			0) ;;
			4) said=$((said + 1)); [ -s "$stderr" ] ;;
			*) false ;;
			esac && { [ ! -s "$s" ] || whole "$s" || grep -q 'no header' "$work/verify"; } || {
				lines_show "# malloc:$how: $status " "$(cat "$stderr" "$work/verify")"
				wrong=$((wrong + 1))
			}
		done
	done
	is "$step: each allocation that fails is an error, and the store stays whole" "$wrong" 0
	is "$step: most are said" "$((said > 20))" 1
}

story='no memory: '
starve collected ''
starve correlated "$work/collected"
starve reported "$work/correlated"

# ---- kill -9 ----

story='kill -9: '
# killed STEP FROM: between any two changes of files; what is there is whole, and another run says the same
killed()
{
	local step=$1 from=$2 count n wrong=0

	fresh "$from"
	read -r _ count <<<"$(counted "$step" "$s")"
	for ((n = 1; n <= count; n += long ? 1 : 1 + count / 9)); do
		fresh "$from"
		broken "kill:$n" "$step" "$s"
		if [ $status -ne 137 ] || { [ -s "$s" ] && ! whole "$s" && ! grep -q 'no header' "$work/verify"; } ||
			! same_again || ! whole "$s"; then
			lines_show "# kill:$n: $status " "$(cat "$stderr" "$work/verify")"
			wrong=$((wrong + 1))
		fi
	done
	is "$step: at any change of a file, and begun again: the same bytes" "$wrong" 0
}
killed collected ''
killed correlated "$work/collected"

# ---- interrupted calls ----

story='interrupted: '
fresh
broken eintr collected "$s"
is 'collect' $status 0
broken eintr correlated "$s"
is 'correlate' $status 0
broken eintr reported "$s"
is 'report' $status 0
is 'and it is the same, byte by byte' "$(cmp "$work/truth" "$work/stdout" 2>&1)" ''

# ---- no room ----

story='no room: '
# filled STEP FROM BLOCKS: a file may have so many KiB
filled()
{
	fresh "$2"
	# shellcheck disable=SC2016
	"$1" "$s" bash -c 'ulimit -f "$0"; exec "$@"' "$3" >"$work/stdout" 2>"$stderr"
	status=$?
}
wrong=0 said=0
for step in "collected " "correlated $work/collected"; do
	for ((kib = 4; kib < 800; kib += long ? 4 : 84)); do
		filled "${step% *}" "${step#* }" $kib
		[ $status -ne 4 ] || { said=$((said + 1)); grep -q "$s" "$stderr"; } || status=wrong
		if [ $status != 0 ] && [ $status != 4 ] || { [ -s "$s" ] && ! whole "$s" && ! grep -q 'no header' "$work/verify"; } ||
			! same_again; then
			lines_show "# $step, $kib KiB: $status " "$(cat "$stderr" "$work/verify")"
			wrong=$((wrong + 1))
		fi
	done
done
is 'a limit on files is an error that names the store, which stays whole' "$wrong" 0
is 'and was met' "$((said > 5))" 1

# ---- a full disk ----

story='full disk: '
disk=$work/disk
mkdir "$disk"
# on_disk OPTIONS FROM COMMAND...: with a disk of its own at $disk, which has a copy of FROM ('': nothing); what became of
# that is in $work/left afterwards, and the exit status in $status
on_disk()
{
	rm -rf "$work/left"
	# shellcheck disable=SC2016
	unshare -m bash -c 'mount -t tmpfs -o "$1" tmpfs "$2" && { [ -z "$3" ] || cp "$3" "$2/case.ct"; } || exit 99
		disk=$2 left=$4
		shift 4
		"$@"
		status=$?
		cp -r "$disk" "$left"
		exit $status' - "$1" "$disk" "$2" "$work/left" "${@:3}" >"$work/stdout" 2>"$stderr" </dev/null
	status=$?
}

# filling STEP FROM COMMAND...: on larger and larger disks
filling()
{
	local step=$1 from=$2 kib said=0 wrong=0

	shift 2
	for kib in 4 8 12 20 40 80 160 320; do
		[ ! "$from" ] || kib=$((kib + $(stat -c %s "$from") / 1024 + 8))
		on_disk size=${kib}k "$from" "$@"
		[ $status -ne 4 ] || { said=$((said + 1)); grep -q 'No space left\|disk full' "$stderr"; } || status=wrong
		{ [ $status = 0 ] || [ $status = 4 ]; } && { [ ! -s "$work/left/case.ct" ] || whole "$work/left/case.ct" ||
			grep -q 'no header' "$work/verify"; } || {
			lines_show "# $kib KiB: $status " "$(cat "$stderr" "$work/verify")"
			wrong=$((wrong + 1))
		}
	done
	is "$step: an error that says so, and the store stays whole" "$wrong" 0
	is "$step: most disks are too small" "$((said > 2))" 1
}

if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	filling collect '' "$collect" -q -s "$disk/case.ct" -p fw-in $in -p fw-out $out
	filling correlate "$work/collected" "$correlate" -q -s "$disk/case.ct"
	"$report" -q -s "$work/correlated" -o "$work/set" || exit 2
	on_disk size=64k '' "$report" -q -s "$work/correlated" -o "$disk/set"
	is 'a set of reports that has no room is an error' "$status $(grep -c 'No space left' "$stderr")" '4 1'
	is 'and what is there of it is whole, without the digests that would end it' \
		"$(for file in "$work/left/set"/*; do cmp "$file" "$work/set/${file##*/}" 2>&1; done; ls "$work/left/set/run.csv" 2>/dev/null)" ''
	on_disk ro '' "$report" -q -s "$work/correlated" -o "$disk/set"
	is 'nor is one in a folder that is read-only' "$status $(ls -A "$work/left")$(grep -c 'Read-only file system' "$stderr")" '4 1'
	# shellcheck disable=SC2016
	on_disk size=8m "$work/correlated" bash -c 'mount -o remount,ro "${1%/*}" && "$2" -q -s "$1" --format json; echo $?; "$3" -q -s "$1"' \
		- "$disk/case.ct" "$report" "$correlate"
	is 'a store that is read-only is read, but not written' "$status $({ cat "$work/truth"; echo 0; } | cmp - "$work/stdout" 2>&1)" '4 '
else
	skip 'a full disk is an error, and the store stays whole' 'needs root'
fi

# ---- a capture that changes while it is read ----

story='while it is read: '
"$build/bench/generate" 40000 3 "$work/whole.pcap" "$work/b.pcap" "$work/truth.json" || exit 2
head -c 2000000 "$work/whole.pcap" >"$work/part.pcap"
# changed FROM TO: packets that are collected, and what is said, of a capture that becomes another one in the second read
changed()
{
	cp "$1" "$work/live.pcap"
	rm -f "$work"/live.ct*
	FAULT=become:2 FAULT_FILE=$work/live.pcap FAULT_LIKE=$2 LD_PRELOAD=$shim "$collect" -s "$work/live.ct" -p a "$work/live.pcap" 2>"$stderr"
	echo "$? $("$collect" -s "$work/live.ct" --list | awk 'NR > 1 { print $3 }') $(grep -c 'is cut: the file ends' "$stderr")"
}
# as many as tcpdump reads
packets() { tcpdump -n -r "$1" 2>/dev/null | wc -l; }
is 'what is behind a cut is not there, and that is said' "$(changed "$work/whole.pcap" "$work/part.pcap")" \
	"0 $(packets "$work/part.pcap") 1"
is 'what comes to it is read, too' "$(changed "$work/part.pcap" "$work/whole.pcap")" "0 $(packets "$work/whole.pcap") 0"

[ "$failures" -eq 0 ]

#!/bin/bash
# crosstap-collect from outside: `tests/collect.sh BUILD`. Captures come from text2pcap; a capture that
# goes on and on comes through a pipe that this script holds open, so that no test waits for time to pass.
# shellcheck disable=SC1091,SC2034,SC2086,SC2154
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh

build=$(cd "$1" && pwd) || exit 2
collect=$build/bin/crosstap-collect

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

# make NAME INTERFACE PORT COUNT: a pcapng with so many TCP packets to 10.0.0.2:PORT
make()
{
	for ((i = 0; i < $4; i++)); do
		printf '0000 %02x %02x %02x\n' $((i / 256)) $((i % 256)) 7
	done >"$work/hex"
	text2pcap -q -N "$2" -T "1000,$3" -4 10.0.0.1,10.0.0.2 "$work/hex" "$work/$1" 2>/dev/null ||
		exit 2
}

# list STORE: point, file and packets of each capture
list()
{
	"$collect" -l -s "$1" | awk 'NR > 1 { print $1, $2, $3 }'
}

stores()
{
	find "$work" -name '*.ct*' | wc -l
}

make a.pcapng eth0 80 20
make b.pcapng eth1 443 30
mergecap -w "$work/any.pcapng" "$work/a.pcapng" "$work/b.pcapng" || exit 2
editcap -F nsecpcap "$work/a.pcapng" "$work/a.pcap" || exit 2
record=$((($(stat -c %s "$work/a.pcap") - 24) / 20)) # bytes
a=$work/a.pcapng b=$work/b.pcapng any=$work/any.pcapng

# ---- wrong usage ----

story='collect, usage: '
ends 'no store' 2 'which store?' "$collect" -p fw "$a"
ends 'nothing to do' 2 'no point and no file' "$collect" -s "$work/no.ct"
ends 'a file without a point' 2 'which point is it of?' "$collect" -s "$work/no.ct" "$a"
ends 'a point without a file' 2 'no file given' "$collect" -s "$work/no.ct" -p fw
ends 'an unknown option is named' 2 '--nonsense' "$collect" -s "$work/no.ct" --nonsense
ends 'a filter that does not compile is shown' 2 'tcp prot 80' \
	"$collect" -s "$work/no.ct" -p fw -f 'tcp prot 80' "$a"
ends 'a seed has 16 digits' 2 '16 hexadecimal' "$collect" -s "$work/no.ct" --seed 12 -p fw "$a"
ends 'what is no time is shown' 2 '"noon"' "$collect" -s "$work/no.ct" --start noon -p fw "$a"
ends 'an end before the start' 2 'not later than' \
	"$collect" -s "$work/no.ct" --start 2000 --end 1000 -p fw "$a"
ends 'a list collects nothing' 2 'give no point' "$collect" -l -s "$work/no.ct" -p fw "$a"
is 'wrong usage makes no store' "$(stores)" 0
ends 'help is no error' 0 '' "$collect" --help
is 'help goes to standard output' "$(grep -c -e '--store STORE' "$work/stdout")" 1

# ---- bad input ----

story='collect, input: '
printf 'no capture at all\n' >"$work/text.pcap"
: >"$work/empty.pcap"
head -c $((24 + record + 10)) "$work/a.pcap" >"$work/cut.pcap"
head -c 30 "$work/a.pcap" >"$work/cut-early.pcap"
ends 'a missing file' 3 'missing.pcap: no such file' "$collect" -s "$work/no.ct" -p fw "$work/missing.pcap"
is 'a missing file makes no store' "$(stores)" 0
ends 'no capture' 3 'text.pcap: not a capture' "$collect" -s "$work/in.ct" -p fw "$work/text.pcap"
ends 'an empty file' 3 'empty.pcap: it is empty' "$collect" -s "$work/in.ct" -p fw "$work/empty.pcap"
ends 'a directory' 3 'it is a directory' "$collect" -s "$work/in.ct" -p fw "$work"
ends 'a capture cut in its first packet' 3 'cut-early.pcap: byte 24' \
	"$collect" -s "$work/in.ct" -p fw "$work/cut-early.pcap"
is 'nothing of these is kept' "$(list "$work/in.ct")" ''
ends 'a cut capture is read up to the cut' 0 "cut.pcap: damaged at byte $((24 + record))" \
	"$collect" -s "$work/in.ct" -p fw "$work/cut.pcap"
is 'and kept' "$(list "$work/in.ct")" 'fw cut.pcap 1'
ends 'one bad file fails the call' 3 'text.pcap: not a capture' \
	"$collect" -s "$work/in.ct" -p fw "$work/text.pcap" "$a" "$work/missing.pcap"
is 'but not the files beside it' "$(list "$work/in.ct" | tail -n 1)" 'fw a.pcapng 20'
ends 'a store that cannot be made is named' 4 'nowhere/x.ct' "$collect" -s "$work/nowhere/x.ct" -p fw "$a"
ends 'a store that is none' 3 'text.pcap' "$collect" -s "$work/text.pcap" -p fw "$a"
ends 'a list needs a store' 3 'no such store' "$collect" -l -s "$work/no.ct"

# ---- what is kept ----

story='collect: '
ends 'several points and files in one call' 0 'fw-in: ' "$collect" -s "$work/s.ct" \
	-p fw-in "$a" "$b" -p fw-out "$any"
list "$work/s.ct" >"$work/before"
printf '%s\n' 'fw-in a.pcapng 20' 'fw-in b.pcapng 30' 'fw-out any.pcapng 50' >"$work/expected"
same_lines 'each is kept with all its packets' "$work/before" "$work/expected"
"$collect" -l -s "$work/s.ct" >"$work/before"
is 'the list shows the digest of the file' \
	"$(awk '$2 == "a.pcapng" { print $6 }' "$work/before")" "$(sha256sum <"$a" | cut -d' ' -f1)"
is 'and the time of the first packet' "$(awk '$2 == "a.pcapng" { print $4 }' "$work/before")" \
	"$(tshark -r "$a" -c 1 -T fields -e frame.time_epoch 2>/dev/null |
		awk -F. '{ printf "%s.%sZ", strftime("%Y-%m-%dT%H:%M:%S", $1, 1), $2 }')"
ends 'the same again' 0 'a.pcapng: already collected' "$collect" -s "$work/s.ct" \
	-p fw-in "$a" "$b" -p fw-out "$any"
"$collect" -l -s "$work/s.ct" >"$work/after"
is 'changes nothing' "$(cmp "$work/before" "$work/after" 2>&1)" ''
cp "$a" "$work/copy.pcapng"
ends 'nor does a copy under another name' 0 'already collected' \
	"$collect" -s "$work/s.ct" -p fw-in "$work/copy.pcapng"
ends '-q says nothing' 0 '' "$collect" -q -s "$work/q.ct" -p fw "$a"
is 'at all' "$(cat "$work/stderr" "$work/stdout")" ''

"$collect" -q -s "$work/pipe.ct" -p fw - <"$work/a.pcap"
gzip -c "$work/a.pcap" | "$collect" -q -s "$work/pipe.ct" -p web -
printf '%s\n' 'fw - 20' 'web - 20' >"$work/expected"
list "$work/pipe.ct" >"$work/got"
same_lines 'standard input is a capture, packed or not' "$work/got" "$work/expected"

"$collect" -s "$work/f.ct" -f 'tcp port 443' -p fw "$any" -p none -f '' "$any" 2>"$work/said"
is 'a filter takes the packets that tcpdump takes' "$(grep -o '[0-9]* filtered out' "$work/said")" \
	"$((50 - $(tcpdump -nr "$any" 'tcp port 443' 2>/dev/null | wc -l))) filtered out"

"$collect" -q -s "$work/if.ct" -p in "$any@eth0" -p out "$any@eth1"
printf '%s\n' 'in any.pcapng@eth0 20' 'out any.pcapng@eth1 30' >"$work/expected"
list "$work/if.ct" >"$work/got"
same_lines 'one file can hold two points' "$work/got" "$work/expected"
ends 'an interface that is not there: those that are' 3 'there are: 0 (eth0), 1 (eth1)' \
	"$collect" -s "$work/if.ct" -p other "$any@eth2"
ends 'no MAC address' 2 'a MAC address is written as in' \
	"$collect" -s "$work/no.ct" -p fw "$a@mac:02:00"
ends 'no VLAN ID' 2 'a VLAN ID is a number' "$collect" -s "$work/no.ct" -p fw "$a@vlan:5000"
ends 'an address that no frame bears: those that they bear' 3 'there are: 20:53:45:4e:44:00, 20:52' \
	"$collect" -s "$work/if.ct" -p other "$any@mac:06:00:00:00:00:99"
ends 'a VLAN that no frame is of: those that they are of' 3 'there are: no VLAN' \
	"$collect" -s "$work/if.ct" -p other "$any@vlan:7"
cp "$b" "$work/b@eth9"
"$collect" -q -s "$work/at.ct" -p fw "$work/b@eth9"
is 'a file of the whole name wins' "$(list "$work/at.ct")" 'fw b@eth9 30'

cp "$a" "$work/"$'\033]0;x\a.pcapng'
"$collect" -s "$work/esc.ct" -p fw "$work/"$'\033]0;x\a.pcapng' 2>"$work/said"
"$collect" -l -s "$work/esc.ct" >>"$work/said"
is 'names of files reach no terminal raw' "$(grep -c '\\x1b\]0;x\\x07\.pcapng' "$work/said")" 2
is 'not even once' "$(grep -c $'\033' "$work/said")" 0

ends 'a store has one seed' 0 '' "$collect" -q -s "$work/seed.ct" --seed 00112233445566ff -p fw "$a"
ends 'which may be given again' 0 '' "$collect" -q -s "$work/seed.ct" --seed 00112233445566FF -p fw "$b"
ends 'but not changed' 2 'another seed' "$collect" -q -s "$work/seed.ct" --seed 0000000000000001 -p fw "$b"

for point in 1 2 3 4; do
	"$collect" -q -s "$work/many.ct" -p "p$point" "$a" "$b" &
done
wait
is 'four at once on one store all succeed' "$(list "$work/many.ct" | wc -l)" 8

# ---- interrupted ----

# As many packets as several transactions hold, without end: 16 packets, doubled 12 times, again and again.
head -c 24 "$work/a.pcap" >"$work/header"
tail -c +25 "$work/a.pcap" | head -c $((16 * record)) >"$work/body"
for ((i = 0; i < 12; i++)); do
	cat "$work/body" "$work/body" >"$work/twice"
	mv "$work/twice" "$work/body"
done
mkfifo "$work/fifo"

# begin STORE: starts a collect ($pid) and gives it 1.6 M packets through descriptor 3; they are
# read, but for what pipe and reader hold, when this returns, and blocks of them are in the store
begin()
{
	"$collect" -s "$1" -p live - <"$work/fifo" 2>"$work/said" &
	pid=$!
	exec 3>"$work/fifo"
	cat "$work/header" >&3
	for ((i = 0; i < 25; i++)); do
		cat "$work/body" >&3
	done
}

story='collect, killed: '
"$collect" -q -s "$work/kill.ct" -p fw "$a"
"$collect" -l -s "$work/kill.ct" >"$work/before"
size=$(stat -c %s "$work/kill.ct")
begin "$work/kill.ct"
[ "$(stat -c %s "$work/kill.ct")" -gt $((size + 1000000)) ]
is 'part of the capture was in the store' $? 0
"$collect" -l -s "$work/kill.ct" >"$work/during"
is 'a reader meanwhile sees what was there' "$(cmp "$work/before" "$work/during" 2>&1)" ''
{ kill -9 $pid; wait $pid; } 2>/dev/null
exec 3>&-
"$collect" -l -s "$work/kill.ct" >"$work/after"
is 'afterwards the store is as before' "$(cmp "$work/before" "$work/after" 2>&1)" ''
ends 'collecting goes on' 0 '' "$collect" -q -s "$work/kill.ct" -p fw "$b"
is 'with all that was given' "$(list "$work/kill.ct" | tail -n 1)" 'fw b.pcapng 30'
size=$(stat -c %s "$work/kill.ct")
"$collect" -q -s "$work/kill.ct" -p fw "$any"
[ "$(stat -c %s "$work/kill.ct")" -le "$size" ]
is 'in the room that the killed one had taken' $? 0

story='collect, interrupted: '
for signal in INT TERM; do
	begin "$work/stop.ct"
	while cat "$work/body"; do :; done >&3 2>/dev/null &
	feeder=$!
	exec 3>&-
	kill -$signal $pid
	wait $pid
	is "SIG$signal ends it with 4" $? 4
	is 'and a word' "$(grep -c 'interrupted' "$work/said")" 1
	wait $feeder
	is 'and nothing of the capture is kept' "$(list "$work/stop.ct")" ''
done
begin "$work/stop.ct"
kill -TERM $pid
wait $pid
is 'one that waits for input ends, too' $? 4
exec 3>&-
is 'with nothing kept' "$(list "$work/stop.ct")" ''

# ---- a damaged store ----

story='collect, store: '
cp "$work/kill.ct" "$work/cut.ct"
truncate -s 40000 "$work/cut.ct"
ends 'a truncated store is refused' 3 'cut.ct' "$collect" -s "$work/cut.ct" -p fw "$a"
ends 'and not listed' 3 'cut.ct' "$collect" -l -s "$work/cut.ct"
[ $failures -eq 0 ]

#!/bin/bash
# Captures that somebody made to do harm (lab/hostile), through the tools: each has a limit, ends, and says in words what
# was wrong with it. With LONG=1 (make check-long) more and greater ones. `tests/hostile.sh BUILD`
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh

build=$(cd "$1" && pwd) || exit 2
bin=$build/bin
make=$build/lab/hostile
csvq=$build/lab/csvq
sample=$PWD/samples/nat/fw-in.pcap
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
long=${LONG:-}
many=150
[ -z "$long" ] || many=5000

# quiet COMMAND...: run with a limit of time; its status, its words in said and warned
quiet()
{
	timeout 300 "$@" >said 2>warned </dev/null
}

# fresh POINT FILE... : its files into a store that was not there
fresh()
{
	rm -f s.ct s.ct-lock
	quiet "$bin/crosstap-collect" --temporary -q -s s.ct -p "$@"
}

# listed: the file and the packets of each capture
listed()
{
	"$bin/crosstap-collect" -s s.ct --list | awk 'NR > 1 { print $2, $3 }'
}

# whole FILE A B: both captures through all three tools; hops.csv adds up and every packet is there
whole()
{
	rm -rf out
	quiet "$bin/crosstap" -q -o out --path a,b a="$2" b="$3"
	is "$1 are reported on" "$?" 0
	is 'and what is said adds up' "$("$bin/crosstap-report" --verify out 2>&1 | grep -c '^ok - ')" 3
}

# ---- headers that lie ----

# Files that a record's header makes into something else: each is read, as far as it goes, or refused by name.
story='lengths, times and link types changed: '
head -c 9000 "$sample" >small.pcap
"$bin/crosstap" -q -o set a="$sample" b="${sample%in.pcap}out.pcap" || exit 2
head -c 30000 set/evidence.pcapng >small.pcapng
for format in pcap pcapng; do
	mkdir -p m
	"$make" mangled small.$format "$many" m
	files=$(ls m | wc -l)
	fresh a m/*
	status=$?
	is "$files files of $format: it ends with 0 or 3" "$((status == 0 || status == 3))" 1
	listed | cut -d' ' -f1 >there
	grep -oE 'm/[0-9]{5}' warned | sort -u | sed 's,m/,,' >named
	is 'each is kept, or is named' "$(sort -u there named | wc -l)" "$files"
	quiet "$bin/crosstap-correlate" -q --temporary -s s.ct
	status=$?
	is 'what was kept can be correlated, or is refused' "$((status == 0 || status == 3))" 1
	rm -rf m
done

# ---- cut ----

# What is whole in the first N bytes, by the lengths that tshark sees.
story='cut at every byte: '
if command -v tshark >/dev/null; then
	mkdir c
	head -c 1500 "$sample" >one.pcap
	size=$(wc -c <one.pcap)
	"$make" cut one.pcap 0 "$size" c
	tshark -r "$sample" -T fields -e frame.cap_len 2>/dev/null | awk -v size="$size" '
		{ end[NR] = (NR > 1 ? end[NR - 1] : 24) + 16 + $1 }
		END {
			for (n = 24; n <= size; n++) {
				while (end[k + 1] <= n) k++
				if (k || n == 24) printf "%05d %d\n", n, k
			}
		}' >expected
	fresh a c/*
	is 'it ends with 3, as some are no captures' "$?" 3
	listed >got
	same_lines 'each file has the packets that are whole in it' got expected
	is 'the others are named' "$(grep -cE 'c/0[0-9]{4}: (it is empty|not a capture|the pcap header is cut|byte )' warned)" \
		"$((size + 1 - $(wc -l <expected)))"
	is 'and so is where each is cut' "$(grep -c ': damaged at byte ' warned)" \
		"$(awk 'NR > 1 && $2 == last { n++ } { last = $2 } END { print n }' expected)"
	rm -rf c
else
	skip 'each file has the packets that are whole in it' 'no tshark'
fi

# ---- times ----

story='times of 1970 and 2106, and back: '
"$make" times 0 >a.pcap
"$make" times 500 >b.pcap
whole 'packets of any time' a.pcap b.pcap
is 'all are matched' "$("$csvq" out/hops.csv -p packets,matched direction=forward)" '20|20'
is 'the first and the last time are those of the file' "$("$csvq" out/manifest.csv -p first,last point=a)" \
	'1970-01-01T00:00:00.000000000Z|2106-02-07T06:28:15.001000000Z'
fresh a a.pcap
"$bin/crosstap-collect" --temporary -v -s s2.ct -p a a.pcap 2>said
is 'how many go back is said' "$(grep -oE '[0-9]+ [a-z ]*(earlier|backwards?)' said | head -n 1 | cut -d' ' -f1)" 4

# ---- sizes ----

story='sizes: '
"$make" sizes >a.pcap
whole 'frames from 0 bytes to 16 MiB, and lengths on the wire that are none' a.pcap a.pcap
is 'all are there' "$("$csvq" out/manifest.csv -p packets point=a)" 14
is 'among them 65,549 bytes, as one packet' "$("$csvq" out/manifest.csv -p damage point=a)" ''

# ---- interfaces ----

story='interfaces: '
"$make" interfaces 65535 >a.pcapng
fresh a a.pcapng
is '65,535 of them are read' "$? $(listed)" '0 a.pcapng 65535'
fresh a a.pcapng@if065534
is 'one of them is taken by its name' "$? $(listed)" '0 a.pcapng@if065534 1'
"$make" interfaces 65537 >b.pcapng
ends 'more than 65,536 are damage' 3 'b.pcapng: byte 2359324: more than 65536 interfaces' \
	"$bin/crosstap-collect" --temporary -q -s s3.ct -p a b.pcapng

# ---- what never ends ----

story='fragments: '
fragments=100000
[ -z "$long" ] || fragments=1000000
"$make" fragments $fragments >a.pcap
fresh a a.pcap
is "$fragments that never complete are as many packets" "$? $(listed)" "0 a.pcap $fragments"
whole 'those at two points' a.pcap a.pcap
is 'and all are matched' "$("$csvq" out/hops.csv -s packets)" "$("$csvq" out/hops.csv -s matched)"

story='deep: '
for depth in 20 1000 8000; do
	"$make" deep $depth >a.pcap
	whole "$depth tunnels, tags and labels in each other" a.pcap a.pcap
done

# ---- packed ----

# Packets without a byte: what is the most work for the least of a file. Smaller ones are in unpack_test.
story='bombs: '
for packer in ${long:+gzip xz zstd}; do
	command -v $packer >/dev/null || { skip "$packer" "no $packer"; continue; }
	"$make" empty 20000000 >a.pcap
	$packer -c a.pcap >a.$packer
	fresh a a.$packer
	status=$?
	bytes=$(wc -c <a.$packer)
	if [ $((320000024 / bytes)) -lt 2000 ]; then
		is "$packer of $bytes bytes is read, as it grows less than 2000-fold" "$status $(listed)" "0 a.$packer 20000000"
	else
		is "$packer of $bytes bytes is read up to 256 MiB" \
			"$status $(listed | awk '{ print ($2 > 16000000 && $2 < 17000000) }')" '0 1'
		is 'and why no further is said' "$(grep -c 'it grows more than 2000-fold' warned)" 1
	fi
done
rm -f a.pcap a.gzip a.zstd a.xz

# ---- who knows the hash ----

if [ -n "$long" ]; then
	story='collisions: '
	"$make" flows 1000000 >a.pcap
	fresh a a.pcap
	is 'a million flows are a million' "$? $(listed)" '0 a.pcap 1000000'
	for collide in 0 1; do
		"$make" alike 30000 $collide >a.pcap
		whole "30,000 packets that are alike (collide $collide)" a.pcap a.pcap
	done
fi

# ---- names ----

story='names: '
escape=$'\033]0;x\a'
names=('-p' '--help' 'a b' "$escape.pcap" '<b>&"' "'; rm -rf ." '=1+1' $'two\nlines' '%s%n%s' '..')
mkdir names
for ((i = 0; i < ${#names[@]} - 1; i++)); do
	cp small.pcap "names/${names[i]}"
done
cd names || exit 2
rm -f ../s.ct*
timeout 60 "$bin/crosstap-collect" --temporary -q -s ../s.ct -p a -- * >../said 2>../warned
is 'files called like options, escapes and formats are files' "$? $("$bin/crosstap-collect" -s ../s.ct --list | wc -l)" \
	"0 2"
is 'and reach no terminal raw' "$("$bin/crosstap-collect" -s ../s.ct --list | cat - ../said ../warned | grep -c $'[\033\a]')" 0
cd ..
for name in 'a,b' 'a/b' 'a>b' 'a=b' "$escape" $'a\nb' "$(printf '%064d' 0)"; do
	quiet "$bin/crosstap-collect" --temporary -q -s s4.ct -p "$name" small.pcap
	status=$?
	is "a point cannot be called $(printf %q "$name")" "$status $(grep -c $'[\033\a]' warned)" '2 0'
done
for name in -x .. '<b' '%n'; do
	rm -f s4.ct*
	quiet "$bin/crosstap-collect" --temporary -q -s s4.ct -p "$name" small.pcap
	is "one may be called $name" "$? $("$bin/crosstap-collect" -s s4.ct --list | awk 'NR > 1 { print $1 }')" "0 $name"
done
[ $failures -eq 0 ]

#!/bin/bash
# What is handed over: stores of aliases, stores without payload, stores of others. What a plain store
# says, with its addresses replaced by lab/pan, is what the anonymous one is to say.
# `tests/anonymous.sh BUILD`
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh

build=$(cd "$1" && pwd) || exit 2
bin=$build/bin
samples=$PWD/samples

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
mkdir tmp
export TMPDIR=$work/tmp
printf 'thirty-two bytes that are a key.' >key
printf 'thirty-two bytes that are others' >other.key

# points SAMPLE: -p POINT FILE for each of its captures
points()
{
	local file

	for file in "$samples/$1"/*.pcap; do
		file=${file##*/}
		printf -- '-p %s %s ' "${file%.pcap}" "$samples/$1/$file"
	done
}

# collect STORE OPTION...; status STATUS WORDS: how it ended
collect()
{
	"$bin/crosstap-collect" -q -s "$@" 2>said
	code=$?
}

# report STORE DIR OPTION...
report()
{
	"$bin/crosstap-report" -q -s "$1" -o "$2" "${@:3}" 2>said >/dev/null
	code=$?
}

correlate()
{
	"$bin/crosstap-correlate" -q -s "$@" 2>said || lines_show '# ' "$(cat said)"
}

# ended SENTENCE STATUS WORDS: how the last one did, and that it says so
ended()
{
	is "$1" "$code $(grep -cF -- "$3" said)" "$2 1"
	[ "$code" = "$2" ] || lines_show '# ' "$(cat said)"
}

# mapped SAMPLE PLAIN ANONYMOUS: each row of each CSV file but the manifest's and the run's, addresses
# and the names of captures replaced, in any order
mapped()
{
	local file differ= names=() plain anonymous

	while IFS=, read -r plain anonymous; do
		names+=(-e "s/,$plain,/,$anonymous,/")
	done < <(paste -d, <(cut -d, -f2 "$2/manifest.csv") <(cut -d, -f2 "$3/manifest.csv"))
	for file in hops balance drops injected resets sessions session_points delays translations \
		changes findings distributions offers; do
		cmp -s <("$build/lab/pan" key <"$2/$file.csv" | sed "${names[@]}" | sort) \
			<(sort "$3/$file.csv") || differ="$differ $file"
	done
	is "samples/$1: every row of every table is the plain one's, with aliases for addresses" "$differ" ""
}

# addresses FILE...: all that stand in these tables
addresses()
{
	cat "$@" | grep -oE '([0-9]{1,3}\.){3}[0-9]{1,3}' | sort -u
}

# bytes_of ADDRESS: the four of them, for grep -P
bytes_of()
{
	# shellcheck disable=SC2046
	printf '\\x%02x' $(tr . ' ' <<<"$1")
}

# silent SENTENCE FILES: no address of `plain` in them, in text or as bytes, nor anything of `secrets`
silent()
{
	local address found=

	for address in $(addresses plain/sessions.csv plain/session_points.csv plain/translations.csv); do
		grep -raqF "$address" "${@:2}" && found="$found $address"
		LC_ALL=C grep -raqP "$(bytes_of "$address")" "${@:2}" && found="$found bytes:$address"
	done
	for address in $secrets; do
		grep -raqiF "$address" "${@:2}" && found="$found $address"
		LC_ALL=C grep -raqP "$(sed 's/../\\x&/g' <<<"${address//:/}")" "${@:2}" 2>/dev/null &&
			found="$found bytes:$address"
	done
	is "$1" "$found" ""
}

# MAC addresses of a sample
macs()
{
	tshark -r "$1" -T fields -e eth.src 2>/dev/null | sort -u
}

# checked FILE: of packets without payload, what tshark says of their checksums
checked()
{
	tshark -r "$1" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -T fields \
		-e tcp.len -e ip.checksum.status -e tcp.checksum.status -e frame.time_epoch \
		-e frame.len 2>/dev/null | awk '$1 == 0'
}

# packets SAMPLE: evidence.pcapng of `anonymous` against that of `plain`
packets()
{
	if ! command -v tshark >/dev/null; then
		skip "samples/$1: anonymous packets" "no tshark"
		return
	fi
	is "samples/$1: the packets are as many, none of them malformed" \
		"$(tshark -r anonymous/evidence.pcapng 2>/dev/null | wc -l) $(tshark \
			-r anonymous/evidence.pcapng -Y _ws.malformed 2>/dev/null | wc -l)" \
		"$(tshark -r plain/evidence.pcapng 2>/dev/null | wc -l) 0"
	is "samples/$1: their checksums are as right as they were" \
		"$(checked anonymous/evidence.pcapng | md5sum)" "$(checked plain/evidence.pcapng | md5sum)"
	is "samples/$1: they end behind their headers" "$(tshark -r anonymous/evidence.pcapng -T fields \
		-e frame.cap_len -e tcp.hdr_len 2>/dev/null | awk '$2 && $1 != 34 + $2' | wc -l)" 0
	is "samples/$1: they have the aliases that the tables have" \
		"$(tshark -r anonymous/evidence.pcapng -T fields -e ip.src 2>/dev/null | sort -u |
			comm -23 - <(addresses anonymous/session_points.csv))" ''
}

# ---- a store of aliases ----

for sample in firewall nat balancer; do
	rm -rf plain* anonymous* derived
	# shellcheck disable=SC2046
	collect plain.ct --seed 0123456789abcdef $(points $sample)
	# shellcheck disable=SC2046
	collect anonymous.ct --anonymize key --seed 0123456789abcdef $(points $sample)
	correlate plain.ct
	correlate anonymous.ct
	report plain.ct plain
	report anonymous.ct anonymous --anonymize key --captures "$samples/$sample"
	report plain.ct derived --anonymize key
	is "samples/$sample: a plain store reported on with a key gives the anonymous store's set, byte for byte" \
		"$(diff -rq derived anonymous) $(grep -c missing,0 derived/run.csv)" ' 1'
	mapped $sample plain anonymous
	packets $sample
	secrets=
	for file in "$samples/$sample"/*.pcap; do
		secrets="$secrets ${file##*/}"
		command -v tshark >/dev/null && secrets="$secrets $(macs "$file")"
	done
	silent "samples/$sample: no address, no MAC and no file's name is in the set" anonymous
	silent "samples/$sample: nor in the store" anonymous.ct
done
is 'the run says that it is anonymous, and under which key' \
	"$(grep -cE '^anonymized,yes$|^anonymized_key_check,[0-9a-f]{16}$' anonymous/run.csv)" 2
is 'a plain run says nothing of it' "$(grep -c anonymized plain/run.csv)" 0

# ---- a report of aliases ----

# said_of OPTION...: what a report of the plain store with the key says on standard output
said_of()
{
	"$bin/crosstap-report" -s plain.ct --anonymize key "$@" 2>said
}

mkdir words
said_of --format json >words/json
said_of --session 2 >words/session
said_of --csv drops >words/drops
said_of --format html >words/html
said_of --format pcapng --verdict dropped >words/pcapng
said_of >words/text
silent 'nor in a summary, a page, one table, all tables, a session or single packets' words
is 'none of which is empty' "$(find words -size -1k | wc -l)" 0
is 'one table is that of the set' "$(cmp words/drops anonymous/drops.csv 2>&1)" ''
"$bin/crosstap-report" -s anonymous.ct -o without >/dev/null 2>said
code=$?
is 'without its key an anonymous store has no packets' \
	"$code $(grep -c 'missing: the store is anonymous' said) $(grep -c '^evidence_packets,0$' without/run.csv)" "0 3 1"
cp -r "$samples/balancer" beside
cp anonymous.ct beside
rm -rf beside.set
report beside/anonymous.ct beside.set --anonymize key
is 'with it they are found beside the store' "$(diff -rq beside.set anonymous)" ''
report anonymous.ct other --anonymize other.key
ended 'another key is refused' 2 'anonymous.ct: it is anonymous under another key than other.key'
report plain.ct other --anonymize short
ended 'a key that is not there is refused' 3 'short: the key cannot be read'
is 'and nothing is written' "$(ls other 2>&1 | wc -l)" 1
# shellcheck disable=SC2046
collect late.ct $(points nat)
report late.ct other --anonymize key
ended 'so is a store without results' 3 'late.ct: no results yet: run crosstap-correlate -s late.ct first'
correlate late.ct --path fw-out,fw-in --tmax 1500.000001 --clock fw-in=-0.25
report late.ct late
report late.ct asked --anonymize key
is 'path, waiting time and clocks are those that the plain store was asked with' \
	"$(grep -E '^(path|tmax|clock_given)' asked/run.csv)" "$(grep -E '^(path|tmax|clock_given)' late/run.csv)"
is 'given to the nanosecond' "$(grep -cE '^(tmax_ms,1500.000001|clock_given.fw-in,.?-0.250000000|path_evidence,given)$' asked/run.csv)" 3
# shellcheck disable=SC2046
collect late.ct $(points balancer)
report late.ct asked --anonymize key
ended 'captures that came since then are to be correlated first' 3 'captures were collected since it was correlated'
printf 'src,dst,proto,dport,expect\nany,any,any,any,allow\n' >policy.csv
correlate late.ct --expect policy.csv
"$bin/crosstap-report" -s late.ct --anonymize key -o asked >/dev/null 2>said
code=$?
ended 'what a policy came to is left out, and that is said' 0 '--anonymize leaves out what --expect came to'
is 'no word of the policy is there' "$(grep -c '^expect' asked/run.csv) $(wc -l <asked/expect.csv)" '0 1'
is 'no temporary store is left' "$(ls tmp)" ''

# ---- the front door ----

front=()
for file in "$samples"/firewall/*.pcap; do
	file=${file##*/}
	front+=("${file%.pcap}=$samples/firewall/$file")
done
"$bin/crosstap" -q -o front --anonymize key "${front[@]}" >said 2>&1
is 'crosstap --anonymize finds the packets' "$? $(grep -c '^evidence_packets_missing,0$' front/run.csv)" '0 1'
rm -rf plain*
"$bin/crosstap" -q -s plain.ct -o plain "${front[@]}" >said 2>&1
secrets='client.pcap fw-in.pcap fw-out.pcap server.pcap'
silent 'and shows nobody' front
mapped firewall plain front
"$bin/crosstap" -q -s bare.ct -o bare --without-payload "${front[@]}" >said 2>&1
is 'crosstap --without-payload shows no payload' \
	"$? $(grep -cE '^(payload,no|headers_only,yes)$' bare/run.csv)" '0 2'


# ---- its key ----

# firewall: the captures of samples/firewall
read -r -a firewall <<<"$(points firewall)"
rm -rf plain* anonymous*
collect plain.ct "${firewall[@]}"
collect anonymous.ct --anonymize key "${firewall[@]}"
collect anonymous.ct --anonymize key "${firewall[@]}"
is 'the same captures with the same key again change nothing' \
	"$code $("$bin/crosstap-collect" -s anonymous.ct --list | wc -l)" "0 5"
collect anonymous.ct --anonymize other.key "${firewall[@]}"
ended 'a store takes nothing under another key' 2 'it is anonymous under another key (check value'
collect anonymous.ct "${firewall[@]}"
ended 'an anonymous store takes nothing without a key' 2 \
	'it is anonymous: only --anonymize with the same key adds to it'
collect plain.ct --anonymize key "${firewall[@]}"
ended 'a store with addresses takes no aliases' 2 '--anonymize needs a store of its own'
head -c 15 key >short.key
collect short.ct --anonymize short.key "${firewall[@]}"
ended 'a key of 15 bytes is too short' 3 'short.key: a key has at least 16 bytes, this file has 15'
: >empty.key
collect short.ct --anonymize empty.key "${firewall[@]}"
ended 'an empty key is none' 3 'this file has 0'
collect short.ct --anonymize no.key "${firewall[@]}"
ended 'a key that is not there is named' 3 'no.key: the key cannot be read: No such file'
collect short.ct --anonymize /dev/zero "${firewall[@]}"
ended 'what does not end is no key' 3 '/dev/zero: more than 1048576 bytes'
is 'no store is made for a key that is none' "$(echo short.ct*)" 'short.ct*'
collect other.ct --anonymize other.key "${firewall[@]}"
correlate other.ct
correlate anonymous.ct
report anonymous.ct anonymous
report other.ct other
is 'another key gives other addresses' \
	"$(comm -12 <(addresses anonymous/sessions.csv) <(addresses other/sessions.csv))" ''

# ---- stores of several parties ----

half=("${firewall[@]:0:6}")
rest=("${firewall[@]:6}")
collect a.ct --anonymize key "${half[@]}"
collect b.ct --anonymize key "${rest[@]}"
collect both.ct --import a.ct --import b.ct
correlate both.ct
report both.ct both
is 'points anonymized apart with one key, brought together without it, give the same report' \
	"$(diff -rq both anonymous)" ''
collect both.ct --import a.ct
is 'what is imported again changes nothing' "$code $("$bin/crosstap-collect" -s both.ct --list | wc -l)" "0 5"
collect other2.ct --anonymize other.key "${rest[@]}"
collect mixed.ct --import a.ct --import other2.ct
ended 'stores of two keys do not come together' 2 'it was made with another seed than'
collect other3.ct --anonymize other.key --seed 0123456789abcdef "${rest[@]}"
collect a3.ct --anonymize key --seed 0123456789abcdef "${half[@]}"
collect mixed3.ct --import a3.ct --import other3.ct
ended 'nor with the same seed' 2 'other3.ct: it is anonymous under another key'
collect c.ct --seed 0123456789abcdef --without-payload "${half[@]}"
collect d.ct --seed 0123456789abcdef --without-payload "${rest[@]}"
collect e.ct --import c.ct --import d.ct
collect f.ct --seed 0123456789abcdef "${firewall[@]}"
correlate e.ct
correlate f.ct
report e.ct e
report f.ct f
rm -f {e,f}/{run.csv,evidence.pcapng,report.html,summary.txt,SHA256SUMS}
is 'stores without payload of one seed, brought together, say what one store says' "$(diff -rq e f)" ''
collect e.ct "${half[@]}"
ended 'a store without payload takes none' 2 'it was made --without-payload'
collect f.ct --import c.ct
ended 'nor do its captures come into a store with payload' 2 'c.ct: it holds less than f.ct'
collect i.ct --anonymize key --import f.ct
collect i.ct --import f.ct
ended 'nor into an anonymous one without its key' 2 'f.ct: its captures become anonymous with the key of i.ct'
collect f.ct --import f.ct
ended 'a store is not imported into itself' 2 'it is the store itself'
collect g.ct --anonymize key --import f.ct
correlate g.ct
report g.ct g
rm -f g/{run.csv,evidence.pcapng,report.html,summary.txt,SHA256SUMS}
rm -f anonymous/{run.csv,evidence.pcapng,report.html,summary.txt,SHA256SUMS}
is 'what is made anonymous later is what is anonymous from the first' "$(diff -rq g anonymous)" ''
collect h.ct --import key
ended 'what is no store is not imported' 3 'key: not a store'

exit $((failures > 0))

#!/bin/bash
# The audit trail: --verify finds each changed byte of a set and of its captures, and what does not add
# up although its digest does; and the same captures give the same bytes, however they are asked for.
# `tests/audit.sh BUILD`
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh

bin=$(cd "$1" && pwd)/bin || exit 2
csvq=$(cd "$1" && pwd)/lab/csvq
report=$bin/crosstap-report
root=$PWD
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
points='client fw-in fw-out server'

# verified ARGUMENT...: what --verify says, its words in $work/said and $work/warned, and its status
verified()
{
	timeout 60 "$report" --verify "$@" >"$work/said" 2>"$work/warned" </dev/null
}

# finds SENTENCE STATUS WORD ARGUMENT...: it ends with STATUS and says WORD
finds()
{
	local sentence=$1 status=$2 word=$3 got

	shift 3
	verified "$@"
	got=$?
	if [ $got -ne "$status" ] || ! grep -qF -e "$word" "$work/said" "$work/warned"; then
		printf '# exit status %s, expected %s with "%s"\n' "$got" "$status" "$word"
		lines_show '# ' "$(cat "$work/said" "$work/warned")"
		not_ok "$sentence"
	else
		ok "$sentence"
	fi
}

# operands FOLDER POINT...
operands()
{
	local folder=$1 point

	shift
	for point; do
		echo "$point=$folder/$point.pcap"
	done
}

mkdir "$work/captures"
cp samples/firewall/*.pcap "$work/captures"
# shellcheck disable=SC2046,SC2086
"$bin/crosstap" -q -s "$work/case.ct" -o "$work/set" $(operands "$work/captures" $points) || exit 2
set=$work/set
files=$(find "$set" -type f ! -name SHA256SUMS | wc -l)

# ---- a set as it was written ----

story='a set: '
is 'sha256sum -c finds all of its files' "$(cd "$set" && sha256sum -c SHA256SUMS 2>&1 | grep -c ': OK$')" \
	"$files"
finds '--verify finds nothing wrong' 0 'ok - files: ' "$set"
is 'says what it did not check' "$(grep -o '^not checked - [a-z]*' "$work/said")" 'not checked - store
not checked - captures
not checked - packets'
is 'and nothing on standard error' "$(cat "$work/warned")" ''
finds 'its captures are those of manifest.csv' 0 'ok - captures: 4 captures' "$set" --captures "$work/captures"
is 'and have the packets that drops.csv and injected.csv name' "$(grep -c \
	"^ok - packets: $(($("$csvq" "$set/drops.csv") + $("$csvq" "$set/injected.csv"))) packets" "$work/said")" 1
finds 'its store gives the same bytes, also of evidence.pcapng' 0 "ok - store: $files files" \
	"$set" -s "$work/case.ct"
is 'and knows where the captures are' "$(grep -c '^ok - captures: 4' "$work/said")" 1
is 'then everything was checked' "$(grep -c '^ok - ' "$work/said") $(grep -c '^not checked' "$work/said")" '6 0'
verified "$set" -q
is '-q says nothing of it' "$? $(cat "$work/said" "$work/warned")" '0 '
is 'run.csv has the version of the tables' "$("$csvq" "$set/run.csv" -p value key=csv_version)" 1
is 'each of its keys is in crosstap(7)' "$("$csvq" "$set/run.csv" -p key | sed 's/\..*//' | sort -u |
	while read -r key; do
		sed -n '/^\.Ss run\.csv/,/^\.Ss /p' report/crosstap.7 | grep -qE "^\.It Li (.* )?$key\.?( |\$)" || echo "$key"
	done)" ''
is 'its clocks lie within their errors of each other, which these captures share' \
	"$("$csvq" "$set/run.csv" -p key,value 'key~clock_' | sed "s/'//" | awk -F'[.|]' '
		{ split($0, cell, "|"); is[$1, $2] = cell[2]; if ($1 == "clock_error_us") n++ }
		END {
			for (at in is) {
				split(at, part, SUBSEP)
				offset = is["clock_offset_us", part[2]]
				if (part[1] == "clock_error_us" && (offset > is[at] || -offset > is[at]))
					print part[2], offset, is[at]
			}
			print n
		}')" 4

# ---- a byte of any file ----

# changed FILE HOW: changes it
changed()
{
	local bytes

	bytes=$(wc -c <"$1")
	case $2 in
	flipped) # the low bit of the byte in the middle
		dd if="$1" bs=1 skip=$((bytes / 2)) count=1 2>/dev/null | LC_ALL=C tr '\000-\377' \
			"$(printf '\\%03o' $(for ((i = 0; i < 256; i++)); do echo $((i ^ 1)); done))" |
			dd of="$1" bs=1 seek=$((bytes / 2)) conv=notrunc 2>/dev/null
		;;
	cut) truncate -s $((bytes - 1)) "$1" ;;
	longer) echo >>"$1" ;;
	esac
}

story='a changed byte: '
for how in flipped cut longer; do
	missed=
	for file in "$set"/*; do
		cp -r "$set" "$work/changed"
		changed "$work/changed/${file##*/}" $how
		cmp -s "$file" "$work/changed/${file##*/}" && missed="$missed ${file##*/}-is-the-same"
		verified "$work/changed"
		[ $? -eq 3 ] && grep -qF "${file##*/}" "$work/warned" || missed="$missed ${file##*/}"
		rm -r "$work/changed"
	done
	is "any file $how is found and named" "$missed" ''
	missed=
	for point in $points; do
		cp samples/firewall/*.pcap "$work/captures"
		changed "$work/captures/$point.pcap" $how
		for ask in "--captures $work/captures" "-s $work/case.ct"; do
			# shellcheck disable=SC2086
			verified "$set" $ask
			[ $? -eq 3 ] && grep -qF "captures/$point.pcap is another file" "$work/warned" ||
				missed="$missed $point-by-${ask%% *}"
		done
	done
	is "any capture $how, too" "$missed" ''
done
cp samples/firewall/*.pcap "$work/captures"
rm "$work/captures/fw-out.pcap"
finds 'a capture that is not there is said, and no fault' 0 'not checked - captures: fw-out.pcap is not there' \
	"$set" --captures "$work/captures"
finds 'nor is the file made of it' 0 'not checked - store: evidence.pcapng: ' "$set" -s "$work/case.ct"
cp samples/firewall/*.pcap "$work/captures"
for file in SHA256SUMS drops.csv; do
	cp -r "$set" "$work/changed"
	rm "$work/changed/$file"
	finds "$file that is missing is a fault" 3 "$file: it is not there" "$work/changed"
	rm -r "$work/changed"
done
cp -r "$set" "$work/changed"
echo x >"$work/changed/notes.txt"
finds 'a file that is not of the set is named, and no fault' 0 'notes.txt is no file of the set' "$work/changed"
rm -r "$work/changed"

# ---- what does not add up, although its digest does ----

# forged SENTENCE FILE SED WORD: with that change, and digests made anew, WORD is said
forged()
{
	cp -r "$set" "$work/changed"
	LC_ALL=C sed -i -E "$3" "$work/changed/$2"
	if cmp -s "$set/$2" "$work/changed/$2"; then
		not_ok "$1 (nothing was changed)"
	else
		(cd "$work/changed" && LC_ALL=C sha256sum -- *[!S] >SHA256SUMS)
		finds "$1" 3 "$4" "$work/changed"
	fi
	rm -r "$work/changed"
}

story='with its digest made anew: '
forged 'a row of hops.csv that does not add up' hops.csv '3s/,242,242,/,242,241,/' \
	'hops.csv: line 3, column packets: 242, but the verdicts add up to 241'
forged 'a row of balance.csv that does not' balance.csv '2s/,337,337,/,337,330,/' \
	'balance.csv: line 2, column packets: 337, but'
forged 'one that says so' balance.csv '2s/yes/no/' 'balance.csv: line 2, column balanced'
forged 'a drop that has no row any more' drops.csv 5d 'rows of drops.csv'
forged 'an injected packet that is there twice' injected.csv '2p' 'rows of injected.csv'
forged 'a reset that is not there' resets.csv 2d 'resets.csv has 1 row too few of session'
forged 'a session that is not there at a point' session_points.csv 2d 'session_points.csv has 1 row too few of session 1'
forged 'a session that is none' resets.csv '2s/^[0-9]*/9999/' 'resets.csv: line 2, column session: 9999 is no session'
forged 'sessions out of order' sessions.csv '3s/^2,/1,/' 'sessions.csv: line 3, column session'
forged 'a frame that its capture cannot have' drops.csv '2s/fw-in.pcap,[0-9]*/fw-in.pcap,99999/' \
	'drops.csv: line 2, column frame: 99999'
forged 'a time that is none of its capture' drops.csv '2s/,2026-/,2027-/' 'drops.csv: line 2, column frame'
forged 'a file that is not in manifest.csv' drops.csv '2s/fw-in.pcap/other.pcap/' \
	'drops.csv: line 2, column file: "other.pcap" is no capture of fw-in'
forged 'a hop that is not on the path' findings.csv '2s/fw-in>fw-out/fw-in>server/' \
	'findings.csv: line 2, column hop: fw-in>server is no hop'
forged 'ranks that do not follow each other' findings.csv '3s/^2,/3,/' 'findings.csv: line 3, column rank'
forged 'a finding of more packets than were dropped' findings.csv '2s/:82,10,/:82,11,/' \
	'21 are the packets that findings of drops count, and 20 the dropped of hops.csv'
forged 'an injected RST that resets.csv calls another' resets.csv '2s/injected,fw-in>fw-out/endpoint,server/' \
	'are the injected rows of resets.csv'
forged 'a packet more of a session at a point' session_points.csv '2s/Z,([0-9]*),([0-9]*),/Z,1\1,\2,/' \
	'session_points.csv: '
forged 'a loss that is none' hops.csv '5s/,0\.059347,/,0.059357,/' 'column loss_ratio: 0.059357, but it is 20 of 337'
forged 'packets that balance.csv has not' manifest.csv '2s/,585,/,586,/' 'client at client>fw-in has 585 packets'
forged 'a reason for packets that are not excluded' run.csv 's/^(excluded_no_ip.client),2/\1,3/' \
	'run.csv has a reason for 7'
forged 'another path' run.csv 's/client,fw-in,fw-out/client,fw-out,fw-in/' 'hops.csv: client>fw-in is not hop 1'
forged 'another number of captures' run.csv 's/^captures,4/captures,3/' 'manifest.csv: 4 captures'
forged 'a column of another name' delays.csv '1s/bucket_s,/bucket,/' 'column 4 is "bucket", not "bucket_s"'
forged 'a cell too many' resets.csv '2s/$/,x/' 'resets.csv: line 2: 19 cells, not 18'
forged 'a word where a number belongs' drops.csv '2s/fw-in.pcap,[0-9]*/fw-in.pcap,x/' 'column frame: "x" is no whole number'
forged 'a time without its nanoseconds' delays.csv '2s/\.[0-9]*Z/Z/' 'column bucket_start: "2026'
forged 'an address that is none' drops.csv '2s/10\.77\.1\.2/10.77.1.256/' 'column src: "10.77.1.256" is no address'
forged 'a quote that is not closed' drops.csv '$s/"$//' 'drops.csv: line 25: no CSV: a quote'
forged 'bytes that are no UTF-8' drops.csv '2s/no copy/\xff\xfe/' 'column evidence: '

# What adds up, and is not so, only the store and the captures know.
cp -r "$set" "$work/changed"
sed -i '2s/0\.76/0.77/' "$work/changed/drops.csv"
(cd "$work/changed" && LC_ALL=C sha256sum -- *[!S] >SHA256SUMS)
finds 'another confidence adds up' 0 'ok - sums' "$work/changed"
finds 'but is not what the store gives, from that line on' 3 'drops.csv: not what the store gives: from byte ' \
	"$work/changed" -s "$work/case.ct"
is 'the line is named' "$(grep -c 'drops.csv: not .* in line 2$' "$work/warned")" 1
cp "$set/drops.csv" "$work/changed"
sed -i '2s/fw-in.pcap,\([0-9]*\)/fw-in.pcap,1/' "$work/changed/drops.csv"
(cd "$work/changed" && LC_ALL=C sha256sum -- *[!S] >SHA256SUMS)
finds 'another frame number may be one of the capture' 0 'ok - tables' "$work/changed"
finds 'but that frame is of another time' 3 'drops.csv: line 2, column time: frame 1 of ' \
	"$work/changed" --captures "$work/captures"
rm -r "$work/changed"

# ---- how a set was made ----

story='made with '
"$report" -q -s "$work/case.ct" -o "$work/some" --filter 'port 82 or (outcome degraded)' --headers-only
finds '--filter and --headers-only: it adds up' 0 'ok - sums' "$work/some"
finds '--filter and --headers-only: made again it is the same' 0 "ok - store: $files files" "$work/some" -s "$work/case.ct"
sed -i 's/^headers_only,yes/headers_only,no/' "$work/some/run.csv"
finds '--headers-only, and without saying so: it is another one' 3 'evidence.pcapng: not what the store gives' \
	"$work/some" -s "$work/case.ct"
"$report" -q -s "$work/case.ct" -o "$work/some" --captures "$work" >"$work/said" 2>&1
mv "$work/captures" "$work/away"
"$report" -q -s "$work/case.ct" -o "$work/none" >"$work/said" 2>&1
mv "$work/away" "$work/captures"
is 'captures away: run.csv says how many packets are missing' \
	"$("$csvq" "$work/none/run.csv" -p value key=evidence_packets_missing)" \
	"$("$csvq" "$set/run.csv" -p value key=evidence_packets)"
finds 'captures away: that is said, and no fault' 0 'evidence.pcapng: ' "$work/none" -s "$work/case.ct"

story='made with --anonymize: '
echo 'a key that nobody else has, and long enough' >"$work/key"
echo 'a key that somebody else has, as long as that' >"$work/other.key"
"$report" -q -s "$work/case.ct" -o "$work/aliases" --anonymize "$work/key"
finds 'made again with the key it is the same' 0 "ok - store: $files files" \
	"$work/aliases" -s "$work/case.ct" --anonymize "$work/key"
finds 'without it that is not asked' 0 'not checked - store: the set is anonymous' "$work/aliases" -s "$work/case.ct"
finds 'with another one it is another set' 3 'sessions.csv: not what the store gives' \
	"$work/aliases" -s "$work/case.ct" --anonymize "$work/other.key"
finds 'a key is for a store' 2 'of which store? -s STORE' "$work/aliases" --anonymize "$work/key"

story='made with --expect: '
printf 'name,src,dst,proto,dport,expect\n80,any,any,tcp,80,allow\n82,any,any,tcp,82,allow\n' >"$work/policy.csv"
sed 's/82,allow/82,deny/' "$work/policy.csv" >"$work/other.csv"
cp "$work/policy.csv" "$work/renamed.csv"
sed 's/82,allow/82,alow/' "$work/policy.csv" >"$work/bad.csv"
cp "$work/case.ct" "$work/asked.ct"
"$bin/crosstap-correlate" -q -s "$work/asked.ct" --expect "$work/policy.csv"
"$report" -q -s "$work/asked.ct" -o "$work/asked"
before=$(sha256sum <"$work/case.ct")
mkdir "$work/tmp"
TMPDIR=$work/tmp "$report" -q -s "$work/case.ct" -o "$work/expected" --expect "$work/policy.csv" --fail-on expect
is 'what is violated ends with 1, if so asked' $? 1
is 'it is what crosstap-correlate with that policy gives, byte by byte' "$(diff -r "$work/asked" "$work/expected" 2>&1)" ''
is 'which has its packets' "$("$csvq" "$work/expected/run.csv" -p value key=evidence_packets_missing)" 0
is 'the store is as it was, and no copy is left' "$(sha256sum <"$work/case.ct") $(ls "$work/tmp")" "$before "
"$report" -q -s "$work/asked.ct" --csv expect --expect "$work/other.csv" >"$work/said"
is 'it goes before the one that the store has' "$("$csvq" "$work/said" -p expect name=82)" deny
finds 'made again with the policy it is the same, whatever that is called' 0 "ok - store: $files files" \
	"$work/expected" -s "$work/case.ct" --expect "$work/renamed.csv"
finds 'or of a store that was asked with it' 0 "ok - store: $files files" "$work/expected" -s "$work/asked.ct"
finds 'without it that is not asked' 0 'not checked - store: the set was compared with a policy' \
	"$work/expected" -s "$work/case.ct"
finds 'with another one it is another set' 3 'run.csv: the set is of the policy with expect_sha256' \
	"$work/expected" -s "$work/case.ct" --expect "$work/other.csv"
finds 'a set without a policy is another, too' 3 'run.csv: it has no expect_sha256' \
	"$set" -s "$work/case.ct" --expect "$work/policy.csv"
finds 'a bad policy ends it before anything is looked at' 3 'bad.csv:3: expect: "alow" is none of' \
	"$work/nothing" -s "$work/nothing.ct" --expect "$work/bad.csv"
finds 'a policy is for a store' 2 'of which store? -s STORE' "$work/expected" --expect "$work/policy.csv"
"$report" -s "$work/case.ct" --expect "$work/policy.csv" --anonymize "$work/key" 2>"$work/warned"
is 'with --anonymize it is wrong usage' "$? $(grep -c "no address of the policy's" "$work/warned")" '2 1'

# ---- what was taken of the captures, and what was not ----

story='with -f and --end: '
end=2026-11-21T10:00:23Z
# shellcheck disable=SC2046,SC2086
"$bin/crosstap" -q -o "$work/part" -f 'tcp port 80' --end $end $(operands samples/firewall $points)
is 'run.csv has both, for each row of manifest.csv' "$("$csvq" "$work/part/run.csv" -p key,value 'key~capture_' | sort)" \
	"$(for row in 1 2 3 4; do
		echo "capture_end.$row|2026-11-21T10:00:23.000000000Z"
		echo "capture_filter.$row|tcp port 80"
	done | sort)"
if command -v tshark >/dev/null; then
	is 'and how many packets they took out' "$("$csvq" "$work/part/run.csv" -p key,value key~excluded_ | sort)" \
		"$(for point in $points; do
			echo "excluded_filter.$point|$(tshark -r samples/firewall/$point.pcap \
				-Y "!(tcp.port == 80) || frame.time >= \"$end\"" 2>"$work/warned" | wc -l)"
		done | sort)"
else
	skip 'and how many packets they took out' 'no tshark'
fi
finds 'with them the account closes' 0 'ok - sums' "$work/part"

# ---- limits ----

# A session of 9000 packets, and 14 services whose SYNs all die between the points.
story='limits: '
if command -v python3 >/dev/null; then
	python3 - "$work" <<'EOF'
import struct, sys
rows = []
def send(at, forward, port, server, seq, ack, flags, data=b'', lost=False):
    rows.append((at, forward, port, server, seq, ack, flags, data, lost))
send(0, True, 5000, 80, 99, 0, 2)
send(10**6, False, 5000, 80, 299, 100, 18)
for i in range(8997):
    send(2 * 10**6 + i * 10**5, True, 5000, 80, 100 + 8 * i, 300, 24, b'%08d' % i)
for service in range(14):
    for i in range(2 + service):
        send(10**9 + service * 10**7 + i * 10**5, True, 6000 + i, 1000 + service, 99, 0, 2, lost=True)
send(9 * 10**9, False, 5000, 80, 300, 108, 16)
for point in range(2):
    with open('%s/%d.pcap' % (sys.argv[1], point), 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b23c4d, 2, 4, 0, 0, 65535, 101))
        for n, (at, forward, port, server, seq, ack, flags, data, lost) in enumerate(rows):
            if lost and point:
                continue
            hops = point if forward else 1 - point
            a, b, ports = (b'\n\0\0\1', b'\n\0\0\2', (port, server))
            if not forward:
                a, b, ports = b, a, (server, port)
            packet = struct.pack('!BBHHHBBH4s4s', 69, 0, 40 + len(data), n + 1 & 65535, 0, 64 - hops, 6, 0, a, b)
            packet += struct.pack('!HHIIBBHHH', *ports, seq, ack, 80, flags, 9000, 0, 0) + data
            at += 10**18 + hops * 1000
            f.write(struct.pack('<IIII', at // 10**9, at % 10**9, len(packet), len(packet)) + packet)
EOF
	"$bin/crosstap" -q -o "$work/limits" --path a,b a="$work/0.pcap" b="$work/1.pcap"
	is 'run.csv has those that took something away' \
		"$("$csvq" "$work/limits/run.csv" -p key key~limit_ | tr '\n' ' ')" \
		'limit_findings_gathered limit_sessions_cut '
	is 'one session is longer' "$("$csvq" "$work/limits/run.csv" -p value key=limit_sessions_cut)" 1
	is 'and the findings in rows of their own, with those that share one, are of all 14 services' \
		"$(($("$csvq" "$work/limits/findings.csv" kind=drop.policy) - 1 +
			$("$csvq" "$work/limits/run.csv" -s value key=limit_findings_gathered)))" 14
	finds 'the account closes' 0 'ok - sums' "$work/limits"
else
	skip 'run.csv has those that took something away' 'no python3'
fi

# ---- captures that came later ----

story='a capture that was collected later: '
"$bin/crosstap-collect" -q -s "$work/later.ct" -p fw-in samples/nat/fw-in.pcap
"$bin/crosstap-collect" -q -s "$work/later.ct" -p fw-out samples/nat/fw-out.pcap
"$bin/crosstap-correlate" -q -s "$work/later.ct"
"$report" -q -s "$work/later.ct" -o "$work/later"
finds 'before it the set is whole' 0 'ok - files' "$work/later"
"$bin/crosstap-collect" -q -s "$work/later.ct" -p fw-out samples/firewall/fw-out.pcap
"$report" -q -s "$work/later.ct" -o "$work/later" 2>"$work/warned"
is 'no set is made of such a store' "$? $(grep -c 'run crosstap-correlate again' "$work/warned")" '3 1'
finds 'and what is left of it is none' 3 'SHA256SUMS: it is not there' "$work/later"
is 'because its captures are not those of the results' "$(grep -c 'manifest.csv: 3 captures, but' "$work/warned")" 1

# ---- folders that hold anything ----

# hostile SENTENCE WORD COMMAND: run in a copy of the set
hostile()
{
	cp -r "$set" "$work/changed"
	(cd "$work/changed" && eval "$3")
	finds "$1" 3 "$2" "$work/changed"
	rm -rf "$work/changed"
}

story='a folder that holds '
hostile 'a pipe is not waited for' 'drops.csv: it is no regular file' 'rm drops.csv && mkfifo drops.csv'
hostile 'a pipe for SHA256SUMS is not, either' 'SHA256SUMS: it is no regular file' 'rm SHA256SUMS && mkfifo SHA256SUMS'
hostile 'a link is not followed' 'drops.csv: it is a symbolic link' 'mv drops.csv .d && ln -s .d drops.csv'
hostile 'a directory in place of a file' 'drops.csv: it is a directory' 'rm drops.csv && mkdir drops.csv'
hostile 'names outside of it' '"../case.ct" is no name of a file of a set' \
	'echo "$(printf %064d 0)  ../case.ct" >SHA256SUMS'
hostile 'names that a terminal would obey' '\x1b[31m' 'printf "%064d  \033[31m\n" 0 >SHA256SUMS'
hostile 'SHA256SUMS of something else' 'SHA256SUMS: line 1: it is no line' 'head -c 100000 /dev/zero >SHA256SUMS'
hostile 'a table of zeros' 'drops.csv: line 1: no CSV: a' 'head -c 3000000 /dev/zero >drops.csv'
hostile 'a table of one line' 'no CSV: a cell of more than 1 MiB' \
	'head -c 5000000 /dev/zero | tr "\000" x >drops.csv'
hostile 'a table of one open quote' 'no CSV: a cell of more than 1 MiB' \
	'{ echo "\""; yes; } | head -c 5000000 >drops.csv'
hostile 'a table of commas' 'no CSV: more cells than any table has' 'head -c 5000 /dev/zero | tr "\000" , >drops.csv'
hostile 'an empty table' 'drops.csv: line 1: no header' ': >drops.csv'
hostile 'great numbers' 'is no whole number' 'sed -i "2s/,337,/,99999999999999999999999,/" balance.csv'
hostile 'negative ones' 'add up to' 'sed -i "2s/,337,337,/,-9223372036854775808,9223372036854775807,/" balance.csv'
hostile 'a capture of a name with a way' 'manifest.csv: it is not the file' \
	'sed -i "2s,client.pcap,../captures/client.pcap," manifest.csv'
mkfifo "$work/pipes"
finds 'no folder' 3 'Not a directory' "$work/pipes"
finds 'nothing at all' 3 'No such file' "$work/nothing"
mkdir "$work/captures/pipe"
mkfifo "$work/captures/pipe/client.pcap"
finds 'a capture that is a pipe' 3 'client.pcap is another file' "$set" --captures "$work/captures/pipe"
for option in '-o x' '--csv hops' '--filter tcp' '--session 3' --headers-only '--fail-on drops' '--format json'; do
	# shellcheck disable=SC2086
	finds "$option beside it: wrong usage" 2 "--verify and ${option%% *}" "$set" $option
done

# ---- the same bytes ----

# same SENTENCE COMMAND...: run with $out as its -o, it writes what is in $set
same()
{
	local sentence=$1

	shift
	out=$work/same
	rm -rf "$out" "$work"/again.ct*
	"$@" >"$work/said" 2>&1
	is "$sentence" "$? $(diff -rq "$set" "$out" 2>&1)" '0 '
}

front()
{
	# shellcheck disable=SC2046,SC2086
	"$bin/crosstap" -q -o "$work/same" "$@" $(operands "${captures:-$work/captures}" ${order:-$points})
}

elsewhere()
{
	mkdir -p "$work/deep/er"
	cp samples/firewall/*.pcap "$work/deep"
	# shellcheck disable=SC2046,SC2086
	(cd "$work/deep/er" && "$bin/crosstap" -q -s "$work/deep/other.ct" -o ../../same $(operands .. $points))
}

# Each point's captures are collected by themselves, in another order: another store, with another seed.
by_stages()
{
	local point

	for point in server fw-in client fw-out; do
		"$bin/crosstap-collect" -q -j "$1" -s "$work/again.ct" -p $point "$root/samples/firewall/$point.pcap" ||
			return
	done
	"$bin/crosstap-correlate" -q -j "$1" -s "$work/again.ct" && "$report" -q -s "$work/again.ct" -o "$work/same"
}

story='the same captures give the same bytes: '
order='server fw-out client fw-in' same 'in another order' front
same 'with one thread' front -j 1
same 'with two' front -j 2
same 'through the three tools, with another seed, with one thread' by_stages 1
same 'through them with two' by_stages 2
same 'from another folder, with the store elsewhere' elsewhere
TZ=Asia/Kathmandu same 'in another time zone' front
LC_ALL=C same 'in the locale C' front
if localedef -i de_DE -f UTF-8 "$work/de_DE.UTF-8" >"$work/said" 2>&1; then
	LOCPATH=$work LC_ALL=de_DE.UTF-8 LANGUAGE=de same 'where numbers have a comma' front
else
	skip 'where numbers have a comma' 'no locale de_DE'
fi
"$report" -q -s "$work/case.ct" -o "$set"
is 'written once more over itself' "$(diff -rq "$set" "$work/same")" ''
[ $failures -eq 0 ]

#!/bin/bash
# Packets for Wireshark out of the captures, as tshark, editcap and capinfos see them:
# `tests/evidence.sh BUILD`. The case is samples/firewall, whose drops and injections drops.csv
# and injected.csv name.
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh

build=$(cd "$1" && pwd) || exit 2
report=$build/bin/crosstap-report
csvq=$build/lab/csvq
samples=$PWD/samples/firewall

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2

for tool in tshark editcap capinfos; do
	if ! command -v $tool >/dev/null; then
		skip 'packets for Wireshark' "no $tool"
		exit 0
	fi
done

# evidence OPTION...: writes single packets to evidence.pcapng, words to said; its status
evidence()
{
	"$report" -s "$store" --format pcapng --verdict dropped,injected "$@" \
		>evidence.pcapng 2>said </dev/null
}

# fields FIELD...: of each packet of evidence.pcapng, with | between
fields()
{
	local field options=()

	for field; do
		options+=(-e "$field")
	done
	tshark -r evidence.pcapng -o frame.generate_md5_hash:TRUE -T fields -E separator='|' \
		"${options[@]}" 2>tshark.said
}

# collected STORE POINT=FILE...
collected()
{
	store=$1
	shift
	"$build/bin/crosstap" -q -s "$store" -o "$store.csv" "$@" >said 2>&1 || {
		lines_show '# ' "$(cat said)"
		exit 2
	}
}

mkdir case
cp "$samples"/*.pcap case
collected here.ct client=case/client.pcap fw-in=case/fw-in.pcap fw-out=case/fw-out.pcap \
	server=case/server.pcap
csv=here.ct.csv
rows=$(($("$csvq" $csv/drops.csv) + $("$csvq" $csv/injected.csv)))

# ---- which packets ----

story='--format pcapng: '
evidence
is 'ends with 0 and says nothing' "$? $(cat said)" '0 '
is 'a packet for each row of drops.csv and injected.csv' "$(fields frame.number | wc -l)" "$rows"
for verdict in drops:dropped injected:injected; do
	"$csvq" "$csv/${verdict%:*}.csv" -p seen_at,ip_id,tcp_seq,hop,cause,confidence,evidence |
		awk -F'|' -v verdict="${verdict#*:}" '{
			cause = $5 == "" ? "" : ": " $5
			sure = $6 == "" ? "" : sprintf(" (confidence %.2f)", $6)
			why = $7 == "" ? "" : ": " $7
			print $1 "|" $2 "|" $3 "|" verdict " at " $4 cause sure why }'
done >expected
tshark -r evidence.pcapng -T fields -E separator='|' -e frame.interface_name -e ip.id \
	-e tcp.seq_raw -e frame.comment 2>tshark.said | awk -F'|' 'BEGIN { OFS = "|" }
	{
		n = 0
		for (i = 3; i <= length($2); i++)
			n = n * 16 + index("0123456789abcdef", substr($2, i, 1)) - 1
		$2 = n
		print
	}' >got
same_lines 'with point, numbers and words of its row' got expected
for point in fw-in fw-out; do
	# shellcheck disable=SC2046
	editcap -r "case/$point.pcap" "$point.wanted" $(for table in drops injected; do
		"$csvq" $csv/$table.csv -p frame seen_at=$point
	done) >/dev/null
	tshark -r "$point.wanted" -o frame.generate_md5_hash:TRUE -T fields -e frame.md5_hash \
		-e frame.len 2>tshark.said >expected
	tshark -r evidence.pcapng -Y "frame.interface_name == \"$point\"" \
		-o frame.generate_md5_hash:TRUE -T fields -e frame.md5_hash -e frame.len \
		2>tshark.said >got
	same_lines "the bytes of $point's packets are those of its capture" got expected
done
is 'tshark finds nothing wrong' "$(tshark -r evidence.pcapng -Y _ws.malformed 2>tshark.said |
	wc -l)" 0
is 'capinfos finds it in order of time, to the nanosecond' \
	"$(capinfos evidence.pcapng | sed -nE 's/^(Strict time order|.*precision): *//p' |
		tr '\n' ' ')" 'nanoseconds (9) True '
is 'and who wrote it' "$(capinfos evidence.pcapng | sed -n 's/^Capture application: *//p')" \
	"crosstap $("$report" --version | cut -d' ' -f2)"
is 'interfaces are points, in the order of the path' \
	"$(capinfos evidence.pcapng | sed -n 's/^ *Name = //p' | tr '\n' ' ')" 'fw-in fw-out '
is 'each says how its clock was corrected' "$(capinfos evidence.pcapng |
	sed -n 's/^ *Description = //p' |
	grep -cE '^clock [+-]?[0-9.]+ us \+- [0-9.]+ [num]s against client, skew -?[0-9.]+ ppm; times are corrected$')" 2
# Local time less the path's: the offset, whose words have a tenth of a microsecond.
tshark -r fw-in.wanted -T fields -e frame.time_epoch -e frame.number 2>tshark.said | sort -n >local
tshark -r evidence.pcapng -Y 'frame.interface_name == "fw-in"' -T fields -e frame.time_epoch \
	-e frame.interface_description 2>tshark.said | sort -n >path
is 'times are off by the offset that it says' "$(paste local path | awk '{
	split($1, a, "."); split($3, b, ".")
	apart = ((a[1] - b[1]) * 1e9 + a[2] - b[2]) / 1000 - $5
	if (apart > 0.15 || apart < -0.15) print $0 }')" ''

# ---- what is chosen ----

for verdict in dropped:drops injected:injected; do
	evidence --verdict "${verdict%:*}"
	is "--verdict ${verdict%:*}" "$(fields frame.number | wc -l)" \
		"$("$csvq" "$csv/${verdict#*:}.csv")"
done
evidence --filter 'port 82' --verdict dropped,injected
is '--filter takes the packets of its sessions' "$(fields tcp.dstport | sort | uniq -c |
	awk '{ print $1, $2 }')" "$("$csvq" $csv/drops.csv dport=82) 82"
session=$("$csvq" $csv/drops.csv -p session | sort -n | head -n 1)
evidence --session "$session"
is '--session takes those of one' "$(fields frame.number | wc -l)" \
	"$(($("$csvq" $csv/drops.csv session="$session") +
		$("$csvq" $csv/injected.csv session="$session")))"
evidence --filter 'port 1'
is 'no packet at all is a file all the same' "$? $(capinfos -Tc evidence.pcapng | tail -n 1 |
	cut -f2)" '0 0'

# ---- whole sessions ----

# stories NAME POINT...: evidence.pcapng of a sample holds its bad sessions at all points, in order, and
# says of each packet what the tables do
stories()
{
	local name=$1 sample=$samples/../$1 points arguments=() point

	shift
	points="$*"
	story="evidence.pcapng of samples/$name: "
	for point; do
		arguments+=("$point=$sample/$point.pcap")
	done
	"$build/bin/crosstap" -q -o "$name" "${arguments[@]}" >said 2>&1
	is 'ends with 0 and says nothing' "$? $(cat said)" '0 '
	cp "$name/evidence.pcapng" .
	"$csvq" "$name/sessions.csv" -p session,outcome,dropped,injected,resets | awk -F'|' '
		($2 != "ok" && $2 != "open") || $3 + $4 + $5 > 0 { print $1 }' >bad
	for point; do
		while read -r session; do
			"$csvq" "$name/session_points.csv" -p packets_forward,packets_reverse \
				"session=$session" "point=$point"
		done <bad | awk -F'|' -v point="$point" '{ sum += $1 + $2 } END { print point, sum + 0 }'
	done >expected
	fields frame.interface_name | awk -v points="$points" '{ n[$0]++ }
		END { k = split(points, p, " "); for (i = 1; i <= k; i++) print p[i], n[p[i]] + 0 }' >got
	same_lines 'all packets of the bad sessions, at each point' got expected
	is 'in the order of time' "$(fields frame.time_epoch | sort -nc 2>&1)" ''
	for verdict in drops:dropped injected:injected; do
		"$csvq" "$name/${verdict%:*}.csv" -p seen_at,tcp_seq,hop,cause,evidence |
			awk -F'|' -v verdict="${verdict#*:}" '{
				print $1 "|" $2 "|" verdict " at " $3 ": " $4 "|" substr($5, 1, 30) }'
	done >expected
	tshark -r evidence.pcapng -Y 'frame.comment contains "dropped at" || frame.comment contains "injected at"' \
		-T fields -E separator='|' -E occurrence=f -e frame.interface_name -e tcp.seq_raw \
		-e frame.comment 2>tshark.said | sed 's/ (confidence [0-9.]*): /|/' |
		awk -F'|' '{ print $1 "|" $2 "|" $3 "|" substr($4, 1, 30) }' >got
	same_lines 'comments are the words of drops.csv and injected.csv, at their points' got expected
}

stories firewall client fw-in fw-out server
frame=$(fields frame.comment | sed -n 's/.*its retransmission, frame \([0-9]*\), went through.*/\1/p' | head -n 1)
dropped=$(tshark -r evidence.pcapng -Y 'frame.comment contains "its retransmission, frame"' -T fields \
	-e tcp.seq_raw -e tcp.srcport 2>tshark.said | head -n 1)
is 'the retransmission that it names has the same bytes' \
	"$(tshark -r "$samples/fw-out.pcap" -Y "frame.number == $frame" -T fields -e tcp.seq_raw \
		-e tcp.srcport 2>tshark.said)" "$dropped"
stories nat fw-in fw-out
stories balancer fw-in fw-out fw-out2
story='--format pcapng, sessions: '
"$report" -s here.ct --format pcapng --session "$session" >evidence.pcapng 2>said </dev/null
is '--session takes one' "$(fields frame.number | wc -l)" "$("$csvq" $csv/session_points.csv \
	-p packets_forward,packets_reverse "session=$session" | awk -F'|' '{ sum += $1 + $2 } END { print sum }')"
"$report" -s here.ct --format pcapng --filter 'outcome ok' >evidence.pcapng 2>said </dev/null
is '--filter takes what it takes, bad or not' "$(fields tcp.stream | wc -l)" \
	"$("$csvq" $csv/sessions.csv -p session outcome=ok | while read -r ok; do
		"$csvq" $csv/session_points.csv -p packets_forward,packets_reverse "session=$ok"
	done | awk -F'|' '{ sum += $1 + $2 } END { print sum }')"

# ---- the same bytes ----

story='--format pcapng, elsewhere: '
evidence
cp evidence.pcapng first.pcapng
mkdir other
cp "$samples"/*.pcap other
(cd other && "$build/bin/crosstap" -q -s turned.ct server=server.pcap fw-out="$work/other/fw-out.pcap" \
	fw-in=fw-in.pcap client=client.pcap)
store=other/turned.ct
evidence
is 'beside the store, points in another order: the same bytes' "$(cmp evidence.pcapng first.pcapng 2>&1
	cat said)" ''
is 'no path of the machine is in it' "$(grep -caF "$work" evidence.pcapng)" 0
gzip -c other/fw-in.pcap >case/fw-in.pcap.gz
editcap -F pcapng other/fw-out.pcap case/fw-out.pcapng
collected packed.ct client=case/client.pcap fw-in=case/fw-in.pcap.gz fw-out=case/fw-out.pcapng \
	server=case/server.pcap
evidence
is 'packets come out of gzip and pcapng, too' "$(fields frame.interface_name frame.len frame.comment |
	sort | md5sum) $(cat said)" "$(cp first.pcapng evidence.pcapng
	fields frame.interface_name frame.len frame.comment | sort | md5sum) "

# ---- captures that are not there ----

story='--format pcapng, a capture is missing: '
store=here.ct
mv case/fw-out.pcap away.pcap
evidence
is 'ends with 0' $? 0
is 'says which, why, and what to do' "$(sed 's/: it is not.*; /; /' said)" \
	"crosstap-report: 4 packets of fw-out.pcap (fw-out) missing; --captures DIR says where the captures are"
is 'the others are there' "$(fields frame.interface_name | sort | uniq -c | awk '{ print $1, $2 }')" \
	"$((rows - 4)) fw-in"
is 'the file says so itself' "$(capinfos evidence.pcapng | grep -cF \
	'packets that a hop dropped or injected; 4 packets of fw-out.pcap (fw-out) missing')" 1
evidence --captures nowhere --captures other
is '--captures finds it' "$(cmp evidence.pcapng first.pcapng 2>&1
	cat said)" ''
editcap -t 0.000001 away.pcap case/fw-out.pcap -F pcap
evidence
is 'one with other times is refused' "$(grep -c 'is another file than the one collected' said)" 1
is 'and no packet taken from it' "$(fields frame.interface_name | sort -u)" 'fw-in'
rm case/fw-out.pcap
"$build/bin/crosstap-collect" -q -s piped.ct -p client case/client.pcap
"$build/bin/crosstap-collect" -q -s piped.ct -p fw-in - <case/fw-in.pcap
"$build/bin/crosstap-collect" -q -s piped.ct -p fw-out away.pcap
"$build/bin/crosstap-correlate" -q -s piped.ct >said 2>&1
store=piped.ct
evidence
is 'what came through a pipe is said to be nowhere' "$(grep -c 'it came through standard input' said)" 1
mv away.pcap case/fw-out.pcap

# ---- --headers-only ----

story='--headers-only: '
store=here.ct
evidence --headers-only
is 'no byte behind the headers, lengths as they were' \
	"$(fields frame.cap_len ip.hdr_len tcp.hdr_len frame.len frame.comment)" \
	"$(cp first.pcapng evidence.pcapng
	fields frame.cap_len ip.hdr_len tcp.hdr_len frame.len frame.comment |
		awk -F'|' 'BEGIN { OFS = "|" } { $1 = 14 + $2 + $3; print }')"
is 'some were cut' "$(fields frame.len ip.hdr_len tcp.hdr_len | awk -F'|' '$1 > 14 + $2 + $3' |
	wc -l | awk '{ print ($1 > 0) }')" 1
evidence --headers-only
is 'the file says so itself' "$(capinfos evidence.pcapng | grep -c 'cut behind their headers')" 1

# ---- several link types ----

story='--format pcapng, link types: '
editcap -r case/fw-in.pcap half1.pcap 1-300 -F pcap
editcap -F pcap case/fw-in.pcap half2.eth 1-300
editcap -F pcap -C 14 -L -T rawip half2.eth half2.pcap
collected mixed.ct client=case/client.pcap fw-in=half1.pcap,half2.pcap fw-out=case/fw-out.pcap \
	server=case/server.pcap
evidence
is 'a point of two link types has two interfaces' "$(capinfos evidence.pcapng |
	sed -n 's/^ *Name = //p')" 'fw-in
fw-in (raw IP)
fw-out'
is 'and packets of both are read' "$(fields frame.number ip.src | grep -c '|10\.77\.')" \
	"$(($("$csvq" mixed.ct.csv/drops.csv) + $("$csvq" mixed.ct.csv/injected.csv)))"

# ---- too many packets ----

# Two long sessions that lose a packet, and behind them a refused one, at 20 points.
story='evidence.pcapng, too many packets: '
if command -v python3 >/dev/null; then
	mkdir many
	python3 - <<'EOF'
import struct
rows = []
def send(at, forward, port, seq, ack, flags, data=b'', lost=False):
    rows.append((at, forward, port, seq, ack, flags, data, lost))
for k in range(2):
    at, port = k * 10**10, 5000 + k
    send(at, True, port, 99, 0, 2)
    send(at + 10**7, False, port, 299, 100, 18)
    for i in range(3000):
        data = b'%08d' % (i + 7000 * k)
        if i == 1000:
            send(at + 2 * 10**7 + i * 10**6 - 10**5, True, port, 100 + 8 * i, 300, 24, data, True)
        send(at + 2 * 10**7 + i * 10**6, True, port, 100 + 8 * i, 300, 24, data)
send(3 * 10**10, True, 6000, 99, 0, 2)
send(3 * 10**10 + 10**7, False, 6000, 0, 100, 20)
for point in range(20):
    with open('many/%02d.pcap' % point, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b23c4d, 2, 4, 0, 0, 65535, 101))
        for n, (at, forward, port, seq, ack, flags, data, lost) in enumerate(rows):
            if lost and point:
                continue
            hops = point if forward else 19 - point
            a, b, ports = (b'\n\0\0\1', b'\n\0\0\2', (port, 80))
            if not forward:
                a, b, ports = b, a, (80, port)
            packet = struct.pack('!BBHHHBBH4s4s', 69, 0, 40 + len(data), n + 1, 0, 64 - hops, 6, 0, a, b)
            packet += struct.pack('!HHIIBBHHH', *ports, seq, ack, 80, flags, 9000, 0, 0) + data
            at += 10**18 + hops * 1000
            f.write(struct.pack('<IIII', at // 10**9, at % 10**9, len(packet), len(packet)) + packet)
EOF
	points=()
	for point in $(seq -w 0 19); do
		points+=("p$point=many/$point.pcap")
	done
	"$build/bin/crosstap" -o many.csv --path "$(seq -s, -f 'p%02.0f' 0 19)" "${points[@]}" \
		>/dev/null 2>said
	cp many.csv/evidence.pcapng .
	"$csvq" many.csv/sessions.csv -p dropped,outcome | sort >got
	is 'three sessions are bad' "$(tr '\n' ' ' <got)" '0|failed 1|degraded 1|degraded '
	is 'it says that it has the worst two, and how many packets of all' \
		"$(capinfos evidence.pcapng | grep -oE '[0-9]+ of [0-9]+' | tr '\n' ' ')" \
		'2 of 3 60081 of 120122 '
	is 'as the note does' "$(grep -oE '[0-9,]+ packets are too|[0-9,]+ are in it' said |
		tr '\n' ' ')" '120,122 packets are too 60,081 are in it '
	is 'the refused one is there' "$(tshark -r evidence.pcapng -Y 'tcp.flags.reset == 1' \
		2>tshark.said | wc -l)" 20
else
	skip 'the worst sessions are kept' 'no python3'
fi

# ---- clocks that are not known ----

story='evidence.pcapng, one direction alone: '
mkdir forth
for point in client fw-in fw-out server; do
	tshark -r case/$point.pcap -Y 'tcp.dstport < 1024' -F pcap -w forth/$point.pcap 2>tshark.said
done
collected forth.ct client=forth/client.pcap fw-in=forth/fw-in.pcap fw-out=forth/fw-out.pcap \
	server=forth/server.pcap
is 'hops.csv has no offset' "$("$csvq" forth.ct.csv/hops.csv -p clock_offset_us | sort -u)" ''
is 'and no point is said to have one' "$(capinfos forth.ct.csv/evidence.pcapng |
	sed -n 's/^ *Description = //p' | sort | uniq -c | awk '{ $1 = $1; print }')" \
	'3 clock not known against client; times are corrected by what fits best
1 the clock by which all times are told'

# ---- several captures of one name ----

# Cut so that two drops of one session have the same frame number, in files of one name.
story='captures of one name: '
read -r session first second <<<"$("$csvq" $csv/drops.csv -p session,frame seen_at=fw-in cause=loss |
	sort -t'|' -n -k1,1 -k2,2 | awk -F'|' '$1 == session { print $1, frame, $2; exit }
		{ session = $1; frame = $2 }')"
mkdir half1 half2
editcap -r case/fw-in.pcap half1/fw-in.pcap 1-$((second - first)) -F pcap
editcap -F pcap case/fw-in.pcap half2/fw-in.pcap 1-$((second - first))
collected namesake.ct client=case/client.pcap fw-in=half1/fw-in.pcap,half2/fw-in.pcap \
	fw-out=case/fw-out.pcap server=case/server.pcap
is 'two drops have the same name and number' "$("$csvq" namesake.ct.csv/drops.csv \
	"session=$session" file=fw-in.pcap "frame=$first")" 2
is 'each has the reason of its row' "$("$report" -s namesake.ct --session "$session" |
	grep -c 'dropped at .*: loss (confidence')" 2

# ---- failing ----

# fails SENTENCE STATUS WORD COMMAND...
fails()
{
	local sentence=$1 status=$2 word=$3 got

	shift 3
	"$@" >out 2>said </dev/null
	got=$?
	is "$sentence" "$got $(grep -cF -e "$word" said)" "$status 1"
}

story='--format pcapng: '
store=here.ct
fails 'a verdict without packets is named' 2 '"matched"' \
	"$report" -s $store --format pcapng --verdict dropped,matched
fails 'an empty one, too' 2 '"" is none of' "$report" -s $store --format pcapng --verdict dropped,
fails '--verdict is for packets' 2 '--verdict goes with --format pcapng' \
	"$report" -s $store --verdict dropped
fails '--captures as well' 2 '--captures goes with' "$report" -s $store --captures . --csv drops
fails 'and --headers-only' 2 '--headers-only goes with' "$report" -s $store --headers-only
fails 'a session that is not there is wrong usage' 2 'there is no such session' \
	"$report" -s $store --format pcapng --session 100000
fails 'one whose number is great is named as it was given' 2 '--session 4294967297: there is no such' \
	"$report" -s $store --format pcapng --session 4294967297
fails 'a table is no packets' 2 'only one of them' "$report" -s $store --format pcapng --csv drops
fails 'a full disk ends with 4' 4 'standard output: No space left' \
	sh -c "\"$report\" -s $store --format pcapng >/dev/full"
if command -v script >/dev/null; then
	script -qec "\"$report\" -s $store --format pcapng" /dev/null </dev/null >out 2>&1
	is 'nothing is written to a terminal' "$? $(grep -c 'nothing to read on a terminal' out)" '2 1'
else
	skip 'nothing is written to a terminal' 'no script'
fi
[ $failures -eq 0 ]

#!/bin/bash
# crosstap-report and the front door from outside: `tests/report.sh BUILD`. The results are made up
# (lab/results); the front door runs tools that only say how they were called.
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh

build=$(cd "$1" && pwd) || exit 2
report=$build/bin/crosstap-report
csvq=$build/lab/csvq

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
unset NO_COLOR

for kind in drops clean empty none; do
	"$build/lab/results" "$work/$kind.ct" $kind || exit 2
done

# ---- wrong usage and bad input ----

story='crosstap-report: '
ends 'no store is wrong usage' 2 'which store?' "$report"
ends 'an unknown option is named' 2 '--nonsense' "$report" --nonsense
ends 'an operand is one too many' 2 'one argument too many' "$report" -s "$work/drops.ct" x
ends 'an unknown table is named' 2 'there is no table "hop"' "$report" -s "$work/drops.ct" --csv hop
ends 'an unknown format is named' 2 '"xml"' "$report" -s "$work/drops.ct" --format xml
ends 'CSV needs the name of a table' 2 '--csv NAME' "$report" -s "$work/drops.ct" --format csv
ends 'one thing at a time on standard output' 2 'only one of them' \
	"$report" -s "$work/drops.ct" --csv hops --format json
ends '--fail-on names a word that is none' 2 '"dropped"' \
	"$report" -s "$work/drops.ct" --fail-on dropped
ends '--fail-on regression needs two stores' 2 '--before' \
	"$report" -s "$work/drops.ct" --fail-on drops,regression
ends '--before alone is no comparison' 2 'needs both' "$report" --before "$work/drops.ct"
ends '--after alone is none' 2 'needs both' "$report" --after "$work/drops.ct"
ends 'a comparison has no one store' 2 'and -s' "$report" -s "$work/drops.ct" --before "$work/drops.ct"
ends 'a comparison has one table' 2 '"compare"' \
	"$report" --before "$work/drops.ct" --after "$work/drops.ct" --csv hops
ends 'a comparison has no packets' 2 'text, csv, html, json' \
	"$report" --before "$work/drops.ct" --after "$work/drops.ct" --format pcapng
ends 'a comparison fails on no drops' 2 'regression, gone, new' \
	"$report" --before "$work/drops.ct" --after "$work/drops.ct" --fail-on drops
ends 'a store to compare that is not there is bad input' 3 "$work/not.ct" \
	"$report" --before "$work/drops.ct" --after "$work/not.ct"
ends 'a file to compare that is no store is bad input' 3 "$0" \
	"$report" --before "$0" --after "$work/drops.ct"
ends 'the same twice is no regression' 0 '' \
	"$report" -q --before "$work/drops.ct" --after "$work/drops.ct" --fail-on regression,gone,new
ends 'a store that is not there is bad input' 3 'no such store' "$report" -s "$work/not.ct"
ends 'a file that is no store is bad input' 3 "$0" "$report" -s "$0"
ends 'a store without results names the tool that makes them' 3 \
	"run crosstap-correlate -s $work/none.ct" "$report" -s "$work/none.ct" -o "$work/none"
is 'and no directory is made for it' "$(ls -d "$work/none" 2>/dev/null)" ''
head -c 20000 "$work/drops.ct" >"$work/cut.ct"
ends 'a store that is cut off is bad input' 3 'cut off' "$report" -s "$work/cut.ct"
ends '--version ends well' 0 '' "$report" --version
is 'and says the version' "$(cut -d' ' -f1 "$work/stdout")" crosstap-report
"$report" --help >"$work/help"
is 'the help names every table' "$(for name in $(sed -n 's/^	{&results_\([a-z_]*\),.*/\1/p' \
	report/sheet.c) manifest; do
	grep -qw "$name" "$work/help" || echo "$name"
done)" ''

# ---- the set of files ----

story='-o DIR: '
ends 'writes' 0 '' "$report" -q -s "$work/drops.ct" -o "$work/a/b"
is 'says nothing with -q' "$(cat "$work/stdout" "$work/stderr")" ''
out=$work/a/b
cat >"$work/headers" <<'EOT'
hops.csv:hop,from,to,direction,packets,matched,dropped,injected,local,uncaptured,edge,ambiguous,excluded,duplicated,reordered,modified,loss_ratio,delay_min_us,delay_p50_us,delay_p90_us,delay_p99_us,delay_max_us,delay_mean_us,delay_variation_us,clock_offset_us,clock_skew_ppm,clock_error_us,direction_evidence
balance.csv:hop,direction,point,side,packets,matched,dropped,injected,duplicated,local,uncaptured,edge,ambiguous,excluded,copies,balanced
drops.csv:hop,direction,seen_at,missing_at,time,file,frame,session,proto,src,sport,dst,dport,ip_id,tcp_flags,tcp_seq,tcp_ack,length_bytes,cause,confidence,evidence
injected.csv:hop,direction,seen_at,missing_at,time,file,frame,session,proto,src,sport,dst,dport,ip_id,tcp_flags,tcp_seq,tcp_ack,length_bytes,cause,confidence,evidence
resets.csv:session,time,hop,direction,first_seen_at,points_seen,src,sport,dst,dport,tcp_seq,tcp_ack,ttl,verdict,origin,cause,confidence,evidence
sessions.csv:session,proto,client,client_port,server,server_port,start,duration_s,points,state,outcome,cause,hop,packets_forward,packets_reverse,dropped,injected,resets,retransmissions,handshake_us,client_us,path_us,server_us,http_status,translated
session_points.csv:session,point,src,sport,dst,dport,first,last,packets_forward,packets_reverse,bytes_forward,bytes_reverse,syn,synack,fin,rst,retransmissions,fast_retransmissions,spurious_retransmissions,out_of_order,dup_acks,zero_windows,window_full,keepalives,acked_unseen,previous_not_captured,truncated,bad_checksums,handshake_us,server_response_us,http_status,state,difference
delays.csv:hop,direction,bucket_start,bucket_s,packets,dropped,delay_min_us,delay_p50_us,delay_p90_us,delay_p99_us,delay_max_us
translations.csv:hop,kind,from_src,from_sport,from_dst,from_dport,to_src,to_sport,to_dst,to_dport,sessions,seq_shift
changes.csv:hop,direction,field,class,from_value,to_value,packets,sessions,example_session,example_frame
findings.csv:rank,severity,kind,hop,direction,subject,count,first,last,text,evidence
manifest.csv:point,capture,format,link_type,bytes,sha256,packets,first,last,snaplen,capture_drops,truncated_packets,damage_offset,damage
run.csv:key,value
distributions.csv:hop,direction,kind,from_us,to_us,from_bytes,to_bytes,packets,dropped
expect.csv:row,line,name,src,dst,proto,dport,expect,sessions,as_expected,not_as_expected,unknown,verdict,hop,confidence,first,last,example_session,example_file,example_frame,evidence
offers.csv:point,from,field,value,sessions,example_session
EOT
# New columns may be added at the end.
is 'every CSV file begins with the columns of the interface' "$(while IFS=: read -r file header; do
	case "$(head -n 1 "$out/$file")," in
	"$header",*) ;;
	*) echo "$file" ;;
	esac
done <"$work/headers")" ''
is 'nothing else is there but summary, page, capture and digests' "$(ls -A "$out" |
	grep -vE '\.csv$|^(report.html|evidence.pcapng|SHA256SUMS)$'
	ls "$out" | grep -c '\.csv$')" "summary.txt
$(wc -l <"$work/headers")"
is 'lines end in LF' "$(grep -lP '\r$' "$out"/*.[cth]*)" ''
is 'all is UTF-8' "$(for file in "$out"/*.[cth]*; do
	iconv -f UTF-8 -t UTF-8 "$file" >"$work/iconv" 2>&1 || echo "$file"
done)" ''
is 'each table comes out of --csv, too' "$(while IFS=: read -r file _; do
	"$report" -s "$work/drops.ct" --csv "${file%.csv}" >"$work/table"
	# in the set run.csv goes on with what no store knows
	head -n "$(wc -l <"$work/table")" "$out/$file" | cmp - "$work/table"
	[ "$file" = run.csv ] || cmp "$out/$file" "$work/table"
done <"$work/headers" 2>&1)" ''
is 'run.csv ends with how the set was made' "$(sed -n '/^filter,/,$p' "$out/run.csv")" 'filter,
headers_only,no
page_sessions,0
evidence_sessions,0
evidence_sessions_all,0
evidence_packets,0
evidence_packets_left_out,0
evidence_packets_missing,0'
is 'SHA256SUMS has every other file, by name, as sha256sum writes it' "$(cat "$out/SHA256SUMS")" \
	"$(cd "$out" && LC_ALL=C sha256sum -- *[!S])"
"$report" -q -s "$work/drops.ct" -o "$work/again"
is 'the same store gives the same bytes' "$(diff -r "$out" "$work/again")" ''
is 'a row of drops.csv' "$(sed -n 2p "$out/drops.csv")" \
	"fw-in>fw-out,forward,fw-in,fw-out,2023-11-14T22:13:20.123456789Z,$(
	)\"'=fw\\x1b[31m\\xff,\"\"in\"\".pcap\",17,3,tcp,10.9.1.2,40000,10.9.2.2,82,48879,S,$(
	)4294967295,,60,policy,0.98,\"no SYN of this service passed, ever\""
is 'libcsv reads every row of it' "$("$csvq" "$out/drops.csv" cause=policy 'time~2023-11-14')" 3
is 'unknown values are empty, known ones have their unit' "$("$csvq" "$out/hops.csv" \
	-p hop,loss_ratio,delay_min_us,delay_p50_us,clock_offset_us,clock_skew_ppm,clock_error_us \
	'hop=fw-in>fw-out' direction=forward)" \
	'fw-in>fw-out|0.017143||612.000|-3700000123.456|-35.040|41.000'
# shellcheck disable=SC1003
is 'manifest.csv is in the order of the path, then of time' \
	"$("$csvq" "$out/manifest.csv" -p point,capture,packets,damage_offset,capture_drops)" \
	'client|client-1.pcap|2315|4711|
client|client-2.pcap|2000||
fw-in|'\''=fw\x1b[31m\xff,"in".pcap|4311||120
fw-out|empty.pcap|0||
fw-out|fw-out.pcap|4275||
server|server.pcap|4275||'
is 'a capture without a packet has no times, one without a snaplen no snaplen' \
	"$("$csvq" "$out/manifest.csv" -p first,last,snaplen capture=empty.pcap)" '||'

# ---- failing ----

story='a full disk: '
ends 'writing to standard output ends with 4' 4 'standard output: No space left' \
	sh -c "\"$report\" -s \"$work/drops.ct\" --csv hops >/dev/full"
ends 'the summary, too' 4 'standard output: No space left' \
	sh -c "\"$report\" -s \"$work/drops.ct\" >/dev/full"
cp -r "$out" "$work/former"
ends 'a file that does not fit is named, with 4' 4 "$work/former/hops.csv: " \
	sh -c "trap '' XFSZ; ulimit -f 1; exec \"$report\" -q -s \"$work/drops.ct\" -o \"$work/former\""
is 'and nothing is half written, but there are no digests any more' \
	"$(diff -r "$out" "$work/former")" "Only in $out: SHA256SUMS"
ends 'a directory that cannot be made is named' 4 "$work/drops.ct" \
	"$report" -s "$work/drops.ct" -o "$work/drops.ct/x"

# ---- the summary ----

story='summary: '
"$report" -s "$work/drops.ct" >"$work/summary" 2>"$work/stderr"
is 'the answer comes first' "$(head -n 2 "$work/summary")" \
	'fw-in > fw-out dropped 36 of 4,311 packets (0.84 %) and injected 12; the other hops dropped and
injected nothing. Not counted as drops: 3 at the ends of the captures (edge).'
is 'then the path and how it was found' "$(sed -n 4p "$work/summary")" \
	"Path: client > fw-in > fw-out > server (found by the packets' TTL)"
is 'twenty findings and how many more' "$(grep -c '^ *[0-9]*\. ' "$work/summary"
	grep -o 'and 3 more findings (findings.csv)' "$work/summary")" '20
and 3 more findings (findings.csv)'
is 'hops in both directions' "$(sed -n '/^Hops/,/^$/p' "$work/summary" | grep '^fw-[io].* > fw-')" \
	'fw-in > fw-out                  2,100       36    1.71         0     3         0
fw-out > fw-in                  2,211        0       0        12     0         0'
is 'a damaged capture and one with drops are told' "$(grep -c warning: "$work/summary")" 2
is 'no line is wider than 100 columns' "$(grep -E '.{101}' "$work/summary")" ''
is 'nothing but ASCII, whatever names there are' "$(LC_ALL=C grep '[^ -~]' "$work/summary")" ''
is 'standard error is silent' "$(cat "$work/stderr")" ''
is 'nothing wrong is said plainly' \
	"$("$report" -s "$work/clean.ct" | grep -E '^(Nothing|No )')" \
	'Nothing was dropped or injected.
No findings'
is 'without a hop there is nothing to compare' "$("$report" -s "$work/empty.ct" | head -n 1)" \
	'There is no hop: nothing to compare.'
"$report" -s "$work/drops.ct" -o "$work/again" >"$work/stdout"
is 'the last words say where the files are' "$(grep -c "^Written to $work/again: summary.txt" \
	"$work/stdout")" 1

# on_terminal COMMAND: what it writes to a terminal
on_terminal()
{
	TERM=xterm script -qec "$1" /dev/null </dev/null
}

if command -v script >/dev/null; then
	is 'colours on a terminal' "$(on_terminal "$report -s $work/drops.ct" |
		grep -c "$(printf '\033')\\[1;31mhigh")" 1
	is 'none with NO_COLOR' "$(NO_COLOR=1 on_terminal "$report -s $work/drops.ct" |
		grep -c "$(printf '\033')")" 0
else
	skip 'colours on a terminal' 'no script(1)'
fi

# ---- JSON ----

story='--format json: '
"$report" -s "$work/drops.ct" --format json >"$work/json"
if command -v python3 >/dev/null; then
	is 'a parser reads it, with as many rows as the CSV files have' "$(python3 - "$work/json" <<'EOT'
import json, sys
with open(sys.argv[1], encoding="utf-8") as file:
    document = json.load(file)
for name, rows in document.items():
    if name != "version":
        print(name, len(rows))
EOT
	)" "$(while IFS=: read -r file _; do
		"$report" -s "$work/drops.ct" --csv "${file%.csv}" >"$work/table"
		echo "${file%.csv} $("$csvq" "$work/table")"
	done <"$work/headers")"
	is 'numbers are numbers, unknown is null, names are themselves' "$(python3 -c '
import json, sys
drop = json.load(open(sys.argv[1], encoding="utf-8"))["drops"][0]
print(drop["frame"], drop["tcp_ack"], drop["src"], repr(drop["file"]))' "$work/json")" \
		"17 None 10.9.1.2 '=fw\\x1b[31m\\\\xff,\"in\".pcap'"
else
	skip 'a parser reads it' 'no python3'
fi
is 'a name in it' "$(grep -cF '"file":"=fw\u001b[31m\\xff,\"in\".pcap"' "$work/json")" 1

# ---- --session: the samples, whose packets tshark reads, too ----

story='--session: '
arguments=()
for point in client fw-in fw-out server; do
	arguments+=("$point=samples/firewall/$point.pcap")
done
ends 'the sample is correlated' 0 '' \
	"$build/bin/crosstap" -q -s "$work/sample.ct" -o "$work/sample" "${arguments[@]}"
sessions=$("$csvq" "$work/sample/sessions.csv")
number=0
while [ "$number" -lt "$sessions" ]; do
	number=$((number + 1))
	"$report" -s "$work/sample.ct" --session $number >"$work/ladder.$number" || break
done
is 'every session has a ladder' "$number" "$sessions"
is 'no line is wider than 100 columns' "$(grep -hE '.{101}' "$work"/ladder.*)" ''
is 'nothing but ASCII, and no colours in a file' "$(LC_ALL=C grep -h '[^ -~]' "$work"/ladder.*)" ''

# notes WORD: what is told of packets that were dropped (injected): hop|cause, sorted
notes()
{
	cat "$work"/ladder.* | tr -s ' \n' ' ' | grep -oE " $1 at [^:]*: [a-z_]*" |
		sed "s/ $1 at //; s/: /|/" | sort
}

is 'each drop is told, with its hop and its cause' "$(notes dropped)" \
	"$("$csvq" "$work/sample/drops.csv" -p hop,cause | sort)"
is 'each injected packet, too' "$(notes injected)" \
	"$("$csvq" "$work/sample/injected.csv" -p hop,cause | sort)"
is 'as many crosses as drops' "$(cat "$work"/ladder.* | grep -cE '^ *[0-9.]+ [^[]*X.* \[')" \
	"$("$csvq" "$work/sample/drops.csv")"
is 'each RST has its cause' "$(grep -hoE '^ +cause: [a-z_]*' "$work"/ladder.* |
	sed 's/.*: //' | sort)" "$("$csvq" "$work/sample/resets.csv" -p cause | sort)"
if command -v tshark >/dev/null; then
	# Numbers and lengths of the packets that the client's point saw: its column is the
	# first. tshark says 0 where there is no ACK.
	is 'packets are those that tshark shows, with its relative numbers' \
		"$(sed -n 's/^ *[0-9]*\.[0-9]\{6\} [o|].*\] Seq=/Seq=/p' "$work"/ladder.* |
			tr ',=' '  ' | awk '{ print $2, $3 == "Ack" ? $4 : 0,
				$3 == "Ack" ? $6 : $4 }' | sort)" \
		"$(tshark -r samples/firewall/client.pcap -Y tcp -T fields -E separator=' ' \
			-e tcp.seq -e tcp.ack -e tcp.len 2>"$work/stderr" | sort)"
else
	skip 'packets are those that tshark shows, with its relative numbers' 'no tshark'
fi
ends 'a session that is not there is wrong usage' 2 "there is no such session; the store has $sessions" \
	"$report" -s "$work/sample.ct" --session $((sessions + 1))
for id in 0 -1 x 1x '' 99999999999999999999; do
	ends "the session \"$id\" is none" 2 "got \"$id\"" "$report" -s "$work/sample.ct" --session "$id"
done
ends 'a story is text' 2 "--filter 'session 3'" "$report" -s "$work/sample.ct" --session 3 --csv drops
for verdict in '' '--verdict dropped'; do
	# shellcheck disable=SC2086
	ends "packets are of a session or of a filter${verdict:+, with $verdict}" 2 '--session or --filter, only one' \
		"$report" -s "$work/sample.ct" --format pcapng $verdict --session 3 --filter 'outcome ok'
done
ends 'a story stays what it is with a filter' 0 '' \
	"$report" -s "$work/sample.ct" --session 3 --filter 'outcome ok'
is 'all of it' "$(cat "$work/stdout")" "$(cat "$work/ladder.3")"
ends 'a store without results names the tool that makes them' 3 'run crosstap-correlate' \
	"$report" -s "$work/none.ct" --session 1
ends 'a full disk ends with 4' 4 'standard output: No space left' \
	sh -c "\"$report\" -s \"$work/sample.ct\" --session 1 >/dev/full"
ends 'the sample with NAT is correlated' 0 '' "$build/bin/crosstap" -q -s "$work/nat.ct" \
	-o "$work/nat" fw-in=samples/nat/fw-in.pcap fw-out=samples/nat/fw-out.pcap
"$report" -s "$work/nat.ct" --session 5 >"$work/stdout"
is 'NAT is shown between the points' "$(grep -cE '^ +: +NAT +:$' "$work/stdout")" 1
is 'and each point tells the ends as it knows them' \
	"$(sed -n 's/^  fw-[a-z]* *\([0-9.:]* > [0-9.:]*\).*/\1/p' "$work/stdout")" \
	"$("$csvq" "$work/nat/session_points.csv" -p src,sport,dst,dport session=5 |
		sed 's/|/:/; s/|/ > /; s/|/:/')"

# ---- --filter ----

story='--filter: '
ends 'what is wrong is said' 2 'expected a port from 0 to 65535, got "eighty"' \
	"$report" -s "$work/drops.ct" --filter 'tcp and port eighty'
is 'with a caret below the place' "$(sed -n '2,3p' "$work/stderr")" '  tcp and port eighty
               ^'
ends 'a hop that is not there is said, with those that are' 2 \
	'there are: client>fw-in, fw-in>fw-out, fw-out>server' \
	"$report" -s "$work/sample.ct" --filter 'hop fw-out>fw-in'
ends 'a cause that nothing has is no failure' 0 'nothing has the cause "policies"' \
	"$report" -s "$work/sample.ct" --filter 'cause policies' --csv sessions
is 'and takes nothing' "$(wc -l <"$work/stdout")" 1
ends 'a table without sessions is left as it is' 0 'leaves this table as it is' \
	"$report" -s "$work/sample.ct" --filter 'port 82' --csv hops
is 'all of it' "$(cat "$work/stdout")" "$(cat "$work/sample/hops.csv")"

# Each expression, and how csvq says the same of the whole table.
while IFS='|' read -r expression conditions; do
	# shellcheck disable=SC2086
	is "$expression" "$("$report" -s "$work/sample.ct" --csv sessions --filter "$expression" |
		sed 1d | cut -d, -f1)" \
		"$("$csvq" "$work/sample/sessions.csv" -p session $conditions)"
done <<'EOT'
dst port 82|server_port=82
outcome failed and cause syn_dropped|outcome=failed cause=syn_dropped
host 10.77.2.2 and state closed|state=closed server=10.77.2.2
hop fw-in>fw-out and injected > 0|hop=fw-in>fw-out injected=1
session 17|session=17
EOT
is 'drops of a session at a hop' "$("$report" -s "$work/sample.ct" --csv sessions \
	--filter 'hop fw-in>fw-out and dropped > 0' | sed 1d | cut -d, -f1)" \
	"$("$csvq" "$work/sample/drops.csv" -p session 'hop=fw-in>fw-out' | sort -nu)"
ends 'writes the set' 0 '' \
	"$report" -q -s "$work/sample.ct" --filter 'port 82 or 83' -o "$work/some"
is 'as many files as ever' "$(ls -A "$work/some")" "$(ls -A "$work/sample")"
restricted='sessions session_points drops injected resets'
"$csvq" "$work/sample/sessions.csv" -p session,server_port |
	sed -n 's/|8[23]$//p' >"$work/wanted"
# shellcheck disable=SC2086
is 'with all rows of its sessions, and no others' "$(for file in $restricted; do
	"$csvq" "$work/some/$file.csv" -p session | sed "s/^/$file /"
done)" "$(for file in $restricted; do
	"$csvq" "$work/sample/$file.csv" -p session | grep -xFf "$work/wanted" | sed "s/^/$file /"
done)"
is 'rows are the same bytes' "$(for file in $restricted; do
	grep -vxFf "$work/sample/$file.csv" "$work/some/$file.csv"
done)" ''
is 'all other tables are whole' "$(for file in hops balance delays translations changes findings \
	manifest distributions expect offers; do
	cmp "$work/sample/$file.csv" "$work/some/$file.csv"
done 2>&1)" ''
is 'run.csv says how it was asked' "$(diff "$work/sample/run.csv" "$work/some/run.csv" | grep '^>' | head -n 1)" \
	'> filter,port 82 or 83'
is 'the summary says so' "$(tr '\n' ' ' <"$work/some/summary.txt" |
	grep -c "'port 82 or 83' takes $(wc -l <"$work/wanted") of $sessions sessions")" 1
if command -v python3 >/dev/null; then
	is 'JSON is restricted as well' "$("$report" -s "$work/sample.ct" --format json \
		--filter 'port 82' | python3 -c '
import json, sys
document = json.load(sys.stdin)
print(*(len(document[name]) for name in ("sessions", "drops", "hops")))')" \
		"$("$csvq" "$work/sample/sessions.csv" server_port=82) $(
		"$csvq" "$work/sample/drops.csv" dport=82) $(
		"$csvq" "$work/sample/hops.csv")"
else
	skip 'JSON is restricted as well' 'no python3'
fi
is '--session tells its story whatever the filter' "$("$report" -s "$work/sample.ct" --session 1 \
	--filter 'session 2')" "$(cat "$work/ladder.1")"

# ---- --fail-on ----

story='--fail-on: '
for row in drops:drops:1 resets:drops:1 modifications:drops:0 modifications,drops:drops:1 \
	drops,resets,modifications:clean:0 drops:empty:0; do
	IFS=: read -r list kind status <<EOT
$row
EOT
	ends "$list of the store \"$kind\" ends with $status" "$status" '' \
		"$report" -q -s "$work/$kind.ct" --fail-on "$list" -o "$work/fail"
done
is 'the files are there all the same' "$(ls "$work/fail" | wc -l)" 20

# ---- the front door ----

story='crosstap: '
mkdir "$work/bin" "$work/tmp" "$work/files"
cp "$build/bin/crosstap" "$work/bin"
door=$work/bin/crosstap
export TMPDIR=$work/tmp
for tool in collect correlate report; do
	cat >"$work/bin/crosstap-$tool" <<'EOT'
#!/bin/sh
# Says how it was called, makes what is told it to make and ends as it is told.
tool=${0##*/crosstap-}
printf '%s' "$tool" >>"$CALLED"
while [ $# -gt 0 ]; do
	case $1 in
	"$TMPDIR"/crosstap-??????/case.ct) printf '|TEMPORARY' ;;
	*) printf '|%s' "$1" ;;
	esac
	[ "$1" = -s ] && store=$2
	shift
done >>"$CALLED"
echo >>"$CALLED"
[ "$tool" = collect ] && : >"$store" && : >"$store-lock"
if [ "$tool" = "${BLOCK:-}" ]; then
	echo $$ >"$READY"
	read -r never <"$NEVER"
fi
eval "exit \${STATUS_$tool:-0}"
EOT
	chmod +x "$work/bin/crosstap-$tool"
done
export CALLED=$work/called

# calls SENTENCE STATUS EXPECTED COMMAND...
calls()
{
	local sentence=$1 status=$2 expected=$3

	shift 3
	: >"$CALLED"
	ends "$sentence: status $status" "$status" '' "$@"
	is "$sentence" "$(cat "$CALLED")" "$expected"
	is "$sentence: nothing temporary is left" "$(ls -A "$work/tmp")" ''
}

calls 'three tools over a temporary store' 0 \
	'collect|-s|TEMPORARY|--temporary|-p|a|1.pcap|2.pcap|-p|b|3.pcap
correlate|-s|TEMPORARY|--temporary
report|-s|TEMPORARY' \
	"$door" a=1.pcap,2.pcap b=3.pcap
calls 'options reach the tools that they are for' 0 \
	"collect|-s|$work/x.ct|-q|-j|2|-f|tcp port 80|--start|1|--end|2|-p|a|1|-p|b|2
correlate|-s|$work/x.ct|-q|-j|2|--path|a,b|--tmax|500|--clock|a=+3.5|--clock|b=-1
report|-s|$work/x.ct|-q|-o|$work/files|--fail-on|drops" \
	"$door" -q -s "$work/x.ct" a=1 b=2 -f 'tcp port 80' --start 1 --end 2 --path a,b --tmax 500 \
	--clock a=+3.5 --clock b=-1 -o "$work/files" --fail-on drops -j 2
calls 'points are gathered' 0 'collect|-s|TEMPORARY|--temporary|-p|a|1|3|-p|b|./-2|-
correlate|-s|TEMPORARY|--temporary
report|-s|TEMPORARY' "$door" a=1 b=-2,- a=3
STATUS_collect=3 calls 'the first tool that fails ends the run' 3 \
	'collect|-s|TEMPORARY|--temporary|-p|a|1|-p|b|2' "$door" a=1 b=2
STATUS_correlate=3 calls 'so does the second' 3 'collect|-s|TEMPORARY|--temporary|-p|a|1|-p|b|2
correlate|-s|TEMPORARY|--temporary' "$door" a=1 b=2
STATUS_report=1 calls 'a finding asked for is the exit status' 1 \
	'collect|-s|TEMPORARY|--temporary|-p|a|1|-p|b|2
correlate|-s|TEMPORARY|--temporary
report|-s|TEMPORARY|--fail-on|drops' "$door" a=1 b=2 --fail-on drops

ends '-v shows the commands as a shell takes them' 0 \
	"+ crosstap-collect -s '$work/it'\\''s' -v -p a '1 2' -p b 3" \
	"$door" -v -s "$work/it's" 'a=1 2' b=3

ends 'no operand is wrong usage' 2 'POINT=FILE' "$door"
ends 'one point alone is wrong usage' 2 'one point only (a)' "$door" a=1,2
ends 'an operand without = is wrong usage' 2 'it is POINT=FILE' "$door" a.pcap b=2
ends 'a name with a slash is wrong usage' 2 'letters, digits' "$door" a/b=1 c=2
ends 'a bad --tmax is found out before anything is read' 2 'above 0' "$door" --tmax 2s a=1 b=2
ends 'a bad --clock, too' 2 'POINT=SECONDS' "$door" --clock 3 a=1 b=2
ends 'a bad --fail-on, too' 2 '"loss"' "$door" --fail-on loss a=1 b=2
ends '--open needs -o' 2 '-o DIR' "$door" --open a=1 b=2
TMPDIR=$work/none ends 'a TMPDIR that is not there is named' 4 "$work/none/crosstap-" "$door" a=1 b=2

printf '#!/bin/sh\necho "$1" >"$OPENED"\n' >"$work/bin/xdg-open"
chmod +x "$work/bin/xdg-open"
mkfifo "$work/opened"
export OPENED=$work/opened
PATH=$work/bin:$PATH "$door" --open -o "$work/files" a=1 b=2 &
is '--open opens the directory while there is no page' "$(cat "$work/opened")" "$work/files"
wait $!
: >"$work/files/report.html"
PATH=$work/bin:$PATH "$door" --open -o "$work/files" a=1 b=2 &
is '--open opens the page' "$(cat "$work/opened")" "$work/files/report.html"
wait $!
ends 'nothing to open it with is said, and no failure' 0 'xdg-open' \
	env PATH=/nowhere "$door" --open -o "$work/files" a=1 b=2

export READY=$work/ready NEVER=$work/never
mkfifo "$READY" "$NEVER"
for signal in TERM HUP; do
	BLOCK=correlate "$door" a=1 b=2 2>"$work/stderr" &
	running=$!
	child=$(cat "$READY")
	is "SIG$signal: a temporary store is there meanwhile" "$(ls "$work/tmp" | wc -l)" 1
	kill -$signal $running
	wait $running 2>/dev/null
	is "SIG$signal ends it as a signal does" $? $((128 + $(kill -l $signal)))
	is "SIG$signal: the tool is ended, too" "$(kill -0 "$child" 2>/dev/null && echo running)" ''
	is "SIG$signal: and nothing temporary is left" "$(ls -A "$work/tmp")" ''
done
rm "$work/bin/crosstap-correlate"
ends 'a tool that is missing is named' 4 "$work/bin/crosstap-correlate" "$door" a=1 b=2
printf '#!/bin/sh\nkill -KILL $$\n' >"$work/bin/crosstap-correlate"
chmod +x "$work/bin/crosstap-correlate"
ends 'a tool that a signal killed is a failure of the system' 4 'ended by signal 9' "$door" a=1 b=2
is 'nothing temporary is left' "$(ls -A "$work/tmp")" ''
[ $failures -eq 0 ]

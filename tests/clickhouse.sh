#!/bin/bash
# Beyond one machine: the rows that --export writes, and what report/clickhouse/run makes of them on two shards of
# Debian's ClickHouse, on loopback, against crosstap's own hops.csv and against what was done to the packets.
# `tests/clickhouse.sh BUILD`
# shellcheck disable=SC1091,SC2034,SC2154
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh

build=$(cd "$1" && pwd) || exit 2
bin=$build/bin
run=report/clickhouse/run
work=$(mktemp -d) || exit 2
servers=()
leave()
{
	[ ${#servers[@]} -eq 0 ] || kill -KILL "${servers[@]}" 2>/dev/null
	wait 2>/dev/null
	rm -rf "$work"
}
trap leave EXIT

# collect NAME POINT=FILE...: a store, its rows, and its own answer
collect()
{
	local name=$1 arguments=() point

	shift
	for point; do
		arguments+=(-p "${point%%=*}" "${point#*=}")
	done
	"$bin/crosstap-collect" -q -s "$work/$name.ct" "${arguments[@]}" --export "$work/$name" || exit 2
}

# ---- the rows ----

firewall=(client=samples/firewall/client.pcap fw-in=samples/firewall/fw-in.pcap
	fw-out=samples/firewall/fw-out.pcap server=samples/firewall/server.pcap)

# Fields of a sample's TCP packets as tshark reads them, and as they are in the rows
rows_fields()
{
	local export="$bin/crosstap-collect -q -s $work/firewall.ct --export - --export-format csv"

	tshark -n -r samples/firewall/fw-in.pcap -o tcp.relative_sequence_numbers:false -Y 'tcp && !icmp' -T fields \
		-E separator=, -e frame.number -e ip.src -e tcp.srcport -e ip.dst -e tcp.dstport -e ip.len -e tcp.len \
		-e ip.ttl -e tcp.seq -e tcp.ack -e tcp.window_size_value -e tcp.options.timestamp.tsval 2>/dev/null |
		sed 's/,$/,0/' >"$work/expected"
	$export | awk -F, '$1 == "fw-in" && $8 == 6 {
		print $3 "," $9 "," $10 "," $11 "," $12 "," $13 "," $14 "," $15 "," $19 "," $20 "," $21 "," $22 }' >"$work/got"
	same_lines "a row has the packet's fields as tshark reads them" "$work/got" "$work/expected"
	is "of what cannot be compared it has no fingerprint" \
		"$($export | awk -F, '($6 == "ip") != ($5 != "") && NR > 1' | wc -l)" 0
	$export >"$work/packets.csv"
	is "there is a row for each frame" "$(($(wc -l <"$work/packets.csv") - 1))" \
		"$(for file in samples/firewall/*.pcap; do tcpdump -n -r "$file" 2>/dev/null; done | wc -l)"
}

rows_same()
{
	local turned=() point

	for point in "${firewall[@]}"; do
		turned=(-p "${point%%=*}" "${point#*=}" "${turned[@]}")
	done
	"$bin/crosstap-collect" -q -s "$work/turned.ct" -j 1 "${turned[@]}" --export "$work/turned"
	is "points in another order give the same rows" "$(diff -rq "$work/firewall" "$work/turned")" ""
	is "a folder of rows has nothing else in it" "$(ls -A "$work/firewall" | tr '\n' ' ')" \
		'captures.rowbinary packets.rowbinary '
	"$bin/crosstap-collect" -q -s "$work/firewall.ct" --export - >"$work/stdout"
	is "standard output gets the same rows" "$(cmp "$work/stdout" "$work/firewall/packets.rowbinary")" ""
}

rows_anonymous()
{
	head -c 32 /dev/zero >"$work/key"
	"$bin/crosstap-collect" -q -s "$work/alias.ct" --anonymize "$work/key" -p fw-in samples/firewall/fw-in.pcap \
		--export "$work/alias" --export-format csv
	is "rows of an anonymous store name none of its addresses" \
		"$(grep -c '10\.77\.' "$work/alias/packets.csv")" 0
	is "nor its files" "$(grep -c fw-in.pcap "$work/alias/captures.csv")" 0
}

rows_verdicts()
{
	"$bin/crosstap-report" -s "$work/firewall.ct" --export "$work/none" >"$work/stdout" 2>"$work/stderr"
	is "without results there are no rows of verdicts" "$? $(grep -c crosstap-correlate "$work/stderr")" '3 1'
	"$bin/crosstap-correlate" -q -s "$work/firewall.ct" --path client,fw-in,fw-out,server
	"$bin/crosstap-report" -q -s "$work/firewall.ct" --csv drops >"$work/drops.csv"
	"$bin/crosstap-report" -s "$work/firewall.ct" --export - --export-format csv >"$work/verdicts.csv"
	awk -F, -v OFS=, 'NR > 1 && $3 == "dropped" { print $1, $2, $5, $7, $10 }' "$work/verdicts.csv" >"$work/got"
	awk -F, -v OFS=, 'NR > 1 { print $1, $2, $3, $7, $8 }' "$work/drops.csv" >"$work/expected"
	same_lines "rows of verdicts have the drops of drops.csv, by frame and session" "$work/got" "$work/expected"
	ends "rows and a table do not both go to standard output" 2 'one of them' \
		"$bin/crosstap-report" -s "$work/firewall.ct" --export - --export-format csv --csv drops
	ends "rows are not filtered" 2 'of all packets' \
		"$bin/crosstap-report" -s "$work/firewall.ct" --export "$work/x" --filter 'port 80'
}

rows_usage()
{
	ends "an unknown format is wrong usage" 2 'none of rowbinary, csv' \
		"$bin/crosstap-collect" -s "$work/firewall.ct" --export "$work/x" --export-format parquet
	ends "a format without --export, too" 2 'goes with --export DIR' \
		"$bin/crosstap-collect" -s "$work/firewall.ct" --export-format csv
	ends "a store that is not there is bad input" 3 'none.ct' \
		"$bin/crosstap-collect" -s "$work/none.ct" --export "$work/x"
	ends "a folder that cannot be made is the system's failure" 4 '/proc/x' \
		"$bin/crosstap-collect" -s "$work/firewall.ct" --export /proc/x
	ends "run says what it knows" 2 'none of create, load, hops' "$run" tables
	ends "a path of one point is wrong usage" 2 'two points at least' "$run" hops --path a
	ends "a time that is no number, too" 2 'tmax: a number' "$run" hops --path a,b --tmax soon
}

collect firewall "${firewall[@]}"
rows_fields
rows_same
rows_anonymous
rows_verdicts
rows_usage

# ---- two shards ----

once "two shards of ClickHouse"
server=$(command -v clickhouse-server || ls "$build/unpacked/clickhouse-server" 2>/dev/null)
if [ -z "$server" ] || ldd "$server" 2>/dev/null | grep -q 'not found'; then
	skip "two shards give crosstap's own numbers" "no clickhouse-server (tests/deps)"
	exit $((failures > 0))
fi

# shard_start N: its ports are port + 2 N (HTTP) and the one behind it
shard_start()
{
	local folder=$work/shard$1 http=$((port + 2 * $1))

	mkdir -p "$folder"
	cat >"$folder/config.xml" <<-END
		<yandex>
		<logger><level>warning</level><log>$folder/log</log><errorlog>$folder/errors</errorlog></logger>
		<listen_host>127.0.0.1</listen_host><http_port>$http</http_port><tcp_port>$((http + 1))</tcp_port>
		<path>$folder/data/</path><tmp_path>$folder/tmp/</tmp_path>
		<user_files_path>$folder/files/</user_files_path><format_schema_path>$folder/schemas/</format_schema_path>
		<users_config>users.xml</users_config><mark_cache_size>16777216</mark_cache_size>
		<remote_servers><two>
		<shard><replica><host>127.0.0.1</host><port>$((port + 3))</port></replica></shard>
		<shard><replica><host>127.0.0.1</host><port>$((port + 5))</port></replica></shard>
		</two></remote_servers>
		</yandex>
	END
	cat >"$folder/users.xml" <<-END
		<yandex><profiles><default/></profiles><quotas><default/></quotas><users><default><password></password>
		<networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users></yandex>
	END
	"$server" --config-file="$folder/config.xml" >"$folder/said" 2>&1 &
	servers+=($!)
}

# ask N QUERY
ask()
{
	curl -sS "http://127.0.0.1:$((port + 2 * $1))/" --data-binary "$2"
}

shards_answer()
{
	local until=$((SECONDS + 60)) n

	for n in 1 2; do
		until [ "$(ask "$n" 'SELECT 1' 2>/dev/null)" = 1 ]; do
			[ $SECONDS -lt $until ] && kill -0 "${servers[@]}" 2>/dev/null || return
		done
	done
}

# Ports that nobody has: what is taken ends the server.
shards_start()
{
	local try

	for try in 1 2 3 4 5; do
		port=$((20000 + (RANDOM * 32768 + RANDOM) % 20000))
		servers=()
		shard_start 1
		shard_start 2
		shards_answer && return
		kill -KILL "${servers[@]}" 2>/dev/null
		wait 2>/dev/null
	done
	sed 's/^/# /' "$work"/shard?/said "$work"/shard?/errors
	return 1
}

# load NAME: rows into a database of their own, spread over both
load()
{
	local n

	for n in 1 2; do
		"$run" create --url "http://127.0.0.1:$((port + 2 * n))" --cluster two --database "$1" || exit 2
	done
	"$run" load --url "$CROSSTAP_CLICKHOUSE" --database "$1" "$work/$1" || exit 2
}

# column FILE HOP DIRECTION NAME
column()
{
	awk -F, -v hop="$2" -v direction="$3" -v name="$4" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
		$1 == hop && $4 == direction { print $at[name] }' "$1"
}

# answer NAME POINT...: asks both, with the clocks and the longest delay that crosstap found
answer()
{
	local name=$1 path near='' point clocks=() edge

	shift
	path=$(IFS=, && echo "$*")
	"$bin/crosstap-correlate" -q -s "$work/$name.ct" --path "$path" || exit 2
	"$bin/crosstap-report" -q -s "$work/$name.ct" --csv hops >"$work/$name.csv"
	"$bin/crosstap-report" -q -s "$work/$name.ct" --csv drops >"$work/$name.drops.csv"
	"$bin/crosstap-report" -q -s "$work/$name.ct" --csv injected >"$work/$name.injected.csv"
	for point; do
		[ -z "$near" ] || clocks+=(--clock "$near>$point=$(column "$work/$name.csv" "$near>$point" forward clock_offset_us),$(
			column "$work/$name.csv" "$near>$point" forward clock_skew_ppm)")
		near=$point
	done
	edge=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["delay_max_us"] + 0 > most { most = $at["delay_max_us"] } END { printf "%.3f", most / 1000 }' "$work/$name.csv")
	asked=(--database "$name" --path "$path" --edge "$edge" "${clocks[@]}")
	"$run" hops "${asked[@]}" >"$work/$name.asked.csv" || exit 2
}

# counts FILE: what both can count; without an answer to what only sessions tell
counts()
{
	awk -F, -v OFS=, 'NR > 1 { print $1, $2, $3, $4, $5, $6, $7 + $9 + $10, $8, $11, $12, $13 }' "$1"
}

# delays NAME: all within half a bin, and what the clock's last digit and its drift may do
delays()
{
	paste -d, "$work/$1.csv" "$work/$1.asked.csv" | awk -F, -v columns="$(head -n 1 "$work/$1.csv" | tr , '\n' | wc -l)" '
		function far(a, b, most) { most = 0.06 + 0.008 * (a < 0 ? -a : a); return a - b > most || b - a > most }
		NR > 1 && $4 != "none" {
			for (i = 18; i <= 23; i++)
				if (($i == "") != ($(i + columns) == "") || far($i, $(i + columns)))
					print $1, $4, "column", i ":", $(i + columns), "is not", $i
		}' >"$work/far"
	is "its delays are crosstap's, in the same bins" "$(cat "$work/far")" ""
}

# packets_of FILE: direction, place, file, frame, fields of each
packets_of()
{
	awk -F, -v hop="$2" -v OFS=, 'NR > 1 && $1 == hop { print $2, $3, $4, $6, $7, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18 }' "$1"
}

sample()
{
	story="$1: "
	answer "$@"
	counts "$work/$1.csv" >"$work/expected"
	counts "$work/$1.asked.csv" >"$work/got"
	same_lines "two shards count as crosstap does, hop by hop" "$work/got" "$work/expected"
	delays "$1"
	story=
}

lists()
{
	local name

	asked=(--database firewall --path fw-in,fw-out)
	for name in drops injected; do
		"$run" $name "${asked[@]}" >"$work/listed"
		packets_of "$work/firewall.$name.csv" 'fw-in>fw-out' >"$work/expected"
		packets_of "$work/listed" 'fw-in>fw-out' >"$work/got"
		same_lines "firewall: $name names the packets that crosstap names, field by field" "$work/got" "$work/expected"
	done
	mkdir "$work/halved"
	cp report/clickhouse/* "$work/halved"
	sed -i 's/FROM {db:Identifier}.shards/FROM system.one/' "$work/halved/drops.sql"
	ends "a list that not all shards made ends in an error" 4 'the shards told of' "$work/halved/run" drops "${asked[@]}"
}

# A generated capture: retransmissions, identical packets, packets under way at both ends of it
generated()
{
	local hop='fw-in>fw-out' d more

	story='generated: '
	"$build/bench/generate" --list "$work/dropped" 60000 7 "$work/a.pcap" "$work/b.pcap" "$work/truth" || exit 2
	collect generated fw-in="$work/a.pcap" fw-out="$work/b.pcap"
	load generated
	answer generated fw-in fw-out
	delays generated
	for d in forward reverse; do
		for name in packets injected; do
			is "$d, as many $name" "$(column "$work/generated.asked.csv" "$hop" $d $name)" \
				"$(column "$work/generated.csv" "$hop" $d $name)"
		done
		more=$(($(column "$work/generated.csv" "$hop" $d matched) - $(column "$work/generated.asked.csv" "$hop" $d matched)))
		within "$d, as many matched, but for what it calls ambiguous" $more 0 \
			"$(column "$work/generated.asked.csv" "$hop" $d ambiguous)"
	done
	"$run" drops "${asked[@]}" >"$work/listed"
	packets_of "$work/listed" "$hop" | cut -d, -f2,5 | sort >"$work/got"
	packets_of "$work/generated.drops.csv" "$hop" | cut -d, -f2,5 | sort >"$work/expected"
	is "each packet that it calls dropped crosstap calls so" "$(comm -23 "$work/got" "$work/expected")" ""
	within "and nearly all are there" "$(wc -l <"$work/got")" "$(($(wc -l <"$work/expected") * 99 / 100))" \
		"$(wc -l <"$work/expected")"
	story=
}

# A part of the time: what might have its partner outside is edge, nothing is dropped twice
slices()
{
	local whole

	"$run" hops "${asked[@]}" --from '2026-11-21T10:00:20Z' --to '2026-11-21T10:00:22Z' >"$work/first"
	"$run" hops "${asked[@]}" --from '2026-11-21T10:00:22Z' --to '2026-11-21T10:00:30Z' >"$work/second"
	whole=$(column "$work/firewall.asked.csv" 'fw-in>fw-out' forward packets)
	is "two slices of time have the packets of the whole" \
		"$(($(column "$work/first" 'fw-in>fw-out' forward packets) + $(column "$work/second" 'fw-in>fw-out' forward packets)))" "$whole"
}

# Verdicts are crosstap's own: their rows add up to balance.csv.
verdicts()
{
	"$bin/crosstap-report" -q -s "$work/firewall.ct" --export "$work/verdicts" &&
		"$run" load --database firewall "$work/verdicts" && "$run" balance --database firewall >"$work/got"
	"$bin/crosstap-report" -q -s "$work/firewall.ct" --csv balance >"$work/expected"
	same_lines "the rows of verdicts add up to balance.csv" "$work/got" "$work/expected"
	is "a delay is known in one row of each matched packet" "$(ask 1 "SELECT hop, direction, count(delay_ns) = countIf(verdict = 'matched' AND side = 'from'),
		min(delay_ns) FROM firewall.verdicts_all WHERE hop = 'fw-in>fw-out' GROUP BY hop, direction ORDER BY direction FORMAT CSV" | tr -d '"')" \
		"$(for d in forward reverse; do echo "fw-in>fw-out,$d,1,$(column "$work/firewall.csv" 'fw-in>fw-out' $d delay_min_us |
			tr -d . | sed 's/^0*//')"; done; printf 'fw-in>fw-out,none,1,\\N')"
	ends "verdicts that are there already are refused" 3 'is loaded already' "$run" load --database firewall "$work/verdicts"
}

one_server()
{
	story='one server: '
	"$run" create --database single && "$run" load --database single "$work/nat" || exit 2
	"$run" hops --database single --path fw-in,fw-out >"$work/single.csv"
	cut -d, -f1-13 "$work/nat.asked.csv" >"$work/expected"
	cut -d, -f1-13 "$work/single.csv" >"$work/got"
	same_lines "the same numbers without a cluster" "$work/got" "$work/expected"
	story=
}

refused()
{
	ends "rows that are there already are refused" 3 'is loaded already' "$run" load --database firewall "$work/firewall"
	ends "a folder without rows, too" 3 'no captures.rowbinary' "$run" load --database firewall "$work"
	ends "a point of which nothing is loaded" 3 'point nowhere: nothing of it' \
		"$run" hops --database firewall --path fw-in,nowhere
	ask 2 'CREATE TABLE firewall.kept AS firewall.packets' && ask 2 'RENAME TABLE firewall.packets TO firewall.away, firewall.kept TO firewall.packets'
	ends "a shard that has lost its rows gives an error, no smaller numbers" 3 'rows were exported' \
		"$run" hops "${asked[@]}"
	ends "nor a shorter list of drops" 3 'rows were exported' \
		"$run" drops --database firewall --path fw-in,fw-out
	ask 2 'DROP TABLE firewall.packets' && ask 2 'RENAME TABLE firewall.away TO firewall.packets'
}

# asked_alone S: the statement of a hop, without the questions that run asks before it
asked_alone()
{
	curl -sS --max-time "$1" "$CROSSTAP_CLICKHOUSE/?wait_end_of_query=1&skip_unavailable_shards=0" \
		-F "query=<$work/hops.sql" -F sides_format=RowBinary -F 'sides_structure=host UInt64, near UInt8' -F "sides=@$work/none"
}

shards_lost()
{
	"$run" hops "${asked[@]}" --print >"$work/hops.sql"
	: >"$work/none"
	is "the statement that is printed is the one that is asked" "$(asked_alone 60 | grep -c 'fw-in')" 3
	sed -i.bak 's/FROM firewall.shards/FROM system.one/' "$work/hops.sql"
	is "a match that not all shards made ends in an error" "$(asked_alone 60 | grep -c -e fw-in -e throwIf)" 1
	mv "$work/hops.sql.bak" "$work/hops.sql"
	kill -STOP "${servers[1]}"
	ends "a shard that hangs ends in a time-out" 4 'no answer within 2 s' "$run" hops "${asked[@]}" --timeout 2
	is "the match alone, too, without a number" "$(asked_alone 2 2>&1 | grep -c -e fw-in -e 'timed out')" 1
	kill -CONT "${servers[1]}"
	"$run" hops "${asked[@]}" >"$work/again"
	is "once it goes on, the numbers are as they were" "$(cmp "$work/again" "$work/first.asked")" ""
	kill -KILL "${servers[1]}"
	wait "${servers[1]}" 2>/dev/null
	ends "a shard that was killed ends in an error" 4 'Code:' "$run" hops "${asked[@]}" --timeout 60
	is "the match alone, too, without a number" "$(asked_alone 60 | grep -c -e fw-in)" 0
}

if ! shards_start; then
	not_ok "two servers of ClickHouse start on loopback"
	exit 1
fi
export CROSSTAP_CLICKHOUSE=http://127.0.0.1:$((port + 2))
load firewall
sample firewall client fw-in fw-out server
collect nat fw-in=samples/nat/fw-in.pcap fw-out=samples/nat/fw-out.pcap
load nat
sample nat fw-in fw-out
lists
verdicts
slices
one_server
generated
asked=(--database firewall --path fw-in,fw-out)
"$run" hops "${asked[@]}" >"$work/first.asked"
refused
shards_lost
exit $((failures > 0))

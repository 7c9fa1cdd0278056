#!/bin/bash
# The three tools alone, through a store, say what the front door says; collecting again changes
# nothing; errors end as documented. `tests/stages.sh BUILD`
# shellcheck disable=SC2154
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh

bin=$(cd "$1" && pwd)/bin || exit 2
sample=samples/firewall
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
store=$work/case.ct

# run COMMAND...: its status, its words in $work/said and $work/warned
run()
{
	"$@" >"$work/said" 2>"$work/warned"
}

stages()
{
	local point

	for point in client fw-in fw-out server; do
		run "$bin/crosstap-collect" -q -s "$1" -p $point $sample/$point.pcap || return
	done
	run "$bin/crosstap-correlate" -q -s "$1" && run "$bin/crosstap-report" -q -s "$1" -o "$2"
}

same_answers()
{
	is "$1" "$(diff -r -q "$2" "$3" 2>&1)" ""
}

points()
{
	local point

	for point; do
		echo "$point=$sample/$point.pcap"
	done
}

# shellcheck disable=SC2046
run "$bin/crosstap" -q -o "$work/whole" $(points client fw-in fw-out server)
is "the front door ends with 0" $? 0
stages "$store" "$work/stages"
is "collect, correlate and report end with 0" $? 0
same_answers "they say what the front door says" "$work/whole" "$work/stages"

stages "$store" "$work/again"
is "collecting the same captures again ends with 0" $? 0
same_answers "and changes nothing" "$work/stages" "$work/again"

# shellcheck disable=SC2046
run "$bin/crosstap" -q -o "$work/found" $(points server fw-in client fw-out)
for table in hops balance; do
	# Not the others: their times are of the first point's clock.
	is "$table.csv is the same in any order of the points" \
		"$(cmp "$work/whole/$table.csv" "$work/found/$table.csv" 2>&1)" ""
done

run "$bin/crosstap-report" -q -s "$store" --csv drops
is "--csv prints one table" $? 0
same_lines "the same that -o writes" "$work/said" "$work/stages/drops.csv"

run "$bin/crosstap-report" -q -s "$store" --format json
is "--format json ends with 0" $? 0

# From another machine: a pipe, and a point added on another day.
run "$bin/crosstap-collect" -q -s "$work/piped.ct" -p fw-in - <$sample/fw-in.pcap
is "a capture comes in by stdin" $? 0
run "$bin/crosstap-collect" -q -s "$work/piped.ct" -p fw-out $sample/fw-out.pcap
run "$bin/crosstap-correlate" -q -s "$work/piped.ct"
is "two points are enough" $? 0

run "$bin/crosstap-collect" -q -s "$work/alone.ct" -p fw-in $sample/fw-in.pcap
run "$bin/crosstap-collect" -q -s "$work/alone.ct" -p elsewhere samples/nat/fw-out.pcap
run "$bin/crosstap-correlate" -q -s "$work/alone.ct"
is "points that share nothing are an error" "$?" 3
is "that names the point" "$(grep -c elsewhere "$work/warned")" 1

# ---- a policy ----

report="$bin/crosstap-report"
tables()
{
	"$report" -s "$store" --format json | sha256sum
}

before=$(tables)
printf 'src,dst,proto,dport,expect\nany,any,tcp,8o,allow\nany,any,tcp,80,alow\n' >"$work/bad.csv"
run "$bin/crosstap-correlate" -q -s "$store" --expect "$work/bad.csv"
is "a bad policy ends with 3" $? 3
is "and is named by file, line and column" "$(sed "s|$work/||" "$work/warned")" \
	'crosstap-correlate: bad.csv:2: dport: "8o" is no port; 1 more row is bad, in line 3'
is "the store is as it was" "$(tables)" "$before"
run "$bin/crosstap-correlate" -q -s "$store" --expect "$work/none.csv"
is "a policy that is not there ends with 3" $? 3
run "$bin/crosstap-correlate" -q -s "$store" --expect "$work"
is "a directory is none" $? 3
run "$bin/crosstap" -s "$work/never.ct" --expect "$work/bad.csv" a=$sample/fw-in.pcap b=$sample/fw-out.pcap
is "the front door finds it before it reads a capture" "$? $(ls "$work/never.ct" 2>&1 | grep -c 'No such')" '3 1'
run "$bin/crosstap" --fail-on expect a=$sample/fw-in.pcap b=$sample/fw-out.pcap
is "--fail-on expect without a policy is wrong usage" $? 2
run "$bin/crosstap" --anonymize "$work/key" --expect "$work/bad.csv" a=$sample/fw-in.pcap b=$sample/fw-out.pcap
is "--expect with --anonymize is, too" $? 2
run "$report" -q -s "$store" --fail-on drops,expect
is "of a report, too" $? 2
printf 'name,src,dst,proto,dport,expect\n80,any,any,tcp,80,allow\n82,any,any,tcp,82,%s\n' deny \
	>"$work/good.csv"
printf 'name,src,dst,proto,dport,expect\n82,any,any,tcp,82,allow\n' >"$work/wrong.csv"
run "$bin/crosstap-correlate" -q -s "$store" --expect "$work/good.csv" &&
	run "$report" -q -s "$store" --fail-on expect
is "what is as expected ends with 0" $? 0
run "$report" -s "$store" --csv expect
is "each row has its sessions" "$(cut -d, -f3,9,13 "$work/said" | tail -n +2)" \
	"80,$("$report" -s "$store" --csv sessions | grep -c ',10.77.2.2,80,'),as_expected
82,$("$report" -s "$store" --csv sessions | grep -c ',10.77.2.2,82,'),as_expected
,$("$report" -s "$store" --csv sessions | grep -cE ',10.77.2.2,(7|83),'),uncovered"
"$bin/crosstap-correlate" -q -s "$store" --expect "$work/wrong.csv"
run "$report" -q -s "$store" --fail-on expect
is "what is not ends with 1" $? 1
run "$bin/crosstap" -q --expect "$work/wrong.csv" --fail-on expect a=$sample/fw-in.pcap b=$sample/fw-out.pcap
is "at the front door, too" $? 1
head -c 32 /dev/zero | sha256sum | cut -d' ' -f1 >"$work/key" && chmod 600 "$work/key"
for point in fw-in fw-out; do
	run "$bin/crosstap-collect" -q -s "$work/alias.ct" --anonymize "$work/key" -p $point $sample/$point.pcap
done
run "$bin/crosstap-correlate" -q -s "$work/alias.ct" --expect "$work/good.csv"
is "an anonymous store is no place for a policy" "$? $(grep -c anonymous "$work/warned")" '2 1'
"$bin/crosstap-correlate" -q -s "$work/alias.ct"
run "$report" -q -s "$work/alias.ct" --expect "$work/good.csv"
is "nor for one of a report" "$? $(grep -c anonymous "$work/warned")" '2 1'
run "$bin/crosstap-correlate" -q -s "$store"
is "without a policy the store is again as it was" "$(tables)" "$before"

head -c 5000 $sample/fw-in.pcap >"$work/cut.pcap"
run "$bin/crosstap-collect" -q -s "$work/cut.ct" -p fw-in "$work/cut.pcap"
is "a capture is read up to the damage" $? 0
is "which is named with its place" "$(grep -c 'cut\.pcap.*[0-9]' "$work/warned")" 1

echo 'no capture' >"$work/text.pcap"
run "$bin/crosstap-collect" -q -s "$work/text.ct" -p fw-in "$work/text.pcap"
is "what is no capture ends with 3" $? 3
run "$bin/crosstap-collect" -q -s "$work/none.ct" -p fw-in "$work/none.pcap"
is "a file that is not there ends with 3" $? 3
run "$bin/crosstap-collect" --no-such-option
is "a wrong option ends with 2" $? 2
is "and is named" "$(grep -c -- --no-such-option "$work/warned")" 1

for tool in crosstap crosstap-collect crosstap-correlate crosstap-report; do
	run "$bin/$tool" --help
	is "$tool --help ends with 0" $? 0
	is "$tool --help speaks on stdout" "$(wc -c <"$work/warned")" 0
	run "$bin/$tool" --version
	is "$tool --version ends with 0" $? 0
	is "$tool --version names itself" "$(grep -c "^$tool [0-9]" "$work/said")" 1
done
[ $failures -eq 0 ]

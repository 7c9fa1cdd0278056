# What rows are made of: captures and the truth about them, measured commands, medians, lines of the
# table. Sourced by run, which sets bench, bin, folder, rounds and seed.
#
# A case is one set of captures, $folder/case: it is made, measured and removed again before the
# next one, so that one of them fits on the disk at a time. What was measured stays, by label:
# CASE-PACKETS:STEP.

FILE_BYTES=112      # of a packet in a capture...
FILE_BYTES_FULL=372 # ...that keeps all of it
WORK_BYTES=150      # of a packet in store, reports and what sorting needs

die()
{
	echo "tests/bench/run: $1" >&2
	exit "${2:-1}"
}

# point NUMBER: its name; the first is 1
point()
{
	awk -v n="$1" 'BEGIN { printf "%c", 96 + n }'
}

# ---- lines of the table ----

# line ROW WHAT GOAL FIGURE UNIT [NOTE]: a goal is met by what is not above it
line()
{
	awk -v row="$1" -v what="$2" -v goal="$3" -v figure="$4" -v unit="$5" -v note="${6:-}" 'BEGIN {
		printf "%-11s %-42s %9s %9s  %-6s  %s\n", row, what, "<= " goal unit,
			sprintf(figure < 100 ? "%.2f%s" : "%.0f%s", figure, unit),
			figure <= goal ? "met" : "MISSED", note
	}'
}

# skipped ROW WHY
skipped()
{
	printf '%-11s %s\n' "$1" "skipped: $2"
}

# roomy ROW MIB: whether the disk has room for them; else says so
roomy()
{
	free=$(df -Pk "$folder" | awk 'NR == 2 { print int($4 / 1024) }')
	[ "$free" -gt "$2" ] && return
	skipped "$1" "it needs about $2 MiB in ${folder%/*}, where $free MiB are free"
	return 1
}

# mib PACKETS [BYTES]: what so many packets need, all points together
mib()
{
	echo $(($1 * (${2:-$FILE_BYTES} + WORK_BYTES) / 1048576 + 1))
}

# has ROW PROGRAM...: whether they are installed; else says so
has()
{
	row=$1
	shift
	for program; do
		command -v "$program" >/dev/null && continue
		skipped "$row" "$program is not installed"
		return 1
	done
}

# ---- cases ----

# case_make CASE POINTS PACKETS [OPTION...]: of generate. Sets `name` to CASE-PACKETS, `files`, `operands`,
# `path` and `total`.
case_make()
{
	name=$1-$3 points=$2 packets=$3
	shift 3
	echo "$name: generating $packets packets at each of $points points" >&2
	rm -rf "$folder/case"
	mkdir "$folder/case"
	operands='' path='' files='' # names of our own making, without blanks
	for n in $(seq "$points"); do
		p=$(point "$n")
		files="$files $folder/case/$p.pcap"
		operands="$operands $p=$folder/case/$p.pcap"
		path="$path${path:+,}$p"
	done
	"$bench/generate" "$@" "$packets" "$seed" $files "$folder/case/truth.json" ||
		die "generate $* failed"
	total=0
	for n in $(seq "$points"); do
		total=$((total + $(truth "packets_$(point "$n")")))
	done
	# Nothing is to be written to the disk while others are measured, and all of it is to be in memory.
	sync $files
	cat $files >/dev/null
}

case_drop()
{
	rm -rf "$folder/case"
}

# step LABEL COMMAND...: one measured run; its words are shown only when it fails
step()
{
	"$bench/measure" "$folder/measured" "$@" >"$folder/said" 2>&1 && return
	status=$?
	tail -n 20 "$folder/said" >&2
	shift
	die "exit status $status from: $*"
}

# in_rounds FUNCTION: several times, so that what slows the machine for a while slows all of its steps
in_rounds()
{
	for n in $(seq "$rounds"); do
		echo "$name: round $n of $rounds" >&2
		"$1"
	done
}

# step_whole STEP [OPTION...]: crosstap on the case, with a store; then the answer is checked
step_whole()
{
	label=$1
	shift
	rm -rf "$folder/case.ct" "$folder/case.ct-lock" "$folder/report"
	step "$name:$label" "$bin/crosstap" -q "$@" -s "$folder/case.ct" --path "$path" $operands
	store_bytes=$(stat -c %s "$folder/case.ct")
	"$bin/crosstap-report" -q -s "$folder/case.ct" --csv hops >"$folder/hops.csv" ||
		die 'hops cannot be read'
	check_truth
	rm -rf "$folder/case.ct" "$folder/case.ct-lock" "$folder/report"
}

# ---- what was measured ----

# values LABEL EXPRESSION: of an awk expression over the measured lines, in order
values()
{
	awk -v label="$1" "\$1 == label { print $2 }" "$folder/measured" | sort -n
}

median()
{
	values "$@" | awk '{ x[NR] = $1 } END { print (x[int((NR + 1) / 2)] + x[int(NR / 2) + 1]) / 2 }'
}

wall() { median "$1" '($2 > 0.001 ? $2 : 0.001)'; }
cpu() { median "$1" '($3 + $4)'; }
peak_mib() { values "$1" '$5 / 1024' | tail -n 1; }

# ratio A B
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { print a / (b > 0.001 ? b : 0.001) }'; }

# note LABEL: what a run of it took
note()
{
	printf '%.2f s, CPU %.2f s, %.0f MiB' "$(wall "$1")" "$(cpu "$1")" "$(peak_mib "$1")"
}

# ---- truth ----

# truth KEY
truth()
{
	awk -F'[:,]' -v key="\"$1\"" '{ gsub(/ /, "") } $1 == key { print $2 }' \
		"$folder/case/truth.json"
}

# Compares hops.csv with the truth. What is missing may be in `edge` or `ambiguous`; of a large number at
# most 1 % may (a short run is mostly edge).
check_truth()
{
	tr -d ' ,"' <"$folder/case/truth.json" |
		awk -F'[:,]' -v name="$name" -v several=$((points > 2)) '
			NR == FNR {
				if (NF == 2)
					truth[$1] = $2
				next
			}
			FNR == 1 {
				for (i = 1; i <= NF; i++)
					column[$i] = i
				next
			}
			$column["direction"] != "none" {
				key = $column["direction"] (several ? "_" $column["hop"] : "")
				open = $column["edge"] + $column["ambiguous"]
				check("dropped", $column["dropped"])
				check("injected", $column["injected"])
				rows++
			}
			function check(verdict, found,    true, off) {
				if (!((verdict "_" key) in truth))
					key = key " (unknown)"
				true = truth[verdict "_" key]
				off = found > true ? found - true : true - found
				if (off <= open && (true < 1000 || off <= true / 100))
					return
				printf "%s: WRONG: %s %s: found %d of %d, %d are edge or ambiguous\n",
					name, key, verdict, found, true, open
				wrong = 1
			}
			END {
				for (key in truth)
					expected += key ~ /^dropped_/
				if (rows != expected)
					printf "%s: WRONG: %d rows of hops.csv, expected %d\n", name, rows,
						expected
				exit wrong || rows != expected
			}' - "$folder/hops.csv" || wrong=1
}

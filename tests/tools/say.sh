# The words of a shell test (bash, sourced): each check is one line "ok - sentence",
# "not ok - sentence" (with what was got and expected in "# " lines before it) or
# "skip - sentence: why". tests/run counts them.

story= # said before each sentence, e.g. "busy-hop, gz: "
failures=0

ok()
{
	printf 'ok - %s%s\n' "$story" "$1"
}

not_ok()
{
	printf 'not ok - %s%s\n' "$story" "$1"
	failures=$((failures + 1))
}

skip()
{
	printf 'skip - %s%s: %s\n' "$story" "$1" "$2"
}

# once WHAT: ends a test that another build of the same has nothing to add to, where what was kept of a
# first run is asked for again (REPLAY)
once()
{
	[ -z "${REPLAY:-}" ] || { skip "$1" "the first run has said it"; exit 0; }
}

# is SENTENCE GOT EXPECTED
is()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		printf '# got %s, expected %s\n' "${2:-nothing}" "${3:-nothing}"
		not_ok "$1"
	fi
}

# within SENTENCE GOT LOW HIGH: numbers; an empty cell is not within anything
within()
{
	if [ -n "$2" ] && awk -v x="$2" -v low="$3" -v high="$4" \
		'BEGIN { exit !(x + 0 >= low + 0 && x + 0 <= high + 0) }'; then
		ok "$1"
	else
		printf '# got %s, expected %s .. %s\n' "${2:-nothing}" "$3" "$4"
		not_ok "$1"
	fi
}

# ends SENTENCE STATUS WORD COMMAND...: the command ends with STATUS and says WORD on stderr, and nothing on
# stdout where that is an error. They stay in $work/stdout and $work/stderr.
ends()
{
	local sentence=$1 status=$2 word=$3 got

	shift 3
	"$@" >"$work/stdout" 2>"$work/stderr" </dev/null
	got=$?
	if [ "$got" != "$status" ] || { [ "$word" ] && ! grep -qF -e "$word" "$work/stderr"; } ||
		{ [ "$status" -gt 1 ] && [ -s "$work/stdout" ]; }; then
		printf '# exit status %s, expected %s with "%s"\n' "$got" "$status" "$word"
		lines_show '# ' "$(head -c 2000 "$work/stderr" "$work/stdout")"
		not_ok "$sentence"
	else
		ok "$sentence"
	fi
}

# same_lines SENTENCE GOT_FILE EXPECTED_FILE: the same lines in any order
same_lines()
{
	local only_got only_expected

	only_got=$(comm -23 <(sort "$2") <(sort "$3"))
	only_expected=$(comm -13 <(sort "$2") <(sort "$3"))
	if [ -z "$only_got$only_expected" ]; then
		ok "$1"
		return
	fi
	printf '# got %s lines, expected %s\n' "$(wc -l <"$2")" "$(wc -l <"$3")"
	[ -z "$only_got" ] || lines_show '# got, not expected: ' "$only_got"
	[ -z "$only_expected" ] || lines_show '# expected, not got: ' "$only_expected"
	not_ok "$1"
}

# lines_show PREFIX TEXT: the first ten
lines_show()
{
	printf '%s\n' "$2" | awk -v prefix="$1" 'NR <= 10 { print prefix $0 }
		END { if (NR > 10) print prefix "and " NR - 10 " more" }'
}

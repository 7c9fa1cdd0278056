#!/bin/bash
# TAB in bash and zsh: the options are those of --help, the words those that the programs take, and
# both shells, on a terminal, make of what is typed what it should be. `tests/completion.sh BUILD`
# shellcheck disable=SC2154
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh
once "completion by TAB"

bin=$(cd "$1" && pwd)/bin || exit 2
root=$PWD
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

# As the help writes them: "  -s, --store STORE  ...", "      --path P  ...".
help_options()
{
	"$bin/$1" --help |
		sed -n 's/^  \(-[a-zA-Z]\), \(--[a-z-]*\).*/\1\n\2/p; s/^      \(--[a-z-]*\).*/\1/p' | sort
}

# bash_offers WORD...: what TAB offers for the last word, sorted
bash_offers()
(
	. report/completion.bash
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMPREPLY=()
	_crosstap "$bin/$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	printf '%s\n' "${COMPREPLY[@]}" | sort
)

# What the function hands to zsh's _arguments for a program: a line for each option and operand.
zsh_specs()
{
	zsh -f -c '
		_arguments() { print -rl -- "$@" }
		_call_program() { shift; eval "$*" }
		words=("$1" "") CURRENT=2
		source report/completion.zsh' zsh "$bin/$1"
}

tool_options()
{
	help_options "$1" >"$work/options"
	is "$1 --help lists options" "$(grep -c -x -e --help "$work/options")" 1
	bash_offers "$1" - >"$work/offered"
	same_lines "bash offers the options of $1" "$work/offered" "$work/options"
	if command -v zsh >/dev/null; then
		zsh_specs "$1" | sed -n -E 's/^(\*|\([^)]*\))(-{1,2}[A-Za-z-]*[a-zA-Z])[+=]?\[.*/\2/p' |
			sort >"$work/offered"
		same_lines "zsh offers the options of $1" "$work/offered" "$work/options"
	else
		skip "zsh offers the options of $1" "no zsh here"
	fi
}

# Of the words that a message names ("... is none of a, b, c"), those that are not refused: without
# a store, what is well said ends with 3.
taken_words()
{
	local word words

	words=$("$bin/crosstap-report" -s "$work/none.ct" "$1" no_such_word 2>&1 |
		sed -n 's/.* is none of //p' | tr -d ,)
	for word in $words; do
		"$bin/crosstap-report" -s "$work/none.ct" "$1" "$word" "${@:2}" 2>/dev/null
		[ $? -ne 3 ] || echo "$word"
	done | sort
}

words()
{
	"$bin/crosstap" -q -o "$work/set" fw-in=samples/nat/fw-in.pcap fw-out=samples/nat/fw-out.pcap
	(cd "$work/set" && ls ./*.csv) | sed 's,^\./,,; s/\.csv$//' | sort >"$work/tables"
	bash_offers crosstap-report --csv '' >"$work/offered"
	same_lines "--csv is offered the tables that -o writes" "$work/offered" "$work/tables"

	taken_words --fail-on >"$work/taken"
	bash_offers crosstap-report --fail-on '' >"$work/offered"
	same_lines "--fail-on is offered the words that it takes" "$work/offered" "$work/taken"

	{ taken_words --format && taken_words --format --csv hops; } | sort -u >"$work/taken"
	bash_offers crosstap-report --format '' >"$work/offered"
	same_lines "--format is offered the words that it takes" "$work/offered" "$work/taken"

	if help_options crosstap-report | grep -q -x -e --verdict; then
		printf 'dropped\ninjected\n' >"$work/taken"
		bash_offers crosstap-report --verdict '' >"$work/offered"
		same_lines "--verdict is offered both of its words" "$work/offered" "$work/taken"
	fi
}

# Names that somebody else chose, such as those of interfaces, are words and nothing to run.
hostile_words()
(
	mkdir "$work/hostile" && cd "$work/hostile" || exit
	. "$root/report/completion.bash"
	words=('') piece='' COMPREPLY=()
	# shellcheck disable=SC2016
	_crosstap_listing '' '' '$(touch pwn)' '`touch pwn`' 'a b' '*'
	printf '%s\n' "${COMPREPLY[@]}"
	ls
)

# ---- on a terminal ----

# What is typed before TAB, and what stands there after it; files are those of `ground`.
typed=(
	'crosstap in=one' 'crosstap in=one.pcap '
	'crosstap in=one.pcap,t' 'crosstap in=one.pcap,two.pcap '
	'crosstap in=one.pcap,di' 'crosstap in=one.pcap,dir/'
	'crosstap in=w' 'crosstap in=with\ blank.pcap '
	"crosstap 'in=w" "crosstap 'in=with blank.pcap' "
	'crosstap in=dir/' 'crosstap in=dir/deep.pcap '
	'crosstap -s c' 'crosstap -s case.ct '
	'crosstap -o d' 'crosstap -o dir/'
	'crosstap in=a out=b --path o' 'crosstap in=a out=b --path out'
	'crosstap in=a out=b --path in,o' 'crosstap in=a out=b --path in,out'
	'crosstap in=a out=b --clock i' 'crosstap in=a out=b --clock in='
	'crosstap -- in=o' 'crosstap -- in=one.pcap '
	'crosstap --op' 'crosstap --open '
	'crosstap-collect -s case.ct -p in o' 'crosstap-collect -s case.ct -p in one.pcap '
	'crosstap-collect -s case.ct -i l' 'crosstap-collect -s case.ct -i lo '
	'crosstap-correlate -s case.ct o' 'crosstap-correlate -s case.ct o'
	'crosstap-report --csv fi' 'crosstap-report --csv findings '
	'crosstap-report --csv=hop' 'crosstap-report --csv=hops '
	'crosstap-report --format j' 'crosstap-report --format json '
	'crosstap-report o' 'crosstap-report o'
)

ground()
{
	mkdir -p "$work/ground/dir" "$work/functions" "$work/zsh"
	(cd "$work/ground" && touch one.pcap two.pcap 'with blank.pcap' dir/deep.pcap case.ct case.ct-lock)
	cp report/completion.zsh "$work/functions/_crosstap"
	cat >"$work/bashrc" <<-END
		. "$root/report/completion.bash"
		said() { printf '<<%s>>\n' "\$READLINE_LINE"; READLINE_LINE= READLINE_POINT=0; }
		bind -x '"\C-xs": said'
	END
	cat >"$work/zsh/.zshrc" <<-END
		fpath=("$work/functions" \$fpath)
		autoload -U compinit && compinit -u -D
		said() { print -r -- "<<\$BUFFER>>"; BUFFER= }
		zle -N said
		bindkey '^Xs' said
	END
}

# on_terminal COMMAND: types all of it on a terminal of its own; what stood behind each TAB, in lines.
# The terminal's queue keeps what is typed ahead, so that nothing waits for a prompt.
on_terminal()
{
	local i

	{
		for ((i = 0; i < ${#typed[@]}; i += 2)); do
			printf '%s\t\030s' "${typed[i]}"
		done
		printf '\nexit\n'
	} | (cd "$work/ground" && TERM=dumb PATH=$bin:$PATH HOME=$work ZDOTDIR=$work/zsh \
		timeout 120 script -qec "$1" /dev/null) | tr -d '\r' | sed -n 's/.*<<\(.*\)>>.*/\1/p'
}

# dialogue SHELL COMMAND
dialogue()
{
	local got i

	if ! command -v "$1" >/dev/null || ! command -v script >/dev/null; then
		skip "TAB in $1" "no $1 here, or no script to give it a terminal"
		return
	fi
	mapfile -t got < <(on_terminal "$2")
	for ((i = 0; i < ${#typed[@]}; i += 2)); do
		is "TAB in $1 behind: ${typed[i]}" "[${got[i / 2]:-}]" "[${typed[i + 1]}]"
	done
}

for tool in crosstap crosstap-collect crosstap-correlate crosstap-report; do
	tool_options $tool
done
words
# shellcheck disable=SC2016
is "TAB in bash runs nothing that a word holds" "$(hostile_words)" '$(touch pwn)
`touch pwn`
a b
*'
ground
dialogue bash "bash --rcfile $work/bashrc -i"
dialogue zsh "zsh -d -i"
[ $failures -eq 0 ]

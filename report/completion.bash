# Completion in bash for crosstap, crosstap-collect, crosstap-correlate and crosstap-report.
#
# What options there are, which take an argument and which words an argument may be is read off
# the program's own --help, so that nothing is said twice and nothing grows old. An argument is
# known by its name there: DIR is a directory, STORE a store, and so on; where its help lists
# words behind a colon ("...: drops, resets (made by a hop) or run"), it is one of these.
#
# The functions share the variables of _crosstap.

# The words that a help lists behind its last colon, up to a semicolon, without what stands in
# parentheses. What is more than a word is prose.
_crosstap_listed()
{
	local text=$1 words word

	listed=()
	while [[ $text =~ ^([^\(]*)\([^\)]*\)(.*)$ ]]; do
		text=${BASH_REMATCH[1]}${BASH_REMATCH[2]}
	done
	text=${text%%;*}
	[[ $text == *': '* ]] || return
	text=${text##*: }
	text=${text// or /,}
	IFS=, read -r -a words <<<"${text// and /,}"
	for word in "${words[@]}"; do
		word=${word# } word=${word% }
		[[ ! $word =~ ^[a-z_]+$ ]] || listed+=("$word")
	done
}

# Reads --help of a program: `options` as they are written, `argument` and `help` of each.
_crosstap_read()
{
	local program=${1/#\~\//$HOME/} line name names=()
	local row='^  (-(.), |    )--([a-z-]+)( ([^ ]+))?(  +(.*))?$'

	while IFS= read -r line; do
		if [[ $line =~ $row ]]; then
			names=("--${BASH_REMATCH[3]}" ${BASH_REMATCH[2]:+"-${BASH_REMATCH[2]}"})
			options+=("${names[@]}")
			for name in "${names[@]}"; do
				argument[$name]=${BASH_REMATCH[5]}
				help[$name]=${BASH_REMATCH[7]}
			done
		else
			for name in "${names[@]}"; do
				help[$name]+=" ${line#"${line%%[! ]*}"}"
			done
		fi
	done < <("$program" --help 2>/dev/null)
}

# Bash breaks words at = : @, too. `words` are those that the program will see, up to the cursor;
# `piece` is what bash thinks is being completed: the end of the last one.
_crosstap_words()
{
	local line=${COMP_LINE:0:COMP_POINT} i

	for ((i = 0; i <= COMP_CWORD; i++)); do
		[[ $i -gt 0 && $line != [[:blank:]]* ]] || words+=("")
		line=${line#"${line%%[![:blank:]]*}"}
		piece=${COMP_WORDS[i]}
		[[ $line == "$piece"* ]] || piece=$line
		words[-1]+=$piece
		line=${line#"$piece"}
	done
	[[ $piece == *[!=:@]* ]] || piece=
	# Readline keeps the quote that opens a word to itself.
	if [[ ${words[-1]} == [\'\"]* ]]; then
		piece=${piece#[\'\"]}
		words[-1]=${words[-1]:1}
	fi
}

# _crosstap_offer BEFORE WORD...: each, behind what the word has already
_crosstap_offer()
{
	local before=$1 known=${words[-1]%"$piece"} word

	shift
	for word; do
		COMPREPLY+=("${before#"$known"}$word")
	done
}

# _crosstap_paths BEFORE BEGINNING file|directory|store: a store has its usual name, NAME.ct, where
# there is one so named
_crosstap_paths()
{
	local before=$1 beginning=$2 kind=(-f) found i

	[[ $3 != directory ]] || kind=(-d)
	[[ $3 != store ]] || kind=(-f -X '*-lock')
	mapfile -t found < <(compgen "${kind[@]}" -- "$beginning")
	if [[ $3 == store && " ${found[*]} " == *'.ct '* ]]; then
		mapfile -t found < <(compgen -f -X '!*.ct' -- "$beginning"
			compgen -d -- "$beginning")
	fi
	compopt -o filenames 2>/dev/null
	# Only of whole words bash sees by itself that they are directories.
	if [[ ${before#"${words[-1]%"$piece"}"} ]]; then
		for i in "${!found[@]}"; do
			[[ ! -d ${found[i]} ]] || found[i]+=/
		done
		[[ ${found[0]-} != */ ]] || compopt -o nospace 2>/dev/null
	fi
	_crosstap_offer "$before" "${found[@]}"
}

# _crosstap_listing BEFORE BEGINNING WORD...: those words that begin so. Not by compgen -W: it expands
# its words, so that a name with $(...) in it would run.
_crosstap_listing()
{
	local before=$1 beginning=$2 word found=()

	shift 2
	for word; do
		[[ $word != "$beginning"* ]] || found+=("$word")
	done
	_crosstap_offer "$before" "${found[@]}"
}

# The points that the operands of crosstap name.
_crosstap_points()
{
	local word

	listed=()
	for word in "${words[@]:1:${#words[@]}-2}"; do
		[[ $word != [!-]*=* ]] || listed+=("${word%%=*}")
	done
}

# _crosstap_argument OPTION BEFORE BEGINNING: what an option takes
_crosstap_argument()
{
	local name=${argument[$1]} before=$2 beginning=$3 listed

	case $name in
	DIR) _crosstap_paths "$before" "$beginning" directory ;;
	STORE) _crosstap_paths "$before" "$beginning" store ;;
	FILE | KEYFILE) _crosstap_paths "$before" "$beginning" file ;;
	IFACE) # quoted, as what is offered will be run
		mapfile -t listed < <(cd /sys/class/net 2>/dev/null && printf '%q\n' *)
		_crosstap_listing "$before" "$beginning" "${listed[@]}"
		;;
	P | POINT=+S)
		_crosstap_points
		[[ $name == P ]] || listed=("${listed[@]/%/=}")
		compopt -o nospace 2>/dev/null
		_crosstap_listing "$before${beginning%"${beginning##*[,/]}"}" \
			"${beginning##*[,/]}" "${listed[@]}"
		;;
	BPF | EXPR | HEX | ID | MS | N | POINT | TIME) ;;
	LIST)
		_crosstap_listed "${help[$1]}"
		_crosstap_listing "$before${beginning%"${beginning##*,}"}" "${beginning##*,}" \
			"${listed[@]}"
		;;
	*)
		_crosstap_listed "${help[$1]}"
		_crosstap_listing "$before" "$beginning" "${listed[@]}"
		;;
	esac
}

# _crosstap_operand PROGRAM: captures, of crosstap behind POINT= and with commas between them
_crosstap_operand()
{
	local word=${words[-1]} before=

	case ${1##*/} in
	crosstap)
		[[ $word == *=* ]] || return
		before=${word%"${word##*[=,]}"}
		;;
	crosstap-collect) ;;
	*) return ;;
	esac
	_crosstap_paths "$before" "${word#"$before"}" file
}

_crosstap()
{
	local -A argument=() help=()
	local options=() words=() piece word former IFS=$' \t\n'

	COMPREPLY=()
	_crosstap_words
	_crosstap_read "$1"
	word=${words[-1]} former=${words[-2]}
	if [[ " ${words[*]:1:${#words[@]}-2} " == *' -- '* ]]; then
		_crosstap_operand "$1"
	elif [[ $word == --*=* ]]; then
		[[ ! ${argument[${word%%=*}]-} ]] ||
			_crosstap_argument "${word%%=*}" "${word%%=*}=" "${word#*=}"
	elif [[ $former && ${argument[$former]-} ]]; then
		_crosstap_argument "$former" "" "$word"
	elif [[ $word == -* ]]; then
		_crosstap_listing "" "$word" "${options[@]}"
	else
		_crosstap_operand "$1"
	fi
}

complete -F _crosstap crosstap crosstap-collect crosstap-correlate crosstap-report

#compdef crosstap crosstap-collect crosstap-correlate crosstap-report
# Completion in zsh for crosstap, crosstap-collect, crosstap-correlate and crosstap-report: the same
# as completion.bash, by the same rule. What there is to know is read off the program's own --help:
# an argument is known by its name there, and is one of the words that its help lists behind a
# colon ("...: drops, resets (made by a hop) or run").

# The words that a help lists behind its last colon, up to a semicolon, without what stands in
# parentheses. What is more than a word is prose.
_crosstap_listed()
{
	local text=${${1//\([^\)]#\)/}%%;*}

	[[ $text == *': '* ]] || return
	reply=(${(s:,:)${${text##*: }// (or|and) /,}})
	reply=(${(M)${${reply## #}%% #}:#[a-z_]##})
}

_crosstap_stores()
{
	_files "$@" -g '*.ct' || _files "$@" -g '^*-lock'
}

# POINT=FILE[,FILE...]
_crosstap_captures()
{
	compset -P 1 '*=' || { _message 'POINT=FILE'; return 1 }
	compset -P '*,'
	_files "$@"
}

# The points that the operands of crosstap name.
_crosstap_points()
{
	local -a points=(${${(M)words[2,CURRENT-1]:#[^-]*=*}%%=*})

	compset -P '*[,/]'
	compadd "$@" -- $points
}

# What completes an argument of that name, as _arguments wants it, in REPLY.
_crosstap_action()
{
	local -a reply

	case $1 in
	DIR) REPLY='_files -/' ;;
	STORE) REPLY=_crosstap_stores ;;
	FILE|KEYFILE) REPLY=_files ;;
	IFACE) REPLY=_net_interfaces ;;
	P) REPLY='_crosstap_points -S ""' ;;
	POINT=+S) REPLY='_crosstap_points -S =' ;;
	BPF|EXPR|HEX|ID|MS|N|POINT|TIME) REPLY=' ' ;;
	LIST)
		_crosstap_listed $2
		REPLY="_sequence compadd - $reply"
		;;
	*)
		_crosstap_listed $2
		[[ -n $reply ]] && REPLY="($reply)" || REPLY=' '
		;;
	esac
}

# _crosstap_spec LETTER NAME ARGUMENT HELP: an option, as _arguments wants it, into `specs`
_crosstap_spec()
{
	local letter=$1 name=$2 argument=$3 again= REPLY
	local help=${4//(#m)[\[\]:\\]/\\$MATCH} takes=

	if [[ -n $argument ]]; then
		_crosstap_action $argument $4
		takes=":${argument//:/\\:}:$REPLY"
	fi
	# One that takes an argument may come again: -p for each point, --clock for each clock.
	[[ -z $argument ]] && again="(${letter:+-$letter }--$name)" || again='*'
	[[ -z $letter ]] || specs+=("$again-$letter${argument:++}[$help]$takes")
	specs+=("$again--$name${argument:+=}[$help]$takes")
}

_crosstap()
{
	setopt local_options extended_glob
	local -a specs match mbegin mend
	local program=${words[1]/#\~\//$HOME/} line letter= name= argument= help= operand=
	local row='^  (-(.), |    )--([a-z-]+)( ([^ ]+))?(  +(.*))?$'

	for line in ${(f)"$(_call_program options ${(q)program} --help 2>/dev/null)"}; do
		if [[ $line =~ $row ]]; then
			[[ -z $name ]] || _crosstap_spec "$letter" "$name" "$argument" "$help"
			letter=$match[2] name=$match[3] argument=$match[5] help=$match[7]
		else
			help+=" ${line##[[:space:]]#}"
		fi
	done
	[[ -z $name ]] || _crosstap_spec "$letter" "$name" "$argument" "$help"
	case ${program:t} in
	crosstap) operand='*:capture:_crosstap_captures' ;;
	crosstap-collect) operand='*:capture:_files' ;;
	esac
	_arguments -s -S $specs $operand
}

_crosstap "$@"

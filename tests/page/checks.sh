# What must hold of every page (bash, sourced after browser.sh, say.sh and verify.sh). $out is
# the folder that crosstap wrote, $store the store, $report and $csvq the programs.
# shellcheck disable=SC2154

page_scripts=${BASH_SOURCE[0]%/*}

# of NAME [WORD]...: what a script of this folder returns
of()
{
	local name=$1

	shift
	script "$(cat "$page_scripts/$name.js")" "$@"
}

# same SENTENCE GOT EXPECTED: many lines, in this order
same()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		lines_show '# got <, expected >: ' "$(diff <(printf '%s\n' "$2") <(printf '%s\n' "$3"))"
		not_ok "$1"
	fi
}

page_url()
{
	printf 'file://%s/report.html' "$out"
}

page_opens()
{
	go "$(page_url)"
	is 'the page opens' "$(script 'return document.readyState + " " + document.documentElement.className')" \
		'complete js'
	is 'the page is asked for' "$(requests)" "$(page_url)"
	page_is_quiet
	is 'no resource is loaded' "$(script 'return performance.getEntriesByType("resource").length')" 0
}

# Whatever was done with it since.
page_is_quiet()
{
	is "the console is empty${1:-}" "$(console)" ''
	is "nothing else is asked for${1:-}" "$(requests | grep -vE '^about:|^data:,$' | sed 's/#.*//' |
		grep -vxF "$(page_url)" | sort -u)" ''
}

# ---- numbers ----

page_hops()
{
	csv hops -p hop | awk '!seen[$0]++'
}

# page_hop_rows TABLE COLUMNS [CONDITION]: of each hop in the path's order
page_hop_rows()
{
	local hop name=$1 columns=$2

	shift 2
	while read -r hop; do
		csv "$name" -p "$columns" hop="$hop" "$@"
	done < <(page_hops)
}

page_counts=packets,matched,dropped
page_rest=duplicated,local,uncaptured,edge,ambiguous,excluded

page_tables()
{
	same 'the packets of each hop are those of hops.csv' \
		"$(of rows '.hop .wide:nth-of-type(1) table')" \
		"$(page_hop_rows hops "direction,from,to,$page_counts,loss_ratio,injected,$page_rest,reordered,modified")"
	same 'its delays, too' "$(of rows '.hop .wide:nth-of-type(2) table')" \
		"$(page_hop_rows hops "direction,from,to,$(printf 'delay_%s_us,' min p50 p90 p99 max mean variation)$(
		)clock_offset_us,clock_skew_ppm,clock_error_us,direction_evidence" direction!=none)"
	same 'changes are those of changes.csv' "$(of rows '.hop .charts ~ .wide table')" \
		"$(page_hop_rows changes \
			direction,field,class,from_value,to_value,packets,sessions,example_session,example_frame)"
	same 'the account is balance.csv' "$(of rows '#account table')" "$(csv balance -p \
		"hop,direction,point,side,$page_counts,injected,$page_rest,copies,balanced")"
	same 'the inputs are manifest.csv' "$(of rows '#inputs .wide:nth-of-type(1) table')" \
		"$(csv manifest -p "point,capture,format,link_type,bytes,packets,first,last,snaplen,$(
		)capture_drops,truncated_packets,damage,sha256")"
	# what stands behind it there is of the set, the page included
	same 'the run is run.csv' "$(of rows '#inputs .wide:nth-of-type(2) table')" \
		"$(csv run -p key,value | sed "/^filter|/,\$d; s/|'-/|-/")"
	same 'findings are those of findings.csv' "$(script 'return [...document.querySelectorAll(".findings li")].map(
		item => [".severity", ".said", ".evidence > code"].map(part => item.querySelector(part).textContent)
			.join("|") + "|" + item.querySelector(".evidence").firstChild.data.trim()).join("\n")')" \
		"$(csv findings -p severity,text,kind,evidence)"
	same 'RSTs and their causes are those of resets.csv' \
		"$(of rows '#resets table' | cut -d'|' -f1-4 | sort)" \
		"$(csv resets -p origin,cause,verdict | sed 's/^|/unknown|/; s/>/ > /' | sort | uniq -c |
			awk '{ count = $1; sub(/^ *[0-9]+ /, ""); print $0 "|" count }' | sort)"
}

page_path()
{
	local hop direction

	same 'the path names what hops.csv and resets.csv count' "$(of path)" "$(
		while read -r hop; do
			for direction in forward reverse; do
				printf '%s|%s|%s|%s\n' "$hop" $direction \
					"$(csv hops -p dropped,injected hop="$hop" direction=$direction)" \
					"$(csv resets origin="$hop" direction=$direction)"
			done
		done < <(page_hops))"
}

# Rounded numbers are near the exact ones, by no more than half of their last digit.
page_rounding()
{
	local wrong

	of shown >"$work/shown"
	wrong=$(awk -F'|' '
		function near(exact, shown, digit) {
			return exact - shown <= 0.5001 * digit && shown - exact <= 0.5001 * digit
		}
		function last_digit(text) {
			return text ~ /\./ ? 10 ^ -length(substr(text, index(text, ".") + 1)) : 1
		}
		BEGIN { unit["ns"] = 1; unit["µs"] = 1e3; unit["ms"] = 1e6; unit["s"] = 1e9 }
		{ good = 0; split($3, part, " ") }
		$3 ~ /^[0-9,]+$/ { plain = $3; gsub(",", "", plain); good = plain == $2 }
		$1 == "loss %" { good = $3 ~ /^[<>]/ || near(100 * $2, $3, 0.01) }
		$3 ~ /:/ { good = index($2, "T" $3) == 11 }
		part[2] in unit { size = unit[part[2]]
			good = near($2 * ($1 == "lasts" ? 1e9 : 1e3), part[1] * size, last_digit(part[1]) * size) }
		!good' "$work/shown")
	[ -z "$wrong" ] || lines_show '# heading, exact, shown: ' "$wrong"
	is "what is shown is the exact number, rounded" "${wrong:+wrong} $(($(wc -l <"$work/shown") > 50))" ' 1'
}

# ---- the sessions ----

page_columns=(session proto client server name outcome cause hop dropped injected resets
	retransmissions packets_forward packets_reverse start duration_s handshake_us server_us state)

# sessions.csv as the page has it; in ascending order of the numbers
sessions_csv()
{
	csv sessions -p "session,proto,client,client_port,server,server_port,name,outcome,cause,hop,$(
		)dropped,injected,resets,retransmissions,packets_forward,packets_reverse,start,$(
		)duration_s,handshake_us,server_us,state" | awk -F'|' -v OFS='|' '{
		for (i = 3; i <= 5; i += 2)
			$i = ($i ~ /:/ && $(i + 1) != "" ? "[" $i "]" : $i) ($(i + 1) != "" ? ":" $(i + 1) : "")
		line = $1
		for (i = 2; i <= NF; i++)
			if (i != 4 && i != 6)
				line = line "|" $i
		print line }'
}

sessions_shown()
{
	of rows '#sessions-table' | cut -d'|' -f1
}

# sessions_kinds: lines of sessions as what makes them a kind to whoever looks
sessions_kinds()
{
	cut -d'|' -f2,6-8 | sort -u
}

# $work/sessions: all rows of sessions.csv; $work/first: the page's order when it opens
page_sessions()
{
	sessions_csv >"$work/sessions"
	of rows '#sessions-table' >"$work/rows"
	cut -d'|' -f1 "$work/rows" >"$work/first"
	same_lines 'each session is as in sessions.csv' "$work/rows" \
		<(awk -F'|' 'NR == FNR { shown[$1]; next } $1 in shown' "$work/first" "$work/sessions")
	same 'the worst are first' "$(cat "$work/first")" "$(awk -F'|' '
		BEGIN { rank["failed"] = 1; rank["aborted"] = 2; rank["degraded"] = 3; rank["open"] = 4 }
		{ print ($6 in rank ? rank[$6] : 5), $9 + $10 + $11, $1 }' "$work/rows" |
		sort -k1,1n -k2,2nr -k3,3n | cut -d' ' -f3)"
	same 'every kind of session is there' "$(sessions_kinds <"$work/rows")" \
		"$(sessions_kinds <"$work/sessions")"
}

# sorted_by COLUMN OPTION: the page's sessions as sort(1) has them, those without a value at the end
sorted_by()
{
	awk -F'|' -v at="$1" 'NR == FNR { value[$1] = $at; next } { print value[$1] "|" $1 }' \
		"$work/sessions" "$work/first" >"$work/values"
	grep -v '^|' "$work/values" | LC_ALL=C sort -s -t'|' -k1,1"$2" | cut -d'|' -f2
	grep '^|' "$work/values" | cut -d'|' -f2
}

column_of()
{
	local i

	for ((i = 0; i < ${#page_columns[@]}; i++)); do
		[ "${page_columns[i]}" != "$1" ] || echo $((i + 1))
	done
}

heading()
{
	echo "#sessions-table th:nth-child($1)"
}

aria_sort()
{
	script 'return [...document.querySelectorAll("#sessions-table th")].map(
		(head, i) => head.ariaSort ? `${i + 1} ${head.ariaSort}` : "").join("")'
}

# page_sorts COLUMN KIND HOW: KIND is n (numbers) or empty (text); HOW is mouse, Enter or Space
page_sorts()
{
	local column at how=$3 turn

	column=$1 at=$(column_of "$1")
	if [ "$how" != mouse ]; then
		script 'document.querySelector(arguments[0]).focus()' "$(heading $((at - 1))) button"
		press Tab
	fi
	for turn in ascending descending; do
		if [ "$how" = mouse ]; then
			click "$(heading "$at") button"
		else
			press "$how"
		fi
		same "by $column ($how): $turn as sort(1) has it" "$(sessions_shown)" \
			"$(sorted_by "$at" "$2$([ $turn = ascending ] || echo r)")"
		is "by $column ($how): only its heading says so" "$(aria_sort)" "$at $turn"
	done
}

# page_filters WORD...: shows the rows that have all of them
page_filters()
{
	local word

	script 'return [...document.querySelectorAll("#sessions-table tbody tr:not(.ladder)")].map(row =>
		[...row.cells].map(cell => cell.textContent).join(" ")).join("\n")' >"$work/texts"
	for word; do
		# Hops may be written as the CSV files have them.
		[[ $word != *?'>'?* ]] || word=${word//>/ > }
		grep -iF -e "$word" "$work/texts" >"$work/texts.next"
		mv "$work/texts.next" "$work/texts"
	done
	click '#filter'
	type_words "$*"
	same "\"$*\" shows what grep finds" "$(sessions_shown)" "$(grep -oE '^[0-9]+' "$work/texts")"
	is "\"$*\": it says how many" "$(script 'return document.getElementById("shown").textContent')" \
		"$(wc -l <"$work/texts") of $(wc -l <"$work/first")"
	type_words ''
	is "\"$*\" taken away: all are back" "$(sessions_shown | wc -l)" "$(wc -l <"$work/first")"
}

# ---- ladders ----

ladder_open()
{
	script 'return document.querySelector(arguments[0]).ariaExpanded + " " +
		document.querySelectorAll("tr.ladder").length' "$(ladder_button "$1")"
}

ladder_button()
{
	echo "button.open[data-session=\"$1\"]"
}

focused()
{
	script 'const at = document.activeElement; return at.dataset.session || at.id || at.localName'
}

# page_ladder SESSION: opened by mouse and keyboard, and what is in it
page_ladder()
{
	local number=$1 button arrows

	button=$(ladder_button "$1")
	"$report" -s "$store" --session "$number" >"$work/story" 2>&1
	grep -E '^ {1,4}[0-9]+\.[0-9]{6} ' "$work/story" >"$work/arrows"
	click "$button"
	is "ladder $number: a click opens it" "$(ladder_open "$number")" 'true 1'
	is "ladder $number: as many packets as --session has arrows" \
		"$(script 'return document.querySelectorAll(".rungs svg > g").length')" \
		"$(wc -l <"$work/arrows")"
	is "ladder $number: as many crosses as drops.csv has rows of it" \
		"$(script 'return document.querySelectorAll(".rungs path.x").length')" \
		"$(csv drops session="$number")"
	same "ladder $number: the delays are those of --session" \
		"$(script 'return [...document.querySelectorAll(".rungs .delay")].map(text => text.textContent)
			.join("\n").replaceAll("µ", "u")' | sort)" \
		"$(cut -d'[' -f1 "$work/arrows" | grep -oE '[0-9.]+ (ns|us|ms|s)' | sort)"
	arrows=$(script 'return document.querySelector(".rungs svg").ariaLabel')
	is "ladder $number: what it shows is told in words, too" \
		"$(grep -o 'seen at' <<<"$arrows" | wc -l)" "$(wc -l <"$work/arrows")"
	click "$button"
	is "ladder $number: another click closes it" "$(ladder_open "$number")" 'false 0'
	script 'document.querySelector(arguments[0]).focus()' "$button"
	press Enter
	is "ladder $number: Enter opens it" "$(ladder_open "$number")" 'true 1'
	press Tab
	is "ladder $number: the next place is in it" \
		"$(script 'return document.activeElement.closest("tr").className')" ladder
	press Escape
	is "ladder $number: Escape closes it" "$(ladder_open "$number")" 'false 0'
	is "ladder $number: and its button has the focus again" "$(focused)" "$number"
	go about:blank
	go "$(page_url)#session-$number"
	is "ladder $number: an address that names it opens it" "$(ladder_open "$number")" 'true 1'
}

# ---- looks ----

# page_layout WIDTH: with a ladder open, light and dark
page_layout()
{
	local scheme

	width "$1" light
	go about:blank
	go "$(page_url)#session-$(head -n 1 "$work/first")"
	is "width $1: nothing is wider than the window" "$(script 'return Math.max(0,
		document.documentElement.scrollWidth - innerWidth)')" 0
	for scheme in light dark; do
		width "$1" $scheme
		is "width $1, $scheme: every text stands out" "$(script 'return matchMedia(
			"(prefers-color-scheme: dark)").matches ? "dark" : "light"') $(of contrast)" \
			"$scheme of many texts"
	done
}

# Names as the browser tells them to a screen reader.
page_names()
{
	script 'for (const hop of document.querySelectorAll("details")) hop.open = true'
	cdp Accessibility.getFullAXTree | jq -r '.nodes[] | select(.ignored | not) |
		select(.role.value | IN("button", "link", "searchbox", "textbox", "image", "table", "navigation",
			"DisclosureTriangle")) |
		[.role.value, (.name.value // "")] | join("|")' >"$work/names"
	is 'what can be acted on, and each picture, has a name' \
		"$(grep -E '\|$' "$work/names" | grep -v '^table' | sort -u) $(
			grep -c '^image|' "$work/names")" \
		" $(script 'return document.querySelectorAll("svg[role=img]").length')"
	is 'each picture is an image to a screen reader' \
		"$(script 'return document.querySelectorAll("svg:not([role=img])").length')" 0
	is 'no id is there twice' "$(script 'const ids = [...document.querySelectorAll("[id]")].map(at => at.id);
		return ids.filter((id, i) => ids.indexOf(id) !== i).join(" ")')" ''
	is 'each link within the page leads somewhere' "$(script 'return [...document.querySelectorAll("a[href]")]
		.filter(link => !document.getElementById(link.getAttribute("href").slice(1)))
		.map(link => link.outerHTML).join(" ")')" ''
}

page_tabs()
{
	local most tabs=() i

	go about:blank
	go "$(page_url)"
	most=$(script 'window.reached = new Set();
		addEventListener("focusin", event => window.reached.add(event.target));
		return document.querySelectorAll("a, button, input, summary, .wide, .scroll").length + 20')
	for ((i = 0; i < most; i++)); do
		tabs+=(Tab)
	done
	press "${tabs[@]}"
	is 'the key Tab comes to all that can be acted on' "$(of reached)" ''
}

page_prints()
{
	local open

	go about:blank
	go "$(page_url)"
	script 'for (const hop of document.querySelectorAll("details.hop")) hop.open = false'
	cdp Page.printToPDF '{"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": true}' |
		jq -r .data | base64 -d >"$work/page.pdf"
	is 'it prints, on pages' "$(head -c 5 "$work/page.pdf") $(($(
		grep -acE '/Type ?/Page\b' "$work/page.pdf") > 1))" '%PDF- 1'
	open=$(script 'return document.querySelectorAll("details.hop:not([open])").length')
	is 'and all hops are open then' "$open" 0
}

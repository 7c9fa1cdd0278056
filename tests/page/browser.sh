# A browser for shell tests (bash, sourced): headless Chromium, driven by its own chromedriver
# in W3C WebDriver with curl and jq. $work is the test's folder.
# shellcheck disable=SC2154

BROWSER_ANSWER_S=60 # no single command takes that long

browser_driver= browser_process= browser_session= browser_url=

# browser_lacks: what is not installed
browser_lacks()
{
	local program

	for program in chromium chromedriver jq curl; do
		command -v "$program" >/dev/null || printf '%s ' "$program"
	done
}

# browser_begin: status 1 where no browser can be had; its driver's words are in $work/driver
browser_begin()
{
	local line answer

	# Port 0: the system gives a free one, and the driver says which.
	mkfifo "$work/driver.said" && mkdir "$work/profile" || return 1
	chromedriver --port=0 --log-level=SEVERE >"$work/driver.said" 2>"$work/driver" &
	browser_driver=$!
	exec 9<"$work/driver.said"
	while read -r -t "$BROWSER_ANSWER_S" -u 9 line; do
		[[ $line =~ 'started successfully on port '([0-9]+) ]] || continue
		browser_url=http://127.0.0.1:${BASH_REMATCH[1]}/session
		break
	done
	[ "$browser_url" ] || return 1
	answer=$(jq -n --arg profile "$work/profile" '{capabilities: {alwaysMatch: {
		browserName: "chrome",
		"goog:loggingPrefs": {browser: "ALL", performance: "ALL"},
		"goog:chromeOptions": {args: ["--headless", "--no-sandbox", "--disable-gpu",
			"--disable-quic", "--no-first-run", "--disable-background-networking",
			"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
			"--force-device-scale-factor=1", "--lang=en", "--user-data-dir=" + $profile]}}}}' |
		curl -s -S -m "$BROWSER_ANSWER_S" -d @- "$browser_url" 2>>"$work/driver") || return 1
	browser_session=$(jq -r '.value.sessionId // empty' <<<"$answer")
	browser_process=$(jq -r '.value.capabilities["goog:processID"] // empty' <<<"$answer")
	[ "$browser_session" ] || { jq -r '.value.message' <<<"$answer" >>"$work/driver"; return 1; }
	# What the browser's own first page asked for does not count.
	go about:blank && requests >/dev/null && console >/dev/null
}

browser_end()
{
	[ -z "$browser_session" ] ||
		curl -s -m 10 -X DELETE "$browser_url/$browser_session" >/dev/null 2>&1
	browser_session=
	# shellcheck disable=SC2086
	[ -z "$browser_driver$browser_process" ] || kill $browser_driver $browser_process 2>/dev/null
	[ -z "$browser_driver" ] || wait "$browser_driver" 2>/dev/null
	browser_driver= browser_process=
}

# json TEXT: as a string of JSON (no control characters but tab and newline)
json()
{
	local text=${1//\\/\\\\}

	text=${text//\"/\\\"}
	text=${text//$'\n'/\\n}
	printf '"%s"' "${text//$'\t'/\\t}"
}

# tell COMMAND [JSON]: the driver's answer as it is
tell()
{
	local body=()

	[ $# -lt 2 ] || body=(-d @-)
	curl -s -S -m "$BROWSER_ANSWER_S" "${body[@]}" "$browser_url/$browser_session/$1" \
		<<<"${2:-}"
}

# ask COMMAND [JSON]: the answer's value, a string as it is, others as JSON; status 1 and a word on
# stderr after an error
ask()
{
	local answer

	answer=$(tell "$@")
	[ "$answer" != '{"value":null}' ] || return 0
	jq -r 'if (.value | type) == "object" and .value.error
		then error(.value.error + ": " + (.value.message | split("\n")[0])) else .value end |
		if type == "string" then . else tojson end' <<<"$answer"
}

# go URL
go()
{
	ask url "{\"url\": $(json "$1")}"
}

# script TEXT [WORD]...: the body of a function with these arguments; what it returns
script()
{
	local body word words=

	body=$(json "$1")
	shift
	for word; do
		words="$words${words:+, }$(json "$word")"
	done
	ask execute/sync "{\"script\": $body, \"args\": [$words]}"
}

# click CSS: the mouse goes there and clicks
click()
{
	local answer

	answer=$(tell element "{\"using\": \"css selector\", \"value\": $(json "$1")}")
	[[ $answer =~ element-[0-9a-f-]+\":\"([^\"]+)\" ]] && ask "element/${BASH_REMATCH[1]}/click" '{}'
}

# press KEY...: names of keys, or one character each; to whatever has the focus
press()
{
	local key keys=

	for key; do
		case $key in
		Tab) key='\ue004' ;;
		Enter) key='\ue007' ;;
		Escape) key='\ue00c' ;;
		Backspace) key='\ue003' ;;
		Space) key=' ' ;;
		esac
		keys="$keys${keys:+, }{\"type\": \"keyDown\", \"value\": \"$key\"}, {\"type\": \"keyUp\", \"value\": \"$key\"}"
	done
	ask actions "{\"actions\": [{\"type\": \"key\", \"id\": \"keys\", \"actions\": [$keys]}]}"
}

# type_words TEXT: instead of what stands in the field with the focus
type_words()
{
	local text=$1 keys=() i

	script 'document.activeElement.select()'
	for ((i = 0; i < ${#text}; i++)); do
		keys+=("${text:i:1}")
	done
	press Backspace "${keys[@]}"
}

# cdp COMMAND [JSON]: of the DevTools protocol
cdp()
{
	ask goog/cdp/execute "{\"cmd\": \"$1\", \"params\": ${2:-"{}"}}"
}

# console: what was said there since it was last asked for, a line each
console()
{
	ask se/log '{"type": "browser"}' | jq -r '.[] | .level + " " + (.message | gsub("\n"; " "))'
}

# requests: the addresses asked for since, a line each
requests()
{
	ask se/log '{"type": "performance"}' | jq -r '.[].message | fromjson.message |
		select(.method | test("^Network.(requestWillBeSent|webSocketCreated)$")) |
		.params.request.url // .params.url'
}

# width COLUMNS light|dark: of the window, in pixels; nothing moves smoothly, so that a click
# meets what it was meant for
width()
{
	cdp Emulation.setDeviceMetricsOverride "{\"width\": $1, \"height\": 900,
		\"deviceScaleFactor\": 1, \"mobile\": false}" >/dev/null
	cdp Emulation.setEmulatedMedia "{\"features\": [
		{\"name\": \"prefers-color-scheme\", \"value\": \"$2\"},
		{\"name\": \"prefers-reduced-motion\", \"value\": \"reduce\"}]}" >/dev/null
}

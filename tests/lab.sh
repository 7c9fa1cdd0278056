#!/bin/bash
# Real stacks, a real firewall, and what its counters say: each scenario of tests/lab/scenes is
# played in network namespaces, captured with tcpdump, and crosstap's answer compared with
# the truth. `tests/lab.sh BUILD [SCENE]...`; tests/README.md says how a scene is written.
# KEEP=DIR keeps each scene's captures and answer in DIR/SCENE. REPLAY=DIR plays nothing: the
# programs of BUILD read what was kept there, and must give the same answer, byte for byte.
# shellcheck disable=SC2034,SC2154
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh
. tests/tools/verify.sh
. tests/lab/net.sh
. tests/lab/scene.sh
. tests/lab/proxy.sh

build=$(cd "$1" && pwd) || exit 2
shift
csvq=$build/lab/csvq

# scene_ask WORK OUT: the arguments' files are relative to WORK
scene_ask()
{
	(cd "$1" && xargs -0 -a arguments "$build/bin/crosstap" -q -o "$2") >"$2/said" 2>&1
}

# answer_sums DIR: of the files that -o writes; scenes leave others beside them
answer_sums()
{
	(cd "$1" && sha256sum -- *.csv summary.txt report.html evidence.pcapng 2>/dev/null)
}

scene_replay()
{
	out=$(mktemp -d) || exit 2
	trap 'rm -rf "$out"' EXIT
	story="$(basename "$1"), kept: "
	scene_ask "$1" "$out"
	is "crosstap ends with 0" $? 0
	is "the answer is the same" "$(diff <(answer_sums "$1/out") <(answer_sums "$out"))" ""
	exit $((failures > 0))
}

scene_play()
{
	local point status

	work=$(mktemp -d) || exit 2
	captures=$work/captures
	out=$work/out
	mkdir "$captures" "$out"
	trap 'net_remove; rm -rf "$work"' EXIT
	trap 'exit 143' INT TERM HUP
	scene_load "$1"
	story="$(basename "$1"): "
	if ! scene_record; then
		[ -n "$cannot" ] && skip "it can be played" "$cannot" || not_ok "it can be played"
		exit $((failures > 0))
	fi
	is "no capture lost a packet" "$(awk '$3 > 0 { print FILENAME, $0 }' "$work"/counted.*)" ""
	[ "$truth" = no ] || scene_count
	arguments=()
	for point in $points; do
		arguments+=("${point%%:*}=$captures/${point%%:*}.pcap")
	done
	after
	[ -z "$path_given" ] || arguments=(--path "$path" "${arguments[@]}")
	printf '%s\0' "${arguments[@]//"$work/"/}" >"$work/arguments"
	scene_ask "$work" "$out"
	status=$?
	[ $status -eq 0 ] || lines_show '# ' "$(cat "$out/said")"
	is "crosstap ends with 0" $status 0
	[ $status -ne 0 ] || scene_verify
	if [ -n "${KEEP:-}" ]; then
		mkdir -p "$KEEP" && rm -rf "$KEEP/$(basename "$1")" &&
			cp -r "$work" "$KEEP/$(basename "$1")"
	fi
	exit $((failures > 0))
}

if [ -n "${REPLAY:-}" ] && [ -d "$REPLAY" ]; then
	failed=0
	for kept in "$REPLAY"/*/arguments; do
		(scene_replay "${kept%/arguments}") || failed=1
	done
	exit $failed
fi
why=$(net_lack)
if [ -n "$why" ]; then
	skip "the lab" "$why"
	exit 0
fi
# One lab at a time on this machine: a loaded machine changes what the stacks do, not the truth,
# but a capture that loses packets tells nothing.
exec 9>"${TMPDIR:-/tmp}/crosstap-lab.lock" && flock 9
# shellcheck disable=SC2012,SC2046
[ $# -gt 0 ] || set -- $(ls tests/lab/scenes)
failed=0
for name; do
	(scene_play "tests/lab/scenes/$name") 9>&- || failed=1
done
exit $failed

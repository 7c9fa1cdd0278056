#!/bin/bash
# The fuzz targets, built by whatever compiler there is, over their seeds and some thousand changes of each: always the
# same ones. `make fuzz-quick` goes on from there. `tests/fuzz.sh BUILD`
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh

build=$(cd "$1" && pwd)/fuzz || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
ROUNDS=${ROUNDS:-1000}

"$build/seeds" "$work/seeds" && mkdir "$work/empty" && cd "$work/empty" || exit 2
story='any bytes: '
for target in "$build"/*; do
	name=${target##*/}
	[ "$name" != seeds ] || continue
	timeout 120 "$target" -m "$ROUNDS" "$work/seeds/$name"/* >"$work/said" 2>&1 </dev/null
	status=$?
	if [ $status -eq 0 ] && [ "$(tail -n 1 "$work/said")" -gt "$ROUNDS" ]; then
		ok "$name holds what it must"
	else
		printf '# exit status %s\n' "$status"
		lines_show '# ' "$(tail -n 30 "$work/said")"
		not_ok "$name holds what it must"
	fi
done
[ $failures -eq 0 ]

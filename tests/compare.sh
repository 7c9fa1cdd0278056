#!/bin/bash
# Before and after: the same traffic through a firewall that did not change, and through one with one
# thing changed; what was changed must be found, and nothing else. `tests/compare.sh BUILD`; needs root
# for the lab. RUNS=N plays the unchanged firewall N more times (2), each compared with the first;
# KEEP=DIR keeps the stores there, REPLAY=DIR asks another build about those.
# shellcheck disable=SC2034,SC2154
set -u
cd "$(dirname "$0")/.." || exit 2
. tests/tools/say.sh
. tests/tools/verify.sh
. tests/lab/net.sh

build=$(cd "$1" && pwd) || exit 2
csvq=$build/lab/csvq

# ---- the lab ----

# What every firewall here does: knows its connections, and spreads 8080 over two servers.
firewall()
{
	in_ns fw sysctl -q -w net.netfilter.nf_conntrack_tcp_loose=0 2>/dev/null || return
	in_ns fw nft -f - <<-END
		table inet filter {
			chain forward {
				type filter hook forward priority 0
				ct state invalid drop
			}
			chain change {
				type filter hook forward priority 10
			}
		}
		table ip nat {
			chain pre {
				type nat hook prerouting priority -100
				ip daddr 10.77.1.1 tcp dport 8080 dnat to numgen inc mod 2 map {
					0 : 10.77.2.2, 1 : 10.77.3.2 }
			}
		}
	END
}

# change RULE...: added to the firewall
change()
{
	in_ns fw nft add rule inet filter change "$@"
}

change_same() { :; }
change_blocked() { change tcp dport 82 drop; }
change_loss() { change meta l4proto tcp numgen random mod 200 == 0 drop; }
change_mss() { change tcp flags syn tcp option maxseg size set 1300; }
change_idle() { in_ns fw sysctl -q -w net.netfilter.nf_conntrack_tcp_timeout_established=3; }
change_backend()
{
	in_ns fw nft flush chain ip nat pre &&
		in_ns fw nft add rule ip nat pre ip daddr 10.77.1.1 tcp dport 8080 dnat to 10.77.2.2
}
call()
{
	ip netns exec "$lab-client" "$build/lab/call" "$@" >/dev/null
}

# Some 1,200 sessions in six seconds.
traffic_router()
{
	local calls=()

	call -n 300 -p 18 -c 40 -r 2 -q 100-1000 -a 100-6000 -t 8000 10.77.2.2 80 & calls+=($!)
	call -n 200 -p 27 -c 40 -q 100-1000 -a 100-3000 -t 8000 10.77.2.2 443 & calls+=($!)
	call -n 200 -p 27 -c 40 -t 250 10.77.2.2 82 & calls+=($!)
	call -n 200 -p 27 -c 40 -t 8000 10.77.1.1 8080 & calls+=($!)
	call -n 200 -p 27 -c 40 -u -t 500 10.77.2.2 81 & calls+=($!)
	call -n 12 -c 12 -e silent -t 4000 10.77.2.2 83 & calls+=($!)
	wait "${calls[@]}"
	tcp_quiet
}

# play_router NAME CHANGE: a store of it
play_router()
{
	captures=$work/$1
	mkdir "$captures"
	net_make router && firewall && "change_$2" || return
	start server serve 80 81 82 83 443 8080 && start server2 serve 8080 || return
	capture fw-in fw in0 && capture fw-out fw out0 && capture fw-out2 fw out1 || return
	traffic_router
	captures_end
	net_remove
	"$build/bin/crosstap" -q -s "$stores/$1.ct" --path fw-in,fw-out/fw-out2 \
		fw-in="$captures/fw-in.pcap" fw-out="$captures/fw-out.pcap" \
		fw-out2="$captures/fw-out2.pcap"
}

# play_bump NAME OPTION...: through a box that copies frames
play_bump()
{
	captures=$work/$1
	mkdir "$captures"
	net_make bump && start server serve 80 443 && start fw bump --log "$work/acts.$1" "${@:2}" in0 out0 &&
		capture in fw in0 && capture out fw out0 || return
	call -n 300 -p 18 -c 40 -r 2 -q 100-1000 -a 100-6000 -t 8000 10.77.1.3 80 &
	call -n 200 -p 27 -c 40 -q 100-1000 -a 100-3000 -t 8000 10.77.1.3 443
	wait $!
	tcp_quiet
	captures_end
	net_remove
	"$build/bin/crosstap" -q -s "$stores/$1.ct" --path in,out in="$captures/in.pcap" \
		out="$captures/out.pcap"
}

# In a process of its own, whose number is in the namespaces' names.
one()
{
	(
		work=$(mktemp -d) || exit
		lab=ct$BASHPID
		lab_children=()
		trap 'net_remove; rm -rf "$work"' EXIT
		trap 'exit 143' INT TERM HUP
		"$@" >"$stores/$2.said" 2>&1
	) || not_ok "$2 can be played: $(tail -n 1 "$stores/$2.said")"
}

# all RUN...: three at a time; each is the words of a play
all()
{
	local run running=()

	for run; do
		# shellcheck disable=SC2086
		one $run & running+=($!)
		if [ ${#running[@]} -eq 3 ]; then
			wait "${running[@]}"
			running=()
		fi
	done
	wait "${running[@]}"
}

# ---- what is asked ----

# compared BEFORE AFTER: into compare.csv of a folder of its own, for csv
compared()
{
	local status

	out=$work/$2
	story="$2: "
	"$build/bin/crosstap-report" -q --before "$stores/$1.ct" --after "$stores/$2.ct" -o "$out" \
		--fail-on regression 2>"$work/said"
	status=$?
	is "--fail-on regression says whether there is one" $status \
		$(($(csv compare verdict=regression) > 0))
}

# found COUNT CONDITION...: so many rows that are so, called a regression
found()
{
	is "found: ${*:2}" "$(csv compare verdict=regression "${@:2}")" "$1"
}

# nothing_else [CONDITION]...: no other row is called worse, new or gone. On a machine that does other
# things at the same time, delays do differ from run to run: QUIET=1 says that it does not.
nothing_else()
{
	local quiet=()

	[ -n "${QUIET:-}" ] || quiet=('metric!=handshake_us' 'metric!=client_us' 'metric!=path_us'
		'metric!=server_us' 'metric!=delay_p50_us' 'metric!=delay_p90_us' 'metric!=delay_p99_us'
		'metric!=delay_both_p50_us')
	is "nothing else is called worse" "$(csv compare -p subject,metric,before,after,p_value \
		verdict=regression "${quiet[@]}" "$@")" ""
	is "nothing else is called new or gone" "$(csv compare -p subject,metric verdict=new "$@"
		csv compare -p subject,metric verdict=gone "$@")" ""
}

hop='fw-in>fw-out/fw-out2'

ask_same()
{
	compared base "$1"
	nothing_else
	within "rows were tested" "$(csv compare 'p_value>=0')" 30 200
}

ask_blocked()
{
	compared base blocked
	found 1 subject=10.77.2.2:82/tcp metric=success_ratio 'after<0.05'
	found 1 subject=10.77.2.2:82/tcp metric=failed_ratio cause=syn_dropped "hop=$hop"
	found 1 "subject=$hop forward" metric=loss_ratio cause=policy
	nothing_else 'subject!=10.77.2.2:82/tcp' 'subject!=all sessions' "subject!=$hop forward"
}

ask_loss()
{
	compared base loss
	found 1 "subject=$hop forward" metric=loss_ratio cause=loss 'after>0.002' 'after<0.01'
	found 1 "subject=$hop reverse" metric=loss_ratio cause=loss 'after>0.002' 'after<0.01'
	nothing_else metric!=loss_ratio metric!=dropped_ratio metric!=degraded_ratio \
		metric!=retransmission_ratio
}

ask_mss()
{
	compared base mss
	found 1 "subject=$hop forward mss" metric=modified_ratio "hop=$hop"
	found 1 "subject=$hop reverse mss" metric=modified_ratio "hop=$hop"
	is "the values are new" "$(csv compare verdict=new 'subject~ mss 1460>1300')" 2
	is "and what the points behind it see offered" \
		"$(csv compare -p verdict,subject metric=offered_ratio 'p_value<0.01' | sort)" \
		"gone|fw-in server mss 1460
gone|fw-out client mss 1460
gone|fw-out2 client mss 1460
new|fw-in server mss 1300
new|fw-out client mss 1300
new|fw-out2 client mss 1300"
	nothing_else "subject!=$hop forward mss" "subject!=$hop reverse mss" \
		"subject!=$hop forward mss 1460>1300" "subject!=$hop reverse mss 1460>1300" \
		metric!=offered_ratio
}

ask_idle()
{
	compared base idle
	found 1 subject=10.77.2.2:83/tcp metric=aborted_ratio "hop=$hop" 'after>0.99'
	found 1 subject=10.77.2.2:83/tcp metric=dropped_ratio cause=state "hop=$hop" 'after>0.99'
	nothing_else 'subject!=10.77.2.2:83/tcp' 'subject!=all sessions' "subject!=$hop forward"
}

ask_backend()
{
	compared base backend
	is "the backend is gone" "$(csv compare -p subject,metric,hop verdict=gone)" \
		"10.77.1.1:8080/tcp > 10.77.3.2:8080/tcp|backend_ratio|$hop"
	nothing_else 'verdict!=gone'
}

ask_late()
{
	compared bump late
	found 1 'subject=in>out forward' metric=delay_p99_us 'change>1500' 'change<3000' 'hop=in>out'
	found 1 'subject=in>out reverse' metric=delay_p99_us 'change>1500' 'change<3000' 'hop=in>out'
	# what is overtaken looks lost to the sender
	nothing_else 'metric!=delay_p99_us' 'metric!=delay_p90_us' metric!=retransmission_ratio
}

# What does not depend on what was played: a run and itself; several before; the same bytes.
ask_forms()
{
	local report=$build/bin/crosstap-report other=$work/other

	compared base base
	is "nothing is other than itself" "$(csv compare -p subject,metric 'change!=0.000000' 'change!=')" ""
	is "nor called so" "$(csv compare verdict!=same verdict!=insufficient)" 0
	story="several before: "
	"$report" -q --before "$stores/base.ct" --before "$stores/loss.ct" --after "$stores/loss.ct" -o "$work/two"
	out=$work/two
	is "what is normal in one of them is no regression" "$(csv compare verdict=regression)" 0
	"$report" -q --before "$stores/loss.ct" --before "$stores/base.ct" --after "$stores/loss.ct" -o "$other"
	is "in any order" "$(cmp "$work/two/compare.csv" "$other/compare.csv" 2>&1 | wc -l)" 0
	"$report" -q --before "$stores/base.ct" --before "$stores/same1.ct" --after "$stores/loss.ct" -o "$other"
	out=$other
	is "what is in none of them is one" \
		"$(csv compare verdict=regression metric=loss_ratio cause=loss)" 2
	story="--verify: "
	ask_verify
	story="forms: "
	"$report" --before "$stores/base.ct" --after "$stores/loss.ct" --csv compare >"$work/stdout.csv"
	is "--csv compare is the file" "$(cmp "$work/stdout.csv" "$work/loss/compare.csv" 2>&1)" ""
	"$report" --before "$stores/base.ct" --after "$stores/loss.ct" --format html >"$work/stdout.html"
	is "--format html is the page" "$(cmp "$work/stdout.html" "$work/loss/report.html" 2>&1)" ""
	is "--format json has the rows" "$("$report" --before "$stores/base.ct" --after "$stores/loss.ct" \
		--format json | jq '.compare | length')" "$(($(csvq_rows "$work/loss/compare.csv")))"
	LC_ALL=C.UTF-8 TZ=Asia/Kathmandu "$report" -q --before "$stores/base.ct" --after "$stores/loss.ct" -o "$other"
	is "no locale or time zone changes a byte" "$(diff -r "$work/loss" "$other")" ""
	is "every change is after less before" "$(awk -F, 'NR > 1 && $6 != "" && $1 !~ /"/ {
		d = $5 - $4 - $6; if (d > 2e-6 || d < -2e-6) print }' "$work/loss/compare.csv")" ""
}

# Each changed byte of a comparison's files is found.
ask_verify()
{
	local stores_of=(--before "$stores/base.ct" --after "$stores/loss.ct") file missed=

	cp -r "$work/loss" "$work/bad"
	is "nothing is wrong" "$("$build/bin/crosstap-report" --verify "$work/bad" "${stores_of[@]}" 2>&1)" \
		"ok - all files as the stores give them"
	for file in compare.csv compare_inputs.csv summary.txt report.html SHA256SUMS; do
		printf X | dd of="$work/bad/$file" bs=1 seek=77 conv=notrunc status=none
		"$build/bin/crosstap-report" --verify "$work/bad" "${stores_of[@]}" >/dev/null 2>"$work/said"
		[ $? -eq 3 ] && grep -qF "$file" "$work/said" || missed="$missed $file"
		cp "$work/loss/$file" "$work/bad/$file"
	done
	is "a changed byte is found" "$missed" ""
	"$build/bin/crosstap-report" --verify "$work/bad" >/dev/null 2>&1
	is "which stores it is of must be said" $? 2
}

# What a client asks for is anybody's words: sessions of lab/crowd, which ask for these names.
ask_hostile()
{
	local report=$build/bin/crosstap-report

	mkdir "$work/names"
	printf '=cmd|x' >"$work/names/1"
	printf '</td><script>x</script>' >"$work/names/2"
	printf '\033[31m\n,"' >"$work/names/3"
	"$build/lab/crowd" "$work/a.pcap" "$work/b.pcap" 200 "$work/names"/1 &&
		"$build/bin/crosstap" -q -s "$work/one.ct" --path a,b a="$work/a.pcap" b="$work/b.pcap" &&
		"$build/lab/crowd" "$work/a.pcap" "$work/b.pcap" 200 "$work/names"/2 "$work/names"/3 &&
		"$build/bin/crosstap" -q -s "$work/two.ct" --path a,b a="$work/a.pcap" b="$work/b.pcap"
	out=$work/hostile
	story="hostile names: "
	"$report" -q --before "$work/two.ct" --after "$work/one.ct" -o "$out"
	is "a formula is text" "$(csv compare -p name subject~:80 metric=sessions_per_s | sort -u)" "'=cmd|x"
	"$report" -q --before "$work/one.ct" --after "$work/two.ct" -o "$out"
	is "markup is text" "$(grep -c '<script' "$out/report.html")" 0
	is "which is shown" "$(($(grep -o '&lt;/td&gt;&lt;script' "$out/report.html" | wc -l) > 0))" 1
	is "no file has a control character" "$(LC_ALL=C grep -lP '[\x00-\x08\x0b-\x1f\x7f]' "$out"/*)" ""
	is "every row has all columns" "$("$csvq" "$out/compare.csv")" \
		"$("$report" --before "$work/one.ct" --after "$work/two.ct" --format json | jq '.compare | length')"
	(cd "$out" && sha256sum --quiet -c SHA256SUMS) >"$work/sums" 2>&1
	is "SHA256SUMS has the files' digests" $? 0
}

csvq_rows()
{
	"$csvq" "$1"
}

# Another build says the same of the stores that were kept.
ask_again()
{
	local kept

	for kept in "$REPLAY"/compare/*/compare.csv; do
		kept=$(dirname "$kept")
		story="$(basename "$kept"), kept: "
		"$build/bin/crosstap-report" -q --before "$stores/$(cat "$kept/before").ct" \
			--after "$stores/$(basename "$kept").ct" -o "$work/again"
		is "the answer is the same" "$(diff -x before -x csvq.log "$kept" "$work/again")" ""
	done
}

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM HUP
stores=$work/stores
[ -z "${KEEP:-}" ] || stores=$KEEP/compare
if [ -n "${REPLAY:-}" ] && [ -d "$REPLAY/compare" ]; then
	stores=$REPLAY/compare
	ask_hostile
	ask_again
	exit $((failures > 0))
fi
mkdir -p "$stores"
ask_hostile
why=$(net_lack)
if [ -n "$why" ]; then
	story=
	skip "before and after, played" "$why"
	exit $((failures > 0))
fi
plays=("play_router base same" "play_router blocked blocked" "play_router loss loss"
	"play_router mss mss" "play_router idle idle" "play_router backend backend"
	"play_bump bump" "play_bump late --late 0.083 --late-us 2000")
for run in $(seq "${RUNS:-1}"); do
	plays+=("play_router same$run same")
done
all "${plays[@]}"
for run in $(seq "${RUNS:-1}"); do
	ask_same "same$run"
done
for change in blocked loss mss idle backend late; do
	"ask_$change"
	[ -n "${KEEP:-}" ] || continue
	rm -rf "${stores:?}/$change" && cp -r "$work/$change" "$stores"
	if [ $change = late ]; then echo bump; else echo base; fi >"$stores/$change/before"
done
ask_forms
exit $((failures > 0))

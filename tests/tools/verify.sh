# What a run of crosstap must always hold, and the questions that tests ask it (bash,
# sourced after say.sh). $out is the folder of its CSV files, $work one for what the test
# itself works out, $csvq the program.
# shellcheck disable=SC2154

# csv NAME [QUERY]...: see lab/csvq.c; prints "none" where the file or a column is missing
csv()
{
	local name=$1

	shift
	"$csvq" "$out/$name.csv" "$@" 2>>"$out/csvq.log" || echo none
}

# Alternatives of a hop may be found in any order: each side's points are put in order.
hops_in_order()
{
	awk -F'|' -v OFS='|' '
		function ordered(text,    n, part, i, j, swap, joined) {
			n = split(text, part, "/")
			for (i = 1; i <= n; i++)
				for (j = i + 1; j <= n; j++)
					if (part[j] < part[i]) {
						swap = part[i]; part[i] = part[j]; part[j] = swap
					}
			for (i = 1; i <= n; i++)
				joined = joined (i > 1 ? "/" : "") part[i]
			return joined
		}
		{ split($1, side, ">"); $1 = ordered(side[1]) ">" ordered(side[2]); print }'
}

# hop_spelled HOP: as this run's hops.csv spells it
hop_spelled()
{
	local spelled

	while read -r spelled; do
		if [ "$(echo "$spelled" | hops_in_order)" = "$(echo "$1" | hops_in_order)" ]; then
			echo "$spelled"
			return
		fi
	done < <(csv hops -p hop | sort -u)
	echo "$1"
}

# path_hops "client,fw-in,fw-out/fw-out2": one hop a line
path_hops()
{
	echo "$1" | awk -F, '{ for (i = 1; i < NF; i++) print $i ">" $(i + 1) }'
}

verify_path()
{
	is "the path is $1" "$(csv hops -p hop | hops_in_order | sort -u)" \
		"$(path_hops "$1" | hops_in_order | sort -u)"
}

# Every packet is accounted for: rows sum up to the captures, lists are as long as counts.
verify_sums()
{
	local classes=matched,dropped,local,uncaptured,edge,ambiguous,excluded

	is "each row of hops.csv sums up" "$(csv hops -p hop,direction,packets,$classes |
		awk -F'|' 'NF != 10 || $3 != $4 + $5 + $6 + $7 + $8 + $9 + $10')" ""
	is "each row of balance.csv sums up" \
		"$(csv balance -p hop,direction,point,packets,$classes,injected,duplicated,copies |
		awk -F'|' '{ sum = 0; for (i = 5; i <= NF; i++) sum += $i }
			NF != 14 || $4 != sum')" ""
	is "balance.csv says balanced in each row" "$(csv balance balanced!=yes)" 0
	is "each point's packets are those of its captures" "$(
		{
			csv manifest -p point,packets | sed 's/^/file|/'
			csv balance -p point,hop,packets | sed 's/^/hop|/'
		} | awk -F'|' '
			$1 == "file" { held[$2] += $3; next }
			{ sum[$2 "|" $3] += $4 }
			END {
				for (key in sum) {
					split(key, part, "|")
					if (sum[key] != held[part[1]])
						print key " sums to " sum[key] ", captured " held[part[1]]
				}
				for (key in sum)
					n++
				if (!n)
					print "no rows"
			}')" ""
	verify_list drops dropped
	verify_list injected injected
	verify_distributions
	verify_set
}

# What crosstap itself checks of a set; --verify's own tests are in audit.sh.
verify_set()
{
	# shellcheck disable=SC2154
	is "--verify finds nothing wrong with the set" \
		"$("$build/bin/crosstap-report" -q --verify "$out" 2>&1)" ""
}

# The bins of distributions.csv hold the packets of hops.csv, and each what belongs there.
verify_distributions()
{
	local edges=64,128,256,512,1024,1281,1401,1500,1501,9001

	is "the lengths of distributions.csv are those of the packets that hops.csv judges" \
		"$(csv distributions -p hop,direction,packets,dropped kind=length_bytes |
			awk -F'|' -v OFS='|' '{ way = $1 OFS $2; packets[way] += $3; dropped[way] += $4 }
				END { for (way in packets) print way, packets[way], dropped[way] }' | sort)" \
		"$(csv hops -p hop,direction,matched,dropped,uncaptured |
			awk -F'|' -v OFS='|' '$3 + $4 + $5 { print $1, $2, $3 + $4 + $5, $4 }' | sort)"
	is "its dropped packets of each length are those of drops.csv" \
		"$(csv distributions -p hop,direction,from_bytes,dropped kind=length_bytes 'dropped>0' | sort)" \
		"$(csv drops -p hop,direction,length_bytes | awk -F'|' -v OFS='|' -v edges=$edges '
			BEGIN { n = split(edges, edge, ",") }
			{
				from = 0
				for (i = 1; i <= n && $3 >= edge[i]; i++)
					from = edge[i]
				count[$1 OFS $2 OFS from]++
			}
			END { for (class in count) print class, count[class] }' | sort)"
	is "its delays are as many as those of delays.csv" \
		"$(csv distributions -p hop,direction,packets kind=delay_us |
			awk -F'|' -v OFS='|' '{ sum[$1 OFS $2] += $3 }
				END { for (way in sum) print way, sum[way] }' | sort)" \
		"$({
			csv hops -p hop,direction,delay_p50_us | sed 's/^/hop|/'
			csv delays -p hop,direction,packets | sed 's/^/time|/'
		} | awk -F'|' -v OFS='|' '
			$1 == "hop" { known[$2 OFS $3] = $4 != ""; next }
			known[$2 OFS $3] { sum[$2 OFS $3] += $4 }
			END { for (way in sum) print way, sum[way] }' | sort)"
	is "each delay of hops.csv lies in the bin that counts it" "$({
			csv distributions -p hop,direction,packets,from_us,to_us kind=delay_us | sed 's/^/bin|/'
			csv hops -p hop,direction,delay_min_us,delay_p50_us,delay_p90_us,delay_p99_us,delay_max_us |
				sed 's/^/hop|/'
		} | awk -F'|' -v OFS='|' '
			$1 == "bin" {
				way = $2 OFS $3
				n[way]++
				total[way] += $4
				up_to[way, n[way]] = total[way]
				from[way, n[way]] = $5
				to[way, n[way]] = $6
				next
			}
			$4 != "" {
				way = $2 OFS $3
				split("0 500 900 990 1000", permille, " ")
				for (i = 1; i <= 5; i++) {
					rank = int((total[way] * permille[i] + 999) / 1000)
					for (bin = 1; bin < n[way] && up_to[way, bin] < rank; bin++)
						;
					low = from[way, bin]; high = to[way, bin]; delay = $(3 + i)
					if ((low != "" && delay + 0 < low + 0) || (high != "" && delay + 0 >= high + 0))
						print way, delay, "is not from", low, "to", high
				}
			}')" ""
}

# verify_list FILE COLUMN: as many rows in FILE.csv as COLUMN of hops.csv counts
verify_list()
{
	is "$1.csv has a row for each packet that hops.csv counts" \
		"$(csv "$1" -p hop,direction | sort | uniq -c | awk '{ print $2 "|" $1 }')" \
		"$(csv hops -p "hop,direction,$2" "$2>0" | sort)"
}

# acts_file HOP: where the acts of a hop, as tools/brute prints them, are kept
acts_file()
{
	echo "$work/acts.${1//\//+}"
}

# acts_of ACT HOP...: the hops' acts whose name matches, as rows for comparing
acts_of()
{
	local act=$1 hop

	shift
	for hop; do
		awk -F'|' -v OFS='|' -v act="$act" -v hop="$hop" '
			$1 ~ "^(" act ")$" { print hop, $2, $5, $6, $7, $8, $9, $10, $11 }' "$(acts_file "$hop")"
	done | hops_in_order
}

# verify_acts HOP...: the packets that brute counting calls dropped and injected are those of
# drops.csv and injected.csv; those that it calls drop? may be there.
verify_acts()
{
	local columns=hop,direction,src,sport,dst,dport,ip_id,tcp_seq,tcp_ack

	acts_of drop "$@" | sort >"$out/drops.certain"
	acts_of 'drop[?]' "$@" | sort >"$out/drops.open"
	acts_of inject "$@" >"$out/injected.expected"
	csv drops -p $columns | hops_in_order | sort >"$out/drops.got"
	csv injected -p $columns | hops_in_order >"$out/injected.got"
	# what is certain may look like what is open: a SYN-ACK and its repetitions
	comm -23 "$out/drops.got" "$out/drops.certain" | comm -12 - "$out/drops.open" |
		cat - "$out/drops.certain" >"$out/drops.expected"
	same_lines "drops.csv names the dropped packets" "$out/drops.got" "$out/drops.expected"
	same_lines "injected.csv names the injected packets" "$out/injected.got" \
		"$out/injected.expected"
	is "hops.csv counts the network's duplicates" \
		"$(csv hops -p hop,direction,duplicated 'duplicated>0' | hops_in_order | sort)" \
		"$(acts_of dup "$@" | cut -d'|' -f1,2 | sort | uniq -c | awk '{ print $2 "|" $1 }')"
}

# verify_dropped SENTENCE COUNT [DIRECTION]: so many at the busy hop, but for those of which nobody
# can tell (where brute counting says drop?): they may be called ambiguous
verify_dropped()
{
	local open=0

	[ ! -e "$out/drops.open" ] || open=$(grep -c "^[^|]*|${3:-}" "$out/drops.open")
	# A mirror port's copies may stand in for what was dropped: those of them that are called ambiguous.
	[ "${mirror:-no}" = no ] || open=$(csv hops -s ambiguous "hop=$busy" ${3:+direction=$3})
	within "$1" "$(csv hops -s dropped "hop=$busy" ${3:+direction=$3})" $(($2 - open)) "$2"
}

# verify_delays HOP...: the median delay lies between the quantiles 0.45 and 0.55 of the
# delays of packets that were seen once on each side, give or take the published clock error;
# where packets that were seen more often are many, between those that they leave possible.
# Those delays are those of the clocks that made the captures: they must be one clock.
verify_delays()
{
	local hop direction bounds error matched

	for hop; do
		for direction in forward reverse; do
			matched=$(csv hops -p matched "hop=$(hop_spelled "$hop")" direction=$direction)
			bounds=$(awk -F'|' -v direction=$direction \
				'$1 == "delay" && $2 == direction { print $3 }' "$(acts_file "$hop")" |
				sort -g | awk -v matched="$matched" '{ us[NR] = $1 }
				END {
					others = matched > NR ? (matched - NR) / 2 : 0
					low = int(NR * 0.45 - others)
					high = int(NR * 0.55 + others) + 1
					if (NR > 20 && low >= 1 && high <= NR)
						print us[low], us[high]
				}')
			[ -n "$bounds" ] || continue
			error=$(csv hops -p clock_error_us "hop=$(hop_spelled "$hop")" \
				direction=$direction)
			[ -n "$error" ] || continue
			# The quantiles come from a histogram with an error of 0.4 %.
			within "$hop, $direction: the median delay is that of the captures" \
				"$(csv hops -p delay_p50_us "hop=$(hop_spelled "$hop")" \
					direction=$direction)" \
				$(echo "$bounds $error" |
					awk '{ print $1 - $1 * 0.004 - $3, $2 + $2 * 0.004 + $3 }')
		done
	done
}

# verify_idle HOP: it forwards all and makes nothing
verify_idle()
{
	local hop

	hop=$(hop_spelled "$1")
	is "$1 has packets in both directions" \
		"$(csv hops "hop=$hop" 'packets>0' direction!=none)" 2
	is "$1 does nothing" "$(for column in dropped injected duplicated uncaptured ambiguous; do
		csv hops -s $column "hop=$hop"
	done | tr '\n' ' ')" "0 0 0 0 0 "
}

# verify_frames FRAMES POINT: drops.csv's frames of POINT lead to the packets it names
verify_frames()
{
	is "the frame numbers of drops at $2 lead to these packets" "$(
		csv drops -p frame,src,dst,ip_id,tcp_seq "seen_at=$2" |
			awk -F'|' 'NR == FNR { packet[$1] = $2 "|" $3 "|" $7 "|" $8; next }
				packet[$1] != $2 "|" $3 "|" $4 "|" $5' "$1" -)" ""
}

# What was measured before, in history.csv: a line for each stage of each case. Sourced by run.

HISTORY_KEEPS=6  # entries of a stage on one kind of machine
HISTORY_NOISE=10 # %, at least

history=$here/history.csv
history_columns='commit,date,cpu,cores,packets,stage,wall_s,cpu_s,peak_mib,bare_ratio,noise_percent'

# machine: its processor and cores, as two columns
machine()
{
	awk -F': *' '/^model name/ { gsub(/,/, " "); print $2; exit }' /proc/cpuinfo |
		tr '\n' ','
	nproc
}

# A line for each stage of crosstap's, from column `packets` on: medians (of the memory the greatest); the
# wall in units of the bare loop's, where that ran; how far the rounds of both were apart.
history_now()
{
	sort -k 1,1 -k 2,2n "$folder/measured" | awk '
		function finish() {
			if (!n)
				return
			order[++labels] = label
			wall[label] = (x[int((n + 1) / 2)] + x[int(n / 2) + 1]) / 2
			rest[label] = sprintf("%.3f,%.3f,%.0f", wall[label], cpu / n, peak / 1024)
			noise[label] = wall[label] ? (x[n] - x[1]) * 100 / wall[label] : 0
			n = cpu = peak = 0
		}
		$1 != label { finish(); label = $1 }
		{
			x[++n] = $2
			cpu += $3 + $4
			peak = $5 > peak ? $5 : peak
		}
		END {
			finish()
			for (i = 1; i <= labels; i++) {
				split(order[i], part, /[-:]/) # CASE-PACKETS:STEP
				if (part[1] == "tshark" || part[3] !~ /^(whole|collect|correlate|reports)$/)
					continue
				bare = part[1] "-" part[2] ":bare"
				printf "%s,%s:%s,%s,%s,%.0f\n", part[2], part[1], part[3], rest[order[i]],
					wall[bare] ? sprintf("%.2f", wall[order[i]] / wall[bare]) : "",
					noise[order[i]] + noise[bare]
			}
		}'
}

# Says which stages became slower than they were last on this kind of machine, by more than both noises.
history_compare()
{
	[ -s "$folder/measured" ] || return 0
	echo
	history_now | awk -F, -v machine="$(machine)" -v least=$HISTORY_NOISE '
		FNR == NR && $3 "," $4 == machine {
			key = $5 "," $6
			commit[key] = $1
			wall[key] = $7
			cpu[key] = $8
			ratio[key] = $10
			noise[key] = $11
		}
		FNR == NR { next }
		($1 "," $2) in commit {
			key = $1 "," $2
			unit = $6 != "" && ratio[key] != "" ? "x bare" : "s"
			now = unit == "s" ? $3 : $6
			was = unit == "s" ? wall[key] : ratio[key]
			allowed = least
			allowed = noise[key] > allowed ? noise[key] : allowed
			allowed = $7 > allowed ? $7 : allowed
			seen++
			if (now <= was * (1 + allowed / 100))
				next
			slower++
			printf "slower: %s of %s packets: %.2f %s, was %.2f at %s (+%.0f %%, noise %.0f %%); ",
				$2, $1, now, unit, was, commit[key], (now / was - 1) * 100, allowed
			printf "CPU %.2f s, was %.2f s\n", $4, cpu[key]
		}
		END {
			if (!seen)
				print "history: nothing of this kind of machine"
			else if (!slower)
				printf "history: none of %d stages is slower than it was last\n", seen
		}' "$history" -
}

# Adds what was measured, and drops what is too old.
history_record()
{
	commit=$(git -C "$here" rev-parse --short HEAD) || die 'no commit to record'
	[ -z "$(git -C "$here" status --porcelain --untracked-files=no)" ] || commit=$commit+
	{
		tail -n +2 "$history"
		history_now | sed "s/^/$commit,$(date -u +%Y-%m-%d),$(machine),/"
	} >"$folder/history" || die 'no history' 4
	{
		echo "$history_columns"
		awk -F, -v keeps=$HISTORY_KEEPS '
			{
				line[NR] = $0
				key[NR] = $3 "," $4 "," $5 "," $6
				count[key[NR]]++
			}
			END {
				for (i = 1; i <= NR; i++)
					if (count[key[i]]-- <= keeps)
						print line[i]
			}' "$folder/history"
	} >"$folder/history.csv" && cp "$folder/history.csv" "$history" ||
		die "$history cannot be written" 4
	echo "history: added to tests/bench/history.csv as $commit"
}

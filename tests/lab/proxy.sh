# Proxies in the lab (bash, sourced after scene.sh): haproxy and nginx on the firewall, in front of
# lab/web on both servers, asked by lab/ask. Truth is what the proxy's own log says: each line
# names the client's leg and the server's.
# shellcheck disable=SC2034,SC2154

front=10.77.1.1			# the proxy's address to the client
back=10.77.2.2 back2=10.77.3.2	# the servers

# One line for each request or session; see proxy_truth.
legs='%ci|%cp|%fi|%fp|%bi|%bp|%si|%sp'
http_log="log-format \"$legs|%HM|%HU|%ST|%ts|%rc|%s|%Tw|%Tc|%Tr|%Ta\""
tcp_log="log-format \"$legs|-|-|-|%ts|%rc|%s|%Tw|%Tc|-|%Tt\""

# proxy_load PROGRAM: what a scene with this proxy sets
proxy_load()
{
	proxy=$(command -v "$1" || ls "$build/unpacked/$1" 2>/dev/null ||
		ls "$build/../unpacked/$1" 2>/dev/null) || cannot="no $1"
	points='client:client:eth0 fw-in:fw:in0 fw-out:fw:out0 fw-out2:fw:out1'
	path=client,fw-in,fw-out/fw-out2
	busy='fw-in>fw-out/fw-out2'
}

# listening NS PORT...: waits until somebody listens there
listening()
{
	local ns=$1 port until=$((SECONDS + 10)) missing=yes

	shift
	while [ -n "$missing" ]; do
		[ $SECONDS -lt $until ] || return 1
		missing=
		for port; do
			in_ns "$ns" cat /proc/net/tcp /proc/net/tcp6 |
				awk -v end=":$(printf %04X "$port")" '
					$4 == "0A" && substr($2, length($2) - 4) == end { found = 1 }
					END { exit !found }' || missing=$port
		done
	done
}

# web NS PORT...: what it was asked goes to $work/web.log
web()
{
	start "$1" web "$work/web.log" "${@:2}"
}

# daemon NS LOG COMMAND...: in the background, until net_remove
daemon()
{
	ip netns exec "$lab-$1" "${@:3}" >"$2" 2>>"$2.said" </dev/null &
	lab_children+=($!)
}

# haproxy_run PORT...: its configuration on stdin, after what all have (of two threads that log at
# the same time, one drops its line)
haproxy_run()
{
	[ -z "$cannot" ] || return
	{
		cat <<-END
			global
				log stdout format raw local0
				nbthread 1
			defaults
				log global
				timeout connect 1s
				timeout client 8s
				timeout server 8s
		END
		cat
	} >"$work/haproxy.cfg"
	daemon fw "$work/proxy.log" "$proxy" -db -f "$work/haproxy.cfg"
	listening fw "$@" && return
	lines_show '# haproxy: ' "$(cat "$work/proxy.log.said")"
	return 1
}

# nginx_run PORT...: the http block on stdin
nginx_run()
{
	[ -z "$cannot" ] || return
	{
		cat <<-END
			daemon off;
			master_process off;
			pid $work/nginx.pid;
			error_log stderr;
			events { }
			http {
				client_body_temp_path $work/nginx-body;
				proxy_temp_path $work/nginx-proxy;
				fastcgi_temp_path $work/nginx-fastcgi;
				uwsgi_temp_path $work/nginx-uwsgi;
				scgi_temp_path $work/nginx-scgi;
				log_format legs '\$remote_addr|\$remote_port|\$server_addr|\$server_port|'
					'\$request_id|\$request_method|\$request_uri|\$status|\$upstream_status';
				access_log $work/proxy.log legs;
		END
		cat
		echo '}'
	} >"$work/nginx.conf"
	daemon fw "$work/nginx" "$proxy" -c "$work/nginx.conf"
	listening fw "$@" && return
	lines_show '# nginx: ' "$(cat "$work/nginx.said")"
	return 1
}

# certificate: $work/key.pem and $work/cert.pem, for anybody
certificate()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj /CN=shop.example -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
}

# ask OPTION... HOST PORT [TARGET]...: what the client saw, added to $work/asked
ask()
{
	ip netns exec "$lab-client" "$build/lab/ask" "$@" >>"$work/asked"
}

# proxy_logged N: waits until the proxy has logged so many requests
proxy_logged()
{
	local until=$((SECONDS + 10))

	while [ "$(wc -l <"$work/proxy.log")" -lt "$1" ]; do
		[ $SECONDS -lt $until ] || return 1
	done
}

# proxy_truth: $work/truth.csv out of the proxy's log and the servers': a row for each request or
# session. A server's leg that nobody names is empty (the proxy answered by itself). status_server
# is what the servers' log says of the request; the requests on one connection are in order
# in both logs.
proxy_truth()
{
	local legs=client,client_port,front,front_port,proxy,proxy_port,server,server_port

	echo $legs,method,target,status_client,status_server,ended,retries
	touch "$work/web.log"
	awk -F'|' -v OFS=, '
		function cell(text) { return text == "-" || text == -1 ? "" : text }
		FILENAME == ARGV[1] && $5 != "" { by_id[$5] = $1 OFS $2 OFS $3 OFS $4; said_id[$5] = $8; next }
		FILENAME == ARGV[1] { leg = $1 FS $2 FS $3 FS $4; said[leg, ++n[leg]] = $8; next }
		NF == 9 { print $1, $2, $3, $4, $5 in by_id ? by_id[$5] : ",,,", $6, $7, $8, said_id[$5], "", "" }
		NF >= 13 {
			leg = $5 FS $6 FS $7 FS $8
			print $1, $2, $3, $4, cell($5), cell($6), cell($7), cell($8), cell($9),
				cell($10), cell($11), said[leg, ++taken[leg]], $12, $13
		}' "$work/web.log" "$work/proxy.log"
}

# pairs_logged: client's leg|server's leg, of what the log pairs
pairs_logged()
{
	awk -F, -v OFS='|' 'FNR > 1 && $6 != "" { print $1, $2, $3, $4, $5, $6, $7, $8 }' \
		"$work/truth.csv" | sort -u
}

# pairs_told: confidence|client's leg|server's leg, of translations.csv
pairs_told()
{
	local legs=from_src,from_sport,from_dst,from_dport,to_src,to_sport,to_dst,to_dport

	csv translations -p confidence,$legs kind=proxy | sort
}

# pairs_judge TRIES: each pair told as right, wrong, or stray where the log knows the server's
# leg of nobody; TRIES is a port where all are tries that failed, which the log does not name.
pairs_judge()
{
	awk -F'|' -v OFS='|' -v tries="$1" '
		{ back = $(NF - 3) OFS $(NF - 2) OFS $(NF - 1) OFS $NF }
		FILENAME == ARGV[1] { paired[$0] = known[back] = 1; next }
		$NF == tries { next }
		{
			pair = substr($0, length($1) + 2)
			print (pair in paired ? "right" : back in known ? "wrong" : "stray"), $0
		}' "$out/pairs.logged" "$out/pairs.told"
}

# joined_wrongly TRIES: sessions that hold a client's and a server's leg which the log does not pair
joined_wrongly()
{
	local legs=src,sport,dst,dport side

	for side in fw-in fw-out fw-out2; do
		csv session_points -p session,$legs point=$side | sed "s/^/$side|/"
	done | awk -F'|' -v OFS='|' -v tries="$1" '
		FILENAME == ARGV[1] { paired[$0] = 1; next }
		{ leg = $3 OFS $4 OFS $5 OFS $6 }
		$1 == "fw-in" { front[$2] = leg; next }
		$2 in front && $6 != tries && leg != front[$2] && !((front[$2] OFS leg) in paired) {
			print front[$2], leg
		}' "$out/pairs.logged" -
}

# statuses_logged: leg|status, where both legs carried this one request and it can be read (of
# several legs of a session at one point the tables tell together)
statuses_logged()
{
	awk -F, -v OFS='|' '
		function leg(i) { return $i OFS $(i + 1) OFS $(i + 2) OFS $(i + 3) }
		FNR == 1 { pass++; next }
		pass == 1 { requests[leg(1)]++; requests[leg(5)]++; next }
		requests[leg(1)] > 1 || ($6 != "" && requests[leg(5)] > 1) || $14 ~ /[1-9]/ { next }
		$11 ~ /^[0-9]+$/ && $4 != 443 { print leg(1), $11 }
		$12 ~ /^[0-9]+$/ { print leg(5), $12 }' "$work/truth.csv" "$work/truth.csv" | sort
}

statuses_told()
{
	local legs=src,sport,dst,dport side

	for side in fw-in fw-out fw-out2; do
		csv session_points -p $legs,http_status point=$side 'http_status>0'
	done | awk -F'|' -v OFS='|' '
		{ leg = $1 OFS $2 OFS $3 OFS $4 }
		FILENAME == ARGV[1] { asked[leg] = 1; next }
		leg in asked' "$out/statuses.logged" -
}

# verify_local: all that goes to the proxy or comes from it, by counting packets with an address
# of the firewall's
verify_local()
{
	local point bearing

	for point in fw-in fw-out fw-out2; do
		bearing=$(awk -F'|' -v list="$fw_addresses" '
			BEGIN { n = split(list, part, ","); for (i = 1; i <= n; i++) own[part[i]] }
			$2 in own || $3 in own { bearing++ }
			END { print bearing + 0 }' "$work/packets.$point")
		is "at $point all that the proxy sends and gets is local" \
			"$(($(csv balance -s local point=$point "hop=$busy") +
			$(csv balance -s edge point=$point "hop=$busy")))" "$bearing"
	done
}

# verify_proxy PERCENT [TRIES]: what translations.csv pairs against the proxy's log, of which so
# much must be found; what is told as sure is right, of the rest as much as it promises. Nothing else
# tells equal requests apart that ran at the same time.
verify_proxy()
{
	proxy_truth >"$work/truth.csv"
	pairs_logged >"$out/pairs.logged"
	pairs_told >"$out/pairs.told"
	pairs_judge "${2:-}" >"$out/pairs.judged"
	is "the pairs told as sure are the log's" \
		"$(awk -F'|' '$1 != "right" && $2 >= 0.95' "$out/pairs.judged")" ""
	within "of the log's pairs, in per cent, are told" "$(awk -v of="$(wc -l <"$out/pairs.logged")" \
		-F'|' '$1 == "right" { n++ } END { print n * 100 / of }' "$out/pairs.judged")" "$1" 100
	is "as many pairs are right as their confidences promise" "$(awk -F'|' '
		{ right += $1 == "right"; sum += $2; spread += $2 * (1 - $2) }
		END { if (right < sum - 1 - 3 * sqrt(spread)) print right " of " NR ", promised " sum }' \
		"$out/pairs.judged")" ""
	# a refused check of health, just when a request waits, looks like that request's first try
	is "no leg is paired for sure that the log knows of nobody" \
		"$(awk -F'|' '$1 == "stray" && $2 > 0.6' "$out/pairs.judged")" ""
	within "... and few as a guess" "$(grep -c ^stray "$out/pairs.judged")" 0 2
	is "they lie at the proxy's hop" "$(csv translations kind=proxy "hop!=$busy")" 0
	is "one session holds no legs but those that belong together" "$(joined_wrongly "${2:-}")" ""
	statuses_logged >"$out/statuses.logged"
	statuses_told >"$out/statuses.told"
	[ ! -s "$out/statuses.logged" ] ||
		same_lines "each leg has the status that its end said" "$out/statuses.told" \
			"$out/statuses.logged"
	verify_local
}

# verify_carried LOW HIGH: requests that the pairs carried, together
verify_carried()
{
	within "the pairs carried as many requests" "$(csv translations -s sessions kind=proxy)" \
		"$1" "$2"
}

# resets_told: of each RST of resets.csv whose leg the log names: who sent it to whom, how the
# log says that the session ended (haproxy's termination state), the method, and the cause
resets_told()
{
	csv resets -p src,sport,dst,dport,cause |
		awk -F'|' -v OFS='|' '
			FILENAME == ARGV[1] {
				split($0, cell, ",")
				client = cell[1] OFS cell[2]; front = cell[3] OFS cell[4]
				proxy = cell[5] OFS cell[6]; server = cell[7] OFS cell[8]
				who[client OFS front] = "client>proxy"; who[front OFS client] = "proxy>client"
				who[proxy OFS server] = "proxy>server"; who[server OFS proxy] = "server>proxy"
				how = cell[13] OFS cell[9]
				ended[client OFS front] = ended[front OFS client] = how
				ended[proxy OFS server] = ended[server OFS proxy] = how
				next
			}
			($1 OFS $2 OFS $3 OFS $4) in who {
				leg = $1 OFS $2 OFS $3 OFS $4
				print who[leg], ended[leg], $5
			}' "$work/truth.csv" - | sort | uniq -c | awk '{ print $2 "|" $1 }'
}

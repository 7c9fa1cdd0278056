/* What shows a cause, in words: the numbers that prove it, and what else would look alike. */
#include "correlate/cause_hop.h"

#include "collect/packet.h"

static uint64_t say_offered(const struct cause_hop *c, unsigned d)
{
	return c->passed[d] + c->dropped[d];
}

/* "192.0.2.1:80", of TCP or UDP; other protocols have no ports. */
static void say_service(const struct cause_service *service, bool of_client, struct words *words)
{
	bool ports = service->proto == 6 || service->proto == 17 || service->proto == 132;
	uint8_t bytes = service->version == 4 ? 4 : 16;

	words_add_end(words, service->server, bytes, ports, service->port);
	words_add(words, service->proto == 6    ? " (tcp)"
			 : service->proto == 17 ? " (udp)"
						: "");
	if (!of_client)
		return;
	words_add(words, " and client ");
	words_add_end(words, service->client, bytes, false, 0);
}

void cause_say_answered(const struct cause_hop *c, const struct cause_drop *drop,
			struct words *words)
{
	const struct cause_answer *a = &c->answer[drop->answer - 1];

	words_sentence(words, "");
	cause_answer_say(c, drop, words);
	if (a->type_code == (3 << 8 | 4) || a->type_code == 2 << 8) {
		words_add(words, a->mtu ? ", telling an MTU of " : ", telling no MTU");
		if (a->mtu)
			words_add_number(words, a->type_code == 2 << 8 ? a->mtu : a->mtu & 0xffff);
		words_add(words, ": it has ");
		cause_say_count(words, drop->odd->length, "byte", "bytes");
	}
}

void cause_say_ttl(const struct cause_hop *c, const struct cause_drop *drop, struct words *words)
{
	unsigned d = drop->odd->direction;

	words_sentence(words, "it came with a TTL of ");
	words_add_number(words, drop->odd->ttl);
	if (!c->hops_known[d]) {
		words_add(words, ", which ends at a hop that routes; whether this one does, nothing shows");
		return;
	}
	words_add(words, ", of which this hop takes off ");
	words_add_number(words, c->hops_taken[d]);
}

void cause_say_mtu(const struct cause_hop *c, const struct cause_drop *drop, struct words *words)
{
	unsigned d = drop->odd->direction;

	words_sentence(words, "it must not be fragmented and has ");
	cause_say_count(words, drop->odd->length, "byte", "bytes");
	words_add(words, "; of ");
	cause_say_count(words, c->passed[d], "packet", "packets");
	words_add(words, " that passed this way none has more than ");
	words_add_number(words, c->longest[d]);
	words_add(words, ", of longer ones ");
	words_add_number(words, c->bigger_dropped[d]);
	words_add(words, " died, and the hop told nobody of this one");
}

void cause_say_fragment(const struct cause_hop *c, const struct cause_drop *drop,
			struct words *words)
{
	unsigned d = drop->odd->direction;
	uint64_t passed = c->result->fragments[d][0] + c->result->fragments[d][1];
	uint64_t died = c->fragments_dropped[d];

	words_sentence(words, "");
	words_add_number(words, died);
	words_add(words, " of ");
	cause_say_count(words, passed + died, "fragment", "fragments");
	words_add(words, " died this way, but ");
	words_add_number(words, c->dropped[d] - died);
	words_add(words, " of ");
	cause_say_count(words, say_offered(c, d) - passed - died, "other packet", "other packets");
}

void cause_say_policy(const struct cause_hop *c, const struct cause_drop *drop,
		      struct words *words)
{
	const struct cause_service *service = cause_service_of(c, drop->odd, false);
	unsigned d = drop->odd->direction;

	words_sentence(words, "none of ");
	cause_say_count(words, service->dropped[d], "packet", "packets");
	words_add(words, " of service ");
	say_service(service, false, words);
	words_add(words, " passed this way, in ");
	cause_say_count(words, service->sessions[d], "session", "sessions");
	words_add(words, ", while ");
	words_add_number(words, c->passed[d]);
	words_add(words, c->passed[d] == 1 ? " other did" : " others did");
	if (drop->odd->reason == REASON_ONE_SIDE_HOST)
		words_add(words, "; nothing else reaches that host either: a rule or a missing way look alike");
}

void cause_say_policy_client(const struct cause_hop *c, const struct cause_drop *drop,
			     struct words *words)
{
	const struct cause_service *service = cause_service_of(c, drop->odd, true);
	unsigned d = drop->odd->direction;

	words_sentence(words, "none of ");
	cause_say_count(words, service->dropped[d], "packet", "packets");
	words_add(words, " of service ");
	say_service(service, true, words);
	words_add(words, " passed this way, while others use the service: a rule for this client, or "
			 "its sessions alone were cut off just then");
}

void cause_say_cut(const struct cause_hop *c, const struct cause_drop *drop, struct words *words)
{
	int64_t ago_ns = drop->odd->time_ns - cause_session_of(c, drop)->reset_ns;

	words_sentence(words, "the hop put a RST into this session ");
	cause_say_time(words, ago_ns < 0 ? -ago_ns : ago_ns);
	words_add(words, ago_ns < 0 ? " later" : " before");
	words_add(words, ", and nothing more passed this way");
}

/* "60.1 s to 62.0 s"; "about 60.1 s" where nobody would tell them apart. */
static void say_range(int64_t least_ns, int64_t most_ns, struct words *words)
{
	bool alike = most_ns - least_ns < least_ns / 100;

	words_add(words, alike ? "about " : "");
	cause_say_time(words, least_ns);
	if (alike)
		return;
	words_add(words, " to ");
	cause_say_time(words, most_ns);
}

/* "14 sessions were dropped after 60.1 s to 62.0 s of silence" and what bounds the timer. */
static void say_cluster(const struct gap_cluster *cluster, struct words *words)
{
	words_sentence(words, "");
	cause_say_count(words, cluster->sessions, "session was", "sessions were");
	words_add(words, " dropped after ");
	say_range(cluster->least_ns, cluster->most_ns, words);
	words_add(words, " of silence");
	if (cluster->contradicted) {
		words_add(words, ", though packets still passed after ");
		cause_say_time(words, cluster->passed_ns);
		words_add(words, ": an idle timeout, but not for all");
		return;
	}
	words_add(words, ": an idle timeout of ");
	if (cluster->passed_ns >= CAUSE_SILENCE_MIN_NS / 10) {
		cause_say_time(words, cluster->passed_ns);
		words_add(words, " at least (after that packets still passed) and ");
	}
	cause_say_time(words, cluster->least_ns);
	words_add(words, " at most");
}

void cause_say_silence(const struct cause_hop *c, const struct cause_drop *drop,
		       struct words *words)
{
	const struct cause_session *s = cause_session_of(c, drop);

	words_sentence(words, "its session had been idle for ");
	cause_say_time(words, s->silence_ns);
	words_add(words, ", then ");
	if (drop->revived) {
		words_add(words, "nothing passed before the other end spoke");
	} else {
		cause_say_count(words, s->trailing, "packet", "packets");
		words_add(words, " died and none passed");
	}
	if (s->cluster)
		say_cluster(&c->cluster[s->cluster - 1], words);
	else if (c->silent_sessions > 1) {
		words_sentence(words, "it was so with ");
		words_add_number(words, c->silent_sessions);
		words_add(words, " sessions, after silences of different lengths");
	} else {
		words_sentence(words, "one session alone: an idle timeout, or it was cut off for another reason");
	}
}

void cause_say_moment(const struct cause_hop *c, const struct cause_drop *drop,
		      struct words *words)
{
	words_sentence(words, "");
	cause_say_count(words, c->moment.sessions, "session", "sessions");
	words_add(words, " that had passed died from one moment on (within ");
	cause_say_time(words, c->moment.to_ns - c->moment.from_ns);
	words_add(words, "), while new ones of the same client and service passed: the hop's table of "
			 "sessions was emptied, or another box took over without it");
}

void cause_say_no_session(const struct cause_hop *c, const struct cause_drop *drop,
			  struct words *words)
{
	const struct cause_session *s = cause_session_of(c, drop);

	words_sentence(words, "none of its session's ");
	cause_say_count(words, s->drops, "packet", "packets");
	words_add(words, " passed and no handshake was seen: the box does not know the session, "
			 "or a rule forbids it");
	if (c->unknown_sessions > 1) {
		words_add(words, "; ");
		words_add_number(words, c->unknown_sessions);
		words_add(words, " sessions are like it");
	}
}

void cause_say_burst(const struct cause_hop *c, const struct cause_drop *drop,
		     struct words *words)
{
	const struct cause_burst *burst = &c->burst[drop->burst - 1];

	words_sentence(words, "");
	words_add_number(words, burst->drops);
	words_add(words, " of ");
	cause_say_count(words, burst->packets, "packet", "packets");
	words_add(words, " this way died within ");
	cause_say_time(words, burst->to_ns - burst->from_ns);
	words_add(words, ", of ");
	cause_say_count(words, burst->sessions, "session", "sessions");
	words_add(words, ", up to ");
	words_add_number(words, burst->longest);
	words_add(words, " in a row (a loss period of RFC 3357): ");
	words_add(words, burst->sessions > 1
				 ? "a full queue or an outage"
				 : "a full queue, an outage or something about this session");
}

void cause_say_loss(const struct cause_hop *c, const struct cause_drop *drop, struct words *words)
{
	unsigned d = drop->odd->direction;

	words_sentence(words, "");
	words_add_number(words, c->scattered[d]);
	words_add(words, " of ");
	cause_say_count(words, say_offered(c, d), "packet", "packets");
	words_add(words, " (");
	cause_say_percent(words, (double)c->scattered[d] / (double)say_offered(c, d));
	words_add(words, ") died this way without a pattern, in ");
	cause_say_count(words, c->scattered_sessions[d], "session", "sessions");
	words_add(words, " and ");
	cause_say_count(words, c->periods[d].periods, "loss period", "loss periods");
	words_add(words, " (RFC 3357) of ");
	words_add_number(words, c->periods[d].longest);
	words_add(words, c->periods[d].longest == 1 ? " packet" : " packets at most");
}

void cause_say_unknown(const struct cause_hop *c, const struct cause_drop *drop,
		       struct words *words)
{
	const struct cause_session *s = cause_session_of(c, drop);
	uint32_t behind = s->behind[drop->odd->direction];

	if (behind > 1 && cause_no_chance(c, behind)) {
		words_sentence(words, "");
		cause_say_count(words, behind, "packet", "packets");
		words_add(words, " of its session died this way and none passed behind them, which is no "
				 "chance: cut off for a reason that the packets do not show");
		return;
	}
	words_sentence(words, "so few drops, of which none was seen to pass when sent again, say nothing "
			      "of their cause");
}

/* What the rows of reset_cause.c say of RSTs that a hop sent, or that had no effect: what is
 * seen, in numbers, then what it means, and what looks the same. */
#include "correlate/reset_pieces.h"

static void say_one_sided(struct words *w, const struct reset_case *c)
{
	say(w, "seen on its receiver's side of ");
	say_hop(w, c, c->reset->hop);
	say(w, " only");
	say_foreign(w, c);
	if (c->facts->too_quick) {
		say(w, "; it came ");
		say_time(w, c->facts->answered_ns);
		say(w, " after what it answers, sooner than half the round trip to ");
		say(w, say_own(c));
	}
}

void say_challenged(struct words *w, const struct reset_case *c)
{
	say(w, "its sequence number is ");
	say_count(w, c->facts->ahead, "byte");
	say(w, " ahead of what ");
	say(w, say_peer(c));
	say(w, " expected, which sent an empty ACK ");
	say_time(w, c->facts->challenged_ns);
	say(w, " later and went on: the RST had no effect (RFC 5961 3.2)");
	if (c->reset->verdict == RESET_INJECTED) {
		say(w, "; ");
		say_one_sided(w, c);
	}
}

void say_firewall_reject(struct words *w, const struct reset_case *c)
{
	say(w, "RST+ACK with sequence number 0 answers the SYN ");
	say_time(w, c->facts->answered_ns);
	say(w, " after it at ");
	say_point(w, c);
	say(w, c->facts->died ? ", and the SYN died at " : ", and the SYN was not seen behind ");
	say_hop(w, c, c->reset->hop);
	say(w, ": the hop rejects; ");
	say_one_sided(w, c);
}

void say_rejected(struct words *w, const struct reset_case *c)
{
	say(w, "the hop answers ");
	say(w, say_kind(c));
	say(w, " of ");
	say(w, say_peer(c));
	say(w, ", which it did not let pass, ");
	say_time(w, c->facts->answered_ns);
	say(w, " after it at ");
	say_point(w, c);
	if (c->facts->shut) {
		say(w, "; the session had seen a ");
		say(w, c->facts->shut == RESET_SHUT_FIN ? "FIN of " : "RST, and this one is in the name of ");
		say(w, say_own(c));
		say(w, " ");
		say_time(w, c->facts->shut_ns);
		say(w, " before");
	}
	say(w, "; ");
	say_one_sided(w, c);
}

void say_both_sides(struct words *w, const struct reset_case *c)
{
	say(w, "the hop sent a RST to both ends, ");
	say_time(w, c->facts->other_ns);
	say(w, " apart: an inline device cut the session; ");
	say_one_sided(w, c);
}

/* "; in 12 sessions the silence was 301 s to 340 s, and silences up to 280 s passed" */
static void say_gaps(struct words *w, const struct reset_forgotten *crowd)
{
	static const unsigned timers_s[] = {10,	 30,  60,  90,	120, 180,  240,	 300,
					    350, 600, 900, 1200, 1800, 3600, 7200, 86400, 432000};
	const int64_t s = INT64_C(1000000000);
	size_t k, found = 0;
	unsigned timer = 0;

	say(w, "; in ");
	say_count(w, crowd->sessions, "session");
	say(w, " at this hop the silence was ");
	say_time(w, crowd->gap_min_ns);
	if (crowd->gap_max_ns != crowd->gap_min_ns) {
		say(w, " to ");
		say_time(w, crowd->gap_max_ns);
	}
	say(w, ", and the longest one behind which a packet of them passed ");
	say_time(w, crowd->survived_ns);
	for (k = 0; k < sizeof timers_s / sizeof timers_s[0]; k++)
		if (timers_s[k] * s > crowd->survived_ns && timers_s[k] * s <= crowd->gap_min_ns) {
			timer = timers_s[k];
			found++;
		}
	if (found == 1) {
		say(w, ": a usual timer between them is ");
		say_number(w, timer, " s");
	}
}

void say_idle_timeout(struct words *w, const struct reset_case *c)
{
	const struct reset_forgotten *crowd = &c->crowd->hop[c->reset->hop];

	say(w, say_kind(c));
	say(w, " of ");
	say(w, say_peer(c));
	say(w, " after ");
	say_time(w, c->facts->gap_ns);
	say(w, " of silence died at ");
	say_hop(w, c, c->reset->hop);
	say(w, ", which had let this session pass and now answers with a RST: it forgot the session");
	say_gaps(w, crowd);
	if (crowd->sessions == 1)
		say(w, "; one session cannot tell a timer from a state lost otherwise");
	else if (reset_one_moment(crowd))
		say(w, "; all fell silent before the first of them died, so a state lost at one moment fits, too");
	say(w, "; ");
	say_one_sided(w, c);
}

void say_state_lost(struct words *w, const struct reset_case *c)
{
	const struct reset_forgotten *crowd = &c->crowd->hop[c->reset->hop];

	say(w, say_kind(c));
	say(w, " of ");
	say(w, say_peer(c));
	say(w, ", ");
	say_time(w, c->facts->gap_ns);
	say(w, " after the packet before it, died at ");
	say_hop(w, c, c->reset->hop);
	say(w, ", which had let this session pass and now answers with a RST; ");
	if (reset_one_moment(crowd)) {
		say(w, "all ");
		say_count(w, crowd->sessions, "session");
		say(w, " so answered passed the hop before one moment and none after it, within ");
		say_time(w, reset_apart(crowd->dead_first_ns, crowd->alive_last_ns));
		say(w, reset_one_timer(crowd) ? "; one length of silence fits, too"
					      : ": failover, reload or flush");
	} else {
		say(w, "neither one moment nor one length of silence is shown by the ");
		say_count(w, crowd->sessions, "session");
		say(w, " so answered: the hop forgot the session, or a rule forbids it now");
	}
	say(w, "; ");
	say_one_sided(w, c);
}

void say_after_content(struct words *w, const struct reset_case *c)
{
	say(w, c->facts->answers ? say_kind(c) : "the data");
	say(w, " of ");
	say(w, c->facts->answers ? say_peer(c) : say_own(c));
	say(w, " crossed ");
	say_hop(w, c, c->reset->hop);
	say(w, " and ");
	say_time(w, c->facts->answered_ns);
	say(w, " later the RST followed: cut after inspection; ");
	say_one_sided(w, c);
}

void say_forged(struct words *w, const struct reset_case *c)
{
	const struct reset_facts *f = c->facts;

	say_one_sided(w, c);
	if (f->known && f->own_any && f->ip_id && f->own_ip_id && f->ip_id != f->own_ip_id) {
		say(w, "; IP ID ");
		say_number(w, f->ip_id, " behind ");
		words_add_number(w, f->own_ip_id);
	}
	if (f->df_differs)
		say(w, "; its don't-fragment bit is not that of the flow");
	if (f->after_ns != RESET_NEVER) {
		say(w, "; ");
		say(w, say_own(c));
		say(w, " went on ");
		say_time(w, f->after_ns);
		say(w, " later");
	}
	say(w, ": ");
	say(w, say_own(c));
	say(w, ", in whose name it is, did not send it");
}

/* Which of the two connections it is on, and who sent it there. */
static void say_leg(struct words *w, const struct reset_case *c)
{
	say(w, c->facts->by_proxy ? "sent by the proxy to " : "sent by ");
	say(w, c->facts->on_back ? "the server" : "the client");
}

void say_proxy_side(struct words *w, const struct reset_case *c)
{
	bool server = c->facts->ended_by == RESET_LEG_SERVER;

	say_leg(w, c);
	if (!c->facts->by_proxy) {
		say(w, ": it ended its connection first, before the client did on the other leg of the proxy");
		return;
	}
	say(w, server ? ": the server's " : ": the client's ");
	say(w, c->facts->ended_by_reset ? "RST" : "FIN");
	say(w, server == c->facts->on_back ? " had come first, " : " on the other leg had come first, ");
	say_time(w, c->facts->ended_ns);
	say(w, " before");
}

void say_proxy_timeout(struct words *w, const struct reset_case *c)
{
	say_leg(w, c);
	say(w, ", which ended both legs after ");
	say_time(w, c->facts->idle_ns);
	say(w, " without data on either: its timer");
}

/* The table of causes: what must hold for each. */
#include "correlate/cause.h"
#include "correlate/cause_hop.h"

#include "collect/packet.h"
#include "correlate/loss_chance.h"

#define CAUSE_MTU_LEAST 576    /* RFC 791: every link carries that much */
#define CAUSE_POLICY_MIN 2u    /* packets of a service, */
#define CAUSE_CLIENT_MIN 3u    /* ... of one client of it: an opening and two more */
#define CAUSE_CUT_NS 1000000000 /* a box that cuts a session resets it within a second */
#define CAUSE_LOSS_MIN 3u      /* scattered drops, before one that nobody sent again is taken for one */
#define CAUSE_SESSIONS_MIN 3u  /* that a box does not know, when each lost a single packet */
#define CAUSE_DOUBTFUL 70      /* per cent: a verdict below may be no drop at all */

/* ---- what the hop said itself ---- */

static const struct cause_answer *cause_answer(const struct cause_hop *c,
					       const struct cause_drop *drop)
{
	return drop->answer ? &c->answer[drop->answer - 1] : NULL;
}

/* RFC 792, RFC 4443: time exceeded in transit */
static bool cause_told_ttl(const struct cause_hop *c, const struct cause_drop *drop)
{
	const struct cause_answer *a = cause_answer(c, drop);

	return a && a->type_code == (a->version == 6 ? 3 << 8 : 11 << 8);
}

/* RFC 1191: fragmentation needed; RFC 8201: packet too big */
static bool cause_told_mtu(const struct cause_hop *c, const struct cause_drop *drop)
{
	const struct cause_answer *a = cause_answer(c, drop);

	return a && a->type_code == (a->version == 6 ? 2 << 8 : (3 << 8 | 4));
}

static bool cause_answered(const struct cause_hop *c, const struct cause_drop *drop)
{
	return drop->answer != 0;
}

/* The hop put a RST into the session, before or just after, and let nothing more through. */
static bool cause_cut(const struct cause_hop *c, const struct cause_drop *drop)
{
	const struct odd *odd = drop->odd;
	const struct hop_session *at = &c->result->session[odd->session];
	int64_t reset_ns = cause_session_of(c, drop)->reset_ns;

	return reset_ns != INT64_MAX && reset_ns <= odd->time_ns + CAUSE_CUT_NS &&
	       (!at->matched[odd->direction] ||
		cause_near_time(c, odd) > at->last_ns[odd->direction]);
}

/* ---- what the packet is ---- */

static bool cause_ttl(const struct cause_hop *c, const struct cause_drop *drop)
{
	unsigned d = drop->odd->direction;

	return c->hops_known[d] && c->hops_taken[d] && drop->odd->ttl <= c->hops_taken[d];
}

/* The hop routes, or it does not: nothing shows it. */
static bool cause_ttl_perhaps(const struct cause_hop *c, const struct cause_drop *drop)
{
	return !c->hops_known[drop->odd->direction] && drop->odd->ttl <= 1;
}

/* Something smaller of its session or service passed: else it is no matter of size. */
static bool cause_mtu(const struct cause_hop *c, const struct cause_drop *drop)
{
	const struct odd *odd = drop->odd;
	unsigned d = odd->direction;

	return (odd->flags & PACKET_IP_DF) && odd->length > CAUSE_MTU_LEAST &&
	       odd->length > c->longest[d] &&
	       (c->result->session[odd->session].matched[d] ||
		cause_service_of(c, odd, false)->passed[d]) &&
	       loss_no_chance(c->rate[d], c->bigger_dropped[d], c->bigger_dropped[d], 1);
}

static uint64_t cause_mtu_samples(const struct cause_hop *c, const struct cause_drop *drop)
{
	return c->bigger_dropped[drop->odd->direction];
}

/* Fragments die more often than other packets do. */
static bool cause_fragment(const struct cause_hop *c, const struct cause_drop *drop)
{
	unsigned d = drop->odd->direction;
	uint64_t fragments = c->result->fragments[d][0] + c->result->fragments[d][1];
	uint64_t died = c->fragments_dropped[d];
	double rate = loss_rate(c->dropped[d] - died, c->passed[d] > fragments
							      ? c->passed[d] - fragments
							      : 0);

	return (drop->odd->marks & PACKET_FRAGMENT) &&
	       loss_no_chance(rate, died, fragments + died, 1);
}

static uint64_t cause_fragment_samples(const struct cause_hop *c, const struct cause_drop *drop)
{
	return c->fragments_dropped[drop->odd->direction];
}

/* ---- what its service met with ---- */

static bool cause_opening(const struct odd *odd)
{
	return (odd->flags & (PACKET_TCP_SYN | PACKET_TCP_ACK)) == PACKET_TCP_SYN;
}

static bool cause_service_blocked(const struct cause_hop *c, const struct cause_service *service,
				  unsigned d, uint64_t least)
{
	return !service->passed[d] && service->dropped[d] >= least &&
	       service->dropped[d] > service->in_burst[d] &&
	       loss_no_chance(c->rate[d], service->dropped[d], service->dropped[d],
			      c->services.used);
}

static bool cause_policy(const struct cause_hop *c, const struct cause_drop *drop)
{
	const struct odd *odd = drop->odd;

	if (cause_is_tcp(odd) && !cause_opening(odd) && !cause_session_of(c, drop)->opened)
		return false;
	return cause_service_blocked(c, cause_service_of(c, odd, false), odd->direction,
				     CAUSE_POLICY_MIN);
}

static uint64_t cause_policy_samples(const struct cause_hop *c, const struct cause_drop *drop)
{
	return cause_service_of(c, drop->odd, false)->dropped[drop->odd->direction];
}

static bool cause_policy_client(const struct cause_hop *c, const struct cause_drop *drop)
{
	const struct odd *odd = drop->odd;

	if (cause_is_tcp(odd) && !cause_opening(odd))
		return false;
	return cause_service_blocked(c, cause_service_of(c, odd, true), odd->direction,
				     CAUSE_CLIENT_MIN);
}

static uint64_t cause_client_samples(const struct cause_hop *c, const struct cause_drop *drop)
{
	return cause_service_of(c, drop->odd, true)->dropped[drop->odd->direction];
}

/* ---- what its session met with ---- */

static bool cause_all_in_burst(const struct cause_session *s)
{
	return s->in_burst == s->drops;
}

static bool cause_silence(const struct cause_hop *c, const struct cause_drop *drop)
{
	const struct cause_session *s = cause_session_of(c, drop);

	return drop->revived || (s->silent && drop->trailing && !cause_all_in_burst(s));
}

/* Silences of one length say more than the moment does: that of the timer. */
static bool cause_forgotten(const struct cause_hop *c, const struct cause_drop *drop)
{
	const struct cause_session *s = cause_session_of(c, drop);

	return c->moment.sessions && cause_is_tcp(drop->odd) && drop->trailing && !s->cluster &&
	       s->passed_ns != INT64_MIN && s->passed_ns <= c->moment.from_ns &&
	       s->passed_ns + s->silence_ns >= c->moment.to_ns;
}

static uint64_t cause_forgotten_samples(const struct cause_hop *c, const struct cause_drop *drop)
{
	return c->moment.sessions;
}

static bool cause_contradicted(const struct cause_hop *c, const struct cause_drop *drop)
{
	uint32_t number = cause_session_of(c, drop)->cluster;

	return number && c->cluster[number - 1].contradicted;
}

static bool cause_silence_doubtful(const struct cause_hop *c, const struct cause_drop *drop)
{
	return cause_silence(c, drop) && cause_contradicted(c, drop);
}

static uint64_t cause_silence_samples(const struct cause_hop *c, const struct cause_drop *drop)
{
	uint32_t number = cause_session_of(c, drop)->cluster;

	return number		  ? c->cluster[number - 1].sessions
	       : c->silent_sessions ? c->silent_sessions
				    : 1;
}

static bool cause_no_session(const struct cause_hop *c, const struct cause_drop *drop)
{
	const struct cause_session *s = cause_session_of(c, drop);

	return cause_is_tcp(drop->odd) && s->passed_ns == INT64_MIN && !s->opened &&
	       !cause_all_in_burst(s) &&
	       ((s->drops > 1 && cause_no_chance(c, s->drops)) ||
		c->unknown_sessions >= CAUSE_SESSIONS_MIN);
}

static uint64_t cause_no_session_samples(const struct cause_hop *c, const struct cause_drop *drop)
{
	uint32_t drops = cause_session_of(c, drop)->drops;

	return drops > c->unknown_sessions ? drops : c->unknown_sessions;
}

/* ---- what the traffic met with ---- */

static const struct cause_burst *cause_burst_of(const struct cause_hop *c,
						const struct cause_drop *drop)
{
	return &c->burst[drop->burst - 1];
}

static bool cause_burst(const struct cause_hop *c, const struct cause_drop *drop)
{
	return drop->burst && cause_burst_of(c, drop)->sessions > 1;
}

static bool cause_burst_of_one(const struct cause_hop *c, const struct cause_drop *drop)
{
	return drop->burst != 0;
}

static uint64_t cause_burst_samples(const struct cause_hop *c, const struct cause_drop *drop)
{
	return cause_burst_of(c, drop)->drops;
}

/* The same bytes passed when they were sent again; or it is one of many, and its session went on
 * or ended in no more drops than chance makes. */
static bool cause_loss(const struct cause_hop *c, const struct cause_drop *drop)
{
	const struct cause_session *s = cause_session_of(c, drop);
	const struct odd *odd = drop->odd;

	if (odd->copy_passed)
		return true;
	return odd->confidence >= CAUSE_DOUBTFUL &&
	       c->scattered[odd->direction] >= CAUSE_LOSS_MIN &&
	       !(s->behind[odd->direction] && cause_no_chance(c, s->behind[odd->direction]));
}

static uint64_t cause_loss_samples(const struct cause_hop *c, const struct cause_drop *drop)
{
	return c->scattered[drop->odd->direction];
}

static bool cause_any(const struct cause_hop *c, const struct cause_drop *drop)
{
	return true;
}

/* What the hop says itself comes first, then what every packet of a kind meets with, then what
 * a session does, then what the traffic does. */
static const struct cause_rule cause_rules[] = {
	{DROP_TTL_EXPIRED, 98, cause_told_ttl, NULL, cause_say_answered},
	{DROP_MTU, 98, cause_told_mtu, NULL, cause_say_answered},
	{DROP_RESET_BY_HOP, 97, cause_answered, NULL, cause_say_answered},
	{DROP_TTL_EXPIRED, 90, cause_ttl, NULL, cause_say_ttl},
	{DROP_TTL_EXPIRED, 50, cause_ttl_perhaps, NULL, cause_say_ttl},
	{DROP_MTU, 95, cause_mtu, cause_mtu_samples, cause_say_mtu},
	{DROP_FRAGMENT, 90, cause_fragment, cause_fragment_samples, cause_say_fragment},
	{DROP_RESET_BY_HOP, 90, cause_cut, NULL, cause_say_cut},
	{DROP_POLICY, 97, cause_policy, cause_policy_samples, cause_say_policy},
	{DROP_POLICY, 70, cause_policy_client, cause_client_samples, cause_say_policy_client},
	{DROP_STATE, 95, cause_forgotten, cause_forgotten_samples, cause_say_moment},
	{DROP_STATE, 70, cause_silence_doubtful, cause_silence_samples, cause_say_silence},
	{DROP_STATE, 95, cause_silence, cause_silence_samples, cause_say_silence},
	{DROP_STATE, 75, cause_no_session, cause_no_session_samples, cause_say_no_session},
	{DROP_BURST, 92, cause_burst, cause_burst_samples, cause_say_burst},
	{DROP_BURST, 65, cause_burst_of_one, cause_burst_samples, cause_say_burst},
	{DROP_LOSS, 95, cause_loss, cause_loss_samples, cause_say_loss},
	{DROP_UNKNOWN, 100, cause_any, NULL, cause_say_unknown},
};

uint8_t cause_rule_find(const struct cause_hop *c, const struct cause_drop *drop)
{
	uint8_t r = 0;

	while (!cause_rules[r].holds(c, drop))
		r++;
	return r;
}

const struct cause_rule *cause_rule(uint8_t number)
{
	return &cause_rules[number];
}

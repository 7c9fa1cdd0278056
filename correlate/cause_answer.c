/* What the hop itself answered: RSTs that it put into sessions, ICMP errors of its own. An
 * error is that to a drop when it quotes this packet: the fingerprint of an error is made
 * from what it quotes, so that of each kind of error seen here can be worked out for the
 * drop and looked for. */
#include "correlate/cause_hop.h"
#include "correlate/renumber.h"

#include <stdlib.h>

#include "collect/fingerprint.h"
#include "collect/packet.h"

#define CAUSE_ANSWER_NS 1000000000  /* the hop's own answer to what it drops comes within a second ... */
#define CAUSE_ANSWER_SLACK_NS 1000000 /* ... and, where two captures' clocks are compared, 1 ms too early */
#define CAUSE_LOOKED_MAX 64u        /* RSTs of one session within that time */
#define CAUSE_KINDS_MAX 8u          /* different ICMP errors of a hop */

/* ---- gathering ---- */

static bool answer_reset(const struct odd *odd)
{
	return odd->verdict == VERDICT_INJECTED && odd->proto == 6 && (odd->flags & PACKET_TCP_RST);
}

static bool answer_error(const struct odd *odd)
{
	return odd->verdict == VERDICT_LOCAL && (odd->marks & PACKET_ICMP_ERROR);
}

/* Names the packet that an ICMP error quotes; the digest knows its IP ID. */
static uint64_t answer_key(uint64_t fp, uint32_t digest)
{
	return fp + ((uint64_t)digest << 32);
}

static struct cause_answer answer_make(const struct cause_hop *c, const struct odd *odd)
{
	const struct view_point *point = &c->j->view->point[odd->point];
	struct cause_answer a = {.time_ns = odd->time_ns, .session = odd->session, .way = odd->way,
				 .version = c->j->view->flow[odd->way >> 1].version,
				 .ttl = odd->ttl, .direction = odd->direction};

	if (answer_reset(odd)) {
		a.seq = odd->seq;
		a.ack = view_ack(point, odd->index);
		return a;
	}
	a.quoted = answer_key(view_fingerprint(c->j->view, point, odd->index),
			      (uint32_t)view_get(point, RECORD_DIGEST, odd->index));
	a.type_code = (uint16_t)view_get(point, RECORD_ACK, odd->index);
	a.mtu = (uint32_t)view_get(point, RECORD_SEQ, odd->index);
	return a;
}

static bool answers_collect(struct cause_hop *c)
{
	uint64_t i, n = 0;

	for (i = 0; i < c->odds; i++)
		n += !c->odd[i].upstream && (answer_reset(&c->odd[i]) || answer_error(&c->odd[i]));
	c->answer = malloc((size_t)(n + 1) * sizeof *c->answer);
	if (!c->answer)
		return false;
	for (i = 0; i < c->odds; i++) {
		const struct odd *odd = &c->odd[i];
		struct cause_session *s;

		if (odd->upstream || (!answer_reset(odd) && !answer_error(odd)))
			continue;
		c->answer[c->answers++] = answer_make(c, odd);
		s = answer_reset(odd) ? cause_session_find(c, odd->session) : NULL;
		if (s && s->reset_ns == INT64_MAX)
			s->reset_ns = odd->time_ns;
	}
	return true;
}

/* ---- which answer is whose ---- */

/* Answers by what a drop knows of its own: the session of a RST, the fingerprint of an error. */
struct answer_place {
	uint64_t key;
	int64_t time_ns;
	uint32_t answer;
};

static int answer_place_compare(const void *x, const void *y)
{
	const struct answer_place *a = x, *b = y;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a->answer > b->answer) - (a->answer < b->answer);
}

static struct answer_place *answer_places(const struct cause_hop *c)
{
	struct answer_place *place = malloc(((size_t)c->answers + 1) * sizeof *place);
	uint32_t i;

	for (i = 0; place && i < c->answers; i++) {
		const struct cause_answer *a = &c->answer[i];

		place[i] = (struct answer_place){a->type_code ? a->quoted : a->session, a->time_ns, i};
	}
	if (place && c->answers)
		qsort(place, c->answers, sizeof *place, answer_place_compare);
	return place;
}

/* The first place with this key from `from_ns` on, or that behind where it would be. */
static uint32_t answer_from(const struct cause_hop *c, const struct answer_place *place,
			    uint64_t key, int64_t from_ns)
{
	const struct answer_place wanted = {key, from_ns, 0};
	uint32_t low = 0, high = c->answers;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (answer_place_compare(&place[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* An error of this kind that quotes the drop. */
static struct packet answer_quoting(const struct cause_hop *c, const struct odd *odd,
				    uint16_t type_code)
{
	const struct view_point *point = &c->j->view->point[odd->point];
	bool six = c->j->view->flow[odd->way >> 1].version == 6;
	struct packet error = {.kind = PACKET_IP, .marks = PACKET_ICMP_ERROR, .version = six ? 6 : 4,
			       .proto = six ? 58 : 1, .ack = type_code, .payload_bytes = 1,
			       .has_inner = true, .inner_version = six ? 6 : 4,
			       .inner_proto = odd->proto, .inner_ip_bytes = odd->length,
			       .inner_seq = (uint32_t)view_get(point, RECORD_SEQ, odd->index)};

	error.inner_ip_id = (uint32_t)view_get(point, RECORD_IP_ID, odd->index);
	if (odd->proto == 17)
		error.inner_seq = view_payload(point, odd->index) + 8; /* RFC 768: with the header */
	else if (odd->proto != 6)
		error.inner_seq &= 0xffff;
	return error;
}

struct answer_kinds {
	uint16_t type_code[CAUSE_KINDS_MAX];
	uint32_t count;
};

static void answer_kinds_find(const struct cause_hop *c, struct answer_kinds *kinds)
{
	uint32_t i, k;

	kinds->count = 0;
	for (i = 0; i < c->answers; i++) {
		for (k = 0; k < kinds->count && kinds->type_code[k] != c->answer[i].type_code; k++)
			;
		if (c->answer[i].type_code && k == kinds->count && k < CAUSE_KINDS_MAX)
			kinds->type_code[kinds->count++] = c->answer[i].type_code;
	}
}

/* A RST answers what was sent the other way, a little before: RFC 9293 3.10.7.1 says which
 * numbers it then has. */
static bool answer_is_reset_for(const struct cause_hop *c, const struct cause_answer *a,
				const struct odd *odd)
{
	return !a->type_code && a->session == odd->session && a->direction != odd->direction &&
	       a->time_ns >= odd->time_ns &&
	       (a->ack == odd->end ||
		a->seq == view_ack(&c->j->view->point[odd->point], odd->index));
}

/* The number + 1 of the first answer of this kind (0: a RST) to the drop; 0: there is none. */
static uint32_t answer_of_kind(const struct cause_hop *c, const struct answer_place *place,
			       const struct odd *odd, uint16_t kind)
{
	struct packet error = answer_quoting(c, odd, kind);
	uint64_t seed = c->j->view->seed;
	uint64_t key = kind ? answer_key(fingerprint_packet(&error, seed),
					 fingerprint_digest(&error, seed)) :
			      odd->session;
	uint32_t i = answer_from(c, place, key, odd->time_ns - CAUSE_ANSWER_SLACK_NS), looked;

	for (looked = 0; looked < CAUSE_LOOKED_MAX && i < c->answers; looked++, i++) {
		const struct cause_answer *a = &c->answer[place[i].answer];

		if (place[i].key != key || place[i].time_ns > odd->time_ns + CAUSE_ANSWER_NS)
			return 0;
		if (a->type_code == kind && (kind || answer_is_reset_for(c, a, odd)))
			return place[i].answer + 1;
	}
	return 0;
}

bool cause_answers_gather(struct cause_hop *c)
{
	struct answer_place *place;
	struct answer_kinds kinds;
	uint32_t i, k;

	if (!answers_collect(c))
		return false;
	place = answer_places(c);
	if (!place)
		return false;
	answer_kinds_find(c, &kinds);
	for (i = 0; i < c->drops && c->answers; i++) {
		struct cause_drop *drop = &c->drop[i];

		drop->answer = answer_of_kind(c, place, drop->odd, 0);
		for (k = 0; k < kinds.count && !drop->answer; k++)
			drop->answer = answer_of_kind(c, place, drop->odd, kinds.type_code[k]);
	}
	free(place);
	return true;
}

/* ---- in words ---- */

/* RFC 792, RFC 1812 5.2.7.1, RFC 4443 */
static const struct {
	uint8_t version;
	uint16_t type_code;
	const char *name;
} answer_names[] = {
	{4, 3 << 8 | 0, "net unreachable"},
	{4, 3 << 8 | 1, "host unreachable"},
	{4, 3 << 8 | 2, "protocol unreachable"},
	{4, 3 << 8 | 3, "port unreachable"},
	{4, 3 << 8 | 4, "fragmentation needed"},
	{4, 3 << 8 | 9, "network administratively prohibited"},
	{4, 3 << 8 | 10, "host administratively prohibited"},
	{4, 3 << 8 | 13, "communication administratively prohibited"},
	{4, 11 << 8 | 0, "time exceeded in transit"},
	{6, 1 << 8 | 0, "no route"},
	{6, 1 << 8 | 1, "administratively prohibited"},
	{6, 1 << 8 | 3, "address unreachable"},
	{6, 1 << 8 | 4, "port unreachable"},
	{6, 2 << 8 | 0, "packet too big"},
	{6, 3 << 8 | 0, "hop limit exceeded"},
};

static void answer_say_error(const struct cause_answer *a, struct words *words)
{
	size_t i;

	words_add(words, a->version == 6 ? "the ICMPv6 error " : "the ICMP error ");
	words_add_number(words, a->type_code >> 8);
	words_add(words, "/");
	words_add_number(words, a->type_code & 255);
	for (i = 0; i < sizeof answer_names / sizeof answer_names[0]; i++)
		if (answer_names[i].version == a->version &&
		    answer_names[i].type_code == a->type_code) {
			words_add(words, " (");
			words_add(words, answer_names[i].name);
			words_add(words, ")");
		}
}

/* "10.77.1.1 answered it 0.08 ms later with the ICMP error 3/13 (...)". A RST's numbers fit
 * more than one packet of a session: of it only the time is told. */
void cause_answer_say(const struct cause_hop *c, const struct cause_drop *drop,
		      struct words *words)
{
	const struct cause_answer *a = &c->answer[drop->answer - 1];
	const struct capture_flow *flow = &c->j->view->flow[a->way >> 1];
	int64_t later_ns = a->time_ns - drop->odd->time_ns;
	uint8_t bytes = flow->version == 4 ? 4 : 16;
	bool back = a->way & 1;

	if (a->type_code)
		words_add_end(words, back ? flow->b : flow->a, bytes, false, 0);
	words_add(words, a->type_code ? " answered it " : "the hop sent a RST ");
	cause_say_time(words, later_ns > 0 ? later_ns : 0);
	words_add(words, a->type_code ? " later with " : " later, seen on this side only, in the name of ");
	if (a->type_code)
		answer_say_error(a, words);
	else
		words_add_end(words, back ? flow->b : flow->a, bytes, true,
			      back ? flow->b_port : flow->a_port);
}

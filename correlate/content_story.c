#include <string.h>

#include "correlate/content_rows.h"

/* ---- events in order ---- */

static int event_compare(const struct content_event *a, const struct content_event *b)
{
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->frame != b->frame)
		return a->frame < b->frame ? -1 : 1;
	if (a->row.kind != b->row.kind)
		return a->row.kind < b->row.kind ? -1 : 1;
	if (a->row.seq != b->row.seq)
		return (int32_t)(a->row.seq - b->row.seq) < 0 ? -1 : 1;
	return (a->row.marks & CONTENT_CUT) - (b->row.marks & CONTENT_CUT);
}

/* Each capture's are nearly in order. */
static void events_sort(struct content_event *list, uint32_t count)
{
	uint32_t i, k;

	for (i = 1; i < count; i++) {
		struct content_event event = list[i];

		for (k = i; k > 0 && event_compare(&event, &list[k - 1]) < 0; k--)
			list[k] = list[k - 1];
		list[k] = event;
	}
}

static bool event_same(const struct content_event *a, const struct content_event *b)
{
	return a->row.kind == b->row.kind && a->row.seq == b->row.seq &&
	       a->from_client == b->from_client;
}

/* Drops what is there twice: in two captures of the point, or completed by a copy. The
 * first time counts, and the text that was not cut. */
static uint32_t events_unite(struct content_event *list, uint32_t count)
{
	uint32_t n = 0, i, k;

	for (i = 0; i < count; i++) {
		for (k = 0; k < n && !event_same(&list[k], &list[i]); k++)
			;
		if (k == n)
			list[n++] = list[i];
		else if (list[k].row.marks & CONTENT_CUT && !(list[i].row.marks & CONTENT_CUT))
			list[k].row = list[i].row;
	}
	return n;
}

/* ---- exchanges ---- */

static struct content_words words_of(const char *text, uint8_t bytes)
{
	return (struct content_words){text, bytes};
}

static void exchange_ask(struct content_exchange *x, const struct content_event *e)
{
	*x = (struct content_exchange){
		.method = e->row.code,
		.cut = e->row.marks & (CONTENT_CUT | CONTENT_CLIPPED),
		.request_ns = e->time_ns,
		.response_ns = INT64_MIN,
		.request_frame = e->frame,
		.seq = e->row.seq,
		.ack = e->ack,
		.host = words_of(e->row.name, e->row.name_bytes),
		.target = words_of(e->row.more, e->row.more_bytes),
		.client = words_of(e->row.client, e->row.client_bytes),
	};
	memcpy(x->request_mark, e->row.mark, sizeof x->request_mark);
}

static void exchange_answer(struct content_exchange *x, const struct content_event *e)
{
	x->status = e->row.code;
	x->response_ns = e->time_ns;
	x->response_frame = e->frame;
	memcpy(x->response_mark, e->row.mark, sizeof x->response_mark);
}

static void exchange_forget_answer(struct content_exchange *x)
{
	x->status = 0;
	x->response_ns = INT64_MIN;
	x->response_frame = 0;
	memset(x->response_mark, 0, sizeof x->response_mark);
}

/* Answers by their sequence numbers. */
struct answers {
	const struct content_event *list[CONTENT_EVENTS_MAX];
	uint32_t count;
};

static void answers_put(struct answers *a, const struct content_event *e)
{
	uint32_t i;

	for (i = a->count++; i > 0 && (int32_t)(e->row.seq - a->list[i - 1]->row.seq) < 0; i--)
		a->list[i] = a->list[i - 1];
	a->list[i] = e;
}

/* Requests `from` to `to` - 1 were sent when the same bytes of the server had come: their answers are those
 * between their ACK and the next one's. False: there are fewer, and more than one request. */
static bool exchanges_answer(struct content_story *s, uint32_t from, uint32_t to,
			     const struct answers *a)
{
	uint32_t begin = s->exchange[from].ack, i, next = from;
	uint32_t room = to < s->exchanges ? s->exchange[to].ack - begin : 0x80000000u;

	for (i = 0; i < a->count && next < to; i++)
		if (a->list[i]->row.seq - begin < room)
			exchange_answer(&s->exchange[next++], a->list[i]);
	return next == to || to - from == 1;
}

/* Where requests were sent ahead of answers, counting tells which is whose, if all are there. */
static void exchanges_count(struct content_story *s, uint32_t from, const struct answers *a)
{
	bool all = a->count == s->exchanges;
	uint32_t i;

	for (i = all ? 0 : from; i < s->exchanges; i++) {
		exchange_forget_answer(&s->exchange[i]);
		if (all)
			exchange_answer(&s->exchange[i], a->list[i]);
	}
}

static void exchanges_pair(struct content_story *s, const struct answers *a)
{
	uint32_t from = 0, to;

	while (from < s->exchanges) {
		for (to = from + 1; to < s->exchanges; to++)
			if (s->exchange[to].ack != s->exchange[from].ack)
				break;
		if (!exchanges_answer(s, from, to, a)) {
			exchanges_count(s, from, a);
			return;
		}
		from = to;
	}
}

/* Answers of which no request was seen. */
static void exchanges_lone(struct content_story *s, const struct answers *a)
{
	uint32_t i;

	for (i = 0; i < a->count && s->exchanges < CONTENT_MESSAGES_MAX; i++) {
		struct content_exchange *x = &s->exchange[s->exchanges++];

		*x = (struct content_exchange){.method = CONTENT_NO_METHOD, .request_ns = INT64_MIN};
		exchange_answer(x, a->list[i]);
	}
}

/* ---- the story ---- */

static void story_hello(struct content_story *s, const struct content_event *e)
{
	const struct content_row *r = &e->row;
	bool server = r->kind == CONTENT_SERVER_HELLO;

	if (s->hello[server])
		return;
	s->hello[server] = true;
	if (server) {
		s->tls_chosen = r->code;
	} else {
		s->tls_offered = r->code;
		s->hello_mark = r->mark[0];
		s->name = words_of(r->name, r->name_bytes);
	}
	if (r->more_bytes && (server || !s->alpn.bytes))
		s->alpn = words_of(r->more, r->more_bytes);
}

static void story_alert(struct content_story *s, const struct content_event *e)
{
	struct content_alert *alert = &s->alert[!e->from_client];

	if (!alert->seen)
		*alert = (struct content_alert){true, (uint8_t)(e->row.code >> 8),
						(uint8_t)e->row.code, e->frame};
}

/* Who opened the connection sends it, before all else. */
static void story_proxied(struct content_story *s, const struct content_event *e)
{
	if (!e->from_client || s->proxied.bytes)
		return;
	s->proxied = words_of(e->row.client, e->row.client_bytes);
	s->proxied_to = words_of(e->row.more, e->row.more_bytes);
}

static void story_left_out(struct content_story *s, const struct content_event *e)
{
	s->left_out += e->row.seq <= UINT32_MAX - s->left_out ? e->row.seq : 0;
}

/* The name, where TLS gave none. */
static void story_name(struct content_story *s)
{
	uint32_t i;

	for (i = 0; i < s->exchanges && !s->name.bytes; i++)
		s->name = s->exchange[i].host;
}

/* Which end asks: who sent the first request, or else the client. What the other one sends that
 * looks like a request, and what this one sends that looks like an answer, is a body's text. */
static bool story_client_asks(const struct content_event *list, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (list[i].row.kind == CONTENT_REQUEST)
			return list[i].from_client;
	return true;
}

static void story_events(struct content_story *s, const struct content_event *list, uint32_t count,
			 struct answers *answers)
{
	bool client_asks = story_client_asks(list, count);
	uint32_t i;

	for (i = 0; i < count; i++) {
		const struct content_event *e = &list[i];
		bool asker = e->from_client == client_asks;

		if ((e->row.kind == CONTENT_REQUEST && !asker) ||
		    (e->row.kind == CONTENT_RESPONSE && asker))
			continue;
		switch ((enum content_kind)e->row.kind) {
		case CONTENT_REQUEST:
			if (s->exchanges < CONTENT_MESSAGES_MAX)
				exchange_ask(&s->exchange[s->exchanges++], e);
			else
				s->left_out++;
			break;
		case CONTENT_RESPONSE:
			answers_put(answers, e);
			break;
		case CONTENT_CLIENT_HELLO:
		case CONTENT_SERVER_HELLO:
			story_hello(s, e);
			break;
		case CONTENT_ALERT:
			story_alert(s, e);
			break;
		case CONTENT_LEFT_OUT:
			story_left_out(s, e);
			break;
		case CONTENT_PROXY:
			story_proxied(s, e);
			break;
		case CONTENT_KINDS:
			break;
		}
	}
}

void contents_tell(const struct contents *contents, const uint32_t *way, uint32_t ways,
		   struct content_story *story)
{
	struct content_event list[CONTENT_EVENTS_MAX];
	struct answers answers;
	uint32_t count = 0, i;

	answers.count = 0;
	story->known = true;
	story->hello[0] = story->hello[1] = false;
	story->name = story->alpn = story->proxied = story->proxied_to = words_of("", 0);
	story->hello_mark = 0;
	story->tls_offered = story->tls_chosen = 0;
	memset(story->alert, 0, sizeof story->alert);
	story->exchanges = story->left_out = 0;
	for (i = 0; i < ways; i++)
		contents_add(contents, way[i], list, &count, &story->known);
	if (!count)
		return;
	events_sort(list, count);
	count = events_unite(list, count);
	story_events(story, list, count, &answers);
	if (story->exchanges)
		exchanges_pair(story, &answers);
	else
		exchanges_lone(story, &answers);
	story_name(story);
}

/* ---- what is read off it ---- */

int64_t content_first_byte_ns(const struct content_exchange *x)
{
	return x->request_ns == INT64_MIN || x->response_ns == INT64_MIN
		       ? INT64_MIN
		       : x->response_ns - x->request_ns;
}

/* What was cut or clipped is the same as far as it goes. */
static bool words_agree(struct content_words a, struct content_words b, bool cut)
{
	uint8_t n = a.bytes < b.bytes ? a.bytes : b.bytes;

	return (cut || a.bytes == b.bytes) && memcmp(a.text, b.text, n) == 0;
}

bool content_same_request(const struct content_exchange *a, const struct content_exchange *b)
{
	return a->method != CONTENT_NO_METHOD && a->method == b->method &&
	       words_agree(a->target, b->target, a->cut || b->cut);
}

bool content_was_challenge(const struct content_story *s, uint32_t i)
{
	uint32_t k;

	if (s->exchange[i].status != 401 && s->exchange[i].status != 407)
		return false;
	for (k = i + 1; k < s->exchanges; k++)
		if (s->exchange[k].status && s->exchange[k].status < 400 &&
		    content_same_request(&s->exchange[i], &s->exchange[k]))
			return true;
	return false;
}

uint16_t content_status(const struct content_story *story)
{
	uint16_t status = 0;
	uint32_t i;

	for (i = 0; i < story->exchanges; i++) {
		uint16_t now = story->exchange[i].status;

		if (!now || content_was_challenge(story, i))
			continue;
		if (!status || (now >= 400 && now / 100 > status / 100))
			status = now;
	}
	return status;
}

const char *content_tls_name(uint16_t version)
{
	static const char *const names[] = {"SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"};

	return version >= 0x0300 && version <= 0x0304 ? names[version - 0x0300] : NULL;
}

/* RFC 8446 section 6; RFC 5246 section 7.2, RFC 7301, RFC 7507, RFC 6066. */
static const struct {
	uint8_t description;
	const char *name;
} alerts[] = {
	{0, "close_notify"}, {10, "unexpected_message"}, {20, "bad_record_mac"},
	{21, "decryption_failed"}, {22, "record_overflow"}, {30, "decompression_failure"},
	{40, "handshake_failure"}, {41, "no_certificate"}, {42, "bad_certificate"},
	{43, "unsupported_certificate"}, {44, "certificate_revoked"}, {45, "certificate_expired"},
	{46, "certificate_unknown"}, {47, "illegal_parameter"}, {48, "unknown_ca"},
	{49, "access_denied"}, {50, "decode_error"}, {51, "decrypt_error"},
	{60, "export_restriction"}, {70, "protocol_version"}, {71, "insufficient_security"},
	{80, "internal_error"}, {86, "inappropriate_fallback"}, {90, "user_canceled"},
	{100, "no_renegotiation"}, {109, "missing_extension"}, {110, "unsupported_extension"},
	{111, "certificate_unobtainable"}, {112, "unrecognized_name"},
	{113, "bad_certificate_status_response"}, {114, "bad_certificate_hash_value"},
	{115, "unknown_psk_identity"}, {116, "certificate_required"},
	{120, "no_application_protocol"},
};

const char *content_alert_name(uint8_t description)
{
	size_t i;

	for (i = 0; i < sizeof alerts / sizeof alerts[0]; i++)
		if (alerts[i].description == description)
			return alerts[i].name;
	return NULL;
}

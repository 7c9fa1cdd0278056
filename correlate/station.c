#include "correlate/station.h"

#include <string.h>

static const char *const state_names[STATES] = {
	"", "closed", "half_closed", "reset", "open", "syn_sent", "syn_received", "mid_stream",
	"one_direction", "answered", "unanswered",
};

const char *station_state_name(enum station_state state)
{
	return state_names[state];
}

#define STATION_SWAP(of)                                                                           \
	do {                                                                                       \
		__typeof__((of)[0]) first = (of)[0];                                               \
		(of)[0] = (of)[1];                                                                 \
		(of)[1] = first;                                                                   \
	} while (0)

/* Exchanges the flow's directions. */
static void station_turn(struct survey_flow *f)
{
	STATION_SWAP(f->bytes);
	STATION_SWAP(f->data_ns);
	STATION_SWAP(f->packets);
	STATION_SWAP(f->max_end);
	STATION_SWAP(f->retransmissions);
	STATION_SWAP(f->ttl);
	STATION_SWAP(f->link);
	f->marks = (uint16_t)(f->marks << 8 | f->marks >> 8);
}

uint32_t stations_of(const struct judging *j, uint32_t session, struct station *list)
{
	const struct sessions *sessions = j->sessions;
	uint32_t count = 0, n, k;
	struct station more;

	for (n = sessions->list[session].first_node; n != UINT32_MAX; n = sessions->next_node[n]) {
		uint32_t point = j->view->node_point[n];
		struct station *one;

		for (k = 0; k < count && list[k].point != point; k++)
			;
		one = k < count ? &more : &list[count++];
		one->point = point;
		one->node = n;
		one->flow = j->flows[n];
		if (sessions->client_direction[n])
			station_turn(&one->flow);
		if (one == &more)
			survey_merge(&list[k].flow, &more.flow);
	}
	return count;
}

bool stations_before(const struct judging *j, const struct station *list, uint32_t far,
		     uint32_t *near)
{
	const uint8_t *stage = j->path->stage;
	uint32_t at = stage[list[far].point];

	while (stage[list[*near].point] + 1u < at)
		++*near;
	return stage[list[*near].point] + 1u == at;
}

enum station_state station_state(const struct station *s, uint8_t proto)
{
	const struct survey_flow *f = &s->flow;
	bool client = survey_has(f, 0, SURVEY_PLAIN), server = survey_has(f, 1, SURVEY_PLAIN);

	if (proto != 6)
		return client && server ? STATE_ANSWERED : STATE_UNANSWERED;
	if (f->rst && !(survey_has(f, 0, SURVEY_FIN) && survey_has(f, 1, SURVEY_FIN)))
		return STATE_RESET;
	if (f->syn && !f->synack && !server && !client)
		return STATE_SYN_SENT;
	if (f->synack && !client)
		return STATE_SYN_RECEIVED;
	if (survey_has(f, 0, SURVEY_FIN) && survey_has(f, 1, SURVEY_FIN))
		return STATE_CLOSED;
	if (!f->packets[0] || !f->packets[1])
		return STATE_ONE_DIRECTION;
	if (survey_has(f, 0, SURVEY_FIN) || survey_has(f, 1, SURVEY_FIN))
		return STATE_HALF_CLOSED;
	return f->syn || f->synack ? STATE_OPEN : STATE_MID_STREAM;
}

struct station_ends station_ends(const struct judging *j, const struct station *s)
{
	const struct capture_flow *flow = &j->view->flow[s->node];
	bool client_is_b = j->sessions->client_direction[s->node];

	return (struct station_ends){
		.client = client_is_b ? flow->b : flow->a,
		.server = client_is_b ? flow->a : flow->b,
		.client_port = client_is_b ? flow->b_port : flow->a_port,
		.server_port = client_is_b ? flow->a_port : flow->b_port,
		.bytes = flow->version == 4 ? 4 : 16,
		.ports = flow->proto == 6 || flow->proto == 17 || flow->proto == 132,
	};
}

bool station_same_ends(const struct station_ends *a, const struct station_ends *b)
{
	return a->bytes == b->bytes && a->client_port == b->client_port &&
	       a->server_port == b->server_port && memcmp(a->client, b->client, a->bytes) == 0 &&
	       memcmp(a->server, b->server, a->bytes) == 0;
}

int64_t station_response(const struct station *s)
{
	const int64_t *data_ns = s->flow.data_ns;

	return data_ns[0] == INT64_MIN || data_ns[1] == INT64_MIN || data_ns[1] < data_ns[0]
		       ? INT64_MIN
		       : data_ns[1] - data_ns[0];
}

int64_t station_handshake(const struct station *s)
{
	return s->flow.syn_ns == INT64_MIN || s->flow.ack_ns == INT64_MIN
		       ? INT64_MIN
		       : s->flow.ack_ns - s->flow.syn_ns;
}

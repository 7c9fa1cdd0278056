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

/* The flow with its directions exchanged. */
static struct survey_flow station_turned(const struct survey_flow *f)
{
	struct survey_flow t = *f;
	unsigned d;

	for (d = 0; d < 2; d++) {
		t.bytes[d] = f->bytes[!d];
		t.packets[d] = f->packets[!d];
		t.max_end[d] = f->max_end[!d];
		t.retransmissions[d] = f->retransmissions[!d];
		t.ttl[d] = f->ttl[!d];
		t.link[d] = f->link[!d];
	}
	t.marks = (uint16_t)(f->marks << 8 | f->marks >> 8);
	return t;
}

uint32_t stations_of(const struct judging *j, uint32_t session, struct station *list)
{
	uint32_t count = 0, n, k;

	for (n = j->sessions->list[session].first_node; n != UINT32_MAX;
	     n = j->sessions->next_node[n]) {
		struct survey_flow flow = j->sessions->client_direction[n]
						  ? station_turned(&j->flows[n])
						  : j->flows[n];

		for (k = 0; k < count && list[k].point != j->view->node_point[n]; k++)
			;
		if (k < count) {
			survey_merge(&list[k].flow, &flow);
			continue;
		}
		list[count++] = (struct station){j->view->node_point[n], n, flow};
	}
	return count;
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

int64_t station_time(const struct judging *j, const struct station *s, int64_t local_ns)
{
	return local_ns == INT64_MIN ? local_ns
				     : clock_correct(&j->meeting->clock[s->point], local_ns);
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

int64_t station_handshake(const struct station *s)
{
	return s->flow.syn_ns == INT64_MIN || s->flow.ack_ns == INT64_MIN
		       ? INT64_MIN
		       : s->flow.ack_ns - s->flow.syn_ns;
}

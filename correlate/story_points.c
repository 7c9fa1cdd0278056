/* The rows of session_points.csv: each session at each point, and what differs
 * there from the point before. */
#include "correlate/story.h"

#include <string.h>

#include "correlate/names.h"
#include "correlate/results.h"
#include "correlate/station.h"
#include "correlate/words.h"

#define POINT_NAME_MAX 255 /* bytes of a stage's name in the words: of alternatives it may be long */

/* What the rows have in common, and the session whose rows are under way. */
struct point_rows {
	struct table_writer *w;
	const struct judging *j;
	struct names *names;
	const struct session *session;
	uint32_t number, count;        /* of the session; of its stations */
	struct station station[VIEW_POINTS_MAX];
	struct station_ends ends[VIEW_POINTS_MAX]; /* of each station */
	struct analysis_flow analysis[VIEW_POINTS_MAX]; /* of each station: [0] the client's packets */
	const struct verdicts *verdicts;
	const struct proof *proof;     /* by node */
	struct proof proven[VIEW_POINTS_MAX]; /* of each station */
	struct content_story content;  /* of the row */
	struct words words;            /* of the row */
};

/* ---- what differs, in words ---- */

/* What a station is held against: the stage before it on the path that saw the session. */
struct point_before {
	uint32_t at;                   /* the first station of that stage */
	bool seen;
	const char *name;
	uint64_t packets[2];           /* of all the stage: [0] by the client, [1] by the server */
	uint16_t marks;
};

static uint32_t point_stage(const struct point_rows *rows, uint32_t at)
{
	return rows->j->path->stage[rows->station[at].point];
}

/* One end, as a's station and as b's station saw it. */
static void point_words_end(struct words *words, bool server, const struct station_ends *a,
			    const struct station_ends *b)
{
	const uint8_t *from = server ? a->server : a->client, *to = server ? b->server : b->client;
	uint16_t from_port = server ? a->server_port : a->client_port;
	uint16_t to_port = server ? b->server_port : b->client_port;

	if (a->bytes == b->bytes && memcmp(from, to, a->bytes) == 0 && a->ports == b->ports &&
	    (!a->ports || from_port == to_port))
		return;
	words_sentence(words, server ? "NAT: server " : "NAT: client ");
	words_add_end(words, from, a->bytes, a->ports, from_port);
	words_add(words, " -> ");
	words_add_end(words, to, b->bytes, b->ports, to_port);
}

/* Addresses are told as the client's packets meet them. */
static void point_words_ends(struct point_rows *rows, uint32_t before, uint32_t here)
{
	bool forward = rows->session->client_forward;
	const struct station_ends *a = &rows->ends[forward ? before : here];
	const struct station_ends *b = &rows->ends[forward ? here : before];

	point_words_end(&rows->words, false, a, b);
	point_words_end(&rows->words, true, a, b);
}

/* Whether packets of the session were cut or joined between two stages: more or fewer are none lost. */
static bool point_recut(const struct point_rows *rows, uint32_t from, uint32_t to, unsigned way)
{
	for (; from < to; from++)
		if (rows->verdicts->hop[from].session[rows->number].recut[way])
			return true;
	return false;
}

static void point_words_packets(struct point_rows *rows, const struct point_before *before,
				uint32_t at)
{
	static const char *const ways[] = {" forward than at ", " in reverse than at "};
	struct words *words = &rows->words;
	unsigned way;

	for (way = 0; way < 2; way++) {
		unsigned d = way ^ !rows->session->client_forward;
		uint64_t now = rows->station[at].flow.packets[d], then = before->packets[d];
		uint64_t n = now > then ? now - then : then - now;

		if (!n)
			continue;
		words_sentence(words, "");
		words_add_number(words, n);
		words_add(words, n == 1 ? " packet " : " packets ");
		words_add(words, now > then ? "more" : "fewer");
		words_add(words, ways[way]);
		words_add_cut(words, before->name, POINT_NAME_MAX);
		if (point_recut(rows, point_stage(rows, before->at), point_stage(rows, at), way))
			words_add(words, " (cut or joined on the way)");
	}
}

static void point_words_change(struct words *words, bool server, const char *what, int64_t from,
			       int64_t to)
{
	if (from == to)
		return;
	words_sentence(words, server ? "server's " : "client's ");
	words_add(words, what);
	words_add(words, " ");
	if (from > 0)
		words_add_number(words, (uint64_t)from);
	else
		words_add(words, "none");
	words_add(words, " -> ");
	if (to > 0)
		words_add_number(words, (uint64_t)to);
	else
		words_add(words, "none");
}

/* What each end's SYN offered, as it came through here, told along its way. */
static void point_words_options(struct point_rows *rows, uint32_t before, uint32_t here)
{
	unsigned d;

	for (d = 0; d < 2; d++) {
		bool forward = rows->session->client_forward != (d == 1);
		const struct analysis_end *a = &rows->analysis[forward ? before : here].end[d];
		const struct analysis_end *b = &rows->analysis[forward ? here : before].end[d];

		if (!a->syn || !b->syn)
			continue;
		point_words_change(&rows->words, d == 1, "MSS", a->mss, b->mss);
		point_words_change(&rows->words, d == 1, "SACK permitted", a->sack, b->sack);
	}
}

/* Which RSTs were here and there. */
static void point_words_resets(struct point_rows *rows, const struct point_before *before,
			       uint32_t at)
{
	static const char *const senders[] = {"client", "server"};
	struct words *words = &rows->words;
	uint32_t k, seen;
	unsigned d;

	for (d = 0; d < 2; d++) {
		bool now = survey_has(&rows->station[at].flow, d, SURVEY_RST);
		bool then = before->marks & (SURVEY_RST << (8 * d));

		if (!now && !then)
			continue;
		for (seen = k = 0; k < rows->count; k++)
			seen += survey_has(&rows->station[k].flow, d, SURVEY_RST);
		if (now && then && seen > 1)
			continue;
		words_sentence(words, now ? "RST from the " : "no RST from the ");
		words_add(words, senders[d]);
		if (!now)
			continue;
		words_add(words, seen == 1 ? " seen here only" : " not seen at ");
		if (seen != 1)
			words_add_cut(words, before->name, POINT_NAME_MAX);
	}
}

/* The stage before a station's that saw the session, with what it saw in all. */
static struct point_before point_before(const struct point_rows *rows, uint32_t at)
{
	struct point_before before = {0};
	uint32_t here = point_stage(rows, at), k;

	for (k = at; k-- > 0;) {
		const struct survey_flow *f = &rows->station[k].flow;
		uint32_t stage = point_stage(rows, k);

		if (stage == here)
			continue;
		if (before.seen && stage != point_stage(rows, before.at))
			break;
		before.seen = true;
		before.at = k;
		before.packets[0] += f->packets[0];
		before.packets[1] += f->packets[1];
		before.marks |= f->marks;
	}
	if (before.seen)
		before.name = rows->names->stage[point_stage(rows, before.at)];
	return before;
}

/* Of alternatives, each sees a part of the packets: theirs are not compared. */
static bool point_alone(const struct point_rows *rows, uint32_t at)
{
	uint32_t here = point_stage(rows, at), k;

	for (k = 0; k < rows->count; k++)
		if (k != at && point_stage(rows, k) == here)
			return false;
	return true;
}

/* Behind a proxy there is another connection: nothing of it compares with the one before. */
static bool point_words_proxy(struct point_rows *rows, uint32_t before, uint32_t here)
{
	const struct sessions *s = rows->j->sessions;
	const struct station_ends *e = &rows->ends[here];
	uint32_t near = rows->station[before].node, node = rows->station[here].node;

	if (sessions_connection(s, near) == sessions_connection(s, node))
		return false;
	words_sentence(&rows->words, "another connection, ");
	words_add(&rows->words, rows->session->client_forward ? "behind" : "in front of");
	words_add(&rows->words, " the proxy: ");
	words_add_end(&rows->words, e->client, e->bytes, e->ports, e->client_port);
	words_add(&rows->words, " to ");
	words_add_end(&rows->words, e->server, e->bytes, e->ports, e->server_port);
	return true;
}

static void point_words(struct point_rows *rows, uint32_t at)
{
	struct point_before before = point_before(rows, at);
	uint32_t here = point_stage(rows, at);

	words_begin(&rows->words);
	if (here && (!before.seen || point_stage(rows, before.at) + 1 != here)) {
		words_sentence(&rows->words, "not seen at ");
		words_add_cut(&rows->words, rows->names->stage[here - 1], POINT_NAME_MAX);
	}
	if (!before.seen)
		return;
	if (point_words_proxy(rows, before.at, at))
		return;
	point_words_ends(rows, before.at, at);
	if (point_alone(rows, at))
		point_words_packets(rows, &before, at);
	if (rows->session->proto == 6) {
		point_words_options(rows, before.at, at);
		point_words_resets(rows, &before, at);
	}
}

/* ---- rows ---- */

static void point_ends(struct table_writer *w, const struct station_ends *ends)
{
	table_set_bytes(w, SESSION_POINTS_SRC, ends->client, ends->bytes);
	table_set_bytes(w, SESSION_POINTS_DST, ends->server, ends->bytes);
	if (!ends->ports)
		return;
	table_set_int(w, SESSION_POINTS_SPORT, ends->client_port);
	table_set_int(w, SESSION_POINTS_DPORT, ends->server_port);
}

static void point_counts(struct table_writer *w, const struct survey_flow *f, bool client_forward)
{
	table_set_int(w, SESSION_POINTS_PACKETS_FORWARD, f->packets[!client_forward]);
	table_set_int(w, SESSION_POINTS_PACKETS_REVERSE, f->packets[client_forward]);
	table_set_int(w, SESSION_POINTS_BYTES_FORWARD, (int64_t)f->bytes[!client_forward]);
	table_set_int(w, SESSION_POINTS_BYTES_REVERSE, (int64_t)f->bytes[client_forward]);
	table_set_int(w, SESSION_POINTS_TRUNCATED, f->truncated);
	table_set_int(w, SESSION_POINTS_BAD_CHECKSUMS, f->bad_checksums);
}

static void point_tcp(struct table_writer *w, const struct station *s)
{
	const struct survey_flow *f = &s->flow;
	int64_t handshake = station_handshake(s);

	table_set_int(w, SESSION_POINTS_SYN, f->syn);
	table_set_int(w, SESSION_POINTS_SYNACK, f->synack);
	table_set_int(w, SESSION_POINTS_FIN, f->fin);
	table_set_int(w, SESSION_POINTS_RST, f->rst);
	if (handshake != INT64_MIN)
		table_set_int(w, SESSION_POINTS_HANDSHAKE, handshake);
}

static void point_set_both(struct table_writer *w, unsigned column, uint32_t a, uint32_t b)
{
	table_set_int(w, column, (int64_t)a + b);
}

/* tshark's marks, both directions together. */
static void point_analysis(struct table_writer *w, const struct analysis_flow *a)
{
#define POINT_MARKS(column, of) point_set_both(w, SESSION_POINTS_##column, a->of[0], a->of[1])
	POINT_MARKS(RETRANSMISSIONS, retransmissions);
	POINT_MARKS(FAST_RETRANSMISSIONS, fast_retransmissions);
	POINT_MARKS(SPURIOUS_RETRANSMISSIONS, spurious_retransmissions);
	POINT_MARKS(OUT_OF_ORDER, out_of_order);
	POINT_MARKS(DUP_ACKS, dup_acks);
	POINT_MARKS(ZERO_WINDOWS, zero_windows);
	POINT_MARKS(WINDOW_FULL, window_full);
	POINT_MARKS(KEEPALIVES, keepalives);
	POINT_MARKS(ACKED_UNSEEN, acked_unseen);
	POINT_MARKS(PREVIOUS_NOT_CAPTURED, previous_not_captured);
#undef POINT_MARKS
	if (a->end[0].state)
		table_set_constant(w, SESSION_POINTS_CLIENT_STATE, tcp_state_name(a->end[0].state));
	if (a->end[1].state)
		table_set_constant(w, SESSION_POINTS_SERVER_STATE, tcp_state_name(a->end[1].state));
}

/* What the nodes of a session at one point say together. */
static void point_nodes(struct point_rows *rows, uint32_t at, struct proof *proof)
{
	const struct sessions *sessions = rows->j->sessions;
	struct analysis_flow more, *all = &rows->analysis[at];
	bool first = true;
	uint32_t n;

	*proof = (struct proof){0};
	for (n = rows->session->first_node; n != UINT32_MAX; n = sessions->next_node[n]) {
		if (rows->j->view->node_point[n] != rows->station[at].point)
			continue;
		more = rows->j->analysis[n];
		if (sessions->client_direction[n])
			analysis_turn(&more);
		if (first)
			*all = more;
		else
			analysis_merge(all, &more);
		first = false;
		proof->retransmissions += rows->proof[n].retransmissions;
		proof->out_of_order += rows->proof[n].out_of_order;
		proof->losses += rows->proof[n].losses;
		proof->unknown |= rows->proof[n].unknown;
	}
}

static void point_proof(struct table_writer *w, const struct proof *proof)
{
	if (proof->unknown)
		return;
	table_set_int(w, SESSION_POINTS_RETRANSMISSIONS_CONFIRMED, proof->retransmissions);
	table_set_int(w, SESSION_POINTS_OUT_OF_ORDER_CONFIRMED, proof->out_of_order);
	table_set_int(w, SESSION_POINTS_PREVIOUS_CONFIRMED, proof->losses);
}

/* From SYN to SYN-ACK, at the point itself; INT64_MIN: it did not see both. */
static int64_t point_reply(const struct station *s)
{
	const struct survey_flow *f = &s->flow;

	return f->syn_ns == INT64_MIN || f->synack_ns == INT64_MIN || f->synack_ns < f->syn_ns
		       ? INT64_MIN
		       : f->synack_ns - f->syn_ns;
}

/* What the way from the point before, on the client's way, took of the handshake; INT64_MIN: not known. */
static int64_t point_hop(const struct point_rows *rows, uint32_t at)
{
	const struct sessions *s = rows->j->sessions;
	uint32_t step = rows->session->client_forward ? UINT32_MAX : 1, k; /* - 1, or 1 */
	int64_t here = point_reply(&rows->station[at]), before;

	for (k = at + step; k < rows->count && point_stage(rows, k) == point_stage(rows, at); k += step)
		;
	if (k >= rows->count || here == INT64_MIN ||
	    sessions_connection(s, rows->station[k].node) !=
		    sessions_connection(s, rows->station[at].node))
		return INT64_MIN;
	before = point_reply(&rows->station[k]);
	return before == INT64_MIN || before < here ? INT64_MIN : before - here;
}

static enum status point_row(struct point_rows *rows, uint32_t at, struct error *err)
{
	const struct judging *j = rows->j;
	const struct session *session = rows->session;
	const struct station *s = &rows->station[at];
	struct table_writer *w = rows->w;
	int64_t response;

	table_set_int(w, SESSION_POINTS_SESSION, (int64_t)rows->number + 1);
	table_set_constant(w, SESSION_POINTS_POINT, j->view->point[s->point].name);
	point_ends(w, &rows->ends[at]);
	table_set_int(w, SESSION_POINTS_FIRST, station_time(j, s, s->flow.first_ns));
	table_set_int(w, SESSION_POINTS_LAST, station_time(j, s, s->flow.last_ns));
	point_counts(w, &s->flow, session->client_forward);
	if (session->proto == 6) {
		point_tcp(w, s);
		point_analysis(w, &rows->analysis[at]);
		point_proof(w, &rows->proven[at]);
	}
	if (contents_at(j->contents, j->sessions, rows->number, s->point, &rows->content) &&
	    content_status(&rows->content))
		table_set_int(w, SESSION_POINTS_HTTP_STATUS, content_status(&rows->content));
	response = station_response(s);
	if (response != INT64_MIN)
		table_set_int(w, SESSION_POINTS_SERVER_RESPONSE, response);
	table_set_constant(w, SESSION_POINTS_STATE,
			   station_state_name(station_state(s, session->proto)));
	if (point_hop(rows, at) != INT64_MIN)
		table_set_int(w, SESSION_POINTS_HOP, point_hop(rows, at));
	point_words(rows, at);
	if (rows->words.size)
		table_set_text(w, SESSION_POINTS_DIFFERENCE, rows->words.text);
	return table_row(w, err);
}

static enum status point_session(struct point_rows *rows, const struct stories *stories,
				 uint32_t number, struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t at;

	rows->number = number;
	rows->session = &rows->j->sessions->list[number];
	rows->count = stories_stations(stories, rows->j, number, rows->station);
	for (at = 0; at < rows->count; at++) {
		rows->ends[at] = station_ends(rows->j, &rows->station[at]);
		if (rows->session->proto == 6)
			point_nodes(rows, at, &rows->proven[at]);
	}
	for (at = 0; at < rows->count && !status; at++)
		status = point_row(rows, at, err);
	return status;
}

enum status stories_write_points(const struct stories *stories, const struct judging *judging,
				 const struct proof *proof, struct store *store,
				 uint32_t generation, struct error *err)
{
	struct point_rows rows;
	enum status status;
	uint32_t k;

	rows.j = judging;
	rows.w = NULL;
	rows.verdicts = stories->verdicts;
	rows.proof = proof;
	status = names_make(&rows.names, judging->path, judging->view, err);
	if (!status)
		status = table_begin(store, generation, &results_session_points, &rows.w, err);
	for (k = 0; k < stories->count && !status; k++)
		status = point_session(&rows, stories, k, err);
	if (!status)
		status = table_finish(&rows.w, err);
	table_abort(&rows.w);
	names_free(&rows.names);
	return status;
}

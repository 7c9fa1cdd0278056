/* The rows of translations.csv about sequence numbers: a row for each session and direction
 * whose numbers a hop shifts, each by a constant of its own. `from` is what the direction's
 * sender sent, and `to` what came out of the hop.
 */
#include "correlate/story_shifts.h"

#include "correlate/emit.h"
#include "correlate/renumber.h"
#include "correlate/results.h"
#include "correlate/synproxy.h"

static const struct renumber *shift_of(const struct judging *j, const struct station *station)
{
	return renumber_of(j->view, station->node);
}

static void shift_set_end(struct table_writer *w, const uint8_t *address, uint8_t bytes,
			  uint16_t port, unsigned column)
{
	table_set_bytes(w, column, address, bytes);
	table_set_int(w, column + 1, port);
}

/* src and sport of the sender, dst and dport of the receiver. */
static void shift_set_side(struct table_writer *w, const struct judging *j,
			   const struct station *station, bool from_client, unsigned column)
{
	struct station_ends e = station_ends(j, station);

	if (from_client) {
		shift_set_end(w, e.client, e.bytes, e.client_port, column);
		shift_set_end(w, e.server, e.bytes, e.server_port, column + 2);
	} else {
		shift_set_end(w, e.server, e.bytes, e.server_port, column);
		shift_set_end(w, e.client, e.bytes, e.client_port, column + 2);
	}
}

static enum status shift_row(struct table_writer *w, const struct judging *j, uint32_t session,
			     const struct station *from, const struct station *to, bool from_client,
			     struct error *err)
{
	const struct renumber *a = shift_of(j, from), *b = shift_of(j, to);
	unsigned da = j->sessions->client_direction[from->node] ^ !from_client;
	unsigned db = j->sessions->client_direction[to->node] ^ !from_client;
	uint8_t near = j->path->stage[from->point], far = j->path->stage[to->point];
	uint32_t hop = near < far ? near : far;
	char name[2 * PATH_TEXT_MAX + 2];

	if (!a || !b || a->by[da] == b->by[db])
		return STATUS_OK;
	emit_hop_name(j, hop, name, sizeof name);
	table_set_text(w, TRANSLATIONS_HOP, name);
	table_set_text(w, TRANSLATIONS_KIND,
		       synproxy_made(j, hop, session) ? "syn_proxy" : "seq_shift");
	shift_set_side(w, j, from, from_client, TRANSLATIONS_FROM_SRC);
	shift_set_side(w, j, to, from_client, TRANSLATIONS_TO_SRC);
	table_set_int(w, TRANSLATIONS_SESSIONS, 1);
	table_set_int(w, TRANSLATIONS_SEQ_SHIFT, b->by[db] - a->by[da]);
	return table_row(w, err);
}

static enum status shift_hop(struct table_writer *w, const struct judging *j, uint32_t session,
			     const struct station *near, const struct station *far,
			     struct error *err)
{
	bool forward = j->sessions->list[session].client_forward;
	enum status status;

	status = shift_row(w, j, session, forward ? near : far, forward ? far : near, true, err);
	return status ? status
		      : shift_row(w, j, session, forward ? far : near, forward ? near : far, false, err);
}

enum status story_shifts_write(struct table_writer *w, const struct judging *j, struct error *err)
{
	struct station list[VIEW_POINTS_MAX];
	enum status status = STATUS_OK;
	bool any = false;
	uint32_t i, p;

	for (p = 0; p < j->view->points; p++)
		any |= j->view->point[p].renumber != NULL;
	for (i = 0; any && i < j->sessions->count && !status; i++) {
		uint32_t count, near = 0, far;

		count = stations_of(j, i, list);
		for (far = 1; far < count && !status; far++)
			if (stations_before(j, list, far, &near))
				status = shift_hop(w, j, i, &list[near], &list[far], err);
	}
	return status;
}

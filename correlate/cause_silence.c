/* Silences: sessions that lost all from the first packet after a silence on, because a box
 * between the points had forgotten them. A session that ends in drops tells it without a
 * dossier. One that came back to life, because the other end spoke and the box let that
 * end make the state anew, tells it packet by packet only. */
#include "correlate/cause_hop.h"

#include <errno.h>
#include <stdlib.h>

#define SILENCE_DROPS 2u              /* one drop after a silence is a lost packet */
#define SILENCE_SESSIONS_MAX 1024u    /* whose dossiers are read */
#define SILENCE_PACKETS_MAX 262144u   /* ... at one point, all together */
#define SILENCE_SESSION_DROPS_MAX 256u /* more are no session's that was silent */

static enum status silence_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "silences");
}

/* ---- whose dossiers are read ---- */

struct silence_list {
	uint32_t session[SILENCE_SESSIONS_MAX], count;
	uint64_t packets;
};

static void silence_want(const struct cause_hop *c, struct silence_list *list, uint32_t session)
{
	uint64_t packets = sessions_records(c->j->sessions, c->j->flows, session);

	if (list->count == SILENCE_SESSIONS_MAX || list->packets + packets > SILENCE_PACKETS_MAX)
		return;
	list->packets += packets;
	list->session[list->count++] = session;
}

static int64_t silence_span(const struct cause_hop *c, uint32_t session)
{
	const struct session *s = &c->j->sessions->list[session];

	return s->end_ns - s->start_ns;
}

/* ---- sessions that came back to life ---- */

/* A run of drops behind a silence, as a dossier shows it. */
struct silence_run {
	int64_t passed_ns, silence_ns; /* the last packet before it that passed; INT64_MIN: none */
	uint32_t first, drops;         /* packet of the dossier */
	bool forward;                  /* its first drop */
};

static bool silence_passed(const struct cause_hop *c, const struct dossier *d,
			   const struct dossier_packet *packet)
{
	return dossier_seen(d, packet, c->hop) && dossier_seen(d, packet, c->hop + 1);
}

static bool silence_dropped(const struct cause_hop *c, const struct dossier_packet *packet)
{
	return packet->after == VERDICT_DROPPED && packet->after_hop == c->hop;
}

static void silence_mark(struct cause_hop *c, struct cause_session *s, const struct dossier *d,
			 uint32_t from, uint32_t to)
{
	uint32_t i, k;

	for (i = from; i < to; i++) {
		const struct dossier_packet *packet = &d->packet[i];
		const struct dossier_sight *last = &d->sight[packet->sight + packet->sights - 1];

		for (k = s->first; silence_dropped(c, packet) && k < s->first + s->drops; k++) {
			struct cause_drop *drop = &c->drop[c->by_session[k]];

			if (drop->odd->point == last->point && drop->odd->index == last->index)
				drop->revived = true;
		}
	}
}

/* A packet of the other end made the state anew; one of the same end that passes shows that there
 * never was a lack of it. */
static void silence_read(struct cause_hop *c, struct cause_session *s, const struct dossier *d)
{
	struct silence_run run = {.passed_ns = INT64_MIN};
	uint32_t i;

	for (i = 0; i < d->packets; i++) {
		const struct dossier_packet *packet = &d->packet[i];

		if (silence_dropped(c, packet)) {
			if (!run.drops++) {
				run.first = i;
				run.forward = packet->forward;
				run.silence_ns = run.passed_ns == INT64_MIN
							 ? 0
							 : packet->time_ns - run.passed_ns;
			}
		} else if (silence_passed(c, d, packet)) {
			if (run.drops >= SILENCE_DROPS && packet->forward != run.forward &&
			    run.silence_ns >= CAUSE_SILENCE_MIN_NS && cause_no_chance(c, run.drops)) {
				silence_mark(c, s, d, run.first, i);
				if (!s->silence_ns)
					s->silence_ns = run.silence_ns;
			}
			run.drops = 0;
			run.passed_ns = packet->time_ns;
		}
	}
}

static enum status silence_revived(struct cause_hop *c, const struct dossier_source *source,
				   struct silence_list *list, struct error *err)
{
	struct dossiers *dossiers = NULL;
	enum status status;
	uint32_t k;

	for (k = 0; k < c->sessions; k++) {
		const struct cause_session *s = &c->session[k];

		if (s->drops - s->trailing >= SILENCE_DROPS && s->drops <= SILENCE_SESSION_DROPS_MAX &&
		    silence_span(c, s->session) >= CAUSE_SILENCE_MIN_NS)
			silence_want(c, list, s->session);
	}
	if (!list->count)
		return STATUS_OK;
	status = dossiers_open(&dossiers, source, list->session, NULL, list->count, err);
	for (k = 0; k < list->count && !status; k++) {
		struct dossier d = dossiers_get(dossiers, k);

		silence_read(c, cause_session_find(c, d.session), &d);
	}
	dossiers_close(&dossiers);
	return status;
}

enum status cause_silences_find(struct cause_hop *c, const struct dossier_source *source,
				struct error *err)
{
	struct silence_list *list = calloc(1, sizeof *list);
	enum status status;
	uint32_t k;

	if (!list)
		return silence_memory(err);
	status = silence_revived(c, source, list, err);
	for (k = 0; k < c->sessions; k++) {
		struct cause_session *s = &c->session[k];

		s->silent = s->trailing >= SILENCE_DROPS && s->passed_ns != INT64_MIN &&
			    s->silence_ns >= CAUSE_SILENCE_MIN_NS && cause_no_chance(c, s->trailing);
	}
	free(list);
	return status;
}

/* ---- what the lengths have in common ---- */

static struct cause_drop *silence_first_drop(const struct cause_hop *c,
					     const struct cause_session *s)
{
	uint32_t i;

	for (i = s->first; i < s->first + s->drops; i++) {
		struct cause_drop *drop = &c->drop[c->by_session[i]];

		if (drop->revived || (s->silent && drop->trailing))
			return drop;
	}
	return NULL;
}

/* The longest silence behind which a packet still passed, going one of these ways. */
static int64_t silence_survived(const struct cause_hop *c, const struct dossier *d,
				const bool way[2])
{
	int64_t last_ns = INT64_MIN, longest_ns = 0;
	uint32_t i;

	for (i = 0; i < d->packets; i++) {
		const struct dossier_packet *packet = &d->packet[i];

		if (!silence_passed(c, d, packet))
			continue;
		/* where packets of the middle are left out, the silence is not real */
		if (last_ns != INT64_MIN && way[packet->forward ? HOP_FORWARD : HOP_REVERSE] &&
		    !(d->left_out && i == DOSSIER_PACKETS_MAX / 2) &&
		    packet->time_ns - last_ns > longest_ns)
			longest_ns = packet->time_ns - last_ns;
		last_ns = packet->time_ns;
	}
	return longest_ns;
}

static enum status silence_bound(struct cause_hop *c, const struct dossier_source *source,
				 const bool way[2], struct silence_list *list, struct error *err)
{
	struct dossiers *dossiers = NULL;
	int64_t longest_ns = 0;
	enum status status;
	uint32_t k;

	for (k = 0; k < c->j->sessions->count; k++)
		if ((c->result->session[k].matched[0] || c->result->session[k].matched[1]) &&
		    silence_span(c, k) >= CAUSE_SILENCE_MIN_NS)
			silence_want(c, list, k);
	if (!list->count)
		return STATUS_OK;
	status = dossiers_open(&dossiers, source, list->session, NULL, list->count, err);
	for (k = 0; k < list->count && !status; k++) {
		struct dossier d = dossiers_get(dossiers, k);
		int64_t survived_ns = silence_survived(c, &d, way);

		longest_ns = survived_ns > longest_ns ? survived_ns : longest_ns;
	}
	dossiers_close(&dossiers);
	for (k = 0; k < c->clusters; k++) {
		c->cluster[k].passed_ns = longest_ns;
		c->cluster[k].contradicted = longest_ns >= c->cluster[k].least_ns;
	}
	return status;
}

enum status cause_silences_cluster(struct cause_hop *c, const struct dossier_source *source,
				   struct error *err)
{
	struct gap *gap = malloc(((size_t)c->sessions + 1) * sizeof *gap);
	struct silence_list *list = calloc(1, sizeof *list);
	bool way[2] = {false, false};
	enum status status = gap && list ? STATUS_OK : silence_memory(err);
	uint32_t k, gaps = 0;

	for (k = 0; k < c->sessions && !status; k++) {
		const struct cause_session *s = &c->session[k];
		const struct cause_drop *first = silence_first_drop(c, s);

		if (!first || s->in_burst == s->drops)
			continue;
		way[first->odd->direction] = true;
		gap[gaps++] = (struct gap){.ns = s->silence_ns, .session = k};
	}
	c->silent_sessions = gaps;
	if (!status)
		c->clusters = gaps_cluster(gap, gaps, (uint8_t)c->hop, c->cluster);
	for (k = 0; k < gaps; k++)
		c->session[gap[k].session].cluster = gap[k].cluster;
	if (!status && c->clusters)
		status = silence_bound(c, source, way, list, err);
	free(list);
	free(gap);
	return status;
}

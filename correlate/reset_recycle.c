/* tcp_tw_recycle and its like: a server that takes from an address only timestamps that rise
 * refuses, behind a NAT, the hosts whose clocks are behind. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/packet.h"
#include "correlate/reset_crowd.h"

#define RECYCLE_NS INT64_C(60000000000)      /* as long as Linux kept a TIME_WAIT's timestamp */
#define RECYCLE_LOOKED_AT 64u                /* connections before one, of its address */
#define RECYCLE_ASKED 1024u                  /* refused SYNs that are looked at */
#define RECYCLE_PACKETS (UINT64_C(1) << 20)  /* of all connections that are opened for it */

/* A refused SYN and a connection that may tell: sorted by the latter. */
struct recycle_pair {
	uint32_t session, number;
};

static int recycle_compare(const void *x, const void *y)
{
	const struct recycle_pair *a = x, *b = y;

	if (a->session != b->session)
		return a->session < b->session ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

/* The key of a refused SYN's client: the RST's own host is the server. */
static void recycle_turn(struct crowd_key *key)
{
	struct crowd_key turned = *key;

	memcpy(turned.address, key->other, sizeof key->other);
	memcpy(turned.other, key->address, sizeof key->address);
	turned.port = key->other_port;
	turned.other_port = key->port;
	*key = turned;
}

static int recycle_key_compare(const void *x, const void *y)
{
	const struct crowd_key *a = x, *b = y;
	int order = crowd_address_compare(a, b);

	return order ? order : (a->number > b->number) - (a->number < b->number);
}

/* Pairs of the given refused SYNs with connections to the same service before them. */
static uint32_t recycle_pairs(const struct resets *r, const struct judging *j,
			      const struct crowd_key *key, uint64_t count,
			      const struct crowd_key *open, uint64_t opens,
			      struct recycle_pair *pair)
{
	uint64_t i, k, packets = 0;
	uint32_t pairs = 0;

	for (i = 0; i < count; i++) {
		int64_t now_ns = r->list[key[i].number].time_ns;
		uint64_t from = crowd_from(open, opens, &key[i], reset_apart(now_ns, RECYCLE_NS));
		uint64_t to = crowd_from(open, opens, &key[i], now_ns);

		from = to - from > RECYCLE_LOOKED_AT ? to - RECYCLE_LOOKED_AT : from;
		for (k = from; k < to && pairs < RECYCLE_ASKED * RECYCLE_LOOKED_AT; k++) {
			packets += sessions_records(j->sessions, j->flows, open[k].session);
			if (memcmp(open[k].other, key[i].other, sizeof open[k].other) != 0 ||
			    open[k].other_port != key[i].other_port || packets > RECYCLE_PACKETS)
				continue;
			pair[pairs++] = (struct recycle_pair){open[k].session, key[i].number};
		}
	}
	return pairs;
}

/* The last timestamp that the client sent in one connection before the RST. */
static void recycle_look(struct reset_facts *f, const struct dossier *d)
{
	uint32_t i;

	for (i = 0; i < d->packets; i++) {
		const struct dossier_packet *p = &d->packet[i];
		int64_t since_ns = reset_apart(f->at_ns, p->time_ns);

		if (since_ns < 0)
			break;
		if (!p->from_client || !p->tsval || since_ns > RECYCLE_NS ||
		    (f->tsval_last && since_ns >= f->tsval_ns))
			continue;
		f->tsval_last = p->tsval;
		f->tsval_ns = since_ns;
	}
	f->recycled = f->tsval_last && (int32_t)(f->answered_tsval - f->tsval_last) < 0;
}

static enum status recycle_read(const struct resets *r, const struct recycle_pair *pair,
				uint32_t pairs, const struct dossier_source *source,
				struct error *err)
{
	uint32_t *session = malloc(((size_t)pairs + 1) * sizeof *session), sessions = 0, i, k = 0;
	struct dossiers *dossiers = NULL;
	enum status status;

	if (!session)
		return error_errno(err, ENOMEM, "resets");
	for (i = 0; i < pairs; i++)
		if (!sessions || session[sessions - 1] != pair[i].session)
			session[sessions++] = pair[i].session;
	status = dossiers_open(&dossiers, source, session, NULL, sessions, err);
	for (i = 0; i < pairs && !status; i++) {
		struct dossier d;

		while (session[k] != pair[i].session)
			k++;
		d = dossiers_get(dossiers, k);
		recycle_look(&r->facts[pair[i].number], &d);
	}
	dossiers_close(&dossiers);
	free(session);
	return status;
}

enum status reset_recycle_find(const struct resets *r, const struct judging *j,
			       const struct dossier_source *source, struct error *err)
{
	struct crowd_key *key = NULL, *open = NULL;
	struct recycle_pair *pair = NULL;
	enum status status = STATUS_OK;
	uint64_t count, opens = 0, i;
	uint32_t pairs = 0;
	bool ok = crowd_keys(r, j, reset_refused_stamp, &key, &count);

	for (i = 0; ok && i < count; i++)
		recycle_turn(&key[i]);
	if (ok && count) {
		qsort(key, count, sizeof *key, recycle_key_compare);
		pair = malloc(sizeof *pair * RECYCLE_ASKED * RECYCLE_LOOKED_AT);
		ok = pair && crowd_openings(j, key, count, &open, &opens);
	}
	if (ok && opens) {
		count = count < RECYCLE_ASKED ? count : RECYCLE_ASKED;
		pairs = recycle_pairs(r, j, key, count, open, opens, pair);
		qsort(pair, pairs, sizeof *pair, recycle_compare);
	}
	if (!ok)
		status = error_errno(err, ENOMEM, "resets");
	else if (pairs)
		status = recycle_read(r, pair, pairs, source, err);
	free(key);
	free(open);
	free(pair);
	return status;
}

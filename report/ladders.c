#include "report/ladders.h"

#include <errno.h>
#include <stdlib.h>

#include "correlate/results.h"

static enum status ladders_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "--session");
}

static enum status ladders_none(uint64_t number, uint64_t sessions, struct error *err)
{
	return error_set(err, STATUS_USAGE,
			 "--session %llu: there is no such session; the store has %llu "
			 "(see --csv sessions)", (unsigned long long)number,
			 (unsigned long long)sessions);
}

static enum status ladders_find(struct ladders *l, struct store_txn *txn, const uint32_t *session,
				struct ladder_facts *facts, struct error *err)
{
	struct ladder_question question = {txn, session, facts, l->count};
	enum status status = ladder_facts_sessions(&question, &l->sessions, err);
	uint32_t k;

	for (k = 0; k < l->count && !status; k++)
		if (!facts[k].found)
			status = ladders_none(session[k] + 1ull, l->sessions, err);
	return status;
}

static enum status ladders_trace(struct ladders *l, struct store_txn *txn, const uint32_t *session,
				 struct error *err)
{
	enum status status = trace_open(&l->trace, txn, err);

	if (!status && l->count && session[l->count - 1] >= l->trace->sessions->count)
		status = error_set(err, STATUS_INPUT,
				   "the store is damaged: no packets of session %llu "
				   "(crosstap-correlate makes it anew)",
				   session[l->count - 1] + 1ull);
	if (!status)
		status = names_make(&l->names, &l->trace->path, l->trace->view, err);
	if (!status)
		status = ladder_clocks_read(&l->clocks, txn, &l->trace->path, l->names, err);
	if (!status)
		status = dossiers_open(&l->dossiers, &l->trace->source, session, NULL, l->count, err);
	return status;
}

/* *kept: the list has the facts from now on. */
static enum status ladders_read(struct ladders *l, struct store_txn *txn, const uint32_t *session,
				struct ladder_facts *facts, bool *kept, struct error *err)
{
	struct ladder_question question = {txn, session, facts, l->count};
	struct dossier *dossier = calloc((size_t)l->count + 1, sizeof *dossier);
	enum status status;
	uint32_t k;

	if (!dossier)
		return ladders_memory(err);
	for (k = 0; k < l->count; k++)
		dossier[k] = dossiers_get(l->dossiers, k);
	status = ladder_facts_read(&question, l->trace, dossier, err);
	for (k = 0; k < l->count; k++) {
		l->list[k].session = session[k];
		l->list[k].dossier = dossier[k];
		l->list[k].facts = facts[k];
	}
	*kept = true;
	free(dossier);
	return status;
}

static enum status ladders_follow(struct ladders *l, struct error *err)
{
	uint32_t k;

	for (k = 0; k < l->count; k++) {
		struct ladder_session *one = &l->list[k];

		one->follow = calloc((size_t)one->dossier.packets + 1, sizeof *one->follow);
		if (!one->follow || !ladder_stream_follow(one->follow, &one->dossier, l->trace->view,
							  l->trace->connection))
			return ladders_memory(err);
		one->begin_ns = one->dossier.packets ? one->dossier.packet[0].time_ns : 0;
	}
	return STATUS_OK;
}

enum status ladders_open(struct ladders **out, struct store_txn *txn, const uint32_t *session,
			 uint32_t count, struct error *err)
{
	struct ladder_facts *facts = calloc((size_t)count + 1, sizeof *facts);
	struct ladders *l = calloc(1, sizeof *l);
	bool kept = false;
	enum status status;
	uint32_t k;

	if (l) {
		l->count = count;
		l->list = calloc((size_t)count + 1, sizeof *l->list);
	}
	status = facts && l && l->list ? ladders_find(l, txn, session, facts, err)
				       : ladders_memory(err);
	if (!status && count)
		status = ladders_trace(l, txn, session, err);
	if (!status && count)
		status = ladders_read(l, txn, session, facts, &kept, err);
	if (!status)
		status = ladders_follow(l, err);
	for (k = 0; facts && !kept && k < count; k++)
		ladder_facts_free(&facts[k], 0, 0);
	free(facts);
	if (status)
		ladders_close(&l);
	*out = l;
	return status;
}

enum status ladders_open_one(struct ladders **out, struct store_txn *txn, uint64_t number,
			     struct error *err)
{
	uint32_t session = (uint32_t)(number - 1);
	struct rows *rows = NULL;
	enum status status;

	if (number - 1 < UINT32_MAX)
		return ladders_open(out, txn, &session, 1, err);
	*out = NULL;
	status = rows_open_table(&rows, txn, &results_sessions, err);
	if (!status)
		status = ladders_none(number, rows->total, err);
	rows_close(&rows);
	return status;
}

void ladders_close(struct ladders **ladders)
{
	struct ladders *l = *ladders;
	uint32_t k;

	*ladders = NULL;
	if (!l)
		return;
	for (k = 0; l->list && k < l->count; k++) {
		ladder_facts_free(&l->list[k].facts, l->list[k].dossier.packets,
				  l->trace ? l->trace->view->points : 0);
		free(l->list[k].follow);
	}
	free(l->list);
	dossiers_close(&l->dossiers);
	names_free(&l->names);
	trace_close(&l->trace);
	free(l);
}

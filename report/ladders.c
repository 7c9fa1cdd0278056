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

enum status ladders_check_session(struct store_txn *txn, uint64_t number, struct error *err)
{
	struct rows *rows;
	enum status status = rows_open_table(&rows, txn, &results_sessions, err);

	if (!status && (!number || number > rows->total || number > UINT32_MAX))
		status = ladders_none(number, rows->total, err);
	rows_close(&rows);
	return status;
}

/* Without memory NULL. */
static struct ladders *ladders_new(const uint32_t *session, uint32_t count)
{
	struct ladders *l = calloc(1, sizeof *l);
	uint32_t k;

	if (!l)
		return NULL;
	l->count = count;
	l->facts = calloc((size_t)count + 1, sizeof *l->facts);
	l->list = calloc((size_t)count + 1, sizeof *l->list);
	if (!l->facts || !l->list)
		ladders_close(&l);
	for (k = 0; l && k < count; k++) {
		l->list[k].session = session[k];
		l->list[k].facts = &l->facts[k];
	}
	return l;
}

static enum status ladders_find(struct ladders *l, const struct ladder_question *question,
				struct error *err)
{
	enum status status = ladder_facts_sessions(question, &l->sessions, err);
	uint32_t k;

	for (k = 0; k < l->count && !status; k++)
		if (!l->facts[k].found)
			status = ladders_none(l->list[k].session + 1ull, l->sessions, err);
	return status;
}

static enum status ladders_trace(struct ladders *l, struct store_txn *txn, const uint32_t *session,
				 struct error *err)
{
	enum status status = trace_open(&l->trace, txn, err);
	uint32_t k;

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
	for (k = 0; k < l->count && !status; k++)
		l->list[k].dossier = dossiers_get(l->dossiers, k);
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
	struct ladders *l = ladders_new(session, count);
	struct ladder_question question;
	enum status status;

	*out = l;
	if (!l)
		return ladders_memory(err);
	question = (struct ladder_question){txn, session, l->facts, count};
	status = ladders_find(l, &question, err);
	if (!status && count)
		status = ladders_trace(l, txn, session, err);
	if (!status && count)
		status = ladder_facts_read(&question, l->trace, l->dossiers, err);
	if (!status)
		status = ladders_follow(l, err);
	if (status)
		ladders_close(out);
	return status;
}

enum status ladders_open_one(struct ladders **out, struct store_txn *txn, uint64_t number,
			     struct error *err)
{
	enum status status = ladders_check_session(txn, number, err);
	uint32_t session = (uint32_t)(number - 1);

	*out = NULL;
	return status ? status : ladders_open(out, txn, &session, 1, err);
}

void ladders_close(struct ladders **ladders)
{
	struct ladders *l = *ladders;
	uint32_t k;

	*ladders = NULL;
	if (!l)
		return;
	for (k = 0; l->facts && l->list && k < l->count; k++) {
		ladder_facts_free(&l->facts[k], l->list[k].dossier.packets,
				  l->trace ? l->trace->view->points : 0);
		free(l->list[k].follow);
	}
	free(l->facts);
	free(l->list);
	dossiers_close(&l->dossiers);
	names_free(&l->names);
	trace_close(&l->trace);
	free(l);
}

/* The set made again from its store, as run.csv says that it was made, against the files that are
 * there. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/store.h"
#include "report/anonymous.h"
#include "report/closing.h"
#include "report/verify_set.h"

struct store_work {
	struct verify *v;
	struct anonymous anonymous; /* where there is a key */
	struct store *store;
	struct store_txn *txn;
	bool plain;                 /* it has addresses, and the set has none */
	struct query *query;
	struct filter_match *match;
	char *closing;
	struct output_against *against;
	struct evidence_result evidence;
};

static enum status store_work_open(struct store_work *w, struct error *err)
{
	const char *path = w->v->options->store;
	struct store_header header;
	enum status status;

	if (w->v->options->key_file) {
		status = anonymous_open(&w->anonymous, path, w->v->options->key_file, err);
		w->store = w->anonymous.store;
	} else {
		status = store_open(&w->store, path, STORE_READ, false, NULL, err);
	}
	if (!status)
		status = store_begin(w->store, false, &w->txn, err);
	if (!status)
		status = store_header_get(w->txn, &header, err);
	if (!status && !header.generation)
		status = error_set(err, STATUS_INPUT, "%s: no results: run crosstap-correlate -s %s first",
				   path, path);
	w->plain = !status && w->v->anonymized && header.holds != STORE_HOLDS_ALIASES;
	return status;
}

static void store_work_close(struct store_work *w)
{
	output_against_free(&w->against);
	free(w->closing);
	filter_match_free(&w->match);
	query_free(&w->query);
	store_abort(&w->txn);
	if (w->v->options->key_file)
		anonymous_close(&w->anonymous);
	else
		store_close(&w->store);
}

/* A cell's text as it was before the ' came in front of it. */
static const char *store_filter_text(const char *cell)
{
	return *cell == '\'' && cell[1] && strchr("=+-@", cell[1]) ? cell + 1 : cell;
}

/* False: what run.csv has is none; that was said. */
static bool store_filter(struct store_work *w, struct error *err)
{
	const char *filter = store_filter_text(w->v->filter);
	struct query_fault fault;
	enum status status = query_parse(&w->query, filter, &fault, err);

	if (!status)
		status = filter_match_make(&w->match, w->query, w->txn, &fault, err);
	if (!status) {
		w->closing = closing_filter(filter, w->match, true);
		w->v->no_memory |= !w->closing;
	} else {
		verify_fault(w->v, "%s/run.csv: the filter: %s", w->v->options->directory, err->text);
	}
	return !status;
}

/* ---- what was found ---- */

static bool store_is_evidence(const struct against_result *result)
{
	return strcmp(result->name, "evidence.pcapng") == 0;
}

static void store_say(struct verify *v, const struct against_result *r)
{
	const char *directory = v->options->directory;

	switch (r->found) {
	case AGAINST_SAME:
		v->looked++;
		break;
	case AGAINST_DIFFERS:
		verify_fault(v, "%s/%s: not what the store gives: from byte %" PRIu64 " on, in line %" PRIu64,
			     directory, r->name, r->byte, r->line);
		break;
	case AGAINST_SHORT:
		verify_fault(v, "%s/%s: ends at byte %" PRIu64 ", and the store gives more", directory, r->name,
			     r->byte - 1);
		break;
	case AGAINST_LONG:
		verify_fault(v, "%s/%s: goes on behind byte %" PRIu64 ", where the store gives nothing more",
			     directory, r->name, r->byte - 1);
		break;
	case AGAINST_NONE:
		verify_fault(v, "%s/%s: cannot be read: %s", directory, r->name, strerror(r->error_number));
		break;
	}
}

/* Packets that were missing then, or are now, are no fault of the file's. */
static void store_compare(struct store_work *w)
{
	struct verify *v = w->v;
	uint32_t count, i;
	const struct against_result *list = output_against_results(w->against, &count);

	for (i = 0; i < count; i++) {
		if (!store_is_evidence(&list[i]) || list[i].found == AGAINST_SAME ||
		    (!v->said.missing && !w->evidence.missing))
			store_say(v, &list[i]);
		else
			verify_skip(v, "evidence.pcapng: %" PRIu64 " of its packets are in captures that are %s",
				    v->said.missing ? v->said.missing : (uint64_t)w->evidence.missing,
				    v->said.missing ? "missing in it, too"
						    : "not found now; --captures DIR says where they are");
	}
}

static enum status store_make(struct store_work *w, struct error *err)
{
	struct verify *v = w->v;
	const struct verify_options *o = v->options;
	struct set_options options = {
		.match = w->match,
		.filter = w->match ? store_filter_text(v->filter) : NULL,
		.closing = w->closing,
		.evidence = {.headers_only = v->headers_only, .directory = o->captures,
			     .directories = o->captures_count,
			     .anonymous = o->key_file ? &w->anonymous : NULL},
		.result = &w->evidence,
		.said = &v->said,
	};
	enum status status;

	w->against = output_against_new(v->directory);
	if (!w->against)
		return error_errno(err, ENOMEM, "%s", o->directory);
	status = set_compare(w->txn, w->against, &options, o->progress, err);
	if (!status)
		store_compare(w);
	evidence_result_free(&w->evidence);
	return status;
}

enum status verify_store(struct verify *v, struct error *err)
{
	struct store_work w = {.v = v};
	enum status status;

	if (!v->options->store) {
		verify_skip(v, "-s STORE makes the set again, and compares it");
		return STATUS_OK;
	}
	status = store_work_open(&w, err);
	if (!status && w.plain)
		verify_skip(v, "the set is anonymous, and the store is not: --anonymize KEYFILE makes them alike");
	else if (!status && (!v->filter || !*v->filter || store_filter(&w, err)))
		status = store_make(&w, err);
	store_work_close(&w);
	return status;
}

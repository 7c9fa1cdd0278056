/* The set made again from its store, as run.csv says that it was made, against the files that are
 * there. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/store.h"
#include "report/closing.h"
#include "report/subject.h"
#include "report/verify_set.h"

struct store_work {
	struct verify *v;
	struct subject subject;
	bool unlike;                /* the set cannot be made of it: that was said */
	struct query *query;
	struct filter_match *match;
	char *closing;
	struct output_against *against;
	struct evidence_result evidence;
};

/* A cell's text as it was before the ' came in front of it. */
static const char *store_text(const char *cell)
{
	return *cell == '\'' && cell[1] && strchr("=+-@", cell[1]) ? cell + 1 : cell;
}

/* False: the set was made with another policy than the one that is given, or with none; that was said. */
static bool store_policy_fits(struct verify *v)
{
	const struct verify_options *o = v->options;
	const char *said = v->expect_sha256;

	if (!o->policy || (said && strcmp(said, o->policy->sha256) == 0))
		return true;
	if (said)
		verify_fault(v, "%s/run.csv: the set is of the policy with expect_sha256 %s, and %s has %s",
			     o->directory, said, o->expect, o->policy->sha256);
	else
		verify_fault(v, "%s/run.csv: it has no expect_sha256: the set was made without --expect",
			     o->directory);
	return false;
}

/* Whether the set can be made of these results; or else says why not. */
static enum status store_is_alike(struct store_work *w, struct error *err)
{
	struct verify *v = w->v;
	enum status status = STATUS_OK;
	bool has = true;

	if (v->anonymized && w->subject.header.holds != STORE_HOLDS_ALIASES) {
		w->unlike = true;
		verify_skip(v, "the set is anonymous, and the store is not: --anonymize KEYFILE makes them alike");
		return STATUS_OK;
	}
	if (v->expect_sha256)
		status = subject_has_policy(w->subject.txn, v->expect_sha256, NULL, &has, err);
	w->unlike = !has;
	if (!status && !has)
		verify_skip(v, "the set was compared with a policy, and the store was not, or with another: "
			    "--expect FILE makes them alike, with %s as it was", v->expect ? v->expect : "that file");
	return status;
}

/* Whatever the policy's file is called now. */
static enum status store_work_open(struct store_work *w, struct error *err)
{
	const struct verify_options *o = w->v->options;
	struct policy policy = o->policy ? *o->policy : (struct policy){0};
	struct subject_request request = {o->store, o->key_file, o->policy ? &policy : NULL,
					  o->progress};
	enum status status;

	if (w->v->expect)
		policy.file = store_text(w->v->expect);
	status = subject_open(&w->subject, &request, err);
	return status ? status : store_is_alike(w, err);
}

static void store_work_close(struct store_work *w)
{
	output_against_free(&w->against);
	free(w->closing);
	filter_match_free(&w->match);
	query_free(&w->query);
	subject_close(&w->subject);
}

/* False: what run.csv has is none; that was said. */
static bool store_filter(struct store_work *w, struct error *err)
{
	const char *filter = store_text(w->v->filter);
	struct query_fault fault;
	enum status status = query_parse(&w->query, filter, &fault, err);

	if (!status)
		status = filter_match_make(&w->match, w->query, w->subject.txn, &fault, err);
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
		.filter = w->match ? store_text(v->filter) : NULL,
		.closing = w->closing,
		.evidence = {.headers_only = v->headers_only, .directory = o->captures,
			     .directories = o->captures_count,
			     .store = o->store, .anonymous = w->subject.anonymous},
		.result = &w->evidence,
		.said = &v->said,
	};
	enum status status;

	w->against = output_against_new(v->directory);
	if (!w->against)
		return error_errno(err, ENOMEM, "%s", o->directory);
	status = set_compare(w->subject.txn, w->against, &options, o->progress, err);
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
	if (!store_policy_fits(v))
		return STATUS_OK;
	status = store_work_open(&w, err);
	if (!status && !w.unlike && (!v->filter || !*v->filter || store_filter(&w, err)))
		status = store_make(&w, err);
	store_work_close(&w);
	return status;
}

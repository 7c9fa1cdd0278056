#include "report/subject.h"

#include <string.h>

#include "collect/capture.h"
#include "report/sheet.h"

enum status subject_has_policy(struct store_txn *txn, const char *sha256, const char *file, bool *has,
			       struct error *err)
{
	char stored[POLICY_SHA256_TEXT], name[CAPTURE_FILE_MAX] = "";
	enum status status = sheet_run_value(txn, "expect_sha256", stored, sizeof stored, err);

	if (!status && file)
		status = sheet_run_value(txn, "expect", name, sizeof name, err);
	*has = !status && strcmp(stored, sha256) == 0 && (!file || strcmp(name, file) == 0);
	return status;
}

/* Results to read, as they are now. */
static enum status subject_begin(struct subject *s, struct store *store, const char *path, struct error *err)
{
	enum status status = store_begin(store, false, &s->txn, err);

	if (!status)
		status = store_header_get(s->txn, &s->header, err);
	if (!status && !s->header.generation)
		status = error_set(err, STATUS_INPUT, "%s: no results yet: run crosstap-correlate -s %s first",
				   path, path);
	return status;
}

static enum status subject_anonymous(struct subject *s, const struct subject_request *request, struct error *err)
{
	enum status status = anonymous_open(&s->aliases, request->store, request->key_file, request->progress,
					    err);

	s->anonymous = &s->aliases;
	s->policy_left_out = s->aliases.derived.policy;
	return status ? status : subject_begin(s, s->aliases.store, request->store, err);
}

/* The store is given up for the one that is made of it. */
static enum status subject_compare(struct subject *s, const struct subject_request *request, struct error *err)
{
	struct derived_request compared = {NULL, request->policy, request->progress};
	enum status status;

	store_abort(&s->txn);
	status = derived_make(&s->derived, s->store, &compared, err);
	store_close(&s->store);
	return status ? status : subject_begin(s, s->derived.store, request->store, err);
}

enum status subject_open(struct subject *s, const struct subject_request *request, struct error *err)
{
	const struct policy *policy = request->policy;
	enum status status;
	bool has = false;

	*s = (struct subject){0};
	if (request->key_file)
		return subject_anonymous(s, request, err);
	status = store_open(&s->store, request->store, STORE_READ, false, NULL, err);
	if (!status)
		status = subject_begin(s, s->store, request->store, err);
	if (!status && policy && s->header.holds == STORE_HOLDS_ALIASES)
		status = error_set(err, STATUS_USAGE,
				   "--expect: %s is anonymous, and has no address of the policy's",
				   request->store);
	if (!status && policy)
		status = subject_has_policy(s->txn, policy->sha256, policy->file, &has, err);
	return status || !policy || has ? status : subject_compare(s, request, err);
}

void subject_close(struct subject *s)
{
	store_abort(&s->txn);
	anonymous_close(&s->aliases);
	derived_close(&s->derived);
	store_close(&s->store);
	*s = (struct subject){0};
}

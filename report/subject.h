/* What is reported on: the results of the store that was given, or of one that is made of it for the time
 * of the report: anonymous (see anonymous.h), or compared with a policy (see derived.h).
 */
#ifndef CROSSTAP_REPORT_SUBJECT_H
#define CROSSTAP_REPORT_SUBJECT_H

#include "collect/error.h"
#include "collect/store.h"
#include "correlate/policy.h"
#include "report/anonymous.h"
#include "report/derived.h"

struct subject_request {
	const char *store;
	const char *key_file;        /* --anonymize; NULL: as the store is */
	const struct policy *policy; /* --expect, never with a key; NULL: as the store is */
	struct progress *progress;   /* where the making is shown; NULL: nowhere */
};

struct subject {
	struct store_txn *txn;       /* of the results */
	struct store_header header;  /* of their store */
	const struct anonymous *anonymous; /* NULL: without --anonymize */
	bool policy_left_out;        /* the store has what a policy came to, which aliases cannot have */
	struct anonymous aliases;
	struct derived derived;
	struct store *store;
};

/* Results that are of this very policy are taken as they are. STATUS_INPUT: there are none; STATUS_USAGE: key or
 * policy are none for this store. Ends in subject_close() on failure, too. */
enum status subject_open(struct subject *subject, const struct subject_request *request, struct error *err)
	MUST_CHECK;
void subject_close(struct subject *subject); /* legal for {0} */

/* Whether the results are of a policy with this digest, and this file name where that is not NULL. */
enum status subject_has_policy(struct store_txn *txn, const char *sha256, const char *file, bool *has,
			       struct error *err) MUST_CHECK;

#endif

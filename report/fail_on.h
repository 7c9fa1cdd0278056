/* --fail-on: what a script may ask for to be told by the exit status. */
#ifndef CROSSTAP_REPORT_FAIL_ON_H
#define CROSSTAP_REPORT_FAIL_ON_H

#include <stdbool.h>

#include "collect/error.h"
#include "collect/store.h"

/* Checks a list ("drops,resets") without asking it. STATUS_USAGE names a word that is none. */
enum status fail_on_check(const char *list, struct error *err) MUST_CHECK;

/* Whether the list asks for what only a policy (--expect) can say. */
bool fail_on_needs_policy(const char *list);

/* Whether something of the list is in the results. The list is a valid one.
 * STATUS_USAGE when it needs a policy, and the results are of a run without one. */
enum status fail_on_ask(const char *list, struct store_txn *txn, bool *found, struct error *err)
	MUST_CHECK;

#endif

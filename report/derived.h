/* A store that is made of another for the time of a report, and correlated as that one was: the same
 * captures, but for what is asked to be otherwise. So what is written is what such a store
 * would have given, and the one that was given is only read.
 *
 * Its file is away before it is filled; what it holds goes when it is closed, or this process ends.
 */
#ifndef CROSSTAP_REPORT_DERIVED_H
#define CROSSTAP_REPORT_DERIVED_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/capture.h"
#include "collect/error.h"
#include "collect/holding.h"
#include "collect/store.h"
#include "correlate/policy.h"

struct progress;

struct derived_request {
	const struct holding *holding; /* what it holds of the captures; NULL: the same */
	const struct policy *policy;   /* what it is compared with; NULL: nothing. Borrowed */
	struct progress *progress;     /* its steps are shown there; NULL: nowhere */
};

struct derived {
	struct store *store;       /* to be reported on */
	struct capture *from;      /* the captures of that one */
	uint32_t captures;
	bool policy;               /* that one was compared with a policy */
};

/* `from` has results, and stays the caller's. STATUS_INPUT: they are of fewer captures than it has. Ends in
 * derived_close() on failure, too. */
enum status derived_make(struct derived *derived, struct store *from,
			 const struct derived_request *request, struct error *err) MUST_CHECK;
void derived_close(struct derived *derived); /* legal for {0} */

#endif

/* What the hops' clocks allow, as hops.csv says. */
#ifndef CROSSTAP_REPORT_LADDER_CLOCKS_H
#define CROSSTAP_REPORT_LADDER_CLOCKS_H

#include "correlate/names.h"
#include "correlate/path.h"

/* By hop. */
struct ladder_clocks {
	bool known[VIEW_POINTS_MAX];    /* delays mean something */
	int64_t error_ns[VIEW_POINTS_MAX];
};

enum status ladder_clocks_read(struct ladder_clocks *clocks, struct store_txn *txn,
			       const struct path *path, const struct names *names,
			       struct error *err) MUST_CHECK;

#endif

#include "report/ladder_clocks.h"

#include <string.h>

#include "correlate/results.h"
#include "report/rows.h"

static void clocks_take(struct ladder_clocks *clocks, const struct path *path,
			const struct names *names, const struct cell *cell)
{
	uint32_t hop;

	for (hop = 0; hop + 1 < path->stages; hop++)
		if (cell[HOPS_CLOCK_ERROR].known &&
		    strcmp(names->hop[hop], cell[HOPS_HOP].text) == 0) {
			clocks->known[hop] = true;
			clocks->error_ns[hop] = cell[HOPS_CLOCK_ERROR].number;
		}
}

enum status ladder_clocks_read(struct ladder_clocks *clocks, struct store_txn *txn,
			       const struct path *path, const struct names *names,
			       struct error *err)
{
	struct rows *rows;
	enum status status = rows_open_table(&rows, txn, &results_hops, err);
	bool more = true;

	*clocks = (struct ladder_clocks){{false}, {0}};
	while (!status) {
		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		clocks_take(clocks, path, names, rows_cells(rows));
	}
	rows_close(&rows);
	return status;
}

/* Small bars for a terminal: a hop's median delay over time, a character for each stretch of it.
 */
#ifndef CROSSTAP_REPORT_TEXT_BARS_H
#define CROSSTAP_REPORT_TEXT_BARS_H

#include <stdbool.h>

#include "report/held.h"

#define TEXT_BARS 16                       /* characters */
#define TEXT_BARS_ROOM (3 * TEXT_BARS + 1) /* bytes of them in UTF-8 */

/* One for all hops: they share the axis of time. */
struct text_bars {
	struct held delays;
	int64_t first_ns, last_ns;
	bool ascii; /* for a terminal that knows no other characters */
};

enum status text_bars_read(struct text_bars *bars, struct store_txn *txn, bool ascii,
			   struct error *err) MUST_CHECK;
/* A zeroed one is legal. */
void text_bars_free(struct text_bars *bars);

/* Of each stretch the greatest median delay, from 0 (no bar) to the row's greatest (a full one); a dot
 * where nothing passed. "" where no delay is known. */
const char *text_bars_line(const struct text_bars *bars, const char *hop, const char *direction,
			   char line[TEXT_BARS_ROOM]);

#endif

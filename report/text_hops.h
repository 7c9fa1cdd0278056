/* The hops of the summary: read once, said in a sentence, shown as a grid. */
#ifndef CROSSTAP_REPORT_TEXT_HOPS_H
#define CROSSTAP_REPORT_TEXT_HOPS_H

#include <stdio.h>

#include "collect/error.h"
#include "collect/store.h"
#include "report/cell.h"
#include "report/grid.h"
#include "report/text_bars.h"

struct text_hops;

enum status text_hops_read(struct text_hops **out, struct store_txn *txn, struct error *err)
	MUST_CHECK;
/* NULL is legal; *hops becomes NULL. */
void text_hops_free(struct text_hops **hops);

/* What the hops did, worst first. The caller frees; NULL without memory. */
char *text_hops_answer(const struct text_hops *hops);

enum status text_hops_print(const struct text_hops *hops, const struct text_bars *bars,
			    FILE *stream, unsigned width, struct error *err) MUST_CHECK;

#endif

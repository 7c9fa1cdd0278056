/* The ladder's head: what the session came to, its ends as each point knows them, and the
 * titles of the columns. */
#ifndef CROSSTAP_REPORT_LADDER_HEAD_H
#define CROSSTAP_REPORT_LADDER_HEAD_H

#include <stdio.h>

#include "report/ladder_arrow.h"
#include "report/ladders.h"

struct ladder_head {
	FILE *stream;
	const struct ladders *all;
	const struct ladder_session *session;
	const struct ladder_grid *grid;
	uint32_t indent; /* columns before the first stage */
};

enum status ladder_head_write(const struct ladder_head *head, struct error *err) MUST_CHECK;

#endif

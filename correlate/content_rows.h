/* The contents of a flow, for content*.c only.
 */
#ifndef CROSSTAP_CORRELATE_CONTENT_ROWS_H
#define CROSSTAP_CORRELATE_CONTENT_ROWS_H

#include "collect/content_read.h"
#include "correlate/content.h"

#define CONTENT_EVENTS_MAX 512u /* of one connection at one point */

/* A content with what its record says. */
struct content_event {
	struct content_row row;
	int64_t time_ns;        /* the point's own */
	uint32_t frame, ack;
	bool from_client;
};

/* Adds the contents of a way (node << 1 | the client's direction) to the list, which has
 * room for CONTENT_EVENTS_MAX; the count becomes larger. *known becomes false where the
 * capture was collected without contents. */
void contents_add(const struct contents *contents, uint32_t way, struct content_event *list,
		  uint32_t *count, bool *known);

#endif

/* The feed: gives a capture's records to the process where libtrace reads them.
 *
 * A thread of its own walks the records, so that a damaged one ends the
 * reading at its own offset, before libtrace sees it. libtrace 3 knows neither
 * extension headers nor records beyond type 23: the feed takes the former out and
 * passes over what holds no packet, and tells the child where the next record
 * stands in the capture whenever that does not follow from the one before.
 */
#ifndef CROSSTAP_COLLECT_ERF_FEED_H
#define CROSSTAP_COLLECT_ERF_FEED_H

#include "collect/error.h"
#include "collect/reader.h"

enum erf_feed_kind { ERF_FEED_ERF, ERF_FEED_TSH };

struct erf_feed;

/* Starts to write the stream's records to `fd`, which becomes the feed's even
 * when this fails. The stream is the feed's until erf_feed_end() or _close(). */
enum status erf_feed_start(struct erf_feed **out, enum erf_feed_kind kind, struct bytes *bytes,
			   int fd, struct error *err) MUST_CHECK;

/* Waits for its end, and writes down the damage that it met. */
enum status erf_feed_end(struct erf_feed *feed, struct notes *notes,
			 struct error *err) MUST_CHECK;

/* The child's end of the pipe must be closed by then, or the stream cancelled.
 * NULL is legal; *feed becomes NULL. */
void erf_feed_close(struct erf_feed **feed);

#endif

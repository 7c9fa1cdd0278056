/* The contents of a capture: what its TCP flows say in the clear, flow by flow.
 *
 * It looks at a payload only where the first byte may begin something (see content.h), or
 * where a head that was cut goes on: up to CONTENT_PARTS segments are put together. A
 * message that is sent again is one content, the first; what stands inside the body
 * of another (its length is known) is none.
 */
#ifndef CROSSTAP_COLLECT_CONTENT_LOG_H
#define CROSSTAP_COLLECT_CONTENT_LOG_H

#include "collect/buffer.h"
#include "collect/content.h"
#include "collect/content_keep.h"
#include "collect/error.h"
#include "collect/packet.h"
#include "collect/record.h"

#define CONTENT_PARTS 16u

/* Begins as {.seed = the store's}. */
struct content_log {
	uint32_t waiting;          /* heads that may go on in another segment */
	struct content_work *work; /* NULL until the first content */
	uint64_t seed;             /* of content_marks() */
};

static inline bool content_log_may(const struct content_log *log, const struct packet *packet)
{
	return packet->payload && packet->proto == 6 &&
	       (content_first[*packet->payload] || log->waiting);
}

/* Looks at a TCP packet, whose record will have the given number in the capture. *full: its room is
 * used up, and content_log_settle() is due before the next one. */
enum status content_log_see(struct content_log *log, const struct packet *packet, uint32_t record,
			    bool *full, struct error *err) MUST_CHECK;

/* Keeps what was seen; the flows of all records so far are in the block, whose first
 * row is record number `first`. To be called before a block is put away, too. */
enum status content_log_settle(struct content_log *log, const struct record_block *block,
			       uint32_t first, struct error *err) MUST_CHECK;

/* Packs all of it, behind the last content_log_settle(). */
enum status content_log_pack(struct content_log *log, struct buffer *out, struct error *err)
	MUST_CHECK;
void content_log_close(struct content_log *log);

#endif

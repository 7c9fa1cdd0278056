/* What the readers of a profile's tables share. For compare_profile*.c only.
 */
#ifndef CROSSTAP_REPORT_COMPARE_PROFILE_READ_H
#define CROSSTAP_REPORT_COMPARE_PROFILE_READ_H

#include "report/compare_profile.h"

enum status profile_memory(struct error *err);

/* Cells that may be unknown: "", 0 (and held at the end of 32 bits), PROFILE_UNKNOWN. */
const char *profile_text(const struct cell *cell);
uint32_t profile_number(const struct cell *cell);
int64_t profile_time(const struct cell *cell);

/* A text's number in a dictionary, cut to PROFILE_TEXT_MAX bytes; it goes in with its zero. */
enum status profile_put(struct dictionary *dictionary, const char *text, uint32_t *number,
			struct error *err) MUST_CHECK;

/* The stretch of a moment, and how long stretches are between these two. */
uint8_t profile_block(int64_t time_ns, int64_t first_ns, int64_t block_ns);
int64_t profile_block_length(int64_t first_ns, int64_t last_ns);

/* The hops of hops.csv with what delays.csv, drops.csv and injected.csv say of them. */
enum status profile_read_hops(struct profile *profile, struct store_txn *txn, struct error *err)
	MUST_CHECK;

#endif

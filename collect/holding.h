/* What a store holds of the captures in it: everything; nothing of payload but keyed hashes; or
 * aliases of addresses and names besides. A store is of one kind from its first capture on, so that
 * its points can be compared; one of aliases has one key.
 *
 * What is not to be held never gets into the store: captures are read as ever, and what is
 * kept of them goes through here on its way. So all that is made of the store is as anonymous as the
 * store, whoever makes it.
 */
#ifndef CROSSTAP_COLLECT_HOLDING_H
#define CROSSTAP_COLLECT_HOLDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/alias.h"
#include "collect/buffer.h"
#include "collect/capture.h"
#include "collect/error.h"
#include "collect/record.h"
#include "collect/store.h"

struct holding {
	enum store_holds holds;     /* never STORE_HOLDS_UNDECIDED */
	uint64_t key_check;         /* of STORE_HOLDS_ALIASES: alias_check(); else 0 */
	const struct alias *alias;  /* NULL: addresses and names stay what they are. Borrowed */
};

#define HOLDING_CHECK_ROOM 17       /* a key's check value as text */

/* Makes it the store's, or looks whether it is. STATUS_USAGE: the store holds something else, or
 * has another key. */
enum status holding_bind(struct store *store, const struct holding *holding, struct error *err)
	MUST_CHECK;
/* A check value in 16 hexadecimal digits. */
const char *holding_check_text(char text[HOLDING_CHECK_ROOM], uint64_t check);

/* ---- of one capture ---- */

/* The flows of a capture, as they become known. An alias may be the greater where the address was
 * the lesser: then the flow's ends change places, and its directions with them. Begins as
 * {.holding = ...}; the caller's in one thread. */
struct holding_flows {
	const struct holding *holding;
	uint8_t *turned;            /* by flow: its ends changed places */
	uint32_t count, room;
	struct holding_known *known;/* aliases that were made, by a hash of the address */
	uint32_t known_slots, known_count;
};

/* Makes the next flow, in the order of their numbers, what is kept of it. */
enum status holding_add_flow(struct holding_flows *flows, struct capture_flow *flow,
			     struct error *err) MUST_CHECK;
/* Directions of all rows; their flows were added. */
void holding_block(const struct holding_flows *flows, struct record_block *block);
/* Packed contents as they are kept. STATUS_INPUT: they are damaged. */
enum status holding_contents(const struct holding_flows *flows, const uint8_t *bytes, size_t size,
			     struct buffer *out, struct error *err) MUST_CHECK;
void holding_flows_free(struct holding_flows *flows);

/* An entry of a dictionary, in place. */
void holding_entry(const struct holding *holding, enum capture_dictionary which, uint8_t *bytes,
		   uint32_t size);
/* TCP's options, in place: what is in those that may name hosts, or that nobody knows. Bytes equal before are
 * equal behind it. */
void holding_options(const struct alias *alias, uint8_t *options, uint32_t size);
/* The row of the capture itself: names of files and interfaces, and filters, become aliases. */
void holding_row(const struct holding *holding, struct capture *capture);
/* What a file of this name is called in a store of aliases: "capture-0123456789ab.pcap". */
void holding_file(const struct alias *alias, const char *file, char *name, size_t room);

#endif

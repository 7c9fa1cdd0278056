/* Numbering: the link descriptions and TCP options of one capture as small numbers. Those of nearly
 * every packet (plain Ethernet, aligned timestamps) were seen just before, and are told by a few words
 * without asking the dictionary.
 */
#ifndef CROSSTAP_COLLECT_NUMBERING_H
#define CROSSTAP_COLLECT_NUMBERING_H

#include <stdint.h>

#include "collect/dictionary.h"
#include "collect/packet.h"
#include "collect/source.h"

#define NUMBERING_RECENT 16u /* pairs of MAC addresses; a power of two */

struct numbering {
	struct dictionary *links, *options;
	struct {
		uint64_t macs[2]; /* the second of 4 bytes */
		uint32_t number;
		bool used;
	} recent[NUMBERING_RECENT];
	uint32_t timestamps;      /* the number of aligned timestamps; 0: not seen yet */
};

/* To be closed even when this fails. Begins as {0}. */
enum status numbering_open(struct numbering *numbering, uint64_t seed, struct error *err) MUST_CHECK;
void numbering_close(struct numbering *numbering);

/* The number of the packet's link description. `packet` was parsed of `frame`. */
enum status numbering_link(struct numbering *numbering, const struct packet *packet,
			   const struct frame *frame, uint32_t *number, struct error *err) MUST_CHECK;
/* The number of its TCP options; 0: it has none. */
enum status numbering_options(struct numbering *numbering, const struct packet *packet,
			      uint32_t *number, struct error *err) MUST_CHECK;

#endif

/* Where in a frame the headers lie that hold addresses, or sum what does: what packet_places()
 * notes while it reads one, outermost first. Headers that turned out to be none are not among them.
 */
#ifndef CROSSTAP_COLLECT_PLACES_H
#define CROSSTAP_COLLECT_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/packet.h"

#define PLACES_MAX 128u

enum place_kind {
	PLACE_MACS,      /* two MAC addresses */
	PLACE_COOKED,    /* a link-layer address of 8 bytes; detail: how many of them count */
	PLACE_IP,        /* a header with its options; detail: 4 or 6 */
	PLACE_EXTENSION, /* of IPv6, or AH; detail: its type */
	PLACE_TRANSPORT, /* TCP, UDP, ICMP, ICMPv6; detail: which */
	PLACE_GRE,
	PLACE_GENEVE,    /* its options */
};

struct place {
	uint8_t kind, detail;
	uint32_t at, end; /* offsets in the frame; end is 0 where nobody asks for it */
};

struct places {
	uint32_t count;
	bool full;        /* there were more */
	struct place list[PLACES_MAX];
};

/* packet_parse(), which see; and adds the places of the frame to *places. */
void packet_places(struct packet *packet, uint32_t linktype, const uint8_t *bytes, uint32_t caplen,
		   uint32_t length, struct places *places);

#endif

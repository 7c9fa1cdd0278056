/* The descent through a frame's headers, outermost first: the state that the
 * link, tunnel, ip and transport parsers hand on to each other. It lives for
 * one packet_parse(); what a header says goes to *packet.
 *
 * A step reads one header at the cursor, moves behind it and leaves in `next`
 * the ethertype of what follows. It returns PACKET_IP for "go on", or the kind
 * that ends the descent.
 */
#ifndef CROSSTAP_COLLECT_DESCENT_H
#define CROSSTAP_COLLECT_DESCENT_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/cursor.h"
#include "collect/packet.h"
#include "collect/places.h"

/* Headers, VLAN tags and MPLS labels; more is an attack, not a network. */
#define DESCENT_STEPS_MAX 24

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd

struct descent {
	struct cursor cursor;
	struct packet *packet;
	uint16_t next;  /* ethertype at the cursor */
	uint8_t steps;
	bool to_all;    /* the link's destination is broadcast, not only some group */
	bool nested;    /* inside a tunnel: an IP length beyond the tunnel's is a contradiction */
	bool partial;   /* inside a tunnel's first fragment: an IP length beyond it is normal */
	bool link_only; /* a protocol that speaks of its own link: ARP, LLDP, spanning tree */
	bool quoted;    /* inside an ICMP error: an IP length beyond the quote is normal */
	bool sequenced; /* the GRE header had a sequence number, which tells ERSPAN II from I */
	bool rerouted;  /* an IPv6 routing header is not used up: checksums cover another `dst` */
	struct places *places; /* NULL: nobody asks */
};

typedef enum packet_kind descent_step(struct descent *descent);

/* Notes where a header is, from `at` to the cursor. */
static inline void descent_note(const struct descent *descent, enum place_kind kind,
				uint8_t detail, const uint8_t *at)
{
	struct places *places = descent->places;

	if (!places)
		return;
	places->full |= places->count == PLACES_MAX;
	if (!places->full)
		places->list[places->count++] =
			(struct place){(uint8_t)kind, detail,
				       (uint32_t)(at - descent->cursor.bytes), descent->cursor.at};
}

/* For headers that say "IP" but not which: the version nibble does. */
static inline enum packet_kind descent_by_nibble(struct descent *descent)
{
	const uint8_t *at = cursor_peek(&descent->cursor, 1);

	if (!at)
		return cursor_short(&descent->cursor, 1);
	if (*at >> 4 != 4 && *at >> 4 != 6)
		return PACKET_MALFORMED;
	descent->next = *at >> 4 == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
	return PACKET_IP;
}

#endif

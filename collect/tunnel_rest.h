/* What is left of a tunnel's packet that its outer IP cut into fragments.
 *
 * packet_parse() opens the first fragment: it holds the inner packet's headers. The
 * later ones hold the end of its payload and no header at all; they are no packets to be
 * compared with what is seen outside the tunnel, and are told here by the fragments'
 * IP ID. A later fragment that comes before its first stays a fragment like others.
 */
#ifndef CROSSTAP_COLLECT_TUNNEL_REST_H
#define CROSSTAP_COLLECT_TUNNEL_REST_H

#include <stdint.h>

#include "collect/error.h"
#include "collect/packet.h"

#define TUNNEL_RESTS 4096u /* first fragments remembered */
#define TUNNEL_REST_NS (INT64_C(60) * 1000000000) /* RFC 8200 4.5: reassembly gives up then */

struct tunnel_rest;

struct tunnel_rests {
	struct tunnel_rest *list; /* TUNNEL_RESTS, allocated when the first one comes */
	uint64_t seed;
};

/* Whether tunnel_rests_see() has anything to do with the packet. */
static inline bool tunnel_rests_may(const struct packet *packet)
{
	return packet->outer.opened || (packet->marks & PACKET_FRAGMENT_LATER);
}

/* Remembers a tunnel's first fragment; makes PACKET_NON_IP of a later one. Packets are to
 * come in the order of the file. */
enum status tunnel_rests_see(struct tunnel_rests *rests, struct packet *packet, int64_t time_ns,
			     struct error *err) MUST_CHECK;
void tunnel_rests_free(struct tunnel_rests *rests);

#endif

#include "collect/headers.h"

#include "collect/ip.h"
#include "collect/packet.h"

#define LINKTYPE_RAW 101 /* begins with an IP header: as quotes do */

/* A TCP header that ends early, as in quotes of 8 bytes (RFC 792), is one to its end. Of
 * anything else that was cut, a tunnel most of all, it is not certain that it was a header. */
static uint32_t headers_known(const struct packet *packet, uint32_t caplen)
{
	if (packet->kind == PACKET_CUT && packet->version && packet->proto == IP_PROTO_TCP)
		return caplen;
	return packet->headers_captured;
}

uint32_t headers_bytes(uint32_t linktype, const uint8_t *bytes, uint32_t caplen, uint32_t length)
{
	struct packet packet, quoted;

	packet_parse(&packet, linktype, bytes, caplen, length);
	if (!(packet.marks & PACKET_ICMP_ERROR) || !packet.payload)
		return headers_known(&packet, caplen);
	packet_parse(&quoted, LINKTYPE_RAW, packet.payload, packet.payload_captured,
		     packet.payload_bytes);
	return packet.headers_captured + headers_known(&quoted, packet.payload_captured);
}

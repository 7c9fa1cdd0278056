/* A frame's bytes for the lab's middlebox: numbers in network order, what its headers say, its
 * checksums. The lab's stacks send no VLAN tags, no extension headers and no fragments.
 */
#ifndef CROSSTAP_TESTS_BUMP_FRAME_H
#define CROSSTAP_TESTS_BUMP_FRAME_H

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FRAME_BYTES_MAX = 65550,
	FIN = 1,
	SYN = 2,
	RST = 4,
	ACK = 16,
};

/* What a frame's headers say; offsets are into the frame. */
struct view {
	int version; /* 4 or 6; 0: not IP, passes untouched */
	size_t ip_offset, l4_offset, ip_bytes;
	size_t payload_offset; /* 0: no TCP, or its header is cut */
	uint8_t proto, flags;
	uint16_t ip_id, src_port, dst_port;
	uint32_t seq, ack, payload_bytes;
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
};

uint16_t read16(const uint8_t *bytes);
uint32_t read32(const uint8_t *bytes);
void write16(uint8_t *bytes, uint16_t value);
void write32(uint8_t *bytes, uint32_t value);

struct view frame_view(const uint8_t *frame, size_t length);

/* The IPv4 header's checksum, and TCP's of a whole frame, written anew. */
void ip_checksum_write(uint8_t *ip);
void tcp_checksum_write(uint8_t *frame, const struct view *view);

#endif

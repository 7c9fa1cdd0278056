/* Where a frame's headers end: what may leave a house where payload may not.
 *
 * Headers are those that packet_parse() understands, down to the innermost transport
 * header, and behind an ICMP error's own those of the packet that it quotes. What is not
 * understood counts as payload: a frame of an unknown link type has no headers.
 */
#ifndef CROSSTAP_COLLECT_HEADERS_H
#define CROSSTAP_COLLECT_HEADERS_H

#include <stdint.h>

/* How many of the `caplen` bytes at `bytes` are headers; for the arguments see
 * packet_parse(). Padding and trailers behind the packet are none. */
uint32_t headers_bytes(uint32_t linktype, const uint8_t *bytes, uint32_t caplen, uint32_t length);

#endif

/* Policy cells: what a row of a rule base says of addresses, ports and protocols, as lists of ranges
 * that are in order and apart from each other.
 */
#ifndef CROSSTAP_CORRELATE_POLICY_CELL_H
#define CROSSTAP_CORRELATE_POLICY_CELL_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"

#define POLICY_LIST_MAX 4096u   /* entries of one cell */
#define POLICY_SAID_MAX 64      /* bytes of a word that an error quotes */

/* An address as a number: IPv4 in the low 32 bits of `low`. */
struct policy_address {
	uint64_t high, low;
};

struct policy_range {
	struct policy_address first, last;
	uint8_t version;
};

struct policy_ranges {
	struct policy_range *list; /* by version, then address; none touches the next */
	uint32_t count;
};

struct policy_port_range {
	uint16_t first, last;
};

struct policy_ports {
	struct policy_port_range *list; /* in order, apart; NULL: any, or none at all */
	uint32_t count;
};

struct policy_protocols {
	uint64_t bits[4];
};

/* Each reads a cell: words with blanks, commas or semicolons between them. STATUS_INPUT says what is wrong
 * with which word. What is read is the caller's to free. */
enum status policy_read_addresses(const char *cell, struct policy_ranges *ranges,
				  struct error *err) MUST_CHECK;
enum status policy_read_ports(const char *cell, struct policy_ports *ports,
			      struct error *err) MUST_CHECK;
enum status policy_read_protocols(const char *cell, struct policy_protocols *protocols,
				  struct error *err) MUST_CHECK;

/* 4 or 16 bytes, network order. */
struct policy_address policy_address(uint8_t version, const uint8_t *bytes);
bool policy_ranges_have(const struct policy_ranges *ranges, uint8_t version,
			struct policy_address address);
/* Whether all of `inner` lies in `outer`. */
bool policy_ranges_cover(const struct policy_ranges *outer, const struct policy_ranges *inner);
bool policy_ports_have(const struct policy_ports *ports, uint16_t port);
bool policy_ports_cover(const struct policy_ports *outer, const struct policy_ports *inner);

static inline bool policy_protocols_have(const struct policy_protocols *protocols, uint8_t proto)
{
	return protocols->bits[proto >> 6] >> (proto & 63) & 1;
}

/* Protocols whose packets have ports. */
static inline bool policy_has_ports(uint8_t proto)
{
	return proto == 6 || proto == 17 || proto == 132;
}

#endif

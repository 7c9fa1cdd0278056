/* Blocks of pcapng, written: a section, its interfaces, packets, statistics. As the draft
 * draft-ietf-opsawg-pcapng has it, sections 3.5 (options), 4.1 (section header), 4.2
 * (interface description), 4.3 (enhanced packet) and 4.6 (interface statistics).
 *
 * Each function appends one whole block to a buffer, which says by `failed` when there was no
 * memory. Little-endian on any machine, and nothing of the machine in it: the same packets
 * give the same bytes. Times have the resolution of nanoseconds. Texts are UTF-8, and the caller's
 * to have made harmless; those that are too long for an option are cut behind a whole character.
 */
#ifndef CROSSTAP_COLLECT_PCAPNG_BLOCK_H
#define CROSSTAP_COLLECT_PCAPNG_BLOCK_H

#include <stdint.h>

#include "collect/buffer.h"

#define PCAPNG_OPTION_MAX 65535u  /* bytes of an option: its length has 16 bits */
#define PCAPNG_CAPLEN_MAX 262144u /* what Wireshark reads of a frame at most; it reads no file on
				   * behind one that is longer */

struct pcapng_interface {
	const char *name, *description; /* NULL: none */
	uint16_t linktype;
	uint32_t snaplen;     /* bytes; 0: none */
	const char *filter;   /* what the capture let through, pcap-filter(7); NULL: not said */
	int64_t offset_s;     /* added to all its packets' times */
};

struct pcapng_packet {
	uint32_t interface;   /* in the order of their blocks, from 0 */
	int64_t time_ns;      /* not below the interface's offset */
	uint32_t caplen_bytes, length_bytes;
	const uint8_t *bytes;
	const char *const *comment; /* each an option of its own */
	uint32_t comments;
	uint64_t dropped;     /* lost by the capture between this packet and the one before */
	int64_t offset_s;     /* the interface's */
};

/* What the capture of an interface counted until now. */
struct pcapng_statistics {
	uint32_t interface;
	int64_t time_ns;
	int64_t from_ns, until_ns; /* between these nothing passed unseen; until_ns 0: not said */
	uint64_t received;    /* by the interface */
	uint64_t dropped;     /* for want of room in the capture's buffer */
	uint64_t missed;      /* by the interface itself */
};

/* `comment` may be NULL. */
void pcapng_block_section(struct buffer *to, const char *application, const char *comment);
void pcapng_block_interface(struct buffer *to, const struct pcapng_interface *interface);
void pcapng_block_packet(struct buffer *to, const struct pcapng_packet *packet);
void pcapng_block_statistics(struct buffer *to, const struct pcapng_statistics *statistics);

#endif

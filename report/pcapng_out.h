/* pcapng, written: a section, its interfaces, packets with comments. As the draft
 * draft-ietf-opsawg-pcapng has it, sections 3.5 (options), 4.1 (section header), 4.2
 * (interface description) and 4.3 (enhanced packet).
 *
 * Little-endian on any machine, and nothing of the machine in it: the same packets give the
 * same bytes. Times have the resolution of nanoseconds. Texts are UTF-8, and the caller's to
 * have made harmless.
 */
#ifndef CROSSTAP_REPORT_PCAPNG_OUT_H
#define CROSSTAP_REPORT_PCAPNG_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "collect/buffer.h"
#include "collect/error.h"
#include "report/output.h"

#define PCAPNG_OPTION_MAX 65535u  /* bytes of an option: its length has 16 bits */
#define PCAPNG_CAPLEN_MAX 262144u /* what Wireshark reads of a frame at most; it reads no file on
				   * behind one that is longer */

/* In the middle of writing; begins as {.output = ...} and ends in pcapng_out_free(). */
struct pcapng_out {
	struct output *output;
	int64_t offset_s;     /* see pcapng_out_begin() */
	struct buffer block;  /* the one under way */
};

struct pcapng_interface {
	const char *name, *description;
	uint16_t linktype;
	uint32_t snaplen;     /* bytes; 0: none */
};

struct pcapng_packet {
	uint32_t interface;   /* in the order of pcapng_out_interface(), from 0 */
	int64_t time_ns;      /* not below the earliest */
	uint32_t caplen_bytes, length_bytes;
	const uint8_t *bytes;
	const char *const *comment; /* each an option of its own */
	uint32_t comments;
};

/* The section. Its packets' times are unsigned; where the earliest lies before 1970, all
 * interfaces get a negative if_tsoffset. `comment` may be NULL. */
enum status pcapng_out_begin(struct pcapng_out *out, int64_t earliest_ns, const char *application,
			     const char *comment, struct error *err) MUST_CHECK;
enum status pcapng_out_interface(struct pcapng_out *out, const struct pcapng_interface *interface,
				 struct error *err) MUST_CHECK;
/* Texts that are too long for an option are cut behind a whole character. */
enum status pcapng_out_packet(struct pcapng_out *out, const struct pcapng_packet *packet,
			      struct error *err) MUST_CHECK;
void pcapng_out_free(struct pcapng_out *out);

#endif

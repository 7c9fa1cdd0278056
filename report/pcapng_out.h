/* A pcapng file, written: one section, its interfaces, packets with comments. See
 * collect/pcapng_block.h.
 */
#ifndef CROSSTAP_REPORT_PCAPNG_OUT_H
#define CROSSTAP_REPORT_PCAPNG_OUT_H

#include <stdint.h>

#include "collect/buffer.h"
#include "collect/error.h"
#include "collect/pcapng_block.h"
#include "report/output.h"

/* In the middle of writing; begins as {.output = ...} and ends in pcapng_out_free(). */
struct pcapng_out {
	struct output *output;
	int64_t offset_s;     /* see pcapng_out_begin() */
	struct buffer block;  /* the one under way */
};

/* The section. Its packets' times are unsigned; where the earliest lies before 1970, all
 * interfaces get a negative if_tsoffset, whatever theirs says. `comment` may be NULL. */
enum status pcapng_out_begin(struct pcapng_out *out, int64_t earliest_ns, const char *application,
			     const char *comment, struct error *err) MUST_CHECK;
enum status pcapng_out_interface(struct pcapng_out *out, const struct pcapng_interface *interface,
				 struct error *err) MUST_CHECK;
enum status pcapng_out_packet(struct pcapng_out *out, const struct pcapng_packet *packet,
			      struct error *err) MUST_CHECK;
void pcapng_out_free(struct pcapng_out *out);

#endif

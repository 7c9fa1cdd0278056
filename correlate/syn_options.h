/* What TCP options offer when a connection is opened (RFC 9293 section 3.7.1, RFC 7323, RFC 2018),
 * for every entry of the dictionaries of options of a view's captures: parsed once, looked up
 * with each record's RECORD_OPTIONS.
 */
#ifndef CROSSTAP_CORRELATE_SYN_OPTIONS_H
#define CROSSTAP_CORRELATE_SYN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/view.h"

#define SYN_SHIFT_NONE (-1)
#define SYN_SHIFT_MAX 14 /* RFC 7323 section 2.3: who asks for more gets this */

struct syn_option {
	uint16_t mss;  /* bytes; 0: not offered */
	int8_t shift;  /* of the window; SYN_SHIFT_NONE: not offered */
	bool sack;     /* SACK-permitted */
	bool timestamps;
};

struct syn_options;

/* Reads with the view's transaction, so not while another thread does. To be closed before
 * the view is not needed. */
enum status syn_options_open(struct syn_options **out, const struct view *view,
			     struct error *err) MUST_CHECK;
/* NULL is legal; *options becomes NULL. */
void syn_options_close(struct syn_options **options);

/* The entries of a capture, by its index in view->capture; *count of them. Borrowed. A record
 * may have a higher number: its options are not known then. */
const struct syn_option *syn_options_of(const struct syn_options *options, uint32_t capture,
					uint32_t *count);

/* What the option bytes say (those of PACKET_OPTIONS_MAX that were captured). */
struct syn_option syn_option_parse(const uint8_t *bytes, uint32_t size);

#endif

/* The book of changes: what the numbers in records stand for, the same for all captures. A
 * capture numbers its own TCP options and link descriptions; here equal bytes have equal
 * numbers, so that a hop's two sides compare number by number.
 */
#ifndef CROSSTAP_CORRELATE_CHANGE_BOOK_H
#define CROSSTAP_CORRELATE_CHANGE_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/view.h"

#define CHANGE_UNKNOWN UINT32_MAX /* options or a road that found no room in a dictionary */

/* The outermost link's addresses. A cooked capture keeps the sender's only. */
struct change_macs {
	bool has_dst, has_src;
	uint8_t dst[6], src[6];
};

struct change_book;

/* Reads with the view's transaction, so not while another thread does. Borrows the view. */
enum status change_book_open(struct change_book **out, const struct view *view,
			     struct error *err) MUST_CHECK;
/* NULL is legal; *book becomes NULL. */
void change_book_close(struct change_book **book);

/* The numbers of a capture's options, by RECORD_OPTIONS, *count of them; 0: none. Borrowed. */
const uint32_t *change_book_options(const struct change_book *book, uint32_t capture,
				    uint32_t *count);
/* The number of a block's link 0; those that follow have the next. */
uint32_t change_book_first_link(const struct change_book *book, uint32_t point, uint32_t block);
/* Of a link: the VLANs and tunnels on the way to the innermost packet; 0: none. */
uint32_t change_book_road(const struct change_book *book, uint32_t link);
const struct change_macs *change_book_macs(const struct change_book *book, uint32_t link);

/* Whether these options hold timestamps, SACK blocks. */
bool change_book_stamped(const struct change_book *book, uint32_t options);
bool change_book_sacked(const struct change_book *book, uint32_t options);

/* The bytes behind a number that is not CHANGE_UNKNOWN; borrowed. */
const uint8_t *change_book_option_bytes(const struct change_book *book, uint32_t options,
					size_t *size);
const uint8_t *change_book_road_bytes(const struct change_book *book, uint32_t road,
				      size_t *size);

/* Whether a point has a record with something else than 0 in this column. */
bool change_book_uses(const struct change_book *book, uint32_t point, enum record_column column);

/* Walks TCP options: the option at *at, its kind and all of its bytes, and moves behind it.
 * False at the end, and where the rest is no options or was cut: *whole says which. */
struct change_option {
	uint8_t kind, bytes;
	const uint8_t *at;
};
bool change_option_next(const uint8_t *options, size_t size, size_t *at,
			struct change_option *option, bool *whole);

#endif

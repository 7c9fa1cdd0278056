/* What is wanted of a capture by what a frame's link header says: FILE@mac:... and
 * FILE@vlan:..., where both sides of a router lie in one plain Ethernet capture.
 *
 * Outermost headers count: what a tunnel carries was not on this link.
 */
#ifndef CROSSTAP_COLLECT_SELECTION_LINK_H
#define CROSSTAP_COLLECT_SELECTION_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/error.h"

enum selection_link_by {
	SELECTION_BY_INTERFACE = 0, /* not by the link header at all */
	SELECTION_BY_MAC,           /* source or destination of the frame */
	SELECTION_BY_VLAN,          /* the outermost VLAN ID; 0: none */
};

struct selection_link {
	enum selection_link_by by;
	uint8_t mac[6];
	uint16_t vlan;
};

#define SELECTION_LINK_TEXT_MAX 24 /* "mac:00:00:5e:00:53:01" with the zero */

/* What stands behind the @. Text that does not begin with "mac:" or "vlan:" is an interface's
 * name; no operating system has such names. `operand` is for the error, STATUS_USAGE. */
enum status selection_link_read(struct selection_link *link, const char *text, const char *operand,
				struct error *err) MUST_CHECK;
/* The one way to write it, so that the same selection is the same text. */
void selection_link_write(const struct selection_link *link, char text[SELECTION_LINK_TEXT_MAX]);

/* Whether a frame whose link description (collect/link.h) is given is wanted. */
bool selection_link_takes(const struct selection_link *link, const uint8_t *description,
			  size_t bytes);

/* What frames have where none was wanted, for an error. */
#define SELECTION_LINK_SEEN_MAX 16
struct selection_link_seen {
	bool frames; /* any at all */
	uint32_t count;
	uint8_t mac[SELECTION_LINK_SEEN_MAX][6];
	uint16_t vlan[SELECTION_LINK_SEEN_MAX];
};
void selection_link_see(struct selection_link_seen *seen, const struct selection_link *link,
			const uint8_t *description, size_t bytes);
/* "02:00:00:00:00:01, 02:00:00:00:00:02" or "VLAN 10, no VLAN"; "" when nothing was seen. */
void selection_link_list(const struct selection_link_seen *seen, const struct selection_link *link,
			 char *out, size_t room);

#endif

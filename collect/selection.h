/* A selection: what of a capture is wanted - the packets of one interface (or of one side of
 * a router, see selection_link.h), of a window in time, of a filter.
 *
 * Packets of other interfaces do not belong to the capture at all, so that one
 * file can be the captures of several points. What the window and the filter
 * take out does belong to it and is counted.
 */
#ifndef CROSSTAP_COLLECT_SELECTION_H
#define CROSSTAP_COLLECT_SELECTION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "collect/packet.h"
#include "collect/selection_link.h"
#include "collect/source.h"

struct selection {
	const char *interface; /* a name, a number, "mac:...", "vlan:..."; "" = all */
	const char *filter;    /* pcap-filter(7); "" = none */
	int64_t start_ns;      /* the first moment wanted; INT64_MIN = from the beginning */
	int64_t end_ns;        /* the first moment not wanted any more; INT64_MAX = to the end */
};

/* An operand FILE or FILE@IFACE, taken apart. IFACE of a link header is written in one way only. */
struct selection_file {
	char *path;      /* "-" = standard input */
	char *interface; /* "" = all */
};

/* Takes an operand apart at the last `@`, unless a file of the whole name is
 * there. A pattern such as "ring*.pcap" that is no file's name becomes the files
 * that match it, in the order of their names. *files has *count of them, at
 * least one; to be freed by selection_files_free(). A file that is not there is
 * not this function's matter. */
enum status selection_files(const char *operand, struct selection_file **files, uint32_t *count,
			    struct error *err) MUST_CHECK;
void selection_files_free(struct selection_file *files, uint32_t count);

/* A point in time: ISO 8601 (2024-05-01T12:00:00.5Z; with an offset as +02:00;
 * without either UTC; the time of day may be left out) or seconds since 1970. */
enum status selection_time(const char *text, int64_t *time_ns, struct error *err) MUST_CHECK;

/* ---- at work ---- */

enum selection_verdict {
	SELECTION_TAKEN,
	SELECTION_FILTERED, /* by the window or the filter */
	SELECTION_FOREIGN,  /* of another interface or side */
};

struct selector;

/* For one capture and one thread. Everything is borrowed until
 * selector_close(); `compiling` as in filter.h. */
enum status selector_open(struct selector **out, const struct selection *selection,
			  const struct source *source, pthread_mutex_t *compiling,
			  struct error *err) MUST_CHECK;

/* Of the packet in the frame its link description and SLL2's interface index count. */
enum status selector_judge(struct selector *selector, const struct frame *frame,
			   const struct packet *packet, enum selection_verdict *verdict,
			   struct error *err) MUST_CHECK;

/* Whether interface `index` of the source is wanted (of an SLL2 capture, or where the link
 * header decides: all). */
bool selector_wants(struct selector *selector, uint32_t index);
/* Whether what is wanted and what is not came in by the same interface, so that packets that
 * the capture lost may be of either. */
bool selector_shares_losses(const struct selector *selector);

/* At the end of the source: STATUS_INPUT, with a list of the interfaces that
 * the capture has, where the one wanted is not among them. */
enum status selector_check(const struct selector *selector, const char *path,
			   struct error *err) MUST_CHECK;

/* NULL is legal; *selector becomes NULL. */
void selector_close(struct selector **selector);

#endif

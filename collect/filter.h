/* A capture filter in the language of pcap-filter(7), as tcpdump takes it.
 *
 * The same expression is another program for every link type, so it is compiled
 * when the first frame of a link type comes. One filter serves one thread.
 */
#ifndef CROSSTAP_COLLECT_FILTER_H
#define CROSSTAP_COLLECT_FILTER_H

#include <pthread.h>
#include <stdbool.h>

#include "collect/error.h"
#include "collect/source.h"

#define FILTER_LINKS_MAX 64 /* link types in one capture that are told apart */

struct filter;

/* `expression` and `compiling` are borrowed until filter_close(). `compiling`
 * is one lock for all filters of the program: libpcap resolves names on the
 * way, and not every system's resolver can do that in two threads. */
enum status filter_open(struct filter **out, const char *expression, pthread_mutex_t *compiling,
			struct error *err) MUST_CHECK;

/* Whether the filter takes the frame. STATUS_USAGE: it makes no sense on the
 * frame's link type. */
enum status filter_takes(struct filter *filter, const struct frame *frame, bool *takes,
			 struct error *err) MUST_CHECK;

/* Before any work: STATUS_USAGE with libpcap's words where the expression
 * makes no sense on any usual link type. */
enum status filter_check(const char *expression, struct error *err) MUST_CHECK;

/* NULL is legal; *filter becomes NULL. */
void filter_close(struct filter **filter);

#endif

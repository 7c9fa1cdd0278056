/* A store that is reported on anonymously: one of aliases, or for the time of the report one that is made of
 * a plain store: its captures with aliases, correlated as the plain one was. So what is
 * written is what an anonymous store of these captures would have given, and holds
 * nothing else by construction.
 */
#ifndef CROSSTAP_REPORT_ANONYMOUS_H
#define CROSSTAP_REPORT_ANONYMOUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/alias.h"
#include "collect/capture.h"
#include "collect/error.h"
#include "collect/store.h"
#include "report/derived.h"

/* Where the captures of a store of aliases lie, which does not say it: borrowed by whoever reads packets. */
struct anonymous {
	struct alias *alias;
	struct store *store;       /* of aliases; to be reported on: the one that was given, or */
	struct derived derived;    /* the one that was made of it */
	const char *path;          /* of the store that was given; borrowed */
};

/* STATUS_USAGE: the store is anonymous under another key. `progress` shows how it is made, or is NULL. */
enum status anonymous_open(struct anonymous *anonymous, const char *store, const char *key_file,
			   struct progress *progress, struct error *err) MUST_CHECK;
/* Legal for {0}. The store is closed, too. */
void anonymous_close(struct anonymous *anonymous);

/* Fills in of each capture, as far as it is known, the name and the path of its file: those that the
 * plain store has; or else of the files in these directories and beside the store the one whose name has this alias.
 * `captures` is a copy of the store's list. */
void anonymous_find(const struct anonymous *anonymous, const char *const *directory,
		    size_t directories, struct capture *captures, uint32_t count);

#endif

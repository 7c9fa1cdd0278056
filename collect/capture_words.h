/* What the tool says of captures on the terminal: lines without a newline. `path` and other names come
 * as they are: whoever prints makes them harmless. */
#ifndef CROSSTAP_COLLECT_CAPTURE_WORDS_H
#define CROSSTAP_COLLECT_CAPTURE_WORDS_H

#include <stdbool.h>

#include "collect/capture_keep.h"
#include "collect/ingest.h"
#include "collect/live.h"
#include "collect/transfer.h"

#define CAPTURE_WORDS_MAX 2048 /* room of each line */

/* One that was collected, or was there; `verbose`: what else its row says. */
void capture_words(char *line, const char *path, const struct ingest_result *result, bool verbose);
/* A warning; false: nothing is damaged, and nothing written. */
bool capture_words_damage(char *line, const char *path, const struct capture *capture);
void capture_words_import(char *line, const char *store, const struct transfer_result *result);
/* What a point's captures that are not in the store any more were; false: there are none. */
bool capture_words_removed(char *line, const struct keep_count *removed);
/* In tcpdump's order. */
void capture_words_live(char *line, const char *interface, const struct live_counts *counts);

#endif

/* What crosstap-collect is told of handing over: what the store may hold, and which stores of
 * others are to come into it.
 */
#ifndef CROSSTAP_COLLECT_HANDOVER_H
#define CROSSTAP_COLLECT_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "collect/holding.h"
#include "collect/store.h"
#include "collect/transfer.h"

/* Starts as {0}; the options fill the first three. */
struct handover {
	const char *key_file;      /* --anonymize; NULL: not given */
	bool without_payload;
	const char **import;       /* stores */
	uint32_t imports;
	struct alias *alias;
	struct holding holding;
	bool any;                  /* no kind was asked for */
	struct store_header first; /* of the first import */
};

enum status handover_add_import(struct handover *handover, const char *store, struct error *err)
	MUST_CHECK;
/* Reads the key, and looks at the stores to import. `collects`: captures are collected, too; what only
 * imports is of the kind that comes. */
enum status handover_open(struct handover *handover, const char *store, bool collects,
			  struct error *err) MUST_CHECK;
/* Makes the store one of that kind, or looks whether it is; what only imports takes the store as it is. */
enum status handover_bind(struct handover *handover, struct store *store, struct error *err)
	MUST_CHECK;
/* The seed of a new store, where it follows from any of this. */
bool handover_seed(const struct handover *handover, uint64_t *seed);
/* One store's captures into another. */
enum status handover_import(const struct handover *handover, uint32_t import, struct store *store,
			    struct transfer_result *result, struct error *err) MUST_CHECK;
void handover_free(struct handover *handover);

#endif

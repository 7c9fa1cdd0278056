/* What the checks of a store share, for store_verify*.c only. */
#ifndef CROSSTAP_COLLECT_STORE_VERIFY_PARTS_H
#define CROSSTAP_COLLECT_STORE_VERIFY_PARTS_H

#include "collect/store.h"
#include "collect/store_verify.h"

struct verify_store {
	const struct store_verify_options *options;
	struct store *store;
	struct store_txn *txn;
	struct store_header header;
	/* of the check under way */
	uint64_t looked, faults;
	char note[160];               /* what could not be looked at, or else is to be known; "" */
	/* of all */
	uint64_t all_faults;
};

/* A fault; the file's name is put in front of it. */
void verify_store_fault(struct verify_store *v, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* What a reader says of a fault, which is one, or of the system, which ends the check. */
enum status verify_store_heard(struct verify_store *v, enum status status, struct error *err)
	MUST_CHECK;

/* The checks; a status is of the system only. */
enum status verify_store_captures(struct verify_store *v, struct error *err) MUST_CHECK;
enum status verify_store_results(struct verify_store *v, struct error *err) MUST_CHECK;

#endif

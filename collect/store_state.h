/* What a store and its transactions are, for store*.c only. */
#ifndef CROSSTAP_COLLECT_STORE_STATE_H
#define CROSSTAP_COLLECT_STORE_STATE_H

#include <lmdb.h>
#include <pthread.h>

#include "collect/store.h"
#include "collect/store_seal.h"

struct store {
	MDB_env *env;
	MDB_dbi dbi;
	bool temporary;
	bool sealed;                     /* values have seals: of all versions but STORE_VERSION_PLAIN */
	char *path;
	struct memory *memory;
	uint64_t bound_bytes;            /* by store_bound(); 0: none */
	pthread_mutex_t lock;            /* of the spare ones */
	uint32_t spares, reserved;
	int *spare;                      /* descriptors of the data file, for locks */
};

struct store_txn {
	struct store *store;
	MDB_txn *txn;
	bool write, changed;
	uint8_t *open;                   /* the value that was put last: its seal is missing; or NULL */
	size_t open_bytes;
	struct store_key open_key;
};

struct store_key store_key(char kind, uint32_t a, uint32_t b);

/* What LMDB's return code says, as an error. */
enum status store_fail(const struct store *store, int rc, const char *what, struct error *err)
	MUST_CHECK;

/* ---- store_header.c ---- */

/* Learns from the header, if there is one, whether it is of a version that is read, and whether values
 * have seals. */
enum status store_header_probe(struct store_txn *txn, struct error *err) MUST_CHECK;
/* Gives an empty store its header. */
enum status store_header_make(struct store *store, const uint64_t *seed, struct error *err)
	MUST_CHECK;
/* Whether the header and the pages are of one transaction. */
enum status store_header_check(struct store_txn *txn, const struct store_header *header,
			       struct error *err) MUST_CHECK;
/* What was written is of this transaction: the header says so. */
enum status store_header_stamp(struct store_txn *txn, struct error *err) MUST_CHECK;

#endif

#include "collect/handover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum status handover_add_import(struct handover *handover, const char *store, struct error *err)
{
	const char **list = realloc(handover->import, (handover->imports + (size_t)1) * sizeof *list);

	if (!list)
		return error_errno(err, ENOMEM, "--import %s", store);
	handover->import = list;
	list[handover->imports++] = store;
	return STATUS_OK;
}

/* LMDB must not open a file twice in one process. */
static enum status handover_check_import(const char *import, const char *store, struct error *err)
{
	struct stat a, b;

	if (stat(import, &a) == 0 && stat(store, &b) == 0 && a.st_dev == b.st_dev &&
	    a.st_ino == b.st_ino)
		return error_set(err, STATUS_USAGE, "--import %s: it is the store itself", import);
	return STATUS_OK;
}

static enum status handover_look(struct handover *handover, struct error *err)
{
	struct store *store = NULL;
	struct store_txn *txn = NULL;
	enum status status = store_open(&store, handover->import[0], STORE_READ, false, NULL, err);

	if (!status)
		status = store_begin(store, false, &txn, err);
	if (!status)
		status = store_header_get(txn, &handover->first, err);
	store_abort(&txn);
	store_close(&store);
	return status;
}

static void handover_choose(struct handover *handover, bool collects)
{
	struct holding *h = &handover->holding;

	handover->any = !collects && !handover->alias && !handover->without_payload;
	*h = (struct holding){STORE_HOLDS_ALL, 0, handover->alias};
	if (handover->alias) {
		h->holds = STORE_HOLDS_ALIASES;
		h->key_check = alias_check(handover->alias);
	} else if (handover->without_payload) {
		h->holds = STORE_HOLDS_NO_PAYLOAD;
	} else if (handover->any && handover->first.holds != STORE_HOLDS_UNDECIDED) {
		h->holds = handover->first.holds;
		h->key_check = handover->first.key_check;
	}
}

enum status handover_open(struct handover *handover, const char *store, bool collects,
			  struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t i;

	for (i = 0; i < handover->imports && !status; i++)
		status = handover_check_import(handover->import[i], store, err);
	if (!status && handover->key_file)
		status = alias_open(&handover->alias, handover->key_file, err);
	if (!status && handover->imports)
		status = handover_look(handover, err);
	if (!status)
		handover_choose(handover, collects);
	return status;
}

enum status handover_bind(struct handover *handover, struct store *store, struct error *err)
{
	struct store_header header = {.holds = STORE_HOLDS_UNDECIDED};
	struct store_txn *txn = NULL;
	enum status status = store_begin(store, false, &txn, err);

	if (!status)
		status = store_header_get(txn, &header, err);
	store_abort(&txn);
	if (!status && handover->any && header.holds != STORE_HOLDS_UNDECIDED) {
		handover->holding.holds = header.holds;
		handover->holding.key_check = header.key_check;
	}
	return status ? status : holding_bind(store, &handover->holding, err);
}

bool handover_seed(const struct handover *handover, uint64_t *seed)
{
	if (handover->imports)
		*seed = handover->first.seed;
	else if (handover->alias)
		*seed = alias_seed(handover->alias);
	return handover->imports || handover->alias;
}

enum status handover_import(const struct handover *handover, uint32_t import, struct store *store,
			    struct transfer_result *result, struct error *err)
{
	struct store *from = NULL;
	enum status status = store_open(&from, handover->import[import], STORE_READ, false, NULL, err);

	if (!status)
		status = transfer_run(from, store, &handover->holding, result, err);
	store_close(&from);
	return status;
}

void handover_free(struct handover *handover)
{
	alias_close(&handover->alias);
	free(handover->import);
	*handover = (struct handover){0};
}

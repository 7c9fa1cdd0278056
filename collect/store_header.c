#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

#include "collect/buffer.h"
#include "collect/store_state.h"

#define STORE_HEADER_MAX 96 /* bytes */
static const char store_magic[] = "crosstap";

/* What a header begins with, of whatever version. */
static enum status store_header_begin(const struct store *store, struct buffer_reader *in,
				      uint32_t *version, struct error *err)
{
	char magic[16];

	buffer_get_text(in, magic, sizeof magic);
	*version = buffer_get_number_32(in);
	if (in->broken || strcmp(magic, store_magic) != 0)
		return error_set(err, STATUS_INPUT, "%s: not a crosstap store (foreign header)",
				 store->path);
	if (*version != STORE_VERSION && *version != STORE_VERSION_PLAIN)
		return error_set(err, STATUS_INPUT,
				 "%s: store version %u, this crosstap reads version %d: collect again",
				 store->path, *version, STORE_VERSION);
	return STATUS_OK;
}

enum status store_header_probe(struct store_txn *txn, struct error *err)
{
	struct store_key key = store_key('H', 0, 0);
	MDB_val k = {sizeof key.bytes, key.bytes}, v = {0, NULL};
	struct buffer_reader in;
	enum status status;
	uint32_t version;

	if (mdb_get(txn->txn, txn->store->dbi, &k, &v))
		return STATUS_OK; /* whoever reads it says so */
	in = buffer_reader(v.mv_data, v.mv_size);
	status = store_header_begin(txn->store, &in, &version, err);
	txn->store->sealed = version != STORE_VERSION_PLAIN;
	return status;
}

enum status store_header_get(struct store_txn *txn, struct store_header *header, struct error *err)
{
	const char *path = txn->store->path;
	bool sealed = txn->store->sealed;
	struct buffer_reader in;
	const uint8_t *value;
	enum status status;
	size_t size;

	status = store_get(txn, 'H', 0, 0, &value, &size, err);
	if (status)
		return status;
	if (!value)
		return error_set(err, STATUS_INPUT, "%s: not a crosstap store (no header)", path);
	in = buffer_reader(value, size);
	status = store_header_begin(txn->store, &in, &header->version, err);
	if (status)
		return status;
	header->seed = buffer_get_number(&in);
	header->points = buffer_get_number_32(&in);
	header->captures = buffer_get_number_32(&in);
	header->generation = buffer_get_number_32(&in);
	header->holds = STORE_HOLDS_UNDECIDED;
	header->key_check = header->commit = 0;
	if (in.left || sealed) { /* a store of before may end here */
		header->holds = (enum store_holds)buffer_get_limited(&in, STORE_HOLDS_KINDS - 1);
		header->key_check = buffer_get_number(&in);
	}
	if (sealed)
		header->commit = buffer_get_number(&in);
	if (header->holds == STORE_HOLDS_UNDECIDED && header->captures)
		header->holds = STORE_HOLDS_ALL;
	if (in.broken || in.left)
		return error_set(err, STATUS_INPUT, "%s: the store's header is damaged", path);
	return STATUS_OK;
}

enum status store_header_put(struct store_txn *txn, const struct store_header *header,
			     struct error *err)
{
	uint8_t bytes[STORE_HEADER_MAX];
	struct buffer out = buffer_fixed(bytes, sizeof bytes);
	enum status status;
	void *value;

	buffer_put_text(&out, store_magic);
	buffer_put_number(&out, header->version);
	buffer_put_number(&out, header->seed);
	buffer_put_number(&out, header->points);
	buffer_put_number(&out, header->captures);
	buffer_put_number(&out, header->generation);
	buffer_put_number(&out, header->holds);
	buffer_put_number(&out, header->key_check);
	if (txn->store->sealed)
		buffer_put_number(&out, header->commit); /* the commit's to set */
	status = store_put(txn, 'H', 0, 0, out.size, &value, err);
	if (!status)
		memcpy(value, bytes, out.size);
	return status;
}

enum status store_header_stamp(struct store_txn *txn, struct error *err)
{
	uint8_t bytes[STORE_HEADER_MAX];
	struct buffer number;
	const uint8_t *value;
	enum status status;
	size_t size;
	void *place;

	if (!txn->changed || !txn->store->sealed)
		return STATUS_OK;
	status = store_get(txn, 'H', 0, 0, &value, &size, err);
	if (status || !value || size < 8 || size > sizeof bytes)
		return status; /* whoever opens it next says so */
	memcpy(bytes, value, size);
	number = buffer_fixed(bytes + size - 8, 8);
	buffer_put_number(&number, mdb_txn_id(txn->txn));
	status = store_put(txn, 'H', 0, 0, size, &place, err);
	if (!status)
		memcpy(place, bytes, size);
	return status;
}

/* A page that is no longer in force bears the number of an earlier transaction. (Of a later one it is
 * where somebody had LMDB copy the store: that counts them anew.) */
enum status store_header_check(struct store_txn *txn, const struct store_header *header,
			       struct error *err)
{
	uint64_t now = mdb_txn_id(txn->txn);

	if (!txn->store->sealed || header->commit >= now)
		return STATUS_OK;
	return error_set(err, STATUS_INPUT,
			 "%s: the store is damaged: its header is of transaction %" PRIu64
			 ", its pages are of %" PRIu64, txn->store->path, header->commit, now);
}

enum status store_header_make(struct store *store, const uint64_t *seed, struct error *err)
{
	struct store_header header = {.version = STORE_VERSION};
	struct store_txn *txn = NULL;
	enum status status;
	const uint8_t *value;
	size_t size;

	status = store_begin(store, true, &txn, err);
	if (status)
		return status;
	status = store_get(txn, 'H', 0, 0, &value, &size, err);
	if (status || value) /* another process was first */
		goto out;
	if (seed) {
		header.seed = *seed;
	} else if (getrandom(&header.seed, sizeof header.seed, 0) != sizeof header.seed) {
		status = error_errno(err, errno, "%s: no random seed", store->path);
		goto out;
	}
	status = store_header_put(txn, &header, err);
	if (!status)
		status = store_commit(&txn, err);
out:
	store_abort(&txn);
	return status;
}

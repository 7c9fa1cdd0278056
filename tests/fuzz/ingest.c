/* A whole capture into a store: readers, decoder, flows, fragments, contents, dictionaries and blocks in one. The
 * first byte says how: of what format, whether as a selection, without payload, with checksums. */
#include "collect/ingest.h"
#include "collect/holding.h"
#include "tests/fuzz/bytes_memory.h"
#include "tests/fuzz/store_memory.h"

static const uint8_t formats[][4] = {{0xd4, 0xc3, 0xb2, 0xa1}, {0x4d, 0x3c, 0xb2, 0xa1}, {0x0a, 0x0d, 0x0d, 0x0a}};
static const char *const selections[] = {"", "", "", "0", "1", "vlan:1", "mac:00:00:00:00:00:01", "eth0"};

/* A store that holds no capture when the next one comes. */
static void forget(struct store *store, uint32_t capture)
{
	static const char kinds[] = "CFDRI";
	struct store_txn *txn;
	struct error err;

	if (store_begin(store, true, &txn, &err))
		abort();
	for (const char *k = kinds; *k; k++)
		if (store_delete(txn, *k, capture, &err))
			abort();
	if (store_commit(&txn, &err))
		abort();
}

static void check(const struct capture *c)
{
	uint64_t sum = 0;

	for (int i = 0; i < PACKET_KINDS; i++)
		sum += c->kinds[i];
	FUZZ_HOLDS(sum == c->records && c->records + c->filtered == c->packets);
	FUZZ_HOLDS(c->first_ns <= c->last_ns && c->truncated <= c->records);
	FUZZ_HOLDS(c->damaged == (c->damage[0] != '\0'));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static pthread_mutex_t compiling = PTHREAD_MUTEX_INITIALIZER;
	static struct store *store;
	struct fuzz in = {bytes, size};
	unsigned how = (unsigned)fuzz_number(&in, 1);
	struct ingest_job job = {.path = "-", .checksums = how & 64};
	struct ingest_watch watch = {0};
	struct ingest_result result;
	struct error err = {0};
	enum status status;
	size_t n;
	uint8_t *file = fuzz_copy(&in, in.left, &n);

	if (!store) {
		uint32_t point;

		store = store_memory_open();
		if (capture_point_add(store, "a", &point, &err))
			abort();
	}
	job.selection = (struct selection){selections[how >> 2 & 7], "", INT64_MIN, INT64_MAX};
	if (n >= 4) {
		memcpy(file, formats[(how & 3) % 3], 4);
		bytes_memory_set(file, n);
		status = ingest_run(store, &job, &compiling, &watch, &result, &err);
		FUZZ_HOLDS(!status || (status == STATUS_INPUT && err.text[0]));
		if (!status) {
			check(&result.capture);
			forget(store, result.capture.number);
		}
	}
	free(file);
	return 0;
}

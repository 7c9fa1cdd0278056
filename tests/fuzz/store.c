/* A store's file with bytes changed: it is refused, or all of it can be read, changed and read again. The input
 * is a list of changes: where (3 bytes), how many bytes, which; the first two bytes cut the file. */
#include <sys/stat.h>

#include "collect/store.h"
#include "tests/fuzz/fuzz.h"

static char folder[] = "/dev/shm/crosstap-fuzz-XXXXXX", path[64], lock[80];
static uint8_t *whole;
static size_t whole_bytes;

static void leave(void)
{
	unlink(path);
	unlink(lock);
	rmdir(folder);
}

/* One with branches, values on pages of their own, and free pages. */
static void make(void)
{
	static const uint64_t seed = FUZZ_SEED;
	struct store *store = NULL;
	struct store_txn *txn;
	struct error err;
	void *value;
	FILE *file;

	if (!mkdtemp(folder))
		abort();
	atexit(leave);
	snprintf(path, sizeof path, "%s/case.ct", folder);
	snprintf(lock, sizeof lock, "%s-lock", path);
	if (store_open(&store, path, STORE_CREATE, true, &seed, &err))
		abort();
	for (uint32_t i = 0; i < 90; i++) {
		if (store_begin(store, true, &txn, &err) ||
		    store_put(txn, "RTF"[i % 3], i / 3, i, i % 9 ? 300 : 5000, &value, &err))
			abort();
		memset(value, (int)i, i % 9 ? 300 : 5000);
		if ((i == 80 && store_delete(txn, 'T', 9, &err)) || store_commit(&txn, &err))
			abort();
	}
	store_close(&store);
	file = fopen(path, "rb");
	whole = malloc(1 << 20);
	if (!file || !whole)
		abort();
	whole_bytes = fread(whole, 1, 1 << 20, file);
	fclose(file);
}

static void change(uint8_t *bytes, size_t *size, struct fuzz *in)
{
	size_t cut = fuzz_number(in, 2);

	if (cut)
		*size -= cut * 8 < *size ? cut * 8 : *size - 1;
	while (in->left) {
		size_t at = fuzz_number(in, 3) % *size, n = 1 + fuzz_number(in, 1) % 16;

		for (; n && at < *size && in->left; n--)
			bytes[at++] = (uint8_t)fuzz_number(in, 1);
	}
}

static enum status read_all(struct store_txn *txn, struct error *err)
{
	static volatile uint32_t sum;
	enum status status = STATUS_OK;

	for (const char *kind = "HCFRTV"; *kind && !status; kind++) {
		uint32_t a = 0, b = 0, values = 0;

		for (;; b++) {
			const uint8_t *value;
			size_t size;
			bool found;

			status = store_seek(txn, *kind, &a, &b, &found, err);
			if (status || !found || b == UINT32_MAX || ++values > 1000)
				break;
			status = store_get(txn, *kind, a, b, &value, &size, err);
			if (status)
				break;
			for (size_t i = 0; i < size; i += 16)
				sum += value[i];
		}
	}
	return status;
}

static enum status use(struct error *err)
{
	struct store *store = NULL;
	struct store_txn *txn = NULL;
	enum status status = store_open(&store, path, STORE_WRITE, true, NULL, err);
	void *room;

	if (!status)
		status = store_begin(store, true, &txn, err);
	if (!status)
		status = read_all(txn, err);
	if (!status)
		status = store_delete(txn, 'R', 3, err);
	if (!status)
		status = store_put(txn, 'F', 7, 9, 6000, &room, err);
	if (!status) {
		memset(room, 1, 6000);
		status = store_commit(&txn, err);
	}
	store_abort(&txn);
	store_close(&store);
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	struct error err = {0};
	uint8_t *changed;
	FILE *file;
	size_t n;

	if (!whole)
		make();
	n = whole_bytes;
	changed = malloc(n);
	file = fopen(path, "wb");
	if (!changed || !file)
		abort();
	memcpy(changed, whole, n);
	change(changed, &n, &in);
	if (fwrite(changed, 1, n, file) != n || fclose(file))
		abort();
	free(changed);
	unlink(lock);
	if (use(&err) && err.status != STATUS_INPUT) {
		fprintf(stderr, "%d: %s\n", err.status, err.text);
		abort();
	}
	return 0;
}

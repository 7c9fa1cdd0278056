#include "report/anonymous.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "collect/holding.h"

/* ---- the store of aliases ---- */

static enum status anonymous_derive(struct anonymous *a, struct store *plain,
				    struct progress *progress, struct error *err)
{
	struct holding holding = {STORE_HOLDS_ALIASES, alias_check(a->alias), a->alias};
	struct derived_request request = {&holding, NULL, progress};
	enum status status = derived_make(&a->derived, plain, &request, err);

	a->store = a->derived.store;
	return status;
}

static enum status anonymous_header(struct store *store, struct store_header *header,
				    struct error *err)
{
	struct store_txn *txn = NULL;
	enum status status = store_begin(store, false, &txn, err);

	if (!status)
		status = store_header_get(txn, header, err);
	store_abort(&txn);
	return status;
}

/* A store of aliases is taken as it is, and one without results is for the caller to refuse. */
enum status anonymous_open(struct anonymous *a, const char *path, const char *key_file,
			   struct progress *progress, struct error *err)
{
	struct store *plain = NULL;
	struct store_header header;
	enum status status;

	*a = (struct anonymous){.path = path};
	status = alias_open(&a->alias, key_file, err);
	if (!status)
		status = store_open(&plain, path, STORE_READ, false, NULL, err);
	if (!status)
		status = anonymous_header(plain, &header, err);
	if (!status && header.holds == STORE_HOLDS_ALIASES &&
	    header.key_check != alias_check(a->alias))
		status = error_set(err, STATUS_USAGE, "%s: it is anonymous under another key than %s",
				   path, key_file);
	if (!status && (header.holds == STORE_HOLDS_ALIASES || !header.generation)) {
		a->store = plain;
		plain = NULL;
	} else if (!status) {
		status = anonymous_derive(a, plain, progress, err);
	}
	store_close(&plain);
	return status;
}

void anonymous_close(struct anonymous *a)
{
	if (a->store != a->derived.store)
		store_close(&a->store);
	derived_close(&a->derived);
	alias_close(&a->alias);
	*a = (struct anonymous){0};
}

/* ---- its captures ---- */

static void find_plain(const struct anonymous *a, struct capture *capture)
{
	const struct capture *plain = a->derived.from;
	uint32_t i;

	for (i = 0; i < a->derived.captures; i++)
		if (plain[i].bytes == capture->bytes &&
		    memcmp(plain[i].sha256, capture->sha256, sizeof capture->sha256) == 0)
			break;
	if (i == a->derived.captures)
		return;
	memcpy(capture->file, plain[i].file, sizeof capture->file);
	memcpy(capture->path, plain[i].path, sizeof capture->path);
}

/* `directory` of `bytes` bytes; none: here. The first file found counts. */
static void find_in(const struct anonymous *a, const char *directory, size_t bytes,
		    struct capture *captures, uint32_t count)
{
	char name[CAPTURE_FILE_MAX], path[CAPTURE_PATH_MAX];
	const struct dirent *entry;
	uint32_t i;
	DIR *dir;

	snprintf(path, sizeof path, "%.*s", bytes ? (int)bytes : 1, bytes ? directory : ".");
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		holding_file(a->alias, entry->d_name, name, sizeof name);
		for (i = 0; i < count; i++) {
			if (*captures[i].path || strcmp(captures[i].file, name) != 0)
				continue;
			if (snprintf(path, sizeof path, "%.*s%s%s", (int)bytes, directory,
				     bytes && directory[bytes - 1] != '/' ? "/" : "",
				     entry->d_name) < (int)sizeof path)
				memcpy(captures[i].path, path, sizeof captures[i].path);
		}
	}
	if (dir)
		closedir(dir);
}

void anonymous_find(const struct anonymous *a, const char *const *directory, size_t directories,
		    struct capture *captures, uint32_t count)
{
	const char *slash = strrchr(a->path, '/');
	uint32_t i;
	size_t d;

	for (i = 0; i < count && a->derived.from; i++)
		find_plain(a, &captures[i]);
	if (a->derived.from)
		return;
	for (d = 0; d < directories; d++)
		find_in(a, directory[d], strlen(directory[d]), captures, count);
	find_in(a, a->path, slash ? (size_t)(slash - a->path) + 1 : 0, captures, count);
}

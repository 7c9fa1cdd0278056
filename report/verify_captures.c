/* The captures that manifest.csv names, where they are found: each must have the bytes and the SHA-256 of
 * its row. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/store.h"
#include "report/sums.h"
#include "report/verify_set.h"

/* What a look at a file came to. */
enum captures_found { CAPTURES_ABSENT, CAPTURES_OTHER, CAPTURES_IT };

struct captures_work {
	struct verify *v;
	const struct verify_capture *row;
	char *other;       /* what the first file was that is another one */
	char *path;        /* the file that it is */
	uint64_t missing;
	char *missed;      /* the first that is missing */
	struct capture *stored; /* those of the store */
	uint32_t stored_count;
	enum status status;
	struct error *err;
};

static enum captures_found captures_other(struct captures_work *w, const char *path, const char *is,
					  const char *was)
{
	if (!w->other && asprintf(&w->other, "%s is another file than the one that was collected: %s, not %s",
				  path, is, was) < 0) {
		w->other = NULL;
		w->v->no_memory = true;
	}
	return CAPTURES_OTHER;
}

static enum captures_found captures_digest(struct captures_work *w, const char *path, int fd)
{
	char digest[SUMS_DIGEST_TEXT], is[32], was[32];
	uint64_t bytes;

	w->status = sums_digest(fd, path, digest, &bytes, w->err);
	if (w->status)
		return CAPTURES_OTHER;
	snprintf(is, sizeof is, "%" PRIu64 " bytes", bytes);
	snprintf(was, sizeof was, "%" PRIu64, w->row->bytes);
	if (bytes != w->row->bytes)
		return captures_other(w, path, is, was);
	return strcmp(digest, w->row->sha256) == 0 ? CAPTURES_IT
						    : captures_other(w, path, digest, w->row->sha256);
}

/* A link to a capture is as good as the capture; a pipe would be waited for. */
static enum captures_found captures_look(struct captures_work *w, const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	enum captures_found found;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? CAPTURES_ABSENT
			       : captures_other(w, path, strerror(errno), "to be read");
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		found = captures_other(w, path, "no regular file", "one");
	else
		found = captures_digest(w, path, fd);
	close(fd);
	return found;
}

static enum captures_found captures_try(struct captures_work *w, const char *directory, const char *name)
{
	enum captures_found found;
	char *path;

	if (asprintf(&path, "%s%s%s", directory, *directory ? "/" : "", name) < 0) {
		w->v->no_memory = true;
		return CAPTURES_ABSENT;
	}
	found = captures_look(w, path);
	if (found == CAPTURES_IT)
		w->path = path;
	else
		free(path);
	return found;
}

/* ---- the names that a cell can stand for ---- */

static bool captures_hex(const char *text, char *byte)
{
	unsigned value;

	if (strspn(text, "0123456789abcdef") < 2 || sscanf(text, "%2x", &value) != 1)
		return false;
	*byte = (char)value;
	return true;
}

/* As it was before it was made harmless: without the ' in front, and with the bytes that \xNN was. */
static void captures_raw(char *name)
{
	char *from = name, *to = name;

	if (*from == '\'' && from[1] && strchr("=+-@", from[1]))
		from++;
	while (*from) {
		if (strncmp(from, "\\x", 2) == 0 && captures_hex(from + 2, to)) {
			from += 4;
			to++;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

static enum captures_found captures_in_directories(struct captures_work *w, const char *name)
{
	const struct verify_options *o = w->v->options;
	enum captures_found found = CAPTURES_ABSENT;
	size_t i;

	if (!*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return CAPTURES_ABSENT; /* nobody's capture has such a name */
	for (i = 0; i < o->captures_count && found != CAPTURES_IT && !w->status; i++)
		found = captures_try(w, o->captures[i], name);
	return found;
}

/* As it stands there, raw, and each without its @IFACE. */
static enum captures_found captures_by_name(struct captures_work *w)
{
	enum captures_found found = CAPTURES_ABSENT;
	char *name = verify_copy(w->v, w->row->name), *at;
	unsigned turn;

	for (turn = 0; name && turn < 2 && found != CAPTURES_IT; turn++) {
		found = captures_in_directories(w, name);
		while (found != CAPTURES_IT && !w->status && (at = strrchr(name, '@')) && at != name) {
			*at = '\0';
			found = captures_in_directories(w, name);
		}
		strcpy(name, w->row->name); /* as long as before, or longer */
		captures_raw(name);
	}
	free(name);
	return found;
}

/* Where it was when it was collected, and beside the store, as evidence.pcapng looks for it. */
static enum captures_found captures_by_store(struct captures_work *w)
{
	const char *store = w->v->options->store, *slash = store ? strrchr(store, '/') : NULL;
	enum captures_found found = CAPTURES_ABSENT;
	char digest[SUMS_DIGEST_TEXT], *beside;
	uint32_t i, k;

	for (i = 0; i < w->stored_count && found != CAPTURES_IT && !w->status; i++) {
		const struct capture *c = &w->stored[i];

		for (k = 0; k < SOURCE_SHA256_BYTES; k++)
			sprintf(digest + 2 * k, "%02x", c->sha256[k]);
		if (strcmp(digest, w->row->sha256) != 0)
			continue;
		if (*c->path)
			found = captures_try(w, "", c->path);
		beside = strndup(slash ? store : ".", slash ? (size_t)(slash - store) + (slash == store) : 1);
		if (beside && found != CAPTURES_IT && !w->status && strcmp(c->file, "-") != 0)
			found = captures_try(w, beside, c->file);
		free(beside);
	}
	return found;
}

/* ---- all captures ---- */

static enum status captures_one(struct captures_work *w, struct verify_capture *c, struct error *err)
{
	enum captures_found found;

	w->row = c;
	w->other = w->path = NULL;
	w->status = STATUS_OK;
	w->err = err;
	found = captures_by_name(w);
	if (found != CAPTURES_IT && !w->status)
		found = captures_by_store(w);
	if (found == CAPTURES_IT) {
		c->path = w->path;
		if (w->v->options->verbose)
			verify_note(w->v, "%s is %s of manifest.csv", c->path, c->name);
		w->v->looked++;
	} else if (w->other) {
		verify_fault(w->v, "%s/manifest.csv: line %" PRIu64 ", column sha256: %s",
			     w->v->options->directory, c->line, w->other);
	} else if (!w->missing++) {
		w->missed = verify_copy(w->v, c->name);
	}
	free(w->other);
	return w->status;
}

static enum status captures_of_store(struct captures_work *w, struct error *err)
{
	struct store *store = NULL;
	struct store_txn *txn = NULL;
	enum status status;

	if (!w->v->options->store)
		return STATUS_OK;
	status = store_open(&store, w->v->options->store, STORE_READ, false, NULL, err);
	if (!status)
		status = store_begin(store, false, &txn, err);
	if (!status)
		status = capture_list(txn, &w->stored, &w->stored_count, err);
	store_abort(&txn);
	store_close(&store);
	return status;
}

enum status verify_captures(struct verify *v, struct error *err)
{
	struct captures_work w = {.v = v};
	enum status status;
	uint32_t i;

	if (!v->options->store && !v->options->captures_count) {
		verify_skip(v, "--captures DIR says where they are");
		return STATUS_OK;
	}
	status = captures_of_store(&w, err);
	for (i = 0; i < v->captures && !status; i++)
		status = captures_one(&w, &v->capture[i], err);
	if (!status && w.missing == 1)
		verify_skip(v, "%s is not there", w.missed ? w.missed : "one");
	else if (!status && w.missing)
		verify_skip(v, "%s and %" PRIu64 " more are not there", w.missed ? w.missed : "one",
			    w.missing - 1);
	free(w.missed);
	free(w.stored);
	return status;
}

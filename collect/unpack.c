#include "collect/unpack.h"

#include <archive.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/source.h"

struct unpack_packing {
	const char *name;
	uint8_t magic[UNPACK_MAGIC_MAX];
	uint8_t magic_bytes;
	int (*support)(struct archive *); /* the filter */
};

static const struct unpack_packing packings[] = {
	{"gzip", {0x1f, 0x8b, 0x08}, 3, archive_read_support_filter_gzip},
	{"bzip2", {'B', 'Z', 'h'}, 3, archive_read_support_filter_bzip2},
	{"xz", {0xfd, '7', 'z', 'X', 'Z', 0}, 6, archive_read_support_filter_xz},
	{"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4, archive_read_support_filter_zstd},
	{"lz4", {0x04, 0x22, 0x4d, 0x18}, 4, archive_read_support_filter_lz4},
	{"lz4", {0x02, 0x21, 0x4c, 0x18}, 4, archive_read_support_filter_lz4}, /* lz4 -l */
};

struct unpack {
	const struct unpack_packing *packing;
	struct archive *archive;
	unpack_input *input;
	void *context;
	const uint8_t *block;          /* libarchive's, not yet handed out */
	size_t block_bytes;
	uint64_t raw_bytes, expanded_bytes;
	bool opened, over;
	char text[UNPACK_TEXT_MAX];
};

const struct unpack_packing *unpack_recognise(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < sizeof packings / sizeof packings[0]; i++)
		if (size >= packings[i].magic_bytes &&
		    memcmp(bytes, packings[i].magic, packings[i].magic_bytes) == 0)
			return &packings[i];
	return NULL;
}

const char *unpack_name(const struct unpack_packing *packing)
{
	return packing->name;
}

const char *unpack_text(const struct unpack *unpack)
{
	return unpack->text;
}

static ssize_t archive_input(struct archive *archive, void *context, const void **bytes)
{
	struct unpack *unpack = context;
	const uint8_t *next = NULL;
	ssize_t size = unpack->input(unpack->context, &next);

	*bytes = next;
	if (size < 0)
		archive_set_error(archive, EIO, "the input cannot be read");
	else
		unpack->raw_bytes += (uint64_t)size;
	return size < 0 ? ARCHIVE_FATAL : size;
}

struct unpack *unpack_open(const struct unpack_packing *packing, unpack_input *input,
			   void *context)
{
	struct unpack *unpack = calloc(1, sizeof *unpack);

	if (!unpack)
		return NULL;
	unpack->packing = packing;
	unpack->input = input;
	unpack->context = context;
	unpack->archive = archive_read_new();
	if (!unpack->archive)
		unpack_close(&unpack);
	return unpack;
}

static ssize_t unpack_fail(struct unpack *unpack, const char *why)
{
	snprintf(unpack->text, sizeof unpack->text, "the %s data is damaged: %s",
		 unpack->packing->name, why ? why : "no more is known");
	unpack->over = true;
	return -1;
}

/* Opening reads the first raw bytes, hence not in unpack_open(). ARCHIVE_WARN
 * from the filter would mean that it runs a program for the work: refused. */
static bool unpack_begin(struct unpack *unpack)
{
	struct archive_entry *entry;
	struct archive *archive = unpack->archive;
	int status;

	unpack->opened = true;
	if (unpack->packing->support(archive) != ARCHIVE_OK ||
	    archive_read_support_format_raw(archive) != ARCHIVE_OK ||
	    archive_read_support_format_empty(archive) != ARCHIVE_OK ||
	    archive_read_open2(archive, unpack, NULL, archive_input, NULL, NULL) != ARCHIVE_OK) {
		unpack_fail(unpack, archive_error_string(archive));
		return false;
	}
	/* A header so short that the filter does not know it leaves the raw
	 * format alone with the packed bytes. */
	if (archive_filter_code(archive, 0) == ARCHIVE_FILTER_NONE) {
		unpack_fail(unpack, "its header is cut");
		return false;
	}
	status = archive_read_next_header(archive, &entry);
	unpack->over = status == ARCHIVE_EOF;
	if (status != ARCHIVE_OK && status != ARCHIVE_EOF)
		unpack_fail(unpack, archive_error_string(archive));
	return status == ARCHIVE_OK;
}

static void unpack_check_growth(struct unpack *unpack)
{
	char why[64];

	if (unpack->expanded_bytes <= SOURCE_EXPANDED_FREE ||
	    unpack->expanded_bytes / SOURCE_EXPANDED_RATIO_MAX <= unpack->raw_bytes)
		return;
	snprintf(why, sizeof why, "it grows more than %u-fold", SOURCE_EXPANDED_RATIO_MAX);
	unpack_fail(unpack, why);
}

/* The next block of libarchive's. archive_read_data() would lose what it has
 * copied already when it meets an error. */
static void unpack_next_block(struct unpack *unpack)
{
	const void *block = NULL;
	la_int64_t offset;
	int status = archive_read_data_block(unpack->archive, &block, &unpack->block_bytes,
					     &offset);

	unpack->block = block;
	if (status == ARCHIVE_OK)
		unpack->expanded_bytes += unpack->block_bytes;
	else
		unpack->block_bytes = 0;
	if (status == ARCHIVE_EOF)
		unpack->over = true;
	else if (status != ARCHIVE_OK && status != ARCHIVE_RETRY)
		unpack_fail(unpack, archive_error_string(unpack->archive));
	else
		unpack_check_growth(unpack);
}

ssize_t unpack_read(struct unpack *unpack, uint8_t *out, size_t room)
{
	size_t have = 0;

	if (!unpack->opened && !unpack_begin(unpack))
		return unpack->text[0] ? -1 : 0;
	while (have < room && (unpack->block_bytes || !unpack->over)) {
		size_t part = unpack->block_bytes < room - have ? unpack->block_bytes : room - have;

		if (part) { /* there may be no block at all */
			memcpy(out + have, unpack->block, part);
			have += part;
			unpack->block += part;
			unpack->block_bytes -= part;
		}
		if (have < room && !unpack->over)
			unpack_next_block(unpack);
	}
	if (have)
		return (ssize_t)have;
	return unpack->text[0] ? -1 : 0;
}

void unpack_close(struct unpack **unpack)
{
	if (!*unpack)
		return;
	archive_read_free((*unpack)->archive);
	free(*unpack);
	*unpack = NULL;
}

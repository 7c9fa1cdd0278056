#include "report/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/sheet.h"

static const struct table_column manifest_columns[MANIFEST_COLUMNS] = {MANIFEST_COLUMN_LIST};
const struct table_schema manifest_schema = {"manifest", 0, MANIFEST_COLUMNS, manifest_columns};

struct manifest_point {
	char name[CAPTURE_NAME_MAX];
	uint32_t place; /* in the order of the rows */
};

struct manifest {
	struct rows rows;
	struct capture *captures;
	uint32_t count, next;
	struct manifest_point point[CAPTURE_POINTS_MAX];
	/* The present row. */
	struct cell cell[MANIFEST_COLUMNS];
	char name[CAPTURE_FILE_MAX + SOURCE_NAME_MAX + 1];
	char sha256[2 * SOURCE_SHA256_BYTES + 1];
};

static struct cell manifest_text(const char *text)
{
	return (struct cell){.known = *text != '\0', .text = text};
}

static struct cell manifest_number(bool known, uint64_t number)
{
	return (struct cell){.known = known, .number = (int64_t)number};
}

static void manifest_fill(struct manifest *manifest, const struct capture *c)
{
	struct cell *cell = manifest->cell;
	size_t i;

	snprintf(manifest->name, sizeof manifest->name, "%s%s%s", c->file,
		 *c->interface ? "@" : "", c->interface);
	for (i = 0; i < sizeof c->sha256; i++)
		sprintf(manifest->sha256 + 2 * i, "%02x", c->sha256[i]);
	cell[MANIFEST_POINT] = manifest_text(manifest->point[c->point].name);
	cell[MANIFEST_CAPTURE] = manifest_text(manifest->name);
	cell[MANIFEST_FORMAT] = manifest_text(c->format);
	cell[MANIFEST_LINK_TYPE] = manifest_text(c->link_types);
	cell[MANIFEST_BYTES] = manifest_number(true, c->bytes);
	cell[MANIFEST_SHA256] = manifest_text(manifest->sha256);
	cell[MANIFEST_PACKETS] = manifest_number(true, c->packets);
	cell[MANIFEST_FIRST] = manifest_number(c->records > 0, (uint64_t)c->first_ns);
	cell[MANIFEST_LAST] = manifest_number(c->records > 0, (uint64_t)c->last_ns);
	cell[MANIFEST_SNAPLEN] = manifest_number(c->snaplen > 0, c->snaplen);
	cell[MANIFEST_CAPTURE_DROPS] = manifest_number(c->drops_known, c->drops);
	cell[MANIFEST_TRUNCATED_PACKETS] = manifest_number(true, c->truncated);
	cell[MANIFEST_DAMAGE_OFFSET] = manifest_number(c->damaged, c->damage_offset);
	cell[MANIFEST_DAMAGE] = manifest_text(c->damaged ? c->damage : "");
}

static enum status manifest_next(struct rows *rows, bool *more, struct error *err)
{
	struct manifest *manifest = (struct manifest *)rows;

	*more = manifest->next < manifest->count;
	if (*more)
		manifest_fill(manifest, &manifest->captures[manifest->next++]);
	return STATUS_OK;
}

static const struct cell *manifest_cells(const struct rows *rows)
{
	return ((const struct manifest *)rows)->cell;
}

static void manifest_close(struct rows *rows)
{
	free(((struct manifest *)rows)->captures);
	free(rows);
}

/* Gives the next place to the point of this name, if it is one. */
static void manifest_place(struct manifest *manifest, const char *name, size_t length,
			   uint32_t points, uint32_t *places)
{
	uint32_t p;

	for (p = 0; p < points; p++)
		if (manifest->point[p].place == UINT32_MAX &&
		    strlen(manifest->point[p].name) == length &&
		    memcmp(manifest->point[p].name, name, length) == 0)
			manifest->point[p].place = (*places)++;
}

/* Points on the path ("client,lb-in,web1/web2") first, then those in no path. */
static enum status manifest_read_points(struct manifest *manifest, struct store_txn *txn,
					struct error *err)
{
	char path[CAPTURE_POINTS_MAX * CAPTURE_NAME_MAX + 1];
	struct store_header header;
	enum status status = store_header_get(txn, &header, err);
	uint32_t p, places = 0;
	const char *name;

	if (!status && header.points > CAPTURE_POINTS_MAX)
		status = error_set(err, STATUS_INPUT, "the store is damaged: %u points",
				   header.points);
	for (p = 0; !status && p < header.points; p++) {
		manifest->point[p].place = UINT32_MAX;
		status = capture_point_name(txn, p, manifest->point[p].name, CAPTURE_NAME_MAX,
					    err);
	}
	if (!status)
		status = sheet_run_value(txn, "path", path, sizeof path, err);
	if (status)
		return status;
	for (name = path; *name; name += strspn(name, ",/")) {
		size_t length = strcspn(name, ",/");

		manifest_place(manifest, name, length, header.points, &places);
		name += length;
	}
	for (p = 0; p < header.points; p++)
		if (manifest->point[p].place == UINT32_MAX)
			manifest->point[p].place = places++;
	for (p = 0; p < manifest->count; p++)
		if (manifest->captures[p].point >= header.points)
			return error_set(err, STATUS_INPUT, "the store is damaged: point of %s",
					 manifest->captures[p].file);
	return STATUS_OK;
}

static int manifest_compare(const void *left, const void *right, void *context)
{
	const struct capture *a = left, *b = right;
	const struct manifest *manifest = context;
	uint32_t x = manifest->point[a->point].place, y = manifest->point[b->point].place;
	int order = (x > y) - (x < y);

	return order ? order : capture_compare(a, b);
}

enum status manifest_open(struct rows **out, struct store_txn *txn,
			  const struct table_schema *schema, struct error *err)
{
	static const struct rows_type type = {
		.next = manifest_next, .cells = manifest_cells, .close = manifest_close};
	struct manifest *manifest = calloc(1, sizeof *manifest);
	struct rows *rows;
	enum status status;

	*out = NULL;
	if (!manifest)
		return error_errno(err, ENOMEM, "manifest");
	rows = &manifest->rows;
	rows->type = &type;
	rows->schema = schema;
	status = capture_list(txn, &manifest->captures, &manifest->count, err);
	if (!status)
		status = manifest_read_points(manifest, txn, err);
	if (status) {
		rows_close(&rows);
		return status;
	}
	rows->total = manifest->count;
	rows->parts = 1;
	if (manifest->count)
		qsort_r(manifest->captures, manifest->count, sizeof *manifest->captures,
			manifest_compare, manifest);
	*out = rows;
	return STATUS_OK;
}

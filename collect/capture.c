#include "collect/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/capture_row.h"

/* ---- points ---- */

enum status capture_point_name(struct store_txn *txn, uint32_t point, char *name, size_t room,
			       struct error *err)
{
	const char *path = store_path(store_of(txn));
	struct buffer_reader in;
	const uint8_t *value;
	enum status status;
	size_t size;

	status = store_get(txn, 'P', point, 0, &value, &size, err);
	if (status)
		return status;
	if (!value)
		return error_set(err, STATUS_INPUT, "%s: the store has no point %u", path, point);
	in = buffer_reader(value, size);
	buffer_get_text(&in, name, room);
	if (in.broken)
		return error_set(err, STATUS_INPUT, "%s: the store is damaged: name of point %u",
				 path, point);
	return STATUS_OK;
}

static enum status capture_point_new(struct store_txn *txn, struct store_header *header,
				     const char *name, struct error *err)
{
	uint8_t bytes[CAPTURE_NAME_MAX + 7];
	struct buffer out = buffer_fixed(bytes, sizeof bytes);
	enum status status;
	void *value;

	if (header->points >= CAPTURE_POINTS_MAX)
		return error_set(err, STATUS_INPUT, "%s: more than %d points in one store",
				 store_path(store_of(txn)), CAPTURE_POINTS_MAX);
	buffer_put_text(&out, name);
	if (out.failed)
		return error_set(err, STATUS_USAGE, "a point's name may have %d bytes",
				 CAPTURE_NAME_MAX - 1);
	status = store_put(txn, 'P', header->points, 0, out.size, &value, err);
	if (status)
		return status;
	memcpy(value, bytes, out.size);
	header->points++;
	return store_header_put(txn, header, err);
}

enum status capture_point_add(struct store *store, const char *name, uint32_t *point,
			      struct error *err)
{
	struct store_header header;
	struct store_txn *txn;
	enum status status;
	uint32_t p;

	status = store_begin(store, true, &txn, err);
	if (status)
		return status;
	status = store_header_get(txn, &header, err);
	for (p = 0; !status && p < header.points; p++) {
		char known[CAPTURE_NAME_MAX];

		status = capture_point_name(txn, p, known, sizeof known, err);
		if (!status && strcmp(known, name) == 0) {
			*point = p;
			goto out;
		}
	}
	if (!status)
		status = capture_point_new(txn, &header, name, err);
	*point = p;
	if (!status)
		status = store_commit(&txn, err);
out:
	store_abort(&txn);
	return status;
}

/* ---- the row of a capture ---- */

enum capture_field {
	FIELD_32,    /* uint32_t, stored as 64 bits */
	FIELD_64,    /* one or more uint64_t or int64_t */
	FIELD_BOOL,
	FIELD_TEXT,  /* ends in a zero */
	FIELD_BYTES, /* always as many */
};

#define FIELD(type, member, most) \
	{type, offsetof(struct capture, member), sizeof(((struct capture *)0)->member), most}

/* In their stored order; `most` is for numbers. */
static const struct {
	enum capture_field type;
	size_t offset, size;
	uint64_t most;
} capture_fields[] = {
	FIELD(FIELD_32, point, CAPTURE_POINTS_MAX - 1),
	FIELD(FIELD_TEXT, file, 0),
	FIELD(FIELD_TEXT, interface, 0),
	FIELD(FIELD_TEXT, filter, 0),
	FIELD(FIELD_64, start_ns, UINT64_MAX),
	FIELD(FIELD_64, end_ns, UINT64_MAX),
	FIELD(FIELD_TEXT, format, 0),
	FIELD(FIELD_TEXT, link_types, 0),
	FIELD(FIELD_64, bytes, UINT64_MAX),
	FIELD(FIELD_BYTES, sha256, 0),
	FIELD(FIELD_64, packets, UINT64_MAX),
	FIELD(FIELD_64, records, UINT32_MAX), /* a frame's number has 32 bits */
	FIELD(FIELD_64, filtered, UINT64_MAX),
	FIELD(FIELD_64, kinds, UINT64_MAX),
	FIELD(FIELD_64, truncated, UINT64_MAX),
	FIELD(FIELD_64, short_prefixes, UINT64_MAX),
	FIELD(FIELD_64, backwards, UINT64_MAX),
	FIELD(FIELD_64, first_ns, UINT64_MAX),
	FIELD(FIELD_64, last_ns, UINT64_MAX),
	FIELD(FIELD_32, snaplen, UINT32_MAX),
	FIELD(FIELD_BOOL, drops_known, 1),
	FIELD(FIELD_64, drops, UINT64_MAX),
	FIELD(FIELD_BOOL, damaged, 1),
	FIELD(FIELD_64, damage_offset, UINT64_MAX),
	FIELD(FIELD_TEXT, damage, 0),
	FIELD(FIELD_32, flows, CAPTURE_FLOWS_MAX),
	FIELD(FIELD_32, links, UINT32_MAX),
	FIELD(FIELD_32, options, UINT32_MAX),
	FIELD(FIELD_32, drop_places, CAPTURE_DROPS_MAX),
	FIELD(FIELD_TEXT, path, 0),
	FIELD(FIELD_64, ran_from_ns, UINT64_MAX),
	FIELD(FIELD_64, ran_until_ns, UINT64_MAX),
};
#define CAPTURE_FIELDS (sizeof capture_fields / sizeof capture_fields[0])
#define CAPTURE_FIELDS_LEAST (CAPTURE_FIELDS - 3) /* a row of before ends behind these, or with the path */

void capture_row_put(struct buffer *out, const struct capture *capture)
{
	size_t f, k;

	for (f = 0; f < CAPTURE_FIELDS; f++) {
		const char *from = (const char *)capture + capture_fields[f].offset;
		size_t size = capture_fields[f].size;
		uint32_t number32;
		uint64_t number;

		switch (capture_fields[f].type) {
		case FIELD_32:
			memcpy(&number32, from, sizeof number32);
			buffer_put_number(out, number32);
			break;
		case FIELD_64:
			for (k = 0; k < size; k += sizeof number) {
				memcpy(&number, from + k, sizeof number);
				buffer_put_number(out, number);
			}
			break;
		case FIELD_BOOL:
			buffer_put_number(out, *(const bool *)from);
			break;
		case FIELD_TEXT:
			buffer_put_text(out, from);
			break;
		case FIELD_BYTES:
			buffer_put_bytes(out, from, size);
			break;
		}
	}
}

static void capture_bytes_get(struct buffer_reader *in, void *to, size_t size)
{
	size_t got;
	const uint8_t *bytes = buffer_get_bytes(in, &got);

	if (bytes && got == size)
		memcpy(to, bytes, size);
	else
		in->broken = true;
}

static bool capture_row_get(struct buffer_reader *in, struct capture *capture)
{
	size_t f, k;

	for (f = 0; f < CAPTURE_FIELDS; f++) {
		char *to = (char *)capture + capture_fields[f].offset;
		uint64_t most = capture_fields[f].most, number;
		size_t size = capture_fields[f].size;
		uint32_t number32;

		if ((f == CAPTURE_FIELDS_LEAST || f == CAPTURE_FIELDS_LEAST + 1) && !in->left)
			break;
		switch (capture_fields[f].type) {
		case FIELD_32:
			number32 = (uint32_t)buffer_get_limited(in, most);
			memcpy(to, &number32, sizeof number32);
			break;
		case FIELD_64:
			for (k = 0; k < size; k += sizeof number) {
				number = buffer_get_limited(in, most);
				memcpy(to + k, &number, sizeof number);
			}
			break;
		case FIELD_BOOL:
			*(bool *)to = buffer_get_limited(in, most) != 0;
			break;
		case FIELD_TEXT:
			buffer_get_text(in, to, size);
			break;
		case FIELD_BYTES:
			capture_bytes_get(in, to, size);
			break;
		}
	}
	return !in->broken;
}

enum status capture_row_next(struct store_txn *txn, uint64_t *from, struct capture *capture,
			     bool *found, struct error *err)
{
	struct buffer_reader in;
	const uint8_t *value;
	enum status status;
	uint32_t a, b = 0;
	size_t size;

	*found = false;
	if (*from > UINT32_MAX)
		return STATUS_OK;
	a = (uint32_t)*from;
	status = store_seek(txn, 'C', &a, &b, found, err);
	if (status || !*found)
		return status;
	*from = (uint64_t)a + 1;
	status = store_get(txn, 'C', a, b, &value, &size, err);
	if (status)
		return status;
	in = buffer_reader(value, size);
	memset(capture, 0, sizeof *capture);
	capture->number = a;
	if (!capture_row_get(&in, capture))
		return error_set(err, STATUS_INPUT, "%s: the store is damaged: row of capture %u",
				 store_path(store_of(txn)), a);
	return STATUS_OK;
}

enum status capture_list(struct store_txn *txn, struct capture **captures, uint32_t *count,
			 struct error *err)
{
	struct capture *list = NULL, *grown;
	uint32_t n = 0, room = 0;
	enum status status;
	uint64_t next = 0;
	bool found = true;

	for (;;) {
		if (n == room) {
			room = room ? 2 * room : 8;
			grown = realloc(list, room * sizeof *list);
			if (!grown) {
				status = error_errno(err, ENOMEM, "%s: list of captures",
						     store_path(store_of(txn)));
				break;
			}
			list = grown;
		}
		status = capture_row_next(txn, &next, &list[n], &found, err);
		if (status || !found)
			break;
		if (++n > CAPTURES_MAX) {
			status = error_set(err, STATUS_INPUT, "%s: more than %u captures",
					   store_path(store_of(txn)), CAPTURES_MAX);
			break;
		}
	}
	if (status) {
		free(list);
		return status;
	}
	*captures = list;
	*count = n;
	return STATUS_OK;
}

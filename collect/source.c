#include "collect/source.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/bytes.h"
#include "collect/erf.h"
#include "collect/pcap.h"
#include "collect/pcapng.h"
#include "collect/reader.h"

#define FORMAT_MAX 32
#define FIRST_BYTES_SHOWN 16

_Static_assert(BYTES_DIGEST == SOURCE_SHA256_BYTES, "the digest is SHA-256");

/* Those that want to see fewest bytes first: a pipe may give no more for long. */
static const struct reader_type *const types[] = {
	&pcap_reader_type,
	&pcapng_reader_type,
	&erf_reader_type,
	&tsh_reader_type,
};

struct source {
	struct bytes *bytes;
	struct reader *reader;
	struct notes notes;
	struct source_info info;      /* brought up to date by source_info() */
	char format[FORMAT_MAX];
	bool over;                    /* no more frames */
};

/* ---- notes ---- */

enum status notes_add_interface(struct notes *notes, const struct source_interface *interface,
				uint64_t offset, uint32_t *index, struct error *err)
{
	*index = notes->interface_count;
	if (notes->interface_count == SOURCE_INTERFACES_MAX) {
		notes_damage(notes, offset, "more than %u interfaces", SOURCE_INTERFACES_MAX);
		return STATUS_OK;
	}
	if (notes->interface_count == notes->interface_room) {
		uint32_t room = notes->interface_room ? notes->interface_room * 2 : 8;
		struct source_interface *more =
			realloc(notes->interfaces, room * sizeof *notes->interfaces);

		if (!more)
			return error_errno(err, ENOMEM, "interface %u", *index);
		notes->interfaces = more;
		notes->interface_room = room;
	}
	notes->interfaces[notes->interface_count++] = *interface;
	return STATUS_OK;
}

void notes_damage(struct notes *notes, uint64_t offset, const char *format, ...)
{
	va_list args;

	if (notes->damaged)
		return;
	notes->damaged = true;
	notes->damage_offset = offset;
	va_start(args, format);
	vsnprintf(notes->damage, sizeof notes->damage, format, args);
	va_end(args);
}

enum status notes_end(struct notes *notes, struct bytes *bytes, uint64_t offset,
		      const char *inside, struct error *err)
{
	switch (bytes_end(bytes)) {
	case BYTES_FAILED:
		return bytes_error(bytes, err);
	case BYTES_DAMAGED:
		notes_damage(notes, offset, "%s", bytes_end_text(bytes));
		return STATUS_OK;
	case BYTES_CANCELLED:
		return STATUS_OK;
	case BYTES_COMPLETE:
		break;
	}
	if (bytes_offset(bytes) + bytes_left(bytes) != offset)
		notes_damage(notes, offset, "%s is cut: the file ends at byte %llu", inside,
			     (unsigned long long)(bytes_offset(bytes) + bytes_left(bytes)));
	return STATUS_OK;
}

/* ---- opening ---- */

static enum status source_unknown(struct bytes *bytes, struct error *err)
{
	char shown[FIRST_BYTES_SHOWN * 3 + 1] = "";
	size_t size;

	bytes_need(bytes, FIRST_BYTES_SHOWN);
	size = bytes_left(bytes) < FIRST_BYTES_SHOWN ? bytes_left(bytes) : FIRST_BYTES_SHOWN;
	for (size_t i = 0; i < size; i++)
		snprintf(shown + 3 * i, sizeof shown - 3 * i, " %02x", bytes->at[i]);
	return error_set(err, STATUS_INPUT,
			 "%s: not a capture that crosstap knows (first bytes%s)", bytes_name(bytes),
			 shown);
}

/* An empty file, or a packing of which nothing came out. */
static enum status source_nothing(struct bytes *bytes, struct error *err)
{
	switch (bytes_end(bytes)) {
	case BYTES_FAILED:
		return bytes_error(bytes, err);
	case BYTES_DAMAGED:
		return error_set(err, STATUS_INPUT, "%s: %s", bytes_name(bytes),
				 bytes_end_text(bytes));
	default:
		return error_set(err, STATUS_INPUT, "%s: it is empty", bytes_name(bytes));
	}
}

/* Lets every format look at the first bytes, as many as it wants. */
static const struct reader_type *source_recognise(struct bytes *bytes)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		bool all = !bytes_need(bytes, types[i]->sniff_bytes);
		size_t size = bytes_left(bytes);

		if (size > types[i]->sniff_bytes)
			size = types[i]->sniff_bytes;
		if (types[i]->recognise(bytes->at, size, all))
			return types[i];
	}
	return NULL;
}

static enum status source_begin(struct source *source, struct error *err)
{
	const struct reader_type *type;
	const char *packing;
	enum status status;

	if (!bytes_need(source->bytes, 1))
		return source_nothing(source->bytes, err);
	type = source_recognise(source->bytes);
	if (!type)
		return source_unknown(source->bytes, err);
	packing = bytes_packing(source->bytes);
	snprintf(source->format, sizeof source->format, "%s%s%s", type->name, *packing ? "+" : "",
		 packing);
	source->info.format = source->format;
	status = type->open(&source->reader, source->bytes, &source->notes, err);
	if (status == STATUS_OK && source->notes.damaged)
		status = error_set(err, STATUS_INPUT, "%s: byte %llu: %s",
				   bytes_name(source->bytes),
				   (unsigned long long)source->notes.damage_offset,
				   source->notes.damage);
	return status;
}

/* Over bytes that are open, if `status` says so; they become the source's. */
static enum status source_start(struct source **out, struct bytes *bytes, enum status status,
				struct error *err)
{
	struct source *source = status ? NULL : calloc(1, sizeof *source);

	*out = NULL;
	if (status)
		return status;
	if (!source) {
		status = error_errno(err, ENOMEM, "%s", bytes_name(bytes));
		bytes_close(&bytes);
		return status;
	}
	source->bytes = bytes;
	status = source_begin(source, err);
	if (status != STATUS_OK)
		source_close(&source);
	*out = source;
	return status;
}

enum status source_open(struct source **out, const char *path, struct error *err)
{
	struct bytes *bytes = NULL;
	enum status status = bytes_open(&bytes, path, true, err);

	return source_start(out, bytes, status, err);
}

enum status source_open_again(struct source **out, const char *path, struct error *err)
{
	struct bytes *bytes = NULL;
	enum status status = bytes_open(&bytes, path, false, err);

	return source_start(out, bytes, status, err);
}

enum status source_open_stream(struct source **out, int fd, int copy_fd, const char *name,
			       struct error *err)
{
	struct bytes *bytes = NULL;
	enum status status = bytes_open_stream(&bytes, fd, copy_fd, name, err);

	return source_start(out, bytes, status, err);
}

void source_close(struct source **source)
{
	if (!*source)
		return;
	if ((*source)->bytes)
		bytes_cancel((*source)->bytes);
	if ((*source)->reader)
		(*source)->reader->type->close((*source)->reader);
	bytes_close(&(*source)->bytes);
	free((*source)->notes.interfaces);
	free(*source);
	*source = NULL;
}

/* ---- reading ---- */

enum status source_next(struct source *source, struct frame *frame, bool *more, struct error *err)
{
	enum status status;

	*more = false;
	if (source->over)
		return STATUS_OK;
	status = source->reader->type->next(source->reader, frame, more, err);
	if (*more)
		source->info.frames++;
	else
		source->over = true;
	return status;
}

enum status source_drain(struct source *source, struct error *err)
{
	source->over = true;
	if (source->reader) {
		source->reader->type->close(source->reader);
		source->reader = NULL;
	}
	return bytes_drain(source->bytes, err);
}

/* ---- what is known ---- */

const struct source_info *source_info(const struct source *source)
{
	struct source_info *info = &((struct source *)source)->info;
	const struct notes *notes = &source->notes;

	bytes_progress(source->bytes, &info->bytes, NULL);
	bytes_digest(source->bytes, info->sha256);
	info->interfaces = notes->interface_count;
	info->snaplen = 0;
	info->drops = 0;
	for (uint32_t i = 0; i < notes->interface_count; i++) {
		const struct source_interface *interface = &notes->interfaces[i];

		if (interface->snaplen > info->snaplen)
			info->snaplen = interface->snaplen;
		info->drops_known = info->drops_known || interface->drops_known;
		info->drops += interface->drops;
	}
	info->damaged = notes->damaged;
	info->damage_offset = notes->damage_offset;
	memcpy(info->damage, notes->damage, sizeof info->damage);
	return info;
}

const struct source_interface *source_interface(const struct source *source, uint32_t index)
{
	return index < source->notes.interface_count ? &source->notes.interfaces[index] : NULL;
}

void source_progress(const struct source *source, uint64_t *read_bytes, uint64_t *size_bytes)
{
	bytes_progress(source->bytes, read_bytes, size_bytes);
}

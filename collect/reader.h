/* A reader: what turns the bytes of one capture format into frames.
 *
 * Each format is one row of a table (struct reader_type) and one .c file. A
 * reader takes its bytes from a stream and writes down what it learns beside the
 * frames (interfaces, drops, a damage) in struct notes; both belong to the
 * source, which outlives it.
 */
#ifndef CROSSTAP_COLLECT_READER_H
#define CROSSTAP_COLLECT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/bytes.h"
#include "collect/error.h"
#include "collect/source.h"

struct notes {
	struct source_interface *interfaces;
	uint32_t interface_count, interface_room;
	bool damaged;
	uint64_t damage_offset;
	char damage[SOURCE_DAMAGE_MAX];
};

/* Adds an interface; *index is its number. Beyond SOURCE_INTERFACES_MAX that is
 * damage at `offset`, and STATUS_OK. */
enum status notes_add_interface(struct notes *notes, const struct source_interface *interface,
				uint64_t offset, uint32_t *index, struct error *err) MUST_CHECK;

/* Writes down the damage that ends the reading. The first one counts. */
void notes_damage(struct notes *notes, uint64_t offset, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What follows when a bytes_need() gave NULL inside something that began at
 * `offset`: an error where the system failed, damage where the bytes end too early, which
 * `inside` names ("packet 17"). Nothing where they ended exactly there. */
enum status notes_end(struct notes *notes, struct bytes *bytes, uint64_t offset,
		      const char *inside, struct error *err) MUST_CHECK;

/* The first member of every format's own struct. */
struct reader {
	const struct reader_type *type;
	struct bytes *bytes;
	struct notes *notes;
};

struct reader_type {
	const char *name;
	size_t sniff_bytes;           /* that recognise() wants to see */
	/* Whether the file is one; `all`: it has no more bytes than these. */
	bool (*recognise)(const uint8_t *bytes, size_t size, bool all);
	/* Reads the file's header. *out goes to close(). */
	enum status (*open)(struct reader **out, struct bytes *bytes, struct notes *notes,
			    struct error *err);
	/* As source_next(); sets every field of *frame. */
	enum status (*next)(struct reader *reader, struct frame *frame, bool *more,
			    struct error *err);
	void (*close)(struct reader *reader);
};

#endif

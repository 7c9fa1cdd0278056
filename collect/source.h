/* A source: frames out of one capture file, whatever its format.
 *
 * What a source owns: the open file, the decompressor, the buffers, and every
 * frame's bytes. A frame handed out by source_next() is borrowed: it stays
 * valid until the next call on the same source. Sources are independent of
 * each other, so that each can live in a thread of its own.
 *
 * Formats: classic pcap (microseconds, nanoseconds, both byte orders, and the
 * modified Kuznetzov records), pcapng (several sections, interfaces, link
 * types, interface statistics), ERF and other formats that only libtrace reads
 * (in a child process), each of them plain or packed by gzip, bzip2, xz, zstd
 * or lz4. The format is told from the bytes, never from the name.
 *
 * A damaged capture is read up to the damage: source_next() then says that
 * there is no more, and source_info() has damage_offset and damage filled.
 * Only a file of which not even the header could be read is an error.
 */
#ifndef CROSSTAP_COLLECT_SOURCE_H
#define CROSSTAP_COLLECT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/error.h"

#define SOURCE_INTERFACES_MAX 65536      /* per capture, over all pcapng sections */
#define SOURCE_CAPLEN_MAX (16u << 20)    /* a record that claims more bytes is damage */
#define SOURCE_EXPANDED_RATIO_MAX 2000u  /* a packed file that grows by more is a bomb... */
#define SOURCE_EXPANDED_FREE (256u << 20)/* ...once it has given this many bytes */
#define SOURCE_NAME_MAX 64
#define SOURCE_DAMAGE_MAX 256
#define SOURCE_SHA256_BYTES 32

/* What the capture says of one of its interfaces (classic pcap has just one). */
struct source_interface {
	uint32_t linktype;            /* LINKTYPE_ number of the file, as pcap-linktype(7) lists them */
	uint32_t snaplen;             /* bytes; 0 = the file sets no limit */
	char name[SOURCE_NAME_MAX];   /* if_name, or "" when the file has none; raw bytes of the file */
	bool drops_known;             /* an interface statistics block or epb_dropcount was there */
	uint64_t drops;               /* packets that the capture itself lost there, per the file */
	/* Between these nothing passed unseen but what is counted as lost; ran_until_ns 0: not known. */
	int64_t ran_from_ns, ran_until_ns;
};

/* One captured frame. */
struct frame {
	int64_t time_ns;              /* since 1970-01-01 UTC */
	uint64_t number;              /* 1-based in the file over all interfaces, as Wireshark shows it */
	uint64_t offset;              /* of the record, in the expanded bytes */
	uint32_t interface;           /* index for source_interface() */
	uint32_t linktype;            /* LINKTYPE_ number of that interface */
	uint32_t caplen_bytes;        /* bytes captured, at `bytes` */
	uint32_t length_bytes;        /* bytes on the wire; >= caplen_bytes */
	uint32_t dropped_before;      /* epb_dropcount: packets lost between this frame and the one before */
	const uint8_t *bytes;         /* borrowed until the next call on the source */
};

struct source_info {
	const char *format;           /* "pcap", "pcapng", "erf", ...; "+gzip" and the like behind it when packed */
	uint64_t bytes;               /* of the file as it lies there (packed), read so far */
	uint8_t sha256[SOURCE_SHA256_BYTES]; /* of those bytes; complete once source_next() said "no more" */
	uint64_t frames;              /* handed out so far */
	uint32_t interfaces;
	uint32_t snaplen;             /* the greatest of the interfaces; 0 = none */
	bool drops_known;
	uint64_t drops;               /* the sum over the interfaces */
	bool damaged;
	uint64_t damage_offset;       /* in the expanded bytes */
	char damage[SOURCE_DAMAGE_MAX]; /* what is wrong there, one sentence without the file's name */
};

struct source;

/* Opens a capture. path "-" is standard input. On success *out is owned by the
 * caller and goes to source_close(). STATUS_INPUT: not a capture, or empty, or
 * its header is cut. STATUS_SYSTEM: it cannot be opened or read. */
enum status source_open(struct source **out, const char *path, struct error *err) MUST_CHECK;

/* The same for a capture that was read before, of which single frames are wanted: SHA-256,
 * which is the greater part of the work, is left out, and source_info()->sha256 stays zero. */
enum status source_open_again(struct source **out, const char *path, struct error *err) MUST_CHECK;

/* The same over a pipe, which becomes the source's even when this fails. `copy_fd` gets the bytes as they
 * come, and stays the caller's; -1: nobody. */
enum status source_open_stream(struct source **out, int fd, int copy_fd, const char *name,
			       struct error *err) MUST_CHECK;

/* The next frame. *more is false at the end of the capture, or at damage. An
 * error is returned only when the system fails (a read error). */
enum status source_next(struct source *source, struct frame *frame, bool *more,
			struct error *err) MUST_CHECK;

/* Reads what is left of the raw file, so that bytes and sha256 cover the whole
 * of it even where a damage ended the frames early. */
enum status source_drain(struct source *source, struct error *err) MUST_CHECK;

/* What is known so far. Borrowed until the next call on the source. */
const struct source_info *source_info(const struct source *source);

/* Interface `index` (< source_info()->interfaces), or NULL. Borrowed likewise. */
const struct source_interface *source_interface(const struct source *source, uint32_t index);

/* Bytes of the raw file read so far and its size (0 when it is not known, as
 * for a pipe): for progress. May be called from another thread. */
void source_progress(const struct source *source, uint64_t *read_bytes, uint64_t *size_bytes);

/* NULL is legal; *source becomes NULL. */
void source_close(struct source **source);

#endif

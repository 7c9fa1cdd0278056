/* Building captures byte by byte, and reading them back whole, for the tests
 * of sources. Files lie in a directory of the test's own, removed at its end.
 */
#ifndef CROSSTAP_TESTS_SOURCE_BUILD_H
#define CROSSTAP_TESTS_SOURCE_BUILD_H

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <nettle/sha2.h>
#include <pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/source.h"
#include "tests/unit/check.h"

#define BUILD_MARKS 64
#define BUILD_PCAP_US 0xa1b2c3d4u

struct build {
	uint8_t *bytes;
	size_t size, room;
	bool big_endian;
	size_t mark[BUILD_MARKS];      /* where records begin, and the end of the last */
	size_t marks;
};

static inline void *build_alloc(void *old, size_t size)
{
	void *new = realloc(old, size ? size : 1);

	if (!new)
		abort();
	return new;
}

static inline void build_bytes(struct build *build, const void *bytes, size_t size)
{
	if (build->room < build->size + size) {
		build->room = 2 * (build->size + size) + 256;
		build->bytes = build_alloc(build->bytes, build->room);
	}
	if (size)
		memcpy(build->bytes + build->size, bytes, size);
	build->size += size;
}

static inline void build_number(struct build *build, uint64_t value, size_t bytes)
{
	uint8_t out[8];

	for (size_t i = 0; i < bytes; i++)
		out[build->big_endian ? bytes - 1 - i : i] = (uint8_t)(value >> (8 * i));
	build_bytes(build, out, bytes);
}

static inline void build_8(struct build *build, uint8_t value)
{
	build_number(build, value, 1);
}

static inline void build_16(struct build *build, uint16_t value)
{
	build_number(build, value, 2);
}

static inline void build_32(struct build *build, uint32_t value)
{
	build_number(build, value, 4);
}

static inline void build_64(struct build *build, uint64_t value)
{
	build_number(build, value, 8);
}

static inline void build_mark(struct build *build)
{
	build->mark[build->marks++] = build->size;
}

static inline void build_free(struct build *build)
{
	free(build->bytes);
	*build = (struct build){0};
}

/* ---- packets and classic pcap ---- */

/* Bytes that differ from packet to packet and from place to place. */
static inline uint8_t build_payload(size_t packet, size_t at)
{
	return (uint8_t)(packet * 37 + at * 11 + (at >> 8));
}

static inline void build_packet_bytes(struct build *build, size_t packet, size_t size)
{
	for (size_t i = 0; i < size; i++)
		build_8(build, build_payload(packet, i));
}

static inline void build_pcap(struct build *build, uint32_t magic, uint16_t major, uint16_t minor,
		       uint32_t snaplen, uint32_t linktype)
{
	build_32(build, magic);
	build_16(build, major);
	build_16(build, minor);
	build_64(build, 0);
	build_32(build, snaplen);
	build_32(build, linktype);
}

static inline void build_record_header(struct build *build, uint32_t seconds, uint32_t fraction,
				uint32_t caplen, uint32_t length)
{
	build_mark(build);
	build_32(build, seconds);
	build_32(build, fraction);
	build_32(build, caplen);
	build_32(build, length);
}

/* A packet whose bytes are those of number `packet`. */
static inline void build_record(struct build *build, size_t packet, uint32_t seconds, uint32_t fraction,
			 uint32_t caplen, uint32_t length)
{
	build_record_header(build, seconds, fraction, caplen, length);
	build_packet_bytes(build, packet, caplen);
}

/* A small capture of `count` packets of 40 to 100 bytes, microseconds. */
static inline struct build build_small(size_t count)
{
	struct build build = {0};

	build_pcap(&build, BUILD_PCAP_US, 2, 4, 65535, 1);
	for (size_t i = 0; i < count; i++)
		build_record(&build, i, 1600000000, (uint32_t)i, 40 + (uint32_t)(i * 17 % 61),
			     1500);
	build_mark(&build);
	return build;
}

/* Many packets, so that the unpacked bytes fill several chunks. */
static inline struct build build_many(size_t count)
{
	struct build build = build_small(0);

	for (size_t i = 0; i < count; i++) {
		build.marks = 0;
		build_record(&build, i, 1600000000, (uint32_t)i, 40 + (uint32_t)(i * 17 % 61),
			     1500);
	}
	return build;
}

/* ---- the test's directory ---- */

static char build_directory[256];
static char build_path_text[280];

static inline void build_enter(void)
{
	const char *top = getenv("TMPDIR");

	snprintf(build_directory, sizeof build_directory, "%s/crosstap-test-XXXXXX",
		 top ? top : "/tmp");
	if (!mkdtemp(build_directory))
		abort();
}

/* The one file of the directory; every use overwrites it. */
static inline const char *build_path(void)
{
	snprintf(build_path_text, sizeof build_path_text, "%s/capture", build_directory);
	return build_path_text;
}

static inline void build_leave(void)
{
	unlink(build_path());
	rmdir(build_directory);
}

static inline const char *build_write(const uint8_t *bytes, size_t size)
{
	FILE *file = fopen(build_path(), "wb");

	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
		abort();
	return build_path();
}

static inline const char *build_save(const struct build *build)
{
	return build_write(build->bytes, build->size);
}

/* Packs into the test's file, by libarchive. */
struct build_pack {
	struct archive *archive;
	FILE *file;
};

static inline struct build_pack build_pack_begin(int (*filter)(struct archive *), const char *mode)
{
	struct build_pack pack = {archive_write_new(), fopen(build_path(), mode)};
	struct archive_entry *entry = archive_entry_new();

	if (!pack.file || archive_write_set_format_raw(pack.archive) != ARCHIVE_OK ||
	    filter(pack.archive) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(pack.archive, 0) != ARCHIVE_OK || /* no padding */
	    archive_write_open_FILE(pack.archive, pack.file) != ARCHIVE_OK)
		abort();
	archive_entry_set_filetype(entry, AE_IFREG);
	if (archive_write_header(pack.archive, entry) != ARCHIVE_OK)
		abort();
	archive_entry_free(entry);
	return pack;
}

static inline void build_pack_bytes(struct build_pack pack, const void *bytes, size_t size)
{
	if (archive_write_data(pack.archive, bytes, size) != (la_ssize_t)size)
		abort();
}

static inline void build_pack_end(struct build_pack pack)
{
	if (archive_write_close(pack.archive) != ARCHIVE_OK || fclose(pack.file) != 0)
		abort();
	archive_write_free(pack.archive);
}

/* ---- reading back ---- */

struct seen {
	enum status status;            /* of open, or of the last next */
	struct error err;
	size_t count;
	struct frame *frames;          /* the bytes are the seen's own copies */
	struct source_info info;       /* after everything was drained */
	char format[32];
	struct source_interface *interfaces;
};

static inline void seen_add(struct seen *seen, const struct frame *frame)
{
	uint8_t *copy = build_alloc(NULL, frame->caplen_bytes);

	if (frame->caplen_bytes)
		memcpy(copy, frame->bytes, frame->caplen_bytes);
	if (!(seen->count & (seen->count - 1))) /* none, or a power of two */
		seen->frames = build_alloc(seen->frames,
					   (2 * seen->count + 1) * sizeof *seen->frames);
	seen->frames[seen->count] = *frame;
	seen->frames[seen->count++].bytes = copy;
}

static inline struct seen seen_read(const char *path)
{
	struct seen seen = {0};
	struct source *source;
	struct frame frame;
	bool more = true;

	seen.status = source_open(&source, path, &seen.err);
	if (seen.status != STATUS_OK) {
		CHECK(!source);
		return seen;
	}
	while (more) {
		seen.status = source_next(source, &frame, &more, &seen.err);
		if (more)
			seen_add(&seen, &frame);
	}
	if (source_drain(source, &seen.err) != STATUS_OK)
		seen.status = seen.err.status;
	seen.info = *source_info(source);
	snprintf(seen.format, sizeof seen.format, "%s", seen.info.format);
	seen.info.format = NULL;
	seen.interfaces = build_alloc(NULL, seen.info.interfaces * sizeof *seen.interfaces);
	for (uint32_t i = 0; i < seen.info.interfaces; i++)
		seen.interfaces[i] = *source_interface(source, i);
	CHECK(source_interface(source, seen.info.interfaces) == NULL);
	CHECK_INT(seen.info.frames, seen.count);
	source_close(&source);
	CHECK(!source);
	return seen;
}

static inline void seen_free(struct seen *seen)
{
	for (size_t i = 0; i < seen->count; i++)
		free((void *)seen->frames[i].bytes);
	free(seen->frames);
	free(seen->interfaces);
	*seen = (struct seen){0};
}

/* Whether a frame holds the bytes of build_packet_bytes(). */
static inline bool seen_is_packet(const struct frame *frame, size_t packet, size_t size)
{
	if (frame->caplen_bytes != size)
		return false;
	for (size_t i = 0; i < size; i++)
		if (frame->bytes[i] != build_payload(packet, i))
			return false;
	return true;
}

/* Compares with what build_small() and build_many() make. */
static inline void seen_check_small(const struct seen *seen, size_t count)
{
	CHECK_INT(seen->count, count);
	for (size_t i = 0; i < seen->count && i < count; i++) {
		CHECK(seen_is_packet(&seen->frames[i], i, 40 + i * 17 % 61));
		CHECK_INT(seen->frames[i].number, i + 1);
		CHECK_INT(seen->frames[i].time_ns, 1600000000000000000 + (int64_t)i * 1000);
		CHECK_INT(seen->frames[i].length_bytes, 1500);
	}
}

/* Compares every packet with libpcap's; returns how many there were. */
static inline size_t seen_check_libpcap(const struct seen *seen, const char *path)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO,
							       text);
	struct pcap_pkthdr *header;
	const u_char *bytes;
	size_t count = 0;

	CHECK(pcap != NULL);
	while (pcap && pcap_next_ex(pcap, &header, &bytes) == 1 && count < seen->count) {
		const struct frame *frame = &seen->frames[count++];

		CHECK_INT(frame->time_ns,
			  (int64_t)(uint32_t)header->ts.tv_sec * 1000000000 + header->ts.tv_usec);
		CHECK_INT(frame->caplen_bytes, header->caplen);
		CHECK_INT(frame->length_bytes, header->len);
		CHECK(frame->caplen_bytes == header->caplen &&
		      memcmp(frame->bytes, bytes, header->caplen) == 0);
	}
	if (pcap) {
		CHECK_INT(pcap_next_ex(pcap, &header, &bytes), PCAP_ERROR_BREAK);
		pcap_close(pcap);
	}
	CHECK_INT(seen->count, count);
	return count;
}

/* Compares the digest with nettle's over the file in one piece. */
static inline void seen_check_digest(const struct seen *seen, const char *path)
{
	uint8_t digest[SHA256_DIGEST_SIZE], block[4096];
	struct sha256_ctx sha;
	FILE *file = fopen(path, "rb");
	uint64_t bytes = 0;
	size_t size;

	if (!file)
		abort();
	sha256_init(&sha);
	while ((size = fread(block, 1, sizeof block, file))) {
		sha256_update(&sha, size, block);
		bytes += size;
	}
	fclose(file);
	sha256_digest(&sha, sizeof digest, digest);
	CHECK_INT(seen->info.bytes, bytes);
	CHECK(memcmp(digest, seen->info.sha256, sizeof digest) == 0);
}

#endif

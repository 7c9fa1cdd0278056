/* What TCP segments say in the clear: HTTP, TLS, the PROXY protocol, in one segment and cut into several, from
 * the segment to the packed contents and back. */
#include "collect/content_log.h"
#include "collect/content_read.h"
#include "tests/fuzz/fuzz.h"

static void text_check(const char *text, uint32_t n, bool spaced)
{
	FUZZ_HOLDS(n <= CONTENT_NAME_BYTES);
	for (uint32_t i = 0; i < n; i++)
		FUZZ_HOLDS((text[i] > ' ' && text[i] < 0x7f) || (spaced && text[i] == ' '));
}

static void read_directly(const uint8_t *bytes, uint32_t n)
{
	struct cursor cursor = {bytes, n, 0, n};
	static struct content content;
	enum content_finding found;
	uint32_t before;

	do {
		before = cursor.at;
		found = content_next(&cursor, &content);
		FUZZ_HOLDS(cursor.at <= n && cursor.at >= before);
		if (found == CONTENT_FOUND || found == CONTENT_PARTIAL) {
			FUZZ_HOLDS(content.kind < CONTENT_KINDS && content.at <= n);
			text_check(content.name.text, content.name.bytes, false);
			text_check(content.more.text, content.more.bytes, content.kind == CONTENT_PROXY);
			FUZZ_HOLDS(content.client.bytes <= CONTENT_CLIENT_BYTES);
		}
	} while ((found == CONTENT_FOUND || found == CONTENT_SKIPPED) && cursor.at > before);
}

/* The segments' lengths are in the bytes, one in front of each. */
static void see_segments(struct content_log *log, struct record_block *block, struct fuzz *in)
{
	struct packet packet = {.version = 4, .proto = 6, .kind = PACKET_IP, .src = {10, 1}, .dst = {10, 2},
				.sport = 40000, .dport = 80, .seq = 0xfffffff0};
	struct error err;
	uint8_t *segment;
	size_t n;
	bool full;

	block->rows = 0;
	while (in->left && block->rows < 64) {
		uint32_t how = (uint32_t)fuzz_number(in, 2);

		segment = fuzz_copy(in, how >> 3 & 0x3ff, &n);
		packet.payload = n ? segment : NULL;
		packet.payload_captured = (uint32_t)n;
		packet.payload_bytes = (uint32_t)n + (how & 1);
		packet.seq -= how & 2 ? (uint32_t)n : 0;
		full = false;
		block->flow[block->rows] = how >> 14;
		if (content_log_may(log, &packet) &&
		    content_log_see(log, &packet, block->rows, &full, &err))
			abort();
		block->rows++;
		if (full && content_log_settle(log, block, 0, &err))
			abort();
		packet.seq += packet.payload_bytes;
		free(segment);
	}
	if (content_log_settle(log, block, 0, &err))
		abort();
}

static void read_back(const struct buffer *packed)
{
	struct content_reader reader;
	struct content_row row;
	bool more = true;

	FUZZ_HOLDS(content_reader_open(&reader, packed->bytes, packed->size));
	while (more) {
		FUZZ_HOLDS(content_reader_next(&reader, &row, &more));
		if (!more)
			break;
		text_check(row.name, row.name_bytes, false);
		text_check(row.more, row.more_bytes, row.kind == CONTENT_PROXY);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct record_block *block;
	struct content_log log = {.seed = FUZZ_SEED};
	struct fuzz in = {bytes, size};
	struct buffer packed = {0};
	struct error err;
	size_t n;
	uint8_t *copy;

	if (!block && !(block = calloc(1, sizeof *block)))
		abort();
	if (fuzz_number(&in, 1) & 1) {
		copy = fuzz_copy(&in, 1u << 16, &n);
		read_directly(copy, (uint32_t)n);
		free(copy);
		return 0;
	}
	see_segments(&log, block, &in);
	if (content_log_pack(&log, &packed, &err))
		abort();
	if (packed.size)
		read_back(&packed);
	buffer_free(&packed);
	content_log_close(&log);
	return 0;
}

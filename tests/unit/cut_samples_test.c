/* The captures of samples/, cut: the whole packets in front of the cut are read, and the damage is where the next one
 * begins. At every byte with CUT_EVERYWHERE in the environment, else at some, and around each record's borders. */
#include <glob.h>

#include "collect/source.h"
#include "tests/fuzz/bytes_memory.h"
#include "tests/unit/check.h"

enum { RECORDS_MAX = 20000, PCAP_HEADER = 24, RECORD_HEADER = 16, NEAR = 2, SOME = 997 };

static uint32_t number_at(const uint8_t *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Where the records of a little-endian file begin, and the end of the last; by pcap-savefile(5). */
static uint32_t records_find(const uint8_t *bytes, size_t size, size_t *record)
{
	uint32_t n = 0;
	size_t at;

	for (at = PCAP_HEADER; at + RECORD_HEADER <= size && n < RECORDS_MAX; n++) {
		record[n] = at;
		at += RECORD_HEADER + number_at(bytes + at + 8);
	}
	record[n] = at;
	return n;
}

/* `whole` records are in front of the cut. */
static void check_cut(const uint8_t *bytes, size_t cut, const size_t *record, uint32_t whole)
{
	struct source *source = NULL;
	struct error err = {0};
	struct frame frame;
	uint32_t frames = 0;
	bool more = true;

	bytes_memory_set(bytes, cut);
	if (cut < PCAP_HEADER) {
		CHECK_INT(source_open(&source, "-", &err), STATUS_INPUT);
		return;
	}
	CHECK_INT(source_open(&source, "-", &err), STATUS_OK);
	while (source && !source_next(source, &frame, &more, &err) && more)
		CHECK_INT(frame.offset, record[frames++]);
	CHECK_INT(frames, whole);
	CHECK_INT(source_info(source)->damaged, cut != record[whole]);
	if (cut != record[whole])
		CHECK_INT(source_info(source)->damage_offset, record[whole]);
	source_close(&source);
}

static void check_sample(const char *path, bool everywhere)
{
	static uint8_t bytes[4 << 20];
	static size_t record[RECORDS_MAX + 1];
	FILE *file = fopen(path, "rb");
	size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0, cut;
	uint32_t records = records_find(bytes, size, record), whole = 0;

	CHECK(records > 0);
	CHECK_INT(record[records], size);
	for (cut = 0; cut <= size; cut++) {
		while (whole < records && record[whole + 1] <= cut)
			whole++;
		if (everywhere || cut % SOME == 0 || cut <= record[whole] + NEAR || cut + NEAR >= record[whole + 1])
			check_cut(bytes, cut, record, whole);
	}
	if (file)
		fclose(file);
}

int main(void)
{
	bool everywhere = getenv("CUT_EVERYWHERE") != NULL;
	char sentence[200];
	glob_t found;

	if (glob("samples/*/*.pcap", 0, NULL, &found) != 0) {
		printf("skip - captures of samples/, cut: samples/ is elsewhere\n");
		return 0;
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		check_sample(found.gl_pathv[i], everywhere);
		snprintf(sentence, sizeof sentence, "%s cut %s gives what was whole", found.gl_pathv[i],
			 everywhere ? "at every byte" : "around each record");
		check_case(sentence);
	}
	globfree(&found);
	return check_exit();
}

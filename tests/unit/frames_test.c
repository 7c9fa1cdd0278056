/* Frames read back from the files that they were collected from: from where, which, and when
 * nothing is taken. Packets and times are those of build_small(). */
#include "report/frames.h"

#include <sys/stat.h>

#include "tests/unit/source_build.h"

#define S INT64_C(1000000000)
#define PACKETS 40
#define MANY 2000

static struct error err;
static char folder[2][300], store[320]; /* two directories, and one with the store */

static int64_t time_of(uint32_t number)
{
	return 1600000000 * S + (number - 1) * INT64_C(1000);
}

static uint32_t bytes_of(uint32_t number)
{
	return 40 + (number - 1) * 17 % 61;
}

/* ---- files ---- */

static const char *in(const char *directory, const char *name)
{
	static char path[700];

	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

static void put(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
		abort();
}

static void clear(void)
{
	static const char *const names[] = {"a.pcap", "b.pcap"};

	for (size_t i = 0; i < 2; i++) {
		unlink(in(folder[0], names[i]));
		unlink(in(folder[1], names[i]));
		unlink(in(build_directory, names[i]));
	}
}

/* The row of a capture of these bytes. */
static struct capture row(const char *name, size_t bytes)
{
	struct capture capture = {.bytes = bytes};

	snprintf(capture.file, sizeof capture.file, "%s", name);
	return capture;
}

/* A section, an interface of nanoseconds and the packets of build_small(). */
static struct build pcapng_small(size_t count)
{
	struct build b = {0};

	build_32(&b, 0x0a0d0d0a);
	build_32(&b, 28);
	build_32(&b, 0x1a2b3c4d);
	build_32(&b, 1);
	build_64(&b, UINT64_MAX);
	build_32(&b, 28);
	build_32(&b, 1);
	build_32(&b, 32);
	build_32(&b, 1);
	build_32(&b, 0);
	build_32(&b, 9 | 1 << 16);
	build_32(&b, 9);
	build_32(&b, 0);
	build_32(&b, 32);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t bytes = bytes_of(i + 1), padded = (bytes + 3) & ~3u;
		uint64_t time = (uint64_t)time_of(i + 1);

		build_32(&b, 6);
		build_32(&b, 32 + padded);
		build_32(&b, 0);
		build_32(&b, (uint32_t)(time >> 32));
		build_32(&b, (uint32_t)time);
		build_32(&b, bytes);
		build_32(&b, 1500);
		build_packet_bytes(&b, i, bytes);
		build_packet_bytes(&b, i, padded - bytes);
		build_32(&b, 32 + padded);
	}
	return b;
}

/* ---- asking ---- */

static struct frames *ask(const struct capture *capture, uint32_t captures, bool directories,
			  const struct frames_wanted *wanted, uint32_t count)
{
	const char *list[] = {folder[0], folder[1]};
	struct frames_request request = {capture, captures, list, directories ? 2 : 0, store, false, false, NULL};
	struct frames *frames;

	CHECK_INT(frames_read(&frames, &request, wanted, count, &err), STATUS_OK);
	return frames;
}

/* Where frames are known to begin: those of some numbers. */
struct known_place {
	uint32_t from, number; /* of a wanted frame of this number or a later one */
	uint64_t place;
};

/* Frames 3, 40 and 3 again of one capture; all there, or none and `why` says why. */
static void expect_from(const struct capture *capture, bool directories, const struct known_place place[2],
			const char *why)
{
	static const uint32_t numbers[] = {40, 3, 3};
	struct frames_wanted wanted[3];
	struct frames *frames;
	uint32_t i;

	for (i = 0; i < 3; i++) {
		const struct known_place *known = &place[numbers[i] >= place[1].from];

		wanted[i] = (struct frames_wanted){0, numbers[i], time_of(numbers[i]), known->place, known->number};
	}
	frames = ask(capture, 1, directories, wanted, 3);
	CHECK_INT(frames->faults, why != NULL);
	for (i = 0; i < 3; i++) {
		struct frames_frame *f = &frames->list[i];
		struct frame frame = {.bytes = f->bytes, .caplen_bytes = f->caplen_bytes};

		CHECK((f->bytes == NULL) == (why != NULL));
		if (!f->bytes)
			continue;
		CHECK(seen_is_packet(&frame, numbers[i] - 1, bytes_of(numbers[i])));
		CHECK_INT(f->length_bytes, 1500);
		CHECK_INT(f->linktype, 1);
	}
	if (frames->faults && why) {
		CHECK_INT(frames->fault[0].capture, 0);
		CHECK_INT(frames->fault[0].missing, 3);
		if (!strstr(frames->fault[0].why, why))
			CHECK_TEXT(frames->fault[0].why, why);
	}
	frames_free(&frames);
}

static void expect(const struct capture *capture, bool directories, const char *why)
{
	static const struct known_place none[2] = {{0, 0, 0}, {1, 0, 0}};

	expect_from(capture, directories, none, why);
}

/* ---- cases ---- */

static void test_formats(void)
{
	struct build pcap = build_small(PACKETS), pcapng = pcapng_small(PACKETS);
	struct build_pack pack;
	struct capture capture;
	struct stat st;

	capture = row("a.pcap", pcap.size);
	put(in(folder[0], "a.pcap"), pcap.bytes, pcap.size);
	expect(&capture, true, NULL);
	check_case("frames come out of pcap, in any order and more than once");
	capture = row("a.pcap", pcapng.size);
	put(in(folder[0], "a.pcap"), pcapng.bytes, pcapng.size);
	expect(&capture, true, NULL);
	check_case("out of pcapng");
	pack = build_pack_begin(archive_write_add_filter_gzip, "wb");
	build_pack_bytes(pack, pcap.bytes, pcap.size);
	build_pack_end(pack);
	if (stat(build_path(), &st) < 0 || rename(build_path(), in(folder[0], "a.pcap")) < 0)
		abort();
	capture = row("a.pcap", (size_t)st.st_size);
	expect(&capture, true, NULL);
	check_case("out of a packed file");
	clear();
	build_free(&pcap);
	build_free(&pcapng);
}

static void test_places(void)
{
	struct build b = build_small(PACKETS);
	struct capture capture = row("a.pcap", b.size);

	expect(&capture, true, "it is not there (looked for ");
	check_case("a capture that is not there is said, and no error");
	put(in(build_directory, "a.pcap"), b.bytes, b.size);
	expect(&capture, false, NULL);
	check_case("a capture is found beside the store");
	unlink(in(build_directory, "a.pcap"));
	put(in(folder[1], "b.pcap"), b.bytes, b.size);
	expect(&capture, false, "it is not there");
	snprintf(capture.path, sizeof capture.path, "%s", in(folder[1], "b.pcap"));
	expect(&capture, false, NULL);
	check_case("a capture is found where it lay when it was collected");
	unlink(in(folder[1], "b.pcap"));
	put(in(folder[1], "a.pcap"), b.bytes, b.size);
	expect(&capture, true, NULL);
	check_case("a capture is found in a directory that is given");
	put(in(folder[0], "a.pcap"), b.bytes, b.size - 1);
	expect(&capture, true, NULL);
	check_case("another file of its name does not keep the next place from being looked at");
	clear();
	capture = row("-", b.size);
	expect(&capture, true, "standard input");
	check_case("what came through standard input is nowhere");
	build_free(&b);
}

static void test_others(void)
{
	struct build b = build_small(PACKETS);
	struct capture capture = row("a.pcap", b.size);
	uint8_t *at = b.bytes + b.mark[39]; /* of frame 40: seconds, microseconds, caplen */

	put(in(folder[0], "a.pcap"), b.bytes, b.size - 7);
	expect(&capture, true, "bytes, not ");
	check_case("a truncated file is another file");
	at[4]++;
	put(in(folder[0], "a.pcap"), b.bytes, b.size);
	expect(&capture, true, "its frame 40 is of 2020-09-13T12:26:40.000040000Z, not of "
			       "2020-09-13T12:26:40.000039000Z");
	check_case("a file with another time is another file, and no frame of it is taken");
	at[4]--;
	at[8] = 255;
	put(in(folder[0], "a.pcap"), b.bytes, b.size);
	expect(&capture, true, "it has no frame 40");
	check_case("a file of the same size that is damaged is another file");
	memset(b.bytes, 0, 4);
	put(in(folder[0], "a.pcap"), b.bytes, b.size);
	expect(&capture, true, "not a capture that crosstap knows");
	check_case("what is no capture is another file");
	clear();
	if (mkfifo(in(folder[0], "a.pcap"), 0600) < 0)
		abort();
	expect(&capture, true, "is no regular file");
	check_case("a pipe is not waited for");
	clear();
	build_free(&b);
}

static void test_known_places(void)
{
	struct build b = build_small(PACKETS);
	struct capture capture = row("a.pcap", b.size);
	struct known_place place[2] = {{0, 1, b.mark[0]}, {33, 33, b.mark[32]}};

	strcpy(capture.format, "pcap");
	put(in(folder[0], "a.pcap"), b.bytes, b.size);
	expect_from(&capture, true, place, NULL);
	memset(b.bytes + b.mark[9], 0xff, 16);
	put(in(folder[0], "a.pcap"), b.bytes, b.size);
	expect_from(&capture, true, place, NULL);
	expect(&capture, true, "it has no frame 40");
	check_case("frames are read from the places that are known, and nothing in between");
	build_free(&b);
	b = build_small(PACKETS);
	put(in(folder[0], "a.pcap"), b.bytes, b.size);
	place[1].place += 4;
	expect_from(&capture, true, place, NULL);
	place[1].place = b.size;
	expect_from(&capture, true, place, NULL);
	place[1].place = UINT64_MAX;
	expect_from(&capture, true, place, NULL);
	place[1] = (struct known_place){33, 34, b.mark[32]};
	expect_from(&capture, true, place, NULL);
	place[1] = (struct known_place){33, 41, b.mark[32]};
	expect_from(&capture, true, place, NULL);
	check_case("where a place is none the file is read from its beginning");
	place[1] = (struct known_place){33, 33, b.mark[32]};
	b.bytes[b.mark[39] + 4]++;
	put(in(folder[0], "a.pcap"), b.bytes, b.size);
	expect_from(&capture, true, place, "its frame 40 is of 2020-09-13T12:26:40.000040000Z, not of ");
	check_case("another file is told from its beginning");
	clear();
	build_free(&b);
}

static void test_several(void)
{
	struct build b = build_small(PACKETS);
	struct capture captures[] = {row("a.pcap", b.size), row("c.pcap", 7), row("b.pcap", b.size)};
	struct frames_wanted wanted[] = {{2, 1, time_of(1), 0, 0}, {1, 1, 0, 0, 0},
					 {0, 40, time_of(40), 0, 0}, {2, 2, time_of(2), 0, 0}, {1, 9, 0, 0, 0}};
	struct frames *frames;
	uint32_t i;

	put(in(folder[0], "a.pcap"), b.bytes, b.size);
	put(in(folder[1], "b.pcap"), b.bytes, b.size);
	frames = ask(captures, 3, true, wanted, 5);
	for (i = 0; i < 5; i++) {
		CHECK((frames->list[i].bytes == NULL) == (wanted[i].capture == 1));
		if (frames->list[i].bytes)
			CHECK(frames->list[i].bytes[0] == build_payload(wanted[i].number - 1, 0));
	}
	CHECK_INT(frames->faults, 1);
	CHECK_INT(frames->fault[0].capture, 1);
	CHECK_INT(frames->fault[0].missing, 2);
	CHECK(frames->fault[0].elsewhere);
	frames_free(&frames);
	frames_free(&frames);
	frames = ask(captures, 3, true, NULL, 0);
	CHECK_INT(frames->faults, 0);
	frames_free(&frames);
	clear();
	build_free(&b);
	check_case("of several captures the others' frames are there when one is missing");
}

/* Frames 1 to `count` of the first of many captures, of which the others are not there, each with
 * two frames wanted and `format`; returns what is said of the first, the caller frees, "" nothing. */
static char *ask_of_many(struct build *b, uint32_t count, const char *format)
{
	struct capture *captures = calloc(MANY, sizeof *captures);
	struct frames_wanted *wanted = calloc(count + 2 * MANY, sizeof *wanted);
	struct frames *frames;
	uint32_t i, n = 0;
	char *why;

	captures[0] = row("a.pcap", b->size);
	snprintf(captures[0].format, sizeof captures[0].format, "pcap");
	for (i = 1; i < MANY; i++) {
		captures[i] = row("c.pcap", 7);
		snprintf(captures[i].format, sizeof captures[i].format, "%s", format);
		wanted[n++] = (struct frames_wanted){i, 1, 0, 0, 0};
		wanted[n++] = (struct frames_wanted){i, 2, 0, 0, 0};
	}
	for (i = 1; i <= count; i++)
		wanted[n++] = (struct frames_wanted){0, i, time_of(i), 0, 0};
	frames = ask(captures, MANY, true, wanted, n);
	why = strdup(frames->faults && !frames->fault[0].capture ? frames->fault[0].why : "");
	frames_free(&frames);
	free(captures);
	free(wanted);
	return why;
}

static void test_room(void)
{
	struct build b = build_many(5000);
	char *why;

	CHECK(b.size > FRAMES_BYTES_MAX / MANY);
	put(in(folder[0], "a.pcap"), b.bytes, b.size);
	why = ask_of_many(&b, 5000, "pcap");
	CHECK_TEXT(why, "");
	check_case("what small files do not need, a greater one has");
	free(why);
	why = ask_of_many(&b, 5000, "pcap+gzip");
	CHECK(strstr(why, " of its 5000 packets have room in 262 KiB"));
	check_case("where all may need more than there is, each has as much");
	free(why);
	clear();
	build_free(&b);
}

int main(void)
{
	build_enter();
	for (int i = 0; i < 2; i++) {
		snprintf(folder[i], sizeof folder[i], "%s/%d", build_directory, i);
		if (mkdir(folder[i], 0700) < 0)
			abort();
	}
	snprintf(store, sizeof store, "%s/case.ct", build_directory);
	test_formats();
	test_places();
	test_others();
	test_known_places();
	test_several();
	test_room();
	rmdir(folder[0]);
	rmdir(folder[1]);
	build_leave();
	return check_exit();
}

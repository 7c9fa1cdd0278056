/* pcapng as it is written: byte for byte against what was written down by hand, and read back
 * by crosstap's own reader, which was tested against others. */
#include "report/pcapng_out.h"

#include "tests/unit/source_build.h"

#define S INT64_C(1000000000)

static struct error err;
static char *written;
static size_t written_bytes;

static struct pcapng_out begin(struct output *output)
{
	*output = (struct output){.stream = open_memstream(&written, &written_bytes)};
	if (!output->stream)
		abort();
	return (struct pcapng_out){.output = output};
}

static void end(struct pcapng_out *out)
{
	pcapng_out_free(out);
	fclose(out->output->stream);
}

static void test_bytes(void)
{
	static const uint8_t expected[] =
		/* section header: 64 bytes, magic, 1.0, length unknown */
		"\x0a\x0d\x0d\x0a" "\x40\0\0\0" "\x4d\x3c\x2b\x1a" "\1\0\0\0"
		"\xff\xff\xff\xff\xff\xff\xff\xff"
		/* opt_comment, 7 bytes: "caf\u00e9 1"; shb_userappl, 14 bytes; the end */
		"\1\0\x07\0" "caf\xc3\xa9 1\0" "\4\0\x0e\0" "crosstap 9.8.7\0\0" "\0\0\0\0"
		"\x40\0\0\0"
		/* interface: 56 bytes, link type 276, snaplen 96 */
		"\1\0\0\0" "\x38\0\0\0" "\x14\1\0\0" "\x60\0\0\0"
		/* if_name "fw-in"; if_description "clock ok"; if_tsresol 9; the end */
		"\2\0\5\0" "fw-in\0\0\0" "\3\0\x08\0" "clock ok" "\x09\0\1\0" "\x09\0\0\0"
		"\0\0\0\0" "\x38\0\0\0"
		/* packet: 56 bytes, interface 0; 0x17979cfe362a0015 = 1700000000 s + 21 ns */
		"\6\0\0\0" "\x38\0\0\0" "\0\0\0\0" "\xfe\x9c\x97\x17" "\x15\0\x2a\x36"
		/* 5 bytes of 1500; two comments; the end */
		"\5\0\0\0" "\xdc\5\0\0" "abcde\0\0\0" "\1\0\1\0" "x\0\0\0" "\1\0\0\0" "\0\0\0\0"
		"\x38\0\0\0"
		/* packet without a comment: 36 bytes */
		"\6\0\0\0" "\x24\0\0\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0" "\4\0\0\0" "\4\0\0\0"
		"abcd" "\x24\0\0\0";
	static const char *const comments[] = {"x", ""};
	struct output output;
	struct pcapng_out out = begin(&output);

	CHECK_INT(pcapng_out_begin(&out, 0, "crosstap 9.8.7", "caf\xc3\xa9 1", &err), STATUS_OK);
	CHECK_INT(pcapng_out_interface(&out, &(struct pcapng_interface){"fw-in", "clock ok", 276,
									 96, NULL, 0}, &err), STATUS_OK);
	CHECK_INT(pcapng_out_packet(&out, &(struct pcapng_packet){
		0, 1700000000 * S + 21, 5, 1500, (const uint8_t *)"abcde", comments, 2, 0,
		0}, &err),
		STATUS_OK);
	CHECK_INT(pcapng_out_packet(&out, &(struct pcapng_packet){
		0, 0, 4, 4, (const uint8_t *)"abcd", NULL, 0, 0, 0}, &err), STATUS_OK);
	end(&out);
	CHECK_INT(written_bytes, sizeof expected - 1);
	for (size_t i = 0; i < written_bytes && i < sizeof expected - 1; i++)
		if ((uint8_t)written[i] != expected[i]) {
			printf("# byte %zu\n", i);
			CHECK_INT((uint8_t)written[i], expected[i]);
			break;
		}
	free(written);
	check_case("a section, an interface and packets are the bytes of the draft");
}

/* Writes packets of these times and reads them back. */
static void check_times(const int64_t *times, size_t count, const char *sentence)
{
	int64_t earliest = INT64_MAX;
	struct output output;
	struct pcapng_out out = begin(&output);
	struct seen seen;
	size_t i;

	for (i = 0; i < count; i++)
		earliest = times[i] < earliest ? times[i] : earliest;
	CHECK_INT(pcapng_out_begin(&out, earliest, "crosstap", NULL, &err), STATUS_OK);
	CHECK_INT(pcapng_out_interface(&out, &(struct pcapng_interface){"a", "b", 1, 0, NULL, 0},
				       &err),
		  STATUS_OK);
	for (i = 0; i < count; i++)
		CHECK_INT(pcapng_out_packet(&out, &(struct pcapng_packet){
			0, times[i], 4, 60, (const uint8_t *)"abcd", NULL, 0, 0, 0}, &err), STATUS_OK);
	end(&out);
	seen = seen_read(build_write((const uint8_t *)written, written_bytes));
	CHECK_INT(seen.status, STATUS_OK);
	CHECK(!seen.info.damaged);
	CHECK_TEXT(seen.format, "pcapng");
	CHECK_INT(seen.count, count);
	for (i = 0; i < seen.count; i++) {
		CHECK_INT(seen.frames[i].time_ns, times[i]);
		CHECK_INT(seen.frames[i].length_bytes, 60);
	}
	seen_free(&seen);
	free(written);
	check_case(sentence);
}

static void test_times(void)
{
	static const int64_t usual[] = {0, 1, S - 1, 1700000000123456789, INT64_MAX};
	static const int64_t early[] = {INT64_MIN, -S - 1, -S, -1, 0, 1700000000123456789,
					INT64_MAX - S};
	static const int64_t just[] = {-1, 0, 5};

	check_times(usual, 5, "times from 1970 to 2262 are kept to the nanosecond");
	check_times(early, 7, "times from 1677 on are kept, too, by an offset");
	check_times(just, 3, "the nanosecond before 1970 as well");
}

static size_t comment_bytes(const char *comment)
{
	const char *const comments[] = {comment};
	struct output output;
	struct pcapng_out out = begin(&output);
	size_t size;

	CHECK_INT(pcapng_out_packet(&out, &(struct pcapng_packet){
		0, 0, 0, 60, NULL, comments, 1, 0, 0}, &err), STATUS_OK);
	end(&out);
	size = (uint8_t)written[30] | (size_t)(uint8_t)written[31] << 8;
	CHECK_INT(written_bytes, 28 + 4 + ((size + 3) & ~(size_t)3) + 4 + 4);
	free(written);
	return size;
}

static void test_long_comments(void)
{
	char *text = malloc(70001);

	if (!text)
		abort();
	memset(text, 'x', 70000);
	text[70000] = '\0';
	CHECK_INT(comment_bytes(text), 65535);
	memcpy(text + 65533, "\xe2\x82\xac", 3); /* the euro sign: its last byte does not fit */
	CHECK_INT(comment_bytes(text), 65533);
	memcpy(text + 65532, "\xe2\x82\xac", 3);
	text[65535] = '\0';
	CHECK_INT(comment_bytes(text), 65535);
	free(text);
	check_case("a comment is cut behind a whole character");
}

static void test_long_frame(void)
{
	uint8_t *bytes = calloc(PCAPNG_CAPLEN_MAX + 1, 1);
	struct output output;
	struct pcapng_out out = begin(&output);

	if (!bytes)
		abort();
	CHECK_INT(pcapng_out_packet(&out, &(struct pcapng_packet){
		0, 0, PCAPNG_CAPLEN_MAX + 1, PCAPNG_CAPLEN_MAX + 1, bytes, NULL, 0, 0, 0}, &err),
		STATUS_OK);
	end(&out);
	CHECK(memcmp(written + 20, "\0\0\4\0\1\0\4\0", 8) == 0);
	CHECK_INT(written_bytes, 32 + PCAPNG_CAPLEN_MAX);
	free(written);
	free(bytes);
	check_case("a frame that Wireshark would not read is cut, its length kept");
}

static void test_full(void)
{
	struct output output = {.stream = fopen("/dev/full", "w")};
	struct pcapng_out out = {.output = &output};

	if (!output.stream)
		abort();
	setvbuf(output.stream, NULL, _IONBF, 0);
	CHECK_INT(pcapng_out_begin(&out, 0, "crosstap", NULL, &err), STATUS_SYSTEM);
	pcapng_out_free(&out);
	fclose(output.stream);
	check_case("a full disk is an error");
}

int main(void)
{
	build_enter();
	test_bytes();
	test_times();
	test_long_comments();
	test_long_frame();
	test_full();
	build_leave();
	return check_exit();
}

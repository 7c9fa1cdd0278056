/* Blocks of pcapng that only a live capture writes; the others: pcapng_out_test.c. The expected
 * bytes are the draft's figures (sections 4.2, 4.3, 4.6), filled in by hand. */
#include "collect/pcapng_block.h"
#include "tests/unit/source_build.h"

#define S INT64_C(1000000000)

static void check_bytes(const struct buffer *got, const char *expected, size_t size)
{
	CHECK(!got->failed);
	CHECK_INT(got->size, size);
	for (size_t i = 0; i < got->size && i < size; i++)
		if (got->bytes[i] != (uint8_t)expected[i]) {
			printf("# byte %zu\n", i);
			CHECK_INT(got->bytes[i], (uint8_t)expected[i]);
			break;
		}
}

static void test_interface(void)
{
	static const char expected[] =
		"\1\0\0\0" "\x34\0\0\0" "\1\0\0\0" "\x60\0\0\0" /* Ethernet, snaplen 96 */
		"\2\0\4\0" "eth1"                  /* if_name */
		"\x9\0\1\0" "\x9\0\0\0"            /* if_tsresol: 10^-9 s */
		"\xb\0\6\0" "\0udp 5" "\0\0"       /* if_filter: 0, a text of 5 bytes */
		"\0\0\0\0" "\x34\0\0\0";
	struct buffer buffer = {0};

	pcapng_block_interface(&buffer, &(struct pcapng_interface){
		.name = "eth1", .linktype = 1, .snaplen = 96, .filter = "udp 5"});
	check_bytes(&buffer, expected, sizeof expected - 1);
	buffer_free(&buffer);
	check_case("an interface with a filter is the bytes of the draft");
}

static void test_packet(void)
{
	static const char expected[] =
		"\6\0\0\0" "\x34\0\0\0" "\0\0\0\0"
		"\0\0\0\0" "\5\xca\x9a\x3b"        /* 1 s and 5 ns */
		"\4\0\0\0" "\x3c\0\0\0" "abcd"
		"\4\0\x8\0" "\7\0\0\0\0\0\0\0"     /* epb_dropcount */
		"\0\0\0\0" "\x34\0\0\0";
	struct buffer buffer = {0};

	pcapng_block_packet(&buffer, &(struct pcapng_packet){
		.time_ns = S + 5, .caplen_bytes = 4, .length_bytes = 60,
		.bytes = (const uint8_t *)"abcd", .dropped = 7});
	check_bytes(&buffer, expected, sizeof expected - 1);
	buffer_free(&buffer);
	check_case("a packet behind a loss is the bytes of the draft");
}

static void test_statistics(void)
{
	static const char expected[] =
		"\5\0\0\0" "\x40\0\0\0" "\0\0\0\0"
		"\0\0\0\0" "\5\xca\x9a\x3b"
		"\4\0\x8\0" "\xff\1\0\0\0\0\0\0"   /* isb_ifrecv */
		"\5\0\x8\0" "\3\0\0\0\0\0\0\0"     /* isb_ifdrop */
		"\7\0\x8\0" "\2\0\0\0\0\0\0\0"     /* isb_osdrop */
		"\0\0\0\0" "\x40\0\0\0";
	struct buffer buffer = {0};

	pcapng_block_statistics(&buffer, &(struct pcapng_statistics){
		.time_ns = S + 5, .received = 511, .missed = 3, .dropped = 2});
	check_bytes(&buffer, expected, sizeof expected - 1);
	buffer_free(&buffer);
	check_case("statistics of an interface are the bytes of the draft");
}

/* Between which times nothing passed unseen, as a reader of that application's file believes it. */
static void times_of(const char *application, int64_t *from_ns, int64_t *until_ns)
{
	struct buffer buffer = {0};
	struct seen seen;

	pcapng_block_section(&buffer, application, NULL);
	pcapng_block_interface(&buffer, &(struct pcapng_interface){.name = "eth1", .linktype = 1});
	pcapng_block_statistics(&buffer, &(struct pcapng_statistics){
		.time_ns = 9 * S, .from_ns = 5 * S + 7, .until_ns = 1700000000 * S + 123456789});
	seen = seen_read(build_write(buffer.bytes, buffer.size));
	CHECK_INT(seen.status, STATUS_OK);
	*from_ns = seen.interfaces[0].ran_from_ns;
	*until_ns = seen.interfaces[0].ran_until_ns;
	seen_free(&seen);
	buffer_free(&buffer);
}

static void test_times(void)
{
	int64_t from_ns, until_ns;

	times_of("crosstap 1.2", &from_ns, &until_ns);
	CHECK_INT(from_ns, 5 * S + 7);
	CHECK_INT(until_ns, 1700000000 * S + 123456789);
	check_case("our own file says between which times nothing passed unseen");
	times_of("Dumpcap (Wireshark) 4.0", &from_ns, &until_ns);
	CHECK_INT(from_ns, 0);
	CHECK_INT(until_ns, 0);
	check_case("another's says when it was started and stopped, which is something else");
}

static void test_read_back(void)
{
	struct buffer buffer = {0};
	struct seen seen;

	pcapng_block_section(&buffer, "crosstap", NULL);
	pcapng_block_interface(&buffer, &(struct pcapng_interface){
		.name = "eth1", .linktype = 1, .snaplen = 96, .filter = "udp"});
	pcapng_block_packet(&buffer, &(struct pcapng_packet){
		.time_ns = S, .caplen_bytes = 4, .length_bytes = 60,
		.bytes = (const uint8_t *)"abcd", .dropped = 7});
	pcapng_block_packet(&buffer, &(struct pcapng_packet){
		.time_ns = 2 * S, .caplen_bytes = 3, .length_bytes = 3,
		.bytes = (const uint8_t *)"efg"});
	pcapng_block_statistics(&buffer, &(struct pcapng_statistics){
		.time_ns = 3 * S, .received = 511, .missed = 3, .dropped = 9});
	seen = seen_read(build_write(buffer.bytes, buffer.size));
	CHECK_INT(seen.status, STATUS_OK);
	CHECK(!seen.info.damaged);
	CHECK_INT(seen.count, 2);
	CHECK_INT(seen.frames[0].dropped_before, 7);
	CHECK_INT(seen.frames[1].dropped_before, 0);
	CHECK(seen.info.drops_known);
	CHECK_INT(seen.info.drops, 12);
	seen_free(&seen);
	buffer_free(&buffer);
	check_case("what a live capture writes is read back with its losses");
}

int main(void)
{
	build_enter();
	test_interface();
	test_packet();
	test_statistics();
	test_times();
	test_read_back();
	build_leave();
	return check_exit();
}

/* Filters, against libpcap reading the same packets from a file. */
#include "collect/filter.h"
#include "tests/unit/source_build.h"

static pthread_mutex_t compiling = PTHREAD_MUTEX_INITIALIZER;

/* UDP from 10.0.0.1:(1000 + i) to 10.0.0.2:53, without the link header. */
static void put_ip(struct build *b, uint8_t i)
{
	const uint8_t bytes[28] = {
		0x45, 0, 0, 28, 0, i, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		(1000 + i) >> 8, (uint8_t)(1000 + i), 0, 53, 0, 8, 0, 0,
	};

	build_bytes(b, bytes, sizeof bytes);
}

static void put_file(uint32_t linktype, const void *header, size_t header_bytes)
{
	struct build b = {0};

	build_32(&b, 0xa1b2c3d4);
	build_16(&b, 2);
	build_16(&b, 4);
	build_64(&b, 0);
	build_32(&b, 65535);
	build_32(&b, linktype);
	for (uint8_t i = 0; i < 10; i++) {
		build_32(&b, 1000 + i);
		build_32(&b, 0);
		build_32(&b, (uint32_t)header_bytes + 28);
		build_32(&b, (uint32_t)header_bytes + 28);
		build_bytes(&b, header, header_bytes);
		put_ip(&b, i);
	}
	build_save(&b);
	build_free(&b);
}

/* One bit for each packet taken, as libpcap sees it. */
static unsigned libpcap_takes(const char *expression)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(build_path(), text);
	struct bpf_program program;
	struct pcap_pkthdr *header;
	const u_char *bytes;
	unsigned taken = 0;

	if (!pcap || pcap_compile(pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN) < 0)
		abort();
	while (pcap_next_ex(pcap, &header, &bytes) == 1)
		taken |= (pcap_offline_filter(&program, header, bytes) != 0)
			 << (header->ts.tv_sec - 1000);
	pcap_freecode(&program);
	pcap_close(pcap);
	return taken;
}

static unsigned takes(struct filter *filter)
{
	struct seen seen = seen_read(build_path());
	unsigned taken = 0;
	struct error err;

	for (size_t i = 0; i < seen.count; i++) {
		bool take;

		CHECK_INT(filter_takes(filter, &seen.frames[i], &take, &err), STATUS_OK);
		taken |= (unsigned)take << i;
	}
	seen_free(&seen);
	return taken;
}

static void link_types(void)
{
	static const uint8_t ethernet[14] = {[12] = 8}, sll2[20] = {8, 0, [8] = 0, 1};
	static const uint8_t sll[16] = {[14] = 8}, null[4] = {2};
	static const struct {
		uint32_t linktype;
		const uint8_t *header;
		size_t bytes;
	} links[] = {
		{1, ethernet, sizeof ethernet},
		{101, NULL, 0},
		{276, sll2, sizeof sll2},
		{0, null, sizeof null},
		{113, sll, sizeof sll},
		{228, NULL, 0},
	};
	static const char expression[] = "udp and dst port 53 and src portrange 1002-1004";
	struct filter *filter;
	struct error err;

	CHECK_INT(filter_open(&filter, expression, &compiling, &err), STATUS_OK);
	for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
		put_file(links[i].linktype, links[i].header, links[i].bytes);
		CHECK_INT(takes(filter), 0x1c);
		CHECK_INT(libpcap_takes(expression), 0x1c);
	}
	filter_close(&filter);
	check_case("one filter takes the packets that libpcap takes, on one link type after the other");
}

static void mistakes(void)
{
	struct frame frame = {.linktype = 228, .bytes = (const uint8_t *)"", .caplen_bytes = 0};
	struct filter *filter;
	struct error err;
	bool take = true;

	CHECK_INT(filter_check("tcp port 80", &err), STATUS_OK);
	CHECK_INT(filter_check("vlan and ip6", &err), STATUS_OK);
	CHECK_INT(filter_check("tcp prot 80", &err), STATUS_USAGE);
	CHECK(strstr(err.text, "filter \"tcp prot 80\": ") == err.text);
	CHECK_INT(filter_check("tcp and udp", &err), STATUS_USAGE);
	check_case("an expression that fits no link type is wrong usage");

	CHECK_INT(filter_open(&filter, "ip6", &compiling, &err), STATUS_OK);
	CHECK_INT(filter_takes(filter, &frame, &take, &err), STATUS_OK);
	CHECK(!take);
	filter_close(&filter);
	check_case("what is never true on a link type takes none of its packets");

	CHECK_INT(filter_open(&filter, "ether host 0:1:2:3:4:5", &compiling, &err), STATUS_OK);
	CHECK_INT(filter_takes(filter, &frame, &take, &err), STATUS_USAGE);
	filter_close(&filter);
	check_case("what makes no sense on a link type is wrong usage");
}

int main(void)
{
	build_enter();
	link_types();
	mistakes();
	build_leave();
	return check_exit();
}

/* The link table row by row, and the description of the link.
 */
#include "collect/link.h"
#include "tests/unit/packet_link_samples.h"

static void test_every_row_has_a_sample(void)
{
	const struct link_row *row;
	bool found;

	for (size_t i = 0; (row = link_row(i)) != NULL; i++) {
		found = false;
		for (size_t j = 0; j < sizeof link_samples / sizeof *link_samples; j++)
			found |= sample_named_after(&link_samples[j], row->name) &&
				 link_samples[j].linktype == row->linktype;
		CHECK(found);
		CHECK(link_find(row->linktype) == row);
	}
	CHECK(link_find(105) == NULL);
	check_case("every row of the link table has a sample named after it");
}

/* Parses hex as a frame of a link type and reads the MACs back from its description. */
static bool macs_of(uint32_t linktype, const char *hex, uint8_t dst[6], uint8_t src[6])
{
	struct packet_sample sample = {.linktype = linktype, .hex = hex};
	struct sample_frame frame = sample_frame(&sample);
	struct packet packet;

	packet_parse(&packet, linktype, frame.bytes, frame.caplen, frame.length);
	free(frame.bytes);
	return packet_link_macs(packet.link, packet.link_bytes, dst, src);
}

static void test_macs_come_back(void)
{
	static const uint8_t a[6] = {2, 0, 0, 0, 0, 0xa}, b[6] = {2, 0, 0, 0, 0, 0xb}, none[6];
	uint8_t dst[6], src[6];

	CHECK(macs_of(1, "02000000000b02000000000a08064500", dst, src));
	CHECK(memcmp(dst, b, 6) == 0 && memcmp(src, a, 6) == 0);
	CHECK(macs_of(113, "0000000100060200000000" "0a00000806", dst, src));
	CHECK(memcmp(dst, none, 6) == 0 && memcmp(src, a, 6) == 0);
	CHECK(!macs_of(101, "45000000", dst, src));
	check_case("MAC addresses come back from the description");
}

static void test_descriptions_are_walked(void)
{
	static const uint8_t link[] = {LINK_ITEM_TYPE, 0, 0, 0, 1, LINK_ITEM_GRE, LINK_ITEM_VLAN,
				       0,	       100};
	const uint8_t *value = NULL;
	size_t offset = 0, n = 0;

	CHECK_INT(link_next(link, sizeof link, &offset, &value, &n), LINK_ITEM_TYPE);
	CHECK_INT(n, 4);
	CHECK_INT(link_next(link, sizeof link, &offset, &value, &n), LINK_ITEM_GRE);
	CHECK_INT(n, 0);
	CHECK_INT(link_next(link, sizeof link, &offset, &value, &n), LINK_ITEM_VLAN);
	CHECK_INT(n, 2);
	CHECK(value == link + 7);
	CHECK_INT(link_next(link, sizeof link, &offset, &value, &n), 0);
	check_case("a description is walked item by item");

	for (size_t cut = 1; cut < sizeof link; cut++)
		for (offset = 0; link_next(link, cut, &offset, &value, &n) != 0;)
			CHECK(offset <= cut && value + n <= link + cut);
	offset = 0;
	CHECK_INT(link_next((const uint8_t *)"\xff\xff", 2, &offset, &value, &n), 0);
	offset = 0;
	CHECK_INT(link_next((const uint8_t *)"\0\0", 2, &offset, &value, &n), 0);
	check_case("bytes that are no description end the walk");
}

/* 40 VLAN items of three bytes do not fit 96. */
static void test_a_full_description_stays_whole(void)
{
	struct packet packet;
	const uint8_t *value;
	size_t offset = 0, n;
	int items = 0;

	packet.link_bytes = 0;
	for (int i = 0; i < 40; i++)
		link_append(&packet, LINK_ITEM_VLAN, (const uint8_t *)"\0\1", 2);
	CHECK_INT(packet.link_bytes, 96);
	while (link_next(packet.link, packet.link_bytes, &offset, &value, &n) == LINK_ITEM_VLAN)
		items++;
	CHECK_INT(items, 32);
	CHECK_INT(offset, 96);
	check_case("items that do not fit are left out whole");
}

int main(void)
{
	SAMPLES_CHECK(link_samples);
	test_every_row_has_a_sample();
	test_macs_come_back();
	test_descriptions_are_walked();
	test_a_full_description_stays_whole();
	return check_exit();
}

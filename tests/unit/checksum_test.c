/* The folding checksum against RFC 1071 written down as it stands there.
 */
#include "collect/checksum.h"

#include <stdlib.h>

#include "tests/unit/check.h"

/* RFC 1071 section 4.1, two bytes at a time; not inverted. */
static uint16_t plain_sum(const uint8_t *bytes, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* checksum_fold() answers in host order; as bytes both are the same. */
static uint16_t fold_be(uint64_t sum)
{
	uint16_t folded = checksum_fold(sum);
	uint8_t bytes[2];

	memcpy(bytes, &folded, 2);
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void test_every_length(void)
{
	for (size_t n = 0; n < 300; n++) {
		uint8_t *bytes = malloc(n ? n : 1);

		if (!bytes)
			abort();
		for (size_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)(i * 151 + n * 37 + 200);
		CHECK_INT(fold_be(checksum_add(0, bytes, n)), plain_sum(bytes, n));
		free(bytes);
	}
	check_case("every length from 0 to 299 sums like RFC 1071");
}

static void test_carries(void)
{
	static uint8_t bytes[65536];

	memset(bytes, 0xff, sizeof bytes);
	CHECK_INT(fold_be(checksum_add(0, bytes, sizeof bytes)), 0xffff);
	bytes[65535] = 0xfe;
	CHECK_INT(fold_be(checksum_add(0, bytes, sizeof bytes)), plain_sum(bytes, sizeof bytes));
	CHECK_INT(fold_be(checksum_add(UINT32_MAX, bytes, 1)), 0xff00);
	CHECK_INT(fold_be(0), 0);
	CHECK_INT(fold_be(UINT64_MAX), 0xffff);
	check_case("no carry is lost in 65536 bytes of ones");
}

/* RFC 1071 section 3 works this one out: 00 01 f2 03 f4 f5 f6 f7 -> ddf2. */
static void test_example_of_the_rfc(void)
{
	static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	uint64_t sum = 0;

	CHECK_INT(fold_be(checksum_add(0, bytes, sizeof bytes)), 0xddf2);
	sum = checksum_add_be32(sum, 0x0001f203);
	sum = checksum_add_be32(sum, 0xf4f5f6f7);
	CHECK_INT(fold_be(sum), 0xddf2);
	check_case("the example of RFC 1071 section 3");
}

/* An IPv4 header as tcpdump accepted it, and the same with one bit turned. */
static void test_ipv4_header(void)
{
	uint8_t header[] = {0x45, 0x00, 0x00, 0x3c, 0x77, 0x8f, 0x40, 0x00, 0x40, 0x06,
			    0x3f, 0x29, 0xc0, 0x00, 0x02, 0x01, 0xc0, 0x00, 0x02, 0x02};

	CHECK_INT(checksum_fold(checksum_add_20(header)), 0xffff);
	header[8] ^= 1;
	CHECK(checksum_fold(checksum_add_20(header)) != 0xffff);
	check_case("an IPv4 header holds its own checksum");
}

int main(void)
{
	test_every_length();
	test_carries();
	test_example_of_the_rfc();
	test_ipv4_header();
	return check_exit();
}

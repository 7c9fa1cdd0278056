/* Frames made anonymous: every sample of packet_test and its like, with every link type and every tunnel.
 * What the decoder says of the frame afterwards is what it said before, with aliases. What a
 * checksum covers, together with it, has the sum it had: so right ones are right and
 * wrong ones wrong. The bytes behind the headers stay where they are, so that they can be summed. */
#include "collect/alias_frame.h"

#include "collect/cursor.h"
#include "collect/headers.h"
#include "collect/holding.h"
#include "collect/link.h"
#include "collect/places.h"
#include "tests/unit/packet_fault_samples.h"
#include "tests/unit/packet_link_samples.h"
#include "tests/unit/packet_overlay_samples.h"
#include "tests/unit/packet_samples.h"
#include "tests/unit/packet_tag_samples.h"
#include "tests/unit/packet_tunnel_samples.h"

#define LIST(samples) {samples, sizeof samples / sizeof *samples}

static const struct {
	const struct packet_sample *list;
	size_t count;
} lists[] = {LIST(ip_samples),      LIST(link_samples), LIST(tunnel_samples),
	     LIST(overlay_samples), LIST(tag_samples),  LIST(fault_samples)};

static struct alias *key(void)
{
	struct alias *alias = alias_of_key("a key for many frames", 21);

	if (!alias)
		abort();
	return alias;
}

static bool has(const uint8_t *bytes, uint32_t n, const uint8_t *what, uint32_t size)
{
	for (uint32_t i = 0; i + size <= n; i++)
		if (memcmp(bytes + i, what, size) == 0)
			return true;
	return false;
}

/* Whether an address that has another alias is still there. */
static bool leaks(const struct alias *alias, const uint8_t *bytes, uint32_t kept, uint8_t version,
		  const uint8_t *address)
{
	uint8_t other[16];

	memcpy(other, address, 16);
	if (!version)
		return false;
	alias_address(alias, version, other);
	return memcmp(other, address, 16) != 0 &&
	       has(bytes, kept, address, version == 4 ? 4 : 16);
}

/* ---- one frame ---- */

struct both {
	struct packet was, is;
	struct sample_frame frame;
	uint8_t *before;
	uint32_t kept;
};

static void both_read(struct both *b, const struct packet_sample *sample, const struct alias *alias)
{
	b->frame = sample_frame(sample);
	b->before = malloc(b->frame.caplen + 1u);
	memcpy(b->before, b->frame.bytes, b->frame.caplen);
	packet_parse(&b->was, sample->linktype, b->before, b->frame.caplen, b->frame.length);
	packet_verify(&b->was);
	b->kept = alias_frame(alias, sample->linktype, b->frame.bytes, b->frame.caplen,
			      b->frame.length);
	packet_parse(&b->is, sample->linktype, b->frame.bytes, b->frame.caplen, b->frame.length);
	packet_verify(&b->is);
}

static void both_free(struct both *b)
{
	free(b->frame.bytes);
	free(b->before);
}

static bool same_numbers(const struct packet *a, const struct packet *b)
{
	return a->kind == b->kind && a->marks == b->marks && a->version == b->version &&
	       a->proto == b->proto && a->ttl == b->ttl && a->tos == b->tos && a->ip_id == b->ip_id &&
	       a->ip_bytes == b->ip_bytes && a->sport == b->sport && a->dport == b->dport &&
	       a->flags == b->flags && a->ack == b->ack && a->window == b->window &&
	       a->tsval == b->tsval && a->sack_left == b->sack_left &&
	       a->payload_bytes == b->payload_bytes && a->payload_captured == b->payload_captured &&
	       a->has_inner == b->has_inner && a->headers_captured == b->headers_captured;
}

static bool same_inner(const struct alias *alias, const struct packet *was, const struct packet *is)
{
	uint8_t src[16], dst[16];

	if (!was->has_inner)
		return true;
	memcpy(src, was->inner_src, 16);
	memcpy(dst, was->inner_dst, 16);
	alias_address(alias, was->inner_version, src);
	alias_address(alias, was->inner_version, dst);
	return memcmp(src, is->inner_src, 16) == 0 && memcmp(dst, is->inner_dst, 16) == 0 &&
	       was->inner_sport == is->inner_sport && was->inner_dport == is->inner_dport &&
	       was->inner_seq == is->inner_seq && was->inner_ip_id == is->inner_ip_id;
}

/* As the store of aliases describes the same frame. */
static bool same_described(const struct alias *alias, const struct packet *was,
			   const struct packet *is)
{
	struct holding holding = {STORE_HOLDS_ALIASES, alias_check(alias), alias};
	uint8_t link[PACKET_LINK_MAX], options[PACKET_OPTIONS_MAX], src[16], dst[16];

	memcpy(link, was->link, was->link_bytes);
	memcpy(options, was->options, was->options_bytes);
	memcpy(src, was->src, 16);
	memcpy(dst, was->dst, 16);
	holding_entry(&holding, CAPTURE_LINKS, link, was->link_bytes);
	holding_entry(&holding, CAPTURE_OPTIONS, options, was->options_bytes);
	alias_address(alias, was->version, src);
	alias_address(alias, was->version, dst);
	return was->link_bytes == is->link_bytes && memcmp(link, is->link, is->link_bytes) == 0 &&
	       was->options_bytes == is->options_bytes &&
	       memcmp(options, is->options, is->options_bytes) == 0 &&
	       memcmp(src, is->src, 16) == 0 && memcmp(dst, is->dst, 16) == 0;
}

static bool still_there(const struct alias *alias, const struct both *b)
{
	const struct packet *p = &b->was;
	uint8_t src[6], dst[6], other[6];
	bool found = leaks(alias, b->frame.bytes, b->kept, p->version, p->src) ||
		     leaks(alias, b->frame.bytes, b->kept, p->version, p->dst);

	if (p->has_inner)
		found = found ||
			leaks(alias, b->frame.bytes, b->kept, p->inner_version, p->inner_src) ||
			leaks(alias, b->frame.bytes, b->kept, p->inner_version, p->inner_dst);
	if (!packet_link_macs(p->link, p->link_bytes, dst, src))
		return found;
	memcpy(other, src, 6);
	alias_mac(alias, other);
	return found || (memcmp(other, src, 6) != 0 && has(b->frame.bytes, b->kept, src, 6));
}

/* ---- sums ---- */

/* The sum of 16-bit words from `from` on, modulo 65535. */
static uint32_t words(const uint8_t *bytes, uint32_t from, uint32_t end)
{
	uint64_t total = 0;

	for (uint32_t i = from; i < end; i++)
		total += (i - from) % 2 ? bytes[i] : (uint64_t)bytes[i] * 256;
	return (uint32_t)(total % 65535);
}

/* What the checksum of a header covers, with it, by the addresses of the IP header before it. */
static uint32_t covered(const uint8_t *bytes, const struct place *ip, const struct place *place,
			uint32_t end)
{
	uint32_t addresses = ip->at + (ip->detail == 4 ? 12 : 8);
	bool pseudo = place->kind == PLACE_TRANSPORT && place->detail != 1;

	return (words(bytes, place->at, end) +
		(pseudo ? words(bytes, addresses, addresses + (ip->detail == 4 ? 8 : 32)) : 0)) % 65535;
}

static int wrong_sums(const struct packet_sample *sample, const struct both *b)
{
	const struct place *ip = NULL;
	struct places places = {0};
	struct packet packet;
	int wrong = 0;

	packet_places(&packet, sample->linktype, b->before, b->frame.caplen, b->frame.length, &places);
	for (uint32_t i = 0; i < places.count; i++) {
		const struct place *place = &places.list[i];
		uint32_t end = place->kind == PLACE_IP ? place->end : b->frame.caplen;

		if (place->at >= b->kept)
			break;
		ip = place->kind == PLACE_IP ? place : ip;
		if (place->kind == PLACE_IP ? place->detail == 6
					    : place->kind != PLACE_TRANSPORT && place->kind != PLACE_GRE)
			continue;
		if (place->kind == PLACE_GRE && !(b->before[place->at] & 0x80))
			continue;
		if (place->kind == PLACE_TRANSPORT &&
		    ((place->detail == 17 && !cursor_be16(b->before + place->at + 6)) ||
		     b->was.marks & PACKET_PARTIAL_CHECKSUM || /* the decoder looked at that */
		     (place->detail != 6 && place->detail != 17 && place->detail != 1 &&
		      place->detail != 58)))
			continue;
		wrong += covered(b->before, ip, place, end) != covered(b->frame.bytes, ip, place, end);
	}
	return wrong;
}

/* ---- the cases ---- */

static void case_samples(void)
{
	struct alias *alias = key();
	int frames = 0, shown = 0, leaked = 0;

	for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
		for (size_t i = 0; i < lists[l].count; i++) {
			const struct packet_sample *sample = &lists[l].list[i];
			bool good;
			struct both b;

			both_read(&b, sample, alias);
			frames++;
			if (b.was.kind != PACKET_IP) {
				good = b.kept == 0 && memcmp(b.before, b.frame.bytes, b.frame.caplen) == 0;
			} else {
				/* Behind a routing header nothing is shown, and nothing right. */
				good = b.kept > 0 &&
				       (same_numbers(&b.was, &b.is) ||
					b.kept < headers_bytes(sample->linktype, b.before, b.frame.caplen,
							       b.frame.length)) &&
				       same_described(alias, &b.was, &b.is) &&
				       same_inner(alias, &b.was, &b.is) && wrong_sums(sample, &b) == 0;
				leaked += still_there(alias, &b);
				shown++;
			}
			if (!good)
				printf("# %s\n", sample->name);
			CHECK(good);
			both_free(&b);
		}
	CHECK(shown > 60 && frames > shown);
	check_case("of every link type and tunnel the frame is the same, with aliases, and its sums hold");
	CHECK_INT(leaked, 0);
	check_case("and no address or MAC is left in what is shown");
	alias_close(&alias);
}

/* Bytes that anybody may send: nothing outside the frame is read or written. */
static void case_mutations(void)
{
	struct alias *alias = key();
	uint64_t state = 3;
	int beyond = 0;

	for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
		for (size_t i = 0; i < lists[l].count; i++)
			for (int round = 0; round < 40; round++) {
				struct sample_frame frame = sample_frame(&lists[l].list[i]);
				uint32_t caplen, k;

				for (k = 0; k < 3; k++) {
					state = state * UINT64_C(6364136223846793005) + 99;
					frame.bytes[(state >> 33) % frame.caplen] = (uint8_t)(state >> 56);
				}
				caplen = (uint32_t)((state >> 20) % frame.caplen) + 1;
				frame.bytes = realloc(frame.bytes, caplen);
				beyond += alias_frame(alias, lists[l].list[i].linktype, frame.bytes, caplen,
						      frame.length) > caplen;
				free(frame.bytes);
			}
	CHECK_INT(beyond, 0);
	check_case("frames of any bytes, cut anywhere, are none or become anonymous");
	alias_close(&alias);
}

/* 192.0.2.1 > 198.51.100.2, a SYN. Options: record route with 203.0.113.5, router alert; TCP's 28 as proxies use
 * it with 203.0.113.6, MSS. */
static void case_options(void)
{
	uint8_t bytes[] = {0x4b, 0, 0, 0x44 - 4, 0, 1, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2,
			   7, 15, 8, 203, 0, 113, 5, 0, 0, 0, 0, 203, 0, 113, 9, 148, 4, 0, 0, 1, 0, 0, 0, 0,
			   0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x80, 2, 0, 100, 0, 0, 0, 0,
			   28, 6, 203, 0, 113, 6, 1, 1, 2, 4, 5, 0xb4};
	static const uint8_t network[] = {203, 0, 113};
	struct alias *alias = key();
	uint32_t kept;

	bytes[3] = sizeof bytes;
	kept = alias_frame(alias, 101, bytes, sizeof bytes, sizeof bytes);
	CHECK_INT(kept, sizeof bytes);
	CHECK(!has(bytes, kept, network, sizeof network));
	CHECK_INT(bytes[20] << 16 | bytes[21] << 8 | bytes[22], 7 << 16 | 15 << 8 | 8);
	CHECK_INT(bytes[35] << 8 | bytes[36], 148 << 8 | 4);
	CHECK_INT(bytes[64] << 8 | bytes[65], 28 << 8 | 6);
	CHECK_INT(bytes[74] << 8 | bytes[75], 1460);
	check_case("addresses in options of IP and TCP go, and what names nobody stays");
	alias_close(&alias);
}

/* ICMP redirect: by 203.0.113.5, quoting 192.0.2.1 > 198.51.100.2, 8 bytes of UDP. */
static void case_redirect(void)
{
	uint8_t bytes[] = {0x45, 0, 0, 56, 0, 1, 0, 0, 64, 1, 0, 0, 192, 0, 2, 254, 192, 0, 2, 1,
			   5, 1, 0x12, 0x34, 203, 0, 113, 5,
			   0x45, 0, 0, 40, 0, 1, 0, 0, 63, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2,
			   0x30, 0x39, 0, 53, 0, 20, 0xab, 0xcd};
	uint8_t was[sizeof bytes], gateway[4] = {203, 0, 113, 5};
	struct alias *alias = key();

	memcpy(was, bytes, sizeof was);
	CHECK_INT(alias_frame(alias, 101, bytes, sizeof bytes, sizeof bytes), sizeof bytes);
	alias_ipv4(alias, gateway, gateway);
	CHECK(memcmp(bytes + 24, gateway, 4) == 0);
	CHECK(memcmp(bytes + 40, bytes + 16, 4) == 0); /* the quoted source got the redirect */
	CHECK_INT(words(was, 20, sizeof was), words(bytes, 20, sizeof bytes));
	CHECK_INT(words(was, 28, 48), words(bytes, 28, 48));
	CHECK_INT((words(was, 40, 48) + words(was, 48, sizeof was)) % 65535,
		  (words(bytes, 40, 48) + words(bytes, 48, sizeof bytes)) % 65535);
	check_case("a redirect's gateway, its quote and all four checksums go together");
	alias_close(&alias);
}

/* Unreachable, by 192.0.2.254, quoting a TCP packet of 192.0.2.1 whose IP header, of 24 bytes, was cut. */
static void case_cut_quote(void)
{
	uint8_t bytes[] = {0x45, 0, 0, 60, 0, 1, 0, 0, 64, 1, 0, 0, 192, 0, 2, 254, 192, 0, 2, 1,
			   3, 1, 0x12, 0x34, 0, 0, 0, 0,
			   0x46, 0, 0, 60, 0, 1, 0, 0, 63, 6, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2};
	struct alias *alias = key();

	CHECK_INT(alias_frame(alias, 101, bytes, sizeof bytes, 60), 28);
	check_case("of a quote that was cut inside its IP header nothing is shown");
	alias_close(&alias);
}

int main(void)
{
	case_cut_quote();
	case_samples();
	case_mutations();
	case_options();
	case_redirect();
	return check_exit();
}

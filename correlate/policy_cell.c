#include "correlate/policy_cell.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "collect/memory.h"
#include "correlate/emit.h"

#define POLICY_BETWEEN " \t;,\r\n"
#define POLICY_WORD_MAX 128 /* two IPv6 addresses are shorter */
#define POLICY_PORT_MAX 65535u
#define POLICY_FEW 4        /* ranges: so few are sooner gone through than searched; most cells have one */

/* Takes the next word off the cell; false: there is none. STATUS_INPUT where it is too long to be
 * anything. */
static bool policy_word(const char **cell, char word[POLICY_WORD_MAX], enum status *status,
			struct error *err)
{
	size_t bytes;

	*cell += strspn(*cell, POLICY_BETWEEN);
	bytes = strcspn(*cell, POLICY_BETWEEN);
	if (bytes >= POLICY_WORD_MAX)
		*status = error_set(err, STATUS_INPUT, "\"%.*s...\" is too long", POLICY_SAID_MAX,
				    *cell);
	if (!bytes || *status)
		return false;
	memcpy(word, *cell, bytes);
	word[bytes] = 0;
	*cell += bytes;
	return true;
}

static enum status policy_wrong(const char *word, const char *what, struct error *err)
{
	return error_set(err, STATUS_INPUT, "\"%.*s\" %s", POLICY_SAID_MAX, word, what);
}

/* A list with room for one more. */
static enum status policy_room(void **list, uint32_t count, uint64_t *room, size_t bytes,
			       struct error *err)
{
	void *more;

	if (count >= POLICY_LIST_MAX)
		return error_set(err, STATUS_INPUT, "more than %u entries", POLICY_LIST_MAX);
	more = memory_room(*list, count, room, bytes);
	if (!more)
		return error_errno(err, ENOMEM, "the policy");
	*list = more;
	return STATUS_OK;
}

/* ---- addresses ---- */

static int policy_address_compare(struct policy_address a, struct policy_address b)
{
	if (a.high != b.high)
		return a.high < b.high ? -1 : 1;
	return (a.low > b.low) - (a.low < b.low);
}

/* The one behind; behind the last there is none: it stays. */
static struct policy_address policy_address_next(struct policy_address a)
{
	if (a.low == UINT64_MAX && a.high == UINT64_MAX)
		return a;
	return (struct policy_address){a.high + (a.low == UINT64_MAX), a.low + 1};
}

struct policy_address policy_address(uint8_t version, const uint8_t *bytes)
{
	struct policy_address a = {0, 0};
	unsigned i, size = version == 4 ? 4 : 16;

	for (i = 0; i < size; i++) {
		a.high = a.high << 8 | a.low >> 56;
		a.low = a.low << 8 | bytes[i];
	}
	return a;
}

static bool policy_read_address(const char *word, uint8_t *version, struct policy_address *address)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, word, bytes) == 1)
		*version = 4;
	else if (inet_pton(AF_INET6, word, bytes) == 1)
		*version = 6;
	else
		return false;
	*address = policy_address(*version, bytes);
	return true;
}

/* The bits behind a prefix. */
static struct policy_address policy_host_bits(uint8_t version, unsigned prefix)
{
	unsigned bits = (version == 4 ? 32 : 128) - prefix;
	struct policy_address mask = {0, 0};

	if (bits > 64)
		mask.high = bits == 128 ? UINT64_MAX : (UINT64_C(1) << (bits - 64)) - 1;
	if (bits)
		mask.low = bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
	return mask;
}

static bool policy_read_number(const char *text, unsigned most, unsigned *number)
{
	*number = 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		if (!isdigit((unsigned char)*text))
			return false;
		*number = 10 * *number + (unsigned)(*text - '0');
		if (*number > most)
			return false;
	}
	return true;
}

static enum status policy_read_network(char *word, char *slash, struct policy_range *range,
				       struct error *err)
{
	struct policy_address host;
	unsigned prefix;

	*slash = 0;
	if (!policy_read_address(word, &range->version, &range->first)) {
		*slash = '/';
		return policy_wrong(word, "is no network", err);
	}
	*slash = '/';
	if (!policy_read_number(slash + 1, range->version == 4 ? 32 : 128, &prefix))
		return policy_wrong(word, "has no length of a prefix behind its slash", err);
	host = policy_host_bits(range->version, prefix);
	if ((range->first.high & host.high) || (range->first.low & host.low))
		return policy_wrong(word, "has bits behind its prefix", err);
	range->last = (struct policy_address){range->first.high | host.high,
					      range->first.low | host.low};
	return STATUS_OK;
}

static enum status policy_read_range(char *word, struct policy_range *range, struct error *err)
{
	char *slash = strchr(word, '/'), *dash = strchr(word, '-');
	uint8_t version;
	bool ok;

	if (slash)
		return policy_read_network(word, slash, range, err);
	if (!dash) {
		if (!policy_read_address(word, &range->version, &range->first))
			return policy_wrong(word, "is no address", err);
		range->last = range->first;
		return STATUS_OK;
	}
	*dash = 0;
	ok = policy_read_address(word, &range->version, &range->first) &&
	     policy_read_address(dash + 1, &version, &range->last) && version == range->version;
	*dash = '-';
	if (!ok)
		return policy_wrong(word, "is no range of addresses", err);
	if (policy_address_compare(range->first, range->last) > 0)
		return policy_wrong(word, "ends before it begins", err);
	return STATUS_OK;
}

static int policy_range_compare(const void *x, const void *y)
{
	const struct policy_range *a = x, *b = y;

	if (a->version != b->version)
		return a->version < b->version ? -1 : 1;
	return policy_address_compare(a->first, b->first);
}

/* In order, and what touches is one. */
static void policy_ranges_merge(struct policy_ranges *r)
{
	uint32_t i, kept = 0;

	if (!r->count)
		return;
	qsort(r->list, r->count, sizeof *r->list, policy_range_compare);
	for (i = 1; i < r->count; i++) {
		struct policy_range *last = &r->list[kept];

		if (r->list[i].version != last->version ||
		    policy_address_compare(r->list[i].first, policy_address_next(last->last)) > 0)
			r->list[++kept] = r->list[i];
		else if (policy_address_compare(r->list[i].last, last->last) > 0)
			last->last = r->list[i].last;
	}
	r->count = kept + 1;
}

static enum status policy_add_range(struct policy_ranges *r, uint64_t *room,
				    const struct policy_range *range, struct error *err)
{
	void *list = r->list;
	enum status status = policy_room(&list, r->count, room, sizeof *r->list, err);

	r->list = list;
	if (!status)
		r->list[r->count++] = *range;
	return status;
}

static enum status policy_add_any(struct policy_ranges *r, uint64_t *room, struct error *err)
{
	static const struct policy_range all[] = {
		{{0, 0}, {0, UINT32_MAX}, 4},
		{{0, 0}, {UINT64_MAX, UINT64_MAX}, 6},
	};
	enum status status = policy_add_range(r, room, &all[0], err);

	return status ? status : policy_add_range(r, room, &all[1], err);
}

enum status policy_read_addresses(const char *cell, struct policy_ranges *ranges,
				  struct error *err)
{
	char word[POLICY_WORD_MAX];
	struct policy_range range;
	enum status status = STATUS_OK;
	uint64_t room = 0;

	*ranges = (struct policy_ranges){0};
	while (!status && policy_word(&cell, word, &status, err)) {
		if (strcasecmp(word, "any") == 0) {
			status = policy_add_any(ranges, &room, err);
			continue;
		}
		status = policy_read_range(word, &range, err);
		if (!status)
			status = policy_add_range(ranges, &room, &range, err);
	}
	if (!status && !ranges->count)
		status = error_set(err, STATUS_INPUT, "is empty: an address, or any");
	policy_ranges_merge(ranges);
	return status;
}

/* The last range that begins at or before the address; NULL: none. */
static const struct policy_range *policy_ranges_find(const struct policy_ranges *r, uint8_t version,
						     struct policy_address address)
{
	struct policy_range wanted = {.first = address, .version = version};
	uint32_t low = 0, high = r->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (policy_range_compare(&r->list[middle], &wanted) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low && r->list[low - 1].version == version ? &r->list[low - 1] : NULL;
}

bool policy_ranges_have(const struct policy_ranges *r, uint8_t version,
			struct policy_address address)
{
	const struct policy_range *range;
	uint32_t i;

	if (r->count > POLICY_FEW) {
		range = policy_ranges_find(r, version, address);
		return range && policy_address_compare(address, range->last) <= 0;
	}
	for (i = 0; i < r->count; i++)
		if (r->list[i].version == version &&
		    policy_address_compare(address, r->list[i].first) >= 0 &&
		    policy_address_compare(address, r->list[i].last) <= 0)
			return true;
	return false;
}

/* Ranges are apart: what is covered lies in one. */
bool policy_ranges_cover(const struct policy_ranges *outer, const struct policy_ranges *inner)
{
	uint32_t i;

	for (i = 0; i < inner->count; i++) {
		const struct policy_range *range = policy_ranges_find(
			outer, inner->list[i].version, inner->list[i].first);

		if (!range || policy_address_compare(inner->list[i].last, range->last) > 0)
			return false;
	}
	return true;
}

/* ---- ports ---- */

static enum status policy_read_port_range(char *word, struct policy_port_range *range,
					  struct error *err)
{
	char *dash = strchr(word, '-');
	unsigned first, last;
	bool ok;

	if (dash)
		*dash = 0;
	ok = policy_read_number(word, POLICY_PORT_MAX, &first) &&
	     (!dash || policy_read_number(dash + 1, POLICY_PORT_MAX, &last));
	if (dash)
		*dash = '-';
	if (!ok)
		return policy_wrong(word, dash ? "is no range of ports" : "is no port", err);
	if (dash && last < first)
		return policy_wrong(word, "ends before it begins", err);
	*range = (struct policy_port_range){(uint16_t)first, (uint16_t)(dash ? last : first)};
	return STATUS_OK;
}

static int policy_port_compare(const void *x, const void *y)
{
	const struct policy_port_range *a = x, *b = y;

	return a->first - b->first;
}

static void policy_ports_merge(struct policy_ports *p)
{
	uint32_t i, kept = 0;

	if (!p->count)
		return;
	qsort(p->list, p->count, sizeof *p->list, policy_port_compare);
	for (i = 1; i < p->count; i++) {
		if (p->list[i].first > p->list[kept].last + 1u)
			p->list[++kept] = p->list[i];
		else if (p->list[i].last > p->list[kept].last)
			p->list[kept].last = p->list[i].last;
	}
	p->count = kept + 1;
}

enum status policy_read_ports(const char *cell, struct policy_ports *ports, struct error *err)
{
	struct policy_port_range range;
	char word[POLICY_WORD_MAX];
	enum status status = STATUS_OK;
	bool any = false;
	uint64_t room = 0;

	*ports = (struct policy_ports){0};
	while (!status && policy_word(&cell, word, &status, err)) {
		void *list = ports->list;

		if (strcasecmp(word, "any") == 0) {
			any = true;
			continue;
		}
		status = policy_read_port_range(word, &range, err);
		if (!status)
			status = policy_room(&list, ports->count, &room, sizeof range, err);
		ports->list = list;
		if (!status)
			ports->list[ports->count++] = range;
	}
	if (!status && any) {
		free(ports->list);
		*ports = (struct policy_ports){0};
	}
	if (!status && !any && !ports->count)
		status = error_set(err, STATUS_INPUT, "is empty: a port, or any");
	policy_ports_merge(ports);
	return status;
}

static const struct policy_port_range *policy_ports_find(const struct policy_ports *p, uint16_t port)
{
	uint32_t low = 0, high = p->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (p->list[middle].first <= port)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &p->list[low - 1] : NULL;
}

bool policy_ports_have(const struct policy_ports *p, uint16_t port)
{
	const struct policy_port_range *range = policy_ports_find(p, port);

	return range && port <= range->last;
}

bool policy_ports_cover(const struct policy_ports *outer, const struct policy_ports *inner)
{
	uint32_t i;

	for (i = 0; i < inner->count; i++) {
		const struct policy_port_range *range =
			policy_ports_find(outer, inner->list[i].first);

		if (!range || inner->list[i].last > range->last)
			return false;
	}
	return true;
}

/* ---- protocols ---- */

/* By the names that the tables have, or by number; -1: none. */
static int policy_protocol(const char *word)
{
	char number[4];
	unsigned n;

	if (policy_read_number(word, UINT8_MAX, &n))
		return (int)n;
	for (n = 0; n <= UINT8_MAX; n++)
		if (strcasecmp(emit_proto((uint8_t)n, number), word) == 0)
			return (int)n;
	return -1;
}

enum status policy_read_protocols(const char *cell, struct policy_protocols *protocols,
				  struct error *err)
{
	char word[POLICY_WORD_MAX];
	enum status status = STATUS_OK;
	bool found = false;
	int n;

	*protocols = (struct policy_protocols){0};
	for (; !status && policy_word(&cell, word, &status, err); found = true) {
		if (strcasecmp(word, "any") == 0) {
			memset(protocols->bits, 0xff, sizeof protocols->bits);
			continue;
		}
		n = policy_protocol(word);
		if (n < 0)
			return policy_wrong(word, "is no protocol: any, tcp, udp, icmp, icmpv6, sctp, gre, esp or a number", err);
		protocols->bits[n >> 6] |= UINT64_C(1) << (n & 63);
	}
	if (!status && !found)
		status = error_set(err, STATUS_INPUT, "is empty: a protocol, or any");
	return status;
}

#include "collect/holding.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/link.h"

#define KNOWN_SLOTS_LEAST (1u << 12)
#define KNOWN_SLOTS_MOST (1u << 20) /* 33 MiB; more addresses drive each other out */
#define KNOWN_PROBES 4u

/* ---- the store ---- */

const char *holding_check_text(char text[HOLDING_CHECK_ROOM], uint64_t check)
{
	snprintf(text, HOLDING_CHECK_ROOM, "%016llx", (unsigned long long)check);
	return text;
}

/* Why a store that holds the one cannot take the other. */
static const char *const holding_refusals[STORE_HOLDS_KINDS][STORE_HOLDS_KINDS] = {
	[STORE_HOLDS_ALL] = {
		[STORE_HOLDS_NO_PAYLOAD] = "it holds names out of payloads: --without-payload needs a "
					   "store of its own",
		[STORE_HOLDS_ALIASES] = "it holds addresses and names as they are: --anonymize needs a "
					"store of its own"},
	[STORE_HOLDS_NO_PAYLOAD] = {
		[STORE_HOLDS_ALL] = "it was made --without-payload, which holds for all that comes "
				    "into it: give that again",
		[STORE_HOLDS_ALIASES] = "it holds addresses as they are: --anonymize needs a store of "
					"its own"},
	[STORE_HOLDS_ALIASES] = {
		[STORE_HOLDS_ALL] = "it is anonymous: only --anonymize with the same key adds to it",
		[STORE_HOLDS_NO_PAYLOAD] = "it is anonymous: only --anonymize with the same key adds "
					   "to it"},
};

static enum status holding_compare(const char *path, const struct store_header *header,
				   const struct holding *holding, struct error *err)
{
	char has[HOLDING_CHECK_ROOM], given[HOLDING_CHECK_ROOM];

	if (header->holds != holding->holds)
		return error_set(err, STATUS_USAGE, "%s: %s", path,
				 holding_refusals[header->holds][holding->holds]);
	if (header->key_check != holding->key_check)
		return error_set(err, STATUS_USAGE,
				 "%s: it is anonymous under another key (check value %s, not %s)", path,
				 holding_check_text(has, header->key_check),
				 holding_check_text(given, holding->key_check));
	return STATUS_OK;
}

enum status holding_bind(struct store *store, const struct holding *holding, struct error *err)
{
	struct store_txn *txn = NULL;
	struct store_header header;
	enum status status = store_begin(store, true, &txn, err);

	if (!status)
		status = store_header_get(txn, &header, err);
	if (!status && header.holds == STORE_HOLDS_UNDECIDED) {
		header.holds = holding->holds;
		header.key_check = holding->key_check;
		status = store_header_put(txn, &header, err);
		if (!status)
			status = store_commit(&txn, err);
	} else if (!status) {
		status = holding_compare(store_path(store), &header, holding, err);
	}
	store_abort(&txn);
	return status;
}

/* ---- flows ---- */

struct holding_known {
	uint8_t version; /* 0: empty */
	uint8_t address[16], alias[16];
};

/* Keyed, so that nobody can send addresses that are all in one place. */
static uint32_t known_hash(const struct holding_flows *flows, uint8_t version,
			   const uint8_t address[16])
{
	return (uint32_t)XXH3_64bits_withSeed(address, 16,
					      alias_check(flows->holding->alias) + version);
}

/* Where an address is, or is to be: in one of a few slots, one of which it takes where all are full. */
static struct holding_known *known_slot(const struct holding_flows *flows, uint8_t version,
					const uint8_t address[16])
{
	uint32_t first = known_hash(flows, version, address), i;
	struct holding_known *slot;

	for (i = 0; i < KNOWN_PROBES; i++) {
		slot = &flows->known[(first + i) & (flows->known_slots - 1)];
		if (!slot->version ||
		    (slot->version == version && memcmp(slot->address, address, 16) == 0))
			return slot;
	}
	return &flows->known[first & (flows->known_slots - 1)];
}

/* Without memory it stays as it is: aliases are then made again. */
static void known_grow(struct holding_flows *flows)
{
	struct holding_flows grown = {.holding = flows->holding,
				      .known_slots = 2 * flows->known_slots};
	uint32_t i;

	if (flows->known_count < flows->known_slots / 2 || flows->known_slots == KNOWN_SLOTS_MOST)
		return;
	grown.known = calloc(grown.known_slots, sizeof *grown.known);
	if (!grown.known)
		return;
	for (i = 0; i < flows->known_slots; i++)
		if (flows->known[i].version)
			*known_slot(&grown, flows->known[i].version, flows->known[i].address) =
				flows->known[i];
	free(flows->known);
	flows->known = grown.known;
	flows->known_slots = grown.known_slots;
}

/* Servers are in many flows, and an alias takes as long as a packet. */
static void flows_alias(struct holding_flows *flows, uint8_t version, uint8_t address[16])
{
	struct holding_known *known = known_slot(flows, version, address);

	if (known->version != version || memcmp(known->address, address, 16) != 0) {
		flows->known_count += !known->version;
		known->version = version;
		memcpy(known->address, address, 16);
		memcpy(known->alias, address, 16);
		alias_address(flows->holding->alias, version, known->alias);
	}
	memcpy(address, known->alias, 16);
	known_grow(flows);
}

/* Whether the ends, which became aliases, are to change places: as flow.h orders them. */
static bool flow_is_turned(const struct capture_flow *flow)
{
	int by = memcmp(flow->a, flow->b, sizeof flow->a);

	return by > 0 || (by == 0 && flow->a_port > flow->b_port);
}

static void flow_turn(struct capture_flow *flow)
{
	struct capture_flow was = *flow;

	memcpy(flow->a, was.b, sizeof flow->a);
	memcpy(flow->b, was.a, sizeof flow->b);
	flow->a_port = was.b_port;
	flow->b_port = was.a_port;
}

static enum status flows_make_room(struct holding_flows *flows, struct error *err)
{
	uint32_t room = flows->room ? 2 * flows->room : 1024;
	uint8_t *grown = realloc(flows->turned, room);

	if (grown)
		flows->turned = grown;
	if (grown && !flows->known) {
		flows->known_slots = KNOWN_SLOTS_LEAST;
		flows->known = calloc(flows->known_slots, sizeof *flows->known);
	}
	if (!grown || !flows->known)
		return error_errno(err, ENOMEM, "aliases of flows");
	flows->room = room;
	return STATUS_OK;
}

enum status holding_add_flow(struct holding_flows *flows, struct capture_flow *flow,
			     struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t number = flows->count;

	if (flows->holding->alias && number == flows->room)
		status = flows_make_room(flows, err);
	if (status)
		return status;
	flows->count++;
	if (!flows->holding->alias)
		return STATUS_OK;
	flows_alias(flows, flow->version, flow->a);
	flows_alias(flows, flow->version, flow->b);
	flows->turned[number] = flow_is_turned(flow);
	if (flows->turned[number])
		flow_turn(flow);
	return STATUS_OK;
}

void holding_block(const struct holding_flows *flows, struct record_block *block)
{
	uint32_t row;

	if (!flows->holding->alias)
		return;
	for (row = 0; row < block->rows; row++)
		if (block->flow[row] != RECORD_NO_FLOW)
			block->flow[row] ^= flows->turned[block->flow[row] >> 1];
}

void holding_flows_free(struct holding_flows *flows)
{
	free(flows->turned);
	free(flows->known);
	*flows = (struct holding_flows){.holding = flows->holding};
}

/* ---- dictionaries ---- */

static void link_alias(const struct alias *alias, uint8_t *link, uint32_t size)
{
	size_t offset = 0, bytes, k;
	enum link_item item;
	const uint8_t *at;

	while ((item = link_next(link, size, &offset, &at, &bytes)) != 0) {
		uint8_t *value = link + (at - link);

		switch (item) {
		case LINK_ITEM_MACS:
			alias_mac(alias, value);
			alias_mac(alias, value + ALIAS_MAC_BYTES);
			break;
		case LINK_ITEM_COOKED:
			alias_link(alias, value[1], value + 2);
			break;
		case LINK_ITEM_OUTER4:
			for (k = 0; k < bytes; k += 4)
				alias_ipv4(alias, value + k, value + k);
			break;
		case LINK_ITEM_OUTER6:
			for (k = 0; k < bytes; k += 16)
				alias_ipv6(alias, value + k, value + k);
			break;
		default:
			break;
		}
	}
	if (offset < size) /* no description; nobody reads on */
		memset(link + offset, 0, size - offset);
}

/* TCP's options whose values name nobody, by IANA's numbers. Of Multipath TCP the subtype is left to
 * be read. All others may hold addresses, as those that proxies tell servers the client by. */
static const struct {
	uint8_t known, kept; /* bytes of the value that stay */
} option_rows[256] = {
	[2] = {1, 255}, [3] = {1, 255}, [4] = {1, 255}, [5] = {1, 255}, [8] = {1, 255},
	[14] = {1, 255}, [15] = {1, 255}, [30] = {1, 1},
};

void holding_options(const struct alias *alias, uint8_t *options, uint32_t size)
{
	enum { OPTION_END = 0, OPTION_NOP = 1 };
	uint32_t at = 0, bytes, there, kept;

	while (at < size && options[at] != OPTION_END) {
		if (options[at] == OPTION_NOP) {
			at++;
			continue;
		}
		bytes = size - at < 2 || options[at + 1] < 2 ? 2 : options[at + 1];
		there = bytes < size - at ? bytes : size - at;
		kept = 2u + (option_rows[options[at]].known ? option_rows[options[at]].kept : 0);
		if (kept < there)
			alias_bytes(alias, options + at + kept, there - kept);
		at += there;
	}
	if (at < size) /* padding, which is to be 0 */
		memset(options + at, 0, size - at);
}

void holding_entry(const struct holding *holding, enum capture_dictionary which, uint8_t *bytes,
		   uint32_t size)
{
	if (!holding->alias)
		return;
	if (which == CAPTURE_LINKS)
		link_alias(holding->alias, bytes, size);
	else
		holding_options(holding->alias, bytes, size);
}

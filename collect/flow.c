#include "collect/flow.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define FLOW_SLOTS_FIRST 4096u
#define FLOW_SLOTS_MAX 0x80000000u
#define FLOW_SLAB_BITS 12
#define FLOW_SLAB (1u << FLOW_SLAB_BITS) /* flows allocated at once; they never move */
#define FLOW_LINE 64                     /* bytes of a cache line */

/* What a flow has seen. The two directions lie side by side: bit << direction. */
enum flow_seen {
	FLOW_SEEN_SYN = 1 << 0,  /* syn_seq is known */
	FLOW_SEEN_DATA = 1 << 2,
	FLOW_SEEN_DATA_BOTH = FLOW_SEEN_DATA | FLOW_SEEN_DATA << 1,
	FLOW_SEEN_END = 1 << 4,  /* FIN or RST of either */
};

/* One line of the cache, which is what a look-up in a large table costs. */
struct flow {
	struct capture_flow row;
	uint8_t seen;
	int64_t last_ns;
	uint32_t syn_seq[2];
};
_Static_assert(sizeof(struct flow) <= FLOW_LINE, "a flow fits a line of the cache");

struct flow_slab {
	_Alignas(FLOW_LINE) struct flow flows[FLOW_SLAB];
};

struct flow_slot {
	uint32_t tag;  /* of the hash: where the slot ought to be, and a first comparison */
	uint32_t flow; /* number + 1; 0: empty. The latest generation of its tuple */
};

/* A tuple, ordered, in words as they are hashed. Of IPv4 the first two words. */
struct flow_key {
	uint64_t words[5];
	uint16_t a_port, b_port;
	unsigned direction;
};

/* What the fragments of one packet share: RFC 791 section 3.2, RFC 8200 section 4.5. */
struct flow_fragment {
	uint8_t src[16], dst[16];
	uint32_t ip_id;
	uint8_t version, proto;
	bool used;
	uint32_t flow; /* with its direction */
	int64_t time_ns;
};

struct flow_table {
	uint64_t seed;
	struct flow_slot *slots; /* open addressing, at most half full */
	uint32_t slot_count, tuples;
	uint32_t count;
	struct flow_slab **slabs;
	uint32_t slab_count, slab_room;
	struct flow_fragment *fragments; /* allocated when the first one comes */
};

static inline struct flow *flow_at(const struct flow_table *table, uint32_t number)
{
	return &table->slabs[number >> FLOW_SLAB_BITS]->flows[number & (FLOW_SLAB - 1)];
}

/* ---- the key ---- */

static inline void flow_key_make(struct flow_key *key, const struct packet *packet)
{
	bool error = packet->marks & PACKET_ICMP_ERROR;
	uint16_t sport = error ? 0 : packet->sport, dport = error ? 0 : packet->dport;
	size_t address_bytes = packet->version == 4 ? 4 : 16;
	int order = memcmp(packet->src, packet->dst, address_bytes);
	const uint8_t *a, *b;
	uint64_t rest;

	key->direction = order > 0 || (order == 0 && sport > dport);
	a = key->direction ? packet->dst : packet->src;
	b = key->direction ? packet->src : packet->dst;
	key->a_port = key->direction ? dport : sport;
	key->b_port = key->direction ? sport : dport;
	rest = (uint64_t)key->a_port | (uint64_t)key->b_port << 16 |
	       (uint64_t)packet->proto << 32 | (uint64_t)packet->version << 40;
	if (address_bytes == 4) {
		memcpy(&key->words[0], a, 4);
		memcpy((uint8_t *)&key->words[0] + 4, b, 4);
		key->words[1] = rest;
	} else {
		memcpy(&key->words[0], a, 16);
		memcpy(&key->words[2], b, 16);
		key->words[4] = rest;
	}
}

/* Two calls, each of a size that the compiler knows and inlines for. */
static inline uint32_t flow_key_hash(const struct flow_key *key, const struct packet *packet,
				     uint64_t seed)
{
	return (uint32_t)(packet->version == 4 ? XXH3_64bits_withSeed(key->words, 16, seed)
					       : XXH3_64bits_withSeed(key->words, 40, seed));
}

static inline bool flow_key_is(const struct flow_key *key, const struct packet *packet,
			       const struct capture_flow *flow)
{
	const uint8_t *a = key->direction ? packet->dst : packet->src;
	const uint8_t *b = key->direction ? packet->src : packet->dst;

	return flow->a_port == key->a_port && flow->b_port == key->b_port &&
	       flow->proto == packet->proto && flow->version == packet->version &&
	       memcmp(flow->a, a, 16) == 0 && memcmp(flow->b, b, 16) == 0;
}

/* ---- the table ---- */

static enum status flow_grow_slots(struct flow_table *table, struct error *err)
{
	uint32_t count = table->slot_count ? 2 * table->slot_count : FLOW_SLOTS_FIRST;
	struct flow_slot *slots;
	uint32_t i, at;

	if (table->slot_count == FLOW_SLOTS_MAX)
		return error_set(err, STATUS_SYSTEM, "too many flows in one capture");
	slots = calloc(count, sizeof *slots);
	if (!slots)
		return error_errno(err, ENOMEM, "%u flows", table->tuples);
	for (i = 0; i < table->slot_count; i++) {
		if (!table->slots[i].flow)
			continue;
		at = table->slots[i].tag & (count - 1);
		while (slots[at].flow)
			at = (at + 1) & (count - 1);
		slots[at] = table->slots[i];
	}
	free(table->slots);
	table->slots = slots;
	table->slot_count = count;
	return STATUS_OK;
}

static enum status flow_grow_slabs(struct flow_table *table, struct error *err)
{
	if (table->slab_count == table->slab_room) {
		uint32_t room = table->slab_room ? 2 * table->slab_room : 16;
		void *grown = realloc(table->slabs, room * sizeof *table->slabs);

		if (!grown)
			return error_errno(err, ENOMEM, "%u flows", table->count);
		table->slabs = grown;
		table->slab_room = room;
	}
	table->slabs[table->slab_count] = aligned_alloc(FLOW_LINE, sizeof(struct flow_slab));
	if (!table->slabs[table->slab_count])
		return error_errno(err, ENOMEM, "%u flows", table->count);
	table->slab_count++;
	return STATUS_OK;
}

/* A new flow behind the others; the slot is the caller's matter. */
static enum status flow_add(struct flow_table *table, const struct flow_key *key,
			    const struct packet *packet, uint32_t generation, uint32_t *number,
			    struct error *err)
{
	struct flow *flow;
	enum status status;

	if (table->count >= CAPTURE_FLOWS_MAX)
		return error_set(err, STATUS_SYSTEM, "too many flows in one capture");
	if (table->count == table->slab_count << FLOW_SLAB_BITS) {
		status = flow_grow_slabs(table, err);
		if (status)
			return status;
	}
	*number = table->count++;
	flow = flow_at(table, *number);
	memset(flow, 0, sizeof *flow);
	flow->row.version = packet->version;
	flow->row.proto = packet->proto;
	memcpy(flow->row.a, key->direction ? packet->dst : packet->src, 16);
	memcpy(flow->row.b, key->direction ? packet->src : packet->dst, 16);
	flow->row.a_port = key->a_port;
	flow->row.b_port = key->b_port;
	flow->row.generation = generation;
	return STATUS_OK;
}

/* Whether this packet opens the tuple anew. */
static inline bool flow_reopens(const struct flow *flow, const struct packet *packet,
				unsigned direction, int64_t time_ns)
{
	enum { OPENING = PACKET_TCP_SYN | PACKET_TCP_ACK | PACKET_TCP_RST | PACKET_TCP_FIN };

	if ((packet->flags & OPENING) != PACKET_TCP_SYN || packet->proto != IPPROTO_TCP)
		return false;
	if (flow->seen & FLOW_SEEN_SYN << direction && flow->syn_seq[direction] == packet->seq)
		return false;
	return flow->seen & FLOW_SEEN_END ||
	       (flow->seen & FLOW_SEEN_DATA_BOTH) == FLOW_SEEN_DATA_BOTH ||
	       (time_ns > flow->last_ns &&
		(uint64_t)time_ns - (uint64_t)flow->last_ns >= FLOW_IDLE_NS);
}

/* What the packet tells about its flow. */
static inline void flow_note(struct flow *flow, const struct packet *packet, unsigned direction,
			     int64_t time_ns)
{
	flow->last_ns = time_ns;
	if (packet->proto != IPPROTO_TCP)
		return;
	if (packet->payload_bytes)
		flow->seen |= (uint8_t)(FLOW_SEEN_DATA << direction);
	if (packet->flags & (PACKET_TCP_FIN | PACKET_TCP_RST))
		flow->seen |= FLOW_SEEN_END;
	if ((packet->flags & (PACKET_TCP_SYN | PACKET_TCP_ACK)) == PACKET_TCP_SYN) {
		flow->seen |= (uint8_t)(FLOW_SEEN_SYN << direction);
		flow->syn_seq[direction] = packet->seq;
	}
}

static enum status flow_find(struct flow_table *table, const struct packet *packet,
			     int64_t time_ns, uint32_t *number_direction, struct error *err)
{
	enum status status = STATUS_OK;
	struct flow_key key;
	uint32_t tag, at, number;
	struct flow *flow = NULL;

	flow_key_make(&key, packet);
	tag = flow_key_hash(&key, packet, table->seed);
	for (at = tag & (table->slot_count - 1); table->slots[at].flow;
	     at = (at + 1) & (table->slot_count - 1)) {
		if (table->slots[at].tag != tag)
			continue;
		number = table->slots[at].flow - 1;
		flow = flow_at(table, number);
		if (flow_key_is(&key, packet, &flow->row))
			break;
	}
	if (!table->slots[at].flow) {
		status = flow_add(table, &key, packet, 0, &number, err);
		table->tuples += status == STATUS_OK;
	} else if (flow_reopens(flow, packet, key.direction, time_ns)) {
		status = flow_add(table, &key, packet, flow->row.generation + 1, &number, err);
	}
	if (status)
		return status;
	table->slots[at] = (struct flow_slot){tag, number + 1};
	flow_note(flow_at(table, number), packet, key.direction, time_ns);
	*number_direction = number << 1 | key.direction;
	if (2 * (uint64_t)table->tuples > table->slot_count)
		return flow_grow_slots(table, err);
	return STATUS_OK;
}

/* ---- fragments ---- */

/* The place where the fragments of this packet meet. IPv6 leaves the protocol
 * out: extension headers behind the fragment header are in the first one only. */
static struct flow_fragment *flow_fragment(const struct flow_table *table,
					   const struct packet *packet, struct flow_fragment *key)
{
	uint64_t hash;

	memset(key, 0, sizeof *key);
	memcpy(key->src, packet->src, sizeof key->src);
	memcpy(key->dst, packet->dst, sizeof key->dst);
	key->ip_id = packet->ip_id;
	key->version = packet->version;
	key->proto = packet->version == 4 ? packet->proto : 0;
	hash = XXH3_64bits_withSeed(key, offsetof(struct flow_fragment, used), table->seed);
	return &table->fragments[hash % FLOW_FRAGMENTS];
}

/* Whether the first fragment is remembered; *flow is its flow then. */
static bool flow_of_fragment(const struct flow_table *table, const struct packet *packet,
			     int64_t time_ns, uint32_t *flow)
{
	struct flow_fragment key, *first;
	uint64_t age_ns;

	if (!table->fragments)
		return false;
	first = flow_fragment(table, packet, &key);
	age_ns = time_ns > first->time_ns ? (uint64_t)time_ns - (uint64_t)first->time_ns
					  : (uint64_t)first->time_ns - (uint64_t)time_ns;
	if (!first->used || age_ns > FLOW_FRAGMENT_NS ||
	    memcmp(first, &key, offsetof(struct flow_fragment, used)) != 0)
		return false;
	*flow = first->flow;
	return true;
}

static enum status flow_remember(struct flow_table *table, const struct packet *packet,
				 int64_t time_ns, uint32_t flow, struct error *err)
{
	struct flow_fragment key, *first;

	if (!table->fragments)
		table->fragments = calloc(FLOW_FRAGMENTS, sizeof *table->fragments);
	if (!table->fragments)
		return error_errno(err, ENOMEM, "fragments");
	first = flow_fragment(table, packet, &key);
	*first = key;
	first->used = true;
	first->flow = flow;
	first->time_ns = time_ns;
	return STATUS_OK;
}

/* ---- for others ---- */

enum status flow_number(struct flow_table *table, const struct packet *packet, int64_t time_ns,
			uint32_t *flow, struct error *err)
{
	enum status status;

	if (packet->marks & PACKET_FRAGMENT_LATER &&
	    flow_of_fragment(table, packet, time_ns, flow)) {
		flow_at(table, *flow >> 1)->last_ns = time_ns;
		return STATUS_OK;
	}
	status = flow_find(table, packet, time_ns, flow, err);
	if (!status && (packet->marks & (PACKET_FRAGMENT | PACKET_FRAGMENT_LATER)) == PACKET_FRAGMENT)
		status = flow_remember(table, packet, time_ns, *flow, err);
	return status;
}

uint32_t flow_count(const struct flow_table *table)
{
	return table->count;
}

const struct capture_flow *flow_get(const struct flow_table *table, uint32_t number)
{
	return &flow_at(table, number)->row;
}

enum status flow_table_open(struct flow_table **out, uint64_t seed, struct error *err)
{
	struct flow_table *table = calloc(1, sizeof *table);
	enum status status;

	*out = table;
	if (!table)
		return error_errno(err, ENOMEM, "flows");
	table->seed = seed;
	status = flow_grow_slots(table, err);
	if (status)
		flow_table_close(out);
	return status;
}

void flow_table_close(struct flow_table **table)
{
	struct flow_table *t = *table;
	uint32_t i;

	if (!t)
		return;
	for (i = 0; i < t->slab_count; i++)
		free(t->slabs[i]);
	free(t->slabs);
	free(t->slots);
	free(t->fragments);
	free(t);
	*table = NULL;
}

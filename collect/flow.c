#include "collect/flow.h"

#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define FLOW_SLOTS_FIRST 4096u
#define FLOW_SLOTS_MAX 0x80000000u
#define FLOW_SLAB_BITS 15
#define FLOW_SLAB (1u << FLOW_SLAB_BITS) /* flows allocated at once; they never move */
#define FLOW_LINE 64                     /* bytes of a cache line */
#define FLOW_HUGE ((size_t)2 << 20)      /* of a huge page, and of a slab */
#define FLOW_PENDING 32u                 /* packets between question and answer; a power of two */
#define FLOW_KEY_WORDS 5

/* A tuple, its ends in order: of IPv4 a and b in one word and flow_key_rest() in
 * the next, of IPv6 two words for each end and then the rest. No two tuples
 * look the same, and a slot's hash covers all of it. */
struct flow_key {
	uint64_t words[FLOW_KEY_WORDS];
};

/* What a flow has seen. The two directions lie side by side: bit << direction. */
enum flow_seen {
	FLOW_SEEN_SYN = 1 << 0, /* syn_seq is known */
	FLOW_SEEN_DATA = 1 << 2,
	FLOW_SEEN_DATA_BOTH = FLOW_SEEN_DATA | FLOW_SEEN_DATA << 1,
	FLOW_SEEN_END = 1 << 4, /* FIN or RST of either */
};

/* One line of the cache, which is what a look-up in a large table costs. */
struct flow {
	struct flow_key key;
	int64_t last_ns;
	uint32_t generation;
	uint32_t syn_seq[2];
	uint8_t version, seen;
};
_Static_assert(sizeof(struct flow) == FLOW_LINE, "a flow is a line of the cache");

struct flow_slot {
	uint32_t tag;  /* of the hash: where the slot ought to be, and a first comparison */
	uint32_t flow; /* number + 1; 0: empty. The latest generation of its tuple */
};

/* A packet whose flow is asked for: what is needed of it. */
struct flow_packet {
	struct flow_key key;
	int64_t time_ns;
	uint32_t *where;
	uint32_t tag, seq;
	uint32_t at; /* the slot: where it ought to be, and after flow_fetch() where it is */
	uint16_t flags; /* 0 of what is not TCP */
	uint8_t version, direction;
	bool data; /* TCP, with payload */
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
	struct flow **slabs;
	uint32_t slab_count, slab_room;
	uint32_t asked, answered; /* packets, counted on over 2^32 */
	struct flow_packet pending[FLOW_PENDING];
	struct flow_fragment *fragments; /* allocated when the first one comes */
};

static inline struct flow *flow_at(const struct flow_table *table, uint32_t number)
{
	return &table->slabs[number >> FLOW_SLAB_BITS][number & (FLOW_SLAB - 1)];
}

/* ---- the key ---- */

/* What stands behind the addresses: the ports of a and b, where `turned` says
 * that a is the destination. */
static inline uint64_t flow_key_rest(const struct packet *packet, uint32_t sport, uint32_t dport,
				     bool turned)
{
	uint32_t ports = sport | dport << 16, by = (uint32_t)turned << 4;

	return (ports << by | ports >> (-by & 31)) | (uint64_t)packet->proto << 32 |
	       (uint64_t)packet->version << 40;
}

/* Both give whether end a is the destination: whether the source is the greater
 * of the addresses, or, where they are equal, of the ports. They turn without a
 * branch, because nobody can foretell which way a packet goes. */
static inline bool flow_key_4(struct flow_key *key, const struct packet *packet, uint32_t sport,
			      uint32_t dport)
{
	uint32_t src, dst, by;
	uint64_t ends;
	bool turned;

	memcpy(&src, packet->src, 4);
	memcpy(&dst, packet->dst, 4);
	turned = ((uint64_t)be32toh(src) << 16 | sport) > ((uint64_t)be32toh(dst) << 16 | dport);
	by = (uint32_t)turned << 5;
	ends = (uint64_t)dst << 32 | src;
	ends = ends << by | ends >> (-by & 63);
	*key = (struct flow_key){{ends, flow_key_rest(packet, sport, dport, turned)}};
	return turned;
}

static inline bool flow_key_6(struct flow_key *key, const struct packet *packet, uint32_t sport,
			      uint32_t dport)
{
	uint64_t src[2], dst[2], swap;
	bool turned;
	int i;

	memcpy(src, packet->src, sizeof src);
	memcpy(dst, packet->dst, sizeof dst);
	if (src[0] != dst[0])
		turned = be64toh(src[0]) > be64toh(dst[0]);
	else if (src[1] != dst[1])
		turned = be64toh(src[1]) > be64toh(dst[1]);
	else
		turned = sport > dport;
	for (i = 0; i < 2; i++) {
		swap = (src[i] ^ dst[i]) & -(uint64_t)turned;
		key->words[i] = src[i] ^ swap;
		key->words[2 + i] = dst[i] ^ swap;
	}
	key->words[4] = flow_key_rest(packet, sport, dport, turned);
	return turned;
}

static inline void flow_packet_make(struct flow_packet *p, const struct packet *packet,
				    uint64_t seed)
{
	bool error = packet->marks & PACKET_ICMP_ERROR;
	uint32_t sport = error ? 0 : packet->sport, dport = error ? 0 : packet->dport;

	p->version = packet->version;
	if (packet->version == 4) {
		p->direction = flow_key_4(&p->key, packet, sport, dport);
		p->tag = (uint32_t)XXH3_64bits_withSeed(p->key.words, 16, seed);
	} else {
		p->direction = flow_key_6(&p->key, packet, sport, dport);
		p->tag = (uint32_t)XXH3_64bits_withSeed(p->key.words, sizeof p->key, seed);
	}
}

static inline bool flow_key_is(const struct flow_key *x, const struct flow_key *y)
{
	return ((x->words[0] ^ y->words[0]) | (x->words[1] ^ y->words[1]) |
		(x->words[2] ^ y->words[2]) | (x->words[3] ^ y->words[3]) |
		(x->words[4] ^ y->words[4])) == 0;
}

/* ---- the table ---- */

/* Zeroed. Look-ups jump about in what is large: huge pages spare the walks
 * through page tables, which no prefetching hides. */
static void *flow_allocate(size_t bytes, bool huge)
{
	void *p = aligned_alloc(huge ? FLOW_HUGE : FLOW_LINE, bytes);

	if (p && huge)
		(void)madvise(p, bytes, MADV_HUGEPAGE);
	return p ? memset(p, 0, bytes) : NULL;
}

static enum status flow_too_many(const struct flow_table *table, struct error *err)
{
	return error_set(err, STATUS_SYSTEM, "%u flows, and more are too many for one capture: collect a part of the "
			 "time (--start, --end) or of the packets (-f)", table->count);
}

static enum status flow_grow_slots(struct flow_table *table, struct error *err)
{
	uint32_t count = table->slot_count ? 2 * table->slot_count : FLOW_SLOTS_FIRST;
	struct flow_slot *slots;
	uint32_t i, at;

	if (table->slot_count == FLOW_SLOTS_MAX)
		return flow_too_many(table, err);
	slots = flow_allocate(count * sizeof *slots, count * sizeof *slots >= FLOW_HUGE);
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
	for (i = 0; i < FLOW_PENDING; i++)
		table->pending[i].at = table->pending[i].tag & (count - 1);
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
	/* The first is written bit by bit, so that a small capture costs little. */
	table->slabs[table->slab_count] =
		table->slab_count ? flow_allocate(FLOW_SLAB * sizeof(struct flow), true)
				  : aligned_alloc(FLOW_LINE, FLOW_SLAB * sizeof(struct flow));
	if (!table->slabs[table->slab_count])
		return error_errno(err, ENOMEM, "%u flows", table->count);
	table->slab_count++;
	return STATUS_OK;
}

/* A new flow behind the others; the slot is the caller's matter. */
static enum status flow_add(struct flow_table *table, const struct flow_packet *p,
			    uint32_t generation, uint32_t *number, struct error *err)
{
	enum status status;

	if (table->count >= CAPTURE_FLOWS_MAX)
		return flow_too_many(table, err);
	if (table->count == table->slab_count << FLOW_SLAB_BITS) {
		status = flow_grow_slabs(table, err);
		if (status)
			return status;
	}
	*number = table->count++;
	*flow_at(table, *number) =
		(struct flow){.key = p->key, .version = p->version, .generation = generation};
	return STATUS_OK;
}

/* Whether this packet opens the tuple anew. */
static inline bool flow_reopens(const struct flow *flow, const struct flow_packet *p)
{
	enum { OPENING = PACKET_TCP_SYN | PACKET_TCP_ACK | PACKET_TCP_RST | PACKET_TCP_FIN };

	if ((p->flags & OPENING) != PACKET_TCP_SYN)
		return false;
	if (flow->seen & FLOW_SEEN_SYN << p->direction && flow->syn_seq[p->direction] == p->seq)
		return false;
	return flow->seen & FLOW_SEEN_END ||
	       (flow->seen & FLOW_SEEN_DATA_BOTH) == FLOW_SEEN_DATA_BOTH ||
	       (p->time_ns > flow->last_ns &&
		(uint64_t)p->time_ns - (uint64_t)flow->last_ns >= FLOW_IDLE_NS);
}

/* What the packet tells about its flow. */
static inline void flow_note(struct flow *flow, const struct flow_packet *p)
{
	flow->last_ns = p->time_ns;
	flow->seen |= (uint8_t)(p->data * FLOW_SEEN_DATA << p->direction);
	if (p->flags & (PACKET_TCP_FIN | PACKET_TCP_RST))
		flow->seen |= FLOW_SEEN_END;
	if ((p->flags & (PACKET_TCP_SYN | PACKET_TCP_ACK)) == PACKET_TCP_SYN) {
		flow->seen |= (uint8_t)(FLOW_SEEN_SYN << p->direction);
		flow->syn_seq[p->direction] = p->seq;
	}
}

static enum status flow_find(struct flow_table *table, const struct flow_packet *p,
			     struct error *err)
{
	enum status status = STATUS_OK;
	struct flow *flow = NULL;
	uint32_t at, number = 0;

	/* Slots are filled but never emptied: what was none of ours before `at` still is. */
	for (at = p->at; table->slots[at].flow; at = (at + 1) & (table->slot_count - 1)) {
		if (table->slots[at].tag != p->tag)
			continue;
		number = table->slots[at].flow - 1;
		flow = flow_at(table, number);
		if (flow_key_is(&flow->key, &p->key))
			break;
	}
	if (!table->slots[at].flow) {
		status = flow_add(table, p, 0, &number, err);
		table->tuples += status == STATUS_OK;
	} else if (flow_reopens(flow, p)) {
		status = flow_add(table, p, flow->generation + 1, &number, err);
	}
	if (status)
		return status;
	table->slots[at] = (struct flow_slot){p->tag, number + 1};
	flow_note(flow_at(table, number), p);
	*p->where = number << 1 | p->direction;
	if (2 * (uint64_t)table->tuples > table->slot_count)
		return flow_grow_slots(table, err);
	return STATUS_OK;
}

/* Brings the flow of a packet into the cache, whose slot is there by now. */
static inline void flow_fetch(const struct flow_table *table, struct flow_packet *p)
{
	uint32_t at = p->at;

	/* The first step without a branch: nobody can foretell it. */
	at += (table->slots[at].flow != 0) & (table->slots[at].tag != p->tag);
	at &= table->slot_count - 1;
	while (table->slots[at].flow && table->slots[at].tag != p->tag)
		at = (at + 1) & (table->slot_count - 1);
	p->at = at;
	if (table->slots[at].flow)
		__builtin_prefetch(flow_at(table, table->slots[at].flow - 1), 1);
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

static struct flow_packet *flow_pending(struct flow_table *table, uint32_t question)
{
	return &table->pending[question % FLOW_PENDING];
}

enum status flow_settle(struct flow_table *table, struct error *err)
{
	enum status status = STATUS_OK;

	while (table->answered != table->asked && !status)
		status = flow_find(table, flow_pending(table, table->answered++), err);
	return status;
}

/* A fragment is answered at once, because the next may depend on it. */
static enum status flow_ask_fragment(struct flow_table *table, const struct packet *packet,
				     struct flow_packet *p, struct error *err)
{
	enum status status = flow_settle(table, err);

	if (status)
		return status;
	if (packet->marks & PACKET_FRAGMENT_LATER &&
	    flow_of_fragment(table, packet, p->time_ns, p->where)) {
		flow_at(table, *p->where >> 1)->last_ns = p->time_ns;
		return STATUS_OK;
	}
	p->at = p->tag & (table->slot_count - 1); /* the table may have grown just now */
	status = flow_find(table, p, err);
	if (!status && !(packet->marks & PACKET_FRAGMENT_LATER))
		status = flow_remember(table, packet, p->time_ns, *p->where, err);
	return status;
}

enum status flow_ask(struct flow_table *table, const struct packet *packet, int64_t time_ns,
		     uint32_t *where, struct error *err)
{
	struct flow_packet *p = flow_pending(table, table->asked);
	bool tcp = packet->proto == IPPROTO_TCP;

	/* Its place is free: the answer to the question FLOW_PENDING ago was given below. */
	flow_packet_make(p, packet, table->seed);
	p->at = p->tag & (table->slot_count - 1);
	p->time_ns = time_ns;
	p->where = where;
	p->seq = packet->seq;
	p->flags = tcp ? packet->flags : 0;
	p->data = tcp && packet->payload_bytes;
	if (packet->marks & PACKET_FRAGMENT) {
		struct flow_packet fragment = *p;

		return flow_ask_fragment(table, packet, &fragment, err);
	}
	__builtin_prefetch(&table->slots[p->at], 1);
	table->asked++;
	if (table->asked - table->answered > FLOW_PENDING / 2)
		flow_fetch(table, flow_pending(table, table->asked - FLOW_PENDING / 2 - 1));
	if (table->asked - table->answered < FLOW_PENDING)
		return STATUS_OK;
	return flow_find(table, flow_pending(table, table->answered++), err);
}

uint32_t flow_count(const struct flow_table *table)
{
	return table->count;
}

struct capture_flow flow_get(const struct flow_table *table, uint32_t number)
{
	const struct flow *flow = flow_at(table, number);
	bool v4 = flow->version == 4;
	uint64_t rest = flow->key.words[v4 ? 1 : 4];
	struct capture_flow row = {
		.version = flow->version,
		.proto = (uint8_t)(rest >> 32),
		.a_port = (uint16_t)rest,
		.b_port = (uint16_t)(rest >> 16),
		.generation = flow->generation,
	};

	if (v4) {
		uint32_t ends[2] = {(uint32_t)flow->key.words[0],
				    (uint32_t)(flow->key.words[0] >> 32)};

		memcpy(row.a, &ends[0], 4);
		memcpy(row.b, &ends[1], 4);
	} else {
		memcpy(row.a, flow->key.words, 16);
		memcpy(row.b, flow->key.words + 2, 16);
	}
	return row;
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

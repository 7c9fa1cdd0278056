/* The world of the benchmark: hosts, sessions, packets in flight, and what the
 * services say to each other.
 *
 *     client --- access --- [A] hop [B] hop ... [Z] --- access --- server
 *
 * Times are true time in nanoseconds since the world began; only the captures
 * have clocks that err. An end of a session lives right at its point: its
 * access network is there as the time that each of its answers takes, which
 * shows the same packets at both points and needs no third event per packet.
 */
#ifndef CROSSTAP_TESTS_BENCH_WORLD_H
#define CROSSTAP_TESTS_BENCH_WORLD_H

#include <math.h>
#include <stdlib.h>

#include "tests/bench/agenda.h"
#include "tests/bench/wire.h"

#define US 1000u
#define MS 1000000u

#define CLIENTS         4096
#define SERVERS         64
#define OOO_MAX         4     /* stretches that a receiver holds beyond a gap */
#define EXPONENTIALS    4096
#define SLOT_NONE       UINT32_MAX
#define WARM_UP_NS      (1000ull * MS) /* until as many sessions end as begin; then captures begin */

enum side { CLIENT, SERVER }; /* an end, the point next to it, and who sent a packet */

enum event {
	EVENT_ARRIVAL, /* a new session; no index */
	EVENT_SAY,     /* session * 2 + end: its application acts */
	EVENT_TIMER,   /* session * 2 + end: its TCP looks at the clock */
	EVENT_NEAR,    /* flight: passes the sender's point */
	EVENT_FAR,     /* flight: passes a point further on; behind the last it is received */
};

/* A packet between its first point and its receiver. */
struct flight {
	uint64_t near_ns;       /* when it passed the point before */
	uint32_t session;
	uint8_t from;           /* enum side */
	uint8_t flags;          /* WIRE_*; ICMP: the type */
	bool injected;          /* by a hop, in the name of `from` */
	uint8_t entry;          /* its first point... */
	uint8_t point;          /* ...and the one that it passes next */
	uint32_t seq, ack, tsval, tsecr;
	uint32_t sack_from, sack_to;
	uint32_t message;       /* which of its sender's messages the payload is of... */
	uint32_t message_bytes;
	uint32_t offset;        /* ...and where in it the payload begins */
	uint16_t payload_bytes;
	uint16_t ip_id;
};

struct stretch {
	uint32_t from, to;
};

/* One end of a session. Sequence numbers are those of the wire. */
struct end {
	uint32_t first;         /* the SYN's */
	uint32_t una, next;     /* oldest unacknowledged, next to send */
	uint32_t message_from, message_to; /* the message being sent, or sent last */
	uint32_t message;       /* its number */
	uint32_t heard;         /* number of the peer's message that was last received whole */
	uint32_t expected;      /* next sequence number from the peer */
	uint32_t acked;         /* what the last ACK sent said */
	uint32_t recover;       /* retransmissions go on until this is acknowledged */
	uint32_t ts_recent;
	uint64_t sent_ns;       /* when its last packet passes its point */
	uint64_t ack_at_ns;     /* delayed ACK; 0 = none */
	uint64_t rto_at_ns;     /* retransmission; 0 = none */
	uint64_t timer_ns;      /* the EVENT_TIMER that counts; 0 = none */
	struct stretch held[OOO_MAX];
	uint8_t held_count;
	uint8_t unacked;        /* segments received and not yet acknowledged */
	uint8_t dup_acks;
	uint8_t backoff;
	bool open, dead, closing, fin_sent;
};

struct session {
	const struct service *service;
	uint32_t serial;        /* distinct for each session of the run */
	uint32_t events;        /* entries of the agenda that name it; it ends with the last */
	uint32_t next_free;
	uint16_t client, server;/* hosts */
	uint16_t port[2], nat_port;
	uint8_t version;
	uint8_t left;           /* exchanges still to begin */
	uint8_t reset_at;       /* the request at which the hop resets it; 0 = never */
	bool keepalive_sent;
	uint64_t access_ns[2];  /* how long an answer takes beyond the point */
	struct end end[2];
};

struct sizes {
	uint8_t percent;
	uint32_t least, most;
};

struct service {
	uint8_t share;          /* sessions out of 100 */
	uint8_t proto;
	uint16_t port;
	uint8_t exchanges_least, exchanges_most;
	uint32_t think_us[2];   /* mean, before a request and before a response */
	bool keepalive;         /* idle before a request, and probes then... */
	bool storm;             /* ...without end, and without timestamps: they are all alike */
	struct sizes request, response[3];
	/* Writes the message's head (at most WIRE_HEAD_MAX bytes), returns its length. */
	uint32_t (*head)(uint8_t *out, const struct session *session, const struct flight *flight);
};

/* Who talks, and how many at a time. */
struct plan {
	const char *option;              /* that asks for it */
	const struct service *services;  /* their shares sum up to 100 */
	const struct service *first;     /* the first session's, or NULL */
	uint64_t first_ns;               /* when the first session begins... */
	uint32_t arrival_ns;             /* ...and how long on average until each next one */
	uint32_t packets_per_session;    /* so many sessions in all; 0 = they come and go */
	uint32_t window_segments;        /* of TCP */
	uint8_t drop_per_mille;
	bool one_session;
	const char *help;
};

struct world {
	const struct plan *plan;
	uint64_t random, now_ns;
	struct agenda agenda;
	struct session *sessions; /* owned, as are the flights */
	struct flight *flights;
	uint64_t *exits;        /* when a hop let out the last packet of a session and sender */
	uint8_t points;
	uint32_t sessions_left; /* to begin */
	uint32_t session_count, session_room, session_free, serial;
	uint32_t flight_count, flight_room, flight_free;
	uint64_t retransmissions, keepalives;
	bool no_memory;
	uint16_t ip_id[CLIENTS + SERVERS];
	uint16_t client_port[CLIENTS], nat_port[SERVERS];
	uint32_t exponential[EXPONENTIALS]; /* of mean 1, times 65536 */
};

static inline uint64_t random_next(uint64_t *state) /* SplitMix64 */
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static inline uint32_t world_random(struct world *world, uint32_t least, uint32_t most)
{
	uint64_t span = (uint64_t)most - least + 1;

	return least + (uint32_t)(((random_next(&world->random) >> 32) * span) >> 32);
}

static inline uint64_t world_exponential(struct world *world, uint64_t mean)
{
	return mean * world->exponential[random_next(&world->random) % EXPONENTIALS] >> 16;
}

static inline void world_init(struct world *world, const struct plan *plan, uint64_t seed,
			      uint64_t packets, uint8_t points)
{
	memset(world, 0, sizeof *world);
	world->plan = plan;
	world->points = points;
	world->sessions_left = UINT32_MAX;
	if (plan->packets_per_session)
		world->sessions_left = (uint32_t)(packets / plan->packets_per_session) + 1;
	if (plan->one_session)
		world->sessions_left = 1;
	world->no_memory = !agenda_init(&world->agenda);
	world->random = seed;
	world->session_free = world->flight_free = SLOT_NONE;
	for (int i = 0; i < CLIENTS + SERVERS; i++)
		world->ip_id[i] = (uint16_t)random_next(&world->random);
	for (int i = 0; i < CLIENTS; i++)
		world->client_port[i] = (uint16_t)world_random(world, 0, 28231);
	for (int i = 0; i < SERVERS; i++)
		world->nat_port[i] = (uint16_t)random_next(&world->random);
	for (int i = 0; i < EXPONENTIALS; i++)
		world->exponential[i] = (uint32_t)(-log((i + 0.5) / EXPONENTIALS) * 65536);
}

static inline void world_close(struct world *world)
{
	agenda_close(&world->agenda);
	free(world->sessions);
	free(world->flights);
	free(world->exits);
}

static inline void world_schedule(struct world *world, uint64_t time_ns, enum event kind,
				  uint32_t index, uint32_t session)
{
	if (!agenda_push(&world->agenda, (struct entry){time_ns, kind, index}))
		world->no_memory = true;
	else if (session != SLOT_NONE)
		world->sessions[session].events++;
}

static inline uint32_t world_more(uint32_t room)
{
	return room ? room + room / 2 : 4096;
}

/* Gives an array room for so many; false and no_memory when it cannot. Moves what it holds. */
static inline bool world_grow(struct world *world, void **array, uint32_t room, size_t bytes)
{
	void *grown = realloc(*array, room * bytes);

	if (!grown)
		world->no_memory = true;
	else
		*array = grown;
	return grown != NULL;
}

static inline size_t exits_per_session(const struct world *world)
{
	return 2 * (world->points - 1u);
}

/* Of hop and sender. */
static inline uint64_t *session_exit(struct world *world, uint32_t at, uint8_t hop, enum side from)
{
	return &world->exits[at * exits_per_session(world) + 2u * hop + from];
}

static inline bool sessions_grow(struct world *world)
{
	uint32_t room = world_more(world->session_room);

	if (!world_grow(world, (void **)&world->sessions, room, sizeof *world->sessions) ||
	    !world_grow(world, (void **)&world->exits, room,
			exits_per_session(world) * sizeof *world->exits))
		return false;
	world->session_room = room;
	return true;
}

static inline bool flights_grow(struct world *world)
{
	uint32_t room = world_more(world->flight_room);

	if (!world_grow(world, (void **)&world->flights, room, sizeof *world->flights))
		return false;
	world->flight_room = room;
	return true;
}

/* A zeroed slot, or SLOT_NONE. A pointer to another session is void after it. */
static inline uint32_t session_take(struct world *world)
{
	uint32_t at = world->session_free;

	if (at != SLOT_NONE) {
		world->session_free = world->sessions[at].next_free;
	} else {
		if (world->session_count == world->session_room && !sessions_grow(world))
			return SLOT_NONE;
		at = world->session_count++;
	}
	memset(&world->sessions[at], 0, sizeof world->sessions[at]);
	memset(session_exit(world, at, 0, CLIENT), 0,
	       exits_per_session(world) * sizeof *world->exits);
	return at;
}

static inline void session_release(struct world *world, uint32_t at)
{
	if (--world->sessions[at].events == 0) {
		world->sessions[at].next_free = world->session_free;
		world->session_free = at;
	}
}

/* Puts a copy of a packet in flight. A pointer to another flight is void after it. */
static inline void flight_send(struct world *world, const struct flight *flight, uint64_t time_ns,
			       enum event where)
{
	uint32_t at = world->flight_free;

	if (at != SLOT_NONE) {
		world->flight_free = world->flights[at].session; /* the free list */
	} else {
		if (world->flight_count == world->flight_room && !flights_grow(world))
			return;
		at = world->flight_count++;
	}
	world->flights[at] = *flight;
	world_schedule(world, time_ns, where, at, flight->session);
}

static inline void flight_free(struct world *world, uint32_t at)
{
	world->flights[at].session = world->flight_free;
	world->flight_free = at;
}

/* Sends a packet from its end: it passes that end's point once the access
 * network has been there and back, behind what the end sent before it. */
static inline void session_send(struct world *world, struct flight *flight)
{
	struct session *session = &world->sessions[flight->session];
	struct end *end = &session->end[flight->from];
	uint64_t at_ns = world->now_ns + session->access_ns[flight->from];
	uint64_t behind_ns = end->sent_ns + US + flight->payload_bytes * 8ull; /* 1 Gbit/s */

	at_ns += world_random(world, 0, 3 * US);
	end->sent_ns = at_ns > behind_ns ? at_ns : behind_ns;
	flight->entry = flight->point = flight->from == CLIENT ? 0 : world->points - 1;
	flight_send(world, flight, end->sent_ns, EVENT_NEAR);
}

#endif

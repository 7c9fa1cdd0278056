/* Sightings: what each point saw of one session.
 *
 * All flows of a session at a point (the files of a ring) are one sighting. Its
 * survey is turned so that direction 0 is the client's packets and 1 the
 * server's, whatever the tuple there, and copies (JOURNEY_COPY: the capture holds the
 * packet twice) are taken out of its counts.
 */
#ifndef CROSSTAP_CORRELATE_SIGHTING_H
#define CROSSTAP_CORRELATE_SIGHTING_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/verdict.h"

struct sighting {
	uint32_t point, stage;
	uint32_t node;           /* the first flow there: it names the ends */
	struct survey_flow flow; /* [0] by the client, [1] by the server; times are the point's own */
};

/* How often a node's packets were counted twice: what to take off its survey. */
struct sighting_copies {
	uint64_t bytes[2];
	uint32_t packets[2], retransmissions[2];
	uint32_t syn, synack, fin, rst, truncated, bad_checksums, zero_windows;
};

/* The two ends of a session as they look at a node; borrowed from the view. */
struct sighting_ends {
	const uint8_t *client, *server; /* 16 bytes each, see capture_flow */
	uint16_t client_port, server_port;
	uint8_t version;
	bool ports;              /* TCP, UDP, SCTP; an ICMP echo has its identifier as both ports */
};

/* Counts the copies of every node. *out is NULL when there are none; caller frees it. */
enum status sighting_copies_count(struct sighting_copies **out, const struct judging *judging,
				  const struct verdicts *verdicts, struct error *err) MUST_CHECK;

/* The sightings of a session in the order of stages; how many. `copies` may be NULL. */
uint32_t sightings_gather(struct sighting list[VIEW_POINTS_MAX], const struct judging *judging,
			  const struct sighting_copies *copies, uint32_t session);

struct sighting_ends sighting_ends(const struct judging *judging, uint32_t node);

/* The i-th sighting as one goes from the client to the server. */
static inline const struct sighting *sighting_from_client(const struct sighting *list,
							  uint32_t count, bool client_forward,
							  uint32_t i)
{
	return &list[client_forward ? i : count - 1 - i];
}

/* Bytes of an address. */
static inline size_t sighting_address_bytes(const struct sighting_ends *ends)
{
	return ends->version == 4 ? 4 : 16;
}

/* From one moment of a sighting to a later one, such as from its SYN to its
 * SYN-ACK, in reference time; INT64_MIN: one was not seen, or they come the other way round. */
int64_t sighting_lasts(const struct judging *judging, const struct sighting *sighting,
		       int64_t from_ns, int64_t to_ns);

#endif

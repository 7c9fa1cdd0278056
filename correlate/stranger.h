/* Strangers: flows that bear the same repeated packets on different stages, and
 * that nothing has joined yet, because every packet of theirs looks like others
 * (keep-alives, constant payloads). Where a hop between them rewrote the
 * addresses, one of them became the other: time and IP IDs tell which.
 */
#ifndef CROSSTAP_CORRELATE_STRANGER_H
#define CROSSTAP_CORRELATE_STRANGER_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/align.h"

/* One record of a group: packets with the same fingerprint. */
struct repeat {
	int64_t time_ns; /* reference time */
	uint32_t point, index, way;
	uint32_t ip_id, tsval, digest;
	uint32_t root;   /* of the session */
	uint32_t before, behind; /* repeat.c's: in a list of one session and direction */
	uint16_t window;
	uint8_t ttl, stage, direction; /* direction at the root */
	uint8_t echo;
	bool shifted_sack; /* SACK blocks, of a session whose numbers are shifted: the digest may differ */
	bool linked_on; /* linked to a record further on its way */
	bool linked_from;
	bool ambiguous_on, ambiguous_from; /* at the hop further on, and at the one it came by */
};

#define STRANGERS_MAX 128 /* flows of one group that are compared with each other */
#define STRANGER_NONE UINT32_MAX

/* The records of one flow, or session, and direction: from..to - 1, in order of time. */
struct stranger {
	uint32_t from, to;
	uint64_t stages;  /* where its session is, in this group and elsewhere */
	uint32_t partner; /* result: the one it became, or was; or STRANGER_NONE */
	bool doubt_ahead, doubt_behind; /* ... because several are alike: on farther, or nearer, stages */
};

/* Finds the partners of up to STRANGERS_MAX flows. `habits` are by hop and direction. */
void strangers_pair(struct stranger *list, uint32_t count, const struct repeat *records,
		    const struct align_habits (*habits)[2]);

/* Which way packets with these records went, by their TTL or else by their delays, where one way is
 * clearly more likely: +1 along the path, -1 against it, 0 not known. */
int strangers_lean(const struct repeat *records, uint32_t count,
		   const struct align_habits (*habits)[2], bool *by_ttl);

#endif

/* Proofs: what TCP analysis must guess at one point, the points together know.
 *
 * A segment below the highest sequence number may be a repeat or one that was overtaken, and
 * a gap may be a loss on the network or of the capture. With every packet's journey known, a
 * repeat is a second packet with bytes of a first one, wherever that one died; a reordered
 * packet was in order at a point nearer to its sender; a gap is a loss where the missing
 * bytes are those of a packet that a hop dropped.
 */
#ifndef CROSSTAP_CORRELATE_PROOF_H
#define CROSSTAP_CORRELATE_PROOF_H

#include "correlate/analysis.h"
#include "correlate/dossier.h"

/* Of one flow at one point, both directions. */
struct proof {
	uint32_t retransmissions; /* packets with bytes that an earlier packet of the session had */
	uint32_t out_of_order;    /* packets behind later ones here, though not at a point before */
	uint32_t losses;          /* gaps before a packet, of packets dropped at a hop before this point */
	bool unknown;             /* a session of too many packets to look at: the counts mean nothing */
};

/* Proofs for all flows whose analysis counts repeats, gaps or disorder; those of others are 0.
 * `flows`, `analysis` and the array that is made, the caller's to free, are by node. */
enum status proofs_find(struct proof **out, const struct dossier_source *source,
			const struct survey_flow *flows, const struct analysis_flow *analysis,
			struct error *err) MUST_CHECK;

#endif

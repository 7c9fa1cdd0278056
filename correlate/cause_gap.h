/* Gaps: how long sessions were silent before something befell them, and which lengths many
 * of them have in common.
 *
 * What a box lets die after a silence shows its idle timeout from above: every length in a
 * cluster is longer than the timer, and what passed after a shorter one bounds it from below.
 * Nothing here knows about drops: resets after silence cluster alike.
 */
#ifndef CROSSTAP_CORRELATE_CAUSE_GAP_H
#define CROSSTAP_CORRELATE_CAUSE_GAP_H

#include <stdbool.h>
#include <stdint.h>

#define GAP_CLUSTERS_MAX 8u
#define GAP_CLUSTER_MIN 3u  /* sessions: two alike are no pattern */

struct gap {
	int64_t ns;         /* > 0 */
	uint32_t session;   /* one gap of each session */
	uint32_t cluster;   /* number + 1; 0: in none. Set by gaps_cluster() */
};

struct gap_cluster {
	int64_t least_ns, median_ns, most_ns;
	uint32_t sessions;
	uint8_t hop;
	/* set by who knows more than the gaps: the longest silence of other sessions behind which
	 * packets still passed, 0: none is known, and whether one passed that is longer than all of these */
	int64_t passed_ns;
	bool contradicted;
};

/* Groups gaps of about one length, the largest group first, and sets what they are in.
 * Returns how many clusters there are, GAP_CLUSTERS_MAX at most. The gaps are sorted by length. */
uint32_t gaps_cluster(struct gap *gap, uint32_t gaps, uint8_t hop,
		      struct gap_cluster cluster[GAP_CLUSTERS_MAX]);

#endif

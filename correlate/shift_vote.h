/* What packets say of the difference between two flows' numbers, put to the vote; and the flows
 * that belong together by it.
 */
#ifndef CROSSTAP_CORRELATE_SHIFT_VOTE_H
#define CROSSTAP_CORRELATE_SHIFT_VOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/view.h"

/* The numbers of node b are ahead of those of node a by `by`, in a's direction. */
struct shift_vote {
	uint32_t a, b, by;
	uint8_t flip;      /* direction 0 of the one is direction 1 of the other */
	uint8_t direction;
	uint8_t weight;    /* votes that it counts for */
	bool tuple;        /* both bear the same tuple */
	bool compared, same; /* the packets bear IP IDs or timestamps: the same ones */
};

/* Begins as {0}; list is the owner's to free. */
struct shift_votes {
	struct shift_vote *list;
	uint64_t count, room;
};

/* False: no memory. */
bool shift_votes_add(struct shift_votes *votes, const struct shift_vote *vote);

/* Union and find over nodes, with a distance for each direction. Begins as {0}. */
struct shift_classes {
	uint32_t *up;         /* by node */
	uint32_t (*by)[2];    /* by node and its direction: ahead of `up` */
	uint8_t *flip;        /* direction 0 is direction 1 at `up` */
	uint8_t *shifted;     /* by root: bit for each of its directions: some node is ahead of another */
};

/* Counts the votes (they are sorted in place) and joins the nodes that a majority of theirs
 * finds alike. Of nodes of the same tuple one vote is enough; of others two are needed, and none
 * has two partners at one point. False: no memory. */
bool shift_classes_join(struct shift_classes *classes, struct shift_votes *votes,
			const struct view *view);
/* The first node of a node's class, what the node is ahead of it by, and which of its directions are
 * shifted anywhere in the class. */
uint32_t shift_classes_of(struct shift_classes *classes, uint32_t node, uint32_t by[2],
			  bool shifted[2]);
void shift_classes_free(struct shift_classes *classes);

#endif

/* What packets say of the difference between two flows' numbers, put to the vote; and the flows
 * that belong together by it.
 */
#ifndef CROSSTAP_CORRELATE_SHIFT_VOTE_H
#define CROSSTAP_CORRELATE_SHIFT_VOTE_H

#include <stdbool.h>
#include <stdint.h>

/* The numbers of node b are ahead of those of node a by `by`, in a's direction. */
struct shift_vote {
	uint32_t a, b, by;
	uint8_t flip;      /* direction 0 of the one is direction 1 of the other */
	uint8_t direction;
	uint8_t weight;    /* votes that it counts for */
	uint8_t point_a, point_b;
	bool tuple;        /* both bear the same tuple */
	bool compared, same; /* the packets bear IP IDs or timestamps: the same ones */
	uint8_t sender;    /* a's direction in which they went */
	uint32_t stamp;    /* b's timestamp less a's; 0: not both bear one */
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
 * finds alike. Of nodes of the same tuple one vote is enough where neither has a partner at the
 * other's point; of others two are needed, and none has two partners at one point. The result
 * depends on the numbers of nodes and points, so that those must not depend on the order of inputs.
 * False: no memory. */
bool shift_classes_join(struct shift_classes *classes, struct shift_votes *votes, uint32_t nodes,
			uint32_t points);

/* What a node is to the first node of its class. */
struct shift_place {
	uint32_t first;   /* that node */
	uint32_t by[2];   /* by the node's direction: ahead of it */
	uint8_t flip;     /* direction 0 here is direction 1 there */
	bool shifted[2];  /* which of the node's directions are shifted anywhere in the class */
};
struct shift_place shift_classes_of(struct shift_classes *classes, uint32_t node);
void shift_classes_free(struct shift_classes *classes);

#endif

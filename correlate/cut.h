/* Cuts: packets of one stream of bytes that have no twin on the other side of a hop, held
 * against each other byte by byte.
 *
 * A packet all of whose bytes the other side's packets carry has passed, cut into or
 * joined with others. One of which only some bytes are there has lost the rest. What came
 * out before it was sent, as the clocks say, is looked at last, and only if nothing else
 * explains it.
 */
#ifndef CROSSTAP_CORRELATE_CUT_H
#define CROSSTAP_CORRELATE_CUT_H

#include "correlate/odd.h"
#include "correlate/ranges.h"

/* A packet and its bytes [begin, end) of the stream. */
struct cut_piece {
	int64_t begin, end;
	struct odd *odd;
};

struct cut;

/* For the odd packets of a hop, of which no stream has more than `most` > 0. NULL: no memory. */
struct cut *cut_open(const struct judging *judging, const struct hop_result *result, uint32_t hop,
		     uint32_t most);
void cut_close(struct cut **cut);

/* Sets `recut`, `partly`, `twice`, `missing`, `gap_from` and `gap_to`, `arrived_ns` and `arrived_at` of the
 * pieces' packets, which are all of one direction. What their marks say of packets with equal
 * ends on both sides stays. False: no memory. */
bool cut_pieces(struct cut *cut, const struct cut_piece *piece, uint32_t count);

/* When one more piece was there, on the near stage's clock. */
int64_t cut_time(const struct cut *cut, const struct odd *odd);

#endif

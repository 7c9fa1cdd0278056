/* Resequenced packets: a box that rewrites payload to another length (an FTP or SIP helper, a proxy's
 * header) moves all numbers behind it, so that what it adds changes within a session. Such packets
 * have no twin by their numbers, though all else is as it was.
 *
 * Found among the odd packets of one hop: of one session and direction, one on either side, with
 * the same IP ID where the hop leaves it alone, or the same payload and timestamp; and only
 * where at least two such pairs of one length are as far apart in their numbers. The rewritten packet itself
 * is known by its ID alone. They have passed.
 *
 * What is left on both sides of such a session and direction, without an ID, may be the
 * rewritten packets, and nobody can tell.
 */
#ifndef CROSSTAP_CORRELATE_RESEQUENCE_H
#define CROSSTAP_CORRELATE_RESEQUENCE_H

#include "correlate/odd.h"

/* Sets `resequenced` and `maybe_resequenced` of the odd packets of a hop. */
enum status resequence_find(struct odd *odd, uint64_t odds, uint32_t hop,
			    const struct judging *judging, struct error *err) MUST_CHECK;

#endif

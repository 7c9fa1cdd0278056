/* What a message is known again by where bytes before it, in it or behind it are others:
 * the least of the hashes of all its windows of CONTENT_WINDOW bytes, wherever they stand. Two
 * messages that share most windows share most of the least hashes (Broder's sketches), so that a
 * request is known on both sides of a proxy that adds header lines, takes some off, moves them
 * or writes their names in other letters.
 *
 * The hash is keyed with the store's seed: who sends bytes can neither choose what they hash
 * to nor make others collide. Of what the bytes say nothing can be read off it.
 */
#ifndef CROSSTAP_COLLECT_CONTENT_MARKS_H
#define CROSSTAP_COLLECT_CONTENT_MARKS_H

#include <stdint.h>

#define CONTENT_MARKS 4u
#define CONTENT_WINDOW 16u
#define CONTENT_MARKED_MAX 4096u /* bytes of a message that are looked at */

/* The CONTENT_MARKS least hashes that differ, ascending; ASCII letters count as small ones. 0: there are no
 * more (and no hash is 0). */
void content_marks(const uint8_t *bytes, uint32_t n, uint64_t seed, uint32_t mark[CONTENT_MARKS]);

/* A hash of bytes as they are; never 0. */
uint32_t content_mark_of(const uint8_t *bytes, uint32_t n, uint64_t seed);

#endif

/* Pieces of the sentences of reset_say.c and reset_say_hop.c. */
#ifndef CROSSTAP_CORRELATE_RESET_PIECES_H
#define CROSSTAP_CORRELATE_RESET_PIECES_H

#include "correlate/reset_cause.h"

static inline void say(struct words *words, const char *text)
{
	words_add(words, text);
}

void say_number(struct words *words, uint64_t number, const char *behind);
/* "3 packets", "1 packet" */
void say_count(struct words *words, uint64_t number, const char *what);
/* Three figures or so: "870 us", "12.3 ms", "1.1 s", "3600 s"; negative: "some time" */
void say_time(struct words *words, int64_t ns);
/* The end in whose name it is, "the client" or "the server", and the other one. */
const char *say_own(const struct reset_case *of);
const char *say_peer(const struct reset_case *of);
/* What it answers: "the SYN" */
const char *say_kind(const struct reset_case *of);
/* The point that saw it first. */
void say_point(struct words *words, const struct reset_case *of);
void say_hop(struct words *words, const struct reset_case *of, uint8_t hop);
/* "; its TTL is 255, that of the server's other packets 62", where it differs: another machine
 * than the flow's may have sent it. */
void say_foreign(struct words *words, const struct reset_case *of);

#endif

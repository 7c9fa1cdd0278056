/* What is said of a packet of a story, the same on a terminal, on the page and in an annotated
 * capture. Texts are raw: whoever shows them escapes them.
 */
#ifndef CROSSTAP_REPORT_LADDER_WORDS_H
#define CROSSTAP_REPORT_LADDER_WORDS_H

#include "report/ladders.h"

#define LADDER_WORDS_ROOM 160

/* What becomes of a packet beyond the points that saw it: how its arrow says it, and the
 * words where no table has a row of it. `behind` is where it comes from, `ahead` where it
 * ends. */
struct ladder_verdict {
	char behind, ahead; /* marks; 0: it began, or ended, at the point */
	const char *behind_text, *ahead_text;
};

/* Of the verdict at this hop; with marks of 0 where there is nothing to say. */
const struct ladder_verdict *ladder_verdict(const struct ladders *ladders, uint8_t verdict,
					    uint8_t hop);

/* "[SYN,ACK] Seq=0 Ack=1 Len=0", "udp Len=100". */
void ladder_describe(const struct ladder_session *session, uint32_t packet,
		     char words[LADDER_WORDS_ROOM]);
/* "[SYN,ACK]"; returns where it ends. */
char *ladder_flags(char *out, uint16_t flags);
/* What the packet is to the ones before ("retransmission of 0.000123"); "" when it is new. */
void ladder_repeat(const struct ladder_session *session, uint32_t packet,
		   char words[LADDER_WORDS_ROOM]);
/* Whether all hops between two stages have clocks that are known to each other. */
bool ladder_clocked(const struct ladders *ladders, uint32_t a, uint32_t b);

/* The sentence of a table's row, or else that of the verdict; *text is the caller's, NULL where there
 * is nothing to say. LADDER_INJECTION: how it came from the hop behind; LADDER_DROP: how it
 * ended at the hop ahead; LADDER_RESET: why it was sent. *row says whether a table has it. */
enum status ladder_note(const struct ladders *ladders, const struct ladder_session *session,
			uint32_t packet, enum ladder_note note, char **text, bool *row,
			struct error *err) MUST_CHECK;

#endif

/* How a point's clock was corrected, in a sentence: "clock -0.1 us +- 682 ns against client,
 * skew 0.01 ppm; times are corrected". */
#ifndef CROSSTAP_REPORT_EVIDENCE_CLOCK_H
#define CROSSTAP_REPORT_EVIDENCE_CLOCK_H

#include "correlate/trace.h"
#include "report/ladder_clocks.h"

/* What the hops' table says of clocks. */
struct evidence_clocks {
	const struct trace *trace;
	char reference[CAPTURE_NAME_MAX];  /* the point whose clock the path's is */
	struct ladder_clocks hop;
};

enum status evidence_clocks_read(struct evidence_clocks *clocks, const struct trace *trace,
				 struct error *err) MUST_CHECK;

/* The sentence, raw; the caller frees. The offset is that in the middle of the point's
 * captures, the error the sum of those of the hops between the reference and the point; where
 * one of these does not know its clock there are no numbers. NULL: no memory. */
char *evidence_clock_say(const struct evidence_clocks *clocks, uint32_t point);

#endif

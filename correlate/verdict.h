/* Verdicts: what became of every packet at every hop, decided once, here.
 */
#ifndef CROSSTAP_CORRELATE_VERDICT_H
#define CROSSTAP_CORRELATE_VERDICT_H

#include "correlate/odd.h"

struct change_book;

struct verdicts {
	struct change_book *book;
	uint32_t hops;
	struct hop_result *hop;
	uint8_t *code[VIEW_POINTS_MAX]; /* by index: verdict at the hop behind | at the hop ahead << 4 */
	struct odd *odd;                /* by hop, then time, point, index */
	uint64_t odds;
};

/* Gives every record its verdicts. */
enum status verdicts_give(struct verdicts **out, const struct judging *judging, unsigned threads,
			  struct error *err) MUST_CHECK;
void verdicts_free(struct verdicts **verdicts);

const char *verdict_name(enum verdict verdict);
const char *hop_direction_name(enum hop_direction direction);

#endif

#include "report/stories.h"

#include <errno.h>
#include <stdlib.h>

/* Of the worst sessions those whose turn is first, in ascending order; NULL: no memory. */
static uint32_t *stories_choose(const struct worst *worst, uint32_t *count)
{
	uint32_t *list = worst_by_turn(worst), i;
	uint64_t packets = 0;

	*count = 0;
	for (i = 0; list && i < worst->count && *count < STORIES_LADDERS_MAX; i++) {
		const struct worst_session *one = &worst->list[list[i]];
		uint32_t own = one->packets < DOSSIER_PACKETS_MAX ? one->packets : DOSSIER_PACKETS_MAX;

		if (packets + own > STORIES_PACKETS_MAX)
			continue;
		packets += own;
		list[(*count)++] = one->session;
	}
	if (list)
		qsort(list, *count, sizeof *list, worst_compare_numbers);
	return list;
}

enum status stories_open(struct stories *stories, struct store_txn *txn,
			 const struct filter_match *match, struct error *err)
{
	enum status status;
	uint32_t *session, count;

	*stories = (struct stories){.filtered = match != NULL, .match = match};
	status = worst_find(&stories->worst, txn, match, STORIES_SESSIONS_MAX, err);
	if (status)
		return status;
	session = stories_choose(&stories->worst, &count);
	status = session ? ladders_open(&stories->ladders, txn, session, count, err)
			 : error_errno(err, ENOMEM, "sessions");
	free(session);
	if (status)
		stories_close(stories);
	return status;
}

enum status stories_open_one(struct stories *stories, struct store_txn *txn, uint64_t number,
			     struct error *err)
{
	*stories = (struct stories){.filtered = true};
	return ladders_open_one(&stories->ladders, txn, number, err);
}

static int stories_compare(const void *number, const void *ladder)
{
	uint32_t wanted = *(const uint32_t *)number;
	uint32_t session = ((const struct ladder_session *)ladder)->session;

	return (wanted > session) - (wanted < session);
}

const struct ladder_session *stories_ladder(const struct stories *stories, uint32_t session)
{
	const struct ladders *l = stories->ladders;

	return bsearch(&session, l->list, l->count, sizeof *l->list, stories_compare);
}

void stories_close(struct stories *stories)
{
	worst_free(&stories->worst);
	ladders_close(&stories->ladders);
}

/* What HTTP's answers tell of a session: that one was an error, that the two sides of a hop (the
 * two legs of a proxy) do not tell the same. Tables of rows; the first match wins.
 *
 * That something is missing at a point is only as sure as that point's capture is whole: the
 * caller lowers the confidence of rows that are one_sided.
 */
#ifndef CROSSTAP_CORRELATE_CONTENT_DIFFER_H
#define CROSSTAP_CORRELATE_CONTENT_DIFFER_H

#include "correlate/content.h"
#include "correlate/words.h"

#define CONTENT_NO_EXCHANGE UINT32_MAX

struct content_verdict {
	const char *row;        /* of the table: "status_differs", "server_error", ... */
	uint32_t near, far;     /* the exchange at the client's side, at the server's; or CONTENT_NO_EXCHANGE */
	double confidence;
	bool one_sided;         /* it rests on something that one capture does not have */
};

/* The cause http_differs. `near` is the story nearer to the client, `far` nearer to the server; NULL:
 * nothing of the session was sent on, behind a proxy. Only errors matter: a cache
 * rightly answers otherwise than the server. */
bool contents_differ(const struct content_story *near, const struct content_story *far,
		     struct content_verdict *verdict);

/* The cause http_error: the first 5xx, or else the first 4xx. A 401 or 407 that the client answered with
 * success is none. verdict->near is its exchange; far is CONTENT_NO_EXCHANGE. */
bool contents_error(const struct content_story *story, struct content_verdict *verdict);

/* The sentence, with the points' names; `far_story` may be NULL. */
void contents_differ_say(const struct content_verdict *verdict, const struct content_story *near,
			 const char *near_point, const struct content_story *far,
			 const char *far_point, struct words *words);
void contents_error_say(const struct content_verdict *verdict, const struct content_story *story,
			const char *point, struct words *words);

#endif

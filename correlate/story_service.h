/* Services of stories: sessions that ask the same server port for the same thing, and what is
 * usual among them.
 */
#ifndef CROSSTAP_CORRELATE_STORY_SERVICE_H
#define CROSSTAP_CORRELATE_STORY_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/verdict.h"

#define SERVICE_USUAL_MIN 8u     /* sessions: fewer show nothing that is usual */

/* A server's address and port as its clients know it. */
struct story_service {
	uint8_t server[16];      /* network order */
	uint16_t port;
	uint8_t version, proto;
	uint32_t sessions;
	bool answers;            /* its server sent data in one of them at least */
	int64_t reply_ns;        /* medians; INT64_MIN where fewer than SERVICE_USUAL_MIN tell */
	int64_t duration_ns;
	/* while medians are sought */
	uint32_t first, samples, stride, seen;
};

struct story_services {
	struct story_service *list; /* in the order of their first session */
	uint32_t count, room;
	uint32_t *of;            /* by session */
	uint32_t *slot;          /* hash table: number + 1 in list; 0: free */
	uint32_t slots;
};

/* Names every session's service. */
enum status story_services_find(struct story_services *services, const struct judging *judging,
				struct error *err) MUST_CHECK;
void story_services_free(struct story_services *services);

/* The node at the session's point nearest to its client, nearest to its server. */
uint32_t story_near_node(const struct judging *judging, uint32_t session);
uint32_t story_far_node(const struct judging *judging, uint32_t session);

/* Works out the medians, of at most a thousand sessions of each service, spread evenly:
 * value() is asked for a session's reply (0) or duration (1), INT64_MIN where there is none. */
enum status story_services_usual(struct story_services *services, uint32_t sessions,
				 int64_t (*value)(const void *user, uint32_t session,
						  unsigned which),
				 const void *user, struct error *err) MUST_CHECK;

#endif

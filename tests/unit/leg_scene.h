/* Scenes with a proxy: two points, `in` towards the clients and `out` towards the servers, with two
 * sessions that pass as packets (so that the clocks are known) and connections that live on one
 * side only. See scene.h.
 *
 * The proxy is 10.1.0.1 to clients, where it listens on port 80, and 10.2.0.1 to servers.
 */
#ifndef CROSSTAP_TESTS_LEG_SCENE_H
#define CROSSTAP_TESTS_LEG_SCENE_H

#include "tests/unit/scene_frames.h"

#define LEG_VIP "10.1.0.1"
#define LEG_OWN "10.2.0.1"
#define LEG_WEB "10.2.0.8"
#define LEG_END_US 60000000
#define LEG_FRAME_PACKETS SCENE_WHOLE(20) /* of each of the two sessions that pass */
#define LEG_NEAR 0u
#define LEG_FAR 1u
#define LEG_GET(target) "GET " target " HTTP/1.1\r\nHost: shop.example\r\n\r\n"
#define LEG_OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* A connection at one stage of the road. */
struct leg_line {
	struct scene *scene;
	struct scene_talk talk;
	uint32_t stage;
	bool forward;     /* the client's packets run along the road */
	uint32_t packets; /* sent so far */
};

static inline void leg_send(struct leg_line *l, int64_t us, bool client, uint16_t flags, const char *says,
			    uint32_t bytes)
{
	struct scene_packet p = client ? scene_by_client(&l->talk, flags, bytes)
				       : scene_by_server(&l->talk, flags, bytes);

	p.says = says;
	scene_go(l->scene, us, p, l->stage, l->stage, client == l->forward);
	*(client ? &l->talk.cseq : &l->talk.sseq) += bytes + !!(flags & SYN) + !!(flags & FIN);
	l->packets++;
}

static inline void leg_say(struct leg_line *l, int64_t us, bool client, const char *text)
{
	leg_send(l, us, client, ACK | PSH, text, (uint32_t)strlen(text));
}

/* A connection whose handshake is over at a time. */
static inline struct leg_line leg_open(struct scene *s, uint32_t stage, int64_t us, const char *client,
				       uint16_t cport, const char *server, uint16_t sport)
{
	struct leg_line l = {.scene = s, .talk = scene_talk(us, client, cport, server, sport),
			     .stage = stage, .forward = true};

	leg_send(&l, us - 300, true, SYN, NULL, 0);
	leg_send(&l, us - 200, false, SYNACK, NULL, 0);
	leg_send(&l, us - 100, true, ACK, NULL, 0);
	return l;
}

static inline void leg_close(struct leg_line *l, int64_t us)
{
	leg_send(l, us, true, ACK | FIN, NULL, 0);
	leg_send(l, us + 50, false, ACK | FIN, NULL, 0);
	leg_send(l, us + 100, true, ACK, NULL, 0);
}

/* A ClientHello with a random of one letter; good for three more calls. */
static inline const char *leg_hello(char letter, uint32_t *bytes)
{
	static char room[4][64];
	static unsigned next;
	char *h = room[next++ % 4];

	memcpy(h, "\x16\x03\x01\0\x2f\x01\0\0\x2b\x03\x03", 11);
	memset(h + 11, letter, 32);
	memcpy(h + 43, "\0\0\x04\x13\x01\x13\x02\x01\0", 9);
	*bytes = 52;
	return h;
}

static inline void leg_scene_bare(struct scene *s)
{
	scene_begin(s);
	SCENE_ROAD(s, "in", "out");
}

static inline void leg_scene(struct scene *s)
{
	leg_scene_bare(s);
	scene_frame(s, LEG_END_US);
}

/* The client's connection, its request at `us`, its answer `took_us` later. */
static inline struct leg_line leg_front(struct scene *s, int64_t us, int64_t took_us, const char *client,
					uint16_t port, const char *request, const char *answer)
{
	struct leg_line l = leg_open(s, LEG_NEAR, us, client, port, LEG_VIP, 80);

	leg_say(&l, us, true, request);
	leg_say(&l, us + took_us, false, answer);
	return l;
}

/* The proxy's connection to the server. */
static inline struct leg_line leg_back(struct scene *s, int64_t us, int64_t took_us, uint16_t port,
				       const char *request, const char *answer)
{
	struct leg_line l = leg_open(s, LEG_FAR, us, LEG_OWN, port, LEG_WEB, 8080);

	leg_say(&l, us, true, request);
	leg_say(&l, us + took_us, false, answer);
	return l;
}

static inline void leg_run(struct scene *s)
{
	static const struct wrap ethernet = {.name = "ethernet", .linktype = 1, .layer = {WRAP_ETH}};
	const struct wrap *wraps[SCENE_POINTS];
	uint32_t p;

	for (p = 0; p < s->points; p++)
		wraps[p] = &ethernet;
	scene_run_wrapped(s, wraps);
}

/* ---- what came out ---- */

/* The row that pairs two connections, by the clients' ports; -1: there is none. */
static inline int leg_row(const struct scene *s, uint16_t front, uint16_t back)
{
	uint32_t row;

	for (row = 0; row < scene_rows(s, TRANSLATIONS); row++)
		if (strcmp(scene_cell(s, TRANSLATIONS, row, TRANSLATIONS_KIND), "proxy") == 0 &&
		    scene_int(s, TRANSLATIONS, row, TRANSLATIONS_FROM_SPORT) == front &&
		    scene_int(s, TRANSLATIONS, row, TRANSLATIONS_TO_SPORT) == back)
			return (int)row;
	return -1;
}

static inline uint32_t leg_rows_of(const struct scene *s)
{
	uint32_t row, n = 0;

	for (row = 0; row < scene_rows(s, TRANSLATIONS); row++)
		n += strcmp(scene_cell(s, TRANSLATIONS, row, TRANSLATIONS_KIND), "proxy") == 0;
	return n;
}

/* "confidence evidence" of a pair; "none". */
static inline const char *leg_told(const struct scene *s, uint16_t front, uint16_t back)
{
	static char text[64];
	int row = leg_row(s, front, back);

	snprintf(text, sizeof text, "%s %s",
		 row < 0 ? "none" : scene_cell(s, TRANSLATIONS, (uint32_t)row, TRANSLATIONS_CONFIDENCE),
		 row < 0 ? "" : scene_cell(s, TRANSLATIONS, (uint32_t)row, TRANSLATIONS_EVIDENCE));
	return text;
}

/* The number of a RST's cause, by its text; how many there are. */
static inline uint32_t leg_count(const struct scene *s, enum scene_tables table, uint32_t column,
				 const char *value)
{
	uint32_t row, n = 0;

	for (row = 0; row < scene_rows(s, table); row++)
		n += strcmp(scene_cell(s, table, row, column), value) == 0;
	return n;
}

#endif

/* Scenes of a box on the hop fw>server that shifts sequence numbers, and what is expected of
 * a session that passes it: the numbers are counted by hand, from what a session sends.
 */
#ifndef CROSSTAP_TESTS_SHIFT_SCENE_H
#define CROSSTAP_TESTS_SHIFT_SCENE_H

#include "tests/unit/story_scene.h"

#define SHIFT_PORT 8080        /* of the server; the scene's frame uses 80 */
#define SHIFT_CLIENT_PORT 40000
#define SHIFT_FORWARD 0x12345678u
#define SHIFT_BACK 0x9abcdef0u

/* A shifted session of a scene. */
struct shift_talk {
	bool stamps, midstream, loses;
	bool no_ids;           /* IP IDs are 0 */
	const char *seen;      /* NAT: the client's address behind the box */
	uint32_t text;         /* all payloads say this; 0: a stream */
	uint32_t exchanges;
};

/* Its packets where none is lost: SYN, ACK, FIN, ACK of the client, two for each exchange; SYN-ACK,
 * FIN and one for each exchange of the server. One lost packet each is sent twice. */
static inline long long shift_talk_forward(const struct shift_talk *how)
{
	return (how->midstream ? 0 : 4) + 2 * how->exchanges + 2 * how->loses;
}

static inline long long shift_talk_reverse(const struct shift_talk *how)
{
	return (how->midstream ? 0 : 2) + how->exchanges + 2 * how->loses;
}

static inline void shift_exchange(struct scene_talk *t, const struct shift_talk *how)
{
	struct scene_packet ask = scene_by_client(t, ACK | PSH, 100), answer, ack;

	ask.text = how->text;
	ask.zero_id = how->no_ids;
	scene_travel(&scene, t, ask, true, SCENE_THROUGH);
	t->cseq += 100;
	t->us += 2000;
	answer = scene_by_server(t, ACK | PSH, 700);
	answer.text = how->text;
	answer.zero_id = how->no_ids;
	scene_travel(&scene, t, answer, false, SCENE_THROUGH);
	t->sseq += 700;
	t->us += 2000;
	ack = scene_by_client(t, ACK, 0);
	ack.zero_id = how->no_ids;
	scene_travel(&scene, t, ack, true, SCENE_THROUGH);
	t->us += 2000;
}

/* One session, as it is; the numbers of its ends are the caller's to set. */
static inline void shift_talk(struct scene_talk *t, const struct shift_talk *how)
{
	uint32_t i;

	t->stamps = how->stamps;
	if (how->seen) {
		t->seen = how->seen;
		t->seen_port = (uint16_t)(t->cport + 20000);
		scene_nat_end(&scene);
		scene_nat(&scene, 1, t->client, t->cport, t->seen, t->seen_port);
	}
	if (!how->midstream)
		scene_open(&scene, t);
	for (i = 0; i < how->exchanges; i++) {
		shift_exchange(t, how);
		if (how->loses && i == 1) {
			scene_lose(&scene, t, true, 90, 1);
			scene_lose(&scene, t, false, 500, 0);
		}
	}
	if (!how->midstream)
		scene_close(&scene, t);
}

static inline struct scene_talk shift_talk_at(uint32_t number)
{
	return scene_talk(2000000 + number * 1000000, "10.1.0.1",
			  (uint16_t)(SHIFT_CLIENT_PORT + number), "10.2.0.1", SHIFT_PORT);
}

/* The box on a hop shifts the session by these; more than one hop may. */
static inline struct scene_shift *shift_box(struct scene_talk *t, uint32_t hop, uint32_t forward,
					    uint32_t back)
{
	t->cmoved += forward;
	t->smoved += back;
	return scene_shift(&scene, hop, t->client, t->cport, forward, back);
}

/* Sessions one after the other, each shifted by constants of its own where those are not 0. */
static inline void shift_talks(uint32_t sessions, uint32_t forward, uint32_t back,
			       const struct shift_talk *how)
{
	uint32_t i;

	for (i = 0; i < sessions; i++) {
		struct scene_talk t = shift_talk_at(i);

		(void)shift_box(&t, 1, forward ? forward + i * 0x01010101u : 0,
				back ? back + i * 0x02030405u : 0);
		shift_talk(&t, how);
	}
}

/* What a direction of a hop comes to, where nothing but this happened. */
static inline void shift_check_hop(const char *hop, const char *direction, long long packets,
				   long long dropped)
{
	CHECK_INT(scene_hop(&scene, hop, direction, HOPS_PACKETS), packets);
	CHECK_INT(scene_hop(&scene, hop, direction, HOPS_DROPPED), dropped);
	CHECK_INT(scene_hop(&scene, hop, direction, HOPS_MATCHED), packets - dropped);
	CHECK_INT(scene_hop(&scene, hop, direction, HOPS_INJECTED), 0);
}

/* Of `sessions` such sessions on top of the frame's: the box loses one packet of each
 * in each direction, and nothing else happened anywhere. */
static inline void shift_check_talks(uint32_t sessions, const struct shift_talk *how)
{
	long long forward = SCENE_FRAME_FORWARD + sessions * shift_talk_forward(how);
	long long reverse = SCENE_FRAME_REVERSE + sessions * shift_talk_reverse(how);
	long long lost = how->loses ? sessions : 0;

	shift_check_hop("fw>server", "forward", forward, lost);
	shift_check_hop("fw>server", "reverse", reverse, lost);
	/* the server's lost packet never came to the firewall */
	shift_check_hop("client>fw", "forward", forward, 0);
	shift_check_hop("client>fw", "reverse", reverse - lost, 0);
	CHECK_INT(scene_sum(&scene, HOPS_DUPLICATED), 0);
}

static inline uint32_t shift_rows(const char *kind)
{
	uint32_t row, rows = 0;

	for (row = 0; row < scene_rows(&scene, TRANSLATIONS); row++)
		rows += strcmp(translation(row, TRANSLATIONS_KIND), kind) == 0;
	return rows;
}

/* What translations say that a hop adds to the numbers of the sender with this port; -1: nothing. */
static inline long long shift_said(const char *hop, uint16_t port)
{
	uint32_t row;

	for (row = 0; row < scene_rows(&scene, TRANSLATIONS); row++)
		if (translation(row, TRANSLATIONS_SEQ_SHIFT)[0] &&
		    strcmp(translation(row, TRANSLATIONS_HOP), hop) == 0 &&
		    scene_int(&scene, TRANSLATIONS, row, TRANSLATIONS_FROM_SPORT) == port)
			return scene_int(&scene, TRANSLATIONS, row, TRANSLATIONS_SEQ_SHIFT);
	return -1;
}

#endif

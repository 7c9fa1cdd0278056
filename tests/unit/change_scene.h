/* A session that a hop rewrites packet by packet, and the rows of changes that come of it.
 */
#ifndef CROSSTAP_TESTS_CHANGE_SCENE_H
#define CROSSTAP_TESTS_CHANGE_SCENE_H

#include "tests/unit/scene.h"

#define HOP "fw>server"
#define AT_US 2000000    /* the session that the hop rewrites, behind the frame's first */
#define EXCHANGES 3
#define FORWARD SCENE_WHOLE_FORWARD(EXCHANGES)
#define REVERSE SCENE_WHOLE_REVERSE(EXCHANGES)
#define BARE (REVERSE - EXCHANGES) /* packets of the server's without payload */
#define ROWS_MAX 4

static struct scene scene;

/* ---- one session that a hop rewrites ---- */

#define SYN_ALL "020405b40402080a000000000000000001030307" /* MSS 1460, SACK, timestamps, scale 7 */
#define STAMPS "0101080a0000000000000000"
#define SACKED "0101050a0000000000000000"

struct row {
	const char *direction, *field, *class, *from, *to;
	int packets;
};

struct sample {
	const char *name;
	/* How the ends send a packet, and what the hop makes of it; NULL: as they are. */
	void (*sent)(bool client, struct scene_packet *packet);
	void (*touch)(bool forward, struct scene_packet *packet);
	/* All rows of the hop but those of TTL less 1 and MAC. */
	struct row row[ROWS_MAX];
	int modified[2];
	const char *finding;
};

static const struct sample *sample;

static inline bool is_ours(const struct scene_packet *packet)
{
	return packet->sport == 443 || packet->dport == 443;
}

static inline void touch(struct scene *s, uint32_t hop, bool forward, struct scene_packet *packet)
{
	if (hop == 1 && is_ours(packet) && sample->touch)
		sample->touch(forward, packet);
}

static inline void end_sends(struct scene_talk *t, bool client, uint16_t flags, uint32_t length)
{
	struct scene_packet packet = client ? scene_by_client(t, flags, length)
					    : scene_by_server(t, flags, length);

	if (sample->sent)
		sample->sent(client, &packet);
	scene_travel(&scene, t, packet, client, SCENE_THROUGH);
	*(client ? &t->cseq : &t->sseq) += length + !!(flags & SYN) + !!(flags & FIN);
	t->us += 2000;
}

static inline void session(int64_t us, const char *client, uint16_t port, const char *server)
{
	struct scene_talk t = scene_talk(us, client, port, server, 443);
	int i;

	end_sends(&t, true, SYN, 0);
	end_sends(&t, false, SYNACK, 0);
	end_sends(&t, true, ACK, 0);
	for (i = 0; i < EXCHANGES; i++) {
		end_sends(&t, true, ACK | PSH, 100);
		end_sends(&t, false, ACK | PSH, 700);
		end_sends(&t, true, ACK, 0);
	}
	end_sends(&t, true, ACK | FIN, 0);
	end_sends(&t, false, ACK | FIN, 0);
	end_sends(&t, true, ACK, 0);
}

static inline void begin(const struct sample *of)
{
	sample = of;
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene.path = "client,fw,server";
	scene.touch = touch;
	scene_frame(&scene, 60000000);
}

/* ---- rows ---- */

static inline const char *cell(uint32_t row, uint32_t column)
{
	return scene_cell(&scene, CHANGES, row, column);
}

/* What routers do to every packet. */
static inline bool row_is_usual(uint32_t row)
{
	const char *field = cell(row, CHANGES_FIELD);

	return strcmp(cell(row, CHANGES_CLASS), "expected") == 0 &&
	       (strcmp(field, "mac") == 0 || strcmp(field, "ttl") == 0);
}

/* The row of a field, or the next one behind `from`. */
static inline uint32_t row_of(const char *hop, const char *direction, const char *field, uint32_t from)
{
	for (; from < scene_rows(&scene, CHANGES); from++)
		if (strcmp(cell(from, CHANGES_HOP), hop) == 0 &&
		    strcmp(cell(from, CHANGES_DIRECTION), direction) == 0 &&
		    strcmp(cell(from, CHANGES_FIELD), field) == 0)
			break;
	return from;
}

static inline bool has_finding(const char *kind)
{
	uint32_t row;

	for (row = 0; row < scene_rows(&scene, FINDINGS); row++)
		if (strcmp(scene_cell(&scene, FINDINGS, row, FINDINGS_KIND), kind) == 0 &&
		    strcmp(scene_cell(&scene, FINDINGS, row, FINDINGS_HOP), HOP) == 0)
			return true;
	return false;
}

static inline uint32_t findings_of_changes(void)
{
	uint32_t row, n = 0;

	for (row = 0; row < scene_rows(&scene, FINDINGS); row++)
		n += strncmp(scene_cell(&scene, FINDINGS, row, FINDINGS_KIND), "changes.", 8) == 0;
	return n;
}

#endif

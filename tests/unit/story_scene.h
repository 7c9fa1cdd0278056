/* A scene for the stories, and cells found by what a session is known by. */
#ifndef CROSSTAP_TESTS_STORY_SCENE_H
#define CROSSTAP_TESTS_STORY_SCENE_H

#include "tests/unit/scene.h"

static struct scene scene;

static inline void begin(void)
{
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene_frame(&scene, 30000000);
}

static inline void end(const char *sentence)
{
	check_case(sentence);
	scene_end(&scene);
}

/* The row of the session to this server's port; UINT32_MAX: none. */
static inline uint32_t row_of(uint16_t server_port)
{
	uint32_t row;

	for (row = 0; row < scene_rows(&scene, SESSIONS); row++)
		if (scene_int(&scene, SESSIONS, row, SESSIONS_SERVER_PORT) == server_port)
			return row;
	return UINT32_MAX;
}

static inline const char *cell_of(uint16_t server_port, enum sessions_column column)
{
	return scene_cell(&scene, SESSIONS, row_of(server_port), column);
}

/* A cell of the session to this server's port at a point. */
static inline const char *cell_at(uint16_t server_port, const char *point,
			   enum session_points_column column)
{
	const char *session = cell_of(server_port, SESSIONS_SESSION);
	uint32_t row;

	for (row = 0; row < scene_rows(&scene, STATIONS); row++)
		if (strcmp(scene_cell(&scene, STATIONS, row, SESSION_POINTS_SESSION), session) == 0 &&
		    strcmp(scene_cell(&scene, STATIONS, row, SESSION_POINTS_POINT), point) == 0)
			return scene_cell(&scene, STATIONS, row, column);
	return "no such row";
}

static inline const char *translation(uint32_t row, enum translations_column column)
{
	return scene_cell(&scene, TRANSLATIONS, row, column);
}

#define CHECK_STORY(port, state, outcome, cause, hop)                                              \
	do {                                                                                       \
		CHECK_TEXT(cell_of(port, SESSIONS_STATE), state);                                  \
		CHECK_TEXT(cell_of(port, SESSIONS_OUTCOME), outcome);                              \
		CHECK_TEXT(cell_of(port, SESSIONS_CAUSE), cause);                                  \
		CHECK_TEXT(cell_of(port, SESSIONS_HOP), hop);                                      \
	} while (0)

#endif

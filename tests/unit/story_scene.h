/* A scene for the stories: correlated, with the tables that scene.h does not
 * read, and cells found by what a session is known by.
 */
#ifndef CROSSTAP_TESTS_STORY_SCENE_H
#define CROSSTAP_TESTS_STORY_SCENE_H

#include "tests/unit/scene.h"

static struct scene scene;
static struct scene_table points, translations; /* tables that scene.h does not read */

static inline void begin(void)
{
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene_frame(&scene, 30000000);
}

static inline void forget(struct scene_table *table)
{
	uint32_t i;

	for (i = 0; i < table->rows * table->schema->columns; i++)
		free(table->cell[i]);
	free(table->cell);
	*table = (struct scene_table){0};
}

static inline void end(const char *sentence)
{
	check_case(sentence);
	if (points.schema)
		forget(&points);
	if (translations.schema)
		forget(&translations);
	scene_end(&scene);
}

/* scene_run() with the two other tables. */
static inline void run(void)
{
	struct correlate_options options = {.path = scene.path, .threads = 2,
					    .tmax_ns = CORRELATE_TMAX_DEFAULT_NS};
	char folder[] = "/tmp/crosstap-story-XXXXXX", name[64], lock[80];
	const uint64_t seed = SCENE_SEED;
	struct store_txn *txn = NULL;
	struct store *store = NULL;
	enum status status;

	points.schema = &results_session_points;
	translations.schema = &results_translations;
	if (!mkdtemp(folder))
		abort();
	snprintf(name, sizeof name, "%s/story.ct", folder);
	snprintf(lock, sizeof lock, "%s-lock", name);
	status = store_open(&store, name, STORE_CREATE, true, &seed, &scene.err);
	if (!status)
		status = scene_write(&scene, store);
	if (!status)
		status = correlate_run(store, &options, &scene.summary, &scene.err);
	if (!status)
		status = scene_read(&scene, store);
	if (!status)
		status = store_begin(store, false, &txn, &scene.err);
	if (!status)
		status = scene_read_table(&scene, txn, &points);
	if (!status)
		status = scene_read_table(&scene, txn, &translations);
	store_abort(&txn);
	store_close(&store);
	unlink(name);
	unlink(lock);
	rmdir(folder);
	if (status) {
		printf("# correlate ended in %d: %s\n", status, scene.err.text);
		check_failures++;
	}
	if (getenv("SCENE_SHOW"))
		scene_show(&scene);
	scene_check_hops(&scene);
	scene_check_balance(&scene);
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

	for (row = 0; row < points.rows; row++) {
		char **cell = &points.cell[row * SESSION_POINTS_COLUMNS];

		if (strcmp(cell[SESSION_POINTS_SESSION], session) == 0 &&
		    strcmp(cell[SESSION_POINTS_POINT], point) == 0)
			return cell[column];
	}
	return "no such row";
}

static inline const char *translation(uint32_t row, enum translations_column column)
{
	return row < translations.rows ? translations.cell[row * TRANSLATIONS_COLUMNS + column]
				       : "no such row";
}

#define CHECK_STORY(port, state, outcome, cause, hop)                                              \
	do {                                                                                       \
		CHECK_TEXT(cell_of(port, SESSIONS_STATE), state);                                  \
		CHECK_TEXT(cell_of(port, SESSIONS_OUTCOME), outcome);                              \
		CHECK_TEXT(cell_of(port, SESSIONS_CAUSE), cause);                                  \
		CHECK_TEXT(cell_of(port, SESSIONS_HOP), hop);                                      \
	} while (0)

#endif

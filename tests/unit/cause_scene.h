/* Scenes about the causes of drops, shared by cause_test.c and cause_alike_test.c.
 */
#ifndef CROSSTAP_TESTS_CAUSE_SCENE_H
#define CROSSTAP_TESTS_CAUSE_SCENE_H

#include <stdlib.h>

#include "tests/unit/scene.h"

static struct scene scene;

static inline void begin(void)
{
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene_frame(&scene, 20000000);
}

static inline void end(const char *sentence)
{
	check_case(sentence);
	scene_end(&scene);
}

/* Sessions that pass, `every_us` from `from_us` on: what the hop does meanwhile. */
static inline void passing(uint32_t count, int64_t from_us, int64_t every_us)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		scene_whole(&scene, from_us + i * every_us, "10.1.0.9", (uint16_t)(31000 + i), "10.2.0.9",
			    80, 3);
}

/* How many drops have this cause; all of them must say this. */
static inline uint32_t caused(const char *cause, const char *evidence)
{
	uint32_t i, n = 0;

	for (i = 0; i < scene_rows(&scene, DROPS); i++) {
		if (strcmp(scene_cell(&scene, DROPS, i, PACKETS_CAUSE), cause) != 0)
			continue;
		n++;
		if (!strstr(scene_cell(&scene, DROPS, i, PACKETS_EVIDENCE), evidence)) {
			printf("# \"%s\" is not in \"%s\"\n", evidence,
			       scene_cell(&scene, DROPS, i, PACKETS_EVIDENCE));
			check_failures++;
		}
	}
	return n;
}

static inline double confidence(uint32_t row)
{
	return atof(scene_cell(&scene, DROPS, row, PACKETS_CONFIDENCE));
}

#endif

/* What SYNs offered, counted: as many values as there may be, and more. */
#include "tests/unit/scene.h"

static struct scene scene;

/* The row of a value of the client's TTL at the first point; or the number of rows. */
static uint32_t offers_row(const char *value)
{
	uint32_t row;

	for (row = 0; row < scene_rows(&scene, OFFERS); row++)
		if (strcmp(scene_cell(&scene, OFFERS, row, OFFERS_POINT), "near") == 0 &&
		    strcmp(scene_cell(&scene, OFFERS, row, OFFERS_FIELD), "ttl") == 0 &&
		    strcmp(scene_cell(&scene, OFFERS, row, OFFERS_FROM), "client") == 0 &&
		    strcmp(scene_cell(&scene, OFFERS, row, OFFERS_VALUE), value) == 0)
			break;
	return row;
}

static void syn(unsigned number, uint8_t ttl)
{
	struct scene_talk t = scene_talk(1000000 + 10000 * (int64_t)number, "10.1.0.1",
					 (uint16_t)(20000 + number), "10.2.0.1", 80);
	struct scene_packet packet = scene_by_client(&t, SYN, 0);

	packet.ttl = ttl;
	scene_send(&scene, t.us, packet, 0, 1);
}

/* So many TTLs, 100 + i in i % 3 + 1 SYNs, and behind them a hundred SYNs of TTL 64. */
static void count(unsigned values)
{
	unsigned i, k, number = 0;

	scene_begin(&scene);
	SCENE_ROAD(&scene, "near", "far");
	for (i = 0; i < values; i++)
		for (k = 0; k <= i % 3; k++)
			syn(number++, (uint8_t)(100 + i));
	for (i = 0; i < 100; i++)
		syn(number++, 64);
	scene_run(&scene);
}

static void test_values(void)
{
	count(63); /* and 64 itself */
	CHECK_INT(scene_int(&scene, OFFERS, offers_row("64"), OFFERS_SESSIONS), 100);
	CHECK_INT(scene_int(&scene, OFFERS, offers_row("102"), OFFERS_SESSIONS), 3);
	CHECK_INT(offers_row("other"), scene_rows(&scene, OFFERS));
	scene_end(&scene);
	check_case("sixty-four values have a row each");

	count(64);
	CHECK_INT(scene_int(&scene, OFFERS, offers_row("64"), OFFERS_SESSIONS), 100);
	CHECK_INT(scene_int(&scene, OFFERS, offers_row("other"), OFFERS_SESSIONS), 1);
	scene_end(&scene);
	count(65);
	CHECK_INT(scene_int(&scene, OFFERS, offers_row("other"), OFFERS_SESSIONS), 2);
	scene_end(&scene);
	check_case("beyond them the rarest are one row");

	/* 150 values, fifty of each number: the hundred of 64, the fifty of three, thirteen of two */
	count(150);
	CHECK_INT(scene_int(&scene, OFFERS, offers_row("64"), OFFERS_SESSIONS), 100);
	CHECK_INT(scene_int(&scene, OFFERS, offers_row("other"), OFFERS_SESSIONS), 37 * 2 + 50);
	CHECK_INT(scene_int(&scene, OFFERS, offers_row("249"), OFFERS_SESSIONS), 3);
	scene_end(&scene);
	check_case("and all of them together are all SYNs");
}

int main(void)
{
	test_values();
	return check_exit();
}

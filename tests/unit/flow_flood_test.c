/* Tuples that somebody chose so that they collide: they do under a key that is known, and not under the store's. */
#include "collect/flow.c"

#include "tests/unit/check.h"

#define TUPLES 2000u /* fewer than half of the first slots: the table does not grow */
#define KNOWN UINT64_C(0)

static struct packet packet_number(uint32_t n)
{
	struct packet p = {.version = 4, .proto = 17, .kind = PACKET_IP, .sport = 1000, .dport = 53};

	memcpy(p.src, &n, sizeof n);
	return p;
}

/* The first TUPLES of those whose slot is the first one, under the key that is known. */
static void flood_make(uint32_t tuple[TUPLES])
{
	struct flow_packet p;
	uint32_t found = 0, n;

	for (n = 1; found < TUPLES; n++) {
		struct packet packet = packet_number(n);

		flow_packet_make(&p, &packet, KNOWN);
		if (!(p.tag & (FLOW_SLOTS_FIRST - 1)))
			tuple[found++] = n;
	}
}

/* How many slots all look-ups pass in vain, over a table under a key. */
static uint64_t flood_cost(const uint32_t tuple[TUPLES], uint64_t seed)
{
	struct flow_table *table = NULL;
	struct error err = {0};
	uint64_t cost = 0;
	uint32_t where[TUPLES], i;

	CHECK_INT(flow_table_open(&table, seed, &err), STATUS_OK);
	for (i = 0; i < TUPLES; i++) {
		struct packet packet = packet_number(tuple[i]);

		CHECK_INT(flow_ask(table, &packet, i, &where[i], &err), STATUS_OK);
	}
	CHECK_INT(flow_settle(table, &err), STATUS_OK);
	CHECK_INT(table->slot_count, FLOW_SLOTS_FIRST);
	CHECK_INT(flow_count(table), TUPLES);
	for (i = 0; i < TUPLES; i++)
		CHECK_INT(where[i] >> 1, i);
	for (i = 0; i < table->slot_count; i++)
		if (table->slots[i].flow)
			cost += (i - table->slots[i].tag) & (table->slot_count - 1);
	flow_table_close(&table);
	return cost;
}

int main(void)
{
	static uint32_t tuple[TUPLES];
	uint64_t seed;

	flood_make(tuple);
	CHECK_INT(flood_cost(tuple, KNOWN), TUPLES * (TUPLES - 1) / 2);
	check_case("under a key that is known, tuples can be made of which each meets all before it");
	for (seed = 1; seed < 50; seed++)
		CHECK(flood_cost(tuple, seed * UINT64_C(0x9e3779b97f4a7c15)) < 2 * TUPLES);
	check_case("under any other key the same tuples are spread, and their numbers are the same");
	return check_exit();
}

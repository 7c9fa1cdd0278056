/* Which sessions are shown of too many, against lists worked out by hand. */
#include "report/worst.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "correlate/results.h"
#include "tests/unit/check.h"

static struct error err;

#define MUST(call) CHECK_INT((call), STATUS_OK)

/* So many sessions alike. */
struct lot {
	uint32_t count;
	const char *outcome, *cause;
	uint8_t server;
	int64_t dropped, packets;
};

static char path[64];
static struct store *store;
static struct store_txn *txn;
static struct worst worst;

static void put(struct table_writer *w, const struct lot *lot, uint32_t number)
{
	const uint8_t server[4] = {10, 0, 0, lot->server};

	table_set_int(w, SESSIONS_SESSION, number);
	table_set_text(w, SESSIONS_PROTO, "tcp");
	table_set_bytes(w, SESSIONS_SERVER, server, sizeof server);
	table_set_int(w, SESSIONS_SERVER_PORT, 80);
	table_set_text(w, SESSIONS_OUTCOME, lot->outcome);
	table_set_text(w, SESSIONS_CAUSE, lot->cause);
	table_set_int(w, SESSIONS_DROPPED, lot->dropped);
	table_set_int(w, SESSIONS_PACKETS_FORWARD, lot->packets);
	MUST(table_row(w, &err));
}

/* A store with these sessions, numbered in order; asks for `most`. */
static void given(const struct lot *lot, size_t lots, uint32_t most)
{
	struct table_writer *w;
	uint32_t generation, number = 0, i;
	size_t k;

	snprintf(path, sizeof path, "/tmp/crosstap-worst-%d.ct", (int)getpid());
	MUST(store_open(&store, path, STORE_CREATE, true, NULL, &err));
	MUST(table_generation_new(store, &generation, &err));
	MUST(table_begin(store, generation, &results_sessions, &w, &err));
	for (k = 0; k < lots; k++)
		for (i = 0; i < lot[k].count; i++)
			put(w, &lot[k], ++number);
	MUST(table_finish(&w, &err));
	MUST(table_generation_commit(store, generation, &err));
	MUST(store_begin(store, false, &txn, &err));
	MUST(worst_find(&worst, txn, NULL, most, &err));
}

static void done(void)
{
	char lock[80];

	worst_free(&worst);
	store_abort(&txn);
	store_close(&store);
	unlink(path);
	snprintf(lock, sizeof lock, "%s-lock", path);
	unlink(lock);
}

/* "3 1 2": their numbers in order. */
static const char *numbers(void)
{
	static char text[400];
	size_t n = 0;
	uint32_t i;

	*text = '\0';
	for (i = 0; i < worst.count && n < sizeof text - 12; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%u", i ? " " : "",
				      worst.list[i].session + 1);
	return text;
}

static void test_order(void)
{
	static const struct lot lots[] = {
		{2, "ok", NULL, 1, 0, 9},		 /* 1 2 */
		{1, "degraded", "path_loss", 1, 2, 9},	 /* 3 */
		{1, "aborted", "reset", 1, 0, 9},	 /* 4 */
		{2, "failed", "syn_dropped", 1, 1, 2},	 /* 5 6 */
		{1, "failed", "syn_dropped", 2, 3, 2},	 /* 7 */
		{1, "open", NULL, 1, 0, 9},		 /* 8 */
		{1, "ok", NULL, 1, 1, 9},		 /* 9: one was dropped all the same */
	};

	check_case("failed, aborted, degraded, open, ok; then by what was lost; then by number");
	given(lots, sizeof lots / sizeof lots[0], 100);
	CHECK_TEXT(numbers(), "7 5 6 4 3 8 9 1 2");
	check_case("bad are those that failed, were aborted or degraded, or lost a packet");
	CHECK_INT(worst.sessions, 9);
	CHECK_INT(worst.bad, 6);
	CHECK(worst.list[6].bad && !worst.list[5].bad && !worst.list[7].bad);
	done();
}

static void test_kinds(void)
{
	static const struct lot lots[] = {
		{50, "failed", "syn_dropped", 1, 2, 2},	 /* 1 .. 50 */
		{1, "failed", "refused", 1, 1, 2},	 /* 51 */
		{1, "degraded", "path_loss", 1, 1, 9},	 /* 52 */
		{1, "failed", "syn_dropped", 2, 2, 2},	 /* 53: another server */
		{30, "ok", NULL, 1, 0, 9},
	};

	check_case("many of one kind do not hide the others");
	given(lots, sizeof lots / sizeof lots[0], 7);
	CHECK_TEXT(numbers(), "1 2 3 4 53 51 52");
	CHECK_INT(worst.sessions, 83);
	CHECK_INT(worst.bad, 53);
	done();
	check_case("what is not bad comes last, however many there is room for");
	given(lots, sizeof lots / sizeof lots[0], 60);
	CHECK_INT(worst.count, 60);
	CHECK_INT(worst.list[52].session + 1, 52);
	CHECK_INT(worst.list[53].session + 1, 54);
	CHECK_INT(worst.list[59].session + 1, 60);
	done();
}

/* An eighth of the room is for those that are not bad. */
static void test_share(void)
{
	static const struct lot lots[] = {
		{50, "failed", "syn_dropped", 1, 2, 2},	 /* 1 .. 50 */
		{20, "degraded", "path_loss", 1, 1, 9},	 /* 51 .. 70 */
		{2, "open", NULL, 1, 0, 9},		 /* 71 72 */
		{30, "ok", NULL, 1, 0, 9},		 /* 73 .. 102 */
	};
	uint32_t *place, bad = 0, i;

	check_case("a share is for those with which nothing is wrong, some of every kind");
	given(lots, sizeof lots / sizeof lots[0], 32);
	for (i = 0; i < worst.count; i++)
		bad += worst.list[i].bad;
	CHECK_INT(bad, 28);
	CHECK_TEXT(strstr(numbers(), " 71"), " 71 72 73 74");
	check_case("one of each kind has its turn before a second of any");
	place = worst_by_turn(&worst);
	CHECK(place != NULL);
	for (i = 0; place && i < 4; i++) {
		static const uint32_t first[] = {1, 51, 71, 73};

		CHECK_INT(worst.list[place[i]].session + 1, first[i]);
	}
	free(place);
	done();
}

static void test_none(void)
{
	check_case("no session: none");
	given(NULL, 0, 10);
	CHECK_INT(worst.count, 0);
	CHECK_INT(worst.sessions, 0);
	done();
}

int main(void)
{
	test_order();
	test_kinds();
	test_share();
	test_none();
	return check_exit();
}

/* Scenes: captures made of a few lines that say which packet was where and
 * when, put into a store as collect would, correlated, and read back as text.
 *
 * A scene has a road: points in a row, each hop with a delay of its own that
 * counts the TTL down by one and may rewrite one end of a session (NAT, PAT, a
 * balancer's DNAT). scene_send() lets a packet travel along a stretch of it;
 * what ends early was dropped, what begins in the middle was injected, and a
 * stage that is blind did not capture. Clocks lie as scene_clock() says.
 *
 * Whatever was sent, scene_run() checks that every packet is accounted for:
 * the rows of hops and balance add up, each point's rows hold as many packets
 * as its captures, drops and injected have as many rows as hops counts, and the
 * bins of distributions hold as many packets.
 */
#ifndef CROSSTAP_TESTS_SCENE_H
#define CROSSTAP_TESTS_SCENE_H

#include <unistd.h>

#include "correlate/results.h"
#include "tests/unit/scene_road.h"
#include "tests/unit/scene_store.h"

/* ---- the results ---- */

static inline char *scene_cell_text(const struct table_reader *reader,
				    const struct table_column *column, uint32_t c)
{
	char text[TABLE_TEXT_MAX + 1] = "";
	const uint8_t *bytes;
	size_t size;

	switch (column->type) {
	case TABLE_INT:
	case TABLE_TIME:
	case TABLE_NANOS:
		if (table_int(reader, c) != TABLE_INT_UNKNOWN)
			snprintf(text, sizeof text, "%lld", (long long)table_int(reader, c));
		break;
	case TABLE_REAL:
		if (table_real(reader, c) == table_real(reader, c))
			snprintf(text, sizeof text, "%.*f", column->decimals,
				 table_real(reader, c));
		break;
	case TABLE_ADDRESS:
		bytes = table_bytes(reader, c, &size);
		if (size)
			inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text);
		break;
	default:
		snprintf(text, sizeof text, "%s", table_text(reader, c));
	}
	return strdup(text);
}

static inline enum status scene_read_table(struct scene *s, struct store_txn *txn,
					   struct scene_table *table)
{
	struct table_reader *reader = NULL;
	enum status status = table_open(txn, table->schema, &reader, &s->err);
	uint32_t columns = table->schema->columns, c;
	bool more = true;

	if (status)
		return status;
	table->cell = calloc((size_t)table_rows(reader) * columns + 1, sizeof *table->cell);
	while (!status && table->cell) {
		status = table_next(reader, &more, &s->err);
		if (status || !more)
			break;
		for (c = 0; c < columns; c++)
			table->cell[table->rows * columns + c] =
				scene_cell_text(reader, &table->schema->column[c], c);
		table->rows++;
	}
	table_close(&reader);
	return status;
}

static inline enum status scene_read(struct scene *s, struct store *store)
{
	static const struct table_schema *const schemas[SCENE_TABLES] = {
		&results_hops, &results_balance, &results_drops, &results_injected,
		&results_resets, &results_sessions, &results_findings, &results_session_points,
		&results_translations, &results_changes, &results_distributions,
		&results_expect, &results_offers,
	};
	struct store_txn *txn = NULL;
	enum status status = store_begin(store, false, &txn, &s->err);
	uint32_t t;

	for (t = 0; t < SCENE_TABLES && !status; t++) {
		s->table[t].schema = schemas[t];
		status = scene_read_table(s, txn, &s->table[t]);
	}
	store_abort(&txn);
	return status;
}

static inline const char *scene_cell(const struct scene *s, enum scene_tables t, uint32_t row,
				     uint32_t column)
{
	const struct scene_table *table = &s->table[t];

	return row < table->rows ? table->cell[row * table->schema->columns + column] : "no such row";
}

static inline long long scene_int(const struct scene *s, enum scene_tables t, uint32_t row,
				  uint32_t column)
{
	return atoll(scene_cell(s, t, row, column));
}

/* A number of a hop in a direction ("forward", "reverse", "none"); -1: no such row. */
static inline long long scene_hop(const struct scene *s, const char *hop, const char *direction,
				  uint32_t column)
{
	uint32_t row;

	for (row = 0; row < s->table[HOPS].rows; row++)
		if (strcmp(scene_cell(s, HOPS, row, HOPS_HOP), hop) == 0 &&
		    strcmp(scene_cell(s, HOPS, row, HOPS_DIRECTION), direction) == 0)
			return scene_int(s, HOPS, row, column);
	return -1;
}

/* A number of a hop's balance at a point, both directions and none together; -1: no such row. */
static inline long long scene_balance(const struct scene *s, const char *hop, const char *point,
				      uint32_t column)
{
	long long sum = -1;
	uint32_t row;

	for (row = 0; row < s->table[BALANCE].rows; row++)
		if (strcmp(scene_cell(s, BALANCE, row, BALANCE_HOP), hop) == 0 &&
		    strcmp(scene_cell(s, BALANCE, row, BALANCE_POINT), point) == 0)
			sum = (sum < 0 ? 0 : sum) + scene_int(s, BALANCE, row, column);
	return sum;
}

/* A column of hops over all hops and directions. */
static inline long long scene_sum(const struct scene *s, uint32_t column)
{
	long long sum = 0;
	uint32_t row;

	for (row = 0; row < s->table[HOPS].rows; row++)
		sum += scene_int(s, HOPS, row, column);
	return sum;
}

static inline uint32_t scene_rows(const struct scene *s, enum scene_tables t)
{
	return s->table[t].rows;
}

static inline void scene_show(const struct scene *s)
{
	uint32_t t, row, c;

	for (t = 0; t < SCENE_TABLES; t++) {
		printf("# -- %s, path %s (%s)\n", s->table[t].schema->name, s->summary.path,
		       s->summary.evidence);
		for (row = 0; row < s->table[t].rows; row++) {
			printf("#");
			for (c = 0; c < s->table[t].schema->columns; c++)
				printf(" %s=%s", s->table[t].schema->column[c].name,
				       scene_cell(s, t, row, c));
			printf("\n");
		}
	}
}

/* ---- what holds in every scene ---- */

static inline void scene_check_hops(const struct scene *s)
{
	static const uint32_t parts[] = {HOPS_MATCHED,    HOPS_DROPPED,   HOPS_LOCAL,
					 HOPS_UNCAPTURED, HOPS_EDGE,      HOPS_AMBIGUOUS,
					 HOPS_EXCLUDED};
	uint32_t row, k;

	for (row = 0; row < s->table[HOPS].rows; row++) {
		long long sum = 0;

		for (k = 0; k < sizeof parts / sizeof parts[0]; k++)
			sum += scene_int(s, HOPS, row, parts[k]);
		CHECK_INT(sum, scene_int(s, HOPS, row, HOPS_PACKETS));
	}
	CHECK_INT(scene_sum(s, HOPS_DROPPED), scene_rows(s, DROPS));
	CHECK_INT(scene_sum(s, HOPS_INJECTED), scene_rows(s, INJECTED));
}

/* A column of distributions over all rows of a hop, direction and kind. */
static inline long long scene_distributed(const struct scene *s, const char *hop,
					  const char *direction, const char *kind, uint32_t column)
{
	long long sum = 0;
	uint32_t row;

	for (row = 0; row < s->table[DISTRIBUTIONS].rows; row++)
		if (strcmp(scene_cell(s, DISTRIBUTIONS, row, DISTRIBUTIONS_HOP), hop) == 0 &&
		    strcmp(scene_cell(s, DISTRIBUTIONS, row, DISTRIBUTIONS_DIRECTION),
			   direction) == 0 &&
		    strcmp(scene_cell(s, DISTRIBUTIONS, row, DISTRIBUTIONS_KIND), kind) == 0)
			sum += scene_int(s, DISTRIBUTIONS, row, column);
	return sum;
}

/* Bins hold what hops counts. */
static inline void scene_check_distributions(const struct scene *s)
{
	uint32_t row;

	for (row = 0; row < s->table[HOPS].rows; row++) {
		const char *hop = scene_cell(s, HOPS, row, HOPS_HOP);
		const char *direction = scene_cell(s, HOPS, row, HOPS_DIRECTION);
		bool told = *scene_cell(s, HOPS, row, HOPS_DELAY_P50);
		long long delays = scene_distributed(s, hop, direction, "delay_us",
						     DISTRIBUTIONS_PACKETS);

		CHECK_INT(delays > 0, told);
		CHECK(delays <= scene_int(s, HOPS, row, HOPS_MATCHED));
		CHECK_INT(scene_distributed(s, hop, direction, "length_bytes",
					    DISTRIBUTIONS_PACKETS),
			  scene_int(s, HOPS, row, HOPS_MATCHED) +
				  scene_int(s, HOPS, row, HOPS_DROPPED) +
				  scene_int(s, HOPS, row, HOPS_UNCAPTURED));
		CHECK_INT(scene_distributed(s, hop, direction, "length_bytes",
					    DISTRIBUTIONS_DROPPED),
			  scene_int(s, HOPS, row, HOPS_DROPPED));
	}
}

static inline void scene_check_balance(const struct scene *s)
{
	uint32_t row, p, f;

	for (row = 0; row < s->table[BALANCE].rows; row++)
		CHECK_TEXT(scene_cell(s, BALANCE, row, BALANCE_BALANCED), "yes");
	for (row = 0; row < s->table[BALANCE].rows; row++) {
		long long rows = 0;

		for (p = 0; strcmp(s->point[p].name, scene_cell(s, BALANCE, row, BALANCE_POINT)) != 0; p++)
			;
		for (f = 0; f < SCENE_FILES; f++)
			rows += s->point[p].file[f].rows + s->point[p].file[f].more;
		CHECK_INT(scene_balance(s, scene_cell(s, BALANCE, row, BALANCE_HOP),
					s->point[p].name, BALANCE_PACKETS),
			  rows);
	}
}

static inline void scene_forget(struct scene *s)
{
	uint32_t t, i;

	for (t = 0; t < SCENE_TABLES; t++) {
		for (i = 0; s->table[t].cell && i < s->table[t].rows * s->table[t].schema->columns;
		     i++)
			free(s->table[t].cell[i]);
		free(s->table[t].cell);
		s->table[t] = (struct scene_table){0};
	}
}

static inline void scene_end(struct scene *s)
{
	uint32_t p, f;

	scene_forget(s);
	for (p = 0; p < s->points; p++)
		for (f = 0; f < SCENE_FILES; f++)
			free(s->point[p].file[f].row);
	memset(s, 0, sizeof *s);
}

/* Correlates what was sent. With SCENE_SHOW in the environment all results are printed. */
static inline enum status scene_correlate(struct scene *s)
{
	struct correlate_options options = {.path = s->path, .tmax_ns = CORRELATE_TMAX_DEFAULT_NS,
					    .threads = s->threads};
	char folder[] = "/tmp/crosstap-scene-XXXXXX", name[64], lock[80];
	const uint64_t seed = SCENE_SEED;
	struct store *store = NULL;
	enum status status;
	char policy[80];
	FILE *file;

	scene_forget(s);
	if (!mkdtemp(folder))
		abort();
	snprintf(policy, sizeof policy, "%s/policy.csv", folder);
	file = s->expect ? fopen(policy, "w") : NULL;
	if (file) {
		fputs(s->expect, file);
		fclose(file);
		options.expect = policy;
	}
	snprintf(name, sizeof name, "%s/scene.ct", folder);
	snprintf(lock, sizeof lock, "%s-lock", name);
	status = store_open(&store, name, STORE_CREATE, true, &seed, &s->err);
	if (!status)
		status = scene_write(s, store);
	if (!status)
		status = correlate_run(store, &options, &s->summary, &s->err);
	if (!status)
		status = scene_read(s, store);
	if (!status && s->look)
		s->look(s, store);
	store_close(&store);
	unlink(name);
	unlink(lock);
	unlink(policy);
	rmdir(folder);
	return status;
}

static inline void scene_check(const struct scene *s, enum status status)
{
	if (status) {
		printf("# correlate ended in %d: %s\n", status, s->err.text);
		check_failures++;
		return;
	}
	if (getenv("SCENE_SHOW"))
		scene_show(s);
	scene_check_hops(s);
	scene_check_distributions(s);
	scene_check_balance(s);
}

static inline void scene_run(struct scene *s)
{
	scene_check(s, scene_correlate(s));
}

#endif

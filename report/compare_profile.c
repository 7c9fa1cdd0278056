#include "report/compare_profile_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "correlate/results.h"
#include "report/cell.h"
#include "report/manifest.h"
#include "report/sheet.h"

#define PROFILE_CHANGES_MAX 4000u
#define PROFILE_OFFERS_MAX 8000u
#define PROFILE_BALANCES_MAX 4000u
#define PROFILE_HOP_SIGN '\001' /* in front of a hop's place; no name begins so */
#define PROFILE_HOPS_MAX 1024u
#define PROFILE_HOP_ROOM 128
#define PROFILE_BINS_MAX 200000u

struct profile_reader {
	struct profile *profile;
	struct store_txn *txn;
	uint64_t room;      /* of the list under way */
	struct error *err;
};

/* A table is read row by row. */
typedef enum status profile_take(struct profile_reader *r, const struct cell *cell);

enum status profile_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "compare");
}

const char *profile_text(const struct cell *cell)
{
	return cell->known ? cell->text : "";
}

uint32_t profile_number(const struct cell *cell)
{
	return cell->known && cell->number > 0
		       ? (cell->number < UINT32_MAX ? (uint32_t)cell->number : UINT32_MAX) : 0;
}

enum status profile_put(struct dictionary *d, const char *text, uint32_t *number,
			       struct error *err)
{
	char cut[PROFILE_TEXT_MAX + 1];
	size_t size = strnlen(text, PROFILE_TEXT_MAX);

	memcpy(cut, text, size);
	cut[size] = '\0';
	return dictionary_number(d, (const uint8_t *)cut, size + 1, number, err);
}

int64_t profile_time(const struct cell *cell)
{
	return cell->known && cell->number >= 0 ? cell->number : PROFILE_UNKNOWN;
}

uint8_t profile_block(int64_t time_ns, int64_t first_ns, int64_t block_ns)
{
	__int128 block = ((__int128)time_ns - first_ns) / block_ns;

	return block < 0 ? 0 : block >= STATS_BLOCKS ? STATS_BLOCKS - 1 : (uint8_t)block;
}

int64_t profile_block_length(int64_t first_ns, int64_t last_ns)
{
	__int128 length = ((__int128)last_ns - first_ns) / STATS_BLOCKS + 1;

	return length > INT64_MAX ? INT64_MAX : (int64_t)length;
}

static enum status profile_rows(struct profile_reader *r, const struct table_schema *schema,
				profile_take *take)
{
	struct rows *rows;
	enum status status = rows_open_table(&rows, r->txn, schema, r->err);
	bool more = true;

	while (!status) {
		status = rows_next(rows, &more, r->err);
		if (status || !more)
			break;
		status = take(r, rows_cells(rows));
	}
	rows_close(&rows);
	return status;
}

static const char *profile_get(const struct dictionary *d, uint32_t number)
{
	size_t size;
	const uint8_t *bytes = dictionary_entry(d, number, &size);

	return size && !bytes[size - 1] ? (const char *)bytes : "others";
}

const char *profile_service(const struct profile *profile, uint32_t number)
{
	return profile_get(profile->services, number);
}

const char *profile_word(const struct profile *profile, uint32_t number)
{
	return profile_get(profile->words, number);
}

const char *profile_name(const struct profile *profile, uint32_t number)
{
	return profile_get(profile->names, number);
}

const char *profile_backend(const struct profile *profile, uint32_t number)
{
	return profile_get(profile->backends, number);
}

bool profile_services_cut(const struct profile *profile)
{
	return dictionary_entries(profile->services) > DICTIONARY_OTHER;
}

const char *profile_word_hop(const struct profile *profile, const char *text)
{
	uint32_t row;

	if (*text != PROFILE_HOP_SIGN)
		return text;
	row = (uint32_t)strtoul(text + 1, NULL, 10);
	return row < profile->hops.count ? held_text(&profile->hops, row, HOPS_HOP) : "";
}

/* Names of hops may be long, and words have little room. */
static void profile_name_hop(const struct profile *p, const char *hop, char place[PROFILE_HOP_ROOM])
{
	uint32_t i;

	for (i = 0; i < p->hops.count; i++)
		if (*hop && strcmp(held_text(&p->hops, i, HOPS_HOP), hop) == 0)
			break;
	if (i < p->hops.count)
		snprintf(place, PROFILE_HOP_ROOM, "%c%u", PROFILE_HOP_SIGN, i);
	else
		snprintf(place, PROFILE_HOP_ROOM, "%.*s", (int)strcspn(hop, "\t"), hop);
}

uint32_t profile_find_service(const struct profile *profile, const char *service)
{
	return dictionary_find(profile->services, (const uint8_t *)service, strlen(service) + 1);
}

/* ---- sessions ---- */

/* "10.2.0.1:443/tcp", "[fd77::1]:443/tcp", "10.2.0.1/icmp". */
static void profile_name_service(char name[PROFILE_TEXT_MAX + 1], const struct cell *address,
				 const struct cell *port, const char *proto)
{
	char text[CELL_ROOM + 1] = "?";
	bool brackets = address->known && address->size == 16 && port->known;

	if (address->known)
		*cell_address(text, address->bytes, address->size) = '\0';
	if (port->known)
		snprintf(name, PROFILE_TEXT_MAX + 1, "%s%.64s%s:%u/%.32s", brackets ? "[" : "", text,
			 brackets ? "]" : "", profile_number(port), proto);
	else
		snprintf(name, PROFILE_TEXT_MAX + 1, "%.64s/%.32s", text, proto);
}

static enum status profile_take_session(struct profile_reader *r, const struct cell *cell)
{
	struct profile *p = r->profile;
	struct profile_session *list = memory_room(p->session, p->sessions, &r->room, sizeof *list), *s;
	const char *outcome = profile_text(&cell[SESSIONS_OUTCOME]);
	char text[3 * PROFILE_TEXT_MAX], hop[PROFILE_HOP_ROOM];
	enum status status;

	if (!list || p->sessions == UINT32_MAX - 1)
		return profile_memory(r->err);
	p->session = list;
	s = &list[p->sessions++];
	*s = (struct profile_session){
		.start_ns = cell[SESSIONS_START].known ? cell[SESSIONS_START].number : PROFILE_UNKNOWN,
		.time_ns = {profile_time(&cell[SESSIONS_HANDSHAKE]), profile_time(&cell[SESSIONS_CLIENT_TIME]),
			    profile_time(&cell[SESSIONS_PATH_TIME]), profile_time(&cell[SESSIONS_SERVER_TIME])},
		.packets = (uint64_t)profile_number(&cell[SESSIONS_PACKETS_FORWARD]) +
			   profile_number(&cell[SESSIONS_PACKETS_REVERSE]),
		.retransmissions = profile_number(&cell[SESSIONS_RETRANSMISSIONS]),
		.status = (uint16_t)profile_number(&cell[SESSIONS_HTTP_STATUS]),
		.established = strcmp(outcome, "failed") != 0};
	if (s->retransmissions > s->packets)
		s->retransmissions = (uint32_t)s->packets;
	profile_name_service(text, &cell[SESSIONS_SERVER], &cell[SESSIONS_SERVER_PORT],
			     profile_text(&cell[SESSIONS_PROTO]));
	status = profile_put(p->services, text, &s->service, r->err);
	if (status)
		return status;
	status = profile_put(p->names, profile_text(&cell[SESSIONS_NAME]), &s->name, r->err);
	if (status)
		return status;
	profile_name_hop(p, profile_text(&cell[SESSIONS_HOP]), hop);
	snprintf(text, sizeof text, "%.48s\t%.64s\t%s", outcome, profile_text(&cell[SESSIONS_CAUSE]), hop);
	return profile_put(p->words, text, &s->end, r->err);
}

/* The session of a row; sessions: of none. */
static uint32_t profile_session_of(const struct profile *p, const struct cell *cell)
{
	return cell->known && cell->number > 0 && cell->number <= p->sessions
		       ? (uint32_t)(cell->number - 1) : p->sessions;
}

/* A session's rows are in the order of the path: the last is the server's side. */
static enum status profile_take_point(struct profile_reader *r, const struct cell *cell)
{
	struct profile *p = r->profile;
	uint32_t session = profile_session_of(p, &cell[SESSION_POINTS_SESSION]);
	char name[PROFILE_TEXT_MAX + 1];
	const char *service, *proto;

	if (session == p->sessions || !cell[SESSION_POINTS_DPORT].known)
		return STATUS_OK;
	service = profile_service(p, p->session[session].service);
	proto = strrchr(service, '/');
	profile_name_service(name, &cell[SESSION_POINTS_DST], &cell[SESSION_POINTS_DPORT],
			     proto ? proto + 1 : "");
	return profile_put(p->backends, strcmp(name, service) == 0 ? "" : name,
			   &p->session[session].backend, r->err);
}

static enum status profile_add_mark(struct profile_reader *r, uint32_t session, const char *what,
				    const struct cell *cause, const struct cell *where)
{
	struct profile *p = r->profile;
	struct profile_mark *list, mark = {.session = session};
	char text[2 * PROFILE_TEXT_MAX], hop[PROFILE_HOP_ROOM];
	enum status status;

	if (session == p->sessions)
		return STATUS_OK;
	profile_name_hop(p, profile_text(where), hop);
	snprintf(text, sizeof text, "%s\t%.64s\t%s", what, profile_text(cause), hop);
	status = profile_put(p->words, text, &mark.kind, r->err);
	if (status || (p->marks && p->mark[p->marks - 1].session == session &&
		       p->mark[p->marks - 1].kind == mark.kind))
		return status;
	list = memory_room(p->mark, p->marks, &r->room, sizeof *list);
	if (!list || p->marks == UINT32_MAX - 1)
		return profile_memory(r->err);
	p->mark = list;
	list[p->marks++] = mark;
	return STATUS_OK;
}

static enum status profile_take_reset(struct profile_reader *r, const struct cell *cell)
{
	return profile_add_mark(r, profile_session_of(r->profile, &cell[RESETS_SESSION]), "reset",
				&cell[RESETS_CAUSE], &cell[RESETS_ORIGIN]);
}

static enum status profile_take_drop(struct profile_reader *r, const struct cell *cell)
{
	return profile_add_mark(r, profile_session_of(r->profile, &cell[PACKETS_SESSION]), "dropped",
				&cell[PACKETS_CAUSE], &cell[PACKETS_HOP]);
}

/* Which hop sends to a server: a row for each that a balancer chose. */
static enum status profile_take_translation(struct profile_reader *r, const struct cell *cell)
{
	struct profile *p = r->profile;
	char name[PROFILE_TEXT_MAX + 1], text[2 * PROFILE_TEXT_MAX + 16], hop[PROFILE_HOP_ROOM];
	uint32_t *list;

	if (strcmp(profile_text(&cell[TRANSLATIONS_KIND]), "balance") != 0 || p->balances == PROFILE_BALANCES_MAX)
		return STATUS_OK;
	list = memory_room(p->balance, p->balances, &r->room, sizeof *list);
	if (!list || p->balances == UINT32_MAX)
		return profile_memory(r->err);
	p->balance = list;
	profile_name_service(name, &cell[TRANSLATIONS_TO_DST], &cell[TRANSLATIONS_TO_DPORT], "");
	profile_name_hop(p, profile_text(&cell[TRANSLATIONS_HOP]), hop);
	snprintf(text, sizeof text, "balance\t%.100s\t%s", name, hop);
	return profile_put(p->words, text, &list[p->balances++], r->err);
}

static int profile_compare_marks(const void *x, const void *y)
{
	const struct profile_mark *a = x, *b = y;

	if (a->session != b->session)
		return a->session < b->session ? -1 : 1;
	return (a->kind > b->kind) - (a->kind < b->kind);
}

/* Each kind once for a session. */
static void profile_sort_marks(struct profile *p)
{
	uint32_t i, kept = 0;

	if (p->marks)
		qsort(p->mark, p->marks, sizeof *p->mark, profile_compare_marks);
	for (i = 0; i < p->marks; i++)
		if (!kept || profile_compare_marks(&p->mark[kept - 1], &p->mark[i]) != 0)
			p->mark[kept++] = p->mark[i];
	p->marks = kept;
}

static void profile_cut(struct profile *p)
{
	int64_t first_ns = INT64_MAX, last_ns = INT64_MIN;
	uint32_t i;

	for (i = 0; i < p->sessions; i++) {
		int64_t start_ns = p->session[i].start_ns;

		if (start_ns == PROFILE_UNKNOWN)
			continue;
		first_ns = start_ns < first_ns ? start_ns : first_ns;
		last_ns = start_ns > last_ns ? start_ns : last_ns;
	}
	p->block_ns = first_ns <= last_ns ? profile_block_length(first_ns, last_ns) : 1;
	for (i = 0; i < p->sessions; i++)
		p->session[i].block = profile_block(p->session[i].start_ns, first_ns, p->block_ns);
}

/* Sessions service by service, each one's in their order. */
static bool profile_gather(struct profile *p)
{
	uint32_t services = dictionary_entries(p->services), i;
	uint32_t *next = calloc((size_t)services + 2, sizeof *next);

	p->service_first = calloc((size_t)services + 2, sizeof *p->service_first);
	p->by_service = calloc((size_t)p->sessions + 1, sizeof *p->by_service);
	if (next && p->service_first && p->by_service) {
		for (i = 0; i < p->sessions; i++)
			p->service_first[p->session[i].service + 1]++;
		for (i = 0; i < services; i++)
			p->service_first[i + 1] += p->service_first[i];
		memcpy(next, p->service_first, ((size_t)services + 1) * sizeof *next);
		for (i = 0; i < p->sessions; i++)
			p->by_service[next[p->session[i].service]++] = i;
	}
	free(next);
	return next && p->service_first && p->by_service;
}

/* ---- all of it ---- */

static enum status profile_read_sheets(struct profile *p, struct store_txn *txn, struct error *err)
{
	const struct {
		const char *sheet;
		uint32_t most;
		struct held *held;
	} sheets[] = {
		{"manifest", UINT32_MAX, &p->manifest}, {"run", 1000, &p->run},
		{"hops", PROFILE_HOPS_MAX, &p->hops},   {"changes", PROFILE_CHANGES_MAX, &p->changes},
		{"offers", PROFILE_OFFERS_MAX, &p->offers},
		{"distributions", PROFILE_BINS_MAX, &p->distributions},
	};
	enum status status = STATUS_OK;
	size_t i;

	for (i = 0; i < sizeof sheets / sizeof sheets[0] && !status; i++)
		status = held_read(sheets[i].held, txn, sheets[i].sheet, sheets[i].most, NULL, err);
	return status;
}

static void profile_read_span(struct profile *p)
{
	uint32_t i;

	p->first_ns = INT64_MAX;
	p->last_ns = INT64_MIN;
	for (i = 0; i < p->manifest.count; i++) {
		const struct cell *cell = held_row(&p->manifest, i);

		p->packets += held_count(&p->manifest, i, MANIFEST_PACKETS);
		if (!cell[MANIFEST_FIRST].known || !cell[MANIFEST_LAST].known)
			continue;
		if (cell[MANIFEST_FIRST].number < p->first_ns)
			p->first_ns = cell[MANIFEST_FIRST].number;
		if (cell[MANIFEST_LAST].number > p->last_ns)
			p->last_ns = cell[MANIFEST_LAST].number;
	}
}

/* The tables that are taken row by row, and those that fill one list together. */
static enum status profile_read_tables(struct profile *p, struct store_txn *txn, struct error *err)
{
	static const struct {
		const struct table_schema *schema;
		profile_take *take;
		bool goes_on; /* with the list of the one before */
	} tables[] = {
		{&results_sessions, profile_take_session, false},
		{&results_session_points, profile_take_point, false},
		{&results_resets, profile_take_reset, false},
		{&results_drops, profile_take_drop, true},
		{&results_translations, profile_take_translation, false},
	};
	struct profile_reader reader = {p, txn, 0, err};
	enum status status = STATUS_OK;
	size_t i;

	for (i = 0; i < sizeof tables / sizeof tables[0] && !status; i++) {
		if (!tables[i].goes_on)
			reader.room = 0;
		status = profile_rows(&reader, tables[i].schema, tables[i].take);
	}
	return status;
}

static enum status profile_read_all(struct profile *p, struct store_txn *txn, struct error *err)
{
	struct dictionary **dictionaries[] = {&p->services, &p->words, &p->names, &p->backends};
	enum status status = STATUS_OK;
	uint32_t none;
	size_t i;

	for (i = 0; i < sizeof dictionaries / sizeof dictionaries[0] && !status; i++) {
		status = dictionary_open(dictionaries[i], 0, err);
		if (!status && dictionaries[i] != &p->services)
			status = profile_put(*dictionaries[i], "", &none, err); /* number 0 */
	}
	if (!status)
		status = profile_read_sheets(p, txn, err);
	if (!status)
		status = profile_read_tables(p, txn, err);
	if (!status)
		status = profile_read_hops(p, txn, err);
	if (status)
		return status;
	profile_read_span(p);
	profile_sort_marks(p);
	profile_cut(p);
	return profile_gather(p) ? STATUS_OK : profile_memory(err);
}

enum status profile_read(struct profile **out, const char *path, struct error *err)
{
	struct profile *p = calloc(1, sizeof *p);
	struct store *store = NULL;
	struct store_txn *txn = NULL;
	enum status status = p ? store_open(&store, path, STORE_READ, false, NULL, err)
			       : profile_memory(err);

	if (!status)
		status = store_begin(store, false, &txn, err);
	if (!status)
		status = profile_read_all(p, txn, err);
	store_abort(&txn);
	store_close(&store);
	if (status)
		profile_free(&p);
	if (status && strncmp(err->text, path, strlen(path)) != 0) { /* of several, which */
		struct error why = *err;

		error_set(err, status, "%s: %s", path, why.text);
	}
	*out = p;
	return status;
}

void profile_free(struct profile **profile)
{
	struct profile *p = *profile;
	uint32_t i;

	*profile = NULL;
	if (!p)
		return;
	held_free(&p->manifest);
	held_free(&p->run);
	held_free(&p->hops);
	held_free(&p->changes);
	held_free(&p->offers);
	held_free(&p->distributions);
	dictionary_close(&p->services);
	dictionary_close(&p->words);
	dictionary_close(&p->names);
	dictionary_close(&p->backends);
	for (i = 0; i < p->hops_count; i++) {
		free(p->hop[i].hop);
		free(p->hop[i].direction);
		free(p->hop[i].cause[0]);
		free(p->hop[i].cause[1]);
	}
	free(p->hop);
	free(p->session);
	free(p->by_service);
	free(p->service_first);
	free(p->mark);
	free(p->balance);
	free(p);
}

const char *profile_run(const struct profile *profile, const char *key)
{
	return held_find(&profile->run, RUN_KEY, key, RUN_VALUE);
}

double profile_duration_s(const struct profile *profile)
{
	double length_ns = (double)profile->last_ns - (double)profile->first_ns;

	return profile->first_ns > profile->last_ns || length_ns < 1 ? 1e-9 : length_ns / 1e9;
}

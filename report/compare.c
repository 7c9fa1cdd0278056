#include "report/compare.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/results.h"

static enum status compare_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "compare");
}

/* Run `i` before, or the one after. */
static const struct profile *compare_run(const struct compare *c, uint32_t i)
{
	return i < c->runs ? c->before[i] : c->after;
}

/* The samples of a subject in all runs. */
struct compare_sides {
	struct measures before[COMPARE_RUNS_MAX], after;
};

static struct measures *sides_of(struct compare_sides *sides, const struct compare *c, uint32_t i)
{
	return i < c->runs ? &sides->before[i] : &sides->after;
}

static void sides_free(struct compare_sides *sides)
{
	uint32_t i;

	for (i = 0; i < COMPARE_RUNS_MAX; i++)
		measures_free(&sides->before[i]);
	measures_free(&sides->after);
}

/* ---- services ---- */

struct compare_service {
	const char *name;    /* borrowed */
	uint32_t sessions;   /* of the run that has most */
};

static int compare_service_names(const void *x, const void *y)
{
	const struct compare_service *a = x, *b = y;

	return strverscmp(a->name, b->name);
}

static int compare_service_sessions(const void *x, const void *y)
{
	const struct compare_service *a = x, *b = y;

	if (a->sessions != b->sessions)
		return a->sessions > b->sessions ? -1 : 1;
	return strverscmp(a->name, b->name);
}

/* All services of all runs, those of one name once. */
static struct compare_service *services_list(const struct compare *c, uint32_t *count)
{
	struct compare_service *list;
	size_t all = 0, n = 0;
	uint32_t i, s, kept = 0;

	for (i = 0; i <= c->runs; i++)
		all += dictionary_entries(compare_run(c, i)->services);
	list = calloc(all + 1, sizeof *list);
	for (i = 0; list && i <= c->runs; i++) {
		const struct profile *p = compare_run(c, i);

		for (s = 0; s < dictionary_entries(p->services); s++)
			list[n++] = (struct compare_service){
				profile_service(p, s), p->service_first[s + 1] - p->service_first[s]};
	}
	if (n)
		qsort(list, n, sizeof *list, compare_service_names);
	for (i = 0; i < n; i++)
		if (kept && strcmp(list[kept - 1].name, list[i].name) == 0) {
			if (list[i].sessions > list[kept - 1].sessions)
				list[kept - 1].sessions = list[i].sessions;
		} else {
			list[kept++] = list[i];
		}
	*count = kept;
	return list;
}

/* Those that get rows, by name; *others do not. NULL: no memory. */
static struct compare_service *services_choose(const struct compare *c, uint32_t *count,
					       uint32_t *others)
{
	struct compare_service *list = services_list(c, count);
	uint32_t kept = 0;

	*others = *count;
	if (!list)
		return NULL;
	if (*count)
		qsort(list, *count, sizeof *list, compare_service_sessions);
	while (kept < *count && kept < COMPARE_SERVICES_MAX &&
	       list[kept].sessions >= COMPARE_SESSIONS_MIN)
		kept++;
	*others -= kept;
	*count = kept;
	if (kept)
		qsort(list, kept, sizeof *list, compare_service_names);
	return list;
}

/* What a service's clients call it: the first session's name, and whether there are others. */
static bool services_name(const struct profile *p, uint32_t service, const char **name)
{
	const char *first = "";
	uint32_t i;

	for (i = p->service_first[service]; i < p->service_first[service + 1]; i++) {
		const char *own = profile_name(p, p->session[p->by_service[i]].name);

		if (*own && *first && strcmp(own, first) != 0)
			return true;
		if (*own)
			*name = first = own;
	}
	return false;
}

/* As the latest run has it; the caller frees. NULL: no memory. */
static char *compare_name(const struct compare *c, const uint32_t *number)
{
	const char *name = "";
	bool others = false;
	uint32_t i = c->runs + 1;
	char *text;

	while (i > 0 && !*name)
		if (number[--i] < MEASURE_ALL)
			others = services_name(compare_run(c, i), number[i], &name);
	return asprintf(&text, "%s%s", name, others ? " and others" : "") < 0 ? NULL : text;
}

/* `service` NULL: all sessions. */
static bool compare_sessions(struct compare *c, const char *service)
{
	struct compare_subject subject = {service ? COMPARE_SERVICE : COMPARE_TOTAL,
					  service ? service : "all sessions", NULL};
	struct compare_sides sides = {.after = {0}};
	uint32_t number[COMPARE_RUNS_MAX + 1], i;
	char *name;
	bool ok;

	for (i = 0; i <= c->runs; i++)
		number[i] = service ? profile_find_service(compare_run(c, i), service) : MEASURE_ALL;
	subject.name = name = compare_name(c, number);
	ok = name != NULL;
	for (i = 0; i <= c->runs && ok; i++)
		if (number[i] != DICTIONARY_NONE)
			ok = measures_service(sides_of(&sides, c, i), compare_run(c, i), number[i]);
	if (ok)
		ok = compare_subject(c, &subject, sides.before, &sides.after);
	sides_free(&sides);
	free(name);
	return ok;
}

static bool compare_services(struct compare *c)
{
	uint32_t count, others, i;
	struct compare_service *list = services_choose(c, &count, &others);
	bool ok = list != NULL;

	for (i = 0; i <= c->runs; i++)
		if (profile_services_cut(compare_run(c, i)))
			count = others = 0; /* which services there are is not known: a note says so */
	for (i = 0; i < count && ok; i++)
		ok = compare_sessions(c, list[i].name);
	if (ok && others)
		ok = compare_note(c, "%u services have no rows of their own: fewer than %u sessions, or "
				     "beyond the first %u services; their sessions count in the total",
				  others, COMPARE_SESSIONS_MIN, COMPARE_SERVICES_MAX);
	free(list);
	return ok;
}

/* ---- hops ---- */

static bool compare_hop(struct compare *c, const struct profile_hop *hop)
{
	struct compare_sides sides = {.after = {0}};
	char subject[2 * PROFILE_TEXT_MAX];
	bool ok = true;
	uint32_t i;

	for (i = 0; i <= c->runs && ok; i++) {
		const struct profile *p = compare_run(c, i);
		const struct profile_hop *own = profile_find_hop(p, hop->hop, hop->direction);

		if (own)
			ok = measures_hop(sides_of(&sides, c, i), p, own);
	}
	snprintf(subject, sizeof subject, "%.400s %.16s", hop->hop, hop->direction);
	if (ok)
		ok = compare_subject(c, &(struct compare_subject){COMPARE_HOP, subject, ""}, sides.before,
				     &sides.after);
	sides_free(&sides);
	return ok;
}

static bool compare_hop_both(struct compare *c, const struct profile_hop *hop)
{
	struct compare_sides sides = {.after = {0}};
	bool ok = true;
	uint32_t i;

	for (i = 0; i <= c->runs && ok; i++) {
		const struct profile *p = compare_run(c, i);
		const struct profile_hop *forward = profile_find_hop(p, hop->hop, "forward");
		const struct profile_hop *reverse = profile_find_hop(p, hop->hop, "reverse");

		if (forward && reverse)
			ok = measures_hop_both(sides_of(&sides, c, i), forward, reverse);
	}
	if (ok)
		ok = compare_subject(c, &(struct compare_subject){COMPARE_HOP, hop->hop, ""}, sides.before,
				     &sides.after);
	sides_free(&sides);
	return ok;
}

/* Whether an earlier run has it, so that it was compared already. */
static bool compare_had_hop(const struct compare *c, uint32_t run, const struct profile_hop *hop)
{
	uint32_t i;

	for (i = 0; i < run; i++)
		if (profile_find_hop(compare_run(c, i), hop->hop, hop->direction))
			return true;
	return false;
}

static bool compare_hops(struct compare *c)
{
	bool ok = true;
	uint32_t i, h;

	for (i = 0; i <= c->runs; i++) {
		const struct profile *p = compare_run(c, i);

		for (h = 0; h < p->hops_count && ok; h++) {
			if (compare_had_hop(c, i, &p->hop[h]))
				continue;
			ok = compare_hop(c, &p->hop[h]);
			if (ok && strcmp(p->hop[h].direction, "reverse") == 0)
				ok = compare_hop_both(c, &p->hop[h]);
		}
	}
	return ok;
}

/* ---- header fields ---- */

/* Three words that name the subject of some rows: hop, direction and field of changes.csv, or point, end
 * and field of offers.csv. */
struct compare_words {
	const char *word[3];
};

static bool compare_same_words(const struct compare_words *a, const struct compare_words *b)
{
	unsigned i;

	for (i = 0; i < 3; i++)
		if (strcmp(a->word[i], b->word[i]) != 0)
			return false;
	return true;
}

/* The samples of a subject in one run. */
typedef bool compare_measures(struct measures *m, const struct profile *profile,
			      const struct compare_words *words);

static bool compare_measures_field(struct measures *m, const struct profile *p,
				   const struct compare_words *w)
{
	bool ok = true;

	if (profile_find_hop(p, w->word[0], w->word[1])) {
		ok = measures_field(m, p, w->word[0], w->word[1], w->word[2]);
		m->present = true; /* a field that no packet had changed */
	}
	return ok;
}

static bool compare_measures_offer(struct measures *m, const struct profile *p,
				   const struct compare_words *w)
{
	return measures_offer(m, p, w->word[0], w->word[1], w->word[2]);
}

static const struct held *compare_changes(const struct profile *p)
{
	return &p->changes;
}

static const struct held *compare_offers(const struct profile *p)
{
	return &p->offers;
}

/* Tables whose rows have subjects. */
static const struct compare_table {
	const struct held *(*held)(const struct profile *profile);
	unsigned column[3]; /* of the three words */
	compare_measures *measures;
} compare_tables[] = {
	{compare_changes, {CHANGES_HOP, CHANGES_DIRECTION, CHANGES_FIELD}, compare_measures_field},
	{compare_offers, {OFFERS_POINT, OFFERS_FROM, OFFERS_FIELD}, compare_measures_offer},
};

static bool compare_words(struct compare *c, const struct compare_table *table,
			  const struct compare_words *words)
{
	struct compare_sides sides = {.after = {0}};
	char subject[2 * PROFILE_TEXT_MAX];
	bool ok = true;
	uint32_t i;

	for (i = 0; i <= c->runs && ok; i++)
		ok = table->measures(sides_of(&sides, c, i), compare_run(c, i), words);
	snprintf(subject, sizeof subject, "%.300s %.16s %.64s", words->word[0], words->word[1], words->word[2]);
	if (ok)
		ok = compare_subject(c, &(struct compare_subject){COMPARE_FIELD, subject, ""}, sides.before,
				     &sides.after);
	sides_free(&sides);
	return ok;
}

/* Each subject once. */
static bool compare_table(struct compare *c, const struct compare_table *table)
{
	struct compare_words *list;
	uint32_t i, r, k, count = 0;
	size_t all = 0;
	bool ok;

	for (i = 0; i <= c->runs; i++) {
		if (profile_cut_table(table->held(compare_run(c, i))))
			return true; /* a note says so */
		all += table->held(compare_run(c, i))->count;
	}
	list = calloc(all + 1, sizeof *list);
	ok = list != NULL;
	for (i = 0; i <= c->runs && ok; i++) {
		const struct held *held = table->held(compare_run(c, i));

		for (r = 0; r < held->count && ok; r++) {
			for (k = 0; k < 3; k++)
				list[count].word[k] = held_text(held, r, table->column[k]);
			for (k = 0; k < count && !compare_same_words(&list[k], &list[count]); k++)
				;
			if (k == count)
				ok = compare_words(c, table, &list[count++]);
		}
	}
	free(list);
	return ok;
}

static bool compare_fields(struct compare *c)
{
	bool ok = true;
	size_t i;

	for (i = 0; i < sizeof compare_tables / sizeof compare_tables[0] && ok; i++)
		ok = compare_table(c, &compare_tables[i]);
	return ok;
}

/* ---- all of it ---- */

bool compare_note(struct compare *c, const char *format, ...)
{
	va_list arguments;
	int size;

	if (c->notes == COMPARE_NOTES_MAX)
		return true;
	if (c->notes == COMPARE_NOTES_MAX - 1)
		format = "there is more to say of how these runs differ, which is left out";
	va_start(arguments, format);
	size = vasprintf(&c->note[c->notes], format, arguments);
	va_end(arguments);
	c->notes += size >= 0;
	return size >= 0;
}

/* Runs before in the order of their times: that of the arguments does not show. */
static int compare_runs(const void *x, const void *y)
{
	const struct profile *a = *(struct profile *const *)x, *b = *(struct profile *const *)y;
	int order = 0;
	uint32_t i;

	if (a->first_ns != b->first_ns)
		return a->first_ns < b->first_ns ? -1 : 1;
	if (a->last_ns != b->last_ns)
		return a->last_ns < b->last_ns ? -1 : 1;
	if (a->packets != b->packets)
		return a->packets < b->packets ? -1 : 1;
	if (a->sessions != b->sessions)
		return a->sessions < b->sessions ? -1 : 1;
	for (i = 0; i < a->run.count && i < b->run.count && !order; i++) { /* the same captures, asked otherwise */
		order = strcmp(held_text(&a->run, i, RUN_KEY), held_text(&b->run, i, RUN_KEY));
		order = order ? order : strcmp(held_text(&a->run, i, RUN_VALUE), held_text(&b->run, i, RUN_VALUE));
	}
	return order;
}

static bool compare_all(struct compare *c)
{
	return compare_notice(c) && compare_sessions(c, NULL) && compare_services(c) &&
	       compare_hops(c) && compare_fields(c) && compare_judge(c);
}

enum status compare_open(struct compare **out, const char *const *before, uint32_t runs,
			 const char *after, struct error *err)
{
	struct compare *c = calloc(1, sizeof *c);
	enum status status = c ? STATUS_OK : compare_memory(err);
	uint32_t i;

	for (i = 0; i < runs && !status; i++) {
		status = profile_read(&c->before[i], before[i], err);
		c->runs += !status;
	}
	if (!status)
		status = profile_read(&c->after, after, err);
	if (!status)
		qsort(c->before, c->runs, sizeof *c->before, compare_runs);
	if (!status && !compare_all(c))
		status = compare_memory(err);
	if (status)
		compare_close(&c);
	*out = c;
	return status;
}

void compare_close(struct compare **compare)
{
	struct compare *c = *compare;
	uint32_t i;

	*compare = NULL;
	if (!c)
		return;
	for (i = 0; i < c->rows; i++) {
		free(c->row[i].subject);
		free(c->row[i].cause);
		free(c->row[i].hop);
		free(c->row[i].name);
	}
	for (i = 0; i < c->notes; i++)
		free(c->note[i]);
	for (i = 0; i < c->runs; i++)
		profile_free(&c->before[i]);
	profile_free(&c->after);
	free(c->row);
	free(c);
}

/* ---- what to look at first ---- */

/* How many times as large as it would have to be to matter. */
static double compare_weight(const struct compare_row *row)
{
	return row->matters > 0 ? fabs(row->result.change) / row->matters : 0;
}

/* What changed neither for better nor worse comes before what is the same. */
static unsigned compare_place(const struct compare_row *row)
{
	return row->other ? 2 * COMPARE_SAME - 1 : 2u * row->verdict;
}

static int compare_rank(const void *x, const void *y, void *context)
{
	const struct compare *c = context;
	const uint32_t *a = x, *b = y;
	const struct compare_row *p = &c->row[*a], *q = &c->row[*b];
	double weigh_p = compare_weight(p), weigh_q = compare_weight(q);

	if (compare_place(p) != compare_place(q))
		return compare_place(p) < compare_place(q) ? -1 : 1;
	if (weigh_p != weigh_q)
		return weigh_p > weigh_q ? -1 : 1;
	return (*a > *b) - (*a < *b);
}

uint32_t *compare_ranking(const struct compare *c)
{
	uint32_t *list = calloc((size_t)c->rows + 1, sizeof *list), i;

	for (i = 0; list && i < c->rows; i++)
		list[i] = i;
	if (list && c->rows)
		qsort_r(list, c->rows, sizeof *list, compare_rank, (void *)c);
	return list;
}

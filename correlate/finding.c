#include "correlate/finding.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "correlate/emit.h"
#include "correlate/finding_list.h"
#include "correlate/results.h"

#define FINDINGS_ALIKE 8     /* of one kind, hop and direction: the rest is one more */
#define FINDINGS_MANY 4096u  /* so many are made few before more are made */

static const char *const severity_names[] = {"high", "medium", "low", "info"};

/* ---- words ---- */

void finding_number(char *text, size_t room, uint64_t n)
{
	char digits[32];
	size_t length = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), i, k;

	for (i = k = 0; i < length && k + 2 < room; i++) {
		if (i && (length - i) % 3 == 0)
			text[k++] = ',';
		text[k++] = digits[i];
	}
	text[k] = 0;
}

void finding_server(const struct finding_key *key, char *text, size_t room)
{
	char address[INET6_ADDRSTRLEN], number[4];

	inet_ntop(key->version == 4 ? AF_INET : AF_INET6, key->server, address, sizeof address);
	if (!key->port)
		snprintf(text, room, "%s %s", emit_proto(key->proto, number), address);
	else if (key->proto == 6)
		snprintf(text, room, key->version == 4 ? "%s:%u" : "[%s]:%u", address, key->port);
	else
		snprintf(text, room, key->version == 4 ? "%s %s:%u" : "%s [%s]:%u",
			 emit_proto(key->proto, number), address, key->port);
}

void finding_hop(const struct judging *j, uint32_t hop, int direction, char *text,
			size_t room)
{
	char from[256], to[256];

	path_stage_name(j->path, j->view, direction == HOP_REVERSE ? hop + 1 : hop, from,
			sizeof from);
	path_stage_name(j->path, j->view, direction == HOP_REVERSE ? hop : hop + 1, to, sizeof to);
	snprintf(text, room, "%s > %s", from, to);
}

struct finding *finding_new(struct findings *f, enum severity severity, const char *kind)
{
	uint64_t room = f->room;
	struct finding *list = memory_room(f->list, f->count, &room, sizeof *list), *one;

	if (!list) {
		f->failed = true;
		return NULL;
	}
	f->list = list;
	f->room = (uint32_t)room;
	one = &f->list[f->count];
	memset(one, 0, sizeof *one);
	one->severity = (uint8_t)severity;
	snprintf(one->kind_text, sizeof one->kind_text, "%s", kind);
	one->hop = UINT32_MAX;
	one->direction = -1;
	one->first_ns = one->last_ns = TABLE_INT_UNKNOWN;
	one->order = f->made++;
	f->count++;
	return one;
}

void finding_say(char text[FINDING_TEXT], const struct words *words)
{
	size_t size = words->size < FINDING_TEXT ? words->size : FINDING_TEXT - 1;

	memcpy(text, words->text, size);
	text[size] = 0;
}

const char *finding_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- rows ---- */

static int finding_compare(const void *x, const void *y)
{
	const struct finding *a = x, *b = y;

	if (a->severity != b->severity)
		return a->severity - b->severity;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static enum status finding_row(struct table_writer *w, const struct finding *one, uint32_t rank,
			       const struct judging *j, struct error *err)
{
	char hop[PATH_TEXT_MAX];

	table_set_int(w, FINDINGS_RANK, rank);
	table_set_text(w, FINDINGS_SEVERITY, severity_names[one->severity]);
	table_set_text(w, FINDINGS_KIND, one->kind_text);
	if (one->hop != UINT32_MAX) {
		emit_hop_name(j, one->hop, hop, sizeof hop);
		table_set_text(w, FINDINGS_HOP, hop);
	}
	if (one->direction >= 0)
		table_set_text(w, FINDINGS_DIRECTION, hop_direction_name(one->direction));
	if (one->subject[0])
		table_set_text(w, FINDINGS_SUBJECT, one->subject);
	table_set_int(w, FINDINGS_COUNT, (int64_t)one->count);
	table_set_int(w, FINDINGS_FIRST, one->first_ns);
	table_set_int(w, FINDINGS_LAST, one->last_ns);
	table_set_text(w, FINDINGS_TEXT, one->text);
	table_set_text(w, FINDINGS_EVIDENCE, one->evidence);
	return table_row(w, err);
}

/* ---- few ---- */

static bool finding_alike(const struct finding *a, const struct finding *b)
{
	return a->severity == b->severity && a->hop == b->hop && a->direction == b->direction &&
	       strcmp(a->kind_text, b->kind_text) == 0;
}

/* A row for those that are many and alike, and come behind the greatest of their kind. */
static void finding_rest(struct finding *rest)
{
	char number[32], count[32];

	finding_number(number, sizeof number, rest->others);
	finding_number(count, sizeof count, rest->count);
	snprintf(rest->text, sizeof rest->text, "%s: the same of %s more, %s in all",
		 rest->kind_text, number, count);
	snprintf(rest->evidence, sizeof rest->evidence, "those with fewest; see the other tables");
	rest->subject[0] = 0;
}

static void finding_fold(struct finding *into, const struct finding *one)
{
	into->others = (into->others ? into->others : 1) + (one->others ? one->others : 1);
	into->count += one->count;
	if (one->first_ns != TABLE_INT_UNKNOWN && one->first_ns < into->first_ns)
		into->first_ns = one->first_ns;
	if (one->last_ns > into->last_ns)
		into->last_ns = one->last_ns;
	finding_rest(into);
}

struct finding_kind {
	const struct finding *like;
	uint32_t seen, rest; /* rest: number + 1 of the one that stands for many; 0: none yet */
};

/* Where a finding is kept among those before it: in the row for many, or by itself (NULL). */
static struct finding *finding_place(struct finding_kind *kind, struct finding *list,
				     const struct finding *one, uint32_t kept)
{
	if (kind->rest && (one->others || kind->seen > FINDINGS_ALIKE))
		return &list[kind->rest - 1];
	if (one->others || kind->seen == FINDINGS_ALIKE)
		kind->rest = kept + 1;
	kind->seen++;
	return NULL;
}

/* In order, and of each kind a few. There are only as many kinds as causes and hops. */
static void findings_few(struct findings *f)
{
	uint32_t kept = 0, i, k, kinds = 0;
	struct finding_kind *kind = calloc((size_t)f->count + 1, sizeof *kind);
	struct finding *list = malloc(((size_t)f->count + 1) * sizeof *list), *into;

	if (!kind || !list) {
		f->failed = true;
		free(kind);
		free(list);
		return;
	}
	if (f->count)
		qsort(f->list, f->count, sizeof *f->list, finding_compare);
	for (i = 0; i < f->count; i++) {
		for (k = 0; k < kinds && !finding_alike(kind[k].like, &f->list[i]); k++)
			;
		if (k == kinds)
			kind[kinds++].like = &f->list[i];
		into = finding_place(&kind[k], list, &f->list[i], kept);
		if (into)
			finding_fold(into, &f->list[i]);
		else
			list[kept++] = f->list[i];
	}
	free(kind);
	free(f->list);
	f->list = list;
	f->room = f->count;
	f->count = kept;
}

void findings_bound(struct findings *f)
{
	if (f->count >= FINDINGS_MANY)
		findings_few(f);
}

/* ---- all of them ---- */

enum status findings_write(const struct judging *judging, const struct verdicts *verdicts,
			   const struct resets *resets, const struct stories *stories,
			   const struct expects *expects, struct store *store, uint32_t generation,
			   uint64_t *gathered, struct error *err)
{
	struct findings f = {.j = judging, .v = verdicts, .stories = stories};
	struct table_writer *w;
	enum status status = table_begin(store, generation, &results_findings, &w, err);
	uint32_t i;

	findings_of_packets(&f, resets);
	findings_of_hops(&f);
	findings_of_changes(&f);
	findings_of_sessions(&f);
	findings_of_expects(&f, expects);
	findings_few(&f);
	if (!status && f.failed)
		status = error_errno(err, ENOMEM, "findings");
	*gathered = 0;
	for (i = 0; i < f.count && !status; i++) {
		*gathered += f.list[i].others;
		status = finding_row(w, &f.list[i], i + 1, judging, err);
	}
	if (!status)
		status = table_finish(&w, err);
	table_abort(&w);
	free(f.list);
	return status;
}

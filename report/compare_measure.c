#include "report/compare_measure_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "correlate/results.h"

const struct metric metrics[] = {
	[METRIC_SESSIONS] = {"sessions_per_s", SAMPLE_RATE, WORSE_NEITHER, 0},
	[METRIC_SUCCESS] = {"success_ratio", SAMPLE_RATIO, WORSE_LESS, 0.002},
	[METRIC_FAILED] = {"failed_ratio", SAMPLE_RATIO, WORSE_MORE, 0.002},
	[METRIC_ABORTED] = {"aborted_ratio", SAMPLE_RATIO, WORSE_MORE, 0.002},
	[METRIC_DEGRADED] = {"degraded_ratio", SAMPLE_RATIO, WORSE_MORE, 0.002},
	[METRIC_DROPPED] = {"dropped_ratio", SAMPLE_RATIO, WORSE_MORE, 0.002},
	[METRIC_RESET] = {"reset_ratio", SAMPLE_RATIO, WORSE_NEITHER, 0.002},
	[METRIC_RETRANSMISSION] = {"retransmission_ratio", SAMPLE_RATIO, WORSE_MORE, 0.001},
	[METRIC_HTTP] = {"http_5xx_ratio", SAMPLE_RATIO, WORSE_MORE, 0.002},
	[METRIC_HANDSHAKE] = {"handshake_us", SAMPLE_TIMES, WORSE_MORE, 50},
	[METRIC_CLIENT] = {"client_us", SAMPLE_TIMES, WORSE_NEITHER, 50},
	[METRIC_PATH] = {"path_us", SAMPLE_TIMES, WORSE_MORE, 50},
	[METRIC_SERVER] = {"server_us", SAMPLE_TIMES, WORSE_MORE, 50},
	[METRIC_BACKEND] = {"backend_ratio", SAMPLE_RATIO, WORSE_NEITHER, 0.05},
	[METRIC_LOSS] = {"loss_ratio", SAMPLE_RATIO, WORSE_MORE, 0.001},
	[METRIC_INJECTED] = {"injected_ratio", SAMPLE_RATIO, WORSE_MORE, 0.001},
	[METRIC_DELAY_P50] = {"delay_p50_us", SAMPLE_TIMES, WORSE_MORE, 50},
	[METRIC_DELAY_P90] = {"delay_p90_us", SAMPLE_TIMES, WORSE_MORE, 50},
	[METRIC_DELAY_P99] = {"delay_p99_us", SAMPLE_TIMES, WORSE_MORE, 50},
	[METRIC_DELAY_BOTH] = {"delay_both_p50_us", SAMPLE_TIMES, WORSE_MORE, 50},
	[METRIC_MODIFIED] = {"modified_ratio", SAMPLE_RATIO, WORSE_MORE, 0.002},
	[METRIC_MODIFIED_EXPECTED] = {"expected_ratio", SAMPLE_RATIO, WORSE_NEITHER, 0.002},
	[METRIC_VALUE] = {"value_ratio", SAMPLE_RATIO, WORSE_NEITHER, 0.002},
	[METRIC_OFFERED] = {"offered_ratio", SAMPLE_RATIO, WORSE_NEITHER, 0.05},
};

/* ---- making samples ---- */

struct measure *measure_add(struct measures *m, enum metric_number metric, const char *suffix,
				   const char *cause, const char *hop)
{
	struct measure *list = memory_room(m->list, m->count, &m->room, sizeof *list), *one;

	if (!list)
		return NULL;
	m->list = list;
	one = &list[m->count++];
	*one = (struct measure){.metric = (uint8_t)metric, .suffix = strdup(suffix), .cause = strdup(cause),
				.hop = strdup(hop)};
	return one->suffix && one->cause && one->hop ? one : NULL;
}

struct measure *measure_of(struct measures *m, enum metric_number metric, const char *suffix,
				  const char *cause, const char *hop)
{
	uint32_t i;

	for (i = 0; i < m->count; i++) {
		struct measure *one = &m->list[i];

		if (one->metric == metric && strcmp(one->suffix, suffix) == 0 &&
		    strcmp(one->cause, cause) == 0 && strcmp(one->hop, hop) == 0)
			return one;
	}
	return measure_add(m, metric, suffix, cause, hop);
}

int measure_compare(const struct measure *a, const struct measure *b)
{
	int order = (a->metric > b->metric) - (a->metric < b->metric);

	order = order ? order : strverscmp(a->suffix, b->suffix);
	order = order ? order : strcmp(a->cause, b->cause);
	return order ? order : strcmp(a->hop, b->hop);
}

static int measure_compare_both(const void *x, const void *y)
{
	return measure_compare(x, y);
}

void measures_sort(struct measures *m)
{
	if (m->count)
		qsort(m->list, m->count, sizeof *m->list, measure_compare_both);
}

void measures_free(struct measures *m)
{
	uint32_t i;

	for (i = 0; i < m->count; i++) {
		free(m->list[i].suffix);
		free(m->list[i].cause);
		free(m->list[i].hop);
		free(m->list[i].value);
		free(m->list[i].sparse);
		free(m->list[i].block);
	}
	free(m->list);
	*m = (struct measures){0};
}

/* ---- services ---- */

static const struct {
	const char *word;
	uint8_t metric;
} measure_words[] = {
	{"failed", METRIC_FAILED},
	{"aborted", METRIC_ABORTED},
	{"degraded", METRIC_DEGRADED},
	{"dropped", METRIC_DROPPED},
	{"reset", METRIC_RESET},
};

void measure_split(struct measure_word *word, const struct profile *profile, const char *text)
{
	unsigned i;

	for (i = 0; i < 2; i++) {
		size_t size = strcspn(text, "\t");

		memcpy(word->text[i], text, size);
		word->text[i][size] = '\0';
		text += size + (text[size] != '\0');
	}
	word->hop = profile_word_hop(profile, text);
}

/* Sessions by the number of their word and by stretch: words are few, sessions many. */
struct measure_tally {
	double (*part)[STATS_BLOCKS]; /* by word; NULL: no memory */
	bool *seen;
	uint32_t words;
};

static bool tally_begin(struct measure_tally *t, const struct dictionary *words)
{
	t->words = dictionary_entries(words);
	t->part = calloc((size_t)t->words + 1, sizeof *t->part);
	t->seen = calloc((size_t)t->words + 1, sizeof *t->seen);
	return t->part && t->seen;
}

static void tally_end(struct measure_tally *t)
{
	free(t->part);
	free(t->seen);
}

static void tally_add(struct measure_tally *t, uint32_t word, uint8_t block)
{
	t->part[word][block]++;
	t->seen[word] = true;
}

static bool tally_take(struct measures *m, const struct measure_tally *t, uint32_t word,
		       enum metric_number metric, const char *suffix, const char *cause, const char *hop)
{
	struct measure *one = measure_of(m, metric, suffix, cause, hop);
	uint32_t b;

	for (b = 0; one && b < STATS_BLOCKS; b++) {
		one->ratio.part[b] += t->part[word][b];
		one->ratio.whole[b] = m->whole[b];
	}
	return one != NULL;
}

/* Words that begin with what a row of this table says. */
static bool measures_words(struct measures *m, const struct profile *p, const struct measure_tally *t)
{
	struct measure_word word;
	bool ok = true;
	uint32_t w;
	size_t i;

	for (w = 0; w < t->words && ok; w++) {
		if (!t->seen[w])
			continue;
		measure_split(&word, p, profile_word(p, w));
		for (i = 0; i < sizeof measure_words / sizeof measure_words[0] && ok; i++)
			if (strcmp(word.text[0], measure_words[i].word) == 0)
				ok = tally_take(m, t, w, measure_words[i].metric, "", word.text[1],
						word.hop);
	}
	return ok;
}

/* The hop that chose a backend; "": none is known to. */
static void measure_balancer(const struct profile *p, const char *backend, struct measure_word *word)
{
	uint32_t i;

	for (i = 0; i < p->balances; i++) {
		measure_split(word, p, profile_word(p, p->balance[i]));
		if (strncmp(word->text[1], backend, strlen(word->text[1])) == 0 &&
		    strlen(word->text[1]) > 1)
			return;
	}
	word->hop = "";
}

static bool measures_backends(struct measures *m, const struct profile *p, const struct measure_tally *t)
{
	char suffix[PROFILE_TEXT_MAX + 4];
	struct measure_word word;
	bool ok = true;
	uint32_t w;

	for (w = 1; w < t->words && ok; w++)
		if (t->seen[w]) {
			snprintf(suffix, sizeof suffix, " > %s", profile_backend(p, w));
			measure_balancer(p, profile_backend(p, w), &word);
			ok = tally_take(m, t, w, METRIC_BACKEND, suffix, "", word.hop);
		}
	return ok;
}

/* Sessions of a service, or all. */
struct measure_sessions {
	const struct profile *profile;
	uint32_t first, count;
	bool all;
};

static struct measure_sessions measure_sessions(const struct profile *p, uint32_t service)
{
	bool all = service == MEASURE_ALL;

	return (struct measure_sessions){p, all ? 0 : p->service_first[service],
					 all ? p->sessions
					     : p->service_first[service + 1] - p->service_first[service], all};
}

static uint32_t measure_session(const struct measure_sessions *s, uint32_t i)
{
	return s->all ? i : s->profile->by_service[s->first + i];
}

/* The first mark of a session or of one behind it. */
static uint32_t measure_first_mark(const struct profile *p, uint32_t session)
{
	uint32_t low = 0, high = p->marks;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (p->mark[middle].session < session)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

enum measure_by { BY_END, BY_MARK, BY_BACKEND };

/* Gathers the sessions by one of their words, and takes what came of it. */
static bool measures_by(struct measures *m, const struct measure_sessions *s, enum measure_by by)
{
	const struct profile *p = s->profile;
	struct measure_tally tally;
	bool ok = tally_begin(&tally, by == BY_BACKEND ? p->backends : p->words);
	uint32_t i, k;

	for (i = 0; ok && i < s->count; i++) {
		uint32_t number = measure_session(s, i);
		const struct profile_session *one = &p->session[number];

		if (by == BY_MARK)
			for (k = measure_first_mark(p, number);
			     k < p->marks && p->mark[k].session == number; k++)
				tally_add(&tally, p->mark[k].kind, one->block);
		else
			tally_add(&tally, by == BY_END ? one->end : one->backend, one->block);
	}
	if (ok)
		ok = by == BY_BACKEND ? measures_backends(m, p, &tally) : measures_words(m, p, &tally);
	tally_end(&tally);
	return ok;
}

static bool measures_times(struct measures *m, const struct measure_sessions *s, unsigned which)
{
	struct measure *one;
	uint32_t i;

	for (i = 0; i < s->count; i++)
		if (s->profile->session[measure_session(s, i)].time_ns[which] != PROFILE_UNKNOWN)
			break;
	if (i == s->count)
		return true;
	one = measure_add(m, METRIC_HANDSHAKE + which, "", "", "");
	if (!one)
		return false;
	one->value = calloc((size_t)s->count + 1, sizeof *one->value);
	one->block = calloc((size_t)s->count + 1, sizeof *one->block);
	for (i = 0; one->value && one->block && i < s->count; i++) {
		const struct profile_session *session = &s->profile->session[measure_session(s, i)];

		if (session->time_ns[which] == PROFILE_UNKNOWN)
			continue;
		one->value[one->count] = session->time_ns[which];
		one->block[one->count++] = session->block;
	}
	return one->value && one->block;
}

/* What every session has. */
static bool measures_counts(struct measures *m, const struct measure_sessions *s)
{
	struct stats_ratio sessions = {{0}, {0}}, success = {{0}, {0}}, again = {{0}, {0}}, http = {{0}, {0}};
	const struct {
		enum metric_number metric;
		const struct stats_ratio *ratio;
	} list[] = {{METRIC_SESSIONS, &sessions}, {METRIC_SUCCESS, &success},
		    {METRIC_RETRANSMISSION, &again}, {METRIC_HTTP, &http}};
	uint32_t i;

	for (i = 0; i < s->count; i++) {
		const struct profile_session *one = &s->profile->session[measure_session(s, i)];

		sessions.part[one->block]++;
		success.part[one->block] += one->established;
		again.part[one->block] += one->retransmissions;
		again.whole[one->block] += (double)one->packets;
		http.part[one->block] += one->status >= 500;
		http.whole[one->block] += one->status > 0;
	}
	for (i = 0; i < STATS_BLOCKS; i++) {
		success.whole[i] = m->whole[i] = sessions.part[i];
		sessions.whole[i] = profile_duration_s(s->profile) / STATS_BLOCKS;
	}
	for (i = 0; i < sizeof list / sizeof list[0]; i++) {
		struct measure *one;

		if (stats_ratio_wholes(list[i].ratio) <= 0)
			continue;
		one = measure_add(m, list[i].metric, "", "", "");
		if (!one)
			return false;
		one->ratio = *list[i].ratio;
	}
	return true;
}

bool measures_service(struct measures *m, const struct profile *profile, uint32_t service)
{
	struct measure_sessions sessions = measure_sessions(profile, service);
	bool ok;
	unsigned i;

	m->present = sessions.count > 0;
	if (!m->present)
		return true;
	ok = measures_counts(m, &sessions) && measures_by(m, &sessions, BY_END) &&
	     measures_by(m, &sessions, BY_MARK) &&
	     (sessions.all || measures_by(m, &sessions, BY_BACKEND));
	for (i = 0; i < PROFILE_TIMES && ok; i++)
		ok = measures_times(m, &sessions, i);
	measures_sort(m);
	return ok;
}

/* Findings: what the rows of the policy met with, where that is not what they say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/finding_list.h"

#define EXPECT_ROWS_SAID 12u    /* untried rows that are named */
#define EXPECT_SERVICES_SAID 4u /* of sessions that no row covers: what most of them asked for */

/* A row of this kind, of which sessions came to that. */
static const struct expect_word {
	uint8_t expect, fate;   /* enum policy_expect, enum expect_fate */
	uint8_t severity;       /* where most of its sessions did; else one less than high */
	const char *kind;
	const char *says;       /* between the row's name and the numbers */
	const char *one, *many; /* what the sessions did */
	bool silent;            /* to be said behind the hop */
} expect_words[] = {
	{POLICY_DENY, FATE_ARRIVED, SEVERITY_HIGH, "expect.denied_passed", " denies, but ",
	 " came through", " came through", false},
	{POLICY_REJECT, FATE_ARRIVED, SEVERITY_HIGH, "expect.denied_passed", " rejects, but ",
	 " came through", " came through", false},
	{POLICY_ALLOW, FATE_STOPPED, SEVERITY_HIGH, "expect.allowed_dropped", " allows, but ",
	 " was dropped", " were dropped", true},
	{POLICY_ALLOW, FATE_REJECTED, SEVERITY_HIGH, "expect.allowed_rejected", " allows, but ",
	 " was rejected", " were rejected", false},
	{POLICY_REJECT, FATE_STOPPED, SEVERITY_MEDIUM, "expect.reject_silent", " rejects, but ",
	 " was dropped", " were dropped", true},
	{POLICY_DENY, FATE_REJECTED, SEVERITY_INFO, "expect.denied_answered", " denies, and ",
	 " was told so by an answer", " were told so by an answer", false},
};

static void expect_add_number(struct words *words, uint64_t n)
{
	char text[32];

	finding_number(text, sizeof text, n);
	words_add(words, text);
}

/* The hop where most of them came to that; of those that came through, the one that stops others. */
static uint8_t expect_fate_hop(const struct expects *e, uint32_t r, uint8_t fate)
{
	uint8_t hop = EXPECT_NO_HOP;
	uint32_t h, most = 0;

	if (fate == FATE_ARRIVED)
		return (uint8_t)e->guard;
	for (h = 0; h < e->hops; h++)
		if (expect_ended(e, r, h, fate) > most) {
			most = expect_ended(e, r, h, fate);
			hop = (uint8_t)h;
		}
	return hop;
}

static void expect_finding_text(struct finding *one, const struct findings *f,
				const struct expects *e, uint32_t r, const struct expect_word *word)
{
	const struct expect_row *row = &e->row[r];
	char hop[FINDING_HOP];
	struct words words;

	words_begin(&words);
	expect_say_row(e, r, &words);
	words_add(&words, word->says);
	expect_add_number(&words, row->fate[word->fate]);
	words_add(&words, " of ");
	expect_add_number(&words, row->good + row->bad);
	words_add(&words, row->good + row->bad == 1 ? " session" : " sessions");
	words_add(&words, row->fate[word->fate] == 1 ? word->one : word->many);
	if (one->hop != UINT32_MAX) {
		finding_hop(f->j, one->hop, HOP_FORWARD, hop, sizeof hop);
		words_add(&words, word->fate == FATE_ARRIVED ? " past " : " at ");
		words_add(&words, hop);
	}
	words_add(&words, word->silent ? ", without an answer" : "");
	finding_say(one->text, &words);
}

static void expect_finding_evidence(struct finding *one, const struct findings *f,
				    const struct expects *e, uint32_t r, uint8_t fate)
{
	const struct expect_row *row = &e->row[r];
	struct words words;
	char text[96];

	words_begin(&words);
	expect_say(e, r, &words);
	if (row->sure[fate]) {
		snprintf(text, sizeof text, "confidence %.2f",
			 (double)(row->sure[fate] / row->fate[fate]) / 100);
		words_sentence(&words, text);
	}
	if (row->fate[fate]) {
		snprintf(text, sizeof text, "for example session %lu",
			 (unsigned long)row->example[fate] + 1);
		words_sentence(&words, text);
	}
	if (row->fate[fate] && row->shown == row->example[fate] && row->point != EXPECT_NONE) {
		const struct view_point *point = &f->j->view->point[row->point];

		snprintf(text, sizeof text, ", frame %lld at ",
			 (long long)view_get(point, RECORD_FRAME, row->index));
		words_add(&words, text);
		words_add(&words, point->name);
	}
	finding_say(one->evidence, &words);
}

static void expect_finding_frame(struct finding *one, const struct expect_row *row, uint8_t fate)
{
	one->count = row->fate[fate];
	one->first_ns = row->first_ns[fate];
	one->last_ns = row->last_ns[fate];
}

static void expect_subject(struct finding *one, const struct expects *e, uint32_t r)
{
	struct words words;

	words_begin(&words);
	expect_say_row(e, r, &words);
	snprintf(one->subject, sizeof one->subject, "%.*s", (int)sizeof one->subject - 1,
		 words.text);
}

/* Most of a row's sessions: that is the rule. Some: that may be a part of it. */
static uint8_t expect_severity(const struct expect_word *word, const struct expect_row *row)
{
	bool most = 2 * (uint64_t)row->fate[word->fate] >= (uint64_t)row->good + row->bad;

	return word->severity == SEVERITY_HIGH && word->fate != FATE_ARRIVED && !most
		       ? SEVERITY_MEDIUM
		       : word->severity;
}

static void expect_finding(struct findings *f, const struct expects *e, uint32_t r,
			   const struct expect_word *word)
{
	uint8_t hop = expect_fate_hop(e, r, word->fate);
	struct finding *one;

	findings_bound(f);
	one = finding_new(f, expect_severity(word, &e->row[r]), word->kind);
	if (!one)
		return;
	if (hop != EXPECT_NO_HOP)
		one->hop = hop;
	expect_finding_frame(one, &e->row[r], word->fate);
	expect_subject(one, e, r);
	expect_finding_text(one, f, e, r, word);
	expect_finding_evidence(one, f, e, r, word->fate);
}

static void expect_say_service(struct words *words, const struct story_service *s, uint32_t count)
{
	struct finding_key key = {.version = s->version, .proto = s->proto, .port = s->port};
	char server[96];

	memcpy(key.server, s->server, sizeof key.server);
	finding_server(&key, server, sizeof server);
	expect_add_number(words, count);
	words_add(words, " to ");
	words_add(words, server);
}

/* "; 12 to 10.0.0.1:8080, 3 to udp 10.0.0.2:53, ...": what rows could say, the commonest first. */
static void expect_say_services(struct finding *one, struct findings *f, const struct expects *e)
{
	const struct story_services *services = &f->stories->services;
	uint32_t *count = calloc((size_t)services->count + 1, sizeof *count), i, said = 0, best;
	struct words words;

	if (!count) {
		f->failed = true;
		return;
	}
	for (i = 0; i < e->row[e->rows].sessions; i++)
		count[services->of[e->uncovered[i]]]++;
	words_begin(&words);
	words_add(&words, one->evidence);
	for (;; said++) {
		for (best = i = 0; i < services->count; i++)
			if (count[i] > count[best])
				best = i;
		if (!count[best] || said == EXPECT_SERVICES_SAID)
			break;
		words_add(&words, said ? ", " : "; ");
		expect_say_service(&words, &services->list[best], count[best]);
		count[best] = 0;
	}
	words_add(&words, count[best] ? ", ..." : "");
	finding_say(one->evidence, &words);
	free(count);
}

static void expect_finding_uncovered(struct findings *f, const struct expects *e)
{
	const struct expect_row *row = &e->row[e->rows];
	uint8_t fate = row->fate[FATE_ARRIVED] ? FATE_ARRIVED
		       : row->fate[FATE_STOPPED] ? FATE_STOPPED
		       : row->fate[FATE_REJECTED] ? FATE_REJECTED
						  : FATE_UNKNOWN;
	struct finding *one;
	struct words words;

	if (!row->sessions)
		return;
	one = finding_new(f, fate == FATE_ARRIVED ? SEVERITY_MEDIUM : SEVERITY_LOW,
			  "expect.uncovered");
	if (!one)
		return;
	words_begin(&words);
	words_add(&words, "no row of ");
	words_add(&words, e->policy->file);
	words_add(&words, " covers ");
	expect_add_number(&words, row->sessions);
	words_add(&words, row->sessions == 1 ? " session, of which " : " sessions, of which ");
	expect_add_number(&words, row->fate[FATE_ARRIVED]);
	words_add(&words, " came through");
	finding_say(one->text, &words);
	expect_finding_evidence(one, f, e, e->rows, fate);
	expect_say_services(one, f, e);
	expect_finding_frame(one, row, fate);
	one->count = row->sessions;
}

/* ", of which row 9 (web) never can be: row 2 (any) takes all of it before" */
static void expect_say_hidden(const struct expects *e, struct words *words)
{
	uint32_t r, said = 0;

	for (r = 0; r < e->rows && said < EXPECT_ROWS_SAID; r++) {
		if (e->row[r].sessions || e->row[r].hidden_by == POLICY_NO_ROW)
			continue;
		words_sentence(words, "");
		expect_say_row(e, r, words);
		words_add(words, " never can be: ");
		expect_say_row(e, e->row[r].hidden_by, words);
		words_add(words, " takes all of it before");
		said++;
	}
}

/* Of all together: a policy is seldom tried as a whole. */
static void expect_finding_untried(struct findings *f, const struct expects *e)
{
	uint32_t r, untried = 0, said = 0;
	struct finding *one;
	struct words words, evidence;

	for (r = 0; r < e->rows; r++)
		untried += !e->row[r].sessions;
	one = untried ? finding_new(f, SEVERITY_INFO, "expect.untried") : NULL;
	if (!one)
		return;
	words_begin(&words);
	expect_add_number(&words, untried);
	words_add(&words, " of ");
	expect_add_number(&words, e->rows);
	words_add(&words, e->rows == 1 ? " row of " : " rows of ");
	words_add(&words, e->policy->file);
	words_add(&words, untried == 1 ? " was tried by no session" : " were tried by no session");
	finding_say(one->text, &words);
	words_begin(&evidence);
	for (r = 0; r < e->rows && said < EXPECT_ROWS_SAID; r++) {
		if (e->row[r].sessions)
			continue;
		words_add(&evidence, said++ ? ", " : "");
		expect_say_row(e, r, &evidence);
	}
	words_add(&evidence, said < untried ? ", ...: expect.csv has them all" : "");
	expect_say_hidden(e, &evidence);
	finding_say(one->evidence, &evidence);
	one->count = untried;
}

void findings_of_expects(struct findings *f, const struct expects *e)
{
	uint32_t r, w;

	if (!e)
		return;
	for (r = 0; r < e->rows; r++)
		for (w = 0; w < sizeof expect_words / sizeof expect_words[0]; w++)
			if (e->policy->row[r].expect == expect_words[w].expect &&
			    e->row[r].fate[expect_words[w].fate] && !f->failed)
				expect_finding(f, e, r, &expect_words[w]);
	expect_finding_uncovered(f, e);
	expect_finding_untried(f, e);
}

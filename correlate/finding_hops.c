/* Findings: what the hops' own counts say. */
#include <stdio.h>
#include <stdlib.h>

#include "correlate/finding_list.h"
#include "correlate/story_note.h"

#define DELAYS_MIN 368u /* fewer packets do not carry a 99th percentile */

static uint64_t finding_verdicts(const struct findings *f, uint32_t hop, unsigned direction,
				 bool upstream, enum verdict verdict)
{
	uint32_t stage = (direction == HOP_FORWARD) == upstream ? hop : hop + 1, k;
	uint64_t n = 0;

	for (k = 0; k < f->j->path->points[stage]; k++)
		n += f->v->hop[hop]
			     .account[direction][f->j->path->point[stage][k]]
			     .verdict[verdict];
	return n;
}

static void finding_count(struct findings *f, uint32_t hop, unsigned direction,
			  enum severity severity, const char *kind, uint64_t count,
			  const char *format, const char *evidence)
{
	struct finding *one = count ? finding_new(f, severity, kind) : NULL;
	char name[FINDING_HOP], number[32];

	if (!one)
		return;
	finding_hop(f->j, hop, (int)direction, name, sizeof name);
	finding_number(number, sizeof number, count);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(one->text, sizeof one->text, format, name, number, finding_plural(count));
#pragma GCC diagnostic pop
	snprintf(one->evidence, sizeof one->evidence, "%s", evidence);
	one->count = count;
	one->hop = hop;
	one->direction = (int)direction;
}

static int finding_client_compare(const void *x, const void *y)
{
	const uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

/* How many connections of clients were paired with the servers' at a hop, and how many pairs are
 * sure; false: no memory. */
static bool finding_pairs(const struct findings *f, uint32_t hop, uint64_t *clients, uint64_t *requests,
			  uint64_t *sure)
{
	const struct legs *legs = f->j->legs;
	uint32_t *front = malloc((legs->pairs + 1) * sizeof *front);
	uint64_t i, n = 0;

	*clients = *requests = *sure = 0;
	for (i = 0; front && i < legs->pairs; i++) {
		if (legs->pair[i].hop != hop || legs->pair[i].failed)
			continue;
		front[n++] = legs->pair[i].front;
		*requests += 1;
		*sure += legs->pair[i].confidence >= LEG_SURE;
	}
	if (n)
		qsort(front, n, sizeof *front, finding_client_compare);
	for (i = 0; i < n; i++)
		*clients += !i || front[i] != front[i - 1];
	i = front != NULL;
	free(front);
	return i;
}

/* Connections that end at the proxy on the servers' side and that no request was paired with. */
static uint64_t finding_unasked(const struct findings *f, uint32_t hop)
{
	const struct judging *j = f->j;
	const struct legs *legs = j->legs;
	uint8_t *asked = calloc((size_t)j->view->nodes + 1, 1);
	bool back_is_far = true;
	uint64_t i, count = 0;
	uint32_t n;

	for (i = 0; asked && i < legs->pairs; i++) {
		if (legs->pair[i].hop != hop)
			continue;
		asked[legs->pair[i].back] = !legs->pair[i].failed;
		back_is_far = j->path->stage[j->view->node_point[legs->pair[i].back]] > hop;
	}
	for (n = 0; asked && n < j->view->nodes; n++)
		count += !asked[n] && j->path->stage[j->view->node_point[n]] == hop + back_is_far &&
			 (legs->ends[n] & (back_is_far ? LEG_ENDS_BEHIND : LEG_ENDS_AHEAD));
	free(asked);
	return count;
}

/* What a proxied hop did is in the sessions; of its packets none was lost there. */
static void finding_proxy(struct findings *f, uint32_t hop)
{
	uint64_t clients, requests, sure;
	struct finding *one;
	char name[FINDING_HOP], number[2][32];

	if (!f->j->legs->proxied[hop] || !finding_pairs(f, hop, &clients, &requests, &sure))
		return;
	one = finding_new(f, SEVERITY_INFO, "hop.proxy");
	if (!one)
		return;
	finding_hop(f->j, hop, HOP_FORWARD, name, sizeof name);
	finding_number(number[0], sizeof number[0], clients);
	finding_number(number[1], sizeof number[1], requests);
	snprintf(one->text, sizeof one->text,
		 "%s is a proxy: %s of the clients' connections were paired with servers', in %s request%s",
		 name, number[0], number[1], finding_plural(requests));
	finding_number(number[0], sizeof number[0], sure);
	finding_number(number[1], sizeof number[1], finding_unasked(f, hop));
	snprintf(one->evidence, sizeof one->evidence,
		 "%s of these with a confidence of 0.90 or more; %s of its connections to servers belong to no client's request "
		 "(checks of their health, a pool's spare ones, tries that were refused, or not known); the pairs, and what the "
		 "proxy took, are in translations.csv",
		 number[0], number[1]);
	one->count = requests;
	one->hop = hop;
}

/* No answer is better than "nothing was dropped" where nothing was compared. */
static void finding_nothing_matched(struct findings *f, uint32_t hop)
{
	uint64_t matched = finding_verdicts(f, hop, HOP_FORWARD, true, VERDICT_MATCHED) +
			   finding_verdicts(f, hop, HOP_REVERSE, true, VERDICT_MATCHED);
	struct finding *one;
	char name[FINDING_HOP];

	finding_proxy(f, hop);
	if (matched || f->j->legs->proxied[hop])
		return;
	one = finding_new(f, SEVERITY_HIGH, "hop.unmatched");
	if (!one)
		return;
	finding_hop(f->j, hop, HOP_FORWARD, name, sizeof name);
	snprintf(one->text, sizeof one->text,
		 "%s: no packet was matched, so nothing can be said of this hop", name);
	snprintf(one->evidence, sizeof one->evidence,
		 "a clock that was given, the path, or the span of the captures may be wrong");
	one->hop = hop;
}

/* Some packets were held far longer than most. */
static void finding_delay(struct findings *f, uint32_t hop, unsigned direction)
{
	const struct histogram *delay = f->v->hop[hop].delay[direction];
	struct finding *one;
	int64_t usual, late;
	char name[FINDING_HOP];

	if (!f->j->hops->hop[hop].known || !delay || histogram_count(delay) < DELAYS_MIN)
		return;
	usual = histogram_quantile(delay, 500);
	late = histogram_quantile(delay, 990);
	if (!story_far_above(late, usual))
		return;
	one = finding_new(f, SEVERITY_MEDIUM, "delay");
	if (!one)
		return;
	finding_hop(f->j, hop, (int)direction, name, sizeof name);
	snprintf(one->text, sizeof one->text,
		 "%s held one packet in a hundred for %.0f ms or longer, the median is %.3f ms", name,
		 (double)late / 1e6, (double)usual / 1e6);
	snprintf(one->evidence, sizeof one->evidence,
		 "packets seen on both sides; delays.csv shows when");
	one->count = histogram_count(delay) / 100;
	one->hop = hop;
	one->direction = (int)direction;
}

void findings_of_hops(struct findings *f)
{
	uint32_t h, d;

	for (h = 0; h < f->v->hops; h++)
		finding_nothing_matched(f, h);
	for (h = 0; h < f->v->hops; h++)
		for (d = 0; d < 2; d++) {
			const struct hop_result *r = &f->v->hop[h];

			finding_delay(f, h, d);
			finding_count(f, h, d, SEVERITY_LOW, "duplicated",
				      finding_verdicts(f, h, d, false, VERDICT_DUPLICATED),
				      "%s duplicated %s packet%s",
				      "the same bytes twice behind the hop, once before it");
			finding_count(f, h, d, SEVERITY_LOW, "capture.uncaptured",
				      finding_verdicts(f, h, d, true, VERDICT_UNCAPTURED) +
					      finding_verdicts(f, h, d, false, VERDICT_UNCAPTURED),
				      "%s: a capture lost %s packet%s that passed",
				      "TCP acknowledges them, or a point farther on has them");
			finding_count(f, h, d, SEVERITY_INFO, "reordered", r->reordered[d],
				      "%s reordered %s packet%s", "RFC 4737, within a session");
			finding_count(f, h, d, SEVERITY_INFO, "modified", r->modified[d],
				      "%s changed header fields of %s packet%s",
				      "what a router or NAT leaves as it is; changes.csv says what");
			finding_count(f, h, d, SEVERITY_INFO, "ambiguous",
				      finding_verdicts(f, h, d, true, VERDICT_AMBIGUOUS),
				      "%s: %s identical packet%s cannot be told apart",
				      "closer together than the hop's delay varies");
		}
	if (f->j->path->doubt[0]) {
		struct finding *one = finding_new(f, SEVERITY_MEDIUM, "path.doubt");

		if (one)
			snprintf(one->text, sizeof one->text, "the given path is doubtful: %s",
				 f->j->path->doubt);
	}
}


#include "report/ladder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/results.h"
#include "report/cell.h"
#include "report/ladder_arrow.h"
#include "report/ladder_facts.h"
#include "report/ladder_head.h"
#include "report/ladder_stream.h"
#include "report/wording.h"

#define LADDER_TIME 12u         /* columns before the first stage */
#define LADDER_WORDS 40u        /* columns for what a packet says, behind the last */
#define LADDER_INDENT 14u       /* of notes */
#define LADDER_IDLE_NS 1000000000 /* a silence that is worth a line */
#define LADDER_WORDS_MAX 160

#define LADDER_RED "\033[1;31m"
#define LADDER_YELLOW "\033[33m"
#define LADDER_PLAIN "\033[0m"

struct ladder {
	FILE *stream;
	bool colour;
	struct trace *trace;
	struct names *names;
	struct dossiers *dossiers;
	struct dossier dossier;
	struct ladder_stream *follow;
	struct ladder_facts facts;
	struct ladder_grid grid;
	int64_t begin_ns;
};

/* What becomes of a packet beyond the points that saw it: how the arrow says it, and the
 * words where no table has a row of it. `behind` is where it comes from, `ahead` where it
 * ends. */
static const struct ladder_verdict {
	char behind, ahead; /* marks; 0: it began, or ended, at the point */
	const char *behind_text, *ahead_text;
} ladder_verdicts[VERDICTS] = {
	[VERDICT_DROPPED] = {'?', 'X', "not seen before", "dropped at"},
	[VERDICT_INJECTED] = {'*', '?', "injected at", "not seen behind"},
	[VERDICT_DUPLICATED] = {'*', '?', "a further copy, made at",
				"a further copy, not seen behind"},
	[VERDICT_LOCAL] = {'[', ']', "comes from the box itself at", "is for the box itself at"},
	[VERDICT_UNCAPTURED] = {'?', '?', "came through; the capture before missed it, at",
				"went through; the capture behind missed it, at"},
	[VERDICT_EDGE] = {'?', '?', "too near an end of the captures to say more, at",
			  "too near an end of the captures to say more, at"},
	[VERDICT_AMBIGUOUS] = {'?', '?', "one of several identical packets, at",
			       "one of several identical packets, at"},
	[VERDICT_EXCLUDED] = {'?', '?', "not comparable, at", "not comparable, at"},
	[VERDICT_COPIES] = {'?', '?', "a copy in the capture, at", "a copy in the capture, at"},
};

static const struct ladder_verdict *ladder_verdict(const struct ladder *l, uint8_t verdict,
						    uint8_t hop)
{
	bool there = verdict < VERDICTS && hop + 1u < l->grid.stages;

	return &ladder_verdicts[there ? verdict : VERDICT_NONE];
}

static enum status ladder_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "--session");
}

/* ---- a packet's words ---- */

static char *ladder_flags(char *out, uint16_t flags)
{
	static const struct {
		uint16_t flag;
		const char *name;
	} names[] = {
		{PACKET_TCP_FIN, "FIN"}, {PACKET_TCP_SYN, "SYN"}, {PACKET_TCP_RST, "RST"},
		{PACKET_TCP_PSH, "PSH"}, {PACKET_TCP_ACK, "ACK"}, {PACKET_TCP_URG, "URG"},
	};
	bool some = false;
	size_t i;

	*out++ = '[';
	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (flags & names[i].flag) {
			if (some)
				*out++ = ',';
			out = stpcpy(out, names[i].name);
			some = true;
		}
	return stpcpy(out, "]");
}

static void ladder_describe_tcp(const struct ladder *l, uint32_t i, char words[LADDER_WORDS_MAX])
{
	const struct dossier_packet *p = &l->dossier.packet[i];
	const struct ladder_stream *s = &l->follow[i];
	char *out = ladder_flags(words, p->flags);

	out += sprintf(out, " Seq=%u", s->seq);
	if (p->flags & PACKET_TCP_ACK)
		out += sprintf(out, " Ack=%u", s->ack);
	out += sprintf(out, " Len=%u", p->payload);
	if (!p->window && !(p->flags & (PACKET_TCP_SYN | PACKET_TCP_RST)))
		stpcpy(out, " Win=0");
}

static void ladder_describe(const struct ladder *l, uint32_t i, char words[LADDER_WORDS_MAX])
{
	const struct dossier_packet *p = &l->dossier.packet[i];

	if (p->marks & PACKET_FRAGMENT)
		snprintf(words, LADDER_WORDS_MAX, "fragment, Len=%u", p->payload);
	else if (l->dossier.proto == 6)
		ladder_describe_tcp(l, i, words);
	else
		snprintf(words, LADDER_WORDS_MAX, "%.20s Len=%u", l->facts.value[SESSIONS_PROTO],
			 p->payload);
}

static void ladder_since(const struct ladder *l, uint32_t i, char text[CELL_ROOM])
{
	*cell_nanos(text, l->dossier.packet[i].time_ns - l->begin_ns, 9, 6) = '\0';
}

/* What the packet is to the ones before; "" when it is new. */
static void ladder_repeat(const struct ladder *l, uint32_t i, char words[LADDER_WORDS_MAX])
{
	char since[CELL_ROOM];

	*words = '\0';
	switch (l->follow[i].repeat) {
	case LADDER_RETRANSMISSION:
		ladder_since(l, l->follow[i].original, since);
		snprintf(words, LADDER_WORDS_MAX, "retransmission of %.20s%s", since,
			 l->dossier.packet[l->follow[i].original].after == VERDICT_DROPPED
				 ? ", which was dropped" : "");
		break;
	case LADDER_RECUT:
		ladder_since(l, l->follow[i].original, since);
		snprintf(words, LADDER_WORDS_MAX, "bytes of %.20s, cut or joined on the way", since);
		break;
	case LADDER_OUT_OF_ORDER:
		strcpy(words, "out of order");
		break;
	case LADDER_KEEPALIVE:
		strcpy(words, "keep-alive");
		break;
	}
}

/* ---- lines ---- */

static enum status ladder_say(const struct ladder *l, const char *colour, const char *text,
			      struct error *err)
{
	char *safe = wording_safe(text);

	if (!safe)
		return ladder_memory(err);
	fprintf(l->stream, "%*s%s", (int)LADDER_INDENT, "", l->colour ? colour : "");
	wording_wrap(l->stream, safe, LADDER_INDENT, LADDER_INDENT + 2, LADDER_WIDTH);
	if (l->colour && *colour)
		fputs(LADDER_PLAIN, l->stream);
	free(safe);
	return STATUS_OK;
}

/* The table's sentence, or that of the verdict. */
static enum status ladder_say_verdict(const struct ladder *l, const char *row, const char *text,
				      uint32_t hop, struct error *err)
{
	enum status status;
	char *words;

	if (row)
		return ladder_say(l, LADDER_RED, row, err);
	if (asprintf(&words, "%s %s", text, l->names->hop[hop]) < 0)
		return ladder_memory(err);
	status = ladder_say(l, "", words, err);
	free(words);
	return status;
}

static enum status ladder_notes(const struct ladder *l, uint32_t i, struct error *err)
{
	const struct dossier_packet *p = &l->dossier.packet[i];
	const struct ladder_verdict *before = ladder_verdict(l, p->before, p->before_hop);
	const struct ladder_verdict *after = ladder_verdict(l, p->after, p->after_hop);
	char *const *note = l->facts.note[i];
	enum status status = STATUS_OK;

	if (before->behind)
		status = ladder_say_verdict(l, note[LADDER_INJECTION], before->behind_text,
					    p->before_hop, err);
	if (!status && after->ahead)
		status = ladder_say_verdict(l, note[LADDER_DROP], after->ahead_text, p->after_hop,
					    err);
	if (!status && note[LADDER_RESET])
		status = ladder_say(l, LADDER_YELLOW, note[LADDER_RESET], err);
	return status;
}

/* Whether all hops between two stages have clocks that are known to each other. */
static bool ladder_clocked(const struct ladder *l, uint32_t a, uint32_t b)
{
	uint32_t hop;

	for (hop = a < b ? a : b; hop < (a < b ? b : a); hop++)
		if (!l->facts.clocked[hop])
			return false;
	return true;
}

static void ladder_line(const struct ladder *l, uint32_t i, char line[LADDER_LINE_MAX])
{
	const struct dossier_packet *p = &l->dossier.packet[i];
	const struct dossier_sight *s = &l->dossier.sight[p->sight];
	char delay[VIEW_POINTS_MAX][WORDING_ROOM];
	uint8_t stage[VIEW_POINTS_MAX];
	struct ladder_arrow arrow = {.forward = p->forward, .sights = p->sights, .stage = stage,
				     .begin = ladder_verdict(l, p->before, p->before_hop)->behind,
				     .end = ladder_verdict(l, p->after, p->after_hop)->ahead,
				     .begin_hop = p->before_hop, .end_hop = p->after_hop};
	uint32_t k;

	for (k = 0; k < p->sights; k++) {
		stage[k] = s[k].stage;
		if (k + 1 < p->sights && ladder_clocked(l, s[k].stage, s[k + 1].stage))
			arrow.delay[k] = wording_duration(delay[k], s[k + 1].time_ns - s[k].time_ns);
	}
	ladder_draw(line, &l->grid, &arrow);
}

static enum status ladder_packet(const struct ladder *l, uint32_t i, struct error *err)
{
	char line[LADDER_LINE_MAX], words[LADDER_WORDS_MAX], repeat[LADDER_WORDS_MAX];
	char since[CELL_ROOM], *safe;
	enum status status = STATUS_OK;

	ladder_since(l, i, since);
	ladder_line(l, i, line);
	ladder_describe(l, i, words);
	safe = wording_safe(words);
	if (!safe)
		return ladder_memory(err);
	ladder_repeat(l, i, repeat);
	fprintf(l->stream, "%*s %s %s", (int)LADDER_TIME - 1, since, line, safe);
	if (*repeat &&
	    LADDER_TIME + strlen(line) + strlen(words) + strlen(repeat) + 3 <= LADDER_WIDTH) {
		fprintf(l->stream, ", %s", repeat);
		*repeat = '\0';
	}
	putc('\n', l->stream);
	free(safe);
	if (*repeat)
		status = ladder_say(l, "", repeat, err);
	return status ? status : ladder_notes(l, i, err);
}

/* ---- between packets ---- */

static void ladder_gap(const struct ladder *l, uint32_t i)
{
	const struct dossier *d = &l->dossier;
	int64_t silence = i ? d->packet[i].time_ns - d->packet[i - 1].time_ns : 0;
	bool left_out = d->left_out && i == DOSSIER_PACKETS_MAX / 2;
	char text[WORDING_ROOM];

	if (left_out)
		fprintf(l->stream, "%*s... %s left out ...\n", (int)LADDER_TIME, "",
			wording_count(text, d->left_out, "packet"));
	else if (silence >= LADDER_IDLE_NS)
		fprintf(l->stream, "%*s... %s without a packet ...\n", (int)LADDER_TIME, "",
			wording_duration(text, silence));
}

static enum status ladder_body(const struct ladder *l, struct output *output, struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t i;

	for (i = 0; i < l->dossier.packets && !status; i++) {
		ladder_gap(l, i);
		status = ladder_packet(l, i, err);
		if (!status && i % 1024 == 0)
			status = output_check(output, err);
	}
	if (!l->dossier.packets)
		fprintf(l->stream, "%*sno packets\n", (int)LADDER_TIME, "");
	return status;
}

/* ---- the whole ---- */

static enum status ladder_open(struct ladder *l, struct store_txn *txn, uint64_t number,
			       struct error *err)
{
	enum status status = ladder_facts_session(&l->facts, txn, number, err);
	uint32_t session = (uint32_t)(number - 1);

	if (!status && !l->facts.found)
		status = error_set(err, STATUS_USAGE,
				   "--session %llu: there is no such session; the store has %llu "
				   "(see --csv sessions)", (unsigned long long)number,
				   (unsigned long long)l->facts.sessions);
	if (!status)
		status = trace_open(&l->trace, txn, err);
	if (!status && session >= l->trace->sessions->count)
		status = error_set(err, STATUS_INPUT,
				   "the store is damaged: no packets of session %llu "
				   "(crosstap-correlate makes it anew)",
				   (unsigned long long)number);
	if (!status)
		status = names_make(&l->names, &l->trace->path, l->trace->view, err);
	if (!status)
		status = dossiers_open(&l->dossiers, &l->trace->source, &session, NULL, 1, err);
	if (status)
		return status;
	l->dossier = dossiers_get(l->dossiers, 0);
	l->follow = calloc((size_t)l->dossier.packets + 1, sizeof *l->follow);
	if (!l->follow)
		return ladder_memory(err);
	if (!ladder_stream_follow(l->follow, &l->dossier, l->trace->view, l->trace->connection))
		return ladder_memory(err);
	l->begin_ns = l->dossier.packets ? l->dossier.packet[0].time_ns : 0;
	l->grid.stages = l->trace->path.stages;
	l->grid.step = ladder_step(l->grid.stages, LADDER_WIDTH - LADDER_TIME - LADDER_WORDS);
	return ladder_facts_read(&l->facts, txn, l->trace, l->names, &l->dossier, err);
}

static void ladder_close(struct ladder *l)
{
	ladder_facts_free(&l->facts, l->dossier.packets);
	free(l->follow);
	dossiers_close(&l->dossiers);
	names_free(&l->names);
	trace_close(&l->trace);
}

enum status ladder_write(struct output *output, struct store_txn *txn, uint64_t session,
			 bool colour, struct error *err)
{
	struct ladder l = {.stream = output->stream, .colour = colour};
	enum status status = ladder_open(&l, txn, session, err);

	if (!status) {
		struct ladder_head head = {l.stream, l.trace, l.names, &l.dossier, &l.facts,
					   &l.grid, LADDER_TIME};

		status = ladder_head_write(&head, err);
	}
	if (!status)
		status = ladder_body(&l, output, err);
	ladder_close(&l);
	return status ? status : output_check(output, err);
}

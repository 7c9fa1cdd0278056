#include "report/ladder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/cell.h"
#include "report/ladder_arrow.h"
#include "report/ladder_head.h"
#include "report/ladder_words.h"
#include "report/wording.h"

#define LADDER_TIME 12u         /* columns before the first stage */
#define LADDER_WORDS 40u        /* columns for what a packet says, behind the last */
#define LADDER_INDENT 14u       /* of notes */
#define LADDER_IDLE_NS 1000000000 /* a silence that is worth a line */

#define LADDER_RED "\033[1;31m"
#define LADDER_YELLOW "\033[33m"
#define LADDER_PLAIN "\033[0m"

struct ladder {
	FILE *stream;
	bool colour;
	const struct ladders *all;
	const struct ladder_session *session;
	struct ladder_grid grid;
};

static enum status ladder_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "--session");
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

static enum status ladder_notes(const struct ladder *l, uint32_t i, struct error *err)
{
	static const struct {
		enum ladder_note note;
		const char *colour;
	} notes[] = {
		{LADDER_INJECTION, LADDER_RED}, {LADDER_DROP, LADDER_RED}, {LADDER_RESET, LADDER_YELLOW},
	};
	enum status status = STATUS_OK;
	size_t k;

	for (k = 0; k < sizeof notes / sizeof notes[0] && !status; k++) {
		char *text;
		bool row;

		status = ladder_note(l->all, l->session, i, notes[k].note, &text, &row, err);
		if (!status && text)
			status = ladder_say(l, row ? notes[k].colour : "", text, err);
		free(text);
	}
	return status;
}

static void ladder_line(const struct ladder *l, uint32_t i, char line[LADDER_LINE_MAX])
{
	const struct dossier_packet *p = &l->session->dossier.packet[i];
	const struct dossier_sight *s = &l->session->dossier.sight[p->sight];
	char delay[VIEW_POINTS_MAX][WORDING_ROOM];
	uint8_t stage[VIEW_POINTS_MAX];
	struct ladder_arrow arrow = {.forward = p->forward, .sights = p->sights, .stage = stage,
				     .begin = ladder_verdict(l->all, p->before, p->before_hop)->behind,
				     .end = ladder_verdict(l->all, p->after, p->after_hop)->ahead,
				     .begin_hop = p->before_hop, .end_hop = p->after_hop};
	uint32_t k;

	for (k = 0; k < p->sights; k++) {
		stage[k] = s[k].stage;
		if (k + 1 < p->sights && ladder_clocked(l->all, s[k].stage, s[k + 1].stage))
			arrow.delay[k] = wording_duration(delay[k], s[k + 1].time_ns - s[k].time_ns);
	}
	ladder_draw(line, &l->grid, &arrow);
}

static enum status ladder_packet(const struct ladder *l, uint32_t i, struct error *err)
{
	char line[LADDER_LINE_MAX], words[LADDER_WORDS_ROOM], repeat[LADDER_WORDS_ROOM];
	char since[CELL_ROOM], *safe;
	enum status status = STATUS_OK;

	*cell_nanos(since, l->session->dossier.packet[i].time_ns - l->session->begin_ns, 9, 6) = '\0';
	ladder_line(l, i, line);
	ladder_describe(l->session, i, words);
	safe = wording_safe(words);
	if (!safe)
		return ladder_memory(err);
	ladder_repeat(l->session, i, repeat);
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
	const struct dossier *d = &l->session->dossier;
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
	const uint32_t packets = l->session->dossier.packets;
	enum status status = STATUS_OK;
	uint32_t i;

	for (i = 0; i < packets && !status; i++) {
		ladder_gap(l, i);
		status = ladder_packet(l, i, err);
		if (!status && i % 1024 == 0)
			status = output_check(output, err);
	}
	if (!packets)
		fprintf(l->stream, "%*sno packets\n", (int)LADDER_TIME, "");
	return status;
}

/* ---- the whole ---- */

static enum status ladder_write_open(struct output *output, const struct ladders *all, bool colour,
				     struct error *err)
{
	struct ladder l = {output->stream, colour, all, &all->list[0],
			   {.stages = all->trace->path.stages}};
	struct ladder_head head = {l.stream, all, l.session, &l.grid, LADDER_TIME};
	enum status status;

	l.grid.step = ladder_step(l.grid.stages, LADDER_WIDTH - LADDER_TIME - LADDER_WORDS);
	status = ladder_head_write(&head, err);
	return status ? status : ladder_body(&l, output, err);
}

enum status ladder_write(struct output *output, struct store_txn *txn, uint64_t session,
			 bool colour, struct error *err)
{
	struct ladders *all;
	enum status status = ladders_open_one(&all, txn, session, err);

	if (!status)
		status = ladder_write_open(output, all, colour, err);
	ladders_close(&all);
	return status ? status : output_check(output, err);
}

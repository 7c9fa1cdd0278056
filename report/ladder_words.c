#include "report/ladder_words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/results.h"
#include "report/cell.h"

static const struct ladder_verdict ladder_verdicts[VERDICTS] = {
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

const struct ladder_verdict *ladder_verdict(const struct ladders *l, uint8_t verdict, uint8_t hop)
{
	bool there = verdict < VERDICTS && hop + 1u < l->trace->path.stages;

	return &ladder_verdicts[there ? verdict : VERDICT_NONE];
}

char *ladder_flags(char *out, uint16_t flags)
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

static void ladder_describe_tcp(const struct ladder_session *session, uint32_t i,
				char words[LADDER_WORDS_ROOM])
{
	const struct dossier_packet *p = &session->dossier.packet[i];
	const struct ladder_stream *s = &session->follow[i];
	char *out = ladder_flags(words, p->flags);

	out += sprintf(out, " Seq=%u", s->seq);
	if (p->flags & PACKET_TCP_ACK)
		out += sprintf(out, " Ack=%u", s->ack);
	out += sprintf(out, " Len=%u", p->payload);
	if (!p->window && !(p->flags & (PACKET_TCP_SYN | PACKET_TCP_RST)))
		stpcpy(out, " Win=0");
}

void ladder_describe(const struct ladder_session *session, uint32_t i, char words[LADDER_WORDS_ROOM])
{
	const struct dossier_packet *p = &session->dossier.packet[i];

	if (p->marks & PACKET_FRAGMENT)
		snprintf(words, LADDER_WORDS_ROOM, "fragment, Len=%u", p->payload);
	else if (session->dossier.proto == 6)
		ladder_describe_tcp(session, i, words);
	else
		snprintf(words, LADDER_WORDS_ROOM, "%.20s Len=%u",
			 session->facts->value[SESSIONS_PROTO], p->payload);
}

static void ladder_since(const struct ladder_session *session, uint32_t i, char text[CELL_ROOM])
{
	*cell_nanos(text, session->dossier.packet[i].time_ns - session->begin_ns, 9, 6) = '\0';
}

void ladder_repeat(const struct ladder_session *session, uint32_t i, char words[LADDER_WORDS_ROOM])
{
	const struct ladder_stream *s = &session->follow[i];
	char since[CELL_ROOM];

	*words = '\0';
	switch (s->repeat) {
	case LADDER_RETRANSMISSION:
		ladder_since(session, s->original, since);
		snprintf(words, LADDER_WORDS_ROOM, "retransmission of %.20s%s", since,
			 session->dossier.packet[s->original].after == VERDICT_DROPPED
				 ? ", which was dropped" : "");
		break;
	case LADDER_RECUT:
		ladder_since(session, s->original, since);
		snprintf(words, LADDER_WORDS_ROOM, "bytes of %.20s, cut or joined on the way", since);
		break;
	case LADDER_OUT_OF_ORDER:
		strcpy(words, "out of order");
		break;
	case LADDER_KEEPALIVE:
		strcpy(words, "keep-alive");
		break;
	}
}

bool ladder_clocked(const struct ladders *l, uint32_t a, uint32_t b)
{
	uint32_t hop;

	for (hop = a < b ? a : b; hop < (a < b ? b : a); hop++)
		if (!l->clocks.known[hop])
			return false;
	return true;
}

enum status ladder_note(const struct ladders *l, const struct ladder_session *session, uint32_t packet,
			enum ladder_note note, char **text, bool *row, struct error *err)
{
	const struct dossier_packet *p = &session->dossier.packet[packet];
	const char *sentence = session->facts->note[packet][note];
	bool behind = note == LADDER_INJECTION;
	uint8_t hop = behind ? p->before_hop : p->after_hop;
	const struct ladder_verdict *v = ladder_verdict(l, behind ? p->before : p->after, hop);
	bool some = note == LADDER_RESET ? sentence != NULL : (behind ? v->behind : v->ahead) != 0;

	*text = NULL;
	*row = sentence != NULL;
	if (!some)
		return STATUS_OK;
	if (sentence)
		*text = strdup(sentence);
	else if (asprintf(text, "%s %s", behind ? v->behind_text : v->ahead_text,
			  l->names->hop[hop]) < 0)
		*text = NULL;
	return *text ? STATUS_OK : error_errno(err, ENOMEM, "--session");
}

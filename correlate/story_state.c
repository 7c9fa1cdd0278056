#include "correlate/story_state.h"

#define STATE_TCP 6

struct state_case {
	const struct survey_flow *f;
	const struct story_note *note;
	uint8_t proto;
	bool plain[2], fin[2];   /* [0] by the client, [1] by the server */
};

static bool state_answered(const struct state_case *c)
{
	return c->proto != STATE_TCP && c->plain[0] && c->plain[1];
}

static bool state_unanswered(const struct state_case *c)
{
	return c->proto != STATE_TCP;
}

/* A RST behind both FINs cuts nothing off. */
static bool state_reset(const struct state_case *c)
{
	return c->f->rst && !(c->fin[0] && c->fin[1]);
}

static bool state_syn_sent(const struct state_case *c)
{
	return c->f->syn && !c->f->synack && !c->plain[0] && !c->plain[1];
}

static bool state_syn_received(const struct state_case *c)
{
	return c->f->synack && !c->plain[0];
}

/* RFC 9293 3.6: the FIN that came second has no FIN to answer it, only an ACK. */
static bool state_last_ack(const struct state_case *c)
{
	return c->fin[0] && c->fin[1] && (c->note->fin_in_vain[0] || c->note->fin_in_vain[1]);
}

static bool state_closed(const struct state_case *c)
{
	return c->fin[0] && c->fin[1];
}

static bool state_one_direction(const struct state_case *c)
{
	return !c->f->packets[0] || !c->f->packets[1];
}

static bool state_fin_unanswered(const struct state_case *c)
{
	return c->note->fin_in_vain[0] || c->note->fin_in_vain[1];
}

static bool state_half_closed(const struct state_case *c)
{
	return c->fin[0] || c->fin[1];
}

static bool state_timeout(const struct state_case *c)
{
	return c->note->in_vain[0] || c->note->in_vain[1];
}

static bool state_open(const struct state_case *c)
{
	return c->f->syn || c->f->synack;
}

static bool state_any(const struct state_case *c)
{
	return true;
}

static const struct state_rule {
	const char *name;
	bool (*holds)(const struct state_case *c);
} state_rules[SESSION_STATES] = {
	[SESSION_ANSWERED] = {"answered", state_answered},
	[SESSION_UNANSWERED] = {"unanswered", state_unanswered},
	[SESSION_STATE_RESET] = {"reset", state_reset},
	[SESSION_SYN_SENT] = {"syn_sent", state_syn_sent},
	[SESSION_SYN_RECEIVED] = {"syn_received", state_syn_received},
	[SESSION_LAST_ACK] = {"last_ack", state_last_ack},
	[SESSION_CLOSED] = {"closed", state_closed},
	[SESSION_ONE_DIRECTION] = {"one_direction", state_one_direction},
	[SESSION_FIN_UNANSWERED] = {"fin_unanswered", state_fin_unanswered},
	[SESSION_HALF_CLOSED] = {"half_closed", state_half_closed},
	[SESSION_TIMEOUT] = {"timeout", state_timeout},
	[SESSION_OPEN] = {"open", state_open},
	[SESSION_MID_STREAM] = {"mid_stream", state_any},
};

enum session_state session_state(const struct survey_flow *whole, const struct story_note *note,
				 uint8_t proto)
{
	struct state_case c = {.f = whole, .note = note, .proto = proto};
	unsigned d, state = 0;

	for (d = 0; d < 2; d++) {
		c.plain[d] = survey_has(whole, d, SURVEY_PLAIN);
		c.fin[d] = survey_has(whole, d, SURVEY_FIN);
	}
	while (!state_rules[state].holds(&c))
		state++;
	return (enum session_state)state;
}

const char *session_state_name(enum session_state state)
{
	return state_rules[state].name;
}

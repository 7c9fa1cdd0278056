#include "correlate/reset_pieces.h"

#include "correlate/emit.h"

void say_number(struct words *w, uint64_t number, const char *behind)
{
	words_add_number(w, number);
	words_add(w, behind);
}

void say_count(struct words *w, uint64_t number, const char *what)
{
	say_number(w, number, " ");
	words_add(w, what);
	words_add(w, number == 1 ? "" : "s");
}

void say_time(struct words *w, int64_t ns)
{
	static const struct {
		int64_t below_ns, tenth_ns;
		const char *name;
	} units[] = {
		{INT64_C(1000000), 100, " us"},
		{INT64_C(1000000000), 100000, " ms"},
		{INT64_MAX, 100000000, " s"},
	};
	uint64_t tenths;
	size_t k = 0;

	if (ns < 0) {
		say(w, "some time");
		return;
	}
	while (ns >= units[k].below_ns && k + 1 < sizeof units / sizeof units[0])
		k++;
	tenths = (uint64_t)(ns / units[k].tenth_ns + (ns % units[k].tenth_ns >= units[k].tenth_ns / 2));
	words_add_number(w, tenths / 10);
	if (tenths < 1000 && tenths % 10) {
		say(w, ".");
		words_add_number(w, tenths % 10);
	}
	say(w, units[k].name);
}

const char *say_own(const struct reset_case *c)
{
	return c->reset->from_client ? "the client" : "the server";
}

const char *say_peer(const struct reset_case *c)
{
	return c->reset->from_client ? "the server" : "the client";
}

void say_point(struct words *w, const struct reset_case *c)
{
	say(w, c->judging->view->point[c->reset->point].name);
}

void say_hop(struct words *w, const struct reset_case *c, uint8_t hop)
{
	char name[PATH_TEXT_MAX];

	emit_hop_name(c->judging, hop, name, sizeof name);
	words_add_cut(w, name, 256);
}

const char *say_kind(const struct reset_case *c)
{
	static const char *const kinds[] = {
		[RESET_ANSWERS_NOTHING] = "nothing", [RESET_ANSWERS_SYN] = "the SYN",
		[RESET_ANSWERS_SYNACK] = "the SYN-ACK", [RESET_ANSWERS_FIN] = "the FIN",
		[RESET_ANSWERS_DATA] = "the data", [RESET_ANSWERS_ACK] = "the ACK",
	};

	return kinds[c->facts->answers];
}

void say_foreign(struct words *w, const struct reset_case *c)
{
	if (!c->foreign)
		return;
	say(w, "; its TTL is ");
	say_number(w, c->reset->ttl, ", that of ");
	say(w, say_own(c));
	say(w, "'s other packets ");
	words_add_number(w, c->judging->flows[c->reset->way >> 1].ttl[c->reset->way & 1]);
}

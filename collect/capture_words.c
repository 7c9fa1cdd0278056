#include "collect/capture_words.h"

#include <stdio.h>
#include <string.h>

#include "collect/terminal.h"

/* ", 1,234 words" when there are any. */
static void add_count(char *line, uint64_t count, const char *words)
{
	char number[TERMINAL_NUMBER_MAX];
	size_t n = strlen(line);

	if (count)
		snprintf(line + n, CAPTURE_WORDS_MAX - n, ", %s %s", terminal_number(number, count),
			 words);
}

/* What else a capture's row says. */
static void add_more(char *line, const struct capture *c)
{
	char first[TERMINAL_TIME_MAX], last[TERMINAL_TIME_MAX];
	size_t n = strlen(line);

	if (c->records)
		n += (size_t)snprintf(line + n, CAPTURE_WORDS_MAX - n, ", %s to %s",
				      terminal_time(first, c->first_ns),
				      terminal_time(last, c->last_ns));
	snprintf(line + n, CAPTURE_WORDS_MAX - n, ", snaplen %u", c->snaplen);
	add_count(line, c->bytes, "bytes");
	add_count(line, c->flows, "flows");
	add_count(line, c->truncated, "cut by the snaplen");
	add_count(line, c->backwards, "earlier than the one before");
}

void capture_words(char *line, const char *path, const struct ingest_result *result, bool verbose)
{
	const struct capture *c = &result->capture;
	char packets[TERMINAL_NUMBER_MAX];

	if (result->known) {
		snprintf(line, CAPTURE_WORDS_MAX, "%s: already collected", path);
		return;
	}
	snprintf(line, CAPTURE_WORDS_MAX, "%s: %s packet%s, %s%s%s", path,
		 terminal_number(packets, c->packets), c->packets == 1 ? "" : "s", c->format,
		 *c->link_types ? ", " : "", c->link_types);
	add_count(line, c->filtered, "filtered out");
	add_count(line, c->records - c->kinds[PACKET_IP], "not comparable");
	add_count(line, c->drops, "lost by the capture itself");
	if (verbose)
		add_more(line, c);
}

bool capture_words_damage(char *line, const char *path, const struct capture *capture)
{
	char packets[TERMINAL_NUMBER_MAX];

	if (capture->damaged)
		snprintf(line, CAPTURE_WORDS_MAX,
			 "warning: %s: damaged at byte %llu: %s; read up to there (%s packets)", path,
			 (unsigned long long)capture->damage_offset, capture->damage,
			 terminal_number(packets, capture->packets));
	return capture->damaged;
}

void capture_words_import(char *line, const char *store, const struct transfer_result *result)
{
	char captures[TERMINAL_NUMBER_MAX], packets[TERMINAL_NUMBER_MAX];

	snprintf(line, CAPTURE_WORDS_MAX, "%s: %s capture%s, %s packets", store,
		 terminal_number(captures, result->captures), result->captures == 1 ? "" : "s",
		 terminal_number(packets, result->packets));
	add_count(line, result->known, "already collected");
}

bool capture_words_removed(char *line, const struct keep_count *removed)
{
	char captures[TERMINAL_NUMBER_MAX], packets[TERMINAL_NUMBER_MAX], until[TERMINAL_TIME_MAX];

	if (!removed->captures)
		return false;
	snprintf(line, CAPTURE_WORDS_MAX, "removed to keep to the limits: %s capture%s, %s packet%s",
		 terminal_number(captures, removed->captures), removed->captures == 1 ? "" : "s",
		 terminal_number(packets, removed->packets), removed->packets == 1 ? "" : "s");
	if (removed->until_ns)
		snprintf(line + strlen(line), CAPTURE_WORDS_MAX - strlen(line), ", the last of %s",
			 terminal_time(until, removed->until_ns));
	return true;
}

void capture_words_live(char *line, const char *interface, const struct live_counts *counts)
{
	char packets[TERMINAL_NUMBER_MAX], received[TERMINAL_NUMBER_MAX];
	char dropped[TERMINAL_NUMBER_MAX], missed[TERMINAL_NUMBER_MAX];

	snprintf(line, CAPTURE_WORDS_MAX,
		 "%s: %s packet%s captured, %s seen by the kernel, %s dropped by the kernel, "
		 "%s dropped by the interface",
		 interface, terminal_number(packets, counts->packets),
		 counts->packets == 1 ? "" : "s", terminal_number(received, counts->received),
		 terminal_number(dropped, counts->dropped), terminal_number(missed, counts->missed));
}

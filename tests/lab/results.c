/* Writes a store with results that were made up, so that report can be tested without captures:
 *
 *	results STORE drops|clean|empty|none
 *
 * drops: four points, a hop that drops and injects, texts that want care; clean: two points and
 * nothing wrong; empty: results without a row; none: a store without results.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/capture.h"
/* The schemas; labs are linked with collect/ only. */
#include "correlate/results.c"

#define START_NS 1700000000123456789 /* 2023-11-14T22:13:20.123456789Z */
#define UNKNOWN TABLE_INT_UNKNOWN

static struct error err;

static void must(enum status status)
{
	if (status) {
		fprintf(stderr, "results: %s\n", err.text);
		exit(status);
	}
}

struct input {
	const char *point, *file;
	uint64_t packets;
	int64_t first_ns;
	const char *damage;
	uint64_t lost; /* by the capture */
};

static void put_input(struct store *store, const struct input *input)
{
	static struct record_block block;
	struct capture_writer *writer;
	struct capture capture = {.start_ns = INT64_MIN, .end_ns = INT64_MAX};
	uint32_t point;
	bool known;

	must(capture_point_add(store, input->point, &point, &err));
	must(capture_begin(store, point, &writer, &err));
	if (input->packets) {
		memset(&block, 0, sizeof block);
		block.rows = (uint32_t)input->packets;
		must(capture_put_block(writer, &block, &err));
	}
	snprintf(capture.file, sizeof capture.file, "%s", input->file);
	strcpy(capture.format, "pcap");
	strcpy(capture.link_types, "EN10MB");
	capture.bytes = 24 + 70 * input->packets;
	memset(capture.sha256, input->file[0] + (int)input->packets, sizeof capture.sha256);
	capture.packets = input->packets;
	capture.first_ns = input->first_ns;
	capture.last_ns = input->first_ns + 35200000000;
	capture.snaplen = input->packets > 1000 ? 262144 : 0;
	capture.drops_known = input->lost > 0;
	capture.drops = input->lost;
	if (input->damage) {
		capture.damaged = true;
		capture.damage_offset = 4711;
		snprintf(capture.damage, sizeof capture.damage, "%s", input->damage);
	}
	must(capture_finish(&writer, &capture, &known, &err));
}

static struct table_writer *begin(struct store *store, uint32_t generation,
				  const struct table_schema *schema)
{
	struct table_writer *writer;

	must(table_begin(store, generation, schema, &writer, &err));
	return writer;
}

static void text(struct table_writer *writer, unsigned column, const char *value)
{
	table_set_text(writer, column, value);
}

struct hop {
	const char *hop, *from, *to, *direction;
	int64_t packets, matched, dropped, injected, edge, excluded, p50_ns;
};

static void put_hop(struct table_writer *writer, const struct hop *hop)
{
	text(writer, HOPS_HOP, hop->hop);
	text(writer, HOPS_FROM, hop->from);
	text(writer, HOPS_TO, hop->to);
	text(writer, HOPS_DIRECTION, hop->direction);
	table_set_int(writer, HOPS_PACKETS, hop->packets);
	table_set_int(writer, HOPS_MATCHED, hop->matched);
	table_set_int(writer, HOPS_DROPPED, hop->dropped);
	table_set_int(writer, HOPS_INJECTED, hop->injected);
	table_set_int(writer, HOPS_LOCAL, 0);
	table_set_int(writer, HOPS_UNCAPTURED, 0);
	table_set_int(writer, HOPS_EDGE, hop->edge);
	table_set_int(writer, HOPS_AMBIGUOUS, 0);
	table_set_int(writer, HOPS_EXCLUDED, hop->excluded);
	table_set_int(writer, HOPS_DUPLICATED, 0);
	table_set_int(writer, HOPS_REORDERED, 0);
	table_set_int(writer, HOPS_MODIFIED, 0);
	if (hop->p50_ns != UNKNOWN) {
		table_set_real(writer, HOPS_LOSS_RATIO, (double)hop->dropped / hop->packets);
		table_set_int(writer, HOPS_DELAY_P50, hop->p50_ns);
		table_set_int(writer, HOPS_DELAY_P90, hop->p50_ns * 3 / 2);
		table_set_int(writer, HOPS_DELAY_P99, hop->p50_ns * 20);
		table_set_int(writer, HOPS_CLOCK_OFFSET, -3700000123456);
		table_set_real(writer, HOPS_CLOCK_SKEW, -35.04);
		table_set_int(writer, HOPS_CLOCK_ERROR, 41000);
	}
	must(table_row(writer, &err));
}

static void put_drop(struct table_writer *writer, int i, const char *file, const char *evidence)
{
	static const uint8_t client[4] = {10, 9, 1, 2}, server[4] = {10, 9, 2, 2};

	text(writer, PACKETS_HOP, "fw-in>fw-out");
	text(writer, PACKETS_DIRECTION, "forward");
	text(writer, PACKETS_SEEN_AT, "fw-in");
	text(writer, PACKETS_MISSING_AT, "fw-out");
	table_set_int(writer, PACKETS_TIME, START_NS + i);
	text(writer, PACKETS_FILE, file);
	table_set_int(writer, PACKETS_FRAME, 17 + i);
	table_set_int(writer, PACKETS_SESSION, 3);
	text(writer, PACKETS_PROTO, "tcp");
	table_set_bytes(writer, PACKETS_SRC, client, 4);
	table_set_int(writer, PACKETS_SPORT, 40000 + i);
	table_set_bytes(writer, PACKETS_DST, server, 4);
	table_set_int(writer, PACKETS_DPORT, 82);
	table_set_int(writer, PACKETS_IP_ID, 48879);
	text(writer, PACKETS_TCP_FLAGS, "S");
	table_set_int(writer, PACKETS_TCP_SEQ, 4294967295);
	table_set_int(writer, PACKETS_LENGTH, 60);
	text(writer, PACKETS_CAUSE, "policy");
	table_set_real(writer, PACKETS_CONFIDENCE, 0.985);
	text(writer, PACKETS_EVIDENCE, evidence);
	must(table_row(writer, &err));
}

static void put_finding(struct table_writer *writer, int rank, const char *severity,
			const char *sentence)
{
	table_set_int(writer, FINDINGS_RANK, rank);
	text(writer, FINDINGS_SEVERITY, severity);
	text(writer, FINDINGS_KIND, "drop.policy");
	table_set_int(writer, FINDINGS_COUNT, 36);
	text(writer, FINDINGS_TEXT, sentence);
	must(table_row(writer, &err));
}

static void put_run(struct table_writer *writer, const char *key, const char *value)
{
	text(writer, RUN_KEY, key);
	text(writer, RUN_VALUE, value);
	must(table_row(writer, &err));
}

static void put_drops_results(struct store *store, uint32_t generation)
{
	static const struct hop hops[] = {
		{"client>fw-in", "client", "fw-in", "forward", 2100, 2100, 0, 0, 0, 0, 12300},
		{"client>fw-in", "fw-in", "client", "reverse", 2211, 2211, 0, 0, 0, 0, 9900},
		{"client>fw-in", "client", "fw-in", "none", 4, 0, 0, 0, 0, 4, UNKNOWN},
		{"fw-in>fw-out", "fw-in", "fw-out", "forward", 2100, 2061, 36, 0, 3, 0, 612000},
		{"fw-in>fw-out", "fw-out", "fw-in", "reverse", 2211, 2211, 0, 12, 0, 0, 598000},
		{"fw-in>fw-out", "fw-in", "fw-out", "none", 0, 0, 0, 0, 0, 0, UNKNOWN},
		{"fw-out>server", "fw-out", "server", "forward", 2064, 2064, 0, 0, 0, 0, 15000},
		{"fw-out>server", "server", "fw-out", "reverse", 2211, 2211, 0, 0, 0, 0, 14000},
	};
	static const struct input inputs[] = {
		{"server", "server.pcap", 4275, START_NS, NULL, 0},
		{"client", "client-2.pcap", 2000, START_NS + 10, NULL, 0},
		{"client", "client-1.pcap", 2315, START_NS, "packet 4712 says 9999999 bytes", 0},
		{"fw-in", "=fw\x1b[31m\xff,\"in\".pcap", 4311, START_NS, NULL, 120},
		{"fw-out", "fw-out.pcap", 4275, START_NS, NULL, 0},
		{"fw-out", "empty.pcap", 0, 0, NULL, 0},
	};
	struct table_writer *writer = begin(store, generation, &results_hops);
	char sentence[80];
	size_t i;

	for (i = 0; i < sizeof hops / sizeof hops[0]; i++)
		put_hop(writer, &hops[i]);
	must(table_finish(&writer, &err));
	for (i = 0; i < sizeof inputs / sizeof inputs[0]; i++)
		put_input(store, &inputs[i]);

	writer = begin(store, generation, &results_drops);
	put_drop(writer, 0, "=fw\x1b[31m\xff,\"in\".pcap", "no SYN of this service passed, ever");
	put_drop(writer, 1, "-fw.pcap", "line one\nline two");
	put_drop(writer, 2, "\tfw.pcap", " blank at the start");
	must(table_finish(&writer, &err));

	writer = begin(store, generation, &results_resets);
	text(writer, RESETS_VERDICT, "endpoint");
	must(table_row(writer, &err));
	text(writer, RESETS_VERDICT, "injected");
	text(writer, RESETS_ORIGIN, "fw-in>fw-out");
	must(table_row(writer, &err));
	must(table_finish(&writer, &err));

	writer = begin(store, generation, &results_findings);
	put_finding(writer, 1, "high",
		    "fw-in > fw-out dropped 36 packets, all SYNs to 10.9.2.2:82; nothing reached "
		    "fw-out, and each was tried again after 1, 3 and 7 s");
	put_finding(writer, 2, "medium", "a name from a packet: \x1b]0;owned\x07 and \xe2\x80\xae");
	for (i = 3; i <= 23; i++) {
		snprintf(sentence, sizeof sentence, "finding number %zu", i);
		put_finding(writer, (int)i, "low", sentence);
	}
	must(table_finish(&writer, &err));

	writer = begin(store, generation, &results_run);
	put_run(writer, "version", "0.1.0");
	put_run(writer, "path", "client,fw-in,fw-out,server");
	put_run(writer, "path_evidence", "ttl");
	must(table_finish(&writer, &err));
}

static void put_clean_results(struct store *store, uint32_t generation)
{
	static const struct hop hops[] = {
		{"a>b", "a", "b", "forward", 10, 10, 0, 0, 0, 0, 12300},
		{"a>b", "b", "a", "reverse", 10, 10, 0, 0, 0, 0, -40},
	};
	static const struct input inputs[] = {{"a", "a.pcap", 20, START_NS, NULL, 0},
					      {"b", "b.pcap", 20, START_NS, NULL, 0}};
	struct table_writer *writer = begin(store, generation, &results_hops);
	size_t i;

	for (i = 0; i < 2; i++)
		put_hop(writer, &hops[i]);
	must(table_finish(&writer, &err));
	for (i = 0; i < 2; i++)
		put_input(store, &inputs[i]);
	writer = begin(store, generation, &results_run);
	put_run(writer, "path", "a,b");
	put_run(writer, "path_evidence", "command line");
	must(table_finish(&writer, &err));
}

/* Which tables a kind of results fills itself; the others get no rows. */
static const struct {
	const char *name;
	void (*put)(struct store *store, uint32_t generation);
	const struct table_schema *filled[8];
} kinds[] = {
	{"drops",
	 put_drops_results,
	 {&results_hops, &results_drops, &results_resets, &results_findings, &results_run}},
	{"clean", put_clean_results, {&results_hops, &results_run}},
	{"empty", NULL, {NULL}},
};

static const struct table_schema *const schemas[] = {
	&results_hops,	   &results_balance,	    &results_drops,    &results_injected,
	&results_resets,   &results_sessions,	    &results_session_points,
	&results_delays,   &results_translations, &results_changes,  &results_findings,
	&results_run,      &results_distributions, &results_expect,   &results_offers,
};

static void put_results(struct store *store, size_t kind)
{
	uint32_t generation;
	size_t i, k;

	must(table_generation_new(store, &generation, &err));
	if (kinds[kind].put)
		kinds[kind].put(store, generation);
	for (i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
		struct table_writer *writer;

		for (k = 0; kinds[kind].filled[k] && kinds[kind].filled[k] != schemas[i]; k++)
			;
		if (kinds[kind].filled[k])
			continue;
		writer = begin(store, generation, schemas[i]);
		must(table_finish(&writer, &err));
	}
	must(table_generation_commit(store, generation, &err));
}

int main(int argc, char **argv)
{
	static const uint64_t seed = 1;
	struct store *store;
	size_t kind;

	if (argc != 3) {
		fprintf(stderr, "usage: results STORE drops|clean|empty|none\n");
		return 2;
	}
	must(store_open(&store, argv[1], STORE_CREATE, true, &seed, &err));
	for (kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
		if (strcmp(kinds[kind].name, argv[2]) == 0)
			put_results(store, kind);
	store_close(&store);
	return 0;
}

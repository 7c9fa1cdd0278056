/* The language of --filter: a table of expressions over six sessions that were made up, and
 * which of them each takes, worked out by hand; wrong expressions and where they are wrong;
 * and whatever an attacker or a cat writes. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect/capture.h"
#include "correlate/results.h"
#include "report/filter_rows.h"
#include "tests/unit/check.h"

#define US 1000
#define SECOND 1000000000LL
#define NONE TABLE_INT_UNKNOWN

static struct error err;

static void must(enum status status)
{
	if (status) {
		printf("# %s\n", err.text);
		exit(2);
	}
}

/* ---- the sessions ---- */

static const struct built {
	const char *proto, *client, *server;
	int64_t client_port, server_port, duration_ns;
	const char *state, *outcome, *cause, *hop;
	int64_t dropped, injected, resets, server_ns, path_ns;
	const char *points[5];
	const char *seen;      /* the client's address at the server's point */
	int64_t seen_port;
} built[] = {
	{"tcp", "10.1.0.1", "10.9.2.2", 40000, 80, SECOND, "closed", "ok", NULL, NULL, 0, 0, 0,
	 1000 * US, -5 * US, {"client", "fw-in", "fw out", "server"}, NULL, 0},
	{"tcp", "10.1.0.2", "10.9.2.2", 40001, 443, 7 * SECOND, "syn_sent", "failed",
	 "syn_dropped", "fw-in>fw out", 3, 0, 0, NONE, NONE, {"client", "fw-in"}, NULL, 0},
	{"tcp", "10.1.0.1", "10.9.2.3", 40002, 80, 5 * SECOND, "closed", "degraded", "path_loss",
	 "client>fw-in", 3, 0, 0, 250000 * US, 70 * US,
	 {"client", "fw-in", "fw out", "server"}, NULL, 0},
	{"udp", "10.1.0.3", "10.9.2.2", 5000, 53, SECOND / 2, "open", "open", NULL, NULL, 0, 0, 0,
	 NONE, NONE, {"client", "fw-in", "fw out", "server"}, "192.0.2.1", 6000},
	{"tcp", "2001:db8::1", "2001:db8:1::2", 40000, 22, 4999999999, "reset", "aborted",
	 "reset", "fw-in>fw out", 0, 1, 2, 250001 * US, NONE,
	 {"client", "fw-in", "fw out", "server"}, NULL, 0},
	{"icmp", "10.1.0.1", "10.9.9.9", NONE, NONE, 0, NULL, "ok", NULL, NULL, 0, 0, 0, NONE,
	 NONE, {"client"}, NULL, 0},
};
#define BUILT (sizeof built / sizeof built[0])

/* Session, hop, and why: each a row of drops. */
static const struct {
	int64_t session;
	const char *hop, *cause;
} drops[] = {
	{2, "fw-in>fw out", "policy"}, {2, "fw-in>fw out", "policy"},
	{2, "fw-in>fw out", "policy"}, {3, "client>fw-in", "loss"},
	{3, "fw out>server", "burst"}, {3, "fw out>server", "burst"},
};

static struct table_writer *begin(struct store *store, uint32_t generation,
				  const struct table_schema *schema)
{
	struct table_writer *writer;

	must(table_begin(store, generation, schema, &writer, &err));
	return writer;
}

static void put_address(struct table_writer *w, unsigned column, const char *text)
{
	uint8_t bytes[16];
	bool six = strchr(text, ':');

	if (inet_pton(six ? AF_INET6 : AF_INET, text, bytes) != 1)
		abort();
	table_set_bytes(w, column, bytes, six ? 16 : 4);
}

static void put_session(struct table_writer *w, size_t i)
{
	const struct built *b = &built[i];

	table_set_int(w, SESSIONS_SESSION, (int64_t)i + 1);
	table_set_text(w, SESSIONS_PROTO, b->proto);
	put_address(w, SESSIONS_CLIENT, b->client);
	put_address(w, SESSIONS_SERVER, b->server);
	table_set_int(w, SESSIONS_CLIENT_PORT, b->client_port);
	table_set_int(w, SESSIONS_SERVER_PORT, b->server_port);
	table_set_int(w, SESSIONS_DURATION, b->duration_ns);
	table_set_text(w, SESSIONS_STATE, b->state);
	table_set_text(w, SESSIONS_OUTCOME, b->outcome);
	table_set_text(w, SESSIONS_CAUSE, b->cause);
	table_set_text(w, SESSIONS_HOP, b->hop);
	table_set_int(w, SESSIONS_DROPPED, b->dropped);
	table_set_int(w, SESSIONS_INJECTED, b->injected);
	table_set_int(w, SESSIONS_RESETS, b->resets);
	table_set_int(w, SESSIONS_SERVER_TIME, b->server_ns);
	table_set_int(w, SESSIONS_PATH_TIME, b->path_ns);
	must(table_row(w, &err));
}

static void put_points(struct table_writer *w, size_t i)
{
	const struct built *b = &built[i];
	size_t k;

	for (k = 0; b->points[k]; k++) {
		bool seen = b->seen && strcmp(b->points[k], "server") == 0;

		table_set_int(w, SESSION_POINTS_SESSION, (int64_t)i + 1);
		table_set_text(w, SESSION_POINTS_POINT, b->points[k]);
		put_address(w, SESSION_POINTS_SRC, seen ? b->seen : b->client);
		put_address(w, SESSION_POINTS_DST, b->server);
		table_set_int(w, SESSION_POINTS_SPORT, seen ? b->seen_port : b->client_port);
		table_set_int(w, SESSION_POINTS_DPORT, b->server_port);
		must(table_row(w, &err));
	}
}

static void put_hops(struct store *store, uint32_t generation)
{
	static const char *const hops[] = {"client>fw-in", "fw-in>fw out", "fw out>server"};
	struct table_writer *w = begin(store, generation, &results_hops);
	size_t i;

	for (i = 0; i < 6; i++) {
		table_set_text(w, HOPS_HOP, hops[i / 2]);
		table_set_text(w, HOPS_DIRECTION, i % 2 ? "reverse" : "forward");
		must(table_row(w, &err));
	}
	must(table_finish(&w, &err));
}

static void put_packets(struct store *store, uint32_t generation)
{
	struct table_writer *w = begin(store, generation, &results_drops);
	size_t i;

	for (i = 0; i < sizeof drops / sizeof drops[0]; i++) {
		table_set_int(w, PACKETS_SESSION, drops[i].session);
		table_set_text(w, PACKETS_HOP, drops[i].hop);
		table_set_text(w, PACKETS_CAUSE, drops[i].cause);
		must(table_row(w, &err));
	}
	table_set_text(w, PACKETS_HOP, "fw-in>fw out"); /* of no session */
	must(table_row(w, &err));
	must(table_finish(&w, &err));
	w = begin(store, generation, &results_injected);
	table_set_int(w, PACKETS_SESSION, 5);
	table_set_text(w, PACKETS_HOP, "fw-in>fw out");
	must(table_row(w, &err));
	must(table_finish(&w, &err));
	w = begin(store, generation, &results_resets);
	for (i = 0; i < 2; i++) { /* one that the hop made, one of the server */
		table_set_int(w, RESETS_SESSION, 5);
		table_set_text(w, RESETS_HOP, i ? NULL : "fw-in>fw out");
		table_set_text(w, RESETS_CAUSE, i ? "bad_sequence" : "idle_timeout_hop");
		must(table_row(w, &err));
	}
	must(table_finish(&w, &err));
}

static void put_results(struct store *store)
{
	static const char *const points[] = {"client", "fw-in", "fw out", "server"};
	static const struct table_schema *const rest[] = {
		&results_balance, &results_delays, &results_translations, &results_changes,
		&results_findings, &results_run, &results_distributions, &results_offers,
	};
	struct table_writer *w;
	uint32_t generation, point;
	size_t i;

	for (i = 0; i < 4; i++)
		must(capture_point_add(store, points[i], &point, &err));
	must(table_generation_new(store, &generation, &err));
	w = begin(store, generation, &results_sessions);
	for (i = 0; i < BUILT; i++)
		put_session(w, i);
	must(table_finish(&w, &err));
	w = begin(store, generation, &results_session_points);
	for (i = 0; i < BUILT; i++)
		put_points(w, i);
	must(table_finish(&w, &err));
	put_hops(store, generation);
	put_packets(store, generation);
	for (i = 0; i < sizeof rest / sizeof rest[0]; i++) {
		w = begin(store, generation, rest[i]);
		must(table_finish(&w, &err));
	}
	must(table_generation_commit(store, generation, &err));
}

/* ---- asking ---- */

static struct store_txn *txn;

/* The sessions as "1 3 5", or what is wrong. */
static const char *ask(const char *expression, struct query_fault *fault)
{
	static char answer[512];
	struct filter_match *match = NULL;
	struct query *query = NULL;
	enum status status = query_parse(&query, expression, fault, &err);
	size_t s, n = 0;

	answer[0] = '\0';
	if (!status)
		status = filter_match_make(&match, query, txn, fault, &err);
	if (status)
		snprintf(answer, sizeof answer, "%d at %u: %s", status, fault->offset,
			 fault->text);
	for (s = 0; !status && s <= BUILT + 64; s++)
		if (filter_match_takes(match, (int64_t)s))
			n += (size_t)snprintf(answer + n, sizeof answer - n, "%s%zu",
					      n ? " " : "", s);
	filter_match_free(&match);
	query_free(&query);
	return answer;
}

static const struct {
	const char *sentence, *expression, *answer;
} right[] = {
	{"host is either end", "host 10.9.2.2", "1 2 4"},
	{"src host is the client", "src host 10.1.0.1", "1 3 6"},
	{"dst host is the server", "dst host 10.1.0.1", ""},
	{"an end behind NAT is found, too", "host 192.0.2.1", "4"},
	{"so is its port", "src port 6000", "4"},
	{"host may be left out", "10.9.2.2", "1 2 4"},
	{"also behind src", "src 10.1.0.2", "2"},
	{"IPv6", "host 2001:db8::1", "5"},
	{"net with a length", "net 10.9.2.0/24", "1 2 3 4"},
	{"a length inside a byte", "net 10.9.2.2/31", "1 2 3 4"},
	{"host bits do not count", "dst net 10.9.9.200/25", ""},
	{"the other half", "dst net 10.9.9.100/25", "6"},
	{"net 0 is every IPv4 address", "net 0.0.0.0/0", "1 2 3 4 6"},
	{"net with bytes left out", "net 10.9.9", "6"},
	{"net of IPv6", "net 2001:db8:1::/48", "5"},
	{"port", "port 80", "1 3"},
	{"src port is the client's", "src port 40000", "1 5"},
	{"a port is no session's without ports", "not port 0", "1 2 3 4 5 6"},
	{"portrange, its ends included", "dst portrange 22-53", "4 5"},
	{"values go on behind or", "port 80 or 443", "1 2 3"},
	{"and keep their protocol", "udp port 80 or 53 or 5000", "4"},
	{"until there is another test", "udp port 53 or port 80 or 443", "1 2 3 4"},
	{"and keep their end", "src host 10.1.0.2 or 10.9.2.2", "2"},
	{"protocols", "tcp", "1 2 3 5"},
	{"others by their name in the table", "proto icmp or udp", "4 6"},
	{"a protocol in front of a port", "tcp port 53 or udp port 53", "4"},
	{"and of src", "tcp src 10.1.0.1", "1 3"},
	{"ip6", "ip6", "5"},
	{"ip in front of a test", "ip port 40000", "1"},
	{"outcome", "outcome failed", "2"},
	{"state", "state closed", "1 3"},
	{"the session's cause", "cause syn_dropped", "2"},
	{"the cause of one of its drops", "cause burst", "3"},
	{"the cause of one of its resets", "cause idle_timeout_hop", "5"},
	{"a hop has the sessions that something befell there", "hop 'fw-in>fw out'", "2 5"},
	{"blanks around the arrow", "hop client > fw-in", "3"},
	{"drops at a hop that is not the session's", "hop \"fw out>server\"", "3"},
	{"point", "point server", "1 3 4 5"},
	{"a point in quotes", "not point 'fw out'", "2 6"},
	{"dropped anywhere", "dropped == 3", "2 3"},
	{"dropped at the hop of the chain", "hop client > fw-in and dropped == 3", ""},
	{"a hop in front or behind", "dropped = 1 and hop client>fw-in", "3"},
	{"the hop reaches into parentheses",
	 "hop client>fw-in and (resets > 0 or not dropped < 1)", "3"},
	{"one of two hops", "(hop client>fw-in or hop 'fw out>server') and dropped >= 3", "3"},
	{"each chain has its hop",
	 "hop client>fw-in and dropped > 1 or hop 'fw out>server' and dropped > 1", "3"},
	{"and does not reach out of it", "(hop client>fw-in and dropped == 1) and dropped == 1",
	 "3"},
	{"or into another", "hop client>fw-in or dropped == 3", "2 3"},
	{"a hop that is denied is none to count at", "not hop client>fw-in and dropped == 3", "2"},
	{"resets of a hop", "hop 'fw-in>fw out' and resets == 1", "5"},
	{"resets of the session", "resets == 2", "5"},
	{"injected at a hop", "hop 'fw-in>fw out' and injected != 0", "5"},
	{"no drop at the hop", "hop 'fw-in>fw out' and dropped == 0", "5"},
	{"a length of time in its unit", "server_us > 250000", "5"},
	{"equal", "server_us >= 250000", "3 5"},
	{"seconds with decimals", "duration_s <= 4.999999999", "1 4 5 6"},
	{"below, exactly", "duration_s < 4.999999999", "1 4 6"},
	{"below zero", "path_us < -4.5", "1"},
	{"what is not known fulfils nothing", "server_us != 1000", "3 5"},
	{"nor its contrary", "path_us >= 0 or path_us < 0", "1 3"},
	{"session", "session 4", "4"},
	{"session compared", "session >= 5", "5 6"},
	{"number columns by their names", "server_port == 80 and client_port != 40000", "3"},
	{"and binds tighter than or", "udp or tcp and port 80", "1 3 4"},
	{"parentheses bind tighter", "(udp or tcp) and port 80", "1 3"},
	{"not binds tightest", "not tcp and not udp", "6"},
	{"signs for words", "!tcp&&!udp||(session==1)", "1 6"},
	{"not of not", "not not udp", "4"},
	{"not of all", "not (tcp or udp or icmp)", ""},
	{"blanks of all sorts", "\t tcp\nand\r port   80 ", "1 3"},
};

static const struct {
	const char *sentence, *expression;
	uint32_t offset;
	const char *text;
} wrong[] = {
	{"nothing", "", 0, "expected a test such as"},
	{"an operator without its right side", "tcp and", 7, "got the end"},
	{"one without its left side", "or tcp", 0, "got \"or\""},
	{"a parenthesis that stays open", "(tcp or udp", 11, "closing parenthesis"},
	{"one too many", "tcp)", 3, "expected \"and\", \"or\" or the end, got \")\""},
	{"two tests side by side", "port 80 port 81", 8, "got \"port\""},
	{"an unknown word", "tcp and sport 80", 8, "got \"sport\""},
	{"src of what has no ends", "src outcome ok", 4, "expected host, net, port"},
	{"a name for an address", "host www.example.com", 5, "expected an IPv4 or IPv6 address"},
	{"half an address", "host 10.1", 5, "address, got \"10.1\""},
	{"a length too long", "net 10.0.0.0/33", 4, "got \"10.0.0.0/33\""},
	{"a byte too large", "net 10.256", 4, "expected a network"},
	{"a port too large", "port 65536", 5, "from 0 to 65535"},
	{"a range backwards", "portrange 9-1", 10, "two ports such as"},
	{"an outcome that is none", "outcome bad", 8, "ok, failed, aborted, degraded or open"},
	{"no comparison", "dropped 5", 8, "one of > >="},
	{"no number", "dropped > many", 10, "a whole number, got \"many\""},
	{"a fraction of a packet", "dropped > 0.5", 10, "a whole number"},
	{"finer than a nanosecond", "server_us > 0.0001", 12, "a number"},
	{"a number that is too large", "server_us > 9999999999999999999", 12, "a number"},
	{"a column that is no number", "points > 3", 0, "got \"points\""},
	{"half a hop", "hop fw-in", 4, "expected a hop, FROM>TO, got \"fw-in\""},
	{"a hop without its end", "hop fw-in> ", 11, "FROM>TO, got the end"},
	{"a hop that is not there", "tcp or hop a>b", 11, "no hop \"a>b\"; there are: client>fw-in,"},
	{"a point that is not there", "point fw", 6, "there is no point \"fw\""},
	{"quotes that stay open", "point 'fw", 6, "the name of a point"},
	{"a session of no number", "session one", 8, "a whole number"},
};

static void tables(void)
{
	struct query_fault fault;
	size_t i;

	for (i = 0; i < sizeof right / sizeof right[0]; i++) {
		CHECK_TEXT(ask(right[i].expression, &fault), right[i].answer);
		check_case(right[i].sentence);
	}
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		const char *answer = ask(wrong[i].expression, &fault);

		CHECK(strncmp(answer, "2 at ", 5) == 0);
		CHECK_INT(fault.offset, wrong[i].offset);
		if (!strstr(fault.text, wrong[i].text))
			CHECK_TEXT(fault.text, wrong[i].text);
		check_case(wrong[i].sentence);
	}
}

/* ---- limits ---- */

/* `count` times `piece`, and then `last`; caller frees. */
static char *repeated(const char *piece, unsigned count, const char *last)
{
	size_t size = strlen(piece);
	char *text = malloc(count * size + strlen(last) + 1), *out = text;

	while (count-- > 0)
		out = stpcpy(out, piece);
	stpcpy(out, last);
	return text;
}

static void limits(void)
{
	static const struct {
		const char *piece;
		unsigned count;
		const char *last, *expected;
	} rows[] = {
		{"(", QUERY_DEPTH_MAX + 1, "tcp", "deep"},
		{"not ", QUERY_DEPTH_MAX + 1, "tcp", "deep"},
		{"!", 4000, "tcp", "deep"},
		{"not ", QUERY_DEPTH_MAX, "udp", "4"},
		{"tcp or ", 127, "udp", "1 2 3 4 5"},
		{"tcp or ", 128, "udp", "more than 256"},
		{"hop client>fw-in and ", 64, "tcp", "3"},
		{"hop client>fw-in and ", 64, "hop client>fw-in", "more than 64"},
		{" ", QUERY_TEXT_MAX - 3, "udp", "4"},
		{" ", QUERY_TEXT_MAX - 2, "udp", "longer than 4096"},
	};
	struct query_fault fault;
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *text = repeated(rows[i].piece, rows[i].count, rows[i].last);
		const char *answer = ask(text, &fault);

		if (strncmp(answer, "2 at", 4) == 0 ? !strstr(answer, rows[i].expected)
						    : strcmp(answer, rows[i].expected) != 0)
			CHECK_TEXT(answer, rows[i].expected);
		free(text);
	}
	check_case("depth, tests and bytes have limits, and all below them is answered");
}

/* Pieces put together by chance: each ends in an answer or in a place inside the text. */
static void chance(void)
{
	static const char *const pieces[] = {
		"tcp", "not", "(", ")", "and", "or", "host", "10.1.0.1", "net", "10.9/8", "port",
		"80", "hop", "client>fw-in", ">", "'", "\"", "dropped", ">=", "0", "-", "1.5",
		"src", "dst", "session", "\xff", "\x1b[2J", "point", "client", "!", "&&", "portrange",
		"1-2", "/", ":", "::", "proto", "cause", "a", "=", "==", "!=", "<",
	};
	char text[256];
	struct query_fault fault;
	uint32_t seed = 1, round, k, answered = 0;

	for (round = 0; round < 20000; round++) {
		struct query *query = NULL;
		size_t n = 0;

		for (k = 0; k < 1 + round % 8; k++) {
			seed = seed * 1664525 + 1013904223;
			n += (size_t)snprintf(text + n, sizeof text - n, "%s%s",
					      pieces[(seed >> 8) % (sizeof pieces / sizeof *pieces)],
					      seed >> 30 ? " " : "");
		}
		if (query_parse(&query, text, &fault, &err)) {
			char *caret = query_caret(text, fault.offset);

			CHECK(fault.offset <= strlen(text));
			CHECK(caret && !strchr(caret, 0x1b));
			free(caret);
		} else {
			answered++;
		}
		query_free(&query);
	}
	CHECK(answered > 20);
	check_case("whatever is written ends in an answer or in a place that is wrong");
}

static void carets(void)
{
	char *long_one = repeated("port 80 or ", 30, "port x"), *caret;
	struct query_fault fault;

	caret = query_caret("a \xc3\xa9 b", 5);
	CHECK_TEXT(caret, "  a \xc3\xa9 b\n      ^\n");
	free(caret);
	caret = query_caret("a\x1b" "b", 2);
	CHECK_TEXT(caret, "  a\\x1bb\n       ^\n");
	free(caret);
	CHECK_TEXT(ask(long_one, &fault), "2 at 335: expected a port from 0 to 65535, got \"x\"");
	caret = query_caret(long_one, fault.offset);
	CHECK(strchr(caret, '^') - strchr(caret, '\n') - 1 == strchr(caret, 'x') - caret);
	CHECK(strlen(caret) < 2 * 100);
	free(caret);
	free(long_one);
	check_case("the caret stands below the place");
}

/* ---- rows ---- */

/* The rows that a sheet has under an expression. */
static int rows_of(const char *sheet, const char *expression)
{
	struct filter_match *match = NULL;
	struct query *query = NULL;
	struct query_fault fault;
	struct rows *rows = NULL;
	bool more = true;
	int count = 0;

	must(query_parse(&query, expression, &fault, &err));
	must(filter_match_make(&match, query, txn, &fault, &err));
	must(filter_rows_open(&rows, sheet_find(sheet), match, txn, &err));
	for (must(rows_next(rows, &more, &err)); more; must(rows_next(rows, &more, &err)))
		count++;
	rows_close(&rows);
	filter_match_free(&match);
	query_free(&query);
	return count;
}

static void sheets(void)
{
	CHECK_INT(rows_of("sessions", "dropped > 0"), 2);
	CHECK_INT(rows_of("session_points", "dropped > 0"), 2 + 4);
	CHECK_INT(rows_of("drops", "dropped > 0"), 6);
	CHECK_INT(rows_of("drops", "session 3"), 3);
	CHECK_INT(rows_of("drops", "not session 99"), 6); /* not the one of no session */
	CHECK_INT(rows_of("injected", "session 5"), 1);
	CHECK_INT(rows_of("resets", "session 5"), 2);
	CHECK_INT(rows_of("resets", "not session 5"), 0);
	CHECK_INT(rows_of("hops", "session 5"), 6);
	check_case("sheets of sessions are restricted, others are not");
}

int main(void)
{
	char folder[] = "/tmp/crosstap-query-XXXXXX", name[64], lock[80];
	const uint64_t seed = 1;
	struct store *store = NULL;

	if (!mkdtemp(folder))
		return 2;
	snprintf(name, sizeof name, "%s/query.ct", folder);
	snprintf(lock, sizeof lock, "%s-lock", name);
	must(store_open(&store, name, STORE_CREATE, true, &seed, &err));
	put_results(store);
	must(store_begin(store, false, &txn, &err));
	tables();
	limits();
	chance();
	carets();
	sheets();
	store_abort(&txn);
	store_close(&store);
	unlink(name);
	unlink(lock);
	rmdir(folder);
	return check_exit();
}

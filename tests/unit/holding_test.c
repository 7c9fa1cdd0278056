/* What stores hold of a conversation in the clear: all of it, its hashes, its aliases; and captures that go from
 * one store into another. The conversation names hosts, paths and clients that must not be found. */
#include "collect/holding.h"
#include "collect/transfer.h"

#include <arpa/inet.h>

#include "tests/unit/content_talk.h"

#define KEYS 8

static const char *const secrets[] = {"secret", "private", "203.0.113.9", "198.51.100.77", "10.0.0.1",
				      "\x0a\x00\x00\x01", "\x0a\x00\x00\x02", "\xcb\x00\x71\x09"};
static const uint32_t secret_bytes[] = {6, 7, 11, 13, 8, 4, 4, 4};

static struct alias *key_number(int n)
{
	char text[32];
	struct alias *alias;

	snprintf(text, sizeof text, "key number %d of several", n);
	alias = alias_of_key(text, strlen(text));
	if (!alias)
		exit(4);
	return alias;
}

static struct holding holding_of(const struct alias *alias)
{
	return (struct holding){STORE_HOLDS_ALIASES, alias_check(alias), alias};
}

/* Collects it into a fresh store. */
static void talk_about(const struct holding *holding)
{
	struct talk t;

	talk_begin(&t);
	t.holding = holding;
	client(&t, "PROXY TCP4 203.0.113.9 198.51.100.77 5555 443\r\n");
	client(&t, "GET /private/list HTTP/1.1\r\nHost: secret.example\r\n"
		   "X-Forwarded-For: 203.0.113.9\r\n\r\n");
	server(&t, "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
	client(&t, "GET /private/cut HTTP/1.1\r\nHost: secret.exa");
	talk_fresh();
	if (holding)
		TALK_MUST(holding_bind(talk_store, holding, &talk_err));
	talk_collect(&t, "fw");
}

/* As its client sees it, whichever end that is. */
static struct content_story story(void)
{
	struct content_story told;
	uint32_t way;

	talk_open();
	way = talk_view->flow[0].a_port == 40000 ? 0 : 1;
	contents_tell(talk_contents, &way, 1, &told);
	return told;
}

/* How many of the secrets the store's file has. */
static int found_in_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	static uint8_t bytes[1 << 20];
	size_t n = file ? fread(bytes, 1, sizeof bytes, file) : 0;
	int found = 0;

	for (size_t s = 0; s < sizeof secrets / sizeof *secrets; s++)
		found += memmem(bytes, n, secrets[s], secret_bytes[s]) != NULL;
	if (file)
		fclose(file);
	return n ? found : -1;
}

static const char *store_file(void)
{
	static char path[300];

	snprintf(path, sizeof path, "%s/case.ct", build_directory);
	return path;
}

/* ---- the cases ---- */

static void case_all(void)
{
	struct content_story told;

	talk_about(NULL);
	CHECK(found_in_file(store_file()) >= 5); /* that it is looked for rightly */
	told = story();
	check_words(told.exchange[0].host, "secret.example");
	check_words(told.exchange[0].target, "/private/list");
	check_words(told.exchange[0].client, "203.0.113.9");
	talk_close();
	check_case("a plain store has the names, paths and clients that were sent in the clear");
}

static void case_no_payload(void)
{
	static const struct holding without = {STORE_HOLDS_NO_PAYLOAD, 0, NULL};
	uint32_t mark[CONTENT_MARKS];
	struct content_story told;

	talk_about(NULL);
	told = story();
	memcpy(mark, told.exchange[0].request_mark, sizeof mark);
	talk_close();
	talk_about(&without);
	told = story();
	check_words(told.exchange[0].host, "");
	check_words(told.exchange[0].target, "");
	check_words(told.exchange[0].client, "");
	check_words(told.proxied, "");
	check_words(told.proxied_to, "");
	CHECK_TEXT(content_method(told.exchange[0].method), "GET");
	CHECK_INT(told.exchange[0].status, 503);
	CHECK(mark[0] && memcmp(mark, told.exchange[0].request_mark, sizeof mark) == 0);
	talk_close();
	check_case("a store without payload has its method, status and hashes, and no name");
}

static void case_aliases(void)
{
	int turned = 0, found = 0;

	for (int n = 0; n < KEYS; n++) {
		struct alias *alias = key_number(n);
		struct holding holding = holding_of(alias);
		uint8_t address[16] = {203, 0, 113, 9}, end[16] = {10, 0, 0, 1};
		char text[INET_ADDRSTRLEN], digits[ALIAS_NAME_DIGITS], name[32];
		struct content_story told;

		talk_about(&holding);
		found += found_in_file(store_file());
		told = story();
		alias_address(alias, 4, address);
		alias_address(alias, 4, end);
		check_words(told.exchange[0].client, inet_ntop(AF_INET, address, text, sizeof text));
		alias_name(alias, ALIAS_HOST, "secret.example", 14, digits);
		snprintf(name, sizeof name, "name-%.*s", ALIAS_NAME_DIGITS, digits);
		check_words(told.exchange[0].host, name);
		alias_name(alias, ALIAS_TARGET, "/private/list", 13, digits);
		snprintf(name, sizeof name, "/%.*s", ALIAS_NAME_DIGITS, digits);
		check_words(told.exchange[0].target, name);
		check_words(told.exchange[1].target, ""); /* its head was cut */
		snprintf(name, sizeof name, "%s 5555", text);
		check_words(told.proxied, name);
		CHECK_INT(told.exchange[0].status, 503);
		CHECK_INT(told.exchanges, 2);
		CHECK(memcmp(talk_view->flow[0].a_port == 40000 ? talk_view->flow[0].a
								: talk_view->flow[0].b, end, 16) == 0);
		turned += talk_view->flow[0].a_port != 40000;
		CHECK(memcmp(talk_view->flow[0].a, talk_view->flow[0].b, 16) < 0);
		talk_close();
		alias_close(&alias);
	}
	CHECK(turned > 0 && turned < KEYS);
	check_case("aliases tell the same story, whether or not the ends of a flow changed places");
	CHECK_INT(found, 0);
	check_case("and no byte of the store has what they stand for");
}

/* ---- from store to store ---- */

/* All values of a kind, one behind the other. */
static void dump(struct store *store, char kind, struct buffer *out)
{
	struct store_txn *txn = NULL;
	uint32_t a = 0, b = 0;

	TALK_MUST(store_begin(store, false, &txn, &talk_err));
	for (;;) {
		const uint8_t *value;
		size_t size;
		bool found;

		TALK_MUST(store_seek(txn, kind, &a, &b, &found, &talk_err));
		if (!found)
			break;
		TALK_MUST(store_get(txn, kind, a, b, &value, &size, &talk_err));
		buffer_put_number(out, (uint64_t)a << 32 | b);
		buffer_put_bytes(out, value, size);
		b++;
	}
	store_abort(&txn);
}

static void dump_all(struct store *store, struct buffer *out)
{
	static const char kinds[] = "PCRFD";

	*out = (struct buffer){0};
	for (const char *k = kinds; *k; k++)
		dump(store, *k, out);
	dump(store, 'I', out);
}

static struct store *other_store(const char *name, uint64_t seed)
{
	struct store *store;
	char path[300];

	snprintf(path, sizeof path, "%s/%s", build_directory, name);
	unlink(path);
	TALK_MUST(store_open(&store, path, STORE_CREATE, true, &seed, &talk_err));
	return store;
}

static void transferred(const struct holding *holding, struct buffer *out)
{
	struct store *to = other_store("to.ct", 0x5eed);
	struct transfer_result result;

	talk_about(NULL);
	TALK_MUST(holding_bind(to, holding, &talk_err));
	TALK_MUST(transfer_run(talk_store, to, holding, &result, &talk_err));
	CHECK_INT(result.captures, 1);
	CHECK_INT(result.known, 0);
	CHECK_INT(result.packets, 4);
	TALK_MUST(transfer_run(talk_store, to, holding, &result, &talk_err));
	CHECK_INT(result.known, 1);
	dump_all(to, out);
	store_close(&to);
	store_close(&talk_store);
}

static void case_transfer(void)
{
	struct alias *alias = key_number(1);
	const struct holding kinds[] = {{STORE_HOLDS_ALL, 0, NULL}, {STORE_HOLDS_NO_PAYLOAD, 0, NULL},
					holding_of(alias)};
	struct buffer collected, brought;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		talk_about(&kinds[i]);
		dump_all(talk_store, &collected);
		store_close(&talk_store);
		transferred(&kinds[i], &brought);
		CHECK_INT(brought.size, collected.size);
		CHECK(collected.size > 500 && brought.size == collected.size &&
		      memcmp(brought.bytes, collected.bytes, brought.size) == 0);
		buffer_free(&collected);
		buffer_free(&brought);
	}
	check_case("what goes from store to store is byte for byte what would have been collected there");
	alias_close(&alias);
}

/* Breaks one value of the store that is read. */
static enum status transfer_broken(char kind, uint32_t b, size_t at, uint8_t with)
{
	static const struct holding all = {STORE_HOLDS_ALL, 0, NULL};
	struct store *to = other_store("to.ct", 0x5eed);
	struct transfer_result result;
	struct store_txn *txn = NULL;
	const uint8_t *value;
	uint8_t copy[65536];
	enum status status;
	struct buffer left;
	size_t size;
	void *put;

	talk_about(NULL);
	TALK_MUST(store_begin(talk_store, true, &txn, &talk_err));
	TALK_MUST(store_get(txn, kind, 0, b, &value, &size, &talk_err));
	memcpy(copy, value, size);
	copy[at < size ? at : size - 1] = with;
	TALK_MUST(store_put(txn, kind, 0, b, size, &put, &talk_err));
	memcpy(put, copy, size);
	TALK_MUST(store_commit(&txn, &talk_err));
	status = transfer_run(talk_store, to, &all, &result, &talk_err);
	dump_all(to, &left);
	CHECK_INT(left.size, 0);
	buffer_free(&left);
	store_close(&to);
	store_close(&talk_store);
	return status;
}

static void case_broken(void)
{
	CHECK_INT(transfer_broken('F', 0, 0, 5), STATUS_INPUT);
	CHECK(strstr(talk_err.text, "case.ct: the store is damaged: flows of capture 0") != NULL);
	CHECK_INT(transfer_broken('R', 0, 0, 0), STATUS_INPUT);
	CHECK(strstr(talk_err.text, "records of capture 0") != NULL);
	CHECK_INT(transfer_broken('D', 3, 16 + 14, 99), STATUS_INPUT);
	CHECK(strstr(talk_err.text, "contents of capture 0") != NULL);
	CHECK_INT(transfer_broken('D', 0, 0, 200), STATUS_INPUT);
	CHECK(strstr(talk_err.text, "dictionary of capture 0") != NULL);
	CHECK_INT(transfer_broken('P', 0, 0, 255), STATUS_INPUT);
	check_case("of a store that is damaged anywhere nothing is taken over");
}

static void case_refused(void)
{
	struct alias *alias = key_number(1), *other = key_number(2);
	struct holding all = {STORE_HOLDS_ALL, 0, NULL}, aliases = holding_of(alias);
	struct holding keyless = {STORE_HOLDS_ALIASES, alias_check(alias), NULL};
	struct holding others = holding_of(other);
	struct store *to = other_store("to.ct", 0x5eee);
	struct transfer_result result;

	talk_about(NULL);
	CHECK_INT(transfer_run(talk_store, to, &all, &result, &talk_err), STATUS_USAGE);
	CHECK(strstr(talk_err.text, "another seed") != NULL);
	store_close(&to);
	to = other_store("to.ct", 0x5eed);
	CHECK_INT(transfer_run(talk_store, to, &keyless, &result, &talk_err), STATUS_USAGE);
	CHECK(strstr(talk_err.text, "--anonymize KEYFILE") != NULL);
	store_close(&talk_store);
	talk_about(&aliases);
	CHECK_INT(transfer_run(talk_store, to, &all, &result, &talk_err), STATUS_USAGE);
	CHECK_INT(transfer_run(talk_store, to, &others, &result, &talk_err), STATUS_USAGE);
	CHECK(strstr(talk_err.text, "under another key") != NULL);
	CHECK_INT(transfer_run(talk_store, to, &keyless, &result, &talk_err), STATUS_OK);
	store_close(&talk_store);
	store_close(&to);
	check_case("stores of another seed, of less or of another key do not come together");
	alias_close(&alias);
	alias_close(&other);
}

static void case_files(void)
{
	static const char *const names[][2] = {
		{"fw-in.pcap", ".pcap"}, {"www.bank.example", ""}, {"a.b.pcapng.gz", ".pcapng.gz"},
		{"host.example.pcap", ".pcap"}, {".pcap", ""}, {"x", ""}, {"ring.pcap00012", ""},
	};
	struct alias *alias = key_number(1);

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char name[CAPTURE_FILE_MAX];

		holding_file(alias, names[i][0], name, sizeof name);
		CHECK(strncmp(name, "capture-", 8) == 0);
		CHECK_TEXT(name + 8 + ALIAS_NAME_DIGITS, names[i][1]);
	}
	check_case("of a file's name what captures end in stays, and nothing else");
	alias_close(&alias);
}

static void tidy(void)
{
	static const char *const names[] = {"case.ct", "case.ct-lock", "to.ct", "to.ct-lock"};
	char path[300];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", build_directory, names[i]);
		unlink(path);
	}
}

int main(void)
{
	build_enter();
	case_all();
	case_no_payload();
	case_aliases();
	case_transfer();
	case_broken();
	case_refused();
	case_files();
	tidy();
	build_leave();
	return check_exit();
}

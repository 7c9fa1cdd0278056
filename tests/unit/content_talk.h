/* Captures of TCP conversations whose payloads are given, collected into a store and read
 * back as the contents of a node. For content_*_test.c.
 */
#ifndef CROSSTAP_TESTS_CONTENT_TALK_H
#define CROSSTAP_TESTS_CONTENT_TALK_H

#include "collect/ingest.h"
#include "correlate/content.h"
#include "tests/unit/source_build.h"

#define TALK_SECONDS 1700000000u
#define TALK_RAW_IP 101
#define TALK_STEP_US 1000u /* between two segments */
#define TALK_SNAPLEN 65535u

struct talk {
	struct build file;
	uint32_t seq[2];      /* the next of the client, of the server */
	uint32_t us, frames;
	uint16_t port;        /* the client's */
	bool silent[2];       /* what this end sends is not captured */
	uint32_t caplen;      /* 0: all */
	const struct holding *holding; /* of the store; NULL: everything */
};

/* Begins a file with one conversation in it; talk_port() begins another one. */
static inline void talk_port(struct talk *t, uint16_t port)
{
	t->port = port;
	t->seq[0] = 0xfffffff0u; /* so that numbers wrap */
	t->seq[1] = 5000;
}

static inline void talk_begin(struct talk *t)
{
	*t = (struct talk){.us = 0};
	t->file.big_endian = true;
	build_pcap(&t->file, BUILD_PCAP_US, 2, 4, TALK_SNAPLEN, TALK_RAW_IP);
	talk_port(t, 40000);
}

static inline void talk_send_at(struct talk *t, int server, uint32_t seq, const void *bytes, size_t n)
{
	uint32_t length = 40 + (uint32_t)n, caplen = t->caplen && t->caplen < length ? t->caplen : length;
	struct build p = {.big_endian = true};

	build_16(&p, 0x4500);
	build_16(&p, (uint16_t)length);
	build_32(&p, 0x4000);
	build_16(&p, 0x4006);
	build_16(&p, 0);
	build_32(&p, server ? 0x0a000002 : 0x0a000001);
	build_32(&p, server ? 0x0a000001 : 0x0a000002);
	build_16(&p, server ? 80 : t->port);
	build_16(&p, server ? t->port : 80);
	build_32(&p, seq);
	build_32(&p, t->seq[!server]);
	build_16(&p, 0x5018);
	build_16(&p, 500);
	build_32(&p, 0);
	build_bytes(&p, bytes, n);
	t->us += TALK_STEP_US;
	if (!t->silent[server]) {
		t->frames++;
		build_32(&t->file, TALK_SECONDS + t->us / 1000000);
		build_32(&t->file, t->us % 1000000);
		build_32(&t->file, caplen);
		build_32(&t->file, length);
		build_bytes(&t->file, p.bytes, caplen);
	}
	build_free(&p);
}

static inline void talk_send(struct talk *t, int server, const void *bytes, size_t n)
{
	talk_send_at(t, server, t->seq[server], bytes, n);
	t->seq[server] += (uint32_t)n;
}

static inline void client(struct talk *t, const char *text)
{
	talk_send(t, 0, text, strlen(text));
}

static inline void server(struct talk *t, const char *text)
{
	talk_send(t, 1, text, strlen(text));
}

/* What was sent before from this number on. */
static inline void again(struct talk *t, int server, uint32_t seq, const char *text)
{
	talk_send_at(t, server, seq, text, strlen(text));
}

static inline int64_t talk_ns(uint32_t segment)
{
	return TALK_SECONDS * INT64_C(1000000000) + segment * (TALK_STEP_US * INT64_C(1000));
}

/* ---- the store ---- */

static struct store *talk_store;
static struct store_txn *talk_txn;
static struct view *talk_view;
static struct contents *talk_contents;
static struct error talk_err;

#define TALK_MUST(call)                                                        \
	do {                                                                   \
		if ((call) != STATUS_OK) {                                     \
			printf("# %s:%d: %s: %s\n", __FILE__, __LINE__, #call, \
			       talk_err.text);                                 \
			exit(1);                                               \
		}                                                              \
	} while (0)

static inline void talk_fresh(void)
{
	static const uint64_t seed = 0x5eed;
	static char path[300], lock[320];

	snprintf(path, sizeof path, "%s/case.ct", build_directory);
	snprintf(lock, sizeof lock, "%s-lock", path);
	unlink(path);
	unlink(lock);
	TALK_MUST(store_open(&talk_store, path, STORE_CREATE, true, &seed, &talk_err));
}

/* Collects the file as a capture of the point, and frees it. */
static inline void talk_collect(struct talk *t, const char *point)
{
	pthread_mutex_t compiling = PTHREAD_MUTEX_INITIALIZER;
	struct ingest_job job = {0, build_path(), {"", "", INT64_MIN, INT64_MAX}, true, t->holding, NULL};
	struct ingest_result result;
	struct ingest_watch watch = {0};

	build_save(&t->file);
	TALK_MUST(capture_point_add(talk_store, point, &job.point, &talk_err));
	TALK_MUST(ingest_run(talk_store, &job, &compiling, &watch, &result, &talk_err));
	build_free(&t->file);
}

static inline void talk_open(void)
{
	TALK_MUST(store_begin(talk_store, false, &talk_txn, &talk_err));
	TALK_MUST(view_open(&talk_view, talk_txn, &talk_err));
	TALK_MUST(contents_open(&talk_contents, talk_view, &talk_err));
}

/* The story of a client's port, from all captures. */
static inline struct content_story talk_story(uint16_t port)
{
	struct content_story story;
	uint32_t way[CONTENT_WAYS_MAX], ways = 0, n;

	for (n = 0; n < talk_view->nodes && ways < CONTENT_WAYS_MAX; n++)
		if (talk_view->flow[n].a_port == port)
			way[ways++] = n << 1; /* 10.0.0.1 is end a */
	CHECK(ways > 0);
	contents_tell(talk_contents, way, ways, &story);
	return story;
}

static inline void talk_close(void)
{
	contents_close(&talk_contents);
	view_close(&talk_view);
	store_abort(&talk_txn);
	store_close(&talk_store);
}

/* Collects one conversation and tells it. */
static inline struct content_story talk_tell(struct talk *t)
{
	talk_fresh();
	talk_collect(t, "fw");
	talk_open();
	return talk_story(t->port);
}

static inline void check_words(struct content_words got, const char *expected)
{
	char text[256] = "";

	memcpy(text, got.text, got.bytes);
	text[got.bytes] = '\0';
	CHECK_TEXT(text, expected);
}

#endif

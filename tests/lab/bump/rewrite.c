#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "tests/lab/bump/rewrite.h"
#include "tests/lab/bump/track.h"
#include "tests/lab/talk.h"

static int strip_parse(struct rewriter *rewriter, const char *text)
{
	while (text && *text) {
		char *end;
		unsigned long kind = strtoul(text, &end, 10);

		if (end == text || kind < 2 || kind >= TCP_KINDS || (*end && *end != ','))
			return -1;
		rewriter->strip[kind] = 1;
		text = *end ? end + 1 : end;
	}
	return 0;
}

int rewriter_begin(struct rewriter *rewriter, const struct rewrite_options *options, uint64_t seed,
		   FILE *log)
{
	const char *shift = options->shift;

	rewriter->options = *options;
	rewriter->random_state = seed << 32;
	rewriter->log = log;
	if (shift && strcmp(shift, "client") && strcmp(shift, "server") && strcmp(shift, "both"))
		return -1;
	if (options->nat && inet_pton(AF_INET, options->nat, rewriter->nat_address) != 1)
		return -1;
	if (options->edit_bytes != EDIT_NONE && abs(options->edit_bytes) > GROWTH_MAX_BYTES)
		return -1;
	rewriter->active = shift || options->nat || options->strip || options->timestamps ||
			   options->ecn_clear || options->edit_bytes != EDIT_NONE ||
			   options->window_scale >= 0 || options->mss >= 0 || options->dscp >= 0 ||
			   options->ttl >= 0;
	return strip_parse(rewriter, options->strip);
}

static int frame_is_meant(const struct rewriter *rewriter, const struct view *view)
{
	int port = rewriter->options.port;

	return rewriter->active && view->payload_offset &&
	       (!port || view->src_port == port || view->dst_port == port);
}

static uint32_t constant_draw(struct rewriter *rewriter)
{
	return random_mix(rewriter->random_state++) | 1; /* never 0 */
}

static void session_draw(struct rewriter *rewriter, struct translated *session)
{
	const char *shift = rewriter->options.shift;

	for (int side = 0; side < 2; side++) {
		const char *name = side ? "server" : "client";
		struct track *track = &session->track[side];

		memset(track, 0, sizeof(*track));
		if (shift && (strcmp(shift, name) == 0 || strcmp(shift, "both") == 0))
			track->shift = constant_draw(rewriter);
		if (rewriter->options.timestamps)
			track->ts_shift = constant_draw(rewriter);
	}
}

static void session_log(const struct rewriter *rewriter, const struct translated *session)
{
	int family = session->address_bytes == 4 ? AF_INET : AF_INET6;
	char client[INET6_ADDRSTRLEN], server[INET6_ADDRSTRLEN];

	inet_ntop(family, session->client, client, sizeof(client));
	inet_ntop(family, session->server, server, sizeof(server));
	fprintf(rewriter->log,
		"{\"act\":\"session\",\"src\":\"%s\",\"sport\":%d,\"dst\":\"%s\",\"dport\":%d,"
		"\"new_src\":\"%s\",\"new_sport\":%d,\"shift_client\":%u,\"shift_server\":%u,"
		"\"ts_client\":%u,\"ts_server\":%u}\n",
		client, session->client_port, server, session->server_port,
		session->nat_port ? rewriter->options.nat : client,
		session->nat_port ? session->nat_port : session->client_port,
		session->track[0].shift, session->track[1].shift, session->track[0].ts_shift,
		session->track[1].ts_shift);
}

/* As the frame names it: by the new address where it comes from the server's side. */
static int session_is(const struct rewriter *rewriter, const struct translated *session, int from,
		      const struct translated *wanted)
{
	int translated = from == 1 && session->nat_port;
	const uint8_t *client = translated ? rewriter->nat_address : session->client;
	int client_port = translated ? session->nat_port : session->client_port;

	return session->address_bytes == wanted->address_bytes &&
	       client_port == wanted->client_port && session->server_port == wanted->server_port &&
	       memcmp(client, wanted->client, session->address_bytes) == 0 &&
	       memcmp(session->server, wanted->server, session->address_bytes) == 0;
}

static struct translated session_named(int from, const uint8_t *frame, const struct view *view)
{
	const uint8_t *ip = frame + view->ip_offset;
	struct translated named = { .address_bytes = view->version == 4 ? 4 : 16 };
	const uint8_t *src = ip + (view->version == 4 ? 12 : 8), *dst = src + named.address_bytes;

	memcpy(named.client, from ? dst : src, named.address_bytes);
	memcpy(named.server, from ? src : dst, named.address_bytes);
	named.client_port = from ? view->dst_port : view->src_port;
	named.server_port = from ? view->src_port : view->dst_port;
	named.first_seq = view->seq;
	return named;
}

static struct translated *session_find(struct rewriter *rewriter, int from, const uint8_t *frame,
				       const struct view *view)
{
	struct translated named = session_named(from, frame, view);
	struct translated *session = rewriter->sessions;
	int i;

	for (i = 0; i < rewriter->count && !session_is(rewriter, session, from, &named); i++)
		session++;
	if (i == TRANSLATED_MAX)
		return NULL;
	if (i < rewriter->count &&
	    ((view->flags & (SYN | ACK)) != SYN || session->first_seq == view->seq))
		return session;
	if (i == rewriter->count) {
		*session = named;
		/* each another one, and none in the order in which they come */
		if (rewriter->options.nat && named.address_bytes == 4 && from == 0)
			session->nat_port = 10000 + i * 7919 % 50000;
		rewriter->count++;
	}
	session->first_seq = view->seq;
	session_draw(rewriter, session);
	session_log(rewriter, session);
	return session;
}

struct translated *rewriter_session(struct rewriter *rewriter, int from, const uint8_t *frame,
				    const struct view *view)
{
	const struct rewrite_options *options = &rewriter->options;
	int edits = options->edit_bytes != EDIT_NONE;
	struct translated *session;

	if (!frame_is_meant(rewriter, view) ||
	    (!options->shift && !options->nat && !options->timestamps && !edits))
		return NULL;
	session = session_find(rewriter, from, frame, view);
	if (session && edits && from == 0) {
		const struct edit *edit =
			track_edit(&session->track[0], frame, view, options->edit_bytes);

		if (edit)
			fprintf(rewriter->log,
				"{\"act\":\"edit\",\"src\":\"%s\",\"sport\":%d,\"dst\":\"%s\","
				"\"dport\":%d,\"seq\":%u,\"growth\":%d}\n",
				view->src, view->src_port, view->dst, view->dst_port, view->seq,
				edit->growth);
	}
	return session;
}

static void address_rewrite(const struct rewriter *rewriter, const struct translated *session,
			    int from, uint8_t *frame, const struct view *view)
{
	uint8_t *ip = frame + view->ip_offset, *tcp = frame + view->l4_offset;

	if (!session->nat_port)
		return;
	memcpy(ip + (from ? 16 : 12), from ? session->client : rewriter->nat_address, 4);
	write16(tcp + (from ? 2 : 0), from ? session->client_port : session->nat_port);
}

static void ip_rewrite(struct rewriter *rewriter, uint8_t *ip, int version)
{
	const struct rewrite_options *options = &rewriter->options;
	/* IPv6 has the eight bits astride the first two bytes. */
	uint8_t tos = version == 4 ? ip[1] : read16(ip) >> 4;

	if (options->dscp >= 0)
		tos = options->dscp << 2 | (tos & 3);
	if (options->ecn_clear && tos & 3) {
		tos &= ~3;
		rewriter->ecn_cleared++;
	}
	if (version == 4)
		ip[1] = tos;
	else
		write16(ip, (read16(ip) & 0xf00f) | tos << 4);
	if (options->ttl >= 0)
		ip[version == 4 ? 8 : 7] = options->ttl;
}

size_t rewriter_apply(struct rewriter *rewriter, const struct translated *session, int from,
		      uint8_t *frame, size_t length, const struct view *view)
{
	uint8_t *ip = frame + view->ip_offset, *tcp = frame + view->l4_offset;

	if (!frame_is_meant(rewriter, view))
		return length;
	if (session) {
		int edited = track_apply(&session->track[from], frame, &length, view);

		if (edited < 0)
			return 0;
		rewriter->edited += edited > 0;
		write32(tcp + 4, track_there(&session->track[from], view->seq));
		if (view->flags & ACK)
			write32(tcp + 8, track_back(&session->track[!from], view->ack));
		address_rewrite(rewriter, session, from, frame, view);
	}
	options_rewrite(rewriter, session, from, frame, view);
	ip_rewrite(rewriter, ip, view->version);
	if (view->version == 4)
		ip_checksum_write(ip);
	struct view now = frame_view(frame, length);
	tcp_checksum_write(frame, &now);
	return length;
}

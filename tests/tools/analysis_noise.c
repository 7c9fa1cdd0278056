/* TCP segments at random, as a capture on stdout: `analysis_noise SEED FLOWS SEGMENTS`. Both ends
 * of each flow do whatever a segment can do to somebody's idea of its sequence numbers: gaps, old
 * data, the same again, keep-alives, probes, full and closed windows, FIN, RST and SYN at the
 * wrong time, sequence numbers about 0 and times about the thresholds. Nothing of it makes
 * sense, so that two programs which count the same in it agree on everything.
 *
 * Payloads are not in the capture (a snaplen), so that nobody dissects them.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { IP_AT = 14, TCP_AT = 34, HEADERS = 54, FLOWS_MAX = 20000 };

struct end {
	uint32_t isn, next, ack;
	uint16_t window;
	unsigned shift;
	uint16_t opening, opened;
	uint32_t old_seq, old_length;
};

struct segment {
	uint32_t seq, ack, length;
	uint16_t window, flags;
	uint8_t option[8];
	unsigned option_bytes;
};

static uint64_t random_state;
static struct end ends[FLOWS_MAX][2];

static uint32_t random_below(uint32_t bound)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % bound;
}

static uint32_t random_number(void)
{
	return random_below(1 << 16) << 16 | random_below(1 << 16);
}

#define ONE_OF(...) one_of((const uint32_t[]){__VA_ARGS__}, \
			   sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
static uint32_t one_of(const uint32_t *list, uint32_t count)
{
	return list[random_below(count)];
}

/* ---- what a segment can be; each begins as a bare ACK of everything ---- */

static void do_nothing(struct segment *s, struct end *own, struct end *peer)
{
}

static void do_data(struct segment *s, struct end *own, struct end *peer)
{
	s->length = ONE_OF(1, 1, 2, 100, 1460, 1460);
}

static void do_again(struct segment *s, struct end *own, struct end *peer)
{
	s->seq = own->old_seq;
	s->length = own->old_length;
}

static void do_old(struct segment *s, struct end *own, struct end *peer)
{
	s->seq = own->next - ONE_OF(1, 2, 100, 1460, 2920, 5000);
	s->length = ONE_OF(0, 1, 2, 100, 1460, 3000);
}

static void do_ahead(struct segment *s, struct end *own, struct end *peer)
{
	s->seq = own->next + ONE_OF(1, 2, 1460, 60000);
	s->length = ONE_OF(0, 1, 1460);
}

static void do_dup_ack(struct segment *s, struct end *own, struct end *peer)
{
	s->ack = own->ack;
	s->window = own->window;
}

static void do_stale_ack(struct segment *s, struct end *own, struct end *peer)
{
	s->ack = own->ack;
	s->window = (uint16_t)ONE_OF(0, 1, 500, 60000);
}

static void do_asked_for(struct segment *s, struct end *own, struct end *peer)
{
	s->seq = peer->ack;
	s->length = ONE_OF(100, 1460);
}

static void do_unseen_ack(struct segment *s, struct end *own, struct end *peer)
{
	s->ack = peer->next + ONE_OF(1, 1460, 5000);
}

static void do_keepalive(struct segment *s, struct end *own, struct end *peer)
{
	s->seq = own->next - 1;
	s->ack = own->ack;
	s->window = own->window;
	s->length = ONE_OF(0, 0, 1, 2);
}

static void do_close_window(struct segment *s, struct end *own, struct end *peer)
{
	s->window = 0;
}

static void do_fill_window(struct segment *s, struct end *own, struct end *peer)
{
	uint32_t room = peer->ack + ((uint32_t)peer->window << peer->shift) - s->seq;

	s->length = room < 60000 ? room : 1460;
}

static void do_fin(struct segment *s, struct end *own, struct end *peer)
{
	s->flags |= FIN;
	s->length = ONE_OF(0, 0, 100);
}

static void do_rst(struct segment *s, struct end *own, struct end *peer)
{
	s->flags = (uint16_t)ONE_OF(RST, RST | ACK);
	s->seq = ONE_OF(own->next, peer->ack, own->next + 9000, own->next - 9000, 0);
	s->ack = s->flags & ACK ? s->ack : 0;
	s->window = 0;
}

static void do_syn(struct segment *s, struct end *own, struct end *peer)
{
	const uint8_t scale[] = {2, 4, 5, 180, 1, 3, 3, (uint8_t)ONE_OF(0, 1, 7, 14, 15, 200)};

	s->flags = (uint16_t)ONE_OF(SYN, SYN | ACK);
	/* Nobody opens with a number that its SYN-ACK or the other's ACK told before: there our
	 * flows and tshark's streams part. */
	if (random_below(3) == 0 || s->flags != own->opening) {
		peer->opening = 0;
		own->isn = s->flags & ACK
				   ? ONE_OF(1, UINT32_MAX, random_number(), random_number())
				   : ONE_OF(UINT32_MAX - random_below(5000), random_number());
	}
	own->opening = s->flags;
	own->opened = 1;
	s->seq = own->isn;
	s->ack = !(s->flags & ACK) ? 0 : peer->opened ? peer->isn + 1 : random_number();
	s->length = ONE_OF(0, 0, 0, 0, 50);
	if (random_below(3)) {
		memcpy(s->option, scale, sizeof scale);
		s->option_bytes = sizeof scale;
		own->shift = scale[7] < 14 ? scale[7] : 14;
	}
}

static void do_bare(struct segment *s, struct end *own, struct end *peer)
{
	s->flags = (uint16_t)ONE_OF(0, PSH, FIN);
	s->ack = 0;
	s->length = ONE_OF(0, 100);
}

static const struct {
	unsigned weight;
	void (*make)(struct segment *segment, struct end *own, struct end *peer);
} deeds[] = {
	{12, do_nothing}, {24, do_data}, {6, do_again}, {6, do_old}, {5, do_ahead},
	{14, do_dup_ack}, {4, do_stale_ack}, {6, do_asked_for}, {3, do_unseen_ack},
	{6, do_keepalive}, {4, do_close_window}, {4, do_fill_window}, {2, do_fin}, {1, do_rst},
	{3, do_syn}, {1, do_bare},
};
enum { DEEDS = sizeof deeds / sizeof deeds[0] };

static void deed_choose(struct segment *s, struct end *own, struct end *peer)
{
	uint32_t sum = 0, at, i;

	for (i = 0; i < DEEDS; i++)
		sum += deeds[i].weight;
	at = random_below(sum);
	for (i = 0; at >= deeds[i].weight; i++)
		at -= deeds[i].weight;
	deeds[i].make(s, own, peer);
}

/* ---- the capture ---- */

static void put_be(uint8_t *to, uint64_t value, unsigned bytes)
{
	while (bytes-- > 0) {
		to[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

static void write_segment(int64_t time_ns, uint32_t flow, unsigned direction,
			  const struct segment *s)
{
	uint8_t frame[HEADERS + 8] = {0};
	uint32_t headers = HEADERS + s->option_bytes, length = headers + s->length;
	const uint32_t record[4] = {(uint32_t)(time_ns / 1000000000),
				    (uint32_t)(time_ns % 1000000000), headers, length};

	put_be(frame + 12, 0x0800, 2);
	frame[IP_AT] = 0x45;
	put_be(frame + IP_AT + 2, length - IP_AT, 2);
	frame[IP_AT + 8] = 64;
	frame[IP_AT + 9] = 6;
	put_be(frame + IP_AT + 12, direction ? 0x0a000002 : 0x0a000001, 4);
	put_be(frame + IP_AT + 16, direction ? 0x0a000001 : 0x0a000002, 4);
	put_be(frame + TCP_AT, direction ? 47001 : 20000 + flow, 2);
	put_be(frame + TCP_AT + 2, direction ? 20000 + flow : 47001, 2);
	put_be(frame + TCP_AT + 4, s->seq, 4);
	put_be(frame + TCP_AT + 8, s->ack, 4);
	frame[TCP_AT + 12] = (uint8_t)((20 + s->option_bytes) / 4 << 4);
	frame[TCP_AT + 13] = (uint8_t)s->flags;
	put_be(frame + TCP_AT + 14, s->window, 2);
	memcpy(frame + HEADERS, s->option, s->option_bytes);
	fwrite(record, sizeof record, 1, stdout);
	fwrite(frame, headers, 1, stdout);
}

static void play(int64_t time_ns, uint32_t flow)
{
	unsigned direction = random_below(2);
	struct end *own = &ends[flow][direction], *peer = &ends[flow][!direction];
	struct segment s = {.seq = own->next, .ack = peer->next, .flags = ACK,
			    .window = own->window};
	uint32_t end;

	if (random_below(8) == 0)
		s.window = (uint16_t)ONE_OF(1, 500, 1460, 60000);
	deed_choose(&s, own, peer);
	write_segment(time_ns, flow, direction, &s);
	end = s.seq + s.length + !!(s.flags & (SYN | FIN));
	if ((int32_t)(end - own->next) > 0 || s.flags & SYN)
		own->next = end;
	if (s.length) {
		own->old_seq = s.seq;
		own->old_length = s.length;
	}
	own->ack = s.ack;
	own->window = s.window;
}

int main(int argc, char **argv)
{
	/* pcap with nanoseconds, Ethernet */
	const uint32_t head[6] = {0xa1b23c4d, 4 << 16 | 2, 0, 0, 65535, 1};
	uint32_t flows, segments, i;
	int64_t time_ns = INT64_C(1700000000000000000);

	if (argc != 4) {
		fprintf(stderr, "usage: analysis_noise SEED FLOWS SEGMENTS\n");
		return 2;
	}
	random_state = strtoull(argv[1], NULL, 10) * 2654435761u + 1;
	flows = (uint32_t)strtoul(argv[2], NULL, 10);
	segments = (uint32_t)strtoul(argv[3], NULL, 10);
	if (!flows || flows > FLOWS_MAX)
		return 2;
	for (i = 0; i < 2 * flows; i++)
		ends[i / 2][i % 2] = (struct end){.window = 500, .next = random_number(),
						  .isn = random_number()};
	fwrite(head, sizeof head, 1, stdout);
	/* One flow after the other, so that the steps in time are its own; then all mixed. */
	for (i = 0; i < segments; i++) {
		time_ns += ONE_OF(0, 1, 1000, 500000, 2999999, 3000000, 3000001, 19999999,
				  20000000, 20000001, 250000000);
		if (random_below(200) == 0)
			time_ns -= 700000;
		play(time_ns, i < segments / 2 ? i / (segments / 2 / flows + 1)
					       : random_below(flows));
	}
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}

/* Dossiers of sessions, as the traces in the store give them back: scenes whose packets are
 * known one by one. */
#include "correlate/trace.h"
#include "tests/unit/scene.h"

static struct scene scene;

/* The dossier of the session with this client port, checked by `check`. */
static uint16_t wanted_port;
static void (*check)(const struct trace *trace, const struct dossier *dossier);

static uint32_t session_of_port(const struct trace *t, uint16_t port)
{
	uint32_t n;

	for (n = 0; n < t->view->nodes; n++)
		if (t->view->flow[n].a_port == port || t->view->flow[n].b_port == port)
			return t->sessions->of_node[n];
	return UINT32_MAX;
}

static void look(struct scene *s, struct store *store)
{
	struct store_txn *txn = NULL;
	struct dossiers *dossiers = NULL;
	struct trace *trace = NULL;
	struct dossier dossier;
	uint32_t session;

	CHECK_INT(store_begin(store, false, &txn, &s->err), STATUS_OK);
	CHECK_INT(trace_open(&trace, txn, &s->err), STATUS_OK);
	session = session_of_port(trace, wanted_port);
	CHECK(session != UINT32_MAX);
	CHECK_INT(dossiers_open(&dossiers, &trace->source, &session, NULL, 1, &s->err), STATUS_OK);
	dossier = dossiers_get(dossiers, 0);
	CHECK_INT(dossier.session, session);
	check(trace, &dossier);
	dossiers_close(&dossiers);
	trace_close(&trace);
	store_abort(&txn);
}

static void begin(uint16_t port, void (*each)(const struct trace *, const struct dossier *))
{
	scene_begin(&scene);
	SCENE_ROAD(&scene, "client", "fw", "server");
	scene_clock(&scene, "server", 5000000, 20);
	scene_clock(&scene, "fw", -700000, -10);
	scene_frame(&scene, 8000000);
	scene.look = look;
	wanted_port = port;
	check = each;
}

static void end(const char *sentence)
{
	check_case(sentence);
	scene_end(&scene);
}

/* In the order of time; every packet's sights one hop apart, along its way. */
static void check_order(const struct dossier *d)
{
	uint32_t i, k;

	for (i = 0; i < d->packets; i++) {
		const struct dossier_packet *p = &d->packet[i];
		const struct dossier_sight *s = &d->sight[p->sight];

		CHECK(i == 0 || p->time_ns >= d->packet[i - 1].time_ns);
		CHECK_INT(p->time_ns, s[0].time_ns);
		for (k = 1; k < p->sights; k++) {
			CHECK_INT(s[k].stage, s[k - 1].stage + (p->forward ? 1 : -1));
			CHECK(s[k].time_ns - s[k - 1].time_ns > 100000 &&
			      s[k].time_ns - s[k - 1].time_ns < 400000);
			CHECK_INT(s[k].ttl, s[k - 1].ttl - 1);
		}
	}
}

#define FLAGS (SYN | ACK | FIN | RST)

static void check_story(const struct trace *trace, const struct dossier *d)
{
	const struct dossier_packet *p = d->packet;

	(void)trace;
	check_order(d);
	CHECK_INT(d->packets, 3 + 3 + 2 + 1);
	CHECK_INT(d->left_out, 0);
	CHECK_INT(d->proto, 6);
	/* SYN, SYN-ACK, ACK: all the way */
	CHECK((p[0].flags & FLAGS) == SYN && p[0].from_client && p[0].forward && p[0].sights == 3);
	CHECK_INT(p[0].before, VERDICT_NONE);
	CHECK_INT(p[0].after, VERDICT_NONE);
	CHECK_INT(d->sight[p[0].sight].stage, 0);
	CHECK((p[1].flags & FLAGS) == SYNACK && !p[1].from_client && !p[1].forward && p[1].sights == 3);
	CHECK_INT(d->sight[p[1].sight].stage, 2);
	CHECK_INT(p[1].ack, p[0].end);
	/* the exchange is not looked at; then a packet that dies behind fw, and again */
	CHECK_INT(p[6].sights, 2);
	CHECK_INT(p[6].payload, 400);
	CHECK_INT(p[6].after, VERDICT_DROPPED);
	CHECK_INT(p[6].after_hop, 1);
	CHECK_INT(p[7].sights, 3);
	CHECK_INT(p[7].seq, p[6].seq);
	CHECK_INT(p[7].after, VERDICT_NONE);
	/* the hop's RST */
	CHECK((p[8].flags & FLAGS) == (RST | ACK) && !p[8].from_client && p[8].sights == 2);
	CHECK_INT(p[8].before, VERDICT_INJECTED);
	CHECK_INT(p[8].before_hop, 1);
	CHECK(dossier_seen(d, &p[8], 1) && dossier_seen(d, &p[8], 0) && !dossier_seen(d, &p[8], 2));
}

static void story(void)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80);
	struct scene_packet reset;

	begin(40000, check_story);
	t.seen = "10.9.9.9";
	t.seen_port = 61000;
	scene_nat(&scene, 1, "10.1.0.1", 40000, "10.9.9.9", 61000);
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, 1);
	scene_lose(&scene, &t, true, 400, 1);
	reset = scene_by_server(&t, RST | ACK, 0);
	reset.dst = t.client;
	reset.dport = t.cport;
	reset.ttl = 63;
	scene_send(&scene, t.us, reset, 1, 0);
	scene_run(&scene);
	end("a session's dossier: NAT, clocks that differ, a drop, an injected RST");
}

static uint32_t exchanges;

static void check_long(const struct trace *trace, const struct dossier *d)
{
	(void)trace;
	check_order(d);
	CHECK_INT(d->packets, DOSSIER_PACKETS_MAX);
	CHECK_INT(d->packets + d->left_out, SCENE_WHOLE(exchanges));
	CHECK_INT(d->packet[0].flags & FLAGS, SYN);
	CHECK_INT(d->packet[d->packets - 2].flags & FIN, FIN); /* the last but the ACK */
}

static void middle(uint32_t count, const char *sentence)
{
	struct scene_talk t = scene_talk(1000000, "10.1.0.1", 40000, "10.2.0.1", 80);

	exchanges = count;
	begin(40000, check_long);
	scene_open(&scene, &t);
	scene_exchange(&scene, &t, count);
	scene_close(&scene, &t);
	scene_run(&scene);
	end(sentence);
}

int main(void)
{
	story();
	middle(4000, "of a long session the middle is left out");
	middle(12500, "of a longer one it is left out before all packets are there");
	return check_exit();
}

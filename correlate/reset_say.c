/* What the rows of reset_cause.c say of RSTs that an end sent, or nobody knows who: what is
 * seen, in numbers, then what it means, and what looks the same. */
#include "correlate/reset_pieces.h"

/* "RST with the sequence number that the data of the client acknowledges, 25 us after it at
 * server, IP ID 0, window 0" */
static void say_bare(struct words *w, const struct reset_case *c)
{
	say(w, "RST without ACK whose sequence number is what ");
	say(w, say_kind(c));
	say(w, " of ");
	say(w, say_peer(c));
	say(w, " acknowledges, ");
	say_time(w, c->facts->answered_ns);
	say(w, " after it at ");
	say_point(w, c);
	say(w, ", IP ID ");
	say_number(w, c->facts->ip_id, ", window ");
	words_add_number(w, c->facts->window);
}

/* "; the copies died at fw-in>fw-out" */
static void say_vanished(struct words *w, const struct reset_case *c)
{
	if (c->facts->run_hop == RESET_ARRIVED) {
		say(w, "none of them is known to have died at a hop: ");
		say(w, say_peer(c));
		say(w, ", or what lies in front of it, does not answer");
	} else if (c->facts->run_hop == RESET_WHICHEVER) {
		say(w, "some of them died on their way");
	} else {
		say(w, "all of them died at ");
		say_hop(w, c, c->facts->run_hop);
	}
}

void say_recycled(struct words *w, const struct reset_case *c)
{
	say(w, "RST+ACK answers the SYN, whose TSval ");
	say_number(w, c->facts->answered_tsval, " is less than ");
	say_number(w, c->facts->tsval_last, ", the last one from that address ");
	say_time(w, c->facts->tsval_ns);
	say(w, " before on a connection that the same service took: it may refuse hosts behind a NAT by their timestamps (tcp_tw_recycle), or nothing listened just then, which looks the same; systems that draw a TSval for each connection (Linux since 4.10) mean nothing by a lower one");
}

void say_closed_port(struct words *w, const struct reset_case *c)
{
	say(w, "RST+ACK with sequence number 0 answers the SYN ");
	say_time(w, c->facts->answered_ns);
	say(w, " after it at ");
	say_point(w, c);
	say(w, ", IP ID ");
	say_number(w, c->facts->ip_id, ", window ");
	words_add_number(w, c->facts->window);
	say(w, ": nothing listens, or the host's own firewall rejects, which looks the same");
	say_foreign(w, c);
}

static void say_refused_ack(struct words *w, const struct reset_case *c)
{
	say(w, "the SYN was answered by a plain ACK of another connection, which this RST refuses ");
	say_time(w, c->facts->answered_ns);
	say(w, " later: ");
	say(w, say_peer(c));
}

void say_time_wait(struct words *w, const struct reset_case *c)
{
	say_refused_ack(w, c);
	if (c->facts->prior == RESET_PRIOR_CLOSED) {
		say(w, " holds this tuple in TIME_WAIT: the connection before it had closed ");
		say_time(w, c->facts->prior_ns);
		say(w, " before");
	} else {
		say(w, " still holds a connection of this tuple, in TIME_WAIT or open: the captures do not show it");
	}
}

void say_held_open(struct words *w, const struct reset_case *c)
{
	say_refused_ack(w, c);
	say(w, " still holds the connection of this tuple that ended without FIN both ways ");
	say_time(w, c->facts->prior_ns);
	say(w, " before: ");
	say(w, say_own(c));
	say(w, " had lost it");
}

void say_parallel(struct words *w, const struct reset_case *c)
{
	say(w, "never used, and reset when session ");
	words_add_number(w, c->facts->parallel);
	say(w, ", which the same client had opened within 2 s of it, was up");
}

void say_late_synack(struct words *w, const struct reset_case *c)
{
	say_bare(w, c);
	say(w, "; the SYN-ACK came ");
	say_time(w, c->facts->syn_ns);
	say(w, " after the first of ");
	say_count(w, c->facts->syns, "SYN");
	say(w, ": too late, the client had given up");
}

void say_unknown_synack(struct words *w, const struct reset_case *c)
{
	say_bare(w, c);
	say(w, "; no point saw a SYN of it: a spoofed SYN, or it took another route");
}

void say_bad_sequence(struct words *w, const struct reset_case *c)
{
	int32_t shift = (int32_t)c->facts->shift;

	say_bare(w, c);
	say(w, "; that is ");
	say_count(w, (uint64_t)(shift < 0 ? -(int64_t)shift : shift), "byte");
	say(w, shift < 0 ? " short of" : " beyond");
	say(w, " what ");
	say(w, say_own(c));
	say(w, " had sent there: outside the window, as with a box that shifts sequence numbers wrongly, or with an answer to an older connection");
	if (c->facts->answers != RESET_ANSWERS_SYNACK)
		say(w, " (or the capture missed packets)");
}

void say_keepalive(struct words *w, const struct reset_case *c)
{
	say(w, "RST+ACK after ");
	say_count(w, c->facts->probes, "keep-alive");
	say(w, " without an answer, every ");
	say_time(w, c->facts->step_ns);
	say(w, ", the last ");
	say_time(w, c->facts->own_ns);
	say(w, " before: ");
	say(w, say_own(c));
	say(w, " gave up; ");
	say_vanished(w, c);
}

void say_retransmission(struct words *w, const struct reset_case *c)
{
	say(w, say_own(c));
	say(w, " had sent the same segment ");
	say_number(w, c->facts->repeats + UINT64_C(1), " times in ");
	say_time(w, c->facts->run_ns);
	say(w, " without an answer, the last ");
	say_time(w, c->facts->own_ns);
	say(w, " before: it, or its program, gave up; ");
	say_vanished(w, c);
}

void say_to_closed(struct words *w, const struct reset_case *c)
{
	static const char *const shut[] = {
		[RESET_SHUT_NOT] = "",
		[RESET_SHUT_FIN] = " sent its FIN ",
		[RESET_SHUT_OWN_RST] = " had reset the connection ",
		[RESET_SHUT_PEER_RST] = " was sent a RST ",
	};

	say_bare(w, c);
	say(w, "; ");
	say(w, say_own(c));
	say(w, shut[c->facts->shut]);
	say_time(w, c->facts->shut_ns);
	say(w, " before: the socket was closed when ");
	say(w, say_kind(c));
	say(w, " came");
}

void say_half_open(struct words *w, const struct reset_case *c)
{
	say_bare(w, c);
	say(w, "; no FIN or RST came before, ");
	say(w, say_own(c));
	say(w, " had last sent ");
	say_time(w, c->facts->own_ns);
	say(w, " before, and the silence was ");
	say_time(w, c->facts->quiet_ns);
	say(w, ": it knows the connection no longer (a restart, an address that moved, a timer of its own), or closed it at once in this form");
	say_foreign(w, c);
}

void say_restarted(struct words *w, const struct reset_case *c)
{
	say_bare(w, c);
	say(w, "; no FIN or RST came before, and ");
	say_count(w, c->facts->host_sessions, "session");
	say(w, " of this host died so: all of them were alive before a moment and none after it, within ");
	say_time(w, reset_apart(c->facts->host_to_ns, c->facts->host_from_ns));
	say(w, ": it restarted, or its address moved to another host");
	say_foreign(w, c);
}

void say_unknown_session(struct words *w, const struct reset_case *c)
{
	say_bare(w, c);
	say(w, "; no point saw a handshake or any other packet of ");
	say(w, say_own(c));
	say(w, " in this session: it knows no such connection, and whether it had one lies before the captures");
}

static void say_abort(struct words *w, const struct reset_case *c)
{
	say(w, "RST+ACK at ");
	say(w, say_own(c));
	say(w, "'s next sequence number, window ");
	words_add_number(w, c->facts->window);
	say(w, c->facts->own_fin ? ", behind its FIN" : ", and no FIN before");
}

void say_unread(struct words *w, const struct reset_case *c)
{
	say_abort(w, c);
	say(w, "; ");
	say_count(w, c->facts->unread, "byte");
	say(w, " of ");
	say(w, say_peer(c));
	say(w, " had come since it last sent data, the last ");
	say_time(w, c->facts->peer_data_ns);
	say(w, c->facts->window_fell ? " before, and its window is smaller than it had been"
				     : " before");
	say(w, c->facts->more_came ? ", and more came behind" : "");
	say(w, ": closed, or its process killed, with data unread");
	if (!c->facts->window_fell)
		say(w, " (or read, and aborted with SO_LINGER 0, which looks the same)");
}

void say_linger(struct words *w, const struct reset_case *c)
{
	say_abort(w, c);
	if (!c->facts->unread) {
		say(w, c->facts->own_data ? "; nothing of the other end had come since its own last data, "
					  : "; nothing had come since the handshake, its own last packet ");
		say_time(w, c->facts->own_data ? c->facts->own_data_ns : c->facts->own_ns);
		say(w, " before: an abortive close (SO_LINGER 0)");
		return;
	}
	say(w, "; ");
	say_count(w, c->facts->unread, "byte");
	say(w, " of ");
	say(w, say_peer(c));
	say(w, " had come since its own last data, ");
	say(w, c->facts->scaled_alike
		       ? "and its window is as large as it had been: an abortive close (SO_LINGER 0), or a close with a little of that unread"
		       : "and its window says nothing: an abortive close (SO_LINGER 0), or a close with data unread, which looks the same");
}

void say_unexplained(struct words *w, const struct reset_case *c)
{
	const struct reset_facts *f = c->facts;

	if (!f->known) {
		say(w, "the session has too many packets to be looked at packet by packet");
		return;
	}
	say(w, f->bare ? "RST without ACK" : "RST+ACK");
	say(w, f->at_next ? " at its sender's next sequence number" : " at another sequence number than its sender's next");
	if (f->answers) {
		say(w, ", ");
		say_time(w, f->answered_ns);
		say(w, " after ");
		say(w, say_kind(c));
		say(w, " that it can answer");
	}
	say(w, ", IP ID ");
	say_number(w, f->ip_id, ", window ");
	words_add_number(w, f->window);
	if (f->own_any) {
		say(w, ", ");
		say_time(w, f->own_ns);
		say(w, " after its sender's last packet");
	}
	if (f->answers == RESET_ANSWERS_SYNACK && f->own_syn)
		say(w, ": a half-open scan, or a client that closed while it connected");
	say_foreign(w, c);
}

#include "correlate/finding_words.h"

#include <stddef.h>

#include "correlate/finding_list.h"

const struct session_words session_words[FINDS] = {
	[FIND_SYN_DROPPED] = {"session.syn_dropped", SEVERITY_HIGH, true, true,
		"the SYN died", NULL,
		"SYNs are seen in front of the hop, none behind it"},
	[FIND_SYNACK_LOST] = {"session.synack_lost", SEVERITY_HIGH, true, true,
		"the SYN-ACK died", NULL,
		"SYN-ACKs are seen in front of the hop, none at {near}"},
	[FIND_ACK_LOST] = {"session.ack_lost", SEVERITY_HIGH, true, true,
		"the handshake's last ACK died, so that only the client believes in a connection", NULL,
		"the server repeats its SYN-ACK, and nothing of the client's reaches {far}"},
	[FIND_SYNACK_UNANSWERED] = {"session.synack_unanswered", SEVERITY_MEDIUM, true, false,
		"the SYN-ACK came to {near}, and no ACK followed", NULL,
		"the client is gone or never was (a scan, a spoofed address), its own firewall drops the "
		"SYN-ACK, or its ACKs take another way than past {near}: these look alike"},
	[FIND_SERVER_SILENT] = {"session.server_silent", SEVERITY_HIGH, true, false,
		"the SYN came to {far}, and no SYN-ACK left", NULL,
		"the server is down, its backlog is full, its own firewall drops, or it answers another "
		"way than past {far}: these look alike"},
	[FIND_REFUSED] = {"session.refused", SEVERITY_MEDIUM, true, false,
		"refused by ICMP", NULL,
		"an ICMP error answers the first packet: no such service, or a firewall that rejects"},
	[FIND_PORT_REUSE] = {"session.port_reuse", SEVERITY_MEDIUM, true, false,
		"the SYN came on the tuple of a connection before and was answered with that one's ACK",
		"the SYN-ACK came after up to ",
		"RFC 9293 3.10.7.4: a server in TIME-WAIT, or one that never saw the connection before end; "
		"clients behind the same NAT address use up their ports"},
	[FIND_SLOW_SYNACK_SERVER] = {"session.slow_synack", SEVERITY_MEDIUM, true, false,
		"the SYN-ACK was slow, by the server or behind the last point that saw both", "up to ",
		"SYN and SYN-ACK are as far apart at the last point that saw both: a full backlog or a busy "
		"host, or the network behind that point"},
	[FIND_SLOW_SYNACK_PATH] = {"session.slow_synack", SEVERITY_MEDIUM, true, false,
		"the SYN-ACK was slow, by the path", "up to ",
		"SYN and SYN-ACK are farther apart at {near} than behind this hop"},
	[FIND_PATH_DELAY] = {"session.path_delay", SEVERITY_MEDIUM, false, false,
		"the hop held packets far longer than it usually does", "for up to ",
		"the median of each session's own packets against the hop's median"},
	[FIND_SERVER_SLOW] = {"session.server_slow", SEVERITY_MEDIUM, true, false,
		"the server was slow to answer", "up to ",
		"from the last byte of the request to the first of the answer, at the point nearest to the "
		"server; a request that waits for news (long polling) looks alike"},
	[FIND_CLIENT_SLOW] = {"session.client_slow", SEVERITY_INFO, true, false,
		"most of the time was the client's own pauses", "one of up to ",
		"from the last byte of an answer to the next request, at the point nearest to the client; a "
		"connection kept for later use looks alike"},
	[FIND_ZERO_WINDOW_SERVER] = {"session.zero_window_server", SEVERITY_MEDIUM, true, false,
		"the server's window stayed closed: its application does not read", "for up to ",
		"packets of the server's that say window 0, until one that opens it"},
	[FIND_ZERO_WINDOW_CLIENT] = {"session.zero_window_client", SEVERITY_LOW, true, false,
		"the client's window stayed closed: its application does not read", "for up to ",
		"packets of the client's that say window 0, until one that opens it"},
	[FIND_CHECKSUM_ERROR] = {"session.checksum_error", SEVERITY_HIGH, false, false,
		"packets came out of the hop with a wrong checksum", NULL,
		"the same packets have a right one in front of it, so it is no offload of the sender's"},
	[FIND_SACK_BROKEN] = {"session.sack_broken", SEVERITY_HIGH, true, false,
		"a hop shifted the sequence numbers, but not those in SACK blocks", NULL,
		"the blocks' edges are the same on both sides of the hop, the acknowledgment numbers are not"},
	[FIND_OPTIONS_STRIPPED] = {"session.options_stripped", SEVERITY_LOW, false, false,
		"TCP options (window scale, SACK or timestamps) were taken off a SYN", NULL,
		"the same SYN has them in front of the hop; what is sent far and fast is slower without"},
	[FIND_TIMEOUT] = {"session.timeout", SEVERITY_MEDIUM, true, false,
		"what was sent again and again stayed without an answer, then there was silence", NULL,
		"no packet of theirs is missing at a hop: the other end is gone, or what lies behind the last "
		"point drops"},
	[FIND_CLOSE_WAIT_SERVER] = {"session.close_wait", SEVERITY_LOW, true, false,
		"the client closed and the server did not (CLOSE-WAIT)", "silent for up to ",
		"the client's FIN is acknowledged, no FIN of the server's followed until the captures end: an "
		"application that does not close its sockets, or one that means to send more"},
	[FIND_CLOSE_WAIT_CLIENT] = {"session.close_wait", SEVERITY_LOW, true, false,
		"the server closed and the client did not (CLOSE-WAIT)", "silent for up to ",
		"the server's FIN is acknowledged, no FIN of the client's followed until the captures end: an "
		"application that does not close its sockets, or a pool that has not noticed yet"},
	[FIND_FIN_UNANSWERED] = {"session.fin_unanswered", SEVERITY_LOW, true, false,
		"a FIN was sent again and again and never acknowledged (FIN-WAIT-1)", NULL,
		"the other end is gone, or a hop dropped the session's state: see its drops"},
	[FIND_HTTP_DIFFERS] = {"session.http_differs", SEVERITY_MEDIUM, true, false,
		"the client got an error that the server did not send", NULL,
		"the status of the same request at {near} and at {far}, in http_status of "
		"session_points.csv"},
	[FIND_HTTP_ERROR] = {"session.http_error", SEVERITY_LOW, true, false,
		"HTTP answers with an error (4xx, 5xx)", NULL,
		"http_status in sessions.csv; a request that was first challenged (401, 407) and then "
		"granted is none"},
	[FIND_LONG_SESSION] = {"session.long", SEVERITY_INFO, true, false,
		"lasted far longer than the service's others, with few packets", "up to ",
		"ten times the median of the service's sessions, less than a packet a second"},
};

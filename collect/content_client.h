/* The client that an intermediary names: in the head of a request that it sends on, or in a
 * header of the PROXY protocol. Its address in canonical text (IPv4 inside IPv6 as IPv4), and
 * " port" behind it where that is known.
 */
#ifndef CROSSTAP_COLLECT_CONTENT_CLIENT_H
#define CROSSTAP_COLLECT_CONTENT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#define CONTENT_CLIENT_BYTES 64 /* more than the longest: 45 of an address, a space, 5 of a port */

struct content_client {
	uint8_t bytes; /* no zero behind them; 0: nobody is named */
	char text[CONTENT_CLIENT_BYTES];
};

/* An address in network byte order, 4 or 16 bytes; port 0: not known. */
void content_client_set(struct content_client *client, const uint8_t *address, uint32_t bytes,
			uint32_t port);

/* The first of a list's addresses: "192.0.2.1, 192.0.2.2", with ports or without. Each must stand behind the
 * prefix, whatever its case: "for=" of what RFC 7239 lists, "" elsewhere. IPv6 may stand in brackets, all of
 * it in quotes. What is no address ("unknown", "_hidden") is passed over. False: there is none. */
bool content_client_read(struct content_client *client, const uint8_t *list, uint32_t n,
			 const char *prefix);

#endif

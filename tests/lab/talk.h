/* What the two ends of a conversation in the lab, call.c and serve.c, agree on.
 *
 * A request tells the server all that it is to do, so that one server serves every scenario:
 * a header of six 32-bit numbers in network order (magic, bytes of the request with
 * header, bytes of the answer, ending, session, round), then filler of the session and round,
 * unlike any other.
 */
#ifndef CROSSTAP_TESTS_TALK_H
#define CROSSTAP_TESTS_TALK_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	MAGIC = 0x54414c4b,
	HEADER_BYTES = 24,
	DATAGRAM_BYTES_MAX = 9000,
	CHUNK_BYTES = 16384,
};

/* How a session ends: who closes and how. The server's part travels in the header. */
enum ending {
	END_FIN,	/* the client closes when all is answered */
	END_RST,	/* the client closes with SO_LINGER 0 */
	END_HALF,	/* the client shuts its side down, then waits for the server's FIN */
	END_CLIENT_UNREAD, /* the client closes while the answer comes in */
	END_SERVER_FIN, /* the server closes after the last answer */
	END_SERVER_RST, /* the same, with SO_LINGER 0 */
	END_UNREAD,	/* the server closes after reading no more than the header */
	END_SILENT,	/* the server reads and never answers */
	ENDINGS,
};

struct header {
	uint32_t request_bytes, answer_bytes, ending, session, round;
};

static inline void header_write(uint8_t *bytes, const struct header *header)
{
	const uint32_t words_be[] = { htonl(MAGIC),	     htonl(header->request_bytes),
				      htonl(header->answer_bytes), htonl(header->ending),
				      htonl(header->session),	   htonl(header->round) };

	memcpy(bytes, words_be, sizeof(words_be));
}

static inline int header_read(const uint8_t *bytes, struct header *header)
{
	uint32_t words_be[HEADER_BYTES / 4];

	memcpy(words_be, bytes, sizeof(words_be));
	*header = (struct header){ ntohl(words_be[1]), ntohl(words_be[2]), ntohl(words_be[3]),
				   ntohl(words_be[4]), ntohl(words_be[5]) };
	return ntohl(words_be[0]) == MAGIC && header->request_bytes >= HEADER_BYTES ? 0 : -1;
}

static inline uint64_t random_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

static inline uint32_t random_between(uint64_t seed, uint32_t low, uint32_t high)
{
	return low + random_mix(seed) % (high - low + 1);
}

/* Bytes offset.. of the stream that belongs to a session, round and side. */
static inline void filler_write(uint8_t *bytes, size_t length, uint64_t stream, size_t offset)
{
	for (size_t i = 0; i < length; i++) {
		size_t at = offset + i;

		bytes[i] = random_mix(stream << 32 | at / 8) >> (at % 8 * 8);
	}
}

static inline uint64_t stream_of(const struct header *header, int side)
{
	return ((uint64_t)header->session << 9 | (header->round & 0xff) << 1 | side) & 0xffffffff;
}

static inline void close_reset(int fd)
{
	const struct linger abortive = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &abortive, sizeof(abortive));
	close(fd);
}

static inline int would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

#endif

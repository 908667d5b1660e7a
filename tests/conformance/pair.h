/* A client and a server connection, joined. */
#ifndef OTLS_CONFORMANCE_PAIR_H
#define OTLS_CONFORMANCE_PAIR_H

#include "suite.h"

/* One direction of the wire.  The settings may be changed at any time; offsets count from the first byte that ever
 * entered. */
struct link {
	uint8_t *data;
	size_t start, end, cap;
	uint64_t entered; /* bytes that came in, also those that were dropped */

	size_t step;   /* bytes that one move takes; 0: as many as there are */
	size_t room;   /* bytes that it holds before a sender would block; 0: any number */
	bool blocking; /* every second try would block */
	bool turn_in, turn_out;
	bool held;     /* nothing is delivered */
	bool dropping; /* what enters is lost */
	bool cut;      /* what enters at or behind cut_at is lost, and the reader finds the end there */
	uint64_t cut_at;
	bool damaging; /* the byte at damage_at is changed */
	uint64_t damage_at;
	uint8_t damage; /* by XOR */
	bool ended;     /* the end of the stream stands behind the last byte */
	bool end_told;
	int fail_errno; /* tries to read or write fail with it; 0: none */
};

void link_put(struct link *link, const void *data, size_t len);
size_t link_take(struct link *link, void *buf, size_t cap);
size_t link_len(const struct link *link);
const uint8_t *link_view(const struct link *link);

typedef enum wiring {
	WIRE_VARIED, /* memory or callbacks, as the run's variation says */
	WIRE_MEMORY,
	WIRE_CALLBACKS,
	WIRE_SOCKETPAIR, /* sockets that do not block */
	WIRE_TCP         /* loopback, blocking nothing */
} wiring;

struct pair {
	struct run *run;
	wiring wiring;
	otls_connection *client, *server;
	otls_status client_status, server_status; /* of the latest handshake call */
	struct link to_server, to_client;         /* memory and callbacks */
};

/* Makes both connections; the client expects HOST.  Never NULL: what failed is recorded, and the connections are
 * NULL then, which every call bears. */
struct pair *pair_open(struct run *run, otls_context *client, otls_context *server, wiring how);
/* For one expected name other than HOST; NULL: none is set. */
struct pair *pair_open_named(struct run *run, otls_context *client, otls_context *server, const char *name, wiring how);
/* A good client and a good server, shaken hands. */
struct pair *pair_connected(struct run *run, wiring how);

/* Moves what is queued on both sides, until nothing moves any more.  Answers whether anything did. */
bool pair_move(struct pair *pair);
/* Shakes hands until both have an outcome, or nothing moves any more. */
void pair_handshake(struct pair *pair);
/* The same, and both must succeed. */
bool pair_connect(struct pair *pair);
/* Behind a handshake: the server found nothing that both would do, and both know. */
bool pair_check_no_overlap(const struct pair *pair);
/* Sends n bytes of a pattern from one side to the other and compares them. */
bool pair_send(struct pair *pair, otls_connection *from, size_t n);
/* pair_send both ways. */
bool pair_exchange(struct pair *pair, size_t n);
/* Reads once, moving bytes until there is an outcome other than "would block", or nothing moves any more. */
otls_status pair_read(struct pair *pair, otls_connection *conn, void *buf, size_t cap, size_t *len);
/* Both say close_notify, and both read it. */
bool pair_shutdown(struct pair *pair);

/* The side that faces conn. */
otls_connection *pair_peer(const struct pair *pair, const otls_connection *conn);

/* A byte of the pattern that tests send. */
static inline uint8_t
pattern(size_t at)
{
	return (uint8_t)(at * 31 + at / 251 + at / 65521);
}

/* Two connected, non-blocking sockets. */
bool open_sockets(struct run *run, bool tcp, int fds[2]);
void set_blocking(int fd, bool blocking);

#endif

/* What carries the bytes: a descriptor, the caller's callbacks, or nothing (memory).
 * EINTR, SIGPIPE, non-sockets and blocking are dealt with here, once. */
#ifndef OTLS_CORE_TRANSPORT_H
#define OTLS_CORE_TRANSPORT_H

#include "base.h"

struct addrinfo;
struct iovec;
struct pollfd;

typedef enum otls_transport_kind {
	OTLS_TRANSPORT_MEMORY,
	OTLS_TRANSPORT_FD,
	OTLS_TRANSPORT_CALLBACKS
} otls_transport_kind;

typedef struct otls_transport {
	otls_transport_kind kind;
	int fd; /* -1: none */
	bool own_fd;
	bool is_socket; /* send and recv with flags; else read and write behind poll */
	otls_recv_fn recv;
	otls_send_fn send;
	void *arg;
	otls_free_fn free_arg;
	uint64_t reads, writes; /* tries, whatever came of them */
	uint64_t bytes_in, bytes_out;
} otls_transport;

#define OTLS_NO_DEADLINE INT64_MAX

void otls__transport_init(otls_transport *transport); /* memory */
otls_status otls__transport_set_fd(otls_transport *transport, int fd, otls_fd_owner owner);
void otls__transport_fini(otls_transport *transport); /* closes what it owns, calls free_arg */

/* One try each, never waiting.  recv: OK and 1 to cap bytes, WANT_READ, EOF, ERROR with errno set (no record is
 * written: the connection decides what it means).  send: OK and 1 or more bytes, WANT_WRITE, ERROR with errno.
 * On memory: recv answers WANT_READ, send WANT_WRITE. */
otls_status otls__transport_recv(otls_transport *transport, void *buf, size_t cap, size_t *len);
otls_status otls__transport_send(otls_transport *transport, const struct iovec *pieces, int count, size_t *sent);
/* Whether calls wait on it: a descriptor without O_NONBLOCK. */
bool otls__transport_blocks(const otls_transport *transport);
/* Waits for any of events (POLLIN, POLLOUT) until the deadline (otls__now).  OK, TIMEOUT, or ERROR with errno. */
otls_status otls__transport_wait(const otls_transport *transport, short events, int64_t deadline);

/* poll(2) until the deadline, over interruptions: how many are ready, 0 when none was in time, -1 with errno. */
int otls__poll(struct pollfd *fds, size_t count, int64_t deadline);

/* Connects a blocking, close-on-exec socket.  Status TIMEOUT, or ERROR with the record written. */
otls_status otls__dial_host(const char *host, const char *service, int64_t deadline, int *fd);
/* The addresses of a list that is not empty, in the order and overlap of RFC 8305; what names them in the record. */
otls_status otls__dial_list(const struct addrinfo *list, const char *what, int64_t deadline, int *fd);
otls_status otls__dial_address(const struct sockaddr *addr, size_t len, int64_t deadline, int *fd);
/* The next connection of a listening socket: blocking and close-on-exec.  WANT_READ: listen_fd does not block, and
 * nobody is there; ERROR with the record written. */
otls_status otls__accept(int listen_fd, int *fd);

#endif

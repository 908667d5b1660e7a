/* accept4 is behind this in glibc. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "error.h"
#include "transport.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define NEXT_ATTEMPT 250000 /* microseconds: the Connection Attempt Delay of RFC 8305, section 5 */

/* == sockets == */
static int
open_socket(int family)
{
#ifdef SOCK_CLOEXEC
	return socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
#else
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd >= 0)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
#endif
}

static int
accept_socket(int listen_fd)
{
#ifdef SOCK_CLOEXEC /* where this is, accept4 is */
	return accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
#else
	int fd = accept(listen_fd, NULL, NULL);

	if (fd >= 0) {
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK); /* inherited on the BSDs */
	}
	return fd;
#endif
}

static bool
set_blocking(int fd, bool blocking)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1)
		return false;
	flags = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) == 0;
}

/* Core gathers what belongs together into one send.  Nagle's algorithm could only hold back the last part of a flight
 * until the peer's delayed acknowledgement of the part before.  Other families than TCP refuse, and need it not. */
static void
send_at_once(int fd)
{
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
}

static void
close_keeping_errno(int fd)
{
	int err = errno;

	(void)close(fd);
	errno = err;
}

/* == a race between addresses (RFC 8305) == */
struct target {
	const struct sockaddr *addr;
	socklen_t len;
};

struct race {
	struct target *targets; /* in the order in which they start */
	struct pollfd *running; /* as many as there are targets */
	size_t count, started, in_progress;
	int64_t next_start; /* when the next one may join those in progress */
	int err;            /* of the last one that failed */
};

/* Whether the attempt ended at once; its errno is 0 then if it succeeded. */
static bool
begin_connect(int fd, const struct target *target, int *err)
{
	if (!set_blocking(fd, false) || connect(fd, target->addr, target->len) != 0)
		*err = errno;
	else
		*err = 0;
	/* After EINTR the attempt goes on as well. */
	return *err != EINPROGRESS && *err != EINTR;
}

static void
lost(struct race *race, int fd, int err)
{
	if (fd >= 0)
		(void)close(fd);
	race->err = err;
	race->next_start = 0; /* a failure lets the next one start at once */
}

/* Starts the next target.  A descriptor: it is connected already; else -1. */
static int
start_next(struct race *race)
{
	const struct target *target = &race->targets[race->started++];
	int fd = open_socket(target->addr->sa_family);
	int err = 0;

	if (fd < 0) {
		lost(race, -1, errno);
		return -1;
	}
	if (!begin_connect(fd, target, &err)) {
		race->running[race->in_progress++] = (struct pollfd){ .fd = fd, .events = POLLOUT };
		race->next_start = otls__now() + NEXT_ATTEMPT;
		return -1;
	}
	if (err == 0)
		return fd;
	lost(race, fd, err);
	return -1;
}

static int
connect_result(int fd)
{
	int err = 0;
	socklen_t len = sizeof(err);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 ? err : errno;
}

/* Looks at those that poll found ready: the first that is connected, or -1 and the failed ones are gone. */
static int
harvest(struct race *race)
{
	size_t i = 0;

	while (i < race->in_progress) {
		int fd = race->running[i].fd;
		int err = 0;

		if (race->running[i].revents == 0) {
			i++;
			continue;
		}
		err = connect_result(fd);
		race->running[i] = race->running[--race->in_progress];
		if (err == 0)
			return fd;
		lost(race, fd, err);
	}
	return -1;
}

static bool
may_start(const struct race *race)
{
	return race->started < race->count && (race->in_progress == 0 || otls__now() >= race->next_start);
}

/* Until when to wait for those in progress. */
static int64_t
wake_up(const struct race *race, int64_t deadline)
{
	return race->started < race->count && race->next_start < deadline ? race->next_start : deadline;
}

/* OK and the descriptor; TIMEOUT; or ERROR, and race->err says why. */
static otls_status
run(struct race *race, int64_t deadline, int *winner)
{
	for (;;) {
		int ready = 0;

		while (may_start(race))
			if ((*winner = start_next(race)) >= 0)
				return OTLS_OK;
		if (race->in_progress == 0)
			return OTLS_ERROR;
		if ((ready = otls__poll(race->running, race->in_progress, wake_up(race, deadline))) < 0) {
			race->err = errno;
			return OTLS_ERROR;
		}
		if (ready > 0 && (*winner = harvest(race)) >= 0)
			return OTLS_OK;
		if (ready == 0 && otls__now() >= deadline)
			return OTLS_TIMEOUT;
	}
}

static otls_status
connect_any(struct target *targets, size_t count, int64_t deadline, const char *what, int *fd)
{
	struct race race = { .targets = targets, .count = count };
	otls_status status = OTLS_ERROR;

	if ((race.running = otls__alloc(count * sizeof(race.running[0]))) == NULL)
		return otls__fail_memory();
	status = run(&race, deadline, fd);
	while (race.in_progress > 0)
		(void)close(race.running[--race.in_progress].fd);
	otls__free(race.running);
	if (status == OTLS_ERROR)
		return otls__fail_errno(OTLS_E_SYSCALL, race.err, "connect to %s", what);
	if (status != OTLS_OK)
		return status;
	if (!set_blocking(*fd, true)) {
		status = otls__fail_errno(OTLS_E_SYSCALL, errno, "connect to %s", what);
		(void)close(*fd);
		*fd = -1;
		return status;
	}
	send_at_once(*fd);
	return OTLS_OK;
}

/* == names == */
/* "[::1]" to "::1"; room holds the longest address with its zone.  What does not close is answered as it came. */
static const char *
without_brackets(const char *host, char *room, size_t size)
{
	size_t len = strlen(host);

	if (len < 2 || host[len - 1] != ']' || len - 2 >= size)
		return host;
	memcpy(room, host + 1, len - 2);
	room[len - 2] = '\0';
	return room;
}

/* getaddrinfo of glibc takes any number for a port and drops its upper bits, " +1" for 1, and "" for 0. */
static bool
is_service(const char *service)
{
	size_t digits = strspn(service, "0123456789");

	if (!isalnum((unsigned char)service[0]))
		return false;
	return service[digits] != '\0' || strtol(service, NULL, 10) <= 65535;
}

/* AI_ADDRCONFIG is never set: it hides loopback addresses on a machine without a network. */
static otls_status
resolve(const char *host, const char *service, int flags, struct addrinfo **list)
{
	char room[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP };
	const char *name = host;
	int err = 0;

	if (!is_service(service))
		return otls__fail(OTLS_E_BAD_ARGUMENT, "service \"%s\": neither a name nor a port", service);
	hints.ai_flags = flags;
	/* What is in brackets is an address, or wrong: never a name to ask the network for. */
	if (host != NULL && host[0] == '[') {
		name = without_brackets(host, room, sizeof(room));
		hints.ai_flags |= AI_NUMERICHOST;
	}
	switch ((err = getaddrinfo(name, service, &hints, list))) {
	case 0:
		return OTLS_OK;
	case EAI_MEMORY:
		return otls__fail_memory();
	case EAI_SYSTEM:
		return otls__fail_errno(
		    OTLS_E_RESOLVE, errno, "look up %s, service %s", host != NULL ? host : "*", service);
	default:
		return otls__fail(OTLS_E_RESOLVE, "look up %s, service %s: %s", host != NULL ? host : "*", service,
		    gai_strerror(err));
	}
}

/* The next address of the family, or of any other family. */
static const struct addrinfo *
next_of(const struct addrinfo *info, int family, bool other)
{
	while (info != NULL && (info->ai_family == family) == other)
		info = info->ai_next;
	return info;
}

/* RFC 8305, section 4: the families take turns, in the system's order within each; its first address stays first. */
static size_t
interleave(const struct addrinfo *list, struct target *targets)
{
	int family = list->ai_family;
	const struct addrinfo *next[2] = { list, next_of(list, family, true) };
	size_t count = 0;

	for (size_t turn = 0; next[0] != NULL || next[1] != NULL; turn ^= 1) {
		const struct addrinfo *info = next[turn];

		if (info == NULL)
			continue;
		targets[count++] = (struct target){ info->ai_addr, info->ai_addrlen };
		next[turn] = next_of(info->ai_next, family, turn == 1);
	}
	return count;
}

static size_t
length_of(const struct addrinfo *list)
{
	size_t count = 0;

	for (; list != NULL; list = list->ai_next)
		count++;
	return count;
}

otls_status
otls__dial_list(const struct addrinfo *list, const char *what, int64_t deadline, int *fd)
{
	otls_status status = OTLS_ERROR;
	struct target *targets = otls__alloc(length_of(list) * sizeof(*targets));

	*fd = -1;
	if (targets == NULL)
		return otls__fail_memory();
	status = connect_any(targets, interleave(list, targets), deadline, what, fd);
	otls__free(targets);
	return status;
}

otls_status
otls__dial_host(const char *host, const char *service, int64_t deadline, int *fd)
{
	otls_status status = OTLS_ERROR;
	struct addrinfo *list = NULL;
	char what[384];

	*fd = -1;
	if (resolve(host, service, 0, &list) != OTLS_OK)
		return OTLS_ERROR;
	snprintf(what, sizeof(what), "%s, service %s", host, service);
	status = otls__dial_list(list, what, deadline, fd);
	freeaddrinfo(list);
	return status;
}

static void
describe(const struct sockaddr *addr, socklen_t len, char *text, size_t size)
{
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 1], port[8];
	bool is_ip = addr->sa_family == AF_INET || addr->sa_family == AF_INET6;

	if (is_ip &&
	    getnameinfo(addr, len, host, sizeof(host), port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		snprintf(text, size, "%s, port %s", host, port);
	else
		snprintf(text, size, "an address of family %d", addr->sa_family);
}

otls_status
otls__dial_address(const struct sockaddr *addr, size_t len, int64_t deadline, int *fd)
{
	struct target target = { addr, (socklen_t)len };
	char what[96];

	*fd = -1;
	if (len < offsetof(struct sockaddr, sa_data) || len > sizeof(struct sockaddr_storage))
		return otls__fail(OTLS_E_BAD_ARGUMENT, "an address of %zu bytes", len);
	describe(addr, target.len, what, sizeof(what));
	return connect_any(&target, 1, deadline, what, fd);
}

/* == listening == */
/* every: both families on one socket, where the system can.  An address that was asked for stands for itself only,
 * whatever the system's default for IPV6_V6ONLY. */
static int
listen_at(const struct addrinfo *info, bool every)
{
	int fd = open_socket(info->ai_family);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (info->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ !every }, sizeof(int));
	if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	close_keeping_errno(fd);
	return -1;
}

/* The address, or its whole family, is not on this machine: another one may be.  That a port is taken or forbidden is
 * the answer, or a server would end up with half of its addresses. */
static bool
is_absent(int err)
{
	return err == EADDRNOTAVAIL || err == EAFNOSUPPORT;
}

/* IPv6 first where every address is meant: only such a socket can serve both families. */
static int
listen_first(const struct addrinfo *list, bool every)
{
	int family = every ? AF_INET6 : list->ai_family;

	for (int other = 0; other <= 1; other++) {
		const struct addrinfo *info = next_of(list, family, other);

		for (; info != NULL; info = next_of(info->ai_next, family, other)) {
			int fd = listen_at(info, every);

			if (fd >= 0 || !is_absent(errno))
				return fd;
		}
	}
	return -1;
}

otls_status
otls_listen(const char *host, const char *service, int *fd)
{
	struct addrinfo *list = NULL;
	int err = 0;

	if (fd == NULL)
		return otls__fail_null("otls_listen", "fd");
	*fd = -1;
	if (service == NULL)
		return otls__fail_null("otls_listen", "service");
	if (resolve(host, service, AI_PASSIVE, &list) != OTLS_OK)
		return OTLS_ERROR;
	*fd = listen_first(list, host == NULL);
	err = errno;
	freeaddrinfo(list);
	if (*fd < 0)
		return otls__fail_errno(
		    OTLS_E_SYSCALL, err, "listen at %s, service %s", host != NULL ? host : "*", service);
	return OTLS_OK;
}

/* Somebody came and went, or a signal did. */
static bool
is_passing(int err)
{
	return err == EINTR || err == ECONNABORTED;
}

otls_status
otls__accept(int listen_fd, int *fd)
{
	otls_code code = OTLS_E_SYSCALL;

	do
		*fd = accept_socket(listen_fd);
	while (*fd < 0 && is_passing(errno));
	if (*fd >= 0) {
		send_at_once(*fd);
		return OTLS_OK;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return OTLS_WANT_READ;
	if (errno == EBADF || errno == ENOTSOCK || errno == EINVAL || errno == EOPNOTSUPP)
		code = OTLS_E_BAD_ARGUMENT; /* no descriptor, no socket, or it does not listen */
	return otls__fail_errno(code, errno, "accept at descriptor %d", listen_fd);
}

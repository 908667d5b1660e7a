#include "transport.h"

#include "error.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef PIPE_BUF /* where it depends on the file system */
#define PIPE_BUF _POSIX_PIPE_BUF
#endif
#ifndef MSG_NOSIGNAL /* older Darwins have only SO_NOSIGPIPE */
#define MSG_NOSIGNAL 0
#endif

/* == life == */
void
otls__transport_init(otls_transport *transport)
{
	*transport = (otls_transport){ .kind = OTLS_TRANSPORT_MEMORY, .fd = -1 };
}

static void
quench_sigpipe(int fd)
{
#ifdef SO_NOSIGPIPE
	(void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &(int){ 1 }, sizeof(int));
#else
	(void)fd;
#endif
}

otls_status
otls__transport_set_fd(otls_transport *transport, int fd, otls_fd_owner owner)
{
	int type = 0;
	socklen_t len = sizeof(type);
	bool is_socket = false;

	if (fcntl(fd, F_GETFD) == -1)
		return otls__fail_errno(OTLS_E_BAD_ARGUMENT, errno, "descriptor %d", fd);
	is_socket = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0;
	/* A datagram loses what a read has no room for, and TLS is for streams. */
	if (is_socket && type != SOCK_STREAM)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "descriptor %d: not a stream socket", fd);
	if (is_socket)
		quench_sigpipe(fd);
	transport->kind = OTLS_TRANSPORT_FD;
	transport->fd = fd;
	transport->own_fd = owner == OTLS_FD_OWN;
	transport->is_socket = is_socket;
	return OTLS_OK;
}

void
otls__transport_fini(otls_transport *transport)
{
	if (transport->own_fd)
		(void)close(transport->fd);
	if (transport->free_arg != NULL)
		transport->free_arg(transport->arg);
	otls__transport_init(transport);
}

/* == waiting == */
/* Milliseconds up to the deadline, rounded up so that a wait does not end before it. */
static int
time_left(int64_t deadline)
{
	int64_t now = 0, left = 0;

	if (deadline == OTLS_NO_DEADLINE)
		return -1;
	if ((now = otls__now()) >= deadline)
		return 0;
	left = deadline - now;
	if (left > (int64_t)(INT_MAX - 1) * 1000)
		return INT_MAX;
	return (int)((left + 999) / 1000);
}

int
otls__poll(struct pollfd *fds, size_t count, int64_t deadline)
{
	for (;;) {
		int left = time_left(deadline);
		int ready = poll(fds, (nfds_t)count, left);

		if (ready > 0 || (ready == 0 && left == 0))
			return ready;
		if (ready < 0 && errno != EINTR)
			return -1;
	}
}

otls_status
otls__transport_wait(const otls_transport *transport, short events, int64_t deadline)
{
	struct pollfd watched = { .fd = transport->fd, .events = events };

	assert(transport->kind == OTLS_TRANSPORT_FD);
	switch (otls__poll(&watched, 1, deadline)) {
	case -1:
		return OTLS_ERROR;
	case 0:
		return OTLS_TIMEOUT;
	default:
		break;
	}
	if (watched.revents & POLLNVAL) {
		errno = EBADF;
		return OTLS_ERROR;
	}
	/* A hang-up or an error counts as ready: the next recv or send tells which. */
	return OTLS_OK;
}

bool
otls__transport_blocks(const otls_transport *transport)
{
	int flags = 0;

	if (transport->kind != OTLS_TRANSPORT_FD)
		return false;
	flags = fcntl(transport->fd, F_GETFL);
	return flags != -1 && !(flags & O_NONBLOCK);
}

/* == sockets == */
static bool
would_block(int err)
{
	return err == EAGAIN || err == EWOULDBLOCK;
}

static ssize_t
recv_socket(int fd, void *buf, size_t cap)
{
	ssize_t len = 0;

	do
		len = recv(fd, buf, cap, MSG_DONTWAIT);
	while (len < 0 && errno == EINTR);
	return len;
}

static ssize_t
send_socket(int fd, const struct iovec *pieces, int count)
{
	struct msghdr message = { 0 };
	struct iovec list[16];
	ssize_t sent = 0;

	if (count > (int)OTLS_COUNT(list))
		count = (int)OTLS_COUNT(list);
	memcpy(list, pieces, (size_t)count * sizeof(list[0])); /* msg_iov is not const */
	message.msg_iov = list;
	message.msg_iovlen = count;
	do
		sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent;
}

/* == pipes, terminals, files == */
/* They know no MSG_DONTWAIT, and O_NONBLOCK would change them for every process that has them: poll says what will not
 * block.  1: ready; else 0 or -1, and errno. */
static int
ready_now(int fd, short events)
{
	struct pollfd watched = { .fd = fd, .events = events };
	int ready = otls__poll(&watched, 1, 0);

	if (ready == 0)
		errno = EAGAIN;
	return ready;
}

static ssize_t
read_file(int fd, void *buf, size_t cap)
{
	ssize_t len = 0;

	do {
		if (ready_now(fd, POLLIN) != 1)
			return -1;
		len = read(fd, buf, cap);
	} while (len < 0 && errno == EINTR);
	return len;
}

/* The signal is kept from this thread while fd is written to; one that comes of it is taken back.  One that was pending
 * before stays so. */
static ssize_t
write_without_sigpipe(int fd, const void *data, size_t len)
{
	sigset_t sigpipe, before, pending;
	bool was_pending = false;
	ssize_t written = 0;
	int err = 0, taken = 0;

	sigemptyset(&sigpipe);
	sigaddset(&sigpipe, SIGPIPE);
	sigemptyset(&pending);
	sigpending(&pending);
	was_pending = sigismember(&pending, SIGPIPE) == 1;
	if ((err = pthread_sigmask(SIG_BLOCK, &sigpipe, &before)) != 0) {
		errno = err;
		return -1;
	}
	written = write(fd, data, len);
	err = errno;
	if (written < 0 && err == EPIPE && !was_pending) {
		sigpending(&pending);
		/* Not sigtimedwait, which some systems lack; with the signal pending, this does not wait either. */
		if (sigismember(&pending, SIGPIPE) == 1)
			sigwait(&sigpipe, &taken);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = err;
	return written;
}

static ssize_t
write_file(int fd, const struct iovec *piece)
{
	/* POLLOUT on a pipe promises room for this many bytes, not for more. */
	size_t len = piece->iov_len < PIPE_BUF ? piece->iov_len : PIPE_BUF;
	ssize_t written = 0;

	do {
		if (ready_now(fd, POLLOUT) != 1)
			return -1;
		written = write_without_sigpipe(fd, piece->iov_base, len);
	} while (written < 0 && errno == EINTR);
	return written;
}

/* == descriptors == */
static otls_status
recv_fd(const otls_transport *transport, void *buf, size_t cap, size_t *len)
{
	ssize_t got = transport->is_socket ? recv_socket(transport->fd, buf, cap) : read_file(transport->fd, buf, cap);

	if (got < 0)
		return would_block(errno) ? OTLS_WANT_READ : OTLS_ERROR;
	*len = (size_t)got;
	return got > 0 ? OTLS_OK : OTLS_EOF;
}

static otls_status
send_fd(const otls_transport *transport, const struct iovec *pieces, int count, size_t *sent)
{
	ssize_t put = transport->is_socket ? send_socket(transport->fd, pieces, count)
					   : write_file(transport->fd, pieces);

	if (put < 0)
		return would_block(errno) ? OTLS_WANT_WRITE : OTLS_ERROR;
	*sent = (size_t)put;
	if (put > 0)
		return OTLS_OK;
	errno = EIO; /* a device that takes nothing and does not say why */
	return OTLS_ERROR;
}

/* == callbacks == */
/* What a callback answered, or ERROR when it is none of what its page allows. */
static otls_status
checked(otls_status status, otls_status again, otls_status end, size_t len, size_t cap)
{
	if (status == OTLS_OK && len >= 1 && len <= cap)
		return OTLS_OK;
	if (status == again || status == end)
		return status;
	if (status != OTLS_ERROR)
		errno = EINVAL;
	else if (errno == 0)
		errno = EIO;
	return OTLS_ERROR;
}

static otls_status
recv_callback(const otls_transport *transport, void *buf, size_t cap, size_t *len)
{
	size_t got = 0;
	otls_status status = OTLS_OK;

	errno = 0;
	status = transport->recv(transport->arg, buf, cap, &got);
	status = checked(status, OTLS_WANT_READ, OTLS_EOF, got, cap);
	*len = status == OTLS_OK ? got : 0;
	return status;
}

static otls_status
send_callback(const otls_transport *transport, const struct iovec *piece, size_t *sent)
{
	size_t put = 0;
	otls_status status = OTLS_OK;

	errno = 0;
	status = transport->send(transport->arg, piece->iov_base, piece->iov_len, &put);
	status = checked(status, OTLS_WANT_WRITE, OTLS_WANT_WRITE, put, piece->iov_len);
	*sent = status == OTLS_OK ? put : 0;
	return status;
}

/* == either == */
otls_status
otls__transport_recv(otls_transport *transport, void *buf, size_t cap, size_t *len)
{
	otls_status status = OTLS_WANT_READ;

	assert(cap > 0);
	*len = 0;
	if (transport->kind == OTLS_TRANSPORT_MEMORY)
		return OTLS_WANT_READ;
	transport->reads++;
	if (transport->kind == OTLS_TRANSPORT_FD)
		status = recv_fd(transport, buf, cap, len);
	else
		status = recv_callback(transport, buf, cap, len);
	transport->bytes_in += *len;
	return status;
}

otls_status
otls__transport_send(otls_transport *transport, const struct iovec *pieces, int count, size_t *sent)
{
	otls_status status = OTLS_WANT_WRITE;

	assert(count > 0 && pieces[0].iov_len > 0);
	*sent = 0;
	if (transport->kind == OTLS_TRANSPORT_MEMORY)
		return OTLS_WANT_WRITE;
	transport->writes++;
	if (transport->kind == OTLS_TRANSPORT_FD)
		status = send_fd(transport, pieces, count, sent);
	else
		status = send_callback(transport, pieces, sent);
	transport->bytes_out += *sent;
	return status;
}

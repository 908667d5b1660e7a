/* The transport over real sockets, pipes and files, and over callbacks. */
#include "base.h"
#include "error.h"
#include "io/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>
/* cmocka needs some of those above. */
#include <cmocka.h>

static volatile sig_atomic_t sigpipes;

static void
count_sigpipe(int number)
{
	(void)number;
	sigpipes++;
}

static int
setup(void **state)
{
	struct sigaction action = { .sa_handler = count_sigpipe };

	(void)state;
	sigpipes = 0;
	return sigaction(SIGPIPE, &action, NULL);
}

static otls_transport
transport_on(int fd)
{
	otls_transport transport;

	otls__transport_init(&transport);
	assert_int_equal(otls__transport_set_fd(&transport, fd, OTLS_FD_OWN), OTLS_OK);
	return transport;
}

static otls_status
send_bytes(otls_transport *transport, const void *data, size_t len, size_t *sent)
{
	static char copy[1 << 16];
	struct iovec piece = { .iov_base = copy, .iov_len = len };

	assert_true(len <= sizeof(copy));
	memcpy(copy, data, len);
	return otls__transport_send(transport, &piece, 1, sent);
}

static void
stream_pair(otls_transport *a, otls_transport *b)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	*a = transport_on(fds[0]);
	*b = transport_on(fds[1]);
}

static void
tcp_pair(otls_transport *a, otls_transport *b)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&addr, len), 0);
	*a = transport_on(client);
	*b = transport_on(accept(listener, NULL, NULL));
	close(listener);
}

static void
pipe_pair(otls_transport *reader, otls_transport *writer)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	*reader = transport_on(fds[0]);
	*writer = transport_on(fds[1]);
	assert_false(reader->is_socket);
	assert_false(writer->is_socket);
}

/* Sends until nothing more fits, in portions that do not divide the size of a pipe. */
static size_t
fill_up(otls_transport *transport)
{
	static const char data[50000];
	size_t total = 0;

	for (;;) {
		size_t sent = 77;
		otls_status status = send_bytes(transport, data, sizeof(data), &sent);

		if (status == OTLS_WANT_WRITE) {
			assert_int_equal(sent, 0);
			return total;
		}
		assert_int_equal(status, OTLS_OK);
		assert_true(sent > 0);
		total += sent;
	}
}

static size_t
drain(otls_transport *transport)
{
	static char data[1 << 16];
	size_t total = 0, len = 0;

	while (otls__transport_recv(transport, data, sizeof(data), &len) == OTLS_OK)
		total += len;
	return total;
}

/* == sockets == */
static void
bytes_pass(void **state)
{
	otls_transport a, b;
	char buf[32];
	size_t len = 0;
	char first[] = "hel", second[] = "lo";
	struct iovec pieces[] = { { first, 3 }, { second, 2 } };

	(void)state;
	stream_pair(&a, &b);
	assert_true(a.is_socket);
	assert_int_equal(otls__transport_send(&a, pieces, 2, &len), OTLS_OK);
	assert_int_equal(len, 5);
	assert_int_equal(otls__transport_recv(&b, buf, 3, &len), OTLS_OK);
	assert_int_equal(len, 3);
	assert_int_equal(otls__transport_recv(&b, buf + 3, sizeof(buf) - 3, &len), OTLS_OK);
	assert_int_equal(len, 2);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(a.writes, 1);
	assert_int_equal(a.bytes_out, 5);
	assert_int_equal(b.reads, 2);
	assert_int_equal(b.bytes_in, 5);
	otls__transport_fini(&a);
	otls__transport_fini(&b);
}

/* More pieces than one call passes on: those at the front went. */
static void
many_pieces(void **state)
{
	otls_transport a, b;
	struct iovec pieces[40];
	char bytes[40], buf[40];
	size_t len = 0, sent = 0;

	(void)state;
	stream_pair(&a, &b);
	for (int i = 0; i < 40; i++) {
		bytes[i] = (char)('A' + i);
		pieces[i] = (struct iovec){ &bytes[i], 1 };
	}
	while (sent < 40) {
		assert_int_equal(otls__transport_send(&a, pieces + sent, (int)(40 - sent), &len), OTLS_OK);
		assert_true(len > 0);
		sent += len;
	}
	assert_int_equal(drain(&b), 40);
	for (sent = 0; sent < 40; sent += len)
		assert_int_equal(otls__transport_send(&a, pieces + sent, (int)(40 - sent), &len), OTLS_OK);
	assert_int_equal(otls__transport_recv(&b, buf, sizeof(buf), &len), OTLS_OK);
	assert_int_equal(len, 40);
	assert_memory_equal(buf, bytes, 40);
	otls__transport_fini(&a);
	otls__transport_fini(&b);
}

/* The sockets block by themselves; no call may. */
static void
a_blocking_socket_is_never_blocked_in(void **state)
{
	otls_transport a, b;
	char buf[8];
	size_t len = 77, total = 0;

	(void)state;
	stream_pair(&a, &b);
	(void)setsockopt(a.fd, SOL_SOCKET, SO_SNDBUF, &(int){ 4096 }, sizeof(int));
	assert_true(otls__transport_blocks(&a));
	assert_int_equal(otls__transport_recv(&a, buf, sizeof(buf), &len), OTLS_WANT_READ);
	assert_int_equal(len, 0);
	total = fill_up(&a);
	assert_true(total > 0);
	assert_int_equal(a.bytes_out, total);
	assert_int_equal(drain(&b), total);
	assert_int_equal(send_bytes(&a, "x", 1, &len), OTLS_OK);
	otls__transport_fini(&a);
	otls__transport_fini(&b);
}

static void
a_non_blocking_socket_is_told_from_a_blocking_one(void **state)
{
	otls_transport a, b;
	size_t len = 0;
	char byte;

	(void)state;
	stream_pair(&a, &b);
	assert_int_equal(fcntl(a.fd, F_SETFL, fcntl(a.fd, F_GETFL) | O_NONBLOCK), 0);
	assert_false(otls__transport_blocks(&a));
	assert_true(otls__transport_blocks(&b));
	assert_int_equal(otls__transport_recv(&a, &byte, 1, &len), OTLS_WANT_READ);
	otls__transport_fini(&a);
	otls__transport_fini(&b);
}

static void
the_end_comes_behind_the_bytes(void **state)
{
	otls_transport a, b;
	char buf[8];
	size_t len = 0;

	(void)state;
	stream_pair(&a, &b);
	assert_int_equal(send_bytes(&a, "bye", 3, &len), OTLS_OK);
	assert_int_equal(shutdown(a.fd, SHUT_WR), 0);
	assert_int_equal(otls__transport_recv(&b, buf, sizeof(buf), &len), OTLS_OK);
	assert_int_equal(len, 3);
	assert_int_equal(otls__transport_recv(&b, buf, sizeof(buf), &len), OTLS_EOF);
	assert_int_equal(len, 0);
	/* The other direction lives. */
	assert_int_equal(send_bytes(&b, "bye", 3, &len), OTLS_OK);
	assert_int_equal(otls__transport_recv(&a, buf, sizeof(buf), &len), OTLS_OK);
	otls__transport_fini(&a);
	otls__transport_fini(&b);
}

static void
a_closed_peer_is_epipe_without_a_signal(void **state)
{
	otls_transport a, b;
	size_t len = 77;

	(void)state;
	stream_pair(&a, &b);
	otls__transport_fini(&b);
	errno = 0;
	assert_int_equal(send_bytes(&a, "x", 1, &len), OTLS_ERROR);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(len, 0);
	assert_int_equal(sigpipes, 0);
	assert_int_equal(a.writes, 1);
	otls__transport_fini(&a);
}

static void
a_reset_is_an_error_on_both_ways(void **state)
{
	otls_transport a, b;
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };
	char byte;
	size_t len = 77;

	(void)state;
	tcp_pair(&a, &b);
	assert_int_equal(setsockopt(b.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	otls__transport_fini(&b);
	assert_int_equal(otls__transport_wait(&a, POLLIN, OTLS_NO_DEADLINE), OTLS_OK);
	errno = 0;
	assert_int_equal(otls__transport_recv(&a, &byte, 1, &len), OTLS_ERROR);
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(len, 0);
	errno = 0;
	assert_int_equal(send_bytes(&a, "x", 1, &len), OTLS_ERROR);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(sigpipes, 0);
	otls__transport_fini(&a);
}

/* == pipes and files == */
static void
pipes_carry_bytes(void **state)
{
	otls_transport reader, writer;
	char buf[8];
	size_t len = 77;

	(void)state;
	pipe_pair(&reader, &writer);
	assert_int_equal(otls__transport_recv(&reader, buf, sizeof(buf), &len), OTLS_WANT_READ);
	assert_int_equal(len, 0);
	assert_int_equal(send_bytes(&writer, "hello", 5, &len), OTLS_OK);
	assert_int_equal(len, 5);
	assert_int_equal(otls__transport_recv(&reader, buf, sizeof(buf), &len), OTLS_OK);
	assert_int_equal(len, 5);
	assert_memory_equal(buf, "hello", 5);
	otls__transport_fini(&writer);
	assert_int_equal(otls__transport_recv(&reader, buf, sizeof(buf), &len), OTLS_EOF);
	otls__transport_fini(&reader);
}

static void
a_full_pipe_is_not_blocked_in(void **state)
{
	otls_transport reader, writer;
	size_t total = 0;

	(void)state;
	pipe_pair(&reader, &writer);
	assert_true(otls__transport_blocks(&writer));
	total = fill_up(&writer);
	assert_true(total > 0);
	assert_int_equal(otls__transport_wait(&writer, POLLOUT, 0), OTLS_TIMEOUT);
	assert_int_equal(drain(&reader), total);
	assert_int_equal(otls__transport_wait(&writer, POLLOUT, OTLS_NO_DEADLINE), OTLS_OK);
	otls__transport_fini(&reader);
	otls__transport_fini(&writer);
}

static bool
sigpipe_is(int (*look)(sigset_t *))
{
	sigset_t set;

	sigemptyset(&set);
	assert_int_equal(look(&set), 0);
	return sigismember(&set, SIGPIPE) == 1;
}

static int
look_blocked(sigset_t *set)
{
	return pthread_sigmask(SIG_BLOCK, NULL, set);
}

static void
a_pipe_without_reader_is_epipe_without_a_signal(void **state)
{
	otls_transport reader, writer;
	size_t len = 77;

	(void)state;
	pipe_pair(&reader, &writer);
	otls__transport_fini(&reader);
	for (int i = 0; i < 2; i++) {
		errno = 0;
		assert_int_equal(send_bytes(&writer, "x", 1, &len), OTLS_ERROR);
		assert_int_equal(errno, EPIPE);
		assert_int_equal(len, 0);
	}
	assert_int_equal(sigpipes, 0);
	assert_false(sigpipe_is(sigpending));
	assert_false(sigpipe_is(look_blocked));
	otls__transport_fini(&writer);
}

static void
an_ignored_signal_stays_ignored(void **state)
{
	otls_transport reader, writer;
	size_t len = 0;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	pipe_pair(&reader, &writer);
	otls__transport_fini(&reader);
	assert_int_equal(send_bytes(&writer, "x", 1, &len), OTLS_ERROR);
	assert_int_equal(errno, EPIPE);
	assert_true(signal(SIGPIPE, SIG_DFL) == SIG_IGN);
	assert_false(sigpipe_is(sigpending));
	otls__transport_fini(&writer);
}

static void
a_signal_that_was_pending_before_stays(void **state)
{
	otls_transport reader, writer;
	size_t len = 0;
	sigset_t set;
	int taken = 0;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	assert_int_equal(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	raise(SIGPIPE);
	pipe_pair(&reader, &writer);
	otls__transport_fini(&reader);
	assert_int_equal(send_bytes(&writer, "x", 1, &len), OTLS_ERROR);
	assert_int_equal(errno, EPIPE);
	assert_true(sigpipe_is(sigpending));
	assert_true(sigpipe_is(look_blocked));
	assert_int_equal(sigwait(&set, &taken), 0);
	assert_int_equal(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
	assert_int_equal(sigpipes, 0);
	otls__transport_fini(&writer);
}

static void
files_carry_bytes(void **state)
{
	FILE *file = tmpfile();
	otls_transport transport;
	char buf[8];
	size_t len = 0;

	(void)state;
	assert_non_null(file);
	transport = transport_on(dup(fileno(file)));
	assert_false(transport.is_socket);
	assert_int_equal(send_bytes(&transport, "hello", 5, &len), OTLS_OK);
	assert_int_equal(lseek(transport.fd, 0, SEEK_SET), 0);
	assert_int_equal(otls__transport_recv(&transport, buf, sizeof(buf), &len), OTLS_OK);
	assert_int_equal(len, 5);
	assert_int_equal(otls__transport_recv(&transport, buf, sizeof(buf), &len), OTLS_EOF);
	otls__transport_fini(&transport);
	fclose(file);
}

/* == descriptors == */
static void
what_is_no_descriptor_is_refused(void **state)
{
	int fds[2];
	char number[16];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	close(fds[1]);
	for (int i = 0; i < 2; i++) {
		otls_transport transport;
		int fd = i == 0 ? -1 : fds[0];

		otls__transport_init(&transport);
		assert_int_equal(otls__transport_set_fd(&transport, fd, OTLS_FD_OWN), OTLS_ERROR);
		assert_int_equal(otls__error_thread()->code, OTLS_E_BAD_ARGUMENT);
		assert_int_equal(otls__error_thread()->sys_errno, EBADF);
		snprintf(number, sizeof(number), "%d", fd);
		assert_non_null(strstr(otls__error_thread()->message, number));
		assert_int_equal(transport.kind, OTLS_TRANSPORT_MEMORY);
		assert_int_equal(transport.fd, -1);
		assert_false(transport.own_fd);
	}
}

static void
datagrams_are_refused(void **state)
{
	otls_transport transport;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)state;
	otls__transport_init(&transport);
	assert_int_equal(otls__transport_set_fd(&transport, fd, OTLS_FD_OWN), OTLS_ERROR);
	assert_int_equal(otls__error_thread()->code, OTLS_E_BAD_ARGUMENT);
	otls__transport_fini(&transport);
	assert_true(fcntl(fd, F_GETFD) != -1); /* taken only when the call is OK */
	close(fd);
}

static void
only_an_owned_descriptor_is_closed(void **state)
{
	int fds[2];
	otls_transport a, b;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	otls__transport_init(&a);
	otls__transport_init(&b);
	assert_int_equal(otls__transport_set_fd(&a, fds[0], OTLS_FD_OWN), OTLS_OK);
	assert_int_equal(otls__transport_set_fd(&b, fds[1], OTLS_FD_BORROW), OTLS_OK);
	otls__transport_fini(&a);
	otls__transport_fini(&b);
	assert_int_equal(fcntl(fds[0], F_GETFD), -1);
	assert_true(fcntl(fds[1], F_GETFD) != -1);
	/* Twice does no harm, even when the number is in use again. */
	assert_int_equal(dup2(fds[1], fds[0]), fds[0]);
	otls__transport_fini(&a);
	assert_true(fcntl(fds[0], F_GETFD) != -1);
	close(fds[0]);
	close(fds[1]);
}

/* == waiting == */
static void
wait_answers(void **state)
{
	otls_transport a, b;
	size_t len = 0;

	(void)state;
	stream_pair(&a, &b);
	assert_int_equal(otls__transport_wait(&a, POLLIN, 0), OTLS_TIMEOUT);
	assert_int_equal(otls__transport_wait(&a, POLLIN, otls__now() + 1), OTLS_TIMEOUT);
	assert_int_equal(otls__transport_wait(&a, POLLOUT, 0), OTLS_OK); /* ready wins over late */
	assert_int_equal(otls__transport_wait(&a, POLLIN | POLLOUT, OTLS_NO_DEADLINE), OTLS_OK);
	assert_int_equal(send_bytes(&b, "x", 1, &len), OTLS_OK);
	assert_int_equal(otls__transport_wait(&a, POLLIN, OTLS_NO_DEADLINE), OTLS_OK);
	assert_int_equal(otls__transport_wait(&a, POLLIN, OTLS_NO_DEADLINE - 1), OTLS_OK);
	assert_int_equal(otls__transport_wait(&a, POLLIN, INT64_MIN), OTLS_OK);
	otls__transport_fini(&b);
	assert_int_equal(otls__transport_wait(&a, POLLIN, OTLS_NO_DEADLINE), OTLS_OK); /* hung up: ready */
	close(a.fd);
	errno = 0;
	assert_int_equal(otls__transport_wait(&a, POLLIN, OTLS_NO_DEADLINE), OTLS_ERROR);
	assert_int_equal(errno, EBADF);
	a.own_fd = false;
	otls__transport_fini(&a);
}

static volatile sig_atomic_t ticks;

static void
tick(int number)
{
	(void)number;
	ticks++;
}

/* Signals without SA_RESTART come in all the time; the wait ends at its deadline, not with an error, not never. */
static void
wait_outlives_interruptions(void **state)
{
	struct sigaction action = { .sa_handler = tick };
	struct itimerval often = { { 0, 2000 }, { 0, 2000 } }, off = { { 0, 0 }, { 0, 0 } };
	otls_transport a, b;
	int64_t deadline = 0;

	(void)state;
	stream_pair(&a, &b);
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	deadline = otls__now() + 60000;
	assert_int_equal(otls__transport_wait(&a, POLLIN, deadline), OTLS_TIMEOUT);
	assert_true(otls__now() >= deadline);
	assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
	assert_true(ticks > 0);
	otls__transport_fini(&a);
	otls__transport_fini(&b);
}

/* == callbacks and memory == */
struct script {
	otls_status answer;
	size_t len;
	int err;
	unsigned calls, freed;
	size_t offered;
};

static otls_status
play(struct script *script, size_t offered, size_t *len)
{
	script->calls++;
	script->offered = offered;
	*len = script->len;
	if (script->err != 0)
		errno = script->err;
	return script->answer;
}

static otls_status
scripted_recv(void *arg, void *buf, size_t cap, size_t *len)
{
	memset(buf, 'r', cap);
	return play(arg, cap, len);
}

static otls_status
scripted_send(void *arg, const void *buf, size_t len, size_t *sent)
{
	(void)buf;
	return play(arg, len, sent);
}

static void
count_free(void *arg)
{
	((struct script *)arg)->freed++;
}

static otls_transport
callbacks_on(struct script *script)
{
	otls_transport transport;

	otls__transport_init(&transport);
	transport.kind = OTLS_TRANSPORT_CALLBACKS;
	transport.recv = scripted_recv;
	transport.send = scripted_send;
	transport.arg = script;
	transport.free_arg = count_free;
	return transport;
}

struct row {
	otls_status answer;
	size_t len;
	int err;
	otls_status want;
	int want_errno;
};

/* recv is offered 10 bytes, send 10 bytes. */
static const struct row recv_rows[] = {
	{ OTLS_OK, 1, 0, OTLS_OK, 0 },
	{ OTLS_OK, 10, 0, OTLS_OK, 0 },
	{ OTLS_WANT_READ, 0, 0, OTLS_WANT_READ, 0 },
	{ OTLS_WANT_READ, 3, 0, OTLS_WANT_READ, 0 },
	{ OTLS_EOF, 0, 0, OTLS_EOF, 0 },
	{ OTLS_ERROR, 0, ECONNRESET, OTLS_ERROR, ECONNRESET },
	{ OTLS_ERROR, 3, ETIMEDOUT, OTLS_ERROR, ETIMEDOUT },
	{ OTLS_ERROR, 0, 0, OTLS_ERROR, EIO },
	{ OTLS_OK, 0, 0, OTLS_ERROR, EINVAL },
	{ OTLS_OK, 11, 0, OTLS_ERROR, EINVAL },
	{ OTLS_OK, SIZE_MAX, EAGAIN, OTLS_ERROR, EINVAL },
	{ OTLS_WANT_WRITE, 0, 0, OTLS_ERROR, EINVAL },
	{ OTLS_WANT_CALLBACK, 0, 0, OTLS_ERROR, EINVAL },
	{ OTLS_TIMEOUT, 0, 0, OTLS_ERROR, EINVAL },
	{ (otls_status)99, 0, 0, OTLS_ERROR, EINVAL },
};

static const struct row send_rows[] = {
	{ OTLS_OK, 1, 0, OTLS_OK, 0 },
	{ OTLS_OK, 10, 0, OTLS_OK, 0 },
	{ OTLS_WANT_WRITE, 0, 0, OTLS_WANT_WRITE, 0 },
	{ OTLS_WANT_WRITE, 3, 0, OTLS_WANT_WRITE, 0 },
	{ OTLS_ERROR, 0, EPIPE, OTLS_ERROR, EPIPE },
	{ OTLS_ERROR, 0, 0, OTLS_ERROR, EIO },
	{ OTLS_OK, 0, 0, OTLS_ERROR, EINVAL },
	{ OTLS_OK, 11, 0, OTLS_ERROR, EINVAL },
	{ OTLS_EOF, 0, 0, OTLS_ERROR, EINVAL },
	{ OTLS_WANT_READ, 0, 0, OTLS_ERROR, EINVAL },
	{ OTLS_WANT_CALLBACK, 0, 0, OTLS_ERROR, EINVAL },
};

static void
callbacks_are_held_to_their_page(void **state)
{
	char data[10] = "0123456789", more[] = "more";
	struct iovec pieces[] = { { data, 10 }, { more, 4 } };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(recv_rows) + OTLS_COUNT(send_rows); i++) {
		bool is_recv = i < OTLS_COUNT(recv_rows);
		const struct row *row = is_recv ? &recv_rows[i] : &send_rows[i - OTLS_COUNT(recv_rows)];
		struct script script = { .answer = row->answer, .len = row->len, .err = row->err };
		otls_transport transport = callbacks_on(&script);
		size_t len = 77;
		otls_status status = OTLS_OK;

		errno = ENOENT; /* left over from elsewhere */
		status = is_recv ? otls__transport_recv(&transport, data, 10, &len)
				 : otls__transport_send(&transport, pieces, 2, &len);
		assert_int_equal(status, row->want);
		if (status == OTLS_ERROR)
			assert_int_equal(errno, row->want_errno);
		assert_int_equal(len, row->want == OTLS_OK ? row->len : 0);
		assert_int_equal(is_recv ? transport.bytes_in : transport.bytes_out, len);
		assert_int_equal(is_recv ? transport.reads : transport.writes, 1);
		assert_int_equal(script.calls, 1);
		assert_int_equal(script.offered, 10);
		assert_false(otls__transport_blocks(&transport));
		otls__transport_fini(&transport);
		otls__transport_fini(&transport);
		assert_int_equal(script.freed, 1);
	}
}

static void
memory_has_nothing_to_carry_with(void **state)
{
	otls_transport transport;
	char byte = 'x';
	struct iovec piece = { &byte, 1 };
	size_t len = 77;

	(void)state;
	otls__transport_init(&transport);
	assert_int_equal(otls__transport_recv(&transport, &byte, 1, &len), OTLS_WANT_READ);
	assert_int_equal(len, 0);
	len = 77;
	assert_int_equal(otls__transport_send(&transport, &piece, 1, &len), OTLS_WANT_WRITE);
	assert_int_equal(len, 0);
	assert_int_equal(transport.reads + transport.writes, 0);
	assert_false(otls__transport_blocks(&transport));
	otls__transport_fini(&transport);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(bytes_pass, setup),
		cmocka_unit_test_setup(many_pieces, setup),
		cmocka_unit_test_setup(a_blocking_socket_is_never_blocked_in, setup),
		cmocka_unit_test_setup(a_non_blocking_socket_is_told_from_a_blocking_one, setup),
		cmocka_unit_test_setup(the_end_comes_behind_the_bytes, setup),
		cmocka_unit_test_setup(a_closed_peer_is_epipe_without_a_signal, setup),
		cmocka_unit_test_setup(a_reset_is_an_error_on_both_ways, setup),
		cmocka_unit_test_setup(pipes_carry_bytes, setup),
		cmocka_unit_test_setup(a_full_pipe_is_not_blocked_in, setup),
		cmocka_unit_test_setup(a_pipe_without_reader_is_epipe_without_a_signal, setup),
		cmocka_unit_test_setup(an_ignored_signal_stays_ignored, setup),
		cmocka_unit_test_setup(a_signal_that_was_pending_before_stays, setup),
		cmocka_unit_test_setup(files_carry_bytes, setup),
		cmocka_unit_test_setup(what_is_no_descriptor_is_refused, setup),
		cmocka_unit_test_setup(datagrams_are_refused, setup),
		cmocka_unit_test_setup(only_an_owned_descriptor_is_closed, setup),
		cmocka_unit_test_setup(wait_answers, setup),
		cmocka_unit_test_setup(wait_outlives_interruptions, setup),
		cmocka_unit_test(callbacks_are_held_to_their_page),
		cmocka_unit_test(memory_has_nothing_to_carry_with),
	};

	return cmocka_run_group_tests_name("transport", tests, NULL, NULL);
}

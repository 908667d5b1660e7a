/* Dialling, listening and accepting, over loopback and free ports. */
#include "base.h"
#include "error.h"
#include "io/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
/* cmocka needs some of those above. */
#include <cmocka.h>

#define SOON (otls__now() + 20000000) /* a deadline that no test should meet */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage storage;
};

static union address
local_address(int fd, socklen_t *len)
{
	union address addr = { 0 };

	*len = sizeof(addr);
	assert_int_equal(getsockname(fd, &addr.any, len), 0);
	return addr;
}

static unsigned
port_of(int fd)
{
	socklen_t len = 0;
	union address addr = local_address(fd, &len);

	return ntohs(addr.any.sa_family == AF_INET6 ? addr.v6.sin6_port : addr.v4.sin_port);
}

static const char *
service_of(int fd)
{
	static char text[8];

	snprintf(text, sizeof(text), "%u", port_of(fd));
	return text;
}

static bool
is_blocking_and_cloexec(int fd)
{
	return !(fcntl(fd, F_GETFL) & O_NONBLOCK) && (fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static bool
has_nodelay(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &len) == 0 && on != 0;
}

static unsigned
open_descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

static int
listening(const char *host)
{
	int fd = -1;

	assert_int_equal(otls_listen(host, "0", &fd), OTLS_OK);
	assert_true(fd >= 0);
	return fd;
}

/* A port that nobody listens at, held so that nobody else gets it. */
static int
refusing(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

/* A port that neither answers nor refuses: a listener whose queue is full drops what comes. */
struct hole {
	int listener, filler[4];
};

static struct hole
dig(void)
{
	struct hole hole = { .listener = refusing() };
	socklen_t len = 0;
	union address addr = local_address(hole.listener, &len);

	assert_int_equal(listen(hole.listener, 0), 0);
	for (size_t i = 0; i < OTLS_COUNT(hole.filler); i++) {
		hole.filler[i] = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(fcntl(hole.filler[i], F_SETFL, O_NONBLOCK), 0);
		(void)connect(hole.filler[i], &addr.any, len);
	}
	return hole;
}

static void
fill_in(struct hole *hole)
{
	for (size_t i = 0; i < OTLS_COUNT(hole->filler); i++)
		close(hole->filler[i]);
	close(hole->listener);
}

static bool
has_ipv6(void)
{
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool has = fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

static void
assert_error(otls_status status, otls_code code, int err, const char *text)
{
	const otls_error *error = otls__error_thread();

	assert_int_equal(status, OTLS_ERROR);
	assert_int_equal(error->code, code);
	assert_int_equal(error->sys_errno, err);
	if (strstr(error->message, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", error->message, text);
}

/* What connected to the listener's queue; that it is this pair is seen by a byte. */
static void
assert_connected(int client, int listener)
{
	int server = -1;
	char byte = 0;

	assert_int_equal(otls__accept(listener, &server), OTLS_OK);
	assert_int_equal(write(server, "x", 1), 1);
	assert_int_equal(read(client, &byte, 1), 1);
	assert_int_equal(byte, 'x');
	assert_true(is_blocking_and_cloexec(client));
	assert_true(is_blocking_and_cloexec(server));
	assert_true(has_nodelay(client));
	assert_true(has_nodelay(server));
	close(server);
	close(client);
}

/* == names == */
static void
dials_names_and_numbers(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost", "::1", "[::1]" };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(hosts); i++) {
		int listener = -1, fd = -1;

		if (strchr(hosts[i], ':') != NULL && !has_ipv6())
			continue;
		listener = listening(hosts[i]);
		assert_int_equal(otls__dial_host(hosts[i], service_of(listener), SOON, &fd), OTLS_OK);
		assert_connected(fd, listener);
		close(listener);
	}
}

static void
names_that_resolve_to_nothing(void **state)
{
	int fd = 77;

	(void)state;
	assert_error(otls__dial_host("a..b", "443", SOON, &fd), OTLS_E_RESOLVE, 0, "a..b");
	assert_int_equal(fd, -1);
	assert_error(otls__dial_host("", "443", SOON, &fd), OTLS_E_RESOLVE, 0, "443");
	/* None of these is asked for beyond this machine.  Brackets hold addresses only. */
	assert_error(otls__dial_host("[localhost]", "443", SOON, &fd), OTLS_E_RESOLVE, 0, "[localhost]");
	assert_error(otls__dial_host("[::1", "443", SOON, &fd), OTLS_E_RESOLVE, 0, "[::1");
	assert_error(otls__dial_host("[]", "443", SOON, &fd), OTLS_E_RESOLVE, 0, "[]");
	assert_error(otls__dial_host("127.0.0.1", "no-such-service", SOON, &fd), OTLS_E_RESOLVE, 0, "no-such-service");
}

static void
services_that_are_none(void **state)
{
	static const char *const services[] = { "", "65536", "65979", "99999999999999999999", " 443", "-1", "+443" };
	int fd = 77;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(services); i++) {
		assert_error(otls__dial_host("127.0.0.1", services[i], SOON, &fd), OTLS_E_BAD_ARGUMENT, 0, services[i]);
		assert_int_equal(fd, -1);
		assert_error(otls_listen("127.0.0.1", services[i], &fd), OTLS_E_BAD_ARGUMENT, 0, services[i]);
		assert_int_equal(fd, -1);
	}
}

static void
a_refused_port_names_host_and_service(void **state)
{
	int held = refusing(), fd = 77;
	char text[64];

	(void)state;
	snprintf(text, sizeof(text), "127.0.0.1, service %s", service_of(held));
	assert_error(otls__dial_host("127.0.0.1", service_of(held), SOON, &fd), OTLS_E_SYSCALL, ECONNREFUSED, text);
	assert_int_equal(fd, -1);
	close(held);
}

/* == one address == */
static void
dials_an_address(void **state)
{
	int listener = listening("127.0.0.1"), held = refusing(), fd = 77;
	socklen_t len = 0;
	union address addr = local_address(listener, &len);
	char text[64];

	(void)state;
	assert_int_equal(otls__dial_address(&addr.any, len, SOON, &fd), OTLS_OK);
	assert_connected(fd, listener);
	addr = local_address(held, &len);
	snprintf(text, sizeof(text), "127.0.0.1, port %u", port_of(held));
	assert_error(otls__dial_address(&addr.any, len, SOON, &fd), OTLS_E_SYSCALL, ECONNREFUSED, text);
	assert_int_equal(fd, -1);
	assert_error(otls__dial_address(&addr.any, 1, SOON, &fd), OTLS_E_BAD_ARGUMENT, 0, "1 bytes");
	assert_error(otls__dial_address(&addr.any, 100000, SOON, &fd), OTLS_E_BAD_ARGUMENT, 0, "100000");
	assert_error(otls__dial_address(&addr.any, 4, SOON, &fd), OTLS_E_SYSCALL, EINVAL, "address");
	addr.any.sa_family = 250;
	assert_error(otls__dial_address(&addr.any, len, SOON, &fd), OTLS_E_SYSCALL, EAFNOSUPPORT, "250");
	close(listener);
	close(held);
}

static void
dials_a_local_socket(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/otls-dial-XXXXXX";
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd = -1, server = -1;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/s", dir);
	assert_int_equal(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(otls__dial_address((struct sockaddr *)&addr, sizeof(addr), SOON, &fd), OTLS_OK);
	assert_true(is_blocking_and_cloexec(fd));
	assert_int_equal(otls__accept(listener, &server), OTLS_OK);
	assert_true(is_blocking_and_cloexec(server));
	close(server);
	close(fd);
	close(listener);
	unlink(addr.sun_path);
	rmdir(dir);
}

static void
a_silent_address_is_a_timeout(void **state)
{
	struct hole hole = dig();
	socklen_t len = 0;
	union address addr = local_address(hole.listener, &len);
	unsigned before = open_descriptors();
	int fd = 77;

	(void)state;
	assert_int_equal(otls__dial_address(&addr.any, len, otls__now() + 30000, &fd), OTLS_TIMEOUT);
	assert_int_equal(fd, -1);
	assert_int_equal(otls__dial_address(&addr.any, len, 0, &fd), OTLS_TIMEOUT);
	assert_int_equal(fd, -1);
	assert_int_equal(
	    otls__dial_host("127.0.0.1", service_of(hole.listener), otls__now() + 30000, &fd), OTLS_TIMEOUT);
	assert_int_equal(open_descriptors(), before);
	fill_in(&hole);
}

/* == several addresses == */
struct list {
	struct addrinfo info[6];
	union address addr[6];
	size_t count;
};

static void
add(struct list *list, int fd)
{
	size_t i = list->count++;
	socklen_t len = 0;

	list->addr[i] = local_address(fd, &len);
	list->info[i] = (struct addrinfo){ .ai_family = list->addr[i].any.sa_family,
		.ai_socktype = SOCK_STREAM,
		.ai_addr = &list->addr[i].any,
		.ai_addrlen = len };
	if (i > 0)
		list->info[i - 1].ai_next = &list->info[i];
}

static otls_status
dial(struct list *list, int64_t deadline, int *fd)
{
	return otls__dial_list(list->info, "somewhere", deadline, fd);
}

static void
failures_are_passed_over(void **state)
{
	int a = refusing(), b = refusing(), listener = listening("127.0.0.1"), fd = -1;
	struct list list = { 0 };
	unsigned before = open_descriptors();

	(void)state;
	add(&list, a);
	add(&list, b);
	add(&list, listener);
	assert_int_equal(dial(&list, SOON, &fd), OTLS_OK);
	assert_int_equal(open_descriptors(), before + 1);
	assert_connected(fd, listener);
	close(a);
	close(b);
	close(listener);
}

static void
all_refuse(void **state)
{
	int a = refusing(), b = refusing(), fd = 77;
	struct list list = { 0 };
	unsigned before = open_descriptors();

	(void)state;
	add(&list, a);
	add(&list, b);
	assert_error(dial(&list, SOON, &fd), OTLS_E_SYSCALL, ECONNREFUSED, "somewhere");
	assert_int_equal(fd, -1);
	/* The last one's errno is told. */
	add(&list, a);
	list.addr[2].any.sa_family = 250;
	assert_error(dial(&list, SOON, &fd), OTLS_E_SYSCALL, EAFNOSUPPORT, "somewhere");
	assert_int_equal(open_descriptors(), before);
	close(a);
	close(b);
}

/* The silent one is not waited for until the deadline, and nothing of it is left. */
static void
a_silent_one_is_overtaken(void **state)
{
	struct hole hole = dig();
	int listener = listening("127.0.0.1"), held = refusing(), fd = -1;
	struct list list = { 0 };
	unsigned before = open_descriptors();

	(void)state;
	add(&list, hole.listener);
	add(&list, held);
	add(&list, listener);
	assert_int_equal(dial(&list, OTLS_NO_DEADLINE, &fd), OTLS_OK);
	assert_int_equal(open_descriptors(), before + 1);
	assert_connected(fd, listener);
	close(held);
	close(listener);
	fill_in(&hole);
}

static void
all_silent_is_a_timeout(void **state)
{
	struct hole one = dig(), two = dig();
	struct list list = { 0 };
	unsigned before = open_descriptors();
	int held = refusing(), fd = 77;

	(void)state;
	add(&list, one.listener);
	add(&list, held);
	add(&list, two.listener);
	assert_int_equal(dial(&list, otls__now() + 600000, &fd), OTLS_TIMEOUT);
	assert_int_equal(fd, -1);
	close(held);
	assert_int_equal(open_descriptors(), before);
	fill_in(&one);
	fill_in(&two);
}

struct digger {
	int listener;
	atomic_bool stop;
};

/* Accepts and drops whoever gets through, from a while after the start on: the hole begins to answer. */
static void *
open_up(void *arg)
{
	struct digger *digger = arg;

	nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
	while (!digger->stop) {
		struct pollfd watched = { .fd = digger->listener, .events = POLLIN };

		if (poll(&watched, 1, 10) == 1)
			close(accept(digger->listener, NULL, NULL));
	}
	return NULL;
}

/* The first one answers while others are under way: it is kept, they are closed. */
static void
the_first_may_win_late(void **state)
{
	struct hole one = dig(), two = dig(), three = dig();
	struct digger digger = { .listener = one.listener };
	struct list list = { 0 };
	unsigned before = open_descriptors();
	int fd = -1;
	pthread_t thread;

	(void)state;
	add(&list, one.listener);
	add(&list, two.listener);
	add(&list, three.listener);
	assert_int_equal(pthread_create(&thread, NULL, open_up, &digger), 0);
	assert_int_equal(dial(&list, SOON, &fd), OTLS_OK);
	digger.stop = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(open_descriptors(), before + 1);
	assert_true(is_blocking_and_cloexec(fd));
	close(fd);
	fill_in(&one);
	fill_in(&two);
	fill_in(&three);
}

/* Two of one family come first in the list; the first of the other family has its turn before the second. */
static void
families_take_turns(void **state)
{
	struct hole hole;
	int v4 = -1, v6 = -1, fd = -1;
	struct list list = { 0 };

	(void)state;
	if (!has_ipv6())
		skip();
	hole = dig();
	v4 = listening("127.0.0.1");
	v6 = listening("::1");
	add(&list, hole.listener);
	add(&list, v4);
	add(&list, v6);
	assert_int_equal(dial(&list, SOON, &fd), OTLS_OK);
	assert_connected(fd, v6);
	close(v4);
	close(v6);
	fill_in(&hole);
}

static void
the_first_family_of_the_list_goes_first(void **state)
{
	int v4 = -1, v6 = -1, fd = -1;

	(void)state;
	if (!has_ipv6())
		skip();
	v4 = listening("127.0.0.1");
	v6 = listening("::1");
	for (int i = 0; i < 2; i++) {
		struct list list = { 0 };

		add(&list, i == 0 ? v4 : v6);
		add(&list, i == 0 ? v6 : v4);
		assert_int_equal(dial(&list, SOON, &fd), OTLS_OK);
		assert_connected(fd, i == 0 ? v4 : v6);
	}
	close(v4);
	close(v6);
}

/* == memory == */
static unsigned allowed;

static bool
trap(void)
{
	return allowed > 0 && allowed-- > 0;
}

static int
teardown(void **state)
{
	(void)state;
	otls__alloc_trap = NULL;
	return 0;
}

static void
any_allocation_may_fail(void **state)
{
	int listener = listening("127.0.0.1"), fd = 77;
	unsigned before = open_descriptors(), failures = 0;
	otls_status status = OTLS_ERROR;

	(void)state;
	otls__alloc_trap = trap;
	for (unsigned n = 0; status != OTLS_OK; n++) {
		allowed = n;
		status = otls__dial_host("127.0.0.1", service_of(listener), SOON, &fd);
		if (status == OTLS_OK)
			break;
		assert_error(status, OTLS_E_MEMORY, 0, "");
		assert_int_equal(fd, -1);
		assert_int_equal(open_descriptors(), before);
		failures++;
	}
	assert_true(failures > 0);
	assert_connected(fd, listener);
	close(listener);
}

/* == listening and accepting == */
static void
listens_at_every_address(void **state)
{
	int listener = listening(NULL), fd = -1;

	(void)state;
	assert_true(is_blocking_and_cloexec(listener));
	assert_int_equal(otls__dial_host("127.0.0.1", service_of(listener), SOON, &fd), OTLS_OK);
	assert_connected(fd, listener);
	if (has_ipv6()) {
		assert_int_equal(otls__dial_host("::1", service_of(listener), SOON, &fd), OTLS_OK);
		assert_connected(fd, listener);
	}
	close(listener);
}

/* An address stands for itself: the IPv4 one of the same port stays free. */
static void
listens_at_one_address_only(void **state)
{
	int listener = -1, other = -1;

	(void)state;
	if (!has_ipv6())
		skip();
	listener = listening("::");
	assert_int_equal(otls_listen("0.0.0.0", service_of(listener), &other), OTLS_OK);
	close(other);
	close(listener);
}

static void
a_port_can_be_listened_at_again(void **state)
{
	int listener = listening("127.0.0.1"), fd = -1, server = -1, again = -1;
	char service[8];

	(void)state;
	snprintf(service, sizeof(service), "%s", service_of(listener));
	assert_int_equal(otls__dial_host("127.0.0.1", service, SOON, &fd), OTLS_OK);
	assert_int_equal(otls__accept(listener, &server), OTLS_OK);
	/* Taken. */
	assert_error(otls_listen("127.0.0.1", service, &again), OTLS_E_SYSCALL, EADDRINUSE, service);
	assert_int_equal(again, -1);
	/* What lingers in TIME_WAIT does not count: the server's end closes first. */
	close(server);
	close(listener);
	close(fd);
	assert_int_equal(otls_listen("127.0.0.1", service, &again), OTLS_OK);
	close(again);
}

static void
a_taken_port_is_not_half_listened_at(void **state)
{
	int v6 = -1, fd = 77;

	(void)state;
	if (!has_ipv6())
		skip();
	v6 = listening("::1");
	assert_error(otls_listen(NULL, service_of(v6), &fd), OTLS_E_SYSCALL, EADDRINUSE, "*");
	assert_int_equal(fd, -1);
	close(v6);
}

static void
listening_to_nonsense(void **state)
{
	int fd = 77;

	(void)state;
	assert_error(otls_listen("a..b", "0", &fd), OTLS_E_RESOLVE, 0, "a..b");
	assert_int_equal(fd, -1);
	assert_error(otls_listen("[]", "0", &fd), OTLS_E_RESOLVE, 0, "[]");
	assert_error(otls_listen("192.0.2.200", "0", &fd), OTLS_E_SYSCALL, EADDRNOTAVAIL, "192.0.2.200");
	assert_error(otls_listen(NULL, NULL, &fd), OTLS_E_BAD_ARGUMENT, 0, "service");
	assert_int_equal(fd, -1);
	assert_error(otls_listen(NULL, "0", NULL), OTLS_E_BAD_ARGUMENT, 0, "fd");
}

static void
nobody_is_there(void **state)
{
	int listener = listening("127.0.0.1"), fd = 77, client = -1;

	(void)state;
	assert_int_equal(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(otls__accept(listener, &fd), OTLS_WANT_READ);
	assert_int_equal(fd, -1);
	/* O_NONBLOCK of the listener does not go on to what is accepted. */
	assert_int_equal(otls__dial_host("127.0.0.1", service_of(listener), SOON, &client), OTLS_OK);
	assert_connected(client, listener);
	close(listener);
}

static void
what_does_not_listen_is_refused(void **state)
{
	int fds[2], held = refusing(), fd = 77;

	(void)state;
	assert_error(otls__accept(-1, &fd), OTLS_E_BAD_ARGUMENT, EBADF, "-1");
	assert_int_equal(fd, -1);
	assert_int_equal(pipe(fds), 0);
	assert_error(otls__accept(fds[0], &fd), OTLS_E_BAD_ARGUMENT, ENOTSOCK, "accept");
	assert_error(otls__accept(held, &fd), OTLS_E_BAD_ARGUMENT, EINVAL, "accept");
	close(fds[0]);
	close(fds[1]);
	close(held);
}

static void
tick(int number)
{
	(void)number;
}

static void *
dial_later(void *arg)
{
	union address addr = { 0 };
	socklen_t len = sizeof(addr);
	sigset_t alarm;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL); /* they are for the one that accepts */
	nanosleep(&(struct timespec){ .tv_nsec = 40000000 }, NULL);
	if (getsockname(*(int *)arg, &addr.any, &len) == 0)
		(void)connect(fd, &addr.any, len);
	close(fd);
	return NULL;
}

static void
accept_outlives_interruptions(void **state)
{
	struct sigaction action = { .sa_handler = tick };
	struct itimerval often = { { 0, 2000 }, { 0, 2000 } }, off = { { 0, 0 }, { 0, 0 } };
	int listener = listening("127.0.0.1"), fd = -1;
	pthread_t thread;

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(pthread_create(&thread, NULL, dial_later, &listener), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	assert_int_equal(otls__accept(listener, &fd), OTLS_OK);
	assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	close(fd);
	close(listener);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dials_names_and_numbers),
		cmocka_unit_test(names_that_resolve_to_nothing),
		cmocka_unit_test(services_that_are_none),
		cmocka_unit_test(a_refused_port_names_host_and_service),
		cmocka_unit_test(dials_an_address),
		cmocka_unit_test(dials_a_local_socket),
		cmocka_unit_test(a_silent_address_is_a_timeout),
		cmocka_unit_test(failures_are_passed_over),
		cmocka_unit_test(all_refuse),
		cmocka_unit_test(a_silent_one_is_overtaken),
		cmocka_unit_test(all_silent_is_a_timeout),
		cmocka_unit_test(the_first_may_win_late),
		cmocka_unit_test(families_take_turns),
		cmocka_unit_test(the_first_family_of_the_list_goes_first),
		cmocka_unit_test_teardown(any_allocation_may_fail, teardown),
		cmocka_unit_test(listens_at_every_address),
		cmocka_unit_test(listens_at_one_address_only),
		cmocka_unit_test(a_port_can_be_listened_at_again),
		cmocka_unit_test(a_taken_port_is_not_half_listened_at),
		cmocka_unit_test(listening_to_nonsense),
		cmocka_unit_test(nobody_is_there),
		cmocka_unit_test(what_does_not_listen_is_refused),
		cmocka_unit_test(accept_outlives_interruptions),
	};

	return cmocka_run_group_tests_name("dial", tests, NULL, NULL);
}

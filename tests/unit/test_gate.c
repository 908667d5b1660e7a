/* The gate: hellos are held until they are whole and good, everything else flows by, and no byte is lost. */
#include "error.h"
#include "hello/gate.h"
#include "hello_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* == a stage: a gate, its input, and an engine that follows a script == */

/* What the engine sends once it has taken so many bytes. */
struct answer {
	size_t after;
	const uint8_t *data;
	size_t len;
};

struct stage {
	otls_gate gate;
	otls_input input;
	otls_buffer taken; /* by the engine */
	const struct answer *answers;
	size_t answer_count, answer;
	size_t chunk; /* how many bytes the engine takes and sends at once */
};

static const uint16_t all_suites[] = { 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02C, 0xC02F, 0xC030 };

static void
stage_init(struct stage *s, otls_role role)
{
	*s = (struct stage){ .chunk = 4096 };
	otls__gate_init(&s->gate, role);
	s->gate.rules = (otls_gate_rules){ .min_version = 0x0303,
		.max_version = 0x0304,
		.suites = all_suites,
		.suite_count = OTLS_COUNT(all_suites) };
}

static void
stage_fini(struct stage *s)
{
	otls__gate_fini(&s->gate);
	otls__input_fini(&s->input);
	otls__buffer_fini(&s->taken);
}

static otls_status
send_in_chunks(struct stage *s, const uint8_t *data, size_t len)
{
	for (size_t at = 0; at < len; at += s->chunk) {
		size_t part = len - at < s->chunk ? len - at : s->chunk;

		if (otls__gate_sent(&s->gate, data + at, part) != OTLS_OK)
			return OTLS_ERROR;
	}
	return OTLS_OK;
}

static otls_status
answer(struct stage *s)
{
	while (s->answer < s->answer_count && s->taken.len >= s->answers[s->answer].after) {
		const struct answer *next = &s->answers[s->answer++];

		if (send_in_chunks(s, next->data, next->len) != OTLS_OK)
			return OTLS_ERROR;
	}
	return OTLS_OK;
}

/* One recv of the engine, as core serves it. */
static otls_status
engine_recv(struct stage *s, uint8_t *buf, size_t *len)
{
	otls_status status = OTLS_OK;

	for (;;) {
		*len = otls__gate_take(&s->gate, buf, s->chunk);
		if (*len == 0 && s->gate.state == OTLS_GATE_OPEN)
			*len = otls__input_take(&s->input, buf, s->chunk);
		if (*len > 0)
			return OTLS_OK;
		if (s->gate.state == OTLS_GATE_OPEN)
			return OTLS_WANT_READ;
		if ((status = otls__gate_pull(&s->gate, &s->input)) != OTLS_OK)
			return status;
	}
}

/* Runs the engine until it has nothing to do: WANT_READ, or ERROR.  A server's first hello is released at once. */
static otls_status
run(struct stage *s)
{
	otls_status status = OTLS_OK;
	uint8_t buf[4096];
	size_t len = 0;

	if (s->gate.role == OTLS_ROLE_SERVER && s->gate.state == OTLS_GATE_FIRST) {
		if ((status = otls__gate_pull(&s->gate, &s->input)) != OTLS_OK)
			return status;
		if (s->gate.state != OTLS_GATE_HELLO)
			fail_msg("the first hello is not held");
		if (otls__gate_release(&s->gate) != OTLS_OK)
			return OTLS_ERROR;
	}
	for (;;) {
		if (answer(s) != OTLS_OK)
			return OTLS_ERROR;
		if ((status = engine_recv(s, buf, &len)) != OTLS_OK)
			return status;
		if (!otls__buffer_append(&s->taken, buf, len))
			return otls__fail_memory();
	}
}

static otls_status
feed(struct stage *s, const void *data, size_t len)
{
	if (!otls__input_append(&s->input, data, len))
		return otls__fail_memory();
	return run(s);
}

/* A copy in memory of its own, of exactly this size. */
static uint8_t *
copy_of(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len);

	assert_non_null(copy);
	memcpy(copy, data, len);
	return copy;
}

static size_t
record_size(const uint8_t *record)
{
	return 5 + (size_t)otls__get16(record + 3);
}

/* Bytes of the first n records. */
static size_t
records(const uint8_t *sample, size_t n)
{
	size_t len = 0;

	while (n-- > 0)
		len += record_size(sample + len);
	return len;
}

/* == whole handshakes between real programs == */

struct flow {
	const char *name;
	otls_role role;
	const uint8_t *in; /* what the peer sent */
	size_t in_len;
	struct answer answers[2];
	size_t answer_count;
	uint16_t version, suite;
	bool retried;
	size_t certificate; /* bytes of the Certificate message */
};

#define IN(sample)  .in = sample, .in_len = sizeof(sample)
#define ALL(sample) .data = sample, .len = sizeof(sample)

static const struct flow flows[] = {
	{ .name = "server_tls13",
	    .role = OTLS_ROLE_SERVER,
	    IN(openssl_tls13_client),
	    .answers = { { .after = 339, ALL(openssl_tls13_server) } },
	    .answer_count = 1,
	    .version = 0x0304,
	    .suite = 0x1302 },
	{ .name = "server_tls12",
	    .role = OTLS_ROLE_SERVER,
	    IN(openssl_tls12_client),
	    .answers = { { .after = 339, ALL(openssl_tls12_server) } },
	    .answer_count = 1,
	    .version = 0x0303,
	    .suite = 0xC02C },
	{ .name = "server_tls12_asks_for_certificate",
	    .role = OTLS_ROLE_SERVER,
	    IN(gnutls_tls12_client),
	    .answers = { { .after = 235, ALL(gnutls_tls12_server) } },
	    .answer_count = 1,
	    .version = 0x0303,
	    .suite = 0xC02C,
	    .certificate = 7 },
	{ .name = "server_retry",
	    .role = OTLS_ROLE_SERVER,
	    IN(openssl_retry_client),
	    .answers = { { .after = 323, .data = openssl_retry_server, .len = 99 },
		{ .after = 323 + 6 + 356, .data = openssl_retry_server + 99, .len = 188 } },
	    .answer_count = 2,
	    .version = 0x0304,
	    .suite = 0x1302,
	    .retried = true },
	{ .name = "server_retry_gnutls",
	    .role = OTLS_ROLE_SERVER,
	    IN(gnutls_retry_client),
	    .answers = { { .after = 406, .data = gnutls_retry_server, .len = 99 },
		{ .after = 406 + 402, .data = gnutls_retry_server + 99, .len = 192 } },
	    .answer_count = 2,
	    .version = 0x0304,
	    .suite = 0x1302,
	    .retried = true },
	{ .name = "client_tls13",
	    .role = OTLS_ROLE_CLIENT,
	    IN(openssl_tls13_server),
	    .answers = { { .after = 0, ALL(openssl_tls13_client) } },
	    .answer_count = 1,
	    .version = 0x0304,
	    .suite = 0x1302 },
	{ .name = "client_tls12",
	    .role = OTLS_ROLE_CLIENT,
	    IN(openssl_tls12_server),
	    .answers = { { .after = 0, ALL(openssl_tls12_client) } },
	    .answer_count = 1,
	    .version = 0x0303,
	    .suite = 0xC02C,
	    .certificate = 407 },
	{ .name = "client_tls12_gnutls",
	    .role = OTLS_ROLE_CLIENT,
	    IN(gnutls_tls12_server),
	    .answers = { { .after = 0, ALL(gnutls_tls12_client) } },
	    .answer_count = 1,
	    .version = 0x0303,
	    .suite = 0xC02C,
	    .certificate = 407 },
	{ .name = "client_retry",
	    .role = OTLS_ROLE_CLIENT,
	    IN(openssl_retry_server),
	    .answers = { { .after = 0, .data = openssl_retry_client, .len = 323 },
		{ .after = 93, .data = openssl_retry_client + 323, .len = 362 } },
	    .answer_count = 2,
	    .version = 0x0304,
	    .suite = 0x1302,
	    .retried = true },
	{ .name = "client_retry_gnutls",
	    .role = OTLS_ROLE_CLIENT,
	    IN(gnutls_retry_server),
	    .answers = { { .after = 0, .data = gnutls_retry_client, .len = 406 },
		{ .after = 93, .data = gnutls_retry_client + 406, .len = 402 } },
	    .answer_count = 2,
	    .version = 0x0304,
	    .suite = 0x1302,
	    .retried = true },
};

static void
begin(struct stage *s, const struct flow *flow, size_t chunk)
{
	stage_init(s, flow->role);
	s->answers = flow->answers;
	s->answer_count = flow->answer_count;
	s->chunk = chunk;
}

static void
check_end(struct stage *s, const struct flow *flow)
{
	if (s->gate.state != OTLS_GATE_OPEN)
		fail_msg("%s: state %d", flow->name, s->gate.state);
	assert_int_equal(s->taken.len, flow->in_len);
	assert_memory_equal(s->taken.data, flow->in, flow->in_len);
	assert_int_equal(s->gate.version, flow->version);
	assert_int_equal(s->gate.suite, flow->suite);
	assert_int_equal(s->gate.retried, flow->retried);
	assert_int_equal(s->gate.extended_master_secret, flow->version == 0x0303);
	assert_int_equal(s->gate.certificate.len, flow->certificate);
	assert_true(s->gate.sent_done);
	assert_int_equal(s->gate.client.server_name.len, 15);
	assert_int_equal(s->gate.ready.cap, 0);
	assert_int_equal(s->gate.message.len, 0);
	if (flow->certificate > 0)
		assert_int_equal(s->gate.certificate.data[0], 11);
}

static void
real_handshakes_pass_whole_and_in_pieces(void **state)
{
	static const size_t chunks[] = { 1, 2, 3, 5, 7, 64, 4096 };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(flows); i++) {
		for (size_t k = 0; k < OTLS_COUNT(chunks); k++) {
			const struct flow *flow = &flows[i];
			struct stage s;

			begin(&s, flow, chunks[k]);
			for (size_t at = 0; at < flow->in_len; at += chunks[k]) {
				size_t len = flow->in_len - at < chunks[k] ? flow->in_len - at : chunks[k];
				otls_status status = feed(&s, flow->in + at, len);

				if (status != OTLS_WANT_READ)
					fail_msg("%s in pieces of %zu, at %zu: %s", flow->name, chunks[k], at,
					    otls_error_message(otls_error_last()));
			}
			check_end(&s, flow);
			stage_fini(&s);
		}
	}
}

static void
real_handshakes_pass_cut_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(flows); i++) {
		for (size_t cut = 0; cut <= flows[i].in_len; cut++) {
			struct stage s;

			begin(&s, &flows[i], 4096);
			assert_int_equal(feed(&s, flows[i].in, cut), OTLS_WANT_READ);
			assert_int_equal(feed(&s, flows[i].in + cut, flows[i].in_len - cut), OTLS_WANT_READ);
			check_end(&s, &flows[i]);
			stage_fini(&s);
		}
	}
}

static void
server_random_is_kept(void **state)
{
	struct stage s;

	(void)state;
	begin(&s, &flows[0], 4096);
	feed(&s, flows[0].in, flows[0].in_len);
	assert_memory_equal(s.gate.server_random, openssl_tls13_server + 11, 32);
	stage_fini(&s);
	begin(&s, &flows[8], 4096);
	feed(&s, flows[8].in, flows[8].in_len);
	assert_memory_equal(s.gate.server_random, openssl_retry_server + 99 + 11, 32);
	stage_fini(&s);
}

/* == want of memory == */

static size_t allowed;

static bool
trap(void)
{
	if (allowed == 0)
		return false;
	allowed--;
	return true;
}

static int
untrap(void **state)
{
	(void)state;
	otls__alloc_trap = NULL;
	return 0;
}

static void
every_allocation_may_fail(void **state)
{
	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(flows); i++) {
		otls_status status = OTLS_ERROR;

		for (size_t n = 0; status == OTLS_ERROR; n++) {
			struct stage s;

			assert_true(n < 1000);
			begin(&s, &flows[i], 64);
			allowed = n;
			otls__alloc_trap = trap;
			for (size_t at = 0; at < flows[i].in_len; at += 64) {
				size_t len = flows[i].in_len - at < 64 ? flows[i].in_len - at : 64;

				if ((status = feed(&s, flows[i].in + at, len)) == OTLS_ERROR)
					break;
			}
			otls__alloc_trap = NULL;
			if (status == OTLS_ERROR)
				assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_MEMORY);
			else
				check_end(&s, &flows[i]);
			stage_fini(&s);
		}
	}
}

/* == what is not TLS == */

static void
strangers_are_named_and_get_no_alert(void **state)
{
	static const struct {
		otls_role role;
		const char *bytes;
		size_t len;
		const char *text;
	} rows[] = {
		{ OTLS_ROLE_SERVER, "GET / HTTP/1.1\r\n", 16, "an HTTP request" },
		{ OTLS_ROLE_SERVER, "PRI * HTTP/2.0\r\n", 16, "an HTTP request" },
		{ OTLS_ROLE_SERVER, "EHLO there\r\n", 12, "an SMTP command" },
		{ OTLS_ROLE_SERVER, "SSH-2.0-x\r\n", 11, "an SSH greeting" },
		{ OTLS_ROLE_SERVER, "\x80\x2e\x01\x00\x02", 5, "an SSLv2 hello" },
		{ OTLS_ROLE_SERVER, "G", 1, "starts with 47" },
		{ OTLS_ROLE_SERVER, "\x16\x02", 2, "starts with 16 02" },
		{ OTLS_ROLE_SERVER, "\x17\x03\x03\x00\x10", 5, "starts with 17 03 03 00 10" },
		{ OTLS_ROLE_SERVER, "\x14", 1, "starts with 14" },
		{ OTLS_ROLE_SERVER, "\x16\x03\x01\x00\x00", 5, "starts with 16 03 01 00 00" },
		{ OTLS_ROLE_SERVER, "\x16\x03\x01\x40\x01", 5, "starts with 16 03 01 40 01" },
		{ OTLS_ROLE_CLIENT, "HTTP/1.1 400 Bad Request\r\n", 26, "an HTTP reply" },
		{ OTLS_ROLE_CLIENT, "220 mail.example.org ESMTP\r\n", 28, "an SMTP or FTP greeting" },
		{ OTLS_ROLE_CLIENT, "* OK IMAP4\r\n", 12, "an IMAP greeting" },
		{ OTLS_ROLE_CLIENT, "\x18", 1, "starts with 18" },
		{ OTLS_ROLE_CLIENT, "\x16\x03\x03\x00\x00", 5, "starts with 16 03 03 00 00" },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		struct stage s;

		stage_init(&s, rows[i].role);
		if (feed(&s, rows[i].bytes, rows[i].len) != OTLS_ERROR)
			fail_msg("row %zu passes", i);
		assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_NOT_TLS);
		if (strstr(otls_error_message(otls_error_last()), rows[i].text) == NULL)
			fail_msg("row %zu: %s", i, otls_error_message(otls_error_last()));
		assert_int_equal(s.gate.state, OTLS_GATE_REFUSED);
		assert_int_equal(s.gate.alert, -1);
		assert_int_equal(otls__input_view(&s.input).len, rows[i].len); /* whoever speaks it may have it */
		otls__input_skip(&s.input, rows[i].len);
		assert_int_equal(otls__gate_pull(&s.gate, &s.input), OTLS_ERROR);
		stage_fini(&s);
	}
}

static void
beginnings_of_records_wait(void **state)
{
	static const char *const beginnings[] = { "\x16", "\x16\x03", "\x15\x03\x03", "\x16\x03\x01\x40" };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(beginnings); i++) {
		struct stage s;

		stage_init(&s, OTLS_ROLE_SERVER);
		assert_int_equal(feed(&s, beginnings[i], strlen(beginnings[i])), OTLS_WANT_READ);
		stage_fini(&s);
	}
}

/* == server: the first hello == */

/* Feeds bytes to a server's gate and wants this end: alert -1 means that the hello is whole. */
static void
server_end(const char *name, const uint8_t *bytes, size_t len, int alert)
{
	otls_status status = OTLS_OK;
	struct stage s;

	stage_init(&s, OTLS_ROLE_SERVER);
	assert_true(otls__input_append(&s.input, bytes, len));
	status = otls__gate_pull(&s.gate, &s.input);
	if (status != (alert < 0 ? OTLS_OK : OTLS_ERROR) || s.gate.alert != alert)
		fail_msg("%s: status %d, alert %d: %s", name, status, s.gate.alert,
		    status == OTLS_ERROR ? otls_error_message(otls_error_last()) : "");
	if (alert >= 0)
		assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_HANDSHAKE);
	assert_int_equal(s.gate.state, alert < 0 ? OTLS_GATE_HELLO : OTLS_GATE_REFUSED);
	stage_fini(&s);
}

/* Puts a message into records with fragments of this size. */
static otls_buffer
fragments(otls_bytes message, size_t size)
{
	otls_buffer out = { 0 };

	for (size_t at = 0; at < message.len; at += size) {
		size_t len = message.len - at < size ? message.len - at : size;
		uint8_t header[5] = { 22, 3, 1 };

		otls__put16(header + 3, len);
		assert_true(otls__buffer_append(&out, header, 5));
		assert_true(otls__buffer_append(&out, message.data + at, len));
	}
	return out;
}

static void
fragments_are_put_together(void **state)
{
	otls_bytes message = otls__bytes(openssl_tls13_client + 5, 334);

	(void)state;
	for (size_t size = 1; size <= message.len; size++) {
		otls_buffer bytes = fragments(message, size);
		struct stage s;

		stage_init(&s, OTLS_ROLE_SERVER);
		assert_int_equal(feed(&s, bytes.data, bytes.len), OTLS_WANT_READ);
		assert_int_equal(s.taken.len, 339);
		assert_memory_equal(s.taken.data, openssl_tls13_client, 339);
		stage_fini(&s);
		otls__buffer_fini(&bytes);
	}
}

/* A hello of len bytes: the real one, grown by an extension that nobody knows. */
static otls_buffer
grown_hello(size_t len)
{
	otls_bytes message = otls__bytes(openssl_tls13_client + 5, 334);
	size_t list = 4 + 2 + 32 + 1 + 32 + 2 + 62 + 2; /* where the length of the extensions stands */
	otls_buffer out = { 0 };
	uint8_t byte = 0, header[4] = { 0xff, 0xee };

	assert_true(otls__buffer_append(&out, message.data, message.len));
	otls__put16(header + 2, len - message.len - 4);
	assert_true(otls__buffer_append(&out, header, 4));
	while (out.len < len)
		assert_true(otls__buffer_append(&out, &byte, 1));
	assert_int_equal(otls__get16(message.data + list), message.len - list - 2);
	otls__put16(out.data + list, out.len - list - 2);
	out.data[1] = (uint8_t)((out.len - 4) >> 16);
	otls__put16(out.data + 2, out.len - 4);
	return out;
}

static void
large_hellos_leave_in_full_records(void **state)
{
	otls_buffer message = grown_hello(40000);
	otls_buffer bytes = fragments(otls__buffer_view(&message), 1000);
	otls_buffer full = fragments(otls__buffer_view(&message), 16384);
	struct stage s;

	(void)state;
	stage_init(&s, OTLS_ROLE_SERVER);
	assert_int_equal(feed(&s, bytes.data, bytes.len), OTLS_WANT_READ);
	assert_int_equal(s.taken.len, full.len);
	assert_memory_equal(s.taken.data, full.data, full.len);
	stage_fini(&s);
	otls__buffer_fini(&message);
	otls__buffer_fini(&bytes);
	otls__buffer_fini(&full);
}

static void
hellos_end_at_64_kib(void **state)
{
	otls_buffer message = grown_hello(65536);
	otls_buffer bytes = fragments(otls__buffer_view(&message), 16384);

	(void)state;
	server_end("64 KiB", bytes.data, bytes.len, -1);
	bytes.data[5 + 1] = 1; /* 65537: refused as soon as the header says so */
	otls__put16(bytes.data + 5 + 2, 65537 - 4 - 65536);
	server_end("more", bytes.data, record_size(bytes.data), 47);
	otls__buffer_fini(&message);
	otls__buffer_fini(&bytes);
}

static void
server_refuses_what_is_no_hello(void **state)
{
	uint8_t bytes[1024];
	size_t hello = record_size(openssl_tls13_client);

	(void)state;
	memcpy(bytes, openssl_tls13_client, hello);
	server_end("as it is", bytes, hello, -1);
	bytes[5] = 2;
	server_end("another message", bytes, hello, 10);
	bytes[5] = 1;
	bytes[hello] = 0;
	otls__put16(bytes + 3, hello - 5 + 1);
	server_end("more behind it in the record", bytes, hello + 1, 10);
	/* the same message in two records, with something between them */
	memmove(bytes + 105, bytes + 100, hello - 100);
	otls__put16(bytes + 3, 95);
	memcpy(bytes + 100, "\x16\x03\x01", 3);
	otls__put16(bytes + 103, hello - 100);
	server_end("two records", bytes, hello + 5, -1);
	bytes[100] = 20;
	server_end("ChangeCipherSpec between", bytes, hello + 5, 10);
	bytes[100] = 99;
	server_end("unknown record between", bytes, hello + 5, 10);
	bytes[100] = 22;
	bytes[101] = 4;
	server_end("unknown version between", bytes, hello + 5, 70);
	bytes[101] = 3;
	otls__put16(bytes + 103, 0);
	server_end("empty record between", bytes, hello + 5, 10);
	otls__put16(bytes + 103, 16385);
	server_end("large record between", bytes, hello + 5, 22);
}

static void
alert_before_the_hello_is_told(void **state)
{
	struct stage s;

	(void)state;
	stage_init(&s, OTLS_ROLE_SERVER);
	assert_int_equal(feed(&s, "\x15\x03\x01\x00\x02\x02\x30", 7), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_ALERT_RECEIVED);
	assert_int_equal(otls_error_alert(otls_error_last()), 48);
	assert_false(otls_error_alert_was_sent(otls_error_last()));
	assert_int_equal(s.gate.alert, -1);
	stage_fini(&s);
	server_end("malformed alert", (const uint8_t *)"\x15\x03\x01\x00\x03\x02\x30\x00", 8, 50);
}

/* The place of the signalling suite in the offer. */
static uint8_t *
signal_in(uint8_t *hello, size_t len)
{
	for (size_t i = 5 + 4 + 34; i + 1 < len; i++)
		if (hello[i] == 0x00 && hello[i + 1] == 0xff)
			return hello + i;
	fail_msg("no signal");
	return NULL;
}

static void
renegotiation_info_is_needed_in_tls12(void **state)
{
	uint8_t *only12 = copy_of(openssl_only12_client, sizeof(openssl_only12_client));
	uint8_t *both = copy_of(openssl_tls12_client, sizeof(openssl_tls12_client));
	struct stage s;

	(void)state;
	server_end("TLS 1.2 with it", only12, sizeof(openssl_only12_client), -1);
	otls__put16(signal_in(only12, sizeof(openssl_only12_client)), 0xC02B);
	server_end("TLS 1.2 without", only12, sizeof(openssl_only12_client), 40);
	otls__put16(only12 + 9, 0x0302);
	server_end("TLS 1.1 is the engine's", only12, sizeof(openssl_only12_client), -1);

	otls__put16(signal_in(both, 339), 0xC02B);
	begin(&s, &flows[1], 4096); /* TLS 1.2 is chosen */
	assert_int_equal(feed(&s, both, 339), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_HANDSHAKE);
	assert_int_equal(s.gate.state, OTLS_GATE_REFUSED);
	assert_int_equal(s.gate.alert, 40);
	stage_fini(&s);
	begin(&s, &flows[0], 4096); /* TLS 1.3 is chosen */
	assert_int_equal(feed(&s, both, 339), OTLS_WANT_READ);
	assert_int_equal(s.gate.state, OTLS_GATE_OPEN);
	stage_fini(&s);
	free(only12);
	free(both);
}

/* == server: after the first hello == */

static void
nothing_passes_before_the_release(void **state)
{
	struct stage s;
	uint8_t byte = 0;

	(void)state;
	stage_init(&s, OTLS_ROLE_SERVER);
	assert_true(otls__input_append(&s.input, openssl_retry_client, sizeof(openssl_retry_client)));
	assert_int_equal(otls__gate_pull(&s.gate, &s.input), OTLS_OK);
	assert_int_equal(otls__gate_pull(&s.gate, &s.input), OTLS_OK);
	assert_int_equal(s.gate.state, OTLS_GATE_HELLO);
	assert_int_equal(otls__gate_take(&s.gate, &byte, 1), 0);
	assert_int_equal(otls__gate_release(&s.gate), OTLS_OK);
	assert_int_equal(otls__gate_take(&s.gate, &byte, 1), 1);
	assert_int_equal(byte, 22);
	stage_fini(&s);
}

/* Before its ServerHello is out, an engine that asks gets records that are not messages. */
static void
early_records_pass_but_messages_do_not(void **state)
{
	struct stage s;

	(void)state;
	stage_init(&s, OTLS_ROLE_SERVER);
	assert_int_equal(feed(&s, openssl_retry_client, 323), OTLS_WANT_READ);
	assert_int_equal(feed(&s, "\x14\x03\x03\x00\x01\x01", 6), OTLS_WANT_READ);
	assert_int_equal(feed(&s, "\x17\x03\x03\x00\x03\x01\x02\x03", 8), OTLS_WANT_READ);
	assert_int_equal(s.taken.len, 323 + 6 + 8);
	assert_int_equal(feed(&s, openssl_retry_client + 329, 356), OTLS_ERROR);
	assert_int_equal(s.gate.alert, 10);
	assert_int_equal(s.taken.len, 323 + 6 + 8);
	stage_fini(&s);
}

static void
early_data_and_alerts_pass_before_the_second_hello(void **state)
{
	struct stage s;

	(void)state;
	begin(&s, &flows[3], 4096);
	assert_int_equal(feed(&s, openssl_retry_client, 323), OTLS_WANT_READ);
	assert_int_equal(s.gate.state, OTLS_GATE_SECOND);
	assert_int_equal(feed(&s, "\x17\x03\x03\x00\x03\x01\x02\x03", 8), OTLS_WANT_READ);
	assert_int_equal(feed(&s, "\x15\x03\x03\x00\x02\x01\x5a", 7), OTLS_WANT_READ);
	assert_int_equal(s.taken.len, 323 + 8 + 7);
	assert_int_equal(feed(&s, "\x18\x03\x03\x00\x01\x00", 6), OTLS_ERROR);
	assert_int_equal(s.gate.alert, 10);
	stage_fini(&s);
}

static void
second_hello_is_held_and_compared(void **state)
{
	uint8_t *second = copy_of(openssl_retry_client + 329, 356);
	uint8_t *name = NULL;

	(void)state;
	for (size_t i = 0; i + 15 < 356; i++)
		if (memcmp(second + i, "www.example.org", 15) == 0)
			name = second + i;
	assert_non_null(name);
	for (int changed = 0; changed < 2; changed++) {
		struct stage s;

		name[0] = changed ? 'v' : 'w';
		begin(&s, &flows[3], 4096);
		assert_int_equal(feed(&s, openssl_retry_client, 329), OTLS_WANT_READ);
		assert_int_equal(feed(&s, second, 355), OTLS_WANT_READ);
		assert_int_equal(s.taken.len, 329); /* none of it, before it is whole */
		assert_int_equal(feed(&s, second + 355, 1), changed ? OTLS_ERROR : OTLS_WANT_READ);
		assert_int_equal(s.gate.alert, changed ? 47 : -1);
		assert_int_equal(s.taken.len, changed ? 329 : 685);
		stage_fini(&s);
	}
	free(second);
}

/* == TLS 1.2: bytes are read along, and never wait == */

static void
watching_delays_nothing(void **state)
{
	const struct flow *flow = &flows[6];
	struct stage s;

	(void)state;
	begin(&s, flow, 4096);
	assert_int_equal(feed(&s, flow->in, 79 + 3), OTLS_WANT_READ);
	assert_int_equal(s.gate.state, OTLS_GATE_WATCH);
	for (size_t at = 79 + 3; at < flow->in_len; at++) {
		assert_int_equal(s.taken.len, at);
		assert_int_equal(feed(&s, flow->in + at, 1), OTLS_WANT_READ);
	}
	check_end(&s, flow);
	stage_fini(&s);
}

/* ServerHello, Certificate and the rest in one record, as some servers send them. */
static void
messages_in_one_record_are_followed(void **state)
{
	const uint8_t *in = openssl_tls12_server;
	uint8_t joined[1024] = { 22, 3, 3 };
	size_t len = 5, at = 0;
	struct stage s;

	(void)state;
	for (int i = 0; i < 4; i++, at += record_size(in + at)) {
		memcpy(joined + len, in + at + 5, record_size(in + at) - 5);
		len += record_size(in + at) - 5;
	}
	otls__put16(joined + 3, len - 5);
	for (size_t cut = 0; cut < len; cut++) {
		begin(&s, &flows[6], 4096);
		assert_int_equal(feed(&s, joined, cut), OTLS_WANT_READ);
		assert_int_equal(feed(&s, joined + cut, len - cut), OTLS_WANT_READ);
		assert_int_equal(feed(&s, in + at, sizeof(openssl_tls12_server) - at), OTLS_WANT_READ);
		assert_int_equal(s.gate.state, OTLS_GATE_OPEN);
		assert_int_equal(s.gate.certificate.len, 407);
		assert_memory_equal(s.gate.certificate.data, in + 79 + 5, 407);
		assert_int_equal(s.taken.len, sizeof(openssl_tls12_server) - at + len + 5); /* one header more */
		assert_memory_equal(s.taken.data, in, 79);
		assert_memory_equal(s.taken.data + 79 + 5, joined + 79, len - 79);
		stage_fini(&s);
	}
}

/* flows[6] is ServerHello, Certificate, ServerKeyExchange, ServerHelloDone, each in a record, and what is encrypted. */
static otls_status
feed_messages(struct stage *s, const int *order, size_t count)
{
	static const uint8_t keys[] = { 20, 3, 3, 0, 1, 1 }, request[] = { 22, 3, 3, 0, 4, 0, 0, 0, 0 };
	otls_status status = OTLS_WANT_READ;

	for (size_t i = 0; i < count && status == OTLS_WANT_READ; i++) {
		const uint8_t *at = openssl_tls12_server;

		for (int n = order[i]; n > 0; n--)
			at += record_size(at);
		if (order[i] < 0)
			status = order[i] == -1 ? feed(s, keys, sizeof(keys)) : feed(s, request, sizeof(request));
		else
			status = feed(s, at, record_size(at));
	}
	return status;
}

/* -1: ChangeCipherSpec; -2: HelloRequest, which may come at any time. */
static void
messages_come_in_order(void **state)
{
	static const struct {
		int order[8];
		size_t count;
		bool good;
	} rows[] = {
		{ { 0, 1, 2, 3, -1 }, 5, true },
		{ { 0, -2, 1, 2, -2, 3, -2, -1 }, 8, true },
		{ { 0, -1 }, 2, true }, /* resumed */
		{ { 0, 2 }, 2, false },
		{ { 0, 3 }, 2, false },
		{ { 0, 1, 3 }, 3, false },
		{ { 0, 1, 1 }, 3, false },
		{ { 0, 1, -1 }, 3, false },
		{ { 0, 1, 2, -1 }, 4, false },
		{ { 0, 1, 2, 3, 3 }, 5, false },
		{ { 0, 1, 2, 0 }, 4, false },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		struct stage s;

		begin(&s, &flows[6], 4096);
		assert_int_equal(
		    feed_messages(&s, rows[i].order, rows[i].count), rows[i].good ? OTLS_WANT_READ : OTLS_ERROR);
		assert_int_equal(s.gate.alert, rows[i].good ? -1 : 10);
		stage_fini(&s);
	}
}

/* In the middle of a message. */
static void
keys_do_not_change_amid_a_message(void **state)
{
	static const uint8_t keys[] = { 20, 3, 3, 0, 1, 1 };

	(void)state;
	for (size_t have = 1; have <= 5; have++) {
		const uint8_t part[] = { 22, 3, 3, 0, (uint8_t)have, 14, 0, 0, 1, 0 };
		static const int order[] = { 0, 1, 2 };
		struct stage s;

		begin(&s, &flows[6], 4096);
		assert_int_equal(feed_messages(&s, order, 3), OTLS_WANT_READ);
		assert_int_equal(feed(&s, part, 5 + have), OTLS_WANT_READ);
		assert_int_equal(feed(&s, keys, sizeof(keys)), have < 5 ? OTLS_ERROR : OTLS_WANT_READ);
		stage_fini(&s);
	}
}

static void
messages_of_clients_come_in_order(void **state)
{
	enum { KEYS = 255 };
	static const uint8_t good[][5] = { { 1, 16, KEYS }, { 1, 11, 16, KEYS }, { 1, 11, 16, 15, KEYS }, { 1, KEYS } };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(good); i++)
		for (size_t at = 1; at < 5 && good[i][at] != 0; at++)
			assert_true(otls__message_is_due(OTLS_ROLE_SERVER, good[i][at - 1], good[i][at]));
	assert_false(otls__message_is_due(OTLS_ROLE_SERVER, 11, 15));
	assert_false(otls__message_is_due(OTLS_ROLE_SERVER, 11, KEYS));
	assert_false(otls__message_is_due(OTLS_ROLE_SERVER, 1, 15));
	assert_false(otls__message_is_due(OTLS_ROLE_SERVER, 16, 11));
	assert_false(otls__message_is_due(OTLS_ROLE_SERVER, 1, 0));
	assert_false(otls__message_is_due(OTLS_ROLE_CLIENT, 1, 16));
}

static void
certificates_are_copied_up_to_128_kib(void **state)
{
	(void)state;
	for (size_t size = 131072; size <= 131073; size++) {
		uint8_t *message = calloc(1, size);
		otls_buffer bytes = { 0 };
		struct stage s;

		assert_non_null(message);
		message[0] = 11;
		message[1] = (uint8_t)((size - 4) >> 16);
		otls__put16(message + 2, size - 4);
		bytes = fragments(otls__bytes(message, size), 16384);
		begin(&s, &flows[6], 4096);
		assert_int_equal(feed(&s, openssl_tls12_server, 79), OTLS_WANT_READ);
		assert_int_equal(feed(&s, bytes.data, bytes.len), OTLS_WANT_READ);
		assert_int_equal(s.taken.len, 79 + bytes.len);
		assert_int_equal(s.gate.certificate.len, size == 131072 ? size : 0);
		stage_fini(&s);
		otls__buffer_fini(&bytes);
		free(message);
	}
}

/* == client: the server's choice == */

/* One byte, or two, of the server's first flight changed: an offset into the sample, what to put there. */
struct change {
	const char *name;
	size_t flow;
	size_t offset;
	uint16_t value;
	int alert; /* -1: passes */
};

/* In the ServerHello of TLS 1.3: version at 9, random at 11, session id at 44, suite at 76, compression at 78,
 * extensions from 81: supported_versions, key_share.  In the one of TLS 1.2, whose session id is empty: suite at 44,
 * extensions from 49. */
static const struct change changes[] = {
	{ "as it is", 5, 9, 0x0303, -1 },
	{ "legacy version", 5, 9, 0x0304, 70 },
	{ "session id", 5, 44, 0xabcd, 47 },
	{ "suite that is offered", 5, 76, 0x1301, -1 },
	{ "suite that is unknown", 5, 76, 0x0a0a, 47 },
	{ "suite of TLS 1.2", 5, 76, 0xC02B, 47 },
	{ "suite that is offered but not allowed", 5, 76, 0x009F, 47 },
	{ "suite that is allowed but not offered", 8, 76, 0x1304, 47 },
	{ "compression", 5, 78, 0x0100, 47 },
	{ "TLS 1.2 as it is", 6, 9, 0x0303, -1 },
	{ "TLS 1.1", 6, 9, 0x0302, 70 },
	{ "suite of TLS 1.3 in TLS 1.2", 6, 44, 0x1301, 47 },
	{ "first extension turned into an unknown one", 6, 49, 0xffee, 110 },
	{ "group that is not offered", 5, 81 + 6 + 4, 0x0100 - 0xe0, 47 },
};

static void
server_choices_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(changes); i++) {
		const struct flow *flow = &flows[changes[i].flow];
		uint8_t *bytes = copy_of(flow->in, flow->in_len);
		otls_status status = OTLS_OK;
		struct stage s;

		otls__put16(bytes + changes[i].offset, changes[i].value);
		begin(&s, flow, 4096);
		status = feed(&s, bytes, record_size(bytes));
		if (status != (changes[i].alert < 0 ? OTLS_WANT_READ : OTLS_ERROR) || s.gate.alert != changes[i].alert)
			fail_msg("%s: status %d, alert %d: %s", changes[i].name, status, s.gate.alert,
			    otls_error_message(otls_error_last()));
		assert_int_equal(s.taken.len, changes[i].alert < 0 ? record_size(bytes) : 0);
		stage_fini(&s);
		free(bytes);
	}
}

static otls_status
judge(const struct flow *flow, const otls_gate_rules *rules, const uint8_t *bytes, size_t len, int *alert)
{
	otls_status status = OTLS_OK;
	struct stage s;

	begin(&s, flow, 4096);
	if (rules != NULL)
		s.gate.rules = *rules;
	status = feed(&s, bytes, len);
	*alert = s.gate.alert;
	stage_fini(&s);
	return status;
}

static void
rules_are_kept(void **state)
{
	static const uint16_t other[] = { 0x1301, 0xC02B }, same[] = { 0x1302, 0xC02C };
	static const uint16_t x25519[] = { 0x0017, 0x001D }, p256[] = { 0x0017 };
	static const struct {
		size_t flow;
		otls_gate_rules rules;
		int alert;
	} rows[] = {
		{ 5, { 0x0303, 0x0304, same, 2, NULL, 0 }, -1 },
		{ 5, { 0x0303, 0x0304, other, 2, NULL, 0 }, 47 },
		{ 5, { 0x0303, 0x0303, same, 2, NULL, 0 }, 70 },
		{ 5, { 0x0304, 0x0304, same, 2, NULL, 0 }, -1 },
		{ 6, { 0x0303, 0x0304, same, 2, NULL, 0 }, -1 },
		{ 6, { 0x0303, 0x0304, other, 2, NULL, 0 }, 47 },
		{ 6, { 0x0304, 0x0304, same, 2, NULL, 0 }, 70 },
		{ 6, { 0x0303, 0x0304, NULL, 0, NULL, 0 }, 47 },
		{ 5, { 0x0303, 0x0304, same, 2, x25519, 2 }, -1 },
		{ 5, { 0x0303, 0x0304, same, 2, p256, 1 }, 47 },
		{ 5, { 0x0303, 0x0304, same, 2, p256, 0 }, 47 },
		{ 6, { 0x0303, 0x0304, same, 2, p256, 0 }, -1 },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		const struct flow *flow = &flows[rows[i].flow];
		int alert = 0;
		otls_status status = judge(flow, &rows[i].rules, flow->in, record_size(flow->in), &alert);

		if (status != (rows[i].alert < 0 ? OTLS_WANT_READ : OTLS_ERROR) || alert != rows[i].alert)
			fail_msg("row %zu: status %d, alert %d", i, status, alert);
	}
}

static void
downgrades_are_seen(void **state)
{
	static const struct {
		const char *end;
		int alert;
	} rows[] = { { "DOWNGRD\x01", 47 }, { "DOWNGRD\x00", 47 }, { "DOWNGRD\x02", -1 }, { "DOWNGRE\x01", -1 } };
	uint8_t *bytes = copy_of(openssl_tls12_server, sizeof(openssl_tls12_server));
	int alert = 0;

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		memcpy(bytes + 11 + 24, rows[i].end, 8);
		judge(&flows[6], NULL, bytes, 79, &alert);
		assert_int_equal(alert, rows[i].alert);
	}
	free(bytes);
	/* A client that offered TLS 1.2 at most takes the same random for what it is. */
	bytes = copy_of(gnutls_tls12_server, sizeof(gnutls_tls12_server));
	memcpy(bytes + 11 + 24, "DOWNGRD\x01", 8);
	assert_int_equal(judge(&flows[7], NULL, bytes, record_size(bytes), &alert), OTLS_WANT_READ);
	free(bytes);
}

/* The samples' ServerHello with the extensions replaced. */
static otls_buffer
with_extensions(const uint8_t *sample, size_t at, const char *extensions, size_t len)
{
	otls_buffer out = { 0 };
	uint8_t length[2];

	otls__put16(length, len);
	assert_true(otls__buffer_append(&out, sample, at));
	assert_true(otls__buffer_append(&out, length, 2));
	assert_true(otls__buffer_append(&out, extensions, len));
	otls__put16(out.data + 3, out.len - 5);
	otls__put16(out.data + 7, out.len - 9);
	return out;
}

#define TEXT(bytes) bytes, sizeof(bytes) - 1
#define VERSION13   "\x00\x2b\x00\x02\x03\x04"
#define INFO        "\xff\x01\x00\x01\x00"

static void
answers_to_extensions_are_judged(void **state)
{
	static const struct {
		const char *name;
		size_t flow, at; /* at: where the length of the extensions stands */
		const char *extensions;
		size_t len;
		int alert;
	} rows[] = {
		{ "renegotiation_info", 6, 47, TEXT(INFO), -1 },
		{ "none", 6, 47, TEXT("\x00\x17\x00\x00"), 40 },
		{ "alpn", 6, 47, TEXT(INFO "\x00\x10\x00\x05\x00\x03\x02h2"), -1 },
		{ "alpn_not_offered", 6, 47, TEXT(INFO "\x00\x10\x00\x05\x00\x03\x02h3"), 47 },
		{ "not_offered", 6, 47, TEXT(INFO "\x00\x05\x00\x00"), 110 },
		{ "of_tls13", 6, 47, TEXT(INFO "\x00\x33\x00\x05\x00\x1d\x00\x01\xaa"), 47 },
		{ "modes", 6, 47, TEXT(INFO "\x00\x2d\x00\x02\x01\x01"), 47 },
		{ "key_share", 5, 79, TEXT(VERSION13 "\x00\x33\x00\x05\x00\x1d\x00\x01\xaa"), -1 },
		{ "no_key_share", 5, 79, TEXT(VERSION13), 109 },
		{ "psk_not_offered", 5, 79, TEXT(VERSION13 "\x00\x29\x00\x02\x00\x00"), 110 },
		{ "of_tls12", 5, 79, TEXT(VERSION13 "\x00\x33\x00\x05\x00\x1d\x00\x01\xaa\x00\x17\x00\x00"), 47 },
		{ "group_not_offered", 5, 79, TEXT(VERSION13 "\x00\x33\x00\x05\x01\x05\x00\x01\xaa"), 47 },
		{ "retry", 8, 79, TEXT(VERSION13 "\x00\x33\x00\x02\x00\x17"), -1 },
		{ "retry_cookie", 8, 79, TEXT(VERSION13 "\x00\x2c\x00\x03\x00\x01\xaa"), -1 },
		{ "retry_for_nothing", 8, 79, TEXT(VERSION13), 47 },
		{ "retry_for_what_was_sent", 8, 79, TEXT(VERSION13 "\x00\x33\x00\x02\x00\x1d"), 47 },
		{ "retry_for_what_is_not_offered", 8, 79, TEXT(VERSION13 "\x00\x33\x00\x02\x00\x18"), 47 },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		const struct flow *flow = &flows[rows[i].flow];
		otls_buffer bytes = with_extensions(flow->in, rows[i].at, rows[i].extensions, rows[i].len);
		int alert = 0;
		otls_status status = judge(flow, NULL, bytes.data, bytes.len, &alert);

		if (status != (rows[i].alert < 0 ? OTLS_WANT_READ : OTLS_ERROR) || alert != rows[i].alert)
			fail_msg("%s: status %d, alert %d: %s", rows[i].name, status, alert,
			    otls_error_message(otls_error_last()));
		otls__buffer_fini(&bytes);
	}
}

static void
after_a_retry_nothing_else_changes(void **state)
{
	const struct flow *flow = &flows[8];
	uint8_t *bytes = copy_of(flow->in, flow->in_len);
	int alert = 0;

	(void)state;
	otls__put16(bytes + 99 + 76, 0x1301); /* the suite of the ServerHello */
	assert_int_equal(judge(flow, NULL, bytes, 259, &alert), OTLS_ERROR);
	assert_int_equal(alert, 47);
	memcpy(bytes + 99, flow->in, 93); /* a second HelloRetryRequest */
	assert_int_equal(judge(flow, NULL, bytes, 192, &alert), OTLS_ERROR);
	assert_int_equal(alert, 10);
	assert_int_equal(judge(flow, NULL, flow->in, 259, &alert), OTLS_WANT_READ);
	free(bytes);
}

static void
new_keys_start_a_new_record(void **state)
{
	uint8_t *bytes = copy_of(openssl_tls13_server, sizeof(openssl_tls13_server));
	size_t len = record_size(bytes);
	int alert = 0;

	(void)state;
	otls__put16(bytes + 3, len - 5 + 1);
	assert_int_equal(judge(&flows[5], NULL, bytes, len + 1, &alert), OTLS_ERROR);
	assert_int_equal(alert, 10);
	otls__put16(bytes + 3, len - 5);
	assert_int_equal(judge(&flows[5], NULL, bytes, len + 6, &alert), OTLS_WANT_READ);
	free(bytes);
}

static void
client_passes_alerts_and_refuses_data(void **state)
{
	int alert = 0;
	struct stage s;

	(void)state;
	begin(&s, &flows[5], 4096);
	assert_int_equal(feed(&s, "\x15\x03\x03\x00\x02\x02\x28", 7), OTLS_WANT_READ);
	assert_int_equal(s.taken.len, 7);
	assert_int_equal(feed(&s, "\x14\x03\x03\x00\x01\x01", 6), OTLS_WANT_READ);
	assert_int_equal(s.taken.len, 13);
	stage_fini(&s);
	assert_int_equal(judge(&flows[5], NULL, (const uint8_t *)"\x17\x03\x03\x00\x01\x00", 6, &alert), OTLS_ERROR);
	assert_int_equal(alert, 10);
	assert_int_equal(
	    judge(&flows[5], NULL, (const uint8_t *)"\x16\x03\x03\x00\x04\x0b\x00\x00\x00", 9, &alert), OTLS_ERROR);
	assert_int_equal(alert, 10);
}

static void
server_that_speaks_first_is_refused(void **state)
{
	struct stage s;

	(void)state;
	stage_init(&s, OTLS_ROLE_CLIENT);
	assert_int_equal(feed(&s, openssl_tls13_server, records(openssl_tls13_server, 1)), OTLS_ERROR);
	assert_int_equal(s.gate.alert, 10);
	stage_fini(&s);
}

/* == the rest == */

static void
engine_that_writes_nonsense_is_stopped(void **state)
{
	struct stage s;

	(void)state;
	stage_init(&s, OTLS_ROLE_CLIENT);
	assert_int_equal(otls__gate_sent(&s.gate, "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03", 10), OTLS_ERROR);
	assert_int_equal(otls_error_code(otls_error_last()), OTLS_E_BACKEND);
	assert_int_equal(s.gate.state, OTLS_GATE_REFUSED);
	stage_fini(&s);
}

static void
alerts_are_written(void **state)
{
	uint8_t record[7];

	(void)state;
	otls__gate_alert(record, 47);
	assert_memory_equal(record, "\x15\x03\x03\x00\x02\x02\x2f", 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_handshakes_pass_whole_and_in_pieces),
		cmocka_unit_test(real_handshakes_pass_cut_anywhere),
		cmocka_unit_test(server_random_is_kept),
		cmocka_unit_test_teardown(every_allocation_may_fail, untrap),
		cmocka_unit_test(strangers_are_named_and_get_no_alert),
		cmocka_unit_test(beginnings_of_records_wait),
		cmocka_unit_test(fragments_are_put_together),
		cmocka_unit_test(large_hellos_leave_in_full_records),
		cmocka_unit_test(hellos_end_at_64_kib),
		cmocka_unit_test(server_refuses_what_is_no_hello),
		cmocka_unit_test(alert_before_the_hello_is_told),
		cmocka_unit_test(renegotiation_info_is_needed_in_tls12),
		cmocka_unit_test(nothing_passes_before_the_release),
		cmocka_unit_test(early_records_pass_but_messages_do_not),
		cmocka_unit_test(early_data_and_alerts_pass_before_the_second_hello),
		cmocka_unit_test(second_hello_is_held_and_compared),
		cmocka_unit_test(watching_delays_nothing),
		cmocka_unit_test(messages_in_one_record_are_followed),
		cmocka_unit_test(messages_come_in_order),
		cmocka_unit_test(keys_do_not_change_amid_a_message),
		cmocka_unit_test(messages_of_clients_come_in_order),
		cmocka_unit_test(certificates_are_copied_up_to_128_kib),
		cmocka_unit_test(server_choices_are_judged),
		cmocka_unit_test(rules_are_kept),
		cmocka_unit_test(downgrades_are_seen),
		cmocka_unit_test(answers_to_extensions_are_judged),
		cmocka_unit_test(after_a_retry_nothing_else_changes),
		cmocka_unit_test(new_keys_start_a_new_record),
		cmocka_unit_test(client_passes_alerts_and_refuses_data),
		cmocka_unit_test(server_that_speaks_first_is_refused),
		cmocka_unit_test(engine_that_writes_nonsense_is_stopped),
		cmocka_unit_test(alerts_are_written),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}

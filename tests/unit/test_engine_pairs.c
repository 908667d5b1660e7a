/* What every engine promises in omnitls/engine.h of its connections: for every pair of engines, a client's and a
 * server's, in TLS 1.2 and 1.3.  Tests ask for capabilities, never for names. */
#include "engine_pair.h"
#include "registry/registry.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ALERT_UNKNOWN_CA           48
#define ALERT_CERTIFICATE_EXPIRED  45
#define ALERT_CERTIFICATE_REQUIRED 116
#define ALERT_HANDSHAKE_FAILURE    40
#define ALERT_BAD_STATUS           113

static void
setup_pair(pair *p, void **state)
{
	const row *r = *state;

	pair_init(p, r->engine, r->server, r->version);
}

static void
finish_pair(pair *p)
{
	assert_int_equal(p->client.breaches, 0);
	assert_int_equal(p->server.breaches, 0);
	pair_fini(p);
}

/* The chain that a host was told is exactly this, byte for byte. */
static void
assert_chain(const end *e, const material *m)
{
	size_t len = m->chain[0].len + m->chain[1].len;

	assert_int_equal(e->chain_len, 2);
	assert_int_equal(e->chain.len, len);
	assert_memory_equal(e->chain.data, m->chain[0].data, m->chain[0].len);
	assert_memory_equal(e->chain.data + m->chain[0].len, m->chain[1].data, m->chain[1].len);
}

static void
connects(void **state)
{
	const row *r = *state;
	otls_engine_info client;
	otls_engine_info server;
	pair p;

	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	assert_true(p.client.verified >= 1);
	assert_int_equal(p.server.verified, 0);
	assert_chain(&p.client, &p.ec);
	client = end_info(&p.client);
	server = end_info(&p.server);
	assert_int_equal(client.version, r->version);
	assert_int_equal(server.version, r->version);
	assert_int_equal(client.suite, server.suite);
	assert_int_equal(client.suite, p.server.suites[0]); /* the server chooses */
	assert_true(client.group == 0 || client.group == 0x001d);
	assert_true(server.group == 0 || server.group == 0x001d);
	assert_true(client.peer_scheme == 0 || client.peer_scheme == 0x0403);
	assert_int_equal(server.peer_scheme, 0);
	assert_false(client.resumed);
	assert_false(server.resumed);
	assert_int_equal(client.alpn.len, 0);
	finish_pair(&p);
}

static void
rsa_certificate(void **state)
{
	pair p;

	setup_pair(&p, state);
	p.server.config.identity = &p.rsa.identity;
	pair_start(&p);
	pair_connect(&p);
	assert_chain(&p.client, &p.rsa);
	assert_true(end_info(&p.client).peer_scheme == 0 || end_info(&p.client).peer_scheme == 0x0804);
	finish_pair(&p);
}

static void
data(void **state)
{
	static const size_t sizes[] = { 1, 2, 100, 4096, 16383, 16384 };
	pair p;

	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	for (size_t i = 0; i < OTLS_COUNT(sizes); i++) {
		pair_send(&p.client, &p.server, sizes[i]);
		pair_send(&p.server, &p.client, sizes[i]);
	}
	finish_pair(&p);
}

/* A write is one record; a read ends with its record; pending counts the rest of it. */
static void
records(void **state)
{
	uint8_t buf[3000];
	size_t before = 0;
	size_t len = 0;
	pair p;

	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	pair_send(&p.server, &p.client, 1);
	before = p.server.in.len;
	memset(buf, 'a', sizeof(buf));
	assert_int_equal(end_write(&p.client, buf, 1000), OTLS_OK);
	assert_int_equal(p.server.in.len - before, 5u + otls__get16(p.server.in.data + before + 3));
	assert_int_equal(end_write(&p.client, buf, 500), OTLS_OK);

	assert_int_equal(p.server.engine->pending(p.server.conn), 0);
	assert_int_equal(end_read(&p.server, buf, 300, &len), OTLS_OK);
	assert_int_equal(len, 300);
	assert_int_equal(p.server.engine->pending(p.server.conn), 700);
	assert_int_equal(end_read(&p.server, buf, sizeof(buf), &len), OTLS_OK);
	assert_int_equal(len, 700);
	assert_int_equal(p.server.engine->pending(p.server.conn), 0);
	assert_int_equal(end_read(&p.server, buf, sizeof(buf), &len), OTLS_OK);
	assert_int_equal(len, 500);
	assert_int_equal(end_read(&p.server, buf, sizeof(buf), &len), OTLS_WANT_READ);
	finish_pair(&p);
}

/* One direction ends, the other one goes on, then that ends too. */
static void
half_close(void **state)
{
	uint8_t byte = 0;
	size_t len = 0;
	pair p;

	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	pair_send(&p.client, &p.server, 10);
	assert_int_equal(end_close(&p.client), OTLS_OK);
	assert_int_equal(end_read(&p.server, &byte, 1, &len), OTLS_EOF);
	assert_int_equal(len, 0);
	pair_send(&p.server, &p.client, 5000);
	assert_int_equal(end_read(&p.client, &byte, 1, &len), OTLS_WANT_READ);
	assert_int_equal(end_close(&p.server), OTLS_OK);
	assert_int_equal(end_read(&p.client, &byte, 1, &len), OTLS_EOF);
	finish_pair(&p);
}

/* A stream that ends without close_notify is an error, in the handshake and behind it. */
static void
cut_off(void **state)
{
	uint8_t byte = 0;
	size_t len = 0;
	pair p;

	setup_pair(&p, state);
	pair_start(&p);
	assert_int_equal(end_handshake(&p.client), OTLS_WANT_READ);
	p.client.in_eof = true;
	assert_int_equal(end_handshake(&p.client), OTLS_ERROR);
	finish_pair(&p);

	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	pair_send(&p.client, &p.server, 10);
	p.server.in_eof = true;
	assert_int_equal(end_read(&p.server, &byte, 1, &len), OTLS_ERROR);
	finish_pair(&p);
}

static void
byte_by_byte(void **state)
{
	pair p;

	setup_pair(&p, state);
	p.client.recv_cap = 1;
	p.server.recv_cap = 1;
	p.server.config.client_auth = OTLS_CLIENT_AUTH_REQUIRED;
	p.client.config.identity = &p.client_ec.identity;
	pair_start(&p);
	pair_connect(&p);
	assert_chain(&p.client, &p.ec);
	assert_chain(&p.server, &p.client_ec);
	pair_send(&p.client, &p.server, 3000);
	pair_send(&p.server, &p.client, 16384);
	finish_pair(&p);
}

/* A record with one bit changed: an error at the reader, and its alert at the writer. */
static void
damaged_record(void **state)
{
	uint8_t buf[64] = { 0 };
	size_t before = 0;
	size_t len = 0;
	pair p;

	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	pair_send(&p.client, &p.server, 10);
	before = p.server.in.len;
	assert_int_equal(end_write(&p.client, buf, sizeof(buf)), OTLS_OK);
	p.server.in.data[before + 20] ^= 1;
	assert_int_equal(end_read(&p.server, buf, sizeof(buf), &len), OTLS_ERROR);
	assert_int_equal(p.server.report.code, OTLS_E_RECORD);
	assert_int_equal(end_read(&p.client, buf, sizeof(buf), &len), OTLS_ERROR);
	assert_int_equal(p.client.report.code, OTLS_E_ALERT_RECEIVED);
	assert_int_equal(p.client.report.alert, 20);
	finish_pair(&p);
}

/* == verdicts == */

static void
expect_alert(end *e, bool done, int alert, bool exact)
{
	assert_int_equal(end_aftermath(e, done), OTLS_ERROR);
	/* A client may refuse in plain before it has keys (OpenSSL 3.0, TLS 1.3): not every library can read that, and core
	 * does it for all of them. */
	if (!done && e->report.code == OTLS_E_HANDSHAKE)
		return;
	if (e->report.code != OTLS_E_ALERT_RECEIVED)
		end_explain(e, "the one that was refused", OTLS_ERROR);
	assert_int_equal(e->report.code, OTLS_E_ALERT_RECEIVED);
	assert_false(e->report.alert_sent);
	if (exact)
		assert_int_equal(e->report.alert, alert);
	else
		assert_int_not_equal(e->report.alert, -1);
}

static void
client_refuses(void **state)
{
	static const int alerts[] = { ALERT_UNKNOWN_CA, ALERT_CERTIFICATE_EXPIRED, 42, 43, 44, 46, 40, 51 };

	for (size_t i = 0; i < OTLS_COUNT(alerts); i++) {
		otls_status client = OTLS_OK;
		otls_status server = OTLS_OK;
		pair p;

		setup_pair(&p, state);
		p.client.refuse_peer = alerts[i];
		pair_start(&p);
		pair_handshake(&p, &client, &server);
		assert_int_equal(client, OTLS_ERROR);
		assert_true(p.client.verified >= 1);
		assert_chain(&p.client, &p.ec);
		if (p.client.engine->has(OTLS_CAP_EXACT_ALERT)) {
			assert_int_equal(p.client.report.alert, alerts[i]);
			assert_true(p.client.report.alert_sent);
		}
		assert_int_equal(server, OTLS_WANT_READ);
		expect_alert(&p.server, false, alerts[i], p.client.engine->has(OTLS_CAP_EXACT_ALERT));
		finish_pair(&p);
	}
}

static void
client_certificate(void **state)
{
	static const otls_client_auth wants[] = { OTLS_CLIENT_AUTH_OPTIONAL, OTLS_CLIENT_AUTH_REQUIRED };

	for (size_t i = 0; i < OTLS_COUNT(wants); i++) {
		uint16_t scheme = 0;
		pair p;

		setup_pair(&p, state);
		p.server.config.client_auth = wants[i];
		p.client.config.identity = &p.client_ec.identity;
		pair_start(&p);
		pair_connect(&p);
		assert_true(p.server.verified >= 1);
		assert_chain(&p.server, &p.client_ec);
		scheme = end_info(&p.server).peer_scheme;
		assert_true(scheme == 0 || scheme == 0x0403);
		pair_send(&p.client, &p.server, 100);
		pair_send(&p.server, &p.client, 100);
		finish_pair(&p);
	}
}

static void
client_certificate_not_asked(void **state)
{
	pair p;

	setup_pair(&p, state);
	p.client.config.identity = &p.client_ec.identity;
	pair_start(&p);
	pair_connect(&p);
	assert_int_equal(p.server.chain_len, 0);
	assert_int_equal(p.server.verified, 0);
	finish_pair(&p);
}

static void
client_certificate_absent(void **state)
{
	otls_status client = OTLS_OK;
	otls_status server = OTLS_OK;
	const row *r = *state;
	pair p;

	setup_pair(&p, state);
	p.server.config.client_auth = OTLS_CLIENT_AUTH_OPTIONAL;
	pair_start(&p);
	pair_connect(&p);
	assert_int_equal(p.server.chain_len, 0);
	pair_send(&p.client, &p.server, 100);
	finish_pair(&p);

	setup_pair(&p, state);
	p.server.config.client_auth = OTLS_CLIENT_AUTH_REQUIRED;
	pair_start(&p);
	pair_handshake(&p, &client, &server);
	assert_int_equal(server, OTLS_ERROR);
	assert_int_equal(p.server.report.code, OTLS_E_VERIFY);
	expect_alert(&p.client, client == OTLS_OK,
	    r->version == 0x0304 ? ALERT_CERTIFICATE_REQUIRED : ALERT_HANDSHAKE_FAILURE,
	    p.server.engine->has(OTLS_CAP_EXACT_ALERT));
	finish_pair(&p);
}

static void
server_refuses(void **state)
{
	otls_status client = OTLS_OK;
	otls_status server = OTLS_OK;
	pair p;

	setup_pair(&p, state);
	p.server.config.client_auth = OTLS_CLIENT_AUTH_REQUIRED;
	p.server.refuse_peer = ALERT_UNKNOWN_CA;
	p.client.config.identity = &p.client_ec.identity;
	pair_start(&p);
	pair_handshake(&p, &client, &server);
	assert_int_equal(server, OTLS_ERROR);
	assert_chain(&p.server, &p.client_ec);
	expect_alert(&p.client, client == OTLS_OK, ALERT_UNKNOWN_CA, p.server.engine->has(OTLS_CAP_EXACT_ALERT));
	finish_pair(&p);
}

/* The DER of the Name O=OmniTLS, CN=Engine test CA. */
static const char ca_name[] = "302b3110300e060355040a0c074f6d6e69544c533117301506035504030c0e456e67696e65207465737420"
			      "4341";

static void
chosen_identity(void **state)
{
	const row *r = *state;
	uint8_t name_data[64];
	otls_bytes name = otls__bytes(name_data, from_hex(ca_name, name_data));
	pair p;

	setup_pair(&p, state);
	p.server.config.client_auth = OTLS_CLIENT_AUTH_REQUIRED;
	p.server.config.client_ca = &name;
	p.server.config.client_ca_count = 1;
	p.client.config.choose_identity = true;
	p.client.choice = &p.client_ec.identity;
	pair_start(&p);
	pair_connect(&p);
	assert_true(p.client.chosen >= 1);
	/* An engine that asks before it has seen the request tells nothing of it. */
	assert_int_equal(
	    p.client.chosen_schemes > 0, r->version == 0x0303 || r->engine->has(OTLS_CAP_CLIENT_CA_TLS1_3));
	assert_chain(&p.server, &p.client_ec);
	if (r->version == 0x0303 ||
	    (r->engine->has(OTLS_CAP_CLIENT_CA_TLS1_3) && r->server->has(OTLS_CAP_CLIENT_CA_TLS1_3))) {
		assert_int_equal(p.client.chosen_names, 1);
		assert_int_equal(p.client.chosen_name.len, name.len);
		assert_memory_equal(p.client.chosen_name.data, name.data, name.len);
	}
	finish_pair(&p);
}

static void
chosen_to_have_none(void **state)
{
	pair p;

	setup_pair(&p, state);
	p.server.config.client_auth = OTLS_CLIENT_AUTH_OPTIONAL;
	p.client.config.choose_identity = true;
	pair_start(&p);
	pair_connect(&p);
	assert_true(p.client.chosen >= 1);
	assert_int_equal(p.server.chain_len, 0);
	assert_int_equal(p.client.chosen_names, 0);
	finish_pair(&p);
}

/* == extensions == */

static void
alpn(void **state)
{
	static const uint8_t offer[] = "\x02h2\x08http/1.1";
	static const uint8_t answer[] = "\x08http/1.1";
	otls_engine_info info;
	pair p;

	setup_pair(&p, state);
	p.client.setup.alpn = otls__bytes(offer, sizeof(offer) - 1);
	p.server.setup.alpn = otls__bytes(answer, sizeof(answer) - 1);
	pair_start(&p);
	pair_connect(&p);
	info = end_info(&p.client);
	assert_int_equal(info.alpn.len, 8);
	assert_memory_equal(info.alpn.data, "http/1.1", 8);
	info = end_info(&p.server);
	assert_int_equal(info.alpn.len, 8);
	assert_memory_equal(info.alpn.data, "http/1.1", 8);
	finish_pair(&p);

	setup_pair(&p, state);
	p.client.setup.alpn = otls__bytes(offer, sizeof(offer) - 1);
	pair_start(&p);
	pair_connect(&p);
	assert_int_equal(end_info(&p.client).alpn.len, 0);
	assert_int_equal(end_info(&p.server).alpn.len, 0);
	finish_pair(&p);
}

static void
server_name(void **state)
{
	static const char name[] = "server.example";
	pair p;

	setup_pair(&p, state);
	p.client.setup.server_name = name;
	pair_start(&p);
	assert_int_equal(end_handshake(&p.client), OTLS_WANT_READ);
	assert_true(holds(otls__buffer_view(&p.server.in), text_bytes(name)));
	pair_connect(&p);
	finish_pair(&p);
}

/* A connection's own list replaces its context's. */
static void
suites_of_a_connection(void **state)
{
	const row *r = *state;
	uint16_t only = r->version == 0x0304 ? 0x1303 : 0xcca9;
	pair p;

	setup_pair(&p, state);
	p.server.setup.suites = &only;
	p.server.setup.suite_count = 1;
	pair_start(&p);
	pair_connect(&p);
	assert_int_equal(end_info(&p.client).suite, only);
	assert_int_equal(end_info(&p.server).suite, only);
	finish_pair(&p);
}

/* What both engines say they support can be agreed on. */
static void
connect_with(void **state, uint16_t suite, uint16_t group)
{
	bool rsa = otls_cipher_by_id(suite) != NULL && otls_cipher_by_id(suite)->auth == OTLS_AUTH_RSA;
	otls_status client = OTLS_ERROR;
	otls_status server = OTLS_ERROR;
	pair p;

	setup_pair(&p, state);
	if (rsa)
		p.server.config.identity = &p.rsa.identity;
	for (int i = 0; i < 2; i++) {
		otls_engine_config *config = i == 0 ? &p.client.config : &p.server.config;

		if (suite != 0) {
			config->suites = &suite;
			config->suite_count = 1;
		}
		if (group != 0) {
			config->groups = &group;
			config->group_count = 1;
		}
	}
	pair_start(&p);
	pair_handshake(&p, &client, &server);
	if (client != OTLS_OK || server != OTLS_OK)
		print_message("suite %04x, group %04x\n", suite, group);
	end_explain(&p.client, "client", client);
	end_explain(&p.server, "server", server);
	assert_int_equal(client, OTLS_OK);
	assert_int_equal(server, OTLS_OK);
	if (suite != 0)
		assert_int_equal(end_info(&p.client).suite, suite);
	if (group != 0)
		assert_true(end_info(&p.client).group == 0 || end_info(&p.client).group == group);
	pair_send(&p.client, &p.server, 1000);
	pair_send(&p.server, &p.client, 1000);
	finish_pair(&p);
}

static void
every_suite(void **state)
{
	const row *r = *state;
	const otls_cipher *cipher = NULL;

	for (size_t i = 0; (cipher = otls_cipher_at(i)) != NULL; i++) {
		bool fits = (cipher->min_version == 0x0304) == (r->version == 0x0304);
		bool served = cipher->auth == OTLS_AUTH_ANY || cipher->auth == OTLS_AUTH_RSA ||
			      cipher->auth == OTLS_AUTH_ECDSA;

		if (fits && served && cipher->enc != OTLS_ENC_NULL &&
		    r->engine->supports(OTLS_KIND_SUITE, cipher->id) &&
		    r->server->supports(OTLS_KIND_SUITE, cipher->id))
			connect_with(state, cipher->id, 0);
	}
}

/* The certificate's curve has to be on the list in TLS 1.2 (RFC 8422 section 5.1), so there an RSA one is used. */
static void
every_group(void **state)
{
	static const uint16_t groups[] = { 0x0017, 0x0018, 0x0019, 0x001d, 0x001e, 0x0100, 0x0101, 0x11ec };
	const row *r = *state;

	for (size_t i = 0; i < OTLS_COUNT(groups); i++) {
		bool fits = groups[i] < 0x0100 || r->version == 0x0304;

		if (fits && r->engine->supports(OTLS_KIND_GROUP, groups[i]) &&
		    r->server->supports(OTLS_KIND_GROUP, groups[i]))
			connect_with(state, r->version == 0x0304 ? 0 : 0xc02f, groups[i]);
	}
}

/* The client would rather have the last one of them. */
static void
server_preference(void **state)
{
	uint16_t turned[8];
	uint16_t want = 0;
	pair p;

	setup_pair(&p, state);
	want = p.server.suites[0];
	for (size_t i = 0; i < p.client.config.suite_count; i++)
		turned[i] = p.client.suites[p.client.config.suite_count - 1 - i];
	p.client.config.suites = turned;
	pair_start(&p);
	pair_connect(&p);
	assert_int_equal(end_info(&p.client).suite, want);
	finish_pair(&p);
}

static void
no_suite_in_common(void **state)
{
	const row *r = *state;
	static const uint16_t ones[] = { 0x1301, 0xc02b };
	static const uint16_t others[] = { 0x1303, 0xcca9 };
	size_t i = r->version == 0x0304 ? 0 : 1;
	otls_status client = OTLS_OK;
	otls_status server = OTLS_OK;
	pair p;

	setup_pair(&p, state);
	p.client.config.suites = &ones[i];
	p.client.config.suite_count = 1;
	p.server.config.suites = &others[i];
	p.server.config.suite_count = 1;
	pair_start(&p);
	pair_handshake(&p, &client, &server);
	assert_int_not_equal(client, OTLS_OK);
	assert_int_equal(server == OTLS_ERROR || client == OTLS_ERROR, true);
	finish_pair(&p);
}

/* Whole range on both sides: the higher version. */
static void
both_versions(void **state)
{
	static const uint16_t suites[] = { 0x1301, 0xc02b, 0xc02f };
	pair p;

	setup_pair(&p, state);
	for (int i = 0; i < 2; i++) {
		otls_engine_config *config = i == 0 ? &p.client.config : &p.server.config;

		config->min_version = 0x0303;
		config->max_version = 0x0304;
		config->suites = suites;
		config->suite_count = OTLS_COUNT(suites);
	}
	pair_start(&p);
	pair_connect(&p);
	assert_int_equal(end_info(&p.client).version, 0x0304);
	assert_int_equal(end_info(&p.server).suite, 0x1301);
	finish_pair(&p);
}

static void
second_group(void **state)
{
	static const uint16_t offer[] = { 0x001d, 0x0017 };
	static const uint16_t only[] = { 0x0017 };
	pair p;

	setup_pair(&p, state);
	p.client.config.groups = offer;
	p.client.config.group_count = 2;
	p.server.config.groups = only;
	p.server.config.group_count = 1;
	pair_start(&p);
	pair_connect(&p);
	assert_true(end_info(&p.client).group == 0 || end_info(&p.client).group == 0x0017);
	finish_pair(&p);
}

/* == capabilities == */

static void
exporter(void **state)
{
	static const char label[] = "EXPERIMENTAL engine test";
	const otls_bytes contexts[] = { otls__bytes(NULL, 0), otls__bytes("", 0), text_bytes("context") };
	const row *r = *state;
	uint8_t one[32], two[32], first[32];
	pair p;

	if (!r->engine->has(OTLS_CAP_EXPORTER) || !r->server->has(OTLS_CAP_EXPORTER))
		skip();
	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	for (size_t i = 0; i < OTLS_COUNT(contexts); i++) {
		otls_report report = new_report();

		assert_int_equal(r->engine->export_key(p.client.conn, label, contexts[i], one, 32, &report), OTLS_OK);
		assert_int_equal(r->server->export_key(p.server.conn, label, contexts[i], two, 32, &report), OTLS_OK);
		assert_memory_equal(one, two, 32);
		if (i == 0)
			memcpy(first, one, 32);
		if (i == 1)
			assert_int_equal(memcmp(first, one, 32) == 0, r->version == 0x0304);
	}
	finish_pair(&p);
}

static void
finished_messages(void **state)
{
	const row *r = *state;
	size_t want = 12;
	pair p;

	if (!r->engine->has(OTLS_CAP_FINISHED) || !r->server->has(OTLS_CAP_FINISHED))
		skip();
	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	if (r->version == 0x0304)
		want = end_info(&p.client).suite == 0x1302 ? 48 : 32;
	for (int peer = 0; peer < 2; peer++) {
		uint8_t one[64], two[64];
		otls_report report = new_report();
		size_t one_len = 0;
		size_t two_len = 0;

		assert_int_equal(
		    r->engine->finished(p.client.conn, peer == 1, one, sizeof(one), &one_len, &report), OTLS_OK);
		assert_int_equal(
		    r->server->finished(p.server.conn, peer == 0, two, sizeof(two), &two_len, &report), OTLS_OK);
		assert_int_equal(one_len, want);
		assert_int_equal(two_len, want);
		assert_memory_equal(one, two, want);
	}
	finish_pair(&p);
}

static void
master_secrets(void **state)
{
	const row *r = *state;
	uint8_t one[48], two[48];
	otls_report report = new_report();
	pair p;

	if (!r->engine->has(OTLS_CAP_MASTER_SECRET) || !r->server->has(OTLS_CAP_MASTER_SECRET))
		skip();
	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	if (r->version == 0x0304) {
		assert_int_equal(r->engine->master_secret(p.client.conn, one, &report), OTLS_ERROR);
	} else {
		assert_int_equal(r->engine->master_secret(p.client.conn, one, &report), OTLS_OK);
		assert_int_equal(r->server->master_secret(p.server.conn, two, &report), OTLS_OK);
		assert_memory_equal(one, two, 48);
	}
	finish_pair(&p);
}

static void
update_keys(end *from, end *to, bool request)
{
	otls_report report = new_report();

	pair_send(from, to, 10);
	assert_int_equal(from->engine->key_update(from->conn, request, &report), OTLS_OK);
	pair_send(from, to, 100);
	pair_send(to, from, 100);
	pair_send(from, to, 100);
}

static void
key_updates(void **state)
{
	const row *r = *state;
	otls_report report = new_report();
	pair p;

	if (!r->engine->has(OTLS_CAP_KEY_UPDATE))
		skip();
	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	if (r->version == 0x0303) {
		assert_int_equal(r->engine->key_update(p.client.conn, false, &report), OTLS_ERROR);
		finish_pair(&p);
		return;
	}
	update_keys(&p.client, &p.server, false);
	update_keys(&p.client, &p.server, true);
	if (r->server->has(OTLS_CAP_KEY_UPDATE))
		update_keys(&p.server, &p.client, true);
	finish_pair(&p);
}

static void
key_log(void **state)
{
	const row *r = *state;
	pair p;

	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	assert_int_equal(p.client.key_lines + p.server.key_lines, 0);
	finish_pair(&p);

	if (!r->engine->has(OTLS_CAP_KEYLOG))
		skip();
	setup_pair(&p, state);
	p.client.config.keylog = true;
	pair_start(&p);
	pair_connect(&p);
	assert_true(p.client.key_lines >= (r->version == 0x0304 ? 4u : 1u));
	assert_int_equal(p.server.key_lines, 0);
	finish_pair(&p);
}

static void
staples(void **state)
{
	static const uint8_t response[] = { 0x30, 0x03, 0x0a, 0x01, 0x03 }; /* tryLater */
	const row *r = *state;

	if (!r->engine->has(OTLS_CAP_OCSP_CLIENT) || !r->server->has(OTLS_CAP_OCSP_SERVER))
		skip();
	for (int round = 0; round < 3; round++) { /* stapled, nothing stapled, refused */
		otls_status client = OTLS_OK;
		otls_status server = OTLS_OK;
		otls_report report = new_report();
		pair p;

		setup_pair(&p, state);
		p.client.config.request_status = true;
		p.client.refuse_staple = round == 2 ? ALERT_BAD_STATUS : -1;
		pair_start(&p);
		if (round != 1)
			assert_int_equal(
			    r->server->staple(p.server.conn, otls__bytes(response, sizeof(response)), &report),
			    OTLS_OK);
		pair_handshake(&p, &client, &server);
		assert_true(p.client.statuses >= 1);
		assert_int_equal(p.client.staple.len, round == 1 ? 0 : sizeof(response));
		assert_int_equal(client, round == 2 ? OTLS_ERROR : OTLS_OK);
		if (round == 2)
			expect_alert(&p.server, false, ALERT_BAD_STATUS, true);
		finish_pair(&p);
	}
}

/* No MAC covers the five bytes in front of a record before there are keys. */
static bool
in_header(const otls_buffer *buffer, size_t at)
{
	size_t record = 0;

	while (record + 5 <= buffer->len && at >= record + 5u + otls__get16(buffer->data + record + 3))
		record += 5u + otls__get16(buffer->data + record + 3);
	return at < record + 5;
}

/* The server's first flight damaged in one place after the other: somebody fails, nobody hangs. */
static void
damaged_handshakes(void **state)
{
	for (size_t at = 0; at < 1200; at += 37) {
		otls_status client = OTLS_OK;
		otls_status server = OTLS_OK;
		pair p;

		setup_pair(&p, state);
		pair_start(&p);
		assert_int_equal(end_handshake(&p.client), OTLS_WANT_READ);
		assert_int_equal(end_handshake(&p.server), OTLS_WANT_READ);
		if (at < p.client.in.len && !in_header(&p.client.in, at)) {
			p.client.in.data[at] ^= 0x55;
			pair_handshake(&p, &client, &server);
			assert_false(client == OTLS_OK && server == OTLS_OK);
		}
		finish_pair(&p);
	}
}

/* == the list of tests == */

static const engine_test pair_tests[] = {
	{ "connects", connects },
	{ "rsa_certificate", rsa_certificate },
	{ "data", data },
	{ "records", records },
	{ "half_close", half_close },
	{ "cut_off", cut_off },
	{ "byte_by_byte", byte_by_byte },
	{ "damaged_record", damaged_record },
	{ "damaged_handshakes", damaged_handshakes },
	{ "client_refuses", client_refuses },
	{ "client_certificate", client_certificate },
	{ "client_certificate_not_asked", client_certificate_not_asked },
	{ "client_certificate_absent", client_certificate_absent },
	{ "server_refuses", server_refuses },
	{ "chosen_identity", chosen_identity },
	{ "chosen_to_have_none", chosen_to_have_none },
	{ "alpn", alpn },
	{ "server_name", server_name },
	{ "suites_of_a_connection", suites_of_a_connection },
	{ "every_suite", every_suite },
	{ "every_group", every_group },
	{ "server_preference", server_preference },
	{ "no_suite_in_common", no_suite_in_common },
	{ "both_versions", both_versions },
	{ "second_group", second_group },
	{ "exporter", exporter },
	{ "finished", finished_messages },
	{ "master_secret", master_secrets },
	{ "key_update", key_updates },
	{ "key_log", key_log },
	{ "staples", staples },
};

int
main(int argc, char **argv)
{
	engine_tests_add(pair_tests, OTLS_COUNT(pair_tests), OTLS_ROWS_PAIR_VERSIONS);
	return engine_tests_run("engine_pairs", argc > 1 ? argv[1] : NULL);
}

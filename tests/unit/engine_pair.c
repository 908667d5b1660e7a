/* See engine_pair.h. */
#include "engine_pair.h"

#include "backend.h"
#include "engine_material.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define RECORD_HEADER 5
#define DATA_MAX      16384

/* == small things == */

otls_report
new_report(void)
{
	return (otls_report){ .alert = -1 };
}

otls_bytes
text_bytes(const char *text)
{
	return otls__bytes(text, strlen(text));
}

bool
holds(otls_bytes all, otls_bytes part)
{
	for (size_t i = 0; i + part.len <= all.len; i++) {
		if (memcmp(all.data + i, part.data, part.len) == 0)
			return true;
	}
	return false;
}

size_t
from_hex(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned value = 0;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &value), 1);
		out[i] = (uint8_t)value;
	}
	return n;
}

/* == certificates and keys == */

static int
base64_value(char c)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c != '\0' ? strchr(alphabet, c) : NULL;

	return at != NULL ? (int)(at - alphabet) : -1;
}

otls_bytes
material_bytes(const char *base64)
{
	uint8_t *out = otls__alloc(strlen(base64) + 1);
	uint32_t bits = 0;
	unsigned held = 0;
	size_t len = 0;

	assert_non_null(out);
	for (; base64_value(*base64) >= 0; base64++) {
		bits = bits << 6 | (uint32_t)base64_value(*base64);
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[len++] = (uint8_t)(bits >> held);
		}
	}
	return otls__bytes(out, len);
}

void
free_material_bytes(otls_bytes bytes)
{
	otls__free((void *)(uintptr_t)bytes.data);
}

bool
material_load(material *m, const otls_engine *engine, const char *leaf, const char *key)
{
	otls_bytes der = material_bytes(key);
	otls_report report = { .alert = -1 };
	otls_status status = OTLS_ERROR;

	*m = (material){ .engine = engine };
	m->key = otls__alloc(engine->key_size);
	assert_non_null(m->key);
	status = engine->key_load(m->key, OTLS_KEY_PKCS8, der, &report);
	free_material_bytes(der);
	m->chain[0] = material_bytes(leaf);
	m->chain[1] = material_bytes(certificate_ca);
	m->identity = (otls_engine_identity){ .chain = m->chain, .chain_len = 2, .key = m->key };
	return status == OTLS_OK;
}

void
material_free(material *m)
{
	if (m->key == NULL)
		return;
	m->engine->key_fini(m->key);
	otls__free(m->key);
	free_material_bytes(m->chain[0]);
	free_material_bytes(m->chain[1]);
	m->key = NULL;
}

/* == the host == */

static end *
end_of(otls_host *host)
{
	return (end *)(void *)host;
}

/* The contract: the five bytes of a header, then the body, never past the record. */
static void
follow_records(end *e, size_t asked)
{
	if (e->record_left == 0) {
		e->in_body = false;
		e->record_left = RECORD_HEADER;
	}
	if (asked > e->record_left)
		e->breaches++;
}

/* A header ends with the length of its body. */
static void
passed(end *e, size_t len)
{
	e->record_left -= len < e->record_left ? len : e->record_left;
	if (e->record_left > 0 || e->in_body)
		return;
	e->in_body = true;
	e->record_left = otls__get16(e->in.data + e->in_at - 2);
}

static otls_status
host_recv(otls_host *host, void *buf, size_t cap, size_t *len)
{
	end *e = end_of(host);
	size_t left = e->in.len - e->in_at;

	follow_records(e, cap);
	if (left == 0) {
		e->heard = e->in_eof ? OTLS_EOF : OTLS_WANT_READ;
		return e->heard;
	}
	*len = cap < left ? cap : left;
	if (e->recv_cap != 0 && *len > e->recv_cap)
		*len = e->recv_cap;
	memcpy(buf, e->in.data + e->in_at, *len);
	e->in_at += *len;
	passed(e, *len);
	e->heard = OTLS_OK;
	return OTLS_OK;
}

static otls_status
host_send(otls_host *host, const void *buf, size_t len)
{
	return otls__buffer_append(&end_of(host)->peer->in, buf, len) ? OTLS_OK : OTLS_ERROR;
}

static void
host_observe(otls_host *host, bool inbound, const uint8_t *message, size_t len)
{
	end *e = end_of(host);

	(void)inbound;
	e->observed++;
	if (len < 4 || otls__get24(message + 1) != len - 4)
		e->breaches++;
}

static void
host_peer_chain(otls_host *host, const otls_bytes *chain, size_t n)
{
	end *e = end_of(host);

	e->chains++;
	e->chain_len = n;
	otls__buffer_fini(&e->chain);
	e->chain = (otls_buffer){ .len = 0 };
	for (size_t i = 0; i < n; i++)
		assert_true(otls__buffer_append(&e->chain, chain[i].data, chain[i].len));
}

static otls_status
host_verify_peer(otls_host *host, int *alert)
{
	end *e = end_of(host);

	e->verified++;
	if (e->chains == 0)
		e->breaches++;
	if (e->refuse_peer < 0)
		return OTLS_OK;
	*alert = e->refuse_peer;
	return OTLS_ERROR;
}

static otls_status
host_peer_status(otls_host *host, otls_bytes staple, int *alert)
{
	end *e = end_of(host);

	e->statuses++;
	otls__buffer_fini(&e->staple);
	e->staple = (otls_buffer){ .len = 0 };
	assert_true(otls__buffer_append(&e->staple, staple.data, staple.len));
	if (e->refuse_staple < 0)
		return OTLS_OK;
	*alert = e->refuse_staple;
	return OTLS_ERROR;
}

static otls_status
host_choose_identity(otls_host *host, const otls_bytes *ca_names, size_t ca_count, const uint16_t *schemes,
    size_t scheme_count, const otls_engine_identity **identity)
{
	end *e = end_of(host);

	(void)schemes;
	e->chosen++;
	e->chosen_schemes = scheme_count;
	e->chosen_names = ca_count;
	otls__buffer_fini(&e->chosen_name);
	e->chosen_name = (otls_buffer){ .len = 0 };
	if (ca_count > 0)
		assert_true(otls__buffer_append(&e->chosen_name, ca_names[0].data, ca_names[0].len));
	*identity = e->choice;
	return OTLS_OK;
}

static void
host_new_session(otls_host *host, otls_bytes ticket, uint32_t lifetime)
{
	(void)host, (void)ticket, (void)lifetime;
}

static void
host_keylog(otls_host *host, const char *line)
{
	if (strchr(line, ' ') != NULL)
		end_of(host)->key_lines++;
}

static void
host_event(otls_host *host, otls_engine_event event, int value)
{
	(void)value;
	if (event == OTLS_ENGINE_KEY_UPDATE_RECEIVED)
		end_of(host)->key_updates++;
}

static const otls_host_calls calls = {
	.size = sizeof(calls),
	.recv = host_recv,
	.send = host_send,
	.observe = host_observe,
	.peer_chain = host_peer_chain,
	.verify_peer = host_verify_peer,
	.peer_status = host_peer_status,
	.choose_identity = host_choose_identity,
	.new_session = host_new_session,
	.keylog = host_keylog,
	.event = host_event,
};

/* == settings == */

static size_t
supported(const otls_engine *engine, otls_kind kind, const uint16_t *wanted, size_t n, uint16_t *out)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		if (engine->supports(kind, wanted[i]))
			out[count++] = wanted[i];
	}
	return count;
}

static void
end_init(end *e, const otls_engine *engine, otls_role role, uint16_t version)
{
	static const uint16_t suites13[] = { 0x1301, 0x1302, 0x1303 };
	static const uint16_t suites12[] = { 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8 };
	static const uint16_t groups[] = { 0x001d, 0x0017, 0x0018 };
	static const uint16_t schemes[] = { 0x0403, 0x0804, 0x0503, 0x0805, 0x0806, 0x0807, 0x0401, 0x0501 };
	otls_engine_config *config = &e->config;

	e->engine = engine;
	e->refuse_peer = -1;
	e->refuse_staple = -1;
	*config = (otls_engine_config){ .size = sizeof(*config), .role = role };
	config->min_version = version;
	config->max_version = version;
	config->suites = e->suites;
	config->suite_count = version == 0x0304
				  ? supported(engine, OTLS_KIND_SUITE, suites13, OTLS_COUNT(suites13), e->suites)
				  : supported(engine, OTLS_KIND_SUITE, suites12, OTLS_COUNT(suites12), e->suites);
	config->groups = e->groups;
	config->group_count = supported(engine, OTLS_KIND_GROUP, groups, OTLS_COUNT(groups), e->groups);
	config->schemes = e->schemes;
	config->scheme_count = supported(engine, OTLS_KIND_SCHEME, schemes, OTLS_COUNT(schemes), e->schemes);
	config->server_preference = true;
	config->session_lifetime = 300;
	e->setup = (otls_engine_setup){ .size = sizeof(e->setup), .server_name = "" };
}

void
pair_init(pair *p, const otls_engine *client, const otls_engine *server, uint16_t version)
{
	*p = (pair){ .client = { .engine = client } };
	end_init(&p->client, client, OTLS_ROLE_CLIENT, version);
	end_init(&p->server, server, OTLS_ROLE_SERVER, version);
	p->client.peer = &p->server;
	p->server.peer = &p->client;
	assert_true(material_load(&p->ec, server, certificate_ec, key_ec));
	assert_true(material_load(&p->rsa, server, certificate_rsa, key_rsa));
	assert_true(material_load(&p->client_ec, client, certificate_client, key_client));
	p->server.config.identity = &p->ec.identity;
}

static void
end_start(end *e)
{
	otls_report report = { .alert = -1 };

	e->ctx = otls__alloc(e->engine->context_size);
	e->conn = otls__alloc(e->engine->connection_size);
	assert_non_null(e->ctx);
	assert_non_null(e->conn);
	assert_int_equal(e->engine->context_init(e->ctx, &e->config, &report), OTLS_OK);
	assert_int_equal(
	    e->engine->connection_init(e->conn, e->ctx, &e->setup, &calls, (otls_host *)(void *)e, &report), OTLS_OK);
}

void
pair_start(pair *p)
{
	end_start(&p->client);
	end_start(&p->server);
}

static void
end_fini(end *e)
{
	if (e->conn != NULL)
		e->engine->connection_fini(e->conn);
	if (e->ctx != NULL)
		e->engine->context_fini(e->ctx);
	otls__free(e->conn);
	otls__free(e->ctx);
	otls__buffer_fini(&e->in);
	otls__buffer_fini(&e->chain);
	otls__buffer_fini(&e->chosen_name);
	otls__buffer_fini(&e->staple);
}

void
pair_fini(pair *p)
{
	end_fini(&p->client);
	end_fini(&p->server);
	material_free(&p->ec);
	material_free(&p->rsa);
	material_free(&p->client_ec);
}

/* == slots, with the contract checked == */

static void
enter(end *e)
{
	e->heard = OTLS_OK;
	e->report = (otls_report){ .alert = -1 };
}

static otls_status
leave(end *e, otls_status status)
{
	if (status == OTLS_WANT_READ && e->heard != OTLS_WANT_READ)
		e->breaches++;
	if (status != OTLS_WANT_READ && status != OTLS_OK && e->heard == OTLS_WANT_READ && status != OTLS_WANT_CALLBACK)
		e->breaches++;
	if (status == OTLS_ERROR && e->report.code == OTLS_E_NONE)
		e->breaches++;
	return status;
}

otls_status
end_handshake(end *e)
{
	enter(e);
	return leave(e, e->engine->handshake(e->conn, &e->report));
}

otls_status
end_read(end *e, void *buf, size_t cap, size_t *len)
{
	enter(e);
	*len = 0;
	return leave(e, e->engine->read(e->conn, buf, cap, len, &e->report));
}

otls_status
end_write(end *e, const void *buf, size_t len)
{
	enter(e);
	return leave(e, e->engine->write(e->conn, buf, len, &e->report));
}

otls_status
end_close(end *e)
{
	enter(e);
	return leave(e, e->engine->close_notify(e->conn, &e->report));
}

otls_engine_info
end_info(const end *e)
{
	otls_engine_info info = { .size = sizeof(info) };

	e->engine->info(e->conn, &info);
	return info;
}

/* == both together == */

static bool
is_over(otls_status status)
{
	return status == OTLS_OK || status == OTLS_ERROR;
}

void
pair_handshake(pair *p, otls_status *client, otls_status *server)
{
	*client = OTLS_WANT_READ;
	*server = OTLS_WANT_READ;
	for (int round = 0; round < 40; round++) {
		if (!is_over(*client))
			*client = end_handshake(&p->client);
		if (*client != OTLS_ERROR && !is_over(*server))
			*server = end_handshake(&p->server);
		if (*client == OTLS_ERROR || *server == OTLS_ERROR || (is_over(*client) && is_over(*server)))
			return;
	}
}

void
end_explain(const end *e, const char *who, otls_status status)
{
	if (status == OTLS_OK)
		return;
	print_message("%s (%s): status %d, code %d, alert %d\n", who, e->engine->name, (int)status, (int)e->report.code,
	    e->report.alert);
	for (unsigned i = 0; i < e->report.entries; i++)
		print_message("    %s: %s\n", e->report.entry[i].function, e->report.entry[i].reason);
}

void
pair_connect(pair *p)
{
	otls_status client = OTLS_ERROR;
	otls_status server = OTLS_ERROR;

	pair_handshake(p, &client, &server);
	end_explain(&p->client, "client", client);
	end_explain(&p->server, "server", server);
	assert_int_equal(client, OTLS_OK);
	assert_int_equal(server, OTLS_OK);
}

static void
fill(uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 7 + len);
}

void
pair_send(end *from, end *to, size_t len)
{
	static uint8_t sent[DATA_MAX];
	static uint8_t got[DATA_MAX];
	size_t have = 0;
	size_t n = 0;

	fill(sent, len);
	assert_int_equal(end_write(from, sent, len), OTLS_OK);
	while (have < len) {
		otls_status status = end_read(to, got + have, len - have, &n);

		end_explain(to, "reader", status);
		assert_int_equal(status, OTLS_OK);
		assert_in_range(n, 1, len - have);
		have += n;
	}
	assert_memory_equal(got, sent, len);
}

otls_status
end_aftermath(end *e, bool done)
{
	uint8_t byte = 0;
	size_t len = 0;

	return done ? end_read(e, &byte, 1, &len) : end_handshake(e);
}

/* == lists of tests == */

#define ENGINES_MAX 4
#define TESTS_MAX   (ENGINES_MAX * 16 + ENGINES_MAX * ENGINES_MAX * 64)

static row rows[TESTS_MAX];
static struct CMUnitTest list[TESTS_MAX];
static size_t listed;

static void
add(const engine_test *test, const otls_engine *one, const otls_engine *two, uint16_t version)
{
	row *r = &rows[listed];

	*r = (row){ .engine = one, .server = two, .version = version };
	(void)snprintf(r->name, sizeof(r->name), "%s.%s%s%s%s", test->name, one->name, two != NULL ? "-" : "",
	    two != NULL ? two->name : "",
	    version == 0        ? ""
	    : version == 0x0304 ? ".tls13"
				: ".tls12");
	list[listed] = (struct CMUnitTest){ .name = r->name, .test_func = test->run, .initial_state = r };
	listed++;
}

static size_t
all_engines(const otls_engine *engines[ENGINES_MAX])
{
	size_t n = 0;

	while (n < ENGINES_MAX && (engines[n] = otls_backend_engine(otls_backend_at(n))) != NULL)
		n++;
	return n;
}

static void
add_pair(const engine_test *test, const otls_engine *one, const otls_engine *two, engine_rows kind)
{
	if (kind == OTLS_ROWS_PAIR) {
		add(test, one, two, 0);
		return;
	}
	add(test, one, two, 0x0304);
	add(test, one, two, 0x0303);
}

static void
add_test(const engine_test *test, engine_rows kind)
{
	const otls_engine *engines[ENGINES_MAX];
	size_t n = all_engines(engines);

	for (size_t i = 0; i < n; i++) {
		if (kind == OTLS_ROWS_ENGINE)
			add(test, engines[i], NULL, 0);
		for (size_t k = 0; kind != OTLS_ROWS_ENGINE && k < n; k++)
			add_pair(test, engines[i], engines[k], kind);
	}
}

void
engine_tests_add(const engine_test *tests, size_t n, engine_rows kind)
{
	for (size_t i = 0; i < n; i++)
		add_test(&tests[i], kind);
}

int
engine_tests_run(const char *group, const char *filter)
{
	for (size_t i = 0; otls_backend_at(i) != NULL; i++) {
		if (otls_backend_engine(otls_backend_at(i)) == NULL)
			return 1;
	}
	if (filter != NULL)
		cmocka_set_test_filter(filter);
	return _cmocka_run_group_tests(group, list, listed, NULL, NULL);
}

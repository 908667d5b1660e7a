#include "fake_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

otls_status
pair_contexts(pair *p)
{
	if (otls_context_new_with(fake_backend(), OTLS_METHOD_TLS_CLIENT, &p->client_ctx) != OTLS_OK ||
	    otls_context_new_with(fake_backend(), OTLS_METHOD_TLS_SERVER, &p->server_ctx) != OTLS_OK ||
	    otls_context_load_verify_mem(p->client_ctx, fake_certificate_pem, strlen(fake_certificate_pem)) != OTLS_OK)
		return OTLS_ERROR;
	return otls_context_use_key_pair_mem(
	    p->server_ctx, fake_certificate_pem, strlen(fake_certificate_pem), fake_key_pem, strlen(fake_key_pem));
}

otls_status
pair_connections(pair *p, const char *name)
{
	if (otls_connection_new_client(p->client_ctx, name, &p->client) != OTLS_OK)
		return OTLS_ERROR;
	return otls_connection_new_server(p->server_ctx, &p->server);
}

void
pair_free(pair *p)
{
	otls_connection_free(p->client);
	otls_connection_free(p->server);
	otls_context_free(p->client_ctx);
	otls_context_free(p->server_ctx);
	*p = (pair){ 0 };
}

pair
pair_new(const char *name)
{
	pair p = { 0 };

	fake_script_reset();
	assert_int_equal(pair_contexts(&p), OTLS_OK);
	assert_int_equal(pair_connections(&p, name), OTLS_OK);
	return p;
}

bool
carry(otls_connection *from, otls_connection *to)
{
	const uint8_t *data;
	bool moved = false;
	size_t len;

	while ((data = otls_connection_drain_peek(from, &len)) != NULL) {
		if (otls_connection_feed(to, data, len) != OTLS_OK ||
		    otls_connection_drain_consume(from, len) != OTLS_OK)
			break;
		moved = true;
	}
	return moved;
}

otls_status
shake(pair *p, otls_status *server)
{
	otls_status client = OTLS_WANT_READ;
	bool moved = true;

	*server = OTLS_WANT_READ;
	while (moved) {
		if (client == OTLS_WANT_READ)
			client = otls_connection_handshake(p->client);
		moved = carry(p->client, p->server);
		if (*server == OTLS_WANT_READ)
			*server = otls_connection_handshake(p->server);
		moved = carry(p->server, p->client) || moved;
	}
	return client;
}

pair
pair_open(void)
{
	pair p = pair_new(FAKE_NAME);
	otls_status server;

	assert_int_equal(shake(&p, &server), OTLS_OK);
	assert_int_equal(server, OTLS_OK);
	return p;
}

void
assert_failed(const otls_connection *conn, otls_code code)
{
	assert_int_equal(otls_connection_state(conn), OTLS_STATE_FAILED);
	assert_string_equal(otls_error_name(otls_connection_error(conn)), otls_code_name(code));
}

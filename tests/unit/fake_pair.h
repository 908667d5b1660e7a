/* A client and a server over the scripted engine and memory. */
#ifndef OTLS_TESTS_FAKE_PAIR_H
#define OTLS_TESTS_FAKE_PAIR_H

#include "fake_engine.h"

typedef struct pair {
	otls_context *client_ctx, *server_ctx;
	otls_connection *client, *server;
} pair;

otls_status pair_contexts(pair *p);
otls_status pair_connections(pair *p, const char *name);
/* Both, with a script that makes nothing fail; name: of the peer that the client expects. */
pair pair_new(const char *name);
/* The same, and hands shaken. */
pair pair_open(void);
void pair_free(pair *p);

/* Moves what one has queued to the other; false: nothing. */
bool carry(otls_connection *from, otls_connection *to);
/* Shakes hands as far as it goes; the client's status, and the server's in *server. */
otls_status shake(pair *p, otls_status *server);

void assert_failed(const otls_connection *conn, otls_code code);

#endif

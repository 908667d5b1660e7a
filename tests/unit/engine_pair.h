/* Two engines, a client's and a server's, that talk to each other through memory, with the smallest host that the
 * contract of omnitls/engine.h allows.  The host checks the contract as it goes: a breach is counted. */
#ifndef OTLS_TESTS_ENGINE_PAIR_H
#define OTLS_TESTS_ENGINE_PAIR_H

#include "base.h"

#define CHAIN_MAX 4

/* == small things == */
otls_report new_report(void);
otls_bytes text_bytes(const char *text);
bool holds(otls_bytes all, otls_bytes part);
size_t from_hex(const char *hex, uint8_t *out);

/* == certificates and keys == */

/* A chain and its key, loaded into one engine. */
typedef struct material {
	otls_bytes chain[CHAIN_MAX];
	otls_engine_key *key;
	const otls_engine *engine;
	otls_engine_identity identity;
} material;

/* The bytes behind a base64 text; free with free_material_bytes. */
otls_bytes material_bytes(const char *base64);
void free_material_bytes(otls_bytes bytes);
/* leaf and CA; false: the engine does not take the key. */
bool material_load(material *m, const otls_engine *engine, const char *leaf, const char *key);
void material_free(material *m);

/* == pairs == */

/* One end of a pair: what the test sets before pair_start, and what its host has seen. */
typedef struct end {
	/* settings */
	const otls_engine *engine;
	otls_engine_config config;
	otls_engine_setup setup;
	uint16_t suites[8], groups[4], schemes[12];
	int refuse_peer;                    /* the alert of the verdict on the peer's certificate; -1: accept */
	int refuse_staple;                  /* the same for the staple */
	size_t recv_cap;                    /* bytes that one recv gives at most; 0: all that are asked for */
	const otls_engine_identity *choice; /* what choose_identity answers */

	/* inside */
	otls_engine_context *ctx;
	otls_engine_connection *conn;
	struct end *peer;
	otls_buffer in;
	size_t in_at;
	size_t record_left; /* of the record that is being received: bytes of its header or its body */
	bool in_body;
	bool in_eof;       /* nothing more comes behind what is in */
	otls_status heard; /* what recv said last in this slot */
	otls_report report;

	/* seen */
	unsigned breaches; /* of the contract */
	unsigned verified, statuses, chosen, key_lines, key_updates, observed;
	unsigned chains; /* calls of peer_chain */
	size_t chain_len;
	otls_buffer chain; /* the last chain, one certificate after the other */
	size_t chosen_schemes, chosen_names;
	otls_buffer chosen_name; /* the first CA name */
	otls_buffer staple;
} end;

typedef struct pair {
	end client, server;
	material ec, rsa, client_ec; /* of the server's engine twice, of the client's once */
} pair;

/* Fills in settings that every engine can serve: this version, the P-256 identity, ALPN none. */
void pair_init(pair *p, const otls_engine *client, const otls_engine *server, uint16_t version);
/* Makes contexts and connections. */
void pair_start(pair *p);
void pair_fini(pair *p);

/* Runs one end's handshake once; checks that WANT_READ was the transport's word. */
otls_status end_handshake(end *e);
otls_status end_read(end *e, void *buf, size_t cap, size_t *len);
otls_status end_write(end *e, const void *buf, size_t len);
otls_status end_close(end *e);
otls_engine_info end_info(const end *e);
/* Prints what the last slot reported, unless it went well. */
void end_explain(const end *e, const char *who, otls_status status);

/* Runs both until they are done, one fails, or nothing moves; statuses of the last calls. */
void pair_handshake(pair *p, otls_status *client, otls_status *server);
/* The same, which must succeed on both. */
void pair_connect(pair *p);
/* Sends a pattern of len bytes from one end and reads it at the other. */
void pair_send(end *from, end *to, size_t len);
/* What an end says after its peer has failed: handshake, or read when it was done already. */
otls_status end_aftermath(end *e, bool done);

/* == lists of tests: each test once per engine, per pair, or per pair and version == */

/* What one test runs with: its initial state. */
typedef struct row {
	const otls_engine *engine, *server; /* server NULL: a test of one engine */
	uint16_t version;
	char name[96];
} row;

typedef struct engine_test {
	const char *name;
	void (*run)(void **state);
} engine_test;

typedef enum engine_rows { OTLS_ROWS_ENGINE, OTLS_ROWS_PAIR, OTLS_ROWS_PAIR_VERSIONS } engine_rows;

void engine_tests_add(const engine_test *tests, size_t n, engine_rows kind);
/* filter: a pattern with "*" for the names, or NULL; answers what main returns. */
int engine_tests_run(const char *group, const char *filter);

#endif

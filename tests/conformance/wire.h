/* TLS made and read by hand: hellos that no library would send, and what comes back. */
#ifndef OTLS_CONFORMANCE_WIRE_H
#define OTLS_CONFORMANCE_WIRE_H

#include "suite.h"

#define WIRE_MAX 65536

enum wire_content { WIRE_ALERT = 21, WIRE_HANDSHAKE = 22 };

/* What a ClientHello says.  All zero is a TLS 1.2 hello that any server takes. */
struct hello {
	uint16_t version;     /* legacy_version; 0: 0x0303 */
	bool tls13;           /* supported_versions, and a key_share, come along */
	bool no_key_share;    /* an empty one: asks for a HelloRetryRequest */
	const char *name;     /* NULL: no server name */
	size_t name_len;      /* 0: strlen */
	const char *name_two; /* a second host name in the list */
	const char *alpn;     /* one name; NULL: none */
	bool fallback;        /* TLS_FALLBACK_SCSV */
	bool no_suite;        /* none but an unknown suite */
	bool doubled;         /* an extension comes twice */
	bool odd_suites;      /* the suite list has an odd length */
	bool trailing;        /* a byte behind the extensions */
	bool no_null_compression;
	size_t padding;      /* bytes of the padding extension */
	size_t ticket;       /* bytes of a ticket that nobody has made, in session_ticket or pre_shared_key; 0: none */
	uint8_t ticket_fill; /* each of them */
	unsigned more_psks;  /* pre_shared_key has so many more of them */
	const char *extra;   /* extensions, as on the wire */
	size_t extra_len;
};

struct bytes_out {
	uint8_t data[WIRE_MAX + 1024];
	size_t len;
};

/* The message with its 4-byte header, and the same in records. */
void wire_hello(const struct hello *hello, struct bytes_out *out);
void wire_records(uint8_t type, const uint8_t *data, size_t len, size_t per_record, struct bytes_out *out);
void wire_hello_record(const struct hello *hello, struct bytes_out *out);

/* The first record of a type: its body; NULL: none. */
const uint8_t *wire_find_record(const uint8_t *data, size_t len, uint8_t type, size_t *body_len);
/* The number of the alert in plain text; -1: none. */
int wire_find_alert(const uint8_t *data, size_t len);
/* The random of the ServerHello in plain text; NULL: none. */
const uint8_t *wire_find_server_random(const uint8_t *data, size_t len);
bool wire_is_retry(const uint8_t random[32]);

/* A server connection on memory that is told things by hand, and answers. */
struct scripted {
	struct run *run;
	otls_connection *conn;
	otls_status status;
	uint8_t answer[WIRE_MAX];
	size_t answer_len;
};

struct scripted *scripted_open(struct run *run, otls_context *ctx);
/* A client, for HOST. */
struct scripted *scripted_open_client(struct run *run, otls_context *ctx);
/* Feeds it, goes on with the handshake, and keeps what comes out. */
void scripted_tell(struct scripted *scripted, const uint8_t *data, size_t len);
void scripted_hello(struct scripted *scripted, const struct hello *hello);
/* Failed with this code, and sent this alert in plain text (-1: nothing at all). */
bool scripted_check(struct scripted *scripted, otls_code code, int alert);

#endif

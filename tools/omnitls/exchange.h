/* One TLS connection over a TCP socket of this machine, with a client here and a server in a thread of its own: both
 * shake hands, each sends bytes that the other one checks, and both say goodbye. */
#ifndef OTLS_TOOLS_EXCHANGE_H
#define OTLS_TOOLS_EXCHANGE_H

#include "mint.h"

#include <omnitls/omnitls.h>

struct exchange_plan {
	const otls_backend *client, *server;
	otls_protocol version;            /* the only one that the client speaks; the server speaks all */
	const mint_identity *certificate; /* the server's */
	const mint_identity *trusted;     /* whom the client trusts */
	const char *peer_name;            /* whom the client wants to talk to */
	uint64_t bytes;                   /* each way */
};

/* How it went at one end. */
struct exchange_end {
	bool done;       /* from the handshake to the peer's goodbye */
	uint64_t bytes;  /* that arrived unchanged */
	otls_code code;  /* NONE: nothing failed in TLS */
	int reason;      /* an otls_verify_reason */
	char error[512]; /* "" when done */
};

struct exchange {
	struct exchange_end client, server;
	bool verified;             /* the client has verified the server */
	uint16_t version;          /* 0: no handshake */
	const otls_cipher *cipher; /* NULL: the same */
	double milliseconds;       /* from dialling to the end of both */
};

void exchange_run(const struct exchange_plan *plan, struct exchange *result);

#endif

/* Sessions inside core.
 *
 *   session.c  a client's session: an object that is its own serialised form
 *   tickets.c  from which secret a server's tickets are sealed
 *   records.c  who the clients of a server were that hold tickets */
#ifndef OTLS_CORE_SESSION_H
#define OTLS_CORE_SESSION_H

#include "context/context.h"

/* What a session is made of. */
typedef struct otls_session_parts {
	uint32_t library_version; /* of the engine's library */
	uint16_t version;         /* of TLS */
	int64_t issued, expires;  /* Unix seconds */
	otls_bytes peer_name, server_name;
	uint8_t settings[32]; /* otls__client_digest */
	otls_bytes chain;     /* the server's, as otls__chain_write writes it */
	otls_bytes state;     /* the library's own */
} otls_session_parts;

/* Counted and immutable. */
struct otls_session {
	atomic_uint refs;
	const otls_engine *engine;
	uint8_t *data;
	size_t len;
	otls_session_parts parts; /* views into data */
};

otls_status otls__session_new(const otls_engine *engine, const otls_session_parts *parts, otls_session **session);

/* Certificates behind their lengths of three bytes, as a Certificate message has them. */
size_t otls__chain_size(const otls_bytes *chain, size_t count);
void otls__chain_write(const otls_bytes *chain, size_t count, uint8_t *out);
/* Views into bytes; at most cap.  false: malformed, or more. */
bool otls__chain_read(otls_bytes bytes, otls_bytes *chain, size_t cap, size_t *count);

/* == tickets.c == */
/* What a session of a client is bound to besides names: the certificates that it could show, and how it verifies.  The
 * chain is judged again; a staple, which comes with a whole handshake only, must have been asked for as it is now. */
otls_status otls__client_digest(const otls_engine *engine, const otls_settings *settings, uint64_t verify_mode,
    bool asks_status, uint8_t digest[32]);
/* Makes the process's own key, unless there is one: before a server forks, so that its children share it. */
void otls__ticket_key_prepare(void);
/* What a server is, and the secret that its tickets are sealed with. */
otls_status otls__ticket_secret(otls_sealed *sealed, otls_native *native);

/* == records.c == */
/* Remembers whose certificates a ticket stands for, until then.  Where memory is short, nothing is remembered. */
void otls__record_add(
    const otls_engine *engine, otls_bytes ticket, const otls_bytes *chain, size_t count, int64_t expires);
/* A copy of what was remembered, to be freed; false: nothing, or it has expired. */
bool otls__record_find(const otls_engine *engine, otls_bytes ticket, int64_t now, otls_buffer *chain);
/* Forgets all. */
void otls__records_clear(void);

#endif

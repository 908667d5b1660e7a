/* A scripted engine, with which core is tested when no TLS library is there.
 *
 * It shakes hands with itself: real hellos of TLS 1.3, which core reads, and behind them records in plain whose first
 * byte says what they are.  Nothing is secret, and every signature is good unless the script says otherwise. */
#ifndef OTLS_TEST_FAKE_ENGINE_H
#define OTLS_TEST_FAKE_ENGINE_H

#include <omnitls/engine.h>
#include <omnitls/omnitls.h>

extern const otls_engine fake_engine;
/* Registered when first asked for. */
const otls_backend *fake_backend(void);

/* The one certificate, for "fake.example", and its key. */
extern const char fake_certificate_pem[], fake_key_pem[];
#define FAKE_NAME "fake.example"

/* What goes wrong; all zero: nothing.  Reset by fake_script_reset. */
typedef struct fake_script {
	otls_code handshake_fails; /* the code that handshake reports, with entries */
	otls_code read_fails;
	otls_code write_fails;
	otls_code init_fails; /* connection_init */
	bool context_fails;
	bool bad_signatures;
	bool skips_verify;       /* the client never asks for a verdict */
	unsigned asks_status;    /* how often the client tells that nothing was stapled, where it is to ask */
	bool status_first;       /* and before it asks for the verdict on the certificate */
	uint16_t peer_scheme;    /* what the server signed with, as a client is told; 0: not known */
	bool forgets_chain;      /* the client fails with HANDSHAKE before it has told the chain */
	bool fails_after_chain;  /* the client tells the chain and fails before it asks */
	bool forgets_finished;   /* the server sends no end of its part of the handshake */
	bool cannot_wait;        /* neither SIGN_PENDING nor CHOICE_PENDING */
	bool wrong_alpn;         /* the server answers another name than it was told */
	uint16_t claims_version; /* info says so; 0: the truth */
	size_t answers;          /* bytes that a read makes it send, unasked */

	/* How often the client asks core which certificate to show: in its handshake, and with each record that it reads. */
	unsigned asks_identity;
	const otls_bytes *names; /* what it tells */
	size_t name_count;
	const uint16_t *schemes;
	size_t scheme_count;
	const otls_engine_identity *shown; /* what it was answered */
} fake_script;

extern fake_script fake;
void fake_script_reset(void);

/* A record as the engine reads it: kind 'D' data, 'A' alert, 'K' nothing that anybody asked for. */
size_t fake_record(uint8_t *out, char kind, const void *data, size_t len);

#endif

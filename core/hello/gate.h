/* The gate: stands between the input buffer and the engine while hellos pass.
 *
 * Inbound hellos are held until they are complete and found good, and are then released re-framed in full records.
 * What the engine sends is watched, so that the gate knows of HelloRetryRequest, the randoms and the choice of suite.
 * In TLS 1.2, where the rest of the handshake is in plain up to ChangeCipherSpec, the peer's Certificate message is
 * copied as it passes.  After that the gate is open: bytes go from the input straight to the engine. */
#ifndef OTLS_CORE_GATE_H
#define OTLS_CORE_GATE_H

#include "hello/hello.h"
#include "io/input.h"

typedef enum otls_gate_state {
	OTLS_GATE_FIRST,  /* waits for the peer's first hello (server: the engine does not exist yet) */
	OTLS_GATE_HELLO,  /* server: the first hello is here; otls__gate_release lets it through */
	OTLS_GATE_SECOND, /* server: HelloRetryRequest went out, waits for the second hello.
	                    * client: HelloRetryRequest came in, waits for the ServerHello */
	OTLS_GATE_WATCH,  /* TLS 1.2: bytes pass, messages are read along, up to ChangeCipherSpec */
	OTLS_GATE_OPEN,
	OTLS_GATE_REFUSED
} otls_gate_state;

/* What a client allows the server to choose; everything the client offers is known from its own hello. */
typedef struct otls_gate_rules {
	uint16_t min_version, max_version;
	const uint16_t *suites; /* allowed: may be narrower than what the engine offers */
	size_t suite_count;
	const uint16_t *groups; /* likewise, of TLS 1.3; NULL: whatever was offered */
	size_t group_count;
} otls_gate_rules;

/* Follows records as their bytes flow by, and copies one kind of handshake message out of them. */
typedef struct otls_gate_track {
	uint8_t wanted;    /* the kind; 0: none */
	uint8_t record[5]; /* header of the record that is passing */
	size_t record_have, record_left;
	uint8_t head[4]; /* header of the message that is passing */
	size_t head_have, message_left;
	otls_buffer copy; /* of a wanted message, with its header */
} otls_gate_track;

typedef struct otls_gate {
	otls_role role;
	otls_gate_state state;
	otls_gate_rules rules;
	int alert;         /* REFUSED: what to send in plain; -1: nothing */
	otls_buffer ready; /* released bytes that the engine has not taken; from ready_at on */
	size_t ready_at;
	otls_buffer first;       /* the first ClientHello, received or sent: a message with its header */
	otls_buffer message;     /* inbound: the hello that is being put together */
	uint16_t record_version; /* of the peer's latest record that was looked at; 0: none yet */
	otls_gate_track in, out;
	otls_client_hello client; /* of first */
	bool retried;             /* a HelloRetryRequest went by */
	bool sent_done;           /* outbound bytes are watched no more */
	uint8_t server_random[32];
	uint16_t version, suite; /* of the ServerHello; 0: none yet; suite: of the HelloRetryRequest before that */
	uint16_t group;          /* of the ServerHello's key_share, TLS 1.3; 0: none */
	bool extended_master_secret;
	uint8_t last;            /* TLS 1.2, while watched: the kind of the peer's latest message */
	otls_buffer certificate; /* TLS 1.2: the peer's Certificate message with its header; empty: none passed */
} otls_gate;

void otls__gate_init(otls_gate *gate, otls_role role);
void otls__gate_fini(otls_gate *gate);

/* Takes bytes from input as far as the state allows.
 * OK         something was released, or the gate opened, or (server) the first hello is complete: state HELLO
 * WANT_READ  more input is needed
 * ERROR      refused: the record is written (NOT_TLS, HANDSHAKE, ALERT_RECEIVED for an alert that came before there
 *            was an engine), alert says what to send in plain */
otls_status otls__gate_pull(otls_gate *gate, otls_input *input);
/* Server, state HELLO: lets the hello through to the engine. */
otls_status otls__gate_release(otls_gate *gate);
/* Moves released bytes out; 0: none.  When the gate is open and nothing is left, the engine reads from the input. */
size_t otls__gate_take(otls_gate *gate, void *buf, size_t cap);
/* Is shown every byte that the engine sends, before it is queued, until sent_done.
 * ERROR: no memory; or what the engine is about to agree to is refused: then the state is REFUSED, the record is
 * written, and alert says what to send in its place. */
otls_status otls__gate_sent(otls_gate *gate, const void *data, size_t len);

/* Client: whether a ServerHello or HelloRetryRequest is a choice that the own hello and the rules allow. */
otls_status otls__choice_check(const otls_gate *gate, const otls_server_hello *hello, int *alert);
/* Whether the peer of reader may send a message of this kind, in plain, behind one of that; order.c. */
bool otls__message_is_due(otls_role reader, uint8_t before, uint8_t now);

/* Writes a fatal alert in plain, 7 bytes, for refusals before there are keys. */
void otls__gate_alert(uint8_t record[7], int alert);

#endif

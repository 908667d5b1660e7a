/* A connection inside core.
 *
 *   connection.c  life and settings           run.c        entry to every call: checks, waiting, failing
 *   getters.c     what it answers about itself host.c       what the engine calls: bytes in and out, the peer's chain
 *   handshake.c   from the first byte to OPEN  hello.c      a server's outcome of the hello
 *   offer.c       what of the hello fits what the server has
 *   verdict.c     judging the peer, and naming failures
 *   verify_callback.c  what else is said about it: pins, the library's own verifier, the verify callback
 *   client_certificate.c  what a server's request says, and what a client shows for it
 *   resume.c      sessions that are offered, taken, and made
 *   staple.c      stapled OCSP responses: what a server sends, and what a client makes of what comes
 *   sign.c        signatures with keys that are behind a callback
 *   data.c        read, write, shutdown        channel.c    public transport calls
 *
 * Every public call that moves bytes is a step: a function that goes as far as it can and never waits.
 * otls__run repeats it, and waits where the transport blocks. */
#ifndef OTLS_CORE_CONNECTION_H
#define OTLS_CORE_CONNECTION_H

#include "context/context.h"
#include "error.h"
#include "hello/gate.h"
#include "io/input.h"
#include "io/output.h"
#include "io/transport.h"
#include "x509/ocsp.h"

#define OTLS_RECORD_MAX   16384  /* bytes of data in one record (RFC 8446, section 5.1) */
#define OTLS_FEED_MAX     262144 /* bytes that may wait in memory, unread */
#define OTLS_QUEUE_HIGH   65536  /* output that waits: no more data is taken; what nobody asked for: no more is read */
#define OTLS_QUEUE_FLOOD  262144 /* what nobody asked for: fatal */
#define OTLS_IDLE_RECORDS 64     /* records without data that a peer may send in a row */

/* What the transport said last when it was read: the engine's own words for it are not listened to. */
typedef enum otls_input_end { OTLS_INPUT_MORE, OTLS_INPUT_BLOCKED, OTLS_INPUT_EOF, OTLS_INPUT_BROKEN } otls_input_end;

/* The peer's certificates and what was decided about them. */
typedef struct otls_peer {
	otls_certificate **chain; /* as sent, leaf first; NULL where one could not be parsed */
	otls_bytes *raw;          /* the same as they came */
	size_t count;
	bool told;      /* there is a chain, be it empty */
	bool by_engine; /* the engine told it: it came as far as the certificates */
	bool judged;
	bool asked;     /* by the engine, which then sends the alert */
	bool unpinned;  /* pins are set, and its key is none of them: nothing lifts that */
	bool overruled; /* whatever is wrong with it, the verify callback accepted it all */
	bool refused;
	int alert; /* of the refusal */
	otls_verify_outcome outcome;
	bool status_told; /* clients: what was stapled, or that nothing was, is known */
	otls_buffer staple;
	otls_ocsp_verdict status;
} otls_peer;

/* What a server's request for a certificate says, as far as the engine tells. */
typedef struct otls_certificate_request {
	otls_ca_list names;
	uint16_t *schemes; /* NULL: none */
	size_t scheme_count;
} otls_certificate_request;

/* A server's request for a certificate behind the handshake. */
typedef enum otls_late_auth {
	OTLS_LATE_IDLE,
	OTLS_LATE_ASKED, /* it is sent, or queued */
	OTLS_LATE_TOLD   /* the engine has told what the client has sent for it */
} otls_late_auth;

/* Where reading stands in the record that the engine is taking: tells records without data from others. */
typedef struct otls_record_count {
	uint8_t header[5];
	size_t have;      /* bytes of the header */
	size_t left;      /* bytes of the body */
	unsigned idle;    /* records begun since the last byte of data */
	unsigned fillers; /* those of them that say nothing even in a handshake: ChangeCipherSpec, alerts */
	uint8_t alert
	    [2]; /* of an alert in plain: some clients refuse a certificate so in TLS 1.3, where an engine that has keys
	                   * already can make nothing of it */
	size_t alert_have; /* 2: there was one */
} otls_record_count;

struct otls_connection {
	otls_context *ctx;
	otls_sealed *sealed;
	const otls_engine *engine;
	otls_role role; /* 0: not said yet */
	otls_state state;
	otls_error error;
	unsigned process;   /* otls__process when it was made */
	bool in_callback;   /* any: only getters may be called */
	bool in_servername; /* one of the two that may change the connection */
	bool in_staple;     /* the OCSP server callback, which may say what is stapled */
	bool in_choice;     /* the other: the client certificate callback */

	/* settings of its own */
	otls_peer_name peer_name; /* text "": none */
	bool skip_name_check;
	bool server_name_set;
	char server_name[256];
	bool verify_mode_set;
	uint64_t verify_mode;
	bool alpn_set;
	otls_alpn_list alpn;
	int timeout, handshake_timeout; /* milliseconds; -1: none */

	/* bytes */
	otls_transport transport;
	otls_input input;
	otls_output output;
	otls_gate gate;
	bool direct;      /* the engine's next output goes straight to the transport if nothing is queued */
	bool no_memory;   /* output was lost for want of memory: fatal */
	int output_errno; /* sending failed; 0: not */
	size_t feed_room; /* what feed_buffer has handed out */
	bool fed_eof;
	otls_input_end input_end;
	int input_errno;
	otls_record_count records;
	size_t unasked; /* bytes that reading made the engine queue, since the queue was last empty */
	uint8_t *look;  /* decrypted bytes that peek has shown: OTLS_RECORD_MAX of room */
	size_t look_at, look_len;

	/* handshake */
	otls_engine_connection *native;
	otls_engine_setup setup;
	bool status_asked;  /* client: for this connection */
	otls_buffer staple; /* server: what the callback gave; empty: nothing */
	uint16_t *suites;   /* server: what is left of the context's for this client; NULL: all of them */
	size_t suite_count;
	uint16_t *groups; /* server: the context's, the one to take first; NULL: as they are */
	size_t group_count;
	otls_identity *identity; /* what a callback chose; NULL: server: the context's own; client: none */
	otls_identity *former;   /* client: the one before, which the engine has until it takes the next */
	otls_native *own_native; /* what was built for it */
	bool callback_failed;    /* what signs, or chooses what is shown: error says why */
	bool hello_answered;     /* the server-name callback has said OK */
	bool alpn_answered;
	int refuse_alert;        /* -1: the default */
	otls_buffer alpn_offers; /* server: what the client offers, each name behind its length and before a NUL */
	otls_bytes alpn_choice;  /* server; a view into the gate's first hello */
	uint8_t alpn_wire[256];  /* the same behind its length, for the engine */
	otls_session *offer;     /* client: what is offered; then the latest one, or what was resumed */
	bool recalled;           /* peer is from memory: what the engine tells takes its place */
	bool resumed;
	bool session_came; /* client: a new one can be exported */
	uint32_t session_lifetime;
	int64_t started, deadline; /* of the handshake; deadline 0: not started */
	uint64_t handshake_microseconds;
	otls_peer peer;
	otls_certificate_request request; /* client: the latest */
	bool request_answered;            /* client: the handshake's own, by the callback */
	otls_late_auth auth;              /* server */
	bool auth_finished;               /* the client's Finished behind its answer is in */
	otls_engine_info info;
	uint8_t alpn_agreed[256]; /* NUL behind it */
	size_t alpn_agreed_len;

	uint64_t shutdown_bits;
	uint64_t closed_bits; /* those of them that were not only said, but happened */
	otls_status latest;   /* of the latest call that moves bytes */
	bool write_refused;   /* the latest write answered WANT_WRITE */
	uint64_t bytes_in, bytes_out;
	void *user_data;
	otls_free_fn free_user_data;
};

/* == run.c == */
/* Grows in every forked child: a connection of another process is refused. */
unsigned otls__process(void);

typedef otls_status (*otls_step)(otls_connection *conn, void *arg);

/* Runs a step: refuses where a call is not possible (NULL, failed, callback, fork), repeats and waits where the transport
 * blocks.  A step's ERROR that is not of category USAGE fails the connection. */
otls_status otls__run(otls_connection *conn, const char *function, otls_step step, void *arg);
/* The refusals alone, for calls that move nothing. */
otls_status otls__check(otls_connection *conn, const char *function);
/* The handshake's deadline has passed. */
bool otls__handshake_late(const otls_connection *conn);
/* Keeps the thread's record as the connection's; answers ERROR. */
otls_status otls__connection_fail(otls_connection *conn);

/* == host.c == */
extern const otls_host_calls otls__host_calls;

static inline otls_host *
otls__host(otls_connection *conn)
{
	return (otls_host *)conn;
}

/* Keeps the body of an alert in plain, when len bytes at data are of the record that is being counted. */
void otls__note_alert(otls_record_count *count, const uint8_t *data, size_t len);
/* The peer sends on and on, and nothing comes of it. */
bool otls__is_flood(const otls_connection *conn);
/* Sends what is queued, as far as the transport takes it.  OK: all of it; WANT_WRITE; ERROR: output_errno is set, and the
 * queue is dropped. */
otls_status otls__send_queued(otls_connection *conn);
/* Reads once from the transport into the input.  OK, WANT_READ, EOF, ERROR: input_end is set. */
otls_status otls__fill(otls_connection *conn);

/* == handshake.c, hello.c, offer.c == */
/* A step. */
otls_status otls__handshake_step(otls_connection *conn, void *arg);
/* Server: reads the hello, asks the callbacks, and builds the engine's connection from the outcome. */
otls_status otls__hello_step(otls_connection *conn);
/* Server: chooses the group, or takes out the suites that need one; handshake_failure: nothing is left. */
otls_status otls__offer_groups(otls_connection *conn);
/* Server: which certificate is shown to this client; handshake_failure: it has a use for none. */
otls_status otls__offer_identity(otls_connection *conn, otls_identity **identity);
/* The i-th of the peer's schemes; 0 after the last one. */
typedef uint16_t (*otls_scheme_at)(const otls_connection *conn, size_t i);
/* Whether the identity's key signs by a scheme that both sides have.  No schemes of the peer are known: by one of ours. */
bool otls__can_sign(
    const otls_connection *conn, const otls_identity *identity, uint16_t version, otls_scheme_at theirs);
/* Builds the engine's connection. */
otls_status otls__native_new(otls_connection *conn, otls_identity *identity);
/* Refuses before there is an engine, or while everything is still in plain: queues the alert.  Answers ERROR. */
otls_status otls__refuse_plain(otls_connection *conn, int alert);
/* The application protocols in force. */
otls_bytes otls__alpn_offered(const otls_connection *conn);
uint64_t otls__verify_mode(const otls_connection *conn);
/* What the mode asks of a client, in the handshake or behind it. */
otls_client_auth otls__client_auth(const otls_connection *conn);
/* What a handshake asks of a client. */
otls_client_auth otls__handshake_auth(const otls_connection *conn);

/* == resume.c == */
/* Client: the library's form of the session that is offered; empty: none, or it fits no longer. */
otls_status otls__offer_session(otls_connection *conn, otls_bytes *state);
/* Server: whether the ticket in the hello may be used. */
bool otls__may_resume(otls_connection *conn);
/* The handshake is over: what was resumed is what was allowed, and whose certificates these are is settled. */
otls_status otls__resume_settle(otls_connection *conn);
/* As host observe, of what is sent. */
void otls__message_sent(otls_connection *conn, otls_bytes message);
/* As host new_session. */
void otls__new_session(otls_connection *conn, otls_bytes ticket, uint32_t lifetime);
/* An engine's slot is over: tells the callback of a new session. */
void otls__session_settle(otls_connection *conn);

/* == client_certificate.c == */
/* A server asks for a certificate: keeps what it says, and chooses, or asks the callback.  As host choose_identity. */
otls_status otls__choose_identity(otls_connection *conn, const otls_bytes *names, size_t name_count,
    const uint16_t *schemes, size_t scheme_count, const otls_engine_identity **identity);
void otls__request_fini(otls_certificate_request *request);
/* Whether a key can sign by a scheme of ours that the server takes. */
bool otls__request_takes(const otls_connection *conn, const otls_identity *identity);
/* The engine has read: if that ended the answer to a request behind the handshake, there must be a verdict on it. */
otls_status otls__auth_settle(otls_connection *conn);

/* == verify_callback.c == */
/* Core's verdict has been made, with this store (NULL: none): looks for the pins, and asks the library's own verifier and
 * the verify callback, where that is wanted. */
void otls__peer_settle(otls_connection *conn, const otls_store *store);

/* == sign.c == */
/* As host sign. */
otls_status otls__sign(
    otls_connection *conn, void *which, uint16_t scheme, otls_bytes tbs, uint8_t *sig, size_t cap, size_t *len);

/* == staple.c == */
/* Server: asks the callback, if the client asks. */
otls_status otls__ask_staple(otls_connection *conn, const otls_identity *identity);
/* Server: gives the engine what is to be stapled. */
otls_status otls__give_staple(otls_connection *conn, const otls_identity *identity);
/* Client: whether a staple is asked for. */
bool otls__asks_status(const otls_connection *conn);
/* As host peer_status. */
otls_status otls__peer_status(otls_connection *conn, otls_bytes staple, int *alert);

/* == verdict.c == */
/* What the peer's chain is judged by. */
otls_verify_params otls__verify_params(const otls_connection *conn, const otls_store *store);
/* Takes the peer's chain as the engine tells it. */
void otls__peer_chain(otls_connection *conn, const otls_bytes *chain, size_t n);
/* The same from a session, before there is an engine. */
void otls__peer_recall(otls_connection *conn, const otls_bytes *chain, size_t n);
/* Judges it, once.  OK, or ERROR and *alert. */
otls_status otls__peer_judge(otls_connection *conn, int *alert);
void otls__peer_fini(otls_peer *peer);
/* Names the failure of an engine slot, from what core saw and then from the report; answers ERROR. */
otls_status otls__explain(otls_connection *conn, const otls_report *report, const char *what);
/* A callback that the engine asks by way of core gave nothing of use: keeps the thread's record, since the engine goes on
 * for a moment, and fails in words of its own.  Answers ERROR. */
otls_status otls__callback_failed(otls_connection *conn);
/* Sending failed: reads what has arrived, since an alert in it is the better reason.  Answers ERROR. */
otls_status otls__explain_send(otls_connection *conn);

#endif

/* A client and a server that meet, and meet again with the session of before. */
#ifndef OTLS_CONFORMANCE_RESUMPTION_H
#define OTLS_CONFORMANCE_RESUMPTION_H

#include "pair.h"

/* Shakes hands, offering a session (NULL: none), and lets the tickets come in.  NULL: it failed. */
struct pair *meet(struct run *run, otls_context *client, otls_context *server, const otls_session *session);
/* The session that the client has now; the run's own.  NULL: there is no pair, or no session. */
otls_session *keep_session(struct run *run, const struct pair *pair);
/* The session of a first meeting. */
otls_session *first_session(struct run *run, otls_context *client, otls_context *server);

/* Whether both sides say that it was resumed, or was not. */
bool check_reused(struct run *run, const struct pair *pair, bool reused);
/* The second meeting; NULL session: there was no first one, which is recorded. */
bool again(struct run *run, otls_context *client, otls_context *server, const otls_session *session, bool reused);

/* Who judges its peer. */
enum judge { BY_CLIENT, BY_SERVER };
/* The session may be offered, and is of no use: one side refuses the other for this reason, in a full handshake. */
bool is_judged(struct run *run, otls_context *client, otls_context *server, const otls_session *session,
    enum judge judge, otls_verify_reason reason);

#endif

/* What is told about a connection: as text, for people, and as JSON, for programs. */
#ifndef OTLS_TOOLS_FACTS_H
#define OTLS_TOOLS_FACTS_H

#include "client.h"
#include "json.h"

#include <stdio.h>

#define FACTS_TIME 32

/* "2026-01-31 12:00:00 UTC"; "?" for a time that no calendar has. */
void facts_time(int64_t unix_seconds, char out[FACTS_TIME]);
/* The reason and which certificate it is about: "HOSTNAME_MISMATCH, certificate 0"; "none": nothing to judge. */
void facts_verdict(const otls_connection *conn, char *out, size_t cap);
/* Prints text with everything but printable ASCII as "\x1b": it may come from the peer. */
void facts_put_safe(FILE *file, const char *text, size_t len);
/* The application protocol, as facts_put_safe has it; "none". */
void facts_alpn(const otls_connection *conn, char *out, size_t cap);

/* What a stapled OCSP response says: "good", "revoked", "none"; static. */
const char *facts_ocsp(const otls_connection *conn);

/* Some lines, or with verbose all that is known. */
void facts_print(FILE *file, const struct client_link *link, bool verbose);
/* Members of the object that is open: the connection, why it failed, and the certificates. */
void facts_put_json(struct json *out, const struct client_link *link);

#endif

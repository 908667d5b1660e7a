/* OmniTLS: one API for TLS over OpenSSL, wolfSSL and GnuTLS.
 *
 * This file holds the conventions that every other header relies on, and includes them all.
 *
 *	otls_context *ctx;                              settings: create once, share between threads
 *	otls_connection *conn;                          one TLS connection
 *
 *	if (otls_context_new(OTLS_METHOD_TLS_CLIENT, &ctx) ||
 *	    otls_connection_new_client(ctx, "www.example.org", &conn) ||
 *	    otls_connection_connect_host(conn, NULL, "443") ||
 *	    otls_connection_write_all(conn, request, strlen(request), NULL) ||
 *	    otls_connection_read(conn, buf, sizeof(buf), &len))
 *		fprintf(stderr, "%s\n", otls_error_message(otls_error_last()));
 *
 * NAMES     otls_<type>_<word>.  Getters have no "get_", setters have "set_".  Whatever weakens safety has
 *           "insecure" (or INSECURE) in its name.
 * RESULTS   A call that can fail returns otls_status and gives values through trailing pointers; on anything but
 *           OTLS_OK those are NULL or 0 (a write's count of bytes done is true on every status).  A call that
 *           cannot fail returns its value.  OTLS_OK is 0, so calls chain with ||.
 * ERRORS    otls_error_last() says why the latest failed call of this thread failed; a success does not touch it.
 *           otls_connection_error() is the connection's own error, kept for good once it has failed.
 * UNCHANGED A setter that fails changes nothing.  An error of category USAGE (wrong state, wrong argument,
 *           unsupported) changes nothing and kills nothing: the connection lives on.
 * POINTERS  NULL where the comment does not allow it is a USAGE error, never a crash.  Every free and every getter
 *           accepts a NULL object: the getter answers as if there were nothing (0, "", false, NULL).
 * OWNING    new, copy, ref, accept give you a reference; free drops it.  What a getter or a callback hands out is
 *           const and borrowed: ref keeps it.  What you hand in is copied or ref'd; an fd is taken only when the
 *           call is OK.
 * BORROWED  Text and bytes live as long as the object that they came from; static where the comment says so.
 * TEXT      UTF-8, NUL-terminated, never NULL: "" where there is none.
 * LISTS     thing_at(obj, i) answers NULL after the last one.
 * NUMBERS   size_t lengths, uint16_t IANA ids, int64_t Unix seconds, int milliseconds (-1: no limit), uint64_t
 *           bit sets.
 * CALLBACKS void *arg last.  0 refuses, 1 goes on and never weakens anything.  PENDING means "ask me again": the
 *           call that led here returns OTLS_WANT_CALLBACK, and the callback runs again when that call is
 *           repeated.  Inside a callback only getters, and what its page names, may be called.
 * THREADS   Contexts, stores and certificates may be shared between threads; a context or a store is set up by one
 *           thread at a time.  A connection belongs to one thread at a time.  A connection refuses to work in
 *           another process than the one that created it (fork): BAD_STATE.
 * ABI       Every type is opaque, no struct is public (engine.h excepted, which has sizes and versions), numbers
 *           are never changed or taken back, unknown output values must be expected.
 */
#ifndef OMNITLS_OMNITLS_H
#define OMNITLS_OMNITLS_H

#include <omnitls/backend.h>
#include <omnitls/certificate.h>
#include <omnitls/cipher.h>
#include <omnitls/connection.h>
#include <omnitls/context.h>
#include <omnitls/error.h>
#include <omnitls/ocsp.h>
#include <omnitls/session.h>
#include <omnitls/transport.h>
#include <omnitls/types.h>
#include <omnitls/verification.h>

#endif

#include "facts.h"

#include <string.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LABEL_WIDTH  12
#define MICROSECONDS 1000.0 /* in a millisecond */

/* == words == */
void
facts_time(int64_t unix_seconds, char out[FACTS_TIME])
{
	time_t seconds = (time_t)unix_seconds;
	struct tm utc = { 0 };

	if ((int64_t)seconds != unix_seconds || gmtime_r(&seconds, &utc) == NULL ||
	    strftime(out, FACTS_TIME, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0)
		strcpy(out, "?");
}

void
facts_put_safe(FILE *file, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] >= 0x20 && text[i] <= 0x7e)
			fputc(text[i], file);
		else
			fprintf(file, "\\x%02x", (unsigned char)text[i]);
	}
}

void
facts_alpn(const otls_connection *conn, char *out, size_t cap)
{
	size_t len = 0, at = 0;
	const char *alpn = otls_connection_alpn(conn, &len);

	snprintf(out, cap, "%s", len == 0 ? "none" : "");
	for (size_t i = 0; i < len && at + 5 < cap; i++) {
		bool printable = alpn[i] >= 0x20 && alpn[i] <= 0x7e;
		at += (size_t)snprintf(
		    out + at, cap - at, printable ? "%c" : "\\x%02x", printable ? alpn[i] : (unsigned char)alpn[i]);
	}
}

void
facts_verdict(const otls_connection *conn, char *out, size_t cap)
{
	int depth = -1, reason = otls_connection_verify_result(conn, &depth);

	if (otls_connection_peer_certificate(conn) == NULL)
		snprintf(out, cap, "none");
	else if (reason == OTLS_REASON_OK || depth < 0)
		snprintf(out, cap, "%s", otls_verify_reason_name(reason));
	else
		snprintf(out, cap, "%s, certificate %d", otls_verify_reason_name(reason), depth);
}

static double
milliseconds(const otls_connection *conn)
{
	return (double)otls_connection_stat(conn, OTLS_STAT_HANDSHAKE_MICROSECONDS) / MICROSECONDS;
}

static const char *
san_kind_name(otls_san_kind kind)
{
	static const char *const names[] = {
		[OTLS_SAN_DNS] = "DNS",
		[OTLS_SAN_EMAIL] = "email",
		[OTLS_SAN_URI] = "URI",
		[OTLS_SAN_IP] = "IP",
		[OTLS_SAN_DIRNAME] = "directory",
		[OTLS_SAN_OTHER] = "other",
	};

	return (size_t)kind < COUNT(names) && names[kind] != NULL ? names[kind] : "other";
}

static const char *
is_in_time(const otls_certificate *cert)
{
	int64_t now = (int64_t)time(NULL);

	if (now < otls_certificate_not_before(cert))
		return "not valid yet";
	return now > otls_certificate_not_after(cert) ? "expired" : "valid now";
}

/* == as text == */
static void
put_label(FILE *file, size_t indent, const char *label)
{
	fprintf(file, "%*s%-*s ", (int)indent, "", (int)(LABEL_WIDTH - indent), label);
}

static void
put_line(FILE *file, size_t indent, const char *label, const char *text)
{
	if (text[0] == '\0')
		return;
	put_label(file, indent, label);
	facts_put_safe(file, text, strlen(text));
	fputc('\n', file);
}

static void
put_names(FILE *file, const otls_certificate *cert)
{
	const char *name = NULL;
	size_t len = 0;

	for (size_t i = 0; (name = otls_certificate_san_at(cert, i, &len)) != NULL; i++) {
		if (i == 0)
			put_label(file, 2, "names");
		fprintf(file, "%s%s:", i > 0 ? ", " : "", san_kind_name(otls_certificate_san_kind(cert, i)));
		facts_put_safe(file, name, len);
	}
	if (otls_certificate_san_at(cert, 0, NULL) != NULL)
		fputc('\n', file);
}

static void
put_dates(FILE *file, const otls_certificate *cert)
{
	char from[FACTS_TIME], to[FACTS_TIME];

	facts_time(otls_certificate_not_before(cert), from);
	facts_time(otls_certificate_not_after(cert), to);
	put_label(file, 2, "dates");
	fprintf(file, "%s to %s: %s\n", from, to, is_in_time(cert));
}

static void
put_certificate(FILE *file, const otls_certificate *cert, size_t i)
{
	fprintf(file, "\ncertificate %zu%s\n", i, otls_certificate_is_ca(cert, NULL) ? ", an authority" : "");
	put_line(file, 2, "subject", otls_certificate_subject(cert));
	put_line(file, 2, "issuer", otls_certificate_issuer(cert));
	put_dates(file, cert);
	put_names(file, cert);
	put_label(file, 2, "key");
	fprintf(file, "%s, %d bits\n", otls_certificate_key_type(cert), otls_certificate_key_bits(cert));
	put_line(file, 2, "signature", otls_certificate_signature_algorithm(cert));
	put_line(file, 2, "serial", otls_certificate_serial(cert));
	put_line(file, 2, "SHA-256", otls_certificate_sha256(cert));
	put_line(file, 2, "pin", otls_certificate_spki_pin(cert));
}

/* The path that was judged, and what was found out about it. */
static void
put_checks(FILE *file, const struct client_link *link)
{
	const otls_certificate *cert = otls_connection_peer_certificate(link->conn);
	int reason = otls_connection_verify_result(link->conn, NULL);
	char verdict[96];

	fputs("\nchecks\n", file);
	for (size_t i = 0; otls_connection_verified_chain_at(link->conn, i) != NULL; i++)
		put_line(file, 2, i == 0 ? "path" : "signed by",
		    otls_certificate_subject(otls_connection_verified_chain_at(link->conn, i)));
	put_label(file, 2, "dates");
	fprintf(file, "%s\n", is_in_time(cert));
	put_label(file, 2, "name");
	fprintf(file, "it is %sfor %s\n", otls_certificate_matches_name(cert, link->name) ? "" : "not ", link->name);
	facts_verdict(link->conn, verdict, sizeof(verdict));
	put_label(file, 2, "verdict");
	fprintf(file, "%s: %s\n", verdict, otls_verify_reason_text(reason));
}

static void
put_peer(FILE *file, const struct client_link *link)
{
	const otls_certificate *cert = otls_connection_peer_certificate(link->conn);
	int reason = otls_connection_verify_result(link->conn, NULL);
	char verdict[96];

	if (cert == NULL)
		return;
	put_line(file, 0, "certificate", otls_certificate_subject(cert));
	put_line(file, 0, "issuer", otls_certificate_issuer(cert));
	facts_verdict(link->conn, verdict, sizeof(verdict));
	put_label(file, 0, "verified");
	if (reason == OTLS_REASON_OK)
		fprintf(file, "yes, for %s\n", link->name);
	else
		fprintf(file, "NO: %s: %s%s\n", verdict, otls_verify_reason_text(reason),
		    link->open ? " (not enforced: --insecure)" : "");
}

const char *
facts_ocsp(const otls_connection *conn)
{
	static const char *const words[] = {
		[OTLS_OCSP_NOT_JUDGED] = "not judged",
		[OTLS_OCSP_NONE] = "none",
		[OTLS_OCSP_GOOD] = "good",
		[OTLS_OCSP_REVOKED] = "revoked",
		[OTLS_OCSP_UNKNOWN] = "unknown",
		[OTLS_OCSP_INVALID] = "invalid",
	};

	return words[otls_connection_ocsp_status(conn)];
}

/* "good, from 2024-01-02T03:04:05Z until 2024-01-09T03:04:05Z", "invalid: the OCSP response expired on ..." */
static void
put_staple(FILE *file, const struct client_link *link)
{
	otls_ocsp_status status = otls_connection_ocsp_status(link->conn);
	int64_t next = otls_connection_ocsp_time(link->conn, OTLS_OCSP_NEXT_UPDATE);
	char from[FACTS_TIME], until[FACTS_TIME];

	if (link->options->ocsp == 0)
		return;
	put_label(file, 0, "OCSP");
	fputs(facts_ocsp(link->conn), file);
	if (status == OTLS_OCSP_GOOD) {
		facts_time(otls_connection_ocsp_time(link->conn, OTLS_OCSP_THIS_UPDATE), from);
		facts_time(next, until);
		fprintf(
		    file, ", from %s%s%s", from, next == INT64_MAX ? "" : " until ", next == INT64_MAX ? "" : until);
	} else if (status != OTLS_OCSP_NONE && otls_connection_ocsp_text(link->conn)[0] != '\0') {
		fprintf(file, ": %s", otls_connection_ocsp_text(link->conn));
	}
	putc('\n', file);
}

static void
put_connection(FILE *file, const struct client_link *link)
{
	char text[512];

	snprintf(text, sizeof(text), "%s port %s (%s)", link->options->host, link->options->service, link->address);
	put_line(file, 0, "server", text);
	snprintf(text, sizeof(text), "%s, %s", otls_backend_name(link->backend),
	    otls_backend_version_text(link->backend, OTLS_BACKEND_LIBRARY));
	put_line(file, 0, "backend", text);
	if (!link->open)
		return;
	put_line(file, 0, "version", otls_connection_version_name(link->conn));
	put_line(file, 0, "cipher", otls_cipher_name(otls_connection_cipher(link->conn)));
	put_line(file, 0, "group", otls_connection_group(link->conn));
	facts_alpn(link->conn, text, sizeof(text));
	put_line(file, 0, "ALPN", text);
}

void
facts_print(FILE *file, const struct client_link *link, bool verbose)
{
	const otls_certificate *cert = NULL;

	put_connection(file, link);
	put_peer(file, link);
	put_staple(file, link);
	if (!verbose)
		return;
	if (link->open) {
		put_label(file, 0, "handshake");
		fprintf(file, "%.3f ms\n", milliseconds(link->conn));
	}
	for (size_t i = 0; (cert = otls_connection_peer_chain_at(link->conn, i)) != NULL; i++)
		put_certificate(file, cert, i);
	if (otls_connection_peer_certificate(link->conn) != NULL)
		put_checks(file, link);
}

/* == as JSON == */
static void
json_text_or_null(struct json *out, const char *key, const char *text)
{
	if (text != NULL && text[0] != '\0')
		json_text(out, key, text);
	else
		json_null(out, key);
}

/* A number that -1 stands for none of. */
static void
json_index(struct json *out, const char *key, int number)
{
	if (number >= 0)
		json_number(out, key, (uint64_t)number);
	else
		json_null(out, key);
}

static void
json_time(struct json *out, const char *key, int64_t seconds)
{
	char text[FACTS_TIME];

	facts_time(seconds, text);
	json_text(out, key, text);
}

static void
json_names(struct json *out, const otls_certificate *cert)
{
	static const otls_san_kind kinds[] = {
		OTLS_SAN_DNS,
		OTLS_SAN_IP,
		OTLS_SAN_EMAIL,
		OTLS_SAN_URI,
		OTLS_SAN_DIRNAME,
		OTLS_SAN_OTHER,
	};
	const char *name = NULL;

	json_array(out, "names", JSON_TALL);
	for (size_t k = 0; k < COUNT(kinds); k++) {
		for (size_t i = 0; (name = otls_certificate_san_next(cert, kinds[k], &i)) != NULL;) {
			json_object(out, NULL, JSON_FLAT);
			json_text(out, "kind", san_kind_name(kinds[k]));
			json_text(out, "name", name);
			json_end(out);
		}
	}
	json_end(out);
}

static void
json_certificate(struct json *out, const otls_certificate *cert)
{
	json_object(out, NULL, JSON_TALL);
	json_text(out, "subject", otls_certificate_subject(cert));
	json_text(out, "issuer", otls_certificate_issuer(cert));
	json_text(out, "serial", otls_certificate_serial(cert));
	json_time(out, "not_before", otls_certificate_not_before(cert));
	json_time(out, "not_after", otls_certificate_not_after(cert));
	json_names(out, cert);
	json_bool(out, "authority", otls_certificate_is_ca(cert, NULL));
	json_text(out, "key_type", otls_certificate_key_type(cert));
	json_index(out, "key_bits", otls_certificate_key_bits(cert));
	json_text(out, "signature", otls_certificate_signature_algorithm(cert));
	json_text(out, "sha256", otls_certificate_sha256(cert));
	json_text(out, "pin", otls_certificate_spki_pin(cert));
	json_end(out);
}

static void
json_verdict(struct json *out, const struct client_link *link)
{
	int depth = -1, reason = otls_connection_verify_result(link->conn, &depth);
	const otls_certificate *cert = otls_connection_peer_certificate(link->conn);

	json_bool(out, "verified", cert != NULL && reason == OTLS_REASON_OK);
	json_bool(out, "insecure", link->options->insecure);
	if (cert == NULL) {
		json_null(out, "verdict");
		return;
	}
	json_object(out, "verdict", JSON_TALL);
	json_text(out, "reason", otls_verify_reason_name(reason));
	json_text(out, "text", otls_verify_reason_text(reason));
	json_index(out, "certificate", depth);
	json_text(out, "name", link->name);
	json_bool(out, "name_matches", otls_certificate_matches_name(cert, link->name));
	json_array(out, "path", JSON_TALL);
	for (size_t i = 0; otls_connection_verified_chain_at(link->conn, i) != NULL; i++)
		json_text(out, NULL, otls_certificate_subject(otls_connection_verified_chain_at(link->conn, i)));
	json_end(out);
	json_end(out);
}

static void
json_staple(struct json *out, const struct client_link *link)
{
	int64_t from = otls_connection_ocsp_time(link->conn, OTLS_OCSP_THIS_UPDATE);
	int64_t until = otls_connection_ocsp_time(link->conn, OTLS_OCSP_NEXT_UPDATE);

	if (link->options->ocsp == 0) {
		json_null(out, "ocsp");
		return;
	}
	json_object(out, "ocsp", JSON_TALL);
	json_text(out, "status", facts_ocsp(link->conn));
	json_text(out, "text", otls_connection_ocsp_text(link->conn));
	if (from != INT64_MIN)
		json_time(out, "this_update", from);
	if (until != INT64_MIN && until != INT64_MAX)
		json_time(out, "next_update", until);
	json_end(out);
}

static void
json_failure(struct json *out, const struct client_failure *failure)
{
	if (failure->status == 0) {
		json_null(out, "error");
		return;
	}
	json_object(out, "error", JSON_TALL);
	json_text(out, "code", otls_code_name(failure->code));
	json_text(out, "message", failure->message);
	json_text(out, "reason", otls_verify_reason_name(failure->reason));
	json_index(out, "certificate", failure->depth);
	json_text_or_null(out, "alert", failure->alert >= 0 ? otls_alert_name(failure->alert) : NULL);
	json_bool(out, "alert_sent", failure->alert_sent);
	json_end(out);
}

static void
json_agreed(struct json *out, const struct client_link *link)
{
	const otls_connection *conn = link->open ? link->conn : NULL;
	size_t len = 0;
	char alpn[1024];

	otls_connection_alpn(conn, &len);
	facts_alpn(conn, alpn, sizeof(alpn));
	json_text_or_null(out, "version", conn != NULL ? otls_connection_version_name(conn) : NULL);
	json_text_or_null(out, "cipher", otls_cipher_name(otls_connection_cipher(conn)));
	json_text_or_null(out, "group", otls_connection_group(conn));
	json_text_or_null(out, "alpn", len > 0 ? alpn : NULL);
	json_text_or_null(out, "server_name", otls_connection_server_name(link->conn));
	if (conn != NULL)
		json_real(out, "handshake_ms", milliseconds(conn));
	else
		json_null(out, "handshake_ms");
	json_number(out, "bytes_in", otls_connection_stat(conn, OTLS_STAT_BYTES_IN));
	json_number(out, "bytes_out", otls_connection_stat(conn, OTLS_STAT_BYTES_OUT));
}

void
facts_put_json(struct json *out, const struct client_link *link)
{
	const otls_certificate *cert = NULL;

	json_text(out, "backend", otls_backend_name(link->backend));
	json_text(out, "library", otls_backend_version_text(link->backend, OTLS_BACKEND_LIBRARY));
	json_text_or_null(out, "address", link->address);
	json_number(out, "status", (uint64_t)link->failure.status);
	json_failure(out, &link->failure);
	json_agreed(out, link);
	json_verdict(out, link);
	json_staple(out, link);
	json_array(out, "chain", JSON_TALL);
	for (size_t i = 0; (cert = otls_connection_peer_chain_at(link->conn, i)) != NULL; i++)
		json_certificate(out, cert);
	json_end(out);
}

/* The scripted engine. */
#include "fake_engine.h"

#include <stdio.h>
#include <string.h>

fake_script fake;

const char fake_certificate_pem[] = "-----BEGIN CERTIFICATE-----\n"
				    "MIIB0DCCAXWgAwIBAgIUT+lDf9PRLu4xC/SC6UTWxlgWPfgwCgYIKoZIzj0EAwIw\n"
				    "FzEVMBMGA1UEAwwMZmFrZS5leGFtcGxlMCAXDTI2MTEyMDIwNTA1NVoYDzIxMjYx\n"
				    "MDI3MjA1MDU1WjAXMRUwEwYDVQQDDAxmYWtlLmV4YW1wbGUwWTATBgcqhkjOPQIB\n"
				    "BggqhkjOPQMBBwNCAAQb4o98brPcCTXVf/n7Lj4htaDYgvlnr5ryY5eAv68c8nfH\n"
				    "0oaDaltj6LdZ8LRzE2c8k5gR572yfHMJTdMMlhE/o4GcMIGZMB0GA1UdDgQWBBTL\n"
				    "XIA+hO10DRVSC71k6npr7QCW3DAfBgNVHSMEGDAWgBTLXIA+hO10DRVSC71k6npr\n"
				    "7QCW3DAPBgNVHRMBAf8EBTADAQH/MBcGA1UdEQQQMA6CDGZha2UuZXhhbXBsZTAd\n"
				    "BgNVHSUEFjAUBggrBgEFBQcDAQYIKwYBBQUHAwIwDgYDVR0PAQH/BAQDAgKEMAoG\n"
				    "CCqGSM49BAMCA0kAMEYCIQDO4V1XmunKzzxRGMS4X91VEh8xU9NGo1nfHdyzLWBb\n"
				    "cwIhAMZg0WuI6DtllJcQ0Aq/N45tz7e647cyhVp9uQVD6WLy\n"
				    "-----END CERTIFICATE-----\n";

const char fake_key_pem[] = "-----BEGIN PRIVATE KEY-----\n"
			    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgNpZixf99fkK61XJm\n"
			    "EnOzAclLZ5vzH+FHcZcO5hVIzTChRANCAAQb4o98brPcCTXVf/n7Lj4htaDYgvln\n"
			    "r5ryY5eAv68c8nfH0oaDaltj6LdZ8LRzE2c8k5gR572yfHMJTdMMlhE/\n"
			    "-----END PRIVATE KEY-----\n";

/* The public half of that key. */
static const uint8_t spki[] = {
	0x30,
	0x59,
	0x30,
	0x13,
	0x06,
	0x07,
	0x2a,
	0x86,
	0x48,
	0xce,
	0x3d,
	0x02,
	0x01,
	0x06,
	0x08,
	0x2a,
	0x86,
	0x48,
	0xce,
	0x3d,
	0x03,
	0x01,
	0x07,
	0x03,
	0x42,
	0x00,
	0x04,
	0x1b,
	0xe2,
	0x8f,
	0x7c,
	0x6e,
	0xb3,
	0xdc,
	0x09,
	0x35,
	0xd5,
	0x7f,
	0xf9,
	0xfb,
	0x2e,
	0x3e,
	0x21,
	0xb5,
	0xa0,
	0xd8,
	0x82,
	0xf9,
	0x67,
	0xaf,
	0x9a,
	0xf2,
	0x63,
	0x97,
	0x80,
	0xbf,
	0xaf,
	0x1c,
	0xf2,
	0x77,
	0xc7,
	0xd2,
	0x86,
	0x83,
	0x6a,
	0x5b,
	0x63,
	0xe8,
	0xb7,
	0x59,
	0xf0,
	0xb4,
	0x73,
	0x13,
	0x67,
	0x3c,
	0x93,
	0x98,
	0x11,
	0xe7,
	0xbd,
	0xb2,
	0x7c,
	0x73,
	0x09,
	0x4d,
	0xd3,
	0x0c,
	0x96,
	0x11,
	0x3f,
};

void
fake_script_reset(void)
{
	memset(&fake, 0, sizeof(fake));
}

const otls_backend *
fake_backend(void)
{
	if (otls_backend_find(fake_engine.name) == NULL && otls_backend_register(&fake_engine) != OTLS_OK)
		return NULL;
	return otls_backend_find(fake_engine.name);
}

static otls_status
report_failure(otls_report *report, otls_code code, const char *function)
{
	report->code = code;
	report->entries = 1;
	snprintf(report->entry[0].library, sizeof(report->entry[0].library), "Fake");
	snprintf(report->entry[0].function, sizeof(report->entry[0].function), "%s", function);
	snprintf(report->entry[0].reason, sizeof(report->entry[0].reason), "the script says so");
	return OTLS_ERROR;
}

/* == identity == */

static otls_status
fake_init(otls_report *report)
{
	(void)report;
	return OTLS_OK;
}

static const char *
fake_version_text(otls_backend_text which)
{
	return which == OTLS_BACKEND_LIBRARY ? "Fake 1.0" : "";
}

static uint32_t
fake_version_number(void)
{
	return 0x01000000;
}

static bool
fake_has(otls_capability capability)
{
	return capability == OTLS_CAP_TLS1_3 || capability == OTLS_CAP_KEY_CALLBACK ||
	       capability == OTLS_CAP_OCSP_CLIENT ||
	       ((capability == OTLS_CAP_SIGN_PENDING || capability == OTLS_CAP_CHOICE_PENDING) && !fake.cannot_wait);
}

static uint64_t
fake_limit(otls_limit which)
{
	return which == OTLS_LIMIT_ALPN_NAME_BYTES ? 31 : 0;
}

static bool
fake_supports(otls_kind kind, uint16_t id)
{
	return kind != OTLS_KIND_VERSION || id == OTLS_TLS1_3;
}

/* == crypto: shapes alone == */

static otls_status
fake_verify(otls_bytes key, const otls_signature_algorithm *algorithm, otls_bytes tbs, otls_bytes signature,
    otls_report *report)
{
	(void)key;
	(void)algorithm;
	(void)tbs;
	(void)signature;
	return fake.bad_signatures ? report_failure(report, OTLS_E_VERIFY, "verify") : OTLS_OK;
}

static otls_status
fake_hash(otls_hash hash, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	uint32_t sum = 2166136261u;

	(void)hash;
	(void)report;
	for (size_t i = 0; i < n; i++)
		for (size_t at = 0; at < parts[i].len; at++)
			sum = (sum ^ parts[i].data[at]) * 16777619u;
	for (size_t i = 0; i < 32; i++)
		out[i] = (uint8_t)(sum >> (i % 4 * 8));
	*len = 32;
	return OTLS_OK;
}

static otls_status
fake_hmac(
    otls_hash hash, otls_bytes key, const otls_bytes *parts, size_t n, uint8_t *out, size_t *len, otls_report *report)
{
	(void)key;
	return fake_hash(hash, parts, n, out, len, report);
}

struct otls_engine_key {
	int loaded;
	void *signer;
	uint8_t public[512]; /* of a key that is elsewhere */
	size_t public_len;
};

static otls_status
fake_key_remote(otls_engine_key *key, otls_bytes public, void *signer, otls_report *report)
{
	if (public.len > sizeof(key->public))
		return report_failure(report, OTLS_E_LIMIT, "key_remote");
	key->signer = signer;
	key->public_len = public.len;
	memcpy(key->public, public.data, public.len);
	return OTLS_OK;
}

static otls_status
fake_key_load(otls_engine_key *key, otls_key_form form, otls_bytes data, otls_report *report)
{
	(void)form, (void)data, (void)report;
	key->loaded = 1;
	return OTLS_OK;
}

static otls_status
fake_key_spki(const otls_engine_key *key, uint8_t *out, size_t cap, size_t *len, otls_report *report)
{
	const uint8_t *public = key->signer != NULL ? key->public : spki;

	*len = key->signer != NULL ? key->public_len : sizeof(spki);
	if (cap < *len)
		return report_failure(report, OTLS_E_LIMIT, "key_spki");
	memcpy(out, public, *len);
	return OTLS_OK;
}

static otls_status
fake_key_sign(const otls_engine_key *key, uint16_t scheme, otls_bytes tbs, uint8_t *out, size_t cap, size_t *len,
    otls_report *report)
{
	(void)key;
	(void)scheme;
	(void)tbs;
	(void)out;
	(void)cap;
	*len = 0;
	return report_failure(report, OTLS_E_UNSUPPORTED, "key_sign");
}

static void
fake_key_fini(otls_engine_key *key)
{
	(void)key;
}

/* == contexts == */

struct otls_engine_context {
	const otls_engine_config *config;
};

static otls_status
fake_context_init(otls_engine_context *ctx, const otls_engine_config *config, otls_report *report)
{
	ctx->config = config;
	return fake.context_fails ? report_failure(report, OTLS_E_BACKEND, "context_init") : OTLS_OK;
}

static void
fake_context_fini(otls_engine_context *ctx)
{
	(void)ctx;
}

/* == records == */

typedef enum stage { STAGE_HELLO, STAGE_SIGN, STAGE_CHAIN, STAGE_CHOICE, STAGE_FINISHED, STAGE_DONE } stage;

struct otls_engine_connection {
	const otls_engine_config *config;
	const otls_engine_setup *setup;
	const otls_host_calls *calls;
	otls_host *host;
	stage stage;
	bool started;
	uint8_t record[5 + 16640]; /* the one that is coming in */
	size_t have;
	uint8_t data[16384]; /* of the one that was read last */
	size_t data_at, data_len;
	char alpn[256];
	size_t alpn_len;
};

size_t
fake_record(uint8_t *out, char kind, const void *data, size_t len)
{
	out[0] = 23;
	out[1] = 3;
	out[2] = 3;
	out[3] = (uint8_t)((len + 1) >> 8);
	out[4] = (uint8_t)(len + 1);
	out[5] = (uint8_t)kind;
	if (len > 0)
		memcpy(out + 6, data, len);
	return len + 6;
}

static otls_status
send_record(otls_engine_connection *conn, char kind, const void *data, size_t len)
{
	uint8_t record[6 + 16384];

	return conn->calls->send(conn->host, record, fake_record(record, kind, data, len));
}

static otls_status
fill_to(otls_engine_connection *conn, size_t want)
{
	otls_status status;
	size_t len;

	while (conn->have < want) {
		status = conn->calls->recv(conn->host, conn->record + conn->have, want - conn->have, &len);
		if (status != OTLS_OK)
			return status;
		conn->have += len;
	}
	return OTLS_OK;
}

/* One whole record: its body and length.  EOF is the transport's. */
static otls_status
read_record(otls_engine_connection *conn, const uint8_t **body, size_t *len, otls_report *report)
{
	otls_status status = fill_to(conn, 5);

	*len = 0;
	if (status == OTLS_OK)
		status = fill_to(conn, 5 + (size_t)(conn->record[3] << 8 | conn->record[4]));
	if (status == OTLS_WANT_READ)
		return status;
	if (status != OTLS_OK)
		return report_failure(report, OTLS_E_RECORD, "recv");
	*body = conn->record + 5;
	*len = conn->have - 5;
	conn->have = 0;
	return OTLS_OK;
}

/* == hellos == */

typedef struct hello {
	uint8_t bytes[1024];
	size_t len;
} hello;

static void
put(hello *h, const void *data, size_t len)
{
	memcpy(h->bytes + h->len, data, len);
	h->len += len;
}

static void
put16(hello *h, size_t value)
{
	put(h, (const uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2);
}

static void
put_extension(hello *h, uint16_t type, const void *data, size_t len)
{
	put16(h, type);
	put16(h, len);
	put(h, data, len);
}

/* Fills in the lengths of the record, of the message, and of the extensions that begin at the mark. */
static void
finish_hello(hello *h, size_t extensions)
{
	h->bytes[3] = (uint8_t)((h->len - 5) >> 8);
	h->bytes[4] = (uint8_t)(h->len - 5);
	h->bytes[7] = (uint8_t)((h->len - 9) >> 8);
	h->bytes[8] = (uint8_t)(h->len - 9);
	h->bytes[extensions] = (uint8_t)((h->len - extensions - 2) >> 8);
	h->bytes[extensions + 1] = (uint8_t)(h->len - extensions - 2);
}

static void
put_server_name(hello *h, const char *name)
{
	uint8_t data[5 + 255];
	size_t len = strlen(name);

	if (len == 0)
		return;
	data[0] = (uint8_t)((len + 3) >> 8);
	data[1] = (uint8_t)(len + 3);
	data[2] = 0;
	data[3] = (uint8_t)(len >> 8);
	data[4] = (uint8_t)len;
	memcpy(data + 5, name, len);
	put_extension(h, 0, data, len + 5);
}

static void
put_alpn(hello *h, otls_bytes list)
{
	uint8_t data[512];

	if (list.len == 0)
		return;
	data[0] = (uint8_t)(list.len >> 8);
	data[1] = (uint8_t)list.len;
	memcpy(data + 2, list.data, list.len);
	put_extension(h, 16, data, list.len + 2);
}

static otls_status
send_client_hello(otls_engine_connection *conn)
{
	static const uint8_t groups[] = { 0, 2, 0, 0x17 }, schemes[] = { 0, 2, 4, 3 }, versions[] = { 2, 3, 4 };
	static const uint8_t share[] = { 0, 5, 0, 0x17, 0, 1, 4 };
	hello h = { .bytes = { 22, 3, 1, 0, 0, 1, 0, 0, 0, 3, 3 }, .len = 11 };
	uint8_t random[32];
	size_t extensions;

	memset(random, 'c', sizeof(random));
	put(&h, random, sizeof(random));
	put(&h, "\0\0\2\x13\1\1", 7); /* no session id, one suite, no compression: the last byte is the NUL */
	extensions = h.len;
	put16(&h, 0);
	put_server_name(&h, conn->setup->server_name);
	put_alpn(&h, conn->setup->alpn);
	put_extension(&h, 10, groups, sizeof(groups));
	put_extension(&h, 13, schemes, sizeof(schemes));
	put_extension(&h, 43, versions, sizeof(versions));
	put_extension(&h, 51, share, sizeof(share));
	finish_hello(&h, extensions);
	return conn->calls->send(conn->host, h.bytes, h.len);
}

static otls_status
send_server_hello(otls_engine_connection *conn)
{
	static const uint8_t version[] = { 3, 4 }, share[] = { 0, 0x17, 0, 1, 4 };
	hello h = { .bytes = { 22, 3, 3, 0, 0, 2, 0, 0, 0, 3, 3 }, .len = 11 };
	uint8_t random[32];
	size_t extensions;

	memset(random, 's', sizeof(random));
	put(&h, random, sizeof(random));
	put(&h, "\0\x13\1\0", 4);
	extensions = h.len;
	put16(&h, 0);
	put_extension(&h, 43, version, sizeof(version));
	put_extension(&h, 51, share, sizeof(share));
	finish_hello(&h, extensions);
	return conn->calls->send(conn->host, h.bytes, h.len);
}

/* == the handshake == */

static otls_status
serve(otls_engine_connection *conn)
{
	const otls_engine_identity *identity = conn->config->identity;
	otls_bytes alpn = conn->setup->alpn;
	otls_status status = send_server_hello(conn);

	conn->alpn_len = alpn.len > 0 ? alpn.len - 1 : 0;
	memcpy(conn->alpn, fake.wrong_alpn ? (const uint8_t *)"wrong" : alpn.data + 1, conn->alpn_len);
	if (status == OTLS_OK)
		status = send_record(conn, 'P', conn->alpn, conn->alpn_len);
	if (status == OTLS_OK)
		status = send_record(conn, 'C', identity->chain[0].data, identity->chain[0].len);
	return status == OTLS_OK && !fake.forgets_finished ? send_record(conn, 'F', NULL, 0) : status;
}

/* A key that is elsewhere is asked for a signature, of which nobody takes notice, and is asked again where it is to be
 * waited for. */
static otls_status
sign_and_serve(otls_engine_connection *conn, otls_report *report)
{
	static const uint8_t digest[32] = { 1 };
	void *signer = conn->config->identity->key->signer;
	otls_status status = OTLS_OK;
	uint8_t signature[256];
	size_t len = 0;

	if (signer != NULL)
		status = conn->calls->sign(conn->host, signer, 0x0403, (otls_bytes){ digest, sizeof(digest) },
		    signature, sizeof(signature), &len);
	if (status != OTLS_OK)
		return status == OTLS_ERROR ? report_failure(report, OTLS_E_BACKEND, "sign") : status;
	conn->stage = STAGE_FINISHED;
	return serve(conn);
}

static otls_status
ask_status(otls_engine_connection *conn, int *alert)
{
	otls_status status = OTLS_OK;

	for (unsigned i = 0; status == OTLS_OK && i < fake.asks_status; i++)
		status = conn->calls->peer_status(conn->host, (otls_bytes){ NULL, 0 }, alert);
	return status;
}

/* The server's certificate, as a client sees it. */
static otls_status
take_chain(otls_engine_connection *conn, const uint8_t *der, size_t len, otls_report *report)
{
	otls_bytes chain = { der, len };
	uint8_t fatal[1];
	int alert = 80;

	if (fake.forgets_chain)
		return report_failure(report, OTLS_E_HANDSHAKE, "chain");
	conn->calls->peer_chain(conn->host, &chain, 1);
	if (fake.status_first && ask_status(conn, &alert) != OTLS_OK)
		return report_failure(report, OTLS_E_VERIFY, "peer_status");
	if (fake.fails_after_chain)
		return report_failure(report, OTLS_E_HANDSHAKE, "chain");
	if ((fake.skips_verify || conn->calls->verify_peer(conn->host, &alert) == OTLS_OK) &&
	    ask_status(conn, &alert) == OTLS_OK)
		return OTLS_OK;
	fatal[0] = (uint8_t)alert;
	report->alert = alert;
	report->alert_sent = true;
	send_record(conn, 'A', fatal, 1);
	return report_failure(report, OTLS_E_VERIFY, "verify_peer");
}

static otls_status
take_record(otls_engine_connection *conn, const uint8_t *body, size_t len, otls_report *report)
{
	bool client = conn->config->role == OTLS_ROLE_CLIENT;

	if (conn->stage == STAGE_HELLO) {
		conn->stage = client ? STAGE_CHAIN : STAGE_SIGN;
		return OTLS_OK;
	}
	switch (body[0]) {
	case 'P':
		conn->alpn_len = len - 1;
		memcpy(conn->alpn, body + 1, len - 1);
		return OTLS_OK;
	case 'C':
		return take_chain(conn, body + 1, len - 1, report);
	case 'F':
		conn->stage = client ? STAGE_CHOICE : STAGE_DONE;
		return OTLS_OK;
	case 'A':
		report->alert = body[1];
		return report_failure(report, OTLS_E_ALERT_RECEIVED, "alert");
	default:
		return report_failure(report, OTLS_E_HANDSHAKE, "unexpected record");
	}
}

static otls_status
choose(otls_engine_connection *conn, otls_report *report)
{
	otls_status status = OTLS_OK;

	for (unsigned i = 0; i < fake.asks_identity && status == OTLS_OK; i++)
		status = conn->calls->choose_identity(
		    conn->host, fake.names, fake.name_count, fake.schemes, fake.scheme_count, &fake.shown);
	return status == OTLS_ERROR ? report_failure(report, OTLS_E_BACKEND, "choose_identity") : status;
}

/* The client's last word; what it shows stays with it. */
static otls_status
finish(otls_engine_connection *conn, otls_report *report)
{
	otls_status status = choose(conn, report);

	if (status != OTLS_OK)
		return status;
	conn->stage = STAGE_DONE;
	return send_record(conn, 'F', NULL, 0);
}

static otls_status
fake_handshake(otls_engine_connection *conn, otls_report *report)
{
	otls_status status = OTLS_OK;
	const uint8_t *body;
	size_t len;

	if (fake.handshake_fails != OTLS_E_NONE)
		return report_failure(report, fake.handshake_fails, "handshake");
	if (!conn->started && conn->config->role == OTLS_ROLE_CLIENT)
		status = send_client_hello(conn);
	conn->started = true;
	while (status == OTLS_OK && conn->stage != STAGE_DONE) {
		if (conn->stage == STAGE_SIGN) {
			status = sign_and_serve(conn, report);
			continue;
		}
		if (conn->stage == STAGE_CHOICE) {
			status = finish(conn, report);
			continue;
		}
		status = read_record(conn, &body, &len, report);
		if (status == OTLS_OK)
			status = take_record(conn, body, len, report);
	}
	return status;
}

/* == connections == */

static otls_status
fake_connection_init(otls_engine_connection *conn, otls_engine_context *ctx, const otls_engine_setup *setup,
    const otls_host_calls *calls, otls_host *host, otls_report *report)
{
	conn->config = ctx->config;
	conn->setup = setup;
	conn->calls = calls;
	conn->host = host;
	return fake.init_fails != OTLS_E_NONE ? report_failure(report, fake.init_fails, "connection_init") : OTLS_OK;
}

static void
fake_connection_fini(otls_engine_connection *conn)
{
	(void)conn;
}

static otls_status
take_data(otls_engine_connection *conn, otls_report *report)
{
	uint8_t answer[1024] = { 0 };
	const uint8_t *body;
	otls_status status;
	size_t len;

	status = read_record(conn, &body, &len, report);
	if (status != OTLS_OK)
		return status;
	for (size_t left = fake.answers; left > 0; left -= left < sizeof(answer) ? left : sizeof(answer))
		if (conn->calls->send(conn->host, answer, left < sizeof(answer) ? left : sizeof(answer)) != OTLS_OK)
			return report_failure(report, OTLS_E_MEMORY, "send");
	if (len > 1 && body[0] == 'A') {
		report->alert = body[1];
		return body[1] == 0 ? OTLS_EOF : report_failure(report, OTLS_E_ALERT_RECEIVED, "alert");
	}
	if (len == 0 || (body[0] != 'D' && body[0] != 'K'))
		return report_failure(report, OTLS_E_RECORD, "unexpected record");
	if (conn->config->role == OTLS_ROLE_CLIENT && (status = choose(conn, report)) != OTLS_OK)
		return status;
	conn->data_at = 0;
	conn->data_len = body[0] == 'D' ? len - 1 : 0;
	memcpy(conn->data, body + 1, conn->data_len);
	return OTLS_OK;
}

static otls_status
fake_read(otls_engine_connection *conn, void *buf, size_t cap, size_t *len, otls_report *report)
{
	otls_status status = OTLS_OK;

	*len = 0;
	if (fake.read_fails != OTLS_E_NONE)
		return report_failure(report, fake.read_fails, "read");
	if (conn->data_at == conn->data_len)
		status = take_data(conn, report);
	if (status != OTLS_OK)
		return status;
	*len = conn->data_len - conn->data_at < cap ? conn->data_len - conn->data_at : cap;
	memcpy(buf, conn->data + conn->data_at, *len);
	conn->data_at += *len;
	return *len > 0 ? OTLS_OK : fake_read(conn, buf, cap, len, report);
}

static size_t
fake_pending(const otls_engine_connection *conn)
{
	return conn->data_len - conn->data_at;
}

static otls_status
fake_write(otls_engine_connection *conn, const void *buf, size_t len, otls_report *report)
{
	if (fake.write_fails != OTLS_E_NONE)
		return report_failure(report, fake.write_fails, "write");
	return send_record(conn, 'D', buf, len);
}

static otls_status
fake_close_notify(otls_engine_connection *conn, otls_report *report)
{
	(void)report;
	return send_record(conn, 'A', "", 1);
}

static void
fake_info(const otls_engine_connection *conn, otls_engine_info *info)
{
	info->version = fake.claims_version != 0 ? fake.claims_version : OTLS_TLS1_3;
	info->suite = 0x1301;
	info->group = 0x0017;
	info->peer_scheme = conn->config->role == OTLS_ROLE_CLIENT ? fake.peer_scheme : 0;
	info->alpn = (otls_bytes){ (const uint8_t *)conn->alpn, conn->alpn_len };
}

const otls_engine fake_engine = {
	.size = sizeof(otls_engine),
	.version = OTLS_ENGINE_VERSION,
	.name = "fake",
	.library = "Fake",
	.context_size = sizeof(otls_engine_context),
	.connection_size = sizeof(otls_engine_connection),
	.key_size = sizeof(otls_engine_key),
	.init = fake_init,
	.version_text = fake_version_text,
	.version_number = fake_version_number,
	.has = fake_has,
	.limit = fake_limit,
	.supports = fake_supports,
	.verify_signature = fake_verify,
	.hash = fake_hash,
	.hmac = fake_hmac,
	.key_load = fake_key_load,
	.key_spki = fake_key_spki,
	.key_sign = fake_key_sign,
	.key_fini = fake_key_fini,
	.key_remote = fake_key_remote,
	.verify_digest = fake_verify,
	.context_init = fake_context_init,
	.context_fini = fake_context_fini,
	.connection_init = fake_connection_init,
	.connection_fini = fake_connection_fini,
	.handshake = fake_handshake,
	.read = fake_read,
	.pending = fake_pending,
	.write = fake_write,
	.close_notify = fake_close_notify,
	.info = fake_info,
};

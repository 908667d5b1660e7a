/* Files that are none, on every backend: what every call that reads one says about it, by name and with the reason, and that
 * none waits, reads without end, or takes what is too large into memory. */
#include "backend.h"
#include "bad_input.h"
#include "engine_material.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const otls_backend *backend;
static char directory[] = "/tmp/otls-test-XXXXXX";

/* == the calls == */

static otls_context *
new_context(otls_method method)
{
	otls_context *ctx = NULL;

	assert_int_equal(otls_context_new_with(backend, method, &ctx), OTLS_OK);
	return ctx;
}

static otls_status
load_verify(const char *path)
{
	otls_context *ctx = new_context(OTLS_METHOD_TLS_CLIENT);
	otls_status status = otls_context_load_verify_locations(ctx, path, NULL);

	otls_context_free(ctx);
	return status;
}

static otls_status
load_client_ca(const char *path)
{
	otls_context *ctx = new_context(OTLS_METHOD_TLS_SERVER);
	otls_status status = otls_context_load_client_ca(ctx, path);

	otls_context_free(ctx);
	return status;
}

static otls_status
store_file(const char *path)
{
	otls_store *store = NULL;
	otls_status status = otls_store_new(&store);

	if (status == OTLS_OK)
		status = otls_store_add_file(store, path);
	otls_store_free(store);
	return status;
}

static otls_status
store_crl(const char *path)
{
	otls_store *store = NULL;
	otls_status status = otls_store_new(&store);

	if (status == OTLS_OK)
		status = otls_store_add_crl_file(store, path);
	otls_store_free(store);
	return status;
}

static otls_status
certificate(const char *path, otls_filetype type)
{
	otls_certificate *cert = NULL;
	otls_status status = otls_certificate_new_file(path, type, &cert);

	otls_certificate_free(cert);
	return status;
}

static otls_status
certificate_pem(const char *path)
{
	return certificate(path, OTLS_FILETYPE_PEM);
}

static otls_status
certificate_der(const char *path)
{
	return certificate(path, OTLS_FILETYPE_ASN1);
}

static otls_status
use_certificate(const char *path)
{
	otls_context *ctx = new_context(OTLS_METHOD_TLS_SERVER);
	otls_status status = otls_context_use_certificate_file(ctx, path, OTLS_FILETYPE_PEM);

	otls_context_free(ctx);
	return status;
}

static otls_status
use_chain(const char *path)
{
	otls_context *ctx = new_context(OTLS_METHOD_TLS_SERVER);
	otls_status status = otls_context_use_certificate_chain_file(ctx, path);

	otls_context_free(ctx);
	return status;
}

static otls_status
use_key(const char *path, otls_filetype type)
{
	otls_context *ctx = new_context(OTLS_METHOD_TLS_SERVER);
	otls_status status = otls_context_use_private_key_file(ctx, path, type);

	otls_context_free(ctx);
	return status;
}

static otls_status
use_key_pem(const char *path)
{
	return use_key(path, OTLS_FILETYPE_PEM);
}

static otls_status
use_key_der(const char *path)
{
	return use_key(path, OTLS_FILETYPE_ASN1);
}

static otls_status
use_pair(const char *path)
{
	otls_context *ctx = new_context(OTLS_METHOD_TLS_SERVER);
	otls_status status = otls_context_use_key_pair_file(ctx, path, path);

	otls_context_free(ctx);
	return status;
}

static otls_status
use_pkcs12(const char *path)
{
	otls_context *ctx = new_context(OTLS_METHOD_TLS_SERVER);
	otls_status status = otls_context_use_pkcs12_file(ctx, path, "secret");

	otls_context_free(ctx);
	return status;
}

static otls_status
set_staple(const char *path)
{
	otls_context *ctx = new_context(OTLS_METHOD_TLS_SERVER);
	otls_status status = otls_context_set_ocsp_response_file(ctx, path);

	otls_context_free(ctx);
	return status;
}

static const struct call {
	const char *name;
	otls_status (*read)(const char *path);
	int capability; /* that it needs; -1: none */
} calls[] = {
	{ "load_verify_locations", load_verify, -1 },
	{ "load_client_ca", load_client_ca, -1 },
	{ "store_add_file", store_file, -1 },
	{ "store_add_crl_file", store_crl, -1 },
	{ "certificate_new_file, PEM", certificate_pem, -1 },
	{ "certificate_new_file, DER", certificate_der, -1 },
	{ "use_certificate_file", use_certificate, -1 },
	{ "use_certificate_chain_file", use_chain, -1 },
	{ "use_private_key_file, PEM", use_key_pem, -1 },
	{ "use_private_key_file, DER", use_key_der, -1 },
	{ "use_key_pair_file", use_pair, -1 },
	{ "use_pkcs12_file", use_pkcs12, OTLS_CAP_KEY_DECRYPT },
	{ "set_ocsp_response_file", set_staple, OTLS_CAP_OCSP_SERVER },
};

static bool
is_supported(const struct call *call)
{
	return call->capability < 0 || otls_backend_engine(backend)->has((otls_capability)call->capability);
}

/* == the files == */

static const char *
path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void
write_file(const char *name, otls_bytes bytes)
{
	FILE *file = fopen(path_of(name), "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
	assert_int_equal(fclose(file), 0);
}

/* Three gigabytes, none of which is there. */
static void
make_sparse(const char *name)
{
	write_file(name, RAW("-----BEGIN CERTIFICATE-----\n"));
	assert_int_equal(truncate(path_of(name), (off_t)3 << 30), 0);
}

static void
expect(const struct call *call, const char *path, otls_code code, const char *says)
{
	const char *text;
	otls_status status;

	bad_meter_start();
	status = call->read(path);
	otls__alloc_meter = NULL;
	text = otls_error_message(otls_error_last());
	if (status != OTLS_ERROR)
		fail_msg("%s: %s is read", call->name, path);
	if (otls_error_code(otls_error_last()) != code || strstr(text, path) == NULL || strstr(text, says) == NULL)
		fail_msg("%s, %s: \"%s\" wanted: %s", call->name, path, says, text);
}

static void
expect_by_all(const char *path, otls_code code, const char *says)
{
	for (size_t i = 0; i < OTLS_COUNT(calls); i++)
		if (is_supported(&calls[i]))
			expect(&calls[i], path, code, says);
}

/* == what is no file to read == */

static void
no_files(void **state)
{
	(void)state;
	write_file("empty", NOTHING);
	assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
	assert_int_equal(symlink("loop", path_of("loop")), 0);
	expect_by_all(path_of("missing"), OTLS_E_FILE, "No such file");
	expect_by_all(path_of("empty/below"), OTLS_E_FILE, "Not a directory");
	expect_by_all(directory, OTLS_E_FILE, "Is a directory");
	expect_by_all(path_of("empty"), OTLS_E_FILE, "the file is empty");
	expect_by_all("/dev/null", OTLS_E_FILE, "the file is empty");
	expect_by_all(path_of("loop"), OTLS_E_FILE, "");
	/* Nobody writes to it: it is not waited for. */
	expect_by_all(path_of("pipe"), OTLS_E_FILE, "the file is empty");
}

static void
unreadable(void **state)
{
	bool root = geteuid() == 0; /* who may read everything, and is somebody else for a while */

	(void)state;
	write_file("closed", RAW("x"));
	assert_int_equal(chmod(path_of("closed"), 0), 0);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	expect_by_all(path_of("closed"), OTLS_E_FILE, "Permission denied");
	if (root)
		assert_int_equal(seteuid(0), 0);
}

/* More than anything that is read may be: seen by its size, or, where there is none, when too much has come. */
static void
too_large(void **state)
{
	(void)state;
	make_sparse("sparse");
	for (size_t i = 0; i < OTLS_COUNT(calls); i++) {
		if (!is_supported(&calls[i]))
			continue;
		expect(&calls[i], path_of("sparse"), OTLS_E_LIMIT, "larger than ");
		assert_true(bad_asked < 65536);
		expect(&calls[i], "/dev/zero", OTLS_E_LIMIT, "larger than ");
		assert_true(bad_asked < (size_t)64 << 20); /* the limit, on the way to which memory is doubled */
	}
}

/* == what holds something else == */

static uint8_t *
decode(const char *base64, size_t *len)
{
	uint8_t *out = malloc(strlen(base64));
	uint32_t bits = 0;
	unsigned held = 0;

	assert_non_null(out);
	for (*len = 0; *base64 != '\0' && *base64 != '='; base64++) {
		static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
		bits = bits << 6 | (uint32_t)(strchr(digits, *base64) - digits);
		if ((held += 6) >= 8)
			out[(*len)++] = (uint8_t)(bits >> (held -= 8));
	}
	return out;
}

static void
write_der(const char *name, const char *base64)
{
	size_t len = 0;
	uint8_t *der = decode(base64, &len);

	write_file(name, otls__bytes(der, len));
	free(der);
}

/* One block between two texts. */
static void
write_pem(
    const char *name, const char *before, const char *label, const char *base64, const char *end, const char *after)
{
	FILE *file = fopen(path_of(name), "wb");

	assert_non_null(file);
	fprintf(file, "%s-----BEGIN %s-----%s", before, label, end);
	for (; *base64 != '\0'; base64 += strlen(base64) < 64 ? strlen(base64) : 64)
		fprintf(file, "%.64s%s", base64, end);
	fprintf(file, "-----END %s-----%s", label, after);
	assert_int_equal(fclose(file), 0);
}

static void
garbage(void **state)
{
	uint8_t bytes[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + (i >> 3) * 31 + 1);
	write_file("garbage", otls__bytes(bytes, sizeof(bytes)));
	write_file("text", RAW("This is a text, and nothing else.\n"));
	expect_by_all(path_of("garbage"), OTLS_E_FORMAT, "");
	expect_by_all(path_of("text"), OTLS_E_FORMAT, "");
}

static const struct call *
find_call(const char *name)
{
	for (size_t i = 0; i < OTLS_COUNT(calls); i++)
		if (strcmp(calls[i].name, name) == 0)
			return &calls[i];
	fail_msg("no call %s", name);
	return NULL;
}

static void
other_form(void **state)
{
	static const struct row {
		const char *call, *file, *says;
	} rows[] = {
		{ "load_verify_locations", "ca.der", "this is DER, not PEM" },
		{ "load_client_ca", "ca.der", "this is DER, not PEM" },
		{ "store_add_file", "ca.der", "this is DER, not PEM" },
		{ "certificate_new_file, PEM", "ca.der", "this is DER, not PEM" },
		{ "certificate_new_file, DER", "ca.pem", "this is PEM, not DER" },
		{ "use_certificate_file", "ca.der", "this is DER, not PEM" },
		{ "use_certificate_chain_file", "ca.der", "this is DER, not PEM" },
		{ "use_private_key_file, PEM", "key.der", "this is DER, not PEM" },
		{ "use_private_key_file, DER", "key.pem", "this is PEM, not DER" },
		{ "use_private_key_file, DER", "ca.der", "this is a certificate" },
		{ "use_private_key_file, PEM", "ca.pem", "no private key in it, but a certificate" },
		{ "use_pkcs12_file", "key.pem", "this is PEM, not PKCS#12" },
		{ "use_pkcs12_file", "key.der", "no PKCS#12 file: a version that is not known at byte " },
		{ "use_pkcs12_file", "ca.der", "no PKCS#12 file: another tag than there should be at byte 4" },
		{ "store_add_crl_file", "ca.pem", "no X509 CRL block in it" },
		{ "store_add_crl_file", "ca.der", "not a revocation list: " },
		{ "load_verify_locations", "key.pem", "line 1: a PRIVATE KEY among trusted certificates" },
		{ "use_certificate_chain_file", "key.pem", "no CERTIFICATE block in it" },
	};

	(void)state;
	write_der("ca.der", certificate_ca);
	write_der("key.der", key_ec);
	write_pem("ca.pem", "", "CERTIFICATE", certificate_ca, "\n", "\n");
	write_pem("key.pem", "", "PRIVATE KEY", key_ec, "\n", "\n");
	for (size_t i = 0; i < OTLS_COUNT(rows); i++)
		if (is_supported(find_call(rows[i].call)))
			expect(find_call(rows[i].call), path_of(rows[i].file), OTLS_E_FORMAT, rows[i].says);
	/* Their twins. */
	assert_int_equal(load_verify(path_of("ca.pem")), OTLS_OK);
	assert_int_equal(certificate_der(path_of("ca.der")), OTLS_OK);
	assert_int_equal(use_key_pem(path_of("key.pem")), OTLS_OK);
	assert_int_equal(use_key_der(path_of("key.der")), OTLS_OK);
}

/* == PEM in all its ways == */

static void
read_ca(const char *what)
{
	otls_certificate *cert = NULL;

	if (otls_certificate_new_file(path_of("x.pem"), OTLS_FILETYPE_PEM, &cert) != OTLS_OK)
		fail_msg("%s: %s", what, otls_error_message(otls_error_last()));
	assert_string_equal(otls_certificate_subject(cert), "CN=Engine test CA,O=OmniTLS");
	otls_certificate_free(cert);
	assert_int_equal(load_verify(path_of("x.pem")), OTLS_OK);
}

/* RFC 7468, section 2: parsers bear with much. */
static void
pem_accepted(void **state)
{
	static const struct row {
		const char *what, *before, *end, *after;
	} rows[] = {
		{ "LF", "", "\n", "\n" },
		{ "CR LF", "", "\r\n", "\r\n" },
		{ "CR", "", "\r", "\r" },
		{ "no final newline", "", "\n", "" },
		{ "text around it", "Subject: x\nIssuer: y\n\n", "\n", "\nand more\n" },
		{ "a byte order mark", "\xef\xbb\xbf", "\n", "\n" },
		{ "blanks at the ends", "", " \t\n", "  \n" },
		{ "empty lines", "\n\n", "\n", "\n\n\n" },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		write_pem("x.pem", rows[i].before, "CERTIFICATE", certificate_ca, rows[i].end, rows[i].after);
		read_ca(rows[i].what);
	}
	write_pem("x.pem", "", "X509 CERTIFICATE", certificate_ca, "\n", "\n");
	read_ca("an old label");
}

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END   "-----END CERTIFICATE-----\n"

static void
pem_refused(void **state)
{
	static const struct row {
		const char *text, *says;
	} rows[] = {
		{ "-----BEGIN CERT-----\nMAA=\n-----END CERT-----\n", "no CERTIFICATE block in it" },
		{ BEGIN "MAA=\n-----END X509 CRL-----\n",
		    "line 3: END X509 CRL, but the block began as CERTIFICATE on line 1" },
		{ BEGIN "MAA=\n", "line 1: BEGIN CERTIFICATE without an END line" },
		{ "\n" END, "line 2: an END line without its BEGIN line" },
		{ BEGIN "MAA=\n" BEGIN "MAA=\n" END, "line 3: a BEGIN line inside of a block that has no END line" },
		{ BEGIN "MAA=\n-----END CERTIFICATE----\n", "line 3: a damaged END line" },
		{ "-----BEGIN CERTIFICATE----\nMAA=\n" END, "line 1: a damaged BEGIN line" },
		{ BEGIN "MA A=\n" END, "line 2: not BASE64" },
		{ BEGIN "MAA\n" END, "line 3: the BASE64 above this line is cut short" },
		{ BEGIN "MAA==\n" END, "line 2: not BASE64" },
		{ BEGIN "MA=A\n" END, "line 2: not BASE64" },
		{ BEGIN "MAB=\n" END, "line 2: not BASE64" },
		{ BEGIN "=\n" END, "line 2: not BASE64" },
		{ BEGIN "MAA=MAA=\n" END, "line 2: not BASE64" },
		{ BEGIN "MA-_\n" END, "line 2: not BASE64" },
		{ BEGIN "M\xc3\xa4==\n" END, "line 2: not BASE64" },
		{ BEGIN END, "line 2: the BASE64 above this line is cut short" },
		{ BEGIN "MAA=\n" END, "line 1: byte 2 of the certificate: the data ends too early" },
		{ BEGIN "Proc-Type: 4,ENCRYPTED\n\nMAA=\n" END, "line 1: an encrypted certificate" },
		{ "-----BEGIN TRUSTED CERTIFICATE-----\nMAA=\n-----END TRUSTED CERTIFICATE-----\n",
		    "line 1: a TRUSTED CERTIFICATE block" },
	};
	static const char *const names[] = { "load_verify_locations", "load_client_ca", "store_add_file",
		"certificate_new_file, PEM", "use_certificate_file", "use_certificate_chain_file",
		"use_key_pair_file" };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		write_file("x.pem", otls__bytes(rows[i].text, strlen(rows[i].text)));
		for (size_t j = 0; j < OTLS_COUNT(names); j++)
			expect(find_call(names[j]), path_of("x.pem"), OTLS_E_FORMAT, rows[i].says);
	}
}

/* What a shell's <(command) gives: a pipe by a name, which is read to its end. */
static void
pipe_with_content(void **state)
{
	static char pem[4096];
	char path[32];
	int ends[2];
	FILE *file;
	size_t len;

	(void)state;
	write_pem("x.pem", "", "CERTIFICATE", certificate_ca, "\n", "\n");
	file = fopen(path_of("x.pem"), "rb");
	assert_non_null(file);
	len = fread(pem, 1, sizeof(pem), file);
	fclose(file);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], pem, len), len);
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	assert_int_equal(load_verify(path), OTLS_OK);
	close(ends[0]);
}

/* == running == */

static int
make_directory(void **state)
{
	(void)state;
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	return mkdtemp(directory) == NULL ? -1 : 0;
}

static int
remove_directory(void **state)
{
	static const char *const names[] = { "empty", "pipe", "loop", "closed", "sparse", "garbage", "text", "ca.der",
		"key.der", "ca.pem", "key.pem", "x.pem" };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(names); i++)
		remove(path_of(names[i]));
	return rmdir(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_files),
		cmocka_unit_test(unreadable),
		cmocka_unit_test(too_large),
		cmocka_unit_test(garbage),
		cmocka_unit_test(other_form),
		cmocka_unit_test(pem_accepted),
		cmocka_unit_test(pem_refused),
		cmocka_unit_test(pipe_with_content),
	};
	int failures = 0;

	for (size_t i = 0; (backend = otls_backend_at(i)) != NULL; i++)
		if (otls_backend_engine(backend) != NULL)
			failures += cmocka_run_group_tests_name(
			    otls_backend_name(backend), tests, make_directory, remove_directory);
	return failures;
}

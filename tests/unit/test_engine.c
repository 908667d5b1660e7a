/* What every engine promises in omnitls/engine.h, for each engine that is built and for every pair of them.
 * Tests ask for capabilities, never for names. */
#include "backend.h"
#include "engine_pair.h"

#include "engine_material.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define ALERT_UNKNOWN_CA           48
#define ALERT_CERTIFICATE_EXPIRED  45
#define ALERT_CERTIFICATE_REQUIRED 116
#define ALERT_HANDSHAKE_FAILURE    40
#define ALERT_BAD_STATUS           113

/* What one test runs with. */
typedef struct row {
	const otls_engine *engine, *server; /* server NULL: a test of one engine */
	uint16_t version;
	char name[96];
} row;

static otls_report
new_report(void)
{
	return (otls_report){ .alert = -1 };
}

static otls_bytes
text_bytes(const char *text)
{
	return otls__bytes(text, strlen(text));
}

static void
free_material_bytes(otls_bytes bytes)
{
	otls__free((void *)(uintptr_t)bytes.data);
}

static bool
holds(otls_bytes all, otls_bytes part)
{
	for (size_t i = 0; i + part.len <= all.len; i++) {
		if (memcmp(all.data + i, part.data, part.len) == 0)
			return true;
	}
	return false;
}

static size_t
from_hex(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned value = 0;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &value), 1);
		out[i] = (uint8_t)value;
	}
	return n;
}

/* == one engine == */

static void
table_is_sound(void **state)
{
	const row *r = *state;

	const char *defect = otls__engine_defect(r->engine);
	if (defect != NULL)
		print_message("defect: %s\n", defect);
	assert_null(defect);
	assert_string_not_equal(r->engine->version_text(OTLS_BACKEND_LIBRARY), "");
	assert_string_not_equal(r->engine->version_text(OTLS_BACKEND_BUILT_WITH), "");
	assert_non_null(r->engine->version_text(OTLS_BACKEND_DIR));
	assert_true(r->engine->version_number() >= 0x01000000);
	assert_int_equal(r->engine->version_number() & 0xff, 0);
}

static void
supports_the_basics(void **state)
{
	static const uint16_t suites[] = { 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9 };
	static const uint16_t groups[] = { 0x0017, 0x0018, 0x0019, 0x001d };
	static const uint16_t schemes[] = { 0x0403, 0x0503, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0807 };
	const otls_engine *engine = ((const row *)*state)->engine;

	assert_true(engine->supports(OTLS_KIND_VERSION, 0x0303));
	assert_true(engine->supports(OTLS_KIND_VERSION, 0x0304));
	assert_false(engine->supports(OTLS_KIND_VERSION, 0x0300));
	assert_false(engine->supports(OTLS_KIND_VERSION, 0x0305));
	for (size_t i = 0; i < OTLS_COUNT(suites); i++)
		assert_true(engine->supports(OTLS_KIND_SUITE, suites[i]));
	for (size_t i = 0; i < OTLS_COUNT(groups); i++)
		assert_true(engine->supports(OTLS_KIND_GROUP, groups[i]));
	for (size_t i = 0; i < OTLS_COUNT(schemes); i++)
		assert_true(engine->supports(OTLS_KIND_SCHEME, schemes[i]));
	assert_false(engine->supports(OTLS_KIND_SUITE, 0x5600)); /* TLS_FALLBACK_SCSV is no suite */
	assert_false(engine->supports(OTLS_KIND_SUITE, 0x0000));
	assert_false(engine->supports(OTLS_KIND_GROUP, 0xffff));
	assert_false(engine->supports(OTLS_KIND_SCHEME, 0xffff));
}

/* RFC 1321, FIPS 180-4: digests of "abc". */
static void
hashes(void **state)
{
	static const struct {
		otls_hash hash;
		const char *hex;
	} rows[] = {
		{ OTLS_HASH_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ OTLS_HASH_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ OTLS_HASH_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
				    "8086072ba1e7cc2358baeca134c825a7" },
		{ OTLS_HASH_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
				    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
	};
	const otls_engine *engine = ((const row *)*state)->engine;
	otls_bytes parts[] = { text_bytes("a"), text_bytes(""), text_bytes("bc") };

	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		uint8_t want[OTLS_HASH_MAX];
		uint8_t got[OTLS_HASH_MAX] = { 0 };
		otls_report report = new_report();
		size_t len = 0;

		assert_int_equal(engine->hash(rows[i].hash, parts, OTLS_COUNT(parts), got, &len, &report), OTLS_OK);
		assert_int_equal(len, from_hex(rows[i].hex, want));
		assert_memory_equal(got, want, len);
	}
}

static void
hash_of_nothing_and_of_no_kind(void **state)
{
	const otls_engine *engine = ((const row *)*state)->engine;
	uint8_t want[OTLS_HASH_MAX];
	uint8_t got[OTLS_HASH_MAX];
	otls_report report = new_report();
	size_t len = 0;

	(void)from_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", want);
	assert_int_equal(engine->hash(OTLS_HASH_SHA256, NULL, 0, got, &len, &report), OTLS_OK);
	assert_int_equal(len, 32);
	assert_memory_equal(got, want, 32);
	assert_int_equal(engine->hash(OTLS_HASH_NONE, NULL, 0, got, &len, &report), OTLS_ERROR);
	assert_int_not_equal(report.code, OTLS_E_NONE);
}

/* RFC 4231, test cases 2 and 6 (a key longer than a block), and an empty key. */
static void
hmacs(void **state)
{
	uint8_t long_key[131];
	const otls_engine *engine = ((const row *)*state)->engine;
	otls_bytes two[] = { text_bytes("what do ya want "), text_bytes("for nothing?") };
	otls_bytes six[] = { text_bytes("Test Using Larger Than Block-Size Key - Hash Key First") };
	struct {
		otls_bytes key;
		const otls_bytes *parts;
		size_t n;
		otls_hash hash;
		const char *hex;
	} rows[] = {
		{ text_bytes("Jefe"), two, 2, OTLS_HASH_SHA256,
		    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ text_bytes("Jefe"), two, 2, OTLS_HASH_SHA384,
		    "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
		    "8e2240ca5e69e2c78b3239ecfab21649" },
		{ otls__bytes(long_key, sizeof(long_key)), six, 1, OTLS_HASH_SHA256,
		    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
		{ text_bytes(""), NULL, 0, OTLS_HASH_SHA256,
		    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
	};

	memset(long_key, 0xaa, sizeof(long_key));
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		uint8_t want[OTLS_HASH_MAX];
		uint8_t got[OTLS_HASH_MAX] = { 0 };
		otls_report report = new_report();
		size_t len = 0;

		assert_int_equal(
		    engine->hmac(rows[i].hash, rows[i].key, rows[i].parts, rows[i].n, got, &len, &report), OTLS_OK);
		assert_int_equal(len, from_hex(rows[i].hex, want));
		assert_memory_equal(got, want, len);
	}
}

/* The GCM specification's test cases 14 and 16. */
static void
aead(void **state)
{
	const otls_engine *engine = ((const row *)*state)->engine;
	uint8_t key[32] = { 0 };
	uint8_t nonce[12] = { 0 };
	uint8_t aad[20], plain[64], want[80], sealed[80], opened[64];
	otls_report report = new_report();
	size_t n = 0;

	if (!engine->has(OTLS_CAP_AEAD))
		skip();
	memset(plain, 0, 16);
	(void)from_hex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919", want);
	assert_int_equal(
	    engine->aead_seal(key, nonce, otls__bytes(NULL, 0), otls__bytes(plain, 16), sealed, &report), OTLS_OK);
	assert_memory_equal(sealed, want, 32);

	(void)from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", key);
	(void)from_hex("cafebabefacedbaddecaf888", nonce);
	(void)from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2", aad);
	n = from_hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
		     "b16aedf5aa0de657ba637b39",
	    plain);
	(void)from_hex(
	    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
	    "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
	    want);
	assert_int_equal(
	    engine->aead_seal(key, nonce, otls__bytes(aad, 20), otls__bytes(plain, n), sealed, &report), OTLS_OK);
	assert_memory_equal(sealed, want, n + 16);
	assert_int_equal(
	    engine->aead_open(key, nonce, otls__bytes(aad, 20), otls__bytes(sealed, n + 16), opened, &report), OTLS_OK);
	assert_memory_equal(opened, plain, n);
}

static void
aead_refuses(void **state)
{
	const otls_engine *engine = ((const row *)*state)->engine;
	uint8_t key[32] = { 1 };
	uint8_t nonce[12] = { 2 };
	uint8_t sealed[48], opened[32];
	otls_bytes aad = text_bytes("header");

	if (!engine->has(OTLS_CAP_AEAD))
		skip();
	for (size_t at = 0; at < sizeof(sealed); at += 11) {
		otls_report report = new_report();

		memset(opened, 7, sizeof(opened));
		assert_int_equal(engine->aead_seal(key, nonce, aad, otls__bytes(opened, 32), sealed, &report), OTLS_OK);
		sealed[at] ^= 1;
		assert_int_equal(
		    engine->aead_open(key, nonce, aad, otls__bytes(sealed, 48), opened, &report), OTLS_ERROR);
		sealed[at] ^= 1;
		assert_int_equal(
		    engine->aead_open(key, nonce, text_bytes("other"), otls__bytes(sealed, 48), opened, &report),
		    OTLS_ERROR);
		assert_int_equal(
		    engine->aead_open(key, nonce, aad, otls__bytes(sealed, 15), opened, &report), OTLS_ERROR);
		assert_int_equal(engine->aead_open(key, nonce, aad, otls__bytes(sealed, 48), opened, &report), OTLS_OK);
	}
}

/* == keys == */

static otls_engine_key *
load_key(const otls_engine *engine, otls_key_form form, otls_bytes data, const char *passphrase, otls_code *code)
{
	otls_engine_key *key = otls__alloc(engine->key_size);
	otls_report report = new_report();

	assert_non_null(key);
	*code = OTLS_E_NONE;
	if (engine->key_load(key, form, data, passphrase, &report) == OTLS_OK)
		return key;
	*code = report.code;
	assert_int_not_equal(*code, OTLS_E_NONE);
	engine->key_fini(key);
	otls__free(key);
	return NULL;
}

static otls_engine_key *
load_base64(const otls_engine *engine, otls_key_form form, const char *base64, const char *passphrase, otls_code *code)
{
	otls_bytes der = material_bytes(base64);
	otls_engine_key *key = load_key(engine, form, der, passphrase, code);

	free_material_bytes(der);
	return key;
}

static void
free_key(const otls_engine *engine, otls_engine_key *key)
{
	if (key == NULL)
		return;
	engine->key_fini(key);
	otls__free(key);
}

static size_t
spki_of(const otls_engine *engine, const otls_engine_key *key, uint8_t *out, size_t cap)
{
	otls_report report = new_report();
	size_t len = 0;

	assert_int_equal(engine->key_spki(key, out, cap, &len, &report), OTLS_OK);
	return len;
}

/* Every form of a key has the public half that stands in its certificate. */
static void
key_forms(void **state)
{
	static const struct {
		otls_key_form form;
		const char *data, *passphrase, *certificate;
		bool pem;
	} rows[] = {
		{ OTLS_KEY_PKCS8, key_ec, NULL, certificate_ec, false },
		{ OTLS_KEY_PKCS8, key_rsa, NULL, certificate_rsa, false },
		{ OTLS_KEY_SEC1, key_ec_sec1, NULL, certificate_ec, false },
		{ OTLS_KEY_PKCS1, key_rsa_pkcs1, NULL, certificate_rsa, false },
		{ OTLS_KEY_PKCS8_ENCRYPTED, key_ec_encrypted, "secret", certificate_ec, false },
		{ OTLS_KEY_PKCS8_ENCRYPTED, key_rsa_encrypted, "secret", certificate_rsa, false },
		{ OTLS_KEY_PEM_ENCRYPTED, pem_ec, "secret", certificate_ec, true },
		{ OTLS_KEY_PEM_ENCRYPTED, pem_rsa, "secret", certificate_rsa, true },
		{ OTLS_KEY_PEM_ENCRYPTED, pem_rsa_3des, "secret", certificate_rsa, true },
	};
	const otls_engine *engine = ((const row *)*state)->engine;

	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_code code = OTLS_E_NONE;
		otls_engine_key *key = rows[i].pem
					   ? load_key(engine, rows[i].form, text_bytes(rows[i].data),
						 rows[i].passphrase, &code)
					   : load_base64(engine, rows[i].form, rows[i].data, rows[i].passphrase, &code);
		otls_bytes certificate = material_bytes(rows[i].certificate);
		uint8_t spki[1024];
		size_t len = 0;

		if (key == NULL)
			print_message("row %zu: code %d\n", i, (int)code);
		assert_non_null(key);
		len = spki_of(engine, key, spki, sizeof(spki));
		assert_true(holds(certificate, otls__bytes(spki, len)));
		free_key(engine, key);
		free_material_bytes(certificate);
	}
}

static void
key_spki_wants_room(void **state)
{
	const otls_engine *engine = ((const row *)*state)->engine;
	otls_code code = OTLS_E_NONE;
	otls_engine_key *key = load_base64(engine, OTLS_KEY_PKCS8, key_ec, NULL, &code);
	otls_report report = new_report();
	uint8_t spki[256];
	size_t len = 0;

	assert_int_equal(engine->key_spki(key, spki, 10, &len, &report), OTLS_ERROR);
	assert_int_equal(report.code, OTLS_E_LIMIT);
	assert_int_equal(len, spki_of(engine, key, spki, sizeof(spki)));
	free_key(engine, key);
}

static void
wrong_passphrases(void **state)
{
	static const char *const wrong[] = { "", "Secret", "secret ", "x" };
	const otls_engine *engine = ((const row *)*state)->engine;
	otls_code code = OTLS_E_NONE;

	for (size_t i = 0; i < OTLS_COUNT(wrong); i++) {
		assert_null(load_base64(engine, OTLS_KEY_PKCS8_ENCRYPTED, key_ec_encrypted, wrong[i], &code));
		assert_int_equal(code, OTLS_E_PASSPHRASE);
		assert_null(load_base64(engine, OTLS_KEY_PKCS8_ENCRYPTED, key_rsa_encrypted, wrong[i], &code));
		assert_int_equal(code, OTLS_E_PASSPHRASE);
		assert_null(load_key(engine, OTLS_KEY_PEM_ENCRYPTED, text_bytes(pem_ec), wrong[i], &code));
		assert_int_equal(code, OTLS_E_PASSPHRASE);
		assert_null(load_key(engine, OTLS_KEY_PEM_ENCRYPTED, text_bytes(pem_rsa), wrong[i], &code));
		assert_int_equal(code, OTLS_E_PASSPHRASE);
	}
}

/* A key cut short, with a byte behind it, of another form, and no key at all. */
static void
malformed_keys(void **state)
{
	const otls_engine *engine = ((const row *)*state)->engine;
	otls_code code = OTLS_E_NONE;
	otls_bytes der = material_bytes(key_rsa);
	otls_bytes certificate = material_bytes(certificate_ec);

	assert_null(load_key(engine, OTLS_KEY_PKCS8, otls__bytes(der.data, der.len - 1), NULL, &code));
	assert_int_equal(code, OTLS_E_FORMAT);
	assert_null(load_key(engine, OTLS_KEY_PKCS8, otls__bytes(der.data, der.len / 2), NULL, &code));
	assert_int_equal(code, OTLS_E_FORMAT);
	assert_null(load_key(engine, OTLS_KEY_PKCS8, certificate, NULL, &code));
	assert_int_equal(code, OTLS_E_FORMAT);
	assert_null(load_key(engine, OTLS_KEY_PKCS1, certificate, NULL, &code));
	assert_int_equal(code, OTLS_E_FORMAT);
	assert_null(load_key(engine, OTLS_KEY_SEC1, certificate, NULL, &code));
	assert_int_equal(code, OTLS_E_FORMAT);
	assert_null(load_key(engine, OTLS_KEY_PKCS8_ENCRYPTED, certificate, "secret", &code));
	assert_int_equal(code, OTLS_E_FORMAT);
	assert_null(load_key(engine, OTLS_KEY_PKCS8, text_bytes("0"), NULL, &code));
	assert_int_equal(code, OTLS_E_FORMAT);
	free_material_bytes(der);
	free_material_bytes(certificate);
}

static void
generated_keys(void **state)
{
	static const struct {
		otls_key_kind kind;
		uint16_t scheme;
	} rows[] = { { OTLS_KEY_EC_P256, 0x0403 }, { OTLS_KEY_ED25519, 0x0807 }, { OTLS_KEY_RSA_2048, 0x0804 } };
	const otls_engine *engine = ((const row *)*state)->engine;

	if (!engine->has(OTLS_CAP_GENERATE_KEY))
		skip();
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		uint8_t der[4096], signature[1024];
		otls_report report = new_report();
		otls_engine_key *key = NULL;
		otls_code code = OTLS_E_NONE;
		size_t len = 0;

		assert_int_equal(engine->key_generate(rows[i].kind, der, sizeof(der), &len, &report), OTLS_OK);
		key = load_key(engine, OTLS_KEY_PKCS8, otls__bytes(der, len), NULL, &code);
		assert_non_null(key);
		assert_int_equal(engine->key_sign(key, rows[i].scheme, text_bytes("tbs"), signature, sizeof(signature),
				     &len, &report),
		    OTLS_OK);
		free_key(engine, key);
		assert_int_equal(engine->key_generate(rows[i].kind, der, 16, &len, &report), OTLS_ERROR);
	}
}

/* == signatures: one engine signs, the other one verifies == */

typedef struct signer {
	uint16_t scheme;
	const char *key;
	otls_signature_algorithm algorithm;
	bool optional; /* of keys that not every build has */
} signer;

#define PSS(hash, size)                                                                                                \
	{                                                                                                              \
		OTLS_SIGNATURE_RSA_PSS, hash, hash, size                                                               \
	}

static const signer signers[] = {
	{ 0x0401, key_rsa, { .kind = OTLS_SIGNATURE_RSA_PKCS1, .hash = OTLS_HASH_SHA256 }, false },
	{ 0x0501, key_rsa, { .kind = OTLS_SIGNATURE_RSA_PKCS1, .hash = OTLS_HASH_SHA384 }, false },
	{ 0x0601, key_rsa, { .kind = OTLS_SIGNATURE_RSA_PKCS1, .hash = OTLS_HASH_SHA512 }, false },
	{ 0x0804, key_rsa, PSS(OTLS_HASH_SHA256, 32), false },
	{ 0x0805, key_rsa, PSS(OTLS_HASH_SHA384, 48), false },
	{ 0x0806, key_rsa, PSS(OTLS_HASH_SHA512, 64), false },
	{ 0x0403, key_ec, { .kind = OTLS_SIGNATURE_ECDSA, .hash = OTLS_HASH_SHA256 }, false },
	{ 0x0503, key_p384, { .kind = OTLS_SIGNATURE_ECDSA, .hash = OTLS_HASH_SHA384 }, false },
	{ 0x0603, key_p521, { .kind = OTLS_SIGNATURE_ECDSA, .hash = OTLS_HASH_SHA512 }, false },
	{ 0x0807, key_ed25519, { .kind = OTLS_SIGNATURE_ED25519 }, false },
	{ 0x0808, key_ed448, { .kind = OTLS_SIGNATURE_ED448 }, true },
	{ 0x0809, key_rsa_pss, PSS(OTLS_HASH_SHA256, 32), true },
};

static otls_code
verify(const otls_engine *engine, otls_bytes spki, const otls_signature_algorithm *algorithm, const char *tbs,
    otls_bytes signature)
{
	otls_report report = new_report();
	otls_status status = engine->verify_signature(spki, algorithm, text_bytes(tbs), signature, &report);

	assert_true(status == OTLS_OK || status == OTLS_ERROR);
	assert_int_equal(status == OTLS_OK, report.code == OTLS_E_NONE);
	return report.code;
}

static void
cross_sign(const otls_engine *one, const otls_engine *two, const signer *s)
{
	uint8_t spki_data[1024], signature[1024];
	otls_report report = new_report();
	otls_code code = OTLS_E_NONE;
	otls_engine_key *key = load_base64(one, OTLS_KEY_PKCS8, s->key, NULL, &code);
	otls_bytes spki;
	size_t len = 0;

	if (s->optional && (key == NULL || !one->supports(OTLS_KIND_SCHEME, s->scheme) ||
			       !two->supports(OTLS_KIND_SCHEME, s->scheme))) {
		free_key(one, key);
		return;
	}
	assert_non_null(key);
	spki = otls__bytes(spki_data, spki_of(one, key, spki_data, sizeof(spki_data)));
	if (one->key_sign(key, s->scheme, text_bytes("signed"), signature, sizeof(signature), &len, &report) != OTLS_OK)
		print_message("scheme %04x: code %d, %s\n", s->scheme, (int)report.code, report.entry[0].reason);
	assert_int_equal(report.code, OTLS_E_NONE);

	assert_int_equal(verify(two, spki, &s->algorithm, "signed", otls__bytes(signature, len)), OTLS_E_NONE);
	assert_int_equal(verify(two, spki, &s->algorithm, "Signed", otls__bytes(signature, len)), OTLS_E_VERIFY);
	signature[len - 1] ^= 1;
	assert_int_not_equal(verify(two, spki, &s->algorithm, "signed", otls__bytes(signature, len)), OTLS_E_NONE);
	signature[len - 1] ^= 1;
	assert_int_not_equal(verify(two, spki, &s->algorithm, "signed", otls__bytes(signature, len - 1)), OTLS_E_NONE);
	assert_int_not_equal(verify(two, spki, &s->algorithm, "signed", otls__bytes(signature, 0)), OTLS_E_NONE);
	assert_int_equal(
	    verify(two, otls__bytes(spki_data, spki.len / 2), &s->algorithm, "signed", otls__bytes(signature, len)),
	    OTLS_E_FORMAT);
	free_key(one, key);
}

static void
signatures(void **state)
{
	const row *r = *state;

	for (size_t i = 0; i < OTLS_COUNT(signers); i++)
		cross_sign(r->engine, r->server, &signers[i]);
}

/* A salt of another length, another hash for the mask: not this signature. */
static void
pss_parameters(void **state)
{
	const row *r = *state;
	otls_signature_algorithm algorithm = PSS(OTLS_HASH_SHA256, 32);
	uint8_t spki_data[1024], signature[1024];
	otls_report report = new_report();
	otls_code code = OTLS_E_NONE;
	otls_engine_key *key = load_base64(r->engine, OTLS_KEY_PKCS8, key_rsa, NULL, &code);
	otls_bytes spki = otls__bytes(spki_data, spki_of(r->engine, key, spki_data, sizeof(spki_data)));
	size_t len = 0;

	assert_int_equal(
	    r->engine->key_sign(key, 0x0804, text_bytes("x"), signature, sizeof(signature), &len, &report), OTLS_OK);
	assert_int_equal(verify(r->server, spki, &algorithm, "x", otls__bytes(signature, len)), OTLS_E_NONE);
	algorithm.salt_len = 20;
	assert_int_not_equal(verify(r->server, spki, &algorithm, "x", otls__bytes(signature, len)), OTLS_E_NONE);
	algorithm.salt_len = 32;
	algorithm.mgf_hash = OTLS_HASH_SHA384;
	assert_int_not_equal(verify(r->server, spki, &algorithm, "x", otls__bytes(signature, len)), OTLS_E_NONE);
	free_key(r->engine, key);
}

/* A key signs only by schemes of its own. */
static void
foreign_schemes(void **state)
{
	const otls_engine *engine = ((const row *)*state)->engine;
	otls_code code = OTLS_E_NONE;
	otls_engine_key *key = load_base64(engine, OTLS_KEY_PKCS8, key_ec, NULL, &code);
	uint8_t signature[256];
	otls_report report = new_report();
	size_t len = 0;

	assert_int_equal(
	    engine->key_sign(key, 0x0804, text_bytes("x"), signature, sizeof(signature), &len, &report), OTLS_ERROR);
	report = new_report();
	assert_int_equal(engine->key_sign(key, 0x0403, text_bytes("x"), signature, 8, &len, &report), OTLS_ERROR);
	free_key(engine, key);
}

/* == pairs == */

static void
setup_pair(pair *p, void **state)
{
	const row *r = *state;

	pair_init(p, r->engine, r->server, r->version);
}

static void
finish_pair(pair *p)
{
	assert_int_equal(p->client.breaches, 0);
	assert_int_equal(p->server.breaches, 0);
	pair_fini(p);
}

/* The chain that a host was told is exactly this, byte for byte. */
static void
assert_chain(const end *e, const material *m)
{
	size_t len = m->chain[0].len + m->chain[1].len;

	assert_int_equal(e->chain_len, 2);
	assert_int_equal(e->chain.len, len);
	assert_memory_equal(e->chain.data, m->chain[0].data, m->chain[0].len);
	assert_memory_equal(e->chain.data + m->chain[0].len, m->chain[1].data, m->chain[1].len);
}

static void
connects(void **state)
{
	const row *r = *state;
	otls_engine_info client;
	otls_engine_info server;
	pair p;

	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	assert_true(p.client.verified >= 1);
	assert_int_equal(p.server.verified, 0);
	assert_chain(&p.client, &p.ec);
	client = end_info(&p.client);
	server = end_info(&p.server);
	assert_int_equal(client.version, r->version);
	assert_int_equal(server.version, r->version);
	assert_int_equal(client.suite, server.suite);
	assert_int_equal(client.suite, p.server.suites[0]); /* the server chooses */
	assert_true(client.group == 0 || client.group == 0x001d);
	assert_true(server.group == 0 || server.group == 0x001d);
	assert_true(client.peer_scheme == 0 || client.peer_scheme == 0x0403);
	assert_int_equal(server.peer_scheme, 0);
	assert_false(client.resumed);
	assert_false(server.resumed);
	assert_int_equal(client.alpn.len, 0);
	finish_pair(&p);
}

static void
rsa_certificate(void **state)
{
	pair p;

	setup_pair(&p, state);
	p.server.config.identity = &p.rsa.identity;
	pair_start(&p);
	pair_connect(&p);
	assert_chain(&p.client, &p.rsa);
	assert_true(end_info(&p.client).peer_scheme == 0 || end_info(&p.client).peer_scheme == 0x0804);
	finish_pair(&p);
}

static void
data(void **state)
{
	static const size_t sizes[] = { 1, 2, 100, 4096, 16383, 16384 };
	pair p;

	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	for (size_t i = 0; i < OTLS_COUNT(sizes); i++) {
		pair_send(&p.client, &p.server, sizes[i]);
		pair_send(&p.server, &p.client, sizes[i]);
	}
	finish_pair(&p);
}

/* A write is one record; a read ends with its record; pending counts the rest of it. */
static void
records(void **state)
{
	uint8_t buf[3000];
	size_t before = 0;
	size_t len = 0;
	pair p;

	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	pair_send(&p.server, &p.client, 1);
	before = p.server.in.len;
	memset(buf, 'a', sizeof(buf));
	assert_int_equal(end_write(&p.client, buf, 1000), OTLS_OK);
	assert_int_equal(p.server.in.len - before, 5u + otls__get16(p.server.in.data + before + 3));
	assert_int_equal(end_write(&p.client, buf, 500), OTLS_OK);

	assert_int_equal(p.server.engine->pending(p.server.conn), 0);
	assert_int_equal(end_read(&p.server, buf, 300, &len), OTLS_OK);
	assert_int_equal(len, 300);
	assert_int_equal(p.server.engine->pending(p.server.conn), 700);
	assert_int_equal(end_read(&p.server, buf, sizeof(buf), &len), OTLS_OK);
	assert_int_equal(len, 700);
	assert_int_equal(p.server.engine->pending(p.server.conn), 0);
	assert_int_equal(end_read(&p.server, buf, sizeof(buf), &len), OTLS_OK);
	assert_int_equal(len, 500);
	assert_int_equal(end_read(&p.server, buf, sizeof(buf), &len), OTLS_WANT_READ);
	finish_pair(&p);
}

/* One direction ends, the other one goes on, then that ends too. */
static void
half_close(void **state)
{
	uint8_t byte = 0;
	size_t len = 0;
	pair p;

	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	pair_send(&p.client, &p.server, 10);
	assert_int_equal(end_close(&p.client), OTLS_OK);
	assert_int_equal(end_read(&p.server, &byte, 1, &len), OTLS_EOF);
	assert_int_equal(len, 0);
	pair_send(&p.server, &p.client, 5000);
	assert_int_equal(end_read(&p.client, &byte, 1, &len), OTLS_WANT_READ);
	assert_int_equal(end_close(&p.server), OTLS_OK);
	assert_int_equal(end_read(&p.client, &byte, 1, &len), OTLS_EOF);
	finish_pair(&p);
}

/* A stream that ends without close_notify is an error, in the handshake and behind it. */
static void
cut_off(void **state)
{
	uint8_t byte = 0;
	size_t len = 0;
	pair p;

	setup_pair(&p, state);
	pair_start(&p);
	assert_int_equal(end_handshake(&p.client), OTLS_WANT_READ);
	p.client.in_eof = true;
	assert_int_equal(end_handshake(&p.client), OTLS_ERROR);
	finish_pair(&p);

	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	pair_send(&p.client, &p.server, 10);
	p.server.in_eof = true;
	assert_int_equal(end_read(&p.server, &byte, 1, &len), OTLS_ERROR);
	finish_pair(&p);
}

static void
byte_by_byte(void **state)
{
	pair p;

	setup_pair(&p, state);
	p.client.recv_cap = 1;
	p.server.recv_cap = 1;
	p.server.config.client_auth = OTLS_CLIENT_AUTH_REQUIRED;
	p.client.config.identity = &p.client_ec.identity;
	pair_start(&p);
	pair_connect(&p);
	assert_chain(&p.client, &p.ec);
	assert_chain(&p.server, &p.client_ec);
	pair_send(&p.client, &p.server, 3000);
	pair_send(&p.server, &p.client, 16384);
	finish_pair(&p);
}

/* A record with one bit changed: an error at the reader, and its alert at the writer. */
static void
damaged_record(void **state)
{
	uint8_t buf[64] = { 0 };
	size_t before = 0;
	size_t len = 0;
	pair p;

	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	pair_send(&p.client, &p.server, 10);
	before = p.server.in.len;
	assert_int_equal(end_write(&p.client, buf, sizeof(buf)), OTLS_OK);
	p.server.in.data[before + 20] ^= 1;
	assert_int_equal(end_read(&p.server, buf, sizeof(buf), &len), OTLS_ERROR);
	assert_int_equal(p.server.report.code, OTLS_E_RECORD);
	assert_int_equal(end_read(&p.client, buf, sizeof(buf), &len), OTLS_ERROR);
	assert_int_equal(p.client.report.code, OTLS_E_ALERT_RECEIVED);
	assert_int_equal(p.client.report.alert, 20);
	finish_pair(&p);
}

/* == verdicts == */

static void
expect_alert(end *e, bool done, int alert, bool exact)
{
	assert_int_equal(end_aftermath(e, done), OTLS_ERROR);
	assert_int_equal(e->report.code, OTLS_E_ALERT_RECEIVED);
	assert_false(e->report.alert_sent);
	if (exact)
		assert_int_equal(e->report.alert, alert);
	else
		assert_int_not_equal(e->report.alert, -1);
}

static void
client_refuses(void **state)
{
	static const int alerts[] = { ALERT_UNKNOWN_CA, ALERT_CERTIFICATE_EXPIRED, 42, 43, 44, 46, 40, 51 };

	for (size_t i = 0; i < OTLS_COUNT(alerts); i++) {
		otls_status client = OTLS_OK;
		otls_status server = OTLS_OK;
		pair p;

		setup_pair(&p, state);
		p.client.refuse_peer = alerts[i];
		pair_start(&p);
		pair_handshake(&p, &client, &server);
		assert_int_equal(client, OTLS_ERROR);
		assert_true(p.client.verified >= 1);
		assert_chain(&p.client, &p.ec);
		if (p.client.engine->has(OTLS_CAP_EXACT_ALERT)) {
			assert_int_equal(p.client.report.alert, alerts[i]);
			assert_true(p.client.report.alert_sent);
		}
		assert_int_equal(server, OTLS_WANT_READ);
		expect_alert(&p.server, false, alerts[i], p.client.engine->has(OTLS_CAP_EXACT_ALERT));
		finish_pair(&p);
	}
}

static void
client_certificate(void **state)
{
	static const otls_client_auth wants[] = { OTLS_CLIENT_AUTH_OPTIONAL, OTLS_CLIENT_AUTH_REQUIRED };

	for (size_t i = 0; i < OTLS_COUNT(wants); i++) {
		uint16_t scheme = 0;
		pair p;

		setup_pair(&p, state);
		p.server.config.client_auth = wants[i];
		p.client.config.identity = &p.client_ec.identity;
		pair_start(&p);
		pair_connect(&p);
		assert_true(p.server.verified >= 1);
		assert_chain(&p.server, &p.client_ec);
		scheme = end_info(&p.server).peer_scheme;
		assert_true(scheme == 0 || scheme == 0x0403);
		pair_send(&p.client, &p.server, 100);
		pair_send(&p.server, &p.client, 100);
		finish_pair(&p);
	}
}

static void
client_certificate_not_asked(void **state)
{
	pair p;

	setup_pair(&p, state);
	p.client.config.identity = &p.client_ec.identity;
	pair_start(&p);
	pair_connect(&p);
	assert_int_equal(p.server.chain_len, 0);
	assert_int_equal(p.server.verified, 0);
	finish_pair(&p);
}

static void
client_certificate_absent(void **state)
{
	otls_status client = OTLS_OK;
	otls_status server = OTLS_OK;
	const row *r = *state;
	pair p;

	setup_pair(&p, state);
	p.server.config.client_auth = OTLS_CLIENT_AUTH_OPTIONAL;
	pair_start(&p);
	pair_connect(&p);
	assert_int_equal(p.server.chain_len, 0);
	pair_send(&p.client, &p.server, 100);
	finish_pair(&p);

	setup_pair(&p, state);
	p.server.config.client_auth = OTLS_CLIENT_AUTH_REQUIRED;
	pair_start(&p);
	pair_handshake(&p, &client, &server);
	assert_int_equal(server, OTLS_ERROR);
	assert_int_equal(p.server.report.code, OTLS_E_VERIFY);
	expect_alert(&p.client, client == OTLS_OK,
	    r->version == 0x0304 ? ALERT_CERTIFICATE_REQUIRED : ALERT_HANDSHAKE_FAILURE,
	    p.server.engine->has(OTLS_CAP_EXACT_ALERT));
	finish_pair(&p);
}

static void
server_refuses(void **state)
{
	otls_status client = OTLS_OK;
	otls_status server = OTLS_OK;
	pair p;

	setup_pair(&p, state);
	p.server.config.client_auth = OTLS_CLIENT_AUTH_REQUIRED;
	p.server.refuse_peer = ALERT_UNKNOWN_CA;
	p.client.config.identity = &p.client_ec.identity;
	pair_start(&p);
	pair_handshake(&p, &client, &server);
	assert_int_equal(server, OTLS_ERROR);
	assert_chain(&p.server, &p.client_ec);
	expect_alert(&p.client, client == OTLS_OK, ALERT_UNKNOWN_CA, p.server.engine->has(OTLS_CAP_EXACT_ALERT));
	finish_pair(&p);
}

/* The DER of the Name O=OmniTLS, CN=Engine test CA. */
static const char ca_name[] = "302b3110300e060355040a0c074f6d6e69544c533117301506035504030c0e456e67696e65207465737420"
			      "4341";

static void
chosen_identity(void **state)
{
	const row *r = *state;
	uint8_t name_data[64];
	otls_bytes name = otls__bytes(name_data, from_hex(ca_name, name_data));
	pair p;

	setup_pair(&p, state);
	p.server.config.client_auth = OTLS_CLIENT_AUTH_REQUIRED;
	p.server.config.client_ca = &name;
	p.server.config.client_ca_count = 1;
	p.client.config.choose_identity = true;
	p.client.choice = &p.client_ec.identity;
	pair_start(&p);
	pair_connect(&p);
	assert_true(p.client.chosen >= 1);
	assert_true(p.client.chosen_schemes >= 1);
	assert_chain(&p.server, &p.client_ec);
	if (r->version == 0x0303 ||
	    (r->engine->has(OTLS_CAP_CLIENT_CA_TLS1_3) && r->server->has(OTLS_CAP_CLIENT_CA_TLS1_3))) {
		assert_int_equal(p.client.chosen_names, 1);
		assert_int_equal(p.client.chosen_name.len, name.len);
		assert_memory_equal(p.client.chosen_name.data, name.data, name.len);
	}
	finish_pair(&p);
}

static void
chosen_to_have_none(void **state)
{
	pair p;

	setup_pair(&p, state);
	p.server.config.client_auth = OTLS_CLIENT_AUTH_OPTIONAL;
	p.client.config.choose_identity = true;
	pair_start(&p);
	pair_connect(&p);
	assert_true(p.client.chosen >= 1);
	assert_int_equal(p.server.chain_len, 0);
	assert_int_equal(p.client.chosen_names, 0);
	finish_pair(&p);
}

/* == extensions == */

static void
alpn(void **state)
{
	static const uint8_t offer[] = "\x02h2\x08http/1.1";
	static const uint8_t answer[] = "\x08http/1.1";
	otls_engine_info info;
	pair p;

	setup_pair(&p, state);
	p.client.setup.alpn = otls__bytes(offer, sizeof(offer) - 1);
	p.server.setup.alpn = otls__bytes(answer, sizeof(answer) - 1);
	pair_start(&p);
	pair_connect(&p);
	info = end_info(&p.client);
	assert_int_equal(info.alpn.len, 8);
	assert_memory_equal(info.alpn.data, "http/1.1", 8);
	info = end_info(&p.server);
	assert_int_equal(info.alpn.len, 8);
	assert_memory_equal(info.alpn.data, "http/1.1", 8);
	finish_pair(&p);

	setup_pair(&p, state);
	p.client.setup.alpn = otls__bytes(offer, sizeof(offer) - 1);
	pair_start(&p);
	pair_connect(&p);
	assert_int_equal(end_info(&p.client).alpn.len, 0);
	assert_int_equal(end_info(&p.server).alpn.len, 0);
	finish_pair(&p);
}

static void
server_name(void **state)
{
	static const char name[] = "server.example";
	pair p;

	setup_pair(&p, state);
	p.client.setup.server_name = name;
	pair_start(&p);
	assert_int_equal(end_handshake(&p.client), OTLS_WANT_READ);
	assert_true(holds(otls__buffer_view(&p.server.in), text_bytes(name)));
	pair_connect(&p);
	finish_pair(&p);
}

/* A connection's own list replaces its context's. */
static void
suites_of_a_connection(void **state)
{
	const row *r = *state;
	uint16_t only = r->version == 0x0304 ? 0x1303 : 0xcca9;
	pair p;

	setup_pair(&p, state);
	p.server.setup.suites = &only;
	p.server.setup.suite_count = 1;
	pair_start(&p);
	pair_connect(&p);
	assert_int_equal(end_info(&p.client).suite, only);
	assert_int_equal(end_info(&p.server).suite, only);
	finish_pair(&p);
}

static void
no_suite_in_common(void **state)
{
	const row *r = *state;
	static const uint16_t ones[] = { 0x1301, 0xc02b };
	static const uint16_t others[] = { 0x1303, 0xcca9 };
	size_t i = r->version == 0x0304 ? 0 : 1;
	otls_status client = OTLS_OK;
	otls_status server = OTLS_OK;
	pair p;

	setup_pair(&p, state);
	p.client.config.suites = &ones[i];
	p.client.config.suite_count = 1;
	p.server.config.suites = &others[i];
	p.server.config.suite_count = 1;
	pair_start(&p);
	pair_handshake(&p, &client, &server);
	assert_int_not_equal(client, OTLS_OK);
	assert_int_equal(server == OTLS_ERROR || client == OTLS_ERROR, true);
	finish_pair(&p);
}

/* Whole range on both sides: the higher version. */
static void
both_versions(void **state)
{
	static const uint16_t suites[] = { 0x1301, 0xc02b, 0xc02f };
	pair p;

	setup_pair(&p, state);
	for (int i = 0; i < 2; i++) {
		otls_engine_config *config = i == 0 ? &p.client.config : &p.server.config;

		config->min_version = 0x0303;
		config->max_version = 0x0304;
		config->suites = suites;
		config->suite_count = OTLS_COUNT(suites);
	}
	pair_start(&p);
	pair_connect(&p);
	assert_int_equal(end_info(&p.client).version, 0x0304);
	assert_int_equal(end_info(&p.server).suite, 0x1301);
	finish_pair(&p);
}

static void
second_group(void **state)
{
	static const uint16_t offer[] = { 0x001d, 0x0017 };
	static const uint16_t only[] = { 0x0017 };
	pair p;

	setup_pair(&p, state);
	p.client.config.groups = offer;
	p.client.config.group_count = 2;
	p.server.config.groups = only;
	p.server.config.group_count = 1;
	pair_start(&p);
	pair_connect(&p);
	assert_true(end_info(&p.client).group == 0 || end_info(&p.client).group == 0x0017);
	finish_pair(&p);
}

/* == capabilities == */

static void
exporter(void **state)
{
	static const char label[] = "EXPERIMENTAL engine test";
	const otls_bytes contexts[] = { otls__bytes(NULL, 0), otls__bytes("", 0), text_bytes("context") };
	const row *r = *state;
	uint8_t one[32], two[32], first[32];
	pair p;

	if (!r->engine->has(OTLS_CAP_EXPORTER) || !r->server->has(OTLS_CAP_EXPORTER))
		skip();
	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	for (size_t i = 0; i < OTLS_COUNT(contexts); i++) {
		otls_report report = new_report();

		assert_int_equal(r->engine->export_key(p.client.conn, label, contexts[i], one, 32, &report), OTLS_OK);
		assert_int_equal(r->server->export_key(p.server.conn, label, contexts[i], two, 32, &report), OTLS_OK);
		assert_memory_equal(one, two, 32);
		if (i == 0)
			memcpy(first, one, 32);
		if (i == 1)
			assert_int_equal(memcmp(first, one, 32) == 0, r->version == 0x0304);
	}
	finish_pair(&p);
}

static void
finished_messages(void **state)
{
	const row *r = *state;
	size_t want = 12;
	pair p;

	if (!r->engine->has(OTLS_CAP_FINISHED) || !r->server->has(OTLS_CAP_FINISHED))
		skip();
	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	if (r->version == 0x0304)
		want = end_info(&p.client).suite == 0x1302 ? 48 : 32;
	for (int peer = 0; peer < 2; peer++) {
		uint8_t one[64], two[64];
		otls_report report = new_report();
		size_t one_len = 0;
		size_t two_len = 0;

		assert_int_equal(
		    r->engine->finished(p.client.conn, peer == 1, one, sizeof(one), &one_len, &report), OTLS_OK);
		assert_int_equal(
		    r->server->finished(p.server.conn, peer == 0, two, sizeof(two), &two_len, &report), OTLS_OK);
		assert_int_equal(one_len, want);
		assert_int_equal(two_len, want);
		assert_memory_equal(one, two, want);
	}
	finish_pair(&p);
}

static void
master_secrets(void **state)
{
	const row *r = *state;
	uint8_t one[48], two[48];
	otls_report report = new_report();
	pair p;

	if (!r->engine->has(OTLS_CAP_MASTER_SECRET) || !r->server->has(OTLS_CAP_MASTER_SECRET))
		skip();
	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	if (r->version == 0x0304) {
		assert_int_equal(r->engine->master_secret(p.client.conn, one, &report), OTLS_ERROR);
	} else {
		assert_int_equal(r->engine->master_secret(p.client.conn, one, &report), OTLS_OK);
		assert_int_equal(r->server->master_secret(p.server.conn, two, &report), OTLS_OK);
		assert_memory_equal(one, two, 48);
	}
	finish_pair(&p);
}

static void
update_keys(end *from, end *to, bool request)
{
	otls_report report = new_report();

	pair_send(from, to, 10);
	assert_int_equal(from->engine->key_update(from->conn, request, &report), OTLS_OK);
	pair_send(from, to, 100);
	pair_send(to, from, 100);
	pair_send(from, to, 100);
}

static void
key_updates(void **state)
{
	const row *r = *state;
	otls_report report = new_report();
	pair p;

	if (!r->engine->has(OTLS_CAP_KEY_UPDATE))
		skip();
	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	if (r->version == 0x0303) {
		assert_int_equal(r->engine->key_update(p.client.conn, false, &report), OTLS_ERROR);
		finish_pair(&p);
		return;
	}
	update_keys(&p.client, &p.server, false);
	update_keys(&p.client, &p.server, true);
	if (r->server->has(OTLS_CAP_KEY_UPDATE))
		update_keys(&p.server, &p.client, true);
	finish_pair(&p);
}

static void
key_log(void **state)
{
	const row *r = *state;
	pair p;

	setup_pair(&p, state);
	pair_start(&p);
	pair_connect(&p);
	assert_int_equal(p.client.key_lines + p.server.key_lines, 0);
	finish_pair(&p);

	if (!r->engine->has(OTLS_CAP_KEYLOG))
		skip();
	setup_pair(&p, state);
	p.client.config.keylog = true;
	pair_start(&p);
	pair_connect(&p);
	assert_true(p.client.key_lines >= (r->version == 0x0304 ? 4u : 1u));
	assert_int_equal(p.server.key_lines, 0);
	finish_pair(&p);
}

static void
staples(void **state)
{
	static const uint8_t response[] = { 0x30, 0x03, 0x0a, 0x01, 0x03 }; /* tryLater */
	const row *r = *state;

	if (!r->engine->has(OTLS_CAP_OCSP_CLIENT) || !r->server->has(OTLS_CAP_OCSP_SERVER))
		skip();
	for (int round = 0; round < 3; round++) { /* stapled, nothing stapled, refused */
		otls_status client = OTLS_OK;
		otls_status server = OTLS_OK;
		otls_report report = new_report();
		pair p;

		setup_pair(&p, state);
		p.client.config.request_status = true;
		p.client.refuse_staple = round == 2 ? ALERT_BAD_STATUS : -1;
		pair_start(&p);
		if (round != 1)
			assert_int_equal(
			    r->server->staple(p.server.conn, otls__bytes(response, sizeof(response)), &report),
			    OTLS_OK);
		pair_handshake(&p, &client, &server);
		assert_true(p.client.statuses >= 1);
		assert_int_equal(p.client.staple.len, round == 1 ? 0 : sizeof(response));
		assert_int_equal(client, round == 2 ? OTLS_ERROR : OTLS_OK);
		if (round == 2)
			expect_alert(&p.server, false, ALERT_BAD_STATUS, true);
		finish_pair(&p);
	}
}

/* No MAC covers the five bytes in front of a record before there are keys. */
static bool
in_header(const otls_buffer *buffer, size_t at)
{
	size_t record = 0;

	while (record + 5 <= buffer->len && at >= record + 5u + otls__get16(buffer->data + record + 3))
		record += 5u + otls__get16(buffer->data + record + 3);
	return at < record + 5;
}

/* The server's first flight damaged in one place after the other: somebody fails, nobody hangs. */
static void
damaged_handshakes(void **state)
{
	for (size_t at = 0; at < 1200; at += 37) {
		otls_status client = OTLS_OK;
		otls_status server = OTLS_OK;
		pair p;

		setup_pair(&p, state);
		pair_start(&p);
		assert_int_equal(end_handshake(&p.client), OTLS_WANT_READ);
		assert_int_equal(end_handshake(&p.server), OTLS_WANT_READ);
		if (at < p.client.in.len && !in_header(&p.client.in, at)) {
			p.client.in.data[at] ^= 0x55;
			pair_handshake(&p, &client, &server);
			assert_false(client == OTLS_OK && server == OTLS_OK);
		}
		finish_pair(&p);
	}
}

/* == the list of tests == */

typedef struct test {
	const char *name;
	void (*run)(void **state);
} test;

static const test engine_tests[] = {
	{ "table", table_is_sound },
	{ "supports", supports_the_basics },
	{ "hash", hashes },
	{ "hash_edges", hash_of_nothing_and_of_no_kind },
	{ "hmac", hmacs },
	{ "aead", aead },
	{ "aead_refuses", aead_refuses },
	{ "key_forms", key_forms },
	{ "key_spki_room", key_spki_wants_room },
	{ "wrong_passphrases", wrong_passphrases },
	{ "malformed_keys", malformed_keys },
	{ "generated_keys", generated_keys },
	{ "foreign_schemes", foreign_schemes },
};

static const test signature_tests[] = {
	{ "signatures", signatures },
	{ "pss_parameters", pss_parameters },
};

static const test pair_tests[] = {
	{ "connects", connects },
	{ "rsa_certificate", rsa_certificate },
	{ "data", data },
	{ "records", records },
	{ "half_close", half_close },
	{ "cut_off", cut_off },
	{ "byte_by_byte", byte_by_byte },
	{ "damaged_record", damaged_record },
	{ "damaged_handshakes", damaged_handshakes },
	{ "client_refuses", client_refuses },
	{ "client_certificate", client_certificate },
	{ "client_certificate_not_asked", client_certificate_not_asked },
	{ "client_certificate_absent", client_certificate_absent },
	{ "server_refuses", server_refuses },
	{ "chosen_identity", chosen_identity },
	{ "chosen_to_have_none", chosen_to_have_none },
	{ "alpn", alpn },
	{ "server_name", server_name },
	{ "suites_of_a_connection", suites_of_a_connection },
	{ "no_suite_in_common", no_suite_in_common },
	{ "both_versions", both_versions },
	{ "second_group", second_group },
	{ "exporter", exporter },
	{ "finished", finished_messages },
	{ "master_secret", master_secrets },
	{ "key_update", key_updates },
	{ "key_log", key_log },
	{ "staples", staples },
};

#define ENGINES_MAX 4
#define TESTS_MAX   (ENGINES_MAX * 16 + ENGINES_MAX * ENGINES_MAX * 64)

static row rows[TESTS_MAX];
static struct CMUnitTest list[TESTS_MAX];
static size_t listed;

static void
add(const test *t, const otls_engine *one, const otls_engine *two, uint16_t version)
{
	row *r = &rows[listed];

	*r = (row){ .engine = one, .server = two, .version = version };
	(void)snprintf(r->name, sizeof(r->name), "engine.%s.%s%s%s%s", t->name, one->name, two != NULL ? "-" : "",
	    two != NULL ? two->name : "",
	    version == 0        ? ""
	    : version == 0x0304 ? ".tls13"
				: ".tls12");
	list[listed] = (struct CMUnitTest){ .name = r->name, .test_func = t->run, .initial_state = r };
	listed++;
}

static void
add_pair(const otls_engine *one, const otls_engine *two)
{
	for (size_t i = 0; i < OTLS_COUNT(signature_tests); i++)
		add(&signature_tests[i], one, two, 0);
	for (size_t i = 0; i < OTLS_COUNT(pair_tests); i++) {
		add(&pair_tests[i], one, two, 0x0304);
		add(&pair_tests[i], one, two, 0x0303);
	}
}

int
main(int argc, char **argv)
{
	const otls_engine *engines[ENGINES_MAX];
	size_t count = 0;

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	for (size_t i = 0; otls_backend_at(i) != NULL && count < ENGINES_MAX; i++) {
		engines[count] = otls_backend_engine(otls_backend_at(i));
		if (engines[count] == NULL)
			return 1;
		count++;
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < OTLS_COUNT(engine_tests); k++)
			add(&engine_tests[k], engines[i], NULL, 0);
		for (size_t k = 0; k < count; k++)
			add_pair(engines[i], engines[k]);
	}
	return _cmocka_run_group_tests("engine", list, listed, NULL, NULL);
}

/* What every engine promises in omnitls/engine.h of itself: its table, its primitives, its keys.  Signatures are made
 * by one engine and verified by another. */
#include "backend.h"
#include "engine_pair.h"

#include "engine_material.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

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
load_key(const otls_engine *engine, otls_key_form form, otls_bytes data, otls_code *code)
{
	otls_engine_key *key = otls__alloc(engine->key_size);
	otls_report report = new_report();

	assert_non_null(key);
	*code = OTLS_E_NONE;
	if (engine->key_load(key, form, data, &report) == OTLS_OK)
		return key;
	*code = report.code;
	assert_int_not_equal(*code, OTLS_E_NONE);
	engine->key_fini(key);
	otls__free(key);
	return NULL;
}

static otls_engine_key *
load_base64(const otls_engine *engine, otls_key_form form, const char *base64, otls_code *code)
{
	otls_bytes der = material_bytes(base64);
	otls_engine_key *key = load_key(engine, form, der, code);

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
		const char *data, *certificate;
	} rows[] = {
		{ OTLS_KEY_PKCS8, key_ec, certificate_ec },
		{ OTLS_KEY_PKCS8, key_rsa, certificate_rsa },
		{ OTLS_KEY_SEC1, key_ec_sec1, certificate_ec },
		{ OTLS_KEY_PKCS1, key_rsa_pkcs1, certificate_rsa },
	};
	const otls_engine *engine = ((const row *)*state)->engine;

	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		otls_code code = OTLS_E_NONE;
		otls_engine_key *key = load_base64(engine, rows[i].form, rows[i].data, &code);
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
	otls_engine_key *key = load_base64(engine, OTLS_KEY_PKCS8, key_ec, &code);
	otls_report report = new_report();
	uint8_t spki[256];
	size_t len = 0;

	assert_int_equal(engine->key_spki(key, spki, 10, &len, &report), OTLS_ERROR);
	assert_int_equal(report.code, OTLS_E_LIMIT);
	assert_int_equal(len, spki_of(engine, key, spki, sizeof(spki)));
	free_key(engine, key);
}

/* A key cut short, with a byte behind it, of another form, and no key at all. */
static void
malformed_keys(void **state)
{
	const otls_engine *engine = ((const row *)*state)->engine;
	otls_code code = OTLS_E_NONE;
	otls_bytes der = material_bytes(key_rsa);
	otls_bytes certificate = material_bytes(certificate_ec);
	uint8_t longer[2048] = { 0 };

	memcpy(longer, der.data, der.len);
	assert_null(load_key(engine, OTLS_KEY_PKCS8, otls__bytes(longer, der.len + 1), &code));
	assert_int_equal(code, OTLS_E_FORMAT);
	assert_null(load_key(engine, OTLS_KEY_PKCS8, otls__bytes(der.data, der.len - 1), &code));
	assert_int_equal(code, OTLS_E_FORMAT);
	assert_null(load_key(engine, OTLS_KEY_PKCS8, otls__bytes(der.data, der.len / 2), &code));
	assert_int_equal(code, OTLS_E_FORMAT);
	assert_null(load_key(engine, OTLS_KEY_PKCS8, certificate, &code));
	assert_int_equal(code, OTLS_E_FORMAT);
	assert_null(load_key(engine, OTLS_KEY_PKCS1, certificate, &code));
	assert_int_equal(code, OTLS_E_FORMAT);
	assert_null(load_key(engine, OTLS_KEY_SEC1, certificate, &code));
	assert_int_equal(code, OTLS_E_FORMAT);
	assert_null(load_key(engine, OTLS_KEY_PKCS8, text_bytes("0"), &code));
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
		key = load_key(engine, OTLS_KEY_PKCS8, otls__bytes(der, len), &code);
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

/* By the digest it is the same, where there is one. */
static bool
is_good_by_digest(const otls_engine *engine, otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes tbs,
    otls_bytes signature)
{
	otls_report report = new_report();
	uint8_t digest[OTLS_HASH_MAX];
	otls_status status;
	size_t len = 0;

	assert_int_equal(engine->hash(algorithm->hash, &tbs, 1, digest, &len, &report), OTLS_OK);
	status = engine->verify_digest(spki, algorithm, otls__bytes(digest, len), signature, &report);
	assert_int_equal(status == OTLS_OK, report.code == OTLS_E_NONE);
	return status == OTLS_OK;
}

static otls_code
verify(const otls_engine *engine, otls_bytes spki, const otls_signature_algorithm *algorithm, const char *tbs,
    otls_bytes signature)
{
	otls_report report = new_report();
	otls_status status = engine->verify_signature(spki, algorithm, text_bytes(tbs), signature, &report);

	assert_true(status == OTLS_OK || status == OTLS_ERROR);
	assert_int_equal(status == OTLS_OK, report.code == OTLS_E_NONE);
	if (engine->verify_digest != NULL && algorithm->hash != OTLS_HASH_NONE)
		assert_int_equal(
		    is_good_by_digest(engine, spki, algorithm, text_bytes(tbs), signature), status == OTLS_OK);
	return report.code;
}

static void
cross_sign(const otls_engine *one, const otls_engine *two, const signer *s)
{
	uint8_t spki_data[1024], signature[1024];
	otls_report report = new_report();
	otls_code code = OTLS_E_NONE;
	otls_engine_key *key = load_base64(one, OTLS_KEY_PKCS8, s->key, &code);
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

/* OpenSSL CVE-2006-4339, GnuTLS CVE-2006-4790: what stood behind the digest in an RSA signature was not looked at, so that
 * a key with the exponent 3 could be done without. */
static void
forged_signature(void **state)
{
	static const otls_signature_algorithm algorithm = { .kind = OTLS_SIGNATURE_RSA_PKCS1,
		.hash = OTLS_HASH_SHA256 };
	const otls_engine *engine = ((const row *)*state)->engine;
	otls_bytes spki = material_bytes(spki_exponent_3), good = material_bytes(signature_exponent_3),
		   forged = material_bytes(signature_forged);

	assert_int_equal(verify(engine, spki, &algorithm, "forged", good), OTLS_E_NONE);
	assert_int_equal(verify(engine, spki, &algorithm, "forged", forged), OTLS_E_VERIFY);
	free_material_bytes(spki);
	free_material_bytes(good);
	free_material_bytes(forged);
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
	otls_engine_key *key = load_base64(r->engine, OTLS_KEY_PKCS8, key_rsa, &code);
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
	otls_engine_key *key = load_base64(engine, OTLS_KEY_PKCS8, key_ec, &code);
	uint8_t signature[256];
	otls_report report = new_report();
	size_t len = 0;

	assert_int_equal(
	    engine->key_sign(key, 0x0804, text_bytes("x"), signature, sizeof(signature), &len, &report), OTLS_ERROR);
	report = new_report();
	assert_int_equal(engine->key_sign(key, 0x0403, text_bytes("x"), signature, 8, &len, &report), OTLS_ERROR);
	free_key(engine, key);
}

/* == the list of tests == */

/* == keys that are elsewhere == */

static void
take_remote(const otls_engine *engine, otls_bytes spki, const signer *s)
{
	bool edwards = s->algorithm.hash == OTLS_HASH_NONE;
	bool able = !edwards || engine->has(OTLS_CAP_SIGN_EDWARDS);
	otls_engine_key *key = otls__alloc(engine->key_size);
	uint8_t out[1024];
	otls_report report = new_report();
	otls_status status;
	size_t len = 0;
	int whose = 0;

	assert_non_null(key);
	status = engine->key_remote(key, spki, &whose, &report);
	assert_int_equal(status, able ? OTLS_OK : OTLS_ERROR);
	assert_int_equal(report.code, able ? OTLS_E_NONE : OTLS_E_UNSUPPORTED);
	if (able) {
		len = spki_of(engine, key, out, sizeof(out));
		assert_true(otls__bytes_equal(spki, otls__bytes(out, len)));
		assert_int_equal(
		    engine->key_sign(key, s->scheme, text_bytes("x"), out, sizeof(out), &len, &report), OTLS_ERROR);
		assert_int_equal(report.code, OTLS_E_UNSUPPORTED);
	}
	free_key(engine, key);
}

static void
remote_keys(void **state)
{
	const otls_engine *engine = ((const row *)*state)->engine;
	uint8_t spki[1024];

	if (engine->key_remote == NULL)
		skip();
	for (size_t i = 0; i < OTLS_COUNT(signers); i++) {
		otls_code code = OTLS_E_NONE;
		otls_engine_key *key = load_base64(engine, OTLS_KEY_PKCS8, signers[i].key, &code);

		if (key == NULL && signers[i].optional)
			continue;
		assert_non_null(key);
		take_remote(engine, otls__bytes(spki, spki_of(engine, key, spki, sizeof(spki))), &signers[i]);
		free_key(engine, key);
	}
}

/* Cut at every byte, it is no public key any more. */
static void
malformed_remote_keys(void **state)
{
	const otls_engine *engine = ((const row *)*state)->engine;
	otls_code code = OTLS_E_NONE;
	otls_engine_key *key;
	uint8_t spki[1024];
	size_t len;
	int whose = 0;

	if (engine->key_remote == NULL)
		skip();
	key = load_base64(engine, OTLS_KEY_PKCS8, key_ec, &code);
	assert_non_null(key);
	len = spki_of(engine, key, spki, sizeof(spki));
	free_key(engine, key);
	for (size_t cut = 0; cut < len; cut++) {
		otls_report report = new_report();

		key = otls__alloc(engine->key_size);
		assert_non_null(key);
		assert_int_equal(engine->key_remote(key, otls__bytes(spki, cut), &whose, &report), OTLS_ERROR);
		assert_int_not_equal(report.code, OTLS_E_NONE);
		free_key(engine, key);
	}
}

static const engine_test engine_tests[] = {
	{ "table", table_is_sound },
	{ "supports", supports_the_basics },
	{ "hash", hashes },
	{ "hash_edges", hash_of_nothing_and_of_no_kind },
	{ "hmac", hmacs },
	{ "aead", aead },
	{ "aead_refuses", aead_refuses },
	{ "key_forms", key_forms },
	{ "key_spki_room", key_spki_wants_room },
	{ "malformed_keys", malformed_keys },
	{ "generated_keys", generated_keys },
	{ "forged_signature", forged_signature },
	{ "foreign_schemes", foreign_schemes },
	{ "remote_keys", remote_keys },
	{ "malformed_remote_keys", malformed_remote_keys },
};

static const engine_test signature_tests[] = {
	{ "signatures", signatures },
	{ "pss_parameters", pss_parameters },
};

int
main(int argc, char **argv)
{
	engine_tests_add(engine_tests, OTLS_COUNT(engine_tests), OTLS_ROWS_ENGINE);
	engine_tests_add(signature_tests, OTLS_COUNT(signature_tests), OTLS_ROWS_PAIR);
	return engine_tests_run("engine", argc > 1 ? argv[1] : NULL);
}

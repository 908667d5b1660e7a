/* Keys and signature algorithms: which are taken, which key makes which signature, and what checking one costs. */
#include "scene.h"

/* == keys == */

static const struct key_row {
	otls_spki key;
	otls_verify_reason reason;
} key_rows[] = {
	{ { .type = OTLS_KEY_TYPE_RSA, .bits = 2048, .sound = true }, OTLS_REASON_OK },
	{ { .type = OTLS_KEY_TYPE_RSA, .bits = 2047, .sound = true }, OTLS_REASON_WEAK_KEY },
	{ { .type = OTLS_KEY_TYPE_RSA, .bits = 2048 }, OTLS_REASON_WEAK_KEY },
	{ { .type = OTLS_KEY_TYPE_RSA, .bits = 8192, .sound = true }, OTLS_REASON_OK },
	{ { .type = OTLS_KEY_TYPE_RSA, .bits = 8193, .sound = true }, OTLS_REASON_UNSUPPORTED_KEY },
	{ { .type = OTLS_KEY_TYPE_RSA_PSS, .bits = 2048, .sound = true }, OTLS_REASON_OK },
	{ { .type = OTLS_KEY_TYPE_RSA_PSS, .bits = 1024, .sound = true }, OTLS_REASON_WEAK_KEY },
	{ { .type = OTLS_KEY_TYPE_EC, .bits = 256, .group = 0x17, .sound = true }, OTLS_REASON_OK },
	{ { .type = OTLS_KEY_TYPE_EC, .bits = 256, .group = 0x17 }, OTLS_REASON_WEAK_KEY },
	{ { .type = OTLS_KEY_TYPE_EC, .bits = 192, .sound = true }, OTLS_REASON_WEAK_KEY },
	{ { .type = OTLS_KEY_TYPE_EC, .bits = 256, .sound = true }, OTLS_REASON_UNSUPPORTED_KEY },
	{ { .type = OTLS_KEY_TYPE_EC, .sound = true }, OTLS_REASON_UNSUPPORTED_KEY },
	{ { .type = OTLS_KEY_TYPE_ED25519, .bits = 255, .sound = true }, OTLS_REASON_OK },
	{ { .type = OTLS_KEY_TYPE_ED25519, .bits = 255 }, OTLS_REASON_WEAK_KEY },
	{ { .type = OTLS_KEY_TYPE_ED448, .bits = 448, .sound = true }, OTLS_REASON_OK },
	{ { .type = OTLS_KEY_TYPE_ED448, .bits = 448 }, OTLS_REASON_WEAK_KEY },
	{ { .type = OTLS_KEY_TYPE_UNKNOWN, .sound = true }, OTLS_REASON_UNSUPPORTED_KEY },
};

static void
keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(key_rows); i++) {
		const char *why = NULL;
		otls_verify_reason reason = otls__check_key(NULL, &key_rows[i].key, &why);

		if (reason != key_rows[i].reason)
			fail_msg("key %zu: %s", i, otls_verify_reason_name(reason));
		assert_true(reason == OTLS_REASON_OK || why != NULL);
	}
}

/* == algorithms == */

static const struct algorithm_row {
	otls_signature_algorithm algorithm;
	otls_verify_reason reason;
} algorithm_rows[] = {
#define PSS(name, mgf, salt)                                                                                           \
	{                                                                                                              \
		.kind = OTLS_SIGNATURE_RSA_PSS, .hash = OTLS_HASH_##name, .mgf_hash = OTLS_HASH_##mgf,                 \
		.salt_len = salt                                                                                       \
	}
	{ { .kind = OTLS_SIGNATURE_RSA_PKCS1, .hash = OTLS_HASH_SHA256 }, OTLS_REASON_OK },
	{ { .kind = OTLS_SIGNATURE_RSA_PKCS1, .hash = OTLS_HASH_SHA512 }, OTLS_REASON_OK },
	{ { .kind = OTLS_SIGNATURE_RSA_PKCS1, .hash = OTLS_HASH_SHA1 }, OTLS_REASON_WEAK_SIGNATURE },
	{ { .kind = OTLS_SIGNATURE_RSA_PKCS1, .hash = OTLS_HASH_MD5 }, OTLS_REASON_WEAK_SIGNATURE },
	{ { .kind = OTLS_SIGNATURE_RSA_PKCS1, .hash = OTLS_HASH_SHA224 }, OTLS_REASON_UNSUPPORTED_KEY },
	{ { .kind = OTLS_SIGNATURE_RSA_PKCS1, .hash = OTLS_HASH_NONE }, OTLS_REASON_UNSUPPORTED_KEY },
	{ { .kind = OTLS_SIGNATURE_ECDSA, .hash = OTLS_HASH_SHA384 }, OTLS_REASON_OK },
	{ { .kind = OTLS_SIGNATURE_ECDSA, .hash = OTLS_HASH_SHA1 }, OTLS_REASON_WEAK_SIGNATURE },
	{ PSS(SHA256, SHA256, 32), OTLS_REASON_OK },
	{ PSS(SHA384, SHA384, 48), OTLS_REASON_OK },
	{ PSS(SHA512, SHA512, 64), OTLS_REASON_OK },
	{ PSS(SHA256, SHA256, 20), OTLS_REASON_UNSUPPORTED_KEY },
	{ PSS(SHA256, SHA1, 32), OTLS_REASON_UNSUPPORTED_KEY },
	{ PSS(SHA1, SHA1, 20), OTLS_REASON_WEAK_SIGNATURE },
	{ { .kind = OTLS_SIGNATURE_ED25519 }, OTLS_REASON_OK },
	{ { .kind = OTLS_SIGNATURE_ED448 }, OTLS_REASON_OK },
	{ { .kind = OTLS_SIGNATURE_UNKNOWN }, OTLS_REASON_UNSUPPORTED_KEY },
};

static void
algorithms(void **state)
{
	otls_certificate cert = { .version = 3 };

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(algorithm_rows); i++) {
		const char *why = NULL;
		otls_verify_reason reason;

		cert.signature_algorithm = algorithm_rows[i].algorithm;
		reason = otls__check_algorithm(NULL, &cert, &why);
		if (reason != algorithm_rows[i].reason)
			fail_msg("algorithm %zu: %s", i, otls_verify_reason_name(reason));
		assert_true(reason == OTLS_REASON_OK || why != NULL);
	}
}

/* == signatures == */

static otls_status
says_yes(otls_bytes spki, const otls_signature_algorithm *algorithm, otls_bytes data, otls_bytes signature,
    otls_report *report)
{
	(void)spki, (void)algorithm, (void)data, (void)signature, (void)report;
	return OTLS_OK;
}

#define RSA(n)                                                                                                         \
	{                                                                                                              \
		.type = OTLS_KEY_TYPE_RSA, .bits = n, .sound = true                                                    \
	}
#define RSA_PSS                                                                                                        \
	{                                                                                                              \
		.type = OTLS_KEY_TYPE_RSA_PSS, .bits = 2048, .sound = true                                             \
	}
#define RSA_PSS_ONLY(allowed)                                                                                          \
	{                                                                                                              \
		.type = OTLS_KEY_TYPE_RSA_PSS, .bits = 2048, .sound = true, .pss = allowed                             \
	}
#define EC(n, id)                                                                                                      \
	{                                                                                                              \
		.type = OTLS_KEY_TYPE_EC, .bits = n, .group = id, .sound = true                                        \
	}
#define ED(n)                                                                                                          \
	{                                                                                                              \
		.type = OTLS_KEY_TYPE_ED##n, .bits = n, .sound = true                                                  \
	}

/* The root's key, how the certificate below it is signed, and what the check costs; 0: that key makes none such. */
static const struct edge_row {
	otls_spki key;
	otls_signature_algorithm algorithm;
	unsigned units;
} edge_rows[] = {
	{ RSA(2048), { .kind = OTLS_SIGNATURE_RSA_PKCS1, .hash = OTLS_HASH_SHA256 }, 1 },
	{ RSA(3072), { .kind = OTLS_SIGNATURE_RSA_PKCS1, .hash = OTLS_HASH_SHA256 }, 4 },
	{ RSA(8192), { .kind = OTLS_SIGNATURE_RSA_PKCS1, .hash = OTLS_HASH_SHA256 }, 16 },
	{ RSA(2048), PSS(SHA256, SHA256, 32), 1 },
	{ RSA(2048), { .kind = OTLS_SIGNATURE_ECDSA, .hash = OTLS_HASH_SHA256 }, 0 },
	{ RSA(2048), { .kind = OTLS_SIGNATURE_ED25519 }, 0 },
	{ RSA_PSS, PSS(SHA256, SHA256, 32), 1 },
	{ RSA_PSS, { .kind = OTLS_SIGNATURE_RSA_PKCS1, .hash = OTLS_HASH_SHA256 }, 0 },
	{ RSA_PSS_ONLY(PSS(SHA256, SHA256, 20)), PSS(SHA256, SHA256, 32), 1 },
	{ RSA_PSS_ONLY(PSS(SHA384, SHA384, 48)), PSS(SHA256, SHA256, 32), 0 },
	{ RSA_PSS_ONLY(PSS(SHA256, SHA256, 33)), PSS(SHA256, SHA256, 32), 0 },
	{ EC(256, 0x17), { .kind = OTLS_SIGNATURE_ECDSA, .hash = OTLS_HASH_SHA256 }, 3 },
	{ EC(521, 0x19), { .kind = OTLS_SIGNATURE_ECDSA, .hash = OTLS_HASH_SHA256 }, 20 },
	{ EC(256, 0x17), PSS(SHA256, SHA256, 32), 0 },
	{ ED(25519), { .kind = OTLS_SIGNATURE_ED25519 }, 3 },
	{ ED(25519), { .kind = OTLS_SIGNATURE_ED448 }, 0 },
	{ ED(448), { .kind = OTLS_SIGNATURE_ED448 }, 20 },
	{ ED(448), { .kind = OTLS_SIGNATURE_ED25519 }, 0 },
};

static void
signatures(void **state)
{
	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(edge_rows); i++) {
		const struct edge_row *row = &edge_rows[i];
		otls_bytes der;
		scene s;

		scene_start(&s, row->units == 0);
		scene_usual(&s);
		s.engine.verify_signature = says_yes;
		der = scene_trusted(&s, 0)->spki.der;
		scene_trusted(&s, 0)->spki = row->key;
		scene_trusted(&s, 0)->spki.der = der;
		s.chain[1]->signature_algorithm = row->algorithm;
		scene_judge(&s);
		scene_expect(&s, "signatures", row->units == 0 ? OTLS_REASON_BAD_SIGNATURE : OTLS_REASON_OK,
		    row->units == 0 ? 1 : -1, NULL);
		/* The leaf's, by a key on P-256, costs 3. */
		if (s.outcome.cost.signature_units != (row->units == 0 ? 0 : row->units + 3))
			fail_msg("signature %zu: %u", i, s.outcome.cost.signature_units);
		scene_finish(&s);
	}
}

/* What is looked at where it is the key that is trusted. */
static void
leaf_alone(void **state)
{
	(void)state;
	for (int variant = 0; variant < 5; variant++) {
		static const otls_verify_reason reasons[] = { OTLS_REASON_OK, OTLS_REASON_MALFORMED,
			OTLS_REASON_CRITICAL_EXTENSION, OTLS_REASON_INVALID_PURPOSE, OTLS_REASON_WEAK_KEY };
		otls_finding finding = { .reason = OTLS_REASON_OK, .depth = -1 };
		scene s;

		scene_start(&s, variant != 0);
		scene_usual(&s);
		s.chain[0]->signature_algorithms_equal = variant != 1;
		s.chain[0]->unknown_critical = variant == 2;
		s.params.key_use = variant == 3 ? OTLS_KEY_USE_ENCIPHER : OTLS_KEY_USE_SIGN;
		s.chain[0]->spki.sound = variant != 4;
		assert_int_equal(otls__check_leaf_alone(&s.params, &finding), variant != 0);
		assert_int_equal(finding.reason, reasons[variant]);
		scene_finish(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(algorithms),
		cmocka_unit_test(signatures),
		cmocka_unit_test(leaf_alone),
	};

	return scene_run(tests);
}

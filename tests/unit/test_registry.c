/* The registry: names, columns, default lists, which key signs with which scheme. */
#include "registry/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
ciphers_are_found_by_id_and_both_names(void **state)
{
	const otls_cipher *cipher = NULL;
	size_t count = 0;

	(void)state;
	for (; (cipher = otls_cipher_at(count)) != NULL; count++) {
		assert_ptr_equal(otls_cipher_by_id(cipher->id), cipher);
		assert_ptr_equal(otls_cipher_by_name(cipher->name), cipher);
		assert_ptr_equal(otls_cipher_by_name(cipher->openssl_name), cipher);
	}
	assert_int_equal(count, 75);
	assert_null(otls_cipher_at(SIZE_MAX));
	assert_null(otls_cipher_by_id(0x0A0A));
	assert_null(otls_cipher_by_name("AES128-GCM"));
	assert_null(otls_cipher_by_name(""));
	assert_null(otls_cipher_by_name(NULL));
}

static void
cipher_getters_answer_the_columns(void **state)
{
	static const struct {
		uint16_t id;
		const char *name, *openssl_name, *version;
		int bits;
		otls_hash prf;
	} rows[] = {
		{ 0x1302, "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", "TLSv1.3", 256, OTLS_HASH_SHA384 },
		{ 0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "TLSv1.2", 128,
		    OTLS_HASH_SHA256 },
		{ 0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305", "TLSv1.2", 256,
		    OTLS_HASH_SHA256 },
		{ 0xC014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA", "TLSv1.0", 256,
		    OTLS_HASH_SHA256 },
		{ 0xC024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "ECDHE-ECDSA-AES256-SHA384", "TLSv1.2", 256,
		    OTLS_HASH_SHA384 },
		{ 0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA", "SSLv3", 128, OTLS_HASH_SHA256 },
		{ 0xC012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "ECDHE-RSA-DES-CBC3-SHA", "TLSv1.0", 112,
		    OTLS_HASH_SHA256 },
		{ 0x003B, "TLS_RSA_WITH_NULL_SHA256", "NULL-SHA256", "TLSv1.2", 0, OTLS_HASH_SHA256 },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++) {
		const otls_cipher *cipher = otls_cipher_by_id(rows[i].id);

		assert_non_null(cipher);
		assert_int_equal(otls_cipher_id(cipher), rows[i].id);
		assert_string_equal(otls_cipher_name(cipher), rows[i].name);
		assert_string_equal(otls_cipher_openssl_name(cipher), rows[i].openssl_name);
		assert_string_equal(otls_cipher_version(cipher), rows[i].version);
		assert_int_equal(otls_cipher_bits(cipher), rows[i].bits);
		assert_int_equal(cipher->prf, rows[i].prf);
	}
	assert_int_equal(otls_cipher_id(NULL), 0);
	assert_string_equal(otls_cipher_name(NULL), "");
	assert_string_equal(otls_cipher_openssl_name(NULL), "");
	assert_string_equal(otls_cipher_version(NULL), "");
	assert_int_equal(otls_cipher_bits(NULL), 0);
}

/* The columns say the same as the name. */
static void
columns_follow_from_names(void **state)
{
	const otls_cipher *c = NULL;

	(void)state;
	for (size_t i = 0; (c = otls_cipher_at(i)) != NULL; i++) {
		assert_int_equal(c->min_version == 0x0304, c->kx == OTLS_KX_TLS13);
		assert_int_equal(strstr(c->name, "_WITH_") == NULL, c->kx == OTLS_KX_TLS13);
		assert_int_equal(
		    strstr(c->name, "ECDHE") != NULL, c->kx == OTLS_KX_ECDHE || c->kx == OTLS_KX_ECDHE_PSK);
		assert_int_equal(strstr(c->name, "PSK") != NULL, c->auth == OTLS_AUTH_PSK);
		assert_int_equal(strstr(c->name, "anon") != NULL, c->auth == OTLS_AUTH_NONE);
		assert_int_equal(strstr(c->name, "ECDSA") != NULL, c->auth == OTLS_AUTH_ECDSA);
		assert_int_equal(strstr(c->name, "GCM") != NULL, c->mac == OTLS_MAC_AEAD_GCM);
		assert_int_equal(strstr(c->name, "CCM_8") != NULL, c->mac == OTLS_MAC_AEAD_CCM8);
		assert_int_equal(strstr(c->name, "3DES") != NULL, c->enc == OTLS_ENC_3DES);
		assert_int_equal(strstr(c->name, "_NULL_") != NULL, c->enc == OTLS_ENC_NULL);
		assert_int_equal(strstr(c->name, "_128_") != NULL, c->bits == 128);
		assert_int_equal(strstr(c->name, "SHA384") != NULL, c->prf == OTLS_HASH_SHA384);
	}
}

/* Safe unless told otherwise: forward secrecy and AEAD only. */
static void
default_suites_are_the_safe_ones(void **state)
{
	(void)state;
	assert_int_equal(otls__default_suite_count, 9);
	for (size_t i = 0; i < otls__default_suite_count; i++) {
		const otls_cipher *c = otls_cipher_by_id(otls__default_suites[i]);

		assert_non_null(c);
		assert_true(c->min_version >= 0x0303);
		assert_true(c->kx == OTLS_KX_TLS13 || c->kx == OTLS_KX_ECDHE);
		assert_true(c->mac == OTLS_MAC_AEAD_GCM || c->mac == OTLS_MAC_AEAD_POLY1305);
	}
}

static void
default_lists_have_names_and_no_doubles(void **state)
{
	(void)state;
	for (size_t i = 0; i < otls__default_group_count; i++)
		assert_string_not_equal(otls__group_name(otls__default_groups[i]), "");
	for (size_t i = 0; i < otls__default_scheme_count; i++) {
		assert_string_not_equal(otls__scheme_name(otls__default_schemes[i]), "");
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(otls__default_schemes[k], otls__default_schemes[i]);
	}
	assert_int_equal(otls__default_groups[0], 0x001D);
	assert_int_equal(otls__default_schemes[0], 0x0403);
	assert_int_equal(otls__default_scheme_count, 14);
}

static void
numbers_have_names(void **state)
{
	(void)state;
	assert_string_equal(otls__version_name(0x0303), "TLSv1.2");
	assert_string_equal(otls__version_name(0x0304), "TLSv1.3");
	assert_string_equal(otls__version_name(0), "Unknown");
	assert_string_equal(otls__group_name(0x001D), "x25519");
	assert_string_equal(otls__group_name(0x11EC), "X25519MLKEM768");
	assert_string_equal(otls__group_name(0x2A2A), "");
	assert_string_equal(otls__scheme_name(0x0403), "ecdsa_secp256r1_sha256");
	assert_string_equal(otls__scheme_name(0x080B), "rsa_pss_pss_sha512");
	assert_string_equal(otls__scheme_name(0), "");
	assert_string_equal(otls_alert_name(0), "close_notify");
	assert_string_equal(otls_alert_name(48), "unknown_ca");
	assert_string_equal(otls_alert_name(120), "no_application_protocol");
	assert_string_equal(otls_alert_name(-1), "");
	assert_string_equal(otls_alert_name(65536), "");
}

static void
schemes_are_algorithms(void **state)
{
	otls_signature_algorithm a = otls__scheme_algorithm(0x0805);

	(void)state;
	assert_int_equal(a.kind, OTLS_SIGNATURE_RSA_PSS);
	assert_int_equal(a.hash, OTLS_HASH_SHA384);
	assert_int_equal(a.mgf_hash, OTLS_HASH_SHA384);
	assert_int_equal(a.salt_len, 48);
	a = otls__scheme_algorithm(0x0401);
	assert_int_equal(a.kind, OTLS_SIGNATURE_RSA_PKCS1);
	assert_int_equal(a.hash, OTLS_HASH_SHA256);
	assert_int_equal(a.salt_len, 0);
	a = otls__scheme_algorithm(0x0807);
	assert_int_equal(a.kind, OTLS_SIGNATURE_ED25519);
	assert_int_equal(a.hash, OTLS_HASH_NONE);
	assert_int_equal(otls__scheme_algorithm(0x0A0A).kind, OTLS_SIGNATURE_UNKNOWN);
}

static void
schemes_fit_keys(void **state)
{
	static const struct {
		uint16_t scheme;
		otls_signature_kind key;
		uint16_t group, version;
		bool fits;
	} rows[] = {
		{ 0x0401, OTLS_SIGNATURE_RSA_PKCS1, 0, 0x0303, true },
		{ 0x0401, OTLS_SIGNATURE_RSA_PKCS1, 0, 0x0304, false },
		{ 0x0804, OTLS_SIGNATURE_RSA_PKCS1, 0, 0x0303, true },
		{ 0x0804, OTLS_SIGNATURE_RSA_PKCS1, 0, 0x0304, true },
		{ 0x0804, OTLS_SIGNATURE_RSA_PSS, 0, 0x0304, false },
		{ 0x0809, OTLS_SIGNATURE_RSA_PSS, 0, 0x0304, true },
		{ 0x0809, OTLS_SIGNATURE_RSA_PKCS1, 0, 0x0304, false },
		{ 0x0401, OTLS_SIGNATURE_RSA_PSS, 0, 0x0303, false },
		{ 0x0403, OTLS_SIGNATURE_ECDSA, 0x0017, 0x0304, true },
		{ 0x0403, OTLS_SIGNATURE_ECDSA, 0x0018, 0x0304, false },
		{ 0x0403, OTLS_SIGNATURE_ECDSA, 0x0018, 0x0303, true },
		{ 0x0403, OTLS_SIGNATURE_RSA_PKCS1, 0, 0x0303, false },
		{ 0x0203, OTLS_SIGNATURE_ECDSA, 0x0017, 0x0304, false },
		{ 0x0203, OTLS_SIGNATURE_ECDSA, 0x0017, 0x0303, true },
		{ 0x0807, OTLS_SIGNATURE_ED25519, 0, 0x0303, true },
		{ 0x0807, OTLS_SIGNATURE_ED25519, 0, 0x0304, true },
		{ 0x0807, OTLS_SIGNATURE_ED448, 0, 0x0304, false },
		{ 0x081A, OTLS_SIGNATURE_ECDSA, 0x001A, 0x0304, true },
		{ 0x081A, OTLS_SIGNATURE_ECDSA, 0x001A, 0x0303, false },
		{ 0x0A0A, OTLS_SIGNATURE_UNKNOWN, 0, 0x0304, false },
	};

	(void)state;
	for (size_t i = 0; i < OTLS_COUNT(rows); i++)
		if (otls__scheme_fits(rows[i].scheme, rows[i].key, rows[i].group, rows[i].version) != rows[i].fits)
			fail_msg("row %zu: scheme 0x%04x", i, rows[i].scheme);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ciphers_are_found_by_id_and_both_names),
		cmocka_unit_test(cipher_getters_answer_the_columns),
		cmocka_unit_test(columns_follow_from_names),
		cmocka_unit_test(default_suites_are_the_safe_ones),
		cmocka_unit_test(default_lists_have_names_and_no_doubles),
		cmocka_unit_test(numbers_have_names),
		cmocka_unit_test(schemes_are_algorithms),
		cmocka_unit_test(schemes_fit_keys),
	};

	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}

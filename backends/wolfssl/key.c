/* Private and public keys: reading, keeping, making them. */
#include "wolf.h"

#include <stdlib.h>
#include <string.h>

void
wolf_wipe(void *data, size_t len)
{
	volatile uint8_t *p = data;

	while (len-- > 0)
		*p++ = 0;
}

/* == as much DER as it takes to tell what a key is == */

enum {
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
	DER_PARAMETERS = 0xa0
};

/* Takes the length bytes in front of in; false: none that DER allows, or longer than what is left. */
static bool
take_length(otls_bytes *in, size_t *len)
{
	size_t count, value = 0;

	if (in->len < 1)
		return false;
	value = in->data[0];
	in->data++, in->len--;
	if (value >= 0x80) {
		count = value - 0x80;
		if (count == 0 || count > 3 || count > in->len)
			return false;
		for (value = 0; count > 0; count--, in->len--)
			value = value << 8 | *in->data++;
	}
	*len = value;
	return value <= in->len;
}

/* The contents of the next element, which is to have this tag; in moves past it. */
static bool
take(otls_bytes *in, uint8_t tag, otls_bytes *content)
{
	size_t len = 0;

	if (in->len < 2 || in->data[0] != tag)
		return false;
	in->data++, in->len--;
	if (!take_length(in, &len))
		return false;
	*content = (otls_bytes){ in->data, len };
	in->data += len;
	in->len -= len;
	return true;
}

/* Reads an AlgorithmIdentifier's OID: NONE for an algorithm that is not served. */
static enum wolf_key_kind
key_algorithm(otls_bytes algorithm)
{
	static const struct {
		enum wolf_key_kind kind;
		uint8_t len, oid[9];
	} rows[] = {
		{ WOLF_KEY_RSA, 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 } }, /* rsaEncryption */
		{ WOLF_KEY_RSA, 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a } }, /* id-RSASSA-PSS */
		{ WOLF_KEY_EC, 7, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 } },              /* id-ecPublicKey */
		{ WOLF_KEY_ED25519, 3, { 0x2b, 0x65, 0x70 } },
		{ WOLF_KEY_ED448, 3, { 0x2b, 0x65, 0x71 } },
	};
	otls_bytes oid = { NULL, 0 };

	if (!take(&algorithm, DER_OID, &oid))
		return WOLF_KEY_NONE;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (oid.len == rows[i].len && memcmp(oid.data, rows[i].oid, oid.len) == 0)
			return rows[i].kind;
	}
	return WOLF_KEY_NONE;
}

static bool
is_pss(otls_bytes algorithm)
{
	otls_bytes oid = { NULL, 0 };

	return key_algorithm(algorithm) == WOLF_KEY_RSA && take(&algorithm, DER_OID, &oid) && oid.data[8] == 0x0a;
}

/* The library's number of a named curve that TLS uses; ECC_CURVE_INVALID for any other. */
static int
curve_by_oid(otls_bytes oid)
{
	static const struct {
		int id;
		uint8_t len, oid[8];
	} rows[] = {
		{ ECC_SECP256R1, 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 } },
		{ ECC_SECP384R1, 5, { 0x2b, 0x81, 0x04, 0x00, 0x22 } },
		{ ECC_SECP521R1, 5, { 0x2b, 0x81, 0x04, 0x00, 0x23 } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (oid.len == rows[i].len && memcmp(oid.data, rows[i].oid, oid.len) == 0)
			return rows[i].id;
	}
	return ECC_CURVE_INVALID;
}

/* The curve that a PrivateKeyInfo or an ECPrivateKey names.  The library's decoder goes by the length of the number
 * where it does not know the name, and so takes a Brainpool key for one on P-256 (5.5). */
static int
private_key_curve(otls_bytes der)
{
	otls_bytes key = { NULL, 0 }, part = { NULL, 0 }, oid = { NULL, 0 };

	if (!take(&der, DER_SEQUENCE, &key) || !take(&key, DER_INTEGER, &part))
		return ECC_CURVE_INVALID;
	if (take(&key, DER_SEQUENCE, &part))
		return take(&part, DER_OID, &oid) && take(&part, DER_OID, &oid) ? curve_by_oid(oid) : ECC_CURVE_INVALID;
	return take(&key, DER_OCTET_STRING, &part) && take(&key, DER_PARAMETERS, &part) && take(&part, DER_OID, &oid)
		   ? curve_by_oid(oid)
		   : ECC_CURVE_INVALID;
}

/* == keys at work == */

static int
init_live(struct wolf_key *live, enum wolf_key_kind kind)
{
	int ret = NOT_COMPILED_IN;

	switch (kind) {
	case WOLF_KEY_RSA:
		ret = wc_InitRsaKey(&live->u.rsa, NULL);
		break;
	case WOLF_KEY_EC:
		ret = wc_ecc_init(&live->u.ec);
		break;
	case WOLF_KEY_ED25519:
		ret = wc_ed25519_init(&live->u.ed25519);
		break;
	case WOLF_KEY_ED448:
#if WOLF_ED448
		ret = wc_ed448_init(&live->u.ed448);
#endif
		break;
	case WOLF_KEY_NONE:
		break;
	}
	if (ret == 0)
		live->kind = kind;
	return ret;
}

void
wolf_key_close_public(struct wolf_key *live)
{
	switch (live->kind) {
	case WOLF_KEY_RSA:
		wc_FreeRsaKey(&live->u.rsa);
		break;
	case WOLF_KEY_EC:
		wc_ecc_free(&live->u.ec);
		break;
	case WOLF_KEY_ED25519:
		wc_ed25519_free(&live->u.ed25519);
		break;
	case WOLF_KEY_ED448:
#if WOLF_ED448
		wc_ed448_free(&live->u.ed448);
#endif
		break;
	case WOLF_KEY_NONE:
		break;
	}
	live->kind = WOLF_KEY_NONE;
}

void
wolf_key_close(struct wolf_key *live)
{
	wolf_key_close_public(live);
	wolf_wipe(live, sizeof(*live));
}

static otls_status
check_curve(struct wolf_key *live, otls_report *report)
{
	switch (wc_ecc_get_curve_id(live->u.ec.idx)) {
	case ECC_SECP256R1:
	case ECC_SECP384R1:
	case ECC_SECP521R1:
		return OTLS_OK;
	default:
		return wolf_refuse(
		    report, OTLS_E_UNSUPPORTED, "wc_EccPublicKeyDecode", "a curve that TLS does not use");
	}
}

static otls_status
check_rsa(struct wolf_key *live, otls_report *report)
{
	if (mp_count_bits(&live->u.rsa.n) > WOLF_RSA_MAX_BITS)
		return wolf_refuse(report, OTLS_E_UNSUPPORTED, "wc_RsaEncryptSize", "RSA key of more than 4096 bits");
	return OTLS_OK;
}

/* bits: the BIT STRING's contents behind the count of unused bits, an RSAPublicKey.  Taken apart here, since the
 * library's own decoder refuses what id-RSASSA-PSS brings along, and fails without a reason on long keys. */
static otls_status
open_rsa_public(struct wolf_key *live, otls_bytes bits, otls_report *report)
{
	otls_bytes key = { NULL, 0 }, n = { NULL, 0 }, e = { NULL, 0 };
	int ret;

	if (!take(&bits, DER_SEQUENCE, &key) || !take(&key, DER_INTEGER, &n) || !take(&key, DER_INTEGER, &e) ||
	    n.len == 0 || e.len == 0 || e.len > 5)
		return wolf_refuse(report, OTLS_E_FORMAT, "wc_RsaPublicKeyDecodeRaw", "no RSAPublicKey");
	if (n.data[0] == 0)
		n.data++, n.len--;
	if (n.len > WOLF_RSA_MAX_BITS / 8)
		return wolf_refuse(
		    report, OTLS_E_UNSUPPORTED, "wc_RsaPublicKeyDecodeRaw", "RSA key of more than 4096 bits");
	ret = wc_RsaPublicKeyDecodeRaw(n.data, (word32)n.len, e.data, (word32)e.len, &live->u.rsa);
	return ret == 0 ? OTLS_OK : wolf_fail_as(report, OTLS_E_FORMAT, "wc_RsaPublicKeyDecodeRaw", ret);
}

static otls_status
open_ec_public(struct wolf_key *live, otls_bytes spki, otls_report *report)
{
	word32 at = 0;
	int ret = wc_EccPublicKeyDecode(spki.data, &at, &live->u.ec, (word32)spki.len);

	if (ret != 0)
		return wolf_fail_as(report, OTLS_E_FORMAT, "wc_EccPublicKeyDecode", ret);
	return check_curve(live, report);
}

static otls_status
open_edwards_public(struct wolf_key *live, otls_bytes bits, otls_report *report)
{
	int ret = NOT_COMPILED_IN;

	if (live->kind == WOLF_KEY_ED25519)
		ret = wc_ed25519_import_public(bits.data, (word32)bits.len, &live->u.ed25519);
#if WOLF_ED448
	if (live->kind == WOLF_KEY_ED448)
		ret = wc_ed448_import_public(bits.data, (word32)bits.len, &live->u.ed448);
#endif
	return ret == 0 ? OTLS_OK : wolf_fail_as(report, OTLS_E_FORMAT, "wc_ed25519_import_public", ret);
}

otls_status
wolf_key_open_spki(struct wolf_key *live, otls_bytes spki, otls_report *report)
{
	otls_bytes rest = spki, info = { NULL, 0 }, algorithm = { NULL, 0 }, bits = { NULL, 0 };
	enum wolf_key_kind kind;
	int ret;

	if (spki.len > WOLF_LENGTH_MAX || !take(&rest, DER_SEQUENCE, &info) || !take(&info, DER_SEQUENCE, &algorithm) ||
	    !take(&info, DER_BIT_STRING, &bits) || bits.len < 2 || bits.data[0] != 0)
		return wolf_refuse(report, OTLS_E_FORMAT, "wc_PublicKeyDecode", "no SubjectPublicKeyInfo");
	bits.data++, bits.len--;
	kind = key_algorithm(algorithm);
	if (kind == WOLF_KEY_NONE)
		return wolf_refuse(report, OTLS_E_UNSUPPORTED, "wc_PublicKeyDecode", "unknown key algorithm");
	if ((ret = init_live(live, kind)) != 0)
		return wolf_fail_as(report, OTLS_E_BACKEND, "wc_InitKey", ret);
	switch (kind) {
	case WOLF_KEY_RSA:
		return open_rsa_public(live, bits, report);
	case WOLF_KEY_EC:
		return open_ec_public(live, spki, report);
	default:
		return open_edwards_public(live, bits, report);
	}
}

/* Recomputes the public half of an Edwards key: PKCS#8 need not carry it, and signing needs it. */
static int
complete_edwards(struct wolf_key *live)
{
#if WOLF_ED448
	if (live->kind == WOLF_KEY_ED448) {
		byte pub[ED448_PUB_KEY_SIZE];
		int ret = wc_ed448_make_public(&live->u.ed448, pub, sizeof(pub));

		return ret == 0 ? wc_ed448_import_public(pub, sizeof(pub), &live->u.ed448) : ret;
	}
#endif
	byte pub[ED25519_PUB_KEY_SIZE];
	int ret = wc_ed25519_make_public(&live->u.ed25519, pub, sizeof(pub));

	return ret == 0 ? wc_ed25519_import_public(pub, sizeof(pub), &live->u.ed25519) : ret;
}

/* Recomputes the public point: SEC1 need not carry it, and nobody has checked the one that it carries. */
static int
complete_ec(struct wolf_key *live)
{
	WC_RNG rng;
	int ret = wc_InitRng(&rng);

	if (ret != 0)
		return ret;
	ret = wc_ecc_make_pub_ex(&live->u.ec, NULL, &rng);
	wc_FreeRng(&rng);
	return ret;
}

static int
decode_private(struct wolf_key *live, otls_bytes der)
{
	word32 at = 0;
	int ret = NOT_COMPILED_IN;

	switch (live->kind) {
	case WOLF_KEY_RSA:
		return wc_RsaPrivateKeyDecode(der.data, &at, &live->u.rsa, (word32)der.len);
	case WOLF_KEY_EC:
		ret = wc_EccPrivateKeyDecode(der.data, &at, &live->u.ec, (word32)der.len);
		return ret == 0 ? complete_ec(live) : ret;
	case WOLF_KEY_ED25519:
		ret = wc_Ed25519PrivateKeyDecode(der.data, &at, &live->u.ed25519, (word32)der.len);
		return ret == 0 ? complete_edwards(live) : ret;
	case WOLF_KEY_ED448:
#if WOLF_ED448
		ret = wc_Ed448PrivateKeyDecode(der.data, &at, &live->u.ed448, (word32)der.len);
		return ret == 0 ? complete_edwards(live) : ret;
#endif
	case WOLF_KEY_NONE:
		break;
	}
	return ret;
}

static otls_status
open_private(struct wolf_key *live, enum wolf_key_kind kind, otls_bytes der, otls_report *report)
{
	int ret;

	if (der.len == 0 || der.len > WOLF_LENGTH_MAX)
		return wolf_refuse(report, OTLS_E_FORMAT, "wc_PrivateKeyDecode", "no length for a key");
	if ((ret = init_live(live, kind)) != 0)
		return wolf_fail_as(report, OTLS_E_BACKEND, "wc_InitKey", ret);
	if ((ret = decode_private(live, der)) != 0)
		return wolf_fail_as(report, OTLS_E_FORMAT, "wc_PrivateKeyDecode", ret);
	if (kind == WOLF_KEY_RSA)
		return check_rsa(live, report);
	if (kind == WOLF_KEY_EC && wc_ecc_get_curve_id(live->u.ec.idx) != private_key_curve(der))
		return wolf_refuse(
		    report, OTLS_E_UNSUPPORTED, "wc_EccPrivateKeyDecode", "a curve that TLS does not use");
	return OTLS_OK;
}

otls_status
wolf_key_open(struct wolf_key *live, const otls_engine_key *key, otls_report *report)
{
	return open_private(live, key->kind, (otls_bytes){ key->der, key->der_len }, report);
}

/* == keys at rest == */

/* Both write DER and answer its length, or what went wrong. */
static int
encode_private(struct wolf_key *live, uint8_t *out, word32 cap)
{
	switch (live->kind) {
	case WOLF_KEY_RSA:
		return wc_RsaKeyToDer(&live->u.rsa, out, cap);
	case WOLF_KEY_EC:
		return wc_EccKeyToDer(&live->u.ec, out, cap);
	case WOLF_KEY_ED25519:
		return wc_Ed25519PrivateKeyToDer(&live->u.ed25519, out, cap);
#if WOLF_ED448
	case WOLF_KEY_ED448:
		return wc_Ed448PrivateKeyToDer(&live->u.ed448, out, cap);
#endif
	default:
		return NOT_COMPILED_IN;
	}
}

static int
encode_public(struct wolf_key *live, uint8_t *out, word32 cap)
{
	switch (live->kind) {
	case WOLF_KEY_RSA:
		return wc_RsaKeyToPublicDer(&live->u.rsa, out, cap);
	case WOLF_KEY_EC:
		return wc_EccPublicKeyToDer(&live->u.ec, out, cap, 1);
	case WOLF_KEY_ED25519:
		return wc_Ed25519PublicKeyToDer(&live->u.ed25519, out, cap, 1);
#if WOLF_ED448
	case WOLF_KEY_ED448:
		return wc_Ed448PublicKeyToDer(&live->u.ed448, out, cap, 1);
#endif
	default:
		return NOT_COMPILED_IN;
	}
}

static otls_status
keep(otls_engine_key *key, struct wolf_key *live, otls_report *report)
{
	int ret = encode_private(live, key->der, sizeof(key->der));

	if (ret <= 0)
		return wolf_fail_as(report, OTLS_E_BACKEND, "wc_KeyToDer", ret);
	key->der_len = (size_t)ret;
	if ((ret = encode_public(live, key->spki, sizeof(key->spki))) <= 0)
		return wolf_fail_as(report, OTLS_E_BACKEND, "wc_PublicKeyToDer", ret);
	key->spki_len = (size_t)ret;
	key->kind = live->kind;
	return OTLS_OK;
}

static otls_status
load_plain(otls_engine_key *key, enum wolf_key_kind kind, otls_bytes der, otls_report *report)
{
	struct wolf_key live = { .kind = WOLF_KEY_NONE };
	otls_status status = open_private(&live, kind, der, report);

	if (status == OTLS_OK)
		status = keep(key, &live, report);
	wolf_key_close(&live);
	return status;
}

static otls_status
load_pkcs8(otls_engine_key *key, otls_bytes der, otls_report *report)
{
	otls_bytes rest = der, info = { NULL, 0 }, version = { NULL, 0 }, algorithm = { NULL, 0 };
	otls_bytes inner = { NULL, 0 };
	enum wolf_key_kind kind;

	if (!take(&rest, DER_SEQUENCE, &info) || !take(&info, DER_INTEGER, &version) ||
	    !take(&info, DER_SEQUENCE, &algorithm) || !take(&info, DER_OCTET_STRING, &inner))
		return wolf_refuse(report, OTLS_E_FORMAT, "wc_GetPkcs8TraditionalOffset", "no PrivateKeyInfo");
	kind = key_algorithm(algorithm);
	/* With a key that is tied to RSA-PSS the library would sign by PKCS #1 as well. */
	if (kind == WOLF_KEY_NONE || is_pss(algorithm))
		return wolf_refuse(report, OTLS_E_UNSUPPORTED, "wc_PrivateKeyDecode", "unknown key algorithm");
	return load_plain(key, kind, kind == WOLF_KEY_RSA ? inner : der, report);
}

otls_status
wolf_key_load(otls_engine_key *key, otls_key_form form, otls_bytes data, otls_report *report)
{
	otls_bytes rest = data, key_info = { NULL, 0 };

	if (data.len == 0 || data.len > WOLF_LENGTH_MAX)
		return wolf_refuse(report, OTLS_E_FORMAT, "wc_PrivateKeyDecode", "no length for a key");
	if (!take(&rest, DER_SEQUENCE, &key_info) || rest.len > 0)
		return wolf_refuse(report, OTLS_E_FORMAT, "wc_PrivateKeyDecode", "not one piece of DER");
	switch (form) {
	case OTLS_KEY_PKCS8:
		return load_pkcs8(key, data, report);
	case OTLS_KEY_PKCS1:
		return load_plain(key, WOLF_KEY_RSA, data, report);
	case OTLS_KEY_SEC1:
		return load_plain(key, WOLF_KEY_EC, data, report);
	}
	return wolf_refuse(report, OTLS_E_UNSUPPORTED, "wc_PrivateKeyDecode", "no such form");
}

static otls_status
give(otls_bytes bytes, uint8_t *out, size_t cap, size_t *len, otls_report *report)
{
	*len = bytes.len;
	if (bytes.len > cap)
		return wolf_refuse(report, OTLS_E_LIMIT, "wc_KeyToDer", "no room for the key");
	memcpy(out, bytes.data, bytes.len);
	return OTLS_OK;
}

otls_status
wolf_key_spki(const otls_engine_key *key, uint8_t *out, size_t cap, size_t *len, otls_report *report)
{
	return give((otls_bytes){ key->spki, key->spki_len }, out, cap, len, report);
}

void
wolf_key_fini(otls_engine_key *key)
{
	wolf_wipe(key, sizeof(*key));
}

/* == new keys == */

/* Each makes a key and writes its PKCS#8; the answer is the length, or what went wrong. */
static int
generate_ec(struct wolf_key *live, WC_RNG *rng, uint8_t *out, word32 cap)
{
	int ret = wc_ecc_make_key_ex(rng, 32, &live->u.ec, ECC_SECP256R1);

	if (ret == 0)
		ret = wc_EccKeyToPKCS8(&live->u.ec, out, &cap);
	return ret < 0 ? ret : (int)cap;
}

static int
generate_ed25519(struct wolf_key *live, WC_RNG *rng, uint8_t *out, word32 cap)
{
	int ret = wc_ed25519_make_key(rng, ED25519_KEY_SIZE, &live->u.ed25519);

	return ret == 0 ? wc_Ed25519PrivateKeyToDer(&live->u.ed25519, out, cap) : ret;
}

static int
generate_rsa(struct wolf_key *live, WC_RNG *rng, uint8_t *out, word32 cap)
{
	uint8_t der[WOLF_KEY_DER_MAX];
	int len = 0;
	int ret = wc_MakeRsaKey(&live->u.rsa, 2048, WC_RSA_EXPONENT, rng);

	if (ret == 0)
		ret = len = wc_RsaKeyToDer(&live->u.rsa, der, sizeof(der));
	if (ret > 0)
		ret = wc_CreatePKCS8Key(out, &cap, der, (word32)len, RSAk, NULL, 0);
	wolf_wipe(der, sizeof(der));
	return ret < 0 ? ret : (int)cap;
}

static int
generate(struct wolf_key *live, otls_key_kind kind, WC_RNG *rng, uint8_t *out, word32 cap)
{
	enum wolf_key_kind own = kind == OTLS_KEY_RSA_2048  ? WOLF_KEY_RSA
				 : kind == OTLS_KEY_ED25519 ? WOLF_KEY_ED25519
							    : WOLF_KEY_EC;
	int ret = init_live(live, own);

	if (ret != 0)
		return ret;
	switch (own) {
	case WOLF_KEY_RSA:
		return generate_rsa(live, rng, out, cap);
	case WOLF_KEY_ED25519:
		return generate_ed25519(live, rng, out, cap);
	default:
		return generate_ec(live, rng, out, cap);
	}
}

otls_status
wolf_key_generate(otls_key_kind kind, uint8_t *out, size_t cap, size_t *len, otls_report *report)
{
	struct wolf_key live = { .kind = WOLF_KEY_NONE };
	uint8_t der[WOLF_KEY_DER_MAX];
	otls_status status = OTLS_ERROR;
	WC_RNG rng;
	int ret;

	if ((ret = wc_InitRng(&rng)) != 0)
		return wolf_fail_as(report, OTLS_E_BACKEND, "wc_InitRng", ret);
	ret = generate(&live, kind, &rng, der, sizeof(der));
	if (ret <= 0)
		wolf_fail_as(report, OTLS_E_BACKEND, "wc_MakeKey", ret);
	else
		status = give((otls_bytes){ der, (size_t)ret }, out, cap, len, report);
	wolf_wipe(der, sizeof(der));
	wolf_key_close(&live);
	wc_FreeRng(&rng);
	return status;
}

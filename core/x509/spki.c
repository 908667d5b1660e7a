/* Public keys and the names of algorithms (RFC 3279, 4055, 5480, 5758, 8410). */
#include "x509/certificate.h"
#include "x509/der.h"

/* What stands behind the OID of an AlgorithmIdentifier. */
typedef enum parameters {
	PARAMETERS_ABSENT,
	PARAMETERS_NULL,
	PARAMETERS_OTHER /* a value of any other type */
} parameters;

typedef struct algorithm_id {
	otls_bytes oid;
	parameters kind;
	otls_bytes value; /* the whole TLV of PARAMETERS_OTHER */
} algorithm_id;

static bool
read_algorithm(otls_der *der, algorithm_id *id)
{
	otls_der inside;
	otls_bytes contents = { NULL, 0 };
	uint8_t tag = 0;

	*id = (algorithm_id){ .kind = PARAMETERS_ABSENT };
	if (!otls__der_enter(der, OTLS_DER_SEQUENCE, &inside) || !otls__der_oid(&inside, &id->oid))
		return false;
	if (otls__der_more(&inside)) {
		if (!otls__der_any(&inside, &tag, &contents, &id->value))
			return false;
		id->kind = tag == OTLS_DER_NULL && contents.len == 0 ? PARAMETERS_NULL : PARAMETERS_OTHER;
	}
	return otls__der_done(&inside);
}

/* == signature algorithms == */

static const struct hash_row {
	otls_bytes oid;
	otls_hash hash;
} hashes[] = {
	{ OTLS_OID_INIT("\x2b\x0e\x03\x02\x1a"), OTLS_HASH_SHA1 },
	{ OTLS_OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x04"), OTLS_HASH_SHA224 },
	{ OTLS_OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x01"), OTLS_HASH_SHA256 },
	{ OTLS_OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x02"), OTLS_HASH_SHA384 },
	{ OTLS_OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x03"), OTLS_HASH_SHA512 },
};

static const struct signature_row {
	otls_bytes oid;
	otls_signature_kind kind;
	otls_hash hash;
} signatures[] = {
	{ OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"), OTLS_SIGNATURE_RSA_PKCS1, OTLS_HASH_MD5 },
	{ OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"), OTLS_SIGNATURE_RSA_PKCS1, OTLS_HASH_SHA1 },
	{ OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e"), OTLS_SIGNATURE_RSA_PKCS1, OTLS_HASH_SHA224 },
	{ OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), OTLS_SIGNATURE_RSA_PKCS1, OTLS_HASH_SHA256 },
	{ OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"), OTLS_SIGNATURE_RSA_PKCS1, OTLS_HASH_SHA384 },
	{ OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"), OTLS_SIGNATURE_RSA_PKCS1, OTLS_HASH_SHA512 },
	{ OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"), OTLS_SIGNATURE_RSA_PSS, OTLS_HASH_NONE },
	{ OTLS_OID_INIT("\x2a\x86\x48\xce\x3d\x04\x01"), OTLS_SIGNATURE_ECDSA, OTLS_HASH_SHA1 },
	{ OTLS_OID_INIT("\x2a\x86\x48\xce\x3d\x04\x03\x01"), OTLS_SIGNATURE_ECDSA, OTLS_HASH_SHA224 },
	{ OTLS_OID_INIT("\x2a\x86\x48\xce\x3d\x04\x03\x02"), OTLS_SIGNATURE_ECDSA, OTLS_HASH_SHA256 },
	{ OTLS_OID_INIT("\x2a\x86\x48\xce\x3d\x04\x03\x03"), OTLS_SIGNATURE_ECDSA, OTLS_HASH_SHA384 },
	{ OTLS_OID_INIT("\x2a\x86\x48\xce\x3d\x04\x03\x04"), OTLS_SIGNATURE_ECDSA, OTLS_HASH_SHA512 },
	{ OTLS_OID_INIT("\x2b\x65\x70"), OTLS_SIGNATURE_ED25519, OTLS_HASH_NONE },
	{ OTLS_OID_INIT("\x2b\x65\x71"), OTLS_SIGNATURE_ED448, OTLS_HASH_NONE },
};

static bool
read_hash(otls_der *der, otls_hash *hash)
{
	algorithm_id id;

	if (!read_algorithm(der, &id) || id.kind == PARAMETERS_OTHER)
		return false;
	for (size_t i = 0; i < OTLS_COUNT(hashes); i++) {
		if (otls__bytes_equal(id.oid, hashes[i].oid)) {
			*hash = hashes[i].hash;
			return true;
		}
	}
	return false;
}

/* MGF1 with a hash. */
static bool
read_mask(otls_der *der, otls_hash *hash)
{
	algorithm_id id;
	otls_der inside;

	if (!read_algorithm(der, &id) || id.kind != PARAMETERS_OTHER ||
	    !otls__bytes_equal(id.oid, OTLS_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08")))
		return false;
	inside = otls__der(id.value, NULL);
	return read_hash(&inside, hash) && otls__der_done(&inside);
}

/* RSASSA-PSS-params (RFC 4055, section 3.1); what is left out has the default that is set first. */
static bool
read_pss(otls_bytes value, otls_signature_algorithm *pss)
{
	otls_der der = otls__der(value, NULL);
	otls_der list;
	otls_der field;
	int salt = 20;
	int trailer = 1;

	*pss = (otls_signature_algorithm){ OTLS_SIGNATURE_RSA_PSS, OTLS_HASH_SHA1, OTLS_HASH_SHA1, 20 };
	if (!otls__der_enter(&der, OTLS_DER_SEQUENCE, &list))
		return false;
	if (otls__der_next_is(&list, OTLS_DER_CONTEXT_CONSTRUCTED(0)) &&
	    !(otls__der_enter(&list, OTLS_DER_CONTEXT_CONSTRUCTED(0), &field) && read_hash(&field, &pss->hash) &&
		otls__der_done(&field)))
		return false;
	if (otls__der_next_is(&list, OTLS_DER_CONTEXT_CONSTRUCTED(1)) &&
	    !(otls__der_enter(&list, OTLS_DER_CONTEXT_CONSTRUCTED(1), &field) && read_mask(&field, &pss->mgf_hash) &&
		otls__der_done(&field)))
		return false;
	if (otls__der_next_is(&list, OTLS_DER_CONTEXT_CONSTRUCTED(2)) &&
	    !(otls__der_enter(&list, OTLS_DER_CONTEXT_CONSTRUCTED(2), &field) && otls__der_number(&field, &salt) &&
		otls__der_done(&field)))
		return false;
	if (otls__der_next_is(&list, OTLS_DER_CONTEXT_CONSTRUCTED(3)) &&
	    !(otls__der_enter(&list, OTLS_DER_CONTEXT_CONSTRUCTED(3), &field) && otls__der_number(&field, &trailer) &&
		otls__der_done(&field)))
		return false;
	pss->salt_len = (uint32_t)salt;
	return trailer == 1 && otls__der_done(&list) && otls__der_done(&der);
}

/* RSA has NULL as its parameters, and is read without them too; ECDSA and EdDSA have none (RFC 5758, section 3.2;
 * RFC 8410, section 3); PSS must say all (RFC 4055, section 3.1). */
static bool
parameters_fit(const algorithm_id *id, otls_signature_algorithm *algorithm)
{
	switch (algorithm->kind) {
	case OTLS_SIGNATURE_RSA_PKCS1:
		return id->kind != PARAMETERS_OTHER;
	case OTLS_SIGNATURE_RSA_PSS:
		return id->kind == PARAMETERS_OTHER && read_pss(id->value, algorithm);
	default:
		return id->kind == PARAMETERS_ABSENT;
	}
}

bool
otls__signature_algorithm_parse(otls_bytes der, otls_signature_algorithm *algorithm, otls_bytes *oid)
{
	otls_der reader = otls__der(der, NULL);
	otls_signature_algorithm found = { .kind = OTLS_SIGNATURE_UNKNOWN };
	algorithm_id id;

	*algorithm = found;
	if (!read_algorithm(&reader, &id) || !otls__der_done(&reader))
		return false;
	*oid = id.oid;
	for (size_t i = 0; i < OTLS_COUNT(signatures); i++)
		if (otls__bytes_equal(id.oid, signatures[i].oid))
			found = (otls_signature_algorithm){ .kind = signatures[i].kind, .hash = signatures[i].hash };
	if (parameters_fit(&id, &found))
		*algorithm = found;
	return true;
}

/* == public keys == */

static const struct curve_row {
	otls_bytes oid;
	uint16_t group; /* 0: a curve that is not used here; its size is for display */
	unsigned bits;
} curves[] = {
	{ OTLS_OID_INIT("\x2a\x86\x48\xce\x3d\x03\x01\x07"), 0x0017, 256 },
	{ OTLS_OID_INIT("\x2b\x81\x04\x00\x22"), 0x0018, 384 }, { OTLS_OID_INIT("\x2b\x81\x04\x00\x23"), 0x0019, 521 },
	{ OTLS_OID_INIT("\x2a\x86\x48\xce\x3d\x03\x01\x01"), 0, 192 },     /* secp192r1 */
	{ OTLS_OID_INIT("\x2b\x81\x04\x00\x21"), 0, 224 },                 /* secp224r1 */
	{ OTLS_OID_INIT("\x2b\x81\x04\x00\x0a"), 0, 256 },                 /* secp256k1 */
	{ OTLS_OID_INIT("\x2b\x24\x03\x03\x02\x08\x01\x01\x07"), 0, 256 }, /* brainpoolP256r1 */
	{ OTLS_OID_INIT("\x2b\x24\x03\x03\x02\x08\x01\x01\x0b"), 0, 384 }, /* brainpoolP384r1 */
	{ OTLS_OID_INIT("\x2b\x24\x03\x03\x02\x08\x01\x01\x0d"), 0, 512 }, /* brainpoolP512r1 */
};

static unsigned
bit_length(otls_bytes number)
{
	unsigned bits = 0;
	uint8_t top = 0;

	while (number.len > 0 && number.data[0] == 0) {
		number.data++;
		number.len--;
	}
	if (number.len == 0)
		return 0;
	for (top = number.data[0]; top != 0; top >>= 1)
		bits++;
	return bits + 8 * (unsigned)(number.len - 1);
}

static bool
is_odd(otls_bytes number)
{
	return (number.data[number.len - 1] & 1) != 0;
}

static bool
is_positive(otls_bytes number)
{
	return number.data[0] < 0x80 && bit_length(number) > 0;
}

/* RSAPublicKey (RFC 8017, appendix A.1.1).  Exponent: odd, 3 or more, below 2^32. */
static bool
read_rsa(otls_spki *spki)
{
	otls_der der = otls__der(spki->key, NULL);
	otls_der list;
	otls_bytes n = { NULL, 0 };
	otls_bytes e = { NULL, 0 };

	if (!otls__der_enter(&der, OTLS_DER_SEQUENCE, &list) || !otls__der_done(&der) ||
	    !otls__der_integer(&list, &n) || !otls__der_integer(&list, &e) || !otls__der_done(&list))
		return false;
	spki->bits = is_positive(n) ? bit_length(n) : 0;
	spki->sound = spki->bits > 0 && spki->bits % 8 == 0 && is_odd(n) && is_positive(e) && is_odd(e) &&
		      bit_length(e) >= 2 && bit_length(e) <= 32;
	return true;
}

static bool
read_rsa_pkcs1(const algorithm_id *id, otls_spki *spki)
{
	return id->kind != PARAMETERS_OTHER && read_rsa(spki);
}

/* Without parameters the key may be used with any (RFC 4055, section 1.2). */
static bool
read_rsa_pss(const algorithm_id *id, otls_spki *spki)
{
	if (id->kind == PARAMETERS_OTHER && !read_pss(id->value, &spki->pss))
		return false;
	return id->kind != PARAMETERS_NULL && read_rsa(spki);
}

/* Only points that are not compressed: TLS has no others (RFC 8422, section 5.1.2). */
static bool
read_ec(const algorithm_id *id, otls_spki *spki)
{
	otls_der der = otls__der(id->value, NULL);
	otls_bytes curve = { NULL, 0 };
	size_t field = 0;

	if (id->kind != PARAMETERS_OTHER)
		return false;
	if (!otls__der_next_is(&der, OTLS_DER_OID))
		return true; /* explicit parameters: group 0 */
	if (!otls__der_oid(&der, &curve))
		return false;
	for (size_t i = 0; i < OTLS_COUNT(curves); i++) {
		if (!otls__bytes_equal(curve, curves[i].oid))
			continue;
		spki->group = curves[i].group;
		spki->bits = curves[i].bits;
		field = (spki->bits + 7) / 8;
		spki->sound = spki->key.len == 1 + 2 * field && spki->key.data[0] == 0x04;
	}
	return true;
}

static bool
read_ed25519(const algorithm_id *id, otls_spki *spki)
{
	spki->bits = 255;
	spki->sound = spki->key.len == 32;
	return id->kind == PARAMETERS_ABSENT;
}

static bool
read_ed448(const algorithm_id *id, otls_spki *spki)
{
	spki->bits = 448;
	spki->sound = spki->key.len == 57;
	return id->kind == PARAMETERS_ABSENT;
}

static const struct key_row {
	otls_bytes oid;
	otls_key_type type;
	bool (*read)(const algorithm_id *id, otls_spki *spki);
} keys[] = {
	{ OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), OTLS_KEY_TYPE_RSA, read_rsa_pkcs1 },
	{ OTLS_OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"), OTLS_KEY_TYPE_RSA_PSS, read_rsa_pss },
	{ OTLS_OID_INIT("\x2a\x86\x48\xce\x3d\x02\x01"), OTLS_KEY_TYPE_EC, read_ec },
	{ OTLS_OID_INIT("\x2b\x65\x70"), OTLS_KEY_TYPE_ED25519, read_ed25519 },
	{ OTLS_OID_INIT("\x2b\x65\x71"), OTLS_KEY_TYPE_ED448, read_ed448 },
};

bool
otls__spki_parse(otls_bytes der, otls_spki *spki)
{
	otls_der reader = otls__der(der, NULL);
	otls_der list;
	algorithm_id id;

	*spki = (otls_spki){ .der = der };
	if (!otls__der_enter(&reader, OTLS_DER_SEQUENCE, &list) || !otls__der_done(&reader) ||
	    !read_algorithm(&list, &id) || !otls__der_octets(&list, &spki->key) || !otls__der_done(&list))
		return false;
	for (size_t i = 0; i < OTLS_COUNT(keys); i++) {
		if (otls__bytes_equal(id.oid, keys[i].oid)) {
			spki->type = keys[i].type;
			return keys[i].read(&id, spki);
		}
	}
	return true;
}

otls_signature_kind
otls__spki_kind(const otls_spki *spki)
{
	switch (spki->type) {
	case OTLS_KEY_TYPE_RSA:
		return OTLS_SIGNATURE_RSA_PKCS1;
	case OTLS_KEY_TYPE_RSA_PSS:
		return OTLS_SIGNATURE_RSA_PSS;
	case OTLS_KEY_TYPE_EC:
		return OTLS_SIGNATURE_ECDSA;
	case OTLS_KEY_TYPE_ED25519:
		return OTLS_SIGNATURE_ED25519;
	case OTLS_KEY_TYPE_ED448:
		return OTLS_SIGNATURE_ED448;
	case OTLS_KEY_TYPE_UNKNOWN:
		break;
	}
	return OTLS_SIGNATURE_UNKNOWN;
}

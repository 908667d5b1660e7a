/* The parsed certificate.  Written by certificate.c alone; read by the verifier, the stores and the getters. */
#ifndef OTLS_CORE_CERTIFICATE_H
#define OTLS_CORE_CERTIFICATE_H

#include "base.h"

/* anyPolicy (RFC 5280, section 4.2.1.4): the contents of its OID. */
#define OTLS_ANY_POLICY OTLS_OID("\x55\x1d\x20\x00")

typedef enum otls_key_type {
	OTLS_KEY_TYPE_UNKNOWN,
	OTLS_KEY_TYPE_RSA,     /* rsaEncryption */
	OTLS_KEY_TYPE_RSA_PSS, /* id-RSASSA-PSS */
	OTLS_KEY_TYPE_EC,
	OTLS_KEY_TYPE_ED25519,
	OTLS_KEY_TYPE_ED448
} otls_key_type;

/* SubjectPublicKeyInfo, read strictly. */
typedef struct otls_spki {
	otls_bytes der; /* the whole TLV */
	otls_bytes key; /* the contents of the BIT STRING, without its unused-bits byte */
	otls_key_type type;
	uint16_t
	    group; /* EC: IANA group of the named curve (0x0017, 0x0018, 0x0019); 0: another one or explicit parameters */
	unsigned bits; /* RSA: of the modulus; EC and EdDSA: of the field */
	bool sound;    /* RSA: modulus odd and a multiple of 8 bits long, exponent odd, 3 or more, below 2^32;
	                      * EC: a point of the right length; EdDSA: the right length */
	otls_signature_algorithm pss; /* RSA_PSS with parameters: what they allow (kind UNKNOWN: no parameters) */
} otls_spki;

/* Reads one; false: malformed.  Key types that are not known are fine here (UNKNOWN). */
bool otls__spki_parse(otls_bytes der, otls_spki *spki);
/* What the key signs with; UNKNOWN: nothing. */
otls_signature_kind otls__spki_kind(const otls_spki *spki);

/* Reads the whole TLV of an AlgorithmIdentifier that names a signature algorithm; false: malformed.  An algorithm that
 * is not known, or has parameters that it cannot have, is fine here (kind UNKNOWN).  oid gets the contents of the OID. */
bool otls__signature_algorithm_parse(otls_bytes der, otls_signature_algorithm *algorithm, otls_bytes *oid);

struct otls_certificate {
	atomic_uint refs;
	uint8_t *der; /* the certificate's own copy; every view points into it */
	size_t der_len;

	int version;        /* 1, 2, 3 */
	otls_bytes tbs;     /* the whole TLV, as signed */
	otls_bytes serial;  /* contents of the INTEGER */
	otls_bytes issuer;  /* the whole Name TLV */
	otls_bytes subject; /* the whole Name TLV */
	int64_t not_before, not_after;
	otls_spki spki;

	otls_signature_algorithm signature_algorithm; /* kind UNKNOWN: not known here */
	otls_bytes signature_oid;                     /* contents of the OID */
	bool signature_algorithms_equal;              /* inside and outside of the signed part */
	otls_bytes signature;                         /* contents of the BIT STRING, without its unused-bits byte */

	/* Extensions (RFC 5280, section 4.2).  data NULL: not there. */
	bool has_basic_constraints, basic_constraints_critical, is_ca;
	int path_length; /* -1: none */
	bool has_key_usage;
	uint16_t key_usage;            /* OTLS_KEY_USAGE_* */
	otls_bytes extended_key_usage; /* contents of the SEQUENCE of OIDs */
	bool extended_key_usage_critical;
	bool has_san, san_critical;
	otls_bytes san;              /* contents of the SEQUENCE of GeneralNames */
	otls_bytes name_constraints; /* contents of the SEQUENCE; checked for form by the verifier */
	bool name_constraints_critical;
	bool has_subject_key_id, has_authority_key_id; /* an authority key id without keyIdentifier has the flag only */
	otls_bytes subject_key_id, authority_key_id;
	/* authorityCertIssuer (contents of GeneralNames) and authorityCertSerialNumber (of the INTEGER); both or none */
	otls_bytes authority_issuer, authority_serial;
	otls_bytes policies, policy_mappings; /* contents of the SEQUENCEs */
	/* Certificates that may stand below until policies must be named, mapped no more, and "any" is none; -1: no limit */
	int require_policy, inhibit_mapping, inhibit_any_policy;
	otls_bytes tls_feature;
	bool ocsp_no_check;    /* whether it is revoked need not be asked (RFC 6960, section 4.2.2.2.1) */
	bool unknown_critical; /* a critical extension that is not one of the above or is known to be harmless */
	const char *defect;    /* static: readable, but against the rules in a way that makes it MALFORMED when it is
	                        * verified (an extension twice, extensions in a v1 certificate, an empty issuer, ...); NULL: none */

	/* Texts, made when first asked for; set once (compare and swap). */
	_Atomic(char *) subject_text, issuer_text, common_name, serial_text, signature_text, pem, sha256, sha1, pin;
	_Atomic(struct otls_text_list *) sans, purposes, subject_parts, issuer_parts;
};

/* One DER certificate from a peer or a file; where says what it is for the message ("peer certificate 1",
 * "cert.pem, line 12").  ERROR: FORMAT with the offset, LIMIT, MEMORY. */
otls_status otls__certificate_parse(otls_bytes der, const char *where, otls_certificate **cert);

#endif

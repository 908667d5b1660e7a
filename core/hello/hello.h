/* Reads ClientHello and ServerHello (RFC 8446 section 4.1, RFC 5246 section 7.4.1).  Stricter than the engines: what
 * is doubtful is refused here, before one of them sees it. */
#ifndef OTLS_CORE_HELLO_H
#define OTLS_CORE_HELLO_H

#include "base.h"

#define OTLS_HELLO_MAX 65536 /* bytes of one hello message */

/* Views into message, which must stay alive. */
typedef struct otls_client_hello {
	otls_bytes message; /* with its 4-byte header */
	otls_bytes random;
	otls_bytes session_id;
	otls_bytes suites;     /* pairs of bytes */
	otls_bytes extensions; /* the whole list, without its length */
	uint16_t legacy_version;
	uint16_t max_version;   /* the highest of 0x0301..0x0304 that is offered */
	otls_bytes versions;    /* of supported_versions, pairs; empty: none sent */
	otls_bytes server_name; /* empty: none */
	otls_bytes alpn;        /* names behind their length bytes; empty: none */
	otls_bytes groups;      /* pairs */
	otls_bytes schemes;     /* pairs */
	otls_bytes key_shares;  /* the list */
	bool extended_master_secret;
	bool renegotiation_info; /* the extension, or its signalling suite */
	bool status_request;     /* of the kind OCSP (RFC 6066, section 8) */
	bool fallback;           /* TLS_FALLBACK_SCSV */
	bool psk, early_data, cookie;
	otls_bytes ticket;         /* of TLS 1.2; empty: none */
	otls_bytes psk_identities; /* the list, each with its age */
	otls_bytes psk_identity;   /* the first one */
	size_t psk_count;
} otls_client_hello;

typedef struct otls_server_hello {
	otls_bytes message;
	otls_bytes random;
	otls_bytes session_id;
	uint16_t version; /* selected: 0x0303, 0x0304, or older */
	uint16_t suite;
	otls_bytes extensions;
	bool is_retry; /* HelloRetryRequest */
	bool extended_master_secret;
	bool renegotiation_info;
	uint16_t group;  /* of key_share; 0: none */
	otls_bytes alpn; /* the one name, TLS 1.2; empty: none */
} otls_server_hello;

/* ERROR: the record says HANDSHAKE and what is wrong, *alert is what to send.  Refused: extensions twice, lists of
 * odd or wrong length, trailing bytes, more than one host name, NUL or non-ASCII or an empty string in a host name,
 * empty ALPN names, compression methods without null, pre_shared_key that is not last. */
otls_status otls__client_hello_parse(otls_bytes message, otls_client_hello *hello, int *alert);
otls_status otls__server_hello_parse(otls_bytes message, otls_server_hello *hello, int *alert);
/* The second hello after HelloRetryRequest: all but key_share, cookie, early_data, pre_shared_key, psk_key_exchange_modes
 * and padding must be byte-equal and in the same order, and pre_shared_key may only leave identities out; else
 * illegal_parameter. */
otls_status otls__client_hello_compare(const otls_client_hello *first, const otls_client_hello *second, int *alert);

/* Whether a list of pairs of bytes holds the number. */
bool otls__pairs_have(otls_bytes pairs, uint16_t value);

#endif

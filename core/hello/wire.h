/* Numbers on the wire, and what the two readers and the gate have in common. */
#ifndef OTLS_CORE_WIRE_H
#define OTLS_CORE_WIRE_H

#include "error.h"
#include "hello/hello.h"

enum { /* record types (RFC 8446, section 5.1) */
	RECORD_CHANGE_CIPHER_SPEC = 20,
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	RECORD_APPLICATION_DATA = 23
};

enum { /* handshake messages (section 4, and RFC 5246, section 7.4) */
	MESSAGE_HELLO_REQUEST = 0,
	MESSAGE_CLIENT_HELLO = 1,
	MESSAGE_SERVER_HELLO = 2,
	MESSAGE_NEW_SESSION_TICKET = 4,
	MESSAGE_CERTIFICATE = 11,
	MESSAGE_SERVER_KEY_EXCHANGE = 12,
	MESSAGE_CERTIFICATE_REQUEST = 13,
	MESSAGE_SERVER_HELLO_DONE = 14,
	MESSAGE_CERTIFICATE_VERIFY = 15,
	MESSAGE_CLIENT_KEY_EXCHANGE = 16,
	MESSAGE_CERTIFICATE_STATUS = 22,
	MESSAGE_NEW_KEYS = 255 /* none: a ChangeCipherSpec record stands there */
};

enum { /* alerts (section 6) */
	ALERT_UNEXPECTED_MESSAGE = 10,
	ALERT_RECORD_OVERFLOW = 22,
	ALERT_HANDSHAKE_FAILURE = 40,
	ALERT_ILLEGAL_PARAMETER = 47,
	ALERT_DECODE_ERROR = 50,
	ALERT_PROTOCOL_VERSION = 70,
	ALERT_INTERNAL_ERROR = 80,
	ALERT_MISSING_EXTENSION = 109,
	ALERT_UNSUPPORTED_EXTENSION = 110,
	ALERT_UNRECOGNIZED_NAME = 112
};

enum { /* extensions (section 4.2) */
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_STATUS_REQUEST = 5,
	EXTENSION_SUPPORTED_GROUPS = 10,
	EXTENSION_SIGNATURE_ALGORITHMS = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_PADDING = 21,
	EXTENSION_EXTENDED_MASTER_SECRET = 23,
	EXTENSION_SESSION_TICKET = 35,
	EXTENSION_PRE_SHARED_KEY = 41,
	EXTENSION_EARLY_DATA = 42,
	EXTENSION_SUPPORTED_VERSIONS = 43,
	EXTENSION_COOKIE = 44,
	EXTENSION_PSK_KEY_EXCHANGE_MODES = 45,
	EXTENSION_KEY_SHARE = 51,
	EXTENSION_RENEGOTIATION_INFO = 0xff01
};

enum {                                           /* suites that are signals */
	SUITE_EMPTY_RENEGOTIATION_INFO = 0x00ff, /* RFC 5746 */
	SUITE_FALLBACK = 0x5600                  /* RFC 7507 */
};

/* A set of 16-bit numbers; looking one up costs the same however many a peer sends. */
typedef struct otls_numbers {
	uint8_t bits[65536 / 8];
} otls_numbers;

static inline bool
otls__numbers_have(const otls_numbers *numbers, uint16_t value)
{
	return (numbers->bits[value / 8] >> value % 8 & 1) != 0;
}

/* false: it was there already. */
static inline bool
otls__numbers_add(otls_numbers *numbers, uint16_t value)
{
	bool is_new = !otls__numbers_have(numbers, value);

	numbers->bits[value / 8] |= (uint8_t)(1u << value % 8);
	return is_new;
}

static inline void
otls__numbers_remove(otls_numbers *numbers, uint16_t value)
{
	numbers->bits[value / 8] &= (uint8_t) ~(1u << value % 8);
}

typedef struct otls_extension {
	uint16_t type;
	otls_bytes data;
} otls_extension;

/* false: the list is over, or cut, which the reader knows. */
static inline bool
otls__next_extension(otls_reader *list, otls_extension *extension)
{
	if (list->len == 0)
		return false;
	extension->type = otls__read16(list);
	extension->data = otls__read_vector16(list);
	return !list->failed;
}

/* Puts the body of a handshake message of this type into body; false: another type, or its length is wrong. */
static inline bool
otls__message_body(otls_bytes message, uint8_t type, otls_reader *body)
{
	otls_reader r = otls__reader(message);
	bool fits = otls__read8(&r) == type;

	*body = otls__reader(otls__read_vector24(&r));
	return otls__reader_done(&r) && fits;
}

static inline otls_status
otls__hello_refuse(int *alert, int number, const char *text)
{
	*alert = number;
	return otls__fail(OTLS_E_HANDSHAKE, "%s", text);
}

#endif

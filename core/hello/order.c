/* Which message of a TLS 1.2 handshake may come behind which, while they come in plain (RFC 5246, section 7.3; RFC 6066,
 * section 8; RFC 5077, section 3.3).  The libraries look at that, too, but not all of them before they go by what came
 * (CVE-2014-0224, CVE-2026-2645).  All suites of this library have a ServerKeyExchange and certificates. */
#include "hello/gate.h"
#include "hello/wire.h"

struct step {
	uint8_t before, now;
};

static const struct step of_servers[] = {
	{ MESSAGE_SERVER_HELLO, MESSAGE_CERTIFICATE },
	{ MESSAGE_SERVER_HELLO, MESSAGE_NEW_SESSION_TICKET }, /* resumed */
	{ MESSAGE_SERVER_HELLO, MESSAGE_NEW_KEYS },           /* resumed */
	{ MESSAGE_CERTIFICATE, MESSAGE_CERTIFICATE_STATUS },
	{ MESSAGE_CERTIFICATE, MESSAGE_SERVER_KEY_EXCHANGE },
	{ MESSAGE_CERTIFICATE_STATUS, MESSAGE_SERVER_KEY_EXCHANGE },
	{ MESSAGE_SERVER_KEY_EXCHANGE, MESSAGE_CERTIFICATE_REQUEST },
	{ MESSAGE_SERVER_KEY_EXCHANGE, MESSAGE_SERVER_HELLO_DONE },
	{ MESSAGE_CERTIFICATE_REQUEST, MESSAGE_SERVER_HELLO_DONE },
	{ MESSAGE_SERVER_HELLO_DONE, MESSAGE_NEW_SESSION_TICKET },
	{ MESSAGE_SERVER_HELLO_DONE, MESSAGE_NEW_KEYS },
	{ MESSAGE_NEW_SESSION_TICKET, MESSAGE_NEW_KEYS },
};

static const struct step of_clients[] = {
	{ MESSAGE_CLIENT_HELLO, MESSAGE_CERTIFICATE },
	{ MESSAGE_CLIENT_HELLO, MESSAGE_CLIENT_KEY_EXCHANGE },
	{ MESSAGE_CLIENT_HELLO, MESSAGE_NEW_KEYS }, /* resumed */
	{ MESSAGE_CERTIFICATE, MESSAGE_CLIENT_KEY_EXCHANGE },
	{ MESSAGE_CLIENT_KEY_EXCHANGE, MESSAGE_CERTIFICATE_VERIFY },
	{ MESSAGE_CLIENT_KEY_EXCHANGE, MESSAGE_NEW_KEYS },
	{ MESSAGE_CERTIFICATE_VERIFY, MESSAGE_NEW_KEYS },
};

bool
otls__message_is_due(otls_role reader, uint8_t before, uint8_t now)
{
	const struct step *steps = reader == OTLS_ROLE_CLIENT ? of_servers : of_clients;
	size_t count = reader == OTLS_ROLE_CLIENT ? OTLS_COUNT(of_servers) : OTLS_COUNT(of_clients);

	for (size_t i = 0; i < count; i++)
		if (steps[i].before == before && steps[i].now == now)
			return true;
	return false;
}

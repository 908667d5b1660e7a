#include "hello/wire.h"

/* What a HelloRetryRequest has in place of its random: SHA-256 of "HelloRetryRequest" (RFC 8446, section 4.1.3). */
static const uint8_t retry_random[32] = { 0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e,
	0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33,
	0x9c };

/* == extensions: each reader answers 0, or the alert that refuses it == */

static int
read_version(otls_bytes data, otls_server_hello *hello)
{
	if (data.len != 2)
		return ALERT_DECODE_ERROR;
	/* Older versions are chosen without this extension (RFC 8446, section 4.2.1). */
	if (otls__get16(data.data) < 0x0304 || hello->version != 0x0303)
		return ALERT_ILLEGAL_PARAMETER;
	hello->version = otls__get16(data.data);
	return 0;
}

/* A ServerHello brings a key, a HelloRetryRequest only names the group. */
static int
read_key_share(otls_bytes data, otls_server_hello *hello)
{
	otls_reader r = otls__reader(data);
	otls_bytes key = { 0 };

	hello->group = otls__read16(&r);
	if (!hello->is_retry)
		key = otls__read_vector16(&r);
	return otls__reader_done(&r) && (hello->is_retry || key.len > 0) ? 0 : ALERT_DECODE_ERROR;
}

static int
read_psk(otls_bytes data, otls_server_hello *hello)
{
	(void)hello;
	return data.len == 2 ? 0 : ALERT_DECODE_ERROR;
}

static int
read_cookie(otls_bytes data, otls_server_hello *hello)
{
	otls_reader r = otls__reader(data);
	otls_bytes cookie = otls__read_vector16(&r);

	(void)hello;
	return otls__reader_done(&r) && cookie.len > 0 ? 0 : ALERT_DECODE_ERROR;
}

static int
read_server_name(otls_bytes data, otls_server_hello *hello)
{
	(void)hello;
	return data.len == 0 ? 0 : ALERT_DECODE_ERROR;
}

/* RFC 7301, section 3.1: exactly one name. */
static int
read_alpn(otls_bytes data, otls_server_hello *hello)
{
	otls_reader r = otls__reader(data);
	otls_reader list = otls__reader(otls__read_vector16(&r));

	hello->alpn = otls__read_vector8(&list);
	return otls__reader_done(&r) && otls__reader_done(&list) && hello->alpn.len > 0 ? 0 : ALERT_DECODE_ERROR;
}

static int
read_extended_master_secret(otls_bytes data, otls_server_hello *hello)
{
	hello->extended_master_secret = true;
	return data.len == 0 ? 0 : ALERT_DECODE_ERROR;
}

/* RFC 5746, section 3.4: empty in the first handshake, and a hello in plain belongs to the first. */
static int
read_renegotiation_info(otls_bytes data, otls_server_hello *hello)
{
	otls_reader r = otls__reader(data);
	otls_bytes verify_data = otls__read_vector8(&r);

	hello->renegotiation_info = true;
	if (!otls__reader_done(&r))
		return ALERT_DECODE_ERROR;
	return verify_data.len == 0 ? 0 : ALERT_HANDSHAKE_FAILURE;
}

static const struct {
	uint16_t type;
	int (*read)(otls_bytes data, otls_server_hello *hello);
	const char *name;
} readers[] = {
	{ EXTENSION_SERVER_NAME, read_server_name, "server_name" },
	{ EXTENSION_ALPN, read_alpn, "application_layer_protocol_negotiation" },
	{ EXTENSION_EXTENDED_MASTER_SECRET, read_extended_master_secret, "extended_master_secret" },
	{ EXTENSION_PRE_SHARED_KEY, read_psk, "pre_shared_key" },
	{ EXTENSION_SUPPORTED_VERSIONS, read_version, "supported_versions" },
	{ EXTENSION_COOKIE, read_cookie, "cookie" },
	{ EXTENSION_KEY_SHARE, read_key_share, "key_share" },
	{ EXTENSION_RENEGOTIATION_INFO, read_renegotiation_info, "renegotiation_info" },
};

static otls_status
read_extension(const otls_extension *extension, otls_server_hello *hello, int *alert)
{
	int refused = 0;

	for (size_t i = 0; i < OTLS_COUNT(readers); i++) {
		if (readers[i].type != extension->type)
			continue;
		if ((refused = readers[i].read(extension->data, hello)) == 0)
			return OTLS_OK;
		*alert = refused;
		return otls__fail(OTLS_E_HANDSHAKE, "ServerHello: the extension %s is malformed", readers[i].name);
	}
	return OTLS_OK;
}

static otls_status
read_extensions(otls_server_hello *hello, int *alert)
{
	otls_reader list = otls__reader(hello->extensions);
	otls_extension extension = { 0 };
	otls_numbers seen = { 0 };

	while (otls__next_extension(&list, &extension)) {
		if (!otls__numbers_add(&seen, extension.type)) {
			*alert = ALERT_ILLEGAL_PARAMETER;
			return otls__fail(
			    OTLS_E_HANDSHAKE, "ServerHello: the extension %u comes twice", extension.type);
		}
		if (read_extension(&extension, hello, alert) != OTLS_OK)
			return OTLS_ERROR;
	}
	if (!otls__reader_done(&list))
		return otls__hello_refuse(alert, ALERT_DECODE_ERROR, "ServerHello: the list of extensions is cut");
	return OTLS_OK;
}

/* == the rest of the message == */

static otls_status
read_fields(otls_reader *body, otls_server_hello *hello, int *alert)
{
	uint8_t compression = 0;

	hello->version = otls__read16(body);
	hello->random = otls__read_bytes(body, sizeof(retry_random));
	hello->session_id = otls__read_vector8(body);
	hello->suite = otls__read16(body);
	compression = otls__read8(body);
	if (!body->failed && body->len > 0)
		hello->extensions = otls__read_vector16(body);
	if (!otls__reader_done(body) || hello->session_id.len > 32)
		return otls__hello_refuse(alert, ALERT_DECODE_ERROR, "ServerHello: malformed");
	if (compression != 0)
		return otls__hello_refuse(alert, ALERT_ILLEGAL_PARAMETER, "ServerHello: chooses compression");
	/* TLS 1.3 and later are chosen by supported_versions only. */
	if (hello->version > 0x0303)
		return otls__hello_refuse(alert, ALERT_PROTOCOL_VERSION, "ServerHello: unknown version");
	return OTLS_OK;
}

otls_status
otls__server_hello_parse(otls_bytes message, otls_server_hello *hello, int *alert)
{
	otls_reader body = { 0 };

	*hello = (otls_server_hello){ .message = message };
	*alert = -1;
	if (message.len > OTLS_HELLO_MAX)
		return otls__hello_refuse(alert, ALERT_ILLEGAL_PARAMETER, "ServerHello: larger than 64 KiB");
	if (!otls__message_body(message, MESSAGE_SERVER_HELLO, &body))
		return otls__hello_refuse(alert, ALERT_DECODE_ERROR, "ServerHello: its length is wrong");
	if (read_fields(&body, hello, alert) != OTLS_OK)
		return OTLS_ERROR;
	hello->is_retry = memcmp(hello->random.data, retry_random, sizeof(retry_random)) == 0;
	if (read_extensions(hello, alert) != OTLS_OK)
		return OTLS_ERROR;
	if (hello->is_retry && hello->version < 0x0304)
		return otls__hello_refuse(
		    alert, ALERT_MISSING_EXTENSION, "HelloRetryRequest: without supported_versions");
	return OTLS_OK;
}

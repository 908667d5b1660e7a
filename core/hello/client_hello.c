#include "hello/wire.h"

#define NAME_MAX_LEN 255 /* of a host name, RFC 1035 */

bool
otls__pairs_have(otls_bytes pairs, uint16_t value)
{
	for (size_t i = 0; i + 1 < pairs.len; i += 2)
		if (otls__get16(pairs.data + i) == value)
			return true;
	return false;
}

/* == extensions: each reader answers 0, or the alert that refuses it == */

static bool
is_pairs(otls_bytes bytes)
{
	return bytes.len >= 2 && bytes.len % 2 == 0;
}

/* One list of pairs behind its two bytes of length, and nothing else. */
static int
read_pairs(otls_bytes data, otls_bytes *pairs)
{
	otls_reader r = otls__reader(data);

	*pairs = otls__read_vector16(&r);
	return otls__reader_done(&r) && is_pairs(*pairs) ? 0 : ALERT_DECODE_ERROR;
}

static int
read_groups(otls_bytes data, otls_client_hello *hello)
{
	return read_pairs(data, &hello->groups);
}

static int
read_schemes(otls_bytes data, otls_client_hello *hello)
{
	return read_pairs(data, &hello->schemes);
}

static int
read_versions(otls_bytes data, otls_client_hello *hello)
{
	otls_reader r = otls__reader(data);

	hello->versions = otls__read_vector8(&r);
	return otls__reader_done(&r) && is_pairs(hello->versions) ? 0 : ALERT_DECODE_ERROR;
}

/* Visible ASCII: a name with NUL, blanks or line ends in it is meant for a log or a shell, not for DNS. */
static bool
is_name_text(otls_bytes name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] <= 0x20 || name.data[i] >= 0x7f)
			return false;
	return true;
}

/* RFC 6066, section 3: a list, in which only host_name (0) was ever defined, and that at most once. */
static int
read_server_name(otls_bytes data, otls_client_hello *hello)
{
	otls_reader r = otls__reader(data);
	otls_reader list = otls__reader(otls__read_vector16(&r));
	uint8_t type = otls__read8(&list);

	hello->server_name = otls__read_vector16(&list);
	if (!otls__reader_done(&r) || list.failed || hello->server_name.len == 0)
		return ALERT_DECODE_ERROR;
	if (type != 0 || list.len > 0 || !is_name_text(hello->server_name))
		return ALERT_ILLEGAL_PARAMETER;
	return hello->server_name.len <= NAME_MAX_LEN ? 0 : ALERT_UNRECOGNIZED_NAME;
}

static int
read_alpn(otls_bytes data, otls_client_hello *hello)
{
	otls_reader r = otls__reader(data);
	otls_reader list = { 0 };

	hello->alpn = otls__read_vector16(&r);
	list = otls__reader(hello->alpn);
	if (!otls__reader_done(&r) || list.len == 0)
		return ALERT_DECODE_ERROR;
	while (list.len > 0)
		if (otls__read_vector8(&list).len == 0)
			return ALERT_DECODE_ERROR;
	return 0;
}

static int
read_key_shares(otls_bytes data, otls_client_hello *hello)
{
	otls_reader r = otls__reader(data);
	otls_reader list = { 0 };

	hello->key_shares = otls__read_vector16(&r);
	if (!otls__reader_done(&r))
		return ALERT_DECODE_ERROR;
	list = otls__reader(hello->key_shares);
	while (list.len > 0) {
		otls__read16(&list);
		if (otls__read_vector16(&list).len == 0)
			return ALERT_DECODE_ERROR;
	}
	return 0;
}

/* RFC 8446, section 4.2.11: identities, each with an age, and as many binders. */
static int
read_psk(otls_bytes data, otls_client_hello *hello)
{
	otls_reader r = otls__reader(data);
	otls_bytes list = otls__read_vector16(&r);
	otls_reader identities = otls__reader(list), binders = otls__reader(otls__read_vector16(&r));
	size_t identity_count = 0, binder_count = 0;

	hello->psk = true;
	hello->psk_identities = list;
	if (!otls__reader_done(&r) || identities.len == 0 || binders.len == 0)
		return ALERT_DECODE_ERROR;
	for (; identities.len > 0; identity_count++) {
		otls_bytes identity = otls__read_vector16(&identities);

		if (identity.len == 0 || otls__read_bytes(&identities, 4).len != 4)
			return ALERT_DECODE_ERROR;
		if (identity_count == 0)
			hello->psk_identity = identity;
	}
	hello->psk_count = identity_count;
	for (; binders.len > 0; binder_count++)
		if (otls__read_vector8(&binders).len < 32)
			return ALERT_DECODE_ERROR;
	return identity_count == binder_count ? 0 : ALERT_ILLEGAL_PARAMETER;
}

/* RFC 5077, section 3.2: the ticket, without a length of its own. */
static int
read_ticket(otls_bytes data, otls_client_hello *hello)
{
	hello->ticket = data;
	return 0;
}

static int
read_psk_modes(otls_bytes data, otls_client_hello *hello)
{
	otls_reader r = otls__reader(data);
	otls_bytes modes = otls__read_vector8(&r);

	(void)hello;
	return otls__reader_done(&r) && modes.len > 0 ? 0 : ALERT_DECODE_ERROR;
}

static int
read_cookie(otls_bytes data, otls_client_hello *hello)
{
	otls_reader r = otls__reader(data);
	otls_bytes cookie = otls__read_vector16(&r);

	hello->cookie = true;
	return otls__reader_done(&r) && cookie.len > 0 ? 0 : ALERT_DECODE_ERROR;
}

static int
read_early_data(otls_bytes data, otls_client_hello *hello)
{
	hello->early_data = true;
	return data.len == 0 ? 0 : ALERT_DECODE_ERROR;
}

static int
read_extended_master_secret(otls_bytes data, otls_client_hello *hello)
{
	hello->extended_master_secret = true;
	return data.len == 0 ? 0 : ALERT_DECODE_ERROR;
}

/* A hello in plain starts a connection, so there is nothing that could be renegotiated (RFC 5746, section 3.6). */
static int
read_renegotiation_info(otls_bytes data, otls_client_hello *hello)
{
	otls_reader r = otls__reader(data);
	otls_bytes verify_data = otls__read_vector8(&r);

	hello->renegotiation_info = true;
	if (!otls__reader_done(&r))
		return ALERT_DECODE_ERROR;
	return verify_data.len == 0 ? 0 : ALERT_HANDSHAKE_FAILURE;
}

/* RFC 6066, section 8: the kind, and for OCSP a list of responders and extensions, which nobody looks at. */
static int
read_status_request(otls_bytes data, otls_client_hello *hello)
{
	otls_reader r = otls__reader(data);

	hello->status_request = otls__read8(&r) == 1;
	if (r.failed)
		return ALERT_DECODE_ERROR;
	if (!hello->status_request)
		return 0;
	otls__read_vector16(&r);
	otls__read_vector16(&r);
	return otls__reader_done(&r) ? 0 : ALERT_DECODE_ERROR;
}

static const struct {
	uint16_t type;
	int (*read)(otls_bytes data, otls_client_hello *hello);
	const char *name;
} readers[] = {
	{ EXTENSION_SERVER_NAME, read_server_name, "server_name" },
	{ EXTENSION_STATUS_REQUEST, read_status_request, "status_request" },
	{ EXTENSION_SUPPORTED_GROUPS, read_groups, "supported_groups" },
	{ EXTENSION_SIGNATURE_ALGORITHMS, read_schemes, "signature_algorithms" },
	{ EXTENSION_ALPN, read_alpn, "application_layer_protocol_negotiation" },
	{ EXTENSION_EXTENDED_MASTER_SECRET, read_extended_master_secret, "extended_master_secret" },
	{ EXTENSION_SESSION_TICKET, read_ticket, "session_ticket" },
	{ EXTENSION_PRE_SHARED_KEY, read_psk, "pre_shared_key" },
	{ EXTENSION_EARLY_DATA, read_early_data, "early_data" },
	{ EXTENSION_SUPPORTED_VERSIONS, read_versions, "supported_versions" },
	{ EXTENSION_COOKIE, read_cookie, "cookie" },
	{ EXTENSION_PSK_KEY_EXCHANGE_MODES, read_psk_modes, "psk_key_exchange_modes" },
	{ EXTENSION_KEY_SHARE, read_key_shares, "key_share" },
	{ EXTENSION_RENEGOTIATION_INFO, read_renegotiation_info, "renegotiation_info" },
};

static otls_status
read_extension(const otls_extension *extension, otls_client_hello *hello, int *alert)
{
	int refused = 0;

	for (size_t i = 0; i < OTLS_COUNT(readers); i++) {
		if (readers[i].type != extension->type)
			continue;
		if ((refused = readers[i].read(extension->data, hello)) == 0)
			return OTLS_OK;
		*alert = refused;
		return otls__fail(OTLS_E_HANDSHAKE, "ClientHello: the extension %s is malformed", readers[i].name);
	}
	return OTLS_OK; /* unknown, or GREASE (RFC 8701) */
}

/* Goes through the list; seen tells afterwards which types are in it. */
static otls_status
read_extensions(otls_client_hello *hello, otls_numbers *seen, int *alert)
{
	otls_reader list = otls__reader(hello->extensions);
	otls_extension extension = { 0 };

	while (otls__next_extension(&list, &extension)) {
		if (!otls__numbers_add(seen, extension.type)) {
			*alert = ALERT_ILLEGAL_PARAMETER;
			return otls__fail(
			    OTLS_E_HANDSHAKE, "ClientHello: the extension %u comes twice", extension.type);
		}
		if (extension.type == EXTENSION_PRE_SHARED_KEY && list.len > 0)
			return otls__hello_refuse(
			    alert, ALERT_ILLEGAL_PARAMETER, "ClientHello: pre_shared_key is not the last extension");
		if (read_extension(&extension, hello, alert) != OTLS_OK)
			return OTLS_ERROR;
	}
	if (!otls__reader_done(&list))
		return otls__hello_refuse(alert, ALERT_DECODE_ERROR, "ClientHello: the list of extensions is cut");
	return OTLS_OK;
}

/* == the rest of the message == */

static bool
has_null(otls_bytes compression)
{
	return compression.len > 0 && memchr(compression.data, 0, compression.len) != NULL;
}

/* Reads up to the extensions, which may be missing before TLS 1.3. */
static otls_status
read_fields(otls_reader *body, otls_client_hello *hello, otls_bytes *compression, int *alert)
{
	hello->legacy_version = otls__read16(body);
	hello->random = otls__read_bytes(body, 32);
	hello->session_id = otls__read_vector8(body);
	hello->suites = otls__read_vector16(body);
	*compression = otls__read_vector8(body);
	if (!body->failed && body->len > 0)
		hello->extensions = otls__read_vector16(body);
	if (!otls__reader_done(body) || hello->session_id.len > 32 || !is_pairs(hello->suites) || compression->len == 0)
		return otls__hello_refuse(alert, ALERT_DECODE_ERROR, "ClientHello: malformed");
	if (!has_null(*compression))
		return otls__hello_refuse(
		    alert, ALERT_ILLEGAL_PARAMETER, "ClientHello: offers no connection without compression");
	return OTLS_OK;
}

/* 0: supported_versions names none that is known here. */
static uint16_t
highest_version(const otls_client_hello *hello)
{
	if (hello->versions.len == 0)
		return hello->legacy_version < 0x0303 ? hello->legacy_version : 0x0303;
	for (uint16_t version = 0x0304; version >= 0x0301; version--)
		if (otls__pairs_have(hello->versions, version))
			return version;
	return 0;
}

/* RFC 8446, section 4.2.8: no group twice, and none that supported_groups does not offer. */
static otls_status
check_key_shares(const otls_client_hello *hello, int *alert)
{
	otls_reader list = otls__reader(hello->key_shares);
	otls_numbers open = { 0 };
	uint16_t group = 0;

	for (size_t i = 0; i < hello->groups.len; i += 2)
		otls__numbers_add(&open, otls__get16(hello->groups.data + i));
	while (list.len > 0) {
		group = otls__read16(&list);
		otls__read_vector16(&list);
		if (!otls__numbers_have(&open, group))
			return otls__hello_refuse(alert, ALERT_ILLEGAL_PARAMETER,
			    "ClientHello: a key share comes twice, or for a group that is not offered");
		otls__numbers_remove(&open, group);
	}
	return OTLS_OK;
}

/* What a hello that offers TLS 1.3 must have (RFC 8446, sections 4.1.2, 4.2.9 and 9.2). */
static otls_status
check_tls13(const otls_client_hello *hello, const otls_numbers *seen, otls_bytes compression, int *alert)
{
	bool groups = otls__numbers_have(seen, EXTENSION_SUPPORTED_GROUPS);
	bool shares = otls__numbers_have(seen, EXTENSION_KEY_SHARE);
	bool schemes = otls__numbers_have(seen, EXTENSION_SIGNATURE_ALGORITHMS);
	bool modes = otls__numbers_have(seen, EXTENSION_PSK_KEY_EXCHANGE_MODES);

	if (compression.len != 1)
		return otls__hello_refuse(alert, ALERT_ILLEGAL_PARAMETER, "ClientHello: TLS 1.3 with compression");
	if (groups != shares || (hello->psk ? !modes : !groups || !schemes))
		return otls__hello_refuse(
		    alert, ALERT_MISSING_EXTENSION, "ClientHello: TLS 1.3 without the extensions that it needs");
	return check_key_shares(hello, alert);
}

otls_status
otls__client_hello_parse(otls_bytes message, otls_client_hello *hello, int *alert)
{
	otls_bytes compression = { 0 };
	otls_numbers seen = { 0 };
	otls_reader body = { 0 };

	*hello = (otls_client_hello){ .message = message };
	*alert = -1;
	if (message.len > OTLS_HELLO_MAX)
		return otls__hello_refuse(alert, ALERT_ILLEGAL_PARAMETER, "ClientHello: larger than 64 KiB");
	if (!otls__message_body(message, MESSAGE_CLIENT_HELLO, &body))
		return otls__hello_refuse(alert, ALERT_DECODE_ERROR, "ClientHello: its length is wrong");
	if (read_fields(&body, hello, &compression, alert) || read_extensions(hello, &seen, alert))
		return OTLS_ERROR;
	hello->max_version = highest_version(hello);
	hello->fallback = otls__pairs_have(hello->suites, SUITE_FALLBACK);
	if (otls__pairs_have(hello->suites, SUITE_EMPTY_RENEGOTIATION_INFO))
		hello->renegotiation_info = true;
	return hello->max_version == 0x0304 ? check_tls13(hello, &seen, compression, alert) : OTLS_OK;
}

/* == the second hello == */

/* RFC 8446, section 4.1.2.  psk_key_exchange_modes is not among them there: but wolfSSL 5.5 leaves it out of its second
 * hello, and it says nothing where there is no pre_shared_key. */
static bool
may_change(uint16_t type)
{
	return type == EXTENSION_KEY_SHARE || type == EXTENSION_COOKIE || type == EXTENSION_EARLY_DATA ||
	       type == EXTENSION_PRE_SHARED_KEY || type == EXTENSION_PADDING ||
	       type == EXTENSION_PSK_KEY_EXCHANGE_MODES;
}

/* The first identity of the list that is this one; what stands before it is left out. */
static bool
skip_to_identity(otls_reader *identities, otls_bytes identity)
{
	while (identities->len > 0) {
		otls_bytes one = otls__read_vector16(identities);

		otls__read_bytes(identities, 4); /* the age, which is another one by now */
		if (otls__bytes_equal(one, identity))
			return true;
	}
	return false;
}

/* Identities may be left out of the second hello, and none may come: by the first one it is settled which are allowed to
 * be resumed, and whose they are. */
static bool
only_known_identities(const otls_client_hello *first, const otls_client_hello *second)
{
	otls_reader old_list = otls__reader(first->psk_identities), new_list = otls__reader(second->psk_identities);

	while (new_list.len > 0) {
		otls_bytes identity = otls__read_vector16(&new_list);

		otls__read_bytes(&new_list, 4);
		if (!skip_to_identity(&old_list, identity))
			return false;
	}
	return true;
}

/* The next extension that may not change. */
static bool
next_fixed(otls_reader *list, otls_extension *extension)
{
	while (otls__next_extension(list, extension))
		if (!may_change(extension->type))
			return true;
	return false;
}

/* What stands before the extensions, without the message's own length. */
static otls_bytes
fields(const otls_client_hello *hello)
{
	const uint8_t *end = hello->extensions.data;
	size_t len = end != NULL ? (size_t)(end - hello->message.data) - 2 : hello->message.len;

	return otls__bytes(hello->message.data + 4, len - 4);
}

otls_status
otls__client_hello_compare(const otls_client_hello *first, const otls_client_hello *second, int *alert)
{
	otls_reader old_list = otls__reader(first->extensions), new_list = otls__reader(second->extensions);
	otls_extension was = { 0 }, is = { 0 };
	bool more = false;

	*alert = -1;
	if (!otls__bytes_equal(fields(first), fields(second)))
		return otls__hello_refuse(
		    alert, ALERT_ILLEGAL_PARAMETER, "second ClientHello: differs from the first before its extensions");
	if (second->early_data) /* RFC 8446, section 4.2.10 */
		return otls__hello_refuse(alert, ALERT_ILLEGAL_PARAMETER, "second ClientHello: offers early data");
	if (!only_known_identities(first, second))
		return otls__hello_refuse(alert, ALERT_ILLEGAL_PARAMETER,
		    "second ClientHello: offers a pre-shared key that the first did not");
	do {
		more = next_fixed(&old_list, &was);
		if (more != next_fixed(&new_list, &is) ||
		    (more && (was.type != is.type || !otls__bytes_equal(was.data, is.data))))
			return otls__hello_refuse(alert, ALERT_ILLEGAL_PARAMETER,
			    "second ClientHello: an extension that may not change differs from the first");
	} while (more);
	return OTLS_OK;
}

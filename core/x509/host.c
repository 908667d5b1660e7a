/* Peer names, and whether a certificate is for one (RFC 9525). */
#include "error.h"
#include "x509/der.h"
#include "x509/general_name.h"
#include "x509/judge.h"

#include <arpa/inet.h>
#include <stdio.h>

#define HOST_NAME_MAX_LEN 253 /* RFC 1035, section 2.3.4, as text without the last dot */
#define LABEL_MAX         63

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static uint8_t
fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Underscores are no host name characters, yet hosts are named with them. */
static bool
is_label_char(uint8_t c)
{
	c = fold(c);
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

bool
otls__is_host_name(otls_bytes name)
{
	size_t label = 0;

	if (name.len == 0 || name.len > HOST_NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (name.data[i] == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if (!is_label_char(name.data[i]) || ++label > LABEL_MAX) {
			return false;
		}
	}
	return label != 0;
}

bool
otls__host_equal(otls_bytes a, otls_bytes b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (fold(a.data[i]) != fold(b.data[i]))
			return false;
	}
	return true;
}

/* "1.2.3" and "127.1" are addresses to some resolvers and names to others. */
bool
otls__ends_in_number(otls_bytes name)
{
	size_t i = name.len;

	while (i > 0 && is_digit(name.data[i - 1]))
		i--;
	return i < name.len && (i == 0 || name.data[i - 1] == '.');
}

static bool
parse_ip(const char *text, otls_peer_name *name)
{
	char bare[INET6_ADDRSTRLEN];
	size_t len = strlen(text);

	if (inet_pton(AF_INET, text, name->ip) == 1) {
		name->ip_len = 4;
		return true;
	}
	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof(bare))
		return false;
	memcpy(bare, text, len);
	bare[len] = '\0';
	if (inet_pton(AF_INET6, bare, name->ip) != 1)
		return false;
	name->ip_len = 16;
	return true;
}

static bool
parse_name(const char *text, otls_peer_name *name)
{
	size_t len = strlen(text);
	otls_bytes host;

	*name = (otls_peer_name){ .is_ip = false };
	if (len >= sizeof(name->text))
		return false;
	memcpy(name->text, text, len);
	name->is_ip = parse_ip(text, name);
	if (name->is_ip)
		return true;
	if (len > 0 && text[len - 1] == '.')
		name->text[--len] = '\0';
	host = otls__bytes(name->text, len);
	return otls__is_host_name(host) && !otls__ends_in_number(host);
}

otls_status
otls__peer_name_parse(const char *text, otls_peer_name *name)
{
	if (text == NULL)
		return otls__fail(OTLS_E_BAD_ARGUMENT, "the peer name is NULL");
	if (!parse_name(text, name))
		return otls__fail(OTLS_E_BAD_ARGUMENT,
		    "\"%.256s\": neither a host name (ASCII labels; international names as A-labels) nor an IP address",
		    text);
	return OTLS_OK;
}

/* RFC 9525, section 6.3: "*" is a whole label, the left-most, and stands for exactly one; with fewer than two labels
 * behind it it would name a whole top-level domain. */
static bool
matches_dns(otls_bytes pattern, otls_bytes host)
{
	const uint8_t *dot;
	otls_bytes rest;

	if (pattern.len < 2 || pattern.data[0] != '*' || pattern.data[1] != '.')
		return otls__host_equal(pattern, host);
	dot = memchr(host.data, '.', host.len);
	if (dot == NULL)
		return false;
	rest = otls__bytes(dot, host.len - (size_t)(dot - host.data));
	return memchr(rest.data + 1, '.', rest.len - 1) != NULL &&
	       otls__host_equal(otls__bytes(pattern.data + 1, pattern.len - 1), rest);
}

/* OtherName of type id-on-dnsSRV (RFC 4985). */
static bool
is_srv_name(uint8_t tag, otls_bytes contents)
{
	otls_der der = otls__der(contents, NULL);
	otls_bytes oid;

	return tag == OTLS_DER_CONTEXT_CONSTRUCTED(0) && otls__der_oid(&der, &oid) &&
	       otls__bytes_equal(oid, OTLS_OID("\x2b\x06\x01\x05\x05\x07\x08\x07"));
}

bool
otls__names_host(uint8_t tag, otls_bytes contents)
{
	return tag == OTLS_GENERAL_NAME_DNS || tag == OTLS_GENERAL_NAME_IP || tag == OTLS_GENERAL_NAME_URI ||
	       is_srv_name(tag, contents);
}

static bool
names_some_host(const otls_certificate *cert)
{
	otls_der names = otls__der(cert->san, NULL);
	otls_bytes contents;
	uint8_t tag;

	while (otls__der_more(&names) && otls__der_any(&names, &tag, &contents, NULL)) {
		if (otls__names_host(tag, contents))
			return true;
	}
	return false;
}

/* The attribute's value, if it is the common name in a string type of which every ASCII character is one byte. */
static bool
read_common_name(otls_der *attribute, otls_bytes *value)
{
	otls_bytes oid;
	uint8_t tag;

	return otls__der_oid(attribute, &oid) && otls__bytes_equal(oid, OTLS_OID("\x55\x04\x03")) &&
	       otls__der_any(attribute, &tag, value, NULL) &&
	       (tag == OTLS_DER_UTF8_STRING || tag == OTLS_DER_PRINTABLE_STRING || tag == OTLS_DER_IA5_STRING);
}

bool
otls__certificate_cn(const otls_certificate *cert, otls_bytes *cn)
{
	otls_der name = otls__der(cert->subject, NULL), rdns, rdn, attribute;
	bool found = false;

	if (!otls__der_enter(&name, OTLS_DER_SEQUENCE, &rdns))
		return false;
	while (otls__der_more(&rdns) && otls__der_enter(&rdns, OTLS_DER_SET, &rdn)) {
		while (otls__der_more(&rdn) && otls__der_enter(&rdn, OTLS_DER_SEQUENCE, &attribute))
			found = read_common_name(&attribute, cn) || found; /* the last one is the most specific */
	}
	return found;
}

static bool
matches_san(const otls_certificate *cert, const otls_peer_name *name)
{
	otls_bytes host = otls__bytes(name->text, strlen(name->text)), ip = otls__bytes(name->ip, name->ip_len);
	otls_der names = otls__der(cert->san, NULL);
	otls_bytes contents;
	uint8_t tag;

	while (otls__der_more(&names) && otls__der_any(&names, &tag, &contents, NULL)) {
		if (name->is_ip ? tag == OTLS_GENERAL_NAME_IP && otls__bytes_equal(contents, ip)
				: tag == OTLS_GENERAL_NAME_DNS && matches_dns(contents, host))
			return true;
	}
	return false;
}

bool
otls__certificate_matches(const otls_certificate *cert, const otls_peer_name *name, bool allow_cn)
{
	otls_bytes cn;

	if (matches_san(cert, name))
		return true;
	return allow_cn && !name->is_ip && !names_some_host(cert) && otls__certificate_cn(cert, &cn) &&
	       matches_dns(cn, otls__bytes(name->text, strlen(name->text)));
}

bool
otls_certificate_matches_name(const otls_certificate *cert, const char *host_or_ip)
{
	otls_peer_name name;

	return cert != NULL && host_or_ip != NULL && parse_name(host_or_ip, &name) &&
	       otls__certificate_matches(cert, &name, false);
}

/* Appends what fits, with what is not plain ASCII as '?': the text comes from the peer. */
static bool
append_name(char *text, size_t cap, const char *name)
{
	size_t used = strlen(text), len = strlen(name), comma = used == 0 ? 0 : 2;

	if (used + comma + len + sizeof(", ...") > cap)
		return false;
	memcpy(text + used, ", ", comma);
	for (size_t i = 0; i <= len; i++) {
		uint8_t c = (uint8_t)name[i];
		text[used + comma + i] = c == '\0' || (c > ' ' && c < 0x7f) ? (char)c : '?';
	}
	return true;
}

void
otls__certificate_list_names(const otls_certificate *cert, char *text, size_t cap)
{
	static const otls_san_kind kinds[] = { OTLS_SAN_DNS, OTLS_SAN_IP };
	const char *name;

	text[0] = '\0';
	for (size_t k = 0; k < OTLS_COUNT(kinds); k++) {
		for (size_t i = 0; (name = otls_certificate_san_next(cert, kinds[k], &i)) != NULL;) {
			if (append_name(text, cap, name))
				continue;
			snprintf(text + strlen(text), cap - strlen(text), "%s...", text[0] == '\0' ? "" : ", ");
			return;
		}
	}
}

/* Subject alternative names as text. */
#include "x509/der.h"
#include "x509/general_name.h"
#include "x509/text.h"

#include <arpa/inet.h>

static bool
is_ascii(otls_bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] >= 0x80)
			return false;
	}
	return true;
}

static otls_san_kind
text_kind(uint8_t tag)
{
	return tag == OTLS_GENERAL_NAME_DNS     ? OTLS_SAN_DNS
	       : tag == OTLS_GENERAL_NAME_EMAIL ? OTLS_SAN_EMAIL
						: OTLS_SAN_URI;
}

/* Of 4 or 16 bytes. */
static bool
append_ip(otls_bytes address, otls_buffer *text)
{
	char line[INET6_ADDRSTRLEN];

	return inet_ntop(address.len == 4 ? AF_INET : AF_INET6, address.data, line, sizeof(line)) != NULL &&
	       otls__buffer_append(text, line, strlen(line));
}

/* What a name of this form cannot be is shown as hex, like the forms that have no text. */
static bool
append_name(uint8_t tag, otls_bytes contents, otls_bytes whole, otls_san_kind *kind, otls_buffer *text)
{
	switch (tag) {
	case OTLS_GENERAL_NAME_DNS:
	case OTLS_GENERAL_NAME_EMAIL:
	case OTLS_GENERAL_NAME_URI:
		*kind = text_kind(tag);
		if (is_ascii(contents))
			return otls__buffer_append(text, contents.data, contents.len);
		break;
	case OTLS_GENERAL_NAME_IP:
		*kind = OTLS_SAN_IP;
		if (contents.len == 4 || contents.len == 16)
			return append_ip(contents, text);
		break;
	case OTLS_GENERAL_NAME_DIRECTORY:
		*kind = OTLS_SAN_DIRNAME;
		if (otls__name_valid(contents))
			return otls__name_text(contents, text);
		break;
	default:
		break;
	}
	*kind = OTLS_SAN_OTHER;
	return otls__hex_text(whole, otls__lower_hex, text);
}

bool
otls__san_texts(otls_bytes sans, otls_text_list *list)
{
	otls_der der = otls__der(sans, NULL);
	otls_bytes contents = { NULL, 0 };
	otls_bytes whole = { NULL, 0 };
	uint8_t tag = 0;

	while (otls__der_more(&der) && otls__der_any(&der, &tag, &contents, &whole)) {
		otls_text_item item = { .at = list->text.len };
		otls_san_kind kind = OTLS_SAN_OTHER;

		if (!append_name(tag, contents, whole, &kind, &list->text))
			return false;
		item.kind = (int)kind;
		if (!otls__text_list_add(list, &item))
			return false;
	}
	return true;
}

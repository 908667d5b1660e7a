/* PEM text (RFC 7468, section 3, its lax form, with strict BASE64). */
#include "x509/pem.h"

#include "error.h"
#include "x509/base64.h"
#include "x509/der.h"

/* == lines == */

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

static otls_bytes
trim(otls_bytes line)
{
	while (line.len > 0 && is_blank(line.data[0])) {
		line.data++;
		line.len--;
	}
	while (line.len > 0 && is_blank(line.data[line.len - 1]))
		line.len--;
	return line;
}

/* The next line, without its end (LF, CR LF or CR) and the blanks around it, and its number. */
static bool
next_line(otls_pem_reader *reader, otls_bytes *line, size_t *number)
{
	const uint8_t *data = reader->text.data;
	size_t start = reader->pos;
	size_t end = start;

	if (start >= reader->text.len)
		return false;
	while (end < reader->text.len && data[end] != '\n' && data[end] != '\r')
		end++;
	*line = trim(otls__bytes(data + start, end - start));
	*number = reader->line++;
	if (end < reader->text.len)
		end += data[end] == '\r' && end + 1 < reader->text.len && data[end + 1] == '\n' ? 2 : 1;
	reader->pos = end;
	return true;
}

static bool
starts_with(otls_bytes line, const char *text)
{
	size_t len = strlen(text);

	return line.len >= len && memcmp(line.data, text, len) == 0;
}

/* == the frame of a block == */

static otls_status
damaged(const otls_pem_reader *reader, size_t line, const char *what)
{
	return otls__fail(OTLS_E_FORMAT, "%s, line %zu: %s", reader->where, line, what);
}

/* The label between word and the last five dashes. */
static bool
read_label(otls_bytes line, const char *word, char label[64])
{
	size_t head = strlen(word);

	if (line.len < head + 5 || memcmp(line.data + line.len - 5, "-----", 5) != 0 || line.len - head - 5 >= 64)
		return false;
	memset(label, 0, 64);
	for (size_t i = head; i < line.len - 5; i++) {
		if (line.data[i] < ' ' || line.data[i] >= 0x7f)
			return false;
		label[i - head] = (char)line.data[i];
	}
	return true;
}

/* Goes to the next BEGIN line; *start is where its dashes are. */
static otls_status
find_begin(otls_pem_reader *reader, otls_pem_block *block, size_t *start)
{
	otls_bytes line = { NULL, 0 };

	if (reader->pos == 0 && starts_with(reader->text, "\xef\xbb\xbf"))
		reader->pos = 3; /* a byte order mark */
	for (;;) {
		if (!next_line(reader, &line, &block->line))
			return OTLS_EOF;
		if (starts_with(line, "-----END "))
			return damaged(reader, block->line, "an END line without its BEGIN line");
		if (!starts_with(line, "-----BEGIN "))
			continue;
		if (!read_label(line, "-----BEGIN ", block->label))
			return damaged(reader, block->line, "a damaged BEGIN line");
		*start = (size_t)(line.data - reader->text.data);
		return OTLS_OK;
	}
}

/* Whether line ends the block: OK.  EOF: it is another line.  ERROR: it is a frame that does not belong here. */
static otls_status
check_end(const otls_pem_reader *reader, const otls_pem_block *block, otls_bytes line, size_t number)
{
	char label[64];

	if (starts_with(line, "-----BEGIN "))
		return damaged(reader, number, "a BEGIN line inside of a block that has no END line");
	if (!starts_with(line, "-----END "))
		return OTLS_EOF;
	if (!read_label(line, "-----END ", label))
		return damaged(reader, number, "a damaged END line");
	if (strcmp(label, block->label) != 0)
		return otls__fail(OTLS_E_FORMAT, "%s, line %zu: END %s, but the block began as %s on line %zu",
		    reader->where, number, label, block->label, block->line);
	return OTLS_OK;
}

static otls_status
no_end(const otls_pem_reader *reader, const otls_pem_block *block)
{
	return otls__fail(
	    OTLS_E_FORMAT, "%s, line %zu: BEGIN %s without an END line", reader->where, block->line, block->label);
}

/* == what is inside == */

/* "Name: value" lines and their continuations, up to an empty line (RFC 1421, section 4.4).  BASE64 has no colon. */
static void
read_headers(otls_pem_reader *reader, otls_pem_block *block)
{
	otls_pem_reader ahead = *reader;
	otls_bytes line = { NULL, 0 };
	size_t number = 0;
	bool any = false;
	bool continued = false;

	while (next_line(&ahead, &line, &number)) {
		continued = any && is_blank(reader->text.data[reader->pos]);
		if (starts_with(line, "-----") ||
		    (line.len > 0 && !continued && memchr(line.data, ':', line.len) == NULL))
			return;
		if (starts_with(line, "Proc-Type:") && line.len >= 9 &&
		    memcmp(line.data + line.len - 9, "ENCRYPTED", 9) == 0)
			block->encrypted = true;
		any = any || line.len > 0;
		*reader = ahead;
		if (any && line.len == 0)
			return;
	}
}

static otls_status
decode_line(const otls_pem_reader *reader, otls_pem_block *block, otls_base64 *state, otls_bytes line, size_t number)
{
	if (block->encrypted || otls__base64_decode(state, line, block->der, &block->der_len))
		return OTLS_OK;
	return damaged(reader, number, "not BASE64");
}

static otls_status
decode_body(otls_pem_reader *reader, otls_pem_block *block)
{
	otls_base64 state = { 0 };
	otls_bytes line = { NULL, 0 };
	size_t number = 0;
	otls_status status;

	while (next_line(reader, &line, &number)) {
		status = check_end(reader, block, line, number);
		if (status == OTLS_ERROR)
			return OTLS_ERROR;
		if (status == OTLS_OK) {
			if (!block->encrypted && (block->der_len == 0 || !otls__base64_complete(&state)))
				return damaged(reader, number, "the BASE64 above this line is cut short");
			return OTLS_OK;
		}
		if (decode_line(reader, block, &state, line, number) != OTLS_OK)
			return OTLS_ERROR;
	}
	return no_end(reader, block);
}

/* Bytes from here to the next line of dashes: none is decoded. */
static size_t
body_size(const otls_pem_reader *reader)
{
	otls_pem_reader ahead = *reader;
	otls_bytes line = { NULL, 0 };
	size_t number = 0;
	size_t end = reader->pos;

	while (next_line(&ahead, &line, &number) && !starts_with(line, "-----"))
		end = ahead.pos;
	return end - reader->pos;
}

otls_status
otls__pem_read(otls_pem_reader *reader, otls_pem_block *block)
{
	size_t start = 0;
	otls_status status;

	*block = (otls_pem_block){ .line = 0 };
	if ((status = find_begin(reader, block, &start)) != OTLS_OK)
		return status;
	read_headers(reader, block);
	if (!block->encrypted && (block->der = otls__alloc(body_size(reader) / 4 * 3 + 3)) == NULL)
		return otls__fail_memory();
	if (decode_body(reader, block) != OTLS_OK) {
		otls__pem_fini(block);
		return OTLS_ERROR;
	}
	block->text = otls__bytes(reader->text.data + start, reader->pos - start);
	return OTLS_OK;
}

otls_status
otls__pem_next(otls_bytes text, size_t *pos, const char *where, otls_pem_block *block)
{
	otls_pem_reader reader = { .text = text, .where = where, .line = 1 };
	otls_bytes line = { NULL, 0 };
	size_t number = 0;
	otls_status status;

	while (reader.pos < *pos && next_line(&reader, &line, &number))
		continue;
	status = otls__pem_read(&reader, block);
	*pos = reader.pos;
	return status;
}

void
otls__pem_fini(otls_pem_block *block)
{
	otls__free_secret(block->der, block->der_len);
	block->der = NULL;
	block->der_len = 0;
}

/* == what it is instead == */

bool
otls__looks_like_der(otls_bytes bytes)
{
	otls_der der = otls__der(bytes, NULL);

	return otls__der_read(&der, OTLS_DER_SEQUENCE, NULL) && otls__der_done(&der);
}

bool
otls__looks_like_pem(otls_bytes bytes)
{
	otls_pem_reader reader = { .text = bytes };
	otls_bytes line = { NULL, 0 };
	size_t number = 0;

	while (next_line(&reader, &line, &number)) {
		if (starts_with(line, "-----BEGIN "))
			return true;
	}
	return false;
}

#include "http.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* == characters ==
 * Not those of ctype.h, which depend on the locale. */
static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 9110, section 5.6.2 */
static bool
is_token(const char *text)
{
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++)
		if (!is_digit(*text) && !is_letter(*text) && strchr("!#$%&'*+-.^_`|~", *text) == NULL)
			return false;
	return true;
}

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static int
hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* In place. */
static char *
trim(char *text)
{
	size_t len = 0;

	while (is_blank(*text))
		text++;
	len = strlen(text);
	while (len > 0 && is_blank(text[len - 1]))
		text[--len] = '\0';
	return text;
}

/* == the head == */
size_t
http_head_length(const char *data, size_t len, size_t *seen)
{
	for (size_t i = *seen; i < len; i++) {
		if (data[i] != '\n')
			continue;
		if (i + 1 < len && data[i + 1] == '\n')
			return i + 2;
		if (i + 2 < len && data[i + 1] == '\r' && data[i + 2] == '\n')
			return i + 3;
	}
	*seen = len > 2 ? len - 2 : 0;
	return 0;
}

int
http_head_too_long(const char *data, size_t len)
{
	const char *end = memchr(data, '\n', len);

	return end == NULL || end - data > HTTP_LINE_MAX ? 414 : 431;
}

/* The next line, without its end (RFC 9112, section 2.2: a lone LF ends one too); NULL: none, or a NUL in it. */
static char *
next_line(char **at, const char *end)
{
	char *line = *at, *stop = memchr(line, '\n', (size_t)(end - line));

	if (stop == NULL)
		return NULL;
	*at = stop + 1;
	*stop = '\0';
	if (strlen(line) != (size_t)(stop - line))
		return NULL;
	if (stop > line && stop[-1] == '\r')
		stop[-1] = '\0';
	return line;
}

/* == the request line == */

/* In place: "%41" to "A".  A NUL is no part of any name, and a slash that is encoded would be taken for one that is
 * not: 404, since no file has it in its name. */
static int
decode(char *path)
{
	char *to = path;
	int status = 0;

	for (const char *from = path; *from != '\0'; from++) {
		int high = 0, low = 0;

		if (*from != '%') {
			*to++ = *from;
			continue;
		}
		if ((high = hex_value(from[1])) < 0 || (low = hex_value(from[2])) < 0 || high + low == 0)
			return 400;
		*to = (char)(high * 16 + low);
		if (*to++ == '/')
			status = 404;
		from += 2;
	}
	*to = '\0';
	return status;
}

/* "/path?query", or all of an https URI, as it is sent to proxies (RFC 9112, section 3.2). */
static int
parse_target(char *target, struct http_request *request)
{
	static char root[] = "/";
	char *authority = NULL;

	if (strncasecmp(target, "https://", 8) == 0 || strncasecmp(target, "http://", 7) == 0) {
		authority = strstr(target, "//") + 2;
		target = authority + strcspn(authority, "/?#");
		if (target == authority)
			return 400;
	} else if (target[0] != '/') {
		return 400;
	}
	target[strcspn(target, "?#")] = '\0';
	request->path = *target != '\0' ? target : root;
	return decode(request->path);
}

static int
parse_request_line(char *line, struct http_request *request, int *minor)
{
	char *target = NULL, *version = NULL;

	if (strlen(line) > HTTP_LINE_MAX)
		return 414;
	if ((target = strchr(line, ' ')) == NULL || (version = strchr(target + 1, ' ')) == NULL)
		return 400;
	*target++ = '\0';
	*version++ = '\0';
	for (const char *c = target; *c != '\0'; c++)
		if (is_control(*c))
			return 400;
	if (!is_token(line) || strncmp(version, "HTTP/", 5) != 0 || !is_digit(version[5]) || version[6] != '.' ||
	    !is_digit(version[7]) || version[8] != '\0')
		return 400;
	if (version[5] != '1')
		return 505;
	*minor = version[7] - '0';
	request->is_head = strcmp(line, "HEAD") == 0;
	request->is_get = strcmp(line, "GET") == 0;
	/* The asterisk and the authority are for methods that files do not have. */
	return request->is_get || request->is_head ? parse_target(target, request) : 405;
}

/* == fields == */
struct fields {
	unsigned hosts;
	bool has_body, close;
	struct http_request *request;
};

/* An element of a comma-separated list, whatever its case. */
static bool
list_has(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (*list != '\0') {
		list += strspn(list, ", \t");
		if (strncasecmp(list, word, len) == 0 && strchr(", \t", list[len]) != NULL)
			return true;
		list += strcspn(list, ",");
	}
	return false;
}

static int
see_length(struct fields *fields, const char *value)
{
	if (*value == '\0' || value[strspn(value, "0123456789")] != '\0')
		return 400;
	if (value[strspn(value, "0")] != '\0')
		fields->has_body = true;
	return 0;
}

static void
see_condition(struct fields *fields, const char *name, const char *value)
{
	struct http_request *request = fields->request;
	const struct {
		const char *name;
		const char **place;
	} known[] = {
		{ "Range", &request->range },
		{ "If-Range", &request->if_range },
		{ "If-Match", &request->if_match },
		{ "If-None-Match", &request->if_none_match },
		{ "If-Modified-Since", &request->if_modified_since },
		{ "If-Unmodified-Since", &request->if_unmodified_since },
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (strcasecmp(name, known[i].name) == 0)
			*known[i].place = value;
}

static int
parse_field(char *line, struct fields *fields)
{
	char *colon = strchr(line, ':'), *value = NULL;

	if (colon == NULL)
		return 400;
	*colon = '\0';
	value = trim(colon + 1);
	/* A blank before the colon or at the start of the line is no part of a token: lines are not folded. */
	if (!is_token(line))
		return 400;
	for (const char *c = value; *c != '\0'; c++)
		if (is_control(*c) && *c != '\t')
			return 400;
	if (strcasecmp(line, "Host") == 0)
		fields->hosts++;
	else if (strcasecmp(line, "Content-Length") == 0)
		return see_length(fields, value);
	else if (strcasecmp(line, "Transfer-Encoding") == 0)
		fields->has_body = true;
	else if (strcasecmp(line, "Connection") == 0)
		fields->close |= list_has(value, "close");
	else
		see_condition(fields, line, value);
	return 0;
}

int
http_parse(char *head, size_t len, struct http_request *request)
{
	struct fields fields = { .request = request };
	char *at = head, *line = NULL;
	int minor = 0, status = 0, error = 0;

	*request = (struct http_request){ 0 };
	if ((line = next_line(&at, head + len)) == NULL)
		return 400;
	status = parse_request_line(line, request, &minor);
	if (status != 0 && status != 404 && status != 405)
		return status;
	while ((line = next_line(&at, head + len)) != NULL && *line != '\0')
		if ((error = parse_field(line, &fields)) != 0)
			return error;
	if (line == NULL || fields.hosts > 1 || (minor > 0 && fields.hosts == 0))
		return 400;
	/* A body is not read: what follows it cannot be told from it. */
	request->keep_alive = minor > 0 && !fields.close && !fields.has_body;
	return status;
}

/* == ranges == */

/* Digits alone; a number that is too large for any file counts as the largest one. */
static bool
parse_number(const char **at, int64_t *number)
{
	if (!is_digit(**at))
		return false;
	for (*number = 0; is_digit(**at); (*at)++)
		*number = *number > (INT64_MAX - 9) / 10 ? INT64_MAX : *number * 10 + (**at - '0');
	return true;
}

int
http_range(const char *range, int64_t size, int64_t *start, int64_t *len)
{
	int64_t first = 0, last = INT64_MAX;
	bool has_first = false, has_last = false;

	*start = 0;
	*len = size;
	if (range == NULL || strncasecmp(range, "bytes=", 6) != 0)
		return 200;
	range += 6;
	has_first = parse_number(&range, &first);
	if (*range++ != '-')
		return 200;
	has_last = parse_number(&range, &last);
	if (*range != '\0' || (!has_first && !has_last) || (has_first && has_last && last < first))
		return 200;
	if (!has_first) {
		first = last < size ? size - last : 0;
		last = last > 0 ? INT64_MAX : -1;
	}
	if (first >= size || last < 0)
		return 416;
	*start = first;
	*len = (last < size ? last + 1 : size) - first;
	return 206;
}

int
http_conditions(const struct http_request *request, time_t modified)
{
	time_t date = 0;

	if (request->if_match != NULL && strcmp(request->if_match, "*") != 0)
		return 412;
	if (request->if_match == NULL && http_parse_date(request->if_unmodified_since, &date) && modified > date)
		return 412;
	if (request->if_none_match != NULL)
		return strcmp(request->if_none_match, "*") == 0 ? 304 : 200;
	return http_parse_date(request->if_modified_since, &date) && modified <= date ? 304 : 200;
}

bool
http_range_counts(const struct http_request *request, time_t modified)
{
	time_t date = 0;

	return request->if_range == NULL || (http_parse_date(request->if_range, &date) && date == modified);
}

/* == dates == */
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
	"Dec" };

const char *
http_date(time_t when, char out[HTTP_DATE_MAX])
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	struct tm tm = { 0 };

	gmtime_r(&when, &tm);
	snprintf(out, HTTP_DATE_MAX, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday,
	    months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return out;
}

static bool
find_month(const char *name, struct tm *tm)
{
	for (size_t i = 0; i < COUNT(months); i++)
		if (strcmp(name, months[i]) == 0) {
			tm->tm_mon = (int)i;
			return true;
		}
	return false;
}

/* RFC 850 has two digits for the year: one that seems to be over 50 years ahead is in the past. */
static int
full_year(int year)
{
	time_t now = time(NULL);
	struct tm tm = { 0 };

	gmtime_r(&now, &tm);
	year += (tm.tm_year + 1900) / 100 * 100;
	return year > tm.tm_year + 1900 + 50 ? year - 100 : year;
}

static bool
scan_date(const char *text, struct tm *tm, char month[4])
{
	if (sscanf(text, "%*3[A-Za-z], %2d %3s %4d %2d:%2d:%2d GMT", &tm->tm_mday, month, &tm->tm_year, &tm->tm_hour,
		&tm->tm_min, &tm->tm_sec) == 6)
		return true;
	if (sscanf(text, "%*3[A-Za-z] %3s %2d %2d:%2d:%2d %4d", month, &tm->tm_mday, &tm->tm_hour, &tm->tm_min,
		&tm->tm_sec, &tm->tm_year) == 6)
		return true;
	if (sscanf(text, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT", &tm->tm_mday, month, &tm->tm_year,
		&tm->tm_hour, &tm->tm_min, &tm->tm_sec) != 6)
		return false;
	tm->tm_year = full_year(tm->tm_year);
	return true;
}

bool
http_parse_date(const char *text, time_t *when)
{
	struct tm tm = { 0 };
	char month[4] = "";

	if (text == NULL || !scan_date(text, &tm, month) || !find_month(month, &tm))
		return false;
	if (tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 || tm.tm_min > 59 ||
	    tm.tm_sec < 0 || tm.tm_sec > 60)
		return false;
	tm.tm_year -= 1900;
	*when = timegm(&tm);
	return true;
}

/* == replies == */
const char *
http_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{ 200, "OK" },
		{ 206, "Partial Content" },
		{ 301, "Moved Permanently" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 412, "Precondition Failed" },
		{ 414, "URI Too Long" },
		{ 416, "Range Not Satisfiable" },
		{ 431, "Request Header Fields Too Large" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < COUNT(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Error";
}

static bool
make_room(struct http_text *text, size_t need)
{
	size_t cap = text->cap > 0 ? text->cap : 1024;
	char *data = NULL;

	if (text->failed)
		return false;
	while (cap - text->len <= need)
		cap *= 2;
	if (cap == text->cap)
		return true;
	if ((data = realloc(text->data, cap)) == NULL) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->cap = cap;
	return true;
}

void
http_put(struct http_text *text, const char *format, ...)
{
	va_list args, again;
	int len = 0;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		text->failed = true;
	else if (make_room(text, (size_t)len))
		text->len += (size_t)vsnprintf(text->data + text->len, text->cap - text->len, format, again);
	va_end(again);
}

static void
put_bytes(struct http_text *text, const char *bytes, size_t len)
{
	if (len == 0 || !make_room(text, len))
		return;
	memcpy(text->data + text->len, bytes, len);
	text->len += len;
}

void
http_put_html(struct http_text *text, const char *plain)
{
	for (;;) {
		size_t len = strcspn(plain, "&<>\"'");

		put_bytes(text, plain, len);
		plain += len;
		if (*plain == '\0')
			return;
		http_put(text, "&#%d;", *plain++);
	}
}

void
http_put_path(struct http_text *text, const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

	for (;;) {
		size_t len = strspn(path, plain);

		put_bytes(text, path, len);
		path += len;
		if (*path == '\0')
			return;
		http_put(text, "%%%02X", (unsigned char)*path++);
	}
}

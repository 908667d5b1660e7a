/* HTTP/1.1 as text (RFC 9110, RFC 9112): what a request says, and what goes into a reply.  No I/O. */
#ifndef OTLS_TOOLS_HTTP_H
#define OTLS_TOOLS_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define HTTP_HEAD_MAX 16384 /* a request line and all its fields */
#define HTTP_LINE_MAX 8192  /* a request line */
#define HTTP_DATE_MAX 32

/* Points into the bytes that were parsed.  NULL: no such field. */
struct http_request {
	bool is_get, is_head;
	char *path; /* decoded, begins with a slash */
	bool keep_alive;
	const char *range, *if_range;
	const char *if_match, *if_none_match, *if_modified_since, *if_unmodified_since;
};

/* The length of the head that data starts with, the empty line included; 0: it is not all there.  *seen is how far
 * earlier calls have looked, 0 at first. */
size_t http_head_length(const char *data, size_t len, size_t *seen);
/* What is wrong with a head that does not end within HTTP_HEAD_MAX bytes: 414 or 431. */
int http_head_too_long(const char *data, size_t len);
/* Reads a whole head in place, and ends its texts with NUL.  0, or the status of the refusal; the connection is to be
 * closed after that, unless keep_alive says that it can go on. */
int http_parse(char *head, size_t len, struct http_request *request);

/* Part of a document: what Range asks for.  200: all of it; 206: len bytes from start on; 416: there are no such.
 * Several ranges in one request are answered with all of it, as RFC 9110, section 14.2, allows. */
int http_range(const char *range, int64_t size, int64_t *start, int64_t *len);
/* What the conditions say about a document without entity tags (RFC 9110, section 13.2.2): 200, 304 or 412. */
int http_conditions(const struct http_request *request, time_t modified);
/* If-Range: the range counts.  Only the exact date will do (RFC 9110, section 13.1.5). */
bool http_range_counts(const struct http_request *request, time_t modified);

const char *http_reason(int status);
const char *http_date(time_t when, char out[HTTP_DATE_MAX]);
/* Any of the three forms of RFC 9110, section 5.6.7. */
bool http_parse_date(const char *text, time_t *when);

/* Text that grows; a failed allocation shows at the end only. */
struct http_text {
	char *data;
	size_t len, cap;
	bool failed;
};
void http_put(struct http_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void http_put_html(struct http_text *text, const char *plain);
/* A path or a part of one, percent-encoded; slashes stay. */
void http_put_path(struct http_text *text, const char *path);

#endif

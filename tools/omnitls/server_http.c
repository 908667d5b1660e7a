/* The files of a directory over HTTP/1.1. */
#include "http.h"
#include "server.h"
#include "server_files.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 98304 /* of a file, or of anything else that is sent */

/* One reply that is under way. */
struct transfer {
	uv_fs_t read;
	bool is_reading; /* from the file into chunk, in another thread */
	bool is_filled;  /* chunk is to be sent */
	struct session *session;
	struct found found;
	int64_t at, left; /* of the file or the text */
	size_t len;       /* what is in chunk and is to be sent: the head, and what follows it */
	char chunk[CHUNK];
};

struct http {
	struct transfer *transfer;
	char *input; /* what came in and is not answered yet; NULL: nothing */
	size_t input_len, input_seen;
	bool is_last; /* no request is read behind the present one */
};

static struct http *
http_of(struct session *session)
{
	return (struct http *)session->state;
}

/* == replies == */
static void put_head(struct transfer *transfer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A head is far smaller than a chunk: the longest that it holds is a path that came in a request. */
static void
put_head(struct transfer *transfer, const char *format, ...)
{
	size_t room = sizeof(transfer->chunk) - transfer->len;
	va_list args;
	int len = 0;

	va_start(args, format);
	len = vsnprintf(transfer->chunk + transfer->len, room, format, args);
	va_end(args);
	if (len > 0)
		transfer->len += (size_t)len < room ? (size_t)len : room - 1;
}

static void
put_common(struct transfer *transfer, const struct http *http, int status)
{
	char date[HTTP_DATE_MAX];

	put_head(transfer, "HTTP/1.1 %d %s\r\nDate: %s\r\n", status, http_reason(status), http_date(time(NULL), date));
	if (http->is_last)
		put_head(transfer, "Connection: close\r\n");
}

static void
put_found(struct transfer *transfer, const struct http *http, int status, int64_t start, int64_t len)
{
	const struct found *found = &transfer->found;
	char date[HTTP_DATE_MAX];

	put_common(transfer, http, status);
	if (status != 304)
		put_head(transfer, "Content-Type: %s\r\nX-Content-Type-Options: nosniff\r\nContent-Length: %lld\r\n",
		    found->type, (long long)len);
	if (status == 206)
		put_head(transfer, "Content-Range: bytes %lld-%lld/%lld\r\n", (long long)start,
		    (long long)(start + len - 1), (long long)found->size);
	if (found->fd >= 0)
		put_head(transfer, "Last-Modified: %s\r\nAccept-Ranges: bytes\r\n", http_date(found->modified, date));
	put_head(transfer, "\r\n");
}

/* A status that has no document: its words are the body. */
static void
refuse(struct transfer *transfer, const struct http *http, int status, bool has_body)
{
	const char *reason = http_reason(status);

	put_common(transfer, http, status);
	if (status == 301)
		put_head(transfer, "Location: %s\r\n", transfer->found.text.data);
	if (status == 405)
		put_head(transfer, "Allow: GET, HEAD\r\n");
	if (status == 416)
		put_head(transfer, "Content-Range: bytes */%lld\r\n", (long long)transfer->found.size);
	put_head(
	    transfer, "Content-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n\r\n", strlen(reason) + 5);
	if (has_body)
		put_head(transfer, "%d %s\n", status, reason);
}

/* The document is there; what of it is wanted? */
static void
deliver(struct transfer *transfer, const struct http *http, const struct http_request *request)
{
	const struct found *found = &transfer->found;
	int64_t start = 0, len = found->size;
	int status = 200;

	if (found->fd >= 0)
		status = http_conditions(request, found->modified);
	if (status == 200 && found->fd >= 0 && request->is_get && http_range_counts(request, found->modified))
		status = http_range(request->range, found->size, &start, &len);
	if (status == 412 || status == 416) {
		refuse(transfer, http, status, request->is_get);
		return;
	}
	put_found(transfer, http, status, start, len);
	if (status == 304 || request->is_head)
		return;
	transfer->at = start;
	transfer->left = len;
}

static void
answer(struct transfer *transfer, struct http *http, const struct http_request *request, int status)
{
	http->is_last = !request->keep_alive;
	if (status == 0)
		status = files_find(transfer->session->server->directory, request->path, &transfer->found);
	if (status == 200)
		deliver(transfer, http, request);
	else
		refuse(transfer, http, status, !request->is_head);
}

static struct transfer *
new_transfer(struct session *session)
{
	struct transfer *transfer = malloc(sizeof(*transfer));

	if (transfer == NULL) {
		session->why = "out of memory";
		return NULL;
	}
	transfer->is_reading = transfer->is_filled = false;
	transfer->session = session;
	transfer->found = (struct found){ .fd = -1 };
	transfer->at = transfer->left = 0;
	transfer->len = 0;
	return transfer;
}

static void
free_transfer(struct transfer *transfer)
{
	if (transfer == NULL)
		return;
	files_close(&transfer->found);
	free(transfer);
}

/* == sending == */
static void
take_in(struct transfer *transfer, size_t len)
{
	transfer->len += len;
	transfer->at += (int64_t)len;
	transfer->left -= (int64_t)len;
	transfer->is_filled = true;
}

static void
on_read(uv_fs_t *read)
{
	struct transfer *transfer = read->data;
	struct session *session = transfer->session;
	ssize_t len = read->result;

	uv_fs_req_cleanup(read);
	transfer->is_reading = false;
	if (session->phase != SESSION_OPEN) {
		free_transfer(transfer);
	} else {
		/* The length is promised already; without a goodbye the client knows that this is not all. */
		if (len <= 0)
			session->why = len == 0 ? "the file has become shorter" : uv_strerror((int)len);
		else
			take_in(transfer, (size_t)len);
		session_advance(session);
	}
	session_release(session);
}

static size_t
next_part(const struct transfer *transfer)
{
	size_t room = sizeof(transfer->chunk) - transfer->len;

	return transfer->left < (int64_t)room ? (size_t)transfer->left : room;
}

/* In another thread: a disk may take its time. */
static otls_status
read_file(struct session *session, struct transfer *transfer)
{
	uv_buf_t buf = uv_buf_init(transfer->chunk + transfer->len, (unsigned)next_part(transfer));
	int error = 0;

	transfer->read.data = transfer;
	error = uv_fs_read(&session->server->loop, &transfer->read, transfer->found.fd, &buf, 1, transfer->at, on_read);
	if (error != 0) {
		session->why = uv_strerror(error);
		return OTLS_ERROR;
	}
	transfer->is_reading = true;
	session_hold(session);
	return OTLS_WANT_CALLBACK;
}

static void
copy_text(struct transfer *transfer)
{
	size_t len = next_part(transfer);

	memcpy(transfer->chunk + transfer->len, transfer->found.text.data + transfer->at, len);
	take_in(transfer, len);
}

static otls_status
send_chunk(struct session *session, struct http *http)
{
	struct transfer *transfer = http->transfer;

	if (!session_send(session, transfer->chunk, transfer->len))
		return OTLS_ERROR;
	transfer->len = 0;
	transfer->is_filled = false;
	if (transfer->left > 0)
		return OTLS_OK;
	free_transfer(transfer);
	http->transfer = NULL;
	return OTLS_OK;
}

/* The head leaves together with the first bytes of what follows it. */
static otls_status
go_on(struct session *session, struct http *http)
{
	struct transfer *transfer = http->transfer;

	if (transfer->is_reading)
		return OTLS_WANT_CALLBACK;
	if (transfer->is_filled || transfer->left == 0)
		return send_chunk(session, http);
	if (transfer->found.fd >= 0)
		return read_file(session, transfer);
	copy_text(transfer);
	return OTLS_OK;
}

/* == requests == */
static void
drop_input(struct http *http, size_t len)
{
	http->input_len -= len;
	http->input_seen = 0;
	if (http->input_len > 0) {
		memmove(http->input, http->input + len, http->input_len);
		return;
	}
	free(http->input);
	http->input = NULL;
}

static otls_status
take_request(struct session *session, struct http *http, size_t head_len)
{
	struct http_request request = { 0 };
	int status = 0;

	if ((http->transfer = new_transfer(session)) == NULL)
		return OTLS_ERROR;
	if (head_len > 0)
		status = http_parse(http->input, head_len, &request);
	else
		status = http_head_too_long(http->input, http->input_len);
	answer(http->transfer, http, &request, status);
	drop_input(http, head_len > 0 ? head_len : http->input_len);
	return OTLS_OK;
}

/* Some clients send an empty line behind what they sent before (RFC 9112, section 2.2). */
static void
skip_empty_lines(struct http *http)
{
	size_t len = 0;

	while (len < http->input_len && (http->input[len] == '\r' || http->input[len] == '\n'))
		len++;
	if (len > 0)
		drop_input(http, len);
}

/* The client's time runs from the end of the reply before to the end of the request: drops of it do not prolong it. */
static otls_status
receive(struct session *session, struct http *http)
{
	uint8_t *scratch = session->server->scratch;
	size_t room = HTTP_HEAD_MAX - http->input_len, len = 0;
	otls_status status = otls_connection_read(
	    session->conn, scratch, room < SERVER_SCRATCH ? room : SERVER_SCRATCH, &len);

	if (status != OTLS_OK)
		return status;
	if (http->input == NULL && (http->input = malloc(HTTP_HEAD_MAX)) == NULL) {
		session->why = "out of memory";
		return OTLS_ERROR;
	}
	memcpy(http->input + http->input_len, scratch, len);
	http->input_len += len;
	return OTLS_OK;
}

/* == the service == */
static otls_status
step(struct session *session)
{
	struct http *http = http_of(session);
	size_t head_len = 0;

	if (session->why != NULL)
		return OTLS_ERROR;
	if (http->transfer != NULL)
		return go_on(session, http);
	if (http->is_last)
		return OTLS_EOF;
	skip_empty_lines(http);
	head_len = http_head_length(http->input, http->input_len, &http->input_seen);
	if (head_len > 0 || http->input_len == HTTP_HEAD_MAX)
		return take_request(session, http, head_len);
	return receive(session, http);
}

static void
stop(struct session *session)
{
	struct http *http = http_of(session);

	/* One that is being read into is freed when that is over. */
	if (http->transfer != NULL && !http->transfer->is_reading)
		free_transfer(http->transfer);
	http->transfer = NULL;
	free(http->input);
	http->input = NULL;
}

static bool
start(struct session *session)
{
	(void)session;
	return true;
}

const struct service service_http = {
	.state_size = sizeof(struct http),
	.start = start,
	.step = step,
	.stop = stop,
};

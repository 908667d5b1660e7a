/* Memory, bytes, time, environment, files. */
#include "base.h"

#include "error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

bool (*otls__alloc_trap)(void);
void (*otls__alloc_meter)(size_t size);

static bool
trapped(size_t size)
{
	if (otls__alloc_meter != NULL)
		otls__alloc_meter(size);
	return otls__alloc_trap != NULL && !otls__alloc_trap();
}

void *
otls__alloc(size_t size)
{
	return trapped(size) ? NULL : calloc(1, size > 0 ? size : 1);
}

void *
otls__realloc(void *block, size_t size)
{
	return trapped(size) ? NULL : realloc(block, size > 0 ? size : 1);
}

void
otls__free(void *block)
{
	free(block);
}

void
otls__wipe(void *data, size_t len)
{
	/* A call through a volatile pointer cannot be optimised away. */
	static void *(*const volatile wipe)(void *, int, size_t) = memset;

	if (len > 0)
		wipe(data, 0, len);
}

void
otls__free_secret(void *block, size_t size)
{
	if (block == NULL)
		return;
	otls__wipe(block, size);
	otls__free(block);
}

void *
otls__memdup(const void *data, size_t len)
{
	void *copy = otls__alloc(len);

	if (copy != NULL && len > 0)
		memcpy(copy, data, len);
	return copy;
}

char *
otls__strdup(const char *text)
{
	return otls__memdup(text, strlen(text) + 1);
}

/* == reading length-prefixed bytes == */

otls_reader
otls__reader(otls_bytes bytes)
{
	return (otls_reader){ .data = bytes.data, .len = bytes.len };
}

otls_bytes
otls__read_bytes(otls_reader *r, size_t len)
{
	otls_bytes bytes = { 0 };

	if (r->failed || len > r->len) {
		r->failed = true;
		return bytes;
	}
	bytes = otls__bytes(r->data, len);
	r->len -= len;
	if (len > 0)
		r->data += len;
	return bytes;
}

uint8_t
otls__read8(otls_reader *r)
{
	otls_bytes b = otls__read_bytes(r, 1);

	return b.len == 1 ? b.data[0] : 0;
}

uint16_t
otls__read16(otls_reader *r)
{
	otls_bytes b = otls__read_bytes(r, 2);

	return b.len == 2 ? otls__get16(b.data) : 0;
}

otls_bytes
otls__read_vector8(otls_reader *r)
{
	return otls__read_bytes(r, otls__read8(r));
}

otls_bytes
otls__read_vector16(otls_reader *r)
{
	return otls__read_bytes(r, otls__read16(r));
}

otls_bytes
otls__read_vector24(otls_reader *r)
{
	otls_bytes b = otls__read_bytes(r, 3);

	return otls__read_bytes(r, b.len == 3 ? otls__get24(b.data) : 0);
}

bool
otls__reader_done(const otls_reader *r)
{
	return !r->failed && r->len == 0;
}

/* == buffers == */

bool
otls__buffer_append(otls_buffer *buffer, const void *data, size_t len)
{
	if (len > buffer->cap - buffer->len) {
		size_t cap = buffer->cap > 0 ? buffer->cap : 256;
		uint8_t *grown;

		while (cap - buffer->len < len) {
			if (cap > SIZE_MAX / 2)
				return false;
			cap *= 2;
		}
		if ((grown = otls__realloc(buffer->data, cap)) == NULL)
			return false;
		buffer->data = grown;
		buffer->cap = cap;
	}
	if (len > 0)
		memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
	return true;
}

void
otls__buffer_fini(otls_buffer *buffer)
{
	otls__free(buffer->data);
	*buffer = (otls_buffer){ 0 };
}

/* == the system == */

int64_t
otls__now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool
is_privileged(void)
{
#if defined(__linux__)
	return getauxval(AT_SECURE) != 0;
#else
	return getuid() != geteuid() || getgid() != getegid();
#endif
}

const char *
otls__getenv(const char *name)
{
	return is_privileged() ? NULL : getenv(name);
}

/* Reads to the end, or until there is more than max. */
static otls_status
read_all(int fd, const char *path, size_t max, otls_buffer *buffer)
{
	uint8_t piece[16384];
	ssize_t n;

	for (;;) {
		n = read(fd, piece, sizeof(piece));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return otls__fail_errno(OTLS_E_FILE, errno, "%s", path);
		if (n == 0)
			break;
		if ((size_t)n > max - buffer->len) {
			otls__wipe(piece, sizeof(piece));
			return otls__fail(OTLS_E_LIMIT, "%s: larger than %zu bytes", path, max);
		}
		if (!otls__buffer_append(buffer, piece, (size_t)n)) {
			otls__wipe(piece, sizeof(piece));
			return otls__fail_memory();
		}
	}
	otls__wipe(piece, sizeof(piece)); /* it may have been a key */
	if (buffer->len == 0)
		return otls__fail(OTLS_E_FILE, "%s: the file is empty", path);
	return otls__buffer_append(buffer, "", 1) ? OTLS_OK : otls__fail_memory();
}

/* A pipe is opened without waiting for somebody to write to it: one that nobody holds is empty.  What is written to one
 * that somebody holds is waited for, as a shell's <(command) wants it. */
static int
open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int flags = fd >= 0 ? fcntl(fd, F_GETFL) : -1;

	if (flags != -1)
		fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	return fd;
}

otls_status
otls__read_file(const char *path, size_t max, uint8_t **data, size_t *len)
{
	otls_buffer buffer = { 0 };
	otls_status status;
	struct stat info;
	int fd;

	*data = NULL;
	*len = 0;
	if ((fd = open_file(path)) < 0)
		return otls__fail_errno(OTLS_E_FILE, errno, "%s", path);
	if (fstat(fd, &info) != 0)
		status = otls__fail_errno(OTLS_E_FILE, errno, "%s", path);
	else if (S_ISDIR(info.st_mode))
		status = otls__fail_errno(OTLS_E_FILE, EISDIR, "%s", path);
	else if (S_ISREG(info.st_mode) && info.st_size > 0 && (uint64_t)info.st_size > max)
		status = otls__fail(OTLS_E_LIMIT, "%s: larger than %zu bytes", path, max);
	else
		status = read_all(fd, path, max, &buffer);
	close(fd);
	if (status != OTLS_OK) {
		otls__free_secret(buffer.data, buffer.cap);
		return status;
	}
	*data = buffer.data;
	*len = buffer.len - 1;
	return OTLS_OK;
}

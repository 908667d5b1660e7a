#include "server_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LIST_MAX     10000 /* names on an index page */
#define NAME_LEN_MAX 255

static const char html[] = "text/html; charset=utf-8";

static const char *
type_of(const char *name)
{
	static const struct {
		const char *suffix, *type;
	} types[] = {
		{ "avif", "image/avif" },
		{ "bmp", "image/bmp" },
		{ "c", "text/plain; charset=utf-8" },
		{ "css", "text/css; charset=utf-8" },
		{ "csv", "text/csv; charset=utf-8" },
		{ "gif", "image/gif" },
		{ "gz", "application/gzip" },
		{ "h", "text/plain; charset=utf-8" },
		{ "htm", html },
		{ "html", html },
		{ "ico", "image/x-icon" },
		{ "jpeg", "image/jpeg" },
		{ "jpg", "image/jpeg" },
		{ "js", "text/javascript; charset=utf-8" },
		{ "json", "application/json" },
		{ "log", "text/plain; charset=utf-8" },
		{ "md", "text/markdown; charset=utf-8" },
		{ "mjs", "text/javascript; charset=utf-8" },
		{ "mp3", "audio/mpeg" },
		{ "mp4", "video/mp4" },
		{ "ogg", "audio/ogg" },
		{ "pdf", "application/pdf" },
		{ "png", "image/png" },
		{ "svg", "image/svg+xml" },
		{ "tar", "application/x-tar" },
		{ "txt", "text/plain; charset=utf-8" },
		{ "wasm", "application/wasm" },
		{ "wav", "audio/wav" },
		{ "webm", "video/webm" },
		{ "webp", "image/webp" },
		{ "woff", "font/woff" },
		{ "woff2", "font/woff2" },
		{ "xml", "application/xml" },
		{ "zip", "application/zip" },
	};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot != NULL && i < COUNT(types); i++)
		if (strcasecmp(dot + 1, types[i].suffix) == 0)
			return types[i].type;
	return "application/octet-stream";
}

static int
status_of(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return 403;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return 503;
	default:
		return 404;
	}
}

/* == the way down == */

/* Cuts the next name out of the path; false: there is none, or it is one that does not exist. */
static bool
next_name(const char **path, char name[NAME_LEN_MAX + 1], bool *exists)
{
	size_t len = 0;

	*path += strspn(*path, "/");
	len = strcspn(*path, "/");
	if (len == 0)
		return false;
	*exists = len <= NAME_LEN_MAX && **path != '.';
	if (!*exists)
		return false;
	memcpy(name, *path, len);
	name[len] = '\0';
	*path += len;
	return true;
}

/* Not blocked by a pipe without a writer, and no terminal becomes ours. */
static int
open_below(int directory, const char *name)
{
	return openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* The descriptor of what the path names, -1 and errno; name becomes the last one. */
static int
walk(int root, const char *path, char name[NAME_LEN_MAX + 1])
{
	int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool exists = true;

	name[0] = '\0';
	while (fd >= 0 && next_name(&path, name, &exists)) {
		int next = open_below(fd, name), error = errno;

		close(fd);
		errno = error;
		fd = next;
	}
	if (exists || fd < 0)
		return fd;
	close(fd);
	errno = ENOENT;
	return -1;
}

/* == index pages == */
struct entry {
	char name[NAME_LEN_MAX + 1];
	bool is_directory;
	int64_t size;
	time_t modified;
};

struct list {
	struct entry *entries;
	size_t count, cap;
	bool failed;
};

static int
compare(const void *a, const void *b)
{
	const struct entry *one = a, *other = b;

	if (one->is_directory != other->is_directory)
		return one->is_directory ? -1 : 1;
	return strcmp(one->name, other->name);
}

static struct entry *
new_entry(struct list *list)
{
	size_t cap = list->cap > 0 ? list->cap * 2 : 64;
	struct entry *entries = list->entries;

	if (list->count == list->cap) {
		if ((entries = realloc(entries, cap * sizeof(*entries))) == NULL) {
			list->failed = true;
			return NULL;
		}
		list->entries = entries;
		list->cap = cap;
	}
	return &list->entries[list->count++];
}

/* What cannot be fetched is not listed either. */
static void
add_name(struct list *list, int directory, const char *name)
{
	struct stat status = { 0 };
	struct entry *entry = NULL;

	if (name[0] == '.' || strlen(name) > NAME_LEN_MAX ||
	    fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	if ((!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) || (entry = new_entry(list)) == NULL)
		return;
	*entry = (struct entry){
		.is_directory = S_ISDIR(status.st_mode),
		.size = status.st_size,
		.modified = status.st_mtime,
	};
	memcpy(entry->name, name, strlen(name));
}

static bool
read_directory(int fd, struct list *list)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *entry = NULL;

	if (directory == NULL) {
		if (copy >= 0)
			close(copy);
		return false;
	}
	while (list->count < LIST_MAX && !list->failed && (entry = readdir(directory)) != NULL)
		add_name(list, fd, entry->d_name);
	closedir(directory);
	return !list->failed;
}

static void
put_entry(struct http_text *page, const struct entry *entry)
{
	char date[HTTP_DATE_MAX];
	const char *slash = entry->is_directory ? "/" : "";

	/* "./" keeps a name with a colon from being taken for a URI; those that are directories have no size. */
	http_put(page, "<tr><td><a href=\"./");
	http_put_path(page, entry->name);
	http_put(page, "%s\">", slash);
	http_put_html(page, entry->name);
	http_put(page, "%s</a></td><td>", slash);
	if (!entry->is_directory)
		http_put(page, "%lld", (long long)entry->size);
	http_put(page, "</td><td>%s</td></tr>\n", http_date(entry->modified, date));
}

static void
put_page(struct http_text *page, const char *path, const struct list *list)
{
	http_put(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
	http_put_html(page, path);
	http_put(page, "</title>\n<style>td { padding-right: 2em } td:nth-child(2) { text-align: right }</style>\n"
		       "</head>\n<body>\n<h1>");
	http_put_html(page, path);
	http_put(page, "</h1>\n<table>\n");
	if (strcmp(path, "/") != 0)
		http_put(page, "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n");
	for (size_t i = 0; i < list->count; i++)
		put_entry(page, &list->entries[i]);
	http_put(page, "</table>\n");
	if (list->count == LIST_MAX)
		http_put(page, "<p>There may be more: a page lists %d names.</p>\n", LIST_MAX);
	http_put(page, "</body>\n</html>\n");
}

static int
make_page(int fd, const char *path, struct found *found)
{
	struct list list = { 0 };
	int status = 0;

	if (!read_directory(fd, &list)) {
		status = list.failed ? 503 : status_of(errno);
	} else {
		if (list.count > 0)
			qsort(list.entries, list.count, sizeof(list.entries[0]), compare);
		put_page(&found->text, path, &list);
		found->type = html;
		found->size = (int64_t)found->text.len;
		status = found->text.failed ? 503 : 200;
	}
	free(list.entries);
	return status;
}

/* == what is found == */
static int
take_file(int fd, const struct stat *status, const char *name, struct found *found)
{
	found->fd = fd;
	found->size = status->st_size;
	found->modified = status->st_mtime;
	found->type = type_of(name);
	return 200;
}

/* Put together from names, so that it never begins with two slashes: that would be another host. */
static int
redirect(const char *path, struct found *found)
{
	char name[NAME_LEN_MAX + 1];
	bool exists = true;

	while (next_name(&path, name, &exists)) {
		http_put(&found->text, "/");
		http_put_path(&found->text, name);
	}
	http_put(&found->text, "/");
	return found->text.failed ? 503 : 301;
}

static int
find_in_directory(int fd, const char *path, struct found *found)
{
	struct stat status = { 0 };
	int index = -1;

	if (path[strlen(path) - 1] != '/')
		return redirect(path, found);
	index = open_below(fd, "index.html");
	if (index >= 0 && fstat(index, &status) == 0 && S_ISREG(status.st_mode))
		return take_file(index, &status, "index.html", found);
	if (index >= 0)
		close(index);
	return make_page(fd, path, found);
}

int
files_find(int root, const char *path, struct found *found)
{
	char name[NAME_LEN_MAX + 1];
	struct stat status = { 0 };
	int fd = walk(root, path, name), result = 404;

	*found = (struct found){ .fd = -1 };
	if (fd < 0)
		return status_of(errno);
	if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
		result = find_in_directory(fd, path, found);
	else if (S_ISREG(status.st_mode) && path[strlen(path) - 1] != '/')
		return take_file(fd, &status, name, found);
	close(fd);
	return result;
}

void
files_close(struct found *found)
{
	if (found->fd >= 0)
		close(found->fd);
	free(found->text.data);
	*found = (struct found){ .fd = -1 };
}

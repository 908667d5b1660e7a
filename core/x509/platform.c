/* Directories of certificates, and the platform's trust. */
#include "x509/platform.h"

#include "error.h"
#include "x509/certificate.h"
#include "x509/pem.h"
#include "x509/store.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

/* == one file == */

/* PEM, or DER of one certificate. */
static otls_status
parse_file(otls_bytes data, const char *path, otls_certificate ***certs, size_t *count)
{
	if (!otls__looks_like_der(data))
		return otls__pem_certificates_by(data, path, OTLS_PEM_SYSTEM, certs, count);
	*count = 0;
	if ((*certs = otls__alloc(sizeof(**certs))) == NULL)
		return otls__fail_memory();
	if (otls__certificate_parse(data, path, *certs) != OTLS_OK) {
		otls__free(*certs);
		*certs = NULL;
		return OTLS_ERROR;
	}
	*count = 1;
	return OTLS_OK;
}

static otls_status
collect_file(otls_store *store, const char *path)
{
	otls_certificate **certs = NULL;
	uint8_t *data = NULL;
	size_t len = 0;
	size_t count = 0;
	otls_status status;

	if (otls__read_file(path, OTLS_PEM_FILE_MAX, &data, &len) != OTLS_OK)
		return OTLS_ERROR;
	status = parse_file(otls__bytes(data, len), path, &certs, &count);
	for (size_t i = 0; i < count && status == OTLS_OK; i++)
		status = otls_store_add_certificate(store, certs[i]);
	otls__certificates_free(certs, count);
	otls__free_secret(data, len);
	return status;
}

static bool
out_of_memory(void)
{
	return otls_error_code(otls_error_last()) == OTLS_E_MEMORY;
}

/* == directories == */

typedef struct names {
	char **items;
	size_t count, cap;
} names;

static void
free_names(names *list)
{
	for (size_t i = 0; i < list->count; i++)
		otls__free(list->items[i]);
	otls__free(list->items);
}

static bool
append_name(names *list, const char *name)
{
	size_t cap = list->cap > 0 ? list->cap * 2 : 64;
	char **grown;

	if (list->count == list->cap) {
		if ((grown = otls__realloc(list->items, cap * sizeof(grown[0]))) == NULL)
			return false;
		list->items = grown;
		list->cap = cap;
	}
	if ((list->items[list->count] = otls__strdup(name)) == NULL)
		return false;
	list->count++;
	return true;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In an order of their own: that of the file system changes, and with it which of two equal names is found first. */
static otls_status
list_directory(const char *path, names *list)
{
	const struct dirent *item;
	otls_status status = OTLS_OK;
	DIR *dir;

	if ((dir = opendir(path)) == NULL)
		return otls__fail_errno(OTLS_E_FILE, errno, "%s", path);
	while (status == OTLS_OK && (item = readdir(dir)) != NULL) {
		if (item->d_name[0] != '.' && !append_name(list, item->d_name))
			status = otls__fail_memory();
	}
	closedir(dir);
	if (status == OTLS_OK && list->count > 1)
		qsort(list->items, list->count, sizeof(list->items[0]), compare_names);
	return status;
}

static bool
is_regular(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* Fails for want of memory only. */
static otls_status
collect_item(otls_store *store, const char *directory, const char *name)
{
	size_t size = strlen(directory) + strlen(name) + 2;
	otls_status status = OTLS_OK;
	char *path;

	if ((path = otls__alloc(size)) == NULL)
		return otls__fail_memory();
	memcpy(path, directory, strlen(directory));
	path[strlen(directory)] = '/';
	memcpy(path + strlen(directory) + 1, name, strlen(name));
	if (is_regular(path) && collect_file(store, path) != OTLS_OK && out_of_memory())
		status = OTLS_ERROR;
	otls__free(path);
	return status;
}

otls_status
otls__collect_directory(otls_store *store, const char *path)
{
	names list = { .count = 0 };
	otls_status status;
	size_t before = otls__store_count(store);

	status = list_directory(path, &list);
	for (size_t i = 0; i < list.count && status == OTLS_OK; i++)
		status = collect_item(store, path, list.items[i]);
	free_names(&list);
	if (status == OTLS_OK && otls__store_count(store) == before)
		return otls__fail(OTLS_E_FORMAT, "%s: no certificate in any file of this directory", path);
	return status;
}

/* == the platform == */

static const char *const system_files[] = {
	"/etc/ssl/certs/ca-certificates.crt",                /* Debian, Alpine, Arch, Gentoo */
	"/etc/pki/tls/certs/ca-bundle.crt",                  /* Fedora, RHEL */
	"/etc/ssl/ca-bundle.pem",                            /* openSUSE */
	"/etc/pki/tls/cacert.pem",                           /* OpenELEC */
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* RHEL 7 and later */
	"/etc/ssl/cert.pem",                                 /* BSD, macOS */
	"/usr/local/share/certs/ca-root-nss.crt",            /* FreeBSD */
	"/opt/homebrew/etc/ca-certificates/cert.pem",        /* Homebrew */
	"/usr/local/etc/ca-certificates/cert.pem",
	NULL,
};

static const char *const system_directories[] = {
	"/etc/ssl/certs",
	"/etc/pki/tls/certs",
	"/system/etc/security/cacerts", /* Android */
	"/usr/local/share/certs",
	NULL,
};

/* A place that has nothing is passed over: OK and no certificate more. */
static otls_status
try_place(otls_store *store, otls_status (*collect)(otls_store *store, const char *path), const char *path)
{
	return collect(store, path) != OTLS_OK && out_of_memory() ? OTLS_ERROR : OTLS_OK;
}

/* The next path of a list with colons between, as SSL_CERT_DIR is; empty ones, and those that are too long for any
 * directory, are passed over.  false: there is none left. */
static bool
next_directory(const char **list, char path[PATH_MAX])
{
	size_t len = 0;

	do {
		*list += len;
		*list += strspn(*list, ":");
		len = strcspn(*list, ":");
	} while (len >= PATH_MAX);
	memcpy(path, *list, len);
	path[len] = '\0';
	*list += len;
	return len > 0;
}

static otls_status
try_directories(otls_store *store, const char *list)
{
	otls_status status = OTLS_OK;
	char path[PATH_MAX];

	while (status == OTLS_OK && next_directory(&list, path))
		status = try_place(store, otls__collect_directory, path);
	return status;
}

static bool
is_set(const char *value)
{
	return value != NULL && value[0] != '\0';
}

/* What the variables name is all that counts; the places of the system would add trust that was not asked for. */
static otls_status
collect_named(otls_store *store, const char *file, const char *directory)
{
	if (is_set(file) && try_place(store, collect_file, file) != OTLS_OK)
		return OTLS_ERROR;
	if (is_set(directory) && try_directories(store, directory) != OTLS_OK)
		return OTLS_ERROR;
	if (otls__store_count(store) > 0)
		return OTLS_OK;
	return otls__fail(OTLS_E_NO_TRUST,
	    "no certificate in what SSL_CERT_FILE (\"%s\") and SSL_CERT_DIR (\"%s\") name", is_set(file) ? file : "",
	    is_set(directory) ? directory : "");
}

otls_status
otls__collect_places(otls_store *store, const char *const *files, const char *const *directories)
{
	for (; *files != NULL && otls__store_count(store) == 0; files++)
		if (try_place(store, collect_file, *files) != OTLS_OK)
			return OTLS_ERROR;
	for (; *directories != NULL && otls__store_count(store) == 0; directories++)
		if (try_place(store, otls__collect_directory, *directories) != OTLS_OK)
			return OTLS_ERROR;
	if (otls__store_count(store) == 0)
		return otls__fail(
		    OTLS_E_NO_TRUST, "no trusted certificates in any of the places where systems keep them");
	return OTLS_OK;
}

static otls_status
collect_platform(otls_store *store)
{
	const char *file = otls__getenv("SSL_CERT_FILE");
	const char *directory = otls__getenv("SSL_CERT_DIR");

	if (is_set(file) || is_set(directory))
		return collect_named(store, file, directory);
	return otls__collect_places(store, system_files, system_directories);
}

/* == read once == */

static struct {
	pthread_mutex_t lock;
	otls_store *store; /* sealed; NULL: nobody has asked yet */
	uint64_t mark;     /* of the places when it was read */
} shared = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
mark_bytes(uint64_t *mark, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		*mark = (*mark ^ bytes[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
}

/* Another file in its place, or other contents, make another mark. */
static void
mark_place(uint64_t *mark, const char *path)
{
	int64_t parts[5] = { 0 };
	struct stat info;

	if (stat(path, &info) == 0) {
		parts[0] = (int64_t)info.st_dev;
		parts[1] = (int64_t)info.st_ino;
		parts[2] = (int64_t)info.st_size;
		parts[3] = (int64_t)info.st_mtime;
		parts[4] = (int64_t)info.st_ctime;
	}
	mark_bytes(mark, path, strlen(path) + 1);
	mark_bytes(mark, parts, sizeof(parts));
}

static void
mark_named(uint64_t *mark, const char *file, const char *directories)
{
	char path[PATH_MAX];

	if (is_set(file))
		mark_place(mark, file);
	mark_bytes(mark, "", 1);
	while (directories != NULL && next_directory(&directories, path))
		mark_place(mark, path);
}

static uint64_t
mark_platform(void)
{
	const char *file = otls__getenv("SSL_CERT_FILE");
	const char *directory = otls__getenv("SSL_CERT_DIR");
	uint64_t mark = UINT64_C(0xcbf29ce484222325);

	if (is_set(file) || is_set(directory)) {
		mark_named(&mark, file, directory);
		return mark;
	}
	for (const char *const *path = system_files; *path != NULL; path++)
		mark_place(&mark, *path);
	for (const char *const *path = system_directories; *path != NULL; path++)
		mark_place(&mark, *path);
	return mark;
}

static otls_status
read_platform(otls_store **store)
{
	otls_error before = *otls_error_last(); /* what is passed over is no failure */

	if (otls_store_new(store) != OTLS_OK)
		return OTLS_ERROR;
	if (collect_platform(*store) != OTLS_OK) {
		otls_store_free(*store);
		return OTLS_ERROR;
	}
	*otls__error_thread() = before;
	otls__store_seal(*store);
	return OTLS_OK;
}

otls_status
otls__platform_store(otls_store **store)
{
	otls_status status = OTLS_OK;
	otls_store *fresh = NULL;
	uint64_t mark;

	pthread_mutex_lock(&shared.lock);
	mark = mark_platform();
	if (shared.store == NULL || shared.mark != mark) {
		if ((status = read_platform(&fresh)) == OTLS_OK) {
			otls_store_free(shared.store);
			shared.store = fresh;
			shared.mark = mark;
		}
	}
	*store = status == OTLS_OK ? otls_store_ref(shared.store) : NULL;
	pthread_mutex_unlock(&shared.lock);
	return status;
}

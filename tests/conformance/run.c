#include "pki.h"
#include "suite.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct owned {
	struct owned *next;
	void *thing;
	void (*release)(void *thing);
};

/* == identity and running == */
void
run_id(const struct run *run, bool plain, char *id, size_t size)
{
	static const char *const suffix[] = {
		[VARIATION_PLAIN] = "",
		[VARIATION_BYTES] = "+1byte",
		[VARIATION_BLOCKING] = "+block",
	};
	const char *version = run->version == OTLS_TLS1_2 ? ".tls1.2" : ".tls1.3";
	char who[128] = "";

	if (run->test->scope == SCOPE_PAIR)
		snprintf(who, sizeof(who), ".%s-%s", otls_backend_name(run->client), otls_backend_name(run->server));
	else if (run->test->scope != SCOPE_ONCE)
		snprintf(who, sizeof(who), ".%s", otls_backend_name(run->server));
	snprintf(id, size, "%s.%s%s%s%s", run->suite->name, run->test->name, plain ? "" : suffix[run->variation], who,
	    run->version != 0 ? version : "");
}

static void
release_owned(struct run *run)
{
	while (run->owned != NULL) {
		struct owned *first = run->owned;
		run->owned = first->next;
		first->release(first->thing);
		free(first);
	}
}

static double
seconds_now(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void
run_case(struct run *run)
{
	double start = seconds_now();
	bool good = false;

	run->outcome = OUTCOME_PASSED;
	run->text[0] = '\0';
	good = run->test->fn(run);
	if (!good && run->outcome == OUTCOME_PASSED)
		failed(run, "the case failed and did not say why");
	release_owned(run);
	run->seconds = seconds_now() - start;
}

/* == saying what was found == */
static bool
keep_failure(struct run *run, const char *file, int line, const char *text)
{
	const char *base = strrchr(file, '/');

	if (run->outcome == OUTCOME_FAILED)
		return false;
	run->outcome = OUTCOME_FAILED;
	snprintf(run->text, sizeof(run->text), "%s:%d: %s", base != NULL ? base + 1 : file, line, text);
	return false;
}

bool
failed(struct run *run, const char *format, ...)
{
	va_list args;

	if (run->outcome == OUTCOME_FAILED)
		return false;
	run->outcome = OUTCOME_FAILED;
	va_start(args, format);
	vsnprintf(run->text, sizeof(run->text), format, args);
	va_end(args);
	return false;
}

bool
unsupported(struct run *run, const char *format, ...)
{
	va_list args;

	if (run->outcome == OUTCOME_FAILED)
		return true;
	run->outcome = OUTCOME_UNSUPPORTED;
	va_start(args, format);
	vsnprintf(run->text, sizeof(run->text), format, args);
	va_end(args);
	return true;
}

bool
both_have(struct run *run, otls_capability capability)
{
	if (otls_backend_has(run->client, capability) && otls_backend_has(run->server, capability))
		return true;
	unsupported(run, "needs %s", otls_capability_name(capability));
	return false;
}

bool
check_that(struct run *run, bool good, const char *what, const char *file, int line)
{
	return good || keep_failure(run, file, line, what);
}

static const char *
status_name(otls_status status)
{
	switch (status) {
	case OTLS_ERROR:
		return "ERROR";
	case OTLS_OK:
		return "OK";
	case OTLS_WANT_READ:
		return "WANT_READ";
	case OTLS_WANT_WRITE:
		return "WANT_WRITE";
	case OTLS_WANT_CALLBACK:
		return "WANT_CALLBACK";
	case OTLS_EOF:
		return "EOF";
	case OTLS_TIMEOUT:
		return "TIMEOUT";
	}
	return "?";
}

bool
check_status(struct run *run, otls_status got, otls_status want, const char *what, const char *file, int line)
{
	char text[640] = "";

	if (got == want)
		return true;
	if (got == OTLS_ERROR)
		snprintf(text, sizeof(text), "%.160s: ERROR %s (%s), not %s", what, otls_error_name(otls_error_last()),
		    otls_error_message(otls_error_last()), status_name(want));
	else
		snprintf(text, sizeof(text), "%.160s: %s, not %s", what, status_name(got), status_name(want));
	return keep_failure(run, file, line, text);
}

bool
check_error(struct run *run, otls_status got, otls_code want, const char *what, const char *file, int line)
{
	const otls_error *err = otls_error_last();
	char text[640] = "";

	if (got != OTLS_ERROR)
		snprintf(text, sizeof(text), "%.160s: %s, not ERROR %s", what, status_name(got), otls_code_name(want));
	else if (otls_error_code(err) != want)
		snprintf(text, sizeof(text), "%.160s: ERROR %s (%s), not %s", what, otls_error_name(err),
		    otls_error_message(err), otls_code_name(want));
	else if (otls_error_message(err)[0] == '\0')
		snprintf(text, sizeof(text), "%.160s: the error has no message", what);
	else
		return true;
	return keep_failure(run, file, line, text);
}

bool
check_number(struct run *run, long long got, long long want, const char *what, const char *file, int line)
{
	char text[320] = "";

	if (got == want)
		return true;
	snprintf(text, sizeof(text), "%.160s is %lld, not %lld", what, got, want);
	return keep_failure(run, file, line, text);
}

bool
check_text(struct run *run, const char *got, const char *want, const char *what, const char *file, int line)
{
	char text[640] = "";

	if (got != NULL && want != NULL && strcmp(got, want) == 0)
		return true;
	snprintf(text, sizeof(text), "%.160s is \"%.200s\", not \"%.200s\"", what, got != NULL ? got : "(NULL)",
	    want != NULL ? want : "(NULL)");
	return keep_failure(run, file, line, text);
}

/* == what the run owns == */
void *
run_owns(struct run *run, void *thing, void (*release)(void *thing))
{
	struct owned *owned = thing != NULL ? malloc(sizeof(*owned)) : NULL;

	if (thing == NULL)
		return NULL;
	if (owned == NULL) {
		release(thing);
		failed(run, "out of memory");
		return NULL;
	}
	*owned = (struct owned){ .next = run->owned, .thing = thing, .release = release };
	run->owned = owned;
	return thing;
}

static void
release_context(void *thing)
{
	otls_context_free(thing);
}

static void
release_connection(void *thing)
{
	otls_connection_free(thing);
}

static void
release_store(void *thing)
{
	otls_store_free(thing);
}

static void
release_certificate(void *thing)
{
	otls_certificate_free(thing);
}

static void
release_identity(void *thing)
{
	mint_free(thing);
}

otls_context *
run_owns_context(struct run *run, otls_context *ctx)
{
	return run_owns(run, ctx, release_context);
}

otls_connection *
run_owns_connection(struct run *run, otls_connection *conn)
{
	return run_owns(run, conn, release_connection);
}

otls_store *
run_owns_store(struct run *run, otls_store *store)
{
	return run_owns(run, store, release_store);
}

otls_certificate *
run_owns_certificate(struct run *run, otls_certificate *cert)
{
	return run_owns(run, cert, release_certificate);
}

mint_identity *
run_owns_identity(struct run *run, mint_identity *identity)
{
	if (identity == NULL)
		failed(run, "mint: %s", mint_error());
	return run_owns(run, identity, release_identity);
}

/* == files == */
struct directory {
	char path[128];
	char file[256]; /* the latest one */
};

static void
release_directory(void *thing)
{
	struct directory *directory = thing;
	DIR *listing = opendir(directory->path);
	struct dirent *entry = NULL;

	while (listing != NULL && (entry = readdir(listing)) != NULL) {
		char path[512] = "";
		snprintf(path, sizeof(path), "%s/%s", directory->path, entry->d_name);
		unlink(path);
	}
	if (listing != NULL)
		closedir(listing);
	rmdir(directory->path);
	free(directory);
}

static struct directory *
find_directory(struct run *run)
{
	const char *base = getenv("TMPDIR");
	struct directory *directory = NULL;

	for (struct owned *owned = run->owned; owned != NULL; owned = owned->next)
		if (owned->release == release_directory)
			return owned->thing;
	directory = calloc(1, sizeof(*directory));
	if (directory == NULL)
		return NULL;
	snprintf(directory->path, sizeof(directory->path), "%s/omnitls-XXXXXX", base != NULL ? base : "/tmp");
	if (mkdtemp(directory->path) == NULL) {
		failed(run, "no directory can be made in %s", base != NULL ? base : "/tmp");
		free(directory);
		return NULL;
	}
	return run_owns(run, directory, release_directory);
}

const char *
run_directory(struct run *run)
{
	struct directory *directory = find_directory(run);

	return directory != NULL ? directory->path : "";
}

static void
release_text(void *thing)
{
	free(thing);
}

const char *
run_file(struct run *run, const char *name, const void *data, size_t len)
{
	const char *directory = run_directory(run);
	size_t room = strlen(directory) + strlen(name) + 2;
	char *path = run_owns(run, calloc(1, room), release_text);
	FILE *file = NULL;
	bool good = false;

	if (path == NULL)
		return "";
	snprintf(path, room, "%s/%s", directory, name);
	file = fopen(path, "wb");
	if (file != NULL) {
		good = fwrite(data, 1, len, file) == len;
		good = fclose(file) == 0 && good;
	}
	if (!good)
		failed(run, "%s cannot be written", path);
	return path;
}

/* == usual contexts == */
static otls_context *
limited_context(struct run *run, const otls_backend *backend, otls_method method)
{
	otls_context *ctx = NULL;

	if (!CHECK_OK(run, otls_context_new_with(backend, method, &ctx)) || run_owns_context(run, ctx) == NULL)
		return NULL;
	if (run->version == 0)
		return ctx;
	/* The lower end first for 1.2, the upper one first for 1.3: no range is ever empty. */
	if (run->version == OTLS_TLS1_2)
		CHECK_OK(run, otls_context_set_max_version(ctx, OTLS_TLS1_2));
	else
		CHECK_OK(run, otls_context_set_min_version(ctx, OTLS_TLS1_3));
	return ctx;
}

otls_context *
bare_client(struct run *run)
{
	return limited_context(run, run->client, OTLS_METHOD_TLS_CLIENT);
}

otls_context *
bare_server(struct run *run)
{
	return limited_context(run, run->server, OTLS_METHOD_TLS_SERVER);
}

bool
use_identity(struct run *run, otls_context *ctx, const mint_identity *identity)
{
	return CHECK(run, identity != NULL) &&
	       CHECK_OK(run, otls_context_use_key_pair_mem(ctx, identity->pem, strlen(identity->pem), identity->key_pem,
				 strlen(identity->key_pem)));
}

bool
trust(struct run *run, otls_context *ctx, const mint_identity *ca)
{
	return CHECK(run, ca != NULL) && CHECK_OK(run, otls_context_load_verify_mem(ctx, ca->pem, strlen(ca->pem)));
}

otls_context *
good_client(struct run *run)
{
	otls_context *ctx = bare_client(run);

	trust(run, ctx, pki_ca(run));
	return ctx;
}

otls_context *
good_server(struct run *run)
{
	otls_context *ctx = bare_server(run);

	use_identity(run, ctx, pki_server(run));
	return ctx;
}

/* A suite of chains on every backend: what was wrong, and how many of each. */
#include "limbo.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKENDS_MAX 16
#define SUITE_MAX    ((size_t)1 << 30) /* bytes of JSON */

struct tally {
	const otls_backend *backend;
	unsigned cases, right, wrongly_accepted, wrongly_refused, over_limit, skipped;
	uint64_t most[VERIFY_COSTS]; /* that one case took; offline */
};

struct suite {
	const struct verify_options *options;
	cJSON *root;
	cJSON *excluded; /* an object with the ids as keys */
	struct tally tallies[BACKENDS_MAX];
	size_t backend_count;
	unsigned disagreements, broken;
};

/* == files == */

/* A file, decompressed where it is xz. */
struct text {
	char *data;
	size_t len, cap;
};

static bool
make_room(struct text *text)
{
	size_t cap = text->cap == 0 ? (size_t)1 << 20 : 2 * text->cap;
	char *grown = NULL;

	if (text->len < text->cap)
		return true;
	if (cap > SUITE_MAX || (grown = realloc(text->data, cap)) == NULL)
		return false;
	text->data = grown;
	text->cap = cap;
	return true;
}

/* NULL: all is read; else what is wrong. */
static const char *
read_plain(FILE *file, struct text *text)
{
	size_t len = 0;

	do {
		if (!make_room(text))
			return "too large";
		len = fread(text->data + text->len, 1, text->cap - text->len, file);
		text->len += len;
	} while (len > 0);
	return ferror(file) ? strerror(errno) : NULL;
}

static const char *
unpack(const struct text *packed, struct text *text)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret ret = lzma_stream_decoder(&stream, UINT64_MAX, 0);

	stream.next_in = (const uint8_t *)packed->data;
	stream.avail_in = packed->len;
	while (ret == LZMA_OK) {
		if (!make_room(text)) {
			ret = LZMA_MEM_ERROR;
			break;
		}
		stream.next_out = (uint8_t *)text->data + text->len;
		stream.avail_out = text->cap - text->len;
		ret = lzma_code(&stream, LZMA_FINISH);
		text->len = text->cap - stream.avail_out;
	}
	lzma_end(&stream);
	if (ret == LZMA_STREAM_END)
		return NULL;
	return ret == LZMA_MEM_ERROR ? "too large" : "damaged, or cut short";
}

static bool
is_packed(const struct text *text)
{
	static const uint8_t magic[6] = { 0xfd, '7', 'z', 'X', 'Z', 0 };

	return text->len >= sizeof(magic) && memcmp(text->data, magic, sizeof(magic)) == 0;
}

static const char *
read_file(const char *path, struct text *text)
{
	FILE *file = fopen(path, "rb");
	struct text raw = { 0 };
	const char *wrong = NULL;

	if (file == NULL)
		return strerror(errno);
	wrong = read_plain(file, &raw);
	fclose(file);
	if (wrong == NULL && is_packed(&raw)) {
		wrong = unpack(&raw, text);
		free(raw.data);
		return wrong;
	}
	*text = raw;
	return wrong;
}

/* The whole file is one value: cJSON by itself stops behind the first, and reads noise that begins with a digit as a
 * number. */
static cJSON *
parse_whole(const struct text *text)
{
	const char *end = NULL;
	cJSON *root = cJSON_ParseWithLengthOpts(text->data, text->len, &end, false);

	if (root == NULL)
		return NULL;
	while (end < text->data + text->len && *end != '\0' && strchr(" \t\r\n", *end) != NULL)
		end++;
	if (end == text->data + text->len)
		return root;
	cJSON_Delete(root);
	return NULL;
}

static cJSON *
parse(const struct text *text, const char **wrong)
{
	cJSON *root = parse_whole(text);

	if (cJSON_IsArray(cJSON_GetObjectItem(root, "testcases")))
		return root;
	*wrong = root == NULL ? "not JSON" : "no suite: there are no testcases in it";
	cJSON_Delete(root);
	return NULL;
}

static cJSON *
load(const struct verify_options *options)
{
	struct text text = { 0 };
	const char *wrong = read_file(options->limbo, &text);
	cJSON *root = wrong == NULL ? parse(&text, &wrong) : NULL;

	if (wrong != NULL)
		command_complain(options->command, "%s: %s", options->limbo, wrong);
	free(text.data);
	return root;
}

/* Ids, one on a line; what is behind '#' is for people. */
static bool
load_excluded(struct suite *suite)
{
	const char *path = suite->options->excluded;
	char line[512];
	FILE *file = NULL;

	suite->excluded = cJSON_CreateObject();
	if (path == NULL)
		return true;
	if ((file = fopen(path, "r")) == NULL) {
		command_complain(suite->options->command, "%s: %s", path, strerror(errno));
		return false;
	}
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "#\r\n \t")] = '\0';
		if (line[0] != '\0')
			cJSON_AddTrueToObject(suite->excluded, line);
	}
	fclose(file);
	return true;
}

/* == one case == */

static bool
is_skipped(const struct suite *suite, const cJSON *json)
{
	const char *id = cJSON_GetStringValue(cJSON_GetObjectItem(json, "id"));
	const cJSON *features = cJSON_GetObjectItem(json, "features"), *one = NULL;

	if (id != NULL && cJSON_GetObjectItemCaseSensitive(suite->excluded, id) != NULL)
		return true;
	cJSON_ArrayForEach(one, features)
	{
		for (size_t i = 0; i < suite->options->skipped_count && cJSON_IsString(one); i++)
			if (fnmatch(suite->options->skipped[i], cJSON_GetStringValue(one), 0) == 0)
				return true;
	}
	return false;
}

static void
note_cost(struct tally *tally, const otls_verification *check)
{
	for (size_t i = 0; i < VERIFY_COSTS; i++) {
		uint64_t cost = otls_verification_cost(check, verify_costs[i].which);
		if (cost > tally->most[i])
			tally->most[i] = cost;
	}
}

static bool
judge_offline(struct tally *tally, const struct limbo_case *one, struct limbo_verdict *verdict)
{
	otls_verification *check = NULL;
	otls_status status = OTLS_ERROR;

	if (otls_verification_new(tally->backend, one->store, &check) != OTLS_OK ||
	    otls_verification_set_purpose(check, one->of_client ? OTLS_PURPOSE_CLIENT : OTLS_PURPOSE_SERVER) !=
		OTLS_OK ||
	    otls_verification_set_name(check, one->name) != OTLS_OK ||
	    otls_verification_set_flags(check, one->flags) != OTLS_OK ||
	    (one->depth >= 0 && otls_verification_set_depth(check, one->depth) != OTLS_OK))
		goto out;
	for (size_t i = 0; i < one->other_count; i++)
		if (otls_verification_add_intermediate(check, one->others[i]) != OTLS_OK)
			goto out;
	status = otls_verification_run(check, one->leaf);
	note_cost(tally, check);
out:
	verdict->answer = status == OTLS_OK ? LIMBO_ACCEPTED : LIMBO_REFUSED;
	verdict->reason = otls_verification_reason(check, &verdict->depth);
	snprintf(
	    verdict->text, sizeof(verdict->text), "%s", status == OTLS_OK ? "" : otls_error_message(otls_error_last()));
	otls_verification_free(check);
	return status == OTLS_OK || otls_error_code(otls_error_last()) == OTLS_E_VERIFY;
}

/* A name that cannot be asked for is for nobody, and so is a certificate that cannot be read. */
static bool
judge(const struct suite *suite, struct tally *tally, const struct limbo_case *one, struct limbo_verdict *verdict)
{
	*verdict = (struct limbo_verdict){ .answer = LIMBO_REFUSED, .reason = OTLS_REASON_MALFORMED, .depth = 0 };
	if (one->leaf == NULL) {
		snprintf(verdict->text, sizeof(verdict->text), "the certificate cannot be read");
		return true;
	}
	if (one->absent_name != NULL) {
		verdict->reason = OTLS_REASON_HOSTNAME_MISMATCH;
		snprintf(verdict->text, sizeof(verdict->text), "the certificate is not for %s", one->absent_name);
		return true;
	}
	if (suite->options->offline ? judge_offline(tally, one, verdict) : limbo_talk(tally->backend, one, verdict))
		return true;
	verdict->reason = OTLS_REASON_HOSTNAME_MISMATCH;
	verdict->answer = LIMBO_REFUSED;
	return otls_error_code(otls_error_last()) == OTLS_E_BAD_ARGUMENT;
}

static void
print_wrong(const struct tally *tally, const struct limbo_case *one, const struct limbo_verdict *verdict)
{
	printf("wrong backend=%s id=%s wanted=%s got=%s reason=%s depth=%d: %s\n", otls_backend_name(tally->backend),
	    one->id, one->wanted ? "accepted" : "refused", one->wanted ? "refused" : "accepted",
	    otls_verify_reason_name(verdict->reason), verdict->depth, verdict->text);
}

static void
count(struct tally *tally, const struct limbo_case *one, const struct limbo_verdict *verdict)
{
	bool accepted = verdict->answer == LIMBO_ACCEPTED;

	tally->cases++;
	if (verdict->answer == LIMBO_OVER_LIMIT) {
		tally->over_limit++;
		return;
	}
	tally->right += accepted == one->wanted;
	tally->wrongly_accepted += accepted && !one->wanted;
	tally->wrongly_refused += !accepted && one->wanted;
	if (accepted != one->wanted)
		print_wrong(tally, one, verdict);
}

static void
compare(struct suite *suite, const struct limbo_case *one, const struct limbo_verdict *verdicts)
{
	const struct limbo_verdict *first = NULL;
	bool differ = false;

	for (size_t i = 0; i < suite->backend_count; i++) {
		if (verdicts[i].answer == LIMBO_OVER_LIMIT)
			continue;
		first = first != NULL ? first : &verdicts[i];
		differ = differ || verdicts[i].answer != first->answer || verdicts[i].reason != first->reason ||
			 verdicts[i].depth != first->depth;
	}
	if (!differ)
		return;
	suite->disagreements++;
	printf("disagreement id=%s", one->id);
	for (size_t i = 0; i < suite->backend_count; i++)
		printf(" %s=%s", otls_backend_name(suite->tallies[i].backend),
		    verdicts[i].answer == LIMBO_OVER_LIMIT ? "over_limit"
							   : otls_verify_reason_name(verdicts[i].reason));
	putchar('\n');
}

static void
run_case(struct suite *suite, const cJSON *json, size_t number)
{
	struct limbo_verdict verdicts[BACKENDS_MAX];
	struct limbo_case one;
	const char *why = NULL;

	if (!limbo_case_read(json, &one, &why) && why != NULL) {
		command_complain(suite->options->command, "case %zu %s: %s", number, one.id, why);
		suite->broken++;
		limbo_case_fini(&one);
		return;
	}
	for (size_t i = 0; i < suite->backend_count; i++) {
		if (!judge(suite, &suite->tallies[i], &one, &verdicts[i])) {
			command_complain(suite->options->command, "case %zu %s, %s: not judged: %s", number, one.id,
			    otls_backend_name(suite->tallies[i].backend), verdicts[i].text);
			suite->broken++;
		}
		count(&suite->tallies[i], &one, &verdicts[i]);
	}
	compare(suite, &one, verdicts);
	limbo_case_fini(&one);
}

/* == all of them == */

static void
show_progress(size_t done, size_t all)
{
	if (isatty(STDERR_FILENO) && (done % 50 == 0 || done == all))
		fprintf(stderr, "\r%zu of %zu%s", done, all, done == all ? "\n" : "");
}

static void
run_all(struct suite *suite)
{
	const cJSON *cases = cJSON_GetObjectItem(suite->root, "testcases"), *json = NULL;
	size_t all = (size_t)cJSON_GetArraySize(cases), done = 0;

	cJSON_ArrayForEach(json, cases)
	{
		if (!is_skipped(suite, json)) {
			run_case(suite, json, done);
		} else {
			for (size_t i = 0; i < suite->backend_count; i++)
				suite->tallies[i].skipped++;
		}
		show_progress(++done, all);
	}
}

/* The most that one case took: a bound on what a hostile chain can cost. */
static void
print_cost(const struct tally *tally)
{
	printf("cost backend=%s", otls_backend_name(tally->backend));
	for (size_t i = 0; i < VERIFY_COSTS; i++)
		printf(" %s=%" PRIu64, verify_costs[i].name, tally->most[i]);
	putchar('\n');
}

static int
report(const struct suite *suite)
{
	bool good = suite->disagreements == 0;

	for (size_t i = 0; i < suite->backend_count && suite->options->offline; i++)
		print_cost(&suite->tallies[i]);
	for (size_t i = 0; i < suite->backend_count; i++) {
		const struct tally *tally = &suite->tallies[i];

		printf("limbo backend=%s cases=%u right=%u wrongly_accepted=%u wrongly_refused=%u over_limit=%u "
		       "skipped=%u\n",
		    otls_backend_name(tally->backend), tally->cases, tally->right, tally->wrongly_accepted,
		    tally->wrongly_refused, tally->over_limit, tally->skipped);
		good = good && tally->wrongly_accepted == 0 && tally->wrongly_refused == 0;
	}
	printf("limbo disagreements=%u\n", suite->disagreements);
	return suite->broken > 0 ? EXIT_CANNOT : good ? EXIT_SUCCESS : EXIT_WRONG;
}

static void
choose_backends(struct suite *suite)
{
	const otls_backend *backend = NULL;

	for (size_t i = 0; (backend = otls_backend_at(i)) != NULL && suite->backend_count < BACKENDS_MAX; i++)
		if (suite->options->backend == NULL || suite->options->backend == backend)
			suite->tallies[suite->backend_count++].backend = backend;
}

int
limbo_run(const struct verify_options *options)
{
	struct suite suite = { .options = options };
	int status = EXIT_CANNOT;

	choose_backends(&suite);
	if (load_excluded(&suite) && (suite.root = load(options)) != NULL) {
		run_all(&suite);
		status = report(&suite);
	}
	cJSON_Delete(suite.root);
	cJSON_Delete(suite.excluded);
	return status;
}

/* omnitls verify: judges a chain, and says how. */
#include "verify.h"

#include "facts.h"
#include "json.h"
#include "table.h"
#include "terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	OPTION_LIMBO = 256,
	OPTION_OFFLINE,
	OPTION_SKIP,
	OPTION_EXCLUDE,
	OPTION_STRICT,
	OPTION_WEB,
	OPTION_CRL,
	OPTION_CRL_ALL,
	OPTION_OCSP
};

static const struct option options_table[] = {
	{ "backend", required_argument, NULL, 'B' },
	{ "ca", required_argument, NULL, 'C' },
	{ "chain", required_argument, NULL, 'c' },
	{ "name", required_argument, NULL, 'n' },
	{ "time", required_argument, NULL, 'T' },
	{ "purpose", required_argument, NULL, 'p' },
	{ "depth", required_argument, NULL, 'd' },
	{ "partial-chain", no_argument, NULL, 'P' },
	{ "strict", no_argument, NULL, OPTION_STRICT },
	{ "web", no_argument, NULL, OPTION_WEB },
	{ "crl", required_argument, NULL, OPTION_CRL },
	{ "crl-all", no_argument, NULL, OPTION_CRL_ALL },
	{ "ocsp", required_argument, NULL, OPTION_OCSP },
	{ "json", no_argument, NULL, 'j' },
	{ "limbo", required_argument, NULL, OPTION_LIMBO },
	{ "offline", no_argument, NULL, OPTION_OFFLINE },
	{ "skip-feature", required_argument, NULL, OPTION_SKIP },
	{ "exclude", required_argument, NULL, OPTION_EXCLUDE },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
    "usage: omnitls verify [OPTIONS] --chain FILE\n"
    "       omnitls verify [OPTIONS] --limbo FILE\n"
    "\n"
    "Judges a chain of certificates as a connection would, and says how: the path that was\n"
    "found, each check, what it took, and the verdict.\n"
    "\n"
    "  omnitls verify --ca ca.pem --chain server.pem --name www.example.org\n"
    "\n"
    "Options:\n"
    "  -c, --chain FILE       the certificate that is judged and, behind it, others that may\n"
    "                         lead up from it, in any order (PEM)\n"
    "  -C, --ca FILE          trust the authorities in this PEM file, or in the files of this\n"
    "                         directory, instead of the system's\n"
    "  -n, --name NAME        the host name or IP address that it must be for (default: any)\n"
    "  -T, --time TIME        judge as of this time: Unix seconds, or 2024-01-02T03:04:05Z\n"
    "  -p, --purpose WHOSE    server (default) or client\n"
    "  -d, --depth COUNT      intermediate certificates that the path may have (default 8)\n"
    "  -P, --partial-chain    any certificate that is trusted may end the path, not roots alone\n"
    "      --strict           what RFC 5280 asks of those who issue, too\n"
    "      --web              the stricter profile of the web (Baseline Requirements)\n"
    "      --crl FILE         revocation lists (PEM or DER), which the certificate must not be on\n"
    "      --crl-all          ask them about the whole path, not about the certificate alone\n"
    "      --ocsp FILE        an OCSP response (DER or PEM), which must say that it is good\n"
    "  -B, --backend NAME     whose signature checks to use; --limbo: or all (default)\n"
    "  -j, --json             the same as JSON\n"
    "  -h, --help             this text\n"
    "\n"
    "A suite of chains in the format of x509-limbo, plain or compressed with xz:\n"
    "      --limbo FILE       judge all of its cases on every backend, each in a handshake; one\n"
    "                         line for each wrong verdict, then one for each backend:\n"
    "                         limbo backend=B cases=N right=N wrongly_accepted=N ...\n"
    "      --offline          by the verifier alone, without a handshake\n"
    "      --skip-feature P   leave out cases that have a feature like this pattern (\"pedantic-*\");\n"
    "                         may be repeated\n"
    "      --exclude FILE     leave out the cases with these ids, one on a line\n"
    "\n"
    "Exit status:\n"
    "  0  it is good; --limbo: every verdict is right, and the backends agree\n"
    "  1  it is refused; --limbo: not so\n"
    "  2  the arguments are wrong\n"
    "  3  nothing was judged: a file cannot be read, say\n";

/* == arguments == */

static bool
refuse(const struct verify_options *options, const char *text, const char *format)
{
	command_complain(options->command, "%s %s; see omnitls verify --help", text, format);
	return false;
}

/* Two digits or four. */
static bool
take_digits(const char **text, size_t digits, char behind, int *number)
{
	*number = 0;
	for (size_t i = 0; i < digits; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		*number = *number * 10 + (**text - '0');
	}
	if (behind != '\0' && *(*text)++ != behind)
		return false;
	return true;
}

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t
days_of(int64_t year, int month, int day)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int64_t full = year - 1;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return full * 365 + full / 4 - full / 100 + full / 400 - 719162 + before[month - 1] + (leap && month > 2) +
	       day - 1;
}

/* "Z", "+01:00", or nothing. */
static bool
take_offset(const char *text, int64_t *seconds)
{
	int sign = *text == '-' ? -1 : 1, hours = 0, minutes = 0;

	*seconds = 0;
	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	if (*text == '\0' || strcmp(text, "Z") == 0)
		return true;
	sign = *text == '-' ? -1 : 1;
	if ((*text != '+' && *text != '-') || *++text == '\0' || !take_digits(&text, 2, ':', &hours) ||
	    !take_digits(&text, 2, '\0', &minutes) || *text != '\0')
		return false;
	*seconds = (int64_t)sign * (hours * 3600 + minutes * 60);
	return true;
}

static bool
calendar_time(const char *text, int64_t *seconds)
{
	int year, month, day, hour, minute, second;
	int64_t offset = 0;

	if (!take_digits(&text, 4, '-', &year) || !take_digits(&text, 2, '-', &month) ||
	    !take_digits(&text, 2, '\0', &day) || (*text != 'T' && *text != ' '))
		return false;
	text++;
	if (!take_digits(&text, 2, ':', &hour) || !take_digits(&text, 2, ':', &minute) ||
	    !take_digits(&text, 2, '\0', &second) || !take_offset(text, &offset) || month < 1 || month > 12 ||
	    day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
		return false;
	*seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
	return true;
}

bool
verify_time(const char *text, int64_t *seconds)
{
	char *end = NULL;

	if (text[0] != '\0' && strspn(text + (text[0] == '-'), "0123456789") == strlen(text) - (text[0] == '-') &&
	    strlen(text) <= 18) {
		*seconds = strtoll(text, &end, 10);
		return end != text && *end == '\0';
	}
	return calendar_time(text, seconds);
}

static bool
take_backend(struct verify_options *options, const char *name)
{
	if (strcmp(name, "all") == 0) {
		options->backend = NULL;
		return true;
	}
	options->backend = otls_backend_find(name);
	return options->backend != NULL || refuse(options, name, "is not built in; omnitls backends lists what is");
}

static bool
take_depth(struct verify_options *options, const char *text)
{
	if (text[0] == '\0' || strlen(text) > 3 || strspn(text, "0123456789") != strlen(text) || atoi(text) > 100)
		return refuse(options, text, "is not a number from 0 to 100");
	options->depth = atoi(text);
	return true;
}

static bool
take_purpose(struct verify_options *options, const char *text)
{
	options->purpose = strcmp(text, "client") == 0 ? OTLS_PURPOSE_CLIENT : OTLS_PURPOSE_SERVER;
	return options->purpose == OTLS_PURPOSE_CLIENT || strcmp(text, "server") == 0 ||
	       refuse(options, text, "is neither server nor client");
}

static bool
take_skipped(struct verify_options *options, const char *pattern)
{
	if (options->skipped_count == PATTERNS_MAX)
		return refuse(options, pattern, "is one --skip-feature too much");
	options->skipped[options->skipped_count++] = pattern;
	return true;
}

static bool
take_flag(struct verify_options *options, int option)
{
	switch (option) {
	case 'P':
		options->flags |= OTLS_VERIFY_FLAG_PARTIAL_CHAIN;
		return true;
	case OPTION_STRICT:
		options->flags |= OTLS_VERIFY_FLAG_STRICT;
		return true;
	case OPTION_WEB:
		options->flags |= OTLS_VERIFY_FLAG_WEB_PROFILE;
		return true;
	case OPTION_CRL_ALL:
		options->flags |= OTLS_VERIFY_FLAG_CRL_ALL;
		return true;
	case OPTION_OFFLINE:
		options->offline = true;
		return true;
	default:
		options->as_json = true;
		return true;
	}
}

static bool
take(struct verify_options *options, int option)
{
	switch (option) {
	case 'B':
		return take_backend(options, optarg);
	case 'C':
		options->ca = optarg;
		return true;
	case 'c':
		options->chain = optarg;
		return true;
	case 'n':
		options->name = optarg;
		return true;
	case 'T':
		options->has_time = true;
		return verify_time(optarg, &options->time) || refuse(options, optarg, "is not a time");
	case 'p':
		return take_purpose(options, optarg);
	case 'd':
		return take_depth(options, optarg);
	case OPTION_CRL:
		options->crl = optarg;
		options->flags |= OTLS_VERIFY_FLAG_CRL;
		return true;
	case OPTION_OCSP:
		options->ocsp = optarg;
		options->flags |= OTLS_VERIFY_FLAG_OCSP_REQUIRE;
		return true;
	case OPTION_LIMBO:
		options->limbo = optarg;
		return true;
	case OPTION_SKIP:
		return take_skipped(options, optarg);
	case OPTION_EXCLUDE:
		options->excluded = optarg;
		return true;
	default:
		return take_flag(options, option);
	}
}

static bool
fits_together(const struct verify_options *options)
{
	bool chain = options->chain != NULL, limbo = options->limbo != NULL;

	if (chain == limbo) {
		command_complain(options->command, "%s; see omnitls verify --help",
		    chain ? "--chain and --limbo do not go together" : "which chain?  Give --chain or --limbo");
		return false;
	}
	if (limbo && (options->crl != NULL || options->ocsp != NULL)) {
		command_complain(options->command, "%s",
		    options->crl != NULL ? "--crl is for --chain; a suite has revocation lists of its own"
					 : "--ocsp is for --chain");
		return false;
	}
	if ((options->flags & OTLS_VERIFY_FLAG_CRL_ALL) != 0 && options->crl == NULL) {
		command_complain(options->command, "--crl-all needs --crl");
		return false;
	}
	if (chain && (options->offline || options->excluded != NULL || options->skipped_count > 0)) {
		command_complain(options->command, "--offline, --exclude and --skip-feature are for --limbo");
		return false;
	}
	return true;
}

/* == one chain == */

static otls_status
fill_store(const struct verify_options *options, otls_store *store)
{
	struct stat about;
	otls_status status;

	if (options->ca == NULL)
		status = otls_store_add_platform(store);
	else if (stat(options->ca, &about) == 0 && S_ISDIR(about.st_mode))
		status = otls_store_add_directory(store, options->ca);
	else
		status = otls_store_add_file(store, options->ca);
	if (status == OTLS_OK && options->crl != NULL)
		status = otls_store_add_crl_file(store, options->crl);
	if (status == OTLS_OK && options->has_time)
		status = otls_store_set_time(store, options->time);
	return status;
}

static otls_status
configure(const struct verify_options *options, otls_verification *check)
{
	if (otls_verification_set_purpose(check, options->purpose) != OTLS_OK ||
	    otls_verification_set_name(check, options->name) != OTLS_OK ||
	    otls_verification_set_flags(check, options->flags) != OTLS_OK)
		return OTLS_ERROR;
	if (options->ocsp != NULL && otls_verification_set_ocsp_response_file(check, options->ocsp) != OTLS_OK)
		return OTLS_ERROR;
	return options->depth < 0 ? OTLS_OK : otls_verification_set_depth(check, options->depth);
}

/* The first certificate of the file is judged, all of them may be in its path. */
static otls_status
judge(const struct verify_options *options, otls_verification *check, otls_store *chain)
{
	const otls_certificate *cert = NULL;

	if (otls_store_add_file(chain, options->chain) != OTLS_OK || configure(options, check) != OTLS_OK)
		return OTLS_ERROR;
	for (size_t i = 1; (cert = otls_store_certificate_at(chain, i)) != NULL; i++)
		if (otls_verification_add_intermediate(check, cert) != OTLS_OK)
			return OTLS_ERROR;
	return otls_verification_run(check, otls_store_certificate_at(chain, 0));
}

/* == what is told == */

static const char *const results[] = {
	[OTLS_CHECK_PASSED] = "passed",
	[OTLS_CHECK_FAILED] = "failed",
	[OTLS_CHECK_NOT_REACHED] = "not reached",
	[OTLS_CHECK_NOT_ASKED] = "not asked for",
};

const struct verify_cost verify_costs[VERIFY_COSTS] = {
	{ OTLS_COST_CANDIDATES, "candidates" },
	{ OTLS_COST_SIGNATURES, "signatures" },
	{ OTLS_COST_SIGNATURE_UNITS, "signature_units" },
	{ OTLS_COST_NAME_COMPARISONS, "name_comparisons" },
};

static void
print_safe(const char *text)
{
	facts_put_safe(stdout, text, strlen(text));
}

static void
print_path(const otls_verification *check)
{
	const otls_certificate *cert = NULL;
	char until[FACTS_TIME];

	for (size_t i = 0; (cert = otls_verification_path_at(check, i)) != NULL; i++) {
		facts_time(otls_certificate_not_after(cert), until);
		printf("%zu  ", i);
		print_safe(otls_certificate_subject(cert));
		printf("\n   by ");
		print_safe(otls_certificate_issuer(cert));
		printf("\n   %s, %d bits, %s, until %s\n", otls_certificate_key_type(cert),
		    otls_certificate_key_bits(cert), otls_certificate_signature_algorithm(cert), until);
	}
}

static void
print_checks(const otls_verification *check)
{
	otls_check_result result = OTLS_CHECK_PASSED;
	const char *name = NULL, *text = NULL;
	int reason = 0, depth = 0;

	putchar('\n');
	for (size_t i = 0; (name = otls_verification_check_at(check, i, &result)) != NULL; i++) {
		text_style style = result == OTLS_CHECK_PASSED   ? STYLE_GOOD
				   : result == OTLS_CHECK_FAILED ? STYLE_BAD
								 : STYLE_DIM;
		printf("%-12s %s%s%s\n", name, terminal_on(style), results[result], terminal_off(style));
	}
	for (size_t i = 0; otls_verification_fault_at(check, i, &reason, &depth, &text); i++) {
		printf("%s %s at %d: ", i == 0 ? "\nfault " : "fault ", otls_verify_reason_name(reason), depth);
		print_safe(text);
		putchar('\n');
	}
	printf("\ncost        ");
	for (size_t i = 0; i < VERIFY_COSTS; i++)
		printf(" %s=%" PRIu64, verify_costs[i].name, otls_verification_cost(check, verify_costs[i].which));
	putchar('\n');
}

static void
print_verdict(const otls_verification *check)
{
	int depth = -1, reason = otls_verification_reason(check, &depth);
	bool good = reason == OTLS_REASON_OK;

	printf("verdict      %s%s%s", terminal_on(good ? STYLE_GOOD : STYLE_BAD), good ? "accepted" : "refused",
	    terminal_off(good ? STYLE_GOOD : STYLE_BAD));
	if (!good) {
		printf(": %s", otls_verify_reason_name(reason));
		printf(depth >= 0 ? ", certificate %d: " : ": ", depth);
		print_safe(otls_verification_text(check));
	}
	putchar('\n');
}

static void
put_json(const otls_verification *check)
{
	struct json out = json_to(stdout);
	otls_check_result result = OTLS_CHECK_PASSED;
	const otls_certificate *cert = NULL;
	const char *name = NULL;
	int depth = -1, reason = otls_verification_reason(check, &depth);

	json_object(&out, NULL, JSON_TALL);
	json_bool(&out, "accepted", reason == OTLS_REASON_OK);
	json_text(&out, "reason", otls_verify_reason_name(reason));
	if (depth >= 0)
		json_number(&out, "depth", (uint64_t)depth);
	else
		json_null(&out, "depth");
	json_text(&out, "text", otls_verification_text(check));
	json_array(&out, "path", JSON_TALL);
	for (size_t i = 0; (cert = otls_verification_path_at(check, i)) != NULL; i++)
		json_text(&out, NULL, otls_certificate_subject(cert));
	json_end(&out);
	json_object(&out, "checks", JSON_TALL);
	for (size_t i = 0; (name = otls_verification_check_at(check, i, &result)) != NULL; i++)
		json_text(&out, name, results[result]);
	json_end(&out);
	json_object(&out, "cost", JSON_FLAT);
	for (size_t i = 0; i < VERIFY_COSTS; i++)
		json_number(&out, verify_costs[i].name, otls_verification_cost(check, verify_costs[i].which));
	json_end(&out);
	json_end(&out);
}

static int
tell(const struct verify_options *options, const otls_verification *check, otls_status status)
{
	if (status != OTLS_OK && otls_error_code(otls_error_last()) != OTLS_E_VERIFY) {
		command_complain(options->command, "%s", otls_error_message(otls_error_last()));
		return EXIT_CANNOT;
	}
	if (options->as_json) {
		put_json(check);
	} else {
		print_path(check);
		print_checks(check);
		print_verdict(check);
	}
	return status == OTLS_OK ? EXIT_SUCCESS : EXIT_WRONG;
}

static int
verify_chain(const struct verify_options *options)
{
	const otls_backend *backend = options->backend != NULL ? options->backend : otls_backend_default();
	otls_verification *check = NULL;
	otls_store *store = NULL, *chain = NULL;
	otls_status status = OTLS_ERROR;
	int exit_status = EXIT_CANNOT;

	if (otls_store_new(&store) == OTLS_OK && otls_store_new(&chain) == OTLS_OK &&
	    fill_store(options, store) == OTLS_OK && otls_verification_new(backend, store, &check) == OTLS_OK)
		status = judge(options, check, chain);
	exit_status = tell(options, check, status);
	otls_verification_free(check);
	otls_store_free(chain);
	otls_store_free(store);
	return exit_status;
}

static int
run(const struct command *self, int argc, char **argv)
{
	struct verify_options options = { .command = self, .purpose = OTLS_PURPOSE_SERVER, .depth = -1 };
	int option = 0;

	while ((option = command_option(self, argc, argv)) != -1) {
		if (option == '?' || option == 'h')
			return command_status(option);
		if (!take(&options, option))
			return EXIT_USAGE;
	}
	if (command_no_operands(self, argc, argv) != 0 || !fits_together(&options))
		return EXIT_USAGE;
	return options.limbo != NULL ? limbo_run(&options) : verify_chain(&options);
}

const struct command command_verify = {
	.name = "verify",
	.summary = "judges a chain of certificates, or a suite of them, and says how",
	.help = help,
	.short_options = ":B:C:c:n:T:p:d:Pjh",
	.long_options = options_table,
	.run = run,
};

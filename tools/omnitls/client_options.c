#include "client.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TIMEOUT      30 /* seconds */
#define TIMEOUT_MAX  86400
#define PORT_MAX     65535
#define MILLISECONDS 1000

/* == values == */

/* All of them, so that the library can say what it thinks of the older ones. */
static bool
parse_version(const char *text, otls_protocol *version)
{
	static const struct {
		const char *text;
		otls_protocol version;
	} versions[] = {
		{ "1.0", OTLS_TLS1_0 },
		{ "1.1", OTLS_TLS1_1 },
		{ "1.2", OTLS_TLS1_2 },
		{ "1.3", OTLS_TLS1_3 },
	};

	for (size_t i = 0; i < COUNT(versions); i++) {
		if (strcmp(versions[i].text, text) != 0)
			continue;
		*version = versions[i].version;
		return true;
	}
	return false;
}

/* Seconds, with or without a fraction; 0: no limit. */
static bool
parse_timeout(const char *text, int *milliseconds)
{
	char *end = NULL;
	double seconds = 0;

	if (strspn(text, "0123456789.") != strlen(text) || !isdigit((unsigned char)text[0]))
		return false;
	seconds = strtod(text, &end);
	if (*end != '\0' || seconds > TIMEOUT_MAX)
		return false;
	*milliseconds = seconds > 0 ? (int)(seconds * MILLISECONDS) + (seconds < 1.0 / MILLISECONDS) : -1;
	return true;
}

/* A service's name, or a number that can be a port. */
static bool
is_service(const char *text)
{
	unsigned long number = 0;

	if (text[0] == '\0')
		return false;
	if (strspn(text, "0123456789") != strlen(text))
		return true;
	number = strlen(text) <= 5 ? strtoul(text, NULL, 10) : PORT_MAX + 1;
	return number >= 1 && number <= PORT_MAX;
}

/* "host:443", "192.0.2.1:https", "[2001:db8::1]:443".  An IPv6 address without brackets has no clear end. */
static bool
parse_target(struct client_options *options, const char *text)
{
	const char *host = text, *colon = strrchr(text, ':');
	size_t len = colon != NULL ? (size_t)(colon - text) : 0;

	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		host++;
		len -= 2;
	} else if (memchr(text, ':', len) != NULL || text[0] == '[') {
		return false;
	}
	if (len == 0 || len >= sizeof(options->host) || strlen(colon + 1) >= sizeof(options->service) ||
	    !is_service(colon + 1))
		return false;
	memcpy(options->host, host, len);
	strcpy(options->service, colon + 1);
	return true;
}

/* == the arguments == */
static bool
refuse(const struct client_options *options, const char *format, const char *text)
{
	command_complain(options->command, "%s %s; see omnitls %s --help", text, format, options->command->name);
	return false;
}

static bool
take_flag(struct client_options *options, int option)
{
	switch (option) {
	case 'k':
		options->insecure = true;
		return true;
	case 'j':
		options->as_json = true;
		return true;
	case 'v':
		options->verbose = true;
		return true;
	case 'q':
		options->quiet = true;
		return true;
	case 'o':
		options->ocsp |= OTLS_VERIFY_FLAG_OCSP;
		return true;
	case 'O':
		options->ocsp |= OTLS_VERIFY_FLAG_OCSP_REQUIRE;
		return true;
	case 'H':
		options->half_close = true;
		return true;
	default:
		options->check = true;
		return true;
	}
}

static bool
take(struct client_options *options, int option)
{
	switch (option) {
	case 'B':
		options->backend = optarg;
		return true;
	case 'C':
		options->ca = optarg;
		return true;
	case 'n':
		options->name = optarg;
		return true;
	case 'a':
		options->alpn = optarg;
		return true;
	case 'm':
		return parse_version(optarg, &options->min) || refuse(options, "is not a TLS version", optarg);
	case 'M':
		return parse_version(optarg, &options->max) || refuse(options, "is not a TLS version", optarg);
	case 'l':
		options->ciphers = optarg;
		return true;
	case 'L':
		options->ciphersuites = optarg;
		return true;
	case 'c':
		options->cert = optarg;
		return true;
	case 'K':
		options->key = optarg;
		return true;
	case 's':
		options->starttls = starttls_find(optarg);
		return options->starttls != NULL || refuse(options, "is not smtp, imap, pop3 or ftp", optarg);
	case 't':
		return parse_timeout(optarg, &options->timeout) ||
		       refuse(options, "is not a number of seconds from 0 to 86400", optarg);
	default:
		return take_flag(options, option);
	}
}

static bool
take_operands(struct client_options *options, int argc, char **argv)
{
	if (optind == argc) {
		command_complain(
		    options->command, "which server?  Give HOST:PORT; see omnitls %s --help", options->command->name);
		return false;
	}
	if (optind + 1 < argc)
		return refuse(options, "is too much", argv[optind + 1]);
	return parse_target(options, argv[optind]) ||
	       refuse(options, "is not HOST:PORT or [IPv6 address]:PORT", argv[optind]);
}

static bool
fits_together(const struct client_options *options)
{
	if (options->key != NULL && options->cert == NULL) {
		command_complain(options->command, "--key is of no use without --cert");
		return false;
	}
	return true;
}

int
client_parse(struct client_options *options, int argc, char **argv)
{
	int option = 0;

	options->timeout = TIMEOUT * MILLISECONDS;
	while ((option = command_option(options->command, argc, argv)) != -1) {
		if (option == '?' || option == 'h')
			return command_status(option);
		if (!take(options, option))
			return EXIT_USAGE;
	}
	return take_operands(options, argc, argv) && fits_together(options) ? -1 : EXIT_USAGE;
}

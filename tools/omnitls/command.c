#include "command.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
command_complain(const struct command *self, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "omnitls %s: ", self->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* getopt's own words differ from one system to the next.  It has just passed a long option if it went on to another
 * argument behind one; a short one it may have found in the middle of several ("-jx"). */
static void
complain_about_option(const struct command *self, int option, bool went_on, char **argv)
{
	const char *what = option == ':' ? "needs a value" : "is not an option, or takes no value";

	if (went_on && strncmp(argv[optind - 1], "--", 2) == 0)
		command_complain(self, "%s %s; see omnitls %s --help", argv[optind - 1], what, self->name);
	else
		command_complain(self, "-%c %s; see omnitls %s --help", optopt, what, self->name);
}

int
command_option(const struct command *self, int argc, char **argv)
{
	int before = optind, option = 0;

	opterr = 0;
	option = getopt_long(argc, argv, self->short_options, self->long_options, NULL);
	if (option == 'h')
		fputs(self->help, stdout);
	if (option != '?' && option != ':')
		return option;
	complain_about_option(self, option, optind > before, argv);
	return '?';
}

int
command_status(int option)
{
	return option == 'h' ? EXIT_SUCCESS : EXIT_USAGE;
}

int
command_no_operands(const struct command *self, int argc, char **argv)
{
	if (optind == argc)
		return 0;
	command_complain(self, "%s is too much; see omnitls %s --help", argv[optind], self->name);
	return EXIT_USAGE;
}

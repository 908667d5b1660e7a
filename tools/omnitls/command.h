/* Subcommands: what each one is, and what all of them need to read their arguments.
 *
 * A new one is a file of its own that defines a command, declared below and listed in main.c.
 */
#ifndef OTLS_TOOLS_COMMAND_H
#define OTLS_TOOLS_COMMAND_H

#include <getopt.h>

#define EXIT_USAGE 2 /* the arguments are wrong */

struct command {
	const char *name;
	const char *summary;       /* one line, for the list of commands */
	const char *help;          /* the whole text of --help */
	const char *short_options; /* as getopt has them, with 'h' for help; starts with ':' */
	const struct option *long_options;
	/* argv[0] is its name; answers the exit status. */
	int (*run)(const struct command *self, int argc, char **argv);
};

extern const struct command command_demo;
extern const struct command command_backends;
extern const struct command command_client;
extern const struct command command_compare;
extern const struct command command_server;
extern const struct command command_verify;

/* getopt_long over the command's options: the next one, or -1 after the last one.  Prints the help on 'h', and what
 * is wrong with '?': end with command_status then.  Operands are left behind optind. */
int command_option(const struct command *self, int argc, char **argv);
/* The exit status for 'h' and '?'. */
int command_status(int option);
/* For commands that take none: 0, or says which operand is too much. */
int command_no_operands(const struct command *self, int argc, char **argv);
/* One line on standard error: "omnitls demo: " and the text. */
void command_complain(const struct command *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

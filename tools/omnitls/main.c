/* omnitls: looks at the TLS stacks of this build, and shows them at work. */
#include "command.h"

#include <errno.h>
#include <omnitls/omnitls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct command *const commands[] = {
	&command_demo,
	&command_backends,
	&command_client,
	&command_compare,
	&command_server,
	&command_verify,
};

static const struct command *
find_command(const char *name)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static void
print_help(FILE *file)
{
	fputs("usage: omnitls COMMAND [OPTIONS]\n"
	      "\n"
	      "OmniTLS is one programming interface for TLS over several libraries.  This command\n"
	      "looks at the libraries that are built in, its backends, and shows them at work.\n"
	      "\n"
	      "Commands:\n",
	    file);
	for (size_t i = 0; i < COUNT(commands); i++)
		fprintf(file, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n"
	      "omnitls COMMAND --help tells about one of them; omnitls --version tells the version.\n"
	      "Start with: omnitls demo\n"
	      "\n"
	      "Exit status: 0 all is well, 1 something failed, 2 the arguments are wrong; client has more.\n"
	      "NO_COLOR=1 in the environment keeps the output plain.\n",
	    file);
}

static int
run(int argc, char **argv)
{
	const struct command *command = NULL;

	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		return EXIT_SUCCESS;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("omnitls %s\n", otls_version());
		return EXIT_SUCCESS;
	}
	command = find_command(argv[1]);
	if (command == NULL) {
		fprintf(stderr, "omnitls: there is no %s \"%s\"; see omnitls --help\n",
		    argv[1][0] == '-' ? "option" : "command", argv[1]);
		return EXIT_USAGE;
	}
	return command->run(command, argc - 1, argv + 1);
}

int
main(int argc, char **argv)
{
	int status = run(argc, argv);

	/* A report that did not reach its reader is no success: a full disk, say. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "omnitls: standard output: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	return status;
}

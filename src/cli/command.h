/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command.h - the verbs of scrape
 *
 * To add one: a file cmd_NAME.c with a struct command and its argp table, and
 * a line in the list of main.c. Man page and completions are checked against
 * the tables by tests/cli/.
 */
#ifndef SCRAPE_CLI_COMMAND_H
#define SCRAPE_CLI_COMMAND_H

#include "base/err.h"

#include <argp.h>

struct command {
	const char *name;
	const char *summary;
	const struct argp *argp;
	/*
	 * argv[0] is "scrape NAME". Returns the exit status of the program, or
	 * a negative enum err_kind with err filled, which main prints.
	 */
	int (*run)(int argc, char *argv[], struct err *err);
};

extern const struct command cmd_check;
extern const struct command cmd_dump;
extern const struct command cmd_record;
extern const struct command cmd_top;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * main.c - picks the command, prints its error, sets the exit status
 */
#include "config.h"

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "cli/command.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The libraries and their versions, from configure. */
#ifndef BUILT_WITH
#define BUILT_WITH "libraries of unknown version"
#endif

/* A typing slip changes no more letters than this. */
#define SLIP_MAX 2
/* Longer words are not looked at for slips; no command is half as long. */
#define WORD_MAX 32

static const struct command *const commands[] = {
    &cmd_check,
    &cmd_dump,
    &cmd_record,
    &cmd_top,
};

static void
print_version(FILE *fp, struct argp_state *state)
{
	(void)state;
	(void)fprintf(fp,
	    "scrape %s\n"
	    "Copyright (C) 2026 the scrape authors\n"
	    "License GPLv3+: GNU GPL version 3 or later "
	    "<https://gnu.org/licenses/gpl.html>\n"
	    "This is free software: you are free to change and redistribute "
	    "it.\n"
	    "There is NO WARRANTY, to the extent permitted by law.\n"
	    "\n"
	    "Built with %s\n",
	    PACKAGE_VERSION, BUILT_WITH);
}

static void
print_help(FILE *fp)
{
	(void)fprintf(fp,
	    "Usage: scrape COMMAND [OPTION...]\n"
	    "Sampling CPU profiler that needs only a process id.\n"
	    "\n"
	    "Commands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		(void)fprintf(fp, "  %-10s %s\n", commands[i]->name,
		    commands[i]->summary);
	(void)fprintf(fp,
	    "\n"
	    "Options:\n"
	    "  --help     print this help and exit\n"
	    "  --version  print the version and exit\n"
	    "\n"
	    "scrape COMMAND --help tells the options of a command.\n");
	if (argp_program_bug_address != NULL)
		(void)fprintf(
		    fp, "Report bugs to %s.\n", argp_program_bug_address);
}

static size_t
min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Letters to insert, remove or replace to get from a to b (Levenshtein). */
static size_t
edit_distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1];
	size_t n = strlen(b);

	if (strlen(a) > WORD_MAX || n > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t above = row[j + 1];

			row[j + 1] = min3(
			    diagonal + (a[i] != b[j]), above + 1, row[j] + 1);
			diagonal = above;
		}
	}
	return row[n];
}

static const struct command *
find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(name, commands[i]->name) == 0)
			return commands[i];
	return NULL;
}

static bool
is_call_for_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
	       strcmp(word, "help") == 0;
}

static int
unknown_command(const char *name, struct err *err)
{
	size_t best = SLIP_MAX + 1;

	(void)err_set(err, ERR_USAGE, "unknown %s '%s'",
	    name[0] == '-' ? "option" : "command", name);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		size_t d = edit_distance(name, commands[i]->name);

		if (d < best) {
			best = d;
			err_try(err, "scrape %s", commands[i]->name);
		}
	}
	/* A process without a word of what to do with it. */
	if (isdigit((unsigned char)name[0]))
		err_try(err, "scrape dump %s", name);
	else if (strcmp(name, "-p") == 0 || strcmp(name, "--pid") == 0)
		err_try(err, "scrape dump -p PID");
	return -ERR_USAGE;
}

static int
run_command(const struct command *cmd, int argc, char *argv[], struct err *err)
{
	_cleanup_free_ char *name = xasprintf("scrape %s", cmd->name);

	err_set_command(name);
	argv[0] = name; /* getopt and argp begin their messages with it */
	return cmd->run(argc, argv, err);
}

static int
fail(const struct err *err, const struct command *cmd)
{
	err_print(err, stderr);
	if (err->kind == ERR_USAGE)
		(void)fprintf(stderr, "Try 'scrape%s%s --help'.\n",
		    cmd != NULL ? " " : "", cmd != NULL ? cmd->name : "");
	return (int)err->kind;
}

/* A full disk behind standard output shows only when it is flushed. */
static int
close_stdout(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	(void)fprintf(stderr, "scrape: standard output: %m\n");
	return status != 0 ? status : ERR_RUNTIME;
}

int
main(int argc, char *argv[])
{
	const struct command *cmd = NULL;
	struct err err = {0};
	int r;

	/* Whole lines, for others may write there too. */
	(void)setvbuf(stderr, NULL, _IOLBF, 0);
	argp_program_version_hook = print_version;
	if (PACKAGE_BUGREPORT[0] != '\0')
		argp_program_bug_address = PACKAGE_BUGREPORT;
	if (argc < 2) {
		r = err_set(&err, ERR_USAGE, "no command");
	} else if (is_call_for_help(argv[1])) {
		print_help(stdout);
		r = 0;
	} else if (strcmp(argv[1], "--version") == 0) {
		print_version(stdout, NULL);
		r = 0;
	} else if ((cmd = find_command(argv[1])) != NULL) {
		r = run_command(cmd, argc - 1, argv + 1, &err);
	} else {
		r = unknown_command(argv[1], &err);
	}
	return r < 0 ? fail(&err, cmd) : close_stdout(r);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * err.h - a failure that the user should read
 *
 * A function that can fail for a reason the user must act on returns an int
 * (0, or a negative enum err_kind) and takes a struct err as its last
 * parameter. The callee says what it knows, callers may say where; the command
 * prints it once, in at most three lines:
 *
 *	scrape: PID 42 (nginx): operation not permitted
 *	  why: it belongs to www-data and scrape runs as alice
 *	  try: sudo scrape record -p 42
 *
 * Fixed buffers, no allocation; what does not fit is cut.
 */
#ifndef SCRAPE_BASE_ERR_H
#define SCRAPE_BASE_ERR_H

#include "base/attr.h"

#include <stdio.h>

/* The value is the exit status of the program (design section 7). */
enum err_kind {
	ERR_RUNTIME = 1,
	ERR_USAGE = 2,
	ERR_NO_PROCESS = 3,
	ERR_NOT_PERMITTED = 4,
	ERR_UNSUPPORTED = 5, /* a target of a kind that cannot be read */
	ERR_OWN = 125,	       /* with -- CMD: any other failure */
	ERR_CANNOT_EXEC = 126, /* as env(1) and timeout(1) have them */
	ERR_NOT_FOUND = 127,
};

struct err {
	enum err_kind kind;
	char what[256];
	char why[384]; /* "" when the cause is in "what" already */
	char try[384]; /* "" when there is nothing to do about it */
};

/* Fills err, clears why and try, and returns -kind, to be returned at once. */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
    printf_like(3, 4);
void err_why(struct err *err, const char *fmt, ...) printf_like(2, 3);
void err_try(struct err *err, const char *fmt, ...) printf_like(2, 3);
/* Puts "context: " before what stands in err already; returns -err->kind. */
int err_wrap(struct err *err, const char *fmt, ...) printf_like(2, 3);
/*
 * Of a failure of ours beside a command that we started, whose own statuses ours
 * are not to be taken for: makes it ERR_OWN, unless it tells that there is no
 * such command. Returns -err->kind.
 */
int err_beside_command(struct err *err);
void err_print(const struct err *err, FILE *fp);

/*
 * The command that runs, as it is typed: "scrape record", for the lines that
 * say what to type instead. A fact of the process, as argv is: main() sets it
 * once, before anything can fail, and no function between the command and the
 * refusal has to hand it down.
 */
void err_set_command(const char *command);
const char *err_command(void);

#endif

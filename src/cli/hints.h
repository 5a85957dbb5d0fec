/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hints.h - what a recording could have had more of, and what to type for it */
#ifndef SCRAPE_CLI_HINTS_H
#define SCRAPE_CLI_HINTS_H

#include <stdio.h>
#include <sys/types.h>

struct summary;

/*
 * What another process's tracing keeps from us; 0: there is none. Said even when
 * quiet: what is shown is less than was asked for.
 */
void hints_print_tracer(
    FILE *fp, pid_t pid, pid_t tracer, const char *tracer_comm);

/* Behind the line that says so: why it used no CPU, or who can tell. */
void hints_print_idle(FILE *fp, const struct summary *s);
/* A line for each that applies; of most recordings there is none. */
void hints_print(FILE *fp, const struct summary *s);

#endif

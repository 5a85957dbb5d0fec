/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summary.h - what record tells on stderr: how true the profile is, where the
 * time went, and what to type next
 */
#ifndef SCRAPE_CLI_SUMMARY_H
#define SCRAPE_CLI_SUMMARY_H

#include "profile/stats.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct output_ops;
struct profile;

struct summary {
	const struct profile *profile;
	pid_t pid;
	const char *comm; /* raw */
	unsigned rate;	  /* that was asked for */
	bool children;	  /* those below were asked for, too */
	bool filtered;	  /* only some threads were asked for */
	bool is_stopped;  /* by job control, at the end */
	bool has_ended;	  /* there is no such process to look at any more */
	bool verbose;
};

/* Everything but the file: before it is known to be written. */
void summary_print(FILE *fp, const struct summary *s);
/* The file, and the commands that show what is in it. */
void summary_wrote(
    FILE *fp, const char *path, off_t size, const struct output_ops *format);

/* One line that stays on its line; for terminals only. */
void summary_progress(FILE *fp, const struct stats *s);
void summary_progress_text(FILE *fp, const char *text);
void summary_progress_clear(FILE *fp);

#endif

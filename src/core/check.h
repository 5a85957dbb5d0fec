/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check.h - what `scrape check` found out, as plain data
 *
 * Made by target/ (the gates) and session/ (the modules), printed by output/.
 * Texts hold names from the target as they are and are escaped where they are
 * printed.
 */
#ifndef SCRAPE_CORE_CHECK_H
#define SCRAPE_CORE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum verdict {
	VERDICT_PASS,
	VERDICT_WARN,	 /* it works, but less well */
	VERDICT_FAIL,	 /* this alone keeps scrape out */
	VERDICT_UNKNOWN, /* cannot be found out, or does not apply */
	VERDICT_NR
};

/* One gate, or one property of this machine. */
struct finding {
	const char *name; /* one word, the key for programs */
	enum verdict verdict;
	char what[256]; /* "": not looked at, for another gate made it moot */
	char why[384];	/* "" when "what" says it all */
	char try[384];	/* what to type; "" when there is nothing */
};

enum check_symbols {
	SYMBOLS_NONE,
	SYMBOLS_DYNAMIC, /* .dynsym only: what the file exports */
	SYMBOLS_FULL,	 /* .symtab, of its own or of its debug file */
	SYMBOLS_NR
};

/* One file of code that the target has mapped. */
struct check_module {
	char *path;
	char *build_id; /* "" where there is none */
	bool is_opened; /* false: the mapped file could not be read */
	bool is_deleted; /* its name is gone, or names another file by now */
	enum check_symbols symbols;
	const char *unwind; /* ".eh_frame_hdr", ...; NULL: no tables */
	bool has_lines;
	char *debug_file;     /* a separate one that was found, or NULL */
	char *debug_expected; /* where one would be looked for, or NULL */
};

struct check {
	pid_t pid; /* 0: only this machine was looked at */
	char comm[64];
	char *exe; /* or NULL */
	int status; /* the exit status: 0, or what a command would end with */
	struct finding *findings;
	size_t n_findings;
	struct check_module *modules;
	size_t n_modules, cap_modules;
	char *advice;  /* what to type for more names, or NULL */
	char *summary; /* one sentence */
};

/* "pass", "warn", "fail", "unknown" */
const char *verdict_name(enum verdict v);
/* "none", "dynamic", "full" */
const char *check_symbols_name(enum check_symbols s);
/* Whether stacks through it will have all that they could have but lines. */
enum verdict check_module_verdict(const struct check_module *m);
/* A new module at the end; the pointer holds until the next call. */
struct check_module *check_add_module(struct check *c);
/* Frees what it holds, not *c. */
void check_deinit(struct check *c);

#endif

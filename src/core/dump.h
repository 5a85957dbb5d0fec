/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dump.h - the stacks of a process at one moment, with names
 *
 * What `scrape dump` shows: made by session/, printed by output/. Plain data,
 * and as the target gave it: names may hold anything and are escaped where they
 * are printed. NULL is "unknown".
 */
#ifndef SCRAPE_CORE_DUMP_H
#define SCRAPE_CORE_DUMP_H

#include "core/end_reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct interner;

/*
 * One function of a stack. Inlined calls are frames of their own, callee first,
 * with the pc of the physical function that they are part of.
 */
struct dump_frame {
	uint64_t pc;		 /* as found: for a caller, where it returns to */
	const char *module;	 /* path, as the target calls it */
	const char *build_id;	 /* lower-case hex */
	uint64_t module_offset;	 /* pc as a vaddr of the module, if there is one */
	const char *function;	 /* demangled */
	const char *system_name; /* as the linker spells it */
	uint64_t function_offset; /* pc from the function's start */
	bool has_function_offset;
	const char *file;
	uint32_t line, column; /* 0: unknown */
	bool inlined;	   /* into the next frame that is not */
	bool signal_frame; /* the kernel's signal trampoline */
	bool guessed;	   /* found without CFI */
};

#define SYSCALL_ARGS 6

/* The system call that a thread is in. */
struct dump_syscall {
	int64_t number;
	const char *name;		/* NULL: not one we know */
	uint64_t args[SYSCALL_ARGS];
	unsigned n_args;		/* as many as the call takes */
	const char *text; /* for people: "read fd 3 /var/log/x" */
};

struct dump_thread {
	pid_t tid;
	const char *name;
	char state;		/* as in /proc/PID/stat; '?' when unknown */
	uint64_t stopped_ns;	/* how long scrape held it; 0: not at all */
	struct dump_syscall *syscall; /* NULL: in none, or unknown */
	struct dump_frame *frames;    /* leaf first */
	size_t n_frames;
	enum end_reason end;
	/* Why there is no stack at all ("it is traced by gdb (99)"); or NULL. */
	const char *problem;
};

struct dump {
	pid_t pid;
	pid_t ppid; /* of --children: its parent, else 0 */
	const char *comm, *exe;
	struct timespec time;
	struct dump_thread *threads; /* sorted by tid */
	size_t n_threads, cap_threads;
	bool is_frozen;	    /* --freeze: all threads at one moment */
	uint64_t frozen_ns; /* from the first stop to the last release */
	struct interner *strings; /* what all of the above points into */
};

struct dump *dump_new(void);
void dump_free(struct dump *d);
/* A copy that lives as long as the dump; NULL gives NULL. */
const char *dump_string(struct dump *d, const char *s);
/* A new thread at the end; the pointer holds until the next call. */
struct dump_thread *dump_add_thread(struct dump *d, pid_t tid);

#endif

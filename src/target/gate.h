/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gate.h - everything that can keep scrape out of a process, in order
 *
 * One list, for the one error that a refused command prints and for the report
 * of `scrape check`. The kernel answers EPERM for half a dozen reasons; they
 * are looked at in the order in which it tests them (ptrace_attach(),
 * __ptrace_may_access() and the security modules), so that the first that
 * fails is the one to mend first.
 */
#ifndef SCRAPE_TARGET_GATE_H
#define SCRAPE_TARGET_GATE_H

#include "base/err.h"
#include "core/check.h"

#include <stdbool.h>
#include <stddef.h>

struct facts;

enum gate_id {
	GATE_NAMESPACE, /* is /proc that of our own PID namespace */
	GATE_EXISTS,
	GATE_VISIBLE,
	GATE_PROCESS, /* or only a thread's id */
	GATE_NOT_SELF,
	GATE_ALIVE,
	GATE_USER_SPACE, /* no kernel thread */
	GATE_RUNNABLE,	 /* not held by job control */
	GATE_TRACER,
	GATE_OWNER,
	GATE_DUMPABLE,
	GATE_CAPABILITIES,
	GATE_YAMA,
	GATE_USER_NS,
	GATE_SECCOMP,
	GATE_LSM,
	GATE_CONTAINER,
	GATE_ATTACH, /* what the kernel said when it was asked */
	GATE_BITNESS,
	GATE_NR
};

/* All of them; what stands behind a failed gate that ends it all is "". */
void gates_look(const struct facts *f, struct finding ret[GATE_NR]);
/* The first that fails, or GATE_NR. */
enum gate_id gates_first_failed(const struct finding findings[GATE_NR]);
/* The error of a command that was kept out by gate id; returns -kind. */
int gate_error(const struct facts *f, const struct finding findings[GATE_NR],
    enum gate_id id, struct err *err);

/* What keeps scrape out of processes in general: for `scrape check` alone. */
struct finding *gates_look_machine(const struct facts *f, size_t *ret_n);

#endif

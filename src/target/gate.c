/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/gate.h"

#include "target/gate_private.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

struct gate {
	const char *name;
	void (*look)(const struct facts *f, struct finding *ret);
	enum err_kind kind; /* of a command that fails here */
	bool is_final;	    /* behind it, closed, nothing can be looked at */
	bool is_eperm;	    /* closed, it makes the kernel say EPERM */
};

static const struct gate gates[GATE_NR] = {
    [GATE_NAMESPACE] = {"pid-namespace", gate_namespace, ERR_NOT_PERMITTED,
	true, false},
    [GATE_EXISTS] = {"exists", gate_exists, ERR_NO_PROCESS, true, false},
    [GATE_VISIBLE] = {"visible", gate_visible, ERR_NOT_PERMITTED, true, false},
    [GATE_PROCESS] = {"process", gate_process, ERR_USAGE, false, false},
    [GATE_NOT_SELF] = {"not-self", gate_not_self, ERR_USAGE, true, false},
    [GATE_ALIVE] = {"alive", gate_alive, ERR_UNSUPPORTED, true, false},
    [GATE_USER_SPACE] = {"user-space", gate_user_space, ERR_UNSUPPORTED, true,
	false},
    [GATE_RUNNABLE] = {"runnable", gate_runnable, ERR_RUNTIME, false, false},
    [GATE_TRACER] = {"tracer", gate_tracer, ERR_NOT_PERMITTED, false, false},
    [GATE_OWNER] = {"owner", gate_owner, ERR_NOT_PERMITTED, false, true},
    [GATE_DUMPABLE] = {"dumpable", gate_dumpable, ERR_NOT_PERMITTED, false,
	true},
    [GATE_CAPABILITIES] = {"capabilities", gate_capabilities, ERR_NOT_PERMITTED,
	false, true},
    [GATE_YAMA] = {"yama", gate_yama, ERR_NOT_PERMITTED, false, true},
    [GATE_USER_NS] = {"user-namespace", gate_user_ns, ERR_NOT_PERMITTED, false,
	true},
    [GATE_SECCOMP] = {"seccomp", gate_seccomp, ERR_NOT_PERMITTED, false, true},
    [GATE_LSM] = {"lsm", gate_lsm, ERR_NOT_PERMITTED, false, true},
    [GATE_CONTAINER] = {"container", gate_container, ERR_NOT_PERMITTED, false,
	false},
    [GATE_ATTACH] = {"attach", gate_attach, ERR_NOT_PERMITTED, false, true},
    [GATE_BITNESS] = {"bitness", gate_bitness, ERR_UNSUPPORTED, false, false},
};

void
finding_set(struct finding *ret, enum verdict verdict, const char *fmt, ...)
{
	va_list ap;

	ret->verdict = verdict;
	va_start(ap, fmt);
	(void)vsnprintf(ret->what, sizeof(ret->what), fmt, ap);
	va_end(ap);
}

void
finding_why(struct finding *ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(ret->why, sizeof(ret->why), fmt, ap);
	va_end(ap);
}

void
finding_try(struct finding *ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(ret->try, sizeof(ret->try), fmt, ap);
	va_end(ap);
}

static bool
has_failed_with_eperm(const struct finding findings[GATE_NR])
{
	for (int i = 0; i < GATE_NR; i++)
		if (gates[i].is_eperm && findings[i].verdict == VERDICT_FAIL)
			return true;
	return false;
}

void
gates_look(const struct facts *f, struct finding ret[GATE_NR])
{
	bool is_over = false;

	for (int i = 0; i < GATE_NR; i++) {
		ret[i] = (struct finding){
		    .name = gates[i].name, .verdict = VERDICT_UNKNOWN};
		if (is_over)
			continue;
		gates[i].look(f, &ret[i]);
		is_over = gates[i].is_final && ret[i].verdict == VERDICT_FAIL;
	}
	if (!is_over && is_refused(f) && !has_failed_with_eperm(ret))
		gate_blame_policy(f, &ret[GATE_LSM]);
}

enum gate_id
gates_first_failed(const struct finding findings[GATE_NR])
{
	int i = 0;

	while (i < GATE_NR && findings[i].verdict != VERDICT_FAIL)
		i++;
	return (enum gate_id)i;
}

/* "PID 42 (nginx)", or without a name where it could not be read. */
static void
name_target(const struct facts *f, char *buf, size_t size)
{
	const char *comm = f->suspect.comm;

	if (comm[0] != '\0')
		(void)snprintf(buf, size, "PID %d (%s)", f->pid, comm);
	else
		(void)snprintf(buf, size, "PID %d", f->pid);
}

int
gate_error(const struct facts *f, const struct finding findings[GATE_NR],
    enum gate_id id, struct err *err)
{
	const struct finding *found = &findings[id];
	const char *why = found->why;
	char name[FACTS_NAME_SIZE + 32];

	name_target(f, name, sizeof(name));
	if (!gates[id].is_eperm) {
		(void)err_set(err, gates[id].kind, "%s: %s", name, found->what);
		if (why[0] != '\0')
			err_why(err, "%s", why);
	} else {
		(void)err_set(
		    err, gates[id].kind, "%s: %s", name, strerror(EPERM));
		err_why(err, "%s%s%s", found->what, why[0] != '\0' ? "; " : "",
		    why);
	}
	if (found->try[0] != '\0')
		err_try(err, "%s", found->try);
	return -(int)err->kind;
}

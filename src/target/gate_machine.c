/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gate_machine.c - this machine and this shell, without any target
 *
 * What fails here fails for every process; what warns here holds for some.
 */
#include "config.h"

#include "base/xalloc.h"
#include "target/gate_private.h"

#include <string.h>
#include <sys/utsname.h>

static void
look_kernel(const struct facts *f, struct finding *ret)
{
	struct utsname u;

	(void)f;
	if (uname(&u) != 0)
		return;
	finding_set(ret, VERDICT_PASS, "%.32s %.64s on %.32s", u.sysname,
	    u.release, u.machine);
}

static void
look_ptrace(const struct facts *f, struct finding *ret)
{
	int e = f->probes.seize;

	if (f->probes.ptrace > 0) {
		gate_seccomp(f, ret);
	} else if (e == 0) {
		finding_set(ret, VERDICT_PASS,
		    "ptrace works (tried on a child of scrape)");
	} else if (e == PROBE_NOT_MADE) {
		finding_set(ret, VERDICT_UNKNOWN, "no child could be started");
	} else {
		finding_set(ret, VERDICT_FAIL,
		    "ptrace is refused even on a child of scrape (%s)",
		    strerrorname_np(e));
		if (f->yama == 3)
			finding_why(ret, "kernel.yama.ptrace_scope is 3");
		else
			advise_no_filter(f, ret);
	}
}

static void
look_vm_readv(const struct facts *f, struct finding *ret)
{
	int e = f->probes.vm_readv != 0 ? f->probes.vm_readv : f->probes.read;

	if (e == 0) {
		finding_set(ret, VERDICT_PASS,
		    "process_vm_readv works (tried on a child of scrape)");
		return;
	}
	finding_set(ret, VERDICT_WARN, "process_vm_readv is refused (%s)",
	    e > 0 ? strerrorname_np(e) : "not tried");
	finding_why(ret, "memory is read through /proc/PID/mem instead, which "
			 "takes a little longer");
	advise_no_filter(f, ret);
}

static void
look_capabilities(const struct facts *f, struct finding *ret)
{
	if (may_trace_anybody(f)) {
		finding_set(ret, VERDICT_PASS,
		    "scrape has CAP_SYS_PTRACE: it may look at everybody's "
		    "processes%s",
		    f->in_first_user_ns ? "" : " in its user namespace");
		return;
	}
	finding_set(ret, VERDICT_WARN,
	    "scrape has no CAP_SYS_PTRACE: it may look at processes of its own "
	    "user only");
	advise_capability(f, ret);
}

/*
 * /proc/PID/map_files: proc_map_files_get_link() asks for one of the two, and
 * for that of the first user namespace.
 */
static void
look_map_files(const struct facts *f, struct finding *ret)
{
	uint64_t caps = f->own.cap_effective;

	if (f->in_first_user_ns &&
	    (has_capability(caps, CAPABILITY_ADMIN) ||
		has_capability(caps, CAPABILITY_CHECKPOINT_RESTORE))) {
		finding_set(ret, VERDICT_PASS,
		    "deleted files can be opened by /proc/PID/map_files");
		return;
	}
	finding_set(ret, VERDICT_WARN,
	    "deleted libraries cannot be opened by /proc/PID/map_files");
	finding_why(ret, "that takes CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN");
	if (f->own.uid[1] != 0)
		finding_try(ret, "sudo %s", err_command());
}

static void
look_yama(const struct facts *f, struct finding *ret)
{
	if (f->yama < 0) {
		finding_set(ret, VERDICT_PASS, "this kernel has no Yama");
		return;
	}
	finding_set(ret, VERDICT_PASS, "kernel.yama.ptrace_scope is %d: %s",
	    f->yama, yama_rule(f->yama));
	if (f->yama == 3) {
		ret->verdict = VERDICT_FAIL;
		finding_try(ret, "boot with another kernel.yama.ptrace_scope: "
				 "it cannot be lowered from 3");
	} else if (f->yama > 0 && !may_trace_anybody(f)) {
		ret->verdict = VERDICT_WARN;
		advise_capability(f, ret);
	}
}

static void
look_hidepid(const struct facts *f, struct finding *ret)
{
	bool hides = f->hidepid[0] != '\0' &&
		     strcmp(f->hidepid, "hidepid=0") != 0 &&
		     strcmp(f->hidepid, "hidepid=off") != 0;

	finding_set(ret,
	    hides && !may_trace_anybody(f) ? VERDICT_WARN : VERDICT_PASS,
	    hides ? "/proc is mounted with %s" : "/proc hides no process%.0s",
	    f->hidepid);
	if (ret->verdict == VERDICT_WARN)
		advise_capability(f, ret);
}

static void
look_pid_namespace(const struct facts *f, struct finding *ret)
{
	if (f->proc_self != f->own_pid)
		gate_namespace(f, ret);
	else
		finding_set(ret, VERDICT_PASS,
		    f->in_own_pid_ns
			? "scrape runs in a PID namespace: processes outside "
			  "cannot be seen"
			: "scrape sees every process of this machine");
}

static void
look_user_namespace(const struct facts *f, struct finding *ret)
{
	if (f->in_first_user_ns)
		finding_set(ret, VERDICT_PASS,
		    "scrape runs in the machine's first user namespace");
	else
		finding_set(ret, VERDICT_WARN,
		    "scrape runs in a user namespace: its capabilities do not "
		    "count outside of it");
}

static void
look_schedstat(const struct facts *f, struct finding *ret)
{
	if (f->has_schedstat) {
		finding_set(ret, VERDICT_PASS,
		    "the kernel counts the CPU time of threads in nanoseconds");
		return;
	}
	finding_set(ret, VERDICT_WARN,
	    "the kernel counts the CPU time of threads in steps of 10 ms only");
	finding_why(ret, "it was built without CONFIG_SCHED_INFO, or that is "
			 "switched off");
	finding_try(ret, "sudo sysctl kernel.sched_schedstats=1");
}

static void
look_debug_files(const struct facts *f, struct finding *ret)
{
	if (f->has_debug_dir)
		finding_set(ret, VERDICT_PASS,
		    "debug files are in /usr/lib/debug/.build-id");
	else
		finding_set(ret, VERDICT_PASS,
		    "no debug files are installed in /usr/lib/debug");
}

static void
look_debuginfod(const struct facts *f, struct finding *ret)
{
	(void)f;
#ifdef HAVE_DEBUGINFOD
	finding_set(
	    ret, VERDICT_PASS, "built in; asked only with --debuginfod");
#else
	finding_set(ret, VERDICT_PASS,
	    "not built in: nothing is ever fetched from the network");
#endif
}

static const struct {
	const char *name;
	void (*look)(const struct facts *f, struct finding *ret);
} looks[] = {
    {"kernel", look_kernel},
    {"pid-namespace", look_pid_namespace},
    {"hidepid", look_hidepid},
    {"ptrace", look_ptrace},
    {"process_vm_readv", look_vm_readv},
    {"capabilities", look_capabilities},
    {"map_files", look_map_files},
    {"yama", look_yama},
    {"user-namespace", look_user_namespace},
    {"seccomp", gate_seccomp},
    {"lsm", gate_lsm},
    {"container", gate_container},
    {"schedstat", look_schedstat},
    {"debug-files", look_debug_files},
    {"debuginfod", look_debuginfod},
};

struct finding *
gates_look_machine(const struct facts *f, size_t *ret_n)
{
	struct finding *ret = xcalloc(ARRAY_SIZE(looks), sizeof(*ret));

	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		ret[i].name = looks[i].name;
		ret[i].verdict = VERDICT_UNKNOWN;
		looks[i].look(f, &ret[i]);
	}
	*ret_n = ARRAY_SIZE(looks);
	return ret;
}

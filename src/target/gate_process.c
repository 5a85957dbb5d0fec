/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gate_process.c - is it there, and is it of a kind that can be read
 */
#include "config.h"

#include "target/gate_private.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

/*
 * After "unshare --pid" without a /proc of its own, numbers mean one process to
 * /proc and another one to every system call.
 */
void
gate_namespace(const struct facts *f, struct finding *ret)
{
	if (f->proc_self == f->own_pid) {
		finding_set(ret, VERDICT_PASS,
		    "/proc is that of scrape's own "
		    "PID namespace");
		return;
	}
	if (f->proc_self == 0) {
		finding_set(ret, VERDICT_FAIL,
		    "/proc is not mounted, or of another PID namespace");
		finding_why(ret, "/proc/self/status cannot be read");
	} else {
		finding_set(ret, VERDICT_FAIL,
		    "/proc is that of another PID namespace");
		finding_why(ret, "scrape is PID %d to the kernel, and %d in "
				 "/proc",
		    f->own_pid, f->proc_self);
	}
	finding_try(ret, "mount -t proc proc /proc, or start the namespace "
			 "with unshare --mount-proc");
}

/* With hidepid=2 there is a directory, and nothing in it: as if it were gone.
 */
static bool
is_gone(const struct facts *f)
{
	if (f->has_proc_dir && f->status_errno == 0)
		return false;
	return f->kill_errno == ESRCH || f->status_errno == ESRCH;
}

void
gate_exists(const struct facts *f, struct finding *ret)
{
	if (!is_gone(f)) {
		finding_set(ret, VERDICT_PASS, "there is such a process");
		return;
	}
	finding_set(ret, VERDICT_FAIL, "no such process");
	if (f->outer_pid != 0) {
		finding_why(ret,
		    "inside a container or PID namespace that number is PID %d "
		    "(%s) of this one",
		    f->outer_pid, f->outer_comm);
		finding_try(ret, "%s -p %d", err_command(), f->outer_pid);
	} else if (f->in_own_pid_ns) {
		finding_why(ret, "if the number is the host's: scrape runs in "
				 "a PID namespace with numbers of its own");
		finding_try(ret, "the PID that ps shows in here");
	}
}

void
gate_visible(const struct facts *f, struct finding *ret)
{
	if (f->has_proc_dir && f->status_errno == 0) {
		finding_set(ret, VERDICT_PASS, "/proc/%d can be read", f->pid);
		return;
	}
	finding_set(ret, VERDICT_FAIL, "it exists, but /proc/%d cannot be %s",
	    f->pid, f->has_proc_dir ? "read" : "opened");
	if (f->hidepid[0] != '\0')
		finding_why(ret,
		    "/proc is mounted with %s, which hides what belongs to "
		    "others",
		    f->hidepid);
	else
		finding_why(ret, "/proc is that of another PID namespace, or a "
				 "security module hides it");
	advise_capability(f, ret);
}

void
gate_process(const struct facts *f, struct finding *ret)
{
	if (f->asked == f->pid)
		finding_set(ret, VERDICT_PASS,
		    "PID %d is a process of %llu "
		    "thread%s",
		    f->pid, (unsigned long long)f->suspect.threads,
		    f->suspect.threads == 1 ? "" : "s");
	else
		finding_set(ret, VERDICT_WARN,
		    "%d is a thread; its process is PID %d", f->asked, f->pid);
}

void
gate_not_self(const struct facts *f, struct finding *ret)
{
	if (f->pid == f->own_pid) {
		finding_set(ret, VERDICT_FAIL, "it is scrape itself");
		finding_why(ret, "a process cannot stop itself and go on");
	} else if (f->pid == f->own_tracer) {
		finding_set(ret, VERDICT_FAIL, "it traces scrape itself");
		finding_why(ret, "each would wait for the other for ever");
		finding_try(
		    ret, "a scrape that %s does not trace", f->suspect.comm);
	} else {
		finding_set(ret, VERDICT_PASS, "it is not scrape itself");
	}
}

/* A main thread may have ended while others run on: that is no zombie yet. */
static bool
is_zombie(const struct suspect *s)
{
	return (s->stat.state == 'Z' || s->stat.state == 'X') &&
	       s->threads <= 1;
}

void
gate_alive(const struct facts *f, struct finding *ret)
{
	const struct suspect *s = &f->suspect;

	if (is_zombie(s)) {
		finding_set(ret, VERDICT_FAIL, "it is a zombie");
		finding_why(ret,
		    "it has exited and waits for its parent, PID %d (%s)",
		    s->stat.ppid, s->parent_comm);
		finding_try(ret,
		    "%s -p %d, to see why the parent does not "
		    "wait for it",
		    err_command(), s->stat.ppid);
	} else if (f->probes.read == ESRCH && !s->is_kernel_thread) {
		finding_set(ret, VERDICT_FAIL, "it has just ended");
	} else {
		finding_set(
		    ret, VERDICT_PASS, "it lives (state %c)", s->stat.state);
	}
}

void
gate_user_space(const struct facts *f, struct finding *ret)
{
	if (!f->suspect.is_kernel_thread) {
		finding_set(ret, VERDICT_PASS, "it has a user stack");
		return;
	}
	finding_set(ret, VERDICT_FAIL, "it is a kernel thread");
	finding_why(ret, "it has no user stack");
	finding_try(ret, "perf top, or cat /proc/%d/stack", f->pid);
}

void
gate_runnable(const struct facts *f, struct finding *ret)
{
	if (f->suspect.stat.state != 'T') {
		finding_set(ret, VERDICT_PASS, "it is not suspended");
		return;
	}
	finding_set(ret, VERDICT_WARN,
	    "it is suspended by job control (SIGSTOP or ^Z)");
	finding_why(ret, "its stacks can be read, but it uses no CPU time");
	finding_try(ret, "kill -CONT %d", f->pid);
}

void
gate_tracer(const struct facts *f, struct finding *ret)
{
	const struct suspect *s = &f->suspect;

	if (s->tracer != 0) {
		finding_set(ret, VERDICT_WARN, "it is traced already");
		finding_why(ret,
		    "PID %d (%s) traces it, and a process has one tracer: "
		    "who runs cannot be stopped, and has no stack",
		    s->tracer, s->tracer_comm);
		finding_try(
		    ret, "detach or end %s, then again", s->tracer_comm);
	} else if (s->has_hidden_tracer) {
		finding_set(ret, VERDICT_WARN, "it is traced already");
		finding_why(ret, "a tracer in another PID namespace, which "
				 "cannot be named from here, has stopped it");
		finding_try(ret, "detach that debugger, on the host or in its "
				 "container");
	} else {
		finding_set(ret, VERDICT_PASS, "nobody traces it");
	}
}

/* ---- bitness ------------------------------------------------------------ */

static const char *
machine_name(int class, int data, unsigned machine)
{
	if (class == ELFCLASS32 && machine == EM_X86_64)
		return "x32";
	if (class == ELFCLASS32 && machine == EM_386)
		return "32-bit x86";
	if (class == ELFCLASS64 && data == ELFDATA2LSB && machine == EM_AARCH64)
		return "aarch64";
	return class == ELFCLASS32 ? "a 32-bit machine" : "another machine";
}

void
gate_bitness(const struct facts *f, struct finding *ret)
{
	const uint8_t *e = f->elf_head;
	unsigned machine = e[18] | (unsigned)e[19] << 8;

	if (!f->has_elf_head || memcmp(e, ELFMAG, SELFMAG) != 0) {
		finding_set(
		    ret, VERDICT_UNKNOWN, "its program cannot be looked at");
		return;
	}
	if (e[EI_CLASS] == ELFCLASS64 && e[EI_DATA] == ELFDATA2LSB &&
	    machine == EM_X86_64) {
		finding_set(ret, VERDICT_PASS, "its program is for x86-64");
		return;
	}
	finding_set(ret, VERDICT_FAIL, "its program is for %s, not for x86-64",
	    machine_name(e[EI_CLASS], e[EI_DATA], machine));
	finding_why(ret, "this build of scrape reads 64-bit x86 processes "
			 "only");
	finding_try(ret, "gdb -p %d", f->pid);
}

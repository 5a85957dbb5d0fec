/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/gate.h"

#include "target/facts.h"

#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ALICE	   1000
#define BOB	   1001
#define CAP_PTRACE (1ull << CAPABILITY_PTRACE)
#define ALL_CAPS   0x1ffffffffffull

/*
 * Alice looks at a process of her own, on a kernel with Yama at 0, and the
 * kernel has not been asked yet.
 */
static struct facts
usual(void)
{
	return (struct facts){
	    .pid = 42,
	    .asked = 42,
	    .own_pid = 7,
	    .proc_self = 7,
	    .own = {.uid = {ALICE, ALICE, ALICE},
		.gid = {ALICE, ALICE, ALICE},
		.cap_bounding = ALL_CAPS},
	    .has_proc_dir = true,
	    .suspect = {.comm = "nginx",
		.stat = {.state = 'S', .ppid = 1},
		.id = {.uid = {ALICE, ALICE, ALICE},
		    .gid = {ALICE, ALICE, ALICE},
		    .cap_bounding = ALL_CAPS},
		.threads = 1,
		.parent_comm = "init"},
	    .has_maps_owner = true,
	    .maps_owner = ALICE,
	    .same_user_ns = ANSWER_YES,
	    .in_first_user_ns = true,
	    .has_elf_head = true,
	    .elf_head = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB,
		[18] = EM_X86_64},
	    .probes = {.seize = PROBE_NOT_MADE},
	};
}

static struct facts
refused(void)
{
	struct facts f = usual();

	f.probes.read = EPERM;
	return f;
}

static void
become_root(struct facts *f)
{
	for (int i = 0; i < 3; i++)
		f->own.uid[i] = f->own.gid[i] = 0;
	f->own.cap_permitted = f->own.cap_effective = ALL_CAPS;
}

static void
assert_holds(const char *text, const char *word)
{
	if (strstr(text, word) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", word, text);
}

/* The first gate that fails is id, and its error has this kind and words. */
static void
assert_closed(const struct facts *f, enum gate_id id, enum err_kind kind,
    const char *what, const char *why, const char *try)
{
	struct finding findings[GATE_NR];
	struct err err;

	gates_look(f, findings);
	assert_int_equal(gates_first_failed(findings), id);
	assert_int_equal(gate_error(f, findings, id, &err), -(int)kind);
	assert_int_equal(err.kind, kind);
	assert_holds(err.what, "PID 42");
	assert_holds(err.what, what);
	assert_holds(err.why, why);
	assert_holds(err.try, try);
}

static struct finding
finding(const struct facts *f, enum gate_id id)
{
	struct finding findings[GATE_NR];

	gates_look(f, findings);
	return findings[id];
}

static void
assert_open(const struct facts *f)
{
	struct finding findings[GATE_NR];
	enum gate_id failed;

	gates_look(f, findings);
	failed = gates_first_failed(findings);
	if (failed != GATE_NR)
		fail_msg("%s: %s", findings[failed].name,
		    findings[failed].what);
}

static void
all_open(void **state)
{
	struct facts f = usual();
	struct finding findings[GATE_NR];

	(void)state;
	assert_open(&f);
	gates_look(&f, findings);
	for (int i = 0; i < GATE_NR; i++) {
		assert_non_null(findings[i].name);
		assert_string_not_equal(findings[i].what, "");
		assert_string_equal(findings[i].try, "");
	}
}

static void
not_there(void **state)
{
	struct facts f = usual();

	(void)state;
	f.has_proc_dir = false;
	f.status_errno = ENOENT;
	f.kill_errno = ESRCH;
	f.suspect.comm[0] = '\0';
	assert_closed(
	    &f, GATE_EXISTS, ERR_NO_PROCESS, "no such process", "", "");
	assert_string_equal(finding(&f, GATE_VISIBLE).what, "");
	f.in_own_pid_ns = true;
	assert_closed(&f, GATE_EXISTS, ERR_NO_PROCESS, "no such process",
	    "PID namespace", "ps");
	f.outer_pid = 4711;
	(void)strcpy(f.outer_comm, "idle");
	assert_closed(&f, GATE_EXISTS, ERR_NO_PROCESS, "no such process",
	    "4711 (idle)", "scrape -p 4711");
}

static void
hidden(void **state)
{
	struct facts f = usual();

	(void)state;
	f.suspect.comm[0] = '\0';
	f.kill_errno = EPERM;
	f.has_proc_dir = true;
	f.status_errno = ENOENT; /* hidepid=2 */
	(void)strcpy(f.hidepid, "hidepid=2");
	assert_closed(&f, GATE_VISIBLE, ERR_NOT_PERMITTED, "it exists",
	    "hidepid=2", "sudo scrape -p 42");
	f.status_errno = EPERM; /* hidepid=1 */
	assert_closed(&f, GATE_VISIBLE, ERR_NOT_PERMITTED, "cannot be read",
	    "hidepid", "sudo");
	f.proc_self = 8;
	assert_closed(&f, GATE_NAMESPACE, ERR_NOT_PERMITTED,
	    "another PID namespace", "PID 7", "mount -t proc");
	f.proc_self = 0;
	assert_closed(&f, GATE_NAMESPACE, ERR_NOT_PERMITTED, "not mounted",
	    "/proc/self/status", "mount -t proc");
}

static void
kinds(void **state)
{
	struct facts f = usual();

	(void)state;
	f.suspect.stat.state = 'Z';
	f.suspect.stat.ppid = 13;
	assert_closed(&f, GATE_ALIVE, ERR_UNSUPPORTED, "zombie", "13 (init)",
	    "-p 13");
	f.suspect.threads = 2; /* only its main thread has ended */
	assert_open(&f);

	f = usual();
	f.suspect.is_kernel_thread = true;
	f.probes.read = PROBE_NOT_MADE;
	assert_closed(&f, GATE_USER_SPACE, ERR_UNSUPPORTED, "kernel thread",
	    "no user stack", "/proc/42/stack");

	f = usual();
	f.own_pid = f.proc_self = 42;
	assert_closed(
	    &f, GATE_NOT_SELF, ERR_USAGE, "scrape itself", "stop itself", "");
	f = usual();
	f.own_tracer = 42;
	assert_closed(&f, GATE_NOT_SELF, ERR_USAGE, "traces scrape", "wait",
	    "nginx");
}

static void
stopped_is_no_failure(void **state)
{
	struct facts f = usual();

	(void)state;
	f.suspect.stat.state = 'T';
	assert_open(&f);
	assert_int_equal(finding(&f, GATE_RUNNABLE).verdict, VERDICT_WARN);
	assert_string_equal(finding(&f, GATE_RUNNABLE).try, "kill -CONT 42");
	f = usual();
	f.asked = 43;
	assert_open(&f);
	assert_int_equal(finding(&f, GATE_PROCESS).verdict, VERDICT_WARN);
}

static void
traced(void **state)
{
	struct facts f = usual();

	(void)state;
	f.suspect.tracer = 99;
	(void)strcpy(f.suspect.tracer_comm, "gdb");
	assert_open(&f);
	assert_int_equal(finding(&f, GATE_TRACER).verdict, VERDICT_WARN);
	assert_holds(finding(&f, GATE_TRACER).why, "99 (gdb)");

	f = usual();
	f.suspect.has_hidden_tracer = true;
	assert_open(&f);
	assert_int_equal(finding(&f, GATE_TRACER).verdict, VERDICT_WARN);
	assert_holds(finding(&f, GATE_TRACER).why, "another PID namespace");
	f = usual();
	f.probes.seize = EPERM;
	assert_closed(&f, GATE_ATTACH, ERR_NOT_PERMITTED, "not permitted",
	    "tracer in another PID namespace", "detach");
}

static void
owners(void **state)
{
	struct facts f = refused();

	(void)state;
	f.suspect.id.uid[0] = f.suspect.id.uid[1] = f.suspect.id.uid[2] = BOB;
	f.maps_owner = BOB;
	assert_closed(&f, GATE_OWNER, ERR_NOT_PERMITTED, "not permitted",
	    "belongs to", "sudo scrape -p 42");
	become_root(&f);
	f.probes.read = 0;
	assert_open(&f);
	/* Each of the six ids counts. */
	for (int i = 0; i < 6; i++) {
		f = refused();
		(i < 3 ? f.suspect.id.uid : f.suspect.id.gid)[i % 3] = BOB;
		f.maps_owner = f.suspect.id.uid[1];
		assert_closed(&f, GATE_OWNER, ERR_NOT_PERMITTED,
		    "not permitted", i < 3 ? "belongs to" : "group",
		    "sudo");
		assert_holds(finding(&f, GATE_OWNER).what,
		    "(real, effective, saved)");
	}
	/* And the caller's real one, not its effective one. */
	f = refused();
	f.own.uid[0] = BOB;
	assert_closed(&f, GATE_OWNER, ERR_NOT_PERMITTED, "not permitted",
	    "belongs to", "sudo");
	/* The owner of a user namespace is granted what ids would not give. */
	f.probes.read = 0;
	assert_open(&f);
}

static void
not_dumpable(void **state)
{
	struct facts f = refused();

	(void)state;
	f.maps_owner = 0;
	assert_closed(&f, GATE_DUMPABLE, ERR_NOT_PERMITTED, "not permitted",
	    "not dumpable", "sudo scrape -p 42");
	become_root(&f);
	f.probes.read = 0;
	assert_open(&f);
}

static void
more_capable(void **state)
{
	struct facts f = refused();

	(void)state;
	f.suspect.id.cap_permitted = 1u << 12;
	assert_closed(&f, GATE_CAPABILITIES, ERR_NOT_PERMITTED,
	    "not permitted", "capabilities that scrape lacks (0x1000)",
	    "sudo");
	f.own.cap_permitted = 1u << 12 | 1;
	assert_int_equal(
	    finding(&f, GATE_CAPABILITIES).verdict, VERDICT_PASS);
}

static void
yama(void **state)
{
	struct facts f = refused();

	(void)state;
	f.yama = 1;
	assert_closed(&f, GATE_YAMA, ERR_NOT_PERMITTED, "not permitted",
	    "ptrace_scope is 1", "scrape record -- COMMAND");
	f.is_descendant = true;
	assert_int_equal(finding(&f, GATE_YAMA).verdict, VERDICT_PASS);
	f.is_descendant = false;
	f.probes.read = 0; /* PR_SET_PTRACER */
	assert_open(&f);
	assert_holds(finding(&f, GATE_YAMA).what, "lets scrape in");

	f = refused();
	f.yama = 2;
	f.is_descendant = true;
	assert_closed(&f, GATE_YAMA, ERR_NOT_PERMITTED, "not permitted",
	    "ptrace_scope is 2", "sudo");
	become_root(&f);
	assert_int_equal(finding(&f, GATE_YAMA).verdict, VERDICT_PASS);
	f.yama = 3;
	assert_closed(&f, GATE_YAMA, ERR_NOT_PERMITTED, "not permitted",
	    "nobody may trace", "boot");
	f = refused();
	f.yama = -1;
	assert_int_equal(finding(&f, GATE_YAMA).verdict, VERDICT_PASS);
}

static void
user_namespace(void **state)
{
	struct facts f = refused();

	(void)state;
	/* root in a namespace, and a process of the real root */
	become_root(&f);
	f.same_user_ns = ANSWER_NO;
	f.in_first_user_ns = false;
	f.suspect.id.uid[0] = 65534;
	assert_closed(&f, GATE_USER_NS, ERR_NOT_PERMITTED, "not permitted",
	    "user namespace", "outside");
	assert_int_equal(finding(&f, GATE_OWNER).verdict, VERDICT_UNKNOWN);
	/* From the first one capabilities count in all. */
	f.in_first_user_ns = true;
	f.probes.read = 0;
	assert_open(&f);
}

static void
containers(void **state)
{
	static const struct {
		struct container container;
		const char *try;
	} rows[] = {
	    {{.docker = true}, "docker run --cap-add=SYS_PTRACE"},
	    {{.podman = true}, "podman run --cap-add=SYS_PTRACE"},
	    {{.docker = true, .kubernetes = true},
		"securityContext.capabilities.add: [SYS_PTRACE]"},
	    {{.kubernetes = true}, "kubectl debug"},
	    {{0}, "CapabilityBoundingSet="},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct facts f = refused();

		become_root(&f);
		f.own.cap_permitted = f.own.cap_effective =
		    f.own.cap_bounding = 0xa80425fb; /* Docker's */
		f.container = rows[i].container;
		assert_closed(&f, GATE_OWNER, ERR_NOT_PERMITTED,
		    "not permitted", "root without CAP_SYS_PTRACE",
		    rows[i].try);
		assert_int_equal(finding(&f, GATE_CONTAINER).verdict,
		    i == 4 ? VERDICT_PASS : VERDICT_WARN);
	}
}

static void
seccomp(void **state)
{
	struct facts f = usual();

	(void)state;
	f.own.seccomp = 2;
	assert_open(&f);
	f.probes.vm_readv = EPERM;
	assert_open(&f);
	assert_int_equal(finding(&f, GATE_SECCOMP).verdict, VERDICT_WARN);
	f.probes.ptrace = EPERM;
	assert_closed(&f, GATE_SECCOMP, ERR_NOT_PERMITTED, "not permitted",
	    "seccomp filter", "SystemCallFilter=");
	f.container.docker = true;
	assert_closed(&f, GATE_SECCOMP, ERR_NOT_PERMITTED, "not permitted",
	    "ptrace (EPERM)", "seccomp=unconfined");
	f.container.kubernetes = true;
	f.probes.ptrace = ENOSYS;
	assert_closed(&f, GATE_SECCOMP, ERR_NOT_PERMITTED, "not permitted",
	    "ptrace (ENOSYS)", "seccompProfile");
}

/* When nothing else explains it. */
static void
policies(void **state)
{
	struct facts f = refused();

	(void)state;
	assert_closed(&f, GATE_LSM, ERR_NOT_PERMITTED, "not permitted",
	    "sandbox or security module", "outside of any sandbox");
	(void)strcpy(f.lsm, "capability,selinux");
	f.selinux_enforcing = true;
	(void)strcpy(f.label, "system_u:system_r:httpd_t:s0");
	assert_closed(&f, GATE_LSM, ERR_NOT_PERMITTED, "not permitted",
	    "httpd_t", "ausearch");
	f.selinux_deny_ptrace = true;
	assert_closed(&f, GATE_LSM, ERR_NOT_PERMITTED, "not permitted",
	    "deny_ptrace is on", "setsebool deny_ptrace off");
	f = refused();
	(void)strcpy(f.own_label, "docker-default (enforce)");
	f.container.docker = true;
	assert_closed(&f, GATE_LSM, ERR_NOT_PERMITTED, "not permitted",
	    "AppArmor profile of scrape forbids it: docker-default",
	    "apparmor=unconfined");
	/* An owner explains it, so no policy is blamed. */
	f.suspect.id.uid[1] = BOB;
	assert_int_not_equal(finding(&f, GATE_LSM).verdict, VERDICT_FAIL);
}

static void
bitness(void **state)
{
	static const struct {
		uint8_t class, data, machine;
		const char *what;
	} rows[] = {
	    {ELFCLASS32, ELFDATA2LSB, EM_386, "32-bit x86"},
	    {ELFCLASS32, ELFDATA2LSB, EM_X86_64, "x32"},
	    {ELFCLASS64, ELFDATA2LSB, EM_AARCH64, "aarch64"},
	    {ELFCLASS64, ELFDATA2MSB, 0, "another machine"},
	};
	struct facts f = usual();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f.elf_head[EI_CLASS] = rows[i].class;
		f.elf_head[EI_DATA] = rows[i].data;
		f.elf_head[18] = rows[i].machine;
		assert_closed(&f, GATE_BITNESS, ERR_UNSUPPORTED, rows[i].what,
		    "64-bit x86", "gdb -p 42");
	}
	f.has_elf_head = false;
	assert_open(&f);
}

/* Whatever a name holds, texts are cut and not overrun. */
static void
long_names(void **state)
{
	struct facts f = refused();

	(void)state;
	memset(f.lsm, 'l', sizeof(f.lsm) - 1);
	memset(f.label, 'm', sizeof(f.label) - 1);
	memset(f.own_label, 'n', sizeof(f.own_label) - 1);
	memset(f.suspect.comm, 'c', sizeof(f.suspect.comm) - 1);
	f.selinux_enforcing = true;
	assert_closed(
	    &f, GATE_LSM, ERR_NOT_PERMITTED, "cccc", "nnnn", "ausearch");
}

static void
machine(void **state)
{
	struct facts f = usual();
	struct finding *findings;
	size_t n, failed = 0, warned = 0;

	(void)state;
	f.yama = 3;
	f.probes.seize = EPERM;
	findings = gates_look_machine(&f, &n);
	for (size_t i = 0; i < n; i++) {
		assert_string_not_equal(findings[i].what, "");
		failed += findings[i].verdict == VERDICT_FAIL;
		warned += findings[i].verdict == VERDICT_WARN;
	}
	free(findings);
	assert_int_equal(failed, 2); /* ptrace, yama */
	assert_int_equal(warned, 3); /* capabilities, map_files, schedstat */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_open),
	    cmocka_unit_test(not_there),
	    cmocka_unit_test(hidden),
	    cmocka_unit_test(kinds),
	    cmocka_unit_test(stopped_is_no_failure),
	    cmocka_unit_test(traced),
	    cmocka_unit_test(owners),
	    cmocka_unit_test(not_dumpable),
	    cmocka_unit_test(more_capable),
	    cmocka_unit_test(yama),
	    cmocka_unit_test(user_namespace),
	    cmocka_unit_test(containers),
	    cmocka_unit_test(seccomp),
	    cmocka_unit_test(policies),
	    cmocka_unit_test(bitness),
	    cmocka_unit_test(long_names),
	    cmocka_unit_test(machine),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}

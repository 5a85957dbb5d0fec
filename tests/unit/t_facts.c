/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/facts.h"

#include "base/cleanup.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define STATUS(pid, more)                                                  \
	"Name:\tx\nTgid:\t" pid "\nPid:\t" pid "\nTracerPid:\t0\n"          \
	"Uid:\t1000\t1001\t1002\t1003\nGid:\t10\t11\t12\t13\n"              \
	"NSpid:\t" pid "\t5\nThreads:\t3\n"                                \
	"CapPrm:\t0000000000080000\nCapEff:\t0000000000000001\n"            \
	"CapBnd:\t000001ffffffffff\n" more
#define STAT(pid, ppid, flags)                                             \
	pid " (x) S " ppid " 42 42 0 42 " flags " 100 0 2 0 317 29 0 0 20 "  \
	"0 1 0 8755 2904064\n"

static char root[] = "/tmp/scrape-facts.XXXXXX";
static int root_fd;

/* Writes a file of the tree, and the folders above it. */
static void
put(const char *path, const char *text)
{
	_cleanup_free_ char *full = xasprintf("%s/%s", root, path);
	FILE *fp;

	for (char *s = full + strlen(root) + 1; (s = strchr(s, '/')) != NULL;
	     s++) {
		*s = '\0';
		(void)mkdir(full, 0755);
		*s = '/';
	}
	fp = fopen(full, "w");
	assert_non_null(fp);
	assert_true(fputs(text, fp) >= 0);
	assert_int_equal(fclose(fp), 0);
}

static void
put_link(const char *path, const char *to)
{
	assert_int_equal(symlinkat(to, root_fd, path), 0);
}

/* Us and process 42. */
static int
setup(void **state)
{
	(void)state;
	(void)strcpy(root + strlen(root) - 6, "XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	put("proc/self/status", STATUS("7", "Seccomp:\t2\n"));
	put("proc/self/uid_map", "         0          0 4294967295\n");
	put("proc/42/status", STATUS("42", ""));
	put("proc/42/stat", STAT("42", "41", "4194304"));
	put("proc/42/comm", "nginx\n");
	put("proc/42/maps", "");
	put("proc/41/comm", "a parent\n");
	put("proc/41/stat", STAT("41", "1", "4194304"));
	return 0;
}

static int
teardown(void **state)
{
	_cleanup_free_ char *command = xasprintf("rm -rf '%s'", root);

	(void)state;
	(void)close(root_fd);
	return system(command);
}

static struct facts
facts_of(const char *dir, pid_t pid)
{
	_cleanup_close_ int fd =
	    openat(root_fd, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct facts f;

	facts_read(root_fd, fd, pid, &f);
	return f;
}

static struct facts
facts(void)
{
	return facts_of("proc/42", 42);
}

static void
identities(void **state)
{
	struct facts f = facts();

	(void)state;
	assert_int_equal(f.status_errno, 0);
	assert_true(f.has_proc_dir);
	assert_string_equal(f.suspect.comm, "nginx");
	assert_string_equal(f.suspect.parent_comm, "a parent");
	assert_int_equal(f.suspect.threads, 3);
	assert_int_equal(f.suspect.tracer, 0);
	assert_false(f.suspect.is_kernel_thread);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(f.suspect.id.uid[i], 1000 + i);
		assert_int_equal(f.suspect.id.gid[i], 10 + i);
	}
	assert_true(has_capability(
	    f.suspect.id.cap_permitted, CAPABILITY_PTRACE));
	assert_false(has_capability(
	    f.suspect.id.cap_effective, CAPABILITY_PTRACE));
	assert_int_equal(f.own.seccomp, 2);
	assert_int_equal(f.suspect.id.seccomp, 0);
	assert_int_equal(f.proc_self, 7);
	assert_true(f.has_maps_owner);
	assert_int_equal(f.maps_owner, getuid());
	assert_int_equal(f.probes.read, PROBE_NOT_MADE);
}

static void
gone_and_broken(void **state)
{
	struct facts f = facts_of("proc/43", 43);

	(void)state;
	assert_false(f.has_proc_dir);
	assert_int_equal(f.status_errno, ENOENT);
	put("proc/43/comm", "x\n"); /* hidepid=2 looks so */
	f = facts_of("proc/43", 43);
	assert_true(f.has_proc_dir);
	assert_int_equal(f.status_errno, ENOENT);
	put("proc/43/status", "Name:\tx\n");
	put("proc/43/stat", STAT("43", "1", "0"));
	assert_int_equal(facts_of("proc/43", 43).status_errno, ESRCH);
	put("proc/43/status", STATUS("43", ""));
	put("proc/43/stat", "43 (x");
	assert_int_equal(facts_of("proc/43", 43).status_errno, ESRCH);
}

static void
kernel_threads(void **state)
{
	(void)state;
	put("proc/42/stat", STAT("42", "2", "2129984"));
	assert_true(facts().suspect.is_kernel_thread);
	put("proc/42/stat", STAT("42", "2", "0"));
	put("proc/42/status", STATUS("42", "Kthread:\t1\n"));
	assert_true(facts().suspect.is_kernel_thread);
	put("proc/42/status", STATUS("42", "Kthread:\t0\n"));
	assert_false(facts().suspect.is_kernel_thread);
}

static void
yama_levels(void **state)
{
	(void)state;
	assert_int_equal(facts().yama, -1);
	for (int i = 0; i <= 3; i++) {
		char text[8];

		(void)snprintf(text, sizeof(text), "%d\n", i);
		put("proc/sys/kernel/yama/ptrace_scope", text);
		assert_int_equal(facts().yama, i);
	}
	put("proc/sys/kernel/yama/ptrace_scope", "9\n");
	assert_int_equal(facts().yama, -1);
}

static void
hidepid_of_the_last_mount(void **state)
{
	(void)state;
	assert_string_equal(facts().hidepid, "");
	put("proc/self/mounts", "sysfs /sys sysfs rw 0 0\n"
				"proc /proc proc rw,relatime,hidepid=2 0 0\n");
	assert_string_equal(facts().hidepid, "hidepid=2");
	put("proc/self/mounts",
	    "proc /proc proc rw 0 0\n"
	    "none /proc proc rw,hidepid=invisible,gid=5 0 0\n"
	    "tmpfs /mnt tmpfs rw,hidepid=9 0 0\n");
	assert_string_equal(facts().hidepid, "hidepid=invisible");
	put("proc/self/mounts", "proc /proc proc rw,hidepid=2 0 0\n"
				"proc /proc proc rw 0 0\n");
	assert_string_equal(facts().hidepid, "");
}

static void
user_namespaces(void **state)
{
	(void)state;
	/* Without links the tables decide, as far as they can. */
	put("proc/42/uid_map", "         0          0 4294967295\n");
	assert_int_equal(facts().same_user_ns, ANSWER_UNKNOWN);
	assert_true(facts().in_first_user_ns);
	put("proc/42/uid_map", "         0     100000      65536\n");
	assert_int_equal(facts().same_user_ns, ANSWER_NO);
	put("proc/self/uid_map", "         0       1000          1\n");
	assert_false(facts().in_first_user_ns);
	put("proc/42/ns/x", "");
	put("proc/self/ns/x", "");
	put_link("proc/self/ns/user", "user:[4026531837]");
	put_link("proc/42/ns/user", "user:[4026531837]");
	assert_int_equal(facts().same_user_ns, ANSWER_YES);
	assert_true(facts().in_first_user_ns);
	assert_int_equal(unlinkat(root_fd, "proc/42/ns/user", 0), 0);
	put_link("proc/42/ns/user", "user:[4026532222]");
	assert_int_equal(facts().same_user_ns, ANSWER_NO);
}

static void
pid_namespaces(void **state)
{
	struct facts f = facts();

	(void)state;
	assert_false(f.in_own_pid_ns);
	put("proc/self/ns/x", "");
	put_link("proc/self/ns/pid", "pid:[4026532999]");
	assert_true(facts().in_own_pid_ns);
	/* 42 and 41 are called so in a namespace of theirs: NSpid. */
	f.pid = 5;
	facts_find_outer(root_fd, &f);
	assert_int_equal(f.outer_pid, 42);
	assert_string_equal(f.outer_comm, "nginx");
	put("proc/40/status", "NSpid:\t40\n" STATUS("40", ""));
	f.pid = 40; /* one number is that of this namespace */
	f.outer_pid = 0;
	facts_find_outer(root_fd, &f);
	assert_int_equal(f.outer_pid, 0);
}

static void
containers(void **state)
{
	struct container c = facts().container;

	(void)state;
	assert_false(c.docker || c.podman || c.kubernetes || c.other);
	put("proc/self/cgroup", "0::/user.slice\n");
	c = facts().container;
	assert_false(c.docker || c.podman || c.kubernetes || c.other);
	put("proc/self/cgroup", "0::/kubepods.slice/pod1/x\n");
	assert_true(facts().container.kubernetes);
	put("proc/self/cgroup", "5:cpu:/docker/abcdef\n");
	assert_true(facts().container.docker);
	put("proc/self/cgroup", "0::/lxc.payload/x\n");
	assert_true(facts().container.other);
	put("proc/self/cgroup", "0::/\n");
	put(".dockerenv", "");
	put("run/.containerenv", "");
	put("run/secrets/kubernetes.io/x", "");
	c = facts().container;
	assert_true(c.docker && c.podman && c.kubernetes && !c.other);
}

static void
security_modules(void **state)
{
	struct facts f = facts();

	(void)state;
	assert_string_equal(f.lsm, "");
	assert_false(f.selinux_enforcing || f.selinux_deny_ptrace);
	put("sys/kernel/security/lsm", "capability,yama,selinux");
	put("sys/fs/selinux/enforce", "1");
	put("sys/fs/selinux/booleans/deny_ptrace", "1 1");
	put("proc/42/attr/current", "docker-default (enforce)\n");
	put("proc/self/attr/current", "unconfined\n");
	f = facts();
	assert_string_equal(f.lsm, "capability,yama,selinux");
	assert_true(f.selinux_enforcing && f.selinux_deny_ptrace);
	assert_string_equal(f.label, "docker-default (enforce)");
	assert_string_equal(f.own_label, "unconfined");
}

static void
tracers(void **state)
{
	(void)state;
	put("proc/41/status", STATUS("41", ""));
	put("proc/42/status",
	    "State:\tS (sleeping)\nTracerPid:\t41\n" STATUS("42", ""));
	assert_int_equal(facts().suspect.tracer, 41);
	assert_string_equal(facts().suspect.tracer_comm, "a parent");
	assert_false(facts().suspect.has_hidden_tracer);
	put("proc/42/status", "State:\tt (tracing stop)\n" STATUS("42", ""));
	assert_int_equal(facts().suspect.tracer, 0);
	assert_true(facts().suspect.has_hidden_tracer);
}

/* A child that we hold ourselves, before it executes its program. */
static void
our_own_trace(void **state)
{
	char text[1024];

	(void)state;
	(void)snprintf(text, sizeof(text),
	    "State:\tt (tracing stop)\nTracerPid:\t%d\n" STATUS("42", ""),
	    getpid());
	put("proc/42/status", text);
	assert_int_equal(facts().suspect.tracer, 0);
	assert_false(facts().suspect.has_hidden_tracer);
}

static void
programs(void **state)
{
	(void)state;
	assert_false(facts().has_elf_head);
	put("proc/42/exe", "\177ELF");
	assert_false(facts().has_elf_head);
	/* The main thread has ended; another one knows. */
	put("proc/42/task/44/exe", "\177ELF\1\1\1______________________");
	put("proc/42/task/42/x", "");
	assert_true(facts().has_elf_head);
	assert_int_equal(facts().elf_head[4], 1);
}

static void
descent(void **state)
{
	char ppid[16], stat[512];

	(void)state;
	assert_false(facts().is_descendant);
	(void)snprintf(ppid, sizeof(ppid), "%d", getpid());
	(void)snprintf(stat, sizeof(stat),
	    "41 (x) S %s 42 42 0 42 0 100 0 2 0 317 29 0 0 20 0 1 0 8755 1\n",
	    ppid);
	put("proc/41/stat", stat);
	assert_true(facts().is_descendant);
	/* A circle, which /proc read at two moments may show, has an end. */
	put("proc/41/stat", STAT("41", "42", "0"));
	assert_false(facts().is_descendant);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    TEST(identities),
	    TEST(gone_and_broken),
	    TEST(kernel_threads),
	    TEST(yama_levels),
	    TEST(hidepid_of_the_last_mount),
	    TEST(user_namespaces),
	    TEST(pid_namespaces),
	    TEST(containers),
	    TEST(security_modules),
	    TEST(tracers),
	    TEST(our_own_trace),
	    TEST(programs),
	    TEST(descent),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/syscall.h"

#include "target/target.h"
#include "../child.h"

#include <sys/syscall.h>

static void
in_a_call(void **state)
{
	struct syscall_state s;

	(void)state;
	assert_true(syscall_parse("230 0x0 0x1 0x7fff42062900 0xffffffff"
	    " 0xffffffffffffffff 0x5 0x7fff420628e8 0x7f38dc30c503\n", &s));
	assert_false(s.is_running);
	assert_int_equal(s.number, 230);
	assert_int_equal(s.args[0], 0);
	assert_int_equal(s.args[1], 1);
	assert_true(s.args[2] == 0x7fff42062900);
	assert_true(s.args[3] == 0xffffffff);
	assert_true(s.args[4] == UINT64_MAX);
	assert_int_equal(s.args[5], 5);
	assert_true(s.sp == 0x7fff420628e8);
	assert_true(s.pc == 0x7f38dc30c503);
}

static void
in_none(void **state)
{
	struct syscall_state s = {.number = 7, .args = {1, 2, 3, 4, 5, 6}};

	(void)state;
	assert_true(syscall_parse("-1 0x7ffd5dd587d8 0x55d0c0ffee00\n", &s));
	assert_false(s.is_running);
	assert_int_equal(s.number, -1);
	assert_int_equal(s.args[0] | s.args[5], 0);
	assert_true(s.sp == 0x7ffd5dd587d8);
	assert_true(s.pc == 0x55d0c0ffee00);
	/* What an exception left there as a number */
	assert_true(syscall_parse("-514 0x1 0x2\n", &s));
	assert_int_equal(s.number, -1);
	assert_true(syscall_parse("running\n", &s));
	assert_true(s.is_running);
	assert_int_equal(s.number, -1);
	assert_int_equal(s.pc, 0);
}

static void
no_such_text(void **state)
{
	struct syscall_state s = {.number = 42};

	(void)state;
	assert_false(syscall_parse("", &s));
	assert_false(syscall_parse("\n", &s));
	assert_false(syscall_parse("runnin", &s));
	assert_false(syscall_parse("running away\n", &s));
	assert_false(syscall_parse("0", &s));
	assert_false(syscall_parse("0 0x1 0x2\n", &s));
	assert_false(syscall_parse("-1 0x1\n", &s));
	assert_false(syscall_parse("0 1 2 3 4 5 6 7\n", &s));
	assert_false(syscall_parse("-2 1 2 3 4 5 6 7 8\n", &s));
	assert_int_equal(s.number, 42);
}

static struct target
target_of(pid_t pid)
{
	struct target t = {.pid = pid, .pidfd = -1, .mem.mem_fd = -1};
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	t.proc_fd = t.mm_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(t.proc_fd >= 0);
	return t;
}

static void
sleep_for_ever(void)
{
	for (;;)
		syscall(SYS_nanosleep, &(struct timespec){.tv_sec = 3600}, NULL);
}

static uint64_t
switches_of(pid_t pid)
{
	char path[64], text[8192];
	uint64_t voluntary, forced;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	assert_true(
	    proc_file_read_into(AT_FDCWD, path, text, sizeof(text)));
	assert_true(
	    proc_status_field(text, "voluntary_ctxt_switches", &voluntary));
	assert_true(
	    proc_status_field(text, "nonvoluntary_ctxt_switches", &forced));
	return voluntary + forced;
}

/* It does not even notice: it sleeps on, without a turn on a CPU. */
static void
read_without_a_stop(void **state)
{
	pid_t child = child_start(sleep_for_ever);
	struct target t = target_of(child);
	struct syscall_state s = {0};
	uint64_t before;

	(void)state;
	for (int us = 0; s.number != SYS_nanosleep; us += 100) {
		assert_true(us < PATIENCE_US);
		assert_true(syscall_read(&t, child, &s));
		(void)usleep(100);
	}
	assert_true(s.sp != 0 && s.pc != 0);
	before = switches_of(child);
	for (int i = 0; i < 100; i++)
		assert_true(syscall_read(&t, child, &s));
	assert_int_equal(s.number, SYS_nanosleep);
	assert_int_equal(switches_of(child), before);
	assert_int_equal(tracer_of(child), 0);
	assert_int_equal(state_of(child), 'S');
	child_end(child);
	assert_false(syscall_read(&t, child, &s));
	target_close(&t);
}

/* Of another user: the kernel lets the file be opened only by who may trace. */
static void
refused(void **state)
{
	pid_t child;
	struct target t;
	struct syscall_state s = {.number = 42};

	(void)state;
	if (getuid() != 0)
		skip();
	child = child_start(sleep_for_ever);
	t = target_of(child);
	assert_int_equal(setresuid(-1, 65534, -1), 0);
	assert_false(syscall_read(&t, child, &s));
	assert_int_equal(setresuid(-1, 0, -1), 0);
	assert_int_equal(s.number, 42);
	child_end(child);
	target_close(&t);
}

static int
setup(void **state)
{
	(void)state;
	child_setup();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(in_a_call),
	    cmocka_unit_test(in_none),
	    cmocka_unit_test(no_such_text),
	    cmocka_unit_test(read_without_a_stop),
	    cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

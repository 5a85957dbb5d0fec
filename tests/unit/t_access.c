/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/access.h"

#include "../child.h"

#include "base/cleanup.h"
#include "core/check.h"
#include "target/target.h"

#include <sys/ptrace.h>

static int
open_dir(pid_t pid)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d", pid);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void
a_child_may_be_read(void **state)
{
	pid_t child = child_start(count_for_ever);
	_cleanup_close_ int fd = open_dir(child);
	struct check check;
	struct err err;

	(void)state;
	need_ptrace();
	assert_int_equal(access_explain(child, fd, NULL, &err), 0);
	access_check(child, &check);
	assert_int_equal(check.status, 0);
	assert_int_equal(check.pid, child);
	check_deinit(&check);
	assert_int_equal(tracer_of(child), 0);
	assert_true(state_of(child) != 't');
	child_end(child);
}

static void
a_tracer_may_be_let_pass(void **state)
{
	pid_t child, tracer;
	struct access_tracer found = {0};
	struct target t;
	struct err err;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	tracer = fork();
	if (tracer == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		shared->result = ptrace(PTRACE_SEIZE, child, NULL, NULL) == 0;
		shared->go = 1;
		for (;;)
			(void)pause();
	}
	await(&shared->go);
	assert_true(shared->result);
	assert_int_equal(target_open_traced(child, &t, &found, &err), 0);
	assert_int_equal(found.pid, tracer);
	assert_string_not_equal(found.comm, "");
	target_close(&t);
	child_end(tracer);
	assert_int_equal(target_open_traced(child, &t, &found, &err), 0);
	assert_int_equal(found.pid, 0);
	target_close(&t);
	child_end(child);
}

static void
job_stop(void **state)
{
	pid_t child = child_start(count_for_ever);
	struct target t;
	struct err err;

	(void)state;
	assert_int_equal(target_open(child, &t, &err), 0);
	assert_false(target_is_job_stopped(&t));
	assert_int_equal(kill(child, SIGSTOP), 0);
	assert_true(comes_to_state(child, 'T'));
	assert_true(target_is_job_stopped(&t));
	child_end(child);
	assert_false(target_is_job_stopped(&t));
	target_close(&t);
}

static void
nobody_there(void **state)
{
	pid_t child = child_start(count_for_ever);
	struct check check;
	struct err err;

	(void)state;
	child_end(child);
	assert_int_equal(
	    access_explain(child, -1, NULL, &err), -ERR_NO_PROCESS);
	access_check(child, &check);
	assert_int_equal(check.status, ERR_NO_PROCESS);
	check_deinit(&check);
}

static void
ourselves(void **state)
{
	_cleanup_close_ int fd = open_dir(getpid());
	struct err err;

	(void)state;
	assert_int_equal(access_explain(getpid(), fd, NULL, &err), -ERR_USAGE);
}

static void
this_machine(void **state)
{
	struct check check;

	(void)state;
	access_check(0, &check);
	assert_int_equal(check.pid, 0);
	assert_true(check.n_findings > 10);
	check_deinit(&check);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_child_may_be_read),
	    cmocka_unit_test(a_tracer_may_be_let_pass),
	    cmocka_unit_test(job_stop),
	    cmocka_unit_test(nobody_there),
	    cmocka_unit_test(ourselves),
	    cmocka_unit_test(this_machine),
	};

	child_setup();
	return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}

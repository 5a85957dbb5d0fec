/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What /proc says of a thread that shares our CPU. */
#include "config.h"

#include "target/task.h"

#include "../child.h"
#include "target/target.h"

#include <sched.h>

static struct target target;
static struct task task;
static pid_t child;

/* Only one of us runs at a time, and waits for the other. */
static void
share_a_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)sched_getcpu(), &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
	assert_int_equal(sched_setaffinity(child, sizeof(set), &set), 0);
}

static int
start(void **state)
{
	struct err err;

	(void)state;
	child = child_start(count_for_ever);
	await(&shared->ready);
	if (target_open(child, &target, &err) != 0 ||
	    !task_open(&target, child, !task_schedstat_works(), &task)) {
		child_end(child);
		return -1;
	}
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	task_close(&task);
	target_close(&target);
	child_end(child);
	return 0;
}

static void
where_it_runs(void **state)
{
	(void)state;
	assert_int_equal(task.cpu, -1);
	share_a_cpu();
	usleep(20000);
	assert_true(task_look_running(&target, &task));
	assert_int_equal(task.cpu, sched_getcpu());
	assert_true(task_is_running(&target, child));
	assert_int_equal(kill(child, SIGSTOP), 0);
	assert_true(comes_to_state(child, 'T'));
	assert_false(task_look_running(&target, &task));
	child_end(child);
	assert_false(task_look_running(&target, &task));
}

static void
what_it_waited(void **state)
{
	uint64_t own = task_own_wait_ns();

	(void)state;
	if (task.no_schedstat)
		skip();
	share_a_cpu();
	while (task.waited_ns == 0 || task_own_wait_ns() == own)
		assert_true(task_look(&target, &task));
	assert_true(task.slices > 0);
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
	    cmocka_unit_test_setup_teardown(where_it_runs, start, stop),
	    cmocka_unit_test_setup_teardown(what_it_waited, start, stop),
	};

	/* Whatever becomes of it, it ends. */
	(void)alarm(PATIENCE_US / 1000000);
	return cmocka_run_group_tests(tests, setup, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What /proc says of a thread that shares our CPU. */
#include "config.h"

#include "target/task.h"

#include "../child.h"
#include "target/target.h"

#include <sched.h>
#include <sys/resource.h>

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

/*
 * By exec the id of the main thread goes to another one. Here the same thread
 * pretends to be: it has used more than can be since we looked, or was on a CPU
 * less often.
 */
static void
another_one_has_the_id(void **state)
{
	struct task at_first = task;

	(void)state;
	while (task.run_ns < at_first.run_ns + 100000000)
		assert_true(task_look(&target, &task));
	task.run_ns = at_first.run_ns;
	assert_false(task_look(&target, &task));
	/* In as much time as went by it can have used that. */
	task.look_ns -= 200000000;
	assert_true(task_look(&target, &task));
	task.slices++;
	assert_int_equal(task_look(&target, &task), task.no_schedstat);
}

/* It is there, whatever we lack. */
static void
no_descriptor_is_left(void **state)
{
	struct rlimit before, none;
	struct task at_first;

	(void)state;
	task_close(&task);
	assert_true(task_look(&target, &task));
	at_first = task;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_true(task_look(&target, &task));
	assert_int_equal(task.run_ns, at_first.run_ns);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_true(task_look(&target, &task));
	child_end(child);
	assert_false(task_look(&target, &task));
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
	    cmocka_unit_test_setup_teardown(
		another_one_has_the_id, start, stop),
	    cmocka_unit_test_setup_teardown(
		no_descriptor_is_left, start, stop),
	};

	/* Whatever becomes of it, it ends. */
	(void)alarm(PATIENCE_US / 1000000);
	return cmocka_run_group_tests(tests, setup, NULL);
}

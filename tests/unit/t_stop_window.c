/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/stop_window.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int
policy(void)
{
	return sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
}

/* As root, but not in a container that leaves CAP_SYS_NICE out. */
static void
need_right_to_be_in_front(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		const struct sched_param param = {.sched_priority = 1};

		_exit(sched_setscheduler(0, SCHED_RR, &param) != 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (status != 0)
		skip();
}

static void
open_or_not(void **state)
{
	(void)state;
	assert_false(stop_window_is_open());
	stop_window_open();
	assert_true(stop_window_is_open());
	stop_window_open();
	assert_true(stop_window_is_open());
	stop_window_await();
	assert_false(stop_window_is_open());
	stop_window_open();
	stop_window_close();
	assert_false(stop_window_is_open());
	stop_window_close();
}

static void
in_front_of_others_as_long_as_it_counts(void **state)
{
	(void)state;
	need_right_to_be_in_front();
	assert_int_equal(policy(), SCHED_OTHER);
	for (int i = 0; i < 3; i++) {
		assert_false(stop_window_is_in_front());
		stop_window_open();
		assert_true(stop_window_is_in_front());
		assert_int_equal(policy(), SCHED_RR);
		stop_window_await();
		assert_int_equal(policy(), SCHED_RR);
		stop_window_close();
		assert_int_equal(policy(), SCHED_OTHER);
	}
	stop_window_await();
	assert_int_equal(policy(), SCHED_RR);
	stop_window_close();
	assert_int_equal(policy(), SCHED_OTHER);
}

/* In a process of its own: what exit status says is how fn() ended. */
static void
assert_in_child(int (*fn)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(fn());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static int
be_forked_in_front(void)
{
	pid_t child;
	int status;

	stop_window_open();
	child = fork();
	if (child == 0)
		_exit(sched_getscheduler(0) != SCHED_OTHER);
	return waitpid(child, &status, 0) != child || status != 0;
}

static void
nobody_inherits_it(void **state)
{
	(void)state;
	need_right_to_be_in_front();
	assert_in_child(be_forked_in_front);
}

/* Whoever started us has put us behind others, or in front. */
static int
keep(int wanted, int priority)
{
	const struct sched_param param = {.sched_priority = priority};

	if (sched_setscheduler(0, wanted, &param) != 0)
		return 2;
	stop_window_open();
	if (policy() != wanted)
		return 1;
	stop_window_close();
	return policy() != wanted;
}

static int
keep_idle(void)
{
	return keep(SCHED_IDLE, 0);
}

static int
keep_fifo(void)
{
	return keep(SCHED_FIFO, 2);
}

static int
come_back_to_batch(void)
{
	const struct sched_param param = {0};

	(void)sched_setscheduler(0, SCHED_BATCH, &param);
	stop_window_open();
	stop_window_close();
	return policy() != SCHED_BATCH;
}

static void
what_the_user_chose_stays(void **state)
{
	(void)state;
	assert_in_child(keep_idle);
	assert_in_child(come_back_to_batch);
	need_right_to_be_in_front();
	assert_in_child(keep_fifo);
}

/* Without the right it goes on as it is, and does not ask each time. */
static int
be_refused(void)
{
	const struct rlimit none = {0};

	if (setrlimit(RLIMIT_RTPRIO, &none) != 0 ||
	    (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0))
		return 2;
	stop_window_open();
	if (policy() != SCHED_OTHER || !stop_window_is_open() ||
	    stop_window_is_in_front())
		return 1;
	stop_window_close();
	return policy() != SCHED_OTHER;
}

static void
without_the_right(void **state)
{
	(void)state;
	assert_in_child(be_refused);
}

/* A build with sanitizers ends itself; others have t_sampler to find it. */
#ifdef __SANITIZE_ADDRESS__
static int
allocate(void)
{
	void *volatile p;

	stop_window_open();
	p = malloc(1);
	stop_window_close();
	free(p);
	return 0;
}

static void
an_allocation_in_it_is_deadly(void **state)
{
	pid_t child;
	int status;

	(void)state;
	child = fork();
	if (child == 0)
		_exit(allocate());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(open_or_not),
	    cmocka_unit_test(in_front_of_others_as_long_as_it_counts),
	    cmocka_unit_test(nobody_inherits_it),
	    cmocka_unit_test(what_the_user_chose_stays),
	    cmocka_unit_test(without_the_right),
#ifdef __SANITIZE_ADDRESS__
	    cmocka_unit_test(an_allocation_in_it_is_deadly),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

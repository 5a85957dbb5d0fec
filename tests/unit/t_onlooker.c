/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/onlooker.h"

#include "base/attr.h"
#include "../child.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#define NAME "evil\033[31m"

enum { MAIN, POLLS, WAITS, SPINS, N_THREADS };

static void
introduce(int who, const char *name)
{
	(void)prctl(PR_SET_NAME, name);
	shared->words[who] = (uint64_t)syscall(SYS_gettid);
}

static void *
poll_for_ever(void *arg)
{
	struct epoll_event event;
	int fd = epoll_create1(0);

	introduce(POLLS, "polls");
	(void)epoll_wait(fd, &event, 1, -1);
	return arg;
}

static void *
wait_for_ever(void *arg)
{
	static int word;

	introduce(WAITS, NAME);
	(void)syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL);
	return arg;
}

static void *
spin_for_ever(void *arg)
{
	introduce(SPINS, "spins");
	for (;;)
		shared->counter++;
	return arg;
}

static void
run_threads(void)
{
	static void *(*const bodies[])(void *) = {
		[POLLS] = poll_for_ever,
		[WAITS] = wait_for_ever,
		[SPINS] = spin_for_ever,
	};
	pthread_t thread;

	introduce(MAIN, "main");
	for (int i = POLLS; i < N_THREADS; i++)
		if (pthread_create(&thread, NULL, bodies[i], NULL) != 0)
			_exit(1);
	for (;;)
		(void)pause();
}

/* Its id, once it is in such a state. */
static pid_t
thread_in(int who, char state)
{
	for (int us = 0; shared->words[who] == 0; us += 100) {
		if (us > PATIENCE_US)
			fail_msg("thread %d does not come", who);
		(void)usleep(100);
	}
	assert_true(comes_to_state((pid_t)shared->words[who], state));
	return (pid_t)shared->words[who];
}

static struct onlooker *
look_at(pid_t pid)
{
	struct onlooker *o = NULL;
	struct err err = {0};

	assert_int_equal(onlooker_open(pid, &o, &err), 0);
	return o;
}

static void
expect_doing(struct onlooker *o, pid_t tid, const char *beginning)
{
	const char *doing = onlooker_doing(o, tid);

	if (strncmp(doing, beginning, strlen(beginning)) != 0)
		fail_msg("\"%s\", not \"%s...\"", doing, beginning);
}

static void
threads_are_told_by_what_they_do(void **state)
{
	pid_t child = child_start(run_threads), *tids;
	pid_t polls = thread_in(POLLS, 'S'), waits = thread_in(WAITS, 'S');
	pid_t spins = thread_in(SPINS, 'R');
	struct onlooker *o = look_at(child);
	size_t n;

	(void)state;
	tids = onlooker_threads(o, &n);
	assert_non_null(tids);
	assert_int_equal(n, N_THREADS);
	assert_int_equal(tids[0], child);
	for (size_t i = 1; i < n; i++)
		assert_true(tids[i - 1] < tids[i]);
	free(tids);
	expect_doing(o, polls, "epoll_");
	expect_doing(o, waits, "futex 0x");
	expect_doing(o, spins, "running");
	assert_int_equal(onlooker_state(o, polls), 'S');
	assert_int_equal(onlooker_state(o, spins), 'R');
	assert_string_equal(onlooker_name(o, polls), "polls");
	assert_string_equal(onlooker_name(o, waits), NAME); /* raw */
	onlooker_close(o);
	child_end(child);
}

/* Nobody stops: that is the point of looking on. */
static void
nothing_is_traced(void **state)
{
	pid_t child = child_start(run_threads);
	pid_t spins = thread_in(SPINS, 'R');
	struct onlooker *o = look_at(child);
	size_t n;

	(void)state;
	free(onlooker_threads(o, &n));
	(void)onlooker_doing(o, spins);
	assert_int_equal(tracer_of(spins), 0);
	onlooker_close(o);
	child_end(child);
}

static void
another_tracer_is_no_failure(void **state)
{
	struct onlooker *o;
	struct stop stop;
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	stop = stop_now(child);
	o = look_at(child);
	assert_int_equal(onlooker_state(o, child), 't');
	onlooker_close(o);
	stopper_release(&stop);
	child_end(child);
}

static void
what_is_gone_is_told_as_gone(void **state)
{
	pid_t child = child_start(run_threads);
	pid_t polls = thread_in(POLLS, 'S');
	struct onlooker *o = look_at(child);
	size_t n = 7;

	(void)state;
	assert_int_equal(onlooker_state(o, INT32_MAX), '?');
	assert_string_equal(onlooker_name(o, INT32_MAX), "");
	assert_string_equal(onlooker_doing(o, INT32_MAX), "");
	child_end(child);
	assert_null(onlooker_threads(o, &n));
	assert_int_equal(n, 0);
	assert_int_equal(onlooker_state(o, polls), '?');
	assert_string_equal(onlooker_name(o, polls), "");
	assert_string_equal(onlooker_doing(o, polls), "");
	onlooker_close(o);
}

static void
who_is_not_there_is_an_error(void **state)
{
	pid_t child = child_start(run_threads);
	struct onlooker *o = NULL;
	struct err err = {0};

	(void)state;
	child_end(child);
	assert_true(onlooker_open(child, &o, &err) < 0);
	assert_null(o);
	onlooker_close(NULL);
}

static void
age_is_since_the_start(void **state)
{
	pid_t child = child_start(run_threads);
	struct onlooker *o = look_at(child);
	double age = onlooker_age(o);

	(void)state;
	/* A clock tick is what /proc tells it by. */
	assert_true(age > -0.02 && age < PATIENCE_US / 1e6);
	assert_true(onlooker_age(o) >= age);
	child_end(child);
	assert_true(onlooker_age(o) >= age);
	onlooker_close(o);
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
		cmocka_unit_test(threads_are_told_by_what_they_do),
		cmocka_unit_test(nothing_is_traced),
		cmocka_unit_test(another_tracer_is_no_failure),
		cmocka_unit_test(what_is_gone_is_told_as_gone),
		cmocka_unit_test(who_is_not_there_is_an_error),
		cmocka_unit_test(age_is_since_the_start),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

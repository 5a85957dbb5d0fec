/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/children.h"

#include "../child.h"

#include <pthread.h>

/* Starts one that starts one, which is told. */
static void
have_a_child(void)
{
	pid_t child = fork();

	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		shared->tid = getpid();
		shared->ready = 1;
	}
	for (;;)
		(void)pause();
}

static void
parents_come_first(void **state)
{
	pid_t child = child_start(have_a_child);
	struct process *found;
	size_t n;

	(void)state;
	await(&shared->ready);
	found = children_of(child, &n);
	assert_int_equal(n, 1);
	assert_int_equal(found[0].pid, shared->tid);
	assert_int_equal(found[0].ppid, child);
	free(found);

	found = children_of(getpid(), &n);
	assert_int_equal(n, 2);
	assert_int_equal(found[0].pid, child);
	assert_int_equal(found[0].ppid, getpid());
	assert_int_equal(found[1].pid, shared->tid);
	free(found);
	child_end(child);
}

static void
who_has_none(void **state)
{
	pid_t child = child_start(count_for_ever);
	size_t n = 99;

	(void)state;
	free(children_of(child, &n));
	assert_int_equal(n, 0);
	child_end(child);
	free(children_of(child, &n)); /* gone */
	assert_int_equal(n, 0);
}

struct seen {
	bool is_thread;
	pid_t parent;
};

static void *
see_itself(void *arg)
{
	struct seen *seen = arg;

	seen->is_thread = children_is_thread(gettid());
	seen->parent = children_parent(gettid());
	return NULL;
}

static void
whose_it_is(void **state)
{
	pid_t child = child_start(count_for_ever);
	struct seen seen = {0};
	pthread_t thread;

	(void)state;
	assert_int_equal(children_parent(child), getpid());
	assert_false(children_is_thread(child));
	child_end(child);
	assert_int_equal(children_parent(child), 0);
	assert_int_equal(pthread_create(&thread, NULL, see_itself, &seen), 0);
	(void)pthread_join(thread, NULL);
	assert_true(seen.is_thread);
	assert_int_equal(seen.parent, getppid());
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
	    cmocka_unit_test(parents_come_first),
	    cmocka_unit_test(who_has_none),
	    cmocka_unit_test(whose_it_is),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

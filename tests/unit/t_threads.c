/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/threads.h"

#include "../child.h"
#include "target/capture.h"
#include "target/target.h"

#include <pthread.h>

#define THREADS 5

static struct target target;
static pid_t child;
static bool may_open;
static unsigned n_gone;
static pid_t last_gone;

/* Each counts in a word of its own, until it is told to end. */
static void *
count_until_told(void *arg)
{
	size_t i = (size_t)(uintptr_t)arg;
	char name[16];

	(void)snprintf(name, sizeof(name), "worker-%zu", i);
	(void)prctl(PR_SET_NAME, name);
	shared->words[i] = (uint64_t)gettid();
	while (shared->go != (int)i + 1)
		(void)usleep(100);
	return NULL;
}

static void
run_threads(void)
{
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++) {
		if (pthread_create(&threads[i], NULL, count_until_told,
			(void *)(uintptr_t)i) != 0)
			_exit(1);
		while (shared->words[i] == 0)
			(void)usleep(100);
	}
	shared->ready = 1;
	while (shared->result == 0)
		(void)usleep(100);
	/* One more, when told to */
	if (pthread_create(&threads[0], NULL, count_until_told,
		(void *)(uintptr_t)10) != 0)
		_exit(1);
	for (;;)
		pause();
}

static int
start(void **state)
{
	struct err err;

	(void)state;
	child = child_start(run_threads);
	await(&shared->ready);
	n_gone = 0;
	last_gone = 0;
	may_open = target_open(child, &target, &err) == 0;
	if (!may_open)
		print_message("a child cannot be opened: %s\n", err.why);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	if (may_open)
		target_close(&target);
	child_end(child);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	child_setup();
	return 0;
}

static void
on_gone(void *ctx, struct thread *th)
{
	assert_ptr_equal(ctx, &n_gone);
	n_gone++;
	last_gone = th->task.tid;
}

static struct threads
new_threads(void)
{
	if (!may_open)
		skip();
	return (struct threads){.on_gone = on_gone, .ctx = &n_gone};
}

static size_t
find(const struct threads *ts, pid_t tid)
{
	for (size_t i = 0; i < ts->n; i++)
		if (ts->v[i]->task.tid == tid)
			return i;
	return SIZE_MAX;
}

static pid_t
worker(size_t i)
{
	return (pid_t)shared->words[i];
}

static void
finds_all(void **state)
{
	struct threads ts = new_threads();

	(void)state;
	assert_true(threads_init(&ts, &target));
	assert_int_equal(ts.n, THREADS + 1);
	assert_int_equal(ts.seen, THREADS + 1);
	for (size_t i = 1; i < ts.n; i++)
		assert_true(ts.v[i]->task.tid > ts.v[i - 1]->task.tid);
	assert_int_not_equal(find(&ts, child), SIZE_MAX);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_not_equal(find(&ts, worker(i)), SIZE_MAX);
	/* What they used before is not ours. */
	for (size_t i = 0; i < ts.n; i++) {
		assert_int_equal(ts.v[i]->base_ns, ts.v[i]->task.run_ns);
		assert_int_equal(ts.v[i]->charged_ns, ts.v[i]->task.run_ns);
		assert_int_equal(ts.v[i]->labels, UINT32_MAX);
	}
	threads_deinit(&ts);
	assert_int_equal(n_gone, 0);
}

static void
one_comes(void **state)
{
	struct threads ts = new_threads();

	(void)state;
	assert_true(threads_init(&ts, &target));
	/* Nothing has changed: nothing is looked for. */
	threads_refresh(&ts, &target, ts.scan_ns);
	assert_int_equal(ts.n, THREADS + 1);
	shared->result = 1;
	while (shared->words[10] == 0)
		usleep(100);
	threads_refresh(&ts, &target, ts.scan_ns);
	assert_int_equal(ts.n, THREADS + 2);
	assert_int_equal(ts.seen, THREADS + 2);
	/* It came in our time: all it uses is ours. */
	assert_int_equal(ts.v[find(&ts, worker(10))]->base_ns, 0);
	threads_deinit(&ts);
}

static void
end_worker(size_t i)
{
	shared->go = (int)i + 1;
	assert_true(comes_to_state(worker(i), '?'));
}

static void
one_goes(void **state)
{
	struct threads ts = new_threads();
	size_t at;

	(void)state;
	assert_true(threads_init(&ts, &target));
	at = find(&ts, worker(2));
	assert_true(task_look(&target, &ts.v[at]->task));
	end_worker(2);
	assert_false(task_look(&target, &ts.v[at]->task));
	assert_false(task_is_running(&target, worker(2)));
	threads_remove(&ts, ts.v[at]);
	assert_int_equal(n_gone, 1);
	assert_int_equal(last_gone, worker(2));
	assert_int_equal(ts.n, THREADS);
	assert_int_equal(find(&ts, worker(2)), SIZE_MAX);
	for (size_t i = 1; i < ts.n; i++)
		assert_true(ts.v[i]->task.tid > ts.v[i - 1]->task.tid);
	threads_deinit(&ts);
}

/* The count of threads is then what it was. */
static void
one_comes_as_another_goes(void **state)
{
	struct threads ts = new_threads();

	(void)state;
	assert_true(threads_init(&ts, &target));
	end_worker(1);
	shared->result = 1;
	while (shared->words[10] == 0)
		usleep(100);
	assert_false(threads_have_gone(&ts));
	threads_remove(&ts, ts.v[find(&ts, worker(1))]);
	assert_true(threads_have_gone(&ts));
	threads_refresh(&ts, &target, ts.scan_ns);
	assert_false(threads_have_gone(&ts));
	assert_int_equal(ts.n, THREADS + 1);
	assert_int_not_equal(find(&ts, worker(10)), SIZE_MAX);
	threads_deinit(&ts);
}

static void
one_alone(void **state)
{
	struct threads ts = new_threads();

	(void)state;
	ts.only_tid = worker(3);
	assert_true(threads_init(&ts, &target));
	assert_int_equal(ts.n, 1);
	assert_int_equal(ts.v[0]->task.tid, worker(3));
	threads_deinit(&ts);
	/* Not of this process */
	ts = new_threads();
	ts.only_tid = getpid();
	assert_false(threads_init(&ts, &target));
	threads_deinit(&ts);
}

static void
some_by_their_names(void **state)
{
	struct threads ts = new_threads();
	regex_t re;

	(void)state;
	assert_int_equal(regcomp(&re, "^worker-[13]$", REG_EXTENDED), 0);
	ts.only_re = &re;
	assert_true(threads_init(&ts, &target));
	assert_int_equal(ts.n, 2);
	assert_int_not_equal(find(&ts, worker(1)), SIZE_MAX);
	assert_int_not_equal(find(&ts, worker(3)), SIZE_MAX);
	threads_deinit(&ts);
	regfree(&re);
}

static void
the_process_has_ended(void **state)
{
	struct threads ts = new_threads();

	(void)state;
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_false(threads_init(&ts, &target));
	assert_int_equal(ts.n, 0);
	threads_deinit(&ts);
}

/* An id that another thread has now: it has used less than the one before. */
static void
another_under_the_same_id(void **state)
{
	struct task task;

	(void)state;
	if (!may_open)
		skip();
	assert_true(task_open(&target, child, false, &task));
	task.run_ns += 1000000000000;
	assert_false(task_look(&target, &task));
	task_close(&task);
}

/* As much as the deepest of the last samples needed, and some to spare. */
static void
assert_wants(const struct thread *th, size_t need)
{
	assert_in_range(thread_stack_want(th), need, need + (64u << 10));
}

static void
how_much_stack(void **state)
{
	struct thread th = {0};

	(void)state;
	assert_int_equal(thread_stack_want(&th), CAPTURE_STACK_FIRST);
	thread_note_need(&th, 100);
	assert_wants(&th, 100);
	thread_note_need(&th, 5000000);
	for (int i = 0; i < STACK_NEEDS - 1; i++)
		thread_note_need(&th, 1000);
	assert_wants(&th, 5000000);
	thread_note_need(&th, 1000);
	assert_wants(&th, 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(finds_all, start, stop),
	    cmocka_unit_test_setup_teardown(one_comes, start, stop),
	    cmocka_unit_test_setup_teardown(one_goes, start, stop),
	    cmocka_unit_test_setup_teardown(
		one_comes_as_another_goes, start, stop),
	    cmocka_unit_test_setup_teardown(one_alone, start, stop),
	    cmocka_unit_test_setup_teardown(some_by_their_names, start, stop),
	    cmocka_unit_test_setup_teardown(the_process_has_ended, start, stop),
	    cmocka_unit_test_setup_teardown(
		another_under_the_same_id, start, stop),
	    cmocka_unit_test(how_much_stack),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

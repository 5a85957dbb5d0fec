/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/dumper.h"

#include "core/dump.h"

#include "../child.h"

#include <alloca.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>

static const struct dump_opts usual = {.max_depth = 128};
static const struct dump_opts frozen = {.max_depth = 128, .freeze = true};

static struct dumper *
open_dumper(pid_t pid, const struct dump_opts *opts)
{
	struct dumper *d = NULL;
	struct err err;

	if (dumper_open(pid, opts, &d, &err) < 0)
		fail_msg("%s (%s)", err.what, err.why);
	return d;
}

static struct dump *
take(struct dumper *d)
{
	struct dump *dump = NULL;
	struct err err;

	if (dumper_take(d, &dump, &err) < 0)
		fail_msg("%s (%s)", err.what, err.why);
	return dump;
}

/* Whether a function of that name, or a clone of it, is on the stack. */
static bool
stands_in(const struct dump_thread *th, const char *function)
{
	for (size_t i = 0; i < th->n_frames; i++)
		if (th->frames[i].function != NULL &&
		    strncmp(th->frames[i].function, function,
			strlen(function)) == 0)
			return true;
	return false;
}

static void
assert_whole(const struct dump_thread *th, const char *function)
{
	assert_null(th->problem);
	assert_int_equal(th->end, END_ROOT);
	assert_true(stands_in(th, function));
}

static void
one_that_runs_is_stopped(void **state)
{
	struct dumper *d;
	struct dump *dump;
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	await(&shared->ready);
	d = open_dumper(child, &usual);
	dump = take(d);
	assert_int_equal(dump->n_threads, 1);
	assert_int_equal(dump->threads[0].tid, child);
	assert_whole(&dump->threads[0], "count_for_ever");
	assert_true(dump->threads[0].stopped_ns > 0);
	assert_null(dump->threads[0].syscall);
	assert_int_equal(tracer_of(child), 0);
	assert_true(is_counting());
	dump_free(dump);
	dumper_close(d);
	child_end(child);
}

/*
 * From start_thread() on, no frame needs more than sp to be walked: this file
 * is compiled without frame pointers.
 */
static void *
sleep_in_poll(void *unused)
{
	(void)unused;
	shared->tid = gettid();
	shared->ready = 1;
	(void)poll(NULL, 0, -1);
	return NULL;
}

static void
start_a_sleeper(void)
{
	pthread_t thread;

	(void)pthread_create(&thread, NULL, sleep_in_poll, NULL);
	(void)pthread_join(thread, NULL);
}

static void
one_that_sleeps_is_not(void **state)
{
	pid_t child = child_start(start_a_sleeper);
	struct dump_opts opts = usual;
	struct dumper *d;

	(void)state;
	await(&shared->ready);
	assert_true(comes_to_state(shared->tid, 'S'));
	opts.tid = shared->tid;
	d = open_dumper(child, &opts);
	for (int i = 0; i < 3; i++) {
		struct dump *dump = take(d);
		const struct dump_thread *th = &dump->threads[0];

		assert_int_equal(dump->n_threads, 1);
		assert_int_equal(th->tid, shared->tid);
		assert_whole(th, "sleep_in_poll");
		assert_int_equal(th->stopped_ns, 0);
		assert_int_equal(th->state, 'S');
		assert_non_null(th->syscall);
		assert_string_equal(th->syscall->name, "poll");
		dump_free(dump);
	}
	dumper_close(d);
	child_end(child);
}

#ifdef __x86_64__

/*
 * Its frame is found by rbp alone, which no inner frame has saved: only a stop
 * tells it. The call is one that a stop makes fail.
 */
static __attribute__((noinline)) void
wait_with_frame_pointer(int epfd, size_t size)
{
	char *room = alloca(size);
	struct epoll_event event;
	long r;

	memset(room, 1, size);
	__asm__ volatile("" : : "r"(room) : "memory");
	shared->ready = 1;
	/* epoll_wait() takes its time-out in r10. */
	__asm__ volatile("movq $-1, %%r10\n\tsyscall"
			 : "=a"(r)
			 : "0"((long)SYS_epoll_wait), "D"((long)epfd),
			 "S"(&event), "d"(1l)
			 : "rcx", "r10", "r11", "memory");
	shared->result = (int)r;
}

static void
wait_for_ever(void)
{
	wait_with_frame_pointer(epoll_create1(0), 1000 + (size_t)getpid() % 7);
	shared->go = 1;
	_exit(1);
}

static void
one_whose_walk_lacks_a_register_is_stopped(void **state)
{
	struct dumper *d;
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(wait_for_ever);
	await(&shared->ready);
	assert_true(comes_to_state(child, 'S'));
	d = open_dumper(child, &usual);
	for (int i = 0; i < 20; i++) {
		struct dump *dump = take(d);

		assert_whole(
		    &dump->threads[0], "wait_with_frame_pointer");
		assert_true(dump->threads[0].stopped_ns > 0);
		dump_free(dump);
	}
	/* Its call has not returned, with EINTR or otherwise. */
	assert_true(comes_to_state(child, 'S'));
	assert_int_equal(shared->go, 0);
	assert_int_equal(tracer_of(child), 0);
	dumper_close(d);
	child_end(child);
}

#endif

#define NAPPERS 4

static __attribute__((noinline)) void *
nap_often(void *unused)
{
	const struct timespec nap = {.tv_nsec = 50000};

	(void)unused;
	/* A thread that has just been made is in no function of ours yet. */
	if (++shared->words[0] == NAPPERS)
		shared->ready = 1;
	for (;;) {
		if (clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL) != 0)
			shared->result = 1;
		shared->counter++;
	}
	return NULL;
}

static void
run_four_threads(void)
{
	pthread_t thread;

	for (int i = 1; i < NAPPERS; i++)
		(void)pthread_create(&thread, NULL, nap_often, NULL);
	(void)nap_often(NULL);
}

static void
dump_four_threads(const struct dump_opts *opts)
{
	struct dumper *d;
	pid_t child;

	need_ptrace();
	child = child_start(run_four_threads);
	await(&shared->ready);
	d = open_dumper(child, opts);
	for (int i = 0; i < 20; i++) {
		struct dump *dump = take(d);

		assert_int_equal(dump->n_threads, NAPPERS);
		for (size_t k = 0; k < NAPPERS; k++) {
			assert_whole(&dump->threads[k], "nap_often");
			assert_true(k == 0 || dump->threads[k].tid >
						  dump->threads[k - 1].tid);
		}
		assert_int_equal(dump->is_frozen, opts->freeze);
		assert_int_equal(dump->frozen_ns > 0, opts->freeze);
		dump_free(dump);
	}
	assert_int_equal(shared->result, 0);
	assert_int_equal(tracer_of(child), 0);
	assert_true(is_counting());
	dumper_close(d);
	child_end(child);
}

static void
those_that_keep_waking(void **state)
{
	(void)state;
	dump_four_threads(&usual);
}

static void
all_at_one_moment(void **state)
{
	(void)state;
	dump_four_threads(&frozen);
}

static void
a_job_that_is_stopped_stays_so(void **state)
{
	pid_t child = child_start(count_for_ever);
	struct dumper *d;
	struct dump *dump;

	(void)state;
	await(&shared->ready);
	kill(child, SIGSTOP);
	assert_true(comes_to_state(child, 'T'));
	d = open_dumper(child, &usual);
	dump = take(d);
	assert_int_equal(dump->threads[0].state, 'T');
	assert_whole(&dump->threads[0], "count_for_ever");
	assert_true(comes_to_state(child, 'T'));
	dump_free(dump);
	dumper_close(d);
	child_end(child);
}

static void
the_end_of_the_target_is_told(void **state)
{
	pid_t child = child_start(start_a_sleeper);
	struct dump_opts opts = usual;
	struct dump *dump;
	struct dumper *d;
	struct err err;

	(void)state;
	await(&shared->ready);
	opts.tid = getpid(); /* there is one, but not its */
	d = open_dumper(child, &opts);
	assert_int_equal(dumper_take(d, &dump, &err), -ERR_NO_PROCESS);
	assert_non_null(strstr(err.what, "no thread"));
	child_end(child);
	assert_int_equal(dumper_take(d, &dump, &err), -ERR_NO_PROCESS);
	assert_non_null(strstr(err.what, "ended"));
	dumper_close(d);
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
	    cmocka_unit_test(one_that_runs_is_stopped),
	    cmocka_unit_test(one_that_sleeps_is_not),
#ifdef __x86_64__
	    cmocka_unit_test(one_whose_walk_lacks_a_register_is_stopped),
#endif
	    cmocka_unit_test(those_that_keep_waking),
	    cmocka_unit_test(all_at_one_moment),
	    cmocka_unit_test(a_job_that_is_stopped_stays_so),
	    cmocka_unit_test(the_end_of_the_target_is_told),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

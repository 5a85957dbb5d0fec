/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ticks, one after the other, on a child that says what it does. */
#include "config.h"

#include "session/sampler.h"

#include "base/clock.h"
#include "sampled_child.h"
#include "session/stop_window.h"

#include <pthread.h>
#include <sys/epoll.h>

#define THREADS 3

/* The test program itself, run anew as a child's other thread would. */
#define EXEC_ARG "exec-again"

static const struct session_opts opts = {.rate = 100, .max_depth = 128};

static void
begin(void (*run)(void))
{
	begin_with(run, &opts);
}

/* Each by itself too, for a sum of what wraps may come out right. */
static uint64_t
value_of_all(void)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < profile.trie.n; i++) {
		assert_true(profile.trie.nodes[i].w.cpu < 1000 * NS_PER_SEC);
		sum += profile.trie.nodes[i].w.cpu;
	}
	return sum;
}

static void *
count_in_thread(void *arg)
{
	shared->words[(uintptr_t)arg] = (uint64_t)gettid();
	for (;;)
		shared->counter++;
	return NULL;
}

static void
count_in_threads(void)
{
	pthread_t thread;

	for (uintptr_t i = 0; i < THREADS; i++) {
		if (pthread_create(
			&thread, NULL, count_in_thread, (void *)i) != 0)
			_exit(1);
		while (shared->words[i] == 0)
			(void)usleep(100);
	}
	shared->ready = 1;
	for (;;)
		pause();
}

static void
every_nanosecond_is_somewhere(void **state)
{
	uint64_t kernel_ns;

	(void)state;
	begin(count_in_threads);
	tick(100, 3000);
	finish();
	kernel_ns = ledger_kernel_ns(&sampler->ledger, &sampler->threads);
	assert_true(profile.stats.samples > 0);
	assert_true(kernel_ns > 0);
	/* The clock and the threads are read one after the other. */
	assert_in_range(
	    value_of_all(), kernel_ns, kernel_ns + kernel_ns / 50);
	assert_true(is_counting());
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(tracer_of((pid_t)shared->words[i]), 0);
	end();
}

/* Built with sanitizers, the program watches itself: session/stop_window.c. */
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
#define WATCHES_ALLOCATIONS 1

static _Atomic unsigned allocated_in_window;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

/* In place of the library's, for all of this program. */
void *
malloc(size_t size)
{
	allocated_in_window += stop_window_is_open();
	return __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	allocated_in_window += stop_window_is_open();
	return __libc_calloc(n, size);
}

void *
realloc(void *p, size_t size)
{
	allocated_in_window += stop_window_is_open();
	return __libc_realloc(p, size);
}

static void
nothing_is_allocated_while_threads_are_held(void **state)
{
	void *volatile p;

	(void)state;
	begin(count_in_threads);
	tick(100, 2000);
	finish();
	assert_true(profile.stats.stops > 0);
	assert_int_equal(allocated_in_window, 0);
	/* It would have been seen. */
	stop_window_open();
	p = malloc(1);
	stop_window_close();
	free(p);
	assert_int_equal(allocated_in_window, 1);
	end();
}
#endif

static void
wait_for_ever(void)
{
	struct epoll_event event;
	int fd = epoll_create1(EPOLL_CLOEXEC);

	shared->ready = 1;
	shared->result = epoll_wait(fd, &event, 1, -1);
	shared->go = 1;
	for (;;)
		pause();
}

static void
who_sleeps_is_let_sleep(void **state)
{
	(void)state;
	begin(wait_for_ever);
	assert_true(comes_to_state(child, 'S'));
	tick(100, 500);
	finish();
	assert_int_equal(profile.stats.stops, 0);
	assert_false(shared->go);
	end();
}

static void
the_target_ends_between_ticks(void **state)
{
	(void)state;
	begin(count_in_threads);
	tick(10, 1000);
	kill(child, SIGKILL);
	tick(10, 1000);
	finish();
	assert_true(value_of_all() > 0);
	end();
}

/* ---- exec ---------------------------------------------------------------- */

static void
work(unsigned n)
{
	for (volatile unsigned i = 0; i < n; i++)
		continue;
}

static void *
exec_again(void *arg)
{
	char *argv[] = {(char *)(uintptr_t)"t_sampler",
	    (char *)(uintptr_t)EXEC_ARG, NULL};

	(void)arg;
	work(8000000);
	(void)execv("/proc/self/exe", argv);
	_exit(1);
}

/* A main thread that used more CPU time than the one that takes its place. */
static void
be_replaced(void)
{
	pthread_t thread;

	work(16000000);
	if (pthread_create(&thread, NULL, exec_again, NULL) != 0)
		_exit(1);
	for (;;)
		work(1);
}

static void
start_being_replaced(void)
{
	shared->ready = 1;
	/* Through every exec: whatever becomes of the test, it ends. */
	(void)alarm(PATIENCE_US / 1000000);
	be_replaced();
}

/*
 * When another thread than the main one executes a program, it takes over the
 * id of the process: with our hold on it, and with less CPU time behind it.
 */
static void
exec_in_another_thread(void **state)
{
	uint64_t kernel_ns;

	(void)state;
	begin(start_being_replaced);
	tick(300, 1000);
	finish();
	kernel_ns = ledger_kernel_ns(&sampler->ledger, &sampler->threads);
	assert_false(sampler->has_stray);
	assert_int_equal(tracer_of(child), 0);
	assert_int_not_equal(state_of(child), 't');
	assert_in_range(
	    value_of_all(), kernel_ns, kernel_ns + kernel_ns / 20);
	/* It is still sampled, not only that which it was. */
	assert_true(profile.stats.samples > 5);
	end();
}

static void *
exec_when_told(void *arg)
{
	char *argv[] = {(char *)(uintptr_t)"t_sampler",
	    (char *)(uintptr_t)EXEC_ARG, NULL};

	await(&shared->go);
	(void)arg;
	(void)execv("/proc/self/exe", argv);
	_exit(1);
}

/* Until its child is gone, which goes with this thread. */
static void
wait_in_vfork(void)
{
	pthread_t thread;

	(void)alarm(PATIENCE_US / 1000000);
	if (pthread_create(&thread, NULL, exec_when_told, NULL) != 0)
		_exit(1);
	shared->ready = 1;
	if (vfork() == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	_exit(1);
}

static bool
has_executed(void)
{
	char arg[32] = "";
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", child);
	return proc_file_read_into(AT_FDCWD, path, arg, sizeof(arg)) &&
	       strcmp(arg, "t_sampler") == 0;
}

/* As it is when a thread enters vfork(2) between the ask and its stop. */
static void
ask_leader(void)
{
	struct thread *th = NULL;

	for (size_t i = 0; i < sampler->threads.n; i++)
		if (sampler->threads.v[i]->task.tid == child)
			th = sampler->threads.v[i];
	assert_int_equal(stopper_interrupt(child), 0);
	if (th == NULL)
		fail();
	th->is_asked = true;
	th->asked_ns = now_ns();
	th->quiet = 1000; /* however long it has not run: who is asked is lively */
	threads_set_lively(&sampler->threads, th, true);
	sampler->n_asked++;
}

/*
 * It has not stopped when another thread executes a program; then there is one
 * of that id whom we do not hold. Being our child it has not ended, as far as
 * waitpid() can tell.
 */
static void
the_asked_one_is_replaced(void **state)
{
	(void)state;
	begin(wait_in_vfork);
	assert_true(comes_to_state(child, 'D'));
	ask_leader();
	tick(3, 1000);
	assert_int_equal(sampler->n_asked, 1);
	shared->go = 1;
	for (int us = 0; us < PATIENCE_US && !has_executed(); us += 100)
		(void)usleep(100);
	assert_true(has_executed());
	settle();
	assert_int_equal(sampler->n_asked, 0);
	assert_int_equal(tracer_of(child), 0);
	tick(10, 1000);
	finish();
	end();
}

static int
setup(void **state)
{
	(void)state;
	child_setup();
	return 0;
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_nanosecond_is_somewhere),
#ifdef WATCHES_ALLOCATIONS
	    cmocka_unit_test(nothing_is_allocated_while_threads_are_held),
#endif
	    cmocka_unit_test(who_sleeps_is_let_sleep),
	    cmocka_unit_test(the_target_ends_between_ticks),
	    cmocka_unit_test(exec_in_another_thread),
	    cmocka_unit_test(the_asked_one_is_replaced),
	};

	if (argc > 1 && strcmp(argv[1], EXEC_ARG) == 0)
		be_replaced();
	return cmocka_run_group_tests(tests, setup, NULL);
}

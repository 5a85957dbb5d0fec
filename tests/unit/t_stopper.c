/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/stopper.h"

#include "../child.h"
#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <sys/ptrace.h>

/* The one thing that must hold after everything else. */
static void
assert_runs_free(pid_t tid)
{
	assert_int_equal(tracer_of(tid), 0);
	assert_true(is_counting());
	assert_int_not_equal(state_of(tid), 't');
	assert_int_not_equal(state_of(tid), 'T');
}

static void
stops_and_goes(void **state)
{
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	for (int i = 0; i < 100; i++) {
		struct stop stop = stop_now(child);
		uint64_t count = shared->counter;

		assert_int_equal(stop.kind, STOP_OURS);
		assert_int_equal(stop.tid, child);
		assert_int_equal(tracer_of(child), getpid());
		assert_int_equal(state_of(child), 't');
		usleep(100);
		assert_int_equal(shared->counter, count);
		assert_true(stopper_release(&stop));
		assert_runs_free(child);
	}
	child_end(child);
}

static void
who_cannot_be_asked(void **state)
{
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	assert_int_equal(stopper_interrupt(getpid()), -EPERM);
	assert_int_equal(stopper_interrupt(child), 0);
	/* It has a tracer, though that is us. */
	assert_int_equal(stopper_interrupt(child), -EPERM);
	child_end(child);
	assert_int_equal(stopper_interrupt(child), -ESRCH);
}

static void
asked_once_more(void **state)
{
	struct stop stop;
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	assert_false(stopper_ask_again(child)); /* for the first time */
	assert_int_equal(ptrace(PTRACE_SEIZE, child, NULL, NULL), 0);
	assert_true(stopper_ask_again(child));
	stop = await_stop(child);
	assert_int_equal(stop.kind, STOP_OURS);
	assert_true(stopper_ask_again(child)); /* that is too late */
	stopper_release(&stop);
	assert_runs_free(child);
	assert_false(stopper_ask_again(child));
	child_end(child);
	assert_false(stopper_ask_again(child));
}

/* ---- job control --------------------------------------------------------- */

static void
suspend(pid_t child)
{
	int status;

	assert_int_equal(kill(child, SIGSTOP), 0);
	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(state_of(child), 'T');
}

static void
what_is_suspended_stays_so(void **state)
{
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	suspend(child);
	for (int i = 0; i < 20; i++) {
		struct stop stop = stop_now(child);
		uint64_t count = shared->counter;

		assert_int_equal(stop.kind, STOP_GROUP);
		stopper_release(&stop);
		assert_true(comes_to_state(child, 'T'));
		usleep(1000);
		assert_int_equal(state_of(child), 'T');
		assert_int_equal(tracer_of(child), 0);
		assert_int_equal(shared->counter, count);
	}
	kill(child, SIGCONT);
	assert_runs_free(child);
	child_end(child);
}

static void
continued_while_held(void **state)
{
	struct stop stop;
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	suspend(child);
	stop = stop_now(child);
	kill(child, SIGCONT);
	stopper_release(&stop);
	assert_runs_free(child);
	child_end(child);
}

static void
suspended_while_held(void **state)
{
	struct stop stop;
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	stop = stop_now(child);
	kill(child, SIGSTOP);
	stopper_release(&stop);
	assert_true(comes_to_state(child, 'T'));
	kill(child, SIGCONT);
	assert_runs_free(child);
	child_end(child);
}

/* ---- signals ------------------------------------------------------------- */

static void
on_signal(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	shared->words[0]++;
	shared->words[1] += (uint64_t)info->si_value.sival_int;
	shared->words[2] = (uint64_t)info->si_code;
}

static void
handle_signals(void)
{
	struct sigaction sa = {
	    .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};

	(void)sigaction(SIGRTMIN, &sa, NULL);
	count_for_ever();
}

static void
send(pid_t child, int value)
{
	union sigval v = {.sival_int = value};

	assert_int_equal(sigqueue(child, SIGRTMIN, v), 0);
}

static void
await_signals(uint64_t n)
{
	for (int us = 0; shared->words[0] < n; us += 100) {
		if (us > PATIENCE_US)
			fail_msg("%d signals of %d came",
			    (int)shared->words[0], (int)n);
		usleep(100);
	}
}

/* Attached without an interrupt, so that the signal is what stops it. */
static void
a_signal_in_the_stop_is_passed_on(void **state)
{
	struct stop stop;
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(handle_signals);
	await(&shared->ready);
	assert_int_equal(ptrace(PTRACE_SEIZE, child, NULL, NULL), 0);
	send(child, 42);
	stop = await_stop(child);
	assert_int_equal(stop.kind, STOP_SIGNAL);
	assert_int_equal(stop.signal, SIGRTMIN);
	stopper_release(&stop);
	/* Once, and with what its sender said */
	await_signals(1);
	assert_int_equal(shared->words[1], 42);
	assert_int_equal((int)shared->words[2], SI_QUEUE);
	assert_runs_free(child);
	assert_int_equal(shared->words[0], 1);
	child_end(child);
}

/* Signals and stops at the same time: none is lost, none comes twice. */
static void
no_signal_is_lost(void **state)
{
	enum { N = 300 };
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(handle_signals);
	await(&shared->ready);
	for (int i = 0; i < N; i++) {
		struct stop stop;

		if (i % 2 == 0)
			send(child, 1);
		assert_int_equal(stopper_interrupt(child), 0);
		if (i % 2 != 0)
			send(child, 1);
		stop = await_stop(child);
		stopper_release(&stop);
	}
	await_signals(N);
	assert_runs_free(child);
	assert_int_equal(shared->words[0], N);
	assert_int_equal(shared->words[1], N);
	child_end(child);
}

static void
a_deadly_signal_kills(void **state)
{
	struct stop stop;
	pid_t child;
	int status;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	await(&shared->ready);
	assert_int_equal(ptrace(PTRACE_SEIZE, child, NULL, NULL), 0);
	kill(child, SIGTERM);
	stop = await_stop(child);
	assert_int_equal(stop.kind, STOP_SIGNAL);
	stopper_release(&stop);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void
a_stopping_signal_suspends(void **state)
{
	struct stop stop;
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	await(&shared->ready);
	/*
	 * In a group of its own it has a parent outside the group, in the same
	 * session. Where we lead the session (setsid) our group is orphaned,
	 * and the kernel drops a SIGTSTP to it.
	 */
	assert_int_equal(setpgid(child, child), 0);
	assert_int_equal(ptrace(PTRACE_SEIZE, child, NULL, NULL), 0);
	kill(child, SIGTSTP);
	stop = await_stop(child);
	assert_int_equal(stop.kind, STOP_SIGNAL);
	stopper_release(&stop);
	assert_true(comes_to_state(child, 'T'));
	kill(child, SIGCONT);
	assert_runs_free(child);
	child_end(child);
}

/* ---- the end of the thread ----------------------------------------------- */

static void
exit_when_told(void)
{
	shared->ready = 1;
	while (!shared->go)
		shared->counter++;
	_exit(7);
}

/* Asked and told to exit at once: it stops first, or is gone at once. */
static void
exits_while_asked(void **state)
{
	(void)state;
	need_ptrace();
	for (int i = 0; i < 100; i++) {
		pid_t child = child_start(exit_when_told);
		struct stop stop;

		await(&shared->ready);
		if (i % 2 == 0)
			shared->go = 1;
		if (stopper_interrupt(child) != 0) {
			/* It was faster. */
			child_end(child);
			continue;
		}
		shared->go = 1;
		stop = await_stop(child);
		if (stop.kind == STOP_GONE) {
			assert_true(WIFEXITED(stop.wait_status));
			assert_int_equal(WEXITSTATUS(stop.wait_status), 7);
		} else {
			int status;

			stopper_release(&stop);
			assert_int_equal(waitpid(child, &status, 0), child);
			assert_int_equal(WEXITSTATUS(status), 7);
		}
	}
}

static void
killed_while_held(void **state)
{
	struct stop stop;
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	stop = stop_now(child);
	kill(child, SIGKILL);
	stopper_release(&stop); /* must not mind */
	assert_int_equal(waitpid(child, NULL, 0), child);

	child = child_start(count_for_ever);
	(void)stop_now(child);
	kill(child, SIGKILL);
	stop = await_stop(child);
	assert_int_equal(stop.kind, STOP_GONE);
	assert_true(WIFSIGNALED(stop.wait_status));
}

static void *
thread_that_ends(void *arg)
{
	(void)arg;
	shared->tid = gettid();
	shared->ready = 1;
	while (!shared->go)
		continue;
	return NULL;
}

static void
run_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_that_ends, NULL) != 0 ||
	    pthread_join(thread, NULL) != 0)
		_exit(1);
	for (;;)
		shared->counter++;
}

static void
a_thread_ends_and_the_process_runs_on(void **state)
{
	struct stop stop;
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(run_thread);
	await(&shared->ready);
	assert_int_equal(ptrace(PTRACE_SEIZE, shared->tid, NULL, NULL), 0);
	shared->go = 1;
	stop = await_stop(shared->tid);
	assert_int_equal(stop.kind, STOP_GONE);
	assert_runs_free(child);
	child_end(child);
}

static void *
thread_that_stays(void *arg)
{
	shared->tid = gettid();
	shared->ready = 1;
	for (;;)
		shared->counter++;
	return arg;
}

static void
end_when_told(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_that_stays, NULL) != 0)
		_exit(1);
	await(&shared->go);
	_exit(42);
}

/* As by an exec. Its parent hears nothing until we have heard of the thread. */
static void
killed_by_the_exit_of_its_process(void **state)
{
	struct stop stop;
	pid_t child;
	int status;

	(void)state;
	need_ptrace();
	child = child_start(end_when_told);
	await(&shared->ready);
	stop = stop_now(shared->tid);
	shared->go = 1;
	assert_true(comes_to_state(child, 'Z'));
	assert_false(stopper_release(&stop));
	assert_int_equal(waitpid(child, &status, WNOHANG), 0);
	stop = await_stop(shared->tid);
	assert_int_equal(stop.kind, STOP_GONE);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 42);
}

/* ---- what takes its time ------------------------------------------------- */

static void
vfork_and_count(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		shared->ready = 1;
		await(&shared->go);
		_exit(0);
	}
	shared->ready = 2;
	count_for_ever();
}

/* The parent of a vfork sleeps where nothing but a SIGKILL wakes it. */
static void
poll_does_not_wait(void **state)
{
	uint64_t start;
	struct stop stop;
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(vfork_and_count);
	await(&shared->ready);
	assert_true(comes_to_state(child, 'D'));
	assert_int_equal(stopper_interrupt(child), 0);
	start = now_ns();
	for (int i = 0; i < 100; i++)
		assert_false(stopper_poll(child, &stop));
	assert_true(now_ns() - start < NS_PER_SEC);
	shared->go = 1;
	stop = await_stop(child);
	assert_int_equal(stop.kind, STOP_OURS);
	stopper_release(&stop);
	assert_runs_free(child);
	child_end(child);
}

static void
fork_and_count(void)
{
	for (shared->ready = 1;; shared->counter++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			_exit(3);
		if (pid < 0 || waitpid(pid, &status, 0) != pid ||
		    status != 3 << 8) {
			shared->result = 1;
			_exit(1);
		}
	}
}

/* Forks go on, and the children of a held one are nobody's business. */
static void
forks_while_asked(void **state)
{
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(fork_and_count);
	await(&shared->ready);
	for (int i = 0; i < 200; i++) {
		struct stop stop = stop_now(child);

		stopper_release(&stop);
	}
	assert_true(is_counting());
	assert_int_equal(tracer_of(child), 0);
	assert_int_equal(shared->result, 0);
	child_end(child);
}

static void
sleep_ends_with_the_stop(void **state)
{
	uint64_t start, far = 60 * NS_PER_SEC;
	struct stop stop;
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	await(&shared->ready);
	start = now_ns();
	assert_int_equal(stopper_interrupt(child), 0);
	while (!stopper_poll(child, &stop))
		stopper_sleep(start + far);
	assert_true(now_ns() - start < far / 2);
	stopper_release(&stop);
	child_end(child);
}

static void
what_is_heard_is_there(void **state)
{
	struct stop stop;
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	await(&shared->ready);
	/* What earlier tests have left */
	while (stopper_heard())
		continue;
	assert_int_equal(stopper_interrupt(child), 0);
	for (int us = 0; !stopper_heard(); us += 10) {
		assert_true(us < PATIENCE_US);
		usleep(10);
	}
	assert_true(stopper_poll(child, &stop));
	assert_int_equal(stop.kind, STOP_OURS);
	assert_false(stopper_heard()); /* once */
	stopper_release(&stop);
	assert_runs_free(child);
	child_end(child);
}

static void
sleep_ends_with_the_deadline(void **state)
{
	uint64_t deadline;

	(void)state;
	/* What earlier tests have left would end it. */
	while (stopper_heard())
		continue;
	deadline = now_ns() + 20000000;
	stopper_sleep(deadline);
	assert_true(now_ns() >= deadline);
	stopper_sleep(0); /* long over */
	stopper_sleep(now_ns());
}

/* ---- the end of the tracer ----------------------------------------------- */

/* In a process of its own: holds child, and says so, until it is killed. */
static pid_t
start_holder(pid_t child)
{
	pid_t holder = fork();
	struct stop stop;

	if (holder != 0)
		return holder;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (stopper_interrupt(child) != 0)
		_exit(1);
	while (!stopper_poll(child, &stop))
		usleep(10);
	shared->go = 1;
	for (;;)
		pause();
}

static void
tracer_killed_while_it_holds(void **state)
{
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	await(&shared->ready);
	for (int i = 0; i < 20; i++) {
		pid_t holder;

		shared->go = 0;
		holder = start_holder(child);
		await(&shared->go);
		assert_int_equal(state_of(child), 't');
		child_end(holder);
		assert_runs_free(child);
	}
	child_end(child);
}

/* In a process of its own: stops and releases as fast as it can. */
static pid_t
start_sampler(pid_t child)
{
	pid_t sampler = fork();

	if (sampler != 0)
		return sampler;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		struct stop stop;

		if (stopper_interrupt(child) != 0)
			_exit(1);
		while (!stopper_poll(child, &stop))
			continue;
		stopper_release(&stop);
	}
}

static void
tracer_killed_at_any_time(void **state)
{
	pid_t child;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	await(&shared->ready);
	for (int i = 0; i < 100; i++) {
		pid_t sampler = start_sampler(child);

		usleep((unsigned)(500 + i * 37 % 1000));
		child_end(sampler);
		assert_runs_free(child);
	}
	child_end(child);
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
	    cmocka_unit_test(stops_and_goes),
	    cmocka_unit_test(who_cannot_be_asked),
	    cmocka_unit_test(asked_once_more),
	    cmocka_unit_test(what_is_suspended_stays_so),
	    cmocka_unit_test(continued_while_held),
	    cmocka_unit_test(suspended_while_held),
	    cmocka_unit_test(a_signal_in_the_stop_is_passed_on),
	    cmocka_unit_test(no_signal_is_lost),
	    cmocka_unit_test(a_deadly_signal_kills),
	    cmocka_unit_test(a_stopping_signal_suspends),
	    cmocka_unit_test(exits_while_asked),
	    cmocka_unit_test(killed_while_held),
	    cmocka_unit_test(a_thread_ends_and_the_process_runs_on),
	    cmocka_unit_test(killed_by_the_exit_of_its_process),
	    cmocka_unit_test(poll_does_not_wait),
	    cmocka_unit_test(forks_while_asked),
	    cmocka_unit_test(sleep_ends_with_the_stop),
	    cmocka_unit_test(what_is_heard_is_there),
	    cmocka_unit_test(sleep_ends_with_the_deadline),
	    cmocka_unit_test(tracer_killed_while_it_holds),
	    cmocka_unit_test(tracer_killed_at_any_time),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/session.h"

#include "../child.h"
#include "base/clock.h"

#include <pthread.h>
#include <sched.h>

static pid_t target;

static const struct session_opts usual = {.pids = &target, .n_pids = 1,
    .max_pause = 1,
    .rate = 200, .duration_ns = 200000000, .max_depth = 128};

static const struct session_hooks no_hooks;

static struct session *
open_session(const struct session_opts *opts)
{
	struct session *s = NULL;
	struct err err;

	if (session_open(opts, &s, &err) < 0)
		fail_msg("%s (%s)", err.what, err.why);
	return s;
}

static void
assert_refused(pid_t pid, enum err_kind kind)
{
	struct session_opts opts = usual;
	struct session *s = NULL;
	struct err err;

	target = pid;
	assert_int_equal(session_open(&opts, &s, &err), -(int)kind);
	assert_null(s);
	assert_true(err.what[0] != '\0');
}

static void
what_is_no_target(void **state)
{
	pid_t child;

	(void)state;
	assert_refused((1 << 22) + 1, ERR_NO_PROCESS); /* PID_MAX_LIMIT + 1 */
	assert_refused(getpid(), ERR_USAGE);

	child = child_start(count_for_ever);
	kill(child, SIGKILL);
	assert_true(comes_to_state(child, 'Z'));
	assert_refused(child, ERR_UNSUPPORTED);
	child_end(child);
	assert_refused(child, ERR_NO_PROCESS);
}

/* No stop takes so little that a hundred of them could be borne. */
static void
slower_than_was_asked_for(void **state)
{
	struct session_opts opts = usual;
	const struct profile *p;
	struct session *s;

	(void)state;
	need_ptrace();
	target = child_start(count_for_ever);
	opts.duration_ns = 2 * NS_PER_SEC;
	opts.max_pause = 0.0001;
	s = open_session(&opts);
	assert_int_equal(session_run(s, &no_hooks), SESSION_DURATION);
	p = session_profile(s);
	assert_int_equal(p->stats.rate, 200);
	assert_true(p->stats.paced_rate < 100);
	assert_true(p->stats.paced_ns > NS_PER_SEC);
	assert_true(p->stats.ticks < 200);
	assert_true(p->stats.stops > 0);
	/* Of the period that there was. */
	assert_int_equal(p->period_ns, p->duration_ns /
	    (p->stats.ticks + p->stats.missed_ticks));
	session_close(s);
	child_end(target);
}

static void
until_the_time_is_over(void **state)
{
	struct session_opts opts = usual;
	const struct profile *p;
	struct session *s;

	(void)state;
	need_ptrace();
	target = child_start(count_for_ever);
	s = open_session(&opts);
	assert_int_equal(session_pid(s), target);
	assert_int_equal(session_run(s, &no_hooks), SESSION_DURATION);
	assert_int_equal(tracer_of(target), 0);
	assert_true(is_counting());
	p = session_profile(s);
	assert_true(p->stats.samples > 0);
	assert_true(p->stats.cpu_attributed_ns <= p->stats.cpu_kernel_ns);
	session_close(s);
	child_end(target);
}

static void
count_and_end(void)
{
	for (int i = 0; i < 30000000; i++)
		shared->counter++;
	_exit(3);
}

static void
until_the_target_ends(void **state)
{
	struct session_opts opts = usual;
	struct session *s;

	(void)state;
	need_ptrace();
	opts.duration_ns = 0;
	target = child_start(count_and_end);
	s = open_session(&opts);
	assert_int_equal(session_run(s, &no_hooks), SESSION_TARGET_EXIT);
	assert_true(session_profile(s)->stats.cpu_attributed_ns > 0);
	session_close(s);
	child_end(target);
}

static int
run_command(const char *script)
{
	char *argv[] = {(char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c",
	    (char *)(uintptr_t)script, NULL};
	struct session_opts opts = usual;
	struct session *s;
	int status;

	opts.duration_ns = 0;
	opts.n_pids = 0;
	opts.argv = argv;
	s = open_session(&opts);
	assert_int_equal(session_run(s, &no_hooks), SESSION_TARGET_EXIT);
	status = session_wait_status(s);
	session_close(s);
	return status;
}

/* Its status is its own, however short it is and however it ends. */
static void
a_command(void **state)
{
	(void)state;
	need_ptrace();
	assert_int_equal(run_command(":"), 0);
	assert_int_equal(run_command("exit 3"), 3 << 8);
	assert_int_equal(run_command("kill -TERM $$"), SIGTERM);
	assert_int_equal(run_command("i=0; while [ $i -lt 20000 ]; do "
				     "i=$((i + 1)); done; exit 4"),
	    4 << 8);
}

/* Whoever started us may ignore it; then no stop would be told to us. */
static void
sigchld_is_not_ignored(void **state)
{
	struct session_opts opts = usual;
	struct sigaction sa;
	struct session *s;

	(void)state;
	need_ptrace();
	target = child_start(count_for_ever);
	(void)signal(SIGCHLD, SIG_IGN);
	s = open_session(&opts);
	assert_int_equal(sigaction(SIGCHLD, NULL, &sa), 0);
	assert_true(sa.sa_handler == SIG_DFL);
	session_close(s);
	(void)signal(SIGCHLD, SIG_DFL);
	child_end(target);
}

static void
signals_are_given_back(void **state)
{
	struct session_opts opts = usual;
	sigset_t before, during, after;
	struct session *s;

	(void)state;
	need_ptrace();
	target = child_start(count_for_ever);
	(void)sigprocmask(SIG_SETMASK, NULL, &before);
	s = open_session(&opts);
	(void)sigprocmask(SIG_SETMASK, NULL, &during);
	assert_true(sigismember(&during, SIGTERM));
	assert_false(sigismember(session_signal_mask(s), SIGTERM));
	session_close(s);
	(void)sigprocmask(SIG_SETMASK, NULL, &after);
	for (int signal = 1; signal < NSIG; signal++)
		assert_int_equal(sigismember(&before, signal),
		    sigismember(&after, signal));
	child_end(target);
}

/* In a process of its own: records child until it is killed. */
static pid_t
start_recording(pid_t pid)
{
	struct session_opts opts = usual;
	pid_t recorder = fork();

	if (recorder != 0)
		return recorder;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	target = pid;
	opts.rate = 5000;
	opts.duration_ns = 0;
	(void)session_run(open_session(&opts), &no_hooks);
	_exit(0);
}

/* ^Z must not leave the target hanging on a scrape that has gone to sleep. */
static void
suspended_between_stops(void **state)
{
	pid_t child, recorder;

	(void)state;
	need_ptrace();
	child = child_start(count_for_ever);
	await(&shared->ready);
	recorder = start_recording(child);
	for (int i = 0; tracer_of(child) == 0 && i < PATIENCE_US; i += 100)
		usleep(100);
	for (int i = 0; i < 40; i++) {
		assert_int_equal(kill(recorder, SIGTSTP), 0);
		assert_true(comes_to_state(recorder, 'T'));
		assert_int_equal(tracer_of(child), 0);
		assert_true(is_counting());
		assert_int_equal(kill(recorder, SIGCONT), 0);
		usleep((unsigned)(1000 + i * 37));
	}
	child_end(recorder);
	assert_true(is_counting());
	child_end(child);
}

static void
stay_on_one_cpu(int policy)
{
	const struct sched_param param = {0};
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	(void)sched_setaffinity(0, sizeof(cpus), &cpus);
	(void)sched_setscheduler(0, policy, &param);
}

/* Two on one CPU: one that gets all of it, and one what is left. */
static void
count_with_little_cpu(void)
{
	if (fork() == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		stay_on_one_cpu(SCHED_OTHER);
		for (;;)
			continue;
	}
	stay_on_one_cpu(SCHED_IDLE);
	count_for_ever();
}

/*
 * A thread that waits for a CPU does not come to its stop before it gets one,
 * and that may be when the recording is over.
 */
static void
let_go_before_it_stops(void **state)
{
	(void)state;
	need_ptrace();
	for (int i = 0; i < 5; i++) {
		struct session_opts opts = usual;
		struct session *s;

		target = child_start(count_with_little_cpu);
		opts.rate = 5000;
		await(&shared->ready);
		s = open_session(&opts);
		assert_int_equal(session_run(s, &no_hooks), SESSION_DURATION);
		assert_int_equal(tracer_of(target), 0);
		assert_true(is_counting());
		session_close(s);
		child_end(target);
	}
}

static void
count_snapshots(void *ctx, struct session *s)
{
	assert_int_equal(tracer_of(session_pid(s)), 0);
	(*(int *)ctx)++;
}

static void
a_snapshot_holds_nobody(void **state)
{
	struct session_opts opts = usual;
	int snapshots = 0;
	struct session_hooks hooks = {
	    .snapshot = count_snapshots, .ctx = &snapshots};
	struct session *s;

	(void)state;
	need_ptrace();
	target = child_start(count_for_ever);
	s = open_session(&opts);
	kill(getpid(), SIGUSR1);
	assert_int_equal(session_run(s, &hooks), SESSION_DURATION);
	assert_int_equal(snapshots, 1);
	assert_true(session_profile(s)->stats.samples > 0);
	session_close(s);
	child_end(target);
}

static void *
count_on(void *arg)
{
	/* Until the main thread is a zombie */
	while (state_of(getpid()) != 'Z')
		(void)usleep(100);
	count_for_ever();
	return arg;
}

static void
leave_to_a_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, count_on, NULL) != 0)
		_exit(1);
	pthread_exit(NULL);
}

static void
the_main_thread_has_ended(void **state)
{
	struct session_opts opts = usual;
	struct session *s;
	const struct profile *p;

	(void)state;
	need_ptrace();
	target = child_start(leave_to_a_thread);
	await(&shared->ready);
	s = open_session(&opts);
	assert_int_equal(session_run(s, &no_hooks), SESSION_DURATION);
	p = session_profile(s);
	assert_true(p->stats.samples > 0);
	assert_int_equal(p->stats.ends[END_UNREADABLE], 0);
	assert_true(is_counting());
	session_close(s);
	child_end(target);
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
	    cmocka_unit_test(what_is_no_target),
	    cmocka_unit_test(slower_than_was_asked_for),
	    cmocka_unit_test(until_the_time_is_over),
	    cmocka_unit_test(until_the_target_ends),
	    cmocka_unit_test(a_command),
	    cmocka_unit_test(sigchld_is_not_ignored),
	    cmocka_unit_test(signals_are_given_back),
	    cmocka_unit_test(suspended_between_stops),
	    cmocka_unit_test(let_go_before_it_stops),
	    cmocka_unit_test(a_snapshot_holds_nobody),
	    cmocka_unit_test(the_main_thread_has_ended),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

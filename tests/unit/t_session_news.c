/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session in a thread of its own, and what another thread asks of it. */
#include "config.h"

#include "session/session.h"

#include "../child.h"
#include "base/clock.h"
#include "profile/news.h"
#include "session/module_origin.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>

static pid_t targets[2];
static const struct session_opts usual = {.pids = targets, .n_pids = 1,
    .rate = 500, .max_pause = 1, .max_depth = 128, .is_watched = true};

static struct session *session;
static pthread_t thread;
static enum session_end end;

/* What the news told, added up. */
static struct {
	uint64_t count[1 << 16], value[1 << 16];
	uint32_t parent[1 << 16], frame[1 << 16];
	size_t n_nodes, n_frames, n_labels, n_mappings, n_origins;
	struct stats stats;
} copy;

static void *
run_session(void *arg)
{
	end = session_run(arg, NULL);
	return NULL;
}

static void
open_session(const struct session_opts *opts)
{
	struct err err;

	memset(&copy, 0, sizeof(copy));
	if (session_open(opts, &session, &err) < 0)
		fail_msg("%s (%s)", err.what, err.why);
}

static void
begin(const struct session_opts *opts)
{
	open_session(opts);
	assert_int_equal(
	    pthread_create(&thread, NULL, run_session, session), 0);
}

static void
check_origin(const struct module_origin *o)
{
	assert_non_null(o->path);
	assert_true(o->pid == targets[0] || o->pid == targets[1]);
	if (o->kind != MODULE_FILE) {
		assert_int_equal(o->fd, -1);
		assert_true(o->start > 0);
		return;
	}
	assert_true(fcntl(o->fd, F_GETFD) & FD_CLOEXEC);
}

static void
apply(const struct session_news *n)
{
	const struct news *p = n->profile;

	assert_int_equal(p->first_node, copy.n_nodes);
	assert_int_equal(p->first_frame, copy.n_frames);
	assert_int_equal(p->first_labels, copy.n_labels);
	assert_int_equal(p->first_mapping, copy.n_mappings);
	for (size_t i = 0; i < p->n_nodes; i++) {
		copy.parent[copy.n_nodes] = p->nodes[i].parent;
		copy.frame[copy.n_nodes++] = p->nodes[i].frame;
	}
	copy.n_frames += p->n_frames;
	copy.n_labels += p->n_labels;
	copy.n_mappings += p->n_mappings;
	for (size_t i = 0; i < p->n_samples; i++) {
		assert_true(p->samples[i].node < copy.n_nodes);
		copy.count[p->samples[i].node] += p->samples[i].w.count;
		copy.value[p->samples[i].node] += p->samples[i].w.cpu;
	}
	for (size_t i = 0; i < n->n_origins; i++) {
		assert_true(n->origins[i].mapping < copy.n_mappings);
		check_origin(&n->origins[i]);
	}
	copy.n_origins += n->n_origins;
	copy.stats = p->stats;
}

static bool
await_news(void)
{
	struct pollfd fd = {.fd = session_news_fd(session), .events = POLLIN};

	return poll(&fd, 1, PATIENCE_US / 1000) == 1;
}

/* The next ones, applied; to be freed. */
static struct session_news *
next_news(void)
{
	struct session_news *n = NULL;

	while (n == NULL) {
		assert_true(await_news());
		n = session_take_news(session);
	}
	apply(n);
	return n;
}

static void
ask(void)
{
	session_ask(session);
	session_news_free(next_news());
}

static void
await_samples(uint64_t more)
{
	uint64_t before = copy.stats.samples;

	for (int us = 0; copy.stats.samples < before + more; us += 1000) {
		assert_true(us < PATIENCE_US);
		(void)usleep(1000);
		ask();
	}
}

static void
await_pause(void)
{
	bool is_paused = false;

	while (!is_paused) {
		struct session_news *n = next_news();

		is_paused = n->is_paused;
		session_news_free(n);
	}
}

/* Everything that is left, after the end. */
static void
take_rest(void)
{
	struct session_news *n;

	assert_int_equal(pthread_join(thread, NULL), 0);
	n = session_take_news(session);
	if (n != NULL)
		apply(n);
	session_news_free(n);
	ask();
}

static void
assert_same_as_profile(void)
{
	const struct profile *p = session_profile(session);

	assert_int_equal(copy.n_nodes, p->trie.n);
	assert_int_equal(copy.n_frames, p->n_frames);
	assert_int_equal(copy.n_labels, p->n_labels);
	assert_int_equal(copy.n_mappings, p->n_mappings);
	assert_true(copy.n_origins > 0 && copy.n_origins <= p->n_mappings);
	for (size_t i = 0; i < p->trie.n; i++) {
		assert_int_equal(copy.parent[i], p->trie.nodes[i].parent);
		assert_int_equal(copy.frame[i], p->trie.nodes[i].frame);
		assert_int_equal(copy.count[i], p->trie.nodes[i].w.count);
		assert_int_equal(copy.value[i], p->trie.nodes[i].w.cpu);
	}
	assert_int_equal(copy.stats.samples, p->stats.samples);
	assert_int_equal(copy.stats.cpu_kernel_ns, p->stats.cpu_kernel_ns);
	assert_int_equal(
	    copy.stats.cpu_attributed_ns, p->stats.cpu_attributed_ns);
}

static uint64_t
value_of_all(void)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < copy.n_nodes; i++)
		sum += copy.value[i];
	return sum;
}

static void
the_news_are_the_profile(void **state)
{
	(void)state;
	need_ptrace();
	targets[0] = child_start(count_for_ever);
	begin(&usual);
	await_samples(20);
	/* The count goes on, and the books are not closed for it. */
	assert_true(copy.stats.cpu_kernel_ns > 0);
	await_samples(20);
	assert_true(copy.stats.cpu_attributed_ns <= copy.stats.cpu_kernel_ns);
	session_stop(session);
	take_rest();
	assert_int_equal(end, SESSION_STOPPED);
	assert_same_as_profile();
	assert_in_range(value_of_all(), copy.stats.cpu_kernel_ns,
	    copy.stats.cpu_kernel_ns + copy.stats.cpu_kernel_ns / 50);
	assert_int_equal(tracer_of(targets[0]), 0);
	session_close(session);
	assert_true(is_counting());
	child_end(targets[0]);
}

static void
without_a_question_no_news(void **state)
{
	(void)state;
	need_ptrace();
	targets[0] = child_start(count_for_ever);
	begin(&usual);
	(void)usleep(50000);
	assert_null(session_take_news(session));
	/* Asked twice, answered once. */
	session_ask(session);
	assert_true(await_news());
	session_ask(session);
	session_news_free(next_news());
	session_stop(session);
	take_rest();
	/* What nobody took goes with the session. */
	session_close(session);
	begin(&usual);
	session_ask(session);
	assert_true(await_news());
	session_stop(session);
	assert_int_equal(pthread_join(thread, NULL), 0);
	session_close(session);
	child_end(targets[0]);
}

/* Asked, it answers, though there is nothing to sample. */
static void
sleep_for_ever(void)
{
	shared->ready = 1;
	for (;;)
		(void)pause();
}

static void
of_a_sleeper(void **state)
{
	struct session_opts opts = usual;

	(void)state;
	need_ptrace();
	targets[0] = child_start(sleep_for_ever);
	await(&shared->ready);
	opts.rate = 1;
	begin(&opts);
	for (int i = 0; i < 100; i++)
		ask();
	/* Not after a tick: there were as good as none. */
	assert_true(copy.stats.ticks < 50);
	assert_int_equal(copy.stats.stops, 0);
	session_stop(session);
	take_rest();
	session_close(session);
	child_end(targets[0]);
}

static void
a_pause_holds_nobody(void **state)
{
	uint64_t ticks;

	(void)state;
	need_ptrace();
	targets[0] = child_start(count_for_ever);
	begin(&usual);
	for (int i = 0; i < 5; i++) {
		await_samples(5);
		session_pause(session);
		await_pause();
		assert_int_equal(tracer_of(targets[0]), 0);
		assert_true(is_counting());
		ask();
		ticks = copy.stats.ticks;
		(void)usleep(20000);
		ask();
		assert_int_equal(copy.stats.ticks, ticks);
		session_resume(session);
	}
	await_samples(5);
	session_pause(session);
	await_pause();
	session_stop(session);
	take_rest();
	assert_int_equal(end, SESSION_STOPPED);
	assert_same_as_profile();
	assert_in_range(value_of_all(), copy.stats.cpu_kernel_ns,
	    copy.stats.cpu_kernel_ns + copy.stats.cpu_kernel_ns / 50);
	session_close(session);
	child_end(targets[0]);
}

/* With news from before that nobody has taken yet. */
static void
a_pause_is_told_with_what_was_left(void **state)
{
	(void)state;
	need_ptrace();
	targets[0] = child_start(count_for_ever);
	begin(&usual);
	session_ask(session);
	assert_true(await_news());
	session_pause(session);
	(void)usleep(100000);
	await_pause();
	session_stop(session);
	take_rest();
	session_close(session);
	child_end(targets[0]);
}

static void
the_target_ends_in_a_pause(void **state)
{
	struct session_news *n;

	(void)state;
	need_ptrace();
	targets[0] = child_start(count_for_ever);
	begin(&usual);
	await_samples(5);
	session_pause(session);
	await_pause();
	child_end(targets[0]);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(end, SESSION_TARGET_EXIT);
	session_ask(session);
	n = next_news();
	assert_int_equal(n->n_processes, 1);
	assert_true(n->processes[0].has_exited);
	assert_int_equal(n->processes[0].wait_status, -1);
	session_news_free(n);
	assert_same_as_profile();
	session_close(session);
}

static void
another_rate(void **state)
{
	struct session_opts opts = usual;
	uint64_t before;

	(void)state;
	need_ptrace();
	targets[0] = child_start(count_for_ever);
	opts.rate = 1;
	begin(&opts);
	ask();
	before = copy.stats.ticks;
	session_set_rate(session, 1000);
	for (int us = 0; copy.stats.ticks < before + 100; us += 1000) {
		assert_true(us < PATIENCE_US);
		(void)usleep(1000);
		ask();
	}
	session_stop(session);
	take_rest();
	assert_int_equal(
	    session_profile(session)->period_ns, NS_PER_SEC / 1000);
	session_close(session);
	child_end(targets[0]);
}

static void
count_and_exit(void)
{
	for (int i = 0; i < 30000000; i++)
		shared->counter++;
	_exit(0);
}

/* One after the other they end; the first is still told of, and was counted. */
static void
two_processes(void **state)
{
	struct session_opts opts = usual;
	struct session_news *n;
	bool seen[2] = {false, false};

	(void)state;
	need_ptrace();
	opts.n_pids = 2;
	targets[0] = child_start(count_and_exit);
	targets[1] = child_start(count_for_ever);
	begin(&opts);
	do {
		(void)usleep(1000);
		session_ask(session);
		n = next_news();
		seen[0] = n->processes[0].has_exited;
		assert_int_equal(n->n_processes, 2);
		assert_int_equal(n->processes[0].pid, targets[0]);
		assert_int_equal(n->processes[1].pid, targets[1]);
		assert_string_equal(n->processes[0].comm, "t_session_news");
		assert_false(n->processes[1].has_exited);
		session_news_free(n);
	} while (!seen[0]);
	await_samples(5);
	child_end(targets[1]);
	take_rest();
	assert_int_equal(end, SESSION_TARGET_EXIT);
	assert_same_as_profile();
	assert_int_equal(copy.stats.processes, 2);
	seen[0] = false;
	for (size_t i = 0; i < session_profile(session)->n_labels; i++) {
		pid_t pid = session_profile(session)->labels[i].pid;

		seen[0] |= pid == targets[0];
		seen[1] |= pid == targets[1];
	}
	assert_true(seen[0] && seen[1]);
	session_close(session);
	child_end(targets[0]);
}

/* The signals of the watcher come to it, whatever the session does. */
static void
signals_are_the_watchers(void **state)
{
	sigset_t before, after;

	(void)state;
	need_ptrace();
	(void)sigprocmask(SIG_SETMASK, NULL, &before);
	targets[0] = child_start(count_for_ever);
	begin(&usual);
	(void)sigprocmask(SIG_SETMASK, NULL, &after);
	for (int signal = 1; signal < NSIG; signal++)
		if (signal != SIGCHLD)
			assert_int_equal(sigismember(&before, signal),
			    sigismember(&after, signal));
	assert_true(sigismember(&after, SIGCHLD));
	session_stop(session);
	take_rest();
	session_close(session);
	(void)sigprocmask(SIG_SETMASK, NULL, &after);
	assert_int_equal(
	    sigismember(&before, SIGCHLD), sigismember(&after, SIGCHLD));
	child_end(targets[0]);
}

static void
a_command(void **state)
{
	char *argv[] = {(char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c",
	    (char *)(uintptr_t)"i=0; while [ $i -lt 20000 ]; do "
			       "i=$((i + 1)); done; exit 3",
	    NULL};
	struct session_opts opts = usual;
	struct session_news *n;

	(void)state;
	need_ptrace();
	opts.n_pids = 0;
	opts.argv = argv;
	open_session(&opts);
	targets[0] = session_pid(session);
	assert_int_equal(
	    pthread_create(&thread, NULL, run_session, session), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(end, SESSION_TARGET_EXIT);
	session_ask(session);
	n = next_news();
	assert_true(n->processes[0].has_exited);
	assert_int_equal(n->processes[0].wait_status, 3 << 8);
	session_news_free(n);
	assert_int_equal(session_wait_status(session), 3 << 8);
	session_close(session);
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
	    cmocka_unit_test(the_news_are_the_profile),
	    cmocka_unit_test(without_a_question_no_news),
	    cmocka_unit_test(of_a_sleeper),
	    cmocka_unit_test(a_pause_holds_nobody),
	    cmocka_unit_test(a_pause_is_told_with_what_was_left),
	    cmocka_unit_test(the_target_ends_in_a_pause),
	    cmocka_unit_test(another_rate),
	    cmocka_unit_test(two_processes),
	    cmocka_unit_test(signals_are_the_watchers),
	    cmocka_unit_test(a_command),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

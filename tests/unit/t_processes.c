/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tree of processes, watched from above. */
#include "config.h"

#include "session/processes.h"

#include "../child.h"
#include "base/clock.h"
#include "profile/profile.h"
#include "session/session.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* What each of the tree uses, and how many each generation has. */
#define WORK_NS 300000000ull
#define BREADTH 2

static pid_t target;
static const struct session_opts usual = {.pids = &target, .n_pids = 1,
    .children = true, .rate = 200, .max_depth = 128};

static void
use_cpu(uint64_t ns)
{
	uint64_t start = clock_ns(CLOCK_PROCESS_CPUTIME_ID);

	while (clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start < ns)
		shared->counter++;
}

static void
reap_all(void)
{
	while (wait(NULL) > 0 || errno == EINTR)
		continue;
}

static void
branch(int depth)
{
	for (int i = 0; i < BREADTH && depth > 0; i++)
		if (fork() == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
			branch(depth - 1);
			_exit(0);
		}
	use_cpu(WORK_NS);
	reap_all();
}

static void
be_a_tree(void)
{
	struct rusage ru;

	shared->ready = 1;
	await(&shared->go);
	branch(2);
	(void)getrusage(RUSAGE_CHILDREN, &ru);
	shared->words[0] = (uint64_t)(ru.ru_utime.tv_sec +
				      ru.ru_stime.tv_sec) * NS_PER_SEC +
			   (uint64_t)(ru.ru_utime.tv_usec +
				      ru.ru_stime.tv_usec) * 1000;
	shared->words[1] = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	_exit(0);
}

static uint64_t
value_of_all(const struct profile *p)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < p->trie.n; i++)
		sum += p->trie.nodes[i].w.cpu;
	return sum;
}

/* All that the kernel counted of seven, of which six came while we looked. */
static void
a_tree_adds_up(void **state)
{
	uint64_t kernel_ns, all;
	const struct profile *p;
	struct session *s;
	struct err err;

	(void)state;
	need_ptrace();
	target = child_start(be_a_tree);
	await(&shared->ready);
	assert_int_equal(session_open(&usual, &s, &err), 0);
	shared->go = 1;
	assert_int_equal(session_run(s, NULL), SESSION_TARGET_EXIT);
	p = session_profile(s);
	kernel_ns = shared->words[0] + shared->words[1];
	all = p->stats.cpu_kernel_ns;
	assert_int_equal(p->stats.processes, 7);
	assert_int_equal(p->stats.refused_processes, 0);
	/* What is used after the last look at one that is reaped is lost. */
	assert_in_range(all, kernel_ns - kernel_ns / 5,
	    kernel_ns + kernel_ns / 50);
	assert_in_range(value_of_all(p), all, all + all / 50);
	assert_true(p->stats.cpu_attributed_ns > all / 4);
	session_close(s);
	child_end(target);
}

static void
branch_and_sleep(void)
{
	pid_t target_pid = getpid();

	for (int i = 0; i < 3; i++) {
		pid_t child = fork();

		if (child == 0) {
			/* One that only root may look at. */
			if (i == 2 && setuid(1) != 0)
				(void)prctl(PR_SET_DUMPABLE, 0);
			/* Last: another user has none any more. */
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
			if (getppid() != target_pid)
				_exit(1);
			shared->words[i] = (uint64_t)getpid();
			for (;;)
				(void)pause();
		}
	}
	while (shared->words[0] * shared->words[1] * shared->words[2] == 0)
		(void)usleep(100);
	shared->ready = 1;
	for (;;)
		(void)pause();
}

/* Each ends before it can be looked at. */
#define SHORT 150
#define SHORT_NS 1000000ull

static void
have_many(void)
{
	struct rusage ru;

	shared->ready = 1;
	await(&shared->go);
	for (int i = 0; i < SHORT; i++) {
		if (fork() == 0) {
			use_cpu(SHORT_NS);
			_exit(0);
		}
		reap_all();
	}
	(void)getrusage(RUSAGE_CHILDREN, &ru);
	shared->words[0] = (uint64_t)(ru.ru_utime.tv_usec +
				      ru.ru_stime.tv_usec) * 1000;
	shared->words[1] = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	_exit(0);
}

static uint64_t
value_of_row(const struct profile *p, const char *name)
{
	uint64_t sum = 0;
	char buf[64];

	for (size_t i = 0; i < p->trie.n; i++) {
		const struct trie_node *node = &p->trie.nodes[i];

		if (node->parent != TRIE_NO_NODE &&
		    strcmp(profile_frame_name(
			       p, node->frame, buf, sizeof(buf)), name) == 0)
			sum += node->w.cpu;
	}
	return sum;
}

static void
what_nobody_saw_is_a_row(void **state)
{
	const struct stats *st;
	struct profile *p;
	struct session *s;
	uint64_t truth_ns;
	struct err err;

	(void)state;
	need_ptrace();
	target = child_start(have_many);
	await(&shared->ready);
	assert_int_equal(session_open(&usual, &s, &err), 0);
	shared->go = 1;
	assert_int_equal(session_run(s, NULL), SESSION_TARGET_EXIT);
	p = session_profile(s);
	st = &p->stats;
	truth_ns = shared->words[0] + shared->words[1];
	assert_true(st->cpu_children_ns > SHORT * SHORT_NS / 4);
	assert_int_equal(
	    value_of_row(p, "[children unseen]"), st->cpu_children_ns);
	/* The kernel tells the two parts of it in steps of 10 ms. */
	assert_in_range(value_of_all(p), truth_ns - truth_ns / 20 - 20000000,
	    truth_ns + truth_ns / 20);
	session_close(s);
	child_end(target);
}

static struct profile profile;
static struct sampling sampling;
static struct processes processes;

static void
open_target(void)
{
	struct err err;

	profile_init(&profile, 0, 0);
	sampling_init(&sampling, &profile, &usual);
	assert_int_equal(processes_init(&processes, &sampling, &err), 0);
	assert_int_equal(processes_add(&processes, target, &err), 0);
}

static void
close_all(void)
{
	sampling_deinit(&sampling);
	processes_deinit(&processes);
	profile_deinit(&profile);
	child_end(target);
}

static void
who_is_there_already(void **state)
{
	uint64_t passed_ns;
	struct err err;

	(void)state;
	need_ptrace();
	target = child_start(branch_and_sleep);
	await(&shared->ready);
	open_target();
	processes_find_children(&processes, false);
	assert_int_equal(processes.n + profile.stats.refused_processes, 4);
	assert_int_equal(processes.v[1]->target.pid, (pid_t)shared->words[0]);
	/* Nobody twice, neither those that may not be opened. */
	processes.rest_ns = processes.pass_ns = processes.passed_ns = 0;
	processes_find_children(&processes, true);
	assert_true(processes.passed_ns > 0);
	assert_int_equal(processes.n + profile.stats.refused_processes, 4);
	assert_int_equal(processes_add(&processes, target, &err), 0);
	assert_int_equal(processes.n + profile.stats.refused_processes, 4);
	/* Not before it is time. */
	passed_ns = processes.passed_ns;
	processes.rest_ns = 0;
	processes_find_children(&processes, true);
	assert_int_equal(processes.passed_ns, passed_ns);
	close_all();
}

static void
files_are_open_once(void **state)
{
	size_t files;

	(void)state;
	need_ptrace();
	target = child_start(branch_and_sleep);
	await(&shared->ready);
	open_target();
	files = sampling.spaces.n_files;
	assert_true(files > 0);
	processes_find_children(&processes, false);
	assert_true(processes.n >= 3);
	assert_int_equal(sampling.spaces.n_files, files);
	/* The first goes; the others have them still. */
	kill(target, SIGKILL);
	for (int us = 0; !processes.v[0]->has_ended; us += 100) {
		assert_true(us < PATIENCE_US);
		(void)usleep(100);
		processes_retire_ended(&processes);
	}
	assert_true(sampling.spaces.n_files <= files);
	assert_int_equal(processes.v[0]->target.pidfd, -1);
	close_all();
}

static void
retire_until(size_t n)
{
	for (int us = 0; processes.n_living > n; us += 100) {
		assert_true(us < PATIENCE_US);
		(void)usleep(100);
		processes_retire_ended(&processes);
	}
}

/* Only the first keeps its place, and what it was in numbers is kept of all. */
static void
who_has_ended_is_taken_out(void **state)
{
	size_t n;

	(void)state;
	need_ptrace();
	target = child_start(branch_and_sleep);
	await(&shared->ready);
	open_target();
	processes_find_children(&processes, false);
	n = processes.n;
	assert_true(n >= 3);
	kill((pid_t)shared->words[0], SIGKILL);
	retire_until(n - 1);
	assert_int_equal(processes.n, n - 1);
	assert_null(processes_find_living(&processes, (pid_t)shared->words[0]));
	assert_int_equal(processes.n_ended, 1);
	assert_int_equal(processes.ended[0].pid, (pid_t)shared->words[0]);
	assert_int_equal(processes.ended[0].serial, 1);
	assert_int_equal(processes.past.threads_seen, 1);
	kill(target, SIGKILL);
	/* With it goes who would not survive it. */
	retire_until(0);
	assert_int_equal(processes.n, 1);
	assert_true(processes.v[0]->has_ended);
	assert_int_equal(processes.n_ended, n - 1);
	close_all();
}

static void
who_cannot_be_opened(void **state)
{
	struct session *s = NULL;
	const pid_t pids[] = {getpid()};
	struct session_opts opts = usual;
	struct err err;

	(void)state;
	need_ptrace();
	target = child_start(count_for_ever);
	/* One of those that were asked for: then it is an error. */
	opts.pids = (pid_t[]){target, (1 << 22) + 1};
	opts.n_pids = 2;
	assert_int_equal(session_open(&opts, &s, &err), -ERR_NO_PROCESS);
	opts.pids = pids;
	opts.n_pids = 1;
	assert_int_equal(session_open(&opts, &s, &err), -ERR_USAGE);
	assert_null(s);
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
	    cmocka_unit_test(a_tree_adds_up),
	    cmocka_unit_test(what_nobody_saw_is_a_row),
	    cmocka_unit_test(who_is_there_already),
	    cmocka_unit_test(files_are_open_once),
	    cmocka_unit_test(who_has_ended_is_taken_out),
	    cmocka_unit_test(who_cannot_be_opened),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

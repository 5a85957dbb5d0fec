/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threads with made-up run times, of a process that is ourselves. */
#include "config.h"

#include "session/ledger.h"

#include "profile/profile.h"
#include "session/session.h"
#include "session/threads.h"
#include "target/target.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Above PID_MAX_LIMIT: no kernel gives it. */
#define NO_PID ((1 << 22) + 1)

static struct target target;
static struct profile profile;
static struct ledger ledger;
static struct thread thread;
static uint32_t frame;

static void
begin(const struct session_opts *opts)
{
	target = (struct target){.pid = getpid(),
	    .pidfd = -1,
	    .mem.mem_fd = -1,
	    .proc_fd =
		open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC)};
	profile_init(&profile, 0, 0);
	ledger_init(&ledger, &target, &profile, opts);
	frame = profile_marker(&profile, "work");
	thread = (struct thread){.task = {.tid = gettid(), .run_ns = 1000},
	    .base_ns = 1000,
	    .charged_ns = 1000,
	    .labels = UINT32_MAX};
}

static const struct session_opts all = {.labels = LABELS_THREAD};
static const struct session_opts one = {.labels = LABELS_THREAD, .tid = 1};

static int
end(void **state)
{
	(void)state;
	trie_path_deinit(&thread.path);
	profile_deinit(&profile);
	close(target.proc_fd);
	return 0;
}

static uint64_t
value_of(const char *name)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < profile.trie.n; i++) {
		const struct trie_node *n = &profile.trie.nodes[i];

		if (n->parent == TRIE_NO_NODE || n->w.cpu == 0)
			continue;
		if (strcmp(interned(&profile.strings,
			       profile.frames[n->frame].marker),
			name) == 0)
			sum += n->w.cpu;
	}
	return sum;
}

static uint64_t
value_of_all(void)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < profile.trie.n; i++)
		sum += profile.trie.nodes[i].w.cpu;
	return sum;
}

static void
a_sample_carries_all_since_the_last(void **state)
{
	(void)state;
	begin(&all);
	thread.task.run_ns = 1250;
	ledger_charge(&ledger, &thread, ledger_labels(&ledger, &thread), &frame, 1,
	    cpu_weight(1, 0));
	assert_int_equal(value_of("work"), 250);
	assert_int_equal(thread.charged_ns, 1250);
	/* It has not run since: a sample all the same, of no weight */
	ledger_charge(&ledger, &thread, ledger_labels(&ledger, &thread), &frame, 1,
	    cpu_weight(1, 0));
	thread.task.run_ns = 1300;
	ledger_charge(&ledger, &thread, ledger_labels(&ledger, &thread), &frame, 1,
	    cpu_weight(1, 0));
	assert_int_equal(value_of("work"), 300);
	assert_int_equal(ledger.sampled_ns, 300);
	assert_int_equal(ledger.carried_ns, 300);
}

/* Where it was in between nobody knows: half of it here, half there. */
static void
two_samples_share_what_is_between_them(void **state)
{
	uint32_t other, labels;

	(void)state;
	begin(&all);
	other = profile_marker(&profile, "play");
	labels = ledger_labels(&ledger, &thread);
	thread.task.run_ns += 100;
	ledger_charge(
	    &ledger, &thread, labels, &frame, 1, cpu_weight(1, 0));
	thread.task.run_ns += 51;
	ledger_charge(
	    &ledger, &thread, labels, &other, 1, cpu_weight(1, 0));
	assert_int_equal(value_of("work"), 125);
	assert_int_equal(value_of("play"), 26);
	/* But not over a time in which it could not be sampled. */
	thread.task.run_ns += 40;
	ledger_skip(&ledger, &thread);
	thread.task.run_ns += 10;
	ledger_charge(
	    &ledger, &thread, labels, &frame, 1, cpu_weight(1, 0));
	assert_int_equal(value_of("play"), 26);
	assert_int_equal(value_of("work"), 135);
	assert_int_equal(ledger.sampled_ns, 161);
}

static void
a_thread_that_goes_leaves_nothing(void **state)
{
	(void)state;
	begin(&all);
	thread.task.run_ns = 1250;
	ledger_charge(&ledger, &thread, ledger_labels(&ledger, &thread), &frame, 1,
	    cpu_weight(1, 0));
	thread.task.run_ns = 1400;
	ledger_settle(&ledger, &thread);
	assert_int_equal(value_of("[not sampled]"), 150);
	assert_int_equal(ledger.sampled_ns, 250);
	assert_int_equal(ledger.carried_ns, 400);
	/* There is nothing more to settle. */
	ledger_settle(&ledger, &thread);
	assert_int_equal(value_of("[not sampled]"), 150);
}

/* The process's clock is read by the sampler; here it is set. */
static void
pass(uint64_t ns)
{
	ledger.clock_ns = ledger.clock_base_ns + ns;
}

static void
what_nobody_is_known_for(void **state)
{
	struct thread *v[] = {&thread};
	struct threads ts = {.v = v, .n = 1};
	struct thread short_lived;

	(void)state;
	begin(&all);
	short_lived = thread;
	/* Seen, never sampled, gone */
	short_lived.task.run_ns = 1070;
	ledger_settle(&ledger, &short_lived);
	/* Sampled once, and still there at the end */
	thread.task.run_ns = 1250;
	ledger_charge(&ledger, &thread, ledger_labels(&ledger, &thread), &frame, 1,
	    cpu_weight(1, 0));
	thread.task.run_ns = 1300;
	pass(1000);
	ledger_close(&ledger, &ts);
	assert_int_equal(value_of("work"), 250);
	assert_int_equal(value_of("[not sampled]"), 50);
	assert_int_equal(value_of("[short-lived threads]"), 700);
	assert_int_equal(value_of_all(), 1000);
	assert_int_equal(ledger_kernel_ns(&ledger, &ts), 1000);
}

/* The clocks are read one after the other and may differ by a little. */
static void
more_carried_than_counted(void **state)
{
	struct thread *v[] = {&thread};
	struct threads ts = {.v = v, .n = 1};

	(void)state;
	begin(&all);
	thread.task.run_ns = 1250;
	pass(249);
	ledger_close(&ledger, &ts);
	assert_int_equal(value_of("[short-lived threads]"), 0);
	assert_int_equal(value_of_all(), 250);
}

/* Of chosen threads the kernel counts nothing but their own run times. */
static void
with_a_filter(void **state)
{
	struct thread *v[] = {&thread};
	struct threads ts = {.v = v, .n = 1};
	struct thread gone;

	(void)state;
	begin(&one);
	gone = thread;
	gone.task.run_ns = 1070;
	ledger_settle(&ledger, &gone);
	thread.task.run_ns = 1250;
	ledger_charge(&ledger, &thread, ledger_labels(&ledger, &thread), &frame, 1,
	    cpu_weight(1, 0));
	thread.task.run_ns = 1300;
	pass(100000);
	ledger_close(&ledger, &ts);
	assert_int_equal(ledger_kernel_ns(&ledger, &ts), 370);
	assert_int_equal(value_of("[short-lived threads]"), 0);
	assert_int_equal(value_of_all(), 370);
}

static struct profile_labels
labels_of_thread(void)
{
	uint32_t id = ledger_labels(&ledger, &thread);

	assert_true(id < profile.n_labels);
	return profile.labels[id];
}

static void
labels(void **state)
{
	static const struct session_opts by_name = {.labels = LABELS_NAME};
	static const struct session_opts none = {.labels = LABELS_NONE};
	struct profile_labels l;
	char name[16] = {0};

	(void)state;
	begin(&all);
	l = labels_of_thread();
	assert_int_equal(l.tid, gettid());
	assert_int_equal(l.pid, getpid());
	memcpy(name, program_invocation_short_name, 8);
	assert_memory_equal(
	    interned(&profile.strings, l.thread_name), name, 8);
	end(state);

	begin(&by_name);
	l = labels_of_thread();
	assert_int_equal(l.tid, 0);
	assert_memory_equal(
	    interned(&profile.strings, l.thread_name), name, 8);
	end(state);

	begin(&none);
	l = labels_of_thread();
	assert_int_equal(l.pid, 0);
	assert_int_equal(l.tid, 0);
	assert_string_equal(interned(&profile.strings, l.thread_name), "");
}

/* A thread that has just ended has no name to read any more. */
static void
a_name_outlives_its_thread(void **state)
{
	uint32_t before;

	(void)state;
	begin(&all);
	before = ledger_labels(&ledger, &thread);
	thread.labels_ns = 0; /* long ago */
	thread.task.tid = NO_PID;
	assert_int_equal(ledger_labels(&ledger, &thread), before);
}

static void
the_clock_moves(void **state)
{
	uint64_t before;

	(void)state;
	begin(&all);
	before = ledger.clock_ns;
	for (volatile unsigned i = 0; i < 1000000; i++)
		continue;
	assert_true(ledger_read_clock(&ledger));
	assert_true(ledger.clock_ns > before);
	/* Of a process that is gone it stands still. */
	target.pid = NO_PID;
	assert_false(ledger_read_clock(&ledger));
}

/*
 * What nobody is known for is told while it goes on; not what may yet turn out
 * to be a thread's that has not been looked at again.
 */
static void
short_lived_threads_are_shown_early(void **state)
{
	struct session_opts opts = {.labels = LABELS_THREAD, .rate = 1000000};
	struct thread *v[] = {&thread};
	struct threads ts = {.v = v, .n = 1};
	uint64_t shown, lag = 2000 * (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);

	(void)state;
	begin(&opts);
	ledger.clock_base_ns = 0;
	ledger.clock_ns = 1000000;
	thread.task.run_ns = thread.charged_ns + 100000;
	ledger_show_short_lived(&ledger, &ts);
	shown = value_of("[short-lived threads]");
	assert_int_equal(shown, 1000000 - 100000 - lag);
	/* What has been told is not told again. */
	ledger_show_short_lived(&ledger, &ts);
	assert_int_equal(value_of("[short-lived threads]"), shown);
	ledger.clock_ns += 1000000;
	/* In the end all of it is there, once. */
	ledger_close(&ledger, &ts);
	assert_int_equal(value_of_all(), 2000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(
		a_sample_carries_all_since_the_last, end),
	    cmocka_unit_test_teardown(two_samples_share_what_is_between_them, end),
	    cmocka_unit_test_teardown(a_thread_that_goes_leaves_nothing, end),
	    cmocka_unit_test_teardown(what_nobody_is_known_for, end),
	    cmocka_unit_test_teardown(more_carried_than_counted, end),
	    cmocka_unit_test_teardown(with_a_filter, end),
	    cmocka_unit_test_teardown(labels, end),
	    cmocka_unit_test_teardown(a_name_outlives_its_thread, end),
	    cmocka_unit_test_teardown(short_lived_threads_are_shown_early, end),
	    cmocka_unit_test_teardown(the_clock_moves, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

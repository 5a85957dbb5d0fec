/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ticks of 10 with made-up times, and what one thread's stacks weigh then. */
#include "config.h"

#include "session/wall.h"

#include "profile/profile.h"
#include "session/sample.h"
#include "session/sampler.h"
#include "session/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct profile profile;
static struct session_opts opts;
static struct target target;
static struct sampler *s;
static struct thread *th;
static uint32_t frames[2];
static struct stack here = {.frames = frames, .n = 1};
static struct stack there = {.frames = frames + 1, .n = 1};

static int
begin(void **state)
{
	(void)state;
	opts = (struct session_opts){
	    .measure = MEASURE_WALL, .labels = LABELS_NONE};
	profile_init(&profile, 0, 0);
	frames[0] = profile_marker(&profile, "here");
	frames[1] = profile_marker(&profile, "there");
	s = calloc(1, sizeof(*s));
	th = calloc(1, sizeof(*th));
	assert_non_null(s);
	assert_non_null(th);
	th->labels = UINT32_MAX;
	s->profile = &profile;
	s->opts = &opts;
	s->ledger =
	    (struct ledger){.profile = &profile, .opts = &opts, .target = &target};
	s->looks.turn = 1;
	s->tick_ns = 10;
	wall_begin(s, th);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	profile_deinit(&profile);
	free(s);
	trie_path_deinit(&th->path);
	free(th);
	return 0;
}

static void
tick(void)
{
	s->looks.turn++;
	s->last_tick_ns = s->tick_ns;
	s->tick_ns += 10;
}

static void
sleep_in(const struct stack *stack)
{
	wall_sleep(s, th, wall_node(s, th, 'S', stack), END_ROOT);
}

static void
run_in(const struct stack *stack, uint64_t waited)
{
	struct weight w = {.count = 1};
	uint32_t labels;

	th->task.waited_ns += waited;
	w.wall = wall_run(s, th, stack, &labels);
	profile_add(&profile, labels, stack->frames, stack->n, w);
}

static struct weight
weight_of(const char *name, const char *state)
{
	struct weight sum = {0};

	for (size_t i = 0; i < profile.trie.n; i++) {
		const struct trie_node *n = &profile.trie.nodes[i];
		uint32_t labels;

		if (n->parent == TRIE_NO_NODE)
			continue;
		labels = profile.trie.nodes[n->parent].frame;
		if (strcmp(interned(&profile.strings,
			       profile.labels[labels].state),
			state) == 0 &&
		    strcmp(interned(&profile.strings,
			       profile.frames[n->frame].marker),
			name) == 0)
			weight_add(&sum, &n->w);
	}
	return sum;
}

#define assert_weight(name, state, n, time)                              \
	do {                                                             \
		assert_int_equal(weight_of(name, state).count, n);       \
		assert_int_equal(weight_of(name, state).wall, time);     \
	} while (0)

/* A sleeper costs nothing until somebody asks. */
static void
a_sleeper_is_charged_late(void **state)
{
	(void)state;
	sleep_in(&here);
	for (int i = 0; i < 5; i++)
		tick();
	assert_weight("here", "sleeping", 0, 0);
	wall_settle(s, th);
	assert_weight("here", "sleeping", 5, 50);
	wall_settle(s, th);
	assert_weight("here", "sleeping", 5, 50);
	tick();
	wall_settle(s, th);
	assert_weight("here", "sleeping", 6, 60);
	assert_int_equal(profile.stats.samples, 6);
	assert_int_equal(profile.stats.ends[END_ROOT], 6);
}

/* It was seen asleep up to the last tick; where it is now gets the rest. */
static void
who_wakes_slept_until_the_last_tick(void **state)
{
	(void)state;
	sleep_in(&here);
	tick();
	tick();
	tick();
	wall_wake(s, th, s->looks.turn - 1);
	assert_weight("here", "sleeping", 2, 20);
	wall_wake(s, th, s->looks.turn - 1);
	sleep_in(&there);
	assert_weight("here", "sleeping", 2, 20);
	assert_weight("there", "sleeping", 1, 10);
}

static void
who_runs_carries_the_time_since(void **state)
{
	(void)state;
	tick();
	tick();
	run_in(&here, 0);
	assert_weight("here", "running", 1, 20);
	tick();
	run_in(&there, 4);
	assert_weight("there", "running", 1, 6);
	assert_weight("there", "runnable", 0, 4);
	/* The kernel may tell late, of a wait that was longer than the tick. */
	tick();
	run_in(&here, 25);
	assert_weight("here", "runnable", 0, 10);
	assert_weight("here", "running", 2, 20);
	tick();
	run_in(&here, 0);
	assert_weight("here", "runnable", 0, 20);
	tick();
	run_in(&here, 0);
	assert_weight("here", "runnable", 0, 25);
	assert_weight("here", "running", 4, 25);
}

static void
from_sleep_to_run(void **state)
{
	(void)state;
	sleep_in(&here);
	tick();
	tick();
	run_in(&there, 0);
	assert_weight("here", "sleeping", 1, 10);
	assert_weight("there", "running", 1, 10);
	assert_false(th->wall.is_asleep);
}

static void
what_nobody_saw_is_a_row(void **state)
{
	(void)state;
	tick();
	wall_skip(s, th);
	assert_weight("[not sampled]", "", 0, 10);
	sleep_in(&here);
	tick();
	wall_skip(s, th);
	assert_weight("[not sampled]", "", 0, 10);
	assert_weight("here", "sleeping", 1, 10);
}

/* What it slept before a gap in which it ran was seen. */
static void
who_ran_in_a_gap_slept_before_it(void **state)
{
	(void)state;
	sleep_in(&here);
	for (int i = 0; i < 5; i++)
		tick();
	/* The gap's end: a turn of looks has not begun. */
	s->last_tick_ns = s->tick_ns;
	s->tick_ns += 1000;
	wall_wake(s, th, s->looks.turn);
	wall_skip(s, th);
	assert_weight("here", "sleeping", 5, 50);
	assert_weight("[not sampled]", "", 0, 1000);
}

/* In a gap it waited for a CPU, too: that is in the gap, and not owed. */
static void
what_was_waited_unseen_is_in_the_row(void **state)
{
	(void)state;
	tick();
	th->task.waited_ns += 1000;
	wall_skip(s, th);
	assert_weight("[not sampled]", "", 0, 10);
	tick();
	run_in(&here, 3);
	assert_weight("here", "running", 1, 7);
	assert_weight("here", "runnable", 0, 3);
}

static void
the_dead_spend_no_time(void **state)
{
	(void)state;
	th->sleeper.is_dead = true;
	tick();
	wall_skip(s, th);
	assert_weight("[not sampled]", "", 0, 0);
}

static void
states_have_names(void **state)
{
	(void)state;
	tick();
	wall_sleep(s, th, wall_node(s, th, 'D', &here), END_ROOT);
	tick();
	wall_wake(s, th, s->looks.turn - 1);
	tick();
	wall_sleep(s, th, wall_node(s, th, 'T', &here), END_ROOT);
	assert_weight("here", "disk", 1, 10);
	assert_weight("here", "stopped", 2, 20);
}

static void
cpu_mode_weighs_no_wall(void **state)
{
	(void)state;
	opts.measure = MEASURE_CPU;
	sleep_in(&here);
	tick();
	wall_settle(s, th);
	tick();
	run_in(&there, 5);
	tick();
	wall_skip(s, th);
	assert_weight("here", "sleeping", 0, 0);
	assert_weight("there", "", 1, 0);
	assert_weight("[not sampled]", "", 0, 0);
	assert_int_equal(profile.stats.samples, 0);
}

#define on_wall(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    on_wall(a_sleeper_is_charged_late),
	    on_wall(who_wakes_slept_until_the_last_tick),
	    on_wall(who_runs_carries_the_time_since),
	    on_wall(from_sleep_to_run),
	    on_wall(what_nobody_saw_is_a_row),
	    on_wall(who_ran_in_a_gap_slept_before_it),
	    on_wall(what_was_waited_unseen_is_in_the_row),
	    on_wall(the_dead_spend_no_time),
	    on_wall(states_have_names),
	    on_wall(cpu_mode_weighs_no_wall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Four frames, each with its return address and its saved fp in two words: what
 * is taken over of them, and that no changed word is overlooked. That walks
 * come to the same frames with a trail and without, t_unwind and fuzz_unwind
 * want.
 */
#include "config.h"

#include "unwind/trail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define STACK 0x7ffc0000ull
#define AT(i) (STACK + 8 * (uint64_t)(i))
#define N     4

static uint64_t stack[2 * N];
static struct mem_window window;
static struct trail trail;
static struct trail_walk walk; /* large */
static struct frame frames[16];

static uint64_t
pc_of(size_t i)
{
	return 0x401000 + 0x100 * i;
}

/* Frame i's step: frame i + 1 is its caller. */
static struct trail_step
step_of(size_t i)
{
	return (struct trail_step){.pc = pc_of(i),
	    .sp = AT(2 * i),
	    .fp = AT(2 * i),
	    .ra_at = AT(2 * i + 1),
	    .fp_at = AT(2 * i)};
}

static int
setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < N; i++) {
		stack[2 * i] = AT(2 * (i + 1));
		stack[2 * i + 1] = i + 1 < N ? pc_of(i + 1) : 0;
	}
	window = (struct mem_window){.addr = STACK,
	    .bytes = (const uint8_t *)stack,
	    .len = sizeof(stack)};
	trail_begin(&walk, &trail, 1);
	for (size_t i = 0; i < N; i++) {
		struct trail_step s = step_of(i);

		trail_note(&walk, &s);
	}
	trail_end(&walk);
	assert_int_equal(trail.n, N);
	trail_begin(&walk, &trail, 1);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	trail_deinit(&trail);
	return 0;
}

static size_t
find(size_t i)
{
	struct trail_step s = step_of(i);

	return trail_find(&walk, s.pc, s.sp, s.fp);
}

/* How many frames there are after n, of 16 at the most. */
static size_t
take(size_t at, size_t n)
{
	size_t before = n;
	bool taken = trail_take(&walk, at, &window, frames, &n, 16);

	assert_int_equal(n, taken ? before + at : before);
	return taken ? n : 0;
}

static void
takes_what_lies_outside(void **state)
{
	size_t at = find(1);

	(void)state;
	assert_int_equal(at, 2);
	assert_int_equal(take(at, 5), 7);
	assert_true(frames[5].pc == pc_of(2) && frames[5].is_return_addr);
	assert_true(frames[6].pc == pc_of(3) && frames[6].is_return_addr);
	assert_int_equal(trail.reused, 2);
	assert_true(trail_reach(&trail) == AT(2 * N));
}

/* Further in there are other frames now. */
static void
goes_on_from_there(void **state)
{
	struct trail_step inner = {.pc = 0x500000, .sp = AT(1), .fp = AT(2)};

	(void)state;
	assert_int_equal(
	    trail_find(&walk, inner.pc, inner.sp, inner.fp), SIZE_MAX);
	trail_note(&walk, &inner);
	assert_int_equal(take(find(1), 1), 3);
	assert_int_equal(trail.n, N);
	assert_true(trail.steps[0].pc == pc_of(3));
	assert_true(trail.steps[2].pc == pc_of(1));
	assert_true(trail.steps[3].pc == inner.pc);
}

/* Each word, and only what lies outside of it holds still. */
static void
no_word_may_differ(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * N; i++) {
		/* The outermost frame's fp is nobody's. */
		bool counts = i != 2 * (N - 1);
		size_t at;

		stack[i] ^= 16;
		trail_begin(&walk, &trail, 1);
		at = find(0);
		assert_int_equal(at, N - 1);
		assert_int_equal(take(at, 1), counts ? 0 : N);
		/* Behind it all stands, also when that is one frame only. */
		if (counts && i / 2 + 1 < N)
			assert_int_equal(find(i / 2 + 1), N - 2 - i / 2);
		if (counts)
			assert_int_equal(find(i / 2), SIZE_MAX);
		stack[i] ^= 16;
	}
}

/* Where only the outermost frame is the same, its return address must be 0. */
static void
outermost_alone(void **state)
{
	(void)state;
	assert_int_equal(take(find(N - 1), 3), 3);
	trail_begin(&walk, &trail, 1);
	stack[2 * N - 1] = 0x401000;
	assert_int_equal(take(find(N - 1), 3), 0);
}

static void
not_the_same_frame(void **state)
{
	struct trail_step s = step_of(1);

	(void)state;
	assert_int_equal(trail_find(&walk, s.pc + 1, s.sp, s.fp), SIZE_MAX);
	assert_int_equal(trail_find(&walk, s.pc, s.sp, s.fp + 8), SIZE_MAX);
	assert_int_equal(trail_find(&walk, s.pc, s.sp + 8, s.fp), SIZE_MAX);
	/* The stack pointer has passed it by. */
	assert_int_equal(trail_find(&walk, s.pc, s.sp, s.fp), SIZE_MAX);
	assert_int_equal(find(2), 1);
}

static void
no_room(void **state)
{
	(void)state;
	assert_int_equal(take(find(1), 15), 0);
	assert_int_equal(take(find(1), 14), 16);
}

static void
outside_the_window(void **state)
{
	(void)state;
	window.len -= 8;
	assert_int_equal(take(find(1), 1), 0);
	window.len = 0;
	trail_begin(&walk, &trail, 1);
	assert_int_equal(take(find(1), 1), 0);
}

static void
another_generation(void **state)
{
	(void)state;
	trail_begin(&walk, &trail, 2);
	assert_int_equal(find(1), SIZE_MAX);
}

/* What is further in than a step that does not belong here is forgotten. */
static void
broken(void **state)
{
	struct trail_step s = step_of(3);

	(void)state;
	trail_note(&walk, &s);
	trail_break(&walk);
	trail_note(&walk, &s);
	trail_end(&walk);
	assert_int_equal(trail.n, 1);
}

static void
too_deep(void **state)
{
	(void)state;
	for (size_t i = 0; i <= TRAIL_MAX; i++) {
		struct trail_step s = {.pc = 0x600000 + i, .sp = AT(i)};

		trail_note(&walk, &s);
	}
	trail_end(&walk);
	/* The one from before is still as good as it was. */
	assert_int_equal(trail.n, N);
	trail_begin(&walk, &trail, 1);
	assert_int_equal(find(0), N - 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(takes_what_lies_outside),
	    TEST(goes_on_from_there),
	    TEST(no_word_may_differ),
	    TEST(outermost_alone),
	    TEST(not_the_same_frame),
	    TEST(no_room),
	    TEST(outside_the_window),
	    TEST(another_generation),
	    TEST(broken),
	    TEST(too_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our own memory is the target's: what the test changes, "it" has changed. */
#include "config.h"

#include "session/stack_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* A stack of 1 MiB of which the snapshot has 4 KiB, and some other memory. */
#define WORDS	   ((size_t)128 << 10)
#define SNAP_WORDS 512
#define SNAP_AT	   1024 /* the word at which it begins */

static uint64_t *stack, *data, copy[SNAP_WORDS];
static struct mapping mappings[3];
static struct mappings maps = {.v = mappings, .n = 3};
static struct snapshot snap;
static struct remote_mem rm;
static struct stack_reader reader;
static struct mem mem;

#define ADDR(p) ((uint64_t)(uintptr_t)(p))

/* With nothing behind it. */
static void *
map(size_t size)
{
	uint8_t *p = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	assert_int_equal(mprotect(p + size, 4096, PROT_NONE), 0);
	return p;
}

static int
compare_mappings(const void *a, const void *b)
{
	const struct mapping *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Constants that follow the data's first page. */
#define CONSTANTS (data + 512)

static int
setup(void **state)
{
	(void)state;
	rm = (struct remote_mem){.pid = getpid(), .mem_fd = -1};
	stack = map(WORDS * 8);
	data = map(8192);
	mappings[0] = (struct mapping){.start = ADDR(stack),
	    .end = ADDR(stack + WORDS),
	    .flags = MAPPING_READ | MAPPING_WRITE};
	mappings[1] = (struct mapping){.start = ADDR(data),
	    .end = ADDR(CONSTANTS),
	    .flags = MAPPING_READ | MAPPING_WRITE};
	mappings[2] = (struct mapping){.start = ADDR(CONSTANTS),
	    .end = ADDR(CONSTANTS + 512),
	    .flags = MAPPING_READ};
	qsort(mappings, 3, sizeof(mappings[0]), compare_mappings);
	stack_reader_init(&reader);
	mem = stack_reader_mem(&reader);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	stack_reader_deinit(&reader);
	munmap(stack, WORDS * 8 + 4096);
	munmap(data, 8192 + 4096);
	return 0;
}

/* Every word holds its number; the copy is taken; a walk begins. */
static void
begin(size_t want)
{
	for (size_t i = 0; i < WORDS; i++)
		stack[i] = i;
	memcpy(copy, stack + SNAP_AT, sizeof(copy));
	for (size_t i = 0; i < 1024; i++)
		data[i] = ~i;
	snap = (struct snapshot){.stack_addr = ADDR(stack + SNAP_AT),
	    .stack = (uint8_t *)copy,
	    .stack_len = sizeof(copy)};
	stack_reader_begin(&reader, &snap, &rm, &maps, want);
}

static void
begin_again(void)
{
	stack_reader_begin(&reader, &snap, &rm, &maps, 0);
}

static uint64_t
word(size_t i)
{
	uint64_t v = 0;

	assert_true(mem_read_u64(&mem, ADDR(stack + i), &v));
	return v;
}

#define LAST (SNAP_AT + SNAP_WORDS - 1)

static void
the_snapshot_comes_first(void **state)
{
	(void)state;
	begin(0);
	memset(stack + SNAP_AT, 0xff, sizeof(copy)); /* it runs on */
	assert_int_equal(word(SNAP_AT), SNAP_AT);
	assert_int_equal(word(LAST), LAST);
	assert_false(reader.is_late);
	assert_int_equal(reader.window.high, ADDR(stack + LAST + 1));
}

static void
then_the_stack_above_it(void **state)
{
	(void)state;
	begin(0);
	assert_int_equal(word(LAST), LAST);
	for (size_t i = LAST + 1; i < WORDS; i += 97)
		assert_int_equal(word(i), i);
	assert_int_equal(word(WORDS - 1), WORDS - 1);
	assert_true(reader.is_late);
	assert_int_equal(reader.window.high, ADDR(stack + WORDS));
	assert_true(stack_reader_stood_still(&reader));
}

static void
across_the_end_of_the_snapshot(void **state)
{
	uint64_t buf[2], at = ADDR(stack + LAST);

	(void)state;
	begin(0);
	assert_true(mem_read(&mem, at, buf, sizeof(buf)));
	assert_int_equal(buf[0], LAST);
	assert_int_equal(buf[1], LAST + 1);
	assert_true(reader.is_late);
}

/* The mapping's end, and before it a page that has gone since. */
static void
not_past_the_end_of_the_stack(void **state)
{
	uint64_t buf[2];

	(void)state;
	begin(0);
	assert_false(mem_read_u64(&mem, ADDR(stack + WORDS), buf));
	assert_false(
	    mem_read(&mem, ADDR(stack + WORDS - 1), buf, sizeof(buf)));
	assert_int_equal(mprotect(stack + WORDS - 512, 4096, PROT_NONE), 0);
	begin_again();
	assert_false(mem_read_u64(&mem, ADDR(stack + WORDS - 1), buf));
	assert_false(
	    mem_read(&mem, ADDR(stack + WORDS - 513), buf, sizeof(buf)));
	assert_int_equal(word(WORDS - 513), WORDS - 513);
	assert_int_equal(mprotect(stack + WORDS - 512, 4096,
			     PROT_READ | PROT_WRITE),
	    0);
}

static void
what_cannot_be_read(void **state)
{
	static const uint64_t addrs[] = {
	    0, 8, 0x8000000000000000, UINT64_MAX - 7, UINT64_MAX};
	uint64_t v;

	(void)state;
	begin(0);
	for (size_t i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++)
		assert_false(mem_read_u64(&mem, addrs[i], &v));
}

/*
 * Coroutines, and the stacks of Go's signals, lie in one mapping with others:
 * what is up there is no frame of this stack's, to be copied with it.
 */
static void
another_stack_in_the_same_mapping(void **state)
{
	const size_t size = EXTENSION_MAX + (2u << 20), words = size / 8;
	uint64_t *both = map(size), v;
	struct mapping m = {.start = ADDR(both),
	    .end = ADDR(both + words),
	    .flags = MAPPING_READ | MAPPING_WRITE};
	struct mappings of_both = {.v = &m, .n = 1};

	(void)state;
	snap = (struct snapshot){.stack_addr = ADDR(both),
	    .stack = (uint8_t *)copy,
	    .stack_len = sizeof(copy)};
	stack_reader_begin(&reader, &snap, &rm, &of_both, 0);
	both[words - 1] = 42;
	assert_true(mem_read_u64(&mem, ADDR(both + words - 1), &v));
	assert_int_equal(v, 42);
	both[words / 2] = 43;
	assert_true(mem_read_u64(&mem, ADDR(both + words / 2), &v));
	assert_int_equal(v, 43);
	assert_true(reader.is_late);
	assert_in_range(reader.window.high, 0, ADDR(both) + sizeof(copy));
	munmap(both, size + 4096);
}

/* What was wanted is read when the walk begins, not when it gets there. */
static void
what_is_wanted_is_read_early(void **state)
{
	(void)state;
	begin(sizeof(copy) + 8192);
	assert_false(reader.is_late);
	stack[LAST + 1] = stack[LAST + 1024] = 42;
	assert_int_equal(word(LAST), LAST);
	assert_int_equal(word(LAST + 1), LAST + 1);
	assert_int_equal(word(LAST + 1024), LAST + 1024);
	/* It is late all the same, though still true. */
	assert_true(reader.is_late);
	assert_true(stack_reader_stood_still(&reader));
}

static void
left_before_it_was_read(void **state)
{
	(void)state;
	begin(0);
	/* The frame that this return address is of has been left ... */
	stack[LAST - 3] = 42;
	begin_again();
	assert_int_equal(word(LAST - 3), LAST - 3);
	assert_int_equal(word(LAST + 1), LAST + 1);
	assert_false(stack_reader_stood_still(&reader));
}

static void
inner_frames_may_come_and_go(void **state)
{
	(void)state;
	begin(0);
	stack[LAST - 9] = 42;
	begin_again();
	assert_int_equal(word(LAST - 9), LAST - 9);
	assert_int_equal(word(LAST - 3), LAST - 3);
	assert_int_equal(word(LAST + 1), LAST + 1);
	assert_true(stack_reader_stood_still(&reader));
}

/* What was read after the late read says nothing about the time of that. */
static void
inner_frames_read_afterwards(void **state)
{
	(void)state;
	begin(0);
	stack[LAST - 9] = 42;
	begin_again();
	assert_int_equal(word(LAST - 3), LAST - 3);
	assert_int_equal(word(LAST + 1), LAST + 1);
	assert_int_equal(word(LAST - 9), LAST - 9);
	assert_true(stack_reader_stood_still(&reader));
}

/*
 * A recursion has the same return address in every frame. That those further
 * in are unchanged must not speak for the outermost.
 */
static void
left_in_a_recursion(void **state)
{
	(void)state;
	begin(0);
	for (size_t i = SNAP_AT; i < WORDS; i++)
		stack[i] = 0x401234;
	for (size_t i = 0; i < SNAP_WORDS; i++)
		copy[i] = 0x401234;
	stack[LAST] = 42;
	begin_again();
	for (size_t i = LAST - 100; i <= LAST; i++)
		assert_int_equal(word(i), 0x401234);
	assert_int_equal(word(LAST + 1), 0x401234);
	assert_false(stack_reader_stood_still(&reader));
}

/* Nothing of the snapshot was used: then nothing vouches for the rest. */
static void
nothing_to_compare(void **state)
{
	(void)state;
	begin(0);
	assert_int_equal(word(LAST + 1), LAST + 1);
	assert_false(stack_reader_stood_still(&reader));
}

static void
a_stack_that_is_gone(void **state)
{
	(void)state;
	begin(0);
	assert_int_equal(word(LAST), LAST);
	assert_int_equal(word(LAST + 1), LAST + 1);
	rm.pid = (1 << 22) + 1; /* above PID_MAX_LIMIT: no such process */
	reader.extension.len = 0;
	assert_false(stack_reader_stood_still(&reader));
	rm.pid = getpid();
}

static void
other_memory(void **state)
{
	uint64_t v;

	(void)state;
	begin(0);
	assert_true(mem_read_u64(&mem, ADDR(CONSTANTS), &v));
	assert_int_equal(v, ~512ull);
	assert_false(reader.is_late); /* it does not change */
	assert_true(mem_read_u64(&mem, ADDR(data), &v));
	assert_int_equal(v, ~0ull);
	assert_true(reader.is_late);
	assert_int_equal(reader.window.high, 0); /* none of it is stack */
}

static void
once_more_without_what_can_change(void **state)
{
	uint64_t v;

	(void)state;
	begin(0);
	assert_int_equal(word(LAST + 1), LAST + 1);
	stack_reader_restrict(&reader);
	assert_int_equal(word(LAST), LAST);
	assert_false(mem_read_u64(&mem, ADDR(stack + LAST + 1), &v));
	assert_false(mem_read_u64(&mem, ADDR(data), &v));
	assert_true(mem_read_u64(&mem, ADDR(CONSTANTS), &v));
	/* The next walk may again. */
	begin(0);
	assert_int_equal(word(LAST + 1), LAST + 1);
}

/* One that has grown since the maps were read, or is no stack at all. */
static void
a_snapshot_in_no_mapping(void **state)
{
	uint64_t v;

	(void)state;
	begin(0);
	maps.n = 0;
	stack_reader_begin(&reader, &snap, &rm, &maps, WORDS * 8);
	assert_int_equal(word(LAST), LAST);
	assert_true(mem_read_u64(&mem, ADDR(stack + LAST + 1), &v));
	assert_int_equal(v, LAST + 1);
	assert_true(reader.is_late);
	maps.n = 3;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_snapshot_comes_first),
	    cmocka_unit_test(then_the_stack_above_it),
	    cmocka_unit_test(across_the_end_of_the_snapshot),
	    cmocka_unit_test(not_past_the_end_of_the_stack),
	    cmocka_unit_test(what_cannot_be_read),
	    cmocka_unit_test(another_stack_in_the_same_mapping),
	    cmocka_unit_test(what_is_wanted_is_read_early),
	    cmocka_unit_test(left_before_it_was_read),
	    cmocka_unit_test(inner_frames_may_come_and_go),
	    cmocka_unit_test(inner_frames_read_afterwards),
	    cmocka_unit_test(left_in_a_recursion),
	    cmocka_unit_test(nothing_to_compare),
	    cmocka_unit_test(a_stack_that_is_gone),
	    cmocka_unit_test(other_memory),
	    cmocka_unit_test(once_more_without_what_can_change),
	    cmocka_unit_test(a_snapshot_in_no_mapping),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The target is the test itself: a thread that stands still, or goes on. */
#include "config.h"

#include "session/walker.h"

#include "../child.h"
#include "base/clock.h"
#include "core/byte_ranges.h"
#include "object/debug_search.h"
#include "own_target.h"
#include "session/space.h"

#include <pthread.h>

#ifdef __x86_64__

#include "own_stack.h"

#define DEPTH	  40
#define MAX_DEPTH 256
/* More than what stands on any stack here. */
#define ALL ((size_t)1 << 20)
/* Ends among the frames of descend(). */
#define SOME ((size_t)SNAPSHOT_BELOW_SP + 1200)

static struct target target;
static struct space space;
static struct walker walker;
static struct snapshot snap;
static pthread_t thread;
static ucontext_t context; /* of the thread, where it stands */

static void
stand_still(void)
{
	(void)getcontext(&context);
	shared->ready = 1;
	await(&shared->go);
	shared->go = 0;
}

static unsigned descend(unsigned level, bool second_way);

/* Nothing that a compiler could see through. */
static unsigned (*volatile next_level)(unsigned, bool) = descend;

/* One frame a level, whose return address tells the way it was called. */
static unsigned
descend(unsigned level, bool second_way)
{
	volatile unsigned room[16] = {0};

	if (level == 0)
		stand_still();
	else if (second_way)
		room[1] = next_level(level - 1, true);
	else
		room[0] = next_level(level - 1, false);
	return room[0] + room[1] + 1;
}

static void *
descend_twice(void *unused)
{
	(void)unused;
	(void)descend(DEPTH, false);
	(void)descend(DEPTH, true);
	return NULL;
}

static int
setup(void **state)
{
	(void)state;
	memset(shared, 0, sizeof(*shared));
	assert_int_equal(
	    pthread_create(&thread, NULL, descend_twice, NULL), 0);
	await(&shared->ready);
	target = own_target_open();
	assert_true(space_init(&space, &target, NULL, &debug_search_default));
	walker_init(&walker, &space, MAX_DEPTH);
	return 0;
}

/* To where it stands next, or to its end. */
static void
go_on(void)
{
	shared->ready = 0;
	shared->go = 1;
}

static int
teardown(void **state)
{
	(void)state;
	/* It stands there once or twice more. */
	while (pthread_tryjoin_np(thread, NULL) != 0) {
		shared->go = 1;
		(void)usleep(100);
	}
	walker_deinit(&walker);
	space_deinit(&space);
	target_close(&target);
	free(snap.stack);
	snap = (struct snapshot){0};
	return 0;
}

static struct unwind_result
walk(size_t copied, size_t want)
{
	own_stack_copy(&context, copied, &snap);
	return walker_walk(&walker, &snap, want);
}

static struct frame *
copy_frames(size_t n)
{
	struct frame *copy = calloc(n, sizeof(*copy));

	assert_non_null(copy);
	memcpy(copy, walker.frames, n * sizeof(*copy));
	return copy;
}

static void
assert_same_frames(const struct frame *expected, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(walker.frames[i].pc, expected[i].pc);
}

static void
a_whole_stack(void **state)
{
	struct unwind_result r = walk(ALL, ALL);

	(void)state;
	assert_int_equal(r.end, END_ROOT);
	assert_true(r.n > DEPTH);
	assert_int_equal(walker.late_walks, 0);
	/* Frames of descend() return to one and the same place. */
	assert_int_equal(walker.frames[3].pc, walker.frames[DEPTH - 1].pc);
}

static void
no_more_than_was_needed(void **state)
{
	struct unwind_result r = walk(ALL, ALL);
	size_t need = walker_need(&walker);

	(void)state;
	assert_in_range(need, SOME, snap.stack_len);
	assert_int_equal(walk(need, need).n, r.n);
	assert_int_equal(walker.late_walks, 0);
	assert_int_equal(walker_need(&walker), need);
	assert_int_equal(walk(need - 8, need).n, r.n);
	assert_int_equal(walker.late_walks, 1);
	assert_int_equal(walker_need(&walker), need);
}

static void
what_the_copy_lacks_is_read_late(void **state)
{
	struct unwind_result whole = walk(ALL, ALL), r;
	struct frame *frames = copy_frames(whole.n);

	(void)state;
	r = walk(SOME, SOME);
	assert_int_equal(r.end, END_ROOT);
	assert_int_equal(r.n, whole.n);
	assert_same_frames(frames, r.n);
	assert_true(walker.reader.is_late);
	assert_int_equal(walker.late_walks, 1);
	free(frames);
}

/* The thread stands as deep as before, but has been up and down meanwhile. */
static void
what_has_changed_meanwhile_does_not_count(void **state)
{
	struct unwind_result r = walk(ALL, ALL);
	struct frame *frames = copy_frames(r.n);

	(void)state;
	own_stack_copy(&context, SOME, &snap);
	go_on();
	await(&shared->ready);
	r = walker_walk(&walker, &snap, SOME);
	assert_int_equal(r.end, END_LATE);
	assert_in_range(r.n, 5, DEPTH);
	assert_same_frames(frames, r.n);
	assert_int_equal(walker.late_walks, 1);
	free(frames);
}

static void
a_walk_that_is_cut_short(void **state)
{
	struct unwind_result r;

	(void)state;
	walker.max_depth = 7;
	r = walk(ALL, ALL);
	assert_int_equal(r.end, END_DEPTH);
	assert_int_equal(r.n, 7);
}

/* Nothing on it to be taken for a caller. */
static bool is_stack_empty;

/*
 * Whether a walk from pc reads the maps anew, when they are so old and it takes
 * so long. Done again where the machine was busy with other things meanwhile.
 */
static bool
reads_maps(uint64_t pc, uint64_t age_ns, uint64_t cost_ns)
{
	uint64_t start, before;

	do {
		start = now_ns();
		space.read_ns = before = start - age_ns;
		space.read_cost_ns = cost_ns;
		own_stack_copy(&context, ALL, &snap);
		snap.regs.r[X86_64_RIP] = pc;
		if (is_stack_empty)
			memset(snap.stack, 0, snap.stack_len);
		(void)walker_walk(&walker, &snap, ALL);
	} while (now_ns() - start > NS_PER_SEC / 2);
	return space.read_ns != before;
}

static void
unknown_code_makes_the_maps_be_read(void **state)
{
	uint64_t known = (uint64_t)context.uc_mcontext.gregs[REG_RIP];

	(void)state;
	assert_false(reads_maps(known, 0, 0));
	assert_true(reads_maps(16, 0, 0));
	/* the heap is known, but no code */
	assert_true(reads_maps((uint64_t)(uintptr_t)snap.stack, 0, 0));
	/* but not all the time */
	assert_false(reads_maps(16, 0, NS_PER_SEC));
}

/* A page that is known, of code that does not say how it returns. */
static void
a_walk_that_breaks_off_makes_the_maps_be_read(void **state)
{
	enum { SIZE = 4096, INT3 = 0xcc };
	void *page = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t pc = (uint64_t)(uintptr_t)page;

	(void)state;
	assert_true(page != MAP_FAILED);
	memset(page, INT3, SIZE);
	assert_int_equal(mprotect(page, SIZE, PROT_READ | PROT_EXEC), 0);
	assert_true(space_refresh(&space));
	context.uc_mcontext.gregs[REG_RBP] = 0;
	is_stack_empty = true;
	assert_true(reads_maps(pc, 0, 0));
	assert_int_equal(walker.frames[0].pc, pc);
	/* but not all the time */
	assert_false(reads_maps(pc, 0, NS_PER_SEC));
	is_stack_empty = false;
	(void)munmap(page, SIZE);
}

/*
 * What a JIT writes behind code that is known makes no new mapping. Frames by
 * the frame pointer: f, which a call at the page's end has led to, as soon as
 * that is there.
 */
static void
code_that_was_written_since(void **state)
{
	enum { SIZE = 4096, INT3 = 0xcc, CALL = 0xe8, AFTER = 100 };
	uint8_t *page = mmap(NULL, SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t pc = (uint64_t)(uintptr_t)page, record[2] = {0};
	struct unwind_result r;

	(void)state;
	assert_true(page != MAP_FAILED);
	memset(page, INT3, SIZE);
	record[1] = pc + AFTER;
	assert_true(space_refresh(&space));
	own_stack_copy(&context, ALL, &snap);
	regs_set(&snap.regs, X86_64_RIP, pc);
	regs_set(&snap.regs, X86_64_RBP, (uint64_t)(uintptr_t)record);
	regs_set(&snap.regs, X86_64_RSP, (uint64_t)(uintptr_t)record);
	snap.stack_addr = (uint64_t)(uintptr_t)record;
	snap.stack_len = sizeof(record);
	memcpy(snap.stack, record, sizeof(record));
	space.read_cost_ns = 0;
	r = walker_walk(&walker, &snap, 0);
	assert_int_equal(r.n, 1);
	page[AFTER - 5] = CALL;
	space.read_cost_ns = 0;
	r = walker_walk(&walker, &snap, 0);
	assert_true(r.n > 1);
	assert_int_equal(walker.frames[1].pc, pc + AFTER);
	(void)munmap(page, SIZE);
}

static void
old_maps_are_read_anew(void **state)
{
	uint64_t known = (uint64_t)context.uc_mcontext.gregs[REG_RIP];

	(void)state;
	assert_true(reads_maps(known, 2 * NS_PER_SEC, NS_PER_SEC));
}

static void
a_library_that_was_loaded_since(void **state)
{
	const uint64_t at = (uint64_t)context.uc_mcontext.gregs[REG_RIP];
	const struct mapping *m = mappings_find(&space.maps, at);
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	uint64_t pc;
	void *again;

	(void)state;
	assert_non_null(m);
	again = mmap(NULL, (size_t)(m->end - m->start), PROT_READ | PROT_EXEC,
	    MAP_PRIVATE, fd, (off_t)m->off);
	assert_true(again != MAP_FAILED);
	pc = (uint64_t)(uintptr_t)again + (at - m->start);
	assert_null(mappings_find(&space.maps, pc));
	assert_true(reads_maps(pc, 0, 0));
	m = mappings_find(&space.maps, pc);
	assert_non_null(m);
	assert_non_null(space.modules[m - space.maps.v]);
	/* with its CFI the walk gets through */
	assert_true(walker.frames[1].pc != 0);
	assert_false(walker.frames[1].guessed);
	(void)munmap(again, (size_t)(m->end - m->start));
	(void)close(fd);
}

static bool
read_ranges(void *ctx, uint64_t addr, void *buf, size_t len)
{
	const struct byte_ranges *r = ctx;

	if (snapshot_read(&snap, addr, buf, len))
		return true;
	for (size_t i = 0; i < r->n; i++) {
		uint64_t at = addr - r->v[i].addr;

		if (addr < r->v[i].addr || at > r->v[i].len ||
		    len > r->v[i].len - at)
			continue;
		memcpy(buf, r->v[i].bytes + at, len);
		return true;
	}
	return false;
}

static void
what_it_records_is_enough_to_walk_again(void **state)
{
	struct byte_ranges ranges;
	const struct mem mem = {.read = read_ranges, .ctx = &ranges};
	struct unwind_result r, again;
	struct frame *frames;

	(void)state;
	byte_ranges_init(&ranges);
	walker.record = &ranges;
	r = walk(SOME, SOME);
	frames = copy_frames(r.n);
	byte_ranges_merge(&ranges);
	again = unwind(
	    &space.code, &snap.regs, &mem, walker.frames, MAX_DEPTH);
	assert_int_equal(again.n, r.n);
	assert_int_equal(again.end, END_ROOT);
	assert_same_frames(frames, r.n);
	byte_ranges_deinit(&ranges);
	free(frames);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(a_whole_stack),
	    TEST(no_more_than_was_needed),
	    TEST(what_the_copy_lacks_is_read_late),
	    TEST(what_has_changed_meanwhile_does_not_count),
	    TEST(a_walk_that_is_cut_short),
	    TEST(unknown_code_makes_the_maps_be_read),
	    TEST(a_walk_that_breaks_off_makes_the_maps_be_read),
	    TEST(code_that_was_written_since),
	    TEST(old_maps_are_read_anew),
	    TEST(a_library_that_was_loaded_since),
	    TEST(what_it_records_is_enough_to_walk_again),
	};
#undef TEST

	child_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int
main(void)
{
	(void)printf("1..0 # SKIP no registers of this machine\n");
	return 0;
}

#endif

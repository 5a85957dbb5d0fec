/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A child is dumped and saved; what is shown again must be what was shown. */
#include "config.h"

#include "session/replay.h"

#include "../child.h"
#include "base/attr.h"
#include "core/dump.h"
#include "object/core_image.h"
#include "session/dumper.h"
#include "temp_tree.h"

#include <elf.h>
#include <pthread.h>

#define DEPTH 20

static const struct dump_opts usual = {
    .max_depth = 128, .debug = {.root_fd = -1}};

static char tree[TEMP_TREE_MAX];
static char saved[256]; /* the file's path */
static struct dump *live; /* what was saved */

static void
wait_for_ever(void)
{
	if (++shared->words[0] == 2)
		shared->ready = 1;
	for (;;)
		(void)pause();
}

static void descend(int level);

/* Nothing that a compiler could see through. */
static void (*volatile next_level)(int) = descend;

static void
descend(int level)
{
	if (level == 0)
		wait_for_ever();
	next_level(level - 1);
	/* no tail call */
	shared->result++;
}

static void *
be_named(void *unused)
{
	(void)unused;
	(void)prctl(PR_SET_NAME, "sleeper-1");
	wait_for_ever();
	return NULL;
}

static void
run_two_threads(void)
{
	pthread_t thread;

	(void)pthread_create(&thread, NULL, be_named, NULL);
	descend(DEPTH);
}

static void
save(pid_t pid)
{
	struct dump_opts opts = usual;
	struct dumper *d = NULL;
	struct err err;
	const char *path;

	opts.save_dir = tree;
	if (dumper_open(pid, &opts, &d, &err) < 0 ||
	    dumper_take(d, &live, &err) < 0) {
		print_message("%s (%s)\n", err.what, err.why);
		child_end(pid);
		skip();
	}
	assert_int_equal(dumper_saved(d, &path, &err), 0);
	(void)snprintf(saved, sizeof(saved), "%s", path);
	dumper_close(d);
}

static int
setup(void **state)
{
	(void)state;
	temp_tree_make(tree);
	return 0;
}

/* Not in setup(), which cannot skip. */
static void
begin(void)
{
	pid_t child;

	need_ptrace();
	child = child_start(run_two_threads);
	await(&shared->ready);
	save(child);
	child_end(child);
}

static int
teardown(void **state)
{
	(void)state;
	if (live != NULL)
		dump_free(live);
	live = NULL;
	temp_tree_remove(tree);
	return 0;
}

static struct dump *
play(const struct dump_opts *opts)
{
	struct replay_losses losses;
	struct dump *d = NULL;
	struct err err;

	if (replay(saved, opts, &d, &losses, &err) < 0)
		fail_msg("%s (%s)", err.what, err.why);
	assert_int_equal(losses.dropped, 0);
	assert_int_equal(losses.missing, 0);
	return d;
}

static void
assert_same_text(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a != NULL)
		assert_string_equal(a, b);
}

static void
assert_same_frame(const struct dump_frame *a, const struct dump_frame *b)
{
	assert_int_equal(a->pc, b->pc);
	assert_same_text(a->module, b->module);
	assert_same_text(a->build_id, b->build_id);
	assert_int_equal(a->module_offset, b->module_offset);
	assert_same_text(a->function, b->function);
	assert_same_text(a->system_name, b->system_name);
	assert_int_equal(a->function_offset, b->function_offset);
	assert_int_equal(a->signal_frame, b->signal_frame);
	assert_int_equal(a->guessed, b->guessed);
}

static void
assert_same_thread(const struct dump_thread *a, const struct dump_thread *b)
{
	assert_int_equal(a->tid, b->tid);
	assert_same_text(a->name, b->name);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->end, b->end);
	assert_int_equal(a->n_frames, b->n_frames);
	for (size_t i = 0; i < a->n_frames; i++)
		assert_same_frame(&a->frames[i], &b->frames[i]);
}

static size_t
count(const struct dump_thread *th, const char *function)
{
	size_t n = 0;

	for (size_t i = 0; i < th->n_frames; i++)
		n += th->frames[i].function != NULL &&
		     strcmp(th->frames[i].function, function) == 0;
	return n;
}

static void
the_same_stacks(void **state)
{
	struct dump *d;

	(void)state;
	begin();
	d = play(&usual);
	assert_int_equal(d->pid, live->pid);
	assert_same_text(d->comm, live->comm);
	assert_same_text(d->exe, live->exe);
	assert_int_equal(d->time.tv_sec, live->time.tv_sec);
	assert_int_equal(d->time.tv_nsec, live->time.tv_nsec);
	assert_int_equal(d->n_threads, 2);
	assert_int_equal(live->n_threads, 2);
	for (size_t i = 0; i < 2; i++)
		assert_same_thread(&d->threads[i], &live->threads[i]);
	assert_int_equal(d->threads[0].end, END_ROOT);
	assert_true(count(&d->threads[0], "descend") >= DEPTH);
	assert_int_equal(count(&d->threads[1], "be_named"), 1);
	dump_free(d);
}

static void
some_of_the_threads(void **state)
{
	struct dump_opts opts = usual;
	regex_t re;
	struct dump *d;

	(void)state;
	begin();
	opts.tid = live->threads[1].tid;
	d = play(&opts);
	assert_int_equal(d->n_threads, 1);
	assert_int_equal(d->threads[0].tid, opts.tid);
	dump_free(d);
	opts.tid = 0;
	opts.thread_re = &re;
	assert_int_equal(regcomp(&re, "^sleeper", REG_NOSUB), 0);
	d = play(&opts);
	assert_int_equal(d->n_threads, 1);
	assert_string_equal(d->threads[0].name, "sleeper-1");
	dump_free(d);
	regfree(&re);
	assert_int_equal(regcomp(&re, "nobody", REG_NOSUB), 0);
	d = play(&opts);
	assert_int_equal(d->n_threads, 0);
	dump_free(d);
	regfree(&re);
}

static void
a_thread_that_is_not_in_it(void **state)
{
	struct dump_opts opts = usual;
	struct replay_losses losses;
	struct dump *d = NULL;
	struct err err;

	(void)state;
	begin();
	opts.tid = 1;
	assert_int_equal(
	    replay(saved, &opts, &d, &losses, &err), -ERR_NO_PROCESS);
	assert_non_null(strstr(err.what, "no thread 1"));
	assert_null(d);
}

static void
fewer_frames(void **state)
{
	struct dump_opts opts = usual;
	struct dump *d;

	(void)state;
	begin();
	opts.max_depth = 5;
	d = play(&opts);
	assert_int_equal(d->threads[0].n_frames, 5);
	assert_int_equal(d->threads[0].end, END_DEPTH);
	for (size_t i = 0; i < 5; i++)
		assert_same_frame(
		    &d->threads[0].frames[i], &live->threads[0].frames[i]);
	dump_free(d);
}

static void
assert_refused(const char *path)
{
	struct replay_losses losses;
	struct dump *d = NULL;
	struct err err;

	assert_int_equal(
	    replay(path, &usual, &d, &losses, &err), -ERR_RUNTIME);
	assert_non_null(strstr(err.what, path));
	assert_null(d);
}

static void
files_that_are_no_snapshots(void **state)
{
	(void)state;
	assert_refused("/nonesuch/x.core");
	assert_refused("/proc/self/exe");
	temp_tree_put(tree, "empty", "", 0);
	assert_refused(temp_tree_path(tree, "empty"));
	assert_refused(tree);
}

/*
 * Of aarch64, made by hand: code that no file has, two frame records, and a
 * return address that is signed with as many bits as the snapshot says.
 */
static void
of_another_machine(void **state)
{
	enum { BL = 0x94000000, CODE = 0x10000, STACK = 0x20000, SIZE = 4096 };
	static uint32_t code[64];
	static uint64_t stack[] = {STACK + 16, 0x5ull << 40 | (CODE + 0x44), 0,
	    0};
	struct mapping maps[] = {
	    {.start = CODE,
		.end = CODE + SIZE,
		.flags = MAPPING_READ | MAPPING_EXEC,
		.name = (char *)(uintptr_t)""},
	    {.start = STACK,
		.end = STACK + SIZE,
		.flags = MAPPING_READ | MAPPING_WRITE,
		.name = (char *)(uintptr_t)""},
	};
	const struct mappings list = {.v = maps, .n = ARRAY_SIZE(maps)};
	struct module *const none[ARRAY_SIZE(maps)] = {NULL};
	const struct byte_range range = {
	    CODE, sizeof(code), (const uint8_t *)code};
	struct core_thread thread = {.tid = 42,
	    .name = "other",
	    .state = 'R',
	    .snap = {.stack_addr = STACK,
		.stack = (uint8_t *)stack,
		.stack_len = sizeof(stack)}};
	const struct core_image image = {
	    .process = {.pid = 42,
		.machine = EM_AARCH64,
		.signed_bits = 0x7fff8000000000,
		.comm = "other",
		.exe = "",
		.version = "0.1"},
	    .threads = &thread,
	    .n_threads = 1,
	    .mappings = &list,
	    .modules = none,
	    .ranges = &range,
	    .n_ranges = 1,
	};
	struct dump *d;
	struct err err;

	(void)state;
	code[0x40 / 4] = BL;
	regs_set(&thread.snap.regs, AARCH64_PC, CODE + 0x10);
	regs_set(&thread.snap.regs, AARCH64_SP, STACK);
	regs_set(&thread.snap.regs, AARCH64_FP, STACK);
	(void)snprintf(saved, sizeof(saved), "%s/other.core", tree);
	assert_int_equal(core_image_write(saved, &image, &err), 0);
	d = play(&usual);
	assert_int_equal(d->n_threads, 1);
	assert_int_equal(d->threads[0].n_frames, 2);
	assert_int_equal(d->threads[0].frames[1].pc, CODE + 0x44);
	assert_true(d->threads[0].frames[1].guessed);
	assert_int_equal(d->threads[0].end, END_ROOT);
	dump_free(d);
}

static off_t
size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* Either it says so, or it shows what is left. */
static void
a_file_that_was_cut_short(void **state)
{
	off_t size;

	(void)state;
	begin();
	size = size_of(saved);
	for (off_t left = size - size / 16; left > 0; left -= size / 16) {
		struct replay_losses losses;
		struct dump *d = NULL;
		struct err err;

		assert_int_equal(truncate(saved, left), 0);
		if (replay(saved, &usual, &d, &losses, &err) == 0)
			dump_free(d);
		else
			assert_null(d);
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(the_same_stacks),
	    TEST(some_of_the_threads),
	    TEST(a_thread_that_is_not_in_it),
	    TEST(fewer_frames),
	    TEST(files_that_are_no_snapshots),
	    TEST(a_file_that_was_cut_short),
	    TEST(of_another_machine),
	};
#undef TEST

	child_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

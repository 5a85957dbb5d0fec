/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is saved is the test itself: a thread that stands still. */
#include "config.h"

#include "session/saver.h"

#include "base/xalloc.h"
#include "object/core_file.h"
#include "object/core_modules.h"
#include "object/debug_search.h"
#include "own_target.h"
#include "session/space.h"
#include "session/walker.h"
#include "temp_tree.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#ifdef __x86_64__

#include "own_stack.h"

#define MAX_DEPTH 256
#define DEPTH	  30
/* The leaf and some more frames; the rest is read late. */
#define COPIED (SNAPSHOT_BELOW_SP + sizeof(ucontext_t) + 1000)

static const struct timespec noon = {.tv_sec = 1700000000, .tv_nsec = 5};

static char tree[TEMP_TREE_MAX], dir[TEMP_TREE_MAX + 8];
static struct target target;
static struct space space;
static struct walker walker;
static struct saver saver;
static struct snapshot snap;
static struct unwind_result walked;
static struct core_thread thread;

static int
setup(void **state)
{
	struct err err;

	(void)state;
	temp_tree_make(tree);
	(void)snprintf(dir, sizeof(dir), "%s/saved", tree);
	target = own_target_open();
	(void)snprintf(target.comm, sizeof(target.comm), "me");
	assert_true(space_init(&space, &target, NULL, &debug_search_default));
	walker_init(&walker, &space, MAX_DEPTH);
	assert_int_equal(saver_init(&saver, dir, &space, &err), 0);
	walker.record = &saver.ranges;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	saver_deinit(&saver);
	walker_deinit(&walker);
	space_deinit(&space);
	target_close(&target);
	free(snap.stack);
	snap = (struct snapshot){0};
	temp_tree_remove(tree);
	return 0;
}

static void
save(void)
{
	saver_begin(&saver);
	walked = walker_walk(&walker, &snap, COPIED);
	saver_note_walk(&saver, &walker, walked.n);
	thread = (struct core_thread){.tid = getpid(),
	    .name = "me",
	    .state = 'S',
	    .kind = CORE_LATE,
	    .snap = snap};
	saver_write(&saver, &thread, 1, &noon);
	saver_write_extracts(&saver);
}

static void descend(unsigned level);

/* Nothing that a compiler could see through. */
static void (*volatile next_level)(unsigned) = descend;

static void
descend(unsigned level)
{
	volatile unsigned room[16] = {level};
	ucontext_t here;

	if (level > 0) {
		next_level(level - 1);
		room[1] = room[0];
		return;
	}
	(void)getcontext(&here);
	own_stack_copy(&here, COPIED, &snap);
	save();
}

static char *
path_of(unsigned n)
{
	return xasprintf("%s/me.%d.%u.core", dir, (int)getpid(), n);
}

static void
assert_saved(unsigned n)
{
	char *path = path_of(n);
	struct stat st;

	assert_false(saver.failed);
	assert_string_equal(saver.path, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	free(path);
}

static void
the_directory_is_made_for_its_owner_alone(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(dir, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 0077, 0);
}

static void
a_directory_that_cannot_be_made(void **state)
{
	struct saver other = {0};
	struct err err;

	(void)state;
	assert_int_equal(
	    saver_init(&other, "/nonesuch/dir", &space, &err), -ERR_RUNTIME);
	assert_non_null(strstr(err.what, "/nonesuch/dir: "));
	saver_deinit(&other);
}

static void
files_are_numbered(void **state)
{
	(void)state;
	descend(DEPTH);
	assert_saved(1);
	descend(DEPTH);
	assert_saved(2);
	assert_int_equal(saver.n, 2);
}

static void
an_earlier_run_s_files_are_left_alone(void **state)
{
	char *first = path_of(1), *path, text[8] = "";
	FILE *fp = fopen(first, "we");

	(void)state;
	assert_non_null(fp);
	(void)fputs("before", fp);
	(void)fclose(fp);
	descend(DEPTH);
	path = path_of(2);
	assert_string_equal(saver.path, path);
	free(path);
	fp = fopen(first, "re");
	assert_non_null(fp);
	assert_non_null(fgets(text, sizeof(text), fp));
	(void)fclose(fp);
	assert_string_equal(text, "before");
	free(first);
}

static void
after_the_first_failure_nothing_is_written(void **state)
{
	(void)state;
	assert_int_equal(rmdir(dir), 0);
	descend(DEPTH);
	assert_true(saver.failed);
	assert_int_equal(saver.n, 0);
	assert_non_null(strstr(saver.err.what, dir));
	assert_int_equal(mkdir(dir, 0700), 0);
	descend(DEPTH);
	assert_int_equal(saver.n, 0);
	assert_int_equal(rmdir(dir), 0);
}

static void
assert_same_stack(struct core_file *cf, const struct core_modules *cm)
{
	struct core_view view = {
	    .snap = &core_file_thread(cf, 0)->snap, .file = cf};
	const struct mem mem = core_view_mem(&view);
	const struct code_space code = {.arch = space.code.arch,
	    .mappings = core_file_mappings(cf),
	    .modules = cm->modules,
	    .bias = cm->bias};
	struct frame frames[MAX_DEPTH];
	struct unwind_result r =
	    unwind(&code, &view.snap->regs, &mem, frames, MAX_DEPTH);

	assert_int_equal(r.end, walked.end);
	assert_int_equal(r.n, walked.n);
	for (size_t i = 0; i < r.n; i++) {
		assert_int_equal(frames[i].pc, walker.frames[i].pc);
		assert_int_equal(frames[i].guessed, walker.frames[i].guessed);
	}
}

/* With the extracts alone, as on another machine. */
static void
what_was_saved_can_be_walked_again(void **state)
{
	const struct core_modules_opts opts = {.extracts = dir};
	const struct core_process *p;
	struct core_file *cf = NULL;
	struct core_modules cm;
	struct err err;

	(void)state;
	descend(DEPTH);
	assert_int_equal(walked.end, END_ROOT);
	assert_true(walked.n > DEPTH);
	assert_true(walker.reader.is_late);
	assert_int_equal(core_file_open(saver.path, &cf, &err), 0);
	assert_true(core_file_is_ours(cf));
	assert_int_equal(core_file_dropped(cf), 0);
	p = core_file_process(cf);
	assert_int_equal(p->pid, getpid());
	assert_string_equal(p->comm, "me");
	assert_string_equal(p->exe, saver.exe);
	assert_int_equal(p->time.tv_sec, noon.tv_sec);
	assert_int_equal(p->time.tv_nsec, noon.tv_nsec);
	assert_int_equal(core_file_n_threads(cf), 1);
	assert_int_equal(core_file_thread(cf, 0)->kind, CORE_LATE);
	assert_int_equal(core_file_thread(cf, 0)->state, 'S');
	core_modules_open(&cm, cf, &opts);
	assert_int_equal(cm.missing, 0);
	assert_same_stack(cf, &cm);
	core_modules_close(&cm);
	core_file_free(cf);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(the_directory_is_made_for_its_owner_alone),
	    TEST(a_directory_that_cannot_be_made),
	    TEST(files_are_numbered),
	    TEST(an_earlier_run_s_files_are_left_alone),
	    TEST(after_the_first_failure_nothing_is_written),
	    TEST(what_was_saved_can_be_walked_again),
	};
#undef TEST

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

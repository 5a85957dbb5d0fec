/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/space.h"

#include "../child.h"
#include "base/clock.h"
#include "elf_image.h"
#include "object/module.h"
#include "profile/profile.h"
#include "target/target.h"

#include <sys/resource.h>

/* Each a file of its own in the child. */
#define LIBRARIES 12
#define BROKEN	  1
/* Where the code stands that number 0 has copied. */
#define COPIED LIBRARIES

static struct target target;
static struct profile profile;
static struct space space;
static pid_t child;
static bool may_open;
static int files[LIBRARIES];
static struct rlimit old_limit;
static struct elf_image img;

/* Number 0 has a second page, whose code was copied out of the file. */
static void
copy_code(void *start)
{
	uint8_t *p = (uint8_t *)start + 4096;

	if (mmap(p, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		_exit(1);
	shared->words[COPIED] = (uint64_t)(uintptr_t)p;
}

/* When told: unmaps number 0, and then maps it again. */
static void
map_libraries(void)
{
	void *p[LIBRARIES];

	for (int i = 0; i < LIBRARIES; i++) {
		/* with room behind it */
		p[i] = mmap(NULL, 3 * 4096, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		p[i] = mmap(p[i], 4096, PROT_READ | PROT_EXEC,
		    MAP_PRIVATE | MAP_FIXED, files[i], 0);
		if (p[i] == MAP_FAILED)
			_exit(1);
		shared->words[i] = (uint64_t)(uintptr_t)p[i];
	}
	copy_code(p[0]);
	shared->ready = 1;
	await(&shared->go);
	(void)munmap(p[0], 4096);
	shared->go = 0;
	shared->result = 1;
	await(&shared->go);
	if (mmap(p[0], 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED,
		files[0], 0) == MAP_FAILED)
		_exit(1);
	shared->result = 2;
	for (;;)
		(void)pause();
}

static void
tell_child(int step)
{
	shared->go = 1;
	for (int us = 0; shared->result != step; us += 100) {
		if (us > PATIENCE_US)
			fail_msg("the child does not answer");
		(void)usleep(100);
	}
}

static void
write_library(int fd)
{
	assert_int_equal(
	    pwrite(fd, img.bytes, sizeof(img.bytes), 0), sizeof(img.bytes));
}

static int
start(void **state)
{
	static const char zeros[4096];
	struct err err;

	(void)state;
	memset(&img, 0, sizeof(img));
	elf_image_segment(&img, PT_LOAD, PF_R | PF_X, 0, 0, 0x2000);
	elf_image_finish(&img);
	for (int i = 0; i < LIBRARIES; i++) {
		files[i] = memfd_create("library", MFD_CLOEXEC);
		assert_true(files[i] >= 0);
		if (i == BROKEN)
			assert_int_equal(pwrite(files[i], zeros, 4096, 0), 4096);
		else
			write_library(files[i]);
	}
	child = child_start(map_libraries);
	await(&shared->ready);
	may_open = target_open(child, &target, &err) == 0;
	if (!may_open)
		print_message("a child cannot be opened: %s\n", err.why);
	profile_init(&profile, 0, 0);
	(void)getrlimit(RLIMIT_NOFILE, &old_limit);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	space_deinit(&space);
	space = (struct space){0};
	profile_deinit(&profile);
	if (may_open)
		target_close(&target);
	child_end(child);
	for (int i = 0; i < LIBRARIES; i++)
		(void)close(files[i]);
	(void)setrlimit(RLIMIT_NOFILE, &old_limit);
	return 0;
}

static void
begin(void)
{
	if (!may_open)
		skip();
	assert_true(space_init(&space, &target, &profile, &debug_search_default));
}

static struct module *
library(int i)
{
	const struct mapping *m =
	    mappings_find(&space.maps, shared->words[i]);

	return m != NULL ? space.modules[m - space.maps.v] : NULL;
}

static size_t
known_libraries(void)
{
	size_t n = 0;

	for (size_t i = 0; i < space.n_known; i++)
		n += strcmp(space.known[i].name, "/memfd:library") == 0;
	return n;
}

static void
test_a_file_is_opened_once(void **state)
{
	struct module *before;
	uint64_t generation;

	(void)state;
	begin();
	before = library(2);
	generation = space.code.generation;
	assert_non_null(before);
	assert_true(space_refresh(&space));
	assert_ptr_equal(library(2), before);
	assert_true(space.code.generation == generation);
	assert_int_equal(known_libraries(), LIBRARIES);
}

/* As if each had been tried then, from now. */
static void
set_tried(uint64_t ns)
{
	for (size_t i = 0; i < space.n_known; i++)
		space.known[i].tried_ns = ns;
}

static void
test_what_could_not_be_opened_is_tried_again(void **state)
{
	uint64_t generation;

	(void)state;
	begin();
	assert_null(library(BROKEN));
	generation = space.code.generation;
	write_library(files[BROKEN]);
	set_tried(now_ns());
	assert_true(space_refresh(&space));
	assert_null(library(BROKEN));
	set_tried(now_ns() - 2 * NS_PER_SEC);
	assert_true(space_refresh(&space));
	assert_non_null(library(BROKEN));
	/* The same mappings, and yet not the same code. */
	assert_true(space.code.generation > generation);
}

static void
test_what_is_unmapped_is_let_go(void **state)
{
	size_t files_before, its_own;
	uint64_t generation;

	(void)state;
	begin();
	generation = space.code.generation;
	assert_non_null(library(0));
	files_before = space.all->n_files;
	/* who may not follow map_files has it out of memory */
	its_own = module_fd(library(0)) >= 0;
	tell_child(1);
	assert_true(space_refresh(&space));
	assert_int_equal(known_libraries(), LIBRARIES - 1);
	assert_int_equal(space.all->n_files, files_before - its_own);
	assert_true(space.code.generation > generation);
	generation = space.code.generation;
	tell_child(2);
	assert_true(space_refresh(&space));
	assert_non_null(library(0));
	assert_int_equal(known_libraries(), LIBRARIES);
	assert_int_equal(space.all->n_files, files_before);
	assert_true(space.code.generation > generation);
}

static void
test_what_the_profile_has_is_kept(void **state)
{
	struct module *m;
	uint32_t frame;

	(void)state;
	begin();
	m = library(0);
	frame = space_frame(&space, shared->words[0] + 8);
	tell_child(1);
	assert_true(space_refresh(&space));
	assert_int_equal(known_libraries(), LIBRARIES);
	assert_ptr_equal(
	    space.all->past[profile.frames[frame].mapping].module, m);
	tell_child(2);
	assert_true(space_refresh(&space));
	assert_ptr_equal(library(0), m);
}

static void
test_code_that_was_copied_in_place(void **state)
{
	struct module *before;

	(void)state;
	begin();
	before = library(0);
	assert_non_null(before);
	assert_ptr_equal(library(COPIED), before);
	/* behind nothing it is nobody's */
	tell_child(1);
	assert_true(space_refresh(&space));
	assert_null(library(COPIED));
}

static size_t
count_in_memory(void)
{
	size_t n = 0;

	for (size_t i = 0; i < space.n_known; i++)
		n += space.known[i].memory != 0;
	assert_int_equal(n, space.all->n_in_memory);
	return n;
}

/* The rest is read from memory, and of that too there is an end. */
static void
test_no_more_than_half_of_the_descriptors(void **state)
{
	const struct rlimit few = {
	    .rlim_cur = 24, .rlim_max = old_limit.rlim_max};
	size_t in_memory;

	(void)state;
	/* so that there are more than twelve left */
	for (int i = 0; i < LIBRARIES; i++) {
		(void)close(files[i]);
		files[i] = -1;
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	begin();
	assert_int_equal(space.all->max_files, 12);
	assert_true(space.all->n_files <= 12);
	for (int i = 0; i < LIBRARIES; i++)
		assert_int_equal(library(i) != NULL, i != BROKEN);
	in_memory = count_in_memory();
	/* the program and its own libraries are there as well */
	assert_true(in_memory > 0);
	assert_true(space.all->n_files + in_memory >= LIBRARIES);
	/* number 0 goes, and comes again when nothing has room for it */
	tell_child(1);
	assert_true(space_refresh(&space));
	in_memory = count_in_memory();
	space.all->max_files = 0;
	space.all->max_in_memory = in_memory;
	tell_child(2);
	assert_true(space_refresh(&space));
	assert_int_equal(count_in_memory(), in_memory);
	assert_null(library(0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_a_file_is_opened_once, start, stop),
	    cmocka_unit_test_setup_teardown(
		test_what_could_not_be_opened_is_tried_again, start, stop),
	    cmocka_unit_test_setup_teardown(
		test_what_is_unmapped_is_let_go, start, stop),
	    cmocka_unit_test_setup_teardown(
		test_what_the_profile_has_is_kept, start, stop),
	    cmocka_unit_test_setup_teardown(
		test_code_that_was_copied_in_place, start, stop),
	    cmocka_unit_test_setup_teardown(
		test_no_more_than_half_of_the_descriptors, start, stop),
	};

	child_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

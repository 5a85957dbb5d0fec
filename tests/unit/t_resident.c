/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/resident.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PAGES 100

static size_t page_size;

static unsigned char *
new_pages(void)
{
	void *p = mmap(NULL, PAGES * page_size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	return p;
}

static size_t
count_present(const void *start, size_t n)
{
	unsigned char present[PAGES];
	size_t count = 0;

	assert_true(n <= PAGES);
	if (mincore((void *)(uintptr_t)start, n * page_size, present) != 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		count += present[i] & 1;
	return count;
}

static void
pages_are_there(void **state)
{
	unsigned char *p = new_pages();

	(void)state;
	assert_int_equal(count_present(p, PAGES), 0);
	/* From the page of the first byte to that of the last */
	resident_lock(p + 10 * page_size + 1, 2 * page_size);
	assert_int_equal(count_present(p, 10), 0);
	assert_int_equal(count_present(p + 10 * page_size, 3), 3);
	assert_int_equal(count_present(p + 13 * page_size, 10), 0);
	resident_lock(p, PAGES * page_size);
	assert_int_equal(count_present(p, PAGES), PAGES);
	(void)munmap(p, PAGES * page_size);
}

/*
 * Who may lock nothing has them there all the same. A sanitizer's mlock() does
 * nothing, and says that it has.
 */
#ifndef __SANITIZE_ADDRESS__
static void
where_nothing_may_be_locked(void **state)
{
	static const struct rlimit none;
	pid_t child;
	int status;

	(void)state;
	child = fork();
	if (child == 0) {
		unsigned char *p = new_pages();

		if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 ||
		    (geteuid() == 0 && setuid(65534) != 0) ||
		    mlock(p, 1) == 0)
			_exit(2);
		resident_lock(p + 1, 3 * page_size);
		_exit(count_present(p, PAGES) != 4);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}
#endif

/* A part of this program that nobody has come by. */
static uint8_t never_touched[PAGES * 4096];

static void
all_of_the_program(void **state)
{
	const unsigned char *middle =
	    never_touched + sizeof(never_touched) / 2;

	(void)state;
	middle -= (uintptr_t)middle % page_size;
	assert_int_equal(count_present(middle, 10), 0);
	resident_lock_object((void (*)(void))all_of_the_program);
	assert_int_equal(count_present(middle, 10), 10);
	resident_lock_object((void (*)(void))abort);
	resident_lock_object(NULL); /* nobody's */
}

static void
the_stack_to_come(void **state)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	(void)state;
	here -= here % page_size;
	resident_lock_stack();
	assert_int_equal(
	    count_present((void *)(here - 10 * page_size), 10), 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pages_are_there),
#ifndef __SANITIZE_ADDRESS__
	    cmocka_unit_test(where_nothing_may_be_locked),
#endif
	    cmocka_unit_test(all_of_the_program),
	    cmocka_unit_test(the_stack_to_come),
	};

	page_size = (size_t)sysconf(_SC_PAGESIZE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

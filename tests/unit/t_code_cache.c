/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "unwind/code_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define CODE 0x401000

static struct code_cache cache;

static int
begin(void **state)
{
	(void)state;
	cache = (struct code_cache){0};
	code_cache_begin(&cache, 1);
	return 0;
}

static void
fill(uint64_t addr)
{
	struct code_window *w = code_cache_window(&cache, addr);

	w->addr = addr - addr % CODE_WINDOW;
	w->is_full = true;
}

static bool
holds(uint64_t addr)
{
	return code_window_holds(code_cache_window(&cache, addr), addr);
}

static void
holds_all_of_a_window(void **state)
{
	(void)state;
	assert_false(holds(0));
	fill(CODE + 17);
	assert_true(holds(CODE));
	assert_true(holds(CODE + CODE_WINDOW - 1));
	assert_false(holds(CODE + CODE_WINDOW));
	assert_false(holds(CODE - 1));
}

static void
the_last_one_stays(void **state)
{
	const uint64_t same_place = CODE + CODE_WINDOW * CODE_WINDOWS;

	(void)state;
	fill(CODE);
	fill(same_place);
	assert_false(holds(CODE));
	assert_true(holds(same_place));
}

static void
another_generation_is_other_code(void **state)
{
	(void)state;
	fill(CODE);
	code_cache_begin(&cache, 1);
	assert_true(holds(CODE));
	code_cache_begin(&cache, 2);
	assert_false(holds(CODE));
}

static void
old_code_is_forgotten(void **state)
{
	(void)state;
	code_cache_expire(&cache, 1000, 10);
	fill(CODE);
	code_cache_expire(&cache, 1010, 10);
	assert_true(holds(CODE));
	code_cache_expire(&cache, 1011, 10);
	assert_false(holds(CODE));
	/* From then on anew. */
	fill(CODE);
	code_cache_expire(&cache, 1021, 10);
	assert_true(holds(CODE));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(holds_all_of_a_window, begin),
	    cmocka_unit_test_setup(the_last_one_stays, begin),
	    cmocka_unit_test_setup(another_generation_is_other_code, begin),
	    cmocka_unit_test_setup(old_code_is_forgotten, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

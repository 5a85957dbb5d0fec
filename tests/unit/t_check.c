/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/check.h"

#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void
words(void **state)
{
	(void)state;
	assert_string_equal(verdict_name(VERDICT_PASS), "pass");
	assert_string_equal(verdict_name(VERDICT_WARN), "warn");
	assert_string_equal(verdict_name(VERDICT_FAIL), "fail");
	assert_string_equal(verdict_name(VERDICT_UNKNOWN), "unknown");
	assert_string_equal(check_symbols_name(SYMBOLS_NONE), "none");
	assert_string_equal(check_symbols_name(SYMBOLS_DYNAMIC), "dynamic");
	assert_string_equal(check_symbols_name(SYMBOLS_FULL), "full");
}

static void
a_module_passes_with_names_and_unwind_tables(void **state)
{
	struct check_module m = {
	    .path = (char *)"/bin/a",
	    .is_opened = true,
	    .symbols = SYMBOLS_FULL,
	    .unwind = ".eh_frame",
	};

	(void)state;
	assert_int_equal(check_module_verdict(&m), VERDICT_PASS);
	m.is_deleted = true; /* what is read is what is mapped */
	assert_int_equal(check_module_verdict(&m), VERDICT_PASS);
	m.symbols = SYMBOLS_DYNAMIC;
	assert_int_equal(check_module_verdict(&m), VERDICT_WARN);
	m.path = (char *)"[vdso]"; /* exports all that it has */
	assert_int_equal(check_module_verdict(&m), VERDICT_PASS);
	m.symbols = SYMBOLS_NONE;
	assert_int_equal(check_module_verdict(&m), VERDICT_WARN);
	m.symbols = SYMBOLS_FULL;
	m.unwind = NULL;
	assert_int_equal(check_module_verdict(&m), VERDICT_WARN);
	m.unwind = ".eh_frame";
	m.is_opened = false;
	assert_int_equal(check_module_verdict(&m), VERDICT_WARN);
}

static void
modules_are_added_empty_and_freed(void **state)
{
	struct check c = {.exe = xstrdup("/bin/a")};

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		struct check_module *m = check_add_module(&c);

		assert_ptr_equal(m, &c.modules[i]);
		assert_null(m->path);
		assert_null(m->unwind);
		assert_false(m->is_opened);
		m->path = xasprintf("/lib/%zu", i);
		m->unwind = ".eh_frame";
		m->is_opened = true;
	}
	assert_int_equal(c.n_modules, 100);
	assert_string_equal(c.modules[0].path, "/lib/0");
	assert_string_equal(c.modules[99].path, "/lib/99");
	check_deinit(&c);
	assert_int_equal(c.n_modules, 0);
	assert_null(c.modules);
	assert_null(c.exe);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words),
	    cmocka_unit_test(a_module_passes_with_names_and_unwind_tables),
	    cmocka_unit_test(modules_are_added_empty_and_freed),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}

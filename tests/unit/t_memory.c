/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/sysinfo.h>

#include <cmocka.h>

static void
some_of_what_there_is(void **state)
{
	struct sysinfo si;
	uint64_t available = memory_available();

	(void)state;
	assert_int_equal(sysinfo(&si), 0);
	assert_true(available >= 1u << 20);
	assert_true(available <= (uint64_t)si.totalram * si.mem_unit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(some_of_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/syscall_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#define MORE_THAN_THERE_ARE 2000

static void
names_by_number(void **state)
{
	(void)state;
	assert_string_equal(syscall_name(SYS_read), "read");
	assert_int_equal(syscall_n_args(SYS_read), 3);
	assert_string_equal(syscall_name(SYS_futex), "futex");
	assert_int_equal(syscall_n_args(SYS_futex), 6);
	assert_string_equal(syscall_name(SYS_getpid), "getpid");
	assert_int_equal(syscall_n_args(SYS_getpid), 0);
#ifdef __x86_64__
	assert_string_equal(syscall_name(232), "epoll_wait");
	assert_int_equal(syscall_n_args(232), 4);
#endif
	/* Newer than the headers of Debian 12 */
	assert_string_equal(syscall_name(455), "futex_wait");
}

static void
not_known(void **state)
{
	static const int64_t numbers[] = {-1, -512, INT64_MIN, INT64_MAX,
	    INT32_MAX, MORE_THAN_THERE_ARE, 0x40000000 /* x32's read */};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		assert_null(syscall_name(numbers[i]));
		assert_null(syscall_info(numbers[i]));
		assert_int_equal(syscall_n_args(numbers[i]), SYSCALL_ARGS);
	}
}

/* A word that is misspelt, or a name, makes a row that is none of a call. */
static void
every_row_is_one(void **state)
{
	unsigned n = 0;

	(void)state;
	for (int64_t nr = 0; nr < MORE_THAN_THERE_ARE; nr++) {
		const struct syscall_info *info = syscall_info(nr);

		if (info == NULL)
			continue;
		n++;
		assert_true(info->n_args <= SYSCALL_ARGS);
		assert_true(strspn(info->name,
				"abcdefghijklmnopqrstuvwxyz_0123456789") ==
			    strlen(info->name));
		for (unsigned i = 0; i < SYSCALL_ARGS; i++)
			assert_true(info->kinds[i] < N_ARG_KINDS);
		for (unsigned i = info->n_args; i < SYSCALL_ARGS; i++)
			assert_int_equal(info->kinds[i], ARG_HIDDEN);
	}
	assert_true(n > 250);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_by_number),
	    cmocka_unit_test(not_known),
	    cmocka_unit_test(every_row_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

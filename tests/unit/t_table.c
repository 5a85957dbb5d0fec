/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The columns that have a place, by their first letters and widths. */
static void
expect(int width, bool has_process, const char *text)
{
	static const char letters[COLUMN_NR + 1] = "stSTNFOP";
	char got[128] = "";
	struct columns c;
	int end = 0;

	columns_fit(&c, width, has_process);
	for (int i = 0; i < COLUMN_NR; i++) {
		if (c.at[i].width == 0)
			continue;
		assert_true(c.at[i].x > end || i == 0);
		end = c.at[i].x + c.at[i].width;
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%c%d ", letters[i], c.at[i].width);
	}
	if (width >= 18)
		assert_int_equal(end, width);
	assert_string_equal(got, text);
}

static void
columns_leave_in_their_order(void **state)
{
	(void)state;
	expect(200, false, "s6 t7 S8 T8 N97 F40 O24 ");
	expect(100, false, "s6 t7 S8 T8 N31 F18 O12 ");
	expect(98, false, "s6 t7 S8 T8 N40 F21 ");
	expect(80, false, "s6 t7 S8 T8 N45 ");
	expect(50, false, "s6 t7 T8 N24 ");
	expect(40, false, "s6 t7 N23 ");
	expect(17, false, "s6 t7 N1 ");
	expect(1, false, "s6 t7 N1 ");
	expect(80, true, "s6 t7 S8 T8 N27 P16 ");
	expect(40, true, "s6 t7 N23 ");
}

static void
a_head_sorts(void **state)
{
	struct columns c;
	enum view_sort sort = SORT_PROCESS;

	(void)state;
	columns_fit(&c, 100, false);
	assert_true(columns_sort_at(&c, 3, &sort));
	assert_int_equal(sort, SORT_SELF);
	assert_true(columns_sort_at(&c, 99, &sort));
	assert_int_equal(sort, SORT_OBJECT);
	assert_false(columns_sort_at(&c, 0, &sort));
	assert_false(columns_sort_at(&c, 100, &sort));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(columns_leave_in_their_order),
	    cmocka_unit_test(a_head_sorts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/mapping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Two that touch, a gap, and one up to the end of the address space. */
static struct mapping three[] = {
    {.start = 0x1000, .end = 0x2000},
    {.start = 0x2000, .end = 0x5000},
    {.start = 0xffffffffff600000, .end = UINT64_MAX},
};
static const struct mappings all = {.v = three, .n = 3, .cap = 3};

static void
end_is_exclusive(void **state)
{
	(void)state;
	assert_ptr_equal(mappings_find(&all, 0x1000), &three[0]);
	assert_ptr_equal(mappings_find(&all, 0x1fff), &three[0]);
	assert_ptr_equal(mappings_find(&all, 0x2000), &three[1]);
	assert_ptr_equal(mappings_find(&all, 0x4fff), &three[1]);
	assert_null(mappings_find(&all, 0x5000));
	assert_ptr_equal(mappings_find(&all, 0xffffffffff600000), &three[2]);
}

static void
outside_is_nothing(void **state)
{
	struct mappings none = {0};

	(void)state;
	assert_null(mappings_find(&all, 0));
	assert_null(mappings_find(&all, 0xfff));
	assert_null(mappings_find(&all, 0x7fff00000000));
	assert_null(mappings_find(&all, UINT64_MAX));
	assert_null(mappings_find(&none, 0x1000));
}

static void
every_one_of_many_is_found(void **state)
{
	enum { N = 1001 };
	static struct mapping v[N];
	struct mappings m = {.v = v, .n = N, .cap = N};

	(void)state;
	for (uint64_t i = 0; i < N; i++) {
		v[i].start = 0x10000 * (i + 1);
		v[i].end = v[i].start + 0x8000;
	}
	for (uint64_t i = 0; i < N; i++) {
		assert_ptr_equal(mappings_find(&m, v[i].start), &v[i]);
		assert_ptr_equal(mappings_find(&m, v[i].end - 1), &v[i]);
		assert_null(mappings_find(&m, v[i].end));
		assert_null(mappings_find(&m, v[i].start - 1));
	}
}

/* Files a and b side by side, each other's, and a once more. */
static void
headers_are_those_of_the_same_file(void **state)
{
	static char a[] = "a", b[] = "b";
	static struct mapping v[] = {
	    {.start = 0x1000, .off = 0x1000, .ino = 1, .name = a},
	    {.start = 0x2000, .off = 0, .ino = 1, .name = a},
	    {.start = 0x3000, .off = 0, .ino = 1, .name = b},
	    {.start = 0x4000, .off = 0x2000, .ino = 1, .name = a},
	    {.start = 0x5000, .off = 0x2000, .ino = 1, .name = b},
	    {.start = 0x6000, .off = 0x2000, .ino = 2, .name = a},
	    {.start = 0x7000, .off = 0x2000, .ino = 1, .dev_minor = 1,
		.name = a},
	    {.start = 0x8000, .off = 0, .ino = 1, .name = a},
	    {.start = 0x9000, .off = 0x2000, .ino = 1, .name = a},
	};
	static const size_t expected[] = {MAPPING_NONE, 1, 2, 1, 2,
	    MAPPING_NONE, MAPPING_NONE, 7, 7};
	struct mappings m = {.v = v, .n = sizeof(v) / sizeof(v[0])};
	struct mappings none = {0};
	size_t *headers = mappings_headers(&m);

	(void)state;
	assert_memory_equal(headers, expected, sizeof(expected));
	free(headers);
	free(mappings_headers(&none));
}

static void
deinit_frees_the_names(void **state)
{
	struct mappings m = {.v = calloc(2, sizeof(*m.v)), .n = 2, .cap = 2};

	(void)state;
	assert_non_null(m.v);
	m.v[0].name = strdup("/usr/bin/a");
	m.v[1].name = strdup("");
	mappings_deinit(&m); /* the leak checker looks */
	assert_int_equal(m.n, 0);
	assert_null(m.v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(end_is_exclusive),
	    cmocka_unit_test(outside_is_nothing),
	    cmocka_unit_test(every_one_of_many_is_found),
	    cmocka_unit_test(headers_are_those_of_the_same_file),
	    cmocka_unit_test(deinit_frees_the_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

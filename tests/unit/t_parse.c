/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/attr.h"
#include "base/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS  1000000ull
#define SEC (1000 * MS)

static void
numbers(void **state)
{
	uint64_t v = 1;

	(void)state;
	assert_true(parse_u64("0", 10, &v));
	assert_int_equal(v, 0);
	assert_true(parse_u64("0042", 42, &v));
	assert_int_equal(v, 42);
	assert_true(parse_u64("18446744073709551615", UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
}

static void
not_numbers(void **state)
{
	static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "1x",
	    "0x10", "1.0", "1e3", "18446744073709551616",
	    "99999999999999999999999", "\xd9\xa1"};
	uint64_t v = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(parse_u64(bad[i], UINT64_MAX, &v));
	assert_false(parse_u64("43", 42, &v));
	assert_int_equal(v, 7); /* untouched on failure */
}

static void
durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
	    {"10", 10 * SEC},
	    {"10s", 10 * SEC},
	    {"500ms", 500 * MS},
	    {"250us", 250000},
	    {"1m30s", 90 * SEC},
	    {"2h", 7200 * SEC},
	    {"1h1m1s1ms", 3661 * SEC + MS},
	    {"1.5", 1500 * MS},
	    {"1.5s", 1500 * MS},
	    {"0.5m", 30 * SEC},
	    {"0.001", MS},
	    {"0.0000000019s", 1}, /* cut, not rounded */
	    {"8760h", 365ull * 24 * 3600 * SEC},
	};
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(parse_duration(good[i].text, &ns));
		assert_true(ns == good[i].ns);
	}
}

static void
not_durations(void **state)
{
	static const char *const bad[] = {"", "0", "0s", "-1", "s", "1x",
	    "10 s", " 10", "1m30", "30s1m", "1s1s", "1..5", ".5", "1.", "1.s",
	    "1e3", "10sec", "1ss", "8760h1s", "8761h", "18446744073709551616",
	    "99999999999999999999h", "0.0000000001s"};
	uint64_t ns = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (parse_duration(bad[i], &ns))
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(ns, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(not_numbers),
	    cmocka_unit_test(durations),
	    cmocka_unit_test(not_durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/json_util.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Takes value over. */
static void
assert_line(json_t *value, const char *expected)
{
	char *line = json_line(value, JSON_COMPACT | JSON_ENCODE_ANY);

	assert_string_equal(line, expected);
	free(line);
	json_decref(value);
}

static void
test_text(void **state)
{
	(void)state;
	assert_line(json_text(NULL), "null");
	assert_line(json_text(""), "\"\"");
	assert_line(json_text("na\xc3\xafve"), "\"na\xc3\xafve\"");
	assert_line(json_text("a\xff\"b\\"), "\"a\xef\xbf\xbd\\\"b\\\\\"");
	assert_line(json_text("\033[31m\n"), "\"\\u001B[31m\\n\"");
}

static void
test_hex(void **state)
{
	(void)state;
	assert_line(json_hex(0), "\"0x0\"");
	assert_line(json_hex(UINT64_MAX), "\"0xffffffffffffffff\"");
}

static void
test_numbers(void **state)
{
	(void)state;
	assert_line(json_count(7), "7");
	assert_line(json_count(UINT64_MAX), "9223372036854775807");
	assert_line(json_finite(0.1), "0.1");
	assert_line(json_finite(0), "0.0");
	assert_line(json_finite(NAN), "null");
	assert_line(json_finite(-INFINITY), "null");
}

static void
test_containers_keep_their_order(void **state)
{
	json_t *o = json_need(json_object()), *a = json_need(json_array());

	(void)state;
	json_append(a, json_count(2));
	json_append(a, json_count(1));
	json_put(o, "z", a);
	json_put(o, "a", json_null());
	assert_line(o, "{\"z\":[2,1],\"a\":null}");
}

static void
test_full_disk_is_told(void **state)
{
	FILE *fp = fopen("/dev/full", "w");
	struct err err;

	(void)state;
	assert_non_null(fp);
	assert_int_equal(json_flush(fp, &err), 0);
	(void)fputs("x", fp);
	assert_int_equal(json_flush(fp, &err), -ERR_RUNTIME);
	assert_string_equal(err.what, "write: No space left on device");
	fclose(fp);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_hex),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_containers_keep_their_order),
	    cmocka_unit_test(test_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

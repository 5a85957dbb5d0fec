/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/check_json.h"

#include "core/check.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *
written(const struct check *c)
{
	char *text = NULL;
	size_t size;
	FILE *fp = open_memstream(&text, &size);
	json_t *o;

	assert_non_null(fp);
	check_json_write(c, fp);
	assert_int_equal(fclose(fp), 0);
	o = json_loads(text, 0, NULL);
	assert_non_null(o);
	free(text);
	return o;
}

static const char *
string_at(json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void
a_process(void **state)
{
	struct finding f = {
	    "yama", VERDICT_FAIL, "scope \033 \xff", "", "reboot"};
	struct check_module m = {.path = (char *)"/bin/\xff",
	    .build_id = (char *)"", .is_opened = true,
	    .symbols = SYMBOLS_DYNAMIC, .unwind = ".eh_frame_hdr"};
	struct check c = {.pid = 42, .comm = "a\nb", .status = 4,
	    .findings = &f, .n_findings = 1, .modules = &m, .n_modules = 1,
	    .summary = (char *)"in short"};
	json_t *o = written(&c), *gate, *module;

	(void)state;
	assert_string_equal(string_at(o, "schema"), "scrape-check/1");
	assert_int_equal(json_integer_value(json_object_get(o, "pid")), 42);
	assert_int_equal(json_integer_value(json_object_get(o, "status")), 4);
	assert_string_equal(string_at(o, "comm"), "a?b");
	assert_true(json_is_null(json_object_get(o, "exe")));
	gate = json_array_get(json_object_get(o, "gates"), 0);
	assert_string_equal(string_at(gate, "verdict"), "fail");
	assert_string_equal(string_at(gate, "what"), "scope ? \xef\xbf\xbd");
	assert_true(json_is_null(json_object_get(gate, "why")));
	module = json_array_get(json_object_get(o, "modules"), 0);
	assert_string_equal(string_at(module, "verdict"), "warn");
	assert_string_equal(string_at(module, "symbols"), "dynamic");
	assert_string_equal(string_at(module, "unwind"), ".eh_frame_hdr");
	assert_true(json_is_null(json_object_get(module, "build_id")));
	assert_true(json_is_false(json_object_get(module, "lines")));
	json_decref(o);
}

static void
this_machine(void **state)
{
	struct finding f = {"kernel", VERDICT_PASS, "Linux", "", ""};
	struct check c = {.findings = &f, .n_findings = 1,
	    .summary = (char *)"in short"};
	json_t *o = written(&c);

	(void)state;
	assert_true(json_is_null(json_object_get(o, "pid")));
	assert_null(json_object_get(o, "gates"));
	assert_int_equal(json_array_size(json_object_get(o, "machine")), 1);
	json_decref(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_process),
	    cmocka_unit_test(this_machine),
	};

	return cmocka_run_group_tests_name("check_json", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/top_json.h"

#include "sample_top.h"

#include "base/xalloc.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* To be freed. */
static char *
printed(const struct sample_top *s)
{
	char *text = NULL;
	size_t size;
	FILE *fp = xopen_memstream(&text, &size);
	struct err err;

	assert_int_equal(top_json(&s->page, fp, &err), 0);
	xclose_memstream(fp);
	return text;
}

static json_t *
object(const struct sample_top *s)
{
	char *text = printed(s);
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(o);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
	return o;
}

/* The keys are a promise, in this order. */
static void
test_keys_and_their_order(void **state)
{
	struct sample_top s;
	char *text;

	(void)state;
	sample_top_init(&s);
	s.page.max_rows = 2;
	text = printed(&s);
	assert_string_equal(text,
	    "{\"schema\":\"scrape-top/1\",\"version\":\"" PACKAGE_VERSION "\","
	    "\"time\":\"2026-11-22T07:00:00.123Z\",\"pid\":4242,"
	    "\"comm\":\"made\",\"processes\":[{\"pid\":4242,\"comm\":\"made\","
	    "\"age_s\":273905.0,\"exited\":false,\"wait_status\":null}],"
	    "\"mode\":\"cpu\",\"rate_hz\":100,\"paced_rate_hz\":100,\"elapsed_s\":42.9,"
	    "\"window_s\":5.0,\"filled_s\":5.0,\"cpu\":1.873,"
	    "\"cpu_user\":1.501,\"cpu_system\":0.372,\"attributed\":1.869,\"cpu_unseen\":0.25,"
	    "\"threads\":9,\"threads_running\":3,\"samples\":934,"
	    "\"missed\":0.001,\"complete\":0.992,\"folded\":0.0,\"held\":0.0004,"
	    "\"own_cpu\":0.013,\"unnamed_frames\":0,\"names_over\":false,"
	    "\"all_ns\":4000000000,"
	    "\"all_samples\":400,\"shown_ns\":4000000000,"
	    "\"shown_samples\":400,\"rows\":["
	    "{\"function\":\"fib\",\"system_name\":null,"
	    "\"file\":\"/src/a.c\",\"line\":10,\"object\":\"made\","
	    "\"marker\":false,\"pid\":null,\"depth\":0,"
	    "\"self_ns\":2500000000,\"total_ns\":2595000000,"
	    "\"self_samples\":250,\"total_samples\":260,\"trend\":\"up\"},"
	    "{\"function\":\"crc32\",\"system_name\":null,"
	    "\"file\":\"/src/a.c\",\"line\":10,\"object\":\"libz.so.1\","
	    "\"marker\":false,\"pid\":null,\"depth\":0,"
	    "\"self_ns\":1195000000,\"total_ns\":1195000000,"
	    "\"self_samples\":120,\"total_samples\":120,"
	    "\"trend\":\"up\"}]}\n");
	free(text);
	sample_top_deinit(&s);
}

static void
test_markers(void **state)
{
	struct sample_top s;
	json_t *o, *row;

	(void)state;
	sample_top_init(&s);
	o = object(&s);
	row = json_array_get(json_object_get(o, "rows"), 3);
	assert_string_equal(
	    json_string_value(json_object_get(row, "function")),
	    "[not sampled]");
	assert_true(json_is_true(json_object_get(row, "marker")));
	assert_true(json_is_null(json_object_get(row, "file")));
	assert_true(json_is_null(json_object_get(row, "line")));
	assert_true(json_is_null(json_object_get(row, "object")));
	assert_true(json_is_null(json_object_get(row, "trend")));
	json_decref(o);
	sample_top_deinit(&s);
}

static void
test_tree_has_depths(void **state)
{
	struct sample_top s;
	struct view_opts tree = {
	    .kind = VIEW_TREE, .sort = SORT_TOTAL, .by_process = true};
	json_t *o, *rows;
	json_int_t deepest = 0;

	(void)state;
	sample_top_init(&s);
	sample_top_show(&s, &tree);
	o = object(&s);
	rows = json_object_get(o, "rows");
	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);
		json_int_t depth =
		    json_integer_value(json_object_get(row, "depth"));

		if (depth > deepest)
			deepest = depth;
		assert_true(
		    json_integer_value(json_object_get(row, "pid")) > 0);
	}
	assert_int_equal(deepest, 4);
	json_decref(o);
	sample_top_deinit(&s);
}

static void
test_exit(void **state)
{
	struct sample_top s;
	json_t *o, *process;

	(void)state;
	sample_top_init(&s);
	s.processes[0].has_exited = true;
	s.processes[0].wait_status = 9;
	o = object(&s);
	process = json_array_get(json_object_get(o, "processes"), 0);
	assert_true(json_is_true(json_object_get(process, "exited")));
	assert_int_equal(
	    json_integer_value(json_object_get(process, "wait_status")), 9);
	json_decref(o);
	sample_top_deinit(&s);
}

static void
test_hostile_is_ascii(void **state)
{
	struct sample_top s;
	char *text;

	(void)state;
	sample_top_init_hostile(&s);
	text = printed(&s);
	for (const char *c = text; *c != '\0'; c++)
		assert_true(*c == '\n' || (*c >= 0x20 && *c < 0x7f));
	assert_non_null(strstr(text, "\"cpu\":null"));
	assert_non_null(strstr(text, "\\u001B[31m"));
	free(text);
	sample_top_deinit(&s);
}

static void
test_nothing_yet(void **state)
{
	struct sample_top s;
	json_t *o;

	(void)state;
	sample_top_init_empty(&s);
	o = object(&s);
	assert_true(json_is_null(json_object_get(o, "pid")));
	assert_true(json_is_null(json_object_get(o, "window_s")));
	assert_int_equal(json_array_size(json_object_get(o, "rows")), 0);
	json_decref(o);
	sample_top_deinit(&s);
}

static void
test_a_full_disk_is_told(void **state)
{
	struct sample_top s;
	FILE *fp = fopen("/dev/full", "w");
	struct err err;

	(void)state;
	assert_non_null(fp);
	sample_top_init(&s);
	assert_int_equal(top_json(&s.page, fp, &err), -ERR_RUNTIME);
	(void)fclose(fp);
	sample_top_deinit(&s);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys_and_their_order),
	    cmocka_unit_test(test_markers),
	    cmocka_unit_test(test_tree_has_depths),
	    cmocka_unit_test(test_exit),
	    cmocka_unit_test(test_hostile_is_ascii),
	    cmocka_unit_test(test_nothing_yet),
	    cmocka_unit_test(test_a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

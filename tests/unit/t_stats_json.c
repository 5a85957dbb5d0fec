/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/stats_json.h"

#include "profile/stats.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *
written(const struct stats *s)
{
	char *text = NULL;
	size_t size;
	FILE *fp = open_memstream(&text, &size);
	struct err err;
	json_t *o;

	assert_int_equal(stats_json_write(s, fp, &err), 0);
	fclose(fp);
	assert_int_equal(text[size - 1], '\n');
	o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	free(text);
	return o;
}

static uint64_t
count(const json_t *o, const char *key)
{
	assert_true(json_is_integer(json_object_get(o, key)));
	return (uint64_t)json_integer_value(json_object_get(o, key));
}

static void
assert_real(const json_t *o, const char *key, double v)
{
	assert_true(json_is_real(json_object_get(o, key)));
	assert_true(fabs(json_real_value(json_object_get(o, key)) - v) < 1e-6);
}

/* Other programs read these: none may go, whatever is added. */
static void
test_every_promised_key_is_there(void **state)
{
	static const char *const keys[] = {"wall_s", "ticks", "missed_ticks",
	    "rate_hz", "mean_rate_hz", "paced_s", "samples", "stops", "late",
	    "threads_seen", "processes", "refused_processes", "cpu_kernel_ns",
	    "cpu_user_ns", "cpu_system_ns", "cpu_children_ns",
	    "cpu_attributed_ns", "complete",
	    "ends", "eintr_repaired", "stop_us", "held_fraction", "self_cpu_s",
	    "frames", "unwind_ns_per_frame", "max_rss_kb"};
	static const char *const stops[] = {"p50", "p90", "p99", "max"};
	json_t *o = written(&(struct stats){0});

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_non_null(json_object_get(o, keys[i]));
	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		assert_non_null(
		    json_object_get(json_object_get(o, "stop_us"), stops[i]));
	for (int i = 0; i < END_NR; i++)
		assert_non_null(json_object_get(json_object_get(o, "ends"),
		    end_reason_name((enum end_reason)i)));
	json_decref(o);
}

static void
test_each_value_is_under_its_key(void **state)
{
	struct stats s = {
	    .wall_s = 10.5,
	    .ticks = 1,
	    .missed_ticks = 2,
	    .rate = 100,
	    .paced_ns = 2500000000,
	    .samples = 3,
	    .stops = 4,
	    .late = 5,
	    .threads_seen = 6,
	    .processes = 24,
	    .refused_processes = 25,
	    .cpu_kernel_ns = 7,
	    .cpu_user_ns = 8,
	    .cpu_system_ns = 9,
	    .cpu_children_ns = 77,
	    .cpu_attributed_ns = 10,
	    .ends = {[END_ROOT] = 3, [END_NO_CFI] = 1},
	    .eintr_repaired = 11,
	    .stop_us = {1.5, 2.5, 3.5, 4.5},
	    .held_fraction = 0.0005,
	    .self_cpu_s = 0.1,
	    .frames = 12,
	    .guessed_frames = 13,
	    .reused_frames = 18,
	    .rules = {19, 20, 21, 22, 23},
	    .unwind_ns_per_frame = 33.3,
	    .late_reads = 14,
	    .folded = 15,
	    .max_rss_kb = 16,
	    .refused = 17,
	    .no_schedstat = true,
	};
	json_t *o = written(&s), *us = json_object_get(o, "stop_us");
	json_t *rules = json_object_get(o, "rules");

	(void)state;
	assert_real(o, "wall_s", 10.5);
	assert_int_equal(count(o, "ticks"), 1);
	assert_int_equal(count(o, "missed_ticks"), 2);
	assert_int_equal(count(o, "rate_hz"), 100);
	assert_real(o, "mean_rate_hz", 3 / 10.5);
	assert_real(o, "paced_s", 2.5);
	assert_int_equal(count(o, "processes"), 24);
	assert_int_equal(count(o, "refused_processes"), 25);
	assert_int_equal(count(o, "samples"), 3);
	assert_int_equal(count(o, "stops"), 4);
	assert_int_equal(count(o, "late"), 5);
	assert_int_equal(count(o, "threads_seen"), 6);
	assert_int_equal(count(o, "cpu_kernel_ns"), 7);
	assert_int_equal(count(o, "cpu_user_ns"), 8);
	assert_int_equal(count(o, "cpu_system_ns"), 9);
	assert_int_equal(count(o, "cpu_children_ns"), 77);
	assert_int_equal(count(o, "cpu_attributed_ns"), 10);
	assert_real(o, "complete", 0.75);
	assert_int_equal(count(json_object_get(o, "ends"), "root"), 3);
	assert_int_equal(count(json_object_get(o, "ends"), "no-cfi"), 1);
	assert_int_equal(count(json_object_get(o, "ends"), "late"), 0);
	assert_int_equal(count(o, "eintr_repaired"), 11);
	assert_real(us, "p50", 1.5);
	assert_real(us, "p90", 2.5);
	assert_real(us, "p99", 3.5);
	assert_real(us, "max", 4.5);
	assert_real(o, "held_fraction", 0.0005);
	assert_real(o, "self_cpu_s", 0.1);
	assert_int_equal(count(o, "frames"), 12);
	assert_int_equal(count(o, "guessed_frames"), 13);
	assert_int_equal(count(o, "reused_frames"), 18);
	assert_int_equal(count(rules, "hits"), 19);
	assert_int_equal(count(rules, "empty"), 20);
	assert_int_equal(count(rules, "other"), 21);
	assert_int_equal(count(rules, "stale"), 22);
	assert_int_equal(count(rules, "slow"), 23);
	assert_real(o, "unwind_ns_per_frame", 33.3);
	assert_int_equal(count(o, "late_reads"), 14);
	assert_int_equal(count(o, "folded"), 15);
	assert_int_equal(count(o, "max_rss_kb"), 16);
	assert_int_equal(count(o, "refused"), 17);
	assert_true(json_is_true(json_object_get(o, "no_schedstat")));
	json_decref(o);
}

static void
test_what_json_cannot_say(void **state)
{
	struct stats s = {
	    .held_fraction = NAN,
	    .unwind_ns_per_frame = INFINITY,
	    .frames = UINT64_MAX,
	};
	json_t *o = written(&s);

	(void)state;
	assert_true(json_is_null(json_object_get(o, "held_fraction")));
	assert_true(json_is_null(json_object_get(o, "unwind_ns_per_frame")));
	assert_int_equal(count(o, "frames"), INT64_MAX);
	/* No samples are not an incomplete recording. */
	assert_real(o, "complete", 1);
	json_decref(o);
}

static void
test_line_is_the_same_object(void **state)
{
	struct stats s = {.samples = 42, .wall_s = 0.1};
	json_t *o = written(&s);
	char *line = stats_json_line(&s);
	json_t *same = json_loads(line, 0, NULL);

	(void)state;
	assert_null(strchr(line, '\n'));
	assert_non_null(strstr(line, "\"wall_s\":0.1,"));
	assert_true(json_equal(o, same));
	json_decref(o);
	json_decref(same);
	free(line);
}

static void
test_full_disk_is_told(void **state)
{
	FILE *fp = fopen("/dev/full", "w");
	struct err err;

	(void)state;
	assert_non_null(fp);
	assert_int_equal(
	    stats_json_write(&(struct stats){0}, fp, &err), -ERR_RUNTIME);
	assert_string_equal(err.what, "write: No space left on device");
	fclose(fp);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_promised_key_is_there),
	    cmocka_unit_test(test_each_value_is_under_its_key),
	    cmocka_unit_test(test_what_json_cannot_say),
	    cmocka_unit_test(test_line_is_the_same_object),
	    cmocka_unit_test(test_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

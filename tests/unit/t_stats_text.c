/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the screen's help says of the stats is held against their JSON. */
#include "config.h"

#include "tui/stats_text.h"

#include "output/stats_json.h"
#include "profile/stats.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Each number another one, so that none can stand in another one's place. */
static struct stats
some_stats(void)
{
	struct stats s;
	uint64_t *words = (uint64_t *)&s;

	_Static_assert(sizeof(s) % sizeof(*words) == 0, "of words");
	for (size_t i = 0; i < sizeof(s) / sizeof(*words); i++)
		words[i] = 1000 + i;
	s.wall_s = 1.25;
	s.stop_us = (struct stop_times){2.5, 3.5, 4.5, 5.5};
	s.held_fraction = 0.0123;
	s.self_cpu_s = 6.75;
	s.unwind_ns_per_frame = 40.5;
	s.no_schedstat = true;
	return s;
}

static void
expect(const struct stats_line *line, const char *name, const json_t *value)
{
	char text[STATS_LINE_SIZE];

	if (json_is_integer(value))
		(void)snprintf(text, sizeof(text), "%s %" JSON_INTEGER_FORMAT,
		    name, json_integer_value(value));
	else if (json_is_real(value))
		(void)snprintf(text, sizeof(text), "%s %.4g", name,
		    json_real_value(value));
	else
		(void)snprintf(text, sizeof(text), "%s %s", name,
		    json_is_true(value) ? "true" : "false");
	assert_string_equal(line->text, text);
}

static void
the_same_names_and_numbers_as_in_json(void **state)
{
	struct stats s = some_stats();
	char *json = stats_json_line(&s), name[64];
	json_t *o = json_loads(json, 0, NULL), *value, *inner;
	const char *key, *inner_key;
	size_t n, i = 0;
	struct stats_line *lines = stats_lines(&s, &n);

	(void)state;
	json_object_foreach(o, key, value) {
		if (!json_is_object(value)) {
			assert_true(i < n);
			expect(&lines[i++], key, value);
			continue;
		}
		json_object_foreach(value, inner_key, inner) {
			(void)snprintf(
			    name, sizeof(name), "%s.%s", key, inner_key);
			assert_true(i < n);
			expect(&lines[i++], name, inner);
		}
	}
	assert_int_equal(i, n);
	json_decref(o);
	free(json);
	free(lines);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_names_and_numbers_as_in_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

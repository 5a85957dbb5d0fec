/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/pattern.h"

#include "base/attr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char why[128];

static bool
compiles(const char *text)
{
	regex_t re;

	why[0] = '\0';
	if (!pattern_compile(&re, text, 0, why, sizeof(why)))
		return false;
	regfree(&re);
	return true;
}

static bool
repeats_too_much(const char *text)
{
	return !compiles(text) && strstr(why, "repeats too much") != NULL;
}

static void
a_pattern_matches_anywhere(void **state)
{
	regex_t re;

	(void)state;
	assert_true(pattern_compile(&re, "^a(b|c){2,3}$", 0, why, sizeof(why)));
	assert_int_equal(regexec(&re, "abcb", 0, NULL, 0), 0);
	assert_int_equal(regexec(&re, "ab", 0, NULL, 0), REG_NOMATCH);
	assert_int_equal(regexec(&re, "ABCB", 0, NULL, 0), REG_NOMATCH);
	regfree(&re);
	assert_true(
	    pattern_compile(&re, "abc", REG_ICASE, why, sizeof(why)));
	assert_int_equal(regexec(&re, "xABCx", 0, NULL, 0), 0);
	regfree(&re);
}

static void
what_repeats_is_bounded(void **state)
{
	static const char *const bombs[] = {
	    "((a{255}){255}){255}",
	    "(a{101}){100}",
	    "a{4001}",
	    "a{2,4001}",
	    "a{4001,}",
	    "[[:alpha:]]{4001}",
	    "[]a]{4001}",
	    "(((a{30}){30}b){30})",
	    "x(ab|cd{100}){100}",
	    "a{200}{200}",
	    "a{99999999999999999999999}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bombs); i++)
		if (!repeats_too_much(bombs[i]))
			fail_msg("%s: %s", bombs[i], why);
}

static void
what_people_type_is_taken(void **state)
{
	static const char *const texts[] = {
	    "a{4000}", "(ab){100}", "std::vector<.*>::push_back", "[({]{2}",
	    "\\({20}\\)", "[[:digit:]]{1,5}", "(a{50}){50}", "[^]{}]+", "}",
	    "a|b|c",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!compiles(texts[i]))
			fail_msg("%s: %s", texts[i], why);
}

static void
mistakes_are_told(void **state)
{
	static const char *const texts[] = {"(", "[", "a{2,1}", "[[:", "[[:a"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_false(compiles(texts[i]));
		assert_true(why[0] != '\0');
	}
}

static void
nested_without_end(void **state)
{
	char text[201];

	(void)state;
	memset(text, '(', 200);
	text[200] = '\0';
	assert_true(repeats_too_much(text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_pattern_matches_anywhere),
	    cmocka_unit_test(what_repeats_is_bounded),
	    cmocka_unit_test(what_people_type_is_taken),
	    cmocka_unit_test(mistakes_are_told),
	    cmocka_unit_test(nested_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

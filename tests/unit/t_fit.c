/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/fit.h"

#include "base/attr.h"
#include "base/escape.h"
#include "base/xalloc.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HAN   "\xe6\xbc\xa2" /* two cells */
#define ACUTE "\xcc\x81"     /* combines with what is before it */
#define DOTS  "\xe2\x80\xa6"
#define HUGE_BYTES 100000
#define WIDTHS 81

typedef char *fit_fn(const char *s, int width, bool utf8, int *ret_cells);

static void
expect(fit_fn *fit, const char *s, int width, bool utf8, const char *wanted,
    int cells)
{
	int got_cells = -1;
	char *got = fit(s, width, utf8, &got_cells);

	assert_string_equal(got, wanted);
	assert_int_equal(got_cells, cells);
	free(got);
}

static void
text(const char *s, int width, const char *wanted, int cells)
{
	expect(fit_text, s, width, true, wanted, cells);
}

/* Names of ASCII, in ASCII. */
static void
name(const char *s, int width, const char *wanted)
{
	expect(fit_name, s, width, false, wanted, (int)strlen(wanted));
}

static void
text_that_fits_stays(void **state)
{
	(void)state;
	text("", 0, "", 0);
	text("", 5, "", 0);
	text("main", 4, "main", 4);
	text("main", 80, "main", 4);
	text("na\xc3\xafve", 5, "na\xc3\xafve", 5);
}

static void
longer_text_is_cut(void **state)
{
	(void)state;
	text("main", 3, "mai", 3);
	text("main", 0, "", 0);
	text("main", -1, "", 0);
}

/* Half of a wide character cannot be shown: a cell stays free. */
static void
wide_characters_are_two_cells(void **state)
{
	(void)state;
	text(HAN HAN, 4, HAN HAN, 4);
	text(HAN HAN, 3, HAN, 2);
	text("a" HAN HAN, 4, "a" HAN, 3);
	text(HAN, 1, "", 0);
}

static void
marks_go_with_their_character(void **state)
{
	(void)state;
	text("e" ACUTE "a", 1, "e" ACUTE, 1);
	text("e" ACUTE "a", 2, "e" ACUTE "a", 2);
	text(ACUTE "a", 5, "?a", 2);
	text("a" ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE "b", 5,
	    "a" ACUTE ACUTE ACUTE ACUTE "b", 2);
}

static void
what_a_terminal_may_act_on_is_shown(void **state)
{
	(void)state;
	text("\033[31m\n\t\x7f", 80, "?[31m???", 8);
	text("\xc2\x9b" "31m", 80, "?31m", 4);
	text("a\xe2\x80\xae" "b", 80, "a?b", 3);
	text("a\xe2\x80\x8b" "b\xef\xbb\xbf", 80, "a?b?", 4); /* invisible */
}

static void
broken_utf8_is_shown(void **state)
{
	(void)state;
	text("a\xff" "b\xe6\xbc", 80, "a?b??", 5);
	text("\xc3", 80, "?", 1);
	text("\xed\xa0\x80", 80, "???", 3); /* a surrogate */
}

static void
without_utf8_there_is_ascii(void **state)
{
	(void)state;
	expect(fit_text, "a" HAN "e" ACUTE, 80, false, "a?e?", 4);
	expect(fit_name, "a" HAN, 80, false, "a?", 2);
	expect(fit_text, "a\xff", 80, false, "a?", 2);
}

static void
template_arguments_go_first(void **state)
{
	static const char s[] = "std::map<int, std::vector<int> >::insert";

	(void)state;
	name(s, 40, "std::map<int, std::vector<int> >::insert");
	name(s, 39, "std::map<int, std::vector<..> >::insert");
	name(s, 38, "std::map<..>::insert");
	name(s, 20, "std::map<..>::insert");
	expect(fit_name, s, 37, true, "std::map<" DOTS ">::insert", 19);
}

static void
parameters_go_next(void **state)
{
	(void)state;
	name("run<int>(std::string const&, int)", 30, "run<..>(..)");
	name("run<T>(std::string const&, int)", 30, "run<T>(..)");
}

static void
operators_are_no_brackets(void **state)
{
	(void)state;
	name("ns::operator<< <char, int>(char, int)", 34,
	    "ns::operator<< <..>(char, int)");
	name("list<int, alloc>::operator->", 20, "list<..>::operator->");
	name("call<fn(u8) -> u64, aaaa>::go", 16, "call<..>::go");
	name("big<aaaaaa, bbbbbb>::operator()(int, long)", 30,
	    "big<..>::operator()(int, long)");
	name("f<a::operator>, bbbbbb>::g", 10, "f<..>::g");
}

static void
rust_names_keep_their_type_and_end(void **state)
{
	(void)state;
	name("<alloc::vec::Vec<T> as core::ops::Drop>::drop", 20, "<..>::drop");
	name("<core::iter::Map<I, F> as Iterator>::next::{{closure}}", 30,
	    "<..>::next::{{closure}}");
}

static void
the_middle_goes_last(void **state)
{
	(void)state;
	name("abcdefghijklmnopqrstuvwxyz", 11, "abc..uvwxyz");
	name("alpha::beta::gamma::delta::run", 20, "alpha:..::delta::run");
	name("std::vector<int>::push_back", 12, "s..push_back");
	name("std::vector<int>::push_back", 11, "..push_back");
	name("std::vector<int>::push_back", 10, "std.._back");
	expect(fit_name, "<aaaaaa>::bbbbbbb", 10, true, "<" DOTS "bbbbbbb", 9);
	name("/usr/lib/x86_64-linux-gnu/libc.so.6", 20, "/usr/lib../libc.so.6");
}

static void
very_narrow_names_are_cut(void **state)
{
	(void)state;
	name("abcdef", 0, "");
	name("abcdef", 1, "a");
	name("abcdef", 3, "abc");
	name("abcdef", 4, "a..f");
	name("abcdef", 6, "abcdef");
}

static void
brackets_without_a_partner_stay(void **state)
{
	(void)state;
	name("a<b>>c", 80, "a<b>>c");
	name("aaaa>bbbb<cccc", 10, "aaa..<cccc");
	name("f<(1<2)>::gggg", 11, "f<..>::gggg");
}

/* What comes out, for any input and width: safe, and as wide as it says. */
static void
check_fit(fit_fn *fit, const char *s, int width, bool utf8)
{
	int cells = -1, again = -1;
	char *got = fit(s, width, utf8, &cells);
	char *twice = fit_text(got, width, utf8, &again);

	assert_true(cells >= 0 && cells <= width);
	assert_string_equal(got, twice);
	assert_int_equal(again, cells);
	assert_true(utf8_valid(got));
	for (const char *p = got; !utf8 && *p != '\0'; p++)
		assert_in_range(*p, 0x20, 0x7e);
	free(got);
	free(twice);
}

static void
check_all_widths(const char *s)
{
	for (int width = 0; width < WIDTHS; width++) {
		check_fit(fit_text, s, width, true);
		check_fit(fit_text, s, width, false);
		check_fit(fit_name, s, width, true);
		check_fit(fit_name, s, width, false);
	}
}

static void
every_width_is_kept(void **state)
{
	static const char *const names[] = {
		"", "a", "main", HAN HAN HAN HAN HAN, "e" ACUTE "e" ACUTE,
		ACUTE ACUTE ACUTE, HAN "<" HAN "," HAN ">::" HAN "(" HAN ")",
		"std::map<int, std::vector<int> >::insert(int const&)",
		"<a as b<c>>::d::{{closure}}", "/usr/lib/" HAN "/libx.so",
		"<<<<<<<<>>>>>>", "((((<<<))))>>>>", "operator<", "operator()",
		"operator", "operator<<", "\xff\xfe\xe6\xbc", "a\033[2Jb",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		check_all_widths(names[i]);
}

/* HUGE_BYTES of a pattern over and over; the tail of a character may be cut. */
static char *
repeated(const char *pattern)
{
	size_t len = strlen(pattern);
	char *s = xmalloc(HUGE_BYTES + 1);

	for (size_t i = 0; i < HUGE_BYTES; i++)
		s[i] = pattern[i % len];
	s[HUGE_BYTES] = '\0';
	return s;
}

static void
huge_names_are_bounded(void **state)
{
	static const char *const patterns[] = {"a", "<", "a<b", "f<x>::",
		"(<)>", HAN, ACUTE, ("e" ACUTE), "\xff", "operator<"};
	int cells;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		char *s = repeated(patterns[i]);

		check_all_widths(s);
		free(fit_name(s, 10 * HUGE_BYTES, true, &cells));
		assert_true(cells < HUGE_BYTES / 10);
		free(s);
	}
}

/* Whichever bytes of it the bounds fall on. */
static void
a_long_name_is_cut_between_characters(void **state)
{
	char *s = repeated(HAN), *got;
	int cells;

	(void)state;
	s[HUGE_BYTES - HUGE_BYTES % 3] = '\0';
	got = fit_name(s, HUGE_BYTES, true, &cells);
	assert_null(strchr(got, '?'));
	assert_non_null(strstr(got, DOTS));
	free(got);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_that_fits_stays),
		cmocka_unit_test(longer_text_is_cut),
		cmocka_unit_test(wide_characters_are_two_cells),
		cmocka_unit_test(marks_go_with_their_character),
		cmocka_unit_test(what_a_terminal_may_act_on_is_shown),
		cmocka_unit_test(broken_utf8_is_shown),
		cmocka_unit_test(without_utf8_there_is_ascii),
		cmocka_unit_test(template_arguments_go_first),
		cmocka_unit_test(parameters_go_next),
		cmocka_unit_test(operators_are_no_brackets),
		cmocka_unit_test(rust_names_keep_their_type_and_end),
		cmocka_unit_test(the_middle_goes_last),
		cmocka_unit_test(very_narrow_names_are_cut),
		cmocka_unit_test(brackets_without_a_partner_stay),
		cmocka_unit_test(every_width_is_kept),
		cmocka_unit_test(huge_names_are_bounded),
		cmocka_unit_test(a_long_name_is_cut_between_characters),
	};

	/* The widths of characters are the locale's. */
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

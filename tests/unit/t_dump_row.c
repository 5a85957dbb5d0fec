/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/dump_row.h"

#include "sample_dump.h"

#include "output/text_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The first thread of d, in so many columns; to be freed. */
static char *
rows(const struct dump *d, size_t width, bool inlines, bool verbose)
{
	char *text = NULL;
	size_t size;
	FILE *fp = open_memstream(&text, &size);
	struct text_line l = {.fp = fp, .width = width};

	dump_rows_print(&l, &d->threads[0], inlines, verbose);
	fclose(fp);
	return text;
}

static void
assert_rows(const struct dump *d, size_t width, const char *expected)
{
	char *text = rows(d, width, true, false);

	assert_string_equal(text, expected);
	free(text);
}

/* A dump of one thread with this frame. */
static struct dump *
frame(const char *function, const char *file, uint32_t line)
{
	struct dump *d = dump_new();

	(void)sample_frame(d, dump_add_thread(d, 1), function, file, line);
	return d;
}

static void
test_function_place_module(void **state)
{
	struct dump *d = frame("main", "src/main.c", 7);

	(void)state;
	assert_rows(d, 0, "   0  main  src/main.c:7  nginx\n");
	d->threads[0].frames[0].line = 0;
	assert_rows(d, 0, "   0  main  src/main.c  nginx\n");
	d->threads[0].frames[0].file = NULL;
	assert_rows(d, 0, "   0  main+0x10  nginx\n");
	d->threads[0].frames[0].has_function_offset = false;
	assert_rows(d, 0, "   0  main  nginx\n");
	d->threads[0].frames[0].module = NULL;
	assert_rows(d, 0, "   0  main\n");
	dump_free(d);
}

static void
test_without_a_name(void **state)
{
	struct dump *d = frame(NULL, NULL, 0);

	(void)state;
	assert_rows(d, 0, "   0  0x000055d0c0de0100  nginx+0x1100\n");
	d->threads[0].frames[0].guessed = true;
	assert_rows(d, 0, "   0  0x000055d0c0de0100  nginx+0x1100  [guessed]\n");
	d->threads[0].frames[0].module = NULL;
	assert_rows(d, 0, "   0  0x000055d0c0de0100  [guessed]\n");
	dump_free(d);
}

static void
test_modules_by_their_last_part(void **state)
{
	struct dump *d = frame("f", NULL, 0);
	struct dump_frame *f = &d->threads[0].frames[0];

	(void)state;
	f->module = "/usr/lib/libc.so.6 (deleted)";
	assert_rows(d, 0, "   0  f+0x10  libc.so.6 (deleted)\n");
	f->module = "[vdso]";
	assert_rows(d, 0, "   0  f+0x10  [vdso]\n");
	f->module = "/odd/";
	assert_rows(d, 0, "   0  f+0x10  /odd/\n");
	dump_free(d);
}

static void
test_signal_frame(void **state)
{
	struct dump *d = frame("__restore_rt", NULL, 0);

	(void)state;
	d->threads[0].frames[0].signal_frame = true;
	assert_rows(d, 0, "   0  <signal handler called>\n");
	d->threads[0].frames[0].function = NULL;
	assert_rows(d, 0, "   0  <signal handler called>\n");
	dump_free(d);
}

static struct dump *
inlined(void)
{
	struct dump *d = frame("inner", "a.h", 1);

	d->threads[0].frames[0].inlined = true;
	(void)sample_frame(d, &d->threads[0], "physical", "a.c", 2);
	(void)sample_frame(d, &d->threads[0], "main", "main.c", 30);
	return d;
}

static void
test_inlined_calls(void **state)
{
	struct dump *d = inlined();
	char *text = rows(d, 0, false, false);

	(void)state;
	assert_string_equal(text,
	    "   0  physical  a.c:2  nginx\n"
	    "   1  main      main.c:30  nginx\n");
	free(text);
	assert_rows(d, 0,
	    "   0  inner     a.h:1  [inlined]\n"
	    "   1  physical  a.c:2  nginx\n"
	    "   2  main      main.c:30  nginx\n");
	dump_free(d);
}

static void
test_verbose(void **state)
{
	struct dump *d = inlined();
	char *text;

	(void)state;
	d->threads[0].frames[0].column = 5;
	(void)sample_frame(d, &d->threads[0], NULL, NULL, 0);
	text = rows(d, 0, true, true);
	assert_string_equal(text,
	    "   0  0x000055d0c0de0100  inner          a.h:1:5  [inlined]\n"
	    "   1  0x000055d0c0de0200  physical+0x10  a.c:2"
	    "  /usr/sbin/nginx+0x1200\n"
	    "   2  0x000055d0c0de0300  main+0x10      main.c:30"
	    "  /usr/sbin/nginx+0x1300\n"
	    "   3  0x000055d0c0de0400  ??             "
	    "/usr/sbin/nginx+0x1400\n");
	free(text);
	dump_free(d);
}

/* One long name does not push all the others to the right. */
static void
test_a_long_name_stands_for_itself(void **state)
{
	struct dump *d = frame("f", "a.c", 1);

	(void)state;
	(void)sample_frame(d, &d->threads[0],
	    "a_name_that_is_longer_than_any_column_ought_to_be", "b.c", 2);
	(void)sample_frame(d, &d->threads[0], "main", "c.c", 3);
	assert_rows(d, 0,
	    "   0  f     a.c:1  nginx\n"
	    "   1  a_name_that_is_longer_than_any_column_ought_to_be"
	    "  b.c:2  nginx\n"
	    "   2  main  c.c:3  nginx\n");
	dump_free(d);
}

/* What is given up, in this order, as the terminal gets narrower. */
static void
test_narrow(void **state)
{
	struct dump *d = frame("ns::Class<int>::method(int)", "/a/b/c/f.c", 1);

	(void)state;
	(void)sample_frame(d, &d->threads[0], "f", "/a/b/c/f.c", 1);
	assert_rows(d, 54,
	    "   0  ns::Class<int>::method(int)  /a/b/c/f.c:1  nginx\n"
	    "   1  f                            /a/b/c/f.c:1  nginx\n");
	assert_rows(d, 51,
	    "   0  ns::Class<int>::method(int)  .../f.c:1  nginx\n"
	    "   1  f                         /a/b/c/f.c:1  nginx\n");
	assert_rows(d, 44,
	    "   0  ns::Class<int>::method(int)  .../f.c:1\n"
	    "   1  f                  /a/b/c/f.c:1  nginx\n");
	assert_rows(d, 40,
	    "   0  ns::Class<...ethod(int)  .../f.c:1\n"
	    "   1  f              /a/b/c/f.c:1  nginx\n");
	assert_rows(d, 20,
	    "   0  ns::Cl...(int)\n"
	    "   1  f  .../f.c:1\n");
	dump_free(d);
}

/* What a function is called says more than what it takes. */
static void
test_narrow_names_lose_their_arguments_first(void **state)
{
	static const struct {
		const char *name, *shown;
	} all[] = {
	    {"ns::parse(std::string const&, int)", "ns::parse(...)"},
	    {"ns::parse(std::function<void (int)>) const",
		"ns::parse(...) const"},
	    {"f(int)::{lambda(long)#1}::operator()(int, long) const",
		"f(int)::{lambda(l...tor()(...) const"},
	    /* Fewer bytes would be more columns. */
	    {"a_function_with_a_name_of_that_size(\xc3\xa9\xc3\xa9)",
		"a_function_wit...that_size(\xc3\xa9\xc3\xa9)"},
	    /* Nothing to take away. */
	    {"a_function_of_C_with_a_name_that_is_too_long()",
		"a_function_of_C_wit...that_is_too_long()"},
	    {"operator_or_what_ever_this_is)(with_parens_",
		"operator_or_what_ev...s_is)(with_parens_"},
	};
	static const size_t widths[] = {36, 36, 42, 36, 46, 46};
	char line[80];

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct dump *d = frame(all[i].name, NULL, 0);

		d->threads[0].frames[0].module = NULL;
		d->threads[0].frames[0].has_function_offset = false;
		(void)snprintf(
		    line, sizeof(line), "   0  %s\n", all[i].shown);
		assert_rows(d, widths[i], line);
		dump_free(d);
	}
}

static size_t
longest_line(const char *text)
{
	size_t longest = 0;

	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		if (n > longest)
			longest = n;
		text += n + (text[n] != '\0');
	}
	return longest;
}

static void
test_no_width_is_ever_passed(void **state)
{
	struct dump *d = sample_dump();

	(void)state;
	for (size_t width = 1; width < 100; width++) {
		for (int verbose = 0; verbose <= 1; verbose++) {
			char *text = rows(d, width, true, verbose);

			assert_true(longest_line(text) <= width);
			free(text);
		}
	}
	dump_free(d);
}

static void
test_huge_symbol(void **state)
{
	size_t size = 100000;
	char *name = malloc(size + 1), *text;
	struct dump *d;

	(void)state;
	memset(name, 'x', size);
	name[size] = '\0';
	d = frame(name, "a.c", 1);
	text = rows(d, 0, true, false);
	assert_int_equal(longest_line(text), 6 + size + strlen("  a.c:1  nginx"));
	free(text);
	assert_rows(d, 40, "   0  xxxxxxxxxxxx...xxxxxxxxxxxx  a.c:1\n");
	dump_free(d);
	free(name);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_function_place_module),
	    cmocka_unit_test(test_without_a_name),
	    cmocka_unit_test(test_modules_by_their_last_part),
	    cmocka_unit_test(test_signal_frame),
	    cmocka_unit_test(test_inlined_calls),
	    cmocka_unit_test(test_verbose),
	    cmocka_unit_test(test_a_long_name_stands_for_itself),
	    cmocka_unit_test(test_narrow),
	    cmocka_unit_test(test_narrow_names_lose_their_arguments_first),
	    cmocka_unit_test(test_no_width_is_ever_passed),
	    cmocka_unit_test(test_huge_symbol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/check_text.h"

#include "core/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
expect(const struct check *c, bool colours, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *fp = open_memstream(&text, &size);

	assert_non_null(fp);
	check_text_write(c, colours, fp);
	assert_int_equal(fclose(fp), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void
a_line_for_each(void **state)
{
	struct finding findings[] = {
	    {"exists", VERDICT_PASS, "there is", "", ""},
	    {"yama", VERDICT_FAIL, "scope is 3", "so it is", "reboot"},
	    {"attach", VERDICT_UNKNOWN, "", "", ""},
	};
	struct check_module modules[] = {
	    {.path = (char *)"/bin/a", .build_id = (char *)"abcd",
		.is_opened = true, .symbols = SYMBOLS_FULL,
		.unwind = ".eh_frame", .has_lines = true},
	    {.path = (char *)"/lib/b", .build_id = (char *)"",
		.is_opened = true, .is_deleted = true,
		.symbols = SYMBOLS_NONE,
		.debug_expected = (char *)"/usr/lib/debug/b"},
	    {.path = (char *)"/lib/c", .build_id = (char *)""},
	};
	struct check c = {.findings = findings, .n_findings = 3,
	    .modules = modules, .n_modules = 3, .advice = (char *)"this",
	    .summary = (char *)"in short"};

	(void)state;
	expect(&c, false,
	    "ok    exists            there is\n"
	    "FAIL  yama              scope is 3\n"
	    "      why: so it is\n"
	    "      try: reboot\n"
	    "ok    /bin/a: all symbols, .eh_frame, lines (build-id abcd)\n"
	    "warn  /lib/b (deleted): no symbols, no unwind tables, no lines "
	    "(no build-id)\n"
	    "      debug file would be: /usr/lib/debug/b\n"
	    "warn  /lib/c: cannot be opened: addresses only\n"
	    "      try: this\n"
	    "in short\n");
}

static void
names_are_harmless(void **state)
{
	struct finding f = {
	    "tracer", VERDICT_FAIL, "by \033[2J", "\r", "kill \n\a"};
	struct check_module m = {.path = (char *)"/tmp/\033]0;x\a",
	    .build_id = (char *)""};
	struct check c = {.findings = &f, .n_findings = 1, .modules = &m,
	    .n_modules = 1, .summary = (char *)"\033c"};

	(void)state;
	expect(&c, false,
	    "FAIL  tracer            by ?[2J\n"
	    "      why: ?\n"
	    "      try: kill ??\n"
	    "warn  /tmp/?]0;x?: cannot be opened: addresses only\n"
	    "?c\n");
	c.n_modules = 0;
	f = (struct finding){"tracer", VERDICT_PASS, "none", "", ""};
	expect(&c, true,
	    "\033[32mok  \033[0m  tracer            none\n?c\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_for_each),
	    cmocka_unit_test(names_are_harmless),
	};

	return cmocka_run_group_tests_name("check_text", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/naming.h"
#include "output/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void
expect(char *got, const char *expected)
{
	assert_string_equal(got, expected);
	free(got);
}

static int
enter_empty_dir(void **state)
{
	char dir[] = "/tmp/t_naming.XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return -1;
	*state = strdup(dir);
	return 0;
}

static int
remove_dir(void **state)
{
	char *dir = *state;
	char *command;
	int r;

	if (chdir("/") != 0 || asprintf(&command, "rm -r %s", dir) < 0)
		return -1;
	r = system(command);
	free(command);
	free(dir);
	return r;
}

static void
touch(const char *path)
{
	FILE *fp = fopen(path, "w");

	assert_non_null(fp);
	assert_int_equal(fclose(fp), 0);
}

static void
default_name(void **state)
{
	(void)state;
	expect(naming_default("nginx", 4242, "", 1772366400, &output_pprof),
	    "scrape.nginx.4242.20260301-120000.pb.gz");
	expect(naming_default("nginx", 4242, "", 1772366400, &output_folded),
	    "scrape.nginx.4242.20260301-120000.folded");
}

static void
target_cannot_choose_the_place(void **state)
{
	(void)state;
	expect(naming_default("../../etc/x", 1, "", 0, &output_pprof),
	    "scrape..._.._etc_x.1.19700101-000000.pb.gz");
	expect(naming_default("a b\n'\033\xff;", 1, "", 0, &output_pprof),
	    "scrape.a_b_____.1.19700101-000000.pb.gz");
	expect(naming_default("kworker/0:1+x-y_z", 1, "", 0, &output_pprof),
	    "scrape.kworker_0_1+x-y_z.1.19700101-000000.pb.gz");
	expect(naming_default("", 1, "", 0, &output_pprof),
	    "scrape._.1.19700101-000000.pb.gz");
	expect(naming_default("0123456789012345678901234567890123456789", 1, "", 0,
		   &output_pprof),
	    "scrape.0123456789012345678901234567890.1.19700101-000000.pb.gz");
}

static void
a_name_of_ours_replaces_nothing(void **state)
{
	(void)state;
	expect(naming_claim("x.1.pb.gz"), "x.1.pb.gz");
	touch("x.1.pb.gz");
	expect(naming_claim("x.1.pb.gz"), "x.1-2.pb.gz");
	touch("x.1-2.pb.gz");
	/* A link counts, even one that leads nowhere. */
	assert_int_equal(symlink("/nowhere", "x.1-3.pb.gz"), 0);
	expect(naming_claim("x.1.pb.gz"), "x.1-4.pb.gz");
	/* Claimed, so that the next one gets another, until it is given up. */
	expect(naming_claim("x.1.pb.gz"), "x.1-5.pb.gz");
	naming_disclaim("x.1-4.pb.gz");
	expect(naming_claim("x.1.pb.gz"), "x.1-4.pb.gz");
}

static void
snapshots_stand_beside(void **state)
{
	(void)state;
	expect(naming_snapshot("out.pb.gz", 1), "out.1.pb.gz");
	expect(naming_snapshot("/a.b/out.folded", 12), "/a.b/out.12.folded");
	expect(naming_snapshot("plain", 1), "plain.1");
	expect(naming_snapshot("out.gz", 1), "out.gz.1");
	/* A name that is nothing but an ending has no ending. */
	expect(naming_snapshot(".folded", 1), ".folded.1");
}

static void
format_by_ending(void **state)
{
	const struct output_ops *format = NULL;
	struct err err;

	(void)state;
	assert_int_equal(naming_format(NULL, "a.pb.gz", &format, &err), 0);
	assert_ptr_equal(format, &output_pprof);
	assert_int_equal(naming_format(NULL, "a.folded", &format, &err), 0);
	assert_ptr_equal(format, &output_folded);
	assert_int_equal(naming_format(NULL, NULL, &format, &err), 0);
	assert_ptr_equal(format, &output_pprof);
	assert_int_equal(naming_format(NULL, "-", &format, &err), 0);
	assert_ptr_equal(format, &output_pprof);
}

static void
format_by_name_wins(void **state)
{
	const struct output_ops *format = NULL;
	struct err err;

	(void)state;
	assert_int_equal(naming_format("folded", "a.pb.gz", &format, &err), 0);
	assert_ptr_equal(format, &output_folded);
	assert_int_equal(naming_format("pprof", "a.svg", &format, &err), 0);
	assert_ptr_equal(format, &output_pprof);
}

static void
unknown_formats_list_the_known(void **state)
{
	const struct output_ops *format = NULL;
	struct err err;

	(void)state;
	assert_int_equal(
	    naming_format(NULL, "a.svg", &format, &err), -ERR_USAGE);
	assert_non_null(strstr(err.what, "'a.svg'"));
	assert_non_null(strstr(err.what, " .pb.gz"));
	assert_non_null(strstr(err.what, " .folded"));
	assert_int_equal(
	    naming_format("svg", "a.pb.gz", &format, &err), -ERR_USAGE);
	assert_non_null(strstr(err.what, "'svg'"));
	assert_non_null(strstr(err.what, " pprof folded"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(default_name),
	    cmocka_unit_test(target_cannot_choose_the_place),
	    cmocka_unit_test_setup_teardown(
		a_name_of_ours_replaces_nothing, enter_empty_dir, remove_dir),
	    cmocka_unit_test(snapshots_stand_beside),
	    cmocka_unit_test(format_by_ending),
	    cmocka_unit_test(format_by_name_wins),
	    cmocka_unit_test(unknown_formats_list_the_known),
	};

	(void)setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

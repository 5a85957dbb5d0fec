/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/proc_maps.h"

#include "base/attr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What is left of a text, and how many of its lines were dropped. */
struct parsed {
	struct mappings maps;
	size_t dropped;
};

/* From a block of exactly its size: one byte too far is seen by ASan. */
static struct parsed
parse_bytes(const char *text, size_t len)
{
	char *exact = malloc(len);
	struct parsed p;

	assert_true(exact != NULL || len == 0);
	if (len > 0)
		memcpy(exact, text, len);
	p.dropped = proc_maps_parse(exact, len, &p.maps);
	free(exact);
	return p;
}

static struct parsed
parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

/* The one mapping of a text that has only this. */
static struct parsed
parse_one(const char *text)
{
	struct parsed p = parse(text);

	assert_int_equal(p.dropped, 0);
	assert_int_equal(p.maps.n, 1);
	return p;
}

static void
assert_dropped(const char *line)
{
	struct parsed p = parse(line);

	if (p.maps.n != 0 || p.dropped != 1)
		fail_msg("taken: %s", line);
	mappings_deinit(&p.maps);
}

static void
assert_name(const char *line, const char *name)
{
	struct parsed p = parse_one(line);

	assert_string_equal(p.maps.v[0].name, name);
	mappings_deinit(&p.maps);
}

/* Five lines of a real file. */
static const char real[] =
    "00400000-00401000 r--p 00000000 fe:01 131      /usr/bin/a\n"
    "00401000-00402000 r-xp 00001000 fe:01 131      /usr/bin/a\n"
    "01b2f000-01b50000 rw-p 00000000 00:00 0        [heap]\n"
    "7f0000000000-7f0000021000 rw-s 00000000 00:00 0 \n"
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n";

static void
a_real_file(void **state)
{
	struct parsed p = parse(real);
	const struct mapping *v = p.maps.v;

	(void)state;
	assert_int_equal(p.dropped, 0);
	assert_int_equal(p.maps.n, 5);
	assert_int_equal(v[1].start, 0x401000);
	assert_int_equal(v[1].end, 0x402000);
	assert_int_equal(v[1].off, 0x1000);
	assert_int_equal(v[1].dev_major, 0xfe);
	assert_int_equal(v[1].dev_minor, 1);
	assert_int_equal(v[1].ino, 131);
	assert_int_equal(v[1].flags, MAPPING_READ | MAPPING_EXEC);
	assert_string_equal(v[1].name, "/usr/bin/a");
	assert_int_equal(v[3].flags,
	    MAPPING_READ | MAPPING_WRITE | MAPPING_SHARED);
	assert_string_equal(v[3].name, "");
	assert_true(v[4].start == 0xffffffffff600000);
	assert_int_equal(v[4].flags, MAPPING_EXEC);
	assert_string_equal(v[4].name, "[vsyscall]");
	mappings_deinit(&p.maps);
}

/* The kernel writes a blank behind an inode without a name, others do not. */
static void
a_missing_name(void **state)
{
	(void)state;
	assert_name("1000-2000 rw-p 00000000 00:00 0 \n", "");
	assert_name("1000-2000 rw-p 00000000 00:00 0\n", "");
	assert_name("1000-2000 rw-p 00000000 00:00 0      \n", "");
	assert_name("1000-2000 rw-p 00000000 fd:00 7\n", "");
}

static void
no_newline_at_the_end(void **state)
{
	(void)state;
	assert_name("1000-2000 r-xp 0 00:00 7 /bin/b", "/bin/b");
	assert_name("1000-2000 r-xp 0 00:00 7", "");
}

static void
blanks_in_a_name(void **state)
{
	(void)state;
	assert_name("1000-2000 r-xp 0 00:00 7    /a b/c  d.so\n",
	    "/a b/c  d.so");
	assert_name("1000-2000 r-xp 0 00:00 7 /trailing \n", "/trailing ");
	assert_name("1000-2000 r-xp 0 00:00 7 /a\tb\n", "/a\tb");
}

static void
a_newline_in_a_name(void **state)
{
	(void)state;
	assert_name("1000-2000 r-xp 0 00:00 7 /a\\012b\n", "/a\nb");
	assert_name("1000-2000 r-xp 0 00:00 7 \\012\\012\n", "\n\n");
	/* No other sequence is the kernel's, and a cut-off one is none. */
	assert_name("1000-2000 r-xp 0 00:00 7 /a\\040b\n", "/a\\040b");
	assert_name("1000-2000 r-xp 0 00:00 7 /a\\01\n", "/a\\01");
	assert_name("1000-2000 r-xp 0 00:00 7 /a\\", "/a\\");
}

static void
a_deleted_file(void **state)
{
	struct parsed p = parse("1000-2000 r-xp 0 fd:00 7 /a (deleted)\n"
				"2000-3000 r-xp 0 fd:00 7 / (deleted)\n"
				"3000-4000 rw-s 0 00:01 7 /memfd:x (deleted)\n"
				"4000-5000 rw-p 0 00:00 0 [a] (deleted)\n"
				"5000-6000 r-xp 0 fd:00 7 /a(deleted)\n");

	(void)state;
	assert_int_equal(p.dropped, 0);
	assert_int_equal(p.maps.n, 5);
	assert_string_equal(p.maps.v[0].name, "/a");
	assert_true((p.maps.v[0].flags & MAPPING_DELETED) != 0);
	assert_string_equal(p.maps.v[1].name, "/");
	assert_true((p.maps.v[1].flags & MAPPING_DELETED) != 0);
	assert_string_equal(p.maps.v[2].name, "/memfd:x");
	assert_true((p.maps.v[2].flags & MAPPING_DELETED) != 0);
	/* Only of files does the kernel say so. */
	assert_string_equal(p.maps.v[3].name, "[a] (deleted)");
	assert_true((p.maps.v[3].flags & MAPPING_DELETED) == 0);
	assert_string_equal(p.maps.v[4].name, "/a(deleted)");
	assert_true((p.maps.v[4].flags & MAPPING_DELETED) == 0);
	mappings_deinit(&p.maps);
}

static void
the_largest_numbers(void **state)
{
	struct parsed p = parse_one(
	    "fffffffffffff000-ffffffffffffffff r-xp ffffffffffffffff "
	    "ffffffff:ffffffff 18446744073709551615 /a\n");

	(void)state;
	assert_true(p.maps.v[0].end == UINT64_MAX);
	assert_true(p.maps.v[0].off == UINT64_MAX);
	assert_true(p.maps.v[0].ino == UINT64_MAX);
	assert_true(p.maps.v[0].dev_major == UINT32_MAX);
	assert_true(p.maps.v[0].dev_minor == UINT32_MAX);
	mappings_deinit(&p.maps);
}

static void
numbers_that_do_not_fit(void **state)
{
	(void)state;
	assert_dropped("10000000000000000-10000000000001000 r-xp 0 0:0 0 /a\n");
	assert_dropped("1000-10000000000000000 r-xp 0 0:0 0 /a\n");
	assert_dropped("1000-2000 r-xp 10000000000000000 0:0 0 /a\n");
	assert_dropped("1000-2000 r-xp 0 100000000:0 0 /a\n");
	assert_dropped("1000-2000 r-xp 0 0:100000000 0 /a\n");
	assert_dropped("1000-2000 r-xp 0 0:0 18446744073709551616 /a\n");
	assert_dropped("1000-2000 r-xp 0 0:0 18446744073709551616\n");
	assert_dropped("1000-2000 r-xp 0 0:0 "
		       "00000000000000000000000000000000000001\n");
}

static void
lines_that_make_no_sense(void **state)
{
	static const char *const lines[] = {
	    "nonsense",
	    "-",
	    " ",
	    "1000",
	    "1000-",
	    "1000-2000",
	    "1000-2000 ",
	    "1000-2000 r-xp",
	    "1000-2000 r-xp ",
	    "1000-2000 r-xp 0",
	    "1000-2000 r-xp 0 ",
	    "1000-2000 r-xp 0 0",
	    "1000-2000 r-xp 0 0:0",
	    "1000-2000 r-xp 0 0:0 ",
	    "1000-2000 r-xp 0 0:0 f",
	    "1000-2000 r-xp 0 0:0 f /a",
	    "1000-2000 r-xp0 0 0:0 0 /a",
	    "1000-2000 r-x 0 0:0 0 /a",
	    "1000 2000 r-xp 0 0:0 0 /a",
	    "1000-2000 r-xp 0 0-0 0 /a",
	    "-2000 r-xp 0 0:0 0 /a",
	    "g000-2000 r-xp 0 0:0 0 /a",
	    "A000-B000 r-xp 0 0:0 0 /a",
	    "0x1000-0x2000 r-xp 0 0:0 0 /a",
	    " 1000-2000 r-xp 0 0:0 0 /a",
	    "-1000-2000 r-xp 0 0:0 0 /a",
	    "2000-1000 r-xp 0 0:0 0 /a",
	    "1000-1000 r-xp 0 0:0 0 /a",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_dropped(lines[i]);
}

static void
overlaps_and_disorder(void **state)
{
	struct parsed p = parse("2000-4000 r-xp 0 00:00 1 /a\n"
				"3000-5000 r-xp 0 00:00 2 /overlaps\n"
				"2000-4000 r-xp 0 00:00 3 /again\n"
				"1000-2000 r-xp 0 00:00 4 /too-late\n"
				"0-ffffffffffffffff r-xp 0 00:00 5 /all\n"
				"4000-5000 r-xp 0 00:00 6 /b\n");

	(void)state;
	assert_int_equal(p.dropped, 4);
	assert_int_equal(p.maps.n, 2);
	assert_string_equal(p.maps.v[0].name, "/a");
	assert_string_equal(p.maps.v[1].name, "/b");
	mappings_deinit(&p.maps);
}

static void
a_broken_line_costs_itself_alone(void **state)
{
	struct parsed p = parse("1000-2000 r-xp 0 00:00 1 /a\n"
				"\n"
				"broken\n"
				"2000-3000 r-xp 0 00:00 1 /b\n");

	(void)state;
	assert_int_equal(p.dropped, 1); /* an empty line is no line */
	assert_int_equal(p.maps.n, 2);
	mappings_deinit(&p.maps);
}

static void
a_nul_in_a_name(void **state)
{
	static const char text[] = "1000-2000 r-xp 0 00:00 1 /a\0b\n"
				   "2000-3000 r-xp 0 00:00 1 /c\n";
	struct parsed p = parse_bytes(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(p.maps.n, 2);
	assert_string_equal(p.maps.v[0].name, "/a");
	assert_string_equal(p.maps.v[1].name, "/c");
	mappings_deinit(&p.maps);
}

static void
nothing_at_all(void **state)
{
	struct parsed p = parse("");

	(void)state;
	assert_int_equal(p.dropped, 0);
	assert_int_equal(p.maps.n, 0);
	mappings_deinit(&p.maps);
}

/* Every cut of a good text: never a byte outside it, never disorder. */
static void
every_prefix(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(real); len++) {
		struct parsed p = parse_bytes(real, len);

		for (size_t i = 1; i < p.maps.n; i++)
			assert_true(
			    p.maps.v[i].start >= p.maps.v[i - 1].end);
		mappings_deinit(&p.maps);
	}
}

static void
our_own_maps(void **state)
{
	FILE *fp = fopen("/proc/self/maps", "re");
	struct parsed p;
	char *text = NULL;
	size_t size;
	ssize_t len;

	(void)state;
	assert_non_null(fp);
	len = getdelim(&text, &size, '\0', fp);
	assert_true(len > 0);
	fclose(fp);
	p = parse_bytes(text, (size_t)len);
	assert_int_equal(p.dropped, 0);
	assert_non_null(mappings_find(&p.maps, (uintptr_t)&real));
	assert_true((mappings_find(&p.maps, (uintptr_t)our_own_maps)->flags &
			MAPPING_EXEC) != 0);
	assert_string_equal(
	    mappings_find(&p.maps, (uintptr_t)&fp)->name, "[stack]");
	mappings_deinit(&p.maps);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_real_file),
	    cmocka_unit_test(a_missing_name),
	    cmocka_unit_test(no_newline_at_the_end),
	    cmocka_unit_test(blanks_in_a_name),
	    cmocka_unit_test(a_newline_in_a_name),
	    cmocka_unit_test(a_deleted_file),
	    cmocka_unit_test(the_largest_numbers),
	    cmocka_unit_test(numbers_that_do_not_fit),
	    cmocka_unit_test(lines_that_make_no_sense),
	    cmocka_unit_test(overlaps_and_disorder),
	    cmocka_unit_test(a_broken_line_costs_itself_alone),
	    cmocka_unit_test(a_nul_in_a_name),
	    cmocka_unit_test(nothing_at_all),
	    cmocka_unit_test(every_prefix),
	    cmocka_unit_test(our_own_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

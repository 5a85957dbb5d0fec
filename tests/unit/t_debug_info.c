/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The DWARF of this very program, whatever compiler and version wrote it: its
 * functions know the lines on which they stand.
 */
#include "config.h"

#include "object/debug_info.h"

#include "elf_image.h"
#include "own_module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define NEVER_INLINE  __attribute__((noinline, noipa))

#if !__has_attribute(noipa)
#undef NEVER_INLINE
#define NEVER_INLINE __attribute__((noinline))
#endif

static const char *call_addr; /* of the call of here() that ran last */
static int line_inner, line_middle, line_outer;

/* The last byte of the call instruction, so an address on the caller's line. */
NEVER_INLINE static void
here(void)
{
	call_addr = (const char *)__builtin_return_address(0) - 1;
}

ALWAYS_INLINE void
inner(void)
{
	line_inner = __LINE__ + 1;
	here();
	__asm__ volatile("" ::: "memory");
}

ALWAYS_INLINE void
middle(void)
{
	line_middle = __LINE__ + 1;
	inner();
}

NEVER_INLINE static void
outer(void)
{
	line_outer = __LINE__ + 1;
	middle();
	__asm__ volatile("" ::: "memory");
}

/* NULL where this program was built without -g. */
static struct module *
module_with_dwarf(void)
{
	struct module *m = own_module();
	struct section s;

	if (module_section(m, ".debug_info", &s))
		return m;
	module_unref(m);
	return NULL;
}

static void
check_line(const struct source_line *l, const char *function, int line)
{
	assert_string_equal(l->function, function);
	assert_int_equal(l->line, line);
	assert_non_null(l->file);
	assert_int_equal(l->file[0], '/');
	assert_string_equal(strrchr(l->file, '/'), "/t_debug_info.c");
}

static void
test_inlined_calls_from_the_innermost_out(void **state)
{
	struct module *m = module_with_dwarf();
	struct source_line lines[8];

	(void)state;
	if (m == NULL)
		skip();
	outer();
	assert_int_equal(debug_info_lines(module_debug_info(m),
			     own_vaddr(m, call_addr), true, lines, 8),
	    3);
	check_line(&lines[0], "inner", line_inner);
	check_line(&lines[1], "middle", line_middle);
	check_line(&lines[2], "outer", line_outer);
	assert_int_equal(lines[2].start_line, line_outer - 3);
	assert_int_not_equal(lines[0].column, 0);
	module_unref(m);
}

/* Then the outer ones are kept, each at the line of its own call. */
static void
test_too_many_inlined_calls(void **state)
{
	struct module *m = module_with_dwarf();
	struct source_line lines[3] = {0};

	(void)state;
	if (m == NULL)
		skip();
	outer();
	assert_int_equal(debug_info_lines(module_debug_info(m),
			     own_vaddr(m, call_addr), true, lines, 2),
	    2);
	check_line(&lines[0], "middle", line_middle);
	check_line(&lines[1], "outer", line_outer);
	assert_null(lines[2].function);
	assert_int_equal(debug_info_lines(module_debug_info(m),
			     own_vaddr(m, call_addr), false, lines, 3),
	    1);
	check_line(&lines[0], "outer", line_outer);
	module_unref(m);
}

static void
test_other_addresses_have_none(void **state)
{
	struct module *m = module_with_dwarf();
	struct source_line lines[1];

	(void)state;
	if (m == NULL)
		skip();
	assert_int_equal(
	    debug_info_lines(module_debug_info(m), 0, true, lines, 1), 0);
	assert_int_equal(debug_info_lines(module_debug_info(m), UINT64_MAX,
			     true, lines, 1),
	    0);
	assert_int_equal(debug_info_lines(module_debug_info(m),
			     own_vaddr(m, &call_addr), true, lines, 1),
	    0);
	module_unref(m);
}

static struct module *
open_image(struct elf_image *img)
{
	struct module *m = NULL;
	struct err err;

	assert_int_equal(
	    module_open(elf_image_fd(img), "lib.so", &m, &err), 0);
	return m;
}

/*
 * A unit of version 4 by hand: one function f at [0x1100, 0x1140) whose
 * DW_AT_sibling-less children nest a call of itself, inlined, and then the unit
 * just ends.
 */
static const uint8_t abbrevs[] = {
    /* 1: compile_unit, children; name string */
    1, 0x11, 1, 0x03, 0x08, 0, 0,
    /* 2: subprogram, children; name string, low_pc addr, high_pc data1 */
    2, 0x2e, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x0b, 0, 0,
    /* 3: inlined_subroutine, children; abstract_origin ref4, low_pc,
     * high_pc, call_file data1, call_line data1 */
    3, 0x1d, 1, 0x31, 0x13, 0x11, 0x01, 0x12, 0x0b, 0x58, 0x0b, 0x59, 0x0b,
    0, 0,
    0};
static const uint8_t info[] = {
    /* length, version, abbrev offset, address size */
    55, 0, 0, 0, 4, 0, 0, 0, 0, 0, 8,
    1, 'c', 0,
    /* at 14 */
    2, 'f', 0, 0x00, 0x11, 0, 0, 0, 0, 0, 0, 0x40,
    /* at 26 */
    3, 14, 0, 0, 0, 0x10, 0x11, 0, 0, 0, 0, 0, 0, 0x10, 1, 7,
    /* the rest is never closed */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

/* What refers to a file of dwz that is not installed. */
static const char alt_link[] = "/var/tmp/shared.debug\0\xde\xad\xbe\xef";

static struct module *
open_by_hand(bool with_alt_link)
{
	struct elf_image *img = calloc(1, sizeof(*img));
	struct module *m;

	elf_image_segment(img, PT_LOAD, PF_R | PF_X, 0x1000, 0x1000, 0x1000);
	elf_image_put(img, 0x3000, info, sizeof(info));
	elf_image_put(img, 0x3800, abbrevs, sizeof(abbrevs));
	elf_image_section(img, ".debug_info", SHT_PROGBITS, 0, 0x3000, 0,
	    sizeof(info));
	elf_image_section(img, ".debug_abbrev", SHT_PROGBITS, 0, 0x3800, 0,
	    sizeof(abbrevs));
	elf_image_put(img, 0x3c00, alt_link, sizeof(alt_link) - 1);
	if (with_alt_link)
		elf_image_section(img, ".gnu_debugaltlink", SHT_PROGBITS, 0,
		    0x3c00, 0, sizeof(alt_link) - 1);
	m = open_image(img);
	free(img);
	return m;
}

/* libdw would ask for the missing half wherever it can, also on the network. */
static void
test_half_of_dwz_is_left_alone(void **state)
{
	struct module *m = open_by_hand(true);
	struct source_line lines[4];

	(void)state;
	assert_int_equal(debug_info_lines(
			     module_debug_info(m), 0x1100, true, lines, 4),
	    0);
	module_unref(m);
}

/* Neither .debug_aranges nor ranges of the unit, nor any line table. */
static void
test_a_unit_without_ranges_is_known_by_its_functions(void **state)
{
	struct module *m = open_by_hand(false);
	struct source_line lines[4];

	(void)state;
	assert_int_equal(debug_info_lines(
			     module_debug_info(m), 0x1100, true, lines, 4),
	    1);
	assert_string_equal(lines[0].function, "f");
	assert_null(lines[0].file);
	assert_int_equal(debug_info_lines(
			     module_debug_info(m), 0x1110, true, lines, 4),
	    2);
	assert_string_equal(lines[0].function, "f");
	assert_string_equal(lines[1].function, "f");
	assert_int_equal(lines[1].line, 7);
	assert_int_equal(debug_info_lines(
			     module_debug_info(m), 0x1140, true, lines, 4),
	    0);
	module_unref(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_inlined_calls_from_the_innermost_out),
	    cmocka_unit_test(test_too_many_inlined_calls),
	    cmocka_unit_test(test_other_addresses_have_none),
	    cmocka_unit_test(test_half_of_dwz_is_left_alone),
	    cmocka_unit_test(
		test_a_unit_without_ranges_is_known_by_its_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "symbol/symbolize.h"

#include "elf_image.h"
#include "own_module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const struct symbolize_opts all = {.inlines = true, .lines = true};
static const struct symbolize_opts names_only = {0};

static struct module *
open_named(struct elf_image *img, const char *path)
{
	struct module *m = NULL;
	struct err err;

	assert_int_equal(module_open(elf_image_fd(img), path, &m, &err), 0);
	return m;
}

/* Frees loc: the one function at vaddr is called name. */
static void
check_name(struct module *m, uint64_t vaddr, const char *name, bool resolved,
    uint64_t function_vaddr)
{
	struct location loc;

	symbolize(m, vaddr, &all, &loc);
	assert_int_equal(loc.n, 1);
	assert_string_equal(loc.lines[0].name, name);
	assert_int_equal(loc.resolved, resolved);
	assert_int_equal(loc.function_vaddr, function_vaddr);
	location_deinit(&loc);
}

/* CIE "zR" with pcrel sdata4 pointers, and one FDE for [0x1100, 0x1140). */
static const uint8_t eh_frame[] = {
    0x14, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1b,
    0x0c, 7, 8, 0x90, 1, 0, 0,
    0x10, 0, 0, 0, 0x1c, 0, 0, 0, 0xe0, 0xf0, 0xff, 0xff, 0x40, 0, 0, 0,
    0, 0, 0, 0,
    0, 0, 0, 0};

static struct module *
open_stripped(const char *path)
{
	struct elf_image *img = calloc(1, sizeof(*img));
	struct module *m;

	elf_image_segment(img, PT_LOAD, PF_R | PF_X, 0x1000, 0x1000, 0x1800);
	elf_image_put(img, 0x2000, eh_frame, sizeof(eh_frame));
	elf_image_section(img, ".eh_frame", SHT_PROGBITS, SHF_ALLOC, 0x2000,
	    0x2000, sizeof(eh_frame));
	m = open_named(img, path);
	free(img);
	return m;
}

static void
test_stripped_code_is_called_by_its_module(void **state)
{
	struct module *m = open_stripped("/usr/lib/libz.so.1.2.13");

	(void)state;
	check_name(m, 0x1100, "libz.so.1.2.13+0x1100", false, 0x1100);
	check_name(m, 0x113f, "libz.so.1.2.13+0x1100", false, 0x1100);
	check_name(m, 0x1140, "[libz.so.1.2.13]", false, 0);
	module_unref(m);
	m = open_stripped("[vdso]");
	check_name(m, 0x1110, "[vdso]+0x1100", false, 0x1100);
	check_name(m, 0x1140, "[vdso]", false, 0);
	module_unref(m);
}

/* A symbol table with one symbol, [0x1100, 0x1140). */
static struct module *
open_with_symbol(const char *name)
{
	struct elf_image *img = calloc(1, sizeof(*img));
	Elf64_Sym syms[2] = {{0}, {.st_name = 1, .st_shndx = 1,
	    .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
	    .st_value = 0x1100, .st_size = 0x40}};
	struct module *m;

	elf_image_segment(img, PT_LOAD, PF_R | PF_X, 0x1000, 0x1000, 0x1000);
	elf_image_section(img, ".text", SHT_PROGBITS,
	    SHF_ALLOC | SHF_EXECINSTR, 0x1000, 0x1000, 0x1000);
	elf_image_put(img, 0x3000, syms, sizeof(syms));
	elf_image_section(
	    img, ".symtab", SHT_SYMTAB, 0, 0x3000, 0, sizeof(syms))
	    ->sh_link = 3;
	elf_image_put(img, 0x4001, name, strlen(name) + 1);
	elf_image_section(
	    img, ".strtab", SHT_STRTAB, 0, 0x4000, 0, strlen(name) + 2);
	m = open_named(img, "/opt/prog");
	free(img);
	return m;
}

static void
test_symbols_are_demangled_and_kept_as_they_are(void **state)
{
	struct module *m = open_with_symbol("_ZN4work5outerEi");
	struct location loc;

	(void)state;
	symbolize(m, 0x1120, &all, &loc);
	assert_int_equal(loc.n, 1);
	assert_string_equal(loc.lines[0].name, "work::outer(int)");
	assert_string_equal(loc.lines[0].system_name, "_ZN4work5outerEi");
	assert_null(loc.lines[0].file);
	assert_int_equal(loc.lines[0].line, 0);
	assert_true(loc.resolved);
	assert_int_equal(loc.function_vaddr, 0x1100);
	location_deinit(&loc);
	module_unref(m);
}

/* Not the nearest symbol, though there is one just before. */
static void
test_beyond_a_symbol_its_name_does_not_count(void **state)
{
	struct module *m = open_with_symbol("last");

	(void)state;
	check_name(m, 0x113f, "last", true, 0x1100);
	check_name(m, 0x1140, "[prog]", false, 0);
	module_unref(m);
}

static void
test_endless_name_is_cut(void **state)
{
	char *name = malloc(40000);
	struct location loc;
	struct module *m;

	(void)state;
	memset(name, 'x', 40000 - 1);
	name[40000 - 1] = '\0';
	m = open_with_symbol(name);
	symbolize(m, 0x1100, &all, &loc);
	assert_int_equal(strlen(loc.lines[0].system_name), 16384);
	assert_int_equal(strlen(loc.lines[0].name), 16384);
	location_deinit(&loc);
	module_unref(m);
	free(name);
}

static const char *call_addr;
static int line_callee, line_caller;

__attribute__((noinline)) static void
here(void)
{
	call_addr = (const char *)__builtin_return_address(0) - 1;
}

static inline __attribute__((always_inline)) void
callee(void)
{
	line_callee = __LINE__ + 1;
	here();
	__asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void
caller(void)
{
	line_caller = __LINE__ + 1;
	callee();
	__asm__ volatile("" ::: "memory");
}

static void
test_inlined_calls_with_file_and_line(void **state)
{
	struct module *m = own_module();
	struct section s;
	struct location loc;

	(void)state;
	if (!module_section(m, ".debug_info", &s)) {
		module_unref(m);
		skip();
	}
	caller();
	symbolize(m, own_vaddr(m, call_addr), &all, &loc);
	assert_int_equal(loc.n, 2);
	assert_string_equal(loc.lines[0].name, "callee");
	assert_int_equal(loc.lines[0].line, line_callee);
	assert_non_null(loc.lines[0].file);
	assert_string_equal(loc.lines[1].name, "caller");
	assert_string_equal(loc.lines[1].system_name, "caller");
	assert_int_equal(loc.lines[1].line, line_caller);
	assert_int_equal(loc.lines[1].start_line, line_caller - 3);
	assert_true(loc.resolved);
	location_deinit(&loc);
	module_unref(m);
}

static void
test_what_was_not_asked_for_is_not_given(void **state)
{
	struct module *m = own_module();
	struct location loc;

	(void)state;
	caller();
	symbolize(m, own_vaddr(m, call_addr), &names_only, &loc);
	assert_int_equal(loc.n, 1);
	assert_string_equal(loc.lines[0].name, "caller");
	assert_null(loc.lines[0].file);
	assert_int_equal(loc.lines[0].line, 0);
	assert_int_equal(
	    loc.function_vaddr, own_vaddr(m, (const void *)caller));
	location_deinit(&loc);
	module_unref(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stripped_code_is_called_by_its_module),
	    cmocka_unit_test(test_symbols_are_demangled_and_kept_as_they_are),
	    cmocka_unit_test(test_beyond_a_symbol_its_name_does_not_count),
	    cmocka_unit_test(test_endless_name_is_cut),
	    cmocka_unit_test(test_inlined_calls_with_file_and_line),
	    cmocka_unit_test(test_what_was_not_asked_for_is_not_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

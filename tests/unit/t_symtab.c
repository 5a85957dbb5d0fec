/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/symtab.h"

#include "base/err.h"
#include "elf_image.h"
#include "object/module.h"
#include "own_module.h"

#include <lzma.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define FUNC(bind)   ELF64_ST_INFO(STB_##bind, STT_FUNC)
#define NOTYPE(bind) ELF64_ST_INFO(STB_##bind, STT_NOTYPE)
#define TEXT	     1 /* section number */

struct sym {
	const char *name;
	uint64_t vaddr, size;
	unsigned char info;
};

/*
 * .text at 0x1000 to 0x2000, first of all sections, then a symbol table of this
 * type with its strings.
 */
static void
put_symbols(struct elf_image *img, uint32_t type, const struct sym *v, size_t n)
{
	static const uint64_t syms_off = 0x3000, names_off = 0x4000;
	uint64_t name = 1;

	elf_image_segment(img, PT_LOAD, PF_R | PF_X, 0x1000, 0x1000, 0x1000);
	elf_image_section(img, ".text", SHT_PROGBITS,
	    SHF_ALLOC | SHF_EXECINSTR, 0x1000, 0x1000, 0x1000);
	for (size_t i = 0; i < n; i++) {
		Elf64_Sym sym = {.st_name = (Elf64_Word)name,
		    .st_info = v[i].info, .st_shndx = TEXT,
		    .st_value = v[i].vaddr, .st_size = v[i].size};

		elf_image_put(img, syms_off + (i + 1) * sizeof(sym), &sym,
		    sizeof(sym));
		elf_image_put(
		    img, names_off + name, v[i].name, strlen(v[i].name) + 1);
		name += strlen(v[i].name) + 1;
	}
	elf_image_section(img, "symbols", type, 0, syms_off, 0,
	    (n + 1) * sizeof(Elf64_Sym))
	    ->sh_link = 3;
	elf_image_section(img, "names", SHT_STRTAB, 0, names_off, 0, name);
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

static struct module *
open_symbols(const struct sym *v, size_t n)
{
	struct elf_image *img = calloc(1, sizeof(*img));
	struct module *m;

	put_symbols(img, SHT_SYMTAB, v, n);
	m = open_image(img);
	free(img);
	return m;
}

/* name NULL: no symbol holds vaddr. */
static void
check(struct module *m, uint64_t vaddr, const char *name)
{
	struct symbol sym;

	if (!symtab_find(module_symtab(m), vaddr, &sym))
		assert_null(name);
	else if (name == NULL)
		fail_msg("0x%lx is in %s", vaddr, sym.name);
	else
		assert_string_equal(sym.name, name);
}

static void
test_a_symbol_ends_where_its_size_says(void **state)
{
	static const struct sym v[] = {
	    {"b", 0x1200, 0x80, FUNC(GLOBAL)},
	    {"a", 0x1100, 0x10, FUNC(LOCAL)},
	};
	struct module *m = open_symbols(v, 2);
	struct symbol sym;

	(void)state;
	check(m, 0x10ff, NULL);
	check(m, 0x1100, "a");
	check(m, 0x110f, "a");
	check(m, 0x1110, NULL);
	check(m, 0x127f, "b");
	check(m, 0x1280, NULL);
	assert_true(symtab_find(module_symtab(m), 0x1240, &sym));
	assert_int_equal(sym.vaddr, 0x1200);
	assert_int_equal(sym.size, 0x80);
	assert_true(symtab_is_full(module_symtab(m)));
	module_unref(m);
}

static void
test_best_alias(void **state)
{
	static const struct sym v[] = {
	    {"local", 0x1100, 0x10, FUNC(LOCAL)},
	    {"weak", 0x1100, 0x10, FUNC(WEAK)},
	    {"__global", 0x1100, 0x10, FUNC(GLOBAL)},
	    {"global_longer", 0x1100, 0x10, FUNC(GLOBAL)},
	    {"global", 0x1100, 0x10, FUNC(GLOBAL)},
	    {"_global", 0x1100, 0x10, FUNC(GLOBAL)},
	    {"a", 0x1100, 0, NOTYPE(GLOBAL)},
	    {"x", 0x1200, 0x10, FUNC(LOCAL)},
	    {"__weak", 0x1200, 0x10, FUNC(WEAK)},
	};
	struct module *m = open_symbols(v, 9);

	(void)state;
	check(m, 0x1100, "global");
	check(m, 0x1200, "__weak");
	module_unref(m);
}

static void
test_without_size_up_to_the_next(void **state)
{
	static const struct sym v[] = {
	    {"asm_one", 0x1100, 0, NOTYPE(GLOBAL)},
	    {"asm_two", 0x1180, 0, FUNC(LOCAL)},
	    {"sized", 0x1200, 0x80, FUNC(GLOBAL)},
	    {"inside", 0x1240, 0, NOTYPE(LOCAL)},
	    {"last", 0x1f00, 0, NOTYPE(LOCAL)},
	};
	struct module *m = open_symbols(v, 5);

	(void)state;
	check(m, 0x117f, "asm_one");
	check(m, 0x1180, "asm_two");
	check(m, 0x11ff, "asm_two");
	check(m, 0x1240, "sized");
	check(m, 0x1280, NULL);
	check(m, 0x1fff, "last");
	check(m, 0x2000, NULL);
	module_unref(m);
}

/* CIE "zR" with pcrel sdata4 pointers, and one FDE for [0x1100, 0x1140). */
static const uint8_t eh_frame[] = {
    0x14, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1b,
    0x0c, 7, 8, 0x90, 1, 0, 0,
    0x10, 0, 0, 0, 0x1c, 0, 0, 0, 0xe0, 0xf0, 0xff, 0xff, 0x40, 0, 0, 0,
    0, 0, 0, 0,
    0, 0, 0, 0};
#define EH_FRAME_VADDR 0x2000 /* its initial_location stands at 0x2020 */

static void
test_without_size_not_out_of_its_fde(void **state)
{
	static const struct sym v[] = {
	    {"asm_one", 0x1100, 0, NOTYPE(GLOBAL)},
	};
	struct elf_image *img = calloc(1, sizeof(*img));
	struct module *m;

	(void)state;
	put_symbols(img, SHT_SYMTAB, v, 1);
	elf_image_put(img, 0x2000, eh_frame, sizeof(eh_frame));
	elf_image_section(img, ".eh_frame", SHT_PROGBITS, SHF_ALLOC, 0x2000,
	    EH_FRAME_VADDR, sizeof(eh_frame));
	m = open_image(img);
	check(m, 0x1100, "asm_one");
	check(m, 0x113f, "asm_one");
	check(m, 0x1140, NULL);
	module_unref(m);
	free(img);
}

static void
test_what_names_no_function_is_left_out(void **state)
{
	static const struct sym v[] = {
	    {"code", 0x1100, 0x100, FUNC(GLOBAL)},
	    {"$x", 0x1120, 0x10, NOTYPE(LOCAL)},
	    {".L42", 0x1120, 0x10, NOTYPE(LOCAL)},
	    {".annobin_x", 0x1120, 0x10, NOTYPE(LOCAL)},
	    {"", 0x1120, 0x10, FUNC(LOCAL)},
	    {"table", 0x1120, 0x10, ELF64_ST_INFO(STB_LOCAL, STT_OBJECT)},
	    {"a.c", 0x1120, 0x10, ELF64_ST_INFO(STB_LOCAL, STT_FILE)},
	    {"elsewhere", 0x9000, 0x10, FUNC(GLOBAL)},
	    {"wraps", 0x1130, UINT64_MAX, FUNC(GLOBAL)},
	};
	struct module *m = open_symbols(v, 9);

	(void)state;
	check(m, 0x1120, "code");
	check(m, 0x1131, "code");
	check(m, 0x9000, NULL);
	module_unref(m);
}

static void
test_version_is_cut_off(void **state)
{
	static const struct sym v[] = {
	    {"memcpy@@GLIBC_2.14", 0x1100, 0x10, FUNC(GLOBAL)},
	    {"@odd", 0x1200, 0x10, FUNC(GLOBAL)},
	};
	struct module *m = open_symbols(v, 2);

	(void)state;
	check(m, 0x1100, "memcpy");
	check(m, 0x1200, "@odd");
	module_unref(m);
}

static void
test_dynsym_alone_is_not_full(void **state)
{
	static const struct sym v[] = {{"api", 0x1100, 0x10, FUNC(GLOBAL)}};
	struct elf_image *img = calloc(1, sizeof(*img));
	struct module *m;

	(void)state;
	put_symbols(img, SHT_DYNSYM, v, 1);
	m = open_image(img);
	check(m, 0x1100, "api");
	assert_false(symtab_is_full(module_symtab(m)));
	module_unref(m);
	free(img);
}

/* Puts an ELF file with these symbols into .gnu_debugdata. */
static void
put_mini_debug(struct elf_image *img, const struct sym *v, size_t n)
{
	struct elf_image *inner = calloc(1, sizeof(*inner));
	uint8_t packed[4096];
	size_t size = 0;

	put_symbols(inner, SHT_SYMTAB, v, n);
	elf_image_finish(inner);
	assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL,
			     inner->bytes, inner->size, packed, &size,
			     sizeof(packed)),
	    LZMA_OK);
	elf_image_put(img, 0x5000, packed, size);
	elf_image_section(
	    img, ".gnu_debugdata", SHT_PROGBITS, 0, 0x5000, 0, size);
	free(inner);
}

static void
test_embedded_table_adds_to_dynsym(void **state)
{
	static const struct sym outer[] = {
	    {"api", 0x1100, 0x10, FUNC(GLOBAL)}};
	static const struct sym inner[] = {
	    {"helper", 0x1200, 0x10, FUNC(LOCAL)}};
	struct elf_image *img = calloc(1, sizeof(*img));
	struct module *m;

	(void)state;
	put_symbols(img, SHT_DYNSYM, outer, 1);
	put_mini_debug(img, inner, 1);
	m = open_image(img);
	check(m, 0x1100, "api");
	check(m, 0x1200, "helper");
	assert_true(symtab_is_full(module_symtab(m)));
	module_unref(m);
	free(img);
}

/* A string table without an end, and names behind it. */
static void
test_names_outside_the_table(void **state)
{
	static const struct sym v[] = {
	    {"good", 0x1100, 0x10, FUNC(GLOBAL)},
	    {"unended", 0x1200, 0x10, FUNC(GLOBAL)},
	};
	struct elf_image *img = calloc(1, sizeof(*img));
	struct module *m;

	(void)state;
	put_symbols(img, SHT_SYMTAB, v, 2);
	img->sections[3].sh_size -= 1;
	m = open_image(img);
	check(m, 0x1100, "good");
	check(m, 0x1200, NULL);
	module_unref(m);
	free(img);
}

/* Real life: our own function, in the file that we run from. */
static void
test_this_very_program(void **state)
{
	struct module *m = own_module();

	(void)state;
	check(m, own_vaddr(m, (const void *)test_this_very_program),
	    "test_this_very_program");
	module_unref(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_symbol_ends_where_its_size_says),
	    cmocka_unit_test(test_best_alias),
	    cmocka_unit_test(test_without_size_up_to_the_next),
	    cmocka_unit_test(test_without_size_not_out_of_its_fde),
	    cmocka_unit_test(test_what_names_no_function_is_left_out),
	    cmocka_unit_test(test_version_is_cut_off),
	    cmocka_unit_test(test_dynsym_alone_is_not_full),
	    cmocka_unit_test(test_embedded_table_adds_to_dynsym),
	    cmocka_unit_test(test_names_outside_the_table),
	    cmocka_unit_test(test_this_very_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

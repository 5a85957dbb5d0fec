/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/dynamic.h"

#include "loaded_image.h"
#include "object/module.h"
#include "object/module_private.h"
#include "object/symtab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

#define BIAS	0x7f0000000000
#define TEXT	0x1000 /* both as offset and as vaddr, */
#define SYMTAB	0x2000
#define STRTAB	0x2800
#define HASH	0x2c00
#define JMPREL	0x3000
#define RELA	0x3400
#define DATA	0x4000 /* but for what stands here */
#define DATA_AT 0x8000

#define FUNC ELF64_ST_INFO(STB_GLOBAL, STT_FUNC)
static const char names[] = "\0imported\0one\0two";
static const Elf64_Sym syms[] = {{0},
    {.st_name = 1, .st_info = FUNC},
    {.st_name = 10, .st_info = FUNC, .st_shndx = 9, .st_value = TEXT,
	.st_size = 0x10},
    {.st_name = 14, .st_info = FUNC, .st_shndx = 9, .st_value = TEXT + 0x10,
	.st_size = 0x10}};

/* One bucket, two symbols from number 2 on; the last has bit 0. */
static const uint32_t gnu_hash[] = {1, 2, 1, 0, 0, 0, 2, 0x10, 0x21};
static const uint32_t sysv_hash[] = {1, 4, 2, 0, 0, 0, 0};

static const Elf64_Rela jmprel[] = {
    {DATA_AT + 0x800, ELF64_R_INFO(1, R_X86_64_JUMP_SLOT), 0},
    {DATA_AT + 0x808, ELF64_R_INFO(0, R_X86_64_IRELATIVE), TEXT + 0x10}};
static const Elf64_Rela rela[] = {
    {DATA_AT + 0x900, ELF64_R_INFO(0, R_X86_64_RELATIVE), TEXT},
    {DATA_AT + 0x818, ELF64_R_INFO(3, R_X86_64_GLOB_DAT), 0}};

static struct elf_image img;

/* Pointers in .dynamic are vaddrs plus this. */
static void
put_dynamic(uint64_t added, const Elf64_Dyn *more, size_t n_more)
{
	const Elf64_Dyn common[] = {{DT_SYMTAB, {SYMTAB + added}},
	    {DT_STRTAB, {STRTAB + added}}, {DT_STRSZ, {sizeof(names)}}};
	size_t at = DATA, size;

	elf_image_put(&img, SYMTAB, syms, sizeof(syms));
	elf_image_put(&img, STRTAB, names, sizeof(names));
	elf_image_put(&img, JMPREL, jmprel, sizeof(jmprel));
	elf_image_put(&img, RELA, rela, sizeof(rela));
	elf_image_put(&img, at, common, sizeof(common));
	at += sizeof(common);
	if (n_more > 0)
		elf_image_put(&img, at, more, n_more * sizeof(*more));
	size = at + (n_more + 1) * sizeof(*more) - DATA;
	elf_image_put(&img, DATA + 0xfff, "", 1);
	elf_image_segment(&img, PT_LOAD, PF_R | PF_X, 0, 0, 0x4000);
	elf_image_segment(&img, PT_LOAD, PF_R | PF_W, DATA, DATA_AT, 0x1000);
	elf_image_segment(&img, PT_DYNAMIC, PF_R | PF_W, DATA, DATA_AT, size);
	elf_image_finish(&img);
}

static int
reset(void **state)
{
	(void)state;
	memset(&img, 0, sizeof(img));
	return 0;
}

static struct module *
open_file(void)
{
	struct module *m = NULL;
	struct err err;

	assert_int_equal(module_open(elf_image_fd(&img), "l", &m, &err), 0);
	return m;
}

static struct module *
open_memory(struct loaded_image *l)
{
	struct mem mem = loaded_image_mem(l);
	struct module *m = NULL;
	struct err err;

	*l = (struct loaded_image){.img = &img, .bias = BIAS};
	assert_int_equal(module_open_mem(&mem, BIAS, "l", &m, &err), 0);
	return m;
}

static void
check_symbols(struct module *m, size_t n)
{
	const struct dynamic *d = module_dynamic(m);
	struct symbol sym;

	assert_int_equal(d->n_syms, n);
	assert_string_equal(dynamic_name(d, 1), "imported");
	assert_string_equal(dynamic_name(d, 3), "two");
	assert_null(dynamic_name(d, 0));
	assert_null(dynamic_name(d, (uint32_t)n));
	assert_true(symtab_find(module_symtab(m), TEXT + 0x1f, &sym));
	assert_string_equal(sym.name, "two");
	assert_false(symtab_is_full(module_symtab(m)));
	module_unref(m);
}

static void
test_symbols_counted_by_gnu_hash(void **state)
{
	const Elf64_Dyn more[] = {{DT_GNU_HASH, {HASH}}};

	(void)state;
	elf_image_put(&img, HASH, gnu_hash, sizeof(gnu_hash));
	put_dynamic(0, more, 1);
	check_symbols(open_file(), 4);
}

static void
test_symbols_counted_by_hash(void **state)
{
	const Elf64_Dyn more[] = {{DT_HASH, {HASH}}};

	(void)state;
	elf_image_put(&img, HASH, sysv_hash, sizeof(sysv_hash));
	put_dynamic(0, more, 1);
	check_symbols(open_file(), 4);
}

/* glibc turns the pointers in .dynamic into addresses, musl leaves them. */
static void
test_in_memory_pointers_may_be_addresses(void **state)
{
	const Elf64_Dyn as_is[] = {{DT_GNU_HASH, {HASH}}};
	const Elf64_Dyn relocated[] = {{DT_GNU_HASH, {HASH + BIAS}}};
	struct loaded_image l;

	(void)state;
	elf_image_put(&img, HASH, gnu_hash, sizeof(gnu_hash));
	put_dynamic(0, as_is, 1);
	check_symbols(open_memory(&l), 4);
	memset(&img, 0, sizeof(img));
	elf_image_put(&img, HASH, gnu_hash, sizeof(gnu_hash));
	put_dynamic(BIAS, relocated, 1);
	check_symbols(open_memory(&l), 4);
}

static void
test_slots_of_the_got(void **state)
{
	const Elf64_Dyn more[] = {{DT_JMPREL, {JMPREL}},
	    {DT_PLTRELSZ, {sizeof(jmprel)}}, {DT_PLTREL, {DT_RELA}},
	    {DT_RELA, {RELA}}, {DT_RELASZ, {sizeof(rela)}}};
	const struct dynamic *d;
	struct module *m;

	(void)state;
	put_dynamic(0, more, 5);
	m = open_file();
	d = module_dynamic(m);
	/* no hash table: as many symbols as relocations name */
	assert_int_equal(d->n_syms, 4);
	assert_int_equal(d->n_plt_slots, 2);
	assert_int_equal(d->n_slots, 3);
	assert_int_equal(d->slots[0].vaddr, DATA_AT + 0x800);
	assert_string_equal(dynamic_name(d, d->slots[0].symbol), "imported");
	assert_int_equal(d->slots[1].resolver, TEXT + 0x10);
	assert_int_equal(d->slots[2].vaddr, DATA_AT + 0x818);
	assert_string_equal(dynamic_name(d, d->slots[2].symbol), "two");
	module_unref(m);
}

/* What is larger than its segment, or nowhere, is not there. */
static void
test_sizes_that_cannot_be(void **state)
{
	static const uint32_t huge[] = {1, UINT32_MAX, 0};
	const Elf64_Dyn more[] = {{DT_HASH, {HASH}}, {DT_STRSZ, {1u << 30}},
	    {DT_JMPREL, {JMPREL}}, {DT_PLTRELSZ, {UINT64_MAX}},
	    {DT_PLTREL, {DT_RELA}}, {DT_RELA, {1ull << 50}},
	    {DT_RELASZ, {sizeof(rela)}}};
	const struct dynamic *d;
	struct module *m;

	(void)state;
	elf_image_put(&img, HASH, huge, sizeof(huge));
	put_dynamic(0, more, 7);
	m = open_file();
	d = module_dynamic(m);
	assert_true(d->n_syms <= 0x2000 / sizeof(Elf64_Sym));
	assert_null(dynamic_name(d, 1));
	assert_int_equal(d->n_slots, 0);
	module_unref(m);
}

/* A chain without an end, and a bucket beyond all symbols. */
static void
test_gnu_hash_that_never_ends(void **state)
{
	static const uint32_t h[] = {1, 2, 0, 0, UINT32_MAX - 1};
	const Elf64_Dyn more[] = {{DT_GNU_HASH, {HASH}}};
	struct module *m;

	(void)state;
	elf_image_put(&img, HASH, h, sizeof(h));
	put_dynamic(0, more, 1);
	m = open_file();
	assert_int_equal(module_dynamic(m)->n_syms, 2);
	module_unref(m);
}

static void
test_a_file_without_any(void **state)
{
	struct module *m;

	(void)state;
	elf_image_segment(&img, PT_LOAD, PF_R | PF_X, 0, 0, 0x1000);
	m = open_file();
	assert_int_equal(module_dynamic(m)->n_syms, 0);
	assert_int_equal(module_dynamic(m)->n_slots, 0);
	assert_null(dynamic_name(module_dynamic(m), 0));
	module_unref(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_symbols_counted_by_gnu_hash, reset),
	    cmocka_unit_test_setup(test_symbols_counted_by_hash, reset),
	    cmocka_unit_test_setup(
		test_in_memory_pointers_may_be_addresses, reset),
	    cmocka_unit_test_setup(test_slots_of_the_got, reset),
	    cmocka_unit_test_setup(test_sizes_that_cannot_be, reset),
	    cmocka_unit_test_setup(test_gnu_hash_that_never_ends, reset),
	    cmocka_unit_test_setup(test_a_file_without_any, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

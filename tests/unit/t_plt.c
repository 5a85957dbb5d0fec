/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/plt.h"

#include "elf_image.h"
#include "object/module.h"
#include "object/module_private.h"
#include "object/symtab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

#define CODE   0x1000
#define SYMTAB 0x2000
#define STRTAB 0x2800
#define JMPREL 0x3000
#define DYN    0x3800
#define GOT    0x4000 /* offsets and vaddrs are the same */
#define FOO    (GOT + 0x18)
#define BAR    (GOT + 0x20)
#define IFUNC  (GOT + 0x28)
#define CHAIN  (GOT + 0x30)

static struct elf_image img;
static uint64_t here; /* where the next code goes */

static int
reset(void **state)
{
	static const char names[] = "\0foo\0bar\0fast";
	static const Elf64_Sym syms[] = {{0}, {.st_name = 1}, {.st_name = 5},
	    {.st_name = 9, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_GNU_IFUNC),
		.st_shndx = 1, .st_value = CODE + 0x800, .st_size = 8}};
	static const Elf64_Rela relas[] = {
	    {FOO, ELF64_R_INFO(1, R_X86_64_JUMP_SLOT), 0},
	    {BAR, ELF64_R_INFO(2, R_X86_64_JUMP_SLOT), 0},
	    {IFUNC, ELF64_R_INFO(0, R_X86_64_IRELATIVE), CODE + 0x800},
	    {CHAIN, ELF64_R_INFO(0, R_X86_64_IRELATIVE), CODE + 0x10}};
	static const uint32_t hash[] = {1, 4};
	static const Elf64_Dyn dyn[] = {{DT_SYMTAB, {SYMTAB}},
	    {DT_STRTAB, {STRTAB}}, {DT_STRSZ, {sizeof(names)}},
	    {DT_HASH, {STRTAB + 0x100}}, {DT_JMPREL, {JMPREL}},
	    {DT_PLTRELSZ, {sizeof(relas)}}, {DT_PLTREL, {DT_RELA}},
	    {DT_NULL, {0}}};

	(void)state;
	memset(&img, 0, sizeof(img));
	elf_image_put(&img, SYMTAB, syms, sizeof(syms));
	elf_image_put(&img, STRTAB, names, sizeof(names));
	elf_image_put(&img, STRTAB + 0x100, hash, sizeof(hash));
	elf_image_put(&img, JMPREL, relas, sizeof(relas));
	elf_image_put(&img, DYN, dyn, sizeof(dyn));
	elf_image_put(&img, GOT + 0xfff, "", 1);
	elf_image_segment(&img, PT_LOAD, PF_R, 0, 0, 0x1000);
	elf_image_segment(&img, PT_LOAD, PF_R | PF_X, CODE, CODE, 0x1000);
	elf_image_segment(&img, PT_LOAD, PF_R, SYMTAB, SYMTAB, 0x3000);
	elf_image_segment(&img, PT_DYNAMIC, PF_R, DYN, DYN, sizeof(dyn));
	here = CODE;
	return 0;
}

static void
code(const char *bytes, size_t n)
{
	elf_image_put(&img, here, bytes, n);
	here += n;
}

/* jmp *slot(%rip), 6 bytes */
static void
jump(uint64_t slot)
{
	int32_t rel = (int32_t)(slot - (here + 6));

	code("\xff\x25", 2);
	elf_image_put(&img, here, &rel, 4);
	here += 4;
}

static void
push(uint32_t n)
{
	code("\x68", 1);
	elf_image_put(&img, here, &n, 4);
	here += 4;
}

static void
section(const char *name, uint64_t start)
{
	elf_image_section(&img, name, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR,
	    start, start, here - start);
}

static struct module *
open_image(void)
{
	struct module *m = NULL;
	struct err err;

	assert_int_equal(module_open(elf_image_fd(&img), "l", &m, &err), 0);
	return m;
}

/* name NULL: nothing there has one */
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

/* The first entry goes to the resolver and is nobody's. */
static void
put_lazy_plt(void)
{
	code("\xff\x35\0\0\0\0", 6);
	jump(GOT + 0x10);
	code("\x0f\x1f\x40\0", 4);
	jump(FOO);
	push(0);
	code("\xe9\xe0\xff\xff\xff", 5);
	jump(BAR);
	push(1);
	code("\xe9\xd0\xff\xff\xff", 5);
}

static void
test_lazy(void **state)
{
	struct module *m;

	(void)state;
	put_lazy_plt();
	section(".plt", CODE);
	m = open_image();
	check(m, CODE, NULL);
	check(m, CODE + 0x10, "foo@plt");
	check(m, CODE + 0x1f, "foo@plt");
	check(m, CODE + 0x20, "bar@plt");
	check(m, CODE + 0x30, NULL);
	module_unref(m);
}

/* -fcf-protection: .plt pushes numbers, .plt.sec jumps. */
static void
test_with_endbr(void **state)
{
	struct module *m;

	(void)state;
	code("\xf3\x0f\x1e\xfa", 4);
	push(1);
	code("\xf2\xe9\0\0\0\0\x90", 7);
	code("\xf3\x0f\x1e\xfa", 4);
	push(77); /* there is no number 77 */
	code("\xf2\xe9\0\0\0\0\x90", 7);
	section(".plt", CODE);
	code("\xf3\x0f\x1e\xfa\xf2", 5);
	jump(BAR);
	code("\x0f\x1f\x44\0\0", 5);
	section(".plt.sec", CODE + 0x20);
	m = open_image();
	check(m, CODE + 4, "bar@plt");
	check(m, CODE + 0x14, NULL);
	check(m, CODE + 0x20, "bar@plt");
	check(m, CODE + 0x2f, "bar@plt");
	module_unref(m);
}

static void
test_short_entries(void **state)
{
	struct module *m;

	(void)state;
	jump(FOO);
	code("\x66\x90", 2);
	jump(BAR);
	code("\x66\x90", 2);
	section(".plt.got", CODE);
	m = open_image();
	check(m, CODE + 7, "foo@plt");
	check(m, CODE + 8, "bar@plt");
	check(m, CODE + 16, NULL);
	module_unref(m);
}

static void
put_dynsym(void)
{
	elf_image_section(&img, ".dynsym", SHT_DYNSYM, 0, SYMTAB, SYMTAB,
	    4 * sizeof(Elf64_Sym))
	    ->sh_link = 3;
	elf_image_section(&img, ".dynstr", SHT_STRTAB, 0, STRTAB, STRTAB, 14);
}

/* What an ifunc of the same file is called by has no symbol of its own. */
static void
test_ifunc_is_named_by_its_resolver(void **state)
{
	struct module *m;

	(void)state;
	jump(IFUNC);
	push(2);
	code("\xe9\0\0\0\0", 5);
	section(".plt", CODE);
	put_dynsym();
	m = open_image();
	assert_int_equal(module_plt(m)->n, 1);
	assert_null(module_plt(m)->v[0].name);
	assert_int_equal(module_plt(m)->v[0].resolver, CODE + 0x800);
	check(m, CODE + 0x10, NULL);
	check(m, CODE + 8, "fast@plt");
	check(m, CODE + 0x800, "fast");
	module_unref(m);
}

/* Else a chain of a hundred thousand would be gone down to its end. */
static void
test_an_entry_is_no_ifunc(void **state)
{
	struct module *m;

	(void)state;
	jump(CHAIN);
	push(3);
	code("\xe9\0\0\0\0", 5);
	jump(IFUNC);
	push(2);
	code("\xe9\0\0\0\0", 5);
	section(".plt", CODE);
	put_dynsym();
	m = open_image();
	check(m, CODE, NULL);
	check(m, CODE + 0x10, "fast@plt");
	module_unref(m);
}

/* However the sections lie, also over one another. */
static void
test_entries_are_in_order_and_disjoint(void **state)
{
	struct module *m;

	(void)state;
	here = CODE + 0x100;
	jump(FOO);
	push(0);
	code("\xe9\0\0\0\0", 5);
	section(".plt", CODE + 0x100);
	section(".plt.got", CODE + 0x100);
	here = CODE;
	jump(BAR);
	code("\x66\x90", 2);
	section(".plt.sec", CODE);
	m = open_image();
	assert_int_equal(module_plt(m)->n, 2);
	assert_int_equal(module_plt(m)->v[0].vaddr, CODE);
	assert_int_equal(module_plt(m)->v[1].vaddr, CODE + 0x100);
	check(m, CODE + 7, "bar@plt");
	check(m, CODE + 8, NULL);
	check(m, CODE + 0xff, NULL);
	check(m, CODE + 0x10f, "foo@plt");
	check(m, CODE + 0x110, NULL);
	module_unref(m);
}

static void
test_without_section_headers_two_in_a_row(void **state)
{
	struct module *m;

	(void)state;
	put_lazy_plt();
	here = CODE + 0x100;
	jump(FOO); /* a tail call of some function */
	code("\xcc\xcc", 2);
	here = CODE + 0x200;
	m = open_image();
	check(m, CODE + 0x10, "foo@plt");
	check(m, CODE + 0x20, "bar@plt");
	check(m, CODE + 0x100, NULL);
	module_unref(m);
}

static void
test_cut_off_in_the_middle(void **state)
{
	struct module *m;

	(void)state;
	code("\xf3\x0f\x1e\xfa\xff\x25\0\0", 8);
	section(".plt", CODE);
	section(".plt.sec", CODE + 3);
	m = open_image();
	assert_int_equal(module_plt(m)->n, 0);
	module_unref(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_lazy, reset),
	    cmocka_unit_test_setup(test_with_endbr, reset),
	    cmocka_unit_test_setup(test_short_entries, reset),
	    cmocka_unit_test_setup(
		test_ifunc_is_named_by_its_resolver, reset),
	    cmocka_unit_test_setup(
		test_without_section_headers_two_in_a_row, reset),
	    cmocka_unit_test_setup(test_an_entry_is_no_ifunc, reset),
	    cmocka_unit_test_setup(
		test_entries_are_in_order_and_disjoint, reset),
	    cmocka_unit_test_setup(test_cut_off_in_the_middle, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

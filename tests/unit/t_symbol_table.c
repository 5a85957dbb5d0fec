/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/symbol_table.h"

#include "elf_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FUNC(bind) ELF64_ST_INFO(STB_##bind, STT_FUNC)

static const char names[] = "\0one\0__two@@V_1\0.L3\0$x\0";
enum { ONE = 1, TWO = 5, L3 = 16, X = 20 };

static struct elf_image *img;
static struct symbol_table table;
static Elf *elf;
static int fd;

/* syms[0] is the empty one. */
static bool
open_table(const Elf64_Sym *syms, size_t n, uint64_t names_size)
{
	img = calloc(1, sizeof(*img));
	elf_image_put(img, 0x1000, syms, n * sizeof(*syms));
	elf_image_put(img, 0x8000, names, sizeof(names));
	elf_image_section(img, ".symtab", SHT_SYMTAB, 0, 0x1000, 0,
	    n * sizeof(*syms))
	    ->sh_link = 2;
	elf_image_section(
	    img, ".strtab", SHT_STRTAB, 0, 0x8000, 0, names_size);
	fd = elf_image_fd(img);
	(void)elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	return symbol_table_open(
	    &table, elf, (struct file_bytes){.fd = fd}, SHT_SYMTAB);
}

static void
close_table(void)
{
	symbol_table_close(&table);
	elf_end(elf);
	close(fd);
	free(img);
}

struct seen {
	size_t n;
	struct raw_symbol last;
};

static void
note(void *ctx, const struct symbol_table *t, const struct raw_symbol *sym)
{
	struct seen *s = ctx;

	assert_ptr_equal(t, &table);
	s->n++;
	s->last = *sym;
}

static void
test_only_what_may_be_code(void **state)
{
	static const Elf64_Sym syms[] = {
	    {0},
	    {.st_name = ONE, .st_info = FUNC(GLOBAL), .st_shndx = 1,
		.st_value = 0x10, .st_size = 4},
	    {.st_name = ONE, .st_info = FUNC(GLOBAL), .st_value = 0x20},
	    {.st_info = FUNC(GLOBAL), .st_shndx = 1, .st_value = 0x30},
	    {.st_name = ONE, .st_info = STT_OBJECT, .st_shndx = 1,
		.st_value = 0x40},
	    {.st_name = ONE, .st_info = FUNC(LOCAL), .st_shndx = 1,
		.st_value = 0x50, .st_size = UINT64_MAX},
	};
	struct seen s = {0};

	(void)state;
	assert_true(open_table(syms, 6, sizeof(names)));
	symbol_table_each(&table, note, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.last.vaddr, 0x10);
	assert_int_equal(s.last.size, 4);
	close_table();
}

/* More than one piece of the table. */
static void
test_none_is_lost_between_pieces(void **state)
{
	enum { MANY = 1100 };
	Elf64_Sym *syms = calloc(MANY, sizeof(*syms));
	struct seen s = {0};

	(void)state;
	for (unsigned i = 1; i < MANY; i++)
		syms[i] = (Elf64_Sym){.st_name = ONE,
		    .st_info = FUNC(LOCAL), .st_shndx = 1, .st_value = i};
	assert_true(open_table(syms, MANY, sizeof(names)));
	symbol_table_each(&table, note, &s);
	assert_int_equal(s.n, MANY - 1);
	assert_int_equal(s.last.vaddr, MANY - 1);
	close_table();
	free(syms);
}

static const char *
name_of(uint32_t name, char buf[64])
{
	const struct raw_symbol sym = {.name = name, .info = FUNC(GLOBAL)};
	struct candidate *c = candidate_new(&table, &sym);

	if (c == NULL)
		return NULL;
	strcpy(buf, c->name);
	candidate_unref(c);
	return buf;
}

static void
test_names(void **state)
{
	static const Elf64_Sym none = {0};
	char buf[64];

	(void)state;
	assert_true(open_table(&none, 1, sizeof(names)));
	assert_string_equal(name_of(ONE, buf), "one");
	assert_string_equal(name_of(TWO, buf), "__two");
	assert_string_equal(name_of(TWO + 2, buf), "two");
	assert_string_equal(name_of(ONE, buf), "one");
	assert_null(name_of(L3, buf));
	assert_null(name_of(X, buf));
	assert_null(name_of(sizeof(names), buf));
	assert_null(name_of(UINT32_MAX, buf));
	close_table();
	assert_true(open_table(&none, 1, 3));
	assert_null(name_of(ONE, buf));
	close_table();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_only_what_may_be_code),
	    cmocka_unit_test(test_none_is_lost_between_pieces),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The extract of a real module, this program, answers as the module does. */
#include "config.h"

#include "object/extract.h"

#include "elf_image.h"
#include "object/cfi.h"
#include "object/symtab.h"
#include "own_module.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/t_extract.XXXXXX";
static struct module *original, *extract;

static struct module *
open_at(const char *path)
{
	struct module *m = NULL;
	struct err err;

	if (module_open(open(path, O_RDONLY), "/opt/app/program", &m, &err) <
	    0)
		fail_msg("%s", err.what);
	return m;
}

static struct module *
make_extract(struct module *m)
{
	char *path = extract_path(dir, module_key(m));
	struct module *made;
	struct err err;

	assert_non_null(path);
	if (extract_write(dir, m, &err) < 0)
		fail_msg("%s: %s", err.what, err.why);
	made = open_at(path);
	free(path);
	return made;
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	original = own_module();
	extract = make_extract(original);
	return 0;
}

static int
teardown(void **state)
{
	char command[64];

	(void)state;
	module_unref(original);
	module_unref(extract);
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static void
is_told_apart(void **state)
{
	(void)state;
	assert_true(module_is_extract(extract));
	assert_false(module_is_extract(original));
	assert_string_equal(
	    module_build_id(extract), module_build_id(original));
	assert_int_equal(module_machine(extract), module_machine(original));
	assert_int_equal(module_entry(extract), module_entry(original));
}

/* Within the same mappings the same bias, and code in the same places. */
static void
stands_where_the_module_does(void **state)
{
	(void)state;
	for (uint64_t off = 0; off < 0x100000; off += 0x1000) {
		uint64_t a = 1, b = 1;

		assert_int_equal(
		    module_bias(original, 0x7f0000000000 + off, off, &a),
		    module_bias(extract, 0x7f0000000000 + off, off, &b));
		assert_int_equal(a, b);
		assert_int_equal(module_is_code(original, off),
		    module_is_code(extract, off));
	}
}

static bool
compare_rows(void *ctx, uint64_t start, uint64_t end)
{
	size_t *n = ctx;

	for (uint64_t pc = start; pc < end; pc += 3) {
		struct cfi_row a, b;

		memset(&a, 0, sizeof(a));
		memset(&b, 0, sizeof(b));
		assert_int_equal(cfi_row_at(module_cfi(original), pc, &a),
		    cfi_row_at(module_cfi(extract), pc, &b));
		assert_int_equal(a.start, b.start);
		assert_int_equal(a.end, b.end);
		assert_int_equal(a.ruled, b.ruled);
		assert_int_equal(a.cfa.kind, b.cfa.kind);
		assert_int_equal(a.cfa.reg, b.cfa.reg);
		if (a.cfa.kind == CFI_REGISTER)
			assert_int_equal(a.cfa.off, b.cfa.off);
	}
	(*n)++;
	return true;
}

static void
has_the_same_cfi(void **state)
{
	size_t there = 0, back = 0;

	(void)state;
	cfi_each_fde(module_cfi(original), compare_rows, &there);
	cfi_each_fde(module_cfi(extract), compare_rows, &back);
	assert_true(there > 100);
	assert_int_equal(there, back);
}

static void
count_symbol(void *ctx, const struct symtab_entry *e)
{
	size_t *n = ctx;

	(void)e;
	++*n;
}

#define PROBE_END 0x100000
#define PROBE_STEP 7

static uint64_t probes[PROBE_END / PROBE_STEP + 1];

static void
has_the_same_names(void **state)
{
	struct symtab *a = module_symtab(original);
	struct symtab *b = module_symtab(extract);
	size_t named = 0, there = 0, back = 0;

	(void)state;
	assert_int_equal(symtab_is_full(a), symtab_is_full(b));
	symtab_each(a, count_symbol, &there);
	symtab_each(b, count_symbol, &back);
	assert_true(there > 100);
	assert_int_equal(there, back);
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		probes[i] = i * PROBE_STEP;
	symtab_want(a, probes, sizeof(probes) / sizeof(probes[0]));
	symtab_want(b, probes, sizeof(probes) / sizeof(probes[0]));
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		uint64_t vaddr = probes[i];
		struct symbol x, y;
		bool found = symtab_find(a, vaddr, &x);

		assert_int_equal(found, symtab_find(b, vaddr, &y));
		if (!found)
			continue;
		named++;
		assert_string_equal(x.name, y.name);
		assert_int_equal(x.vaddr, y.vaddr);
		assert_int_equal(x.size, y.size);
	}
	assert_true(named > 100);
}

/* Zeros of a hole are not code. */
static void
has_no_code(void **state)
{
	uint64_t vaddr =
	    own_vaddr(original, (const void *)(uintptr_t)has_no_code);
	struct section s;
	uint8_t byte;

	(void)state;
	assert_true(module_read(original, vaddr, &byte, 1));
	assert_false(module_read(extract, vaddr, &byte, 1));
	assert_true(module_eh_frame_hdr(extract, &s));
	assert_true(module_read(extract, s.vaddr, &byte, 1));
	assert_int_equal(byte, s.data[0]);
}

static void
is_small(void **state)
{
	char *path = extract_path(dir, module_key(original));
	struct stat a, b;

	(void)state;
	assert_int_equal(stat(path, &b), 0);
	assert_int_equal(fstat(module_fd(original), &a), 0);
	assert_true(b.st_size < a.st_size);
	assert_true(b.st_blocks < a.st_blocks);
	assert_int_equal(b.st_mode & 07777, 0600);
	free(path);
}

/* The second writer finds it there, and nothing stays beside it. */
static void
is_written_once(void **state)
{
	char *path = extract_path(dir, module_key(original));
	struct stat before, after;
	struct err err;

	(void)state;
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(extract_write(dir, original, &err), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	free(path);
}

static void
keys_that_name_files(void **state)
{
	static const struct {
		const char *key, *path;
	} cases[] = {
	    {"abcdef01", "d/.build-id/ab/cdef01"},
	    {"eh_frame:0123456789abcdef", "d/.eh_frame/0123456789abcdef"},
	    {"ab", NULL},
	    {"", NULL},
	    {"../../etc/passwd", NULL},
	    {"ab/../../../etc", NULL},
	    {"ABCDEF", NULL},
	    {"eh_frame:0123", NULL},
	    {"eh_frame:../../../../etc", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *path = extract_path("d", cases[i].key);

		if (cases[i].path == NULL)
			assert_null(path);
		else
			assert_string_equal(path, cases[i].path);
		free(path);
	}
}

/* No build-id, no section headers, no CFI: it has a key and an extract. */
static void
of_a_bare_file(void **state)
{
	static struct elf_image img;
	struct module *m, *x;
	struct err err;
	uint8_t byte;

	(void)state;
	elf_image_put(&img, 0x1000, "\xc3", 1);
	elf_image_segment(
	    &img, PT_LOAD, PF_R | PF_X, 0x1000, 0x401000, 0x100);
	assert_int_equal(module_open(elf_image_fd(&img), "bare", &m, &err), 0);
	assert_memory_equal(module_key(m), "eh_frame:", 9);
	x = make_extract(m);
	/* Of the same module, the same key: names it and nothing else. */
	assert_true(module_is_code(x, 0x401000));
	assert_true(module_read(m, 0x401000, &byte, 1));
	assert_false(module_read(x, 0x401000, &byte, 1));
	module_unref(m);
	module_unref(x);
}

static void
notes_that_are_none(void **state)
{
	uint8_t note[] = {7, 0, 0, 0, 24, 0, 0, 0, 2, 0, 0, 0, 's', 'c', 'r',
	    'a', 'p', 'e', 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
	    2, 0, 0, 0, 0, 0, 0, 0};
	struct section s = {.data = note, .size = sizeof(note)};
	struct kept_range *kept;
	size_t n;

	(void)state;
	kept = extract_parse(&s, &n);
	assert_non_null(kept);
	assert_int_equal(n, 1);
	assert_int_equal(kept[0].off, 1);
	assert_int_equal(kept[0].len, 2);
	free(kept);
	for (s.size = 0; s.size < sizeof(note); s.size++)
		assert_null(extract_parse(&s, &n));
	note[24] = 2; /* ranges */
	s.size = sizeof(note);
	assert_null(extract_parse(&s, &n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(is_told_apart),
	    cmocka_unit_test(stands_where_the_module_does),
	    cmocka_unit_test(has_the_same_cfi),
	    cmocka_unit_test(has_the_same_names),
	    cmocka_unit_test(has_no_code),
	    cmocka_unit_test(is_small),
	    cmocka_unit_test(is_written_once),
	    cmocka_unit_test(keys_that_name_files),
	    cmocka_unit_test(of_a_bare_file),
	    cmocka_unit_test(notes_that_are_none),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

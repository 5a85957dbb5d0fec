/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/module.h"

#include "loaded_image.h"
#include "object/cfi.h"
#include "object/symtab.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

static struct module *
open_image(struct elf_image *img)
{
	struct module *m = NULL;
	struct err err;

	assert_int_equal(module_open(elf_image_fd(img), "/x/lib.so", &m, &err),
	    0);
	return m;
}

static int
open_bytes(const void *bytes, size_t size, struct err *err)
{
	struct module *m;
	int fd = memfd_create("bytes", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), (ssize_t)size);
	return module_open(fd, "/x/lib.so", &m, err);
}

static void
test_refuses_what_is_no_elf(void **state)
{
	struct err err;
	struct module *m;

	(void)state;
	assert_int_equal(
	    open_bytes("#!/bin/sh\n", 10, &err), -ERR_RUNTIME);
	assert_string_equal(err.what, "/x/lib.so: not an ELF file");
	assert_int_equal(open_bytes("", 0, &err), -ERR_RUNTIME);
	assert_int_equal(open_bytes("\177ELF", 4, &err), -ERR_RUNTIME);
	assert_int_equal(
	    module_open(open("/dev/null", O_RDONLY), "/dev/null", &m, &err),
	    -ERR_RUNTIME);
	assert_string_equal(err.what, "/dev/null: not a regular file");
}

static void
test_refuses_other_kinds_of_elf(void **state)
{
	struct elf_image img = {0};
	struct err err;

	(void)state;
	elf_image_finish(&img);
	img.bytes[EI_CLASS] = ELFCLASS32;
	assert_int_equal(
	    open_bytes(img.bytes, img.size, &err), -ERR_UNSUPPORTED);
	assert_non_null(strstr(err.what, "32-bit"));
	img.bytes[EI_CLASS] = ELFCLASS64;
	img.bytes[EI_DATA] = ELFDATA2MSB;
	assert_int_equal(
	    open_bytes(img.bytes, img.size, &err), -ERR_UNSUPPORTED);
	assert_non_null(strstr(err.what, "big-endian"));
	img.bytes[EI_DATA] = ELFDATA2LSB;
	img.bytes[offsetof(Elf64_Ehdr, e_type)] = ET_CORE;
	assert_int_equal(
	    open_bytes(img.bytes, img.size, &err), -ERR_UNSUPPORTED);
	assert_non_null(strstr(err.what, "no program or library"));
}

/* A position-independent file: vaddr and off differ from the data on. */
static void
test_bias_is_of_the_segment_that_holds_off(void **state)
{
	struct elf_image img = {0};
	struct module *m;
	uint64_t bias;

	(void)state;
	elf_image_segment(&img, PT_LOAD, PF_R, 0, 0, 0x800);
	elf_image_segment(&img, PT_LOAD, PF_R | PF_X, 0x1000, 0x1000, 0x1800);
	elf_image_segment(&img, PT_LOAD, PF_R | PF_W, 0x3e00, 0x5e00, 0x200);
	m = open_image(&img);
	assert_true(module_bias(m, 0x7f0000001000, 0x1000, &bias));
	assert_int_equal(bias, 0x7f0000000000);
	/* a later page of the same segment, split off by mprotect */
	assert_true(module_bias(m, 0x7f0000002000, 0x2000, &bias));
	assert_int_equal(bias, 0x7f0000000000);
	/* the mapping starts at the page, the segment at 0xe00 into it */
	assert_true(module_bias(m, 0x7f0000005000, 0x3000, &bias));
	assert_int_equal(bias, 0x7f0000000000);
	assert_false(module_bias(m, 0x7f0000009000, 0x9000, &bias));
	module_unref(m);
}

/* As lld lays files out: segments follow on in the file, pages overlap. */
static void
test_bias_prefers_code_on_a_shared_page(void **state)
{
	struct elf_image img = {0};
	struct module *m;
	uint64_t bias;

	(void)state;
	elf_image_segment(&img, PT_LOAD, PF_R, 0, 0x200000, 0x640);
	elf_image_segment(&img, PT_LOAD, PF_R | PF_X, 0x640, 0x201640, 0x1300);
	elf_image_segment(&img, PT_LOAD, PF_R | PF_W, 0x1940, 0x203940, 0x100);
	m = open_image(&img);
	assert_true(module_bias(m, 0x201000, 0, &bias));
	assert_int_equal(bias, 0);
	assert_true(module_bias(m, 0x202000, 0x1000, &bias));
	assert_int_equal(bias, 0);
	module_unref(m);
}

static void
test_code_is_what_lies_in_an_executable_segment(void **state)
{
	struct elf_image img = {0};
	struct module *m;

	(void)state;
	elf_image_segment(&img, PT_LOAD, PF_R | PF_X, 0x1000, 0x1000, 0x1800);
	elf_image_segment(&img, PT_LOAD, PF_R | PF_W, 0x3000, 0x4000, 0x200);
	/* wraps around: must count as absent */
	elf_image_segment(&img, PT_LOAD, PF_X, 0x3000, UINT64_MAX - 1, 0x200);
	m = open_image(&img);
	assert_false(module_is_code(m, 0xfff));
	assert_true(module_is_code(m, 0x1000));
	assert_true(module_is_code(m, 0x27ff));
	assert_false(module_is_code(m, 0x2800));
	assert_false(module_is_code(m, 0x4000));
	assert_false(module_is_code(m, UINT64_MAX - 1));
	module_unref(m);
}

static void
test_read_gives_all_or_nothing(void **state)
{
	struct elf_image img = {0};
	struct module *m;
	char buf[8];

	(void)state;
	elf_image_put(&img, 0x1000, "abcdefgh, and not ours", 22);
	elf_image_segment(&img, PT_LOAD, PF_R | PF_X, 0x1000, 0x401000, 8)
	    ->p_memsz = 0x100;
	/* says to be longer than the file is */
	elf_image_segment(&img, PT_LOAD, PF_R, 0x2000, 0x402000, 0x1000);
	m = open_image(&img);
	assert_true(module_read(m, 0x401002, buf, 6));
	assert_memory_equal(buf, "cdefgh", 6);
	assert_false(module_read(m, 0x401002, buf, 7));
	assert_false(module_read(m, 0x402000, buf, 8));
	assert_false(module_read(m, 0x500000, buf, 1));
	module_unref(m);
}

static const struct {
	Elf64_Nhdr head;
	char name[4];
	uint8_t desc[4];
} build_id_note = {
    {4, 4, NT_GNU_BUILD_ID}, "GNU", {0xde, 0xad, 0xbe, 0xef}};

static void
test_build_id_without_section_headers(void **state)
{
	struct elf_image img = {0};
	struct module *m;

	(void)state;
	elf_image_put(&img, 0x300, &build_id_note, sizeof(build_id_note));
	elf_image_segment(
	    &img, PT_NOTE, PF_R, 0x300, 0x300, sizeof(build_id_note));
	m = open_image(&img);
	assert_string_equal(module_build_id(m), "deadbeef");
	assert_string_equal(module_path(m), "/x/lib.so");
	assert_int_equal(module_machine(m), EM_X86_64);
	module_unref(m);
}

/* .eh_frame_hdr: version, encodings, eh_frame_ptr = 0x2100 by pcrel sdata4 */
static const uint8_t eh_frame_hdr[] = {
    1, 0x1b, 0xff, 0xff, 0xfc, 0x00, 0x00, 0x00};

static void
test_eh_frame_without_section_headers(void **state)
{
	struct elf_image img = {0};
	struct module *m;
	struct section s;

	(void)state;
	elf_image_put(&img, 0x1000, eh_frame_hdr, sizeof(eh_frame_hdr));
	elf_image_put(&img, 0x1100, "eh_frame", 8);
	elf_image_put(&img, 0x11ff, "", 1);
	elf_image_segment(&img, PT_LOAD, PF_R, 0x1000, 0x2000, 0x200);
	elf_image_segment(&img, PT_GNU_EH_FRAME, PF_R, 0x1000, 0x2000,
	    sizeof(eh_frame_hdr));
	m = open_image(&img);
	assert_true(module_eh_frame_hdr(m, &s));
	assert_int_equal(s.vaddr, 0x2000);
	assert_int_equal(s.size, sizeof(eh_frame_hdr));
	assert_true(module_section(m, ".eh_frame", &s));
	assert_int_equal(s.vaddr, 0x2100);
	assert_int_equal(s.size, 0x100);
	assert_memory_equal(s.data, "eh_frame", 8);
	assert_false(module_section(m, ".text", &s));
	module_unref(m);
}

static void
test_sections_by_name(void **state)
{
	struct elf_image img = {0};
	struct module *m;
	struct section s;

	(void)state;
	elf_image_put(&img, 0x1000, "loaded", 6);
	elf_image_put(&img, 0x1100, "aside", 5);
	elf_image_section(
	    &img, ".a", SHT_PROGBITS, SHF_ALLOC, 0x1000, 0x401000, 6);
	elf_image_section(&img, ".b", SHT_PROGBITS, 0, 0x1100, 0, 5);
	elf_image_section(&img, ".c", SHT_NOBITS, 0, 0x1100, 0, 5);
	elf_image_section(&img, ".d", SHT_PROGBITS, 0, 0x1100, 0, 1u << 20);
	m = open_image(&img);
	assert_true(module_section(m, ".a", &s));
	assert_int_equal(s.vaddr, 0x401000);
	assert_int_equal(s.size, 6);
	assert_memory_equal(s.data, "loaded", 6);
	assert_true(module_section(m, ".b", &s));
	assert_int_equal(s.vaddr, 0);
	assert_false(module_section(m, ".c", &s));
	assert_false(module_section(m, ".d", &s));
	assert_false(module_section(m, ".e", &s));
	module_unref(m);
}

static void
test_compressed_section_is_unpacked(void **state)
{
	struct {
		Elf64_Chdr head;
		uint8_t packed[256];
	} z = {{ELFCOMPRESS_ZLIB, 0, 1000, 1}, {0}};
	uLongf packed = sizeof(z.packed);
	struct elf_image img = {0};
	uint8_t plain[1000];
	struct module *m;
	struct section s;

	(void)state;
	memset(plain, 'x', sizeof(plain));
	assert_int_equal(
	    compress(z.packed, &packed, plain, sizeof(plain)), Z_OK);
	elf_image_put(&img, 0x1000, &z, sizeof(z.head) + packed);
	elf_image_section(&img, ".debug_frame", SHT_PROGBITS, SHF_COMPRESSED,
	    0x1000, 0, sizeof(z.head) + packed);
	z.head.ch_size = 1ull << 62;
	elf_image_put(&img, 0x2000, &z, sizeof(z.head) + packed);
	elf_image_section(&img, ".bomb", SHT_PROGBITS, SHF_COMPRESSED, 0x2000,
	    0, sizeof(z.head) + packed);
	m = open_image(&img);
	for (int i = 0; i < 2; i++) {
		assert_true(module_section(m, ".debug_frame", &s));
		assert_int_equal(s.size, sizeof(plain));
		assert_memory_equal(s.data, plain, sizeof(plain));
	}
	assert_false(module_section(m, ".bomb", &s));
	module_unref(m);
}

static void
test_the_file_stays_ours_when_it_is_cut_short(void **state)
{
	struct elf_image img = {0};
	struct module *m;
	struct section s;
	char c;

	(void)state;
	elf_image_put(&img, 0x1000, "code", 4);
	elf_image_segment(&img, PT_LOAD, PF_R | PF_X, 0x1000, 0x1000, 4);
	elf_image_section(&img, ".text", SHT_PROGBITS, 0, 0x1000, 0x1000, 4);
	m = open_image(&img);
	assert_int_equal(ftruncate(module_fd(m), 0x100), 0);
	assert_false(module_read(m, 0x1000, &c, 1));
	assert_false(module_section(m, ".text", &s));
	module_unref(m);
}

/* The vDSO of this very process, as found in its memory. */
static void
test_vdso_image(void **state)
{
	const Elf64_Ehdr *vdso = (const Elf64_Ehdr *)getauxval(AT_SYSINFO_EHDR);
	struct module *m;
	struct section s;
	struct err err;
	uint8_t head[4];
	uint64_t bias;

	(void)state;
	if (vdso == NULL)
		skip();
	/* the section headers are the last thing in it */
	assert_int_equal(module_open_image(vdso,
			     vdso->e_shoff + vdso->e_shnum * sizeof(Elf64_Shdr),
			     "[vdso]", &m, &err),
	    0);
	assert_int_equal(module_fd(m), -1);
	assert_true(strlen(module_build_id(m)) >= 16);
	assert_true(module_bias(m, 0x7fff00000000, 0, &bias));
	assert_int_equal(bias, 0x7fff00000000);
	assert_true(module_read(m, 0, head, sizeof(head)));
	assert_memory_equal(head, ELFMAG, 4);
	assert_true(module_eh_frame_hdr(m, &s));
	assert_true(module_section(m, ".eh_frame", &s));
	module_unref(m);
}

static bool
read_own_memory(void *ctx, uint64_t addr, void *buf, size_t len)
{
	(void)ctx;
	memcpy(buf, (const void *)(uintptr_t)addr, len);
	return true;
}

static bool
read_nothing(void *ctx, uint64_t addr, void *buf, size_t len)
{
	(void)ctx;
	(void)addr;
	(void)buf;
	(void)len;
	return false;
}

static void
test_vdso_of_a_target(void **state)
{
	static const struct mem own = {.read = read_own_memory};
	static const struct mem none = {.read = read_nothing};
	static const char no_elf[4096];
	uint64_t start = getauxval(AT_SYSINFO_EHDR);
	struct module *m;

	(void)state;
	assert_null(module_open_vdso(&none, start, 4096));
	assert_null(
	    module_open_vdso(&own, (uint64_t)(uintptr_t)no_elf, 4096));
	assert_null(module_open_vdso(&own, start, (1 << 20) + 1));
	if (start == 0)
		skip();
	m = module_open_vdso(&own, start, 4096);
	assert_non_null(m);
	assert_string_equal(module_path(m), "[vdso]");
	module_unref(m);
}

#define BIAS 0x7f0000000000

static struct module *
open_memory(struct elf_image *img, struct loaded_image *l)
{
	struct mem mem = loaded_image_mem(l);
	struct module *m = NULL;
	struct err err;

	*l = (struct loaded_image){.img = img, .bias = BIAS};
	elf_image_finish(img);
	assert_int_equal(
	    module_open_mem(&mem, BIAS, "/x/lib.so", &m, &err), 0);
	return m;
}

static void
test_memory_of_a_target(void **state)
{
	struct elf_image img = {0};
	struct loaded_image l;
	struct module *m;
	char buf[8];
	uint64_t bias;

	(void)state;
	elf_image_put(&img, 0x300, &build_id_note, sizeof(build_id_note));
	elf_image_put(&img, 0x8000, "code", 4);
	elf_image_put(&img, 0xafff, "", 1);
	elf_image_segment(&img, PT_LOAD, PF_R, 0, 0, 0x400);
	elf_image_segment(&img, PT_LOAD, PF_R | PF_X, 0x1000, 0x1000, 0xa000);
	elf_image_segment(
	    &img, PT_NOTE, PF_R, 0x300, 0x300, sizeof(build_id_note));
	elf_image_section(&img, ".text", SHT_PROGBITS, 0, 0x1000, 0x1000, 4);
	m = open_memory(&img, &l);
	assert_string_equal(module_build_id(m), "deadbeef");
	assert_string_equal(module_path(m), "/x/lib.so");
	assert_int_equal(module_machine(m), EM_X86_64);
	assert_int_equal(module_fd(m), -1);
	assert_true(module_bias(m, BIAS + 0x1000, 0x1000, &bias));
	assert_int_equal(bias, BIAS);
	assert_true(module_is_code(m, 0x8000));
	/* the code is not read before it is asked for */
	assert_true(l.n_bytes < 0x3000);
	assert_true(module_read(m, 0x8000, buf, 4));
	assert_memory_equal(buf, "code", 4);
	assert_false(module_read(m, 0xb000, buf, 1));
	l.hole = BIAS + 0x9000;
	assert_false(module_read(m, 0x9100, buf, 1));
	module_unref(m);
}

/* What follows .eh_frame in its segment is not read for its sake. */
static void
test_eh_frame_in_memory_ends_at_its_terminator(void **state)
{
	static const uint32_t records[] = {4, 0, 4, 0, 0};
	struct elf_image img = {0};
	struct loaded_image l;
	struct module *m;
	struct section s;

	(void)state;
	elf_image_put(&img, 0x1000, eh_frame_hdr, sizeof(eh_frame_hdr));
	elf_image_put(&img, 0x1100, records, sizeof(records));
	elf_image_put(&img, 0x8fff, "", 1);
	elf_image_segment(&img, PT_LOAD, PF_R, 0, 0, 0x9000);
	elf_image_segment(&img, PT_GNU_EH_FRAME, PF_R, 0x1000, 0x1000,
	    sizeof(eh_frame_hdr));
	m = open_memory(&img, &l);
	assert_true(module_section(m, ".eh_frame", &s));
	assert_int_equal(s.vaddr, 0x1100);
	assert_int_equal(s.size, sizeof(records));
	assert_memory_equal(s.data, records, sizeof(records));
	assert_true(l.n_bytes < 0x4000);
	module_unref(m);
}

/* A segment of 256 MiB that is nothing but CFI, a record for each page. */
static bool
read_endless_cfi(void *ctx, uint64_t addr, void *buf, size_t len)
{
	static const uint32_t record_size = 4096 - sizeof(uint32_t);
	struct loaded_image *l = ctx;

	memset(buf, 0, len);
	if (addr - l->bias < 0x1000)
		return loaded_image_read(l, addr, buf, len);
	l->n_bytes += len;
	assert_int_equal(addr % 4096, 0);
	for (size_t at = 0; at < len; at += 4096)
		memcpy((char *)buf + at, &record_size, sizeof(record_size));
	return true;
}

static void
test_eh_frame_in_memory_without_an_end(void **state)
{
	static const uint64_t mib = 1 << 20;
	struct elf_image img = {0};
	struct loaded_image l = {.img = &img, .bias = BIAS};
	struct mem mem = {.read = read_endless_cfi, .ctx = &l};
	struct module *m = NULL;
	struct section s;
	struct err err;

	(void)state;
	/* .eh_frame at 0x1000, that is 0x804 further on */
	elf_image_put(&img, 0x7f8, "\x01\x1b\xff\xff\x04\x08\0\0", 8);
	elf_image_segment(&img, PT_LOAD, PF_R, 0, 0, 256 * mib);
	elf_image_segment(&img, PT_GNU_EH_FRAME, PF_R, 0x7f8, 0x7f8, 8);
	elf_image_finish(&img);
	assert_int_equal(
	    module_open_mem(&mem, BIAS, "/x/lib.so", &m, &err), 0);
	assert_true(module_section(m, ".eh_frame", &s));
	assert_int_equal(s.vaddr, 0x1000);
	assert_true(s.size <= 128 * mib);
	assert_true(l.n_bytes <= 129 * mib);
	module_unref(m);
}

/* The C library of this process says the same as its file. */
static void
test_memory_and_file_agree(void **state)
{
	const struct mem own = {.read = read_own_memory};
	struct module *file, *memory;
	struct cfi_row a, b;
	struct symbol sym;
	struct err err;
	uint64_t start, vaddr;
	Dl_info info;

	(void)state;
	/* a function that no sanitizer has its own of */
	assert_int_not_equal(
	    dladdr(dlsym(RTLD_DEFAULT, "lsearch"), &info), 0);
	start = (uint64_t)(uintptr_t)info.dli_fbase;
	vaddr = (uint64_t)(uintptr_t)info.dli_saddr - start;
	assert_int_equal(module_open(open(info.dli_fname, O_RDONLY),
			     info.dli_fname, &file, &err),
	    0);
	assert_int_equal(
	    module_open_mem(&own, start, info.dli_fname, &memory, &err), 0);
	assert_string_equal(module_build_id(memory), module_build_id(file));
	assert_true(symtab_find(module_symtab(memory), vaddr + 1, &sym));
	assert_string_equal(sym.name, "lsearch");
	for (uint64_t v = vaddr - 0x4000; v < vaddr + 0x4000; v += 7) {
		enum cfi_result r = cfi_row_at(module_cfi(file), v, &a);

		assert_int_equal(cfi_row_at(module_cfi(memory), v, &b), r);
		if (r != CFI_FOUND)
			continue;
		assert_int_equal(a.start, b.start);
		assert_int_equal(a.end, b.end);
		assert_int_equal(a.cfa.kind, b.cfa.kind);
		if (a.cfa.kind == CFI_REGISTER)
			assert_int_equal(a.cfa.off, b.cfa.off);
	}
	module_unref(file);
	module_unref(memory);
}

static void
test_last_reference_closes_the_file(void **state)
{
	struct elf_image img = {0};
	struct module *m = open_image(&img);
	int fd = module_fd(m);

	(void)state;
	assert_ptr_equal(module_ref(m), m);
	module_unref(m);
	assert_int_not_equal(fcntl(fd, F_GETFD), -1);
	module_unref(m);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	module_unref(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_refuses_what_is_no_elf),
	    cmocka_unit_test(test_refuses_other_kinds_of_elf),
	    cmocka_unit_test(test_bias_is_of_the_segment_that_holds_off),
	    cmocka_unit_test(test_bias_prefers_code_on_a_shared_page),
	    cmocka_unit_test(test_code_is_what_lies_in_an_executable_segment),
	    cmocka_unit_test(test_read_gives_all_or_nothing),
	    cmocka_unit_test(test_build_id_without_section_headers),
	    cmocka_unit_test(test_eh_frame_without_section_headers),
	    cmocka_unit_test(test_sections_by_name),
	    cmocka_unit_test(test_compressed_section_is_unpacked),
	    cmocka_unit_test(test_the_file_stays_ours_when_it_is_cut_short),
	    cmocka_unit_test(test_vdso_image),
	    cmocka_unit_test(test_vdso_of_a_target),
	    cmocka_unit_test(test_memory_of_a_target),
	    cmocka_unit_test(test_eh_frame_in_memory_ends_at_its_terminator),
	    cmocka_unit_test(test_eh_frame_in_memory_without_an_end),
	    cmocka_unit_test(test_memory_and_file_agree),
	    cmocka_unit_test(test_last_reference_closes_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

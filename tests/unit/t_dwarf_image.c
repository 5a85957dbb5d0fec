/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/dwarf_image.h"

#include "base/memory.h"
#include "elf_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define SIZE 5000u

#define MIB ((uint64_t)1 << 20)

static uint64_t available;
static uint8_t plain[SIZE];
static struct elf_image *img;
static struct elf_source source;

/* For that of base/memory.c. */
uint64_t
memory_available(void)
{
	return available;
}

static int
set_up(void **state)
{
	(void)state;
	available = UINT64_MAX;
	for (size_t i = 0; i < SIZE; i++)
		plain[i] = (uint8_t)(i / 7);
	img = calloc(1, sizeof(*img));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	elf_end(source.elf);
	close(source.bytes.fd);
	free(img);
	return 0;
}

static void
open_source(void)
{
	(void)elf_version(EV_CURRENT);
	source.bytes = (struct file_bytes){.fd = elf_image_fd(img)};
	source.elf = elf_begin(source.bytes.fd, ELF_C_READ, NULL);
}

static uLongf
pack(uint8_t *to)
{
	uLongf size = 4000;

	assert_int_equal(compress(to, &size, plain, SIZE), Z_OK);
	return size;
}

/* .debug_info, compressed, whose header claims this much. */
static void
put_compressed(uint64_t claims, uint32_t type)
{
	struct {
		Elf64_Chdr head;
		uint8_t data[4000];
	} s = {.head = {.ch_type = type, .ch_size = claims}};
	size_t size = sizeof(s.head) + pack(s.data);

	elf_image_put(img, 0x1000, &s, size);
	elf_image_section(img, ".debug_info", SHT_PROGBITS, SHF_COMPRESSED,
	    0x1000, 0, size);
	open_source();
}

static struct dwarf_image *
make(const char *section, uint64_t off, uint64_t len)
{
	const struct dwarf_piece piece = {.from = source,
	    .section = section,
	    .as = ".debug_info",
	    .off = off,
	    .len = len};

	return dwarf_image_new(&piece, 1);
}

static struct dwarf_image *
make_it(const char *section, uint64_t off, uint64_t len)
{
	struct dwarf_image *di = make(section, off, len);

	assert_non_null(di);
	return di;
}

static void
check(uint64_t off, uint64_t len, size_t expected)
{
	struct dwarf_image *di = make_it(".debug_info", off, len);
	const void *data;
	size_t size;

	data = dwarf_image_section(di, 1, &size);
	assert_int_equal(size, expected);
	assert_memory_equal(data, plain + off, expected);
	assert_int_equal(elf_kind(dwarf_image_elf(di)), ELF_K_ELF);
	dwarf_image_free(di);
}

static void
test_a_section_and_a_slice(void **state)
{
	(void)state;
	elf_image_put(img, 0x1000, plain, SIZE);
	elf_image_section(
	    img, ".debug_info", SHT_PROGBITS, 0, 0x1000, 0, SIZE);
	open_source();
	check(0, 0, SIZE);
	check(100, 50, 50);
	check(4990, 0, 10);
	assert_null(make(".debug_info", 4990, 11));
	assert_null(make(".debug_info", SIZE, 0));
	assert_null(make(".debug_line", 0, 0));
}

static void
test_unpacked(void **state)
{
	(void)state;
	put_compressed(SIZE, ELFCOMPRESS_ZLIB);
	check(0, 0, SIZE);
	check(100, 50, 50);
	check(4990, 0, 10);
}

/* As gcc 5 and binutils 2.25 wrote them. */
static void
test_zdebug(void **state)
{
	uint8_t s[4012] = "ZLIB\0\0\0\0\0\0\x13\x88";
	size_t size = 12 + pack(s + 12);

	(void)state;
	elf_image_put(img, 0x1000, s, size);
	elf_image_section(
	    img, ".zdebug_info", SHT_PROGBITS, 0, 0x1000, 0, size);
	open_source();
	check(0, 0, SIZE);
}

static void
test_more_is_claimed_than_there_is(void **state)
{
	(void)state;
	put_compressed(SIZE + 1, ELFCOMPRESS_ZLIB);
	assert_null(make(".debug_info", 0, 0));
}

static void
test_much_more_is_claimed(void **state)
{
	(void)state;
	put_compressed((uint64_t)1 << 32, ELFCOMPRESS_ZLIB);
	assert_null(make(".debug_info", 0, 0));
}

static void
test_packed_in_a_way_that_nobody_knows(void **state)
{
	(void)state;
	put_compressed(SIZE, 77);
	assert_null(make(".debug_info", 0, 0));
}

static void
test_a_section_that_ends_behind_the_file(void **state)
{
	(void)state;
	elf_image_put(img, 0x1000, plain, SIZE);
	elf_image_section(
	    img, ".debug_info", SHT_PROGBITS, 0, 0x1000, 0, 1u << 30);
	open_source();
	assert_null(make(".debug_info", 0, 0));
}

/* A sparse file: it costs its owner no byte. */
static void
test_a_quarter_of_the_memory_or_the_floor(void **state)
{
	(void)state;
	elf_image_section(
	    img, ".debug_info", SHT_PROGBITS, 0, 0x1000, 0, 65 * MIB);
	elf_image_section(
	    img, ".debug_line", SHT_PROGBITS, 0, 0x1000, 0, 60 * MIB);
	open_source();
	assert_int_equal(ftruncate(source.bytes.fd, (off_t)(70 * MIB)), 0);
	available = 0;
	assert_null(make(".debug_info", 0, 0));
	dwarf_image_free(make_it(".debug_line", 0, 0));
	available = 256 * MIB;
	assert_null(make(".debug_info", 0, 0));
	available = 264 * MIB;
	dwarf_image_free(make_it(".debug_info", 0, 0));
}

/* What deflate makes of MIB zeros when it has made it before; how long. */
static size_t
pack_zeros(uint8_t *out, size_t size)
{
	static uint8_t zeros[MIB];
	z_stream z = {0};

	assert_int_equal(deflateInit(&z, 9), Z_OK);
	for (int i = 0; i < 2; i++) {
		z.next_in = zeros;
		z.avail_in = sizeof(zeros);
		z.next_out = out;
		z.avail_out = (uInt)size;
		assert_int_equal(deflate(&z, Z_FULL_FLUSH), Z_OK);
	}
	(void)deflateEnd(&z);
	return size - z.avail_out;
}

static void
put(int fd, const void *bytes, size_t n)
{
	assert_int_equal(write(fd, bytes, n), n);
}

/* .debug_info, behind the image: a stream of n MiB of zeros. */
static void
put_zeros(int n)
{
	const Elf64_Chdr head = {
	    .ch_type = ELFCOMPRESS_ZLIB, .ch_size = (uint64_t)n * MIB};
	static uint8_t packed[MIB / 16];
	size_t size = pack_zeros(packed, sizeof(packed));

	elf_image_section(img, ".debug_info", SHT_PROGBITS, SHF_COMPRESSED,
	    MIB, 0, sizeof(head) + 2 + (size_t)n * size);
	open_source();
	assert_int_equal(lseek(source.bytes.fd, MIB, SEEK_SET), MIB);
	put(source.bytes.fd, &head, sizeof(head));
	put(source.bytes.fd, "\x78\xda", 2);
	for (int i = 0; i < n; i++)
		put(source.bytes.fd, packed, size);
}

/* A thousand times what stands in the file, as the header says. */
static void
test_what_unpacks_to_gigabytes(void **state)
{
	(void)state;
	put_zeros(1025);
	dwarf_image_free(make_it(".debug_info", 1000, 10));
	assert_null(make(".debug_info", 0, 0));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_a_section_and_a_slice),
	    TEST(test_unpacked),
	    TEST(test_zdebug),
	    TEST(test_more_is_claimed_than_there_is),
	    TEST(test_much_more_is_claimed),
	    TEST(test_packed_in_a_way_that_nobody_knows),
	    TEST(test_a_section_that_ends_behind_the_file),
	    TEST(test_a_quarter_of_the_memory_or_the_floor),
	    TEST(test_what_unpacks_to_gigabytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/build_id.h"

#include "core/mem.h"
#include "elf_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct note {
	Elf64_Nhdr head;
	char name[4];
	uint8_t desc[4];
};

static bool
read_id(struct elf_image *img, struct build_id *ret)
{
	bool found;
	Elf *elf;

	(void)elf_version(EV_CURRENT);
	elf_image_finish(img);
	elf = elf_memory((char *)img->bytes, img->size);
	assert_non_null(elf);
	found = build_id_read(elf, ret);
	elf_end(elf);
	return found;
}

/* Notes of others come before ours, and one of our type with another name. */
static void
test_the_right_note_among_others(void **state)
{
	static const struct note notes[] = {
	    {{4, 4, NT_GNU_ABI_TAG}, "GNU", {1, 2, 3, 4}},
	    {{4, 4, NT_GNU_BUILD_ID}, "Go\0", {5, 6, 7, 8}},
	    {{4, 4, NT_GNU_BUILD_ID}, "GNU", {0x0a, 0xbc, 0xde, 0xf0}},
	};
	struct elf_image img = {0};
	struct build_id id;

	(void)state;
	elf_image_put(&img, 0x300, notes, sizeof(notes));
	elf_image_segment(&img, PT_NOTE, PF_R, 0x300, 0x300, sizeof(notes));
	assert_true(read_id(&img, &id));
	assert_string_equal(id.hex, "0abcdef0");
}

/* As in a debug file, whose program headers lead nowhere. */
static void
test_section_where_segments_have_none(void **state)
{
	static const struct note note = {
	    {4, 4, NT_GNU_BUILD_ID}, "GNU", {1, 2, 3, 4}};
	struct elf_image img = {0};
	struct build_id id;

	(void)state;
	elf_image_put(&img, 0x400, &note, sizeof(note));
	elf_image_segment(&img, PT_NOTE, PF_R, 0x100000, 0x300, sizeof(note));
	elf_image_section(&img, ".note.gnu.build-id", SHT_NOTE, SHF_ALLOC,
	    0x400, 0x300, sizeof(note));
	assert_true(read_id(&img, &id));
	assert_string_equal(id.hex, "01020304");
}

static void
test_ids_of_impossible_length_are_none(void **state)
{
	struct {
		Elf64_Nhdr head;
		char name[4];
		uint8_t desc[BUILD_ID_MAX + 4];
	} note = {{4, BUILD_ID_MAX, NT_GNU_BUILD_ID}, "GNU", {0}};
	struct elf_image img = {0};
	struct build_id id;

	(void)state;
	elf_image_segment(&img, PT_NOTE, PF_R, 0x300, 0x300, sizeof(note));
	elf_image_put(&img, 0x300, &note, sizeof(note));
	assert_true(read_id(&img, &id));
	note.head.n_descsz = BUILD_ID_MAX + 1;
	elf_image_put(&img, 0x300, &note, sizeof(note));
	assert_false(read_id(&img, &id));
	assert_string_equal(id.hex, "");
	note.head.n_descsz = 0;
	elf_image_put(&img, 0x300, &note, sizeof(note));
	assert_false(read_id(&img, &id));
	note.head.n_descsz = UINT32_MAX;
	elf_image_put(&img, 0x300, &note, sizeof(note));
	assert_false(read_id(&img, &id));
}

static bool
read_image(void *ctx, uint64_t addr, void *buf, size_t len)
{
	const struct elf_image *img = ctx;
	uint64_t at = addr - 0x7f0000000000;

	if (at > img->size || len > img->size - at)
		return false;
	memcpy(buf, img->bytes + at, len);
	return true;
}

/* Also of a file whose first byte has a vaddr of its own. */
static void
test_of_a_file_in_memory(void **state)
{
	static const struct note note = {
	    {4, 4, NT_GNU_BUILD_ID}, "GNU", {1, 2, 3, 4}};
	struct elf_image img = {0};
	const struct mem mem = {.read = read_image, .ctx = &img};
	struct build_id id;

	(void)state;
	elf_image_put(&img, 0x300, &note, sizeof(note));
	elf_image_segment(&img, PT_LOAD, PF_R, 0, 0x400000, 0x1000);
	elf_image_segment(
	    &img, PT_NOTE, PF_R, 0x300, 0x400300, sizeof(note));
	elf_image_finish(&img);
	assert_true(build_id_read_memory(&mem, 0x7f0000000000, &id));
	assert_string_equal(id.hex, "01020304");
	assert_false(build_id_read_memory(&mem, 0x7f0000000001, &id));
	assert_string_equal(id.hex, "");
	img.size = 0x300 + sizeof(note) - 1;
	assert_false(build_id_read_memory(&mem, 0x7f0000000000, &id));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_right_note_among_others),
	    cmocka_unit_test(test_section_where_segments_have_none),
	    cmocka_unit_test(test_ids_of_impossible_length_are_none),
	    cmocka_unit_test(test_of_a_file_in_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

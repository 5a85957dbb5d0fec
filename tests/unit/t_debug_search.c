/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/debug_search.h"

#include "base/err.h"
#include "elf_image.h"
#include "object/debug_file.h"
#include "object/module.h"
#include "temp_tree.h"

#include <zlib.h>

#define ID	"deadbeef"
#define OTHER	"deadbee0"
#define BY_ID	"usr/lib/debug/.build-id/de/adbeef.debug"
#define PROGRAM "/opt/app/tool"
#define LINK	"tool.dbg"

static char tree[TEMP_TREE_MAX];   /* the target's root */
static char mine[TEMP_TREE_MAX];   /* --debug-path */
static const char *const paths[] = {mine};
static struct debug_search search;

static int
set_up(void **state)
{
	(void)state;
	temp_tree_make(tree);
	temp_tree_make(mine);
	search = (struct debug_search){.paths = paths,
	    .n_paths = 1,
	    .root_fd = open(tree, O_PATH | O_DIRECTORY)};
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close(search.root_fd);
	temp_tree_remove(tree);
	temp_tree_remove(mine);
	return 0;
}

/* An ELF file with this build-id ("": none), different ones by mark. */
static void
make_file(struct elf_image *img, const char *build_id, const char *mark)
{
	struct {
		Elf64_Nhdr head;
		char name[4];
		uint8_t desc[4];
	} note = {{4, 4, NT_GNU_BUILD_ID}, "GNU", {0}};

	*img = (struct elf_image){0};
	elf_image_put(img, 0x300, mark, strlen(mark) + 1);
	if (build_id[0] != '\0') {
		for (int i = 0; i < 4; i++)
			(void)sscanf(build_id + 2 * i, "%2hhx", &note.desc[i]);
		elf_image_put(img, 0x400, &note, sizeof(note));
		elf_image_segment(
		    img, PT_NOTE, PF_R, 0x400, 0x400, sizeof(note));
	}
}

/* Into root/path; returns its CRC. */
static uint32_t
put_debug_file(const char *root, const char *path, const char *build_id)
{
	struct elf_image img;

	make_file(&img, build_id, path);
	elf_image_section(&img, ".debug_frame", SHT_PROGBITS, 0, 0x300, 0, 4);
	elf_image_finish(&img);
	temp_tree_put(root, path, img.bytes, img.size);
	return (uint32_t)crc32(0, img.bytes, (uInt)img.size);
}

/* The program, with a debug link where crc is not 0. */
static struct module *
open_program(const char *build_id, uint32_t crc)
{
	struct elf_image img;
	struct module *m = NULL;
	struct err err;
	uint8_t link[16] = LINK;

	make_file(&img, build_id, "program");
	if (crc != 0) {
		memcpy(link + 12, &crc, 4);
		elf_image_put(&img, 0x600, link, sizeof(link));
		elf_image_section(&img, ".gnu_debuglink", SHT_PROGBITS, 0,
		    0x600, 0, sizeof(link));
	}
	assert_int_equal(
	    module_open(elf_image_fd(&img), PROGRAM, &m, &err), 0);
	module_set_search(m, &search);
	return m;
}

/* That the debug file of m is this one, or none; m is closed. */
static void
check(struct module *m, enum debug_how how, const char *path)
{
	enum debug_how found_how;
	const char *found = module_debug_path(m, &found_how);

	assert_int_equal(found_how, how);
	if (path == NULL)
		assert_null(found);
	else
		assert_string_equal(found, path);
	module_unref(m);
}

static void
test_by_build_id_under_the_target_s_root(void **state)
{
	(void)state;
	check(open_program(ID, 0), DEBUG_NONE, NULL);
	put_debug_file(tree, BY_ID, ID);
	check(open_program(ID, 0), DEBUG_BUILD_ID, "/" BY_ID);
	check(open_program("", 0), DEBUG_NONE, NULL);
}

static void
test_what_the_user_named_comes_first(void **state)
{
	char path[128];

	(void)state;
	put_debug_file(tree, BY_ID, ID);
	put_debug_file(mine, ".build-id/de/adbeef.debug", ID);
	(void)snprintf(
	    path, sizeof(path), "%s/.build-id/de/adbeef.debug", mine);
	check(open_program(ID, 0), DEBUG_BUILD_ID, path);
}

static void
test_another_build_id_is_another_file(void **state)
{
	(void)state;
	put_debug_file(tree, BY_ID, OTHER);
	check(open_program(ID, 0), DEBUG_NONE, NULL);
	put_debug_file(tree, BY_ID, "");
	check(open_program(ID, 0), DEBUG_NONE, NULL);
}

static void
test_a_link_that_leads_out_of_the_root(void **state)
{
	char outside[128];

	(void)state;
	put_debug_file(mine, "x.debug", ID);
	(void)snprintf(outside, sizeof(outside), "%s/x.debug", mine);
	temp_tree_link(tree, BY_ID, outside);
	check(open_program(ID, 0), DEBUG_NONE, NULL);
	put_debug_file(tree, outside + 1, ID);
	check(open_program(ID, 0), DEBUG_BUILD_ID, "/" BY_ID);
}

static void
test_by_debug_link_in_each_of_its_places(void **state)
{
	static const char *const places[] = {"opt/app/" LINK,
	    "opt/app/.debug/" LINK, "usr/lib/debug/opt/app/" LINK};
	char path[128];

	(void)state;
	for (int i = 0; i < 3; i++) {
		uint32_t crc = put_debug_file(tree, places[i], "");

		(void)snprintf(path, sizeof(path), "/%s", places[i]);
		check(open_program("", crc), DEBUG_LINK, path);
		check(open_program(ID, crc), DEBUG_LINK, path);
		check(open_program("", crc + 1), DEBUG_NONE, NULL);
		(void)unlink(temp_tree_path(tree, places[i]));
	}
}

/* Where both have a build-id it decides, and nobody reads the whole file. */
static void
test_build_id_before_crc(void **state)
{
	uint32_t crc = put_debug_file(tree, "opt/app/" LINK, OTHER);

	(void)state;
	check(open_program(ID, crc), DEBUG_NONE, NULL);
	check(open_program(OTHER, crc + 1), DEBUG_LINK, "/opt/app/" LINK);
	check(open_program("", crc), DEBUG_LINK, "/opt/app/" LINK);
}

/*
 * While samples are taken nothing is read whole: what a CRC alone could tell is
 * found when names are looked up.
 */
static void
test_cfi_by_build_id_only(void **state)
{
	uint32_t crc = put_debug_file(tree, "opt/app/" LINK, "");
	struct module *m = open_program("", crc);
	struct section s;

	(void)state;
	assert_false(module_separate_section(m, ".debug_frame", &s));
	check(m, DEBUG_LINK, "/opt/app/" LINK);
	m = open_program(ID, crc);
	assert_false(module_separate_section(m, ".debug_frame", &s));
	check(m, DEBUG_LINK, "/opt/app/" LINK);
	put_debug_file(tree, "opt/app/" LINK, ID);
	m = open_program(ID, crc);
	assert_true(module_separate_section(m, ".debug_frame", &s));
	check(m, DEBUG_LINK, "/opt/app/" LINK);
}

static void
test_in_a_named_directory_by_link_and_by_path(void **state)
{
	uint32_t crc = put_debug_file(mine, LINK, "");
	char path[128];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/" LINK, mine);
	check(open_program("", crc), DEBUG_LINK, path);
	put_debug_file(mine, "opt/app/tool.debug", ID);
	(void)snprintf(path, sizeof(path), "%s/opt/app/tool.debug", mine);
	check(open_program(ID, 0), DEBUG_PATH, path);
	check(open_program(OTHER, 0), DEBUG_NONE, NULL);
	check(open_program("", 0), DEBUG_NONE, NULL);
}

static void
test_where_it_would_be(void **state)
{
	static const char *const none[] = {NULL};
	const struct {
		const char *id;
		uint32_t crc;
		const char *expected;
	} cases[] = {
	    {ID, 1, "/" BY_ID},
	    {"", 1, "/usr/lib/debug/opt/app/" LINK},
	    {"", 0, "/usr/lib/debug/opt/app/tool.debug"},
	};
	struct module *m;
	char *path;

	(void)state;
	for (int i = 0; i < 3; i++) {
		search.paths = none;
		search.n_paths = 0;
		m = open_program(cases[i].id, cases[i].crc);
		path = debug_file_expected(m);
		assert_string_equal(path, cases[i].expected);
		free(path);
		module_unref(m);
	}
}

static void
test_the_module_itself_is_not_its_debug_file(void **state)
{
	struct elf_image img;
	struct module *m = NULL;
	struct err err;

	(void)state;
	make_file(&img, ID, "program");
	elf_image_finish(&img);
	temp_tree_put(tree, BY_ID, img.bytes, img.size);
	assert_int_equal(
	    module_open(open(temp_tree_path(tree, BY_ID), O_RDONLY), PROGRAM,
		&m, &err),
	    0);
	module_set_search(m, &search);
	check(m, DEBUG_NONE, NULL);
}

static void
test_dwarf_of_its_own(void **state)
{
	struct elf_image img;
	struct module *m = NULL;
	struct err err;

	(void)state;
	make_file(&img, ID, "program");
	elf_image_section(&img, ".debug_info", SHT_PROGBITS, 0, 0x300, 0, 8);
	assert_int_equal(
	    module_open(elf_image_fd(&img), PROGRAM, &m, &err), 0);
	check(m, DEBUG_EMBEDDED, PROGRAM);
}

/*
 * Debian's way of naming it, Fedora's, a file beside the program, and names not
 * to be followed.
 */
static void
test_the_file_that_debug_files_share(void **state)
{
	static const struct {
		const char *name;
		bool found;
	} cases[] = {
	    {"/usr/lib/debug/.dwz/x86/tool.debug", true},
	    {"../../.dwz/x86/tool.debug", true},
	    {"common.dwz", true},
	    {"../app/common.dwz", false},
	    {"/.dwz/../.dwz/x86/tool.debug", false},
	    {"/usr/lib/debug/x86/tool.debug", false},
	    {"/proc/self/fd/0", false},
	};

	struct module *m = open_program(OTHER, 0);

	(void)state;
	put_debug_file(tree, "usr/lib/debug/.dwz/x86/tool.debug", ID);
	put_debug_file(tree, "opt/app/common.dwz", ID);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct debug_file *df =
		    debug_search_shared(&search, m, ID, cases[i].name);

		assert_int_equal(df != NULL, cases[i].found);
		debug_file_free(df);
		assert_null(
		    debug_search_shared(&search, m, OTHER, cases[i].name));
		assert_null(
		    debug_search_shared(&search, m, "", cases[i].name));
	}
	module_unref(m);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_by_build_id_under_the_target_s_root),
	    TEST(test_what_the_user_named_comes_first),
	    TEST(test_another_build_id_is_another_file),
	    TEST(test_a_link_that_leads_out_of_the_root),
	    TEST(test_by_debug_link_in_each_of_its_places),
	    TEST(test_build_id_before_crc),
	    TEST(test_cfi_by_build_id_only),
	    TEST(test_in_a_named_directory_by_link_and_by_path),
	    TEST(test_where_it_would_be),
	    TEST(test_the_module_itself_is_not_its_debug_file),
	    TEST(test_dwarf_of_its_own),
	    TEST(test_the_file_that_debug_files_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

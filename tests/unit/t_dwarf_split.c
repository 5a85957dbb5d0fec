/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Split DWARF as a compiler writes it: with $CC or cc, which is here, since it
 * built this test; in a tree that is the target's root, far from where it was
 * compiled.
 */
#include "config.h"

#include "object/dwarf_split.h"

#include "base/err.h"
#include "object/debug_info.h"
#include "object/debug_search.h"
#include "object/module.h"
#include "object/symtab.h"
#include "temp_tree.h"

static const char program[] =
    "volatile int x;\n"
    "static inline __attribute__((always_inline)) void inner(void)\n"
    "{ x++; }\n"
    "__attribute__((noinline)) void outer(void)\n"
    "{\n"
    "	inner();\n"
    "}\n"
    "int main(void) { outer(); return 0; }\n";

static char build[TEMP_TREE_MAX], tree[TEMP_TREE_MAX];
static struct debug_search search;

static int
set_up(void **state)
{
	(void)state;
	temp_tree_make(build);
	temp_tree_make(tree);
	search = (struct debug_search){
	    .root_fd = open(tree, O_PATH | O_DIRECTORY)};
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close(search.root_fd);
	temp_tree_remove(build);
	temp_tree_remove(tree);
	return 0;
}

static bool
run(const char *command)
{
	char all[1024];

	(void)snprintf(all, sizeof(all), "cd %s && { %s; } >/dev/null 2>&1",
	    build, command);
	return system(all) == 0;
}

static bool
compile(const char *flags)
{
	char command[512];

	temp_tree_put(build, "p.c", program, sizeof(program) - 1);
	(void)snprintf(command, sizeof(command),
	    "${CC:-cc} -O1 -gsplit-dwarf %s -c p.c && ${CC:-cc} p.o -o p",
	    flags);
	return run(command);
}

/* Into the root, as what, so that nothing is found where it was built. */
static void
move_to_root(const char *file, const char *as)
{
	char command[640];

	(void)snprintf(command, sizeof(command), "mv %s %s", file,
	    temp_tree_path(tree, as));
	assert_true(run(command));
}

/* How many functions stand at the first address of outer(), inlined ones too */
static size_t
look_up(struct source_line lines[4])
{
	struct module *m = NULL;
	struct err err;
	struct symbol sym = {0};
	size_t n = 0;

	assert_int_equal(
	    module_open(open(temp_tree_path(build, "p"), O_RDONLY),
		"/opt/app/p", &m, &err),
	    0);
	module_set_search(m, &search);
	for (uint64_t at = 0x1000; at < 0x3000 && n < 2; at++)
		if (symtab_find(module_symtab(m), at, &sym) &&
		    strcmp(sym.name, "outer") == 0)
			n = debug_info_lines(
			    module_debug_info(m), at, true, lines, 4);
	if (n == 2) {
		assert_string_equal(lines[0].function, "inner");
		assert_int_equal(lines[0].line, 3);
		assert_string_equal(lines[1].function, "outer");
		assert_int_equal(lines[1].line, 6);
		assert_int_equal(strncmp(lines[1].file, build, strlen(build)),
		    0);
	}
	module_unref(m);
	return n;
}

static void
check_versions(const char *file, const char *as, const char *pack)
{
	static const char *const versions[] = {"-gdwarf-4", "-gdwarf-5"};
	struct source_line lines[4];

	for (int i = 0; i < 2; i++) {
		if (!compile(versions[i]) || (pack != NULL && !run(pack)))
			skip();
		if (pack != NULL)
			assert_true(run("rm p.dwo"));
		move_to_root(file, as);
		assert_int_equal(look_up(lines), 2);
		(void)unlink(temp_tree_path(tree, as));
		assert_true(look_up(lines) < 2);
	}
}

static void
test_beside_the_program(void **state)
{
	(void)state;
	check_versions("p.dwo", "opt/app/p.dwo", NULL);
}

static void
test_where_it_was_compiled(void **state)
{
	char as[128];

	(void)state;
	(void)snprintf(as, sizeof(as), "%s/p.dwo", build + 1);
	check_versions("p.dwo", as, NULL);
}

static void
test_packed_beside_the_program(void **state)
{
	(void)state;
	check_versions("p.dwp", "opt/app/p.dwp",
	    "dwp -e p -o p.dwp || llvm-dwp p.dwo -o p.dwp");
}

/* Another compilation: the names in it would be of other code. */
static void
test_one_of_another_id(void **state)
{
	struct source_line lines[4];

	(void)state;
	if (!compile("-gdwarf-5") || !run("mv p p1 && echo >>p.c") ||
	    !run("${CC:-cc} -O1 -gsplit-dwarf -Dx=y -c p.c && mv p1 p"))
		skip();
	move_to_root("p.dwo", "opt/app/p.dwo");
	assert_true(look_up(lines) < 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_beside_the_program),
	    TEST(test_where_it_was_compiled),
	    TEST(test_packed_beside_the_program),
	    TEST(test_one_of_another_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

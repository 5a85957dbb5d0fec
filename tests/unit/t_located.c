/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/located.h"

#include "own_module.h"

#include <string.h>

static const struct symbolize_opts names_only = {0};
static struct located l;

static int
setup(void **state)
{
	(void)state;
	located_init(&l, &names_only);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	located_deinit(&l);
	return 0;
}

static __attribute__((noinline)) void
here(void)
{
	__asm__ volatile("");
}

static __attribute__((noinline)) void
there(void)
{
	__asm__ volatile("nop");
}

static const char *
name_at(struct module *m, void (*function)(void))
{
	uint64_t vaddr = own_vaddr(m, (const void *)(uintptr_t)function);

	return located_find(&l, m, vaddr)->lines[0].name;
}

static void
each_place_has_its_name(void **state)
{
	struct module *m = own_module();

	(void)state;
	assert_string_equal(name_at(m, here), "here");
	assert_string_equal(name_at(m, there), "there");
	assert_string_equal(name_at(m, here), "here");
	module_unref(m);
}

static void
a_place_is_looked_up_once(void **state)
{
	struct module *m = own_module();
	uint64_t vaddr = own_vaddr(m, (const void *)(uintptr_t)here);
	const char *name = name_at(m, here);

	(void)state;
	assert_ptr_equal(name_at(m, here), name);
	assert_int_equal(l.n, 1);
	(void)located_find(&l, m, vaddr + 1);
	assert_int_equal(l.n, 2);
	module_unref(m);
}

static void
equal_addresses_of_two_modules_are_two_places(void **state)
{
	struct module *a = own_module(), *b = own_module();
	const char *name = name_at(a, here);

	(void)state;
	assert_ptr_not_equal(name_at(b, here), name);
	assert_ptr_equal(name_at(a, here), name);
	assert_int_equal(l.n, 2);
	module_unref(a);
	module_unref(b);
}

/* By its address alone another module could be taken for one that is gone. */
static void
a_module_lives_as_long_as_its_places(void **state)
{
	struct module *m = own_module();

	(void)state;
	(void)name_at(m, here);
	module_unref(m);
	assert_ptr_equal(l.v[0].module, m);
	assert_string_equal(name_at(m, there), "there");
}

static void
what_is_not_kept_is_forgotten(void **state)
{
	struct module *a = own_module(), *b = own_module();
	struct module *both[] = {NULL, b, a}, *only_a[] = {a};
	const char *name = name_at(a, here);

	(void)state;
	(void)name_at(b, here);
	located_keep(&l, both, 3);
	assert_int_equal(l.n, 2);
	assert_ptr_equal(name_at(a, here), name);
	located_keep(&l, only_a, 1);
	for (size_t i = 0; i < l.n; i++)
		assert_ptr_not_equal(l.v[i].module, b);
	assert_string_equal(name_at(a, here), "here");
	assert_string_equal(name_at(b, there), "there");
	located_keep(&l, NULL, 0);
	assert_int_equal(l.n, 0);
	assert_string_equal(name_at(a, here), "here");
	module_unref(a);
	module_unref(b);
}

static void
many_places(void **state)
{
	struct module *m = own_module();
	uint64_t start = own_vaddr(m, (const void *)(uintptr_t)here);

	(void)state;
	for (int pass = 0; pass < 2; pass++) {
		for (uint64_t i = 0; i < 1000; i++)
			(void)located_find(&l, m, start + i);
		assert_int_equal(l.n, 1000);
	}
	for (size_t i = 0; i < l.n; i++)
		assert_int_equal(l.v[i].vaddr, start + i);
	assert_string_equal(name_at(m, here), "here");
	module_unref(m);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(each_place_has_its_name),
	    TEST(a_place_is_looked_up_once),
	    TEST(equal_addresses_of_two_modules_are_two_places),
	    TEST(a_module_lives_as_long_as_its_places),
	    TEST(what_is_not_kept_is_forgotten),
	    TEST(many_places),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}

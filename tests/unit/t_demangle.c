/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/demangle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
check(const char *mangled, const char *expected)
{
	char *name = demangle(mangled);

	assert_string_equal(name, expected);
	free(name);
}

static void
test_cxx(void **state)
{
	(void)state;
	check("_ZN4work5outerERKNS_6EngineE",
	    "work::outer(work::Engine const&)");
	check("_ZN4work6Engine3runEv", "work::Engine::run()");
	check("_ZNKSt6vectorIiSaIiEE4sizeEv",
	    "std::vector<int, std::allocator<int> >::size() const");
	check("_ZZ4mainENKUlvE_clEv",
	    "main::{lambda()#1}::operator()() const");
	check("_Z3fooi.constprop.0", "foo(int) [clone .constprop.0]");
}

/* Only templates carry their return type. */
static void
test_cxx_return_type_is_dropped(void **state)
{
	(void)state;
	check("_Z3sumIiET_RKSt6vectorIS0_SaIS0_EE",
	    "sum<int>(std::vector<int, std::allocator<int> > const&)");
}

static void
test_rust(void **state)
{
	(void)state;
	/* legacy, with its hash */
	check("_ZN4core3ptr13drop_in_place17h0123456789abcdefE",
	    "core::ptr::drop_in_place");
	check("_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$"
	      "Test$GT$$GT$3bar17h930b740aa94f1d3aE",
	    "<Test + 'static as foo::Bar<Test>>::bar");
	/* v0: RFC 2603 */
	check("_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar");
	check("_RINvNtC3std3mem8align_ofdE", "std::mem::align_of::<f64>");
}

static void
test_other_names_stay(void **state)
{
	static const char *const names[] = {"main", "_start", "", "_", "_Z",
	    "_ZN", "_R", "_ZN4workE4", "__libc_start_main", "malloc@plt",
	    "runtime.mallocgc", "i", "\xff\x1b[2J"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check(names[i], names[i]);
}

static void
test_deep_nesting_ends(void **state)
{
	size_t depth = 100000;
	char *name = malloc(depth + 8);

	(void)state;
	memcpy(name, "_Z1f", 4);
	memset(name + 4, 'P', depth);
	memcpy(name + 4 + depth, "i", 2);
	check(name, name);
	/* as long as is still looked at */
	memcpy(name + 2000, "i", 2);
	check(name, name);
	free(name);
}

/*
 * S_ is std::pair, and each pair names the one before it twice (S_IS0_S0_E), so
 * that the result doubles each time: to 2^33 pairs, which nobody waits for.
 */
static void
test_explosive_name_is_cut(void **state)
{
	char name[1024] = "_Z1fSt4pairIiiE", ref[3] = "S0", *out;

	(void)state;
	alarm(60);
	for (int i = 0; i < 33; i++) {
		char last[64];

		(void)snprintf(last, sizeof(last), "S_I%s_%s_E", ref, ref);
		strcat(name, last);
		ref[1] = (char)(i < 9 ? '1' + i : 'A' + i - 9);
	}
	out = demangle(name);
	assert_memory_equal(out, "f(std::pair<int, int>, std::pair<std::pair<",
	    43);
	assert_int_equal(strlen(out), 16384);
	alarm(0);
	free(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cxx),
	    cmocka_unit_test(test_cxx_return_type_is_dropped),
	    cmocka_unit_test(test_rust),
	    cmocka_unit_test(test_other_names_stay),
	    cmocka_unit_test(test_deep_nesting_ends),
	    cmocka_unit_test(test_explosive_name_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

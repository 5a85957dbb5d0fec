/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/cfi_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct cfi_compact
rule_number(uint64_t i)
{
	return (struct cfi_compact){.kind = COMPACT_FRAME, .codes = i};
}

static void
each_once(void **state)
{
	struct cfi_rules rules = {0};
	struct cfi_compact a = rule_number(1), b = rule_number(2);
	uint16_t id = cfi_rules_intern(&rules, &a);

	(void)state;
	assert_int_not_equal(cfi_rules_intern(&rules, &b), id);
	assert_int_equal(cfi_rules_intern(&rules, &a), id);
	assert_memory_equal(&rules.v[id], &a, sizeof(a));
	cfi_rules_deinit(&rules);
}

/* As many as numbers have room for; what comes then is slow. */
static void
full(void **state)
{
	struct cfi_rules rules = {0};
	struct cfi_compact a = rule_number(1);
	uint16_t id;

	(void)state;
	for (uint64_t i = 1; i < CFI_RULES_MAX; i++) {
		struct cfi_compact rule = rule_number(i);

		id = cfi_rules_intern(&rules, &rule);
		assert_memory_equal(
		    &rules.v[id], &rule, sizeof(rule));
	}
	for (uint64_t i = 0; i < 3; i++) {
		struct cfi_compact rule = rule_number(CFI_RULES_MAX + i);

		id = cfi_rules_intern(&rules, &rule);
		assert_int_equal(
		    rules.v[id].kind, COMPACT_SLOW);
	}
	assert_int_equal(rules.n, CFI_RULES_MAX);
	id = cfi_rules_intern(&rules, &a);
	assert_memory_equal(&rules.v[id], &a, sizeof(a));
	cfi_rules_deinit(&rules);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_once),
	    cmocka_unit_test(full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

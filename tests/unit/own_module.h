/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * own_module.h - the running test program as a module, for tests that need
 * what a compiler really writes
 */
#ifndef SCRAPE_TESTS_OWN_MODULE_H
#define SCRAPE_TESTS_OWN_MODULE_H

#include "object/module.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdint.h>

extern const char __executable_start[]; /* from the linker: offset 0 */

static inline struct module *
own_module(void)
{
	struct module *m = NULL;
	struct err err;

	assert_int_equal(module_open(open("/proc/self/exe", O_RDONLY),
			     "/opt/app/program", &m, &err),
	    0);
	return m;
}

/* The vaddr in it of an address of ours. */
static inline uint64_t
own_vaddr(const struct module *m, const void *addr)
{
	uint64_t bias = 0;

	assert_true(module_bias(
	    m, (uint64_t)(uintptr_t)__executable_start, 0, &bias));
	return (uint64_t)(uintptr_t)addr - bias;
}

#endif

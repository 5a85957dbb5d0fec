/* SPDX-License-Identifier: GPL-3.0-or-later */
/* instructions.h - how many instructions a function takes */
#ifndef SCRAPE_TESTS_INSTRUCTIONS_H
#define SCRAPE_TESTS_INSTRUCTIONS_H

#include <stdint.h>

/*
 * Of fn(arg) in user mode, by single steps of a child that runs it: virtual
 * machines have no counters. The child's memory is a copy, as it is now. 0 where
 * it may not be traced. Some microseconds each.
 */
uint64_t instructions_of(void (*fn)(void *arg), void *arg);

#endif

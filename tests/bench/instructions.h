/* SPDX-License-Identifier: GPL-3.0-or-later */
/* instructions.h - how many instructions this thread has executed */
#ifndef SCRAPE_TESTS_INSTRUCTIONS_H
#define SCRAPE_TESTS_INSTRUCTIONS_H

#include <stdint.h>

/* A counter, or -1 where the machine has none, or none for us. */
int instructions_open(void);
/* In user mode so far; 0 of counter -1. */
uint64_t instructions_read(int counter);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* memory.h - how much of it this machine has to spare */
#ifndef SCRAPE_BASE_MEMORY_H
#define SCRAPE_BASE_MEMORY_H

#include <stdint.h>

/*
 * Bytes that can be used before the machine swaps: with the page cache, that is
 * MemAvailable. 0: not known.
 */
uint64_t memory_available(void);

#endif

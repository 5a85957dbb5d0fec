/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resident.h - memory that is there when it is touched
 *
 * A page that has to be found, read or unpacked first costs as much as all else
 * in a stop, or a thousand times as much. So what a stop touches is made present
 * before, and locked, as far as RLIMIT_MEMLOCK goes; beyond it is present now,
 * and stays so as long as the machine is not short of memory.
 *
 * Nothing here can fail in a way that matters, and none of it is inherited.
 */
#ifndef SCRAPE_BASE_RESIDENT_H
#define SCRAPE_BASE_RESIDENT_H

#include <stddef.h>

/* The pages of [p, p + len), to be written. */
void resident_lock(const void *p, size_t len);
/* All that is loaded of the program or library that has this function. */
void resident_lock_object(void (*function)(void));
/* What the calling thread will use of its stack. */
void resident_lock_stack(void);

#endif

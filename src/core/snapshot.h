/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot.h - what is copied from one thread while it is stopped
 *
 * Plain data: registers and the bytes of its stack from below sp upward. From
 * here on nothing needs the process any more, so the unwinder sees no
 * difference between a live thread, a test and a fuzzer.
 */
#ifndef SCRAPE_CORE_SNAPSHOT_H
#define SCRAPE_CORE_SNAPSHOT_H

#include "core/regs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Read from this far below sp: the x86_64 psABI's red zone is 128 bytes, and
 * CFI of popped registers points there too (research/unwind.md 0, finding 4).
 */
#define SNAPSHOT_BELOW_SP 256

struct snapshot {
	struct regs regs;
	uint64_t stack_addr; /* target address of stack[0] */
	uint8_t *stack;
	size_t stack_len;
};

/* Exactly len bytes at addr out of the snapshot, or false. */
bool snapshot_read(
    const struct snapshot *s, uint64_t addr, void *buf, size_t len);

#endif

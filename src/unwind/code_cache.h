/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * code_cache.h - the code that guesses have looked at last
 *
 * Where there is no CFI each frame is checked by the code around it, and read
 * from a file or from the target that takes a system call: 4 to 10 a frame, in
 * node for 45 of 60. The same code is looked at again and again.
 *
 * A window is kept for one generation of the code space. A JIT writes code
 * without a new mapping, so who walks a live target also says how old windows
 * may be, with code_cache_expire().
 */
#ifndef SCRAPE_UNWIND_CODE_CACHE_H
#define SCRAPE_UNWIND_CODE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Divides a page: all of a window can be read, or nothing. */
#define CODE_WINDOW  256
#define CODE_WINDOWS 256

struct code_window {
	uint64_t addr;
	bool is_full;
	uint8_t bytes[CODE_WINDOW];
};

/* All zero is a valid, empty cache, of generation 0. */
struct code_cache {
	uint64_t generation;
	uint64_t since_ns; /* nothing in it is older */
	bool is_used;	   /* memory that no guess has asked for stays untouched */
	struct code_window windows[CODE_WINDOWS];
};

/* To be called before a walk. */
void code_cache_begin(struct code_cache *c, uint64_t generation);
/* Forgets what may be older than that, in nanoseconds. */
void code_cache_expire(
    struct code_cache *c, uint64_t now_ns, uint64_t max_age_ns);

/* Where the window of addr is, if it is anywhere, and where it belongs. */
static inline struct code_window *
code_cache_window(struct code_cache *c, uint64_t addr)
{
	c->is_used = true;
	return &c->windows[addr / CODE_WINDOW % CODE_WINDOWS];
}

static inline bool
code_window_holds(const struct code_window *w, uint64_t addr)
{
	return w->is_full && w->addr == addr - addr % CODE_WINDOW;
}

#endif

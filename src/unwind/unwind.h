/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unwind.h - registers and stack bytes to frames
 *
 * A pure function of its arguments: a live thread's snapshot, a saved one, a
 * stack built by hand in a test and a fuzzer's bytes are all the same to it.
 * Design section 5; research/unwind.md sections 2 and 6.
 */
#ifndef SCRAPE_UNWIND_UNWIND_H
#define SCRAPE_UNWIND_UNWIND_H

#include "core/end_reason.h"
#include "core/frame.h"
#include "core/mapping.h"
#include "core/mem.h"
#include "core/regs.h"

#include <stddef.h>
#include <stdint.h>

struct arch;
struct byte_ranges;
struct code_cache;
struct module;
struct mem_window;
struct pc_cache;
struct trail;

/*
 * The code of a target: its mappings and, for those with an ELF file behind
 * them, the module and the bias. modules[i] and bias[i] belong to
 * mappings->v[i]; modules[i] is NULL where there is none (JIT code, data, a
 * file that could not be opened).
 */
struct code_space {
	const struct arch *arch;
	const struct mappings *mappings;
	struct module *const *modules;
	const uint64_t *bias;
	/*
	 * The bits of a return address that the target's kernel lets be signed
	 * (NT_ARM_PAC_MASK); 0: what is usual for the machine.
	 */
	uint64_t signed_bits;
	/*
	 * Another one whenever any of the above, or what it points to, is:
	 * what is remembered of a code space is of one generation.
	 */
	uint64_t generation;
	struct pc_cache *cache; /* of look-ups in it; NULL: none */
	struct code_cache *codes; /* of bytes that guesses read; NULL: none */
	/*
	 * Gets the code that a walk reads out of modules, for it to be walked
	 * again where their files are not; or NULL.
	 */
	struct byte_ranges *record;
};

struct unwind_result {
	size_t n; /* frames filled, leaf first; at least 1 */
	enum end_reason end;
};

/*
 * mem answers for the stack, for what CFI expressions read, and for code that
 * no module holds. frames has room for max >= 1; a walk that would need more
 * ends with END_DEPTH.
 */
struct unwind_result unwind(const struct code_space *space,
    const struct regs *regs, const struct mem *mem, struct frame *frames,
    size_t max);

/*
 * The same, faster. What window holds, of what mem would give, is read there;
 * trail is that of the same thread's last walk (trail.h). Either may be NULL,
 * and without the first the second is of no use. Each step has its bounds, and
 * there may be thousands: who has others waiting sets a time.
 */
struct unwind_aids {
	struct mem_window *window;
	struct trail *trail;
	/* Monotonic; then a walk ends with END_DEPTH. 0: no such time. */
	uint64_t deadline_ns;
};
struct unwind_result unwind_with(const struct code_space *space,
    const struct regs *regs, const struct mem *mem,
    const struct unwind_aids *aids, struct frame *frames, size_t max);

/*
 * Takes off a last frame that stands in no code: a walk that went wrong, as
 * where a stack was switched by hand, has found a word that is no return
 * address. Apart from unwind(), for the maps may only be old.
 */
void unwind_drop_stray(const struct code_space *space,
    const struct frame *frames, struct unwind_result *r);

#endif

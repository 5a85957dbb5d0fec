/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/module.h"
#include "unwind/step.h"

#include <string.h>

struct place
place_of(const struct code_space *space, uint64_t pc)
{
	const struct mapping *m = mappings_find(space->mappings, pc);
	struct place at = {0};
	size_t i;

	if (m == NULL)
		return at;
	i = (size_t)(m - space->mappings->v);
	at.module = space->modules[i];
	at.bias = space->bias[i];
	at.is_code = (m->flags & MAPPING_EXEC) != 0;
	return at;
}

/*
 * Of a saved snapshot the module is an extract without code, and the bytes that
 * the walk needs lie in the saved memory.
 */
static bool
read_at(const struct place *at, uint64_t pc, const struct mem *mem, void *buf,
    size_t len)
{
	return (at->module != NULL &&
		   module_read(at->module, pc - at->bias, buf, len)) ||
	       mem_read(mem, pc, buf, len);
}

void
read_code(const struct place *at, uint64_t pc, const struct mem *mem,
    struct code_bytes *ret)
{
	*ret = (struct code_bytes){0};
	for (size_t n = CODE_BEFORE; n > 0 && ret->n_before == 0; n--)
		if (read_at(at, pc - n, mem, ret->before + CODE_BEFORE - n, n))
			ret->n_before = n;
	for (size_t n = CODE_AFTER; n > 0 && ret->n_after == 0; n--)
		if (read_at(at, pc, mem, ret->after, n))
			ret->n_after = n;
}

/* A word is a return address only if it stands behind a call in code. */
static bool
is_return_address(const struct code_space *space, uint64_t addr,
    const struct mem *mem)
{
	struct place at = place_of(space, addr - 1);
	struct code_bytes code;

	if (!at.is_code)
		return false;
	read_code(&at, addr, mem, &code);
	return space->arch->is_after_call(&code);
}

/* Whether both lie in one mapping: then both are of the same stack. */
static bool
is_same_stack(const struct code_space *space, uint64_t a, uint64_t b)
{
	const struct mapping *m = mappings_find(space->mappings, a);

	return m != NULL && b >= m->start && b < m->end;
}

/* Fills in what was saved; false: some of it cannot be read. */
static bool
load_saved(const struct guess *g, const struct mem *mem, struct regs *caller)
{
	for (uint32_t left = g->saved; left != 0; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctz(left);
		uint64_t value;

		if (!mem_read_u64(mem, g->slots[i], &value))
			return false;
		regs_set(caller, i, value);
	}
	return true;
}

/*
 * The slots of a frame on the stack, checked: aligned, above sp, readable, and
 * with a return address in them.
 */
static bool
follow(const struct code_space *space, const struct guess *g,
    const struct mem *mem, struct regs *regs, enum end_reason *ret_end)
{
	const struct arch *arch = space->arch;
	uint64_t sp = regs->r[arch->sp], ra;
	struct regs caller = *regs;

	*ret_end = END_NO_CFI;
	if (g->ra_addr % sizeof(ra) != 0 || g->ra_addr < sp)
		return false;
	if (!mem_read_u64(mem, g->ra_addr, &ra))
		return false;
	/*
	 * What else a function with a frame record saved, nobody says. At a
	 * function's edge all that it saves is still, or again, in its place.
	 */
	if (g->is_record)
		caller.known = 0;
	if (!load_saved(g, mem, &caller))
		return false;
	/*
	 * The chain's own end: psABI 3.4.1, rbp of the first frame. Zeros are
	 * also what a heap is full of.
	 */
	if (g->is_record && ra == 0 && caller.r[arch->fp] == 0 &&
	    is_same_stack(space, sp, g->ra_addr)) {
		*ret_end = END_ROOT;
		return false;
	}
	if (!is_return_address(space, ra, mem))
		return false;
	regs_set(&caller, arch->pc, ra);
	regs_set(&caller, arch->sp, g->sp);
	*regs = caller;
	return true;
}

/* The code at a place, as memory of its own. */
struct code_mem {
	const struct place *at;
	const struct mem *mem;
};

static bool
read_code_mem(void *ctx, uint64_t addr, void *buf, size_t len)
{
	const struct code_mem *c = ctx;

	return read_at(c->at, addr, c->mem, buf, len);
}

/*
 * How far the code is read to find its return: in the leaf, where all hangs on
 * it, through a long loop; for a caller, of which a walk may meet many, only
 * as far as what has no frame pointer for being short.
 */
#define INSNS_LEAF   1000
#define INSNS_CALLER 100

static bool
follow_code(const struct code_space *space, const struct place *at,
    bool is_exact, const struct mem *mem, struct regs *regs,
    enum end_reason *ret_end)
{
	const struct arch *arch = space->arch;
	struct code_mem c = {at, mem};
	struct mem code = {read_code_mem, &c};
	struct regs kept = *regs;
	struct guess g;

	if (!arch->guess_by_code(&code, regs,
		is_exact ? INSNS_LEAF : INSNS_CALLER, &g))
		return false;
	/* Of the other registers the code may have made anything. */
	kept.known &=
	    arch->preserved | 1ull << arch->sp | 1ull << arch->pc;
	if (!follow(space, &g, mem, &kept, ret_end))
		return false;
	*regs = kept;
	return true;
}

static bool
follow_fp(const struct code_space *space, const struct mem *mem,
    struct regs *regs, enum end_reason *ret_end)
{
	const struct arch *arch = space->arch;
	struct guess g;

	*ret_end = END_NO_CFI;
	if (!regs_known(regs, arch->fp))
		return false;
	arch->guess_fp(regs, &g);
	return follow(space, &g, mem, regs, ret_end);
}

/*
 * Start code is where a stack begins. glibc's ld.so and musl give theirs no
 * CFI; it is short, and calls its first function within this many bytes.
 */
#define START_CODE_MAX 64

static bool
is_start_code(
    const struct arch *arch, const struct place *at, uint64_t pc,
    const struct mem *mem)
{
	uint64_t entry = at->module != NULL ? module_entry(at->module) : 0;
	struct code_mem c = {at, mem};
	struct mem code = {read_code_mem, &c};

	return entry != 0 && pc - at->bias >= entry &&
	       pc - at->bias - entry < START_CODE_MAX &&
	       arch->leads_to(&code, entry + at->bias, pc);
}

enum step
step_by_guess(const struct code_space *space, const struct place *at,
    bool is_exact, const struct mem *mem, struct regs *regs,
    enum end_reason *ret_end)
{
	const struct arch *arch = space->arch;
	struct code_bytes code;
	struct guess g;

	*ret_end = END_ROOT;
	if (is_start_code(arch, at, regs->r[arch->pc], mem))
		return STEP_END;
	*ret_end = END_NO_CFI;
	if (!at->is_code || !regs_known(regs, arch->sp))
		return STEP_END;
	read_code(at, regs->r[arch->pc], mem, &code);
	if (arch->step_sigreturn(&code, regs, mem))
		return STEP_INTERRUPTED;
	if (is_exact && arch->guess_edge(&code, regs, &g) &&
	    follow(space, &g, mem, regs, ret_end))
		return STEP_CALLER;
	/*
	 * A JIT's functions keep frame pointers and are long; what an ELF file
	 * has without CFI is hand-written, or small.
	 */
	if (!is_exact && at->module == NULL)
		return follow_fp(space, mem, regs, ret_end) ? STEP_CALLER
							    : STEP_END;
	if (follow_code(space, at, is_exact, mem, regs, ret_end) ||
	    follow_fp(space, mem, regs, ret_end))
		return STEP_CALLER;
	return STEP_END;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/byte_ranges.h"
#include "object/module.h"
#include "unwind/code_cache.h"
#include "unwind/step.h"

#include <string.h>

struct place
place_of(const struct code_space *space, uint64_t pc)
{
	const struct mapping *m = mappings_find(space->mappings, pc);
	struct place at = {.record = space->record, .codes = space->codes};
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
read_there(const struct place *at, uint64_t pc, const struct mem *mem,
    void *buf, size_t len)
{
	if (at->module == NULL ||
	    !module_read(at->module, pc - at->bias, buf, len))
		return mem_read(mem, pc, buf, len);
	if (at->record != NULL)
		byte_ranges_add(at->record, pc, buf, len);
	return true;
}

/* NULL: it cannot be read as a whole. */
static const struct code_window *
window_of(const struct place *at, uint64_t pc, const struct mem *mem)
{
	struct code_window *w = code_cache_window(at->codes, pc);

	if (code_window_holds(w, pc))
		return w;
	w->addr = pc - pc % CODE_WINDOW;
	w->is_full = read_there(at, w->addr, mem, w->bytes, CODE_WINDOW);
	return w->is_full ? w : NULL;
}

/* What is recorded is read anew: all that a walk looked at has to be there. */
static bool
read_at(const struct place *at, uint64_t pc, const struct mem *mem, void *buf,
    size_t len)
{
	uint8_t *to = buf;

	if (at->codes == NULL || at->record != NULL)
		return read_there(at, pc, mem, buf, len);
	while (len > 0) {
		const struct code_window *w = window_of(at, pc, mem);
		size_t off = pc % CODE_WINDOW, n = CODE_WINDOW - off;

		n = n < len ? n : len;
		if (w == NULL && !read_there(at, pc, mem, to, n))
			return false;
		if (w != NULL)
			memcpy(to, w->bytes + off, n);
		pc += n;
		to += n;
		len -= n;
	}
	return true;
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

/*
 * A word is a return address only if it stands behind a call in code, or where
 * the kernel has a signal handler return to.
 */
static bool
is_return_address(const struct code_space *space, uint64_t addr,
    const struct mem *mem)
{
	struct place at = place_of(space, addr - 1);
	struct code_bytes code;

	if (!at.is_code)
		return false;
	read_code(&at, addr, mem, &code);
	return space->arch->is_after_call(&code) ||
	       space->arch->is_sigreturn(&code);
}

/* Whether both lie in one mapping: then both are of the same stack. */
static bool
is_same_stack(const struct code_space *space, uint64_t a, uint64_t b)
{
	const struct mapping *m = mappings_find(space->mappings, a);

	return m != NULL && b >= m->start && b < m->end;
}

/* Bit 55 tells whose half of all addresses it is in. */
uint64_t
bare_address(const struct code_space *space, uint64_t ra)
{
	uint64_t bits = space->signed_bits != 0 ? space->signed_bits
						: space->arch->signed_bits;

	return (ra >> 55 & 1) != 0 ? ra | bits : ra & ~bits;
}

/* Checked: aligned, above sp, and readable. */
static bool
load_ra(const struct guess *g, uint64_t sp, const struct mem *mem,
    uint64_t *ret)
{
	*ret = g->ra;
	if (g->is_ra_known)
		return true;
	return g->ra_addr % sizeof(*ret) == 0 && g->ra_addr >= sp &&
	       mem_read_u64(mem, g->ra_addr, ret);
}

/* What is guessed, if it does have a return address. */
static bool
follow(const struct code_space *space, const struct guess *g,
    const struct mem *mem, struct regs *regs, enum end_reason *ret_end)
{
	const struct arch *arch = space->arch;
	uint64_t sp = regs->r[arch->sp], ra;

	*ret_end = END_NO_CFI;
	if (!load_ra(g, sp, mem, &ra))
		return false;
	ra = bare_address(space, ra);
	/*
	 * The chain's own end: psABI 3.4.1, rbp of the first frame. Zeros are
	 * also what a heap is full of.
	 */
	if (g->is_record && ra == 0 && g->caller.r[arch->fp] == 0 &&
	    is_same_stack(space, sp, g->ra_addr)) {
		*ret_end = END_ROOT;
		return false;
	}
	if (!is_return_address(space, ra, mem))
		return false;
	*regs = g->caller;
	regs_set(regs, arch->pc, ra);
	return true;
}

/* Where there is no CFI, and what is asked about it. */
struct bare {
	const struct code_space *space;
	const struct place *at;
	const struct mem *mem;
	bool is_exact;
};

static bool
read_code_mem(void *ctx, uint64_t addr, void *buf, size_t len)
{
	const struct bare *b = ctx;

	return read_at(b->at, addr, b->mem, buf, len);
}

/*
 * How far code is read to find its return: in the leaf, where all hangs on it,
 * through a long loop; for a caller, of which a walk may meet many, less, and
 * only a glance where a frame pointer says the same.
 */
#define INSNS_LEAF   1000
#define INSNS_CALLER 400
#define INSNS_GLANCE 64

/*
 * By the only one of the code's returns that does find a return address.
 * ret_told: there were returns.
 */
static bool
follow_code(struct bare *b, struct regs *regs, bool *ret_told,
    enum end_reason *ret_end)
{
	struct mem code = {read_code_mem, b};
	struct guess guesses[GUESSES_MAX];
	size_t n = b->space->arch->guess_by_return(&code, b->mem, regs,
	    b->is_exact ? INSNS_LEAF : INSNS_CALLER, guesses);
	struct regs right = *regs;
	size_t n_right = 0;

	for (size_t i = 0; i < n; i++) {
		struct regs caller = *regs;

		if (follow(b->space, &guesses[i], b->mem, &caller, ret_end)) {
			right = caller;
			n_right++;
		}
	}
	*ret_told = n > 0;
	if (n_right != 1)
		return false;
	*regs = right;
	return true;
}

/*
 * By the frame pointer, unless a glance at the code says otherwise: a function
 * that has no frame record has its caller's in fp. If it says the same, it also
 * tells what else was saved.
 */
static bool
follow_fp_and_code(
    struct bare *b, struct regs *regs, enum end_reason *ret_end)
{
	const struct arch *arch = b->space->arch;
	struct mem code = {read_code_mem, b};
	struct guess guesses[GUESSES_MAX], g;
	size_t n;

	if (!arch->guess_fp(regs, b->mem, &g))
		return false;
	n = arch->guess_by_return(&code, b->mem, regs, INSNS_GLANCE, guesses);
	for (size_t i = 0; i < n; i++)
		if (guesses[i].ra_addr == g.ra_addr)
			return follow(
			    b->space, &guesses[i], b->mem, regs, ret_end);
	return n == 0 && follow(b->space, &g, b->mem, regs, ret_end);
}

/*
 * A function that does not return keeps what called it to itself: there the
 * calls that could have, of which the stack has the return addresses, are tried
 * out. So many words are looked at, and so many calls.
 */
#define WORDS_MAX 1024
#define CALLS_MAX 4

/* Whether the call before ra, if it says where it led, has led here. */
static bool
try_call(struct bare *b, const struct regs *regs, uint64_t ra_addr,
    uint64_t ra, unsigned *calls, struct guess *ret)
{
	const struct arch *arch = b->space->arch;
	struct mem code = {read_code_mem, b};
	struct place from = place_of(b->space, ra - 1);
	struct code_bytes bytes;
	uint64_t start;

	if (!from.is_code)
		return false;
	read_code(&from, ra, b->mem, &bytes);
	if (!arch->call_target(&bytes, ra, &start) ||
	    !place_of(b->space, start).is_code)
		return false;
	(*calls)++;
	return arch->guess_by_start(
	    &code, b->mem, regs, start, ra_addr, INSNS_CALLER, ret);
}

static bool
follow_start(struct bare *b, struct regs *regs, enum end_reason *ret_end)
{
	uint64_t at = regs->r[b->space->arch->sp], ra;
	unsigned calls = 0;
	struct guess g;

	for (unsigned i = 0; i < WORDS_MAX && calls < CALLS_MAX; i++, at += 8) {
		if (!mem_read_u64(b->mem, at, &ra))
			return false;
		if (try_call(b, regs, at, ra, &calls, &g))
			return follow(b->space, &g, b->mem, regs, ret_end);
	}
	return false;
}

bool
find_fp(const struct code_space *space, const struct place *at,
    uint64_t start, int64_t cfa_off, const struct mem *mem, struct regs *regs)
{
	const struct arch *arch = space->arch;
	struct bare b = {space, at, mem, false};
	struct mem code = {read_code_mem, &b};
	uint64_t ra_addr = regs->r[arch->sp], ra;
	unsigned calls = 0;
	struct guess g;

	for (unsigned i = 0; i < WORDS_MAX && calls < CALLS_MAX;
	    i++, ra_addr += 8) {
		if (!mem_read_u64(mem, ra_addr, &ra))
			return false;
		if (!is_return_address(space, ra, mem))
			continue;
		calls++;
		if (!arch->guess_by_start(&code, mem, regs, start, ra_addr,
			INSNS_CALLER, &g))
			continue;
		regs_set(regs, arch->fp,
		    g.caller.r[arch->sp] - (uint64_t)cfa_off);
		return true;
	}
	return false;
}

static bool
follow_fp(struct bare *b, struct regs *regs, enum end_reason *ret_end)
{
	struct guess g;

	*ret_end = END_NO_CFI;
	return b->space->arch->guess_fp(regs, b->mem, &g) &&
	       follow(b->space, &g, b->mem, regs, ret_end);
}

/*
 * Start code is where a stack begins. glibc's ld.so and musl give theirs no
 * CFI; it is short, and calls its first function within this many bytes.
 */
#define START_CODE_MAX 64

static bool
is_start_code(struct bare *b, uint64_t pc)
{
	const struct place *at = b->at;
	uint64_t entry = at->module != NULL ? module_entry(at->module) : 0;
	struct mem code = {read_code_mem, b};

	return entry != 0 && pc - at->bias >= entry &&
	       pc - at->bias - entry < START_CODE_MAX &&
	       b->space->arch->leads_to(&code, entry + at->bias, pc);
}

/*
 * A JIT's functions keep frame pointers and are long; what an ELF file has
 * without CFI is hand-written, or small.
 */
static bool
follow_any(struct bare *b, struct regs *regs, enum end_reason *ret_end)
{
	bool told;

	if (b->at->module == NULL && !b->is_exact)
		return follow_fp(b, regs, ret_end);
	if ((b->at->module == NULL || !b->is_exact) &&
	    follow_fp_and_code(b, regs, ret_end))
		return true;
	if (follow_code(b, regs, &told, ret_end) ||
	    follow_start(b, regs, ret_end))
		return true;
	/* A leaf that has no frame record may have its caller's in fp. */
	*ret_end = END_NO_CFI;
	if (told && b->is_exact && b->at->module != NULL)
		return false;
	return follow_fp(b, regs, ret_end);
}

enum step
step_by_guess(const struct code_space *space, const struct place *at,
    bool is_exact, const struct mem *mem, struct regs *regs,
    enum end_reason *ret_end)
{
	const struct arch *arch = space->arch;
	struct bare b = {space, at, mem, is_exact};
	struct code_bytes code;
	struct guess g;

	*ret_end = END_ROOT;
	if (is_start_code(&b, regs->r[arch->pc]))
		return STEP_END;
	*ret_end = END_NO_CFI;
	/* Where a frame record is by itself, sp may be lost: guess_fp(). */
	if (!at->is_code ||
	    !(regs_known(regs, arch->sp) || arch->lr != REGS_NONE))
		return STEP_END;
	read_code(at, regs->r[arch->pc], mem, &code);
	if (arch->step_sigreturn(&code, regs, mem))
		return STEP_INTERRUPTED;
	if (is_exact && arch->guess_edge(&code, regs, &g) &&
	    follow(space, &g, mem, regs, ret_end))
		return STEP_CALLER;
	return follow_any(&b, regs, ret_end) ? STEP_CALLER : STEP_END;
}

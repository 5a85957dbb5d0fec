/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/cfi_compact.h"
#include "unwind/rule_lookup.h"
#include "unwind/step.h"

#include <string.h>

/* Nearly all frames have no more slots than a call can save registers. */
#define USUAL_SLOTS 8
#define USUAL_SIZE  (COMPACT_WORD * USUAL_SLOTS)

/*
 * n slots that are read already, lowest first; codes begin with the highest. A
 * slot that holds no register (a local variable) sets one that is not there:
 * that is cheaper than a jump that is foreseen badly.
 */
static inline void
restore(uint64_t codes, const uint8_t *numbers, const uint8_t *words, size_t n,
    struct regs *regs)
{
	uint64_t known = regs->known;

	for (size_t i = n; i-- > 0; codes >>= 4) {
		unsigned reg = numbers[codes & 0xf];

		memcpy(&regs->r[reg], words + COMPACT_WORD * i, COMPACT_WORD);
		known |= 1ull << reg;
	}
	regs->known = known;
}

static inline uint64_t
cfa_from(const struct cfi_compact *rule, uint64_t base)
{
	return base + COMPACT_WORD * (uint64_t)(int64_t)rule->cfa_words;
}

/* Where the highest slot ends. */
static inline uint64_t
end_of_slots(const struct cfi_compact *rule, uint64_t cfa)
{
	return cfa - COMPACT_WORD * ((uint64_t)rule->top - 1);
}

static bool
is_leaf_lost(const struct cfi_compact *rule, unsigned ra,
    const struct arch *arch, const struct regs *regs)
{
	return rule->kind == COMPACT_LEAF &&
	       (!regs_known(regs, ra) || ra == arch->pc);
}

/*
 * Where the read fails, or a register is lost, nothing has changed yet, and
 * step_by_cfi() finds out what is to be said of it.
 */
bool
step_by_compact(const struct cfi_compact *rule, const uint8_t *numbers,
    const struct arch *arch, const struct mem *mem, struct regs *regs)
{
	uint8_t words[COMPACT_WORD * COMPACT_SLOTS_MAX];
	size_t size = COMPACT_WORD * (size_t)rule->n;
	unsigned ra = numbers[COMPACT_RA];
	uint64_t cfa;

	if (!regs_known(regs, rule->cfa_reg) ||
	    is_leaf_lost(rule, ra, arch, regs))
		return false;
	cfa = cfa_from(rule, regs->r[rule->cfa_reg]);
	if (size > 0 &&
	    !mem_read(mem, end_of_slots(rule, cfa) - size, words, size))
		return false;
	restore(rule->codes, numbers, words, rule->n, regs);
	/* No compact rule is about the stack pointer: so it is the CFA. */
	regs_set(regs, arch->sp, cfa);
	regs_set(regs, arch->pc, regs->r[ra]);
	return true;
}

/* Where the register of a code is saved, in slots from the highest; or -1. */
static inline int
slot_of(uint64_t codes, uint64_t code)
{
	uint64_t ones = 0x1111111111111111, x = codes ^ code * ones;
	uint64_t zero = (x - ones) & ~x & ones << 3;

	/* Of the nibbles that are 0 only the lowest is told for sure. */
	return zero != 0 ? __builtin_ctzll(zero) / 4 : -1;
}

static uint64_t
address_of(int slot, uint64_t end)
{
	return slot < 0 ? 0 : end - COMPACT_WORD * ((uint64_t)slot + 1);
}

/* The usual rule, obeyed by what is nearly always so. */
struct run {
	struct rule_lookup *lookup;
	struct mem_window *window;
	struct trail_walk *trail; /* or NULL */
	struct regs *regs;
	uint64_t sp; /* of regs; out of memory, for the next frame waits */
	uint64_t last, high; /* of the window, likewise */
	uint8_t sp_reg, fp_reg, pc_reg, ra_reg;
};

/* What a step reads: USUAL_SLOTS words below end. */
struct slots {
	uint64_t cfa, end, at;
};

static inline bool
find_slots(const struct run *r, const struct cfi_compact *rule,
    struct slots *ret)
{
	uint64_t base = r->sp;

	if (rule->kind != COMPACT_FRAME || rule->n > USUAL_SLOTS)
		return false;
	if (rule->cfa_reg != r->sp_reg) {
		if (!regs_known(r->regs, rule->cfa_reg))
			return false;
		base = r->regs->r[rule->cfa_reg];
	}
	ret->cfa = cfa_from(rule, base);
	ret->end = end_of_slots(rule, ret->cfa);
	ret->at = ret->end - USUAL_SIZE - r->window->addr;
	return ret->cfa > r->sp && ret->at <= r->window->len - USUAL_SIZE;
}

static inline bool
is_for_trail(const struct run *r, const struct cfi_compact *rule,
    const struct frame *f)
{
	return f->is_return_addr && regs_known(r->regs, r->fp_reg) &&
	       (rule->cfa_reg == r->sp_reg || rule->cfa_reg == r->fp_reg ||
		   rule->kind == COMPACT_END);
}

/* Before the step: the frame as it is, and where the step will read. */
static inline void
leave_trail(const struct run *r, const struct cfi_compact *rule,
    const struct frame *f, uint64_t end)
{
	struct trail_step s = {
	    .pc = f->pc, .sp = r->sp, .fp = r->regs->r[r->fp_reg]};

	if (!is_for_trail(r, rule, f)) {
		trail_break(r->trail);
		return;
	}
	if (rule->kind != COMPACT_END) {
		s.ra_at = address_of(slot_of(rule->codes, COMPACT_RA), end);
		s.fp_at = address_of(slot_of(rule->codes, COMPACT_FP), end);
	}
	trail_note(r->trail, &s);
}

static inline void
note_end(struct run *r, uint64_t end)
{
	r->last = end;
	r->high = end > r->high ? end : r->high;
}

/* False: the return address is 0, and there is no caller. */
static inline bool
make_step(struct run *r, const struct cfi_compact *rule, const struct slots *s)
{
	restore(rule->codes, r->lookup->numbers, r->window->bytes + s->at,
	    USUAL_SLOTS, r->regs);
	note_end(r, s->end);
	r->sp = r->regs->r[r->sp_reg] = s->cfa;
	r->regs->r[r->pc_reg] = r->regs->r[r->ra_reg];
	return r->regs->r[r->ra_reg] != 0;
}

/* The way to say that the last frame was outermost. */
static size_t
end_run(const struct run *r, size_t n)
{
	r->regs->r[r->pc_reg] = 0;
	return n;
}

/* Whether the rest of the walk is as it was the last time; then *n has all. */
static inline bool
goes_as_before(struct run *r, struct frame *frames, size_t *n, size_t max)
{
	const struct frame *f = &frames[*n - 1];
	size_t at;

	if (!f->is_return_addr || !regs_known(r->regs, r->fp_reg))
		return false;
	at = trail_find(r->trail, f->pc, r->sp, r->regs->r[r->fp_reg]);
	if (at == SIZE_MAX ||
	    !trail_take(r->trail, at, r->window, frames, n, max))
		return false;
	if (at > 0)
		note_end(r, trail_reach(r->trail->trail));
	return true;
}

/* Apart from what is done once, for the loop to have its registers. */
static inline size_t
run(struct run *r, struct frame *frames, size_t n, size_t max)
{
	for (; n < max; n++) {
		const struct frame *f = &frames[n - 1];
		const struct cfi_compact *rule;
		struct slots slots = {0};

		if (r->trail != NULL && goes_as_before(r, frames, &n, max))
			return end_run(r, n);
		rule = rule_of(r->lookup, frame_lookup_pc(f));
		if (rule->kind != COMPACT_END && !find_slots(r, rule, &slots))
			return n;
		if (r->trail != NULL)
			leave_trail(r, rule, f, slots.end);
		if (rule->kind == COMPACT_END || !make_step(r, rule, &slots)) {
			if (r->trail != NULL)
				trail_end(r->trail);
			return end_run(r, n);
		}
		frames[n] = (struct frame){
		    .pc = r->regs->r[r->ra_reg], .is_return_addr = true};
	}
	return n;
}

size_t
run_by_compact(struct rule_lookup *l, struct mem_window *window,
    struct trail_walk *trail, struct regs *regs, struct frame *frames,
    size_t n, size_t max)
{
	const struct arch *arch = l->space->arch;
	struct run r = {.lookup = l,
	    .window = window,
	    .trail = trail,
	    .regs = regs,
	    .sp = regs->r[arch->sp],
	    .sp_reg = arch->sp,
	    .fp_reg = arch->fp,
	    .pc_reg = arch->pc};

	if (trail != NULL)
		trail_break(trail);
	/* A return address that may be signed is no step's of this kind. */
	if (l->numbers == NULL || arch->signed_bits != 0 ||
	    window->len < USUAL_SIZE ||
	    !regs_known(regs, arch->sp))
		return n;
	r.ra_reg = l->numbers[COMPACT_RA];
	n = run(&r, frames, n, max);
	if (r.last != 0) {
		mem_window_note(window, r.high);
		mem_window_note(window, r.last);
	}
	return n;
}

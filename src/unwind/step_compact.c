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

/*
 * The slots in which the register of a code is saved, a bit in 4 for each from
 * the highest slot on. Only of the lowest bit it is sure that it is one.
 */
static inline uint64_t
slots_of(uint64_t codes, uint64_t code)
{
	uint64_t ones = 0x1111111111111111, x = codes ^ code * ones;

	return (x - ones) & ~x & ones << 3;
}

/* The one, counted from the highest; or -1. */
static inline int
slot_of(uint64_t codes, uint64_t code)
{
	uint64_t found = slots_of(codes, code);

	return found != 0 ? __builtin_ctzll(found) / 4 : -1;
}

static uint64_t
address_of(int slot, uint64_t end)
{
	return slot < 0 ? 0 : end - COMPACT_WORD * ((uint64_t)slot + 1);
}

/* What a step would restore: USUAL_SLOTS words, and whose they are. */
struct pending {
	uint64_t codes;
	const uint8_t *words;
};

/* More are restored before the next is left. */
#define PENDING_MAX 256

/*
 * The usual rule, obeyed by what is nearly always so. All that leads from one
 * frame to the next is pc, sp and, in some functions, fp. Of the other registers
 * most walks come to their end without any need: what they would be stays where
 * it is, in the window, until a rule asks for one, or the run breaks off.
 */
struct run {
	struct rule_lookup *lookup;
	struct mem_window *window;
	struct trail_walk *trail; /* or NULL */
	struct regs *regs;	  /* but for: */
	uint64_t pc, sp, fp;
	bool has_fp;
	struct pending *pending; /* oldest first */
	size_t n_pending;
	uint64_t last, high; /* of the window, for the end of the run */
	uint8_t sp_reg, fp_reg, pc_reg;
};

/* What a step reads: USUAL_SLOTS words below end. */
struct slots {
	uint64_t cfa, end;
	const uint8_t *words;
};

static void
restore_all(const struct pending *pending, size_t n, const uint8_t *numbers,
    struct regs *regs)
{
	for (size_t i = 0; i < n; i++)
		restore(pending[i].codes, numbers, pending[i].words,
		    USUAL_SLOTS, regs);
}

/* By value: what r has is to stay in registers. */
static inline void
restore_pending(struct run *r)
{
	restore_all(r->pending, r->n_pending, r->lookup->numbers, r->regs);
	r->n_pending = 0;
}

static inline bool
find_base(struct run *r, unsigned reg, uint64_t *ret)
{
	if (reg == r->sp_reg) {
		*ret = r->sp;
		return true;
	}
	if (reg == r->fp_reg) {
		*ret = r->fp;
		return r->has_fp;
	}
	restore_pending(r);
	*ret = r->regs->r[reg < REGS_MAX ? reg : 0];
	return regs_known(r->regs, reg);
}

static inline bool
find_slots(struct run *r, const struct cfi_compact *rule, struct slots *ret)
{
	uint64_t base, at;

	if (rule->kind != COMPACT_FRAME || rule->n > USUAL_SLOTS ||
	    !find_base(r, rule->cfa_reg, &base))
		return false;
	ret->cfa = cfa_from(rule, base);
	ret->end = end_of_slots(rule, ret->cfa);
	at = ret->end - USUAL_SIZE - r->window->addr;
	if (ret->cfa <= r->sp || at > r->window->len - USUAL_SIZE)
		return false;
	ret->words = r->window->bytes + at;
	return true;
}

static inline bool
is_for_trail(const struct run *r, const struct cfi_compact *rule,
    const struct frame *f)
{
	return f->is_return_addr && r->has_fp &&
	       (rule->cfa_reg == r->sp_reg || rule->cfa_reg == r->fp_reg ||
		   rule->kind == COMPACT_END);
}

/* Before the step: the frame as it is, and where the step will read. */
static inline void
leave_trail(const struct run *r, const struct cfi_compact *rule,
    const struct frame *f, uint64_t end)
{
	struct trail_step s = {.pc = f->pc, .sp = r->sp, .fp = r->fp};

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

/* Of slots from the highest. */
static inline uint64_t
word_of(const struct slots *s, unsigned slot)
{
	uint64_t word;

	memcpy(&word, s->words + USUAL_SIZE - COMPACT_WORD * (slot + 1),
	    sizeof(word));
	return word;
}

/* Without a jump: some functions save it and some do not. */
static inline void
step_fp(struct run *r, const struct cfi_compact *rule, const struct slots *s)
{
	uint64_t found = slots_of(rule->codes, COMPACT_FP);
	uint64_t none = 1ull << (4 * USUAL_SLOTS - 1);
	uint64_t word =
	    word_of(s, (unsigned)__builtin_ctzll(found | none) / 4);
	uint64_t all = -(uint64_t)(found != 0);

	r->fp = (word & all) | (r->fp & ~all);
	r->has_fp |= found != 0;
}

static inline void
make_step(struct run *r, const struct cfi_compact *rule, const struct slots *s)
{
	if (r->n_pending == PENDING_MAX)
		restore_pending(r);
	r->pending[r->n_pending++] =
	    (struct pending){.codes = rule->codes, .words = s->words};
	step_fp(r, rule, s);
	note_end(r, s->end);
	r->sp = s->cfa;
	/* A call leaves it on top. */
	r->pc = word_of(s, (rule->codes & 0xf) == COMPACT_RA
		? 0
		: (unsigned)slot_of(rule->codes, COMPACT_RA));
}

/* The way to say that the last frame was outermost: nothing else counts then. */
static size_t
end_run(const struct run *r, size_t n)
{
	r->regs->r[r->pc_reg] = 0;
	return n;
}

/* For whoever goes on from here. */
static size_t
break_off(struct run *r, size_t n)
{
	restore_pending(r);
	r->regs->r[r->sp_reg] = r->sp;
	r->regs->r[r->pc_reg] = r->pc;
	return n;
}

/* Whether the rest of the walk is as it was the last time; then *n has all. */
static inline bool
goes_as_before(struct run *r, struct frame *frames, size_t *n, size_t max)
{
	const struct frame *f = &frames[*n - 1];
	size_t at, n_all = *n;

	if (!f->is_return_addr || !r->has_fp)
		return false;
	at = trail_find(r->trail, f->pc, r->sp, r->fp);
	if (at == SIZE_MAX ||
	    !trail_take(r->trail, at, r->window, frames, &n_all, max))
		return false;
	*n = n_all;
	if (at > 0)
		note_end(r, trail_reach(r->trail->trail));
	return true;
}

/* Apart from what is done once, for the loop to have its registers. */
static inline size_t
run(struct run *r, struct frame *frames, size_t n, size_t max)
{
	uint64_t lookup_pc = frame_lookup_pc(&frames[n - 1]);

	for (; n < max; n++) {
		const struct frame *f = &frames[n - 1];
		const struct cfi_compact *rule;
		struct slots slots = {0};

		if (r->trail != NULL && goes_as_before(r, frames, &n, max))
			return end_run(r, n);
		rule = rule_of(r->lookup, lookup_pc);
		if (rule->kind != COMPACT_END && !find_slots(r, rule, &slots))
			return break_off(r, n);
		if (r->trail != NULL)
			leave_trail(r, rule, f, slots.end);
		if (rule->kind != COMPACT_END)
			make_step(r, rule, &slots);
		if (rule->kind == COMPACT_END || r->pc == 0) {
			if (r->trail != NULL)
				trail_end(r->trail);
			return end_run(r, n);
		}
		frames[n] =
		    (struct frame){.pc = r->pc, .is_return_addr = true};
		lookup_pc = r->pc - 1;
	}
	return break_off(r, n);
}

size_t
run_by_compact(struct rule_lookup *l, struct mem_window *window,
    struct trail_walk *trail, struct regs *regs, struct frame *frames,
    size_t n, size_t max)
{
	const struct arch *arch = l->space->arch;
	struct pending pending[PENDING_MAX];
	struct run r = {.lookup = l,
	    .window = window,
	    .trail = trail,
	    .regs = regs,
	    .pc = regs->r[arch->pc],
	    .sp = regs->r[arch->sp],
	    .fp = regs->r[arch->fp],
	    .has_fp = regs_known(regs, arch->fp),
	    .pending = pending,
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
	n = run(&r, frames, n, max);
	if (r.last != 0) {
		mem_window_note(window, r.high);
		mem_window_note(window, r.last);
	}
	return n;
}

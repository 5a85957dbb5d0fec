/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "unwind/unwind.h"

#include "base/clock.h"
#include "object/cfi_compact.h"
#include "object/module.h"
#include "unwind/pc_cache.h"
#include "unwind/step.h"

/*
 * The stack pointer only rises towards the root, but where a signal handler
 * had a stack of its own, or a coroutine was switched to. More such turns than
 * this is a cycle.
 */
#define STACK_SWITCHES_MAX 32

struct walk {
	struct rule_lookup rules;
	const struct mem *mem;
	struct regs regs;
	unsigned switches;
	uint64_t deadline_ns; /* or 0 */
};

static enum cfi_result
find_row(const struct place *at, uint64_t pc, struct cfi_row *ret)
{
	if (at->module == NULL)
		return CFI_NONE;
	return cfi_row_at(module_cfi(at->module), pc - at->bias, ret);
}

/*
 * Whether the code before a pc can be read and is no call. Nothing stands before
 * a signal trampoline either, but to that is returned.
 */
static bool
is_not_called(struct walk *w, const struct place *at, uint64_t pc)
{
	struct code_bytes code;

	read_code(at, pc, w->mem, &code);
	return code.n_before == CODE_BEFORE &&
	       !w->rules.space->arch->is_after_call(&code) &&
	       !w->rules.space->arch->is_sigreturn(&code);
}

/* A signal trampoline, by its bytes. */
static bool
is_sigreturn_at(struct walk *w, const struct place *at, uint64_t pc)
{
	struct code_bytes code;

	read_code(at, pc, w->mem, &code);
	return !w->rules.space->arch->is_after_call(&code) &&
	       w->rules.space->arch->is_sigreturn(&code);
}

/*
 * A word where a return address belongs need not be one. An exception is begun
 * by a return to a landing pad: then the row is that of pc itself, not of what
 * stands before it. musl's signal trampoline has no row, and may stand right
 * behind a function that has. Asked only where these differ.
 */
static enum cfi_result
find_row_of_frame(struct walk *w, struct frame *f, struct place *at,
    struct cfi_row *ret)
{
	uint64_t pc = frame_lookup_pc(f);
	enum cfi_result found, found_exact;
	struct cfi_row exact;

	*at = place_of(w->rules.space, pc);
	found = find_row(at, pc, ret);
	if (!f->is_return_addr || found == CFI_BAD ||
	    (found == CFI_FOUND && ret->end != f->pc - at->bias))
		return found;
	found_exact = find_row(at, f->pc, &exact);
	if (found_exact == CFI_NONE && is_sigreturn_at(w, at, f->pc))
		return CFI_NONE;
	if (found_exact != CFI_FOUND || !is_not_called(w, at, f->pc))
		return found;
	f->is_return_addr = false;
	*ret = exact;
	return CFI_FOUND;
}

/*
 * A coroutine or a thread is begun by a made-up return to a function's first
 * instruction (makecontext(3) puts __start_context there): the end of a stack.
 */
static bool
is_begun_here(const struct frame *f, const struct place *at,
    const struct frame *callee)
{
	uint64_t vaddr = f->pc - at->bias, start, end;

	return callee != NULL && !callee->is_signal && !f->is_return_addr &&
	       cfi_fde_range(module_cfi(at->module), vaddr, &start, &end) &&
	       start == vaddr;
}

/* A function is entered with its return address on top of the stack. */
static bool
is_entered_at(const struct walk *w, const struct place *at, uint64_t vaddr)
{
	struct cfi_row row;

	return find_row(at, vaddr + at->bias, &row) == CFI_FOUND &&
	       row.cfa.kind == CFI_REGISTER &&
	       row.cfa.reg == w->rules.space->arch->sp &&
	       row.cfa.off == sizeof(uint64_t);
}

/* The part of a function that the compiler put elsewhere is not entered. */
static void
find_fp_if_missing(struct walk *w, const struct frame *f,
    const struct place *at, const struct cfi_row *row)
{
	const struct arch *arch = w->rules.space->arch;
	uint64_t start, end;

	if (arch->guess_by_start == NULL || row->cfa.kind != CFI_REGISTER ||
	    row->cfa.reg != arch->fp || regs_known(&w->regs, arch->fp))
		return;
	if (cfi_fde_range(module_cfi(at->module),
		frame_lookup_pc(f) - at->bias, &start, &end) &&
	    is_entered_at(w, at, start))
		(void)find_fp(w->rules.space, at, start + at->bias,
		    row->cfa.off, w->mem, &w->regs);
}

/*
 * Whether the return address is lost: it is still in its register, says the
 * row, but a function that has called another has that one's there.
 */
static bool
is_lr_lost(const struct arch *arch, const struct frame *f,
    const struct cfi_row *row)
{
	return f->is_return_addr && row->ra_reg == arch->lr &&
	       (row->ruled >> row->ra_reg & 1) == 0;
}

/* AAPCS64 6.4.6: the outermost frame record has no other behind it. */
static bool
is_chain_at_end(const struct walk *w)
{
	unsigned fp = w->rules.space->arch->fp;

	return regs_known(&w->regs, fp) && w->regs.r[fp] == 0;
}

/* By the whole row, or without any. */
static enum step
step_slowly(struct walk *w, struct frame *f, const struct frame *callee,
    bool *ret_guessed, enum end_reason *ret_end)
{
	struct place at;
	struct cfi_row row;
	enum cfi_result found = find_row_of_frame(w, f, &at, &row);
	enum step s;

	if (w->rules.space->cache != NULL)
		w->rules.space->cache->counts.slow++;
	*ret_end = END_ROOT;
	if (found == CFI_FOUND && !row.is_signal &&
	    is_begun_here(f, &at, callee))
		return STEP_END;
	if (found == CFI_FOUND && is_lr_lost(w->rules.space->arch, f, &row)) {
		*ret_end = is_chain_at_end(w) ? END_ROOT : END_BAD_CFI;
		return STEP_END;
	}
	if (found == CFI_FOUND) {
		find_fp_if_missing(w, f, &at, &row);
		return step_by_cfi(&row, w->rules.space->arch, at.bias, w->mem,
		    &w->regs, ret_end);
	}
	s = step_by_guess(w->rules.space, &at, !f->is_return_addr, w->mem,
	    &w->regs, ret_end);
	/* What a signal interrupted is read, not guessed. */
	*ret_guessed = s == STEP_CALLER;
	if (s == STEP_END && found == CFI_BAD && *ret_end == END_NO_CFI)
		*ret_end = END_BAD_CFI;
	return s;
}

static enum step
step(struct walk *w, struct frame *f, const struct frame *callee,
    bool *ret_guessed, enum end_reason *ret_end)
{
	const struct cfi_compact *rule =
	    rule_of(&w->rules, frame_lookup_pc(f));

	*ret_guessed = false;
	switch ((enum compact_kind)rule->kind) {
	case COMPACT_FRAME:
	case COMPACT_LEAF:
		/* Who has called another is no leaf: is_lr_lost(). */
		if ((rule->kind == COMPACT_FRAME || !f->is_return_addr) &&
		    step_by_compact(rule, w->rules.numbers,
			w->rules.space->arch, w->mem, &w->regs))
			return STEP_CALLER;
		break;
	case COMPACT_END:
		*ret_end = END_ROOT;
		return STEP_END;
	case COMPACT_SLOW:
	case COMPACT_NONE:
	case COMPACT_BAD:
		break;
	}
	return step_slowly(w, f, callee, ret_guessed, ret_end);
}

/* Whether the step from (pc, sp) led anywhere. */
static bool
has_moved(struct walk *w, uint64_t pc, uint64_t sp)
{
	const struct arch *arch = w->rules.space->arch;
	uint64_t new_sp = w->regs.r[arch->sp];

	if (new_sp > sp)
		return true;
	if (new_sp == sp && w->regs.r[arch->pc] == pc)
		return false;
	return ++w->switches <= STACK_SWITCHES_MAX;
}

/*
 * From the last frame to the next, in whatever way there is. False at the end
 * of the walk, and then r->end says why.
 */
static bool
take_step(struct walk *w, struct frame *frames, size_t max,
    struct unwind_result *r)
{
	const struct arch *arch = w->rules.space->arch;
	uint64_t pc = w->regs.r[arch->pc], sp = w->regs.r[arch->sp];
	struct frame *f = &frames[r->n - 1];
	const struct frame *callee = r->n > 1 ? f - 1 : NULL;
	bool guessed;
	enum step s;

	r->end = END_DEPTH;
	if (w->deadline_ns != 0 && now_ns() > w->deadline_ns)
		return false;
	s = step(w, f, callee, &guessed, &r->end);
	if (s == STEP_END)
		return false;
	f->is_signal = s == STEP_INTERRUPTED;
	if (s == STEP_CALLER)
		regs_set(&w->regs, arch->pc,
		    bare_address(w->rules.space, w->regs.r[arch->pc]));
	/* No caller at address 0: the way old start code ends a stack */
	r->end = END_ROOT;
	if (w->regs.r[arch->pc] == 0 && s == STEP_CALLER)
		return false;
	r->end = END_LOOP;
	if (!has_moved(w, pc, sp))
		return false;
	r->end = END_DEPTH;
	if (r->n == max)
		return false;
	frames[r->n++] = (struct frame){
	    .pc = w->regs.r[arch->pc],
	    .is_return_addr = s == STEP_CALLER,
	    .guessed = guessed,
	};
	return true;
}

struct unwind_result
unwind(const struct code_space *space, const struct regs *regs,
    const struct mem *mem, struct frame *frames, size_t max)
{
	const struct unwind_aids none = {0};

	return unwind_with(space, regs, mem, &none, frames, max);
}

struct unwind_result
unwind_with(const struct code_space *space, const struct regs *regs,
    const struct mem *mem, const struct unwind_aids *aids,
    struct frame *frames, size_t max)
{
	const uint64_t *pc;
	struct walk w = {.rules = rule_lookup_begin(space),
	    .mem = mem,
	    .regs = *regs,
	    .deadline_ns = aids->deadline_ns};
	struct unwind_result r = {.n = 1, .end = END_ROOT};
	struct trail_walk trail, *t = NULL; /* too large to be cleared */

	if (aids->trail != NULL && aids->window != NULL) {
		t = &trail;
		trail_begin(t, aids->trail, space->generation);
	}
	pc = &w.regs.r[space->arch->pc];
	frames[0] = (struct frame){.pc = *pc};
	do {
		if (aids->window != NULL)
			r.n = run_by_compact(&w.rules, aids->window, t,
			    &w.regs, frames, r.n, max);
		r.end = END_ROOT;
		if (*pc == 0 && frames[r.n - 1].pc != 0)
			return r;
	} while (take_step(&w, frames, max, &r));
	return r;
}

static bool
is_in_code(const struct code_space *space, const struct frame *f)
{
	const struct mapping *m =
	    mappings_find(space->mappings, frame_lookup_pc(f));

	return m != NULL && (m->flags & MAPPING_EXEC) != 0;
}

void
unwind_drop_stray(const struct code_space *space, const struct frame *frames,
    struct unwind_result *r)
{
	if (r->n <= 1 || is_in_code(space, &frames[r->n - 1]))
		return;
	r->n--;
	r->end = END_BAD_CFI;
}

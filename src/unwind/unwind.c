/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "unwind/unwind.h"

#include "object/module.h"
#include "unwind/step.h"

/*
 * The stack pointer only rises towards the root, but where a signal handler
 * had a stack of its own, or a coroutine was switched to. More such turns than
 * this is a cycle.
 */
#define STACK_SWITCHES_MAX 32

struct walk {
	const struct code_space *space;
	const struct mem *mem;
	struct regs regs;
	unsigned switches;
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
	       !w->space->arch->is_after_call(&code) &&
	       !w->space->arch->is_sigreturn(&code);
}

/*
 * A word where a return address belongs need not be one. An exception is begun
 * by a return to a landing pad: then the row is that of pc itself, not of what
 * stands before it. Asked only where these differ.
 */
static enum cfi_result
find_row_of_frame(struct walk *w, struct frame *f, struct place *at,
    struct cfi_row *ret)
{
	uint64_t pc = frame_lookup_pc(f);
	enum cfi_result found;
	struct cfi_row exact;

	*at = place_of(w->space, pc);
	found = find_row(at, pc, ret);
	if (!f->is_return_addr || found == CFI_BAD ||
	    (found == CFI_FOUND && ret->end != f->pc - at->bias) ||
	    find_row(at, f->pc, &exact) != CFI_FOUND ||
	    !is_not_called(w, at, f->pc))
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

static enum step
step(struct walk *w, struct frame *f, const struct frame *callee,
    bool *ret_guessed, enum end_reason *ret_end)
{
	struct place at;
	struct cfi_row row;
	enum cfi_result found = find_row_of_frame(w, f, &at, &row);
	enum step s;

	*ret_end = END_ROOT;
	if (found == CFI_FOUND && !row.is_signal &&
	    is_begun_here(f, &at, callee))
		return STEP_END;

	*ret_guessed = false;
	if (found == CFI_FOUND)
		return step_by_cfi(&row, w->space->arch, at.bias, w->mem,
		    &w->regs, ret_end);
	s = step_by_guess(w->space, &at, !f->is_return_addr, w->mem, &w->regs,
	    ret_end);
	/* What a signal interrupted is read, not guessed. */
	*ret_guessed = s == STEP_CALLER;
	if (s == STEP_END && found == CFI_BAD && *ret_end == END_NO_CFI)
		*ret_end = END_BAD_CFI;
	return s;
}

/* Whether the step from (pc, sp) led anywhere. */
static bool
has_moved(struct walk *w, uint64_t pc, uint64_t sp)
{
	const struct arch *arch = w->space->arch;
	uint64_t new_sp = w->regs.r[arch->sp];

	if (new_sp > sp)
		return true;
	if (new_sp == sp && w->regs.r[arch->pc] == pc)
		return false;
	return ++w->switches <= STACK_SWITCHES_MAX;
}

struct unwind_result
unwind(const struct code_space *space, const struct regs *regs,
    const struct mem *mem, struct frame *frames, size_t max)
{
	struct walk w = {.space = space, .mem = mem, .regs = *regs};
	const struct arch *arch = space->arch;
	struct unwind_result result = {.n = 1, .end = END_ROOT};

	frames[0] = (struct frame){.pc = regs->r[arch->pc]};
	for (;;) {
		struct frame *f = &frames[result.n - 1];
		uint64_t pc = w.regs.r[arch->pc], sp = w.regs.r[arch->sp];
		bool guessed;
		const struct frame *callee = result.n > 1 ? f - 1 : NULL;
		enum step s = step(&w, f, callee, &guessed, &result.end);

		if (s == STEP_END)
			return result;
		f->is_signal = s == STEP_INTERRUPTED;
		/* No caller at address 0: the way old start code ends a stack */
		result.end = END_ROOT;
		if (w.regs.r[arch->pc] == 0 && s == STEP_CALLER)
			return result;
		result.end = END_LOOP;
		if (!has_moved(&w, pc, sp))
			return result;
		result.end = END_DEPTH;
		if (result.n == max)
			return result;
		frames[result.n++] = (struct frame){
		    .pc = w.regs.r[arch->pc],
		    .is_return_addr = s == STEP_CALLER,
		    .guessed = guessed,
		};
	}
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

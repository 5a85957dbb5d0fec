/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "unwind/unwind.h"

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
	const struct code_space *space;
	const struct mem *mem;
	const uint8_t *numbers; /* compact_regs(); NULL: no such rules */
	const struct mapping *near; /* the last one looked up in; or NULL */
	struct regs regs;
	unsigned switches;
};

static const struct cfi_compact slow = {.kind = COMPACT_SLOW};
static const struct cfi_compact none = {.kind = COMPACT_NONE};

/* Frames that call one another mostly lie in one library. */
static const struct mapping *
find_mapping(struct walk *w, uint64_t pc)
{
	const struct mapping *m = w->near;

	if (m == NULL || pc < m->start || pc >= m->end)
		m = w->near = mappings_find(w->space->mappings, pc);
	return m;
}

static const struct cfi_compact *
look_up(struct walk *w, uint64_t pc)
{
	const struct mapping *m = find_mapping(w, pc);
	struct module *module;
	size_t i;

	if (m == NULL)
		return &none;
	i = (size_t)(m - w->space->mappings->v);
	module = w->space->modules[i];
	if (module == NULL)
		return &none;
	/* Rules are in terms of their own machine's registers. */
	if (w->numbers == NULL ||
	    module_machine(module) != w->space->arch->elf_machine)
		return &slow;
	return cfi_compact_at(module_cfi(module), pc - w->space->bias[i]);
}

static const struct cfi_compact *
rule_of(struct walk *w, uint64_t pc)
{
	struct pc_cache *cache = w->space->cache;
	const struct cfi_compact *rule;

	if (cache == NULL)
		return look_up(w, pc);
	rule = pc_cache_find(cache, pc);
	if (rule == NULL) {
		rule = look_up(w, pc);
		*pc_cache_entry(cache, pc) =
		    (struct pc_cache_entry){.pc = pc, .rule = rule};
	}
	return rule;
}

/* By the whole row, or without any. */
static enum step
step_slowly(struct walk *w, const struct frame *f,
    const struct cfi_compact *rule, bool *ret_guessed,
    enum end_reason *ret_end)
{
	uint64_t pc = frame_lookup_pc(f);
	struct place at = place_of(w->space, pc);
	enum cfi_result found = CFI_NONE;
	struct cfi_row row;
	enum step s;

	if (at.module != NULL && rule->kind != COMPACT_NONE)
		found = cfi_row_at(module_cfi(at.module), pc - at.bias, &row);
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

static enum step
step(struct walk *w, const struct frame *f, bool *ret_guessed,
    enum end_reason *ret_end)
{
	const struct cfi_compact *rule = rule_of(w, frame_lookup_pc(f));

	*ret_guessed = false;
	switch ((enum compact_kind)rule->kind) {
	case COMPACT_FRAME:
	case COMPACT_LEAF:
		if (step_by_compact(rule, w->numbers, w->space->arch, w->mem,
			&w->regs))
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
	return step_slowly(w, f, rule, ret_guessed, ret_end);
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
	const struct arch *arch = space->arch;
	struct walk w = {.space = space,
	    .mem = mem,
	    .numbers = compact_regs(arch->elf_machine),
	    .regs = *regs};
	struct unwind_result result = {.n = 1, .end = END_ROOT};

	if (space->cache != NULL)
		pc_cache_begin(space->cache, space->generation);
	frames[0] = (struct frame){.pc = regs->r[arch->pc]};
	for (;;) {
		struct frame *f = &frames[result.n - 1];
		uint64_t pc = w.regs.r[arch->pc], sp = w.regs.r[arch->sp];
		bool guessed;
		enum step s = step(&w, f, &guessed, &result.end);

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

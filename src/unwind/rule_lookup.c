/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "unwind/rule_lookup.h"

#include "object/cfi.h"
#include "object/module.h"
#include "unwind/arch.h"
#include "unwind/code_cache.h"

static const struct cfi_compact slow = {.kind = COMPACT_SLOW};
static const struct cfi_compact none = {.kind = COMPACT_NONE};

struct rule_lookup
rule_lookup_begin(const struct code_space *space)
{
	if (space->cache != NULL)
		pc_cache_begin(space->cache, space->generation);
	if (space->codes != NULL)
		code_cache_begin(space->codes, space->generation);
	return (struct rule_lookup){.space = space,
	    .numbers = compact_regs(space->arch->elf_machine)};
}

static void
look_for_mapping(struct rule_lookup *l, uint64_t pc)
{
	const struct code_space *space = l->space;
	const struct mapping *m = mappings_find(space->mappings, pc);
	size_t i;

	l->start = l->end = 0;
	l->cfi = NULL;
	if (m == NULL)
		return;
	i = (size_t)(m - space->mappings->v);
	l->start = m->start;
	l->end = m->end;
	l->bias = space->bias[i];
	if (space->modules[i] == NULL)
		return;
	l->cfi = module_cfi(space->modules[i]);
	/* Rules are in terms of their own machine's registers. */
	l->is_foreign = module_machine(space->modules[i]) !=
			space->arch->elf_machine;
}

/*
 * Of a return address that ends a row unwind.c has to ask whether it is one: not
 * for a rule that is obeyed without a look.
 */
const struct cfi_compact *
rule_look_up(struct rule_lookup *l, uint64_t pc)
{
	const struct cfi_compact *rule;
	bool is_last;

	if (pc < l->start || pc >= l->end)
		look_for_mapping(l, pc);
	if (l->cfi == NULL)
		return &none;
	if (l->numbers == NULL || l->is_foreign)
		return &slow;
	rule = cfi_compact_at(l->cfi, pc - l->bias, &is_last);
	return is_last ? &slow : rule;
}

const struct cfi_compact *
rule_look_up_for(
    struct rule_lookup *l, struct pc_cache_entry *e, uint64_t pc)
{
	pc_cache_count_miss(l->space->cache, e);
	pc_cache_put(e, pc, rule_look_up(l, pc));
	return &e->rule;
}

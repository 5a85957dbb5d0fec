/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/dwarf_expr.h"
#include "unwind/step.h"

/* What a step is made from: the callee's registers and what its row says. */
struct cfi_step {
	const struct cfi_row *row;
	const struct arch *arch;
	uint64_t bias;
	const struct mem *mem;
	const struct regs *callee;
	uint64_t cfa;
};

static enum end_reason
end_of_expr(enum expr_result r)
{
	return r == EXPR_UNREADABLE ? END_UNREADABLE : END_BAD_CFI;
}

static bool
is_ruled(const struct cfi_row *row, unsigned reg)
{
	return (row->ruled >> reg & 1) != 0;
}

/*
 * Of a caller that was found by its callee's frame record the stack pointer is
 * lost. But its own fp points to its own record, of which the row says how far
 * from the CFA it is.
 */
static bool
find_cfa_by_record(struct cfi_step *s)
{
	const struct cfi_row *row = s->row;
	unsigned fp = s->arch->fp, lr = s->arch->lr;

	if (lr == REGS_NONE || !is_ruled(row, fp) || !is_ruled(row, lr) ||
	    row->regs[fp].kind != CFI_OFFSET ||
	    row->regs[lr].kind != CFI_OFFSET ||
	    row->regs[lr].off != row->regs[fp].off + 8 ||
	    !regs_known(s->callee, fp))
		return false;
	s->cfa = s->callee->r[fp] - (uint64_t)row->regs[fp].off;
	return true;
}

static bool
find_cfa(struct cfi_step *s, enum end_reason *ret_end)
{
	const struct cfi_rule *rule = &s->row->cfa;
	enum expr_result r;

	*ret_end = END_BAD_CFI;
	if (rule->kind == CFI_REGISTER) {
		if (!regs_known(s->callee, rule->reg))
			return find_cfa_by_record(s);
		s->cfa = s->callee->r[rule->reg] + (uint64_t)rule->off;
		return true;
	}
	if (rule->kind != CFI_EXPR)
		return false;
	r = dwarf_expr_eval(rule->expr, rule->expr_len, s->bias, s->callee,
	    s->mem, false, 0, &s->cfa);
	*ret_end = end_of_expr(r);
	return r == EXPR_OK;
}

static bool
load(const struct cfi_step *s, uint64_t addr, uint64_t *ret,
    enum end_reason *ret_end)
{
	*ret_end = END_UNREADABLE;
	return mem_read_u64(s->mem, addr, ret);
}

/* The caller's value of a register that has a rule; false: lost, and why. */
static bool
apply_rule(const struct cfi_step *s, const struct cfi_rule *rule,
    uint64_t *ret, enum end_reason *ret_end)
{
	enum expr_result r;

	*ret_end = END_BAD_CFI;
	switch ((enum cfi_rule_kind)rule->kind) {
	case CFI_OFFSET:
		return load(s, s->cfa + (uint64_t)rule->off, ret, ret_end);
	case CFI_VAL_OFFSET:
		*ret = s->cfa + (uint64_t)rule->off;
		return true;
	case CFI_REGISTER:
		*ret = s->callee->r[rule->reg < REGS_MAX ? rule->reg : 0];
		return regs_known(s->callee, rule->reg);
	case CFI_EXPR:
	case CFI_VAL_EXPR:
		r = dwarf_expr_eval(rule->expr, rule->expr_len, s->bias,
		    s->callee, s->mem, true, s->cfa, ret);
		*ret_end = end_of_expr(r);
		if (r != EXPR_OK)
			return false;
		return rule->kind == CFI_VAL_EXPR ||
		       load(s, *ret, ret, ret_end);
	case CFI_SAME:
	case CFI_UNDEFINED:
		break;
	}
	return false;
}

/*
 * A rule that cannot be obeyed costs the register it is for, not the walk;
 * only the return address and the stack pointer are needed to go on.
 */
static void
restore_registers(const struct cfi_step *s, struct regs *caller)
{
	for (uint64_t left = s->row->ruled; left != 0; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);
		enum end_reason ignored;
		uint64_t value;

		if (apply_rule(s, &s->row->regs[i], &value, &ignored))
			regs_set(caller, i, value);
		else
			regs_forget(caller, i);
	}
}

/* How CFI marks the outermost frame, as in _start and clone. */
static bool
is_root(const struct cfi_row *row)
{
	return row->ra_reg < REGS_MAX && is_ruled(row, row->ra_reg) &&
	       row->regs[row->ra_reg].kind == CFI_UNDEFINED;
}

static bool
find_return_address(const struct cfi_step *s, uint64_t *ret,
    enum end_reason *ret_end)
{
	unsigned ra = s->row->ra_reg;

	*ret_end = END_BAD_CFI;
	if (ra >= REGS_MAX)
		return false;
	if (!is_ruled(s->row, ra)) {
		/* Still in its register, as in an aarch64 leaf */
		*ret = s->callee->r[ra];
		return regs_known(s->callee, ra) && ra != s->arch->pc;
	}
	return apply_rule(s, &s->row->regs[ra], ret, ret_end);
}

enum step
step_by_cfi(const struct cfi_row *row, const struct arch *arch, uint64_t bias,
    const struct mem *mem, struct regs *regs, enum end_reason *ret_end)
{
	struct regs caller = *regs;
	struct cfi_step s = {.row = row, .arch = arch, .bias = bias,
	    .mem = mem, .callee = regs};
	uint64_t ra;

	/* First, for the CFA of a root frame may mean nothing any more. */
	if (is_root(row)) {
		*ret_end = END_ROOT;
		return STEP_END;
	}
	if (!find_cfa(&s, ret_end) || !find_return_address(&s, &ra, ret_end))
		return STEP_END;
	restore_registers(&s, &caller);
	/* Unless a rule says otherwise, the CFA is the caller's sp. */
	if (!is_ruled(row, arch->sp))
		regs_set(&caller, arch->sp, s.cfa);
	regs_set(&caller, arch->pc, ra);
	*regs = caller;
	return row->is_signal ? STEP_INTERRUPTED : STEP_CALLER;
}

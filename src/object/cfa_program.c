/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/cfa_program.h"

#include <dwarf.h>
#include <elf.h>
#include <string.h>

/*
 * Instructions in one CIE and FDE together: ends what a hostile file can make
 * one look-up cost. The longest program of a Debian system (gcc's lto-dump) has
 * 13,365.
 */
#define CFA_STEPS_MAX (1u << 18)

/* Newer than the headers of elfutils 0.188. */
#define CFA_AARCH64_NEGATE_RA_STATE_WITH_PC 0x2c

/* What stands after an opcode, in order. */
enum form {
	FORM_UNKNOWN,
	FORM_NONE,
	FORM_ADDRESS, /* an encoded pointer */
	FORM_DELTA1,  /* 1 to 8 bytes, in units of code_align */
	FORM_DELTA2,
	FORM_DELTA4,
	FORM_DELTA8,
	FORM_REG,
	FORM_REG_REG,
	FORM_REG_OFF,	    /* an unsigned offset in bytes */
	FORM_REG_OFF_CFA,   /* unsigned, in units of data_align */
	FORM_REG_OFF_CFA_S, /* signed, in units of data_align */
	FORM_OFF,
	FORM_OFF_CFA_S,
	FORM_EXPR,
	FORM_REG_EXPR,
};

static const uint8_t forms[] = {
    [DW_CFA_nop] = FORM_NONE,
    [DW_CFA_set_loc] = FORM_ADDRESS,
    [DW_CFA_advance_loc1] = FORM_DELTA1,
    [DW_CFA_advance_loc2] = FORM_DELTA2,
    [DW_CFA_advance_loc4] = FORM_DELTA4,
    [DW_CFA_MIPS_advance_loc8] = FORM_DELTA8,
    [DW_CFA_offset_extended] = FORM_REG_OFF_CFA,
    [DW_CFA_restore_extended] = FORM_REG,
    [DW_CFA_undefined] = FORM_REG,
    [DW_CFA_same_value] = FORM_REG,
    [DW_CFA_register] = FORM_REG_REG,
    [DW_CFA_remember_state] = FORM_NONE,
    [DW_CFA_restore_state] = FORM_NONE,
    [DW_CFA_def_cfa] = FORM_REG_OFF,
    [DW_CFA_def_cfa_register] = FORM_REG,
    [DW_CFA_def_cfa_offset] = FORM_OFF,
    [DW_CFA_def_cfa_expression] = FORM_EXPR,
    [DW_CFA_expression] = FORM_REG_EXPR,
    [DW_CFA_offset_extended_sf] = FORM_REG_OFF_CFA_S,
    [DW_CFA_def_cfa_sf] = FORM_REG_OFF_CFA_S,
    [DW_CFA_def_cfa_offset_sf] = FORM_OFF_CFA_S,
    [DW_CFA_val_offset] = FORM_REG_OFF_CFA,
    [DW_CFA_val_offset_sf] = FORM_REG_OFF_CFA_S,
    [DW_CFA_val_expression] = FORM_REG_EXPR,
    [CFA_AARCH64_NEGATE_RA_STATE_WITH_PC] = FORM_NONE,
    [DW_CFA_AARCH64_negate_ra_state] = FORM_NONE,
    [DW_CFA_GNU_args_size] = FORM_OFF,
    [DW_CFA_GNU_negative_offset_extended] = FORM_REG_OFF_CFA,
};

/* One instruction with its operands; those it does not have are 0. */
struct insn {
	uint8_t op; /* without the operand in the low bits of the short ones */
	uint64_t reg, reg2;
	uint64_t off;	/* in bytes, wrapping: to be read as signed */
	uint64_t delta; /* in bytes of code */
	uint64_t address;
	struct cursor expr;
};

static uint64_t
cfa_units(const struct cfa_run *run, uint64_t n)
{
	return n * (uint64_t)run->fde->cie.data_align;
}

/* The three opcodes that carry their first operand in their low 6 bits. */
static void
decode_short(struct cfa_run *run, uint8_t byte, struct insn *ret)
{
	uint8_t low = byte & 0x3f;

	ret->op = byte & 0xc0;
	if (ret->op == DW_CFA_advance_loc) {
		ret->delta = low;
		return;
	}
	ret->reg = low;
	if (ret->op == DW_CFA_offset)
		ret->off = cfa_units(run, cursor_uleb(&run->code));
}

static void
decode_operands(struct cfa_run *run, enum form form, struct insn *ret)
{
	struct cursor *c = &run->code;
	const struct cie *cie = &run->fde->cie;

	switch (form) {
	case FORM_UNKNOWN:
		run->bad = true;
		break;
	case FORM_NONE:
		break;
	case FORM_ADDRESS:
		if (!eh_pointer_read(
			c, cie->pointer_enc, &cie->space, &ret->address))
			run->bad = true;
		break;
	case FORM_DELTA1:
		ret->delta = cursor_u8(c);
		break;
	case FORM_DELTA2:
		ret->delta = cursor_u16(c);
		break;
	case FORM_DELTA4:
		ret->delta = cursor_u32(c);
		break;
	case FORM_DELTA8:
		ret->delta = cursor_u64(c);
		break;
	case FORM_REG:
		ret->reg = cursor_uleb(c);
		break;
	case FORM_REG_REG:
		ret->reg = cursor_uleb(c);
		ret->reg2 = cursor_uleb(c);
		break;
	case FORM_REG_OFF:
		ret->reg = cursor_uleb(c);
		ret->off = cursor_uleb(c);
		break;
	case FORM_REG_OFF_CFA:
		ret->reg = cursor_uleb(c);
		ret->off = cfa_units(run, cursor_uleb(c));
		break;
	case FORM_REG_OFF_CFA_S:
		ret->reg = cursor_uleb(c);
		ret->off = cfa_units(run, (uint64_t)cursor_sleb(c));
		break;
	case FORM_OFF:
		ret->off = cursor_uleb(c);
		break;
	case FORM_OFF_CFA_S:
		ret->off = cfa_units(run, (uint64_t)cursor_sleb(c));
		break;
	case FORM_REG_EXPR:
		ret->reg = cursor_uleb(c);
		ret->expr = cursor_sub(c, cursor_uleb(c));
		break;
	case FORM_EXPR:
		ret->expr = cursor_sub(c, cursor_uleb(c));
		break;
	}
}

static struct insn
decode(struct cfa_run *run)
{
	struct insn insn = {0};
	uint8_t byte = cursor_u8(&run->code);

	if ((byte & 0xc0) != 0) {
		decode_short(run, byte, &insn);
	} else {
		insn.op = byte;
		decode_operands(run,
		    byte < sizeof(forms) ? forms[byte] : FORM_UNKNOWN, &insn);
	}
	if (run->code.bad)
		run->bad = true;
	return insn;
}

/*
 * Registers that struct regs does not have (vector registers, mostly) get no
 * rule: nothing that a walk asks for can depend on them.
 */
static void
set_rule(struct cfa_run *run, uint64_t reg, struct cfi_rule rule)
{
	struct cfi_row *row = run->row;

	if (reg >= REGS_MAX)
		return;
	row->regs[reg] = rule;
	if (rule.kind == CFI_SAME)
		row->ruled &= ~(1ull << reg);
	else
		row->ruled |= 1ull << reg;
}

static void
set_kind(struct cfa_run *run, uint64_t reg, enum cfi_rule_kind kind)
{
	set_rule(run, reg, (struct cfi_rule){.kind = (uint8_t)kind});
}

static void
set_offset(
    struct cfa_run *run, uint64_t reg, enum cfi_rule_kind kind, uint64_t off)
{
	set_rule(run, reg,
	    (struct cfi_rule){.kind = (uint8_t)kind, .off = (int64_t)off});
}

static struct cfi_rule
expr_rule(enum cfi_rule_kind kind, const struct cursor *expr)
{
	return (struct cfi_rule){
	    .kind = (uint8_t)kind,
	    .expr_len = (uint32_t)cursor_left(expr),
	    .expr = expr->pos,
	};
}

/* A register that was moved to one we do not know is lost. */
static void
set_register(struct cfa_run *run, uint64_t reg, uint64_t from)
{
	if (from >= REGS_MAX)
		set_kind(run, reg, CFI_UNDEFINED);
	else
		set_rule(run, reg,
		    (struct cfi_rule){
			.kind = CFI_REGISTER, .reg = (uint8_t)from});
}

/* No CFA that we could compute; the program may well define another later. */
static void
lose_cfa(struct cfa_run *run)
{
	run->row->cfa = (struct cfi_rule){.kind = CFI_UNDEFINED};
}

static void
set_cfa(struct cfa_run *run, uint64_t reg, uint64_t off)
{
	if (reg >= REGS_MAX) {
		lose_cfa(run);
		return;
	}
	run->row->cfa = (struct cfi_rule){
	    .kind = CFI_REGISTER, .reg = (uint8_t)reg, .off = (int64_t)off};
	run->cfa_off = off;
}

/*
 * DWARF 5, 6.4.2.2 allows this only while the CFA is a register and an offset.
 * libgcrypt's ChaCha20 does it after an expression, means the offset from
 * before the expression, and gets that from libgcc: so also from us.
 */
static void
change_cfa_register(struct cfa_run *run, uint64_t reg)
{
	if (run->row->cfa.kind != CFI_UNDEFINED)
		set_cfa(run, reg, run->cfa_off);
}

/* After an expression there is no register that it could belong to. */
static void
change_cfa_offset(struct cfa_run *run, uint64_t off)
{
	if (run->row->cfa.kind == CFI_REGISTER)
		set_cfa(run, run->row->cfa.reg, off);
	else
		lose_cfa(run);
}

/* The rule that the CIE gave; it has none to go back to itself. */
static void
restore(struct cfa_run *run, uint64_t reg)
{
	if (run->in_cie)
		run->bad = true;
	else if (reg < REGS_MAX)
		set_rule(run, reg, run->initial.regs[reg]);
}

static void
remember_state(struct cfa_run *run)
{
	if (run->depth == CFA_REMEMBER_MAX) {
		run->bad = true;
		return;
	}
	run->remembered[run->depth].row = *run->row;
	run->remembered[run->depth++].cfa_off = run->cfa_off;
}

/* Brings back every rule, and the CFA too, but not the place in the code. */
static void
restore_state(struct cfa_run *run)
{
	struct cfi_row *row = run->row;
	uint64_t start = row->start;

	if (run->depth == 0) {
		run->bad = true;
		return;
	}
	*row = run->remembered[--run->depth].row;
	run->cfa_off = run->remembered[run->depth].cfa_off;
	row->start = start;
}

static void
move_to(struct cfa_run *run, uint64_t loc)
{
	if (run->in_cie || loc < run->loc)
		run->bad = true;
	else
		run->loc = loc;
}

static void
advance(struct cfa_run *run, uint64_t delta)
{
	uint64_t bytes;

	if (__builtin_mul_overflow(delta, run->fde->cie.code_align, &bytes))
		run->bad = true;
	else
		move_to(run, run->loc + bytes);
}

/* On SPARC, whose opcode this was first, it would mean a register window. */
static void
negate_ra_state(struct cfa_run *run)
{
	if (run->machine != EM_AARCH64)
		run->bad = true;
}

static void
apply(struct cfa_run *run, const struct insn *in)
{
	switch (in->op) {
	case DW_CFA_nop:
	case DW_CFA_GNU_args_size: /* for landing pads, not for callers */
		break;
	case DW_CFA_advance_loc:
	case DW_CFA_advance_loc1:
	case DW_CFA_advance_loc2:
	case DW_CFA_advance_loc4:
	case DW_CFA_MIPS_advance_loc8:
		advance(run, in->delta);
		break;
	case DW_CFA_set_loc:
		move_to(run, in->address);
		break;
	case DW_CFA_def_cfa:
	case DW_CFA_def_cfa_sf:
		set_cfa(run, in->reg, in->off);
		break;
	case DW_CFA_def_cfa_register:
		change_cfa_register(run, in->reg);
		break;
	case DW_CFA_def_cfa_offset:
	case DW_CFA_def_cfa_offset_sf:
		change_cfa_offset(run, in->off);
		break;
	case DW_CFA_def_cfa_expression:
		run->row->cfa = expr_rule(CFI_EXPR, &in->expr);
		break;
	case DW_CFA_undefined:
		set_kind(run, in->reg, CFI_UNDEFINED);
		break;
	case DW_CFA_same_value:
		set_kind(run, in->reg, CFI_SAME);
		break;
	case DW_CFA_offset:
	case DW_CFA_offset_extended:
	case DW_CFA_offset_extended_sf:
		set_offset(run, in->reg, CFI_OFFSET, in->off);
		break;
	case DW_CFA_GNU_negative_offset_extended:
		set_offset(run, in->reg, CFI_OFFSET, -in->off);
		break;
	case DW_CFA_val_offset:
	case DW_CFA_val_offset_sf:
		set_offset(run, in->reg, CFI_VAL_OFFSET, in->off);
		break;
	case DW_CFA_register:
		set_register(run, in->reg, in->reg2);
		break;
	case DW_CFA_expression:
		set_rule(run, in->reg, expr_rule(CFI_EXPR, &in->expr));
		break;
	case DW_CFA_val_expression:
		set_rule(run, in->reg, expr_rule(CFI_VAL_EXPR, &in->expr));
		break;
	case DW_CFA_restore:
	case DW_CFA_restore_extended:
		restore(run, in->reg);
		break;
	case DW_CFA_remember_state:
		remember_state(run);
		break;
	case DW_CFA_restore_state:
		restore_state(run);
		break;
	case DW_CFA_AARCH64_negate_ra_state:
	case CFA_AARCH64_NEGATE_RA_STATE_WITH_PC:
		negate_ra_state(run);
		break;
	default:
		run->bad = true;
	}
}

/* Executes one instruction; false at the end of the program and on nonsense. */
static bool
step(struct cfa_run *run)
{
	struct insn insn;

	if (cursor_left(&run->code) == 0)
		return false;
	if (run->steps++ == CFA_STEPS_MAX)
		run->bad = true;
	insn = decode(run);
	if (!run->bad)
		apply(run, &insn);
	return !run->bad;
}

bool
cfa_run_start(struct cfa_run *run, const struct fde *fde, int machine,
    struct cfi_row *row)
{
	const struct cie *cie = &fde->cie;

	run->fde = fde;
	run->machine = machine;
	run->row = row;
	run->code = cursor_of(cie->initial.insns, cie->initial.len);
	run->loc = fde->start;
	run->cfa_off = 0;
	run->steps = run->depth = 0;
	run->done = false;
	run->in_cie = true;
	run->bad = cie->ra_reg >= REGS_MAX;
	*row = (struct cfi_row){
	    .cfa.kind = CFI_UNDEFINED,
	    .ra_reg = (uint8_t)cie->ra_reg,
	    .is_signal = cie->is_signal,
	};
	while (step(run))
		continue;
	run->initial = *row;
	run->code = cursor_of(fde->code.insns, fde->code.len);
	run->depth = 0;
	run->in_cie = false;
	return !run->bad;
}

bool
cfa_run_next(struct cfa_run *run)
{
	struct cfi_row *row = run->row;
	uint64_t end = run->fde->end;

	if (run->bad || run->done)
		return false;
	row->start = run->loc;
	while (run->loc == row->start && step(run))
		continue;
	run->done = run->loc == row->start || run->loc >= end;
	row->end = run->done ? end : run->loc;
	if (row->start >= end)
		run->bad = true;
	return !run->bad;
}

/*
 * Without a CFA a row is of use only if it says that there is no caller: the
 * return address undefined (hand-written start code).
 */
bool
cfa_row_is_whole(const struct cfi_row *row)
{
	return row->cfa.kind != CFI_UNDEFINED ||
	       row->regs[row->ra_reg].kind == CFI_UNDEFINED;
}

enum cfi_result
cfa_row_at(
    const struct fde *fde, int machine, uint64_t vaddr, struct cfi_row *ret)
{
	struct cfa_run run;

	if (!cfa_run_start(&run, fde, machine, ret))
		return CFI_BAD;
	while (cfa_run_next(&run))
		if (vaddr < ret->end)
			return cfa_row_is_whole(ret) ? CFI_FOUND : CFI_BAD;
	return CFI_BAD;
}

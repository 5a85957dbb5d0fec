/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "unwind/x86_way.h"

/* How far above the stack pointer a function's own words may stand. */
#define FRAME_MAX (1u << 20)

/* ---- values -------------------------------------------------------------- */

static const struct x86_value unknown = {X86_UNKNOWN, 0};

static struct x86_value
plus(struct x86_value a, int64_t n)
{
	return a.kind == X86_NUMBER ? x86_number(a.v + (uint64_t)n) : unknown;
}

static void
store(struct x86_way *w, struct x86_value addr, struct x86_value value)
{
	if (addr.kind != X86_NUMBER)
		return;
	for (size_t i = 0; i < w->n_stores; i++) {
		if (w->stores[i].addr == addr.v) {
			w->stores[i].value = value;
			return;
		}
	}
	if (w->n_stores < X86_STORES_MAX)
		w->stores[w->n_stores++] = (struct x86_store){addr.v, value};
}

static struct x86_value
load(const struct x86_way *w, struct x86_value addr,
    const struct x86_frame *frame)
{
	uint64_t word;

	if (addr.kind != X86_NUMBER)
		return unknown;
	for (size_t i = 0; i < w->n_stores; i++)
		if (w->stores[i].addr == addr.v)
			return w->stores[i].value;
	if (frame->mem != NULL && addr.v - frame->start < FRAME_MAX &&
	    mem_read_u64(frame->mem, addr.v, &word))
		return x86_number(word);
	return unknown;
}

static void
push(struct x86_way *w, struct x86_value value)
{
	w->regs[X86_RSP] = plus(w->regs[X86_RSP], -8);
	store(w, w->regs[X86_RSP], value);
}

static struct x86_value
pop(struct x86_way *w, const struct x86_frame *frame)
{
	struct x86_value v = load(w, w->regs[X86_RSP], frame);

	w->regs[X86_RSP] = plus(w->regs[X86_RSP], 8);
	return v;
}

/* The address of a memory operand. */
static struct x86_value
operand(const struct x86_way *w, const struct x86_insn *i)
{
	if (i->mod == 3 || i->has_index)
		return unknown;
	if (i->is_rip_relative)
		return x86_number(
		    w->pc + i->length + (uint64_t)(int64_t)i->disp);
	if (i->mod == 0 && (i->base & 7) == 5)
		return unknown;
	return plus(w->regs[i->base], i->disp);
}

/* ---- instructions -------------------------------------------------------- */

/* add, or, adc, sbb, and, sub, xor, cmp between registers and memory */
static void
arithmetic(struct x86_way *w, const struct x86_insn *i)
{
	bool to_reg = (i->opcode & 2) != 0;

	if (i->opcode >> 3 == 7) /* cmp */
		return;
	if (to_reg)
		w->regs[i->reg] = unknown;
	else if (i->mod == 3)
		w->regs[i->rm] = unknown;
	else
		store(w, operand(w, i), unknown);
}

/* The same with an immediate: the operation is in ModRM. */
static void
arithmetic_by_number(struct x86_way *w, const struct x86_insn *i)
{
	enum { ADD = 0, AND = 4, SUB = 5, CMP = 7 };
	struct x86_value *v = &w->regs[i->rm];

	if (i->mod != 3 || (i->reg & 7) == CMP)
		return;
	switch (i->reg & 7) {
	case ADD:
		*v = plus(*v, i->imm);
		break;
	case SUB:
		*v = plus(*v, -i->imm);
		break;
	case AND:
		*v = v->kind == X86_NUMBER
			 ? x86_number(v->v & (uint64_t)i->imm)
			 : unknown;
		break;
	default:
		*v = unknown;
	}
}

static void
move_to_reg(struct x86_way *w, const struct x86_insn *i,
    const struct x86_frame *frame)
{
	if (i->mod == 3)
		w->regs[i->reg] = w->regs[i->rm];
	else if (i->is_rip_relative)
		w->regs[i->reg] = unknown;
	else
		w->regs[i->reg] = load(w, operand(w, i), frame);
}

static void
move_from_reg(struct x86_way *w, const struct x86_insn *i)
{
	if (i->mod == 3)
		w->regs[i->rm] = w->regs[i->reg];
	else
		store(w, operand(w, i), w->regs[i->reg]);
}

static void
leave(struct x86_way *w, const struct x86_frame *frame)
{
	w->regs[X86_RSP] = w->regs[X86_RBP];
	w->regs[X86_RBP] = pop(w, frame);
}

static enum x86_leads
jump_indirect(const struct x86_way *w, const struct x86_insn *i,
    struct x86_target *ret)
{
	ret->reg = i->mod == 3 ? w->regs[i->rm] : unknown;
	ret->slot = i->is_rip_relative ? operand(w, i) : unknown;
	return X86_JUMP_INDIRECT;
}

/* inc, dec, call, jmp, push: opcode ff */
static enum x86_leads
group_5(struct x86_way *w, const struct x86_insn *i,
    const struct x86_frame *frame, struct x86_target *ret)
{
	switch (i->reg & 7) {
	case 2: /* call */
		return X86_ON;
	case 4:
		return jump_indirect(w, i, ret);
	case 6:
		push(w, i->mod == 3 ? w->regs[i->rm]
				    : load(w, operand(w, i), frame));
		return X86_ON;
	case 0:
	case 1:
		if (i->mod == 3)
			w->regs[i->rm] = unknown;
		return X86_ON;
	default:
		return X86_STOP;
	}
}

/* To an address that stands in the instruction. */
static enum x86_leads
jump(const struct x86_way *w, const struct x86_insn *i,
    struct x86_target *ret)
{
	ret->to = w->pc + i->length + (uint64_t)i->imm;
	return X86_JUMP;
}

static enum x86_leads
branch(const struct x86_way *w, const struct x86_insn *i,
    struct x86_target *ret)
{
	(void)jump(w, i, ret);
	return X86_BRANCH;
}

static enum x86_leads
return_popping(uint64_t popped, struct x86_target *ret)
{
	ret->popped = popped;
	return X86_RETURN;
}

static enum x86_leads
two_byte(
    struct x86_way *w, const struct x86_insn *i, struct x86_target *ret)
{
	if (i->opcode >> 4 == 8)
		return branch(w, i, ret);
	/* ud2, ud1, ud0 */
	if (i->opcode == 0x0b || i->opcode == 0xb9 || i->opcode == 0xff)
		return X86_STOP;
	if (i->opcode >> 4 == 4) /* cmov */
		w->regs[i->reg] = unknown;
	return X86_ON;
}

/* Those with the register in the opcode; false: it is none of them. */
static bool
with_low_register(struct x86_way *w, const struct x86_insn *i,
    const struct x86_frame *frame)
{
	struct x86_value *low =
	    &w->regs[(i->opcode & 7) | ((i->rex & 1) != 0 ? 8 : 0)];
	struct x86_value v;

	switch (i->opcode & 0xf8) {
	case 0x50:
		push(w, *low);
		return true;
	case 0x58:
		v = pop(w, frame);
		*low = v;
		return true;
	case 0x90: /* xchg with rax; 90 is nop */
		if (i->opcode != 0x90)
			*low = unknown;
		return true;
	case 0xb8:
		*low = unknown;
		return true;
	default:
		return false;
	}
}

static enum x86_leads
one_byte(struct x86_way *w, const struct x86_insn *i,
    const struct x86_frame *frame, struct x86_target *ret)
{
	if (with_low_register(w, i, frame))
		return X86_ON;
	if (i->opcode < 0x40) {
		if (i->has_modrm)
			arithmetic(w, i);
		return X86_ON;
	}
	if (i->opcode >> 4 == 7)
		return branch(w, i, ret);
	switch (i->opcode) {
	case 0x68:
	case 0x6a:
	case 0x9c: /* pushf */
		push(w, unknown);
		return X86_ON;
	case 0x63:
	case 0x69:
	case 0x6b:
		w->regs[i->reg] = unknown;
		return X86_ON;
	case 0x81:
	case 0x83:
		arithmetic_by_number(w, i);
		return X86_ON;
	case 0x87: /* xchg */
		w->regs[i->reg] = unknown;
		if (i->mod == 3)
			w->regs[i->rm] = unknown;
		return X86_ON;
	case 0x89:
		move_from_reg(w, i);
		return X86_ON;
	case 0x8b:
		move_to_reg(w, i, frame);
		return X86_ON;
	case 0x8d: /* lea */
		w->regs[i->reg] = operand(w, i);
		return X86_ON;
	case 0x8f: /* pop to memory */
	case 0x9d: /* popf */
		(void)pop(w, frame);
		return X86_ON;
	case 0xc2:
		return return_popping((uint64_t)i->imm & 0xffff, ret);
	case 0xc3:
		return return_popping(0, ret);
	case 0xc7: /* mov of a number */
		if (i->mod == 3)
			w->regs[i->rm] = unknown;
		return X86_ON;
	case 0xc9:
		leave(w, frame);
		return X86_ON;
	case 0xe0: /* loopne, loope, loop, jrcxz */
	case 0xe1:
	case 0xe2:
	case 0xe3:
		return branch(w, i, ret);
	case 0xe9:
	case 0xeb:
		return jump(w, i, ret);
	case 0xc8: /* enter; far returns; int3; hlt */
	case 0xca:
	case 0xcb:
	case 0xcc:
	case 0xcf:
	case 0xf4:
		return X86_STOP;
	case 0xff:
		return group_5(w, i, frame, ret);
	default:
		return X86_ON;
	}
}

void
x86_way_begin(struct x86_way *w, uint64_t pc)
{
	w->pc = pc;
	w->n_stores = 0;
	for (unsigned i = 0; i < X86_REGISTERS; i++)
		w->regs[i] = unknown;
}

enum x86_leads
x86_way_step(struct x86_way *w, const struct x86_insn *i,
    const struct x86_frame *frame, struct x86_target *ret)
{
	if (i->is_vector)
		return X86_ON;
	if (i->map == X86_ONE_BYTE)
		return one_byte(w, i, frame, ret);
	return i->map == X86_0F ? two_byte(w, i, ret) : X86_ON;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "unwind/x86_code.h"

#include "unwind/x86_insn.h"

#include <limits.h>
#include <string.h>

/* Branches that wait to be gone along, and places where branches have led. */
#define BRANCHES_MAX 32
#define TARGETS_MAX  128

/* Code is read in pieces of this size and alignment, which divides a page. */
#define WINDOW 256

/* Registers as instructions number them. */
enum { RBX = 3, RSP = 4, RBP = 5 };
static const uint8_t dwarf_number[16] = {X86_64_RAX, X86_64_RCX, X86_64_RDX,
    X86_64_RBX, X86_64_RSP, X86_64_RBP, X86_64_RSI, X86_64_RDI, 8, 9, 10, 11,
    12, 13, 14, 15};

struct value {
	uint64_t v;
	bool known;
};

/* A way through the code, and what it has done to the stack so far. */
struct way {
	uint64_t pc;
	struct value sp, fp;
	uint32_t saved; /* bit: DWARF number */
	uint64_t slots[GUESS_REGS];
};

struct target {
	uint64_t pc;
	struct value sp;
};

struct search {
	const struct mem *code;
	uint64_t window_addr;
	bool has_window;
	uint8_t window[2 * WINDOW]; /* the second half for what overlaps */
	size_t window_len;

	struct way branches[BRANCHES_MAX];
	size_t n_branches;
	struct target targets[TARGETS_MAX];
	size_t n_targets;
	unsigned left; /* instructions that may still be looked at */
	bool found, failed;
	struct guess guess;
};

enum going {
	GO_ON,
	GO_ON_ELSEWHERE, /* pc is set */
	GO_NO_FURTHER,
};

/* ---- reading ------------------------------------------------------------- */

static bool
load_window(struct search *s, uint64_t addr)
{
	s->window_addr = addr - addr % WINDOW;
	s->has_window = mem_read(s->code, s->window_addr, s->window, WINDOW);
	s->window_len = WINDOW;
	if (s->has_window && mem_read(s->code, s->window_addr + WINDOW,
				 s->window + WINDOW, WINDOW))
		s->window_len += WINDOW;
	return s->has_window;
}

static bool
insn_at(struct search *s, uint64_t pc, struct x86_insn *ret)
{
	uint64_t off = pc - s->window_addr;

	if (!s->has_window || off >= WINDOW) {
		if (!load_window(s, pc))
			return false;
		off = pc - s->window_addr;
	}
	return x86_insn_decode(s->window + off, s->window_len - off, ret);
}

/* ---- what an instruction does to the stack ------------------------------- */

static const struct value unknown = {0, false};

static struct value
plus(struct value a, int64_t n)
{
	a.v += (uint64_t)n;
	return a;
}

static void
restore_from(struct way *w, unsigned reg, struct value addr)
{
	unsigned i = dwarf_number[reg];

	w->saved &= ~(1u << i);
	if (addr.known) {
		w->saved |= 1u << i;
		w->slots[i] = addr.v;
	}
	if (reg == RBP)
		w->fp = unknown;
	if (reg == RSP)
		w->sp = unknown;
}

static void
pop(struct way *w, unsigned reg)
{
	struct value from = w->sp;

	w->sp = plus(w->sp, 8);
	restore_from(w, reg, from);
}

/* What register reg holds, as far as it is followed. */
static struct value
value_of(const struct way *w, unsigned reg)
{
	return reg == RSP ? w->sp : reg == RBP ? w->fp : unknown;
}

static void
set(struct way *w, unsigned reg, struct value v)
{
	if (reg == RSP)
		w->sp = v;
	else if (reg == RBP)
		w->fp = v;
}

/* The address of a memory operand on the stack. */
static struct value
operand(const struct way *w, const struct x86_insn *i)
{
	if (i->mod == 3 || i->has_index || i->is_rip_relative ||
	    (i->mod == 0 && (i->base & 7) == 5))
		return unknown;
	return plus(value_of(w, i->base), i->disp);
}

/* add, or, adc, sbb, and, sub, xor, cmp between registers and memory */
static void
arithmetic(struct way *w, const struct x86_insn *i)
{
	bool to_reg = (i->opcode & 2) != 0;

	if (i->opcode >> 3 == 7) /* cmp */
		return;
	if (to_reg)
		set(w, i->reg, unknown);
	else if (i->mod == 3)
		set(w, i->rm, unknown);
}

/* The same with an immediate: the operation is in ModRM. */
static void
arithmetic_by_number(struct way *w, const struct x86_insn *i)
{
	enum { ADD = 0, SUB = 5, CMP = 7 };
	unsigned op = i->reg & 7;

	if (i->mod != 3 || op == CMP)
		return;
	if (op == ADD)
		set(w, i->rm, plus(value_of(w, i->rm), i->imm));
	else if (op == SUB)
		set(w, i->rm, plus(value_of(w, i->rm), -i->imm));
	else
		set(w, i->rm, unknown);
}

static void
move_to_reg(struct way *w, const struct x86_insn *i)
{
	if (i->mod == 3)
		set(w, i->reg, value_of(w, i->rm));
	else
		restore_from(w, i->reg, operand(w, i));
}

static void
leave(struct way *w)
{
	w->sp = w->fp;
	pop(w, RBP);
}

/* inc, dec, call, jmp, push: opcode ff */
static enum going
group_5(struct way *w, const struct x86_insn *i)
{
	switch (i->reg & 7) {
	case 2: /* call */
		return GO_ON;
	case 6:
		w->sp = plus(w->sp, -8);
		return GO_ON;
	case 0:
	case 1:
		if (i->mod == 3)
			set(w, i->rm, unknown);
		return GO_ON;
	default: /* jmp: to anywhere */
		return GO_NO_FURTHER;
	}
}

static void
add_result(struct search *s, const struct way *w, int64_t popped)
{
	if (!w->sp.known)
		return;
	if (s->found) {
		s->failed |= s->guess.ra_addr != w->sp.v;
		return;
	}
	s->found = true;
	s->guess = (struct guess){.ra_addr = w->sp.v,
	    .sp = w->sp.v + 8 + ((uint64_t)popped & 0xffff),
	    .saved = w->saved};
	memcpy(s->guess.slots, w->slots, sizeof(w->slots));
}

/* Whether a branch to here is the first; if not it has to agree. */
static bool
is_new_target(struct search *s, const struct way *w)
{
	for (size_t i = 0; i < s->n_targets; i++) {
		const struct target *t = &s->targets[i];

		if (t->pc != w->pc)
			continue;
		s->failed |= t->sp.known && w->sp.known && t->sp.v != w->sp.v;
		return false;
	}
	if (s->n_targets < TARGETS_MAX)
		s->targets[s->n_targets++] = (struct target){w->pc, w->sp};
	return true;
}

static enum going
jump(struct search *s, struct way *w, const struct x86_insn *i)
{
	w->pc += i->length + (uint64_t)i->imm;
	return is_new_target(s, w) ? GO_ON_ELSEWHERE : GO_NO_FURTHER;
}

static enum going
branch(struct search *s, const struct way *w, const struct x86_insn *i)
{
	struct way there = *w;

	if (jump(s, &there, i) == GO_ON_ELSEWHERE &&
	    s->n_branches < BRANCHES_MAX)
		s->branches[s->n_branches++] = there;
	return GO_ON;
}

static enum going
two_byte(struct search *s, struct way *w, const struct x86_insn *i)
{
	if (i->opcode >> 4 == 8)
		return branch(s, w, i);
	/* ud2, ud1, ud0 */
	if (i->opcode == 0x0b || i->opcode == 0xb9 || i->opcode == 0xff)
		return GO_NO_FURTHER;
	if (i->opcode >> 4 == 4) /* cmov */
		set(w, i->reg, unknown);
	return GO_ON;
}

static enum going
one_byte(struct search *s, struct way *w, const struct x86_insn *i)
{
	uint8_t op = i->opcode;
	unsigned low = (op & 7) | ((i->rex & 1) != 0 ? 8 : 0);

	if (op < 0x40 && i->has_modrm)
		arithmetic(w, i);
	else if (op >> 3 == 0x50 >> 3)
		w->sp = plus(w->sp, -8);
	else if (op >> 3 == 0x58 >> 3)
		pop(w, low);
	else if (op >> 4 == 7)
		return branch(s, w, i);
	else if (op >> 3 == 0xb8 >> 3)
		set(w, low, unknown);
	else if (op > 0x90 && op < 0x98) /* xchg with rax */
		set(w, low, unknown);
	else switch (op) {
	case 0x68:
	case 0x6a:
	case 0x9c: /* pushf */
		w->sp = plus(w->sp, -8);
		break;
	case 0x63:
	case 0x69:
	case 0x6b:
		set(w, i->reg, unknown);
		break;
	case 0x81:
	case 0x83:
		arithmetic_by_number(w, i);
		break;
	case 0x87: /* xchg */
		set(w, i->reg, unknown);
		if (i->mod == 3)
			set(w, i->rm, unknown);
		break;
	case 0x89: /* mov from a register */
		if (i->mod == 3)
			set(w, i->rm, value_of(w, i->reg));
		break;
	case 0x8b:
		move_to_reg(w, i);
		break;
	case 0x8d: /* lea */
		set(w, i->reg, operand(w, i));
		break;
	case 0x8f: /* pop to memory */
	case 0x9d: /* popf */
		w->sp = plus(w->sp, 8);
		break;
	case 0xc2:
	case 0xc3:
		add_result(s, w, op == 0xc2 ? i->imm : 0);
		return GO_NO_FURTHER;
	case 0xc7: /* mov of a number */
		if (i->mod == 3)
			set(w, i->rm, unknown);
		break;
	case 0xc9:
		leave(w);
		break;
	case 0xe0: /* loopne, loope, loop, jrcxz */
	case 0xe1:
	case 0xe2:
	case 0xe3:
		return branch(s, w, i);
	case 0xe9:
	case 0xeb:
		return jump(s, w, i);
	case 0xc8: /* enter; far returns; int3; hlt */
	case 0xca:
	case 0xcb:
	case 0xcc:
	case 0xcf:
	case 0xf4:
		return GO_NO_FURTHER;
	case 0xff:
		return group_5(w, i);
	default:
		break;
	}
	return GO_ON;
}

/* ---- the search ---------------------------------------------------------- */

static enum going
go(struct search *s, struct way *w)
{
	struct x86_insn i;
	enum going going = GO_ON;

	if (s->left-- == 0 || !insn_at(s, w->pc, &i))
		return GO_NO_FURTHER;
	if (!i.is_vector && i.map == X86_ONE_BYTE)
		going = one_byte(s, w, &i);
	else if (!i.is_vector && i.map == X86_0F)
		going = two_byte(s, w, &i);
	if (going == GO_ON)
		w->pc += i.length;
	return going;
}

static void
begin(struct search *s, const struct mem *code, unsigned max_insns)
{
	s->code = code;
	s->has_window = s->found = s->failed = false;
	s->n_targets = s->n_branches = 0;
	s->left = max_insns;
}

bool
x86_code_leads_to(const struct mem *code, uint64_t from, uint64_t to)
{
	struct search s;
	struct way w = {.pc = from};

	begin(&s, code, UINT_MAX);
	while (w.pc < to)
		if (go(&s, &w) != GO_ON)
			return false;
	return w.pc == to;
}

bool
x86_code_find_return(const struct mem *code, const struct regs *regs,
    unsigned max_insns, struct guess *ret)
{
	struct search s;
	struct way w;

	begin(&s, code, max_insns);
	w.pc = regs->r[X86_64_RIP];
	w.sp = (struct value){
	    regs->r[X86_64_RSP], regs_known(regs, X86_64_RSP)};
	w.fp = (struct value){
	    regs->r[X86_64_RBP], regs_known(regs, X86_64_RBP)};
	w.saved = 0;
	memset(w.slots, 0, sizeof(w.slots));
	for (;;) {
		while (s.left > 0 && go(&s, &w) != GO_NO_FURTHER)
			continue;
		if (s.failed || s.left == 0 || s.n_branches == 0)
			break;
		w = s.branches[--s.n_branches];
	}
	*ret = s.guess;
	return s.found && !s.failed;
}

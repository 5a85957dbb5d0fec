/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "unwind/x86_code.h"

#include "unwind/x86_insn.h"

#include <limits.h>
#include <string.h>

/* Branches that wait to be gone along, and places where branches have led. */
#define BRANCHES_MAX 24
#define TARGETS_MAX  128
/* Words that a way has written to the stack and remembers. */
#define STORES_MAX   24
/* How far above the stack pointer a function's own words may stand. */
#define FRAME_MAX    (1u << 20)
/*
 * Code is read in pieces of this size and alignment, which divides a page; so
 * many are kept, for branches go back and forth.
 */
#define WINDOW	     256
#define WINDOWS	     8

/* Registers as instructions number them. */
enum { RBX = 3, RSP = 4, RBP = 5, REGISTERS = 16 };
static const uint8_t dwarf_number[REGISTERS] = {X86_64_RAX, X86_64_RCX,
    X86_64_RDX, X86_64_RBX, X86_64_RSP, X86_64_RBP, X86_64_RSI, X86_64_RDI, 8,
    9, 10, 11, 12, 13, 14, 15};
static const uint8_t preserved[] = {RBX, RBP, 12, 13, 14, 15};

enum value_kind {
	UNKNOWN,
	NUMBER,
	AS_ENTERED, /* what register v held when the function was entered */
};

struct value {
	enum value_kind kind;
	uint64_t v;
};

struct store {
	uint64_t addr;
	struct value value;
};

/* A way through the code, and what it has done so far. */
struct way {
	uint64_t pc;
	struct value regs[REGISTERS];
	struct store stores[STORES_MAX]; /* the last one to an address holds */
	size_t n_stores;
};

/* A way as it was when it came to its end. */
struct end {
	struct way way;
	uint64_t popped; /* by the ret, beside the return address */
};

struct window {
	uint64_t addr; /* of what is no window: NO_WINDOW */
	bool is_readable;
	uint8_t bytes[WINDOW];
};

#define NO_WINDOW 1 /* not aligned */

struct search {
	const struct mem *code, *mem;
	/* Words that may be read: from here on, those of the frame. */
	uint64_t frame;
	/* Where a way has to come by; NULL: at a return. */
	const struct regs *goal;

	struct window windows[WINDOWS];

	struct way branches[BRANCHES_MAX];
	size_t n_branches;
	uint64_t targets[TARGETS_MAX];
	size_t n_targets;
	unsigned left; /* instructions that may still be looked at */
	struct end ends[GUESSES_MAX]; /* different ones */
	size_t n_ends;
	struct way tail; /* at a jump that may be another function's call */
	bool has_tail;
	bool is_first; /* at the very pc */
};

enum going {
	GO_ON,
	GO_ON_ELSEWHERE, /* pc is set */
	GO_NO_FURTHER,
};

/* ---- code ---------------------------------------------------------------- */

static const struct window *
window_at(struct search *s, uint64_t addr)
{
	struct window *w = &s->windows[addr / WINDOW % WINDOWS];

	if (w->addr != addr - addr % WINDOW) {
		w->addr = addr - addr % WINDOW;
		w->is_readable = mem_read(s->code, w->addr, w->bytes, WINDOW);
	}
	return w;
}

/* What can be read of len bytes. */
static size_t
read_code(struct search *s, uint64_t addr, uint8_t *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		const struct window *w = window_at(s, addr + done);
		size_t off = (addr + done) % WINDOW;
		size_t n =
		    WINDOW - off < len - done ? WINDOW - off : len - done;

		if (!w->is_readable)
			break;
		memcpy(buf + done, w->bytes + off, n);
		done += n;
	}
	return done;
}

static bool
insn_at(struct search *s, uint64_t pc, struct x86_insn *ret)
{
	uint8_t bytes[X86_INSN_MAX];
	size_t n = read_code(s, pc, bytes, sizeof(bytes));

	return x86_insn_decode(bytes, n, ret);
}

/* ---- values -------------------------------------------------------------- */

static const struct value unknown = {UNKNOWN, 0};

static struct value
number(uint64_t v)
{
	return (struct value){NUMBER, v};
}

static bool
is_same(struct value a, struct value b)
{
	return a.kind == b.kind && a.v == b.v;
}

static struct value
plus(struct value a, int64_t n)
{
	return a.kind == NUMBER ? number(a.v + (uint64_t)n) : unknown;
}

static void
store(struct way *w, struct value addr, struct value value)
{
	if (addr.kind != NUMBER)
		return;
	for (size_t i = 0; i < w->n_stores; i++) {
		if (w->stores[i].addr == addr.v) {
			w->stores[i].value = value;
			return;
		}
	}
	if (w->n_stores < STORES_MAX)
		w->stores[w->n_stores++] = (struct store){addr.v, value};
}

static struct value
load(const struct search *s, const struct way *w, struct value addr)
{
	uint64_t word;

	if (addr.kind != NUMBER)
		return unknown;
	for (size_t i = 0; i < w->n_stores; i++)
		if (w->stores[i].addr == addr.v)
			return w->stores[i].value;
	if (s->mem != NULL && addr.v - s->frame < FRAME_MAX &&
	    mem_read_u64(s->mem, addr.v, &word))
		return number(word);
	return unknown;
}

static void
push(struct way *w, struct value value)
{
	w->regs[RSP] = plus(w->regs[RSP], -8);
	store(w, w->regs[RSP], value);
}

static struct value
pop(const struct search *s, struct way *w)
{
	struct value v = load(s, w, w->regs[RSP]);

	w->regs[RSP] = plus(w->regs[RSP], 8);
	return v;
}

/* The address of a memory operand. */
static struct value
operand(const struct way *w, const struct x86_insn *i)
{
	if (i->mod == 3 || i->has_index)
		return unknown;
	if (i->is_rip_relative)
		return number(w->pc + i->length + (uint64_t)(int64_t)i->disp);
	if (i->mod == 0 && (i->base & 7) == 5)
		return unknown;
	return plus(w->regs[i->base], i->disp);
}

/* ---- instructions -------------------------------------------------------- */

/* add, or, adc, sbb, and, sub, xor, cmp between registers and memory */
static void
arithmetic(struct way *w, const struct x86_insn *i)
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
arithmetic_by_number(struct way *w, const struct x86_insn *i)
{
	enum { ADD = 0, AND = 4, SUB = 5, CMP = 7 };
	struct value *v = &w->regs[i->rm];

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
		*v = v->kind == NUMBER ? number(v->v & (uint64_t)i->imm)
				       : unknown;
		break;
	default:
		*v = unknown;
	}
}

static void
move_to_reg(const struct search *s, struct way *w, const struct x86_insn *i)
{
	if (i->mod == 3)
		w->regs[i->reg] = w->regs[i->rm];
	else if (i->is_rip_relative)
		w->regs[i->reg] = unknown;
	else
		w->regs[i->reg] = load(s, w, operand(w, i));
}

static void
move_from_reg(struct way *w, const struct x86_insn *i)
{
	if (i->mod == 3)
		w->regs[i->rm] = w->regs[i->reg];
	else
		store(w, operand(w, i), w->regs[i->reg]);
}

static void
leave(const struct search *s, struct way *w)
{
	w->regs[RSP] = w->regs[RBP];
	w->regs[RBP] = pop(s, w);
}

static void
add_end(struct search *s, const struct way *w, uint64_t popped)
{
	for (size_t i = 0; i < s->n_ends; i++)
		if (is_same(s->ends[i].way.regs[RSP], w->regs[RSP]))
			return;
	if (s->n_ends < GUESSES_MAX)
		s->ends[s->n_ends++] = (struct end){*w, popped};
}

static void
at_return(struct search *s, const struct way *w, const struct x86_insn *i)
{
	if (s->goal == NULL && w->regs[RSP].kind == NUMBER)
		add_end(
		    s, w, i->opcode == 0xc2 ? (uint64_t)i->imm & 0xffff : 0);
}

/*
 * To where a register says, or a word, such as a slot of the global offset
 * table. Where a return is looked for it may be one, the call of another
 * function in its place; or a switch, and then nothing is above the frame. Of
 * what is there in this moment the caller of all this can judge by itself.
 */
static enum going
jump_indirect(struct search *s, struct way *w, const struct x86_insn *i)
{
	struct value to = i->mod == 3 ? w->regs[i->rm] : unknown;
	uint64_t word;

	if (s->goal == NULL) {
		if (!s->has_tail && w->regs[RSP].kind == NUMBER &&
		    (w->regs[RSP].v > s->frame || s->is_first)) {
			s->has_tail = true;
			s->tail = *w;
		}
		return GO_NO_FURTHER;
	}
	if (i->is_rip_relative && s->mem != NULL &&
	    mem_read_u64(s->mem, operand(w, i).v, &word))
		to = number(word);
	if (to.kind != NUMBER)
		return GO_NO_FURTHER;
	w->pc = to.v;
	return GO_ON_ELSEWHERE;
}

/* inc, dec, call, jmp, push: opcode ff */
static enum going
group_5(struct search *s, struct way *w, const struct x86_insn *i)
{
	switch (i->reg & 7) {
	case 2: /* call */
		return GO_ON;
	case 4:
		return jump_indirect(s, w, i);
	case 6:
		push(w,
		    i->mod == 3 ? w->regs[i->rm] : load(s, w, operand(w, i)));
		return GO_ON;
	case 0:
	case 1:
		if (i->mod == 3)
			w->regs[i->rm] = unknown;
		return GO_ON;
	default:
		return GO_NO_FURTHER;
	}
}

/* Whether a branch to here is the first. */
static bool
is_new_target(struct search *s, uint64_t pc)
{
	for (size_t i = 0; i < s->n_targets; i++)
		if (s->targets[i] == pc)
			return false;
	if (s->n_targets == TARGETS_MAX)
		return false;
	s->targets[s->n_targets++] = pc;
	return true;
}

static enum going
jump(struct search *s, struct way *w, const struct x86_insn *i)
{
	w->pc += i->length + (uint64_t)i->imm;
	return is_new_target(s, w->pc) ? GO_ON_ELSEWHERE : GO_NO_FURTHER;
}

static enum going
branch(struct search *s, struct way *w, const struct x86_insn *i)
{
	uint64_t next = w->pc;

	if (jump(s, w, i) == GO_ON_ELSEWHERE && s->n_branches < BRANCHES_MAX)
		s->branches[s->n_branches++] = *w;
	w->pc = next;
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
		w->regs[i->reg] = unknown;
	return GO_ON;
}

/* Those with the register in the opcode; false: it is none of them. */
static bool
with_low_register(
    const struct search *s, struct way *w, const struct x86_insn *i)
{
	struct value *low =
	    &w->regs[(i->opcode & 7) | ((i->rex & 1) != 0 ? 8 : 0)];
	struct value v;

	switch (i->opcode & 0xf8) {
	case 0x50:
		push(w, *low);
		return true;
	case 0x58:
		v = pop(s, w);
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

static enum going
one_byte(struct search *s, struct way *w, const struct x86_insn *i)
{
	if (with_low_register(s, w, i))
		return GO_ON;
	if (i->opcode < 0x40) {
		if (i->has_modrm)
			arithmetic(w, i);
		return GO_ON;
	}
	if (i->opcode >> 4 == 7)
		return branch(s, w, i);
	switch (i->opcode) {
	case 0x68:
	case 0x6a:
	case 0x9c: /* pushf */
		push(w, unknown);
		return GO_ON;
	case 0x63:
	case 0x69:
	case 0x6b:
		w->regs[i->reg] = unknown;
		return GO_ON;
	case 0x81:
	case 0x83:
		arithmetic_by_number(w, i);
		return GO_ON;
	case 0x87: /* xchg */
		w->regs[i->reg] = unknown;
		if (i->mod == 3)
			w->regs[i->rm] = unknown;
		return GO_ON;
	case 0x89:
		move_from_reg(w, i);
		return GO_ON;
	case 0x8b:
		move_to_reg(s, w, i);
		return GO_ON;
	case 0x8d: /* lea */
		w->regs[i->reg] = operand(w, i);
		return GO_ON;
	case 0x8f: /* pop to memory */
	case 0x9d: /* popf */
		(void)pop(s, w);
		return GO_ON;
	case 0xc2:
	case 0xc3:
		at_return(s, w, i);
		return GO_NO_FURTHER;
	case 0xc7: /* mov of a number */
		if (i->mod == 3)
			w->regs[i->rm] = unknown;
		return GO_ON;
	case 0xc9:
		leave(s, w);
		return GO_ON;
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
		return group_5(s, w, i);
	default:
		return GO_ON;
	}
}

/* ---- the search ---------------------------------------------------------- */

static void
begin(struct search *s, const struct mem *code, const struct mem *mem,
    unsigned max_insns)
{
	s->code = code;
	s->mem = mem;
	s->frame = 0;
	s->goal = NULL;
	for (size_t i = 0; i < WINDOWS; i++)
		s->windows[i].addr = NO_WINDOW;
	s->has_tail = false;
	s->is_first = true;
	s->n_targets = s->n_branches = s->n_ends = 0;
	s->left = max_insns;
}

static void
begin_way(struct way *w, uint64_t pc)
{
	w->pc = pc;
	w->n_stores = 0;
	for (unsigned i = 0; i < REGISTERS; i++)
		w->regs[i] = unknown;
}

static bool
is_call(const struct x86_insn *i)
{
	return !i->is_vector && i->map == X86_ONE_BYTE &&
	       (i->opcode == 0xe8 || (i->opcode == 0xff && (i->reg & 7) == 2));
}

/*
 * nops behind a call: most likely it never returns, and they fill the space to
 * the next function.
 */
static bool
is_padding_at(struct search *s, uint64_t pc)
{
	struct x86_insn i;

	return insn_at(s, pc, &i) && !i.is_vector &&
	       ((i.map == X86_ONE_BYTE && i.opcode == 0x90) ||
		   (i.map == X86_0F && i.opcode == 0x1f));
}

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
	s->is_first = false;
	if (going != GO_ON)
		return going;
	w->pc += i.length;
	return is_call(&i) && is_padding_at(s, w->pc) &&
		       !(s->goal != NULL && w->pc == s->goal->r[X86_64_RIP])
		   ? GO_NO_FURTHER
		   : GO_ON;
}

/* At pc with its stack; or, where that was moved freely, its frame pointer. */
static bool
is_at_goal(const struct search *s, const struct way *w)
{
	const struct regs *goal = s->goal;

	if (goal == NULL || w->pc != goal->r[X86_64_RIP])
		return false;
	if (w->regs[RSP].kind == NUMBER)
		return w->regs[RSP].v == goal->r[X86_64_RSP];
	return w->regs[RBP].kind == NUMBER && regs_known(goal, X86_64_RBP) &&
	       w->regs[RBP].v == goal->r[X86_64_RBP];
}

static void
search(struct search *s, struct way *w)
{
	for (;;) {
		do {
			if (is_at_goal(s, w)) {
				add_end(s, w, 0);
				return;
			}
		} while (s->left > 0 && go(s, w) != GO_NO_FURTHER);
		if (s->left == 0 || s->n_branches == 0)
			return;
		*w = s->branches[--s->n_branches];
	}
}

static void
guess_of_end(const struct end *end, struct guess *ret)
{
	const struct value *regs = end->way.regs;

	*ret = (struct guess){.ra_addr = regs[RSP].v};
	for (size_t i = 0; i < end->way.n_stores; i++) {
		const struct store *at = &end->way.stores[i];

		if (at->addr == ret->ra_addr && at->value.kind == NUMBER) {
			ret->is_ra_known = true;
			ret->ra = at->value.v;
		}
	}
	for (size_t i = 0; i < sizeof(preserved); i++)
		if (regs[preserved[i]].kind == NUMBER)
			regs_set(&ret->caller, dwarf_number[preserved[i]],
			    regs[preserved[i]].v);
	regs_set(&ret->caller, X86_64_RSP, regs[RSP].v + 8 + end->popped);
}

size_t
x86_code_find_return(const struct mem *code, const struct mem *mem,
    const struct regs *regs, unsigned max_insns, struct guess *ret)
{
	struct search s;
	struct way w;

	begin(&s, code, mem, max_insns);
	begin_way(&w, regs->r[X86_64_RIP]);
	for (unsigned i = 0; i < REGISTERS; i++)
		if (regs_known(regs, dwarf_number[i]))
			w.regs[i] = number(regs->r[dwarf_number[i]]);
	s.frame = regs->r[X86_64_RSP];
	search(&s, &w);
	if (s.n_ends == 0 && s.has_tail)
		add_end(&s, &s.tail, 0);
	for (size_t i = 0; i < s.n_ends; i++)
		guess_of_end(&s.ends[i], &ret[i]);
	return s.n_ends;
}

/* Where the way has put what a register held at first: its word there now. */
static void
set_from_store(const struct search *s, unsigned reg, const struct regs *regs,
    struct guess *g)
{
	unsigned r = dwarf_number[reg];
	uint64_t word;

	for (size_t i = 0; i < s->ends[0].way.n_stores; i++) {
		const struct store *at = &s->ends[0].way.stores[i];

		if (at->value.kind != AS_ENTERED || at->value.v != reg)
			continue;
		if (mem_read_u64(s->mem, at->addr, &word))
			regs_set(&g->caller, r, word);
		return;
	}
	if (regs_known(regs, r))
		regs_set(&g->caller, r, regs->r[r]);
}

bool
x86_code_came_from(const struct mem *code, const struct mem *mem,
    const struct regs *regs, uint64_t start, uint64_t ra_addr,
    unsigned max_insns, struct guess *ret)
{
	struct search s;
	struct way w;

	begin(&s, code, mem, max_insns);
	begin_way(&w, start);
	for (size_t i = 0; i < sizeof(preserved); i++)
		w.regs[preserved[i]] = (struct value){AS_ENTERED, preserved[i]};
	w.regs[RSP] = number(ra_addr);
	s.frame = ra_addr;
	s.goal = regs;
	search(&s, &w);
	if (s.n_ends == 0)
		return false;
	*ret = (struct guess){.ra_addr = ra_addr};
	for (size_t i = 0; i < sizeof(preserved); i++)
		set_from_store(&s, preserved[i], regs, ret);
	regs_set(&ret->caller, X86_64_RSP, ra_addr + 8);
	return true;
}

bool
x86_code_leads_to(const struct mem *code, uint64_t from, uint64_t to)
{
	struct search s;
	struct way w;

	begin(&s, code, NULL, UINT_MAX);
	begin_way(&w, from);
	while (w.pc < to && go(&s, &w) == GO_ON)
		continue;
	return w.pc == to;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "unwind/x86_code.h"

#include "unwind/x86_insn.h"
#include "unwind/x86_way.h"

#include <limits.h>
#include <string.h>

/* Branches that wait to be gone along, and places where branches have led. */
#define BRANCHES_MAX 24
#define TARGETS_MAX  128
/*
 * Code is read in pieces of this size and alignment, which divides a page; so
 * many are kept, for branches go back and forth.
 */
#define WINDOW	     256
#define WINDOWS	     8

/* By the numbers that instructions have for them. */
static const uint8_t dwarf_number[X86_REGISTERS] = {X86_64_RAX, X86_64_RCX,
    X86_64_RDX, X86_64_RBX, X86_64_RSP, X86_64_RBP, X86_64_RSI, X86_64_RDI, 8,
    9, 10, 11, 12, 13, 14, 15};
static const uint8_t preserved[] = {X86_RBX, X86_RBP, 12, 13, 14, 15};

/* A way as it was when it came to its end. */
struct end {
	struct x86_way way;
	uint64_t popped; /* by the ret, beside the return address */
};

struct window {
	uint64_t addr; /* of what is no window: NO_WINDOW */
	bool is_readable;
	uint8_t bytes[WINDOW];
};

#define NO_WINDOW 1 /* not aligned */

struct search {
	const struct mem *code;
	struct x86_frame frame;
	/* Where a way has to come by; NULL: at a return. */
	const struct regs *goal;

	struct window windows[WINDOWS];

	struct x86_way branches[BRANCHES_MAX];
	size_t n_branches;
	uint64_t targets[TARGETS_MAX];
	size_t n_targets;
	unsigned left; /* instructions that may still be looked at */
	struct end ends[GUESSES_MAX]; /* different ones */
	size_t n_ends;
	struct x86_way tail; /* at a jump that may be another function's call */
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

/* ---- where instructions lead --------------------------------------------- */

static void
add_end(struct search *s, const struct x86_way *w, uint64_t popped)
{
	const struct x86_value *sp = &w->regs[X86_RSP];

	for (size_t i = 0; i < s->n_ends; i++) {
		const struct x86_value *other = &s->ends[i].way.regs[X86_RSP];

		if (other->kind == sp->kind && other->v == sp->v)
			return;
	}
	if (s->n_ends < GUESSES_MAX)
		s->ends[s->n_ends++] = (struct end){*w, popped};
}

/*
 * To where a register says, or a word, such as a slot of the global offset
 * table. Where a return is looked for it may be one, the call of another
 * function in its place; or a switch, and then nothing is above the frame. Of
 * what is there in this moment the caller of all this can judge by itself.
 */
static enum going
jump_indirect(
    struct search *s, struct x86_way *w, const struct x86_target *t)
{
	const struct x86_value *sp = &w->regs[X86_RSP];
	struct x86_value to = t->reg;
	uint64_t word;

	if (s->goal == NULL) {
		if (!s->has_tail && sp->kind == X86_NUMBER &&
		    (sp->v > s->frame.start || s->is_first)) {
			s->has_tail = true;
			s->tail = *w;
		}
		return GO_NO_FURTHER;
	}
	if (t->slot.kind == X86_NUMBER && s->frame.mem != NULL &&
	    mem_read_u64(s->frame.mem, t->slot.v, &word))
		to = x86_number(word);
	if (to.kind != X86_NUMBER)
		return GO_NO_FURTHER;
	w->pc = to.v;
	return GO_ON_ELSEWHERE;
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

/* The other way is for later. */
static void
keep_branch(struct search *s, const struct x86_way *w, uint64_t to)
{
	if (!is_new_target(s, to) || s->n_branches == BRANCHES_MAX)
		return;
	s->branches[s->n_branches] = *w;
	s->branches[s->n_branches++].pc = to;
}

static enum going
follow(struct search *s, struct x86_way *w, enum x86_leads leads,
    const struct x86_target *t)
{
	switch (leads) {
	case X86_ON:
		return GO_ON;
	case X86_BRANCH:
		keep_branch(s, w, t->to);
		return GO_ON;
	case X86_JUMP:
		w->pc = t->to;
		return is_new_target(s, w->pc) ? GO_ON_ELSEWHERE
					       : GO_NO_FURTHER;
	case X86_JUMP_INDIRECT:
		return jump_indirect(s, w, t);
	case X86_RETURN:
		if (s->goal == NULL && w->regs[X86_RSP].kind == X86_NUMBER)
			add_end(s, w, t->popped);
		return GO_NO_FURTHER;
	case X86_STOP:
		break;
	}
	return GO_NO_FURTHER;
}

/* ---- the search ---------------------------------------------------------- */

static void
begin(struct search *s, const struct mem *code, const struct mem *mem,
    unsigned max_insns)
{
	s->code = code;
	s->frame = (struct x86_frame){.mem = mem};
	s->goal = NULL;
	for (size_t i = 0; i < WINDOWS; i++)
		s->windows[i].addr = NO_WINDOW;
	s->has_tail = false;
	s->is_first = true;
	s->n_targets = s->n_branches = s->n_ends = 0;
	s->left = max_insns;
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
go(struct search *s, struct x86_way *w)
{
	struct x86_insn i;
	struct x86_target target;
	enum x86_leads leads;
	enum going going;

	if (s->left-- == 0 || !insn_at(s, w->pc, &i))
		return GO_NO_FURTHER;
	leads = x86_way_step(w, &i, &s->frame, &target);
	going = follow(s, w, leads, &target);
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
is_at_goal(const struct search *s, const struct x86_way *w)
{
	const struct regs *goal = s->goal;

	if (goal == NULL || w->pc != goal->r[X86_64_RIP])
		return false;
	if (w->regs[X86_RSP].kind == X86_NUMBER)
		return w->regs[X86_RSP].v == goal->r[X86_64_RSP];
	return w->regs[X86_RBP].kind == X86_NUMBER &&
	       regs_known(goal, X86_64_RBP) &&
	       w->regs[X86_RBP].v == goal->r[X86_64_RBP];
}

static void
search(struct search *s, struct x86_way *w)
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
	const struct x86_value *regs = end->way.regs;

	*ret = (struct guess){.ra_addr = regs[X86_RSP].v};
	for (size_t i = 0; i < end->way.n_stores; i++) {
		const struct x86_store *at = &end->way.stores[i];

		if (at->addr == ret->ra_addr && at->value.kind == X86_NUMBER) {
			ret->is_ra_known = true;
			ret->ra = at->value.v;
		}
	}
	for (size_t i = 0; i < sizeof(preserved); i++)
		if (regs[preserved[i]].kind == X86_NUMBER)
			regs_set(&ret->caller, dwarf_number[preserved[i]],
			    regs[preserved[i]].v);
	regs_set(&ret->caller, X86_64_RSP, regs[X86_RSP].v + 8 + end->popped);
}

size_t
x86_code_find_return(const struct mem *code, const struct mem *mem,
    const struct regs *regs, unsigned max_insns, struct guess *ret)
{
	struct search s;
	struct x86_way w;

	begin(&s, code, mem, max_insns);
	x86_way_begin(&w, regs->r[X86_64_RIP]);
	for (unsigned i = 0; i < X86_REGISTERS; i++)
		if (regs_known(regs, dwarf_number[i]))
			w.regs[i] = x86_number(regs->r[dwarf_number[i]]);
	s.frame.start = regs->r[X86_64_RSP];
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
		const struct x86_store *at = &s->ends[0].way.stores[i];

		if (at->value.kind != X86_AS_ENTERED || at->value.v != reg)
			continue;
		if (mem_read_u64(s->frame.mem, at->addr, &word))
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
	struct x86_way w;

	begin(&s, code, mem, max_insns);
	x86_way_begin(&w, start);
	for (size_t i = 0; i < sizeof(preserved); i++)
		w.regs[preserved[i]] =
		    (struct x86_value){X86_AS_ENTERED, preserved[i]};
	w.regs[X86_RSP] = x86_number(ra_addr);
	s.frame.start = ra_addr;
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
	struct x86_way w;

	begin(&s, code, NULL, UINT_MAX);
	x86_way_begin(&w, from);
	while (w.pc < to && go(&s, &w) == GO_ON)
		continue;
	return w.pc == to;
}

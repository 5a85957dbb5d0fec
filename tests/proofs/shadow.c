/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opcodes: Intel SDM volume 2. The frame of a signal: psABI and the kernel. */
#include "config.h"

#include "shadow.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* A coroutine's first stack pointer is not its top, but near it. */
#define COROUTINE_ABOVE	     128
/*
 * An alloca() may move the stack pointer by a load, and so far: in a thread's
 * first stack, and in a coroutine's, which may stand right beside another.
 */
#define ALLOCA_MAX	     (1u << 20)
#define COROUTINE_ALLOCA_MAX 4096
#define FIBERS_MAX	     1000

/* From the handler's first stack pointer: the return address, then ucontext. */
#define UCONTEXT     8
#define UCONTEXT_RIP 168

/* ---- instructions -------------------------------------------------------- */

static size_t
skip_prefixes(const uint8_t *b, size_t n)
{
	static const uint8_t prefixes[] = {
	    0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf2, 0xf3};
	size_t i = 0;

	while (i < n && memchr(prefixes, b[i], sizeof(prefixes)) != NULL)
		i++;
	return i;
}

/* Register 4 without the bit of REX that makes it r12. */
static bool
is_sp(unsigned field, bool extended)
{
	return (field & 7) == 4 && !extended;
}

static enum insn
classify_by_modrm(uint8_t op, uint8_t modrm, uint8_t rex)
{
	unsigned mod = modrm >> 6, reg = modrm >> 3 & 7, rm = modrm & 7;
	bool rex_r = (rex & 4) != 0, rex_b = (rex & 1) != 0;

	switch (op) {
	case 0xff:
		if (reg == 2)
			return INSN_CALL;
		return reg == 4 ? INSN_JUMP : INSN_OTHER;
	case 0x8f:
		return INSN_POP;
	case 0x8b: /* mov to reg */
	case 0x8d: /* lea to reg */
		return is_sp(reg, rex_r) ? INSN_LOAD_SP : INSN_OTHER;
	case 0x89: /* mov to r/m */
		return mod == 3 && is_sp(rm, rex_b) ? INSN_LOAD_SP : INSN_OTHER;
	case 0x87: /* xchg */
		return is_sp(reg, rex_r) || (mod == 3 && is_sp(rm, rex_b))
			   ? INSN_LOAD_SP
			   : INSN_OTHER;
	default:
		return INSN_OTHER;
	}
}

enum insn
insn_classify(const uint8_t *bytes, size_t n)
{
	size_t i = skip_prefixes(bytes, n);
	uint8_t rex = 0, op;

	if (i < n && (bytes[i] & 0xf0) == 0x40)
		rex = bytes[i++];
	if (i >= n)
		return INSN_OTHER;
	op = bytes[i++];
	if (op == 0xe8)
		return INSN_CALL;
	if (op == 0xc3 || op == 0xc2)
		return INSN_RETURN;
	if (op == 0xc9) /* leave */
		return INSN_LOAD_SP;
	if (op == 0x0f)
		return i < n && bytes[i] == 0x05 ? INSN_SYSCALL : INSN_OTHER;
	if (op >= 0x58 && op <= 0x5f)
		return is_sp(op, rex & 1) ? INSN_LOAD_SP : INSN_POP;
	if (op >= 0x91 && op <= 0x97)
		return is_sp(op, rex & 1) ? INSN_LOAD_SP : INSN_OTHER;
	return i < n ? classify_by_modrm(op, bytes[i], rex) : INSN_OTHER;
}

/* ---- fibers -------------------------------------------------------------- */

static struct fiber *
fiber_of(struct shadow *s)
{
	return &s->fibers[s->current];
}

const struct fiber *
shadow_fiber(const struct shadow *s)
{
	return &s->fibers[s->current];
}

static struct segment *
segment_of(struct fiber *f)
{
	return &f->segments[f->n_segments - 1];
}

static void
push(struct fiber *f, uint64_t addr, uint64_t slot, enum entry_kind kind)
{
	GROW(f->entries, f->n, f->cap);
	f->entries[f->n++] = (struct entry){addr, slot, kind};
}

static struct fiber *
add_fiber(struct shadow *s, uint64_t sp, uint64_t top)
{
	struct fiber *f;

	if (s->n == FIBERS_MAX)
		abort();
	GROW(s->fibers, s->n, s->cap);
	s->current = s->n++;
	f = fiber_of(s);
	*f = (struct fiber){.n_segments = 1};
	f->segments[0] = (struct segment){0, sp, top};
	return f;
}

void
shadow_init(struct shadow *s, uint64_t sp, uint64_t top)
{
	*s = (struct shadow){0};
	(void)add_fiber(s, sp, top);
}

void
shadow_deinit(struct shadow *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->fibers[i].entries);
	free(s->fibers);
}

void
shadow_give(struct shadow *s, uint64_t addr, uint64_t slot)
{
	push(fiber_of(s), addr, slot, ENTRY_GIVEN);
}

/* ---- where a loaded stack pointer points --------------------------------- */

/* The segment of f that sp is in; false: in none. */
static bool
find_segment(const struct fiber *f, uint64_t sp, size_t *ret)
{
	for (size_t i = f->n_segments; i-- > 0;) {
		const struct segment *g = &f->segments[i];

		if (sp >= g->sp && sp <= g->top) {
			*ret = i;
			return true;
		}
	}
	return false;
}

/* What was put on by signals after this segment is no more. */
static void
drop_segments(struct fiber *f, size_t last)
{
	if (f->n_segments > last + 1)
		f->n = f->segments[last + 1].first;
	f->n_segments = last + 1;
}

/* While another fiber ran its memory may have been given to a new one. */
static void
drop_overwritten(struct fiber *f, const struct mem *mem)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct entry *e = &f->entries[i];
		uint64_t word;

		if (e->kind == ENTRY_CALL &&
		    (!mem_read_u64(mem, e->slot, &word) || word != e->addr)) {
			f->n = i;
			return;
		}
	}
}

static bool
is_alloca(struct fiber *f, uint64_t sp)
{
	uint64_t from = segment_of(f)->sp;

	return sp < from && from - sp <= (f->is_coroutine ? COROUTINE_ALLOCA_MAX
							  : ALLOCA_MAX);
}

/*
 * Changes to the fiber and the segment that sp is in; a new one if it is in
 * none.
 */
static void
change_stack(struct shadow *s, uint64_t sp, const struct mem *mem)
{
	size_t segment;

	if (find_segment(fiber_of(s), sp, &segment)) {
		drop_segments(fiber_of(s), segment);
		return;
	}
	if (is_alloca(fiber_of(s), sp))
		return;
	for (size_t i = 0; i < s->n; i++) {
		if (i == s->current ||
		    !find_segment(&s->fibers[i], sp, &segment))
			continue;
		s->current = i;
		drop_segments(fiber_of(s), segment);
		drop_overwritten(fiber_of(s), mem);
		s->is_jumping = true;
		return;
	}
	add_fiber(s, sp, sp + COROUTINE_ABOVE)->is_coroutine = true;
	s->is_jumping = true;
}

/* ---- one instruction ----------------------------------------------------- */

static struct entry *
top_entry(struct fiber *f)
{
	return f->n > segment_of(f)->first ? &f->entries[f->n - 1] : NULL;
}

static bool
is_left(const struct entry *e, uint64_t sp)
{
	switch (e->kind) {
	case ENTRY_CALL:
	case ENTRY_GIVEN:
		return e->slot < sp;
	case ENTRY_ELSEWHERE:
		return e->slot + 8 < sp;
	case ENTRY_INTERRUPTED:
		break;
	}
	return false;
}

/* How many entries the new stack pointer leaves behind. */
static size_t
drop_left(struct fiber *f, uint64_t sp)
{
	size_t n = 0;

	for (; top_entry(f) != NULL && is_left(top_entry(f), sp); n++)
		f->n--;
	return n;
}

/* An address that was popped is back in its slot, or has been returned to. */
static void
settle_popped(struct fiber *f, struct where to, const struct mem *mem)
{
	struct entry *e = top_entry(f);
	uint64_t word;

	if (e == NULL || e->kind != ENTRY_ELSEWHERE)
		return;
	if (to.sp == e->slot && mem_read_u64(mem, e->slot, &word) &&
	    word == e->addr)
		e->kind = ENTRY_CALL;
	else if (to.pc == e->addr)
		f->n--;
}

/* A push of what was popped from there once is the call again. */
static void
after_push(struct shadow *s, struct where to, const struct mem *mem)
{
	uint64_t word;

	for (size_t i = 0; i < POPPED_MAX && i < s->n_popped; i++) {
		const struct entry *e = &s->popped[i];

		if (e->slot == to.sp && mem_read_u64(mem, to.sp, &word) &&
		    word == e->addr) {
			push(fiber_of(s), word, to.sp, ENTRY_CALL);
			return;
		}
	}
}

static void
after_call(struct fiber *f, struct where to, const struct mem *mem)
{
	uint64_t ra;

	/* A call to what follows it only wants to know where it is. */
	if (mem_read_u64(mem, to.sp, &ra) && ra != to.pc)
		push(f, ra, to.sp, ENTRY_CALL);
}

static void
after_other(struct shadow *s, enum insn insn, struct where from,
    struct where to, const struct mem *mem)
{
	struct fiber *f = fiber_of(s);
	struct entry *e = top_entry(f);

	uint64_t word;

	if (insn == INSN_POP && e != NULL && e->kind == ENTRY_CALL &&
	    to.sp == e->slot + 8 && mem_read_u64(mem, e->slot, &word) &&
	    word == e->addr) {
		e->kind = ENTRY_ELSEWHERE;
		s->popped[s->n_popped++ % POPPED_MAX] = *e;
	}
	if (drop_left(f, to.sp) > 0 && insn == INSN_LOAD_SP)
		s->is_jumping = true;
	settle_popped(f, to, mem);
	e = top_entry(f);
	if (to.sp == from.sp - 8 && s->n_popped > 0 &&
	    (e == NULL || e->slot != to.sp))
		after_push(s, to, mem);
}

/* A handler may change the address that it goes back to. */
static void
look_at_interrupted(struct fiber *f, const struct mem *mem)
{
	for (size_t i = 1; i < f->n_segments; i++) {
		struct entry *e = &f->entries[f->segments[i].first];

		(void)mem_read_u64(mem, e->slot, &e->addr);
	}
}

/* The way out of the function that loaded the stack pointer. */
static void
land(struct shadow *s, struct where to, const struct mem *mem)
{
	struct fiber *f = fiber_of(s);

	if (f->is_coroutine && f->bottom == 0)
		(void)mem_read_u64(mem, to.sp, &f->bottom);
	s->is_jumping = false;
	s->has_landed = true;
}

void
shadow_step(struct shadow *s, enum insn insn, struct where from,
    struct where to, const struct mem *mem)
{
	s->has_landed = false;
	if (insn == INSN_LOAD_SP)
		change_stack(s, to.sp, mem);
	if (insn == INSN_CALL && to.sp == from.sp - 8) {
		after_call(fiber_of(s), to, mem);
		s->is_jumping = false;
	} else {
		after_other(s, insn, from, to, mem);
	}
	segment_of(fiber_of(s))->sp = to.sp;
	look_at_interrupted(fiber_of(s), mem);
	if (s->is_jumping && (insn == INSN_RETURN || insn == INSN_JUMP))
		land(s, to, mem);
}

/* ---- signals ------------------------------------------------------------- */

void
shadow_signal(struct shadow *s, struct where to, const struct mem *mem)
{
	struct fiber *f = fiber_of(s);
	uint64_t pc = 0, trampoline = 0;

	s->has_landed = false;
	if (f->n_segments == SEGMENTS_MAX)
		abort();
	(void)mem_read_u64(mem, to.sp, &trampoline);
	(void)mem_read_u64(mem, to.sp + UCONTEXT + UCONTEXT_RIP, &pc);
	push(f, pc, to.sp + UCONTEXT + UCONTEXT_RIP, ENTRY_INTERRUPTED);
	f->segments[f->n_segments++] =
	    (struct segment){f->n - 1, to.sp, to.sp + UCONTEXT};
	push(f, trampoline, to.sp, ENTRY_CALL);
}

void
shadow_sigreturn(struct shadow *s, struct where to)
{
	struct fiber *f = fiber_of(s);

	s->has_landed = false;
	if (f->n_segments > 1)
		drop_segments(f, f->n_segments - 2);
	segment_of(f)->sp = to.sp;
	(void)drop_left(f, to.sp);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stack, registers, code and CFI, all foreign at once.
 *
 *	17 x u16  the registers, by DWARF number
 *	u8        words of stack
 *	   x u16  the stack
 *	u8        bytes of the library's code
 *	   x u8   the code
 *	u8        bytes of code that no library holds
 *	   x u8   the code
 *	          the library's .eh_frame, to the end
 *
 * A random word of 64 bits points nowhere, so words are told by 16: the two
 * highest bits say where to, the others how far, in bytes, for the stack in
 * words.
 *
 * All of it is walked as x86_64's, and then as aarch64's.
 */
#include "config.h"

#include "unwind/unwind.h"

#include "../tiny_elf.h"
#include "base/cursor.h"
#include "unwind/arch.h"
#include "unwind/code_cache.h"
#include "unwind/pc_cache.h"
#include "unwind/trail.h"

#include <elf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define STACK 0x7ffc00000000ull
#define JIT   0x10000ull
#define LIB   0x7f0000000000ull
#define PAGE  0x1000ull

#define FRAMES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct region {
	uint64_t addr;
	uint8_t *bytes; /* exactly so many, for AddressSanitizer to see */
	size_t size;
};

struct scene {
	const struct arch *arch;
	struct regs regs;
	struct region stack, jit;
	struct tiny_elf lib;
};

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static uint64_t
take_word(struct cursor *c)
{
	uint16_t v = cursor_u16(c);
	uint64_t off = v & 0x3fff;

	switch (v >> 14) {
	case 0:
		return off; /* a number, or nowhere */
	case 1:
		return STACK + (off & 0x3ff) * 8 + (off >> 13);
	case 2:
		return JIT + off;
	default:
		return LIB + TINY_ELF_CODE + off;
	}
}

static void
take_stack(struct cursor *c, struct region *ret)
{
	size_t n = cursor_u8(c);

	*ret = (struct region){
	    .addr = STACK, .bytes = malloc(n * 8), .size = n * 8};
	check(ret->bytes != NULL || n == 0);
	for (size_t i = 0; i < n; i++) {
		uint64_t word = take_word(c);

		memcpy(ret->bytes + 8 * i, &word, sizeof(word));
	}
}

static struct cursor
take_code(struct cursor *c)
{
	return cursor_sub(c, cursor_u8(c));
}

static void
take_jit(struct cursor *c, struct region *ret)
{
	struct cursor code = take_code(c);

	*ret = (struct region){.addr = JIT, .size = cursor_left(&code)};
	ret->bytes = malloc(ret->size);
	check(ret->bytes != NULL || ret->size == 0);
	if (ret->size > 0)
		memcpy(ret->bytes, code.pos, ret->size);
}

static void
take_lib(struct tiny_elf *lib, struct cursor *code, struct cursor *eh_frame)
{
	size_t n = cursor_left(eh_frame);

	tiny_elf_init(lib);
	tiny_elf_code(lib, TINY_ELF_CODE, code->pos, cursor_left(code));
	if (n > TINY_ELF_CODE - TINY_ELF_EH)
		n = TINY_ELF_CODE - TINY_ELF_EH;
	memcpy(lib->bytes + TINY_ELF_EH, eh_frame->pos, n);
}

static bool
read_region(
    const struct region *r, uint64_t addr, void *buf, size_t len)
{
	uint64_t at = addr - r->addr;

	if (addr < r->addr || at > r->size || len > r->size - at)
		return false;
	memcpy(buf, r->bytes + at, len);
	return true;
}

static bool
read_scene(void *ctx, uint64_t addr, void *buf, size_t len)
{
	const struct scene *s = ctx;

	return read_region(&s->stack, addr, buf, len) ||
	       read_region(&s->jit, addr, buf, len);
}

static void
check_frames(const struct scene *s, const struct unwind_result *w,
    const struct frame *frames, size_t max)
{
	check(w->n >= 1 && w->n <= max);
	check((unsigned)w->end < END_NR && w->end != END_LATE);
	check(w->end != END_DEPTH || w->n == max);
	check(frames[0].pc == s->regs.r[s->arch->pc]);
	check(!frames[0].is_return_addr && !frames[0].guessed);
	for (size_t i = 1; i < w->n; i++) {
		/* What was interrupted is not returned to. */
		check(!frames[i].is_return_addr || !frames[i - 1].is_signal);
		check(!frames[i].guessed || frames[i].is_return_addr);
		check(frames[i].pc != 0 || !frames[i].is_return_addr);
	}
}

/* Less room gives the same frames, as many as fit, and nothing else changes. */
static void
check_with_less_room(struct scene *s, const struct code_space *space,
    const struct unwind_result *w, const struct frame *frames)
{
	struct mem mem = {read_scene, s};
	struct frame again[FRAMES_MAX];

	for (size_t max = 1; max <= FRAMES_MAX; max *= 4) {
		struct unwind_result part =
		    unwind(space, &s->regs, &mem, again, max);

		check_frames(s, &part, again, max);
		check(part.n == (w->n < max ? w->n : max));
		check(part.n < w->n ? part.end == END_DEPTH
				    : part.end == w->end);
		for (size_t i = 0; i < part.n; i++)
			check(again[i].pc == frames[i].pc);
	}
}

static void
check_same(const struct unwind_result *w, const struct frame *frames,
    const struct unwind_result *other, const struct frame *others)
{
	check(w->n == other->n && w->end == other->end);
	for (size_t i = 0; i < w->n; i++)
		check(frames[i].pc == others[i].pc &&
		      frames[i].is_return_addr == others[i].is_return_addr &&
		      frames[i].is_signal == others[i].is_signal &&
		      frames[i].guessed == others[i].guessed);
}

/*
 * By whole rows, which a machine without compact rules is walked by; and with
 * a cache, empty and then full.
 */
static void
check_other_ways(struct scene *s, const struct code_space *space,
    const struct unwind_result *w, const struct frame *frames)
{
	static struct pc_cache cache;
	static struct code_cache codes;
	static uint64_t generation;
	struct arch by_rows = *space->arch;
	struct code_space other = *space;
	struct mem mem = {read_scene, s};
	struct frame again[FRAMES_MAX];
	struct unwind_result r;

	by_rows.elf_machine = EM_NONE;
	other.arch = &by_rows;
	r = unwind(&other, &s->regs, &mem, again, FRAMES_MAX);
	check_same(w, frames, &r, again);
	other = *space;
	other.generation = ++generation;
	other.cache = &cache;
	other.codes = &codes;
	for (int i = 0; i < 2; i++) {
		r = unwind(&other, &s->regs, &mem, again, FRAMES_MAX);
		check_same(w, frames, &r, again);
	}
}

/* A trail is of help, or of none, but never wrong, whatever has changed. */
static void
check_trail(struct scene *s, const struct code_space *space)
{
	struct mem mem = {read_scene, s};
	struct mem_window window = {.addr = s->stack.addr,
	    .bytes = s->stack.bytes,
	    .len = s->stack.size};
	struct trail trail = {0};
	const struct unwind_aids aids = {.window = &window, .trail = &trail};
	struct frame plain[FRAMES_MAX], aided[FRAMES_MAX];

	for (size_t at = 0; at < s->stack.size; at += 8) {
		uint64_t word, changed;

		memcpy(&word, s->stack.bytes + at, sizeof(word));
		changed = at % 16 == 0 ? word ^ 8 : LIB + TINY_ELF_CODE + at;
		for (int i = 0; i < 3; i++) {
			struct unwind_result a, b;

			memcpy(s->stack.bytes + at, i == 1 ? &changed : &word,
			    sizeof(word));
			a = unwind(space, &s->regs, &mem, plain, FRAMES_MAX);
			b = unwind_with(space, &s->regs, &mem, &aids, aided,
			    FRAMES_MAX);
			check_same(&a, plain, &b, aided);
		}
	}
	trail_deinit(&trail);
}

static void
walk(struct scene *s)
{
	struct mapping maps[] = {
	    {.start = JIT, .end = JIT + PAGE, .flags = MAPPING_EXEC},
	    {.start = LIB, .end = LIB + PAGE, .flags = MAPPING_EXEC},
	    {.start = STACK, .end = STACK + PAGE, .flags = MAPPING_WRITE},
	};
	const struct mappings list = {.v = maps, .n = 3};
	struct module *lib = tiny_elf_open(&s->lib);
	struct module *const modules[] = {NULL, lib, NULL};
	const uint64_t bias[] = {0, LIB, 0};
	const struct code_space space = {.arch = s->arch,
	    .mappings = &list,
	    .modules = modules,
	    .bias = bias};
	struct mem mem = {read_scene, s};
	struct frame frames[FRAMES_MAX];
	struct unwind_result w =
	    unwind(&space, &s->regs, &mem, frames, FRAMES_MAX);

	check_frames(s, &w, frames, FRAMES_MAX);
	check_with_less_room(s, &space, &w, frames);
	check_other_ways(s, &space, &w, frames);
	check_trail(s, &space);
	module_unref(lib);
}

/* What stands for what in both machines keeps its value; others repeat. */
static void
become_aarch64(struct scene *s)
{
	const uint16_t machine = EM_AARCH64;
	const struct regs from = s->regs;

	s->arch = &arch_aarch64;
	for (unsigned i = 0; i < AARCH64_FP; i++)
		regs_set(&s->regs, i, from.r[i % X86_64_RIP]);
	regs_set(&s->regs, AARCH64_FP, from.r[X86_64_RBP]);
	regs_set(&s->regs, AARCH64_LR, from.r[X86_64_RAX]);
	regs_set(&s->regs, AARCH64_SP, from.r[X86_64_RSP]);
	regs_set(&s->regs, AARCH64_PC, from.r[X86_64_RIP]);
	memcpy(s->lib.bytes + offsetof(Elf64_Ehdr, e_machine), &machine,
	    sizeof(machine));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_of(data, size), code;
	struct scene s = {.arch = &arch_x86_64};

	for (unsigned i = 0; i <= X86_64_RIP; i++)
		regs_set(&s.regs, i, take_word(&c));
	take_stack(&c, &s.stack);
	code = take_code(&c);
	take_jit(&c, &s.jit);
	if (!c.bad) {
		take_lib(&s.lib, &code, &c);
		walk(&s);
		become_aarch64(&s);
		walk(&s);
	}
	free(s.stack.bytes);
	free(s.jit.bytes);
	return 0;
}

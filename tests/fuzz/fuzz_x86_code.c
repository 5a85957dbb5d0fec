/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Code without CFI, as any target may have it, over a stack of made-up words.
 *
 *	u8  where in the code pc stands
 *	u8  words between the stack pointer and the frame pointer
 *	    the code, to the end, as if there were nothing around it
 */
#include "config.h"

#include "base/hash.h"
#include "unwind/x86_code.h"
#include "unwind/x86_insn.h"

#include <stdlib.h>
#include <string.h>

#define CODE  0x401000ull
#define STACK 0x7ffc1000ull
#define INSNS 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct code {
	uint8_t *bytes; /* a block of exactly its size */
	size_t size;
};

static bool
read_code(void *ctx, uint64_t addr, void *buf, size_t len)
{
	const struct code *c = ctx;

	/* Whole pieces, as pages are: past the end there are nops. */
	if (addr < CODE || addr - CODE > c->size)
		return false;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)buf)[i] = addr - CODE + i < c->size
					  ? c->bytes[addr - CODE + i]
					  : 0x90;
	return true;
}

static bool
read_stack(void *ctx, uint64_t addr, void *buf, size_t len)
{
	uint64_t v = hash_u64(addr);

	(void)ctx;
	memcpy(buf, &v, len < sizeof(v) ? len : sizeof(v));
	return len <= sizeof(v);
}

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
decode_all(const struct code *c)
{
	struct x86_insn i;

	for (size_t at = 0; at < c->size; at++)
		if (x86_insn_decode(c->bytes + at, c->size - at, &i))
			check(i.length > 0 && i.length <= X86_INSN_MAX &&
			      i.length <= c->size - at && i.reg < 16 &&
			      i.rm < 16 && i.base < 16);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct code c;
	struct mem code = {read_code, &c}, mem = {read_stack, NULL};
	struct guess g[GUESSES_MAX], start;
	struct regs regs = {.known = 0x1ffff};
	size_t n;

	if (size < 2)
		return 0;
	c = (struct code){malloc(size - 2), size - 2};
	if (c.bytes == NULL)
		return 0;
	memcpy(c.bytes, data + 2, c.size);
	decode_all(&c);
	for (unsigned i = 0; i < REGS_MAX; i++)
		regs.r[i] = hash_u64(i);
	regs.r[X86_64_RIP] = CODE + data[0];
	regs.r[X86_64_RSP] = STACK;
	regs.r[X86_64_RBP] = STACK + 8 * (uint64_t)data[1];
	n = x86_code_find_return(&code, &mem, &regs, INSNS, g);
	check(n <= GUESSES_MAX);
	for (size_t i = 0; i < n; i++)
		check(regs_known(&g[i].caller, X86_64_RSP));
	(void)x86_code_came_from(
	    &code, &mem, &regs, CODE, STACK + 8, INSNS, &start);
	(void)x86_code_leads_to(&code, CODE, CODE + data[0]);
	free(c.bytes);
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * aarch64 code without CFI, as any target may have it, over a stack of made-up
 * words.
 *
 *	u8  where in the code pc stands, in instructions
 *	u8  words between the stack pointer and the frame pointer
 *	    the code, to the end; nothing can be read around it
 */
#include "config.h"

#include "base/hash.h"
#include "unwind/a64_code.h"

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
	uint64_t at = addr - CODE;

	if (at > c->size || len > c->size - at)
		return false;
	memcpy(buf, c->bytes + at, len);
	return true;
}

/* Every third word cannot be read. */
static bool
read_stack(void *ctx, uint64_t addr, void *buf, size_t len)
{
	uint64_t v = hash_u64(addr);

	(void)ctx;
	memcpy(buf, &v, len < sizeof(v) ? len : sizeof(v));
	return len <= sizeof(v) && addr / 8 % 3 != 0;
}

static void
check(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct code c;
	struct mem code = {read_code, &c}, mem = {read_stack, NULL};
	struct guess g[GUESSES_MAX];
	struct regs regs = {.known = (1ull << REGS_MAX) - 1};
	size_t n;

	if (size < 2)
		return 0;
	c = (struct code){malloc(size - 2), size - 2};
	if (c.bytes == NULL)
		return 0;
	memcpy(c.bytes, data + 2, c.size);
	for (unsigned i = 0; i < REGS_MAX; i++)
		regs.r[i] = hash_u64(i);
	regs.r[AARCH64_PC] = CODE + 4 * (uint64_t)data[0];
	regs.r[AARCH64_SP] = STACK;
	regs.r[AARCH64_FP] = STACK + 8 * (uint64_t)data[1];
	n = a64_code_find_return(&code, &mem, &regs, INSNS, g);
	check(n <= 1);
	for (size_t i = 0; i < n; i++)
		check(regs_known(&g[i].caller, AARCH64_SP) &&
		      g[i].is_ra_known == (g[i].ra_addr == 0));
	(void)a64_code_leads_to(&code, CODE, regs.r[AARCH64_PC]);
	free(c.bytes);
	return 0;
}

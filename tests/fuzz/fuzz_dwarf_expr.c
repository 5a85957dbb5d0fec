/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A DWARF expression, over registers and memory with made-up contents.
 *
 *	u8  bit 0: with an initial value, bit 1: memory is unreadable
 *	    the expression, to the end
 */
#include "config.h"

#include "base/hash.h"
#include "object/dwarf_expr.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
read_hash(void *ctx, uint64_t addr, void *buf, size_t len)
{
	uint64_t v = hash_u64(addr);

	if (!*(bool *)ctx)
		return false;
	memcpy(buf, &v, len);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool readable = size > 0 && (data[0] & 2) == 0;
	struct mem mem = {read_hash, &readable};
	struct regs regs = {.known = 0x1ffff};
	uint64_t v, again;

	if (size == 0)
		return 0;
	for (unsigned i = 0; i < REGS_MAX; i++)
		regs.r[i] = hash_u64(i);
	if (dwarf_expr_eval(data + 1, size - 1, 0x1000, &regs, &mem,
		data[0] & 1, 0x7fff1000, &v) != EXPR_OK)
		return 0;
	if (dwarf_expr_eval(data + 1, size - 1, 0x1000, &regs, &mem,
		data[0] & 1, 0x7fff1000, &again) != EXPR_OK ||
	    again != v)
		abort();
	return 0;
}

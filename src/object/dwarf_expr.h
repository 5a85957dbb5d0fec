/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dwarf_expr.h - the DWARF expressions that CFI uses (DWARF 5, 2.5 and 6.4.2)
 *
 * Bounded by steps and by stack depth (named in the .c), so that a hostile
 * expression ends. Operators that make no sense in CFI fail.
 */
#ifndef SCRAPE_OBJECT_DWARF_EXPR_H
#define SCRAPE_OBJECT_DWARF_EXPR_H

#include "core/mem.h"
#include "core/regs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum expr_result {
	EXPR_OK,
	EXPR_BAD,	 /* malformed, unknown operator, over a bound */
	EXPR_NO_REG,	 /* needs a register whose value is lost */
	EXPR_UNREADABLE, /* needs memory that cannot be read */
};

/*
 * bias is added to DW_OP_addr. With has_initial the stack starts with initial:
 * the CFA, for register rules (DWARF 5, 6.4.2.3), never for the CFA itself.
 */
enum expr_result dwarf_expr_eval(const uint8_t *expr, size_t len, uint64_t bias,
    const struct regs *regs, const struct mem *mem, bool has_initial,
    uint64_t initial, uint64_t *ret);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cfi.h - call frame information: how to step from a frame to its caller
 *
 * The seam between where unwind data comes from (.eh_frame, .debug_frame) and
 * the walk that obeys it. DWARF 5, section 6.4; LSB core, chapter 10 (.eh_frame
 * and .eh_frame_hdr); research/unwind.md 2 for what goes wrong in practice.
 */
#ifndef SCRAPE_OBJECT_CFI_H
#define SCRAPE_OBJECT_CFI_H

#include "core/mem.h"
#include "core/regs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cfi;
struct cfi_compact;
struct module;
struct section;

enum cfi_rule_kind {
	CFI_SAME,	/* no rule, or DW_CFA_same_value: unchanged */
	CFI_UNDEFINED,	/* lost; for the return address: the outermost frame */
	CFI_OFFSET,	/* saved at CFA + off */
	CFI_VAL_OFFSET, /* is CFA + off */
	CFI_REGISTER,	/* is register reg; for the CFA: reg + off */
	CFI_EXPR,	/* saved where the expression says; for the CFA: is it */
	CFI_VAL_EXPR,	/* is what the expression says */
};

/* expr points into the module's section and lives as long as the module. */
struct cfi_rule {
	uint8_t kind;
	uint8_t reg;
	uint32_t expr_len;
	union {
		int64_t off;
		const uint8_t *expr;
	};
};

/*
 * One row of the CFI table: it holds for every vaddr in [start, end). The CFA's
 * kind is CFI_REGISTER or CFI_EXPR, or CFI_UNDEFINED where that of the return
 * address is too: an outermost frame. Bare: nothing of what an ABI says about
 * registers without a rule is filled in, such as that the caller's stack
 * pointer is the CFA.
 */
struct cfi_row {
	uint64_t start, end;
	struct cfi_rule cfa;
	struct cfi_rule regs[REGS_MAX];
	uint64_t ruled; /* bit i: regs[i] is not CFI_SAME */
	uint8_t ra_reg; /* the return address column */
	bool is_signal; /* augmentation 'S': a signal trampoline */
};

enum cfi_result {
	CFI_FOUND,
	CFI_NONE, /* no FDE covers vaddr */
	CFI_BAD,  /* one does, and makes no sense or uses what we do not know */
};

/*
 * .eh_frame_hdr is searched where there is one, else .eh_frame (and
 * .debug_frame) is walked once and indexed. Never NULL; a module without CFI
 * answers CFI_NONE.
 */
struct cfi *cfi_new(struct module *m);
void cfi_free(struct cfi *cfi);

/*
 * The .debug_frame that it goes by, of the module or of its debug file; false
 * where there is none.
 */
bool cfi_debug_frame(const struct cfi *cfi, struct section *ret);

enum cfi_result cfi_row_at(
    struct cfi *cfi, uint64_t vaddr, struct cfi_row *ret);
/*
 * The same row as a walk needs it, out of a table that is compiled as it is
 * asked for (cfi_table.h). What does not fit there is COMPACT_SLOW, to
 * be asked of cfi_row_at(). Never NULL; valid until the next call. ret_last:
 * vaddr is the last byte of its row. Not for two threads at once.
 */
const struct cfi_compact *cfi_compact_at(
    struct cfi *cfi, uint64_t vaddr, bool *ret_last);
/* Compiles every FDE: for measurements, and for proofs. */
void cfi_compile_all(struct cfi *cfi);

struct cfi_figures {
	size_t fdes, compiled, slow; /* FDEs; slow: not compiled, by a bound */
	size_t rows, rules;
	size_t row_bytes, index_bytes; /* with rules; of finding FDEs */
};
struct cfi_figures cfi_figures(const struct cfi *cfi);

/* The FDE's own range: [start, end) holds vaddr. False where there is none. */
bool cfi_fde_range(
    struct cfi *cfi, uint64_t vaddr, uint64_t *ret_start, uint64_t *ret_end);
/* Every FDE, in order of address; stops when fn returns false. */
void cfi_each_fde(struct cfi *cfi,
    bool (*fn)(void *ctx, uint64_t start, uint64_t end), void *ctx);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/cfa_program.h"

#include <dwarf.h>
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CODE(...)                                          \
	((struct cfa_code){(const uint8_t[]){__VA_ARGS__}, \
	    sizeof((const uint8_t[]){__VA_ARGS__})})

/* What gcc's CIE says: CFA = rsp + 8, rip at CFA - 8. */
#define GCC_CIE CODE(DW_CFA_def_cfa, 7, 8, DW_CFA_offset | 16, 1)

#define START 0x1000
#define END   0x1100

#define RBX X86_64_RBX
#define RBP X86_64_RBP
#define RSP X86_64_RSP
#define RIP X86_64_RIP

static struct fde
fde_of(struct cfa_code initial, struct cfa_code code)
{
	return (struct fde){
	    .cie = {.initial = initial,
		.code_align = 1,
		.data_align = -8,
		.ra_reg = RIP,
		.space = {.data = code.insns,
		    .vaddr = 0x8000,
		    .address_size = 8},
		.pointer_enc = DW_EH_PE_absptr},
	    .start = START,
	    .end = END,
	    .code = code,
	};
}

static enum cfi_result
row_at(struct cfa_code code, uint64_t vaddr, struct cfi_row *ret)
{
	struct fde fde = fde_of(GCC_CIE, code);

	return cfa_row_at(&fde, EM_X86_64, vaddr, ret);
}

static void
assert_range(const struct cfi_row *row, uint64_t start, uint64_t end)
{
	assert_int_equal(row->start, start);
	assert_int_equal(row->end, end);
}

static void
assert_cfa(const struct cfi_row *row, unsigned reg, int64_t off)
{
	assert_int_equal(row->cfa.kind, CFI_REGISTER);
	assert_int_equal(row->cfa.reg, reg);
	assert_true(row->cfa.off == off);
}

static void
assert_rule(const struct cfi_row *row, unsigned reg, enum cfi_rule_kind kind,
    int64_t off)
{
	assert_int_equal(row->regs[reg].kind, kind);
	assert_true(row->regs[reg].off == off);
	assert_int_equal(row->ruled >> reg & 1, kind != CFI_SAME);
}

static void
assert_bad(struct cfa_code code)
{
	struct cfi_row row;

	assert_int_equal(row_at(code, END - 1, &row), CFI_BAD);
}

static void
empty_program_is_one_row(void **state)
{
	struct cfi_row row;
	struct cfa_code nothing = {(const uint8_t *)"", 0};

	(void)state;
	assert_int_equal(row_at(nothing, START, &row), CFI_FOUND);
	assert_range(&row, START, END);
	assert_cfa(&row, RSP, 8);
	assert_rule(&row, RIP, CFI_OFFSET, -8);
	assert_true(row.ruled == 1ull << RIP);
	assert_int_equal(row.ra_reg, RIP);
	assert_false(row.is_signal);
}

/* push rbp; mov rbp, rsp; ...; leave; ret */
static void
frame_pointer_prologue(void **state)
{
	struct cfa_code code = CODE(DW_CFA_advance_loc | 1,
	    DW_CFA_def_cfa_offset, 16, DW_CFA_offset | RBP, 2,
	    DW_CFA_advance_loc | 3, DW_CFA_def_cfa_register, RBP,
	    DW_CFA_advance_loc1, 0x50, DW_CFA_def_cfa, RSP, 8,
	    DW_CFA_restore | RBP, DW_CFA_nop, DW_CFA_nop);
	struct cfi_row row;

	(void)state;
	assert_int_equal(row_at(code, START, &row), CFI_FOUND);
	assert_range(&row, START, START + 1);
	assert_cfa(&row, RSP, 8);
	assert_rule(&row, RBP, CFI_SAME, 0);

	assert_int_equal(row_at(code, START + 3, &row), CFI_FOUND);
	assert_range(&row, START + 1, START + 4);
	assert_cfa(&row, RSP, 16);
	assert_rule(&row, RBP, CFI_OFFSET, -16);

	assert_int_equal(row_at(code, START + 4, &row), CFI_FOUND);
	assert_range(&row, START + 4, START + 0x54);
	assert_cfa(&row, RBP, 16);

	assert_int_equal(row_at(code, END - 1, &row), CFI_FOUND);
	assert_range(&row, START + 0x54, END);
	assert_cfa(&row, RSP, 8);
	assert_rule(&row, RBP, CFI_SAME, 0);
	assert_rule(&row, RIP, CFI_OFFSET, -8);
}

static void
rows_come_in_order(void **state)
{
	struct cfa_code code = CODE(DW_CFA_advance_loc2, 0, 0, /* no row */
	    DW_CFA_advance_loc2, 0x10, 0, DW_CFA_advance_loc4, 0x20, 0, 0, 0,
	    DW_CFA_MIPS_advance_loc8, 0x30, 0, 0, 0, 0, 0, 0, 0, DW_CFA_set_loc,
	    0x80, 0x10, 0, 0, 0, 0, 0, 0, DW_CFA_advance_loc | 0x3f,
	    DW_CFA_advance_loc1, 0xff);
	static const uint64_t bounds[] = {
	    0x1000, 0x1010, 0x1030, 0x1060, 0x1080, 0x10bf, END};
	struct fde fde = fde_of(GCC_CIE, code);
	struct cfa_run run;
	struct cfi_row row;

	(void)state;
	assert_true(cfa_run_start(&run, &fde, EM_X86_64, &row));
	for (int i = 0; i < 6; i++) {
		assert_true(cfa_run_next(&run));
		assert_range(&row, bounds[i], bounds[i + 1]);
	}
	assert_false(cfa_run_next(&run));
	assert_false(run.bad);
}

static void
code_is_counted_in_instructions(void **state)
{
	struct fde fde = fde_of(CODE(DW_CFA_def_cfa, 31, 0),
	    CODE(DW_CFA_advance_loc | 2, DW_CFA_def_cfa_offset, 32));
	struct cfi_row row;

	(void)state;
	fde.cie.code_align = 4;
	fde.cie.ra_reg = 30;
	assert_int_equal(
	    cfa_row_at(&fde, EM_AARCH64, START + 7, &row), CFI_FOUND);
	assert_range(&row, START, START + 8);
	assert_int_equal(row.ra_reg, 30);
	assert_true(row.ruled == 0);
}

static void
every_kind_of_rule(void **state)
{
	struct cfa_code code = CODE(DW_CFA_undefined, 0, DW_CFA_same_value, 16,
	    DW_CFA_register, 1, 12, DW_CFA_offset_extended, 2, 3,
	    DW_CFA_offset_extended_sf, 3, 0x7e, DW_CFA_val_offset, 4, 2,
	    DW_CFA_val_offset_sf, 5, 0x7f, DW_CFA_GNU_negative_offset_extended,
	    6, 4, DW_CFA_expression, 8, 2, DW_OP_breg7, 8,
	    DW_CFA_val_expression, 9, 1, DW_OP_lit1, DW_CFA_GNU_args_size, 99);
	struct cfi_row row;

	(void)state;
	assert_int_equal(row_at(code, START, &row), CFI_FOUND);
	assert_rule(&row, 0, CFI_UNDEFINED, 0);
	assert_rule(&row, 16, CFI_SAME, 0);
	assert_int_equal(row.regs[1].kind, CFI_REGISTER);
	assert_int_equal(row.regs[1].reg, 12);
	assert_rule(&row, 2, CFI_OFFSET, -24);
	assert_rule(&row, 3, CFI_OFFSET, 16);
	assert_rule(&row, 4, CFI_VAL_OFFSET, -16);
	assert_rule(&row, 5, CFI_VAL_OFFSET, 8);
	assert_rule(&row, 6, CFI_OFFSET, 32);
	assert_int_equal(row.regs[8].kind, CFI_EXPR);
	assert_int_equal(row.regs[8].expr_len, 2);
	assert_int_equal(row.regs[8].expr[0], DW_OP_breg7);
	assert_int_equal(row.regs[9].kind, CFI_VAL_EXPR);
	assert_int_equal(row.regs[9].expr_len, 1);
	assert_true(row.ruled == 0x37f);
}

static void
every_kind_of_cfa(void **state)
{
	struct cfi_row row;

	(void)state;
	assert_int_equal(
	    row_at(CODE(DW_CFA_def_cfa_sf, RBP, 0x7d), START, &row), CFI_FOUND);
	assert_cfa(&row, RBP, 24);
	assert_int_equal(
	    row_at(CODE(DW_CFA_def_cfa_offset_sf, 0x7c), START, &row),
	    CFI_FOUND);
	assert_cfa(&row, RSP, 32);
	assert_int_equal(
	    row_at(CODE(DW_CFA_def_cfa_expression, 1, DW_OP_lit1), START, &row),
	    CFI_FOUND);
	assert_int_equal(row.cfa.kind, CFI_EXPR);
	assert_int_equal(row.cfa.expr_len, 1);
	assert_int_equal(row.cfa.expr[0], DW_OP_lit1);
}

/*
 * The register takes the place of the expression, with the offset that stood
 * before it: what libgcrypt's ChaCha20 relies on.
 */
static void
cfa_register_after_an_expression(void **state)
{
	struct cfa_code code = CODE(DW_CFA_def_cfa_offset, 56,
	    DW_CFA_remember_state, DW_CFA_def_cfa, RBP, 99,
	    DW_CFA_restore_state, DW_CFA_def_cfa_expression, 1, DW_OP_lit1,
	    DW_CFA_advance_loc | 1, DW_CFA_def_cfa_register, RSP);
	struct cfi_row row;

	(void)state;
	assert_int_equal(row_at(code, START, &row), CFI_FOUND);
	assert_int_equal(row.cfa.kind, CFI_EXPR);
	assert_int_equal(row_at(code, START + 1, &row), CFI_FOUND);
	assert_cfa(&row, RSP, 56);
}

/* No sense can be made of it, but of the next whole CFA it can. */
static void
cfa_offset_after_an_expression(void **state)
{
	struct cfa_code code = CODE(DW_CFA_def_cfa_expression, 1, DW_OP_lit1,
	    DW_CFA_def_cfa_offset, 8, DW_CFA_advance_loc | 1,
	    DW_CFA_def_cfa_register, RBP, DW_CFA_advance_loc | 1,
	    DW_CFA_def_cfa, RBP, 16);
	struct cfi_row row;

	(void)state;
	assert_int_equal(row_at(code, START, &row), CFI_BAD);
	assert_int_equal(row_at(code, START + 1, &row), CFI_BAD);
	assert_int_equal(row_at(code, START + 2, &row), CFI_FOUND);
	assert_range(&row, START + 2, END);
	assert_cfa(&row, RBP, 16);
}

static void
restore_goes_back_to_the_cie(void **state)
{
	struct cfi_row row;

	(void)state;
	assert_int_equal(
	    row_at(CODE(DW_CFA_offset | 16, 5, DW_CFA_offset | RBX, 3,
		       DW_CFA_restore | 16, DW_CFA_restore_extended, RBX),
		START, &row),
	    CFI_FOUND);
	assert_rule(&row, RIP, CFI_OFFSET, -8);
	assert_rule(&row, RBX, CFI_SAME, 0);
}

/* An early return in the middle of a function. */
static void
restore_state_brings_the_cfa_back(void **state)
{
	struct cfa_code code = CODE(DW_CFA_def_cfa_offset, 16,
	    DW_CFA_offset | RBX, 2, DW_CFA_advance_loc | 1,
	    DW_CFA_remember_state, DW_CFA_def_cfa_offset, 8,
	    DW_CFA_restore | RBX, DW_CFA_advance_loc | 1, DW_CFA_restore_state,
	    DW_CFA_advance_loc | 1);
	struct cfi_row row;

	(void)state;
	assert_int_equal(row_at(code, START + 1, &row), CFI_FOUND);
	assert_cfa(&row, RSP, 8);
	assert_rule(&row, RBX, CFI_SAME, 0);
	assert_int_equal(row_at(code, START + 2, &row), CFI_FOUND);
	assert_range(&row, START + 2, START + 3);
	assert_cfa(&row, RSP, 16);
	assert_rule(&row, RBX, CFI_OFFSET, -16);
}

static void
remembering_is_bounded(void **state)
{
	uint8_t insns[CFA_REMEMBER_MAX + 1];
	struct cfi_row row;

	(void)state;
	memset(insns, DW_CFA_remember_state, sizeof(insns));
	assert_int_equal(
	    row_at((struct cfa_code){insns, CFA_REMEMBER_MAX}, START, &row),
	    CFI_FOUND);
	assert_bad((struct cfa_code){insns, sizeof(insns)});
	assert_bad(CODE(DW_CFA_restore_state));
	assert_bad(CODE(
	    DW_CFA_remember_state, DW_CFA_restore_state, DW_CFA_restore_state));
}

static void
steps_are_bounded(void **state)
{
	static uint8_t insns[1 << 19]; /* DW_CFA_nop is 0 */

	(void)state;
	assert_bad((struct cfa_code){insns, sizeof(insns)});
}

/* Vector registers, and numbers that no machine has. */
static void
registers_we_do_not_have(void **state)
{
	struct cfi_row row;

	(void)state;
	assert_int_equal(
	    row_at(CODE(DW_CFA_offset | 63, 2, DW_CFA_undefined, 0xff, 0x7f,
		       DW_CFA_restore | 40, DW_CFA_same_value, 33,
		       DW_CFA_expression, 50, 1, DW_OP_lit1, DW_CFA_register,
		       RBX, 33, DW_CFA_offset | RBP, 2),
		START, &row),
	    CFI_FOUND);
	assert_rule(&row, RBP, CFI_OFFSET, -16);
	assert_rule(&row, RBX, CFI_UNDEFINED, 0); /* it is in one of them */
	assert_true(row.ruled == (1ull << RIP | 1ull << RBP | 1ull << RBX));
	assert_bad(CODE(DW_CFA_def_cfa, 33, 0));
	assert_bad(CODE(DW_CFA_def_cfa_register, 33));
}

static void
return_address_column_we_do_not_have(void **state)
{
	struct fde fde = fde_of(GCC_CIE, CODE(DW_CFA_nop));
	struct cfi_row row;

	(void)state;
	fde.cie.ra_reg = REGS_MAX;
	assert_int_equal(cfa_row_at(&fde, EM_X86_64, START, &row), CFI_BAD);
	fde.cie.ra_reg = 256 + RIP;
	assert_int_equal(cfa_row_at(&fde, EM_X86_64, START, &row), CFI_BAD);
}

/* On aarch64 the opcode says that the return address is signed from here on;
 * how it is told from an unsigned one is not the row's business. */
static void
window_save_is_of_another_machine(void **state)
{
	struct fde fde = fde_of(GCC_CIE, CODE(DW_CFA_GNU_window_save, 0x2c));
	struct cfi_row row;

	(void)state;
	assert_int_equal(cfa_row_at(&fde, EM_AARCH64, START, &row), CFI_FOUND);
	assert_int_equal(cfa_row_at(&fde, EM_X86_64, START, &row), CFI_BAD);
}

/* Start code: there is no caller, and so no CFA is needed. */
static void
rows_without_a_cfa(void **state)
{
	struct fde fde = fde_of(CODE(DW_CFA_nop), CODE(DW_CFA_nop));
	struct cfi_row row;

	(void)state;
	assert_int_equal(cfa_row_at(&fde, EM_X86_64, START, &row), CFI_BAD);
	fde.code = CODE(DW_CFA_undefined, RIP);
	assert_int_equal(cfa_row_at(&fde, EM_X86_64, START, &row), CFI_FOUND);
	assert_int_equal(row.cfa.kind, CFI_UNDEFINED);
	assert_rule(&row, RIP, CFI_UNDEFINED, 0);
}

/* What comes later in the program does not spoil the rows before it. */
static void
nonsense_ends_the_rows(void **state)
{
	struct cfa_code code =
	    CODE(DW_CFA_advance_loc | 8, DW_CFA_nop, 0x3f, DW_CFA_nop);
	struct cfi_row row;

	(void)state;
	assert_int_equal(row_at(code, START + 7, &row), CFI_FOUND);
	assert_range(&row, START, START + 8);
	assert_int_equal(row_at(code, START + 8, &row), CFI_BAD);
	assert_bad(CODE(DW_CFA_offset | 1));			  /* cut off */
	assert_bad(CODE(DW_CFA_expression, 1, 2, 0));		  /* too long */
	assert_bad(CODE(DW_CFA_set_loc, 0, 8, 0, 0, 0, 0, 0, 0)); /* back */
}

static void
cie_cannot_advance_or_restore(void **state)
{
	struct fde fde =
	    fde_of(CODE(DW_CFA_def_cfa, 7, 8, DW_CFA_advance_loc | 1),
		CODE(DW_CFA_nop));
	struct cfi_row row;

	(void)state;
	assert_int_equal(cfa_row_at(&fde, EM_X86_64, START, &row), CFI_BAD);
	fde.cie.initial = CODE(DW_CFA_def_cfa, 7, 8, DW_CFA_restore | 3);
	assert_int_equal(cfa_row_at(&fde, EM_X86_64, START, &row), CFI_BAD);
}

static void
advancing_past_the_end(void **state)
{
	struct cfa_code code = CODE(DW_CFA_advance_loc4, 0xff, 0xff, 0xff, 0xff,
	    DW_CFA_def_cfa_offset, 64);
	struct fde fde =
	    fde_of(GCC_CIE, CODE(DW_CFA_MIPS_advance_loc8, 0xff, 0xff, 0xff,
				0xff, 0xff, 0xff, 0xff, 0xff));
	struct cfi_row row;

	(void)state;
	assert_int_equal(row_at(code, END - 1, &row), CFI_FOUND);
	assert_range(&row, START, END);
	assert_cfa(&row, RSP, 8);
	assert_int_equal(cfa_row_at(&fde, EM_X86_64, START, &row), CFI_BAD);
	fde.cie.code_align = 1ull << 60;
	assert_int_equal(cfa_row_at(&fde, EM_X86_64, START, &row), CFI_BAD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(empty_program_is_one_row),
	    cmocka_unit_test(frame_pointer_prologue),
	    cmocka_unit_test(rows_come_in_order),
	    cmocka_unit_test(code_is_counted_in_instructions),
	    cmocka_unit_test(every_kind_of_rule),
	    cmocka_unit_test(every_kind_of_cfa),
	    cmocka_unit_test(cfa_register_after_an_expression),
	    cmocka_unit_test(cfa_offset_after_an_expression),
	    cmocka_unit_test(restore_goes_back_to_the_cie),
	    cmocka_unit_test(restore_state_brings_the_cfa_back),
	    cmocka_unit_test(remembering_is_bounded),
	    cmocka_unit_test(steps_are_bounded),
	    cmocka_unit_test(registers_we_do_not_have),
	    cmocka_unit_test(return_address_column_we_do_not_have),
	    cmocka_unit_test(window_save_is_of_another_machine),
	    cmocka_unit_test(rows_without_a_cfa),
	    cmocka_unit_test(nonsense_ends_the_rows),
	    cmocka_unit_test(cie_cannot_advance_or_restore),
	    cmocka_unit_test(advancing_past_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

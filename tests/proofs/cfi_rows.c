/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cfi_rows - our CFI rows against libdw's
 *
 *	cfi_rows [-k N] FILE...		(x86_64 and aarch64 ELF files)
 *
 * For every FDE of each file (every Nth with -k N) asks both about each address
 * where a row starts or ends and its two neighbours, and compares everything a
 * row says: its range, the return address column, the signal flag, the CFA and
 * the rule of each register. All but the range is what the compact rule says
 * where there is one, for that is what walks obey. Exits with 1 if anything
 * differs.
 *
 * Rules are compared by what they compute, from register and memory contents
 * made up here: so our evaluator is checked along with our interpreter, against
 * the small one below that runs over libdw's decoded operators.
 *
 * libdw completes a row with what the psABI says about registers that the CFI
 * does not mention (ebl_abi_cfi); a row of ours is bare and leaves that to the
 * walk. So where ours has no rule, libdw's must be the ABI's: see
 * is_abi_default().
 */
#include "config.h"

#include "../compact_row.h"
#include "base/attr.h"
#include "base/hash.h"
#include "object/cfi.h"
#include "object/cfi_compact.h"
#include "object/dwarf_expr.h"
#include "object/module.h"

#include <dwarf.h>
#include <elf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHOWN_MAX 10

/* How many different register contents each rule is tried with. */
#define WORLDS 2

/* What libdw says of registers that no CFI mentions: see is_abi_default(). */
struct abi {
	int machine;
	int sp;
	uint64_t preserved;
};

static const struct abi abis[] = {
    {EM_AARCH64, AARCH64_SP, 0x7ffull << 19 | 1ull << AARCH64_LR},
    /* rax: rbx is meant, see there */
    {EM_X86_64, X86_64_RSP,
	1ull << X86_64_RAX | 1ull << X86_64_RBP | 0xfull << 12 |
	    1ull << X86_64_RIP},
};

struct oracle {
	const struct abi *abi;
	const char *path;
	struct module *module;
	struct cfi *ours;
	int fd; /* libdw reads the file through one of its own */
	Elf *elf;
	Dwarf *dwarf;	  /* NULL: no debug sections */
	Dwarf_CFI *eh;	  /* .eh_frame, or NULL */
	Dwarf_CFI *debug; /* .debug_frame, or NULL */
	unsigned every;
	uint64_t fdes, rows, addresses, rules, differences;
	uint64_t restored_starts;  /* see compare_range() */
	uint64_t kept_offsets;	   /* see compare_cfa() */
	uint64_t rows_without_cfa; /* of libdw's; none of ours */
	uint64_t behind_zeros;	   /* see stands_behind_a_zero() */
	uint64_t slow; /* addresses that have no compact rule */
};

/* What a rule amounts to. */
struct meaning {
	enum { SAME, UNDEFINED, SAVED_AT, IS, IN_REG, NO_MEANING } kind;
	uint64_t v; /* address, value or register */
};

static bool
read_world(void *ctx, uint64_t addr, void *buf, size_t len)
{
	uint64_t v = hash_u64(addr ^ *(const uint64_t *)ctx);

	memcpy(buf, &v, len < sizeof(v) ? len : sizeof(v));
	return true;
}

static uint64_t
world_u64(uint64_t world, uint64_t addr)
{
	uint64_t v;

	(void)read_world(&world, addr, &v, sizeof(v));
	return v;
}

static uint64_t
world_reg(uint64_t world, uint64_t reg)
{
	return hash_u64(world * 1000 + reg + 1);
}

/* ---- libdw's side: its decoded operators ---- */

struct machine {
	uint64_t stack[64];
	unsigned depth;
	bool bad;
};

static void
push(struct machine *m, uint64_t v)
{
	if (m->depth == ARRAY_SIZE(m->stack))
		m->bad = true;
	else
		m->stack[m->depth++] = v;
}

static uint64_t
pop(struct machine *m)
{
	if (m->depth == 0) {
		m->bad = true;
		return 0;
	}
	return m->stack[--m->depth];
}

static void
binary(struct machine *m, uint8_t atom)
{
	uint64_t b = pop(m), a = pop(m);

	switch (atom) {
	case DW_OP_plus:
		push(m, a + b);
		break;
	case DW_OP_minus:
		push(m, a - b);
		break;
	case DW_OP_mul:
		push(m, a * b);
		break;
	case DW_OP_and:
		push(m, a & b);
		break;
	case DW_OP_or:
		push(m, a | b);
		break;
	case DW_OP_shl:
		push(m, b < 64 ? a << b : 0);
		break;
	case DW_OP_shr:
		push(m, b < 64 ? a >> b : 0);
		break;
	case DW_OP_ge:
		push(m, (int64_t)a >= (int64_t)b);
		break;
	case DW_OP_gt:
		push(m, (int64_t)a > (int64_t)b);
		break;
	case DW_OP_le:
		push(m, (int64_t)a <= (int64_t)b);
		break;
	case DW_OP_lt:
		push(m, (int64_t)a < (int64_t)b);
		break;
	case DW_OP_eq:
		push(m, a == b);
		break;
	case DW_OP_ne:
		push(m, a != b);
		break;
	default:
		m->bad = true;
	}
}

static void
execute(struct machine *m, const Dwarf_Op *op, uint64_t world, uint64_t cfa)
{
	uint8_t atom = op->atom;

	if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
		push(m, atom - DW_OP_lit0);
	else if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
		push(m, world_reg(world, atom - DW_OP_breg0) + op->number);
	else if (atom == DW_OP_bregx)
		push(m, world_reg(world, op->number) + op->number2);
	else if (atom == DW_OP_addr ||
		 (atom >= DW_OP_const1u && atom <= DW_OP_consts))
		push(m, op->number);
	else if (atom == DW_OP_call_frame_cfa)
		push(m, cfa);
	else if (atom == DW_OP_plus_uconst)
		push(m, pop(m) + op->number);
	else if (atom == DW_OP_drop)
		(void)pop(m);
	else if (atom == DW_OP_deref)
		push(m, world_u64(world, pop(m)));
	else if (atom == DW_OP_dup)
		m->depth > 0 ? push(m, m->stack[m->depth - 1])
			     : push(m, pop(m));
	else
		binary(m, atom);
}

static struct meaning
their_ops(const Dwarf_Op *ops, size_t n, uint64_t world, uint64_t cfa)
{
	bool is_value = n > 0 && ops[n - 1].atom == DW_OP_stack_value;
	struct machine m = {0};
	uint64_t v;

	if (n == 1 && ops[0].atom == DW_OP_regx)
		return (struct meaning){IN_REG, ops[0].number};
	for (size_t i = 0; i < n - is_value; i++)
		execute(&m, &ops[i], world, cfa);
	v = pop(&m);
	if (m.bad)
		return (struct meaning){NO_MEANING, 0};
	return (struct meaning){is_value ? IS : SAVED_AT, v};
}

static struct meaning
their_rule(Dwarf_Frame *frame, int reg, uint64_t world, uint64_t cfa)
{
	Dwarf_Op mem[3], *ops;
	size_t n;

	if (dwarf_frame_register(frame, reg, mem, &ops, &n) != 0)
		return (struct meaning){NO_MEANING, 0};
	if (n == 0)
		return (struct meaning){ops == NULL ? SAME : UNDEFINED, 0};
	return their_ops(ops, n, world, cfa);
}

static struct meaning
their_cfa(Dwarf_Frame *frame, uint64_t world)
{
	Dwarf_Op *ops;
	size_t n;

	if (dwarf_frame_cfa(frame, &ops, &n) != 0 || n == 0)
		return (struct meaning){UNDEFINED, 0};
	return their_ops(ops, n, world, 0);
}

/* ---- the FDEs that libdw's own walk gives ---- */

static Elf_Data *
section_data(const struct oracle *o, const char *wanted)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(o->elf, &names) != 0)
		return NULL;
	while ((scn = elf_nextscn(o->elf, scn)) != NULL) {
		GElf_Shdr mem, *sh = gelf_getshdr(scn, &mem);
		const char *name =
		    sh != NULL ? elf_strptr(o->elf, names, sh->sh_name) : NULL;

		if (name == NULL || strcmp(name, wanted) != 0)
			continue;
		/* As in a debug file: the bytes are in another. */
		if (sh->sh_type == SHT_NOBITS)
			return NULL;
		if ((sh->sh_flags & SHF_COMPRESSED) != 0)
			(void)elf_compress(scn, 0, 0);
		return elf_getdata(scn, NULL);
	}
	return NULL;
}

/* The FDE at or after *off, which moves past it; false at a length of 0. */
static bool
next_fde(const struct oracle *o, Elf_Data *data, bool is_eh, Dwarf_Off *off,
    Dwarf_CFI_Entry *ret)
{
	const unsigned char *ident = (const void *)elf_getident(o->elf, NULL);
	Dwarf_Off next;

	while (dwarf_next_cfi(ident, data, is_eh, *off, &next, ret) == 0) {
		*off = next;
		if (!dwarf_cfi_cie_p(ret))
			return true;
	}
	return false;
}

/* Whether libdw finds an FDE in the file, so that we should have found some. */
static bool
has_fdes(const struct oracle *o)
{
	Elf_Data *eh = section_data(o, ".eh_frame");
	Elf_Data *debug = section_data(o, ".debug_frame");
	Dwarf_Off eh_off = 0, debug_off = 0;
	Dwarf_CFI_Entry entry;

	return (eh != NULL && next_fde(o, eh, true, &eh_off, &entry)) ||
	       (debug != NULL && next_fde(o, debug, false, &debug_off, &entry));
}

/*
 * libdw takes a length of 0 in .debug_frame for the end, and so does not see
 * what the linker put behind it (in Go programs with C in them: all the C).
 * Whether vaddr is in an FDE there, which holds its bare start and length.
 */
static bool
stands_behind_a_zero(const struct oracle *o, uint64_t vaddr)
{
	Elf_Data *data = section_data(o, ".debug_frame");
	Dwarf_Off off = 0;
	Dwarf_CFI_Entry entry;
	uint64_t range[2];

	if (data == NULL)
		return false;
	while (next_fde(o, data, false, &off, &entry))
		continue;
	for (; off + 4 <= data->d_size; off += 4) {
		while (next_fde(o, data, false, &off, &entry)) {
			memcpy(range, entry.fde.start, sizeof(range));
			if (vaddr - range[0] < range[1])
				return true;
		}
	}
	return false;
}

/* ---- our side ---- */

static struct meaning
our_expr(const struct cfi_rule *rule, uint64_t world, const uint64_t *cfa)
{
	struct mem mem = {read_world, &world};
	struct regs regs = {0};
	uint64_t v;

	for (unsigned i = 0; i < REGS_MAX; i++)
		regs_set(&regs, i, world_reg(world, i));
	if (dwarf_expr_eval(rule->expr, rule->expr_len, 0, &regs, &mem,
		cfa != NULL, cfa != NULL ? *cfa : 0, &v) != EXPR_OK)
		return (struct meaning){NO_MEANING, 0};
	return (struct meaning){rule->kind == CFI_VAL_EXPR ? IS : SAVED_AT, v};
}

static struct meaning
our_rule(const struct cfi_rule *rule, uint64_t world, uint64_t cfa)
{
	switch (rule->kind) {
	case CFI_SAME:
		return (struct meaning){SAME, 0};
	case CFI_OFFSET:
		return (struct meaning){SAVED_AT, cfa + (uint64_t)rule->off};
	case CFI_VAL_OFFSET:
		return (struct meaning){IS, cfa + (uint64_t)rule->off};
	case CFI_REGISTER:
		return (struct meaning){IN_REG, rule->reg};
	case CFI_EXPR:
	case CFI_VAL_EXPR:
		return our_expr(rule, world, &cfa);
	default:
		return (struct meaning){UNDEFINED, 0};
	}
}

static struct meaning
our_cfa(const struct cfi_rule *rule, uint64_t world)
{
	if (rule->kind == CFI_EXPR)
		return our_expr(rule, world, NULL);
	if (rule->kind == CFI_REGISTER)
		return (struct meaning){SAVED_AT,
		    world_reg(world, rule->reg) + (uint64_t)rule->off};
	return (struct meaning){UNDEFINED, 0};
}

/* ---- the comparison ---- */

static bool
same(struct meaning a, struct meaning b)
{
	return a.kind == b.kind && a.v == b.v && a.kind != NO_MEANING;
}

/*
 * What libdw says of a register that the CFI does not mention: the stack
 * pointer is the CFA, the callee-saved ones and the return address are
 * unchanged, the rest is undefined. For x86_64 its list has rax where rbx is
 * meant (elfutils backends/x86_64_cfi.c, "DW_CFA_same_value, 0, %rbx"): of no
 * consequence to it, as compilers mention rbx wherever they touch it.
 * An explicit DW_CFA_same_value is no rule in our rows either.
 */
static bool
is_abi_default(
    const struct abi *abi, int reg, struct meaning theirs, uint64_t cfa)
{
	if (reg == abi->sp)
		return same(theirs, (struct meaning){IS, cfa});
	return theirs.kind == SAME ||
	       (theirs.kind == UNDEFINED && (abi->preserved >> reg & 1) == 0);
}

static void printf_like(3, 4)
    differs(struct oracle *o, uint64_t vaddr, const char *fmt, ...)
{
	va_list ap;

	if (o->differences++ >= SHOWN_MAX)
		return;
	printf("# %s at 0x%" PRIx64 ": ", o->path, vaddr);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* Whether a row before vaddr, in its FDE, has an expression for a CFA. */
static bool
follows_expression(const struct oracle *o, uint64_t vaddr)
{
	struct cfi_row row;
	uint64_t at, end;

	if (!cfi_fde_range(o->ours, vaddr, &at, &end))
		return false;
	for (; at < vaddr; at = row.end) {
		if (cfi_row_at(o->ours, at, &row) != CFI_FOUND)
			return false;
		if (row.cfa.kind == CFI_EXPR)
			return true;
	}
	return false;
}

/*
 * libdw gives no CFA where DW_CFA_def_cfa_register follows an expression; ours
 * is libgcc's, which stands in for it (change_cfa_register() says why). Such
 * rows are only counted. Returns our CFA.
 */
static struct meaning
compare_cfa(struct oracle *o, uint64_t vaddr, const struct cfi_row *row,
    Dwarf_Frame *frame, uint64_t world)
{
	struct meaning ours = our_cfa(&row->cfa, world);
	struct meaning theirs = their_cfa(frame, world);

	if (same(ours, theirs))
		return ours;
	if (theirs.kind == UNDEFINED && row->cfa.kind == CFI_REGISTER &&
	    follows_expression(o, vaddr))
		o->kept_offsets++;
	else
		differs(o, vaddr,
		    "CFA: ours %d:0x%" PRIx64 ", libdw %d:0x%" PRIx64,
		    ours.kind, ours.v, theirs.kind, theirs.v);
	return ours;
}

static void
compare_rules(struct oracle *o, uint64_t vaddr, const struct cfi_row *row,
    Dwarf_Frame *frame, uint64_t world)
{
	struct meaning ours = compare_cfa(o, vaddr, row, frame, world), theirs;
	uint64_t cfa = ours.v;

	for (int i = 0; i < REGS_MAX; i++) {
		bool ruled = row->ruled >> i & 1;

		ours = our_rule(&row->regs[i], world, cfa);
		theirs = their_rule(frame, i, world, cfa);
		o->rules++;
		if (ruled != (row->regs[i].kind != CFI_SAME))
			differs(o, vaddr, "reg %d: wrong bit in ruled", i);
		if (ruled ? !same(ours, theirs)
			  : !is_abi_default(o->abi, i, theirs, cfa))
			differs(o, vaddr,
			    "reg %d: ours %d:0x%" PRIx64
			    ", libdw %d:0x%" PRIx64,
			    i, ours.kind, ours.v, theirs.kind, theirs.v);
	}
}

/*
 * libdw's DW_CFA_restore_state brings back the start of the row that was
 * remembered too, so that the restored row seems to begin before its own first
 * byte. Such a start is only counted: it has to be that of an earlier row in
 * the same FDE. Ours is proved all the same, for at its last byte before the
 * row libdw gives the end, and rows are checked to follow one another.
 */
static void
compare_range(struct oracle *o, uint64_t vaddr, const struct cfi_row *row,
    uint64_t start, uint64_t end)
{
	struct cfi_row earlier;
	uint64_t fde_start, fde_end;

	if (end == row->end && start == row->start)
		return;
	if (end == row->end && start < row->start &&
	    cfi_fde_range(o->ours, vaddr, &fde_start, &fde_end) &&
	    start >= fde_start &&
	    cfi_row_at(o->ours, start, &earlier) == CFI_FOUND &&
	    earlier.start == start)
		o->restored_starts++;
	else
		differs(o, vaddr,
		    "range: ours [0x%" PRIx64 ", 0x%" PRIx64
		    "), libdw [0x%" PRIx64 ", 0x%" PRIx64 ")",
		    row->start, row->end, start, end);
}

static void
compare_frame(struct oracle *o, uint64_t vaddr, const struct cfi_row *row,
    Dwarf_Frame *frame)
{
	Dwarf_Addr start, end;
	bool is_signal;
	int ra = dwarf_frame_info(frame, &start, &end, &is_signal);

	compare_range(o, vaddr, row, start, end);
	if (ra != row->ra_reg)
		differs(
		    o, vaddr, "return address column: %d, %d", row->ra_reg, ra);
	if (is_signal != row->is_signal)
		differs(
		    o, vaddr, "signal flag: %d, %d", row->is_signal, is_signal);
	for (uint64_t world = 1; world <= WORLDS; world++)
		compare_rules(o, vaddr, row, frame, world);
}

static Dwarf_Frame *
their_frame(const struct oracle *o, uint64_t vaddr)
{
	Dwarf_Frame *frame;

	if (o->eh != NULL && dwarf_cfi_addrframe(o->eh, vaddr, &frame) == 0)
		return frame;
	if (o->debug != NULL &&
	    dwarf_cfi_addrframe(o->debug, vaddr, &frame) == 0)
		return frame;
	return NULL;
}

static void
compare_at(struct oracle *o, uint64_t vaddr)
{
	struct cfi_row row;
	enum cfi_result found = cfi_row_at(o->ours, vaddr, &row);
	bool is_last;
	const struct cfi_compact *rule =
	    cfi_compact_at(o->ours, vaddr, &is_last);
	Dwarf_Frame *frame = their_frame(o, vaddr);

	o->addresses++;
	o->slow += rule->kind == COMPACT_SLOW;
	found = compact_expand(
	    rule, module_machine(o->module), found, &row);
	/* A row without a CFA is no row to us. */
	if (frame != NULL && found == CFI_BAD &&
	    their_cfa(frame, 1).kind == UNDEFINED)
		o->rows_without_cfa++;
	else if (frame == NULL && found == CFI_FOUND &&
		 stands_behind_a_zero(o, vaddr))
		o->behind_zeros++;
	else if ((found == CFI_FOUND) != (frame != NULL))
		differs(o, vaddr, "%s only (ours: %d; libdw: %s)",
		    frame != NULL ? "libdw" : "ours", found,
		    frame != NULL ? "found" : dwarf_errmsg(-1));
	else if (frame != NULL)
		compare_frame(o, vaddr, &row, frame);
	free(frame);
}

static bool
compare_fde(void *ctx, uint64_t start, uint64_t end)
{
	struct oracle *o = ctx;
	struct cfi_row row;

	if (o->fdes++ % o->every != 0)
		return true;
	for (uint64_t at = start; at < end; at = row.end) {
		compare_at(o, at - 1);
		compare_at(o, at);
		if (cfi_row_at(o->ours, at, &row) != CFI_FOUND)
			return true; /* compare_at() has counted it */
		o->rows++;
		if (row.start != at || row.end <= at || row.end > end) {
			differs(o, at, "rows are not one after the other");
			return true;
		}
		if (row.end > at + 1)
			compare_at(o, at + 1);
	}
	compare_at(o, end - 1);
	compare_at(o, end);
	return true;
}

static const struct abi *
abi_of(const struct module *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++)
		if (abis[i].machine == module_machine(m))
			return &abis[i];
	return NULL;
}

static bool
open_file(struct oracle *o, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct err err;

	o->path = path;
	if (fd < 0 || module_open(fd, path, &o->module, &err) != 0 ||
	    (o->abi = abi_of(o->module)) == NULL)
		return false;
	o->ours = cfi_new(o->module);
	o->fd = open(path, O_RDONLY | O_CLOEXEC);
	o->elf = elf_begin(o->fd, ELF_C_READ_MMAP, NULL);
	o->eh = dwarf_getcfi_elf(o->elf);
	o->dwarf = dwarf_begin_elf(o->elf, DWARF_C_READ, NULL);
	if (o->dwarf != NULL)
		o->debug = dwarf_getcfi(o->dwarf);
	return true;
}

static void
close_file(struct oracle *o)
{
	(void)dwarf_cfi_end(o->eh);
	(void)dwarf_end(o->dwarf);
	(void)elf_end(o->elf);
	(void)close(o->fd);
	cfi_free(o->ours);
	module_unref(o->module);
}

static bool
compare_file(int number, const char *path, unsigned every)
{
	struct oracle o = {.every = every};
	bool ok;

	if (!open_file(&o, path)) {
		printf("not ok %d - %s: cannot be opened\n", number, path);
		return false;
	}
	cfi_each_fde(o.ours, compare_fde, &o);
	ok = o.differences == 0 && (o.fdes > 0 || !has_fdes(&o));
	printf("%s %d - %s: %" PRIu64 " FDEs, %" PRIu64 " rows, %" PRIu64
	       " addresses, %" PRIu64 " rules compared, %" PRIu64
	       " differences\n",
	    ok ? "ok" : "not ok", number, path, o.fdes, o.rows, o.addresses,
	    o.rules, o.differences);
	printf("# explained: %" PRIu64 " starts of restored rows, %" PRIu64
	       " CFAs with a kept offset, %" PRIu64
	       " rows without a CFA, %" PRIu64
	       " addresses behind a zero; %" PRIu64
	       " without a compact rule\n",
	    o.restored_starts, o.kept_offsets, o.rows_without_cfa,
	    o.behind_zeros, o.slow);
	fflush(stdout);
	close_file(&o);
	return ok;
}

int
main(int argc, char *argv[])
{
	unsigned every = 1;
	bool ok = true;
	int c;

	while ((c = getopt(argc, argv, "k:")) != -1) {
		if (c != 'k')
			return 2;
		every = (unsigned)strtoul(optarg, NULL, 10);
	}
	if (optind == argc || every == 0)
		return 2;
	(void)elf_version(EV_CURRENT);
	printf("1..%d\n", argc - optind);
	for (int i = optind; i < argc; i++)
		if (!compare_file(i - optind + 1, argv[i], every))
			ok = false;
	return ok ? 0 : 1;
}

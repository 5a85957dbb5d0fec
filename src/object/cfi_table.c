/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/cfi_table.h"

#include "base/xalloc.h"
#include "object/cfa_program.h"
#include "object/cfi_rules.h"
#include "object/fde_table.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

/*
 * libxul has 273,834 FDEs and 2.4 million rows. A file with more FDEs than the
 * first is not compiled at all, FDEs beyond the second are not: 32 MB.
 */
#define FDES_MAX  (4u << 20)
#define WORDS_MAX (8u << 20)
/* Of one FDE. The longest program of a Debian system has 13,365 operators. */
#define ROWS_MAX (1u << 15)
/* Blocks are never smaller than this: 256 bytes. */
#define BLOCK_SHIFT_MIN 8

/* In place of an index of words. No FDE begins there. */
enum { SLOT_NEW, SLOT_SLOW, SLOT_FIRST };

/* So many rows of an FDE are compared with no jump among them. */
#define ROWS_AT_ONCE 8

#define WORDS_FIRST 1024

#define HEAD_WORDS 2
#define HEAD_WIDE  (1u << 31) /* of the number of rows */

static const struct cfi_compact slow = {.kind = COMPACT_SLOW};
static const struct cfi_compact none = {.kind = COMPACT_NONE};

void
cfi_table_init(struct cfi_table *t, const struct fde_table *fdes,
    struct cfi_rules *rules, int machine)
{
	*t = (struct cfi_table){.fdes = fdes,
	    .rules = rules,
	    .machine = machine,
	    .unit_shift = machine == EM_AARCH64 ? 2 : 0};
}

void
cfi_table_deinit(struct cfi_table *t)
{
	free(t->blocks);
	free(t->slots);
	free(t->words);
	*t = (struct cfi_table){0};
}

/* ---- which FDE ---- */

static inline uint64_t
start_of(const struct cfi_table *t, size_t i)
{
	int32_t rel;

	if (t->pairs == NULL)
		return fde_table_start(t->fdes, i);
	memcpy(&rel, t->pairs + 2 * sizeof(rel) * i, sizeof(rel));
	return t->pairs_base + (uint64_t)rel;
}

/* As small as gives no more blocks than there are FDEs. */
static void
choose_blocks(struct cfi_table *t)
{
	uint64_t last = start_of(t, t->fdes->n - 1);

	t->base = start_of(t, 0);
	t->block_shift = BLOCK_SHIFT_MIN;
	while ((last - t->base) >> t->block_shift >= t->fdes->n)
		t->block_shift++;
	t->n_blocks = (size_t)((last - t->base) >> t->block_shift) + 1;
}

static void
make_index(struct cfi_table *t)
{
	const struct eh_frame_hdr *hdr = &t->fdes->hdr;
	size_t i = 0;

	if (hdr->n != 0 && hdr->enc == EH_FRAME_HDR_USUAL) {
		t->pairs = hdr->table;
		t->pairs_base = hdr->space.vaddr;
	}
	choose_blocks(t);
	t->blocks = xcalloc(t->n_blocks + 1, sizeof(*t->blocks));
	for (size_t b = 0; b < t->n_blocks; b++) {
		uint64_t off = (uint64_t)b << t->block_shift;

		while (start_of(t, i) - t->base < off)
			i++;
		t->blocks[b] = (uint32_t)i;
	}
	t->blocks[t->n_blocks] = (uint32_t)t->fdes->n;
	t->slots = xcalloc(t->fdes->n, sizeof(*t->slots));
	t->words = xcalloc(WORDS_FIRST, sizeof(*t->words));
	t->cap_words = WORDS_FIRST;
	t->n_words = SLOT_FIRST;
}

/* So many FDEs of a block are counted all at once, with no jump among them. */
#define AT_ONCE 4

/* How many FDEs start at or below vaddr, which is not below the first. */
static size_t
count_up_to(const struct cfi_table *t, uint64_t vaddr)
{
	uint64_t block = (vaddr - t->base) >> t->block_shift;
	size_t b = block < t->n_blocks ? (size_t)block : t->n_blocks - 1;
	size_t lo = t->blocks[b], hi = t->blocks[b + 1], n = 0;

	if (hi - lo <= AT_ONCE && lo + AT_ONCE <= t->fdes->n) {
		for (size_t k = 0; k < AT_ONCE; k++)
			n += start_of(t, lo + k) <= vaddr;
		return lo + n;
	}
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (start_of(t, mid) <= vaddr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* ---- its rows ---- */

/* The rows of one FDE in the making. */
struct rows {
	struct cfi_table *t;
	size_t head; /* index of words */
	unsigned unit_shift;
	bool is_wide;
	size_t n;
	uint16_t last; /* the rule of the row before */
};

/* There is always room to read ROWS_AT_ONCE behind what there is. */
static void
put_word(struct cfi_table *t, uint32_t word)
{
	if (t->n_words + ROWS_AT_ONCE >= t->cap_words) {
		t->cap_words *= 2;
		t->words = xreallocarray(
		    t->words, t->cap_words, sizeof(*t->words));
	}
	t->words[t->n_words++] = word;
}

/* False when it cannot be told so; a row that says the same is no new one. */
static bool
put_row(struct rows *r, uint64_t off, const struct cfi_compact *rule)
{
	uint16_t id = cfi_rules_intern(r->t->rules, rule);

	if (r->n > 0 && id == r->last)
		return true;
	if (r->n == ROWS_MAX || r->t->n_words + 2 > WORDS_MAX)
		return false;
	if (r->is_wide) {
		put_word(r->t, (uint32_t)off);
		put_word(r->t, id);
	} else if (off >> r->unit_shift << r->unit_shift != off) {
		return false;
	} else {
		put_word(r->t, (uint32_t)(off >> r->unit_shift) << 16 | id);
	}
	r->last = id;
	r->n++;
	return true;
}

/* The same that cfa_row_at() would find. */
static bool
put_rows(struct rows *r, const struct fde *fde)
{
	const struct cfi_compact bad = {.kind = COMPACT_BAD};
	int machine = r->t->machine;
	struct cfi_row row;
	struct cfa_run run;

	if (!cfa_run_start(&run, fde, machine, &row))
		return put_row(r, 0, &bad);
	while (cfa_run_next(&run)) {
		struct cfi_compact rule = bad;

		if (cfa_row_is_whole(&row))
			rule = compact_of_row(&row, machine);
		if (!put_row(r, row.start - fde->start, &rule))
			return false;
	}
	return !run.bad || put_row(r, row.start - fde->start, &bad);
}

static bool
compile_as(struct cfi_table *t, const struct fde *fde, bool is_wide)
{
	struct rows r = {.t = t,
	    .head = t->n_words,
	    .unit_shift = t->unit_shift,
	    .is_wide = is_wide};

	if (t->n_words + HEAD_WORDS > WORDS_MAX)
		return false;
	put_word(t, (uint32_t)(fde->end - fde->start));
	put_word(t, 0);
	if (!put_rows(&r, fde)) {
		t->n_words = r.head;
		return false;
	}
	t->words[r.head + 1] = (uint32_t)r.n | (is_wide ? HEAD_WIDE : 0);
	t->n_rows += r.n;
	return true;
}

/*
 * Whether FDE i is the one to ask for all that lies between it and the next.
 * Of several with one start it depends on the address.
 */
static bool
is_simple(const struct cfi_table *t, size_t i, struct fde *ret)
{
	uint64_t start = start_of(t, i);

	if (i > 0 && start_of(t, i - 1) == start)
		return false;
	return fde_table_get(t->fdes, i, ret) && ret->start == start &&
	       ret->end - ret->start <= UINT32_MAX;
}

static void
compile(struct cfi_table *t, size_t i)
{
	size_t at = t->n_words;
	struct fde fde;
	uint64_t units;

	t->slots[i] = SLOT_SLOW;
	t->n_slow++;
	if (!is_simple(t, i, &fde))
		return;
	units = (fde.end - fde.start) >> t->unit_shift;
	if ((units <= UINT16_MAX && compile_as(t, &fde, false)) ||
	    compile_as(t, &fde, true)) {
		t->slots[i] = (uint32_t)at;
		t->n_slow--;
		t->n_compiled++;
	}
}

/* The rule of the last row that begins at or below off; the first is at 0. */
static uint16_t
narrow_rule(const uint32_t *rows, size_t n, uint32_t off)
{
	uint32_t key = off << 16 | 0xffff;
	size_t lo = 0;

	if (n <= ROWS_AT_ONCE) {
		for (size_t k = 1; k < ROWS_AT_ONCE; k++)
			lo += (k < n) & (rows[k] <= key);
		return (uint16_t)rows[lo];
	}
	while (n > 1) {
		size_t half = n / 2;

		lo = rows[lo + half] <= key ? lo + half : lo;
		n -= half;
	}
	return (uint16_t)rows[lo];
}

static uint16_t
wide_rule(const uint32_t *rows, size_t n, uint32_t off)
{
	size_t lo = 0;

	while (n > 1) {
		size_t half = n / 2;

		lo = rows[2 * (lo + half)] <= off ? lo + half : lo;
		n -= half;
	}
	return (uint16_t)rows[2 * lo + 1];
}

static const struct cfi_compact *
rule_at(const struct cfi_table *t, uint32_t slot, uint64_t off)
{
	const uint32_t *head = t->words + slot, *rows = head + HEAD_WORDS;
	size_t n = head[1] & ~HEAD_WIDE;

	if (off >= head[0])
		return &none;
	return &t->rules->v[(head[1] & HEAD_WIDE) != 0
		? wide_rule(rows, n, (uint32_t)off)
		: narrow_rule(rows, n, (uint32_t)off >> t->unit_shift)];
}

const struct cfi_compact *
cfi_table_find(struct cfi_table *t, uint64_t vaddr)
{
	size_t n = t->fdes != NULL ? t->fdes->n : 0, i;

	if (n == 0)
		return &none;
	if (n > FDES_MAX)
		return &slow;
	if (t->blocks == NULL)
		make_index(t);
	if (vaddr < t->base)
		return &none;
	i = count_up_to(t, vaddr) - 1;
	if (t->slots[i] == SLOT_NEW)
		compile(t, i);
	if (t->slots[i] == SLOT_SLOW)
		return &slow;
	return rule_at(
	    t, t->slots[i], vaddr - start_of(t, i));
}

void
cfi_table_compile_all(struct cfi_table *t)
{
	for (size_t i = 0; t->fdes != NULL && i < t->fdes->n; i++)
		(void)cfi_table_find(t, start_of(t, i));
}

size_t
cfi_table_index_bytes(const struct cfi_table *t)
{
	if (t->blocks == NULL)
		return 0;
	return (t->n_blocks + 1) * sizeof(*t->blocks) +
	       t->fdes->n * sizeof(*t->slots);
}

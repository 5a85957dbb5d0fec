/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/cfi.h"

#include "base/xalloc.h"
#include "object/cfa_program.h"
#include "object/cfi_compact.h"
#include "object/cfi_rules.h"
#include "object/cfi_table.h"
#include "object/fde_table.h"
#include "object/module.h"

#include <stdlib.h>

/*
 * .eh_frame, then .debug_frame. The first is what running programs unwind with
 * and nearly always whole; the second is all there is in Go programs and in
 * code compiled with -fno-asynchronous-unwind-tables -g.
 */
enum { EH, DEBUG, TABLES };
/*
 * musl, as Debian builds it, has .eh_frame for its PLT only and .debug_frame in
 * its debug file only. With more FDEs than this a file is taken to be complete:
 * looking for a debug file costs some system calls.
 */
#define FEW_FDES 16

/* machine and tables never change after cfi_new(). */
struct cfi {
	int machine;
	struct fde_table tables[TABLES];
	struct cfi_table compact[TABLES];
	struct cfi_rules rules;
};

static bool
open_section(struct module *m, const char *name, struct frame_section *ret)
{
	struct section s;

	if (!module_section(m, name, &s) || s.size == 0)
		return false;
	*ret = (struct frame_section){
	    .data = s.data, .size = s.size, .vaddr = s.vaddr};
	return true;
}

static void
open_eh_frame(struct cfi *cfi, struct module *m)
{
	struct frame_section frames;
	struct section s;
	struct eh_frame_hdr hdr;
	bool has_hdr;

	if (!open_section(m, ".eh_frame", &frames))
		return;
	frames.is_eh = true;
	has_hdr = module_eh_frame_hdr(m, &s) && eh_frame_hdr_parse(&s, &hdr) &&
		  hdr.eh_frame == frames.vaddr;
	fde_table_init(&cfi->tables[EH], &frames, has_hdr ? &hdr : NULL);
}

static bool
open_separate(struct module *m, struct frame_section *ret)
{
	struct section s;

	if (!module_separate_section(m, ".debug_frame", &s))
		return false;
	*ret = (struct frame_section){.data = s.data, .size = s.size};
	return true;
}

struct cfi *
cfi_new(struct module *m)
{
	struct cfi *cfi = xcalloc(1, sizeof(*cfi));
	struct frame_section frames;

	cfi->machine = module_machine(m);
	open_eh_frame(cfi, m);
	if (open_section(m, ".debug_frame", &frames) ||
	    (cfi->tables[EH].n <= FEW_FDES && open_separate(m, &frames)))
		fde_table_init(&cfi->tables[DEBUG], &frames, NULL);
	for (int i = 0; i < TABLES; i++)
		cfi_table_init(&cfi->compact[i], &cfi->tables[i], &cfi->rules,
		    cfi->machine);
	return cfi;
}

bool
cfi_debug_frame(const struct cfi *cfi, struct section *ret)
{
	const struct frame_section *s = &cfi->tables[DEBUG].section;

	*ret = (struct section){
	    .data = s->data, .size = s->size, .vaddr = s->vaddr};
	return s->size > 0;
}

void
cfi_free(struct cfi *cfi)
{
	if (cfi == NULL)
		return;
	for (int i = 0; i < TABLES; i++) {
		cfi_table_deinit(&cfi->compact[i]);
		fde_table_deinit(&cfi->tables[i]);
	}
	cfi_rules_deinit(&cfi->rules);
	free(cfi);
}

/* CFI_BAD where no table has a sound FDE and one has a broken one. */
static enum cfi_result
find_fde(const struct cfi *cfi, uint64_t vaddr, struct fde *ret)
{
	enum cfi_result result = CFI_NONE;

	for (int i = 0; i < TABLES; i++) {
		switch (fde_table_find(&cfi->tables[i], vaddr, ret)) {
		case CFI_FOUND:
			return CFI_FOUND;
		case CFI_BAD:
			result = CFI_BAD;
			break;
		case CFI_NONE:
			break;
		}
	}
	return result;
}

enum cfi_result
cfi_row_at(struct cfi *cfi, uint64_t vaddr, struct cfi_row *ret)
{
	struct fde fde;
	enum cfi_result result = find_fde(cfi, vaddr, &fde);

	return result == CFI_FOUND ? cfa_row_at(&fde, cfi->machine, vaddr, ret)
				   : result;
}

/* Where the first table has no FDE, as find_fde() has it, ask the next. */
const struct cfi_compact *
cfi_compact_at(struct cfi *cfi, uint64_t vaddr, bool *ret_last)
{
	const struct cfi_compact *found =
	    cfi_table_find(&cfi->compact[EH], vaddr, ret_last);

	return found->kind != COMPACT_NONE
		   ? found
		   : cfi_table_find(&cfi->compact[DEBUG], vaddr, ret_last);
}

void
cfi_compile_all(struct cfi *cfi)
{
	for (int i = 0; i < TABLES; i++)
		cfi_table_compile_all(&cfi->compact[i]);
}

struct cfi_figures
cfi_figures(const struct cfi *cfi)
{
	struct cfi_figures f = {.rules = cfi->rules.n,
	    .row_bytes = cfi->rules.n * sizeof(struct cfi_compact)};

	for (int i = 0; i < TABLES; i++) {
		const struct cfi_table *t = &cfi->compact[i];

		f.fdes += cfi->tables[i].n;
		f.compiled += t->n_compiled;
		f.slow += t->n_slow;
		f.rows += t->n_rows;
		f.row_bytes += t->cap_words * sizeof(*t->words);
		f.index_bytes += cfi_table_index_bytes(t);
	}
	return f;
}

bool
cfi_fde_range(
    struct cfi *cfi, uint64_t vaddr, uint64_t *ret_start, uint64_t *ret_end)
{
	struct fde fde;

	if (find_fde(cfi, vaddr, &fde) != CFI_FOUND)
		return false;
	*ret_start = fde.start;
	*ret_end = fde.end;
	return true;
}

/* A place in one table, for going through both at once. */
struct place {
	const struct fde_table *table;
	size_t next;
	struct fde fde; /* entry next - 1 */
	bool done;
};

/* To the next FDE that is sound, not empty and not the one before again. */
static void
move_on(struct place *p)
{
	uint64_t last = p->next != 0 ? p->fde.start : 0;

	while (p->next < p->table->n) {
		bool sound = fde_table_get(p->table, p->next++, &p->fde);

		if (sound && p->fde.start < p->fde.end && p->fde.start > last)
			return;
	}
	p->done = true;
}

void
cfi_each_fde(struct cfi *cfi,
    bool (*fn)(void *ctx, uint64_t start, uint64_t end), void *ctx)
{
	struct place places[TABLES];
	uint64_t last = 0;

	for (int i = 0; i < TABLES; i++) {
		places[i] = (struct place){.table = &cfi->tables[i]};
		move_on(&places[i]);
	}
	while (!places[EH].done || !places[DEBUG].done) {
		bool eh = !places[EH].done &&
			  (places[DEBUG].done ||
			      places[EH].fde.start <= places[DEBUG].fde.start);
		struct place *p = &places[eh ? EH : DEBUG];

		if (p->fde.start > last && !fn(ctx, p->fde.start, p->fde.end))
			return;
		last = p->fde.start;
		move_on(p);
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/symtab.h"

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "object/cfi.h"
#include "object/debug_file.h"
#include "object/mini_debug.h"
#include "object/module.h"
#include "object/module_private.h"
#include "object/plt.h"
#include "object/symbol_table.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

/* At the most two: .dynsym and what an embedded file adds to it. */
#define TABLES_MAX 2
/*
 * Looks that one pass takes at symbols near wanted addresses. In honest tables
 * each address has a few, or some thousands where identical functions were
 * folded; in a crafted one, each symbol may lie over all of them.
 */
#define LOOKS_MAX (4u << 20)
/* ifuncs that a PLT may call by their place alone: glibc has some dozens. */
#define RESOLVERS_MAX 65536

/*
 * What the tables say of one wanted address. While a pass is under way, start,
 * label and covered_to speak only of symbols between this address and the
 * wanted one before it.
 */
struct answer {
	uint64_t vaddr;
	struct candidate *over; /* the innermost that has a size and holds it */
	uint64_t start;		/* of the last that starts at or before it */
	struct candidate *label; /* that one, where it has no size */
	uint64_t covered_to;	/* where those before it end at the latest */
	struct candidate *plt;	/* the entry of the PLT that holds it */
	bool plt_tried;
};

struct symtab {
	struct module *m;
	bool opened;
	bool full;
	struct symbol_table tables[TABLES_MAX];
	size_t n_tables;
	uint8_t *mini_image;
	Elf *mini_elf; /* reads mini_image */
	struct answer *v; /* by vaddr */
	size_t n;
	bool resolvers_wanted;
};

struct symtab *
symtab_new(struct module *m)
{
	struct symtab *st = xcalloc(1, sizeof(*st));

	st->m = m;
	return st;
}

void
symtab_free(struct symtab *st)
{
	if (st == NULL)
		return;
	for (size_t i = 0; i < st->n; i++) {
		candidate_unref(st->v[i].over);
		candidate_unref(st->v[i].label);
		candidate_unref(st->v[i].plt);
	}
	free(st->v);
	for (size_t i = 0; i < st->n_tables; i++)
		symbol_table_close(&st->tables[i]);
	(void)elf_end(st->mini_elf);
	free(st->mini_image);
	free(st);
}

static bool
open_table(struct symtab *st, Elf *elf, struct file_bytes bytes, unsigned type)
{
	if (!symbol_table_open(
		&st->tables[st->n_tables], elf, bytes, type))
		return false;
	st->n_tables++;
	return true;
}

static void
open_dynamic(struct symtab *st)
{
	symbol_table_open_dynamic(&st->tables[st->n_tables++],
	    module_elf(st->m), module_dynamic(st->m));
}

static bool
open_mini_debug(struct symtab *st)
{
	struct section s;
	size_t size;

	if (!module_section(st->m, ".gnu_debugdata", &s))
		return false;
	st->mini_image = mini_debug_unpack(s.data, s.size, &size);
	if (st->mini_image == NULL)
		return false;
	st->mini_elf = elf_memory((char *)st->mini_image, size);
	return st->mini_elf != NULL &&
	       open_table(st, st->mini_elf,
		   (struct file_bytes){.fd = -1,
		       .image = st->mini_image,
		       .image_size = size},
		   SHT_SYMTAB);
}

static bool
open_debug_file(struct symtab *st)
{
	struct debug_file *df = module_debug_file(st->m);

	return df != NULL && open_table(st, debug_file_elf(df),
				 debug_file_bytes(df), SHT_SYMTAB);
}

/* .symtab holds all that .dynsym does, the embedded one only what it lacks. */
static void
open_tables(struct symtab *st)
{
	Elf *elf = module_elf(st->m);
	struct file_bytes bytes = module_bytes(st->m);

	if (st->opened)
		return;
	st->opened = true;
	st->full = open_table(st, elf, bytes, SHT_SYMTAB) ||
		   open_debug_file(st);
	if (!st->full) {
		if (!open_table(st, elf, bytes, SHT_DYNSYM))
			open_dynamic(st);
		st->full = open_mini_debug(st);
	}
}

/* One pass over the tables, for the addresses v[0] to v[n - 1]. */
struct pass {
	struct symtab *st;
	struct answer *v;
	size_t n;
	uint32_t looks_left;
};

/* The first wanted address that is not before vaddr; n: none. */
static size_t
first_from(const struct pass *p, uint64_t vaddr)
{
	size_t lo = 0, hi = p->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->v[mid].vaddr < vaddr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Takes *slot's place if it is better: of a later start, or a better alias. */
static void
offer(struct candidate **slot, struct candidate *c)
{
	if (*slot != NULL && candidate_compare(*slot, c) >= 0)
		return;
	candidate_unref(*slot);
	*slot = candidate_ref(c);
}

static void
set_label(struct answer *a, uint64_t start, struct candidate *label)
{
	candidate_unref(a->label);
	a->label = label != NULL ? candidate_ref(label) : NULL;
	a->start = start;
}

static struct candidate *
look(struct pass *p, const struct symbol_table *t, const struct raw_symbol *sym)
{
	if (p->looks_left == 0)
		return NULL;
	p->looks_left--;
	return candidate_new(t, sym);
}

static void
cover(struct pass *p, const struct symbol_table *t,
    const struct raw_symbol *sym, size_t i)
{
	uint64_t end = sym->vaddr + sym->size;
	struct candidate *c = look(p, t, sym);

	for (; c != NULL && i < p->n && p->v[i].vaddr < end; i++) {
		if (p->looks_left == 0)
			break;
		p->looks_left--;
		offer(&p->v[i].over, c);
	}
	candidate_unref(c);
}

/*
 * A symbol that says where it ends. Its name is read only if it holds a wanted
 * address; else all that matters is that something starts and ends there.
 */
static void
take_sized(struct pass *p, const struct symbol_table *t,
    const struct raw_symbol *sym, size_t i)
{
	struct answer *a = &p->v[i];
	uint64_t end = sym->vaddr + sym->size;

	if (sym->vaddr >= a->start)
		set_label(a, sym->vaddr, NULL);
	if (end > a->covered_to)
		a->covered_to = end;
	if (a->vaddr < end)
		cover(p, t, sym, i);
}

/* At one start, what has a size comes before a label; at 0 is no code. */
static void
take_label(struct pass *p, const struct symbol_table *t,
    const struct raw_symbol *sym, size_t i)
{
	struct answer *a = &p->v[i];
	struct candidate *c;

	if (sym->vaddr < a->start ||
	    (sym->vaddr == a->start && a->label == NULL))
		return;
	c = look(p, t, sym);
	if (c == NULL)
		return;
	if (a->label == NULL || candidate_compare(a->label, c) < 0)
		set_label(a, sym->vaddr, c);
	candidate_unref(c);
}

static void
take(void *ctx, const struct symbol_table *t, const struct raw_symbol *sym)
{
	struct pass *p = ctx;
	size_t i = first_from(p, sym->vaddr);

	if (i == p->n || !symbol_is_code(p->st->m, t, sym))
		return;
	if (sym->size != 0)
		take_sized(p, t, sym, i);
	else
		take_label(p, t, sym, i);
}

/* What starts before one address starts before the next one too. */
static void
carry_forward(struct pass *p)
{
	for (size_t i = 1; i < p->n; i++) {
		const struct answer *last = &p->v[i - 1];
		struct answer *a = &p->v[i];

		if (last->start > a->start)
			set_label(a, last->start, last->label);
		if (last->covered_to > a->covered_to)
			a->covered_to = last->covered_to;
	}
}

static int
by_vaddr(const void *pa, const void *pb)
{
	const struct answer *a = pa, *b = pb;

	return (a->vaddr > b->vaddr) - (a->vaddr < b->vaddr);
}

static struct answer *
find_answer(const struct symtab *st, uint64_t vaddr)
{
	struct answer key = {.vaddr = vaddr};

	return st->n == 0 ? NULL
			  : bsearch(&key, st->v, st->n, sizeof(*st->v),
				by_vaddr);
}

/* Those that were not answered before, sorted, each once; how many. */
static size_t
pick_new(const struct symtab *st, const uint64_t *vaddrs, size_t n,
    struct answer *v)
{
	size_t picked = 0, kept = 0;

	for (size_t i = 0; i < n; i++)
		if (find_answer(st, vaddrs[i]) == NULL)
			v[picked++] = (struct answer){.vaddr = vaddrs[i]};
	if (picked == 0)
		return 0;
	qsort(v, picked, sizeof(*v), by_vaddr);
	for (size_t i = 0; i < picked; i++)
		if (kept == 0 || v[kept - 1].vaddr != v[i].vaddr)
			v[kept++] = v[i];
	return kept;
}

/* Both are sorted, and no address is in both. */
static void
merge(struct symtab *st, const struct answer *v, size_t n)
{
	size_t old = st->n;

	st->n += n;
	st->v = xreallocarray(st->v, st->n, sizeof(*st->v));
	for (size_t to = st->n; n > 0; to--)
		if (old > 0 && st->v[old - 1].vaddr > v[n - 1].vaddr)
			st->v[to - 1] = st->v[--old];
		else
			st->v[to - 1] = v[--n];
}

void
symtab_want(struct symtab *st, const uint64_t *vaddrs, size_t n)
{
	_cleanup_free_ struct answer *v = xcalloc(n, sizeof(*v));
	struct pass p = {.st = st, .v = v, .looks_left = LOOKS_MAX};

	open_tables(st);
	p.n = pick_new(st, vaddrs, n, v);
	if (p.n == 0)
		return;
	for (size_t i = 0; i < st->n_tables; i++)
		symbol_table_each(&st->tables[i], take, &p);
	carry_forward(&p);
	merge(st, v, p.n);
}

/* Two addresses of one FDE, or both of code that has none. */
static bool
same_fde(struct cfi *cfi, uint64_t a, uint64_t b)
{
	uint64_t start, end;

	if (cfi_fde_range(cfi, a, &start, &end))
		return b >= start && b < end;
	return !cfi_fde_range(cfi, b, &start, &end);
}

/*
 * A symbol without a size gets what lies between it and the next one, unless a
 * function that has a size covers it: then it is a label inside.
 */
static const struct candidate *
label_before(const struct symtab *st, const struct answer *a)
{
	const struct candidate *c = a->label;

	if (c == NULL || a->vaddr >= c->limit || c->vaddr < a->covered_to ||
	    !same_fde(module_cfi(st->m), c->vaddr, a->vaddr))
		return NULL;
	return c;
}

/* One pass for the ifuncs of all entries, however many are looked at. */
static void
want_resolvers(struct symtab *st, const struct plt *p)
{
	_cleanup_free_ uint64_t *v = NULL;
	size_t n = 0, cap = 0;

	if (st->resolvers_wanted)
		return;
	st->resolvers_wanted = true;
	for (size_t i = 0; i < p->n && n < RESOLVERS_MAX; i++) {
		if (p->v[i].name != NULL)
			continue;
		GROW(v, n, cap);
		v[n++] = p->v[i].resolver;
	}
	symtab_want(st, v, n);
}

/*
 * The name of the symbol that begins at vaddr, or NULL. Not of an entry of the
 * PLT: a crafted one could have the next for its ifunc, and so on.
 */
static const char *
name_of_symbol_at(const struct symtab *st, uint64_t vaddr)
{
	const struct answer *a = find_answer(st, vaddr);
	const struct candidate *c;

	if (a == NULL)
		return NULL;
	c = a->over != NULL ? a->over : label_before(st, a);
	return c != NULL && c->vaddr == vaddr ? c->name : NULL;
}

/* An entry that calls an ifunc of the same file knows only where it stands. */
static struct candidate *
name_plt_entry(struct symtab *st, const struct plt_entry *e)
{
	const char *name = e->name;

	if (name == NULL) {
		want_resolvers(st, module_plt(st->m));
		name = name_of_symbol_at(st, e->resolver);
	}
	return name != NULL ? candidate_new_plt(e->vaddr, e->size, name)
			    : NULL;
}

/* Its answer, looked for if need be; NULL where there is no room for more. */
static struct answer *
answer_for(struct symtab *st, uint64_t vaddr)
{
	struct answer *a = find_answer(st, vaddr);

	if (a != NULL)
		return a;
	symtab_want(st, &vaddr, 1);
	return find_answer(st, vaddr);
}

/* With the PLT, which may look up more and so move the answers. */
static const struct answer *
full_answer(struct symtab *st, uint64_t vaddr)
{
	struct answer *a = answer_for(st, vaddr);
	const struct plt_entry *e;
	struct candidate *plt;

	if (a == NULL || a->over != NULL || a->plt_tried)
		return a;
	a->plt_tried = true;
	e = plt_find(module_plt(st->m), vaddr);
	if (e == NULL)
		return a;
	plt = name_plt_entry(st, e);
	a = find_answer(st, vaddr);
	if (a != NULL)
		a->plt = plt;
	return a;
}

bool
symtab_find(struct symtab *st, uint64_t vaddr, struct symbol *ret)
{
	const struct answer *a = full_answer(st, vaddr);
	const struct candidate *c;

	if (a == NULL)
		return false;
	c = a->over != NULL ? a->over : a->plt;
	if (c == NULL)
		c = label_before(st, a);
	if (c == NULL)
		return false;
	*ret = (struct symbol){
	    .vaddr = c->vaddr, .size = c->size, .name = c->name};
	return true;
}

struct tour {
	void (*fn)(void *ctx, const struct symtab_entry *e);
	void *ctx;
	const struct module *m;
};

static void
show(const struct tour *tour, const struct candidate *c)
{
	static const uint8_t bindings[] = {STB_GLOBAL, STB_WEAK, STB_LOCAL};
	const struct symtab_entry e = {
	    .sym = {.vaddr = c->vaddr, .size = c->size, .name = c->name},
	    .limit = c->limit,
	    .binding = bindings[c->binding],
	};

	tour->fn(tour->ctx, &e);
}

static void
show_symbol(
    void *ctx, const struct symbol_table *t, const struct raw_symbol *sym)
{
	const struct tour *tour = ctx;
	struct candidate *c;

	if (!symbol_is_code(tour->m, t, sym))
		return;
	c = candidate_new(t, sym);
	if (c != NULL)
		show(tour, c);
	candidate_unref(c);
}

static void
show_plt(struct symtab *st, const struct tour *tour)
{
	const struct plt *p = module_plt(st->m);

	for (size_t i = 0; i < p->n; i++) {
		struct candidate *c = name_plt_entry(st, &p->v[i]);

		if (c != NULL)
			show(tour, c);
		candidate_unref(c);
	}
}

void
symtab_each(struct symtab *st,
    void (*fn)(void *ctx, const struct symtab_entry *e), void *ctx)
{
	struct tour tour = {.fn = fn, .ctx = ctx, .m = st->m};

	open_tables(st);
	for (size_t i = 0; i < st->n_tables; i++)
		symbol_table_each(&st->tables[i], show_symbol, &tour);
	show_plt(st, &tour);
}

bool
symtab_is_full(struct symtab *st)
{
	open_tables(st);
	return st->full;
}

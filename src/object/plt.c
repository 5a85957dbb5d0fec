/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/plt.h"

#include "base/attr.h"
#include "base/cursor.h"
#include "base/xalloc.h"
#include "object/dynamic.h"
#include "object/module.h"
#include "object/module_private.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

/* .plt.got has entries of 8 bytes where there is no endbr64, all others 16. */
#define ENTRY 16u
#define SHORT_ENTRY 8u
/* clang's .plt is 30 KiB; the largest one seen, of a debug build, 1.2 MiB. */
#define SECTION_MAX (8u << 20)
/*
 * Where nothing says which code is the PLT: GNU ld puts it at the beginning of
 * its segment, lld at the end.
 */
#define SCAN_MAX (64u << 10)

/* While the entries are looked for. */
struct search {
	const struct dynamic *dynamic;
	const struct got_slot **by_vaddr;
	struct plt *plt;
};

static int
compare_slots(const void *pa, const void *pb)
{
	const struct got_slot *a = *(const struct got_slot *const *)pa;
	const struct got_slot *b = *(const struct got_slot *const *)pb;

	return a->vaddr < b->vaddr ? -1 : a->vaddr > b->vaddr;
}

static const struct got_slot *
slot_at(const struct search *s, uint64_t vaddr)
{
	const struct got_slot key = {.vaddr = vaddr}, *pkey = &key;
	const struct got_slot **found = bsearch(&pkey, s->by_vaddr,
	    s->dynamic->n_slots, sizeof(pkey), compare_slots);

	return found != NULL ? *found : NULL;
}

static bool
skip_bytes(struct cursor *c, const char *bytes, size_t n)
{
	if (cursor_left(c) < n || memcmp(c->pos, bytes, n) != 0)
		return false;
	return cursor_skip(c, n);
}

/*
 * What the entry that begins with this code goes through, or NULL:
 *
 *	[endbr64] [bnd] jmp *slot(%rip)		any but the next
 *	endbr64; push $number; ...		lazy, where a .plt.sec jumps
 */
static const struct got_slot *
decode(const struct search *s, const uint8_t *code, size_t size, uint64_t vaddr)
{
	struct cursor c = cursor_of(code, size);
	bool has_endbr = skip_bytes(&c, "\xf3\x0f\x1e\xfa", 4);
	int32_t rel;
	uint32_t n;

	if (has_endbr && skip_bytes(&c, "\x68", 1)) {
		n = cursor_u32(&c);
		return !c.bad && n < s->dynamic->n_plt_slots
			   ? &s->dynamic->slots[n]
			   : NULL;
	}
	(void)skip_bytes(&c, "\xf2", 1);
	if (!skip_bytes(&c, "\xff\x25", 2))
		return NULL;
	rel = (int32_t)cursor_u32(&c);
	if (c.bad)
		return NULL;
	return slot_at(s,
	    vaddr + (uint64_t)(c.pos - code) + (uint64_t)(int64_t)rel);
}

/* "xchg %ax,%ax" behind a jump of 6 bytes ends a short one. */
static uint32_t
entry_size(const uint8_t *code, size_t size)
{
	bool is_short = size >= SHORT_ENTRY && code[0] == 0xff &&
			code[6] == 0x66 && code[7] == 0x90;

	return is_short ? SHORT_ENTRY : ENTRY;
}

static void
add_entry(struct search *s, uint64_t vaddr, uint32_t size,
    const struct got_slot *slot)
{
	struct plt *p = s->plt;
	const char *name = dynamic_name(s->dynamic, slot->symbol);

	if (name == NULL && slot->resolver == 0)
		return;
	GROW(p->v, p->n, p->cap);
	p->v[p->n++] = (struct plt_entry){.vaddr = vaddr,
	    .size = size,
	    .name = name,
	    .resolver = slot->resolver};
}

/*
 * All entries in this code. Outside the sections that hold nothing else, a
 * single one may be any function's last jump; two in a row are a PLT.
 */
static void
find_entries(struct search *s, const uint8_t *code, size_t size,
    uint64_t vaddr, bool is_plt)
{
	size_t at = (size_t)(-vaddr & (SHORT_ENTRY - 1));
	bool in_row = false;

	while (at + SHORT_ENTRY <= size) {
		const struct got_slot *slot =
		    decode(s, code + at, size - at, vaddr + at);
		size_t next;

		if (slot == NULL) {
			in_row = false;
			at += SHORT_ENTRY;
			continue;
		}
		next = at + entry_size(code + at, size - at);
		in_row = is_plt || in_row ||
			 (next < size && decode(s, code + next, size - next,
					     vaddr + next) != NULL);
		if (in_row)
			add_entry(s, vaddr + at, (uint32_t)(next - at), slot);
		at = next;
	}
}

static void
search_sections(struct search *s, struct module *m)
{
	static const char *const names[] = {
	    ".plt", ".plt.got", ".plt.sec", ".iplt"};
	struct section sec;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (module_section(m, names[i], &sec) &&
		    sec.size <= SECTION_MAX)
			find_entries(s, sec.data, sec.size, sec.vaddr, true);
}

static void
scan(struct search *s, const struct module *m, uint64_t vaddr, uint64_t size)
{
	uint8_t *code = xmalloc((size_t)size);

	if (module_read(m, vaddr, code, (size_t)size))
		find_entries(s, code, (size_t)size, vaddr, false);
	free(code);
}

static void
search_segments(struct search *s, const struct module *m)
{
	uint64_t vaddr, size;

	for (size_t i = 0; module_segment(m, i, &vaddr, &size); i++) {
		if (!module_is_code(m, vaddr))
			continue;
		if (size <= 2 * SCAN_MAX) {
			scan(s, m, vaddr, size);
		} else {
			scan(s, m, vaddr, SCAN_MAX);
			scan(s, m, vaddr + size - SCAN_MAX, SCAN_MAX);
		}
	}
}

static int
compare_entries(const void *pa, const void *pb)
{
	const struct plt_entry *a = pa, *b = pb;

	return a->vaddr < b->vaddr ? -1 : a->vaddr > b->vaddr;
}

/* Sections of a crafted file may lie over one another: the first entry stays */
static void
put_in_order(struct plt *p)
{
	size_t kept = 0;

	if (p->n > 0)
		qsort(p->v, p->n, sizeof(*p->v), compare_entries);
	for (size_t i = 0; i < p->n; i++)
		if (kept == 0 ||
		    p->v[i].vaddr - p->v[kept - 1].vaddr >= p->v[kept - 1].size)
			p->v[kept++] = p->v[i];
	p->n = kept;
}

struct plt *
plt_new(struct module *m)
{
	struct plt *p = xcalloc(1, sizeof(*p));
	struct search s = {.dynamic = module_dynamic(m), .plt = p};
	const struct dynamic *d = s.dynamic;

	if (d->n_slots == 0 || module_machine(m) != EM_X86_64)
		return p;
	s.by_vaddr = xcalloc(d->n_slots, sizeof(struct got_slot *));
	for (size_t i = 0; i < d->n_slots; i++)
		s.by_vaddr[i] = &d->slots[i];
	qsort(s.by_vaddr, d->n_slots, sizeof(s.by_vaddr[0]), compare_slots);
	if (module_has_sections(m))
		search_sections(&s, m);
	else
		search_segments(&s, m);
	free(s.by_vaddr);
	put_in_order(p);
	return p;
}

void
plt_free(struct plt *p)
{
	if (p == NULL)
		return;
	free(p->v);
	free(p);
}

static int
compare_to_entry(const void *pvaddr, const void *pentry)
{
	const uint64_t vaddr = *(const uint64_t *)pvaddr;
	const struct plt_entry *e = pentry;

	if (vaddr < e->vaddr)
		return -1;
	return vaddr - e->vaddr >= e->size;
}

const struct plt_entry *
plt_find(const struct plt *p, uint64_t vaddr)
{
	return p->n == 0 ? NULL
			 : bsearch(&vaddr, p->v, p->n, sizeof(*p->v),
			       compare_to_entry);
}

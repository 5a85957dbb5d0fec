/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/dynamic.h"

#include "base/xalloc.h"
#include "object/module.h"
#include "object/module_private.h"

#include <stdlib.h>
#include <string.h>

/* A program has about thirty; ld.so's own limit is the DT_NULL. */
#define ENTRIES_MAX 512
/* Exported and imported ones: libxul has 150,000 in its debug build. */
#define SYMBOLS_MAX (4u << 20)
#define NAMES_MAX (256u << 20)
/* Without RELR, Chromium has half a million. */
#define RELOCATIONS_MAX (2u << 20)
/* How many numbers or relocations are read at once. */
#define CHUNK 1024

/* What of DT_... matters here; vaddrs, 0 where there is none. */
struct tags {
	uint64_t symtab, strtab, strsz;
	uint64_t hash, gnu_hash;
	uint64_t rela, relasz;
	uint64_t jmprel, pltrelsz, pltrel;
};

static uint64_t
vaddr_of(const struct module *m, uint64_t pointer)
{
	uint64_t vaddr;

	return module_pointer(m, pointer, &vaddr) ? vaddr : 0;
}

static void
take_tag(const struct module *m, const Elf64_Dyn *d, struct tags *t)
{
	uint64_t v = d->d_un.d_val;

	switch (d->d_tag) {
	case DT_SYMTAB:
		t->symtab = vaddr_of(m, v);
		break;
	case DT_STRTAB:
		t->strtab = vaddr_of(m, v);
		break;
	case DT_STRSZ:
		t->strsz = v;
		break;
	case DT_HASH:
		t->hash = vaddr_of(m, v);
		break;
	case DT_GNU_HASH:
		t->gnu_hash = vaddr_of(m, v);
		break;
	case DT_RELA:
		t->rela = vaddr_of(m, v);
		break;
	case DT_RELASZ:
		t->relasz = v;
		break;
	case DT_JMPREL:
		t->jmprel = vaddr_of(m, v);
		break;
	case DT_PLTRELSZ:
		t->pltrelsz = v;
		break;
	case DT_PLTREL:
		t->pltrel = v;
		break;
	default:
		break;
	}
}

static bool
read_tags(const struct module *m, struct tags *t)
{
	uint64_t vaddr, size;
	Elf64_Dyn d;

	*t = (struct tags){0};
	if (!module_dynamic_segment(m, &vaddr, &size))
		return false;
	for (size_t i = 0; i < ENTRIES_MAX && size >= sizeof(d); i++) {
		if (!module_read(m, vaddr, &d, sizeof(d)) ||
		    d.d_tag == DT_NULL)
			break;
		take_tag(m, &d, t);
		vaddr += sizeof(d);
		size -= sizeof(d);
	}
	return true;
}

/* The highest of n u32 at vaddr, as far as they can be read. */
static uint32_t
highest(const struct module *m, uint64_t vaddr, uint64_t n)
{
	uint32_t v[CHUNK], max = 0;

	while (n > 0) {
		size_t now = n < CHUNK ? (size_t)n : CHUNK;

		if (!module_read(m, vaddr, v, now * sizeof(v[0])))
			break;
		for (size_t i = 0; i < now; i++)
			if (v[i] > max)
				max = v[i];
		vaddr += now * sizeof(v[0]);
		n -= now;
	}
	return max;
}

/*
 * DT_GNU_HASH has no count. Symbols are sorted by bucket and the last of each
 * has bit 0 set in its hash, so the chain of the highest bucket ends the table.
 */
static uint64_t
count_by_gnu_hash(const struct module *m, uint64_t vaddr)
{
	struct {
		uint32_t buckets, first, bloom, shift;
	} h;
	uint64_t buckets, chains, last;
	uint32_t v = 0;

	if (vaddr == 0 || !module_read(m, vaddr, &h, sizeof(h)) ||
	    h.buckets > SYMBOLS_MAX)
		return 0;
	buckets = vaddr + sizeof(h) + 8ull * h.bloom;
	chains = buckets + 4ull * h.buckets;
	last = highest(m, buckets, h.buckets);
	if (last < h.first || last >= SYMBOLS_MAX)
		return h.first;
	while (module_read(m, chains + 4 * (last - h.first), &v, sizeof(v)) &&
	       (v & 1) == 0 && last < SYMBOLS_MAX)
		last++;
	return last + 1;
}

static uint64_t
count_by_hash(const struct module *m, uint64_t vaddr)
{
	uint32_t head[2]; /* buckets, chains: one for each symbol */

	return vaddr != 0 && module_read(m, vaddr, head, sizeof(head))
		   ? head[1]
		   : 0;
}

/* Imported symbols are in no hash table, but relocations name them. */
static uint64_t
count_symbols(
    const struct module *m, const struct tags *t, const struct dynamic *d)
{
	uint64_t n = count_by_hash(m, t->hash);

	if (n == 0)
		n = count_by_gnu_hash(m, t->gnu_hash);
	for (size_t i = 0; i < d->n_slots; i++)
		if (d->slots[i].symbol >= n)
			n = (uint64_t)d->slots[i].symbol + 1;
	return n;
}

static void
read_symbols(struct dynamic *d, const struct module *m, const struct tags *t)
{
	uint64_t n = count_symbols(m, t, d);
	uint64_t room = module_room(m, t->symtab) / sizeof(d->syms[0]);

	if (n > room)
		n = room;
	if (n > SYMBOLS_MAX)
		n = SYMBOLS_MAX;
	d->syms = xcalloc((size_t)n, sizeof(d->syms[0]));
	if (module_read(m, t->symtab, d->syms, (size_t)n * sizeof(d->syms[0])))
		d->n_syms = (size_t)n;
}

static void
read_names(struct dynamic *d, const struct module *m, const struct tags *t)
{
	const char *last;

	if (t->strsz > NAMES_MAX || t->strsz > module_room(m, t->strtab))
		return;
	d->names = xmalloc((size_t)t->strsz + 1);
	if (!module_read(m, t->strtab, d->names, (size_t)t->strsz))
		return;
	last = memrchr(d->names, '\0', (size_t)t->strsz);
	if (last != NULL)
		d->names_size = (size_t)(last - d->names) + 1;
}

/* is_plt: all of them, for they are numbered; else those of functions. */
static void
add_slots(struct dynamic *d, const Elf64_Rela *v, size_t n, bool is_plt)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t type = (uint32_t)ELF64_R_TYPE(v[i].r_info);

		if (!is_plt && type != R_X86_64_GLOB_DAT &&
		    type != R_X86_64_JUMP_SLOT && type != R_X86_64_IRELATIVE)
			continue;
		GROW(d->slots, d->n_slots, d->cap_slots);
		d->slots[d->n_slots++] = (struct got_slot){
		    .vaddr = v[i].r_offset,
		    .symbol = (uint32_t)ELF64_R_SYM(v[i].r_info),
		    .resolver = type == R_X86_64_IRELATIVE
				    ? (uint64_t)v[i].r_addend
				    : 0,
		};
	}
}

static void
read_slots(struct dynamic *d, const struct module *m, uint64_t vaddr,
    uint64_t size, bool is_plt)
{
	Elf64_Rela v[CHUNK];
	uint64_t left = size / sizeof(v[0]);

	if (vaddr == 0 || left > RELOCATIONS_MAX)
		return;
	while (left > 0) {
		size_t n = left < CHUNK ? (size_t)left : CHUNK;

		if (!module_read(m, vaddr, v, n * sizeof(v[0])))
			return;
		add_slots(d, v, n, is_plt);
		vaddr += n * sizeof(v[0]);
		left -= n;
	}
}

static void
read_slots_by_name(struct dynamic *d, struct module *m, const char *name)
{
	struct section s;
	Elf64_Rela r;

	if (!module_section(m, name, &s) ||
	    s.size / sizeof(r) > RELOCATIONS_MAX)
		return;
	for (size_t at = 0; s.size - at >= sizeof(r); at += sizeof(r)) {
		memcpy(&r, s.data + at, sizeof(r));
		add_slots(d, &r, 1, true);
	}
}

/*
 * A static program relocates its ifuncs by itself, and has no PT_DYNAMIC; its
 * section headers know.
 */
static void
read_static_slots(struct dynamic *d, struct module *m)
{
	read_slots_by_name(d, m, ".rela.plt");
	d->n_plt_slots = d->n_slots;
	read_slots_by_name(d, m, ".rela.dyn");
}

struct dynamic *
dynamic_new(struct module *m)
{
	struct dynamic *d = xcalloc(1, sizeof(*d));
	struct tags t;

	if (!read_tags(m, &t)) {
		read_static_slots(d, m);
		return d;
	}
	if (module_machine(m) == EM_X86_64) {
		if (t.pltrel == DT_RELA)
			read_slots(d, m, t.jmprel, t.pltrelsz, true);
		d->n_plt_slots = d->n_slots;
		read_slots(d, m, t.rela, t.relasz, false);
	}
	if (t.symtab != 0 && t.strtab != 0) {
		read_symbols(d, m, &t);
		read_names(d, m, &t);
	}
	return d;
}

void
dynamic_free(struct dynamic *d)
{
	if (d == NULL)
		return;
	free(d->syms);
	free(d->names);
	free(d->slots);
	free(d);
}

const char *
dynamic_name(const struct dynamic *d, uint32_t symbol)
{
	uint32_t name;

	if (symbol == 0 || symbol >= d->n_syms)
		return NULL;
	name = d->syms[symbol].st_name;
	return name != 0 && name < d->names_size ? d->names + name : NULL;
}

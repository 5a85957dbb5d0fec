/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libunwind's remote interface over a snapshot. Its own reader of core files
 * (1.6.2) takes the first segment of a file for that of its code, so it gets
 * accessors of ours; they tell it where the table of .eh_frame_hdr is, and hand
 * it the bytes of that and of .eh_frame out of files that are mapped already.
 */
#include "config.h"

#include "bench_walk.h"

#ifdef HAVE_LIBUNWIND

#include "base/xalloc.h"
#include "core/regs.h"
#include "object/eh_frame_hdr.h"
#include "object/module.h"

#include <err.h>
#include <libunwind.h>
#include <stdlib.h>
#include <string.h>

/* It exports this, and declares it to its own files only. */
#define search_table UNW_OBJ(dwarf_search_unwind_table)
int search_table(unw_addr_space_t as, unw_word_t ip, unw_dyn_info_t *table,
    unw_proc_info_t *ret, int need_unwind_info, void *arg);

/* As many rules as our own cache keeps; by itself it keeps 128. */
#define CACHE_SIZE 4096

struct region {
	uint64_t start, end;
	const uint8_t *bytes;
};

struct libunwind {
	const struct bench_program *program;
	unw_addr_space_t as;
	struct region *regions; /* what is loaded of CFI, sorted */
	size_t n_regions, cap_regions;
	size_t last_region;
	unw_dyn_info_t *tables; /* by mapping; format -1: none */
};

static int
compare_regions(const void *a, const void *b)
{
	const struct region *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void
add_region(struct libunwind *l, const struct section *s, uint64_t bias)
{
	GROW(l->regions, l->n_regions, l->cap_regions);
	l->regions[l->n_regions++] = (struct region){
	    s->vaddr + bias, s->vaddr + bias + s->size, s->data};
}

static void
add_module(struct libunwind *l, size_t i)
{
	const struct mapping *m = &l->program->space.mappings->v[i];
	struct module *module = l->program->space.modules[i];
	uint64_t bias = l->program->space.bias[i];
	struct section eh_frame, s;
	struct eh_frame_hdr hdr;

	l->tables[i].format = -1;
	if (module == NULL || !module_eh_frame_hdr(module, &s) ||
	    !eh_frame_hdr_parse(&s, &hdr) || hdr.n == 0 ||
	    !module_section(module, ".eh_frame", &eh_frame))
		return;
	add_region(l, &s, bias);
	add_region(l, &eh_frame, bias);
	l->tables[i] = (unw_dyn_info_t){.start_ip = m->start,
	    .end_ip = m->end,
	    .format = UNW_INFO_FORMAT_REMOTE_TABLE,
	    .u.rti = {.segbase = s.vaddr + bias,
		.table_data =
		    s.vaddr + bias + (uint64_t)(hdr.table - s.data),
		.table_len = hdr.n * 8 / sizeof(unw_word_t)}};
}

static int
find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *ret,
    int need_unwind_info, void *arg)
{
	struct libunwind *l = arg;
	const struct mappings *maps = l->program->space.mappings;
	const struct mapping *m = mappings_find(maps, ip);
	unw_dyn_info_t *table;

	if (m == NULL)
		return -UNW_ENOINFO;
	table = &l->tables[m - maps->v];
	if (table->format == -1)
		return -UNW_ENOINFO;
	return search_table(as, ip, table, ret, need_unwind_info, arg);
}

static void
put_unwind_info(unw_addr_space_t as, unw_proc_info_t *info, void *arg)
{
	(void)as, (void)info, (void)arg;
}

static int
get_dyn_info_list(unw_addr_space_t as, unw_word_t *ret, void *arg)
{
	(void)as, (void)ret, (void)arg;
	return -UNW_ENOINFO;
}

static bool
read_region(struct libunwind *l, uint64_t addr, unw_word_t *ret)
{
	const struct region *r = &l->regions[l->last_region];
	size_t lo = 0, hi = l->n_regions;

	if (l->n_regions == 0)
		return false;
	while ((addr < r->start || addr >= r->end) && lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (addr < l->regions[mid].start)
			hi = mid;
		else
			lo = mid + 1;
		r = &l->regions[l->last_region = mid];
	}
	if (addr < r->start || addr >= r->end)
		return false;
	/* It reads whole words, also where bytes are asked for. */
	*ret = 0;
	memcpy(ret, r->bytes + (addr - r->start),
	    r->end - addr < sizeof(*ret) ? r->end - addr : sizeof(*ret));
	return true;
}

/*
 * It reads where a CIE's personality routine is, a word of a library's data
 * that no snapshot has, and gives up without. It never calls it.
 */
static bool
read_any_data(struct libunwind *l, uint64_t addr, unw_word_t *ret)
{
	const struct mapping *m =
	    mappings_find(l->program->space.mappings, addr);

	*ret = 0;
	return m != NULL && m->ino != 0 && (m->flags & MAPPING_EXEC) == 0;
}

static int
access_mem(unw_addr_space_t as, unw_word_t addr, unw_word_t *value, int write,
    void *arg)
{
	struct libunwind *l = arg;

	(void)as;
	if (write)
		return -UNW_EINVAL;
	if (snapshot_read(&l->program->now, addr, value, sizeof(*value)) ||
	    read_region(l, addr, value) ||
	    mem_read_u64(&l->program->memory, addr, value) ||
	    read_any_data(l, addr, value))
		return 0;
	return -UNW_EINVAL;
}

/* Its numbers are DWARF's. */
static int
access_reg(unw_addr_space_t as, unw_regnum_t reg, unw_word_t *value, int write,
    void *arg)
{
	struct libunwind *l = arg;

	(void)as;
	if (write || reg < 0 || reg > X86_64_RIP)
		return -UNW_EBADREG;
	*value = l->program->now.regs.r[reg];
	return 0;
}

static int
access_fpreg(unw_addr_space_t as, unw_regnum_t reg, unw_fpreg_t *value,
    int write, void *arg)
{
	(void)as, (void)reg, (void)value, (void)write, (void)arg;
	return -UNW_EBADREG;
}

static int
resume(unw_addr_space_t as, unw_cursor_t *cursor, void *arg)
{
	(void)as, (void)cursor, (void)arg;
	return -UNW_EINVAL;
}

static int
get_proc_name(unw_addr_space_t as, unw_word_t ip, char *buf, size_t size,
    unw_word_t *ret_off, void *arg)
{
	(void)as, (void)ip, (void)buf, (void)size, (void)ret_off, (void)arg;
	return -UNW_ENOINFO;
}

static unw_accessors_t accessors = {
    .find_proc_info = find_proc_info,
    .put_unwind_info = put_unwind_info,
    .get_dyn_info_list_addr = get_dyn_info_list,
    .access_mem = access_mem,
    .access_reg = access_reg,
    .access_fpreg = access_fpreg,
    .resume = resume,
    .get_proc_name = get_proc_name,
};

static void *
open_libunwind(const struct bench_program *p)
{
	struct libunwind *l = xcalloc(1, sizeof(*l));
	size_t n = p->space.mappings->n;

	l->program = p;
	l->tables = xcalloc(n, sizeof(*l->tables));
	for (size_t i = 0; i < n; i++)
		add_module(l, i);
	if (l->n_regions > 1)
		qsort(l->regions, l->n_regions, sizeof(*l->regions),
		    compare_regions);
	l->as = unw_create_addr_space(&accessors, 0);
	if (l->as == NULL ||
	    unw_set_caching_policy(l->as, UNW_CACHE_GLOBAL) != 0 ||
	    unw_set_cache_size(l->as, CACHE_SIZE, 0) != 0)
		errx(EXIT_FAILURE, "libunwind: no address space");
	return l;
}

static void
walk(void *state, struct bench_walk *ret)
{
	struct libunwind *l = state;
	unw_cursor_t cursor;
	unw_word_t pc;
	int r;

	ret->n = 0;
	ret->is_whole = false;
	if (unw_init_remote(&cursor, l->as, l) != 0)
		return;
	do {
		if (ret->n == BENCH_FRAMES_MAX ||
		    unw_get_reg(&cursor, UNW_REG_IP, &pc) != 0)
			return;
		ret->pcs[ret->n++] = pc;
		r = unw_step(&cursor);
	} while (r > 0);
	ret->is_whole = r == 0;
}

static void
close_libunwind(void *state)
{
	struct libunwind *l = state;

	unw_destroy_addr_space(l->as);
	free(l->tables);
	free(l->regions);
	free(l);
}

#else

#include <stddef.h>

static void *
open_libunwind(const struct bench_program *p)
{
	(void)p;
	return NULL;
}

#define walk		NULL
#define close_libunwind NULL

#endif

const struct bench_walker bench_libunwind = {
    "libunwind", open_libunwind, walk, close_libunwind};

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/debug_info.h"

#include "base/cleanup.h"
#include "base/cursor.h"
#include "base/intern.h"
#include "base/xalloc.h"
#include "object/build_id.h"
#include "object/debug_file.h"
#include "object/debug_search.h"
#include "object/dwarf_image.h"
#include "object/dwarf_split.h"
#include "object/dwarf_unit.h"
#include "object/module.h"
#include "object/module_private.h"
#include "object/range_map.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <string.h>

/* As in dwarf_unit.c, for the ranges of all units together. */
#define UNIT_RANGES_MAX (16u << 20)

struct unit {
	Dwarf_Die cu;
	struct dwarf_unit *index; /* NULL: not asked about yet */
	struct dwarf_split *split; /* or NULL */
};

struct debug_info {
	struct module *m;
	bool loaded;
	struct elf_source source; /* where the DWARF is */
	const char *debug_path;	  /* the path of that, if not the module */
	struct dwarf_image *image;
	Dwarf *dwarf; /* NULL: none */
	struct debug_file *shared;
	struct dwarf_image *shared_image;
	Dwarf *shared_dwarf;
	struct unit *units;
	size_t n_units, units_cap;
	struct range_map map; /* ids are units */
	struct interner paths;
};

struct debug_info *
debug_info_new(struct module *m)
{
	struct debug_info *di = xcalloc(1, sizeof(*di));

	di->m = m;
	interner_init(&di->paths);
	return di;
}

void
debug_info_free(struct debug_info *di)
{
	if (di == NULL)
		return;
	for (size_t i = 0; i < di->n_units; i++) {
		dwarf_unit_free(di->units[i].index);
		dwarf_split_free(di->units[i].split);
	}
	free(di->units);
	range_map_deinit(&di->map);
	(void)dwarf_end(di->dwarf);
	(void)dwarf_end(di->shared_dwarf);
	dwarf_image_free(di->image);
	dwarf_image_free(di->shared_image);
	debug_file_free(di->shared);
	interner_deinit(&di->paths);
	free(di);
}

/* The module itself where it has DWARF, else its separate debug file. */
static bool
find_dwarf(struct debug_info *di)
{
	struct elf_source *ret = &di->source;
	struct debug_file *df;

	*ret = (struct elf_source){
	    .elf = module_elf(di->m), .bytes = module_bytes(di->m)};
	if (debug_file_has_dwarf(ret->elf))
		return true;
	df = module_debug_file(di->m);
	if (df == NULL || !debug_file_has_dwarf(debug_file_elf(df)))
		return false;
	*ret = (struct elf_source){
	    .elf = debug_file_elf(df), .bytes = debug_file_bytes(df)};
	di->debug_path = debug_file_path(df);
	return true;
}

static Dwarf *
begin(const struct elf_source *from, struct dwarf_image **ret_image)
{
	*ret_image = dwarf_image_of(from);
	return *ret_image == NULL
		   ? NULL
		   : dwarf_begin_elf(dwarf_image_elf(*ret_image), DWARF_C_READ,
			 NULL);
}

/* A build-id as its bytes stand in .gnu_debugaltlink. */
static void
build_id_of(const uint8_t *bytes, size_t n, struct build_id *ret)
{
	ret->hex[0] = '\0';
	for (size_t i = 0; i < n && i < BUILD_ID_MAX; i++)
		(void)sprintf(ret->hex + 2 * i, "%02x", bytes[i]);
}

/*
 * dwz moves what several debug files have in common into one more. Without that
 * one, half of the names are not there: then the DWARF is not used at all.
 */
static bool
attach_shared(struct debug_info *di)
{
	Elf_Data *link = elf_rawdata(
	    debug_file_find(di->source.elf, ".gnu_debugaltlink"), NULL);
	struct elf_source shared;
	struct cursor c;
	const char *name;
	struct build_id id;

	if (link == NULL || link->d_buf == NULL)
		return true;
	c = cursor_of(link->d_buf, link->d_size);
	name = cursor_str(&c);
	if (name == NULL)
		return false;
	build_id_of(c.pos, cursor_left(&c), &id);
	di->shared =
	    debug_search_shared(module_search(di->m), di->m, id.hex, name);
	if (di->shared == NULL)
		return false;
	shared = (struct elf_source){.elf = debug_file_elf(di->shared),
	    .bytes = debug_file_bytes(di->shared)};
	di->shared_dwarf = begin(&shared, &di->shared_image);
	if (di->shared_dwarf == NULL)
		return false;
	dwarf_setalt(di->dwarf, di->shared_dwarf);
	return true;
}

static struct dwarf_unit *
unit_index(struct debug_info *di, uint32_t id)
{
	struct unit *u = &di->units[id];
	Dwarf_Die tree = u->cu;

	if (u->index != NULL)
		return u->index;
	u->split = dwarf_split_open(
	    di->m, &di->source, di->debug_path, &u->cu);
	if (u->split != NULL)
		tree = dwarf_split_tree(u->split);
	u->index = dwarf_unit_new(&u->cu, &tree, di->m, &di->paths);
	return u->index;
}

/* False where the unit does not say which addresses it holds. */
static bool
add_unit_ranges(struct debug_info *di, Dwarf_Die *cu, uint32_t id)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;
	bool any = false;

	while (di->map.n < UNIT_RANGES_MAX &&
	       (at = dwarf_ranges(cu, at, &base, &start, &end)) > 0) {
		any = true;
		if (dwarf_range_is_code(di->m, start, end))
			range_map_add(&di->map, start, end, id);
	}
	return any;
}

/*
 * By the units' own ranges, which, unlike .debug_aranges, every compiler
 * writes; where one did not, by those of its functions.
 */
static void
add_unit(struct debug_info *di, Dwarf_Die *cu)
{
	uint32_t id = (uint32_t)di->n_units;
	const struct range_map *functions;

	GROW(di->units, di->n_units, di->units_cap);
	di->units[di->n_units++] = (struct unit){.cu = *cu};
	if (add_unit_ranges(di, cu, id) || dwarf_haschildren(cu) <= 0)
		return;
	functions = dwarf_unit_ranges(unit_index(di, id));
	for (size_t i = 0; i < functions->n; i++)
		range_map_add(&di->map, functions->v[i].start,
		    functions->v[i].end, id);
}

static void
load(struct debug_info *di)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die cu;
	uint8_t type;

	di->loaded = true;
	if (!find_dwarf(di))
		return;
	di->dwarf = begin(&di->source, &di->image);
	if (di->dwarf == NULL || !attach_shared(di))
		return;
	while (dwarf_get_units(di->dwarf, unit, &unit, NULL, &type, &cu,
		   NULL) == 0)
		if (type == DW_UT_compile || type == DW_UT_skeleton)
			add_unit(di, &cu);
	range_map_flatten(&di->map);
}

size_t
debug_info_lines(struct debug_info *di, uint64_t vaddr, bool inlines,
    struct source_line *lines, size_t max)
{
	uint32_t id;

	if (!di->loaded)
		load(di);
	id = range_map_find(&di->map, vaddr);
	if (id == RANGE_NONE || max == 0)
		return 0;
	return dwarf_unit_lines(unit_index(di, id), vaddr, inlines, lines, max);
}

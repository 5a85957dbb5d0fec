/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/dwarf_unit.h"

#include "base/cleanup.h"
#include "base/intern.h"
#include "base/xalloc.h"
#include "object/module.h"
#include "object/range_map.h"

#include <dwarf.h>
#include <string.h>

/* Blocks, inlined calls, namespaces within one another; gcc writes some 40. */
#define DIE_DEPTH_MAX 256
/* All of a link-time optimised browser in one unit has half a million. */
#define RANGES_MAX (8u << 20)

/* A function or an inlined call that has code of its own. */
struct scope {
	Dwarf_Off die;
	uint32_t caller; /* scope it is inlined into; RANGE_NONE: none */
};

struct dwarf_unit {
	Dwarf_Die cu, tree;
	Dwarf *dwarf; /* where tree is */
	const struct module *m;
	struct interner *paths;
	Dwarf_Files *files;
	const char *comp_dir; /* or NULL */
	/* Outer before inner, so that the inner one has the higher number. */
	struct scope *scopes;
	size_t n_scopes, scopes_cap;
	struct range_map map; /* ids are scopes */
};

bool
dwarf_range_is_code(const struct module *m, uint64_t start, uint64_t end)
{
	return start != 0 && start < end && module_is_code(m, start) &&
	       module_is_code(m, end - 1);
}

/* What limits one walk over the DIEs of a unit. */
struct walk {
	struct dwarf_unit *unit;
	uint64_t dies_left;
	uint32_t ranges_left;
};

/* The new scope's number, or RANGE_NONE where die has no code. */
static uint32_t
add_scope(struct walk *w, Dwarf_Die *die, uint32_t caller)
{
	struct dwarf_unit *u = w->unit;
	uint32_t id = (uint32_t)u->n_scopes;
	size_t ranges_before = u->map.n;
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &start, &end)) > 0) {
		if (w->ranges_left-- == 0) {
			w->ranges_left = 0;
			break;
		}
		if (dwarf_range_is_code(u->m, start, end))
			range_map_add(&u->map, start, end, id);
	}
	if (u->map.n == ranges_before)
		return RANGE_NONE;
	GROW(u->scopes, u->n_scopes, u->scopes_cap);
	u->scopes[u->n_scopes++] = (struct scope){
	    .die = dwarf_dieoffset(die),
	    .caller = caller,
	};
	return id;
}

/* Whether functions or inlined calls may stand below a DIE of this tag. */
static bool
may_hold_code(int tag)
{
	switch (tag) {
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_interface_type:
	case DW_TAG_subprogram:
	case DW_TAG_inlined_subroutine:
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
	case DW_TAG_with_stmt:
		return true;
	default:
		return false;
	}
}

/*
 * caller is the innermost scope around die. A crafted DW_AT_sibling may lead
 * into what was seen already, again and again; but honest DIEs take a byte
 * each, so that a walk which meets more of them than the unit has bytes is
 * going in circles.
 */
static void
walk_children(struct walk *w, Dwarf_Die *die, uint32_t caller, unsigned depth)
{
	Dwarf_Die child;

	if (depth == DIE_DEPTH_MAX || dwarf_child(die, &child) != 0)
		return;
	do {
		int tag = dwarf_tag(&child);
		uint32_t inner = caller, own;

		if (w->dies_left == 0)
			return;
		w->dies_left--;
		if (tag == DW_TAG_subprogram)
			inner = add_scope(w, &child, RANGE_NONE);
		else if (tag == DW_TAG_inlined_subroutine &&
			 (own = add_scope(w, &child, caller)) != RANGE_NONE)
			inner = own;
		if (may_hold_code(tag))
			walk_children(w, &child, inner, depth + 1);
	} while (dwarf_siblingof(&child, &child) == 0);
}

/* The unit's length in .debug_info, or 0. */
static uint64_t
unit_size(Dwarf_Die *die)
{
	Dwarf_Off start = dwarf_dieoffset(die) - dwarf_cuoffset(die), next;
	size_t header;

	if (dwarf_next_unit(dwarf_cu_getdwarf(die->cu), start, &next, &header,
		NULL, NULL, NULL, NULL, NULL, NULL) != 0)
		return 0;
	return next - start;
}

static const char *
string_attr(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attr;

	return dwarf_formstring(dwarf_attr_integrate(die, name, &attr));
}

static uint32_t
number_attr(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attr;
	Dwarf_Word v;

	if (dwarf_formudata(dwarf_attr_integrate(die, name, &attr), &v) != 0 ||
	    v > UINT32_MAX)
		return 0;
	return (uint32_t)v;
}

struct dwarf_unit *
dwarf_unit_new(const Dwarf_Die *cu, const Dwarf_Die *tree,
    const struct module *m, struct interner *paths)
{
	struct dwarf_unit *u = xcalloc(1, sizeof(*u));
	struct walk w = {.unit = u, .ranges_left = RANGES_MAX};

	u->cu = *cu;
	u->tree = *tree;
	u->m = m;
	u->paths = paths;
	u->dwarf = dwarf_cu_getdwarf(u->tree.cu);
	u->comp_dir = string_attr(&u->cu, DW_AT_comp_dir);
	w.dies_left = unit_size(&u->tree);
	walk_children(&w, &u->tree, RANGE_NONE, 0);
	range_map_flatten(&u->map);
	return u;
}

void
dwarf_unit_free(struct dwarf_unit *u)
{
	if (u == NULL)
		return;
	range_map_deinit(&u->map);
	free(u->scopes);
	free(u);
}

const struct range_map *
dwarf_unit_ranges(const struct dwarf_unit *u)
{
	return &u->map;
}

/* libdw has put the directory before it already, as far as it knows one. */
static const char *
absolute(struct dwarf_unit *u, const char *file)
{
	_cleanup_free_ char *joined = NULL;

	if (file == NULL || file[0] == '\0' || strcmp(file, "???") == 0)
		return NULL;
	if (file[0] == '/' || u->comp_dir == NULL || u->comp_dir[0] != '/')
		return file;
	joined = xasprintf("%s/%s", u->comp_dir, file);
	return interned(u->paths, intern(u->paths, joined));
}

/* Where the line table says that vaddr is. */
static bool
set_place(struct dwarf_unit *u, uint64_t vaddr, struct source_line *ret)
{
	Dwarf_Line *line = dwarf_getsrc_die(&u->cu, vaddr);
	int number = 0, column = 0;

	if (line == NULL)
		return false;
	(void)dwarf_lineno(line, &number);
	(void)dwarf_linecol(line, &column);
	ret->file = absolute(u, dwarf_linesrc(line, NULL, NULL));
	ret->line = number > 0 ? (uint32_t)number : 0;
	ret->column = column > 0 ? (uint32_t)column : 0;
	return true;
}

/* gcc writes a .dwo file a table of its own, clang lets it use the skeleton's */
static const char *
file_name(struct dwarf_unit *u, uint32_t index)
{
	size_t n;

	if (u->files == NULL &&
	    dwarf_getsrcfiles(&u->tree, &u->files, &n) != 0 &&
	    dwarf_getsrcfiles(&u->cu, &u->files, &n) != 0)
		return NULL;
	return absolute(u, dwarf_filesrc(u->files, index, NULL, NULL));
}

/* Where the function that die was inlined into calls it. */
static void
set_call_site(struct dwarf_unit *u, Dwarf_Die *die, struct source_line *ret)
{
	/* In DWARF 5 file 0 is one like any other. */
	ret->file = dwarf_hasattr(die, DW_AT_call_file)
			? file_name(u, number_attr(die, DW_AT_call_file))
			: NULL;
	ret->line = number_attr(die, DW_AT_call_line);
	ret->column = number_attr(die, DW_AT_call_column);
}

/* dwarf_attr_integrate() follows a bounded chain of origins. */
static void
set_function(Dwarf_Die *die, struct source_line *ret)
{
	ret->function = string_attr(die, DW_AT_linkage_name);
	if (ret->function == NULL)
		ret->function = string_attr(die, DW_AT_MIPS_linkage_name);
	if (ret->function == NULL)
		ret->function = string_attr(die, DW_AT_name);
	ret->start_line = number_attr(die, DW_AT_decl_line);
}

/* The scopes from the innermost to the physical function; how many. */
static size_t
chain_of(const struct dwarf_unit *u, uint64_t vaddr, uint32_t chain[])
{
	uint32_t id = range_map_find(&u->map, vaddr);
	size_t n = 0;

	while (id != RANGE_NONE && n <= DIE_DEPTH_MAX) {
		chain[n++] = id;
		id = u->scopes[id].caller;
	}
	return n;
}

size_t
dwarf_unit_lines(struct dwarf_unit *u, uint64_t vaddr, bool inlines,
    struct source_line *lines, size_t max)
{
	uint32_t chain[DIE_DEPTH_MAX + 1];
	size_t n = chain_of(u, vaddr, chain);
	size_t want = inlines ? max : 1, skip = n > want ? n - want : 0;
	struct source_line at = {0};
	bool placed = set_place(u, vaddr, &at);

	if (n == 0) {
		lines[0] = at;
		return placed ? 1 : 0;
	}
	for (size_t i = 0; i < n; i++) {
		Dwarf_Die die;

		if (dwarf_offdie(u->dwarf, u->scopes[chain[i]].die, &die) ==
		    NULL)
			return i > skip ? i - skip : 0;
		if (i >= skip) {
			set_function(&die, &at);
			lines[i - skip] = at;
		}
		set_call_site(u, &die, &at);
	}
	return n - skip;
}

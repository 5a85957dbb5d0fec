/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "symbol/symbolize.h"

#include "base/xalloc.h"
#include "object/cfi.h"
#include "object/debug_info.h"
#include "object/demangle.h"
#include "object/module.h"
#include "object/symtab.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A name from a file is cut here, as demangled ones are. */
#define SYSTEM_NAME_MAX 16384

static const char *
basename_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

/*
 * What to call code that has no name: by its module and where its function
 * starts, or by the module alone, in brackets, unless it wears some ("[vdso]").
 */
static char *
fallback_name(const struct module *m, uint64_t function_vaddr)
{
	const char *name = basename_of(module_path(m));

	if (function_vaddr != 0)
		return xasprintf("%s+0x%" PRIx64, name, function_vaddr);
	if (name[0] == '[')
		return xstrdup(name);
	return xasprintf("[%s]", name);
}

static void
set_name(struct location_line *line, const char *system_name)
{
	line->system_name = xasprintf("%.*s", SYSTEM_NAME_MAX, system_name);
	line->name = demangle(line->system_name);
}

static char *
dup_or_null(const char *s)
{
	return s != NULL && s[0] != '\0' ? xstrdup(s) : NULL;
}

static void
set_line(struct location_line *line, const struct source_line *src)
{
	line->file = dup_or_null(src->file);
	line->line = src->line;
	line->column = src->column;
	line->start_line = src->start_line;
	if (src->function != NULL && src->function[0] != '\0')
		set_name(line, src->function);
}

/* foo.cold, foo.part.0, foo.constprop.0: pieces and variants of foo. */
static bool
is_clone_of(const char *symbol, const char *function)
{
	size_t n = strlen(function);

	return strncmp(symbol, function, n) == 0 && symbol[n] == '.';
}

/*
 * The physical function: by its symbol, so that its name does not depend on
 * whether there is DWARF, and so that of its aliases the same is taken (libc's
 * DWARF says __GI___libc_malloc). But DWARF has one name for all clones of a
 * function, and so do we where there is DWARF.
 */
static bool
name_function(struct location_line *line, const struct symbol *sym)
{
	if (sym != NULL && (line->system_name == NULL ||
			       !is_clone_of(sym->name, line->system_name))) {
		free(line->name);
		free(line->system_name);
		set_name(line, sym->name);
	}
	return line->name != NULL;
}

static uint64_t
function_start(struct module *m, uint64_t vaddr, const struct symbol *sym)
{
	uint64_t start, end;

	if (sym != NULL)
		return sym->vaddr;
	if (cfi_fde_range(module_cfi(m), vaddr, &start, &end))
		return start;
	return 0;
}

/* An inlined call whose DIE has no name: only a broken file has one. */
static void
name_unnamed_inlines(struct location *loc)
{
	for (size_t i = 0; i + 1 < loc->n; i++)
		if (loc->lines[i].name == NULL)
			set_name(&loc->lines[i], "[inlined]");
}

static int
by_module(const void *pa, const void *pb)
{
	const struct symbolize_place *a = pa, *b = pb;

	return (a->module > b->module) - (a->module < b->module);
}

void
symbolize_want(struct symbolize_place *v, size_t n)
{
	uint64_t *vaddrs = xcalloc(n, sizeof(*vaddrs));
	size_t first = 0;

	if (n > 0)
		qsort(v, n, sizeof(*v), by_module);
	for (size_t i = 0; i < n; i++) {
		vaddrs[i] = v[i].vaddr;
		if (i + 1 < n && v[i + 1].module == v[i].module)
			continue;
		symtab_want(module_symtab(v[i].module), vaddrs + first,
		    i + 1 - first);
		first = i + 1;
	}
	free(vaddrs);
}

void
symbolize(struct module *m, uint64_t vaddr, const struct symbolize_opts *opts,
    struct location *ret)
{
	struct source_line src[DEBUG_INLINES_MAX];
	struct symbol found;
	const struct symbol *sym =
	    symtab_find(module_symtab(m), vaddr, &found) ? &found : NULL;
	struct location_line *function;
	size_t n = 0;

	if (opts->lines)
		n = debug_info_lines(module_debug_info(m), vaddr,
		    opts->inlines, src, DEBUG_INLINES_MAX);
	ret->n = n > 0 ? n : 1;
	ret->lines = xcalloc(ret->n, sizeof(*ret->lines));
	for (size_t i = 0; i < n; i++)
		set_line(&ret->lines[i], &src[i]);
	name_unnamed_inlines(ret);
	ret->function_vaddr = function_start(m, vaddr, sym);
	function = &ret->lines[ret->n - 1];
	ret->resolved = name_function(function, sym);
	if (!ret->resolved) {
		function->name = fallback_name(m, ret->function_vaddr);
		function->system_name = xstrdup(function->name);
	}
}

void
location_deinit(struct location *loc)
{
	for (size_t i = 0; i < loc->n; i++) {
		free(loc->lines[i].name);
		free(loc->lines[i].system_name);
		free(loc->lines[i].file);
	}
	free(loc->lines);
	*loc = (struct location){0};
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/quality.h"

#include "base/xalloc.h"
#include "core/check.h"
#include "object/module.h"
#include "object/symtab.h"
#include "session/space.h"
#include "target/target.h"

#include <stdlib.h>
#include <string.h>

static bool
has_section(struct module *m, const char *name)
{
	struct section s;

	return module_section(m, name, &s);
}

static enum check_symbols
symbols_of(struct module *m)
{
	if (symtab_is_full(module_symtab(m)))
		return SYMBOLS_FULL;
	return has_section(m, ".dynsym") ? SYMBOLS_DYNAMIC : SYMBOLS_NONE;
}

/* In the order in which the unwinder prefers them. */
static const char *
unwind_tables_of(struct module *m)
{
	struct section s;

	if (module_eh_frame_hdr(m, &s))
		return ".eh_frame_hdr";
	if (has_section(m, ".eh_frame"))
		return ".eh_frame";
	return has_section(m, ".debug_frame") ? ".debug_frame" : NULL;
}

/* The separate debug file: where it is, else where it would be. */
static void
look_for_debug_file(struct module *m, struct check_module *ret)
{
	enum debug_how how;
	const char *path = module_debug_path(m, &how);

	ret->has_lines = how != DEBUG_NONE;
	ret->debug_expected = debug_file_expected(m);
	if (path != NULL && how != DEBUG_EMBEDDED)
		ret->debug_file = xstrdup(path);
}

static bool
is_deleted(const struct space *s, const char *name)
{
	for (size_t i = 0; i < s->maps.n; i++)
		if ((s->maps.v[i].flags & MAPPING_DELETED) != 0 &&
		    strcmp(s->maps.v[i].name, name) == 0)
			return true;
	return false;
}

static void
look_at(const struct space *s, const struct known_module *k,
    struct check_module *ret)
{
	struct module *m = k->module;

	ret->path = xstrdup(k->name);
	ret->is_deleted = is_deleted(s, k->name);
	ret->is_opened = m != NULL;
	ret->build_id = xstrdup(m != NULL ? module_build_id(m) : "");
	if (m == NULL)
		return;
	ret->symbols = symbols_of(m);
	ret->unwind = unwind_tables_of(m);
	look_for_debug_file(m, ret);
}

bool
quality_look(
    struct target *t, const struct debug_search *search, struct check *ret)
{
	struct space s;
	bool ok = space_init(&s, t, NULL, search);

	if (ok)
		ret->exe = target_exe(t);
	for (size_t i = 0; ok && i < s.n_known; i++)
		look_at(&s, &s.known[i], check_add_module(ret));
	space_deinit(&s);
	return ok;
}

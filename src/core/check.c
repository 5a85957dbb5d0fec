/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/check.h"

#include "base/xalloc.h"

#include <stdlib.h>

const char *
verdict_name(enum verdict v)
{
	static const char *const names[VERDICT_NR] = {
	    [VERDICT_PASS] = "pass",
	    [VERDICT_WARN] = "warn",
	    [VERDICT_FAIL] = "fail",
	    [VERDICT_UNKNOWN] = "unknown",
	};

	return names[v];
}

const char *
check_symbols_name(enum check_symbols s)
{
	static const char *const names[SYMBOLS_NR] = {
	    [SYMBOLS_NONE] = "none",
	    [SYMBOLS_DYNAMIC] = "dynamic",
	    [SYMBOLS_FULL] = "full",
	};

	return names[s];
}

/* The vDSO exports all that it has. */
enum verdict
check_module_verdict(const struct check_module *m)
{
	bool has_names = m->symbols == SYMBOLS_FULL ||
			 (m->path[0] == '[' && m->symbols == SYMBOLS_DYNAMIC);

	return m->is_opened && has_names && m->unwind != NULL ? VERDICT_PASS
							      : VERDICT_WARN;
}

struct check_module *
check_add_module(struct check *c)
{
	GROW(c->modules, c->n_modules, c->cap_modules);
	c->modules[c->n_modules] = (struct check_module){0};
	return &c->modules[c->n_modules++];
}

void
check_deinit(struct check *c)
{
	for (size_t i = 0; i < c->n_modules; i++) {
		free(c->modules[i].path);
		free(c->modules[i].build_id);
		free(c->modules[i].debug_file);
		free(c->modules[i].debug_expected);
	}
	free(c->modules);
	free(c->findings);
	free(c->exe);
	free(c->advice);
	free(c->summary);
	*c = (struct check){0};
}

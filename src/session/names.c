/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/names.h"

#include "base/xalloc.h"
#include "profile/profile.h"
#include "session/session.h"
#include "session/space.h"
#include "symbol/symbolize.h"

#include <stdlib.h>

/* What was found at one frame, told of the whole mapping (pprof's has_...). */
static void
note_found(struct profile_mapping *m, const struct location *loc)
{
	m->looked_up = true;
	m->unresolved |= !loc->resolved;
	m->has_inlines |= loc->n > 1;
	for (size_t i = 0; i < loc->n; i++) {
		m->has_files |= loc->lines[i].file != NULL;
		m->has_lines |= loc->lines[i].line != 0;
	}
}

static void
set_lines(struct profile *p, uint32_t frame, const struct location *loc)
{
	struct profile_line *lines = xcalloc(loc->n, sizeof(*lines));

	for (size_t i = 0; i < loc->n; i++) {
		const struct location_line *l = &loc->lines[i];

		lines[i] = (struct profile_line){
		    .function = profile_function(p, l->name, l->system_name,
			l->file, l->start_line),
		    .line = l->line,
		    .column = l->column,
		};
	}
	profile_set_lines(p, frame, lines, loc->n);
	free(lines);
}

void
names_set(struct profile *p, uint32_t frame, const struct location *loc)
{
	struct profile_frame *f = &p->frames[frame];

	note_found(&p->mappings[f->mapping], loc);
	set_lines(p, frame, loc);
	f->unnamed = !loc->resolved;
}

static void
want_all(const struct spaces *all, const struct profile *p)
{
	struct symbolize_place *v = xcalloc(p->n_frames, sizeof(*v));
	size_t n = 0;

	for (uint32_t i = 0; i < p->n_frames; i++) {
		uint32_t id = p->frames[i].mapping;

		if (id < all->n_past && all->past[id].module != NULL)
			v[n++] = (struct symbolize_place){all->past[id].module,
			    p->frames[i].addr - all->past[id].bias};
	}
	symbolize_want(v, n);
	free(v);
}

void
names_resolve(
    const struct spaces *all, struct profile *p, const struct session_opts *opts)
{
	const struct symbolize_opts so = {
	    .inlines = opts->inlines, .lines = opts->lines};

	want_all(all, p);
	for (uint32_t i = 0; i < p->n_frames; i++) {
		uint32_t id = p->frames[i].mapping;
		struct location loc;

		if (id >= all->n_past || all->past[id].module == NULL)
			continue;
		symbolize(all->past[id].module,
		    p->frames[i].addr - all->past[id].bias, &so, &loc);
		names_set(p, i, &loc);
		location_deinit(&loc);
	}
}

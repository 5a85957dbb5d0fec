/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/dump_names.h"

#include "base/xalloc.h"
#include "core/dump.h"
#include "core/frame.h"
#include "core/mapping.h"
#include "object/module.h"
#include "session/located.h"
#include "unwind/unwind.h"

#include <stdlib.h>

static void
add_frame(
    struct dump_thread *th, size_t *cap, const struct dump_frame *frame)
{
	GROW(th->frames, th->n_frames, *cap);
	th->frames[th->n_frames++] = *frame;
}

/* What is known without names. */
static struct dump_frame
bare_frame(struct dump *dump, const struct frame *f, const struct mapping *m)
{
	return (struct dump_frame){
	    .pc = f->pc,
	    .module = m != NULL && m->name[0] != '\0'
			  ? dump_string(dump, m->name)
			  : NULL,
	    .module_offset = m != NULL ? f->pc - m->start + m->off : 0,
	    .signal_frame = f->is_signal,
	    .guessed = f->guessed,
	};
}

static void
set_function(struct dump *dump, struct dump_frame *to,
    const struct location *loc, size_t i)
{
	const struct location_line *l = &loc->lines[i];
	bool is_last = i + 1 == loc->n;

	to->inlined = !is_last;
	to->file = dump_string(dump, l->file);
	to->line = l->line;
	to->column = l->column;
	to->has_function_offset = false;
	if (is_last && !loc->resolved) {
		to->function = to->system_name = NULL;
		return;
	}
	to->function = dump_string(dump, l->name);
	to->system_name = dump_string(dump, l->system_name);
	if (is_last && loc->function_vaddr != 0) {
		to->function_offset = to->module_offset - loc->function_vaddr;
		to->has_function_offset = true;
	}
}

/* Where a frame stands, if that is in a module. */
static bool
find_place(const struct code_space *space, const struct frame *f,
    struct symbolize_place *ret, const struct mapping **ret_mapping)
{
	uint64_t pc = frame_lookup_pc(f);
	const struct mapping *m = mappings_find(space->mappings, pc);
	size_t i = m != NULL ? (size_t)(m - space->mappings->v) : 0;

	*ret_mapping = m;
	if (m == NULL || space->modules[i] == NULL)
		return false;
	*ret = (struct symbolize_place){
	    .module = space->modules[i], .vaddr = pc - space->bias[i]};
	return true;
}

void
dump_add_places(struct dump_places *p, const struct code_space *space,
    const struct frame *frames, size_t n)
{
	const struct mapping *ignored;

	for (size_t i = 0; i < n; i++) {
		GROW(p->v, p->n, p->cap);
		if (find_place(space, &frames[i], &p->v[p->n], &ignored))
			p->n++;
	}
}

static void
name_frame(struct dump *dump, struct dump_thread *th, size_t *cap,
    const struct code_space *space, struct located *located,
    const struct frame *f)
{
	const struct mapping *m;
	struct symbolize_place at;
	bool is_known = find_place(space, f, &at, &m);
	struct dump_frame frame = bare_frame(dump, f, m);
	const struct location *loc;

	if (!is_known) {
		add_frame(th, cap, &frame);
		return;
	}
	if (module_build_id(at.module)[0] != '\0')
		frame.build_id =
		    dump_string(dump, module_build_id(at.module));
	/* Code that was copied away from its file. */
	if (frame.module == NULL)
		frame.module = dump_string(dump, module_path(at.module));
	frame.module_offset = at.vaddr + (f->pc - frame_lookup_pc(f));
	loc = located_find(located, at.module, at.vaddr);
	for (size_t k = 0; k < loc->n; k++) {
		set_function(dump, &frame, loc, k);
		add_frame(th, cap, &frame);
	}
}

void
dump_name_frames(struct dump *dump, struct dump_thread *th,
    const struct code_space *space, struct located *located,
    const struct frame *frames, size_t n)
{
	size_t cap = 0;

	for (size_t i = 0; i < n; i++)
		name_frame(dump, th, &cap, space, located, &frames[i]);
}

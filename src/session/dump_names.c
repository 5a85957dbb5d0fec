/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/xalloc.h"
#include "core/dump.h"
#include "object/module.h"
#include "session/subject.h"

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

static void
name_frame(struct dumper *d, struct dump *dump, struct dump_thread *th,
    size_t *cap, const struct frame *f)
{
	uint64_t pc = frame_lookup_pc(f);
	const struct mapping *m = mappings_find(&d->space.maps, pc);
	size_t i = m != NULL ? (size_t)(m - d->space.maps.v) : 0;
	struct module *module = m != NULL ? d->space.modules[i] : NULL;
	struct dump_frame frame = bare_frame(dump, f, m);
	const struct location *loc;

	if (module == NULL) {
		add_frame(th, cap, &frame);
		return;
	}
	if (module_build_id(module)[0] != '\0')
		frame.build_id = dump_string(dump, module_build_id(module));
	frame.module_offset = f->pc - d->space.bias[i];
	loc = located_find(&d->located, module, pc - d->space.bias[i]);
	for (size_t k = 0; k < loc->n; k++) {
		set_function(dump, &frame, loc, k);
		add_frame(th, cap, &frame);
	}
}

static struct dump_syscall *
name_syscall(const struct subject *s, struct dump *dump)
{
	struct dump_syscall *call;

	if (!s->has_call || s->call.is_running || s->call.number < 0)
		return NULL;
	call = xcalloc(1, sizeof(*call));
	call->number = s->call.number;
	call->name = dump_string(dump, syscall_name(s->call.number));
	call->n_args = syscall_n_args(s->call.number);
	for (unsigned i = 0; i < call->n_args; i++)
		call->args[i] = s->call.args[i];
	call->text = dump_string(dump, s->call_text);
	return call;
}

void
dump_name(struct dumper *d, const struct subject *s, struct dump *dump)
{
	struct dump_thread *th = dump_add_thread(dump, s->task.tid);
	size_t cap = 0;

	th->name = dump_string(dump, s->comm);
	th->state = s->state;
	th->stopped_ns = s->held_ns;
	th->syscall = name_syscall(s, dump);
	th->end = s->end;
	th->problem = dump_string(dump, s->problem);
	for (size_t i = 0; i < s->n_frames; i++)
		name_frame(d, dump, th, &cap, &s->frames[i]);
}

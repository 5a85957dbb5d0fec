/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/xalloc.h"
#include "session/subject.h"

#include <stdlib.h>

/* How often a thread may wake while it is read before it is stopped instead. */
#define LOOKS_MAX 3

/* What has changed when a thread has run and sleeps again. */
static bool
read_runs(struct dumper *d, struct subject *s, uint64_t *ret)
{
	if (d->no_schedstat)
		return task_switches(&d->target, s->task.tid, ret);
	if (!task_look(&d->target, &s->task))
		return false;
	*ret = s->task.slices;
	return true;
}

/*
 * Then its stack is that of the stop. A thread in uninterruptible sleep would
 * not stop, and keep all the others waiting; what another process traces,
 * nobody else can stop.
 */
static bool
will_be_frozen(const struct dumper *d, const struct subject *s)
{
	return d->opts->freeze && d->tracer.pid == 0 && s->state != 'D';
}

/* What an earlier look read was of no moment. */
static void
forget_stack(struct subject *s)
{
	free(s->frames);
	s->frames = NULL;
	s->n_frames = 0;
}

/*
 * Of a thread that runs for the first time since, schedstat tells; the count of
 * switches, which stands in for it, moves only when it sleeps again.
 */
static bool
still_sleeps(struct dumper *d, const struct subject *s)
{
	struct syscall_state now;

	return !d->no_schedstat ||
	       (syscall_read(&d->target, s->task.tid, &now) &&
		   !now.is_running);
}

/*
 * One try to read a thread as it sleeps. True when what was read is of one
 * moment: then it has not run from the first look to the last.
 */
static bool
look_once(struct dumper *d, struct subject *s)
{
	uint64_t before, after;

	forget_stack(s);
	if (!read_runs(d, s, &before)) {
		s->is_gone = true;
		return true;
	}
	s->state = task_state(&d->target, s->task.tid);
	if (s->state == 'Z' || s->state == 'X') {
		s->problem = xstrdup("it has ended, other threads run on");
		return true;
	}
	s->has_call =
	    syscall_read(&d->target, s->task.tid, &s->call);
	if (!s->has_call || s->call.is_running || will_be_frozen(d, s))
		return true;
	capture_unstopped(&d->target.mem, &d->space.maps, s->call.pc,
	    s->call.sp, CAPTURE_STACK_FIRST, &s->snap);
	if (s->call.number >= 0)
		capture_call_args(s->call.args, &s->snap);
	subject_walk(d, s);
	return still_sleeps(d, s) && read_runs(d, s, &after) && before == after;
}

/*
 * A walk that broke off may have wanted a register that only a stop tells. A
 * thread in uninterruptible sleep would not stop, and one that another tracer
 * holds cannot be asked.
 */
static bool
is_enough(const struct subject *s)
{
	if (s->problem != NULL)
		return true;
	return s->frames != NULL &&
	       (s->end == END_ROOT || s->end == END_DEPTH || s->state == 'D' ||
		   s->state == 't');
}

/* Its walk broke off for that, not for what CFI there is or is not. */
static bool
lacks_registers(const struct subject *s)
{
	return s->frames != NULL &&
	       (s->end == END_BAD_CFI || s->end == END_NO_CFI);
}

void
dump_look(struct dumper *d, struct subject *s)
{
	bool is_saved = d->saver.dir != NULL;
	size_t mark = is_saved ? saver_mark(&d->saver) : 0;
	bool steady = false;

	task_comm(&d->target, s->task.tid, s->comm, sizeof(s->comm));
	for (int i = 0; !steady && i < LOOKS_MAX; i++) {
		/* Of a look that is made again nothing is to be saved. */
		if (is_saved && i > 0)
			saver_rewind(&d->saver, mark);
		steady = look_once(d, s);
	}
	s->phase = SUBJECT_WAITING;
	if (s->is_gone || (steady && is_enough(s)))
		s->phase = SUBJECT_DONE;
	if (s->phase == SUBJECT_DONE && lacks_registers(s))
		s->end = END_UNREADABLE;
	else if (!steady) {
		/* It keeps waking: what was read is of no moment. */
		s->has_call = false;
		s->end = END_LATE;
	}
}

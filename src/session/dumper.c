/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/dumper.h"

#include "base/xalloc.h"
#include "core/dump.h"
#include "session/dump_names.h"
#include "session/subject.h"
#include "unwind/arch.h"

#include <stdlib.h>
#include <string.h>

/* With --freeze: threads that start while the others are being stopped. */
#define SPARE_SUBJECTS 64

int
dumper_open(pid_t pid, const struct dump_opts *opts, struct dumper **ret,
    struct err *err)
{
	const struct symbolize_opts names = {
	    .inlines = opts->inlines, .lines = opts->lines};
	struct dumper *d = xcalloc(1, sizeof(*d));
	int r = target_open_traced(pid, &d->target, &d->tracer, err);

	if (r < 0) {
		free(d);
		return r;
	}
	d->opts = opts;
	d->no_schedstat = !task_schedstat_works();
	located_init(&d->located, &names);
	walker_init(&d->walker, &d->space, opts->max_depth);
	if (!space_init(&d->space, &d->target, NULL, &opts->debug)) {
		dumper_close(d);
		return err_set(err, ERR_NO_PROCESS,
		    "PID %d: it ended while scrape looked at it", pid);
	}
	if (opts->save_dir != NULL &&
	    (r = saver_init(&d->saver, opts->save_dir, &d->space, err)) < 0) {
		dumper_close(d);
		return r;
	}
	if (opts->save_dir != NULL)
		d->walker.record = &d->saver.ranges;
	d->is_fresh = true;
	*ret = d;
	return 0;
}

static void
forget_subjects(struct dumper *d)
{
	for (size_t i = 0; i < d->n; i++) {
		struct subject *s = &d->subjects[i];

		task_close(&s->task);
		free(s->frames);
		free(s->problem);
	}
	free(d->subjects);
	d->subjects = NULL;
	d->n = d->room = 0;
	slabs_deinit(&d->slabs);
	fd_names_deinit(&d->fd_names);
	d->fd_names = (struct fd_names){0};
}

void
dumper_close(struct dumper *d)
{
	if (d == NULL)
		return;
	forget_subjects(d);
	saver_deinit(&d->saver);
	located_deinit(&d->located);
	walker_deinit(&d->walker);
	space_deinit(&d->space);
	target_close(&d->target);
	free(d);
}

pid_t
dumper_pid(const struct dumper *d)
{
	return d->target.pid;
}

pid_t
dumper_asked_tid(const struct dumper *d)
{
	return d->target.asked_tid;
}

pid_t
dumper_tracer(const struct dumper *d, const char **ret_comm)
{
	*ret_comm = d->tracer.comm;
	return d->tracer.pid;
}

int
dumper_saved(const struct dumper *d, const char **ret_path, struct err *err)
{
	*ret_path = d->saver.path;
	if (!d->saver.failed)
		return 0;
	*err = d->saver.err;
	return -(int)err->kind;
}

void
subject_walk(struct dumper *d, struct subject *s)
{
	struct unwind_result w =
	    walker_walk(&d->walker, &s->snap, CAPTURE_STACK_FIRST);

	s->end = w.end;
	s->n_frames = w.n;
	free(s->frames);
	s->frames = xreallocarray(NULL, w.n, sizeof(*s->frames));
	memcpy(s->frames, d->walker.frames, w.n * sizeof(*s->frames));
	s->is_late = d->walker.reader.is_late;
	if (d->saver.dir != NULL)
		saver_note_walk(&d->saver, &d->walker, w.n);
}

static int
by_tid(const void *a, const void *b)
{
	const struct subject *x = a, *y = b;

	return (x->task.tid > y->task.tid) - (x->task.tid < y->task.tid);
}

static bool
is_wanted(const struct dumper *d, pid_t tid)
{
	char comm[TARGET_COMM_SIZE];

	if (d->opts->tid != 0)
		return tid == d->opts->tid;
	if (d->opts->thread_re == NULL)
		return true;
	task_comm(&d->target, tid, comm, sizeof(comm));
	return regexec(d->opts->thread_re, comm, 0, NULL, 0) == 0;
}

static void
make_room(struct dumper *d, size_t room)
{
	d->subjects = xcalloc(room, sizeof(*d->subjects));
	d->room = room;
	if (!slabs_init(&d->slabs, room))
		die_no_memory();
}

static bool
is_known(const struct dumper *d, size_t n, pid_t tid)
{
	const struct subject key = {.task.tid = tid};

	return n > 0 && bsearch(&key, d->subjects, n, sizeof(key), by_tid);
}

static void
add_subject(struct dumper *d, pid_t tid)
{
	struct subject *s = &d->subjects[d->n];

	if (!is_wanted(d, tid) ||
	    !task_open(&d->target, tid, d->no_schedstat, &s->task))
		return;
	s->snap.stack = slab(&d->slabs, d->n);
	d->n++;
}

bool
dump_find_subjects(struct dumper *d)
{
	size_t n = 0, had = d->n;
	pid_t *tids = task_list(&d->target, &n);

	if (d->subjects == NULL && n > 0)
		make_room(d, n + SPARE_SUBJECTS);
	if (had > 0)
		qsort(d->subjects, had, sizeof(*d->subjects), by_tid);
	for (size_t i = 0; i < n && d->n < d->room; i++)
		if (!is_known(d, had, tids[i]))
			add_subject(d, tids[i]);
	free(tids);
	return d->n > had;
}

static struct dump_syscall *
describe_call(struct dumper *d, const struct subject *s, struct dump *dump)
{
	struct dump_syscall *call;
	char *text;

	if (!s->has_call || s->call.is_running || s->call.number < 0)
		return NULL;
	call = xcalloc(1, sizeof(*call));
	call->number = s->call.number;
	call->name = dump_string(dump, syscall_name(s->call.number));
	call->n_args = syscall_n_args(s->call.number);
	for (unsigned i = 0; i < call->n_args; i++)
		call->args[i] = s->call.args[i];
	text = syscall_text(&d->target, &d->fd_names, &s->call);
	call->text = dump_string(dump, text);
	free(text);
	return call;
}

static void
describe_thread(struct dumper *d, const struct subject *s, struct dump *dump)
{
	struct dump_thread *th = dump_add_thread(dump, s->task.tid);

	th->name = dump_string(dump, s->comm);
	th->state = s->state;
	th->stopped_ns = s->held_ns;
	th->syscall = describe_call(d, s, dump);
	th->end = s->end;
	th->problem = dump_string(dump, s->problem);
	dump_name_frames(dump, th, &d->space.code, &d->located, s->frames,
	    s->n_frames);
}

/* All at once: a module's symbols are gone through for all of them. */
static void
want_names(struct dumper *d)
{
	struct dump_places places = {0};

	for (size_t i = 0; i < d->n; i++)
		dump_add_places(&places, &d->space.code, d->subjects[i].frames,
		    d->subjects[i].n_frames);
	symbolize_want(places.v, places.n);
	free(places.v);
}

static struct dump *
describe(struct dumper *d)
{
	struct dump *dump = dump_new();
	char *exe = target_exe(&d->target);

	dump->pid = d->target.pid;
	dump->comm = dump_string(dump, d->target.comm);
	dump->exe = dump_string(dump, exe);
	dump->is_frozen = d->opts->freeze && d->tracer.pid == 0;
	dump->frozen_ns = d->frozen_ns;
	free(exe);
	return dump;
}

static enum core_kind
kind_of(const struct subject *s)
{
	if (!s->was_stopped)
		return CORE_UNSTOPPED;
	return s->is_late ? CORE_LATE : CORE_STOPPED;
}

/* Those that have a stack, in one file. */
static void
save(struct dumper *d, const struct timespec *time)
{
	struct core_thread *threads;
	size_t n = 0;

	if (d->saver.dir == NULL)
		return;
	threads = xcalloc(d->n, sizeof(*threads));
	for (size_t i = 0; i < d->n; i++) {
		const struct subject *s = &d->subjects[i];

		if (s->frames != NULL && !s->is_gone)
			threads[n++] = (struct core_thread){
			    .tid = s->task.tid,
			    .name = s->comm,
			    .state = s->state,
			    .kind = kind_of(s),
			    .snap = s->snap,
			};
	}
	saver_write(&d->saver, threads, n, time);
	saver_write_extracts(&d->saver);
	free(threads);
}

/*
 * What was there at the last dump may have been replaced: by an exec, by another
 * library at the same place. Names of files that are mapped no more are let go.
 */
static void
catch_up(struct dumper *d)
{
	if (!d->is_fresh) {
		target_refresh(&d->target);
		(void)space_refresh(&d->space);
		located_keep(&d->located, d->space.modules, d->space.maps.n);
	}
	d->is_fresh = false;
}

/* Of all threads together no more than DUMP_FRAMES_MAX frames are shown. */
static void
spend_frames(struct dumper *d)
{
	size_t left = DUMP_FRAMES_MAX;

	for (size_t i = 0; i < d->n; i++) {
		struct subject *s = &d->subjects[i];

		if (s->n_frames > left) {
			s->n_frames = left;
			s->end = END_DEPTH;
		}
		left -= s->n_frames;
	}
}

int
dumper_take(struct dumper *d, struct dump **ret, struct err *err)
{
	struct timespec now;
	struct dump *dump;

	forget_subjects(d);
	catch_up(d);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)dump_find_subjects(d);
	if (d->subjects == NULL || target_has_exited(&d->target))
		return err_set(err, ERR_NO_PROCESS, "PID %d (%s): it has ended",
		    d->target.pid, d->target.comm);
	if (d->n == 0 && d->opts->tid != 0)
		return err_set(err, ERR_NO_PROCESS,
		    "PID %d (%s): it has no thread %d", d->target.pid,
		    d->target.comm, d->opts->tid);
	if (d->saver.dir != NULL)
		saver_begin(&d->saver);
	for (size_t i = 0; i < d->n; i++)
		dump_look(d, &d->subjects[i]);
	dump_stop(d);
	qsort(d->subjects, d->n, sizeof(*d->subjects), by_tid);
	save(d, &now);
	spend_frames(d);
	want_names(d);
	dump = describe(d);
	dump->time = now;
	for (size_t i = 0; i < d->n; i++)
		if (!d->subjects[i].is_gone)
			describe_thread(d, &d->subjects[i], dump);
	*ret = dump;
	return 0;
}

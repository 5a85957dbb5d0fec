/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/watch_threads.h"

#include "base/attr.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "cli/watch.h"
#include "profile/by_thread.h"
#include "session/onlooker.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* A process, looked at from the side. */
struct side {
	uint64_t serial;	   /* of the process */
	struct onlooker *onlooker; /* NULL: it is gone, or was before we came */
	bool was_opened;
};

struct watch_threads {
	struct side *sides; /* of the processes in the list, in its order */
	size_t n_sides;
	struct top_thread *rows;
	size_t n_rows, cap_rows;
	char **texts; /* what the rows point into */
	size_t n_texts, cap_texts;
	struct by_thread *used;
};

static void
forget_rows(struct watch_threads *t)
{
	for (size_t i = 0; i < t->n_texts; i++)
		free(t->texts[i]);
	t->n_texts = t->n_rows = 0;
}

void
watch_threads_free(struct watch_threads *t)
{
	if (t == NULL)
		return;
	forget_rows(t);
	for (size_t i = 0; i < t->n_sides; i++)
		onlooker_close(t->sides[i].onlooker);
	by_thread_free(t->used);
	free(t->sides);
	free(t->rows);
	free(t->texts);
	free(t);
}

static struct watch_threads *
threads_of(struct watch *w)
{
	if (w->threads != NULL)
		return w->threads;
	w->threads = xcalloc(1, sizeof(*w->threads));
	w->threads->used = by_thread_new(&w->mirror);
	return w->threads;
}

static bool
is_in_step(const struct watch *w, const struct watch_threads *t)
{
	if (t->n_sides != w->n_processes)
		return false;
	for (size_t i = 0; i < t->n_sides; i++)
		if (t->sides[i].serial != w->processes[i].serial)
			return false;
	return true;
}

/* Before the sides are used: who is in the list still keeps its own. */
static void
follow_list(struct watch *w)
{
	struct watch_threads *t = threads_of(w);
	struct side *sides;
	size_t old = 0;

	if (is_in_step(w, t))
		return;
	sides = xcalloc(w->n_processes, sizeof(*sides));
	for (size_t i = 0; i < w->n_processes; i++) {
		uint64_t serial = w->processes[i].serial;

		while (old < t->n_sides && t->sides[old].serial < serial)
			onlooker_close(t->sides[old++].onlooker);
		if (old < t->n_sides && t->sides[old].serial == serial)
			sides[i] = t->sides[old++];
		sides[i].serial = serial;
	}
	while (old < t->n_sides)
		onlooker_close(t->sides[old++].onlooker);
	free(t->sides);
	t->sides = sides;
	t->n_sides = w->n_processes;
}

/* Of a process by its place in the list; NULL for one that has ended. */
static struct onlooker *
onlooker_of(struct watch *w, size_t process)
{
	const struct top_process *p = &w->processes[process];
	struct side *side = &threads_of(w)->sides[process];
	struct err ignored;

	if (p->has_exited) {
		onlooker_close(side->onlooker);
		side->onlooker = NULL;
	} else if (!side->was_opened) {
		(void)onlooker_open(p->pid, &side->onlooker, &ignored);
		side->was_opened = true;
	}
	return side->onlooker;
}

void
watch_threads_ages(struct watch *w)
{
	follow_list(w);
	for (size_t i = 0; i < w->n_processes; i++) {
		struct onlooker *o = onlooker_of(w, i);

		if (o != NULL)
			w->processes[i].age_s = onlooker_age(o);
	}
}

/* CPU time by label set. */
static const uint64_t *
used_by_thread(struct watch *w)
{
	return by_thread_cpu(threads_of(w)->used, watch_window(w));
}

static int
compare_tids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* Sorted; twice who has changed its name, and also who has ended. */
static pid_t *
active_tids(struct watch *w, size_t *ret_n)
{
	const uint64_t *used = used_by_thread(w);
	pid_t *tids = xcalloc(w->mirror.n_labels, sizeof(*tids));

	*ret_n = 0;
	for (size_t i = 0; i < w->mirror.n_labels; i++)
		if (used[i] > 0)
			tids[(*ret_n)++] = w->mirror.labels[i].tid;
	qsort(tids, *ret_n, sizeof(*tids), compare_tids);
	return tids;
}

void
watch_threads_count(struct watch *w, size_t *ret_all, size_t *ret_active)
{
	size_t n_active;
	pid_t *active = active_tids(w, &n_active);

	follow_list(w);
	*ret_all = *ret_active = 0;
	for (size_t i = 0; i < w->n_processes; i++) {
		struct onlooker *o = onlooker_of(w, i);
		size_t n = 0;
		pid_t *tids = o != NULL ? onlooker_threads(o, &n) : NULL;

		*ret_all += n;
		for (size_t k = 0; tids != NULL && k < n; k++)
			*ret_active += bsearch(&tids[k], active, n_active,
					   sizeof(*active), compare_tids) != NULL;
		free(tids);
	}
	free(active);
}

/* --- rows */

static const char *
keep(struct watch_threads *t, const char *text)
{
	GROW(t->texts, t->n_texts, t->cap_texts);
	return t->texts[t->n_texts++] = xstrdup(text);
}

static void
add_row(struct watch_threads *t, pid_t pid, pid_t tid)
{
	GROW(t->rows, t->n_rows, t->cap_rows);
	t->rows[t->n_rows++] = (struct top_thread){
	    .pid = pid, .tid = tid, .name = "", .state = '?', .doing = ""};
}

static bool
is_wanted(const struct watch *w, struct onlooker *o, pid_t tid)
{
	const regex_t *re = w->opts.thread_re;

	if (re != NULL)
		return regexec(re, onlooker_name(o, tid), 0, NULL, 0) == 0;
	return w->opts.tid == 0 || w->opts.tid == tid;
}

static void
list(struct watch *w, size_t process)
{
	struct onlooker *o = onlooker_of(w, process);
	size_t n = 0;
	pid_t *tids = o != NULL ? onlooker_threads(o, &n) : NULL;

	for (size_t i = 0; tids != NULL && i < n; i++)
		if (is_wanted(w, o, tids[i]))
			add_row(w->threads, w->processes[process].pid, tids[i]);
	free(tids);
}

static int
compare_ids(const void *pa, const void *pb)
{
	const struct top_thread *a = pa, *b = pb;

	if (a->tid != b->tid)
		return a->tid < b->tid ? -1 : 1;
	return 0;
}

static int
compare_cpu(const void *pa, const void *pb)
{
	const struct top_thread *a = pa, *b = pb;

	if (a->cpu > b->cpu || a->cpu < b->cpu)
		return a->cpu > b->cpu ? -1 : 1;
	return compare_ids(pa, pb);
}

static struct top_thread *
find_row(const struct watch_threads *t, size_t n, pid_t tid)
{
	struct top_thread key = {.tid = tid};

	return n == 0 ? NULL
		      : bsearch(&key, t->rows, n, sizeof(*t->rows), compare_ids);
}

/* One that ended and used CPU in the window has no row of /proc any more. */
static void
add_ended(struct watch *w, const uint64_t *used)
{
	struct watch_threads *t = w->threads;
	size_t listed = t->n_rows, n;

	for (size_t i = 0; i < w->mirror.n_labels; i++) {
		const struct profile_labels *l = &w->mirror.labels[i];

		if (used[i] != 0 && l->tid != 0 &&
		    find_row(t, listed, l->tid) == NULL)
			add_row(t, l->pid, l->tid);
	}
	if (t->n_rows == listed)
		return;
	qsort(t->rows, t->n_rows, sizeof(*t->rows), compare_ids);
	n = 1;
	for (size_t i = 1; i < t->n_rows; i++)
		if (t->rows[i].tid != t->rows[n - 1].tid)
			t->rows[n++] = t->rows[i];
	t->n_rows = n;
}

/*
 * A thread has several label sets when it took another name, and, where wall
 * time is weighed, one for each of its states: its row is one.
 */
static void
add_cpu(struct watch *w)
{
	struct watch_threads *t = w->threads;
	const uint64_t *used = used_by_thread(w);
	double s = (double)window_ns(watch_window(w));

	if (t->n_rows > 0)
		qsort(t->rows, t->n_rows, sizeof(*t->rows), compare_ids);
	if (s > 0)
		add_ended(w, used);
	for (size_t i = 0; i < w->mirror.n_labels && s > 0; i++) {
		const struct profile_labels *l = &w->mirror.labels[i];
		struct top_thread *row = find_row(t, t->n_rows, l->tid);

		if (used[i] == 0 || row == NULL)
			continue;
		row->cpu += (double)used[i] / s;
		row->name = keep(t,
		    interned(&w->mirror.strings, l->thread_name));
	}
}

static struct onlooker *
living(struct watch *w, pid_t pid)
{
	for (size_t i = 0; i < w->n_processes; i++)
		if (w->processes[i].pid == pid && !w->processes[i].has_exited)
			return onlooker_of(w, i);
	return NULL;
}

static void
look(struct watch *w, struct top_thread *row)
{
	struct onlooker *o = living(w, row->pid);

	if (o == NULL)
		return;
	row->state = onlooker_state(o, row->tid);
	if (row->state == '?')
		return;
	row->name = keep(w->threads, onlooker_name(o, row->tid));
	row->doing = keep(w->threads, onlooker_doing(o, row->tid));
}

const struct top_thread *
watch_threads(struct watch *w, size_t first, size_t n, size_t *ret_n)
{
	struct watch_threads *t = threads_of(w);

	follow_list(w);
	forget_rows(t);
	for (size_t i = 0; i < w->n_processes; i++)
		list(w, i);
	add_cpu(w);
	if (t->n_rows > 0)
		qsort(t->rows, t->n_rows, sizeof(*t->rows), compare_cpu);
	for (size_t i = first; i < t->n_rows && i - first < n; i++)
		look(w, &t->rows[i]);
	*ret_n = t->n_rows;
	return t->rows;
}

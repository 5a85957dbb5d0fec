/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/threads.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "target/capture.h"
#include "target/target.h"

#include <stdlib.h>
#include <string.h>

/* One thread that comes as another goes leaves the hint as it was. */
#define RESCAN_NS NS_PER_SEC

/* What a deeper call than the last ones may need on top. */
#define STACK_SPARE (16u << 10)

static bool
is_wanted(const struct threads *ts, const struct target *t, pid_t tid)
{
	char comm[TARGET_COMM_SIZE];

	if (ts->only_tid != 0 && tid != ts->only_tid)
		return false;
	if (ts->only_re == NULL)
		return true;
	task_comm(t, tid, comm, sizeof(comm));
	return regexec(ts->only_re, comm, 0, NULL, 0) == 0;
}

/* Where tid is, or would be, in the sorted list. */
static size_t
position(const struct threads *ts, pid_t tid)
{
	size_t lo = 0, hi = ts->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ts->v[mid]->task.tid < tid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void
add(struct threads *ts, const struct target *t, pid_t tid, bool is_first_scan)
{
	size_t at = position(ts, tid);
	struct thread *th;
	struct task task;

	if (at < ts->n && ts->v[at]->task.tid == tid)
		return;
	if (!is_wanted(ts, t, tid) ||
	    !task_open(t, tid, ts->no_schedstat, &task))
		return;
	th = xcalloc(1, sizeof(*th));
	th->task = task;
	th->labels = UINT32_MAX;
	/*
	 * One that took a wanted name later counts from then on, and so does
	 * one that became the main thread by exec: it was counted before.
	 */
	if (is_first_scan ? !ts->from_start
			  : ts->only_re != NULL || tid == t->pid)
		th->base_ns = th->charged_ns = task.run_ns;
	GROW(ts->v, ts->n, ts->cap);
	memmove(&ts->v[at + 1], &ts->v[at], (ts->n - at) * sizeof(*ts->v));
	ts->v[at] = th;
	ts->n++;
	ts->seen++;
	ts->run_ns += task.run_ns;
	/* Of the first ones most sleep; a later one has just begun. */
	th->is_new = !is_first_scan;
	threads_set_lively(ts, th, !is_first_scan);
}

static bool
scan(struct threads *ts, const struct target *t, bool is_first_scan)
{
	size_t n;
	pid_t *tids;

	/* Before the scan: what changes during it is seen by the next hint. */
	ts->hint = task_count_hint(t);
	ts->scan_ns = now_ns();
	tids = task_list(t, &n);
	if (tids == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		add(ts, t, tids[i], is_first_scan);
	free(tids);
	return true;
}

bool
threads_init(struct threads *ts, const struct target *t)
{
	ts->no_schedstat = !task_schedstat_works();
	return scan(ts, t, true) && ts->n > 0;
}

static void
free_thread(struct thread *th)
{
	task_close(&th->task);
	trail_deinit(&th->trail);
	trie_path_deinit(&th->path);
	free(th);
}

void
threads_deinit(struct threads *ts)
{
	for (size_t i = 0; i < ts->n; i++)
		free_thread(ts->v[i]);
	free(ts->v);
	free(ts->lively);
}

void
threads_refresh(struct threads *ts, const struct target *t, uint64_t now)
{
	if (task_count_hint(t) != ts->hint || now - ts->scan_ns > RESCAN_NS)
		(void)scan(ts, t, false);
}

struct thread *
threads_find(const struct threads *ts, pid_t tid)
{
	size_t at = position(ts, tid);

	return at < ts->n && ts->v[at]->task.tid == tid ? ts->v[at] : NULL;
}

bool
threads_look(struct threads *ts, const struct target *t, struct thread *th)
{
	uint64_t before = th->task.run_ns;
	bool is_there = task_look(t, &th->task);

	ts->run_ns += th->task.run_ns - before;
	return is_there;
}

/* Few are taken out, and most of these are among the last that were put in. */
static void
drop_lively(struct threads *ts, const struct thread *th)
{
	size_t i = ts->n_lively;

	while (ts->lively[--i] != th)
		continue;
	ts->lively[i] = ts->lively[--ts->n_lively];
}

void
threads_set_lively(struct threads *ts, struct thread *th, bool is_lively)
{
	if (is_lively == th->is_lively)
		return;
	th->is_lively = is_lively;
	if (is_lively) {
		GROW(ts->lively, ts->n_lively, ts->cap_lively);
		ts->lively[ts->n_lively++] = th;
	} else {
		drop_lively(ts, th);
	}
}

bool
threads_have_gone(const struct threads *ts)
{
	return ts->hint == 0;
}

void
threads_remove(struct threads *ts, struct thread *th)
{
	size_t i = position(ts, th->task.tid);

	threads_set_lively(ts, th, false);
	/* One may have come as this one went, and the count be the same. */
	ts->hint = 0;
	ts->n--;
	memmove(&ts->v[i], &ts->v[i + 1], (ts->n - i) * sizeof(*ts->v));
	ts->on_gone(ts->ctx, th);
	free_thread(th);
}

size_t
thread_stack_want(const struct thread *th)
{
	size_t want = 0;

	for (size_t i = 0; i < STACK_NEEDS; i++)
		if (th->stack_needs[i] > want)
			want = th->stack_needs[i];
	return want == 0 ? CAPTURE_STACK_FIRST : want + STACK_SPARE;
}

void
thread_note_need(struct thread *th, size_t need)
{
	th->stack_needs[th->next_need++ % STACK_NEEDS] = need;
}

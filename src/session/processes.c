/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/processes.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "profile/profile.h"
#include "session/session.h"
#include "target/children.h"
#include "target/task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/*
 * How often children are looked for, which is a pass over /proc, and what share
 * of the time that may take at most: one part in so many.
 */
#define LOOK_GAP_NS 100000000ull
#define LOOK_GAPS   50
/* How long a pass may open what is new: no tick comes meanwhile. */
#define OPEN_MAX_NS 20000000ull

/* Who has stopped out of its turn is held no longer than this, or one turn. */
#define COLLECT_GAP_NS 200000ull

/* Taken out of ended_fd at once. */
#define ENDED_AT_ONCE 16

int
processes_init(struct processes *ps, struct sampling *sampling, struct err *err)
{
	*ps = (struct processes){.sampling = sampling};
	ps->ended_fd = epoll_create1(EPOLL_CLOEXEC);
	if (ps->ended_fd < 0)
		return err_set(err, ERR_RUNTIME, "no descriptors left: %s",
		    strerror(errno));
	return 0;
}

static void
free_watched(struct watched *w)
{
	sampler_deinit(&w->sampler);
	target_close(&w->target);
	free(w);
}

void
processes_deinit(struct processes *ps)
{
	for (size_t i = 0; i < ps->n; i++)
		free_watched(ps->v[i]);
	free(ps->v);
	free(ps->refused);
	if (ps->ended_fd >= 0)
		(void)close(ps->ended_fd);
}

static const struct watched *
find_living(const struct processes *ps, pid_t pid)
{
	for (size_t i = 0; i < ps->n; i++)
		if (!ps->v[i]->has_ended && ps->v[i]->target.pid == pid)
			return ps->v[i];
	return NULL;
}

static int
wait_for_its_end(const struct processes *ps, struct watched *w, struct err *err)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = w};

	if (epoll_ctl(ps->ended_fd, EPOLL_CTL_ADD, w->target.pidfd, &event) == 0)
		return 0;
	return err_set(err, ERR_RUNTIME, "PID %d: its end cannot be awaited: %s",
	    (int)w->target.pid, strerror(errno));
}

/* Closing it would not do, where a fork has a duplicate. */
static void
forget_its_end(const struct processes *ps, const struct watched *w)
{
	(void)epoll_ctl(ps->ended_fd, EPOLL_CTL_DEL, w->target.pidfd, NULL);
}

/* Takes the open target over. */
static int
add(struct processes *ps, const struct target *t, bool newborn,
    struct watched **ret, struct err *err)
{
	struct watched *w = xcalloc(1, sizeof(*w));
	int r;

	w->target = *t;
	memcpy(w->comm, t->comm, sizeof(w->comm));
	w->comm_ns = now_ns();
	r = wait_for_its_end(ps, w, err);
	if (r == 0)
		r = sampler_init(
		    &w->sampler, ps->sampling, &w->target, newborn, err);
	if (r < 0) {
		forget_its_end(ps, w);
		free_watched(w);
		return r;
	}
	GROW(ps->v, ps->n, ps->cap);
	ps->v[ps->n++] = w;
	ps->n_living++;
	ps->sampling->profile->stats.processes++;
	*ret = w;
	return 0;
}

int
processes_add(struct processes *ps, pid_t pid, struct err *err)
{
	struct watched *w;
	struct target t;
	int r;

	if (ps->n >= PROCESSES_MAX)
		return err_set(err, ERR_USAGE,
		    "more than %d processes at a time", PROCESSES_MAX);
	r = target_open(pid, &t, err);
	if (r < 0)
		return r;
	if (find_living(ps, t.pid) != NULL) {
		target_close(&t);
		return 0;
	}
	r = add(ps, &t, false, &w, err);
	if (r == 0)
		w->is_given = true;
	return r;
}

/* ---- those below -------------------------------------------------------- */

static bool
is_refused(const struct processes *ps, pid_t pid)
{
	for (size_t i = 0; i < ps->n_refused; i++)
		if (ps->refused[i] == pid)
			return true;
	return false;
}

static void
refuse(struct processes *ps, pid_t pid)
{
	GROW(ps->refused, ps->n_refused, ps->cap_refused);
	ps->refused[ps->n_refused++] = pid;
	ps->sampling->profile->stats.refused_processes++;
}

/* The id of one that is gone may be given to another, which is not refused. */
static void
forget_refused(struct processes *ps, const struct process *v, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < ps->n_refused; i++) {
		size_t k = 0;

		while (k < n && v[k].pid != ps->refused[i])
			k++;
		if (k < n)
			ps->refused[kept++] = ps->refused[i];
	}
	ps->n_refused = kept;
}

/* One that has ended by the time we open it is no loss to tell of. */
static void
add_child(struct processes *ps, pid_t pid, bool newborn)
{
	struct watched *w;
	struct target t;
	struct err err;
	int r;

	if (ps->n >= PROCESSES_MAX) {
		refuse(ps, pid);
		return;
	}
	r = target_open(pid, &t, &err);
	if (r == 0)
		r = add(ps, &t, newborn, &w, &err);
	if (r < 0 && err.kind != ERR_NO_PROCESS && err.kind != ERR_UNSUPPORTED)
		refuse(ps, pid);
}

static pid_t *
list_living(const struct processes *ps)
{
	pid_t *pids = xcalloc(ps->n_living + 1, sizeof(*pids));
	size_t n = 0;

	for (size_t i = 0; i < ps->n; i++)
		if (!ps->v[i]->has_ended)
			pids[n++] = ps->v[i]->target.pid;
	return pids;
}

void
processes_find_children(struct processes *ps, bool newborn)
{
	uint64_t start = now_ns(), looked_ns, gap;
	struct process *found;
	pid_t *living;
	size_t n;

	/* A thread that was asked for is of the process that was. */
	if (start < ps->look_ns || ps->sampling->opts->tid != 0)
		return;
	living = list_living(ps);
	found = children_of_any(living, ps->n_living, &n);
	free(living);
	looked_ns = now_ns();
	gap = (looked_ns - start) * LOOK_GAPS;
	ps->look_ns = looked_ns + (gap > LOOK_GAP_NS ? gap : LOOK_GAP_NS);
	forget_refused(ps, found, n);
	for (size_t i = 0; i < n; i++) {
		/* The next pass finds the rest. */
		if (newborn && now_ns() - looked_ns > OPEN_MAX_NS)
			break;
		/* Neither we nor those who help us are what is watched. */
		if (found[i].pid != getpid() && found[i].ppid != getpid() &&
		    !is_refused(ps, found[i].pid))
			add_child(ps, found[i].pid, newborn);
	}
	free(found);
}

/* ---- all of them -------------------------------------------------------- */

static void
for_each(struct processes *ps, void (*fn)(struct sampler *s))
{
	for (size_t i = 0; i < ps->n; i++)
		if (!ps->v[i]->has_ended)
			fn(&ps->v[i]->sampler);
}

/*
 * While one has its turn, threads of others may come to their stop, and the
 * signal that tells so be taken by it: so they are asked in between.
 */
void
processes_tick(struct processes *ps)
{
	uint64_t collected_ns = now_ns();

	ps->sampling->profile->stats.ticks++;
	for (size_t i = 0; i < ps->n; i++) {
		if (ps->v[i]->has_ended)
			continue;
		sampler_tick(&ps->v[i]->sampler);
		if (now_ns() - collected_ns < COLLECT_GAP_NS)
			continue;
		processes_collect(ps);
		collected_ns = now_ns();
	}
	if (ps->n_living > 1)
		processes_collect(ps);
}

void
processes_collect(struct processes *ps)
{
	for_each(ps, sampler_collect);
}

void
processes_await(struct processes *ps)
{
	for_each(ps, sampler_await);
}

void
processes_settle(struct processes *ps)
{
	for_each(ps, sampler_settle);
}

void
processes_disown(struct processes *ps)
{
	for_each(ps, sampler_disown);
}

void
processes_read_clocks(struct processes *ps)
{
	for_each(ps, sampler_read_clock);
}

void
processes_skip(struct processes *ps)
{
	for_each(ps, sampler_skip);
}

void
processes_finish(struct processes *ps)
{
	for_each(ps, sampler_finish);
}

/*
 * Its descriptors are given back, and with them what its number meant: nothing
 * is read any more of whoever has it next.
 */
static void
retire(struct processes *ps, struct watched *w)
{
	sampler_retire(&w->sampler);
	w->cpu_ns =
	    ledger_kernel_ns(&w->sampler.ledger, &w->sampler.threads);
	forget_its_end(ps, w);
	target_close(&w->target);
	w->target.mem.vm_readv_gone = true;
	w->has_ended = true;
	ps->n_living--;
}

void
processes_retire_ended(struct processes *ps)
{
	struct epoll_event events[ENDED_AT_ONCE];
	int n;

	do {
		n = epoll_wait(ps->ended_fd, events, ENDED_AT_ONCE, 0);
		for (int i = 0; i < n; i++)
			retire(ps, events[i].data.ptr);
	} while (n == ENDED_AT_ONCE);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/processes.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "profile/profile.h"
#include "session/session.h"
#include "session/stop_window.h"
#include "session/stops.h"
#include "target/task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Who has stopped out of its turn is held no longer than this, or one turn. */
#define COLLECT_GAP_NS 200000ull

/* Taken out of ended_fd at once. */
#define ENDED_AT_ONCE 16

int
processes_init(struct processes *ps, struct sampling *sampling, struct err *err)
{
	*ps = (struct processes){.sampling = sampling};
	births_init(&ps->births);
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
	births_deinit(&ps->births);
	if (ps->ended_fd >= 0)
		(void)close(ps->ended_fd);
}

struct watched *
processes_find_living(const struct processes *ps, pid_t pid)
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

int
processes_take(struct processes *ps, const struct target *t,
    const struct access_tracer *tracer, bool newborn, struct watched **ret,
    struct err *err)
{
	struct watched *w = xcalloc(1, sizeof(*w));
	int r;

	w->serial = ps->next_serial++;
	w->target = *t;
	w->tracer = *tracer;
	memcpy(w->comm, t->comm, sizeof(w->comm));
	w->comm_ns = now_ns();
	w->ppid = target_parent(t);
	r = wait_for_its_end(ps, w, err);
	if (r == 0)
		r = sampler_init(
		    &w->sampler, ps->sampling, &w->target, newborn, err);
	if (r < 0) {
		forget_its_end(ps, w);
		free_watched(w);
		return r;
	}
	if (tracer->pid != 0)
		sampler_keep_off(&w->sampler);
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
	struct access_tracer tracer;
	struct watched *ignored;
	struct target t;
	int r;

	if (ps->n_living >= PROCESSES_MAX)
		return err_set(err, ERR_USAGE,
		    "more than %d processes at a time", PROCESSES_MAX);
	r = target_open_traced(pid, &t, &tracer, err);
	if (r < 0)
		return r;
	if (processes_find_living(ps, t.pid) != NULL) {
		target_close(&t);
		return 0;
	}
	return processes_take(ps, &t, &tracer, false, &ignored, err);
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
	for_each(ps, stops_await);
}

/* Nobody is held because another is waited for. */
void
processes_settle(struct processes *ps)
{
	uint64_t start = now_ns();
	bool is_any_left;

	do {
		is_any_left = false;
		for (size_t i = 0; i < ps->n; i++)
			if (!ps->v[i]->has_ended)
				is_any_left |= sampler_settle(
				    &ps->v[i]->sampler, start);
		if (is_any_left)
			sampler_nap();
	} while (is_any_left);
	stop_window_close();
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

/* ---- what is not of any, and who has ended ----------------------------- */

/* What its ended children used in this time, as far as the kernel has told. */
static uint64_t
children_ns(const struct watched *w)
{
	const struct ledger *l = &w->sampler.ledger;

	return l->split.children_ns - l->split_base.children_ns;
}

uint64_t
watched_unseen_ns(const struct watched *w)
{
	uint64_t all = children_ns(w);

	return all > w->below_ns ? all - w->below_ns : 0;
}

void
watched_add_stats(const struct watched *w, struct stats *st)
{
	const struct sampler *sm = &w->sampler;
	const struct ledger *l = &sm->ledger;

	st->threads_seen += sm->threads.seen;
	st->no_schedstat |= sm->threads.no_schedstat;
	st->cpu_kernel_ns += ledger_kernel_ns(l, &sm->threads);
	st->cpu_user_ns += l->split.user_ns - l->split_base.user_ns;
	st->cpu_system_ns += l->split.system_ns - l->split_base.system_ns;
	st->cpu_attributed_ns += l->sampled_ns;
	st->cpu_children_ns += watched_unseen_ns(w);
}

/*
 * When a process is waited for, the kernel adds to its parent's count what it
 * ever used, and what that had been added to it. So does this, for those whose
 * parent is watched, with what is known of them.
 */
static void
tell_parent(const struct processes *ps, struct watched *w)
{
	const struct ledger *l = &w->sampler.ledger;
	uint64_t all = children_ns(w);
	pid_t ppid = target_parent(&w->target);
	struct watched *parent;

	/* One that has been waited for has had the parent that it had. */
	if (ppid != 0)
		w->ppid = ppid;
	parent = processes_find_living(ps, w->ppid);
	if (parent == NULL)
		return;
	parent->below_ns += l->clock_ns + l->split_base.children_ns +
			    (all > w->below_ns ? all : w->below_ns);
}

/*
 * A row for what children used that came and went unseen. Who watches has it in
 * the head: the kernel tells of it late, and much at once.
 */
static void
show_unseen(const struct processes *ps, const struct watched *w)
{
	const struct session_opts *opts = ps->sampling->opts;
	struct profile *p = ps->sampling->profile;
	uint64_t ns = watched_unseen_ns(w);
	uint32_t marker;

	if (ns == 0 || !opts->children || opts->is_watched ||
	    w->sampler.ledger.is_filtered)
		return;
	marker = profile_marker(p, "[children unseen]");
	profile_add(p,
	    profile_labels(p,
		opts->labels != LABELS_NONE ? w->target.pid : 0, 0, ""),
	    &marker, 1, cpu_weight(0, ns));
}

void
processes_settle_wall(struct processes *ps)
{
	for_each(ps, sampler_settle_wall);
}

void
processes_begin_wall(struct processes *ps)
{
	for_each(ps, sampler_begin_wall);
}

void
processes_finish(struct processes *ps)
{
	for_each(ps, sampler_finish);
	for (size_t i = 0; i < ps->n; i++)
		if (!ps->v[i]->has_ended)
			show_unseen(ps, ps->v[i]);
}

static void
remember(struct processes *ps, const struct watched *w)
{
	struct ended_process *e =
	    &ps->ended[ps->n_ended++ % PROCESSES_ENDED_MAX];

	*e = (struct ended_process){
	    .serial = w->serial, .pid = w->target.pid};
	memcpy(e->comm, w->comm, sizeof(e->comm));
}

static void
take_out(struct processes *ps, struct watched *w)
{
	size_t i = 0;

	while (ps->v[i] != w)
		i++;
	ps->n--;
	memmove(&ps->v[i], &ps->v[i + 1],
	    (ps->n - i) * sizeof(struct watched *));
	watched_add_stats(w, &ps->past);
	remember(ps, w);
	free_watched(w);
}

/*
 * Its descriptors are given back, and with them what its number meant: nothing
 * is read any more of whoever has it next. Saved snapshots stand on all files,
 * but then there is one process only, the first.
 */
static void
retire(struct processes *ps, struct watched *w)
{
	sampler_retire(&w->sampler);
	tell_parent(ps, w);
	show_unseen(ps, w);
	forget_its_end(ps, w);
	target_close(&w->target);
	w->target.mem.vm_readv_gone = true;
	w->has_ended = true;
	ps->n_living--;
	if (w != ps->v[0])
		take_out(ps, w);
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

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/processes.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "profile/profile.h"
#include "session/session.h"
#include "target/children.h"

#include <stdlib.h>
#include <unistd.h>

/*
 * What share of a CPU may go into looking, into opening: a part in so many. Not
 * of the time that it took: on a machine that is busy with builds that is long.
 */
#define LOOK_GAPS 50
#define OPEN_GAPS 5
/*
 * How often there is a pass over all of /proc: where new ids are told, only for
 * those that were not found by them.
 */
#define PASS_GAP_NS	   NS_PER_SEC
#define PASS_GAP_UNTOLD_NS 100000000ull
/* How long a look may open what is new: no tick comes meanwhile. */
#define OPEN_MAX_NS 20000000ull

static uint64_t
cost_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

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

/*
 * True when it is watched now. One that has ended by the time we open it is no
 * loss to tell of. Neither we nor those who help us are what is watched.
 */
static bool
add_child(struct processes *ps, const struct process *p, bool newborn)
{
	struct watched *w;
	struct access_tracer tracer;
	struct target t;
	struct err err;
	uint64_t start;
	int r;

	if (p->pid == getpid() || p->ppid == getpid() ||
	    is_refused(ps, p->pid))
		return false;
	if (ps->n_living >= PROCESSES_MAX) {
		refuse(ps, p->pid);
		return false;
	}
	start = cost_ns();
	r = target_open_traced(p->pid, &t, &tracer, &err);
	if (r == 0)
		r = processes_take(ps, &t, &tracer, newborn, &w, &err);
	ps->open_ns += cost_ns() - start;
	/* Who has come to its stop meanwhile is not held for the others. */
	processes_collect(ps);
	if (r < 0 && err.kind != ERR_NO_PROCESS && err.kind != ERR_UNSUPPORTED)
		refuse(ps, p->pid);
	return r == 0;
}

/* ---- one by one, as they come ------------------------------------------- */

/* Those whom we may not open may have children whom we may. */
static bool
is_above(const struct processes *ps, pid_t pid)
{
	return processes_find_living(ps, pid) != NULL || is_refused(ps, pid);
}

/*
 * Parents have lower ids than their children, so those who come together are
 * found together.
 */
static void
add_newborn(struct processes *ps, const struct birth_range *range)
{
	for (pid_t pid = range->first; pid <= range->last; pid++) {
		struct process p = {.pid = pid};

		if (processes_find_living(ps, pid) != NULL)
			continue;
		p.ppid = children_parent(pid);
		if (p.ppid == 0 || !is_above(ps, p.ppid) ||
		    children_is_thread(pid))
			continue;
		if (now_ns() > ps->open_end_ns) {
			births_put_back(&ps->births, pid);
			return;
		}
		(void)add_child(ps, &p, true);
	}
}

/* ---- among all ---------------------------------------------------------- */

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

static void
pass(struct processes *ps, bool newborn)
{
	uint64_t start = cost_ns();
	pid_t *living = list_living(ps);
	size_t n;
	struct process *found = children_of_any(living, ps->n_living, &n);

	free(living);
	forget_refused(ps, found, n);
	ps->passed_ns = now_ns();
	ps->pass_ns = ps->passed_ns + (cost_ns() - start) * LOOK_GAPS;
	for (size_t i = 0; i < n; i++) {
		if (newborn && now_ns() > ps->open_end_ns) {
			ps->passed_ns = 0;
			break;
		}
		if (add_child(ps, &found[i], newborn) && newborn)
			births_confirm(&ps->births, found[i].pid);
	}
	free(found);
}

static bool
is_time_for_pass(const struct processes *ps, uint64_t now)
{
	return now >= ps->pass_ns &&
	       now - ps->passed_ns >=
		   (ps->births_untold ? PASS_GAP_UNTOLD_NS : PASS_GAP_NS);
}

static void
look_at_births(struct processes *ps, bool newborn)
{
	uint64_t start = cost_ns();
	struct birth_range range;

	ps->births_untold = !births_since(&ps->births, &range);
	if (newborn && !ps->births_untold)
		add_newborn(ps, &range);
	ps->look_ns =
	    now_ns() + (cost_ns() - start - ps->open_ns) * LOOK_GAPS;
}

void
processes_find_children(struct processes *ps, bool newborn)
{
	uint64_t now = now_ns();

	/* A thread that was asked for is of the process that was. */
	if (now < ps->rest_ns || ps->sampling->opts->tid != 0)
		return;
	ps->open_ns = 0;
	ps->open_end_ns = now + OPEN_MAX_NS;
	if (now >= ps->look_ns)
		look_at_births(ps, newborn);
	if (is_time_for_pass(ps, now))
		pass(ps, newborn);
	ps->rest_ns = now_ns() + ps->open_ns * OPEN_GAPS;
}

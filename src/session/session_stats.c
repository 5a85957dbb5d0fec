/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/session_private.h"

#include "base/clock.h"

#include <sys/resource.h>

static void
add_ledgers(struct stats *st, const struct processes *ps)
{
	const struct stats *past = &ps->past;

	st->threads_seen = past->threads_seen;
	st->no_schedstat |= past->no_schedstat;
	st->cpu_kernel_ns = past->cpu_kernel_ns;
	st->cpu_user_ns = past->cpu_user_ns;
	st->cpu_system_ns = past->cpu_system_ns;
	st->cpu_attributed_ns = past->cpu_attributed_ns;
	st->cpu_children_ns = past->cpu_children_ns;
	for (size_t i = 0; i < ps->n; i++)
		watched_add_stats(ps->v[i], st);
}

/* What the profile says of its rate, when it was lowered, is the mean. */
static void
fill_rate(struct session *s)
{
	struct stats *st = &s->profile.stats;
	uint64_t due = st->ticks + st->missed_ticks;

	st->rate = s->pace.rate;
	st->paced_rate = s->opts.rate;
	s->profile.period_ns = st->paced_ns > 0 && due > 0
				   ? s->profile.duration_ns / due
				   : NS_PER_SEC / st->rate;
}

static void
read_own_use(struct stats *st)
{
	struct rusage ru;

	if (getrusage(RUSAGE_SELF, &ru) != 0)
		return;
	st->self_cpu_s =
	    (double)ru.ru_utime.tv_sec + (double)ru.ru_stime.tv_sec +
	    (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
	st->max_rss_kb = (uint64_t)ru.ru_maxrss;
}

void
session_update_stats(struct session *s)
{
	const struct histogram *h = &s->sampling.holds.ns;
	struct stats *st = &s->profile.stats;
	uint64_t end = s->end_ns != 0 ? s->end_ns : now_ns();

	s->profile.duration_ns = end - s->start_ns;
	st->wall_s = (double)s->profile.duration_ns / 1e9;
	fill_rate(s);
	add_ledgers(st, &s->processes);
	st->stop_us = (struct stop_times){
	    .p50 = (double)histogram_quantile(h, 0.50) / 1e3,
	    .p90 = (double)histogram_quantile(h, 0.90) / 1e3,
	    .p99 = (double)histogram_quantile(h, 0.99) / 1e3,
	    .max = (double)h->max / 1e3};
	if (end > s->start_ns)
		st->held_fraction =
		    (double)h->sum / (double)(end - s->start_ns);
	if (st->frames > 0)
		st->unwind_ns_per_frame =
		    (double)s->sampling.unwind_ns / (double)st->frames;
	read_own_use(st);
}

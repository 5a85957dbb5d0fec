/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/stats_text.h"

#include "base/xalloc.h"
#include "profile/stats.h"

#include <inttypes.h>
#include <stdio.h>

struct list {
	struct stats_line *lines;
	size_t n, cap;
};

static char *
next_line(struct list *l)
{
	GROW(l->lines, l->n, l->cap);
	return l->lines[l->n++].text;
}

static void
add_count(struct list *l, const char *name, uint64_t v)
{
	(void)snprintf(
	    next_line(l), STATS_LINE_SIZE, "%s %" PRIu64, name, v);
}

static void
add_real(struct list *l, const char *name, double v)
{
	(void)snprintf(next_line(l), STATS_LINE_SIZE, "%s %.4g", name, v);
}

static void
add_ends(struct list *l, const struct stats *s)
{
	for (int i = 0; i < END_NR; i++)
		(void)snprintf(next_line(l), STATS_LINE_SIZE,
		    "ends.%s %" PRIu64, end_reason_name((enum end_reason)i),
		    s->ends[i]);
}

static void
add_time(struct list *l, const struct stats *s)
{
	add_real(l, "wall_s", s->wall_s);
	add_count(l, "ticks", s->ticks);
	add_count(l, "missed_ticks", s->missed_ticks);
	add_count(l, "rate_hz", s->rate);
	add_real(l, "mean_rate_hz", stats_mean_rate(s));
	add_real(l, "paced_s", (double)s->paced_ns / 1e9);
	add_count(l, "samples", s->samples);
	add_count(l, "stops", s->stops);
	add_count(l, "late", s->late);
	add_count(l, "threads_seen", s->threads_seen);
	add_count(l, "processes", s->processes);
	add_count(l, "refused_processes", s->refused_processes);
	add_count(l, "cpu_kernel_ns", s->cpu_kernel_ns);
	add_count(l, "cpu_user_ns", s->cpu_user_ns);
	add_count(l, "cpu_system_ns", s->cpu_system_ns);
	add_count(l, "cpu_children_ns", s->cpu_children_ns);
	add_count(l, "cpu_attributed_ns", s->cpu_attributed_ns);
}

static void
add_cost(struct list *l, const struct stats *s)
{
	add_count(l, "eintr_repaired", s->eintr_repaired);
	add_real(l, "stop_us.p50", s->stop_us.p50);
	add_real(l, "stop_us.p90", s->stop_us.p90);
	add_real(l, "stop_us.p99", s->stop_us.p99);
	add_real(l, "stop_us.max", s->stop_us.max);
	add_real(l, "held_fraction", s->held_fraction);
	add_real(l, "self_cpu_s", s->self_cpu_s);
	add_count(l, "frames", s->frames);
	add_real(l, "unwind_ns_per_frame", s->unwind_ns_per_frame);
	add_count(l, "max_rss_kb", s->max_rss_kb);
	add_count(l, "refused", s->refused);
	add_count(l, "guessed_frames", s->guessed_frames);
	add_count(l, "late_reads", s->late_reads);
	add_count(l, "folded", s->folded);
	add_count(l, "reused_frames", s->reused_frames);
	add_count(l, "rules.hits", s->rules.hits);
	add_count(l, "rules.empty", s->rules.empty);
	add_count(l, "rules.other", s->rules.other);
	add_count(l, "rules.stale", s->rules.stale);
	add_count(l, "rules.slow", s->rules.slow);
}

struct stats_line *
stats_lines(const struct stats *s, size_t *ret_n)
{
	struct list l = {.n = 0};

	add_time(&l, s);
	add_real(&l, "complete", stats_complete_share(s));
	add_ends(&l, s);
	add_cost(&l, s);
	(void)snprintf(next_line(&l), STATS_LINE_SIZE, "no_schedstat %s",
	    s->no_schedstat ? "true" : "false");
	*ret_n = l.n;
	return l.lines;
}

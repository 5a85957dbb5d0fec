/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/watch.h"
#include "cli/watch_threads.h"

#include "base/clock.h"

static double
share(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0.0 : (double)part / (double)whole;
}

static double
cores(uint64_t ns, double seconds)
{
	return seconds > 0 ? (double)ns / 1e9 / seconds : 0.0;
}

/* What was counted in the window, as shares of it. */
static void
fill_counted(struct top_head *h, const struct stats *s)
{
	h->filled_s = s->wall_s;
	h->cpu = cores(s->cpu_kernel_ns, s->wall_s);
	h->cpu_user = cores(s->cpu_user_ns, s->wall_s);
	h->cpu_system = cores(s->cpu_system_ns, s->wall_s);
	h->attributed = cores(s->cpu_attributed_ns, s->wall_s);
	h->cpu_unseen = cores(s->cpu_children_ns, s->wall_s);
	h->samples = s->samples;
	h->missed = share(s->missed_ticks, s->ticks + s->missed_ticks);
	h->complete = stats_complete_share(s);
	h->folded = share(s->folded, s->samples);
	h->held = s->held_fraction;
	h->own_cpu = s->wall_s > 0 ? s->self_cpu_s / s->wall_s : 0.0;
}

const struct top_head *
watch_head(struct watch *w)
{
	struct stats s = window_stats(watch_window(w));
	struct top_head *h = &w->head;
	uint64_t end = w->end_ns != 0 ? w->end_ns : now_ns();

	watch_threads_ages(w);
	*h = (struct top_head){
	    .processes = w->processes,
	    .n_processes = w->n_processes,
	    .mode = measure_name(w->opts.measure),
	    .rate = w->opts.rate,
	    .paced_rate = s.paced_rate,
	    .elapsed_s = (double)(end - w->start_ns) / 1e9,
	    .window_s = (double)w->span_ns / 1e9,
	    .unnamed = namer_pending(w->namer),
	    .names_are_over = namer_is_over(w->namer),
	};
	watch_threads_count(w, &h->n_threads, &h->n_running);
	fill_counted(h, &s);
	return h;
}

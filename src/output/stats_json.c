/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/stats_json.h"

#include "output/json_util.h"
#include "profile/stats.h"

#include <stdlib.h>

static void
put_count(json_t *object, const char *key, uint64_t v)
{
	json_put(object, key, json_count(v));
}

static void
put_real(json_t *object, const char *key, double v)
{
	json_put(object, key, json_finite(v));
}

static json_t *
ends_object(const struct stats *s)
{
	json_t *ends = json_need(json_object());

	for (int i = 0; i < END_NR; i++)
		put_count(
		    ends, end_reason_name((enum end_reason)i), s->ends[i]);
	return ends;
}

static json_t *
rules_object(const struct rule_counts *r)
{
	json_t *rules = json_need(json_object());

	put_count(rules, "hits", r->hits);
	put_count(rules, "empty", r->empty);
	put_count(rules, "other", r->other);
	put_count(rules, "stale", r->stale);
	put_count(rules, "slow", r->slow);
	return rules;
}

static json_t *
stop_us_object(const struct stop_times *t)
{
	json_t *us = json_need(json_object());

	put_real(us, "p50", t->p50);
	put_real(us, "p90", t->p90);
	put_real(us, "p99", t->p99);
	put_real(us, "max", t->max);
	return us;
}

static json_t *
stats_object(const struct stats *s)
{
	json_t *o = json_need(json_object());

	put_real(o, "wall_s", s->wall_s);
	put_count(o, "ticks", s->ticks);
	put_count(o, "missed_ticks", s->missed_ticks);
	put_count(o, "rate_hz", s->rate);
	put_real(o, "mean_rate_hz", stats_mean_rate(s));
	put_real(o, "paced_s", (double)s->paced_ns / 1e9);
	put_count(o, "samples", s->samples);
	put_count(o, "stops", s->stops);
	put_count(o, "late", s->late);
	put_count(o, "threads_seen", s->threads_seen);
	put_count(o, "processes", s->processes);
	put_count(o, "refused_processes", s->refused_processes);
	put_count(o, "cpu_kernel_ns", s->cpu_kernel_ns);
	put_count(o, "cpu_user_ns", s->cpu_user_ns);
	put_count(o, "cpu_system_ns", s->cpu_system_ns);
	put_count(o, "cpu_children_ns", s->cpu_children_ns);
	put_count(o, "cpu_attributed_ns", s->cpu_attributed_ns);
	put_real(o, "complete", stats_complete_share(s));
	json_put(o, "ends", ends_object(s));
	put_count(o, "eintr_repaired", s->eintr_repaired);
	json_put(o, "stop_us", stop_us_object(&s->stop_us));
	put_real(o, "held_fraction", s->held_fraction);
	put_real(o, "self_cpu_s", s->self_cpu_s);
	put_count(o, "frames", s->frames);
	put_real(o, "unwind_ns_per_frame", s->unwind_ns_per_frame);
	put_count(o, "max_rss_kb", s->max_rss_kb);
	put_count(o, "refused", s->refused);
	put_count(o, "guessed_frames", s->guessed_frames);
	put_count(o, "late_reads", s->late_reads);
	put_count(o, "folded", s->folded);
	put_count(o, "reused_frames", s->reused_frames);
	json_put(o, "rules", rules_object(&s->rules));
	json_put(o, "no_schedstat", json_boolean(s->no_schedstat));
	return o;
}

static char *
stats_json(const struct stats *s, size_t flags)
{
	json_t *o = stats_object(s);
	char *text = json_line(o, flags);

	json_decref(o);
	return text;
}

int
stats_json_write(const struct stats *s, FILE *fp, struct err *err)
{
	char *text = stats_json(s, JSON_INDENT(2));

	(void)fprintf(fp, "%s\n", text);
	free(text);
	return json_flush(fp, err);
}

char *
stats_json_line(const struct stats *s)
{
	return stats_json(s, JSON_COMPACT);
}

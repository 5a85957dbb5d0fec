/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/top_json.h"

#include "output/json_util.h"
#include "output/top_page.h"

#include <stdlib.h>

#define SCHEMA "scrape-top/1"

static json_t *
integer(json_int_t v)
{
	return json_need(json_integer(v));
}

/* A text that is "" where there is none. */
static json_t *
text_if_any(const char *s)
{
	return s[0] != '\0' ? json_text(s) : json_null();
}

static json_t *
process_object(const struct top_process *p)
{
	json_t *o = json_need(json_object());
	bool is_known = p->has_exited && p->wait_status != -1;

	json_put(o, "pid", integer(p->pid));
	json_put(o, "comm", json_text(p->comm));
	json_put(o, "age_s", json_finite(p->age_s));
	json_put(o, "exited", json_boolean(p->has_exited));
	json_put(
	    o, "wait_status", is_known ? integer(p->wait_status) : json_null());
	return o;
}

static json_t *
processes_array(const struct top_head *h)
{
	json_t *list = json_need(json_array());

	for (size_t i = 0; i < h->n_processes; i++)
		json_append(list, process_object(&h->processes[i]));
	return list;
}

static void
put_subject(json_t *o, const struct top_head *h)
{
	const struct top_process *first =
	    h->n_processes > 0 ? &h->processes[0] : NULL;

	json_put(o, "pid", first != NULL ? integer(first->pid) : json_null());
	json_put(o, "comm", json_text(first != NULL ? first->comm : NULL));
	json_put(o, "processes", processes_array(h));
	json_put(o, "mode", json_text(h->mode));
	json_put(o, "rate_hz", integer(h->rate));
	json_put(o, "paced_rate_hz",
	    integer(top_is_paced(h) ? h->paced_rate : h->rate));
	json_put(o, "elapsed_s", json_finite(h->elapsed_s));
}

static void
put_window(json_t *o, const struct top_head *h)
{
	json_put(o, "window_s",
	    h->window_s > 0 ? json_finite(h->window_s) : json_null());
	json_put(o, "filled_s", json_finite(h->filled_s));
	json_put(o, "cpu", json_finite(h->cpu));
	json_put(o, "cpu_user", json_finite(h->cpu_user));
	json_put(o, "cpu_system", json_finite(h->cpu_system));
	json_put(o, "attributed", json_finite(h->attributed));
	json_put(o, "cpu_unseen", json_finite(h->cpu_unseen));
	json_put(o, "threads", json_count(h->n_threads));
	json_put(o, "threads_running", json_count(h->n_running));
	json_put(o, "samples", json_count(h->samples));
	json_put(o, "missed", json_finite(h->missed));
	json_put(o, "complete", json_finite(h->complete));
	json_put(o, "folded", json_finite(h->folded));
	json_put(o, "held", json_finite(h->held));
	json_put(o, "own_cpu", json_finite(h->own_cpu));
	json_put(o, "unnamed_frames", json_count(h->unnamed));
	json_put(o, "names_over", json_boolean(h->names_are_over));
}

/* What the rows' numbers are shares of. */
static void
put_scale(json_t *o, const struct view *v)
{
	json_put(o, "all_ns", json_count(v->all));
	json_put(o, "all_samples", json_count(v->all_n));
	json_put(o, "shown_ns", json_count(v->shown));
	json_put(o, "shown_samples", json_count(v->shown_n));
}

static json_t *
trend_text(enum view_trend trend)
{
	switch (trend) {
	case TREND_UP:
		return json_text("up");
	case TREND_DOWN:
		return json_text("down");
	case TREND_NONE:
		break;
	}
	return json_null();
}

static json_t *
row_object(const struct top_page *p, const struct view_row *row)
{
	struct view_key k = view_key(p->viewer, row->key);
	json_t *o = json_need(json_object());

	json_put(o, "function", json_text(k.name));
	json_put(o, "system_name", text_if_any(k.system_name));
	json_put(o, "file", text_if_any(k.file));
	json_put(o, "line", k.line != 0 ? integer(k.line) : json_null());
	json_put(o, "object", text_if_any(k.object));
	json_put(o, "marker", json_boolean(k.is_marker));
	json_put(o, "pid", row->pid != 0 ? integer(row->pid) : json_null());
	json_put(o, "depth", integer(row->depth));
	json_put(o, "self_ns", json_count(row->self));
	json_put(o, "total_ns", json_count(row->total));
	json_put(o, "self_samples", json_count(row->self_n));
	json_put(o, "total_samples", json_count(row->total_n));
	json_put(o, "trend", trend_text(row->trend));
	return o;
}

static json_t *
rows_array(const struct top_page *p)
{
	json_t *list = json_need(json_array());
	size_t n;
	uint32_t *rows = top_page_rows(p, &n);

	for (size_t i = 0; i < n; i++)
		json_append(list, row_object(p, &p->view->rows[rows[i]]));
	free(rows);
	return list;
}

int
top_json(const struct top_page *p, FILE *fp, struct err *err)
{
	json_t *o = json_need(json_object());
	char *text;

	json_put(o, "schema", json_text(SCHEMA));
	json_put(o, "version", json_text(PACKAGE_VERSION));
	json_put(o, "time", json_time(&p->time));
	put_subject(o, p->head);
	put_window(o, p->head);
	put_scale(o, p->view);
	json_put(o, "rows", rows_array(p));
	text = json_line(o, JSON_COMPACT | JSON_ENSURE_ASCII);
	(void)fprintf(fp, "%s\n", text);
	free(text);
	json_decref(o);
	return json_flush(fp, err);
}

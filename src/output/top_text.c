/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/top_text.h"

#include "base/xalloc.h"
#include "output/text_line.h"
#include "output/top_page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define GAP	   2
/* A longer name pushes its own row, not the columns of all. */
#define MAX_NAME   64
#define MAX_PLACE  40
/* Columns behind the name go before it gets narrower than this. */
#define MIN_NAME   20
/* Deeper rows stand no further to the right. */
#define MAX_INDENT 40

/* "+  21.4   23.0    1.99s    2.14s  " */
#define NUMBERS_WIDTH 35
#define PID_WIDTH     9

/* One row's texts. */
struct cells {
	size_t indent;
	char *name, *place;
	const char *object;
};

struct table {
	const struct top_page *p;
	struct text_line line;
	uint32_t *rows;
	struct cells *cells;
	size_t n;
	size_t name_width, place_width, object_width; /* 0: not shown */
};

/* --- head */

static const char *
or_empty(const char *s)
{
	return s != NULL ? s : "";
}

/* "3d04h", "2h05m", "1m07s" */
static void
put_age(struct text_line *l, double seconds)
{
	uint64_t s = seconds > 0 && seconds < 1e15 ? (uint64_t)seconds : 0;
	uint64_t m = s / 60, h = m / 60, d = h / 24;

	if (d > 0)
		text_printf(l, TEXT_PLAIN, "  up %" PRIu64 "d%02uh", d,
		    (unsigned)(h % 24));
	else if (h > 0)
		text_printf(l, TEXT_PLAIN, "  up %uh%02um", (unsigned)h,
		    (unsigned)(m % 60));
	else
		text_printf(l, TEXT_PLAIN, "  up %um%02us", (unsigned)m,
		    (unsigned)(s % 60));
}

static void
put_exit(struct text_line *l, int status)
{
	if (status == -1)
		text_put(l, TEXT_PLAIN, "  exited");
	else if (WIFSIGNALED(status))
		text_printf(
		    l, TEXT_PLAIN, "  killed by signal %d", WTERMSIG(status));
	else
		text_printf(
		    l, TEXT_PLAIN, "  exited (status %d)", WEXITSTATUS(status));
}

static void
put_process(struct text_line *l, const struct top_head *h)
{
	const struct top_process *p = &h->processes[0];

	text_printf(l, TEXT_PLAIN, "  pid %jd ", (intmax_t)p->pid);
	text_put(l, TEXT_PLAIN, or_empty(p->comm));
	if (h->n_processes > 1)
		text_printf(l, TEXT_PLAIN, " and %zu more", h->n_processes - 1);
	if (p->has_exited)
		put_exit(l, p->wait_status);
	else
		put_age(l, p->age_s);
}

static void
print_subject(struct text_line *l, const struct top_head *h)
{
	uint64_t s = h->elapsed_s > 0 && h->elapsed_s < 1e15
			 ? (uint64_t)h->elapsed_s
			 : 0;

	text_put(l, TEXT_PLAIN, "scrape " PACKAGE_VERSION);
	if (h->n_processes > 0)
		put_process(l, h);
	text_put(l, TEXT_PLAIN, "  mode ");
	text_put(l, TEXT_PLAIN, or_empty(h->mode));
	text_put(l, TEXT_PLAIN, "  ");
	if (top_is_paced(h))
		text_printf(l, TEXT_PLAIN, "%u of ", h->paced_rate);
	text_printf(l, TEXT_PLAIN, "%u Hz  %02" PRIu64 ":%02u:%02u", h->rate,
	    s / 3600, (unsigned)(s / 60 % 60), (unsigned)(s % 60));
	text_end(l);
}

static void
print_cpu(struct text_line *l, const struct top_head *h)
{
	text_printf(l, TEXT_PLAIN,
	    "CPU %.1f%% (user %.1f sys %.1f)  attributed %.1f%%", 100 * h->cpu,
	    100 * h->cpu_user, 100 * h->cpu_system, 100 * h->attributed);
	if (h->cpu_unseen >= UNSEEN_MIN)
		text_printf(l, TEXT_PLAIN, "  children unseen %.1f%%",
		    100 * h->cpu_unseen);
	text_printf(l, TEXT_PLAIN, "  threads %zu (%zu running)", h->n_threads,
	    h->n_running);
	if (h->window_s > 0)
		text_printf(l, TEXT_PLAIN, "  window last %gs", h->window_s);
	else
		text_put(l, TEXT_PLAIN, "  window since the start");
	text_end(l);
}

static void
print_quality(struct text_line *l, const struct top_head *h)
{
	text_printf(l, TEXT_PLAIN,
	    "samples %" PRIu64 "  missed %.1f%%  complete stacks %.1f%%",
	    h->samples, 100 * h->missed, 100 * h->complete);
	text_printf(l, TEXT_PLAIN, "  scrape %.1f%% CPU, target held %.2f%%",
	    100 * h->own_cpu, 100 * h->held);
	if (h->folded > 0)
		text_printf(
		    l, TEXT_PLAIN, "  no room for %.1f%%", 100 * h->folded);
	if (h->names_are_over)
		text_put(l, TEXT_PLAIN, "  no new names: their process is gone");
	else if (h->unnamed > 0)
		text_printf(l, TEXT_PLAIN, "  names to come %zu", h->unnamed);
	text_end(l);
}

/* --- columns */

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static char *
place_of(const struct view_key *k)
{
	if (k->line == 0)
		return xstrdup(base_name(k->file));
	return xasprintf("%s:%" PRIu32, base_name(k->file), k->line);
}

static size_t
at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

static void
widen(size_t *width, size_t n, size_t max)
{
	n = at_most(n, max);
	if (n > *width)
		*width = n;
}

static void
fill_cells(struct table *t)
{
	t->cells = xcalloc(t->n, sizeof(*t->cells));
	t->name_width = strlen("FUNCTION");
	t->place_width = strlen("FILE:LINE");
	t->object_width = strlen("OBJECT");
	for (size_t i = 0; i < t->n; i++) {
		const struct view_row *row = &t->p->view->rows[t->rows[i]];
		struct view_key k = view_key(t->p->viewer, row->key);
		struct cells *c = &t->cells[i];

		c->indent = at_most((size_t)row->depth * 2, MAX_INDENT);
		c->name = xstrdup(k.name);
		c->place = place_of(&k);
		c->object = k.object;
		widen(
		    &t->name_width, c->indent + text_width(c->name), MAX_NAME);
		widen(&t->place_width, text_width(c->place), MAX_PLACE);
		widen(&t->object_width, text_width(c->object), MAX_NAME);
	}
}

static size_t
numbers_width(const struct table *t)
{
	return NUMBERS_WIDTH + (t->p->several ? PID_WIDTH : 0);
}

/* What stands behind the names, with the gaps. */
static size_t
behind_width(const struct table *t)
{
	return (t->place_width > 0 ? GAP + t->place_width : 0) +
	       (t->object_width > 0 ? GAP + t->object_width : 0);
}

/* Into the width: first names get shorter, then the last columns go. */
static void
fit_columns(struct table *t)
{
	size_t width = t->line.width, fixed = numbers_width(t);

	if (width == 0)
		return;
	if (fixed + MIN_NAME + behind_width(t) > width)
		t->object_width = 0;
	if (fixed + MIN_NAME + behind_width(t) > width)
		t->place_width = 0;
	fixed += behind_width(t);
	t->name_width =
	    at_most(t->name_width, width > fixed ? width - fixed : 1);
}

/* --- rows */

/* Text in a column, and blanks up to the next one. */
static void
put_cell(struct text_line *l, const char *s, size_t width, bool is_last)
{
	size_t used = text_width(s);

	text_put_middle(l, TEXT_PLAIN, s, width);
	if (l->width != 0)
		used = at_most(used, width);
	if (!is_last)
		text_spaces(l, (used < width ? width - used : 0) + GAP);
}

static void
put_texts(struct table *t, size_t indent, const char *name, const char *place,
    const char *object)
{
	size_t width = t->name_width;
	bool has_object = t->object_width > 0 && object[0] != '\0';
	bool has_place = t->place_width > 0 && (place[0] != '\0' || has_object);

	indent = at_most(indent, width / 2);
	text_spaces(&t->line, indent);
	put_cell(&t->line, name, width - indent, !has_place && !has_object);
	if (has_place)
		put_cell(&t->line, place, t->place_width, !has_object);
	if (has_object)
		text_put_middle(&t->line, TEXT_PLAIN, object, t->object_width);
	text_end(&t->line);
}

static void
print_column_heads(struct table *t)
{
	text_printf(&t->line, TEXT_PLAIN, " %6s %6s %8s %8s  ", "SELF%",
	    "TOTAL%", "SELF", "TOTAL");
	if (t->p->several)
		text_printf(&t->line, TEXT_PLAIN, "%7s  ", "PID");
	put_texts(t, 0, "FUNCTION", "FILE:LINE", "OBJECT");
}

static double
percent(uint64_t part, uint64_t all)
{
	return all != 0 ? 100 * (double)part / (double)all : 0;
}

/* CPU time in seven columns; what is less than can be shown is not 0. */
static void
put_time(struct text_line *l, uint64_t ns)
{
	double s = (double)ns / 1e9;

	if (ns == 0)
		text_printf(l, TEXT_PLAIN, " %8s", "0");
	else if (ns < 1000000)
		text_printf(l, TEXT_PLAIN, " %8s", "<1ms");
	else if (s < 1)
		text_printf(l, TEXT_PLAIN, " %6.0fms", s * 1e3);
	else
		text_printf(l, TEXT_PLAIN, " %7.*fs", s < 1000 ? 2 : 0, s);
}

static void
print_row(struct table *t, size_t i)
{
	static const char marks[] = {
	    [TREND_NONE] = ' ', [TREND_UP] = '+', [TREND_DOWN] = '-'};
	const struct view *v = t->p->view;
	const struct view_row *row = &v->rows[t->rows[i]];
	const struct cells *c = &t->cells[i];

	text_printf(&t->line, TEXT_PLAIN, "%c%6.1f %6.1f", marks[row->trend],
	    percent(row->self, v->all), percent(row->total, v->all));
	put_time(&t->line, row->self);
	put_time(&t->line, row->total);
	text_spaces(&t->line, GAP);
	if (t->p->several)
		text_printf(&t->line, TEXT_PLAIN, "%7jd  ", (intmax_t)row->pid);
	put_texts(t, c->indent, c->name, c->place, c->object);
}

static void
print_table(struct table *t)
{
	text_end(&t->line);
	print_column_heads(t);
	for (size_t i = 0; i < t->n && !ferror(t->line.fp); i++)
		print_row(t, i);
}

static void
table_deinit(struct table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->cells[i].name);
		free(t->cells[i].place);
	}
	free(t->cells);
	free(t->rows);
}

int
top_text(const struct top_page *p, const struct top_text_opts *o, FILE *fp,
    struct err *err)
{
	struct table t = {.p = p, .line = {.fp = fp, .width = o->width}};

	t.rows = top_page_rows(p, &t.n);
	fill_cells(&t);
	fit_columns(&t);
	if (o->follows)
		text_end(&t.line);
	print_subject(&t.line, p->head);
	print_cpu(&t.line, p->head);
	print_quality(&t.line, p->head);
	print_table(&t);
	table_deinit(&t);
	if (ferror(fp) || fflush(fp) != 0)
		return err_set(err, ERR_RUNTIME, "write: %s", strerror(errno));
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/head.h"

#include "base/attr.h"
#include "tui/canvas.h"
#include "tui/fit.h"
#include "tui/units.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define GAP 2

/* From where on a share is worth a warning, and from where on it is bad. */
struct limits {
	double warn, bad;
	const char *warn_word, *bad_word;
};
static const struct limits missed_limits = {0.01, 0.05, "many", "too many"};
static const struct limits broken_limits = {
    0.05, 0.20, "some broken", "many broken"};
static const struct limits held_limits = {0.01, 0.05, "much", "too much"};

static struct head_part *
add(struct head_line *line, unsigned leaves, const char *fmt, ...)
    printf_like(3, 4);

static struct head_part *
add(struct head_line *line, unsigned leaves, const char *fmt, ...)
{
	struct head_part *part = &line->parts[line->n++];
	va_list ap;

	part->leaves = leaves;
	part->paint = PAINT_PLAIN;
	va_start(ap, fmt);
	(void)vsnprintf(part->text, sizeof(part->text), fmt, ap);
	va_end(ap);
	return part;
}

static void
warn(struct head_part *part, unsigned paint, const char *word)
{
	size_t len = strlen(part->text);

	part->paint = paint;
	(void)snprintf(part->text + len, sizeof(part->text) - len, " (%s)",
	    word);
}

static void
judge(struct head_part *part, double share, const struct limits *limits)
{
	if (share > limits->bad)
		warn(part, PAINT_BAD, limits->bad_word);
	else if (share > limits->warn)
		warn(part, PAINT_WARN, limits->warn_word);
}

static bool
all_have_exited(const struct top_head *head)
{
	for (size_t i = 0; i < head->n_processes; i++)
		if (!head->processes[i].has_exited)
			return false;
	return head->n_processes > 0;
}

static void
add_end(struct head_line *line, const struct top_process *process)
{
	int status = process->wait_status;

	if (status >= 0 && WIFEXITED(status))
		add(line, 0, "exited (status %d)", WEXITSTATUS(status));
	else if (status >= 0 && WIFSIGNALED(status))
		add(line, 0, "killed (SIG%s)",
		    sigabbrev_np(WTERMSIG(status)) != NULL
			? sigabbrev_np(WTERMSIG(status))
			: "?");
	else
		add(line, 0, "exited");
	line->parts[line->n - 1].paint = PAINT_STRONG;
}

static void
add_target(struct head_line *line, const struct top_head *head)
{
	const struct top_process *first = &head->processes[0];
	char buf[UNITS_SIZE];

	if (head->n_processes == 0)
		return;
	if (head->n_processes > 1)
		add(line, 0, "pid %d %.32s +%zu", first->pid, first->comm,
		    head->n_processes - 1);
	else
		add(line, 0, "pid %d %.32s", first->pid, first->comm);
	line->parts[line->n - 1].paint = PAINT_STRONG;
	if (all_have_exited(head))
		add_end(line, first);
	else
		add(line, 3, "up %s", units_age(buf, first->age_s));
}

static void
target_line(struct head_line *line, const struct top_head *head,
    const struct head_marks *marks)
{
	char buf[UNITS_SIZE];

	add(line, 4, "scrape %s", PACKAGE_VERSION);
	add_target(line, head);
	if (marks->is_paused)
		add(line, 0, "PAUSED")->paint = PAINT_WARN;
	add(line, 6, "mode %s", head->mode);
	if (top_is_paced(head))
		add(line, 2, "%u of %u Hz", head->paced_rate,
		    head->rate)->paint = PAINT_WARN;
	else
		add(line, 2, "%u Hz", head->rate);
	add(line, 1, "%s", units_clock(buf, head->elapsed_s));
	add(line, 5, "[?] help  [q] quit");
	line->last_at_right = true;
}

static void
add_window(struct head_line *line, const struct top_head *head)
{
	char span[UNITS_SIZE], filled[UNITS_SIZE];

	units_span(span, head->window_s);
	/* Whole seconds: it is no clock. */
	units_span(filled,
	    head->filled_s > 0 ? (double)(uint64_t)head->filled_s : 0);
	if (head->window_s <= 0)
		add(line, 0, "window all (%s)", filled);
	else if (head->filled_s < head->window_s * 0.95)
		add(line, 0, "window last %s (%s so far)", span, filled);
	else
		add(line, 0, "window last %s", span);
}

static void
cpu_line(struct head_line *line, const struct top_head *head,
    const struct head_marks *marks)
{
	add(line, 0, "CPU %.1f%%", 100 * head->cpu);
	add(line, 3, "user %.1f sys %.1f", 100 * head->cpu_user,
	    100 * head->cpu_system);
	add(line, 1, "attributed %.1f%%", 100 * head->attributed);
	if (head->cpu_unseen >= UNSEEN_MIN)
		add(line, 0, "children unseen %.1f%%",
		    100 * head->cpu_unseen)->paint = PAINT_WARN;
	if (marks->only_tid != 0)
		add(line, 0, "thread %d alone", marks->only_tid)->paint =
		    PAINT_STRONG;
	else
		add(line, 2, "threads %zu (%zu running)", head->n_threads,
		    head->n_running);
	add_window(line, head);
}

static void
quality_line(struct head_line *line, const struct top_head *head)
{
	char buf[UNITS_SIZE];

	add(line, 0, "samples %s", units_count(buf, head->samples));
	judge(add(line, 0, "missed %s", units_percent(buf, head->missed)),
	    head->missed, &missed_limits);
	if (head->samples == 0)
		add(line, 1, "complete stacks -");
	else
		judge(add(line, 1, "complete stacks %s",
			  units_percent(buf, head->complete)),
		    1 - head->complete, &broken_limits);
	if (head->folded > 0)
		add(line, 0, "no room for %s",
		    units_percent(buf, head->folded))->paint = PAINT_WARN;
	add(line, 3, "scrape %.1f%% CPU", 100 * head->own_cpu);
	judge(add(line, 2, "target held %s", units_percent(buf, head->held)),
	    head->held, &held_limits);
	if (head->names_are_over)
		add(line, 0, "no new names: their process is gone")->paint =
		    PAINT_WARN;
	else if (head->unnamed > 0)
		add(line, 4, "naming %zu", head->unnamed)->paint = PAINT_WEAK;
}

void
head_lines(const struct top_head *head, const struct head_marks *marks,
    struct head_line ret[HEAD_LINES])
{
	memset(ret, 0, HEAD_LINES * sizeof(*ret));
	target_line(&ret[0], head, marks);
	cpu_line(&ret[1], head, marks);
	quality_line(&ret[2], head);
}

static int
cells_of(const struct head_line *line)
{
	int sum = 0, cells;

	for (size_t i = 0; i < line->n; i++) {
		free(fit_text(line->parts[i].text,
		    (int)sizeof(line->parts[i].text), true, &cells));
		sum += cells + (i > 0 ? GAP : 0);
	}
	return sum;
}

void
head_fit(struct head_line *line, int columns)
{
	while (cells_of(line) > columns) {
		size_t worst = 0;

		for (size_t i = 1; i < line->n; i++)
			if (line->parts[i].leaves > line->parts[worst].leaves)
				worst = i;
		if (line->n == 0 || line->parts[worst].leaves == 0)
			return;
		if (worst == line->n - 1)
			line->last_at_right = false;
		memmove(&line->parts[worst], &line->parts[worst + 1],
		    (line->n - worst - 1) * sizeof(line->parts[0]));
		line->n--;
	}
}

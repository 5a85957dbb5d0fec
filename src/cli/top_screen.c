/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/top.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/crash.h"
#include "cli/watch.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Something to see soon, even if it is little; and how often it is tried. */
#define FIRST_DRAW_NS (NS_PER_SEC / 4)

struct screen {
	struct watch *w;
	struct ui *ui;
	int signal_fd;
	uint64_t draw_ns; /* when it is drawn next, with new numbers */
	bool is_dirty;	  /* it is drawn at once, with those it has */
	bool is_stale;	  /* ... with new ones */
	bool is_paused;
	bool is_over; /* the end has been seen */
	bool quits;
	/* As drawn last: a key, and a pause, leave it. */
	struct top_head head;
	struct ui_data data;
	size_t first, n; /* the threads that were looked up */
};

static bool
in_background(void)
{
	pid_t group = tcgetpgrp(STDIN_FILENO);

	return group >= 0 && group != getpgrp();
}

/* A thread's row is looked up when it is on the screen. */
static bool
shows_threads(const struct screen *s)
{
	return ui_screen(s->ui) == UI_THREADS;
}

static void
take_threads(struct screen *s)
{
	ui_visible_threads(s->ui, &s->first, &s->n);
	s->data.threads =
	    watch_threads(s->w, s->first, s->n, &s->data.n_threads);
}

static void
take_numbers(struct screen *s)
{
	s->head = *watch_head(s->w);
	s->data = (struct ui_data){.head = &s->head,
	    .viewer = s->w->viewer,
	    .window = watch_window(s->w),
	    .stats = &s->w->mirror.stats};
	if (shows_threads(s))
		take_threads(s);
}

/* Drawing tells which rows there is room for, and follows the chosen one. */
static void
draw_numbers(struct screen *s)
{
	size_t first, n;

	ui_draw(s->ui, &s->data);
	if (!shows_threads(s))
		return;
	ui_visible_threads(s->ui, &first, &n);
	if (first == s->first && n <= s->n)
		return;
	take_threads(s);
	ui_draw(s->ui, &s->data);
}

static void
draw(struct screen *s)
{
	uint64_t now = now_ns();

	/* Before the first news there is nothing to be said. */
	if (s->w->n_processes == 0) {
		s->draw_ns = now + FIRST_DRAW_NS;
		return;
	}
	s->data.is_known = true;
	/* News, which come between two pictures, bring another list of them. */
	s->head.processes = s->w->processes;
	s->head.n_processes = s->w->n_processes;
	if (s->is_stale || (now >= s->draw_ns && !s->is_paused))
		take_numbers(s);
	if (s->is_stale || now >= s->draw_ns)
		s->draw_ns = now + ui_settings(s->ui)->delay_ns;
	draw_numbers(s);
	s->is_dirty = s->is_stale = false;
}

/*
 * In the background a process is stopped when it takes the terminal: it must
 * hold nothing then, too.
 */
static void
take_terminal(struct screen *s)
{
	bool is_behind = in_background();

	if (is_behind)
		watch_pause(s->w);
	ui_enter(s->ui);
	if (is_behind)
		watch_resume(s->w);
	s->is_dirty = s->is_stale = true;
}

static void
suspend(struct screen *s)
{
	ui_leave(s->ui);
	top_suspend(s->w);
	ui_enter(s->ui);
	watch_resume(s->w);
	s->is_dirty = s->is_stale = true;
}

static void
take_settings(struct screen *s)
{
	const struct ui_settings *set = ui_settings(s->ui);

	if (set->window_ns != s->w->span_ns)
		watch_set_window(s->w, set->window_ns);
	if (set->rate != s->w->opts.rate)
		watch_set_rate(s->w, set->rate);
	if (set->measure != s->w->opts.measure)
		watch_set_measure(s->w, set->measure);
	if (set->kernel != s->w->opts.kernel)
		watch_set_kernel(s->w, set->kernel);
}

static void
write_profile(struct screen *s, bool all)
{
	_cleanup_free_ char *path = NULL;
	struct err err = {0};

	if (watch_write(s->w, all, &path, &err) == 0)
		ui_message(s->ui, "wrote %s", path);
	else
		ui_message(s->ui, "not written: %s",
		    err.why[0] != '\0' ? err.why : err.what);
}

static void
on_event(struct screen *s, enum ui_event event)
{
	s->is_dirty = true;
	s->is_stale |= event != UI_REDRAW || shows_threads(s);
	switch (event) {
	case UI_NONE:
	case UI_REDRAW:
		break;
	case UI_QUIT:
		s->quits = true;
		break;
	case UI_SUSPEND:
		suspend(s);
		break;
	case UI_RESET:
		watch_reset(s->w);
		break;
	case UI_SETTINGS:
		take_settings(s);
		break;
	case UI_WRITE_WINDOW:
	case UI_WRITE_ALL:
		write_profile(s, event == UI_WRITE_ALL);
		break;
	}
	if (ui_is_paused(s->ui) != s->is_paused) {
		s->is_paused = !s->is_paused;
		s->is_stale = true;
		watch_freeze(s->w, s->is_paused);
	}
}

/* Each key goes by the rows that the one before it has brought. */
static void
take_keys(struct screen *s)
{
	enum ui_event event;

	while (!s->quits && (event = ui_key(s->ui)) != UI_NONE) {
		on_event(s, event);
		if (!s->quits)
			draw(s);
	}
}

static void
take_signals(struct screen *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGWINCH:
			ui_resized(s->ui);
			break;
		case SIGTSTP:
			suspend(s);
			break;
		case SIGCONT: /* after a SIGSTOP: the terminal was another's */
			take_terminal(s);
			break;
		default:
			s->w->ended_by = (int)info.ssi_signo;
			s->quits = true;
		}
	}
}

static int
timeout_ms(const struct screen *s)
{
	uint64_t now = now_ns(), due = watch_due_ns(s->w);

	if (s->draw_ns < due)
		due = s->draw_ns;
	return due <= now ? 0 : (int)((due - now + 999999) / 1000000);
}

static void
wait_for_something(struct screen *s)
{
	struct pollfd fds[WATCH_FDS + 3];

	watch_poll(s->w, fds);
	fds[WATCH_FDS] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	fds[WATCH_FDS + 1] =
	    (struct pollfd){.fd = s->signal_fd, .events = POLLIN};
	fds[WATCH_FDS + 2] =
	    (struct pollfd){.fd = ui_fd(s->ui), .events = POLLOUT};
	if (poll(fds, WATCH_FDS + 3, timeout_ms(s)) <= 0)
		return;
	/* The terminal is gone. */
	if ((fds[WATCH_FDS].revents & (POLLHUP | POLLERR)) != 0)
		s->quits = true;
}

static void
run(struct screen *s)
{
	while (!s->quits) {
		wait_for_something(s);
		(void)watch_work(s->w);
		take_signals(s);
		take_keys(s);
		s->is_dirty |= ui_send(s->ui);
		/* The end is shown at once. */
		if (watch_is_over(s->w) && !s->is_over)
			s->is_dirty = s->is_stale = s->is_over = true;
		if (!s->quits && (s->is_dirty || now_ns() >= s->draw_ns))
			draw(s);
	}
}

static void
tell_tracer(struct screen *s)
{
	const char *comm;
	pid_t pid, tracer = watch_tracer(s->w, &pid, &comm);

	if (tracer != 0)
		ui_message(s->ui,
		    "PID %d (%s) traces it: who runs cannot be stopped, and "
		    "has no stack",
		    (int)tracer, comm);
}

int
top_screen_run(
    struct watch *w, const struct top_opts *opts, int signal_fd, struct err *err)
{
	struct screen s = {.w = w,
	    .signal_fd = signal_fd,
	    .is_stale = true,
	    .draw_ns = now_ns() + FIRST_DRAW_NS};
	bool is_behind = in_background();
	int r;

	if (is_behind)
		watch_pause(w);
	r = ui_open(&opts->ui, &s.ui, err);
	if (is_behind)
		watch_resume(w);
	if (r < 0)
		return r;
	crash_watch(ui_emergency);
	tell_tracer(&s);
	run(&s);
	ui_close(s.ui);
	return 0;
}

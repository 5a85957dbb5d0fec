/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch.h - a session that is looked at while it runs
 *
 * The session samples in a thread of its own. This end takes its news into a
 * copy of the profile, has a child process look up names, and keeps the window:
 * all that top shows, whether on a screen or as text.
 *
 *	session thread --news--> watch --> mirror, window, viewer --> a screen
 *	                           \--> namer (a process) --names--> mirror
 */
#ifndef SCRAPE_CLI_WATCH_H
#define SCRAPE_CLI_WATCH_H

#include "base/err.h"
#include "core/top.h"
#include "profile/mirror.h"
#include "profile/view.h"
#include "profile/window.h"
#include "session/namer.h"
#include "session/session.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watch_threads;

struct watch {
	struct session_opts opts;
	struct session *session;
	pthread_t thread;
	bool is_running; /* the thread is there */
	bool is_paused;	 /* ... and holds nothing */
	int done_fd;	 /* readable when it is done */
	enum session_end end;
	int ended_by; /* the signal that the user ended it by; or 0 */

	struct namer *namer;
	struct profile mirror;
	struct window *window;
	struct window *frozen; /* as it was when that was asked for; or NULL */
	uint64_t span_ns;      /* of the window; 0: since the start */
	struct viewer *viewer;
	bool *has_module; /* by mapping: the namer knows it */
	bool *is_asked;	  /* by frame: it was asked for */
	size_t cap_mappings, cap_frames;

	struct top_process *processes; /* by serial; the first stays */
	size_t n_processes;
	uint64_t start_ns, end_ns; /* end 0: it still runs */
	uint64_t ask_ns;	   /* when news are asked for next */
	struct watch_threads *threads;
	struct top_head head; /* of watch_head() */
};

/*
 * Finds the target and starts to sample. From then on the signals in blocked
 * are, in all threads: the caller reads them by descriptor. A command is
 * started before, with what scrape had.
 */
int watch_open(struct watch *w, const struct session_opts *opts,
    uint64_t window_ns, const sigset_t *blocked, struct err *err);
/* Ends the sampling, if it has not ended. */
void watch_close(struct watch *w);

#define WATCH_FDS 3
/* What to poll for, WATCH_FDS of them; and when to come back at the latest. */
void watch_poll(const struct watch *w, struct pollfd *fds);
uint64_t watch_due_ns(const struct watch *w);
/* Takes what has come; true when there is something new to show. */
bool watch_work(struct watch *w);
/* Ends the sampling and takes the last news and names. */
void watch_stop(struct watch *w);
bool watch_is_over(const struct watch *w);
/* Nothing is held when it returns; for a stop of ours. */
void watch_pause(struct watch *w);
void watch_resume(struct watch *w);

/* Who else traces the first process, so that it is not stopped; 0: nobody. */
pid_t watch_tracer(
    const struct watch *w, pid_t *ret_pid, const char **ret_comm);
void watch_set_window(struct watch *w, uint64_t span_ns);
void watch_set_rate(struct watch *w, unsigned rate);
/*
 * What was counted so far has no time of who slept: of wall time the window
 * begins anew.
 */
void watch_set_measure(struct watch *w, enum measure measure);
/* Who sleeps has other stacks from now on; the window begins anew. */
void watch_set_kernel(struct watch *w, bool kernel);
void watch_reset(struct watch *w);
/*
 * Frozen, what is shown stays as it is, though sampling goes on; only another
 * window, or a reset, is seen at once.
 */
void watch_freeze(struct watch *w, bool frozen);
const struct window *watch_window(const struct watch *w);
/* The head as of now; valid until the next call. */
const struct top_head *watch_head(struct watch *w);
/*
 * The threads there are, those that used most CPU first; what [first, first+n)
 * do is looked up. Valid until the next call.
 */
const struct top_thread *watch_threads(
    struct watch *w, size_t first, size_t n, size_t *ret_n);
/*
 * Writes the window, or all since the start, as pprof; the name is in *ret_path,
 * to free(). Waits for names that are still looked up, not long.
 */
int watch_write(struct watch *w, bool all, char **ret_path, struct err *err);

#endif

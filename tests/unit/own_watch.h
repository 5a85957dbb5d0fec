/* SPDX-License-Identifier: GPL-3.0-or-later */
/* own_watch.h - a watch without a session, of a process with two threads */
#ifndef SCRAPE_TESTS_UNIT_OWN_WATCH_H
#define SCRAPE_TESTS_UNIT_OWN_WATCH_H

#include "base/clock.h"
#include "cli/watch.h"
#include "cli/watch_threads.h"
#include "profile/news.h"

#include "../child.h"

#include <pthread.h>
#include <sys/syscall.h>

#define OWN_WATCH_START (100 * NS_PER_SEC)

/* No thread has such an id: it is above what the kernel gives. */
#define NO_THREAD 5000000

struct own_watch {
	struct watch w;
	struct top_process process;
	pid_t helper; /* the second thread, which waits in a read */
	uint32_t frame;
};

static inline void *
own_watch_help(void *arg)
{
	int fds[2];
	char c;

	(void)prctl(PR_SET_NAME, "helper");
	if (pipe(fds) != 0)
		abort();
	shared->tid = (pid_t)syscall(SYS_gettid);
	(void)!read(fds[0], &c, 1);
	return arg;
}

static inline void
own_watch_run(void)
{
	pthread_t helper;

	if (pthread_create(&helper, NULL, own_watch_help, NULL) != 0)
		abort();
	for (;;)
		(void)pause();
}

static inline void
own_watch_open(struct own_watch *o)
{
	struct watch *w = &o->w;
	pid_t pid = child_start(own_watch_run);

	await(&shared->tid);
	*o = (struct own_watch){
	    .process = {.pid = pid, .comm = "own", .wait_status = -1},
	    .helper = shared->tid,
	};
	assert_true(comes_to_state(pid, 'S'));
	assert_true(comes_to_state(o->helper, 'S'));
	w->opts.rate = 100;
	w->namer = namer_new(&(struct namer_opts){0});
	profile_init(&w->mirror, 0, 0);
	w->start_ns = OWN_WATCH_START;
	w->window = window_new(0, w->start_ns);
	w->viewer = viewer_new(&w->mirror);
	w->processes = &o->process;
	w->n_processes = 1;
	o->frame = profile_marker(&w->mirror, "[made]");
}

static inline void
own_watch_close(struct own_watch *o)
{
	child_end(o->process.pid);
	watch_threads_free(o->w.threads);
	namer_free(o->w.namer);
	viewer_free(o->w.viewer);
	window_free(o->w.window);
	profile_deinit(&o->w.mirror);
}

/* Nothing but the time and what was counted by then. */
static inline void
own_watch_tell(struct own_watch *o, unsigned seconds, struct stats stats)
{
	struct news news = {.time_ns = OWN_WATCH_START + seconds * NS_PER_SEC,
	    .stats = stats};

	window_add(o->w.window, &news);
}

/* A sample of a thread of it, after so many seconds. */
static inline void
own_watch_count(struct own_watch *o, unsigned seconds, pid_t tid,
    const char *name, const char *state, struct weight weight)
{
	struct profile *p = &o->w.mirror;
	uint32_t labels = profile_labels_in(
	    p, profile_labels(p, o->process.pid, tid, name), state);
	struct news_sample sample = {
	    profile_stack(p, labels, &o->frame, 1, NULL), weight};
	struct news news = {.time_ns = OWN_WATCH_START + seconds * NS_PER_SEC,
	    .samples = &sample,
	    .n_samples = 1};

	window_add(o->w.window, &news);
}

#endif

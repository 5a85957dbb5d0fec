/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_private.h - what a session is, for the files that make it
 *
 *	session.c	 opens it, runs the loop, ends it
 *	session_news.c	 what another thread may ask of it while it runs
 *	session_stats.c	 what was counted, of all processes
 */
#ifndef SCRAPE_SESSION_SESSION_PRIVATE_H
#define SCRAPE_SESSION_SESSION_PRIVATE_H

#include "profile/news.h"
#include "profile/profile.h"
#include "session/cadence.h"
#include "session/pace.h"
#include "session/processes.h"
#include "session/sampler.h"
#include "session/session.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Between the thread that runs the session and the one that watches. What it
 * wants stands here, and the bell tells that there is something new: nobody
 * waits for the other.
 */
struct news_desk {
	int bell_fd; /* -1: nobody watches */
	int news_fd;
	_Atomic(struct session_news *) news; /* that nobody has taken yet */
	atomic_bool is_asked;	/* for news, since the last ones */
	atomic_bool is_paused;	/* as it wants it */
	atomic_bool is_stopped; /* likewise, for good */
	atomic_uint rate;	/* a new one; 0: as it is */
	_Atomic enum measure measure;
	atomic_bool kernel;
	atomic_bool is_over;	/* the session's thread touches nothing more */
	struct journal journal;
};

struct session {
	struct session_opts opts;
	struct profile profile;
	struct sampling sampling;
	struct processes processes;
	const struct watched *first; /* of them; stays */
	struct news_desk desk;
	struct cadence cadence;
	struct pace pace; /* with the rate asked for; opts has the one kept */
	uint64_t paced_ns; /* when opts.rate was last looked at */
	sigset_t old_mask;
	int signal_fd, timer_fd;
	uint64_t start_ns, end_ns; /* monotonic; end 0: still sampling */
	uint64_t progress_ns;	   /* when the next progress is due */
	pid_t command;		   /* started by us, not yet waited for; or 0 */
	bool command_was_told;	   /* a SIGTERM or SIGHUP was passed on to it */
	const struct session_hooks *hooks;
	bool wants_suspend, wants_snapshot; /* a pause, by signal */
	bool is_idle; /* in a pause by the watcher */
	enum session_end end;
	int wait_status; /* of the command, when that has been waited for */
};

void session_update_stats(struct session *s);

int desk_init(struct session *s, struct err *err);
void desk_deinit(struct session *s);
/* The bell rang, and what else the watcher wants may be read now. */
void desk_answer(struct session *s);
/* Tells that nothing is held, and will not be before the watcher says so. */
void desk_tell_pause(struct session *s);
/* The last word of the session's thread. */
void desk_end(struct session *s);

#endif

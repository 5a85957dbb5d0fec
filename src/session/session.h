/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.h - one run: a target, a cadence, a profile
 */
#ifndef SCRAPE_SESSION_SESSION_H
#define SCRAPE_SESSION_SESSION_H

#include "base/err.h"
#include "object/debug_search.h"
#include "profile/profile.h"

#include <regex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum session_labels { LABELS_THREAD, LABELS_NAME, LABELS_NONE };

struct session_opts {
	const pid_t *pids;	   /* read by session_open() alone */
	size_t n_pids;		   /* 0: start argv instead */
	char *const *argv;	   /* the command, NULL-terminated */
	const int *command_stdio;  /* for it, see spawn.h; or NULL */
	bool children;		   /* and what is started below them */
	unsigned rate;		   /* ticks per second */
	enum measure measure;	   /* wall: who sleeps is sampled, too */
	bool no_stop;		   /* only who sleeps, and no thread is stopped */
	bool kernel;		   /* where in the kernel sleepers sleep, too */
	/*
	 * The share of the time that a thread may be held, for which the rate
	 * is lowered; 1: no bound; 0: the usual one (pace.h).
	 */
	double max_pause;
	uint64_t duration_ns;	   /* 0: until the target ends or a signal */
	pid_t tid;		   /* only this thread, of one pid; 0: all */
	const regex_t *thread_re;  /* only threads with such a name; or NULL */
	enum session_labels labels;
	unsigned max_depth;
	bool inlines, lines;
	struct debug_search debug; /* its root_fd is not used */
	const char *save_dir; /* saves each sample there; or NULL */
	/*
	 * The caller runs session_run() in a thread of its own, takes news, and
	 * has all signals but SIGCHLD to itself.
	 */
	bool is_watched;
};

/* Why a recording ended. */
enum session_end {
	SESSION_DURATION,
	SESSION_SIGNAL,	     /* SIGINT, SIGTERM or SIGHUP to scrape */
	SESSION_TARGET_EXIT, /* of all; a command's status is in the session */
	SESSION_STOPPED,     /* by session_stop() */
};

struct session;

/* Finds the targets, checks that they may be read, looks at their threads. */
int session_open(
    const struct session_opts *opts, struct session **ret, struct err *err);
/* Lets every thread go. Safe at any time; NULL is fine. */
void session_close(struct session *s);

/* Of the first process. */
pid_t session_pid(const struct session *s);
const char *session_comm(const struct session *s); /* the target's name, raw */
/* The process a thread id given as PID belongs to, when it differed; else 0. */
pid_t session_asked_tid(const struct session *s);

/*
 * Another process that traced the first one when it was opened: then it is read
 * without stops, as long as that goes on. 0: none.
 */
pid_t session_tracer(const struct session *s, const char **ret_comm);

/* Whether job control holds the target: SIGSTOP, ^Z. */
bool session_is_stopped(const struct session *s);

/* What the loop tells its caller; each may be NULL, and so may all. */
struct session_hooks {
	/* Once a second, between two ticks: must not take long. */
	void (*progress)(void *ctx, struct session *s);
	/* At SIGUSR1; sampling pauses. */
	void (*snapshot)(void *ctx, struct session *s);
	void *ctx;
};

enum session_end session_run(
    struct session *s, const struct session_hooks *hooks);
/*
 * The wait status of the command; waits for its end, should the recording have
 * ended first. 0 where there was no command.
 */
int session_wait_status(struct session *s);
/*
 * From session_open() to session_close() SIGINT, SIGTERM, SIGHUP, SIGUSR1 and
 * SIGCHLD are blocked, and SIGTSTP to the end of session_run(): what scrape was
 * started with, for those who fork. SIGINT, SIGHUP and SIGTSTP that scrape was
 * started to ignore (nohup, &) stay ignored.
 */
const sigset_t *session_signal_mask(const struct session *s);

/*
 * With save_dir: adds what the saved files stand on, and says how many there
 * are; or why one could not be written. Slow; never called while sampling.
 */
int session_finish_saving(
    struct session *s, unsigned *ret_files, struct err *err);
/* Names every frame seen so far. Slow; never called while sampling. */
void session_symbolize(struct session *s);
/* Valid until session_close(). Stats are brought up to date. */
struct profile *session_profile(struct session *s);

/* --- for another thread, while session_run() runs (is_watched) */

struct news;
struct module_origin;

/* A process that the session watches, or did. */
struct session_process {
	uint64_t serial; /* the how-manieth it was: pids come again */
	pid_t pid;
	char *comm;
	bool has_exited;
	int wait_status; /* of the command that we started; else -1 */
};

struct session_news {
	struct news *profile;
	/*
	 * All that live, the first, and the last that have ended, in the order
	 * they came.
	 */
	struct session_process *processes;
	size_t n_processes;
	struct module_origin *origins; /* of the profile's new mappings */
	size_t n_origins;
	bool is_paused; /* nothing is held, nor will be before a resume */
};

/* Asks for news; at once, or after the tick that is under way. Never waits. */
void session_ask(struct session *s);
/* Readable when there are some. */
int session_news_fd(const struct session *s);
/*
 * NULL: there are none yet. Free by session_news_free(). News that were not
 * taken before the end come first; ask and take again for the last.
 */
struct session_news *session_take_news(struct session *s);
void session_news_free(struct session_news *n);

void session_set_rate(struct session *s, unsigned rate);
/* From now on; what was weighed before stays as it is. */
void session_set_measure(struct session *s, enum measure measure);
void session_set_kernel(struct session *s, bool kernel);
/*
 * Has session_run() settle and let go everything, and tell so by news that say
 * is_paused, with no more ticks until session_resume(). Processes that end
 * meanwhile are finished with, and news are given as always. What the targets
 * use in this time is [not sampled].
 */
void session_pause(struct session *s);
void session_resume(struct session *s);
/* Ends session_run(), which closes the books; the last news come after it. */
void session_stop(struct session *s);

#endif

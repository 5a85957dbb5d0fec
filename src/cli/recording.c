/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/recording.h"

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/escape.h"
#include "base/xalloc.h"
#include "cli/hints.h"
#include "cli/naming.h"
#include "cli/save.h"
#include "cli/summary.h"
#include "output/outfile.h"
#include "output/output.h"
#include "output/stats_json.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a shell gives for a program that ^C ended. */
#define STATUS_ABORTED (128 + SIGINT)

struct recording {
	const struct recording_opts *opts;
	struct session *session;
	struct profile *profile; /* the session's */
	enum session_end end;	 /* of sampling */
	bool progress;		 /* there is a terminal to show it on */
	bool aborted;
	/*
	 * opts->output, or a name of ours where that is none or "-"; snapshots
	 * go beside it.
	 */
	char *path;
	pid_t snapshot; /* that is being written; 0: none */
	unsigned n_snapshots;
};

/* In the background the line would go over what is typed in front. */
static bool
shows_progress(const struct recording *rec)
{
	pid_t front = rec->progress ? tcgetpgrp(STDERR_FILENO) : -1;

	return rec->progress && (front < 0 || front == getpgrp());
}

static void note(const struct recording *rec, const char *fmt, ...)
    printf_like(2, 3);

static void
note(const struct recording *rec, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	if (rec->opts->quiet)
		return;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		die_no_memory();
	va_end(ap);
	if (shows_progress(rec))
		summary_progress_clear(stderr);
	(void)fputs("scrape: ", stderr);
	escape_print(stderr, text);
	(void)fputc('\n', stderr);
}

/* --- the three steps of a save, and how it ended */

static void
name_frames(void *ctx)
{
	struct recording *rec = ctx;

	session_symbolize(rec->session);
}

static void
name_frames_visibly(void *ctx)
{
	struct recording *rec = ctx;

	if (shows_progress(rec))
		summary_progress_text(stderr, "scrape: looking up names");
	name_frames(rec);
}

static int
write_profile(void *ctx, FILE *fp, struct err *err)
{
	struct recording *rec = ctx;

	return rec->opts->format->write(rec->profile, fp, err);
}

static void
tell_summary(void *ctx)
{
	struct recording *rec = ctx;
	struct summary s = {
	    .profile = rec->profile,
	    .pid = session_pid(rec->session),
	    .comm = session_comm(rec->session),
	    .rate = rec->opts->session.rate,
	    .children = rec->opts->session.children,
	    .filtered = rec->opts->session.tid != 0 ||
			rec->opts->session.thread_re != NULL,
	    .is_stopped = session_is_stopped(rec->session),
	    .has_ended = rec->end == SESSION_TARGET_EXIT,
	    .verbose = rec->opts->verbose,
	};

	if (rec->opts->quiet)
		return;
	if (shows_progress(rec))
		summary_progress_clear(stderr);
	summary_print(stderr, &s);
	(void)fflush(stderr);
}

/* A profile without names is less than was asked for: said even when quiet. */
static void
tell_unnamed(const struct recording *rec, const struct save_result *result)
{
	if (shows_progress(rec))
		summary_progress_clear(stderr);
	(void)fprintf(stderr,
	    "scrape: looking up names broke off (%s): the profile has "
	    "addresses instead\n",
	    result->signal != 0 ? strsignal(result->signal) : "it exited");
}

static char *
default_path(const struct recording *rec)
{
	const struct session_opts *s = &rec->opts->session;
	_cleanup_free_ char *others =
	    s->n_pids > 1 ? xasprintf("+%zu%s", s->n_pids - 1,
				s->children ? "+children" : "")
			  : xstrdup(s->children ? "+children" : "");

	return naming_default(session_comm(rec->session),
	    session_pid(rec->session), others, time(NULL), rec->opts->format);
}

/*
 * The disk is full, or the directory gone, and the recording is all in memory:
 * it goes to the directory for temporary files, and err says so. It stays an
 * error, for the file is not where it was asked for.
 */
static void
save_elsewhere(struct recording *rec, struct err *err)
{
	struct save_job job = {name_frames, write_profile, NULL, rec};
	const char *dir = getenv("TMPDIR");
	_cleanup_free_ char *name = default_path(rec);
	_cleanup_free_ char *wanted = xasprintf("%s/%s",
	    dir != NULL && dir[0] != '\0' ? dir : "/tmp", name);
	_cleanup_free_ char *path = naming_claim(wanted);
	struct save_result result;
	struct err ignored = {0};

	if (save_run(&job, path, &result, &ignored) == 0 &&
	    result.end != SAVE_ABORTED)
		err_try(err, "the profile is in %s: move it from there", path);
	else
		naming_disclaim(path);
}

static int
save_profile(struct recording *rec, struct err *err)
{
	struct save_job job = {
	    name_frames_visibly, write_profile, tell_summary, rec};
	_cleanup_free_ char *claimed = NULL;
	const char *path = rec->opts->output;
	struct save_result result;
	int r;

	if (path == NULL)
		path = claimed = naming_claim(rec->path);
	r = save_run(&job, path, &result, err);
	if (claimed != NULL && (r < 0 || result.end == SAVE_ABORTED))
		naming_disclaim(claimed);
	if (r < 0 && strcmp(path, "-") != 0)
		save_elsewhere(rec, err);
	if (r < 0)
		return r;
	if (result.end == SAVE_ABORTED) {
		(void)fputs("scrape: aborted: no profile is written\n", stderr);
		rec->aborted = true;
		return 0;
	}
	if (result.end == SAVE_UNNAMED)
		tell_unnamed(rec, &result);
	if (!rec->opts->quiet)
		summary_wrote(stderr, path, result.size, rec->opts->format);
	return 0;
}

static int
save_stats(struct recording *rec, struct err *err)
{
	struct outfile f;
	off_t size;
	int r;

	if (rec->opts->stats == NULL)
		return 0;
	r = outfile_open(&f, rec->opts->stats, err);
	if (r < 0)
		return r;
	r = stats_json_write(&rec->profile->stats, f.fp, err);
	if (r < 0) {
		outfile_abort(&f);
		return err_wrap(err, "%s", rec->opts->stats);
	}
	return outfile_commit(&f, &size, err);
}

/* --- what the session calls while it samples */

static void
reap_snapshot(struct recording *rec)
{
	if (rec->snapshot > 0 && save_is_over(rec->snapshot))
		rec->snapshot = 0;
}

static void
on_progress(void *ctx, struct session *s)
{
	struct recording *rec = ctx;

	reap_snapshot(rec);
	if (shows_progress(rec))
		summary_progress(stderr, &session_profile(s)->stats);
}

static bool
is_named_by_user(const struct recording *rec)
{
	return rec->opts->output != NULL &&
	       strcmp(rec->opts->output, "-") != 0;
}

/* Runs in the process that wrote the snapshot. */
static void
snapshot_done(void *ctx, const char *path, int rc,
    const struct save_result *result, struct err *err)
{
	struct recording *rec = ctx;

	if (!is_named_by_user(rec) && (rc < 0 || result->end == SAVE_ABORTED))
		naming_disclaim(path);
	if (rc < 0) {
		(void)err_wrap(err, "snapshot");
		err_print(err, stderr);
	} else if (result->end != SAVE_ABORTED) {
		if (result->end == SAVE_UNNAMED)
			tell_unnamed(rec, result);
		note(rec, "wrote snapshot %s", path);
	}
}

static char *
snapshot_path(struct recording *rec)
{
	_cleanup_free_ char *path =
	    naming_snapshot(rec->path, ++rec->n_snapshots);

	return is_named_by_user(rec) ? steal_ptr(path) : naming_claim(path);
}

static void
on_snapshot(void *ctx, struct session *s)
{
	struct recording *rec = ctx;
	struct save_job job = {name_frames, write_profile, NULL, rec};
	_cleanup_free_ char *path = NULL;

	reap_snapshot(rec);
	if (rec->snapshot > 0) {
		note(rec, "the last snapshot is still being written");
		return;
	}
	path = snapshot_path(rec);
	rec->profile = session_profile(s);
	rec->snapshot = save_start(&job, path, snapshot_done);
	if (rec->snapshot < 0) {
		note(rec, "no snapshot: %m");
		rec->snapshot = 0;
	}
}

static void
end_snapshot(struct recording *rec)
{
	if (rec->snapshot <= 0)
		return;
	if (rec->aborted)
		save_abort(rec->snapshot);
	else
		rec->aborted = !save_wait(rec->snapshot);
	rec->snapshot = 0;
}

/* --- from start to end */

/* Everything that can be known to fail fails before the target is touched. */
static int
check_outputs(const struct recording_opts *opts, struct err *err)
{
	const char *output = opts->output != NULL
				 ? opts->output
				 : "scrape.NAME.PID.YYYYMMDD-HHMMSS.pb.gz";
	int r = outfile_check(output, err);

	if (r == 0 && opts->stats != NULL)
		r = outfile_check(opts->stats, err);
	return r;
}

static int
open_target(struct recording *rec, struct err *err)
{
	const struct recording_opts *opts = rec->opts;
	int r = session_open(&opts->session, &rec->session, err);
	const char *tracer_comm;
	pid_t tracer;

	if (r < 0)
		return r;
	save_hold_signals();
	if (session_asked_tid(rec->session) != 0)
		note(rec,
		    "%d is a thread of process %d (%s), which is recorded; "
		    "-t %d is for the thread alone",
		    (int)session_asked_tid(rec->session),
		    (int)session_pid(rec->session), session_comm(rec->session),
		    (int)session_asked_tid(rec->session));
	tracer = session_tracer(rec->session, &tracer_comm);
	if (!opts->quiet)
		hints_print_tracer(stderr, session_pid(rec->session), tracer,
		    tracer_comm);
	if (opts->output != NULL && strcmp(opts->output, "-") != 0)
		rec->path = xstrdup(opts->output);
	else
		rec->path = default_path(rec);
	return 0;
}

static void
sample(struct recording *rec)
{
	struct session_hooks hooks = {on_progress, on_snapshot, rec};

	rec->end = session_run(rec->session, &hooks);
	rec->profile = session_profile(rec->session);
	if (shows_progress(rec))
		summary_progress_clear(stderr);
}

static int
finish_saving(struct recording *rec, struct err *err)
{
	const char *dir = rec->opts->session.save_dir;
	unsigned n;
	int r = session_finish_saving(rec->session, &n, err);

	if (r == 0)
		note(rec, "saved %u snapshots in %s: they hold stack memory",
		    n, dir);
	return r;
}

/* What could not be saved is no reason not to save the rest. */
static int
save_also(struct recording *rec, int r,
    int (*save)(struct recording *rec, struct err *err), struct err *err)
{
	struct err other = {0};

	if (r == 0)
		return save(rec, err);
	if (save(rec, &other) < 0)
		err_print(&other, stderr);
	return r;
}

static int
save(struct recording *rec, struct err *err)
{
	const char *dir = rec->opts->session.save_dir;
	int r = save_profile(rec, err);

	end_snapshot(rec);
	if (rec->aborted) {
		if (dir != NULL)
			note(rec,
			    "the snapshots in %s stay: they hold stack memory",
			    dir);
		return r;
	}
	r = save_also(rec, r, save_stats, err);
	if (dir != NULL)
		r = save_also(rec, r, finish_saving, err);
	return r;
}

/*
 * A command may outlive its recording, when that had a duration. From here on
 * signals do to scrape what they do to any shell that waits.
 */
static int
wait_for_command(struct recording *rec)
{
	int status;

	if (rec->end == SESSION_DURATION) {
		(void)signal(SIGINT, SIG_IGN);
		(void)signal(SIGQUIT, SIG_IGN);
		/* There is nothing to take a snapshot of any more. */
		(void)signal(SIGUSR1, SIG_IGN);
		(void)sigprocmask(
		    SIG_SETMASK, session_signal_mask(rec->session), NULL);
	}
	status = session_wait_status(rec->session);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

int
recording_run(const struct recording_opts *opts, struct err *err)
{
	struct recording rec = {
	    .opts = opts,
	    .progress = !opts->quiet && isatty(STDERR_FILENO),
	};
	int r = check_outputs(opts, err);

	if (r == 0)
		r = open_target(&rec, err);
	if (r == 0) {
		sample(&rec);
		if (opts->session.argv != NULL && rec.end == SESSION_DURATION)
			save_beside_command(session_pid(rec.session));
		r = save(&rec, err);
	}
	if (r < 0 && opts->session.argv != NULL)
		r = err_beside_command(err);
	else if (r >= 0 && rec.aborted)
		r = STATUS_ABORTED;
	else if (r >= 0 && opts->session.argv != NULL &&
		 rec.end != SESSION_SIGNAL)
		r = wait_for_command(&rec);
	save_drop_signals();
	session_close(rec.session);
	free(rec.path);
	return r;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/save.h"

#include "base/attr.h"
#include "base/signals.h"
#include "base/xalloc.h"
#include "output/outfile.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * DWARF that sends its reader in circles ends here, as SIGXCPU. Naming all of
 * chromium takes a minute.
 */
#define NAMING_CPU_MAX_S 600

/* Tells a background save to give up; the terminal never sends it. */
#define ABORT_BACKGROUND SIGUSR2

enum stage { STAGE_NAMING, STAGE_WRITING, STAGE_WRITTEN };

/* What the child got done, in memory that outlives it. */
struct report {
	_Atomic enum stage stage;
	/* From STAGE_WRITTEN on: how writing and committing ended. */
	int rc;
	struct err err;
	off_t size;
};

/* The signals to give up at, beside SIGCHLD: who waits decides. */
static sigset_t
signals(int first, int second)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, first);
	(void)sigaddset(&set, second);
	(void)sigaddset(&set, SIGCHLD);
	return set;
}

static bool in_background;
static pid_t command; /* that runs meanwhile; 0: none, or it had its SIGTERM */
static bool is_beside_command;

static sigset_t
abort_signals(void)
{
	return in_background ? signals(ABORT_BACKGROUND, ABORT_BACKGROUND)
			     : signals(SIGINT, SIGTERM);
}

void
save_hold_signals(void)
{
	sigset_t set = signals(SIGTERM, SIGUSR1);

	if (!signal_is_ignored(SIGINT))
		(void)sigaddset(&set, SIGINT);
	if (!signal_is_ignored(SIGHUP))
		(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	/* Where it was ignored, children would leave no status behind. */
	(void)signal(SIGCHLD, SIG_DFL);
}

void
save_beside_command(pid_t pid)
{
	command = pid;
	is_beside_command = true;
}

/* Ignored, a signal is not pending any more. */
void
save_drop_signals(void)
{
	static const int held[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

	for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
		if (signal_is_ignored(held[i]))
			continue;
		(void)signal(held[i], SIG_IGN);
		(void)signal(held[i], SIG_DFL);
	}
}

/* Whether it was meant for the command. */
static bool
is_for_command(int sig)
{
	if (!is_beside_command || in_background)
		return false;
	if (sig == SIGINT)
		return true;
	if (sig != SIGTERM || command == 0)
		return false;
	(void)kill(command, SIGTERM);
	command = 0;
	return true;
}

/* False when aborted; then the child was sent last_word and has ended too. */
static bool
wait_for(pid_t pid, int last_word, int *ret_status)
{
	sigset_t set = abort_signals();
	pid_t got;

	*ret_status = 0;
	while ((got = waitpid(pid, ret_status, WNOHANG)) == 0 ||
	       (got < 0 && errno == EINTR)) {
		int sig = sigwaitinfo(&set, NULL);

		if (sig < 0 || sig == SIGCHLD || is_for_command(sig))
			continue;
		(void)kill(pid, last_word);
		while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
			;
		return false;
	}
	return true;
}

static void
limit_cpu(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_CPU, &lim) == 0 &&
	    lim.rlim_cur > NAMING_CPU_MAX_S) {
		lim.rlim_cur = NAMING_CPU_MAX_S;
		(void)setrlimit(RLIMIT_CPU, &lim);
	}
}

static const char *
shown_name(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard output" : path;
}

/* Ends the life of f. */
static int
write_and_commit(const struct save_job *job, struct outfile *f,
    const char *path, off_t *ret_size, struct err *err)
{
	int r = job->write(job->ctx, f->fp, err);

	if (r == 0)
		return outfile_commit(f, ret_size, err);
	outfile_abort(f);
	return err_wrap(err, "%s", shown_name(path));
}

static _Noreturn void
child(const struct save_job *job, struct outfile *f, const char *path,
    struct report *report)
{
	limit_cpu();
	job->name(job->ctx);
	report->stage = STAGE_WRITING;
	report->rc =
	    write_and_commit(job, f, path, &report->size, &report->err);
	report->stage = STAGE_WRITTEN;
	if (job->tell != NULL)
		job->tell(job->ctx);
	_exit(0);
}

static int
take_over(const struct report *report, off_t *ret_size, struct err *err)
{
	if (report->rc < 0)
		*err = report->err;
	*ret_size = report->size;
	return report->rc;
}

/* f is open in parent and child, so that the parent knows what to remove. */
static int
save_in_child(const struct save_job *job, struct outfile *f, const char *path,
    struct report *report, struct save_result *ret, struct err *err)
{
	bool in_place = f->tmp_path == NULL, waited = true;
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		child(job, f, path, report);
	if (pid > 0)
		waited = wait_for(pid, SIGKILL, &status);
	outfile_abort(f);
	if (report->stage == STAGE_WRITTEN)
		return take_over(report, &ret->size, err);
	ret->end = waited ? SAVE_UNNAMED : SAVE_ABORTED;
	ret->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	if (waited && in_place && report->stage == STAGE_WRITING)
		return err_set(err, ERR_RUNTIME, "%s: writing broke off",
		    shown_name(path));
	return 0;
}

static int
save_without_names(const struct save_job *job, const char *path,
    off_t *ret_size, struct err *err)
{
	struct outfile f;
	int r = outfile_open(&f, path, err);

	if (r == 0)
		r = write_and_commit(job, &f, path, ret_size, err);
	if (job->tell != NULL)
		job->tell(job->ctx);
	return r;
}

int
save_run(const struct save_job *job, const char *path, struct save_result *ret,
    struct err *err)
{
	struct report *report;
	struct outfile f;
	int r = outfile_open(&f, path, err);

	*ret = (struct save_result){0};
	if (r < 0)
		return r;
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED)
		die_no_memory();
	r = save_in_child(job, &f, path, report, ret, err);
	(void)munmap(report, sizeof(*report));
	if (r == 0 && ret->end == SAVE_UNNAMED)
		r = save_without_names(job, path, &ret->size, err);
	return r;
}

pid_t
save_start(const struct save_job *job, const char *path,
    void (*done)(void *ctx, const char *path, int rc,
	const struct save_result *result, struct err *err))
{
	sigset_t set = signals(ABORT_BACKGROUND, ABORT_BACKGROUND);
	struct save_result result;
	struct err err = {0};
	pid_t pid = fork();
	int r;

	if (pid != 0)
		return pid;
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	in_background = true;
	r = save_run(job, path, &result, &err);
	done(job->ctx, path, r, &result, &err);
	_exit(0);
}

bool
save_is_over(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) != 0;
}

bool
save_wait(pid_t pid)
{
	int status;

	return wait_for(pid, ABORT_BACKGROUND, &status);
}

void
save_abort(pid_t pid)
{
	(void)kill(pid, ABORT_BACKGROUND);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

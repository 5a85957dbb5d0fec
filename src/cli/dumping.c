/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/dumping.h"

#include "base/clock.h"
#include "base/descriptors.h"
#include "base/xalloc.h"
#include "cli/hints.h"
#include "cli/terminal.h"
#include "core/dump.h"
#include "output/dump_json.h"
#include "output/dump_text.h"
#include "session/replay.h"
#include "target/children.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* A process that is dumped, and stays open from one dump to the next. */
struct dumped {
	pid_t pid, ppid; /* ppid: 0 for one that was asked for by its pid */
	struct dumper *dumper; /* NULL: not open, yet or any more */
	bool is_over;	       /* it could not be opened, or is gone */
	bool was_shown;
};

struct dumping {
	const struct dumping_opts *opts;
	struct dump_text_opts text;
	struct dumped *v;
	size_t n, cap;
	bool printed; /* something has been */
	int status;   /* the first failure's */
};

/* A failure of one of several processes, which does not end the others. */
static void
tell(struct dumping *d, const struct err *err)
{
	err_print(err, stderr);
	if (d->status == 0)
		d->status = (int)err->kind;
}

static bool
is_listed(const struct dumping *d, pid_t pid)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].pid == pid)
			return true;
	return false;
}

static void
add(struct dumping *d, pid_t pid, pid_t ppid)
{
	if (is_listed(d, pid))
		return;
	GROW(d->v, d->n, d->cap);
	d->v[d->n++] = (struct dumped){.pid = pid, .ppid = ppid};
}

static void
list_processes(struct dumping *d)
{
	const struct dumping_opts *o = d->opts;

	for (size_t i = 0; i < o->n_pids; i++) {
		struct process *below;
		size_t n;

		add(d, o->pids[i], 0);
		if (!o->children)
			continue;
		below = children_of(o->pids[i], &n);
		for (size_t k = 0; k < n; k++)
			if (below[k].pid != getpid())
				add(d, below[k].pid, below[k].ppid);
		free(below);
	}
}

static void
tell_asked_tid(const struct dumping *d, const struct dumper *dumper)
{
	pid_t tid = dumper_asked_tid(dumper);

	if (tid != 0 && d->opts->take.tid == 0 && !d->opts->quiet)
		(void)fprintf(stderr,
		    "scrape: %d is a thread of PID %d: dumping all of that; "
		    "-t %d dumps that thread alone\n",
		    (int)tid, (int)dumper_pid(dumper), (int)tid);
}

static void
tell_tracer(const struct dumper *dumper)
{
	const char *comm;
	pid_t tracer = dumper_tracer(dumper, &comm);

	hints_print_tracer(stderr, dumper_pid(dumper), tracer, comm);
}

/*
 * A child that ended since, or of a kind that has no stack, such as a zombie,
 * was not asked for by name: nothing is said of it.
 */
static int
open_one(struct dumping *d, struct dumped *p, struct err *err)
{
	int r = dumper_open(p->pid, &d->opts->take, &p->dumper, err);

	if (r == 0) {
		tell_asked_tid(d, p->dumper);
		if (!d->opts->quiet)
			tell_tracer(p->dumper);
		return 0;
	}
	p->is_over = true;
	if (d->n == 1)
		return r;
	if (p->ppid == 0 || r == -ERR_NOT_PERMITTED)
		tell(d, err);
	return 0;
}

static void
close_one(struct dumped *p)
{
	dumper_close(p->dumper);
	p->dumper = NULL;
}

static int
print(struct dumping *d, const struct dump *dump, struct err *err)
{
	int r;

	d->text.follows = d->printed;
	d->printed = true;
	if (dump->n_threads == 0 && d->opts->take.thread_re != NULL &&
	    !d->opts->quiet)
		(void)fprintf(stderr,
		    "scrape: PID %d has no thread of such a name\n",
		    (int)dump->pid);
	r = d->opts->json ? dump_json(dump, stdout, err)
			  : dump_text(dump, &d->text, stdout, err);
	/* With -n each dump is there to be read before the next is taken. */
	if (r == 0 && fflush(stdout) != 0)
		r = err_set(err, ERR_RUNTIME, "standard output: %m");
	return r;
}

static int
tell_saved(const struct dumping *d, const struct dumper *dumper,
    struct err *err)
{
	const char *path;
	int r;

	if (d->opts->take.save_dir == NULL)
		return 0;
	r = dumper_saved(dumper, &path, err);
	if (r == 0 && !d->opts->quiet)
		(void)fprintf(stderr,
		    "scrape: saved %s: it holds stack memory\n", path);
	return r;
}

static int
dump_one(struct dumping *d, struct dumped *p, struct err *err)
{
	struct dump *dump;
	int r = dumper_take(p->dumper, &dump, err);

	if (r < 0) {
		/* Between two dumps it may well end. */
		if (r != -ERR_NO_PROCESS || !p->was_shown)
			tell(d, err);
		close_one(p);
		p->is_over = true;
		return 0;
	}
	dump->ppid = p->ppid;
	r = print(d, dump, err);
	dump_free(dump);
	p->was_shown = true;
	return r < 0 ? r : tell_saved(d, p->dumper, err);
}

/*
 * One dump of every process; *ret_left: how many are still there. What is shown
 * once is closed at once: many processes have many files and names.
 */
static int
dump_round(struct dumping *d, size_t *ret_left, struct err *err)
{
	*ret_left = 0;
	for (size_t i = 0; i < d->n; i++) {
		struct dumped *p = &d->v[i];
		int r = 0;

		if (!p->is_over && p->dumper == NULL)
			r = open_one(d, p, err);
		if (r == 0 && p->dumper != NULL)
			r = dump_one(d, p, err);
		if (r < 0)
			return r;
		*ret_left += !p->is_over;
		if (d->opts->count == 1)
			close_one(p);
	}
	return 0;
}

static void
sleep_until(uint64_t when_ns)
{
	struct timespec when = ns_timespec(when_ns);

	while (clock_nanosleep(
		   CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) == EINTR)
		;
}

static int
dump_rounds(struct dumping *d, struct err *err)
{
	uint64_t next = now_ns();
	size_t left = 1;

	for (unsigned i = 0; i < d->opts->count && left > 0; i++) {
		int r;

		if (i > 0)
			sleep_until(next += d->opts->interval_ns);
		r = dump_round(d, &left, err);
		if (r < 0)
			return r;
	}
	return d->status;
}

static void
tell_losses(const struct dumping *d, const struct replay_losses *losses)
{
	if (d->opts->quiet)
		return;
	if (losses->missing > 0)
		(void)fprintf(stderr,
		    "scrape: the files of %zu mappings are neither beside the "
		    "snapshot nor on this machine: stacks may end there\n",
		    losses->missing);
	if (losses->dropped > 0)
		(void)fprintf(stderr,
		    "scrape: %zu things in the file make no sense and were "
		    "left out\n",
		    losses->dropped);
}

static int
print_snapshot(struct dumping *d, struct err *err)
{
	struct replay_losses losses;
	struct dump *dump;
	int r = replay(
	    d->opts->snapshot, &d->opts->take, &dump, &losses, err);

	if (r < 0)
		return r;
	tell_losses(d, &losses);
	r = print(d, dump, err);
	dump_free(dump);
	return r;
}

/* Waiting for stops needs it blocked, in every thread: see dumper.h. */
static void
block_sigchld(void)
{
	sigset_t set;

	/* Inherited as ignored, it would not be sent at all. */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

int
dumping_run(const struct dumping_opts *opts, struct err *err)
{
	struct dumping d = {
	    .opts = opts,
	    .text = {.fold = opts->fold,
		.inlines = opts->take.inlines,
		.verbose = opts->verbose,
		.colour = terminal_wants_colour(opts->color),
		.width = terminal_width()},
	};
	int r;

	if (opts->snapshot != NULL)
		return print_snapshot(&d, err);
	descriptors_raise_limit();
	block_sigchld();
	list_processes(&d);
	r = dump_rounds(&d, err);
	for (size_t i = 0; i < d.n; i++)
		dumper_close(d.v[i].dumper);
	free(d.v);
	return r;
}

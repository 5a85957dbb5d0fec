/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/top.h"

#include "base/clock.h"
#include "cli/impatience.h"
#include "base/parse.h"
#include "cli/watch.h"
#include "output/top_json.h"
#include "output/top_page.h"
#include "output/top_text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Wider is as if there were no limit. */
#define MAX_WIDTH 65535

struct batch {
	struct watch *w;
	const struct top_opts *opts;
	int signal_fd;
	uint64_t page_ns; /* when the next one is due */
	uint64_t n;	  /* pages so far */
	size_t width;	  /* of a line; 0: as it comes */
	bool is_over;	  /* nobody wants more */
};

/* Who read has read enough: no failure, and main() shall see none. */
static void
forget_stdout(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void)dup2(fd, STDOUT_FILENO);
		(void)close(fd);
	}
	(void)fflush(stdout);
	clearerr(stdout);
}

/* Leaves errno as that which failed has set it. */
static int
write_page(const struct batch *b, const struct top_page *page, struct err *err)
{
	const struct top_text_opts text = {
	    .width = b->width, .follows = b->n > 0};
	int r, error;

	errno = 0;
	impatience_begin();
	r = b->opts->json ? top_json(page, stdout, err)
			  : top_text(page, &text, stdout, err);
	if (r == 0 && fflush(stdout) != 0)
		r = err_set(err, ERR_RUNTIME, "standard output: %s",
		    strerror(errno));
	error = errno;
	impatience_end();
	errno = error;
	return r;
}

static int
print_page(struct batch *b, struct err *err)
{
	const struct view_opts how = {
	    .kind = b->opts->ui.screen == UI_TREE ? VIEW_TREE : VIEW_FLAT,
	    .grain = b->opts->ui.grain,
	    .sort = b->opts->ui.sort,
	    .measure = b->w->opts.measure,
	    .by_process = b->opts->ui.several,
	};
	struct top_page page = {
	    .head = watch_head(b->w),
	    .viewer = b->w->viewer,
	    .view = view_build(b->w->viewer, &how, watch_window(b->w)),
	    .several = b->opts->ui.several,
	    .max_rows = b->opts->rows,
	};
	int r;

	(void)clock_gettime(CLOCK_REALTIME, &page.time);
	r = write_page(b, &page, err);
	if (r == 0)
		return 0;
	if (errno != EPIPE)
		return r;
	forget_stdout();
	b->is_over = true;
	return 0;
}

static void
take_signals(struct batch *b)
{
	struct signalfd_siginfo info;

	while (read(b->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGTSTP) {
			top_suspend(b->w);
			watch_resume(b->w);
		} else if (info.ssi_signo != SIGCONT &&
			   info.ssi_signo != SIGWINCH) {
			b->w->ended_by = (int)info.ssi_signo;
			b->is_over = true;
		}
	}
}

static void
wait_for_something(struct batch *b)
{
	struct pollfd fds[WATCH_FDS + 1];
	uint64_t now = now_ns(), due = watch_due_ns(b->w);

	if (b->page_ns < due)
		due = b->page_ns;
	watch_poll(b->w, fds);
	fds[WATCH_FDS] =
	    (struct pollfd){.fd = b->signal_fd, .events = POLLIN};
	(void)poll(fds, WATCH_FDS + 1,
	    due <= now ? 0 : (int)((due - now + 999999) / 1000000));
}

/* On the beat of the first; those that nobody could print are left out. */
static void
next_page(struct batch *b)
{
	uint64_t delay = b->opts->ui.settings.delay_ns, now = now_ns();

	b->page_ns += delay;
	if (b->page_ns < now)
		b->page_ns += (now - b->page_ns + delay - 1) / delay * delay;
}

static size_t
width_from_environment(void)
{
	const char *columns = getenv("COLUMNS");
	uint64_t n;

	return columns != NULL && parse_u64(columns, MAX_WIDTH, &n) ? n : 0;
}

/* The last page is of the end, when the target has come to it. */
static int
run(struct batch *b, struct err *err)
{
	int r = 0;

	while (r == 0 && !b->is_over) {
		wait_for_something(b);
		(void)watch_work(b->w);
		take_signals(b);
		b->is_over |= watch_is_over(b->w);
		if (now_ns() < b->page_ns && !watch_is_over(b->w))
			continue;
		next_page(b);
		/* Before the first news there is nothing to print. */
		if (b->w->n_processes == 0)
			continue;
		r = print_page(b, err);
		b->is_over |= ++b->n == b->opts->iterations;
	}
	return r;
}

int
top_batch_run(
    struct watch *w, const struct top_opts *opts, int signal_fd, struct err *err)
{
	struct batch b = {
	    .w = w,
	    .opts = opts,
	    .signal_fd = signal_fd,
	    .page_ns = now_ns() + opts->ui.settings.delay_ns,
	    .width = width_from_environment(),
	};

	int r;

	(void)signal(SIGPIPE, SIG_IGN);
	impatience_open();
	r = run(&b, err);
	impatience_close();
	return r;
}

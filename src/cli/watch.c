/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/watch.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "cli/watch_threads.h"
#include "profile/news.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* How often news are asked for: the grain of the window. */
#define ASK_NS 200000000ull
/* What the last names may take, when there is nothing more to show before. */
#define LAST_NAMES_NS (2 * NS_PER_SEC)
/* How long a pause is waited for; a settling session takes 50 ms. */
#define PAUSE_NS      NS_PER_SEC
#define PAUSE_POLL_MS 100

static void *
sample(void *arg)
{
	static const struct session_hooks none = {0};
	struct watch *w = arg;

	w->end = session_run(w->session, &none);
	(void)eventfd_write(w->done_fd, 1);
	return NULL;
}

static int
start_sampling(struct watch *w, const sigset_t *blocked, struct err *err)
{
	int r = session_open(&w->opts, &w->session, err);

	if (r < 0)
		return r;
	(void)sigprocmask(SIG_BLOCK, blocked, NULL);
	w->mirror.time_ns = session_profile(w->session)->time_ns;
	w->mirror.period_ns = session_profile(w->session)->period_ns;
	r = pthread_create(&w->thread, NULL, sample, w);
	if (r != 0)
		return err_set(
		    err, ERR_RUNTIME, "no thread to sample in: %s", strerror(r));
	w->is_running = true;
	return 0;
}

int
watch_open(struct watch *w, const struct session_opts *opts, uint64_t window_ns,
    const sigset_t *blocked, struct err *err)
{
	const struct namer_opts names = {.inlines = opts->inlines,
	    .lines = opts->lines,
	    .search = opts->debug};

	*w = (struct watch){
	    .opts = *opts, .span_ns = window_ns, .start_ns = now_ns()};
	w->opts.is_watched = true;
	w->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->done_fd < 0)
		return err_set(err, ERR_RUNTIME, "no descriptors left: %s",
		    strerror(errno));
	/* Before there are threads: it forks. */
	w->namer = namer_new(&names);
	profile_init(&w->mirror, 0, 0);
	w->window = window_new(window_ns, w->start_ns);
	w->viewer = viewer_new(&w->mirror);
	return start_sampling(w, blocked, err);
}

static void
forget_processes(struct watch *w)
{
	for (size_t i = 0; i < w->n_processes; i++)
		free((char *)w->processes[i].comm);
	free(w->processes);
}

void
watch_close(struct watch *w)
{
	if (w->is_running) {
		session_stop(w->session);
		(void)pthread_join(w->thread, NULL);
	}
	session_close(w->session);
	namer_free(w->namer);
	viewer_free(w->viewer);
	window_free(w->window);
	window_free(w->frozen);
	profile_deinit(&w->mirror);
	watch_threads_free(w->threads);
	forget_processes(w);
	free(w->has_module);
	free(w->is_asked);
	if (w->done_fd >= 0)
		(void)close(w->done_fd);
}

/* --- what is new */

static void
ask_for_name(struct watch *w, uint32_t frame)
{
	const struct profile_frame *f = &w->mirror.frames[frame];

	if (f->mapping == PROFILE_NO_MAPPING || !w->has_module[f->mapping] ||
	    w->is_asked[frame])
		return;
	w->is_asked[frame] = true;
	namer_ask(w->namer, frame, f->mapping, f->addr);
}

static bool *
grow_flags(bool *flags, size_t n, size_t *cap)
{
	size_t before = *cap;

	if (n <= before)
		return flags;
	*cap = n * 2;
	flags = xreallocarray(flags, *cap, sizeof(*flags));
	memset(flags + before, 0, *cap - before);
	return flags;
}

/*
 * A module may be told of later than the first frames of its mapping: when it
 * could not be opened at first. Then those are asked for now.
 */
static void
ask_for_names(struct watch *w, struct session_news *news)
{
	const struct profile *p = &w->mirror;
	uint32_t first = news->profile->first_frame;

	w->has_module =
	    grow_flags(w->has_module, p->n_mappings, &w->cap_mappings);
	w->is_asked = grow_flags(w->is_asked, p->n_frames, &w->cap_frames);
	for (size_t i = 0; i < news->n_origins; i++) {
		uint32_t mapping = news->origins[i].mapping;

		if (mapping < news->profile->first_mapping)
			first = 0;
		if (mapping >= p->n_mappings)
			continue;
		w->has_module[mapping] = true;
		namer_add_module(w->namer, &news->origins[i]);
	}
	for (uint32_t i = first; i < p->n_frames; i++)
		ask_for_name(w, i);
}

/* Where it stands in the list, from *at on; NULL: it is new. */
static const struct top_process *
find_process(const struct watch *w, uint64_t serial, size_t *at)
{
	while (*at < w->n_processes && w->processes[*at].serial < serial)
		++*at;
	return *at < w->n_processes && w->processes[*at].serial == serial
		   ? &w->processes[*at]
		   : NULL;
}

static void
take_processes(struct watch *w, const struct session_news *news)
{
	struct top_process *list =
	    xcalloc(news->n_processes, sizeof(*w->processes));
	size_t at = 0;

	for (size_t i = 0; i < news->n_processes; i++) {
		const struct session_process *from = &news->processes[i];
		const struct top_process *old =
		    find_process(w, from->serial, &at);

		list[i] = (struct top_process){
		    .serial = from->serial,
		    .pid = from->pid,
		    .comm = xstrdup(from->comm),
		    /* As of the last head: what is drawn may be older. */
		    .age_s = old != NULL ? old->age_s : 0.0,
		    .has_exited = from->has_exited,
		    .wait_status = from->wait_status,
		};
	}
	forget_processes(w);
	w->processes = list;
	w->n_processes = news->n_processes;
}

static bool
take_news(struct watch *w)
{
	struct session_news *news = session_take_news(w->session);

	if (news == NULL)
		return false;
	/* What looking up names costs is ours too. */
	news->profile->stats.self_cpu_s +=
	    (double)namer_cpu_ns(w->namer) / 1e9;
	mirror_apply(&w->mirror, news->profile);
	window_add(w->window, news->profile);
	ask_for_names(w, news);
	take_processes(w, news);
	w->is_paused = news->is_paused;
	session_news_free(news);
	return true;
}

static bool
take_names(struct watch *w)
{
	if (namer_work(w->namer, &w->mirror) == 0)
		return false;
	viewer_names_changed(w->viewer);
	return true;
}

static void
finish(struct watch *w)
{
	(void)pthread_join(w->thread, NULL);
	w->is_running = false;
	w->end_ns = now_ns();
	session_ask(w->session);
	/* Those that nobody has taken yet, and then the last. */
	while (take_news(w))
		continue;
	namer_finish(w->namer, &w->mirror, LAST_NAMES_NS);
	viewer_names_changed(w->viewer);
}

static bool
is_done(const struct watch *w)
{
	struct pollfd fd = {.fd = w->done_fd, .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

bool
watch_work(struct watch *w)
{
	bool is_new;

	if (w->is_running && is_done(w)) {
		finish(w);
		return true;
	}
	is_new = take_news(w);
	is_new |= take_names(w);
	if (w->is_running && now_ns() >= w->ask_ns) {
		session_ask(w->session);
		w->ask_ns = now_ns() + ASK_NS;
	}
	return is_new;
}

void
watch_poll(const struct watch *w, struct pollfd *fds)
{
	fds[0] = (struct pollfd){
	    .fd = w->is_running ? w->done_fd : -1, .events = POLLIN};
	fds[1] = (struct pollfd){
	    .fd = session_news_fd(w->session), .events = POLLIN};
	fds[2] = (struct pollfd){.fd = namer_fd(w->namer),
	    .events =
		(short)(POLLIN | (namer_wants_write(w->namer) ? POLLOUT : 0))};
}

uint64_t
watch_due_ns(const struct watch *w)
{
	if (!w->is_running)
		return now_ns() + NS_PER_SEC;
	return w->ask_ns;
}

/* --- from outside */

bool
watch_is_over(const struct watch *w)
{
	return !w->is_running;
}

void
watch_stop(struct watch *w)
{
	if (!w->is_running)
		return;
	session_stop(w->session);
	finish(w);
}

void
watch_pause(struct watch *w)
{
	uint64_t deadline = now_ns() + PAUSE_NS;
	struct pollfd fd = {
	    .fd = session_news_fd(w->session), .events = POLLIN};

	w->is_paused = false;
	if (w->is_running)
		session_pause(w->session);
	while (w->is_running && !w->is_paused && now_ns() < deadline) {
		(void)poll(&fd, 1, PAUSE_POLL_MS);
		(void)take_news(w);
		if (is_done(w))
			return;
	}
}

void
watch_resume(struct watch *w)
{
	if (w->is_running)
		session_resume(w->session);
}

void
watch_freeze(struct watch *w, bool frozen)
{
	window_free(w->frozen);
	w->frozen = frozen ? window_copy(w->window) : NULL;
}

/* Asked for another window, or a new one, it is that which is held. */
static void
freeze_again(struct watch *w)
{
	if (w->frozen != NULL)
		watch_freeze(w, true);
}

void
watch_set_window(struct watch *w, uint64_t span_ns)
{
	w->span_ns = span_ns;
	window_set_span(w->window, span_ns);
	freeze_again(w);
}

void
watch_set_kernel(struct watch *w, bool kernel)
{
	w->opts.kernel = kernel;
	session_set_kernel(w->session, kernel);
	if (w->opts.measure == MEASURE_WALL)
		watch_reset(w);
}

pid_t
watch_tracer(const struct watch *w, pid_t *ret_pid, const char **ret_comm)
{
	*ret_pid = session_pid(w->session);
	return session_tracer(w->session, ret_comm);
}

void
watch_set_rate(struct watch *w, unsigned rate)
{
	w->opts.rate = rate;
	w->mirror.period_ns = NS_PER_SEC / rate;
	session_set_rate(w->session, rate);
}

void
watch_set_measure(struct watch *w, enum measure measure)
{
	w->opts.measure = measure;
	session_set_measure(w->session, measure);
	if (measure == MEASURE_WALL)
		watch_reset(w);
}

void
watch_reset(struct watch *w)
{
	window_reset(w->window);
	freeze_again(w);
}

const struct window *
watch_window(const struct watch *w)
{
	return w->frozen != NULL ? w->frozen : w->window;
}

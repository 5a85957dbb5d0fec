/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/session_private.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "object/module.h"
#include "session/module_origin.h"
#include "target/task.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A process may take another name; it is read again when older than this. */
#define COMM_AGE_NS NS_PER_SEC

int
desk_init(struct session *s, struct err *err)
{
	struct news_desk *d = &s->desk;

	if (!s->opts.is_watched)
		return 0;
	d->bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	d->news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (d->bell_fd < 0 || d->news_fd < 0)
		return err_set(err, ERR_RUNTIME, "no descriptors left: %s",
		    strerror(errno));
	s->profile.journal = &d->journal;
	return 0;
}

void
desk_deinit(struct session *s)
{
	struct news_desk *d = &s->desk;

	session_news_free(atomic_exchange(&d->news, NULL));
	journal_deinit(&d->journal);
	if (d->bell_fd >= 0)
		(void)close(d->bell_fd);
	if (d->news_fd >= 0)
		(void)close(d->news_fd);
}

/* An eventfd that is full already has told it. */
static void
ring(int fd)
{
	const uint64_t one = 1;
	ssize_t n = write(fd, &one, sizeof(one));

	(void)n;
}

static void
hush(int fd)
{
	uint64_t count;
	ssize_t n = read(fd, &count, sizeof(count));

	(void)n;
}

/* ---- the session's thread: what is told --------------------------------- */

static void
read_comm(struct watched *w, uint64_t now)
{
	char comm[TARGET_COMM_SIZE];

	if (w->has_ended || now - w->comm_ns < COMM_AGE_NS)
		return;
	w->comm_ns = now;
	task_comm(&w->target, w->target.pid, comm, sizeof(comm));
	if (comm[0] != '\0')
		memcpy(w->comm, comm, sizeof(w->comm));
}

static struct session_process
as_told(const struct session *s, struct watched *w, uint64_t now)
{
	bool is_ours = w == s->first && s->opts.argv != NULL;

	read_comm(w, now);
	return (struct session_process){.serial = w->serial,
	    .pid = w->target.pid,
	    .comm = xstrdup(w->comm),
	    .has_exited = w->has_ended,
	    .wait_status = is_ours && w->has_ended ? s->wait_status : -1};
}

static int
by_serial(const void *a, const void *b)
{
	const struct session_process *x = a, *y = b;

	return (x->serial > y->serial) - (x->serial < y->serial);
}

static void
tell_processes(struct session *s, struct session_news *n)
{
	const struct processes *ps = &s->processes;
	size_t n_ended = ps->n_ended < PROCESSES_ENDED_MAX
			     ? ps->n_ended
			     : PROCESSES_ENDED_MAX;
	uint64_t now = now_ns();

	n->processes = xcalloc(ps->n + n_ended, sizeof(*n->processes));
	for (size_t i = 0; i < ps->n; i++)
		n->processes[n->n_processes++] = as_told(s, ps->v[i], now);
	for (size_t i = 0; i < n_ended; i++)
		n->processes[n->n_processes++] = (struct session_process){
		    .serial = ps->ended[i].serial,
		    .pid = ps->ended[i].pid,
		    .comm = xstrdup(ps->ended[i].comm),
		    .has_exited = true,
		    .wait_status = -1};
	qsort(n->processes, n->n_processes, sizeof(*n->processes), by_serial);
}

/* False where the descriptors have run short. */
static bool
fill_origin(const struct past_mapping *past, uint32_t id,
    struct module_origin *ret)
{
	int fd = module_fd(past->module);

	*ret = (struct module_origin){.mapping = id,
	    .bias = past->bias,
	    .fd = -1,
	    .pid = past->pid,
	    .start = past->start,
	    .size = past->size};
	if (past->memory != 0) {
		ret->kind = MODULE_MEMORY;
		ret->start = past->memory;
	} else if (fd < 0) {
		ret->kind = MODULE_VDSO;
	} else {
		ret->kind = MODULE_FILE;
		ret->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (ret->fd < 0)
			return false;
	}
	ret->path = xstrdup(module_path(past->module));
	return true;
}

/* What finds no descriptor now is told with later news. */
static void
tell_origins(struct spaces *all, struct session_news *n)
{
	size_t left = 0;

	n->origins = xcalloc(all->n_fresh, sizeof(*n->origins));
	for (size_t i = 0; i < all->n_fresh; i++) {
		uint32_t id = all->fresh[i];

		if (fill_origin(
			&all->past[id], id, &n->origins[n->n_origins]))
			n->n_origins++;
		else
			all->fresh[left++] = id;
	}
	all->n_fresh = left;
}

static struct session_news *
collect(struct session *s)
{
	struct session_news *n = xcalloc(1, sizeof(*n));

	/* When the books are closed the clocks count for nothing more. */
	if (s->end_ns == 0)
		processes_read_clocks(&s->processes);
	processes_settle_wall(&s->processes);
	session_update_stats(s);
	n->profile = news_collect(&s->profile);
	n->profile->stats = s->profile.stats;
	tell_processes(s, n);
	tell_origins(&s->sampling.spaces, n);
	n->is_paused = s->is_idle;
	return n;
}

static void
hand_over(struct session *s, struct session_news *n)
{
	atomic_store(&s->desk.news, n);
	ring(s->desk.news_fd);
}

/* News that nobody has taken yet answer this question too. */
void
desk_answer(struct session *s)
{
	hush(s->desk.bell_fd);
	if (!atomic_exchange(&s->desk.is_asked, false))
		return;
	if (atomic_load(&s->desk.news) != NULL)
		ring(s->desk.news_fd);
	else
		hand_over(s, collect(s));
}

/* News are replaced by nobody but us, so those of before are told as well. */
void
desk_tell_pause(struct session *s)
{
	struct session_news *n = atomic_exchange(&s->desk.news, NULL);

	if (n == NULL)
		n = collect(s);
	n->is_paused = true;
	hand_over(s, n);
}

void
desk_end(struct session *s)
{
	atomic_store(&s->desk.is_over, true);
	ring(s->desk.news_fd);
}

/* ---- the watcher's thread ----------------------------------------------- */

/* After its end there is nobody to hear the bell: the watcher helps itself. */
void
session_ask(struct session *s)
{
	struct news_desk *d = &s->desk;

	atomic_store(&d->is_asked, true);
	ring(atomic_load(&d->is_over) ? d->news_fd : d->bell_fd);
}

int
session_news_fd(const struct session *s)
{
	return s->desk.news_fd;
}

struct session_news *
session_take_news(struct session *s)
{
	struct news_desk *d = &s->desk;
	struct session_news *n;

	/* First: who hands over in between is heard once more. */
	hush(d->news_fd);
	n = atomic_exchange(&d->news, NULL);
	if (n == NULL && atomic_load(&d->is_over) &&
	    atomic_exchange(&d->is_asked, false))
		n = collect(s);
	return n;
}

void
session_news_free(struct session_news *n)
{
	if (n == NULL)
		return;
	news_free(n->profile);
	for (size_t i = 0; i < n->n_processes; i++)
		free(n->processes[i].comm);
	free(n->processes);
	for (size_t i = 0; i < n->n_origins; i++)
		module_origin_deinit(&n->origins[i]);
	free(n->origins);
	free(n);
}

void
session_set_rate(struct session *s, unsigned rate)
{
	atomic_store(&s->desk.rate, rate);
	ring(s->desk.bell_fd);
}

void
session_set_measure(struct session *s, enum measure measure)
{
	atomic_store(&s->desk.measure, measure);
	ring(s->desk.bell_fd);
}

void
session_set_kernel(struct session *s, bool kernel)
{
	atomic_store(&s->desk.kernel, kernel);
	ring(s->desk.bell_fd);
}

void
session_pause(struct session *s)
{
	atomic_store(&s->desk.is_paused, true);
	ring(s->desk.bell_fd);
}

void
session_resume(struct session *s)
{
	atomic_store(&s->desk.is_paused, false);
	ring(s->desk.bell_fd);
}

void
session_stop(struct session *s)
{
	atomic_store(&s->desk.is_stopped, true);
	ring(s->desk.bell_fd);
}

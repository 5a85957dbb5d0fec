/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/namer.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "session/namer_child.h"
#include "session/namer_message.h"
#include "session/namer_nursery.h"
#include "session/names.h"
#include "target/target.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * How long a child may be at one thing; longer at what may mean that a large
 * debug file is unpacked, or a server asked for it.
 */
#define STEP_MAX_NS    (2 * NS_PER_SEC)
#define OPENING_MAX_NS (20 * NS_PER_SEC)
/*
 * What passes between two looks at it counts no more than this: we may have
 * been stopped, and the child with us.
 */
#define LOOK_MAX_NS (NS_PER_SEC / 2)
/*
 * A place that two children died at is given up: one may have been killed by
 * anybody. A module with so many such places is given up whole.
 */
#define PLACE_DEATHS_MAX  2
#define MODULE_LOSSES_MAX 4
/*
 * Each batch goes through its module's symbol tables once, so places gather: at
 * least so long, and long enough for the batches of one module to take a fifth
 * of the time; but a name is not awaited longer than the last. A module's first
 * batch, for which its files are opened, tells nothing of the next.
 */
#define GATHER_MIN_NS  (NS_PER_SEC / 20)
#define GATHER_MAX_NS  (NS_PER_SEC / 2)
#define GATHER_BATCHES 4
/* Packets taken at once: who draws has other things to do. */
#define PACKETS_MAX 64

#define NONE UINT32_MAX

struct ask {
	uint32_t frame, deaths;
	uint64_t vaddr;
};

struct asks {
	struct ask *v;
	size_t n, cap;
};

/* A process's root directory that is not ours; or fd -1: it is. */
struct root {
	pid_t pid;
	int fd;
	uint32_t number; /* for the child there is now; NONE: not told yet */
};

/* One file, however many mappings it has. */
struct known_module {
	struct module_origin origin;
	dev_t dev; /* MODULE_FILE */
	ino_t ino;
	size_t root;
	uint32_t number; /* as in struct root */
	struct asks asks; /* still to be sent */
	uint64_t due_ns;  /* not before */
	bool is_open;	  /* in the child there is now */
	unsigned losses;
};

struct known_mapping {
	uint32_t module; /* or NONE */
	uint64_t bias;
};

/* What the child is asked for now: one module's, one batch at a time. */
struct batch {
	struct known_module *module;
	struct asks asks;
	size_t answered;
	bool is_sent;
	uint64_t sent_ns;
};

struct namer {
	struct namer_opts opts;
	struct nursery nursery;
	bool has_nursery;
	int sock; /* of the child there is now, or -1 */
	uint32_t n_told_roots, n_told_modules;

	struct root *roots;
	size_t n_roots, cap_roots;
	struct known_module **modules; /* each stays where it is */
	size_t n_modules, cap_modules;
	struct known_mapping *mappings;
	size_t n_mappings, cap_mappings;

	struct batch batch; /* of no asks: there is none */
	struct namer_reader reader;
	struct profile *profile; /* in namer_work() */
	size_t pending, given_up, named;

	uint32_t step;	   /* of the page, when it was last looked at */
	uint64_t stuck_ns; /* at that step, as far as we saw */
	uint64_t looked_ns;
	uint64_t cpu_ns;
	uint8_t packet[NAMER_PACKET_MAX];
};

struct namer *
namer_new(const struct namer_opts *opts)
{
	struct namer *n = xcalloc(1, sizeof(*n));

	n->opts = *opts;
	n->sock = -1;
	n->has_nursery = nursery_open(&n->nursery, &n->opts);
	return n;
}

void
namer_free(struct namer *n)
{
	if (n == NULL)
		return;
	if (n->sock >= 0)
		(void)close(n->sock);
	if (n->has_nursery)
		nursery_close(&n->nursery);
	for (size_t i = 0; i < n->n_roots; i++)
		if (n->roots[i].fd >= 0)
			(void)close(n->roots[i].fd);
	for (size_t i = 0; i < n->n_modules; i++) {
		module_origin_deinit(&n->modules[i]->origin);
		free(n->modules[i]->asks.v);
		free(n->modules[i]);
	}
	namer_reader_deinit(&n->reader);
	free(n->batch.asks.v);
	free(n->roots);
	free(n->modules);
	free(n->mappings);
	free(n);
}

/* ---- modules */

static int
open_in_proc(pid_t pid, const char *name, int flags)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d%s", pid, name);
	return open(path, flags | O_CLOEXEC);
}

static size_t
find_root(struct namer *n, pid_t pid)
{
	struct target t = {.mm_fd = -1};

	for (size_t i = 0; i < n->n_roots; i++)
		if (n->roots[i].pid == pid)
			return i;
	GROW(n->roots, n->n_roots, n->cap_roots);
	n->roots[n->n_roots] =
	    (struct root){.pid = pid, .fd = -1, .number = NONE};
	t.mm_fd = open_in_proc(pid, "", O_PATH | O_DIRECTORY);
	if (t.mm_fd >= 0) {
		n->roots[n->n_roots].fd = target_open_root(&t);
		(void)close(t.mm_fd);
	}
	return n->n_roots++;
}

static bool
is_same_module(const struct known_module *a, const struct known_module *b)
{
	if (a->origin.kind != b->origin.kind)
		return false;
	if (a->origin.kind == MODULE_FILE)
		return a->dev == b->dev && a->ino == b->ino;
	return a->origin.pid == b->origin.pid &&
	       a->origin.start == b->origin.start &&
	       strcmp(a->origin.path, b->origin.path) == 0;
}

/*
 * Takes the origin over. Where it is memory, the child gets that to read from,
 * not the pid: it may be less than we are (Yama lets a process read its
 * descendants', and the child has none).
 */
static uint32_t
find_module(struct namer *n, struct module_origin *o)
{
	struct known_module *m = xcalloc(1, sizeof(*m));
	struct stat st = {0};

	if (o->path == NULL)
		o->path = xstrdup("");
	m->origin = *o;
	if (o->kind == MODULE_FILE && fstat(o->fd, &st) == 0) {
		m->dev = st.st_dev;
		m->ino = st.st_ino;
	}
	for (size_t i = 0; i < n->n_modules; i++)
		if (is_same_module(n->modules[i], m)) {
			module_origin_deinit(o);
			free(m);
			return (uint32_t)i;
		}
	if (o->kind != MODULE_FILE)
		m->origin.fd = open_in_proc(o->pid, "/mem", O_RDONLY);
	m->root = find_root(n, o->pid);
	m->number = NONE;
	GROW(n->modules, n->n_modules, n->cap_modules);
	n->modules[n->n_modules] = m;
	return (uint32_t)n->n_modules++;
}

void
namer_add_module(struct namer *n, struct module_origin *o)
{
	uint32_t mapping = o->mapping;
	uint64_t bias = o->bias;

	if (mapping >= PROFILE_MAX_MAPPINGS) {
		module_origin_deinit(o);
		return;
	}
	while (n->n_mappings <= mapping) {
		GROW(n->mappings, n->n_mappings, n->cap_mappings);
		n->mappings[n->n_mappings++] =
		    (struct known_mapping){.module = NONE};
	}
	n->mappings[mapping] = (struct known_mapping){
	    .module = find_module(n, o), .bias = bias};
	*o = (struct module_origin){.fd = -1};
}

/* ---- asks */

static void
add_ask(struct asks *asks, const struct ask *ask)
{
	GROW(asks->v, asks->n, asks->cap);
	asks->v[asks->n++] = *ask;
}

static bool
is_given_up(const struct namer *n, const struct known_module *m)
{
	return !n->has_nursery || m->losses >= MODULE_LOSSES_MAX;
}

void
namer_ask(struct namer *n, uint32_t frame, uint32_t mapping, uint64_t addr)
{
	const struct known_mapping *known;
	struct known_module *m;

	if (mapping >= n->n_mappings || n->mappings[mapping].module == NONE)
		return;
	known = &n->mappings[mapping];
	m = n->modules[known->module];
	if (is_given_up(n, m)) {
		n->given_up++;
		return;
	}
	add_ask(&m->asks,
	    &(struct ask){.frame = frame, .vaddr = addr - known->bias});
	n->pending++;
}

static void
give_up(struct namer *n, size_t n_asks)
{
	n->pending -= n_asks;
	n->given_up += n_asks;
}

static void
give_up_all(struct namer *n, struct known_module *m)
{
	give_up(n, m->asks.n);
	m->asks.n = 0;
}

/* ---- a child's end */

/* The place it was at; where it does not say, the first without an answer. */
static size_t
place_of_death(const struct namer *n)
{
	uint32_t at = atomic_load(&n->nursery.page->at);

	return at >= n->batch.answered && at < n->batch.asks.n
		   ? at
		   : n->batch.answered;
}

/* What it owed goes back to the front of the queue, without what killed it. */
static void
take_back(struct namer *n)
{
	struct batch *b = &n->batch;
	struct known_module *m = b->module;
	size_t at = place_of_death(n);
	struct asks left = {0};

	for (size_t i = b->answered; i < b->asks.n; i++) {
		if (i == at && ++b->asks.v[i].deaths >= PLACE_DEATHS_MAX) {
			give_up(n, 1);
			m->losses++;
		} else {
			add_ask(&left, &b->asks.v[i]);
		}
	}
	for (size_t i = 0; i < m->asks.n; i++)
		add_ask(&left, &m->asks.v[i]);
	free(m->asks.v);
	m->asks = left;
	m->due_ns = 0;
	b->asks.n = 0;
	if (is_given_up(n, m))
		give_up_all(n, m);
}

/* The next one knows nothing of what this one was told. */
static void
end_child(struct namer *n)
{
	(void)close(n->sock);
	n->sock = -1;
	nursery_end(&n->nursery);
	for (size_t i = 0; i < n->n_roots; i++)
		n->roots[i].number = NONE;
	for (size_t i = 0; i < n->n_modules; i++) {
		n->modules[i]->number = NONE;
		n->modules[i]->is_open = false;
	}
	n->n_told_roots = n->n_told_modules = 0;
	if (n->batch.asks.n > 0)
		take_back(n);
}

static void
nursery_is_dead(struct namer *n)
{
	nursery_close(&n->nursery);
	n->has_nursery = false;
	for (size_t i = 0; i < n->n_modules; i++)
		give_up_all(n, n->modules[i]);
}

/* ---- answers */

static void
end_batch(struct namer *n, uint64_t now)
{
	struct known_module *m = n->batch.module;
	uint64_t rest = GATHER_BATCHES * (now - n->batch.sent_ns);

	if (rest < GATHER_MIN_NS || !m->is_open)
		rest = GATHER_MIN_NS;
	if (rest > GATHER_MAX_NS)
		rest = GATHER_MAX_NS;
	m->due_ns = now + rest;
	m->is_open = true;
	n->batch.asks.n = 0;
}

static void
found(void *ctx, uint32_t place, const struct location *loc)
{
	struct namer *n = ctx;
	uint32_t frame = n->batch.asks.v[place].frame;
	struct profile *p = n->profile;

	n->batch.answered++;
	n->pending--;
	if (loc->n == 0 || frame >= p->n_frames ||
	    p->frames[frame].mapping >= p->n_mappings)
		return;
	names_set(p, frame, loc);
	n->named++;
}

static bool
take_packet(struct namer *n, size_t size)
{
	/* Nothing was asked for. */
	if (n->batch.asks.n == 0 || !n->batch.is_sent)
		return false;
	if (!namer_read(&n->reader, n->packet, size, found, n))
		return false;
	n->stuck_ns = 0;
	if (n->batch.answered == n->batch.asks.n)
		end_batch(n, now_ns());
	return true;
}

static void
receive(struct namer *n)
{
	ssize_t size;

	for (int i = 0; i < PACKETS_MAX; i++) {
		size = recv(n->sock, n->packet, sizeof(n->packet),
		    MSG_DONTWAIT | MSG_TRUNC);
		if (size < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (size > 0 && (size_t)size <= sizeof(n->packet) &&
		    take_packet(n, (size_t)size))
			continue;
		end_child(n);
		return;
	}
}

/*
 * Ends a child that does not come on. Only time counts in which we could see
 * it; what it has sent has been taken before, so it does not wait for us.
 */
static void
watch(struct namer *n)
{
	const struct namer_page *page = n->nursery.page;
	uint32_t step = atomic_load(&page->step);
	uint64_t now = now_ns(), gap = now - n->looked_ns;

	n->looked_ns = now;
	if (step != n->step || n->batch.asks.n == 0) {
		n->step = step;
		n->stuck_ns = 0;
		return;
	}
	n->stuck_ns += gap < LOOK_MAX_NS ? gap : LOOK_MAX_NS;
	if (n->stuck_ns > (atomic_load(&page->is_opening) ? OPENING_MAX_NS
							   : STEP_MAX_NS))
		end_child(n);
}

/* ---- batches */

/*
 * Modules that killed children come last, and first what is read from memory,
 * which may not be there for long.
 */
static bool
goes_before(const struct known_module *a, const struct known_module *b)
{
	if (a->losses != b->losses)
		return a->losses < b->losses;
	return a->origin.kind != MODULE_FILE && b->origin.kind == MODULE_FILE;
}

static struct known_module *
pick_module(const struct namer *n, bool hurry)
{
	struct known_module *best = NULL;
	uint64_t now = now_ns();

	for (size_t i = 0; i < n->n_modules; i++) {
		struct known_module *m = n->modules[i];

		if (m->asks.n > 0 && (hurry || now >= m->due_ns) &&
		    (best == NULL || goes_before(m, best)))
			best = m;
	}
	return best;
}

static void
begin_batch(struct namer *n, struct known_module *m)
{
	struct batch *b = &n->batch;
	struct asks *from = &m->asks;
	size_t size = from->n < NAMER_PLACES_MAX ? from->n : NAMER_PLACES_MAX;

	for (size_t i = 0; i < size; i++)
		add_ask(&b->asks, &from->v[i]);
	from->n -= size;
	memmove(from->v, from->v + size, from->n * sizeof(*from->v));
	b->module = m;
	b->answered = 0;
	b->is_sent = false;
	n->stuck_ns = 0;
	namer_reader_begin(&n->reader, (uint32_t)size);
}

static int
tell_root(struct namer *n, struct root *root)
{
	const struct namer_ask ask = {.kind = NAMER_ROOT};
	int r;

	if (root->fd < 0 || root->number != NONE)
		return 0;
	r = namer_send_ask(n->sock, MSG_DONTWAIT, &ask, NULL, 0, root->fd);
	if (r == 0)
		root->number = n->n_told_roots++;
	return r;
}

static int
tell_module(struct namer *n, struct known_module *m)
{
	const struct module_origin *o = &m->origin;
	struct namer_ask ask = {.kind = NAMER_MODULE,
	    .origin = o->kind,
	    .root = n->roots[m->root].number,
	    .start = o->start,
	    .size = o->size};
	int r;

	if (m->number != NONE)
		return 0;
	r = namer_send_ask(n->sock, MSG_DONTWAIT, &ask, o->path,
	    strnlen(o->path, NAMER_PATH_MAX), o->fd);
	if (r == 0)
		m->number = n->n_told_modules++;
	return r;
}

static int
tell_places(struct namer *n)
{
	struct batch *b = &n->batch;
	const struct namer_ask ask = {
	    .kind = NAMER_PLACES, .module = b->module->number};
	uint64_t vaddrs[NAMER_PLACES_MAX];
	int r;

	for (size_t i = 0; i < b->asks.n; i++)
		vaddrs[i] = b->asks.v[i].vaddr;
	/* Before: the child may have answered when we come back. */
	b->sent_ns = now_ns();
	r = namer_send_ask(n->sock, MSG_DONTWAIT, &ask, vaddrs,
	    b->asks.n * sizeof(vaddrs[0]), -1);
	b->is_sent = r == 0;
	return r;
}

static void
send_batch(struct namer *n)
{
	struct known_module *m = n->batch.module;
	int r = tell_root(n, &n->roots[m->root]);

	if (r == 0)
		r = tell_module(n, m);
	if (r == 0)
		r = tell_places(n);
	if (r < 0 && r != -EAGAIN)
		end_child(n);
}

/* False where there is none, and for now none can be had. */
static bool
need_child(struct namer *n)
{
	if (n->sock >= 0)
		return true;
	n->sock = nursery_begin(&n->nursery);
	if (n->sock == -EPIPE)
		nursery_is_dead(n);
	if (n->sock < 0)
		n->sock = -1;
	return n->sock >= 0;
}

static void
go_on(struct namer *n, bool hurry)
{
	struct known_module *next;

	if (n->batch.asks.n == 0) {
		next = pick_module(n, hurry);
		if (next == NULL || !need_child(n))
			return;
		begin_batch(n, next);
	}
	if (!n->batch.is_sent)
		send_batch(n);
}

static size_t
work(struct namer *n, struct profile *p, bool hurry)
{
	n->profile = p;
	n->named = 0;
	if (!n->has_nursery)
		return 0;
	if (n->sock >= 0)
		receive(n);
	if (n->sock >= 0)
		watch(n);
	go_on(n, hurry);
	return n->named;
}

size_t
namer_work(struct namer *n, struct profile *p)
{
	return work(n, p, false);
}

void
namer_finish(struct namer *n, struct profile *p, uint64_t timeout_ns)
{
	uint64_t end = now_ns() + timeout_ns, now;
	struct pollfd fd;

	(void)work(n, p, true);
	while (n->pending > 0 && (now = now_ns()) < end) {
		uint64_t ns = end - now < LOOK_MAX_NS / 4 ? end - now
							  : LOOK_MAX_NS / 4;

		fd = (struct pollfd){.fd = n->sock,
		    .events = namer_wants_write(n) ? POLLIN | POLLOUT : POLLIN};
		(void)poll(&fd, 1, (int)(ns / 1000000) + 1);
		(void)work(n, p, true);
	}
}

int
namer_fd(const struct namer *n)
{
	return n->sock;
}

bool
namer_wants_write(const struct namer *n)
{
	return n->sock >= 0 && n->batch.asks.n > 0 && !n->batch.is_sent;
}

size_t
namer_pending(const struct namer *n)
{
	return n->pending;
}

size_t
namer_given_up(const struct namer *n)
{
	return n->given_up;
}

bool
namer_is_over(const struct namer *n)
{
	return !n->has_nursery;
}

uint64_t
namer_cpu_ns(struct namer *n)
{
	uint64_t ns = n->has_nursery ? nursery_cpu_ns(&n->nursery) : 0;

	if (ns > n->cpu_ns)
		n->cpu_ns = ns;
	return n->cpu_ns;
}

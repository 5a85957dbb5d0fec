/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/namer_child.h"

#include "base/memory.h"
#include "base/xalloc.h"
#include "object/module.h"
#include "session/namer.h"
#include "session/namer_message.h"
#include "symbol/symbolize.h"
#include "target/remote_mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/*
 * What names may cost in memory, beyond what was there at the fork: the DWARF
 * of a browser, unpacked, is some gigabytes. Less where the machine has less.
 */
#define MEMORY_MAX (8ull << 30)
#define MEMORY_MIN (256ull << 20)
/* As in cli/save.c: DWARF that sends its reader in circles ends here. */
#define CPU_MAX_S 600

struct child_module {
	struct module *module; /* NULL: it could not be opened */
	struct debug_search search;
	struct remote_mem memory;
	bool was_asked; /* and so its tables and its debug file are open */
};

struct child {
	const struct namer_opts *opts;
	struct namer_page *page;
	int *roots;
	size_t n_roots, cap_roots;
	struct child_module **modules; /* each stays where it is */
	size_t n_modules, cap_modules;
	struct namer_writer writer;
};

static void
begin(struct child *c, uint32_t at, bool is_opening)
{
	atomic_store(&c->page->at, at);
	atomic_store(&c->page->is_opening, is_opening);
	atomic_fetch_add(&c->page->step, 1);
}

static void
add_root(struct child *c, int fd)
{
	GROW(c->roots, c->n_roots, c->cap_roots);
	c->roots[c->n_roots++] = fd;
}

/* Takes fd over. */
static struct module *
open_module(struct child_module *m, const struct namer_ask *ask,
    const char *path, int fd)
{
	struct module *module = NULL;
	struct err ignored;
	struct mem mem;

	if (ask->origin == MODULE_FILE) {
		(void)module_open(fd, path, &module, &ignored);
		return module;
	}
	/* Not by a pid, which may be another's by now. */
	m->memory = (struct remote_mem){.mem_fd = fd, .vm_readv_gone = true};
	mem = remote_mem_as_mem(&m->memory);
	if (ask->origin == MODULE_VDSO)
		return module_open_vdso(&mem, ask->start, ask->size);
	(void)module_open_mem(&mem, ask->start, path, &module, &ignored);
	return module;
}

static void
add_module(
    struct child *c, const struct namer_ask *ask, const char *path, int fd)
{
	struct child_module *m = xcalloc(1, sizeof(*m));

	begin(c, NAMER_NOWHERE, true);
	GROW(c->modules, c->n_modules, c->cap_modules);
	c->modules[c->n_modules++] = m;
	m->search = c->opts->search;
	if (ask->root < c->n_roots)
		m->search.root_fd = c->roots[ask->root];
	m->module = open_module(m, ask, path, fd);
	if (m->module != NULL)
		module_set_search(m->module, &m->search);
}

static void
want(struct module *m, const uint64_t *vaddrs, size_t n)
{
	struct symbolize_place *v = xcalloc(n, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = (struct symbolize_place){m, vaddrs[i]};
	symbolize_want(v, n);
	free(v);
}

/* False when nobody listens any more. */
static bool
answer_place(
    struct child *c, struct child_module *m, uint32_t place, uint64_t vaddr)
{
	const struct symbolize_opts opts = {
	    .inlines = c->opts->inlines, .lines = c->opts->lines};
	struct location loc;
	bool r;

	begin(c, place, !m->was_asked);
	symbolize(m->module, vaddr, &opts, &loc);
	m->was_asked = true;
	r = namer_write(&c->writer, place, &loc);
	location_deinit(&loc);
	return r;
}

static bool
answer(struct child *c, struct child_module *m, const uint64_t *vaddrs,
    uint32_t n)
{
	begin(c, NAMER_NOWHERE, true);
	if (m->module != NULL)
		want(m->module, vaddrs, n);
	for (uint32_t i = 0; i < n; i++)
		if (m->module == NULL ? !namer_write(&c->writer, i, NULL)
				      : !answer_place(c, m, i, vaddrs[i]))
			return false;
	begin(c, NAMER_NOWHERE, false);
	return namer_flush(&c->writer);
}

/* False at the end, and at what no namer would say. */
static bool
take_ask(struct child *c)
{
	static union {
		uint64_t vaddrs[NAMER_PACKET_MAX / sizeof(uint64_t)];
		char path[NAMER_PACKET_MAX + 1];
	} payload;
	struct namer_ask ask;
	size_t size;
	int fd;

	if (namer_receive_ask(
		c->writer.sock, 0, &ask, &payload, &size, &fd) < 0)
		return false;
	if (ask.kind == NAMER_PLACES)
		return ask.module < c->n_modules &&
		       answer(c, c->modules[ask.module], payload.vaddrs,
			   (uint32_t)(size / sizeof(payload.vaddrs[0])));
	payload.path[size] = '\0';
	if (ask.kind == NAMER_ROOT)
		add_root(c, fd);
	else
		add_module(c, &ask, payload.path, fd);
	return true;
}

static void
limit(int resource, rlim_t max)
{
	struct rlimit lim;

	if (getrlimit(resource, &lim) != 0 || lim.rlim_cur <= max)
		return;
	lim.rlim_cur = max;
	(void)setrlimit(resource, &lim);
}

/* What RLIMIT_DATA counts, as it is now; the sixth number of statm. */
static uint64_t
data_size(void)
{
	FILE *fp = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (fp == NULL)
		return 0;
	if (fscanf(fp, "%*u %*u %*u %*u %*u %lu", &pages) != 1)
		pages = 0;
	(void)fclose(fp);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/*
 * Not RLIMIT_AS, in which files count that are mapped to be read. A core file
 * would be of no use to anybody, and could hold what a target has.
 */
static void
limit_all(void)
{
	uint64_t memory = memory_available() / 2;

	if (memory > MEMORY_MAX || memory == 0)
		memory = MEMORY_MAX;
	if (memory < MEMORY_MIN)
		memory = MEMORY_MIN;
	limit(RLIMIT_DATA, data_size() + memory);
	limit(RLIMIT_CPU, CPU_MAX_S);
	limit(RLIMIT_CORE, 0);
}

/* Should the machine run out of memory, names are what can be done without. */
static void
offer_to_oom(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "1000", 4);
	(void)close(fd);
}

void
namer_child_run(
    int sock, const struct namer_opts *opts, struct namer_page *page)
{
	struct child *c = xcalloc(1, sizeof(*c));

	c->opts = opts;
	c->page = page;
	c->writer.sock = sock;
	(void)prctl(PR_SET_NAME, "scrape-names");
	limit_all();
	offer_to_oom();
	while (take_ask(c))
		continue;
	_exit(0);
}

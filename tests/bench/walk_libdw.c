/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dwfl_getthread_frames() over a snapshot: the process that it is attached to
 * is made of callbacks. One Dwfl for all snapshots, so that what it reads of
 * files it reads once.
 */
#include "config.h"

#include "base/xalloc.h"
#include "bench_walk.h"
#include "core/regs.h"
#include "object/module.h"

#include <elfutils/libdwfl.h>
#include <err.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define TID 1

struct libdw {
	const struct bench_program *program;
	Dwfl *dwfl;
};

/* No debug file is needed, and none is to be looked for. */
static int
no_debuginfo(Dwfl_Module *mod, void **user, const char *name, Dwarf_Addr base,
    const char *file, const char *link, GElf_Word crc, char **ret)
{
	(void)mod, (void)user, (void)name, (void)base, (void)file;
	(void)link, (void)crc, (void)ret;
	return -1;
}

static int
no_elf(Dwfl_Module *mod, void **user, const char *name, Dwarf_Addr base,
    char **file, Elf **ret)
{
	(void)mod, (void)user, (void)name, (void)base, (void)file, (void)ret;
	return -1;
}

static const Dwfl_Callbacks files = {
    .find_elf = no_elf, .find_debuginfo = no_debuginfo};

/* The vDSO is in no file: one is made. */
static int
fd_of_memory(const struct bench_program *p, const struct mapping *m)
{
	const struct mem *mem = &p->memory;
	size_t size = (size_t)(m->end - m->start);
	void *bytes = xmalloc(size);
	int fd = memfd_create("vdso", MFD_CLOEXEC);

	if (fd >= 0 && (!mem_read(mem, m->start, bytes, size) ||
			   write(fd, bytes, size) != (ssize_t)size)) {
		(void)close(fd);
		fd = -1;
	}
	free(bytes);
	return fd;
}

/* Code that was moved into huge pages is of the same module: session/space.c */
static bool
is_reported(const struct code_space *space, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (space->modules[k] == space->modules[i])
			return true;
	return false;
}

static void
report(struct libdw *l)
{
	const struct bench_program *p = l->program;
	const struct code_space *space = &p->space;

	dwfl_report_begin(l->dwfl);
	for (size_t i = 0; i < space->mappings->n; i++) {
		const struct mapping *m = &space->mappings->v[i];
		struct module *module = space->modules[i];
		int fd;

		if (module == NULL || is_reported(space, i))
			continue;
		fd = module_fd(module) >= 0 ? dup(module_fd(module))
					    : fd_of_memory(p, m);
		if (dwfl_report_elf(l->dwfl, m->name, m->name, fd,
			space->bias[i], true) == NULL)
			warnx("libdw: %s: %s", m->name, dwfl_errmsg(-1));
	}
	if (dwfl_report_end(l->dwfl, NULL, NULL) != 0)
		errx(EXIT_FAILURE, "libdw: %s", dwfl_errmsg(-1));
}

static pid_t
next_thread(Dwfl *dwfl, void *arg, void **thread)
{
	(void)dwfl;
	if (*thread != NULL)
		return 0;
	*thread = arg;
	return TID;
}

static bool
get_thread(Dwfl *dwfl, pid_t tid, void *arg, void **thread)
{
	(void)dwfl, (void)tid;
	*thread = arg;
	return true;
}

static bool
read_memory(Dwfl *dwfl, Dwarf_Addr addr, Dwarf_Word *ret, void *arg)
{
	struct libdw *l = arg;
	struct mem mem = bench_program_mem(l->program);

	(void)dwfl;
	return mem_read_u64(&mem, addr, ret);
}

static bool
set_registers(Dwfl_Thread *thread, void *arg)
{
	struct libdw *l = arg;

	return dwfl_thread_state_registers(
	    thread, 0, X86_64_RIP + 1, l->program->now.regs.r);
}

static const Dwfl_Thread_Callbacks process = {
    .next_thread = next_thread,
    .get_thread = get_thread,
    .memory_read = read_memory,
    .set_initial_registers = set_registers,
};

static void *
open_libdw(const struct bench_program *p)
{
	struct libdw *l = xcalloc(1, sizeof(*l));

	l->program = p;
	l->dwfl = dwfl_begin(&files);
	report(l);
	if (!dwfl_attach_state(l->dwfl, NULL, TID, &process, l))
		errx(EXIT_FAILURE, "libdw: %s", dwfl_errmsg(-1));
	return l;
}

static int
add_frame(Dwfl_Frame *frame, void *arg)
{
	struct bench_walk *w = arg;
	Dwarf_Addr pc;

	if (w->n == BENCH_FRAMES_MAX || !dwfl_frame_pc(frame, &pc, NULL))
		return DWARF_CB_ABORT;
	w->pcs[w->n++] = pc;
	return DWARF_CB_OK;
}

static void
walk(void *state, struct bench_walk *ret)
{
	struct libdw *l = state;

	ret->n = 0;
	ret->is_whole =
	    dwfl_getthread_frames(l->dwfl, TID, add_frame, ret) == 0;
}

static void
close_libdw(void *state)
{
	struct libdw *l = state;

	dwfl_end(l->dwfl);
	free(l);
}

const struct bench_walker bench_libdw = {
    "libdw", open_libdw, walk, close_libdw};

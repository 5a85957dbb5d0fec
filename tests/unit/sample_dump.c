/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "sample_dump.h"

#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXE  "/usr/sbin/nginx"
#define LIBC "/usr/lib/x86_64-linux-gnu/libc.so.6"

struct dump_frame *
sample_frame(struct dump *d, struct dump_thread *th, const char *function,
    const char *file, uint32_t line)
{
	struct dump_frame *f;

	th->frames = xreallocarray(
	    th->frames, th->n_frames + 1, sizeof(*th->frames));
	f = &th->frames[th->n_frames++];
	*f = (struct dump_frame){
	    .pc = 0x55d0c0de0000 + 0x100 * th->n_frames,
	    .module = dump_string(d, EXE),
	    .build_id = dump_string(d, "00112233"),
	    .module_offset = 0x1000 + 0x100 * th->n_frames,
	    .function = dump_string(d, function),
	    .system_name = dump_string(d, function),
	    .function_offset = 0x10,
	    .has_function_offset = function != NULL,
	    .file = dump_string(d, file),
	    .line = line,
	};
	return f;
}

void
sample_syscall(struct dump *d, struct dump_thread *th, int64_t number,
    const char *name, const char *text)
{
	th->syscall = xcalloc(1, sizeof(*th->syscall));
	*th->syscall = (struct dump_syscall){
	    .number = number,
	    .name = dump_string(d, name),
	    .args = {5, 0x7ffe0000},
	    .n_args = 2,
	    .text = dump_string(d, text),
	};
}

static struct dump_thread *
thread(struct dump *d, pid_t tid, const char *name, char state)
{
	struct dump_thread *th = dump_add_thread(d, tid);

	th->name = dump_string(d, name);
	th->state = state;
	return th;
}

static void
libc_frame(struct dump *d, struct dump_frame *f, uint64_t module_offset)
{
	f->module = dump_string(d, LIBC);
	f->pc = 0x7f1200000000 + module_offset;
	f->module_offset = module_offset;
}

static void
add_main_thread(struct dump *d)
{
	struct dump_thread *th = thread(d, 4242, "nginx", 'S');
	struct dump_frame *f;

	sample_syscall(d, th, 232, "epoll_wait",
	    "epoll_wait fd 5 [eventpoll], 10 s left");
	libc_frame(d, sample_frame(d, th, "epoll_wait", NULL, 0), 0x1234);
	(void)sample_frame(d, th, "ngx_epoll_process_events",
	    "src/event/modules/ngx_epoll_module.c", 800);
	f = sample_frame(
	    d, th, "ngx_process_events", "src/event/ngx_event.c", 247);
	f->inlined = true;
	f->column = 12;
	f = sample_frame(
	    d, th, "ngx_worker_process_cycle", "src/os/ngx_process_cycle.c", 728);
	f->pc -= 0x100;
	f->module_offset -= 0x100;
}

static void
add_worker(struct dump *d, pid_t tid)
{
	struct dump_thread *th = thread(d, tid, "worker", 'R');
	struct dump_frame *f;

	th->stopped_ns = 12300 + (uint64_t)tid;
	(void)sample_frame(d, th, "on_signal", "src/main.c", 0);
	f = sample_frame(d, th, "__restore_rt", NULL, 0);
	libc_frame(d, f, 0x3c050);
	f->signal_frame = true;
	f = sample_frame(d, th, NULL, NULL, 0);
	libc_frame(d, f, 0x9a3f0);
	f->guessed = true;
	th->end = END_NO_CFI;
}

struct dump *
sample_dump(void)
{
	struct dump *d = dump_new();
	struct dump_frame *f;

	d->pid = 4242;
	d->comm = dump_string(d, "nginx");
	d->exe = dump_string(d, EXE);
	d->time = (struct timespec){1795330800, 123999999};
	add_main_thread(d);
	add_worker(d, 4243);
	add_worker(d, 4244);
	thread(d, 4245, "held", 't')->problem =
	    dump_string(d, "it is traced by gdb (99)");
	f = sample_frame(d, dump_add_thread(d, 4246), NULL, NULL, 0);
	f->module = f->build_id = NULL;
	return d;
}

static void
make_hostile(struct dump *d, struct dump_frame *f)
{
	f->pc = f->module_offset = f->function_offset = UINT64_MAX;
	f->line = f->column = UINT32_MAX;
	f->module = f->build_id = f->function = f->system_name = f->file =
	    dump_string(d, HOSTILE);
}

struct dump *
hostile_dump(void)
{
	struct dump *d = dump_new();
	struct dump_thread *th = thread(d, INT32_MAX, HOSTILE, '\033');

	d->pid = d->ppid = INT32_MAX;
	d->comm = d->exe = dump_string(d, HOSTILE);
	d->time = (struct timespec){INT64_MAX, 999999999};
	d->is_frozen = true;
	d->frozen_ns = UINT64_MAX;
	th->stopped_ns = UINT64_MAX;
	th->end = (enum end_reason)77;
	sample_syscall(d, th, INT64_MIN, HOSTILE, HOSTILE);
	th->syscall->n_args = UINT32_MAX;
	for (unsigned i = 0; i < SYSCALL_ARGS; i++)
		th->syscall->args[i] = UINT64_MAX;
	make_hostile(d, sample_frame(d, th, HOSTILE, HOSTILE, 1));
	th->frames[0].inlined = true;
	make_hostile(d, sample_frame(d, th, HOSTILE, HOSTILE, 1));
	th->frames[1].guessed = true;
	th = thread(d, INT32_MAX, HOSTILE, '\n');
	th->problem = dump_string(d, HOSTILE);
	return d;
}

static void
fill_stack(struct dump *d, struct dump_thread *th, unsigned n_frames,
    unsigned distinct)
{
	for (unsigned i = 0; i < n_frames; i++) {
		bool own = i >= n_frames - distinct;
		char name[64];
		struct dump_frame *f;

		(void)snprintf(name, sizeof(name),
		    "std::vector<int>::of_some_length_%u_%u()",
		    own ? (unsigned)th->tid : 0, i);
		f = sample_frame(d, th, name, "/usr/src/app/vector.cc", i + 1);
		if (own)
			f->pc += (uint64_t)th->tid << 16;
	}
}

struct dump *
big_dump(unsigned n_threads, unsigned n_frames, unsigned distinct)
{
	struct dump *d = dump_new();

	for (unsigned i = 0; i < n_threads; i++) {
		struct dump_thread *th =
		    thread(d, (pid_t)(1000 + i), "pool", 'S');

		sample_syscall(d, th, 202, "futex", "futex 0x7f12 wait");
		fill_stack(d, th, n_frames, distinct);
	}
	return d;
}

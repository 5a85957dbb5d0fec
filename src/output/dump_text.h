/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dump_text.h - a dump for people
 *
 *	Process 4242 (nginx) /usr/sbin/nginx, 9 threads, 2026-11-22 07:00:00.123 UTC
 *
 *	Thread 4242 (nginx)  sleeping  epoll_wait fd 5 [eventpoll], 10 s left
 *	   0  epoll_wait+0x5e           libc.so.6
 *	   1  ngx_epoll_process_events  src/event/ngx_epoll.c:800  nginx
 *	   2  ngx_process_events        src/event/ngx_event.c:247  [inlined]
 *	   3  ngx_worker_cycle          src/os/ngx_process.c:728  nginx
 *
 *	Threads 4243-4250 (worker)  8 alike  sleeping  futex 0x7f12 wait
 *	   0  0x00007f120009a3f0        libc.so.6+0x9a3f0  [guessed]
 *	      end: no-cfi (code without CFI, and no safe guess)
 *
 * Every heading of stacks begins with "Thread", so that grep '^Thread' is the
 * overview. Rows are numbered as gdb numbers frames, inlined calls too. Nothing
 * is left out that would change what a reader thinks; all of it is in the JSON.
 */
#ifndef SCRAPE_OUTPUT_DUMP_TEXT_H
#define SCRAPE_OUTPUT_DUMP_TEXT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct dump;

struct dump_text_opts {
	bool fold;    /* threads that are alike are shown once */
	bool inlines; /* inlined calls have rows */
	bool verbose; /* addresses, whole paths, columns, how long it was held */
	bool colour;
	bool follows; /* another dump stands above: keep a distance */
	size_t width; /* of the terminal; lines are cut to it. 0: no limit */
};

int dump_text(const struct dump *d, const struct dump_text_opts *o, FILE *fp,
    struct err *err);

#endif

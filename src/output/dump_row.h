/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dump_row.h - the frames of one thread, a line each
 *
 *	   1  ngx_process_events_and_timers  src/event/ngx_event.c:247  nginx
 *
 * Number, function, place, module, marks. Names of ordinary length are padded
 * to one column in each stack; a longer one pushes its own row only. In a
 * terminal that is too narrow, first the padding goes, then the folders of the
 * source file, then the arguments of a C++ function, then the module of a row
 * that has a file, then the middle of the function's name.
 */
#ifndef SCRAPE_OUTPUT_DUMP_ROW_H
#define SCRAPE_OUTPUT_DUMP_ROW_H

#include <stdbool.h>

/* Where the functions begin. */
#define DUMP_ROW_INDENT 6

struct dump_thread;
struct text_line;

void dump_rows_print(struct text_line *l, const struct dump_thread *th,
    bool inlines, bool verbose);

#endif

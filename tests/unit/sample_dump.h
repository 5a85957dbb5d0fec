/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample_dump.h - dumps to print, made by hand */
#ifndef SCRAPE_TESTS_SAMPLE_DUMP_H
#define SCRAPE_TESTS_SAMPLE_DUMP_H

#include "core/dump.h"

/* What a target may be called: escapes, C1, bidi, newlines, broken UTF-8. */
#define HOSTILE                                        \
	"\033]52;c;ZXZpbA==\a\033[2J\xc2\x9b" "31m\r\n" \
	"\xe2\x80\xae\xe2\x81\xa6\x7f\xff\xe2\x82\t\b"

/* A function in a file; the next frame of th, whose frames have room. */
struct dump_frame *sample_frame(struct dump *d, struct dump_thread *th,
    const char *function, const char *file, uint32_t line);
/* th is in the system call. */
void sample_syscall(struct dump *d, struct dump_thread *th, int64_t number,
    const char *name, const char *text);

/*
 * One of each: a whole stack with an inlined call; two workers alike, with a
 * signal frame, a guess and an end that is not the root; a thread that could
 * not be stopped; nothing known at all.
 */
struct dump *sample_dump(void);
/* Every string is HOSTILE, every number as large as it can be. */
struct dump *hostile_dump(void);
/* Stacks of n_frames; all threads differ in their last distinct frames. */
struct dump *big_dump(unsigned n_threads, unsigned n_frames, unsigned distinct);

#endif

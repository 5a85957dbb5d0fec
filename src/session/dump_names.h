/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dump_names.h - the frames of a walk become the frames of a dump */
#ifndef SCRAPE_SESSION_DUMP_NAMES_H
#define SCRAPE_SESSION_DUMP_NAMES_H

#include "symbol/symbolize.h"

#include <stddef.h>

struct code_space;
struct dump;
struct dump_thread;
struct frame;
struct located;

/* Where frames stand, to be looked up together: symbolize_want(). */
struct dump_places {
	struct symbolize_place *v; /* free() it */
	size_t n, cap;
};

void dump_add_places(struct dump_places *p, const struct code_space *space,
    const struct frame *frames, size_t n);
/* By the code as it was when the frames were found. */
void dump_name_frames(struct dump *dump, struct dump_thread *th,
    const struct code_space *space, struct located *located,
    const struct frame *frames, size_t n);

#endif

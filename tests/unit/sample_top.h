/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample_top.h - pages of top that are known: what is shown, and the profile */
#ifndef SCRAPE_TESTS_UNIT_SAMPLE_TOP_H
#define SCRAPE_TESTS_UNIT_SAMPLE_TOP_H

#include "output/top_page.h"
#include "profile/profile.h"

struct sample_top {
	struct profile p;
	struct viewer *viewer;
	struct window *window;
	struct top_process processes[2];
	struct top_head head;
	struct top_page page;
};

/*
 * An ordinary one: two processes, inlined calls, recursion, a function at two
 * addresses, markers, trends. The window holds a part of what the profile has.
 */
void sample_top_init(struct sample_top *s);
/* Names, numbers and statuses that a target or a bug might make up. */
void sample_top_init_hostile(struct sample_top *s);
void sample_top_init_empty(struct sample_top *s);
void sample_top_deinit(struct sample_top *s);

/* Another view of it on the page. */
void sample_top_show(struct sample_top *s, const struct view_opts *opts);

#endif

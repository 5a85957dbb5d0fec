/* SPDX-License-Identifier: GPL-3.0-or-later */
/* top_page.h - one refresh of `scrape top` without a screen: what is printed */
#ifndef SCRAPE_OUTPUT_TOP_PAGE_H
#define SCRAPE_OUTPUT_TOP_PAGE_H

#include "core/top.h"
#include "profile/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct top_page {
	struct timespec time; /* CLOCK_REALTIME */
	const struct top_head *head;
	const struct viewer *viewer;
	const struct view *view; /* of any kind */
	bool several;		 /* processes: each row says of which it is */
	size_t max_rows;	 /* 0: all */
};

/* The rows to print, from the top down; free() it. NULL for none. */
uint32_t *top_page_rows(const struct top_page *p, size_t *ret_n);

#endif

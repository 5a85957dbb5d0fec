/* SPDX-License-Identifier: GPL-3.0-or-later */
/* own_target.h - the test itself as the process that is looked at */
#ifndef SCRAPE_TESTS_UNIT_OWN_TARGET_H
#define SCRAPE_TESTS_UNIT_OWN_TARGET_H

#include "target/target.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static inline struct target
own_target_open(void)
{
	struct target t = {.pid = getpid(),
	    .pidfd = -1,
	    .mem = {.pid = getpid(), .mem_fd = -1}};

	t.proc_fd = t.mm_fd =
	    open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (t.proc_fd < 0)
		abort();
	return t;
}

#endif

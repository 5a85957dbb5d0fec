/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "instructions.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

int
instructions_open(void)
{
	struct perf_event_attr attr = {.size = sizeof(attr),
	    .type = PERF_TYPE_HARDWARE,
	    .config = PERF_COUNT_HW_INSTRUCTIONS,
	    .exclude_kernel = 1,
	    .exclude_hv = 1};

	return (int)syscall(
	    SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

uint64_t
instructions_read(int counter)
{
	uint64_t n = 0;

	if (counter < 0 || read(counter, &n, sizeof(n)) != sizeof(n))
		return 0;
	return n;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/descriptors.h"

#include <sys/resource.h>

void
descriptors_raise_limit(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) != 0)
		return;
	rl.rlim_cur = rl.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &rl);
}

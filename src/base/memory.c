/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>

uint64_t
memory_available(void)
{
	FILE *fp = fopen("/proc/meminfo", "re");
	char line[128];
	uint64_t kib = 0;

	if (fp == NULL)
		return 0;
	while (fgets(line, sizeof(line), fp) != NULL)
		if (sscanf(line, "MemAvailable: %" SCNu64 " kB", &kib) == 1)
			break;
	(void)fclose(fp);
	return kib << 10;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/snapshot.h"

#include <string.h>

bool
snapshot_read(const struct snapshot *s, uint64_t addr, void *buf, size_t len)
{
	uint64_t at = addr - s->stack_addr;

	if (addr < s->stack_addr || at > s->stack_len ||
	    len > s->stack_len - at)
		return false;
	memcpy(buf, s->stack + at, len);
	return true;
}

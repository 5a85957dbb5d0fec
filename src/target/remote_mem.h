/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * remote_mem.h - another process's memory, exactly or not at all
 *
 * process_vm_readv(2) first; where it is refused (seccomp, old kernels), or the
 * main thread has ended and others have not, pread of /proc/PID/mem, which the
 * same right opens and which holds on to the memory itself.
 */
#ifndef SCRAPE_TARGET_REMOTE_MEM_H
#define SCRAPE_TARGET_REMOTE_MEM_H

#include "core/mem.h"

#include <sys/types.h>

struct remote_mem {
	pid_t pid;
	int mem_fd;	    /* /proc/PID/mem, or -1 */
	bool vm_readv_gone; /* refused once for what it is, not for where */
};

/* As many bytes of len as can be read from addr on; 0 for none. */
size_t remote_mem_read_some(
    struct remote_mem *rm, uint64_t addr, void *buf, size_t len);
/* A struct mem over rm, which has to outlive it. */
struct mem remote_mem_as_mem(struct remote_mem *rm);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/remote_mem.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

static size_t
read_mem_file(const struct remote_mem *rm, uint64_t addr, void *buf, size_t len)
{
	ssize_t n;

	if (rm->mem_fd < 0 || addr > INT64_MAX)
		return 0;
	n = pread(rm->mem_fd, buf, len, (off_t)addr);
	return n > 0 ? (size_t)n : 0;
}

size_t
remote_mem_read_some(
    struct remote_mem *rm, uint64_t addr, void *buf, size_t len)
{
	struct iovec local = {.iov_base = buf, .iov_len = len};
	struct iovec remote = {
	    .iov_base = (void *)(uintptr_t)addr, .iov_len = len};
	ssize_t n;

	if (!rm->vm_readv_gone) {
		n = process_vm_readv(rm->pid, &local, 1, &remote, 1, 0);
		if (n >= 0)
			return (size_t)n;
		if (errno == EPERM || errno == ENOSYS)
			rm->vm_readv_gone = true;
		else if (errno != ESRCH)
			return 0;
	}
	return read_mem_file(rm, addr, buf, len);
}

static bool
read_exactly(void *ctx, uint64_t addr, void *buf, size_t len)
{
	return remote_mem_read_some(ctx, addr, buf, len) == len;
}

struct mem
remote_mem_as_mem(struct remote_mem *rm)
{
	return (struct mem){.read = read_exactly, .ctx = rm};
}

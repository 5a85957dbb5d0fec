/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/resident.h"

#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of a stack, from the frame of the caller on. */
#define STACK_DEPTH (64u << 10)

/* The one may be refused, the other be older than the kernel (5.14). */
static void
lock(uintptr_t start, uintptr_t end, int populate)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	void *p = (void *)(start & ~(page - 1));
	size_t len = (end - (uintptr_t)p + page - 1) & ~(page - 1);

	(void)madvise(p, len, populate);
	(void)mlock(p, len);
}

void
resident_lock(const void *p, size_t len)
{
	lock((uintptr_t)p, (uintptr_t)p + len, MADV_POPULATE_WRITE);
}

static bool
has_address(const struct dl_phdr_info *object, uintptr_t address)
{
	for (unsigned i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &object->dlpi_phdr[i];

		if (ph->p_type == PT_LOAD &&
		    address - object->dlpi_addr - ph->p_vaddr < ph->p_memsz)
			return true;
	}
	return false;
}

static int
lock_if_it_has(struct dl_phdr_info *object, size_t size, void *function)
{
	(void)size;
	if (!has_address(object, (uintptr_t)function))
		return 0;
	for (unsigned i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &object->dlpi_phdr[i];
		uintptr_t start = object->dlpi_addr + ph->p_vaddr;

		if (ph->p_type == PT_LOAD)
			lock(start, start + ph->p_memsz, MADV_POPULATE_READ);
	}
	return 1;
}

void
resident_lock_object(void (*function)(void))
{
	(void)dl_iterate_phdr(lock_if_it_has, (void *)(uintptr_t)function);
}

void
resident_lock_stack(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	lock(here - STACK_DEPTH, here, MADV_POPULATE_WRITE);
}

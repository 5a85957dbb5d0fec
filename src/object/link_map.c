/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/link_map.h"

#include "object/module_private.h"

#include <gelf.h>
#include <link.h>
#include <string.h>

/* A browser loads some hundred. */
#define OBJECTS_MAX    8192
/* Linkers write some thirty entries. */
#define DYNAMIC_MAX    16384u
/* Read in pieces, each shorter than a page: the next may not be mapped. */
#define NAME_PIECE     64u
#define NAME_MAX_SAVED 4096u

static bool
find_dynamic(struct module *exe, GElf_Phdr *ret)
{
	Elf *elf = module_elf(exe);
	size_t n;

	if (elf_getphdrnum(elf, &n) != 0)
		return false;
	for (size_t i = 0; i < n && i < INT32_MAX; i++)
		if (gelf_getphdr(elf, (int)i, ret) != NULL &&
		    ret->p_type == PT_DYNAMIC && ret->p_memsz <= DYNAMIC_MAX)
			return true;
	return false;
}

/* ld.so stores the address of its struct r_debug in the program's DT_DEBUG. */
static bool
save_dynamic(struct byte_ranges *to, struct module *exe, uint64_t bias,
    const struct mem *mem, uint64_t *ret_debug)
{
	Elf64_Dyn dyn[DYNAMIC_MAX / sizeof(Elf64_Dyn)];
	GElf_Phdr ph;

	if (!find_dynamic(exe, &ph) ||
	    !byte_ranges_fetch(to, mem, ph.p_vaddr + bias, dyn, ph.p_memsz))
		return false;
	for (size_t i = 0; i < ph.p_memsz / sizeof(dyn[0]); i++) {
		if (dyn[i].d_tag == DT_NULL)
			return false;
		if (dyn[i].d_tag != DT_DEBUG)
			continue;
		*ret_debug = dyn[i].d_un.d_ptr;
		return true;
	}
	return false;
}

static void
save_string(struct byte_ranges *to, const struct mem *mem, uint64_t addr)
{
	char buf[NAME_PIECE];

	for (size_t done = 0; done < NAME_MAX_SAVED;) {
		size_t n = NAME_PIECE - (addr + done) % NAME_PIECE;

		if (!byte_ranges_fetch(to, mem, addr + done, buf, n) ||
		    memchr(buf, '\0', n) != NULL)
			return;
		done += n;
	}
}

/* Both structs are words alone, the same on every 64-bit machine. */
void
link_map_save(struct byte_ranges *to, struct module *exe, uint64_t bias,
    const struct mem *mem)
{
	struct r_debug debug;
	struct link_map map;
	uint64_t at;

	if (!save_dynamic(to, exe, bias, mem, &at) || at == 0 ||
	    !byte_ranges_fetch(to, mem, at, &debug, sizeof(debug)))
		return;
	at = (uint64_t)(uintptr_t)debug.r_map;
	for (unsigned n = 0; at != 0 && n < OBJECTS_MAX; n++) {
		if (!byte_ranges_fetch(to, mem, at, &map, sizeof(map)))
			return;
		save_string(to, mem, (uint64_t)(uintptr_t)map.l_name);
		at = (uint64_t)(uintptr_t)map.l_next;
	}
}

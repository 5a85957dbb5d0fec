/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dynamic.h - the symbols and relocations that a dynamic linker goes by
 *
 * Found through PT_DYNAMIC, as ld.so finds them: they stand in any file that is
 * loaded, with section headers or without, and in the memory it was loaded to.
 */
#ifndef SCRAPE_OBJECT_DYNAMIC_H
#define SCRAPE_OBJECT_DYNAMIC_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

struct module;

/* A place in the GOT, and what ld.so puts there. */
struct got_slot {
	uint64_t vaddr;
	uint32_t symbol; /* index into syms; 0: none */
	uint64_t resolver; /* of an IRELATIVE: vaddr of the ifunc, else 0 */
};

struct dynamic {
	Elf64_Sym *syms;
	size_t n_syms;
	char *names; /* of syms, by st_name */
	size_t names_size; /* names[names_size - 1] is a NUL; 0: no names */
	/*
	 * Those of the PLT in their order, to which its code refers by number;
	 * then all others that hold addresses of functions.
	 */
	struct got_slot *slots;
	size_t n_plt_slots, n_slots, cap_slots;
};

/* Never fails: what is not there, or makes no sense, is empty. */
struct dynamic *dynamic_new(struct module *m);
void dynamic_free(struct dynamic *d); /* NULL is fine */
/* The name of a symbol, or NULL. */
const char *dynamic_name(const struct dynamic *d, uint32_t symbol);

#endif

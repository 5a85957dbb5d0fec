/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tiny_elf.h - a shared library of one segment, made in memory for a test
 *
 * One PT_LOAD, readable and executable, where vaddr and file offset are the
 * same; .eh_frame_hdr, without a table, and .eh_frame in its first half, code
 * in its second. No section headers: PT_GNU_EH_FRAME leads to the CFI.
 */
#ifndef SCRAPE_TESTS_TINY_ELF_H
#define SCRAPE_TESTS_TINY_ELF_H

#include "object/module.h"

#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TINY_ELF_HDR  0x100 /* .eh_frame_hdr */
#define TINY_ELF_EH   0x108 /* .eh_frame */
#define TINY_ELF_CODE 0x800
#define TINY_ELF_SIZE 0x1000

struct tiny_elf {
	uint8_t bytes[TINY_ELF_SIZE];
	uint32_t end; /* of .eh_frame so far */
	uint32_t cie; /* where the last CIE stands */
};

static inline void
tiny_elf_init(struct tiny_elf *t)
{
	const Elf64_Ehdr eh = {
	    .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
		ELFDATA2LSB, EV_CURRENT},
	    .e_type = ET_DYN,
	    .e_machine = EM_X86_64,
	    .e_version = EV_CURRENT,
	    .e_phoff = sizeof(eh),
	    .e_ehsize = sizeof(eh),
	    .e_phentsize = sizeof(Elf64_Phdr),
	    .e_phnum = 2,
	};
	const Elf64_Phdr ph[2] = {
	    {.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_filesz = TINY_ELF_SIZE,
		.p_memsz = TINY_ELF_SIZE,
		.p_align = 0x1000},
	    {.p_type = PT_GNU_EH_FRAME,
		.p_flags = PF_R,
		.p_offset = TINY_ELF_HDR,
		.p_vaddr = TINY_ELF_HDR,
		.p_filesz = 8,
		.p_memsz = 8,
		.p_align = 4},
	};
	/* Version 1; .eh_frame 4 bytes from the field on; no table */
	static const uint8_t hdr[] = {1, 0x1b, 0xff, 0xff, 4, 0, 0, 0};

	*t = (struct tiny_elf){.end = TINY_ELF_EH};
	memcpy(t->bytes, &eh, sizeof(eh));
	memcpy(t->bytes + sizeof(eh), ph, sizeof(ph));
	memcpy(t->bytes + TINY_ELF_HDR, hdr, sizeof(hdr));
	memset(t->bytes + TINY_ELF_CODE, 0x90, TINY_ELF_SIZE - TINY_ELF_CODE);
}

/* A record of .eh_frame: its length, id, body, and no-ops up to a word. */
static inline void
tiny_elf_record(struct tiny_elf *t, uint32_t id, const void *body, size_t n,
    const void *insns, size_t n_insns)
{
	uint32_t len = (uint32_t)(4 + n + n_insns + 3) & ~3u;
	uint8_t *p = t->bytes + t->end;

	/* A zero length must still fit behind it: the end of .eh_frame. */
	if (t->end + 4 + len + 4 > TINY_ELF_CODE)
		abort();
	memcpy(p, &len, 4);
	memcpy(p + 4, &id, 4);
	memcpy(p + 8, body, n);
	memcpy(p + 8 + n, insns, n_insns);
	t->end += 4 + len;
}

/* Augmentation "zR" or, for signal frames, "zRS"; the RA is column 16. */
static inline void
tiny_elf_cie(
    struct tiny_elf *t, bool is_signal, const void *insns, size_t n_insns)
{
	static const uint8_t zR[] = {1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1b};
	static const uint8_t zRS[] = {
	    1, 'z', 'R', 'S', 0, 1, 0x78, 16, 1, 0x1b};

	t->cie = t->end;
	if (is_signal)
		tiny_elf_record(t, 0, zRS, sizeof(zRS), insns, n_insns);
	else
		tiny_elf_record(t, 0, zR, sizeof(zR), insns, n_insns);
}

/* An FDE of the last CIE, for [start, start + len). */
static inline void
tiny_elf_fde(struct tiny_elf *t, uint32_t start, uint32_t len,
    const void *insns, size_t n_insns)
{
	uint32_t pcrel = start - (t->end + 8);
	uint8_t body[9] = {0};

	memcpy(body, &pcrel, 4);
	memcpy(body + 4, &len, 4);
	tiny_elf_record(t, t->end + 4 - t->cie, body, sizeof(body), insns,
	    n_insns);
}

static inline void
tiny_elf_code(struct tiny_elf *t, uint32_t at, const void *code, size_t n)
{
	if (at < TINY_ELF_CODE || n > TINY_ELF_SIZE - at)
		abort();
	memcpy(t->bytes + at, code, n);
}

static inline struct module *
tiny_elf_open(const struct tiny_elf *t)
{
	struct module *m;
	struct err err;

	if (module_open_image(
		t->bytes, sizeof(t->bytes), "/lib/tiny.so", &m, &err) < 0)
		abort();
	return m;
}

#endif

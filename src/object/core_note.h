/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_note.h - the notes that the kernel writes into a core file
 *
 * struct elf_prstatus and struct elf_prpsinfo of <sys/procfs.h>, NT_FILE of
 * fs/binfmt_elf.c, laid out by number here: a core file of one machine is read
 * on another.
 */
#ifndef SCRAPE_OBJECT_CORE_NOTE_H
#define SCRAPE_OBJECT_CORE_NOTE_H

#include "base/cursor.h"
#include "core/mapping.h"
#include "core/regs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* Where a machine's NT_PRSTATUS has its registers. */
struct core_arch {
	const char *name;
	int elf_machine;
	size_t n_user_regs;	 /* of user_regs_struct, 8 bytes each */
	unsigned n_regs;	 /* of struct regs */
	const uint8_t *user_reg; /* by DWARF number: index in the former */
	uint8_t pc, sp;
};

/* NULL for a machine that is not known. */
const struct core_arch *core_arch_by_machine(int elf_machine);

/* Who names what is the kernel's own; the rest is of "CORE". */
#define CORE_LINUX "LINUX"

/* A note, padded to 4 bytes, which is how core files have them. */
void core_note_put(
    FILE *fp, const char *name, uint32_t type, const void *desc, size_t size);

/* Registers that are not known are written as 0. */
void core_prstatus_put(
    FILE *fp, const struct core_arch *arch, pid_t tid, const struct regs *regs);
/* All registers are known then; false where it is cut short. */
bool core_prstatus_parse(const struct core_arch *arch, struct cursor desc,
    pid_t *ret_tid, struct regs *ret);

#define CORE_COMM_MAX 16 /* pr_fname, without a NUL when full */

void core_prpsinfo_put(FILE *fp, pid_t pid, const char *comm, char state);
bool core_prpsinfo_parse(
    struct cursor desc, pid_t *ret_pid, char comm[CORE_COMM_MAX + 1]);

/* NT_ARM_PAC_MASK of the kernel: those of data, then those of code. */
void core_pac_mask_put(FILE *fp, uint64_t mask);
bool core_pac_mask_parse(struct cursor desc, uint64_t *ret);

/* Mappings of files alone, as the kernel has it. */
void core_files_put(FILE *fp, const struct mappings *maps);
/*
 * Adds them as they stand there, unsorted, with no flags but MAPPING_DELETED;
 * returns how many were dropped for making no sense.
 */
size_t core_files_parse(struct cursor desc, struct mappings *ret);

/* The value of an AT_... in NT_AUXV; false where there is none. */
bool core_auxv_find(struct cursor desc, uint64_t type, uint64_t *ret);

#endif

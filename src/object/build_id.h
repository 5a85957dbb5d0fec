/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * build_id.h - the linker's fingerprint of an ELF file (NT_GNU_BUILD_ID)
 */
#ifndef SCRAPE_OBJECT_BUILD_ID_H
#define SCRAPE_OBJECT_BUILD_ID_H

#include <libelf.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Bytes. Linkers write 8 (lld's fast), 16 (md5, uuid) or 20 (sha1); one that
 * was given by hand (--build-id=0x...) may be longer.
 */
#define BUILD_ID_MAX 64

/* Lower-case hex; "" is no build-id. */
struct build_id {
	char hex[2 * BUILD_ID_MAX + 1];
};

/*
 * From the notes that the program headers name, which is what a running target
 * has in its memory too, else from note sections: strip and objcopy leave the
 * program headers of a separate debug file pointing at nothing.
 */
bool build_id_read(Elf *elf, struct build_id *ret);

struct mem;
/*
 * Of the ELF file whose first byte is mapped at addr, as far as mem has its
 * headers and notes.
 */
bool build_id_read_memory(
    const struct mem *mem, uint64_t addr, struct build_id *ret);

#endif

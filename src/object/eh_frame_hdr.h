/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * eh_frame_hdr.h - the linker's own index of .eh_frame
 *
 * A table of (function start, FDE address), sorted by the first (LSB core
 * 10.6.2), used where it lies. It has no ends: only the FDE has.
 */
#ifndef SCRAPE_OBJECT_EH_FRAME_HDR_H
#define SCRAPE_OBJECT_EH_FRAME_HDR_H

#include "object/eh_pointer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct section;

struct eh_frame_hdr {
	uint64_t eh_frame; /* vaddr of .eh_frame */
	const uint8_t *table;
	size_t n; /* entries; 0: no table, or not one to search in */
	uint8_t enc;
	struct eh_space space;
};

/*
 * What every linker writes, and the only encoding worth a short way:
 * DW_EH_PE_datarel | DW_EH_PE_sdata4, so pairs of int32_t.
 */
#define EH_FRAME_HDR_USUAL 0x3b

/* False where it is no .eh_frame_hdr at all. */
bool eh_frame_hdr_parse(const struct section *s, struct eh_frame_hdr *ret);
uint64_t eh_frame_hdr_start(const struct eh_frame_hdr *hdr, size_t i);
uint64_t eh_frame_hdr_fde(const struct eh_frame_hdr *hdr, size_t i);

#endif

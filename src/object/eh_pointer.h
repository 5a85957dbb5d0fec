/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * eh_pointer.h - the encoded pointers of .eh_frame and .eh_frame_hdr
 *
 * One byte (DW_EH_PE_*, LSB core 10.5.1) says how wide a pointer is and what it
 * is relative to. Everything is read as a vaddr; what only a running process
 * could answer (DW_EH_PE_indirect, text and function relative) is refused.
 */
#ifndef SCRAPE_OBJECT_EH_POINTER_H
#define SCRAPE_OBJECT_EH_POINTER_H

#include "base/cursor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the bytes that a pointer is read from stand. */
struct eh_space {
	const uint8_t *data;
	uint64_t vaddr;	      /* of data[0] */
	bool has_datarel;     /* DW_EH_PE_datarel is relative to data[0] */
	uint8_t address_size; /* 4 or 8 */
};

/* The width in bytes of a pointer of fixed width, else 0. */
size_t eh_pointer_width(uint8_t enc, unsigned address_size);
/* As in libgcc, a stored 0 is a null pointer whatever it is relative to. */
bool eh_pointer_read(
    struct cursor *c, uint8_t enc, const struct eh_space *space, uint64_t *ret);
/* The bare number, relative to nothing: a length. */
bool eh_number_read(
    struct cursor *c, uint8_t enc, unsigned address_size, uint64_t *ret);
/* Steps over a pointer that nobody wants to know, so it may be of any kind. */
bool eh_pointer_skip(
    struct cursor *c, uint8_t enc, const struct eh_space *space);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * eh_frame.h - the records of .eh_frame and .debug_frame
 *
 * An FDE tells how to unwind one range of code; the CIE it points at holds what
 * many of them have in common (DWARF 5, 6.4.1; LSB core 10.6). Works on a range
 * of bytes and knows nothing of files; allocates nothing.
 */
#ifndef SCRAPE_OBJECT_EH_FRAME_H
#define SCRAPE_OBJECT_EH_FRAME_H

#include "object/eh_pointer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame_section {
	const uint8_t *data;
	size_t size;
	uint64_t vaddr; /* of data[0] */
	bool is_eh;	/* .eh_frame; else .debug_frame */
};

/* A CFA program: what cfa_program.h interprets. */
struct cfa_code {
	const uint8_t *insns;
	size_t len;
};

struct cie {
	struct cfa_code initial;
	uint64_t code_align; /* DW_CFA_advance_loc counts in these */
	int64_t data_align;  /* and offsets from the CFA in these */
	uint64_t ra_reg;     /* the return address column, unchecked */
	struct eh_space space;
	uint8_t pointer_enc; /* of the FDE's addresses and DW_CFA_set_loc */
	bool is_sized;	     /* 'z': FDEs carry their augmentation's length */
	bool is_signal;	     /* 'S' */
};

/* Holds for [start, end), which is empty for a function that was dropped. */
struct fde {
	struct cie cie;
	uint64_t start, end;
	struct cfa_code code;
};

/* The FDE whose record starts at off; false where there is no sound one. */
bool fde_at(const struct frame_section *s, uint64_t off, struct fde *ret);

/*
 * Every sound FDE in file order:
 *
 *	struct fde_walk w = {.section = s};
 *	while (fde_walk_next(&w, &off, &fde))
 */
struct fde_walk {
	const struct frame_section *section;
	uint64_t next;	  /* offset of the next record */
	bool has_cie;	  /* the last CIE seen, which the next FDE likely */
	uint64_t cie_off; /* shares */
	struct cie cie;
};
bool fde_walk_next(struct fde_walk *w, uint64_t *ret_off, struct fde *ret);

#endif

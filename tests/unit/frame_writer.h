/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frame_writer.h - an assembler for .eh_frame, .debug_frame and .eh_frame_hdr
 *
 *	struct frames f = {.vaddr = 0x2000, .is_eh = true};
 *	size_t cie = begin_cie(&f, 1, "zR");
 *	...
 *	end_record(&f);
 *
 * For tests only: a section that does not fit is a failed assertion.
 */
#ifndef SCRAPE_TESTS_FRAME_WRITER_H
#define SCRAPE_TESTS_FRAME_WRITER_H

#include "object/eh_frame.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct frames {
	uint8_t bytes[1024];
	size_t size;
	uint64_t vaddr;
	bool is_eh;
	bool is_64;    /* records of the 64-bit format */
	size_t record; /* where the open one starts */
};

static inline void
put(struct frames *f, uint64_t v, size_t width)
{
	assert(f->size + width <= sizeof(f->bytes));
	memcpy(f->bytes + f->size, &v, width);
	f->size += width;
}

static inline void
put_bytes(struct frames *f, const void *data, size_t n)
{
	assert(f->size + n <= sizeof(f->bytes));
	if (n > 0)
		memcpy(f->bytes + f->size, data, n);
	f->size += n;
}

#define PUT_BYTES(f, ...)                              \
	put_bytes((f), (const uint8_t[]){__VA_ARGS__}, \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

/* A pointer to target, as DW_EH_PE_pcrel | DW_EH_PE_sdata4. */
static inline void
put_pcrel(struct frames *f, uint64_t target)
{
	put(f, target - (f->vaddr + f->size), 4);
}

static inline void
begin_record(struct frames *f)
{
	f->record = f->size;
	if (f->is_64)
		put(f, UINT32_MAX, 4);
	put(f, 0, f->is_64 ? 8 : 4);
}

/* Fills the length in. */
static inline void
end_record(struct frames *f)
{
	size_t at = f->record + (f->is_64 ? 4 : 0);
	size_t width = f->is_64 ? 8 : 4;
	uint64_t len = f->size - at - width;

	memcpy(f->bytes + at, &len, width);
}

/* Up to and with the augmentation string; returns the CIE's offset. */
static inline size_t
begin_cie(struct frames *f, uint8_t version, const char *augmentation)
{
	begin_record(f);
	put(f, f->is_eh ? 0 : UINT64_MAX, f->is_64 && !f->is_eh ? 8 : 4);
	put(f, version, 1);
	put_bytes(f, augmentation, strlen(augmentation) + 1);
	return f->record;
}

/* Code counted in 1, data in -8, return address in rip. */
static inline void
put_alignments(struct frames *f)
{
	PUT_BYTES(f, 1, 0x78, 16);
}

/* CFA = rsp + 8, rip at CFA - 8. */
static inline void
put_initial(struct frames *f)
{
	PUT_BYTES(f, 0x0c, 7, 8, 0x90, 1);
}

/* The usual one: "zR" and pc-relative in .eh_frame, bare in .debug_frame. */
static inline size_t
put_cie(struct frames *f)
{
	size_t cie = begin_cie(f, 1, f->is_eh ? "zR" : "");

	put_alignments(f);
	if (f->is_eh)
		PUT_BYTES(f, 1, 0x1b);
	put_initial(f);
	end_record(f);
	return cie;
}

/* Up to and with the pointer to the CIE; returns the FDE's offset. */
static inline size_t
begin_fde(struct frames *f, size_t cie)
{
	begin_record(f);
	put(f, f->is_eh ? f->size - cie : cie, f->is_64 && !f->is_eh ? 8 : 4);
	return f->record;
}

/* Of put_cie()'s, with the program that push rbp at its start would have. */
static inline size_t
put_fde(struct frames *f, size_t cie, uint64_t start, uint64_t len)
{
	size_t fde = begin_fde(f, cie);

	if (f->is_eh) {
		put_pcrel(f, start);
		put(f, len, 4);
		put(f, 0, 1);
	} else {
		put(f, start, 8);
		put(f, len, 8);
	}
	PUT_BYTES(f, 0x41, 0x0e, 16, 0x86, 2);
	end_record(f);
	return fde;
}

static inline struct frame_section
section_of(const struct frames *f)
{
	return (struct frame_section){.data = f->bytes,
	    .size = f->size,
	    .vaddr = f->vaddr,
	    .is_eh = f->is_eh};
}

#endif

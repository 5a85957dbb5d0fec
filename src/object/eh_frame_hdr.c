/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/eh_frame_hdr.h"

#include "object/module.h"

#include <dwarf.h>
#include <string.h>

/* Value k of the table, where 2i is a start and 2i + 1 its FDE. */
static uint64_t
table_value(const struct eh_frame_hdr *hdr, size_t k)
{
	size_t width = eh_pointer_width(hdr->enc, hdr->space.address_size);
	const uint8_t *p = hdr->table + k * width;
	struct cursor c = cursor_of(p, width);
	uint64_t v = 0;
	int32_t rel;

	if (hdr->enc == EH_FRAME_HDR_USUAL) {
		memcpy(&rel, p, sizeof(rel));
		return hdr->space.vaddr + (uint64_t)rel;
	}
	return eh_pointer_read(&c, hdr->enc, &hdr->space, &v) ? v : 0;
}

uint64_t
eh_frame_hdr_start(const struct eh_frame_hdr *hdr, size_t i)
{
	return table_value(hdr, 2 * i);
}

uint64_t
eh_frame_hdr_fde(const struct eh_frame_hdr *hdr, size_t i)
{
	return table_value(hdr, 2 * i + 1);
}

/* Read once from end to end, so that no search has to doubt it. */
static bool
is_sorted(const struct eh_frame_hdr *hdr)
{
	uint64_t last = 0;

	for (size_t i = 0; i < hdr->n; i++) {
		uint64_t start = eh_frame_hdr_start(hdr, i);

		if (start < last)
			return false;
		last = start;
	}
	return true;
}

/* The number of entries, or 0 where the table cannot be searched. */
static size_t
count_entries(
    struct cursor *c, uint8_t count_enc, const struct eh_frame_hdr *hdr)
{
	size_t width = eh_pointer_width(hdr->enc, hdr->space.address_size);
	uint64_t n = 0;

	if (hdr->enc == DW_EH_PE_omit || width == 0 ||
	    !eh_pointer_read(c, count_enc, &hdr->space, &n) ||
	    n > cursor_left(c) / (2 * width))
		return 0;
	return (size_t)n;
}

bool
eh_frame_hdr_parse(const struct section *s, struct eh_frame_hdr *ret)
{
	struct cursor c = cursor_of(s->data, s->size);
	uint8_t version = cursor_u8(&c);
	uint8_t frame_enc = cursor_u8(&c);
	uint8_t count_enc = cursor_u8(&c);

	*ret = (struct eh_frame_hdr){
	    .enc = cursor_u8(&c),
	    .space = {.data = s->data,
		.vaddr = s->vaddr,
		.has_datarel = true,
		.address_size = 8},
	};
	if (version != 1 ||
	    !eh_pointer_read(&c, frame_enc, &ret->space, &ret->eh_frame))
		return false;
	ret->n = count_entries(&c, count_enc, ret);
	ret->table = c.pos;
	if (!is_sorted(ret))
		ret->n = 0;
	return true;
}

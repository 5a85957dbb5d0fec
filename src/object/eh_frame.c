/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/eh_frame.h"

#include <dwarf.h>
#include <string.h>

/*
 * Bounds on what one look-up can be made to read. Among the 1,604 files of a
 * Debian system the longest FDE has 20 KB, the longest CIE 44 bytes.
 */
#define FDE_SIZE_MAX (1u << 20)
#define CIE_SIZE_MAX (1u << 12)

/* A length of this value announces the 64-bit format. */
#define LENGTH_64 0xffffffffu

/* What a CIE and an FDE start with. */
struct record {
	bool is_gap;	  /* a length of 0: a terminator, or padding */
	bool is_cie;	  /* else an FDE, and then: */
	uint64_t cie_off; /* may lie anywhere */
	uint64_t next;	  /* offset of the record after this one */
	struct cursor body;
};

/*
 * In .debug_frame the field is all ones for a CIE, else the CIE's offset, and
 * as wide as the format. In .eh_frame it is 0 for a CIE, else the way back to
 * it, and 4 bytes wide also in the 64-bit format (LSB core 10.6.1.1).
 */
static void
read_cie_pointer(const struct frame_section *s, bool is_64, struct record *ret)
{
	uint64_t at = (uint64_t)(ret->body.pos - s->data);
	bool is_wide = is_64 && !s->is_eh;
	uint64_t id = is_wide ? cursor_u64(&ret->body) : cursor_u32(&ret->body);

	if (s->is_eh) {
		ret->is_cie = id == 0;
		ret->cie_off = at - (uint64_t)(int32_t)id;
	} else {
		ret->is_cie = id == (is_wide ? UINT64_MAX : UINT32_MAX);
		ret->cie_off = id;
	}
}

/* False at the end of the section and where lengths no longer add up. */
static bool
record_at(const struct frame_section *s, uint64_t off, struct record *ret)
{
	struct cursor c = cursor_of(s->data, s->size);
	uint64_t len;
	bool is_64;

	if (!cursor_skip(&c, off) || cursor_left(&c) == 0)
		return false;
	len = cursor_u32(&c);
	is_64 = len == LENGTH_64;
	if (is_64)
		len = cursor_u64(&c);
	*ret = (struct record){.is_gap = len == 0};
	ret->body = cursor_sub(&c, len);
	if (c.bad)
		return false;
	ret->next = (uint64_t)(c.pos - s->data);
	if (!ret->is_gap)
		read_cie_pointer(s, is_64, ret);
	return true;
}

/*
 * What the letters after 'z' stand for. A letter of the future ends the reading
 * (its data has an unknown size), which does no harm unless the encoding of
 * pointers comes after it.
 */
static bool
read_letters(const char *letter, struct cursor data, struct cie *cie)
{
	for (; *letter != '\0'; letter++) {
		switch (*letter) {
		case 'R':
			cie->pointer_enc = cursor_u8(&data);
			break;
		case 'P':
			if (!eh_pointer_skip(
				&data, cursor_u8(&data), &cie->space))
				return false;
			break;
		case 'L':
			(void)cursor_u8(&data);
			break;
		case 'S':
			cie->is_signal = true;
			break;
		case 'B': /* aarch64: signed with key B */
		case 'G': /* aarch64: tagged stack */
			break;
		default:
			return !data.bad && strchr(letter, 'R') == NULL;
		}
	}
	return !data.bad;
}

static bool
read_augmentation(const char *aug, struct cursor *c, struct cie *cie)
{
	if (aug[0] == 'z') {
		cie->is_sized = true;
		return read_letters(
		    aug + 1, cursor_sub(c, cursor_uleb(c)), cie);
	}
	cie->is_signal = strchr(aug, 'S') != NULL;
	/* Without 'z' only letters that carry no data can be understood. */
	return strspn(aug, "SBG") == strlen(aug);
}

/* Version 4 says how wide addresses are; segments are of no machine of ours. */
static bool
read_address_size(struct cursor *c, struct cie *cie)
{
	uint8_t segment_size;

	cie->space.address_size = cursor_u8(c);
	segment_size = cursor_u8(c);
	return segment_size == 0 &&
	       (cie->space.address_size == 4 || cie->space.address_size == 8);
}

static bool
cie_at(const struct frame_section *s, uint64_t off, struct cie *ret)
{
	struct record rec;
	struct cursor *c = &rec.body;
	const char *aug;
	uint8_t version;

	if (!record_at(s, off, &rec) || !rec.is_cie ||
	    cursor_left(c) > CIE_SIZE_MAX)
		return false;
	*ret = (struct cie){
	    .space = {.data = s->data, .vaddr = s->vaddr, .address_size = 8},
	    .pointer_enc = DW_EH_PE_absptr,
	};
	version = cursor_u8(c);
	aug = cursor_str(c);
	if (aug == NULL || version == 0 || version == 2 || version > 5)
		return false;
	if (strcmp(aug, "eh") == 0) { /* gcc 2: a pointer to its own tables */
		(void)cursor_skip(c, ret->space.address_size);
		aug = "";
	}
	if (version >= 4 && !read_address_size(c, ret))
		return false;
	ret->code_align = cursor_uleb(c);
	ret->data_align = cursor_sleb(c);
	ret->ra_reg = version == 1 ? cursor_u8(c) : cursor_uleb(c);
	if (!read_augmentation(aug, c, ret) || c->bad)
		return false;
	ret->initial = (struct cfa_code){c->pos, cursor_left(c)};
	return true;
}

/* ret->cie is filled already. */
static bool
read_fde(struct cursor *c, struct fde *ret)
{
	const struct cie *cie = &ret->cie;
	uint64_t len;

	if (cursor_left(c) > FDE_SIZE_MAX)
		return false;
	if (!eh_pointer_read(c, cie->pointer_enc, &cie->space, &ret->start) ||
	    !eh_number_read(c, cie->pointer_enc, cie->space.address_size, &len))
		return false;
	if (cie->is_sized)
		(void)cursor_skip(c, cursor_uleb(c));
	ret->end = ret->start + len;
	ret->code = (struct cfa_code){c->pos, cursor_left(c)};
	return !c->bad && ret->end >= ret->start;
}

bool
fde_at(const struct frame_section *s, uint64_t off, struct fde *ret)
{
	struct record rec;

	return record_at(s, off, &rec) && !rec.is_gap && !rec.is_cie &&
	       cie_at(s, rec.cie_off, &ret->cie) && read_fde(&rec.body, ret);
}

/* Most FDEs of a file share few CIEs, one after the other. */
static bool
walk_cie(struct fde_walk *w, uint64_t off)
{
	if (w->has_cie && w->cie_off == off)
		return true;
	w->has_cie = cie_at(w->section, off, &w->cie);
	w->cie_off = off;
	return w->has_cie;
}

/*
 * A length of 0 ends .eh_frame for a reader that does not know its size. We do
 * know it, and go on: crtend.o's terminator stands in the middle of a static
 * executable, and in .debug_frame it never ended anything.
 */
bool
fde_walk_next(struct fde_walk *w, uint64_t *ret_off, struct fde *ret)
{
	struct record rec;

	while (record_at(w->section, w->next, &rec)) {
		*ret_off = w->next;
		w->next = rec.next;
		if (rec.is_gap || rec.is_cie || !walk_cie(w, rec.cie_off))
			continue;
		ret->cie = w->cie;
		if (read_fde(&rec.body, ret))
			return true;
	}
	return false;
}

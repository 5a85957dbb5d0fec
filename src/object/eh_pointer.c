/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/eh_pointer.h"

#include <dwarf.h>

/* The two halves of an encoding; DW_EH_PE_indirect is the bit above them. */
#define FORMAT(enc)	 ((enc)&0x0f)
#define APPLICATION(enc) ((enc)&0x70)

size_t
eh_pointer_width(uint8_t enc, unsigned address_size)
{
	switch (FORMAT(enc)) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_signed:
		return address_size;
	case DW_EH_PE_udata2:
	case DW_EH_PE_sdata2:
		return 2;
	case DW_EH_PE_udata4:
	case DW_EH_PE_sdata4:
		return 4;
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		return 8;
	default:
		return 0;
	}
}

static uint64_t
read_fixed(struct cursor *c, size_t width, bool is_signed)
{
	uint64_t v;

	switch (width) {
	case 2:
		v = cursor_u16(c);
		return is_signed ? (uint64_t)(int16_t)v : v;
	case 4:
		v = cursor_u32(c);
		return is_signed ? (uint64_t)(int32_t)v : v;
	default:
		return cursor_u64(c);
	}
}

bool
eh_number_read(
    struct cursor *c, uint8_t enc, unsigned address_size, uint64_t *ret)
{
	size_t width = eh_pointer_width(enc, address_size);

	if (width != 0)
		*ret = read_fixed(c, width, (enc & DW_EH_PE_signed) != 0);
	else if (FORMAT(enc) == DW_EH_PE_uleb128)
		*ret = cursor_uleb(c);
	else if (FORMAT(enc) == DW_EH_PE_sleb128)
		*ret = (uint64_t)cursor_sleb(c);
	else
		return false;
	return !c->bad;
}

static uint64_t
vaddr_of(const struct eh_space *space, const struct cursor *c)
{
	return space->vaddr + (uint64_t)(c->pos - space->data);
}

/* DW_EH_PE_aligned: an absolute address at the next multiple of its width. */
static bool
align(struct cursor *c, const struct eh_space *space)
{
	return cursor_skip(c, -vaddr_of(space, c) & (space->address_size - 1u));
}

bool
eh_pointer_read(
    struct cursor *c, uint8_t enc, const struct eh_space *space, uint64_t *ret)
{
	uint64_t at, v;

	if ((enc & DW_EH_PE_indirect) != 0)
		return false; /* also DW_EH_PE_omit, which has all bits set */
	if (enc == DW_EH_PE_aligned && !align(c, space))
		return false;
	at = vaddr_of(space, c);
	if (!eh_number_read(c, enc, space->address_size, &v))
		return false;
	if (enc == DW_EH_PE_aligned || APPLICATION(enc) == DW_EH_PE_absptr)
		at = 0;
	else if (APPLICATION(enc) == DW_EH_PE_datarel && space->has_datarel)
		at = space->vaddr;
	else if (APPLICATION(enc) != DW_EH_PE_pcrel)
		return false;
	v = v != 0 ? at + v : 0;
	*ret = space->address_size == 4 ? (uint32_t)v : v;
	return true;
}

bool
eh_pointer_skip(struct cursor *c, uint8_t enc, const struct eh_space *space)
{
	uint64_t ignored;

	if (enc == DW_EH_PE_omit)
		return true;
	if (APPLICATION(enc) == DW_EH_PE_aligned && !align(c, space))
		return false;
	return eh_number_read(c, enc, space->address_size, &ignored);
}

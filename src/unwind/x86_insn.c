/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "unwind/x86_insn.h"

#include <string.h>

#define REX_W 8
#define REX_R 4
#define REX_X 2
#define REX_B 1

/* What follows an opcode. */
enum {
	M = 1,	    /* ModRM */
	B = 2,	    /* an immediate byte */
	W = 4,	    /* ... of two bytes */
	Z = 8,	    /* ... of four, of two with prefix 66 */
	Q = 16,	    /* ... of eight with REX.W, else as Z */
	A = 32,	    /* an address of eight bytes, of four with prefix 67 */
	BAD = 64,   /* no instruction in 64-bit mode */
	GROUP3 = 128, /* test, not, neg, ...: immediate with the first two */
};

/* Rows of eight: what the low three bits choose from. */
static const uint8_t one_byte[256] = {
    /* 00 */ M, M, M, M, B, Z, BAD, BAD, M, M, M, M, B, Z, BAD, BAD,
    /* 10 */ M, M, M, M, B, Z, BAD, BAD, M, M, M, M, B, Z, BAD, BAD,
    /* 20 */ M, M, M, M, B, Z, BAD, BAD, M, M, M, M, B, Z, BAD, BAD,
    /* 30 */ M, M, M, M, B, Z, BAD, BAD, M, M, M, M, B, Z, BAD, BAD,
    /* 40: REX is taken off before */
    /* 40 */ BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
    /* 48 */ BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
    /* 50 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    /* 60 */ BAD, BAD, BAD, M, BAD, BAD, BAD, BAD,
    /* 68 */ Z, M | Z, B, M | B, 0, 0, 0, 0,
    /* 70 */ B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    /* 80 */ M | B, M | Z, BAD, M | B, M, M, M, M, M, M, M, M, M, M, M, M,
    /* 90 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, BAD, 0, 0, 0, 0, 0,
    /* a0 */ A, A, A, A, 0, 0, 0, 0, B, Z, 0, 0, 0, 0, 0, 0,
    /* b0 */ B, B, B, B, B, B, B, B, Q, Q, Q, Q, Q, Q, Q, Q,
    /* c0 */ M | B, M | B, W, 0, BAD, BAD, M | B, M | Z,
    /* c8 */ W | B, 0, W, 0, 0, B, BAD, 0,
    /* d0 */ M, M, M, M, BAD, BAD, BAD, 0, M, M, M, M, M, M, M, M,
    /* e0 */ B, B, B, B, B, B, B, B, Z, Z, BAD, B, 0, 0, 0, 0,
    /* f0 */ BAD, 0, BAD, BAD, 0, 0, M | B | GROUP3, M | Z | GROUP3,
    /* f8 */ 0, 0, 0, 0, 0, 0, M, M};

/* Those of map 0f without ModRM; BAD ones are never in code of compilers. */
static uint8_t
of_0f(uint8_t op)
{
	static const uint8_t bare[] = {0x05, 0x06, 0x07, 0x08, 0x09, 0x0b,
	    0x0e, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x37, 0x77, 0xa0, 0xa1,
	    0xa2, 0xa8, 0xa9, 0xaa};
	static const uint8_t with_byte[] = {
	    0x0f, 0x70, 0x71, 0x72, 0x73, 0xa4, 0xac, 0xba, 0xc2, 0xc4, 0xc5,
	    0xc6};
	static const uint8_t none[] = {0x04, 0x0a, 0x0c, 0x24, 0x25, 0x26,
	    0x27, 0x36, 0x39, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f};

	if (op >> 4 == 8) /* jcc */
		return Z;
	if (op >> 3 == 0xc8 >> 3 || memchr(bare, op, sizeof(bare)) != NULL)
		return 0;
	if (memchr(none, op, sizeof(none)) != NULL)
		return BAD;
	return memchr(with_byte, op, sizeof(with_byte)) != NULL ? M | B : M;
}

/* The bytes that are left, and what the prefixes said. */
struct input {
	const uint8_t *p, *end;
	bool has_66, has_67;
};

static bool
take(struct input *in, uint8_t *ret)
{
	if (in->p == in->end)
		return false;
	*ret = *in->p++;
	return true;
}

static bool
take_number(struct input *in, size_t size, int64_t *ret)
{
	uint64_t v = 0;

	if ((size_t)(in->end - in->p) < size)
		return false;
	memcpy(&v, in->p, size);
	in->p += size;
	if (size > 0 && size < 8 && (v >> (8 * size - 1) & 1) != 0)
		v |= UINT64_MAX << (8 * size);
	*ret = (int64_t)v;
	return true;
}

static void
take_prefixes(struct input *in)
{
	static const uint8_t prefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65,
	    0x66, 0x67, 0xf0, 0xf2, 0xf3};

	for (; in->p < in->end &&
	       memchr(prefixes, *in->p, sizeof(prefixes)) != NULL;
	     in->p++) {
		in->has_66 |= *in->p == 0x66;
		in->has_67 |= *in->p == 0x67;
	}
}

/* Two to four bytes instead of 66, REX and 0f; their bits are inverted. */
static bool
take_vector_prefix(struct input *in, uint8_t first, struct x86_insn *ret)
{
	uint8_t b[3] = {0};
	size_t n = first == 0xc5 ? 1 : first == 0xc4 ? 2 : 3;

	for (size_t i = 0; i < n; i++)
		if (!take(in, &b[i]))
			return false;
	ret->is_vector = true;
	ret->rex = (b[0] & 0x80) == 0 ? REX_R : 0;
	ret->map = X86_0F;
	if (n == 1)
		return true;
	ret->rex |= (b[0] & 0x40) == 0 ? REX_X : 0;
	ret->rex |= (b[0] & 0x20) == 0 ? REX_B : 0;
	ret->map = b[0] & (n == 2 ? 0x1f : 7);
	return ret->map >= X86_0F && ret->map <= X86_0F3A;
}

static bool
take_opcode(struct input *in, struct x86_insn *ret)
{
	uint8_t op;

	if (!take(in, &op))
		return false;
	if (op >> 4 == 4) {
		ret->rex = op;
		if (!take(in, &op))
			return false;
	} else if (op == 0xc4 || op == 0xc5 || op == 0x62) {
		return take_vector_prefix(in, op, ret) &&
		       take(in, &ret->opcode);
	}
	if (op == 0x0f) {
		ret->map = X86_0F;
		if (!take(in, &op))
			return false;
		if (op == 0x38 || op == 0x3a) {
			ret->map = op == 0x38 ? X86_0F38 : X86_0F3A;
			if (!take(in, &op))
				return false;
		}
	}
	ret->opcode = op;
	return true;
}

static uint8_t
format_of(const struct x86_insn *insn)
{
	switch ((enum x86_map)insn->map) {
	case X86_ONE_BYTE:
		return one_byte[insn->opcode];
	case X86_0F:
		return of_0f(insn->opcode);
	case X86_0F38:
		return M;
	case X86_0F3A:
		return M | B;
	}
	return BAD;
}

static bool
take_modrm(struct input *in, struct x86_insn *ret)
{
	size_t disp_size = 0;
	uint8_t modrm, sib;
	int64_t disp = 0;

	if (!take(in, &modrm))
		return false;
	ret->has_modrm = true;
	ret->mod = modrm >> 6;
	ret->reg = (modrm >> 3 & 7) | ((ret->rex & REX_R) != 0 ? 8 : 0);
	ret->rm = ret->base = modrm & 7;
	if (ret->mod != 3 && ret->rm == 4) {
		if (!take(in, &sib))
			return false;
		ret->has_index =
		    (sib >> 3 & 7) != 4 || (ret->rex & REX_X) != 0;
		ret->base = sib & 7;
	}
	if (ret->mod == 1)
		disp_size = 1;
	else if (ret->mod == 2 || (ret->mod == 0 && ret->base == 5))
		disp_size = 4;
	ret->is_rip_relative = ret->mod == 0 && ret->rm == 5;
	if ((ret->rex & REX_B) != 0) {
		ret->rm |= 8;
		ret->base |= 8;
	}
	if (!take_number(in, disp_size, &disp))
		return false;
	ret->disp = (int32_t)disp;
	return true;
}

static size_t
imm_size(const struct input *in, const struct x86_insn *insn, uint8_t format)
{
	size_t z = in->has_66 ? 2 : 4;

	if ((format & GROUP3) != 0 && (insn->reg & 7) > 1)
		return 0;
	if ((format & A) != 0)
		return in->has_67 ? 4 : 8;
	if ((format & Q) != 0)
		return (insn->rex & REX_W) != 0 ? 8 : z;
	/* A near call or jump has four bytes whatever the prefix. */
	if ((format & Z) != 0 && (insn->map == X86_0F ||
				     (insn->opcode & 0xfe) == 0xe8))
		return 4;
	if ((format & Z) != 0)
		return (insn->rex & REX_W) != 0 ? 4 : z;
	return ((format & W) != 0 ? 2 : 0) + ((format & B) != 0 ? 1 : 0);
}

bool
x86_insn_decode(const uint8_t *bytes, size_t n, struct x86_insn *ret)
{
	struct input in = {.p = bytes,
	    .end = bytes + (n < X86_INSN_MAX ? n : X86_INSN_MAX)};
	uint8_t format;

	*ret = (struct x86_insn){0};
	take_prefixes(&in);
	if (!take_opcode(&in, ret))
		return false;
	format = format_of(ret);
	if ((format & BAD) != 0)
		return false;
	if ((format & M) != 0 && !take_modrm(&in, ret))
		return false;
	/* take_number() has no number of three bytes: enter. */
	if (ret->map == X86_ONE_BYTE && ret->opcode == 0xc8) {
		int64_t ignored;

		if (!take_number(&in, 2, &ret->imm) ||
		    !take_number(&in, 1, &ignored))
			return false;
	} else if (!take_number(&in, imm_size(&in, ret, format), &ret->imm)) {
		return false;
	}
	ret->length = (uint8_t)(in.p - bytes);
	return true;
}

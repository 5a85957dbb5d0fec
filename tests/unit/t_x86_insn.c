/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Encodings as GNU as writes them; the source line stands beside each. Of whole
 * files tests/proofs/single_step.sh is the test: it goes along real code.
 */
#include "config.h"

#include "base/attr.h"
#include "unwind/x86_insn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A whole instruction given as a string literal, which may hold zero bytes. */
#define INSN(s) {s, sizeof(s) - 1}

struct bytes {
	const char *p;
	size_t n;
};

static const struct bytes whole[] = {
    INSN("\x90"),			       /* nop */
    INSN("\xf3\x90"),			       /* pause */
    INSN("\xf3\x0f\x1e\xfa"),		       /* endbr64 */
    INSN("\x55"),			       /* push %rbp */
    INSN("\x41\x54"),			       /* push %r12 */
    INSN("\x6a\x01"),			       /* push $1 */
    INSN("\x68\x00\x10\x00\x00"),	       /* push $0x1000 */
    INSN("\x66\x68\x00\x10"),		       /* pushw $0x1000 */
    INSN("\xff\x35\x00\x10\x00\x00"),	       /* push 0x1000(%rip) */
    INSN("\x8f\x47\x40"),		       /* pop 64(%rdi) */
    INSN("\x48\x89\xe5"),		       /* mov %rsp,%rbp */
    INSN("\x48\x83\xec\x08"),		       /* sub $8,%rsp */
    INSN("\x48\x81\xec\x00\x10\x00\x00"),     /* sub $0x1000,%rsp */
    INSN("\x48\x8b\x44\x24\x08"),	       /* mov 8(%rsp),%rax */
    INSN("\x48\x8b\x84\x24\x00\x01\x00\x00"), /* mov 256(%rsp),%rax */
    INSN("\x48\x8b\x04\xc8"),		       /* mov (%rax,%rcx,8),%rax */
    INSN("\x48\x8b\x04\xc5\x00\x10\x00\x00"), /* mov 0x1000(,%rax,8),%rax */
    INSN("\x64\x48\x8b\x04\x25\x28\x00\x00\x00"), /* mov %fs:40,%rax */
    INSN("\x48\x8d\x3d\x00\x10\x00\x00"),     /* lea 0x1000(%rip),%rdi */
    INSN("\xb8\x01\x00\x00\x00"),	       /* mov $1,%eax */
    INSN("\x66\xb8\x01\x00"),		       /* mov $1,%ax */
    INSN("\x48\xb8\x01\x02\x03\x04\x05\x06\x07\x08"), /* movabs */
    INSN("\x48\xa1\x01\x02\x03\x04\x05\x06\x07\x08"), /* mov abs,%rax */
    INSN("\x48\xc7\xc0\x0f\x00\x00\x00"),     /* mov $15,%rax */
    INSN("\x66\xc7\x00\x01\x00"),	       /* movw $1,(%rax) */
    INSN("\xc6\x05\x00\x10\x00\x00\x01"),     /* movb $1,0x1000(%rip) */
    INSN("\xf6\xc1\x01"),		       /* test $1,%cl */
    INSN("\xf6\xd1"),			       /* not %cl */
    INSN("\xf7\xc1\x00\x10\x00\x00"),	       /* test $0x1000,%ecx */
    INSN("\xf7\xd9"),			       /* neg %ecx */
    INSN("\x69\xc0\x00\x10\x00\x00"),	       /* imul $0x1000,%eax,%eax */
    INSN("\x0f\xaf\xc1"),		       /* imul %ecx,%eax */
    INSN("\x0f\xa2"),			       /* cpuid */
    INSN("\x0f\x05"),			       /* syscall */
    INSN("\x0f\x0b"),			       /* ud2 */
    INSN("\x0f\xc8"),			       /* bswap %eax */
    INSN("\x0f\xba\xe0\x05"),		       /* bt $5,%eax */
    INSN("\x0f\x84\x00\x10\x00\x00"),	       /* je, far */
    INSN("\x74\x10"),			       /* je, near */
    INSN("\xe8\x00\x10\x00\x00"),	       /* call */
    INSN("\xe9\x00\x10\x00\x00"),	       /* jmp */
    INSN("\xff\x25\x00\x10\x00\x00"),	       /* jmp *0x1000(%rip) */
    INSN("\xc2\x10\x00"),		       /* ret $16 */
    INSN("\xc8\x10\x00\x01"),		       /* enter $16,$1 */
    INSN("\xf3\x48\xab"),		       /* rep stos */
    INSN("\xf0\x48\x0f\xb1\x0f"),	       /* lock cmpxchg %rcx,(%rdi) */
    INSN("\x66\x0f\x6f\x06"),		       /* movdqa (%rsi),%xmm0 */
    INSN("\x66\x0f\x70\xc0\x00"),	       /* pshufd $0,%xmm0,%xmm0 */
    INSN("\x66\x0f\x38\x00\xc1"),	       /* pshufb %xmm1,%xmm0 */
    INSN("\x66\x0f\x3a\x0f\xc1\x08"),	       /* palignr $8,%xmm1,%xmm0 */
    INSN("\xd9\x7c\x24\xfc"),		       /* fnstcw -4(%rsp) */
    INSN("\xc5\xf8\x77"),		       /* vzeroupper */
    INSN("\xc5\xfd\xef\xc0"),		       /* vpxor %ymm0,%ymm0,%ymm0 */
    INSN("\xc5\xfe\x6f\x46\x20"),	       /* vmovdqu 32(%rsi),%ymm0 */
    INSN("\xc5\xf9\x70\xc0\x00"),	       /* vpshufd $0,%xmm0,%xmm0 */
    INSN("\xc4\xe2\x7d\x78\xc0"),	       /* vpbroadcastb %xmm0,%ymm0 */
    INSN("\xc4\xe3\x7d\x39\xc0\x01"),	       /* vextracti128 $1,... */
    INSN("\xc4\xc2\xf8\xf2\xc1"),	       /* andn %r9,%rax,%rax */
    INSN("\x62\xf1\xfe\x48\x6f\x46\x01"),     /* vmovdqu64 64(%rsi),%zmm0 */
    INSN("\x62\xf3\x7d\x48\x3f\xc1\x00"),     /* vpcmpeqb $0,... */
    INSN("\x66\x2e\x0f\x1f\x84\x00\x00\x00\x00\x00"), /* cs nopw */
};

/* Whatever follows; and not if a byte is missing. */
static void
lengths(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		uint8_t bytes[32];
		struct x86_insn insn;

		memset(bytes, 0xff, sizeof(bytes));
		memcpy(bytes, whole[i].p, whole[i].n);
		if (!x86_insn_decode(bytes, sizeof(bytes), &insn))
			fail_msg("instruction %zu is not known", i);
		assert_int_equal(insn.length, whole[i].n);
		for (size_t n = 0; n < whole[i].n; n++)
			assert_false(x86_insn_decode(bytes, n, &insn));
	}
}

static void
no_instruction(void **state)
{
	static const struct bytes none[] = {
	    INSN("\x06"), /* push %es, of 32 bits */
	    INSN("\x27"), /* daa */
	    INSN("\x60"), /* pusha */
	    INSN("\x9a\x00\x00\x00\x00\x00\x00"), /* lcall */
	    INSN("\xea\x00\x00\x00\x00\x00\x00"), /* ljmp */
	    INSN("\xd6"),
	    INSN("\x0f\x04"),
	    INSN("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"
		 "\x66\x90"), /* longer than any may be */
	};
	struct x86_insn insn;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		if (x86_insn_decode((const uint8_t *)none[i].p, none[i].n,
			&insn))
			fail_msg("%zu is taken for an instruction", i);
}

static struct x86_insn
decode(const char *bytes, size_t n)
{
	struct x86_insn insn;

	assert_true(x86_insn_decode((const uint8_t *)bytes, n, &insn));
	return insn;
}

#define DECODE(s) decode(s, sizeof(s) - 1)

static void
operands(void **state)
{
	struct x86_insn i;

	(void)state;
	i = DECODE("\x48\x8b\x5c\x24\xf0"); /* mov -16(%rsp),%rbx */
	assert_int_equal(i.opcode, 0x8b);
	assert_int_equal(i.reg, 3);
	assert_int_equal(i.base, 4);
	assert_int_equal(i.disp, -16);
	assert_false(i.has_index || i.is_rip_relative);

	i = DECODE("\x4d\x8b\x65\xf8"); /* mov -8(%r13),%r12 */
	assert_int_equal(i.reg, 12);
	assert_int_equal(i.base, 13);
	assert_int_equal(i.disp, -8);

	i = DECODE("\x49\x8d\x62\xf8"); /* lea -8(%r10),%rsp */
	assert_int_equal(i.reg, 4);
	assert_int_equal(i.base, 10);

	i = DECODE("\x4a\x8b\x04\x24"); /* mov (%rsp,%r12,1),%rax */
	assert_true(i.has_index);

	i = DECODE("\x48\x8d\x05\xfc\xff\xff\xff"); /* lea -4(%rip),%rax */
	assert_true(i.is_rip_relative);
	assert_int_equal(i.disp, -4);

	i = DECODE("\x48\x83\xe4\x80"); /* and $-128,%rsp */
	assert_int_equal(i.mod, 3);
	assert_int_equal(i.reg, 4);
	assert_int_equal(i.rm, 4);
	assert_int_equal(i.imm, -128);

	i = DECODE("\x41\x5c"); /* pop %r12 */
	assert_int_equal(i.opcode, 0x5c);
	assert_int_equal(i.rex & 1, 1);
	assert_false(i.has_modrm);

	/* vpxor: opcode ef of another table, not in eax, dx */
	i = DECODE("\xc5\xfd\xef\xc0");
	assert_true(i.is_vector);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lengths),
	    cmocka_unit_test(no_instruction),
	    cmocka_unit_test(operands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/core_note.h"

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "object/put_number.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

/* More than the kernel lets a process have, by far: sysctl vm.max_map_count. */
#define FILES_MAX 1000000

/* struct elf_prstatus of 64-bit machines: the same up to the registers. */
#define PRSTATUS_PID  32
#define PRSTATUS_REGS 112
#define PRSTATUS_TAIL 8 /* pr_fpvalid, padded */

/* struct elf_prpsinfo of 64-bit machines. */
#define PRPSINFO_STATE	0
#define PRPSINFO_SNAME	1
#define PRPSINFO_ZOMB	2
#define PRPSINFO_PID	24
#define PRPSINFO_FNAME	40
#define PRPSINFO_PSARGS 56
#define PRPSINFO_SIZE	136

/*
 * <sys/user.h>: r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi
 * orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs.
 */
static const uint8_t x86_64_regs[] = {
    10, 12, 11, 5, 13, 14, 4, 19, 9, 8, 7, 6, 3, 2, 1, 0, 16};

/* <asm/ptrace.h>: regs[31] sp pc pstate, in DWARF's order already. */
static const uint8_t aarch64_regs[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32};

static const struct core_arch arches[] = {
    {
	.name = "x86_64",
	.elf_machine = EM_X86_64,
	.n_user_regs = 27,
	.n_regs = ARRAY_SIZE(x86_64_regs),
	.user_reg = x86_64_regs,
	.pc = X86_64_RIP,
	.sp = X86_64_RSP,
    },
    {
	.name = "aarch64",
	.elf_machine = EM_AARCH64,
	.n_user_regs = 34,
	.n_regs = ARRAY_SIZE(aarch64_regs),
	.user_reg = aarch64_regs,
	.pc = 32,
	.sp = 31,
    },
};

const struct core_arch *
core_arch_by_machine(int elf_machine)
{
	for (size_t i = 0; i < ARRAY_SIZE(arches); i++)
		if (arches[i].elf_machine == elf_machine)
			return &arches[i];
	return NULL;
}

static void
pad(FILE *fp, size_t size)
{
	static const char zeros[4];

	(void)fwrite(zeros, 1, -size % 4, fp);
}

void
core_note_put(
    FILE *fp, const char *name, uint32_t type, const void *desc, size_t size)
{
	size_t name_size = strlen(name) + 1;
	uint32_t head[] = {(uint32_t)name_size, (uint32_t)size, type};

	(void)fwrite(head, sizeof(head), 1, fp);
	(void)fwrite(name, 1, name_size, fp);
	pad(fp, name_size);
	(void)fwrite(desc, 1, size, fp);
	pad(fp, size);
}

static size_t
prstatus_size(const struct core_arch *arch)
{
	return PRSTATUS_REGS + arch->n_user_regs * 8 + PRSTATUS_TAIL;
}

void
core_prstatus_put(
    FILE *fp, const struct core_arch *arch, pid_t tid, const struct regs *regs)
{
	size_t size = prstatus_size(arch);
	_cleanup_free_ uint8_t *desc = xcalloc(1, size);
	int32_t id = tid;

	memcpy(desc + PRSTATUS_PID, &id, sizeof(id));
	for (unsigned i = 0; i < arch->n_regs; i++)
		if (regs_known(regs, i))
			memcpy(desc + PRSTATUS_REGS + 8 * arch->user_reg[i],
			    &regs->r[i], 8);
	core_note_put(fp, "CORE", NT_PRSTATUS, desc, size);
}

bool
core_prstatus_parse(const struct core_arch *arch, struct cursor desc,
    pid_t *ret_tid, struct regs *ret)
{
	*ret = (struct regs){0};
	(void)cursor_skip(&desc, PRSTATUS_PID);
	*ret_tid = (pid_t)cursor_u32(&desc);
	(void)cursor_skip(&desc, PRSTATUS_REGS - PRSTATUS_PID - 4);
	for (unsigned i = 0; i < arch->n_regs; i++) {
		struct cursor c = desc;

		(void)cursor_skip(&c, 8 * (uint64_t)arch->user_reg[i]);
		regs_set(ret, i, cursor_u64(&c));
		if (c.bad)
			return false;
	}
	return *ret_tid > 0;
}

void
core_prpsinfo_put(FILE *fp, pid_t pid, const char *comm, char state)
{
	uint8_t desc[PRPSINFO_SIZE] = {0};
	int32_t id = pid;
	size_t len = strnlen(comm, CORE_COMM_MAX);

	/* pr_state counts along "RSDTZW", as pr_sname spells it. */
	desc[PRPSINFO_SNAME] = (uint8_t)state;
	desc[PRPSINFO_ZOMB] = state == 'Z';
	memcpy(desc + PRPSINFO_PID, &id, sizeof(id));
	memcpy(desc + PRPSINFO_FNAME, comm, len);
	memcpy(desc + PRPSINFO_PSARGS, comm, len);
	core_note_put(fp, "CORE", NT_PRPSINFO, desc, sizeof(desc));
}

bool
core_prpsinfo_parse(
    struct cursor desc, pid_t *ret_pid, char comm[CORE_COMM_MAX + 1])
{
	(void)cursor_skip(&desc, PRPSINFO_PID);
	*ret_pid = (pid_t)cursor_u32(&desc);
	(void)cursor_skip(&desc, PRPSINFO_FNAME - PRPSINFO_PID - 4);
	if (cursor_left(&desc) < CORE_COMM_MAX || *ret_pid <= 0)
		return false;
	memcpy(comm, desc.pos, CORE_COMM_MAX);
	comm[CORE_COMM_MAX] = '\0';
	return true;
}

static const char deleted[] = " (deleted)";

static bool
is_file(const struct mapping *m)
{
	return m->ino != 0 && m->name[0] == '/';
}

/* Offsets count in pages: whatever a machine's are, they are multiples of it.
 */
#define FILE_PAGE 4096

void
core_pac_mask_put(FILE *fp, uint64_t mask)
{
	const uint64_t masks[] = {mask, mask};

	core_note_put(fp, CORE_LINUX, NT_ARM_PAC_MASK, masks, sizeof(masks));
}

bool
core_pac_mask_parse(struct cursor desc, uint64_t *ret)
{
	uint64_t mask;

	(void)cursor_u64(&desc);
	mask = cursor_u64(&desc);
	if (desc.bad)
		return false;
	*ret = mask;
	return true;
}

void
core_files_put(FILE *fp, const struct mappings *maps)
{
	char *desc;
	size_t size, n = 0;
	FILE *mem = xopen_memstream(&desc, &size);

	for (size_t i = 0; i < maps->n; i++)
		n += is_file(&maps->v[i]);
	put_u64(mem, n);
	put_u64(mem, FILE_PAGE);
	for (size_t i = 0; i < maps->n; i++) {
		const struct mapping *m = &maps->v[i];

		if (!is_file(m))
			continue;
		put_u64(mem, m->start);
		put_u64(mem, m->end);
		put_u64(mem, m->off / FILE_PAGE);
	}
	for (size_t i = 0; i < maps->n; i++) {
		const struct mapping *m = &maps->v[i];

		if (!is_file(m))
			continue;
		(void)fputs(m->name, mem);
		if ((m->flags & MAPPING_DELETED) != 0)
			(void)fputs(deleted, mem);
		(void)fputc('\0', mem);
	}
	xclose_memstream(mem);
	core_note_put(fp, "CORE", NT_FILE, desc, size);
	free(desc);
}

static struct mapping
file_mapping(uint64_t start, uint64_t end, uint64_t off, const char *name)
{
	size_t len = strlen(name), n = sizeof(deleted) - 1;
	struct mapping m = {.start = start, .end = end, .off = off};

	m.name = xstrdup(name);
	if (len > n && strcmp(name + len - n, deleted) == 0) {
		m.name[len - n] = '\0';
		m.flags |= MAPPING_DELETED;
	}
	return m;
}

size_t
core_files_parse(struct cursor desc, struct mappings *ret)
{
	uint64_t n = cursor_u64(&desc), page = cursor_u64(&desc);
	struct cursor entries;
	size_t dropped = 0;

	if (n > FILES_MAX || desc.bad)
		return 1;
	entries = cursor_sub(&desc, n * 24);
	for (; n > 0; n--) {
		uint64_t start = cursor_u64(&entries);
		uint64_t end = cursor_u64(&entries);
		uint64_t off = cursor_u64(&entries);
		const char *name = cursor_str(&desc);

		if (name == NULL || entries.bad)
			return dropped + (size_t)n;
		if (start >= end || __builtin_mul_overflow(off, page, &off)) {
			dropped++;
			continue;
		}
		GROW(ret->v, ret->n, ret->cap);
		ret->v[ret->n++] = file_mapping(start, end, off, name);
	}
	return dropped;
}

bool
core_auxv_find(struct cursor desc, uint64_t type, uint64_t *ret)
{
	while (cursor_left(&desc) >= 16) {
		uint64_t t = cursor_u64(&desc), v = cursor_u64(&desc);

		if (t == AT_NULL)
			return false;
		if (t == type) {
			*ret = v;
			return true;
		}
	}
	return false;
}

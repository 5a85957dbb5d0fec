/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What core_image.c writes and core_file.c reads back, and what it refuses. */
#include "config.h"

#include "object/core_file.h"

#include "base/attr.h"
#include "object/core_modules.h"
#include "own_module.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define STACK_A 0x7ffc00001ff8ull
#define STACK_B 0x7ffc00002108ull /* within what was copied for the other */
#define HEAP	0x555500000123ull
#define CODE	0x400ff0ull

static char dir[] = "/tmp/t_core_file.XXXXXX";
static char path[64];

static uint8_t stack_a[0x400], stack_b[0x200];
static struct core_thread threads[2];
static struct mapping mappings[] = {
    {.start = 0x400000,
	.end = 0x402000,
	.off = 0x1000,
	.dev_major = 8,
	.dev_minor = 1,
	.ino = 77,
	.flags = MAPPING_READ | MAPPING_EXEC,
	.name = (char *)(uintptr_t)"/opt/a program"},
    {.start = 0x500000,
	.end = 0x501000,
	.dev_major = 8,
	.dev_minor = 1,
	.ino = 78,
	.flags = MAPPING_READ | MAPPING_DELETED,
	.name = (char *)(uintptr_t)"/opt/gone"},
    {.start = 0x7ffc00000000,
	.end = 0x7ffc00004000,
	.flags = MAPPING_READ | MAPPING_WRITE,
	.name = (char *)(uintptr_t)"[stack]"},
};
static const struct mappings maps = {.v = mappings, .n = 3};
static struct module *no_modules[3];
static const struct byte_range ranges[] = {
    {.addr = HEAP, .len = 5, .bytes = (const uint8_t *)"heap!"},
    {.addr = CODE, .len = 32,
	.bytes = (const uint8_t *)"0123456789abcdef0123456789ABCDEF"},
    {.addr = STACK_A + 8, .len = 8, .bytes = (const uint8_t *)"stale...",},
};
static struct core_image image;

static void
fill_thread(struct core_thread *th, pid_t tid, uint64_t addr, uint8_t *stack,
    size_t len)
{
	*th = (struct core_thread){.tid = tid,
	    .name = "worker",
	    .state = 'S',
	    .snap = {.stack_addr = addr, .stack = stack, .stack_len = len}};
	for (unsigned i = 0; i <= X86_64_RIP; i++)
		regs_set(&th->snap.regs, i, (uint64_t)tid * 1000 + i);
	th->snap.regs.r[X86_64_RSP] = addr + SNAPSHOT_BELOW_SP;
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/a.core", dir);
	memset(stack_a, 'A', sizeof(stack_a));
	memset(stack_b, 'B', sizeof(stack_b));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

static void
reset(void)
{
	fill_thread(&threads[0], 42, STACK_A, stack_a, sizeof(stack_a));
	fill_thread(&threads[1], 43, STACK_B, stack_b, sizeof(stack_b));
	threads[1].kind = CORE_UNSTOPPED;
	threads[1].name = "other\n";
	threads[1].state = 'D';
	threads[1].snap.regs.known = 1u << X86_64_RSP | 1u << X86_64_RIP;
	image = (struct core_image){
	    .process = {.pid = 42,
		.machine = EM_X86_64,
		.comm = "a program",
		.exe = "/opt/a program",
		.version = "0.1",
		.time = {.tv_sec = 1700000000, .tv_nsec = 5}},
	    .threads = threads,
	    .n_threads = 2,
	    .mappings = &maps,
	    .modules = no_modules,
	    .ranges = ranges,
	    .n_ranges = ARRAY_SIZE(ranges),
	};
}

static void
write_image(void)
{
	struct err err;

	assert_int_equal(core_image_write(path, &image, &err), 0);
}

static struct core_file *
open_file(void)
{
	struct core_file *cf = NULL;
	struct err err;

	if (core_file_open(path, &cf, &err) < 0)
		fail_msg("%s", err.what);
	return cf;
}

static struct core_file *
write_and_open(void)
{
	write_image();
	return open_file();
}

static void
what_the_process_was(void **state)
{
	struct core_file *cf;
	const struct core_process *p;
	struct stat st;

	(void)state;
	reset();
	cf = write_and_open();
	p = core_file_process(cf);
	assert_true(core_file_is_ours(cf));
	assert_int_equal(p->pid, 42);
	assert_int_equal(p->machine, EM_X86_64);
	assert_string_equal(p->comm, "a program");
	assert_string_equal(p->exe, "/opt/a program");
	assert_string_equal(p->version, "0.1");
	assert_int_equal(p->time.tv_sec, 1700000000);
	assert_int_equal(p->time.tv_nsec, 5);
	assert_int_equal(core_file_dropped(cf), 0);
	core_file_free(cf);
	/* It holds stack memory. */
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
threads_with_what_is_known_of_them(void **state)
{
	struct core_file *cf;
	const struct core_thread *a, *b;

	(void)state;
	reset();
	cf = write_and_open();
	assert_int_equal(core_file_n_threads(cf), 2);
	a = core_file_thread(cf, 0);
	b = core_file_thread(cf, 1);
	assert_int_equal(a->tid, 42);
	assert_int_equal(a->kind, CORE_STOPPED);
	assert_int_equal(a->state, 'S');
	assert_memory_equal(
	    &a->snap.regs, &threads[0].snap.regs, sizeof(a->snap.regs));
	assert_int_equal(b->tid, 43);
	assert_string_equal(b->name, "other\n");
	assert_int_equal(b->state, 'D');
	assert_int_equal(b->kind, CORE_UNSTOPPED);
	assert_int_equal(
	    b->snap.regs.known, 1u << X86_64_RSP | 1u << X86_64_RIP);
	assert_int_equal(b->snap.regs.r[X86_64_RIP], 43016);
	assert_int_equal(b->snap.regs.r[X86_64_RBX], 0);
	core_file_free(cf);
}

/* Each was copied at its own time, and comes back as it was copied. */
static void
stacks_that_overlap(void **state)
{
	struct core_file *cf;

	(void)state;
	reset();
	cf = write_and_open();
	for (size_t i = 0; i < 2; i++) {
		const struct snapshot *s = &core_file_thread(cf, i)->snap;

		assert_int_equal(
		    s->stack_addr, threads[i].snap.stack_addr);
		assert_int_equal(s->stack_len, threads[i].snap.stack_len);
		assert_memory_equal(
		    s->stack, threads[i].snap.stack, s->stack_len);
	}
	core_file_free(cf);
}

static char
byte_at(const struct mem *mem, uint64_t addr)
{
	char c = 0;

	return mem_read(mem, addr, &c, 1) ? c : '-';
}

/* Not the zeros that fill a page. */
static void
memory_that_was_read_and_no_other(void **state)
{
	struct core_file *cf;
	struct mem mem;
	struct core_view view;
	char buf[32];

	(void)state;
	reset();
	cf = write_and_open();
	mem = core_file_mem(cf);
	assert_true(mem_read(&mem, HEAP, buf, 5));
	assert_memory_equal(buf, "heap!", 5);
	assert_int_equal(byte_at(&mem, HEAP - 1), '-');
	assert_int_equal(byte_at(&mem, HEAP + 5), '-');
	assert_false(mem_read(&mem, HEAP, buf, 6));
	assert_true(mem_read(&mem, CODE, buf, 32));
	assert_memory_equal(buf, ranges[1].bytes, 32);
	assert_int_equal(byte_at(&mem, STACK_A - 1), '-');
	/* A stack's own bytes come before what was read beside it. */
	assert_int_equal(byte_at(&mem, STACK_A + 8), 'A');
	assert_int_equal(byte_at(&mem, STACK_B), 'B');
	assert_int_equal(byte_at(&mem, STACK_B - 1), 'A');
	assert_int_equal(byte_at(&mem, STACK_B + sizeof(stack_b)), 'A');
	assert_true(mem_read(&mem, STACK_B - 16, buf, 32));
	assert_memory_equal(buf, "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBB", 32);
	view = (struct core_view){
	    .snap = &core_file_thread(cf, 0)->snap, .file = cf};
	mem = core_view_mem(&view);
	assert_int_equal(byte_at(&mem, STACK_B), 'A');
	assert_int_equal(byte_at(&mem, HEAP), 'h');
	core_file_free(cf);
}

static void
mappings_whole(void **state)
{
	struct core_file *cf;
	const struct mappings *got;

	(void)state;
	reset();
	cf = write_and_open();
	got = core_file_mappings(cf);
	assert_int_equal(got->n, maps.n);
	for (size_t i = 0; i < maps.n; i++) {
		const struct mapping *a = &got->v[i], *b = &mappings[i];

		assert_int_equal(a->start, b->start);
		assert_int_equal(a->end, b->end);
		assert_int_equal(a->off, b->off);
		assert_int_equal(a->ino, b->ino);
		assert_int_equal(a->dev_major, b->dev_major);
		assert_int_equal(a->dev_minor, b->dev_minor);
		assert_int_equal(a->flags, b->flags);
		assert_string_equal(a->name, b->name);
		assert_string_equal(core_file_key(cf, i), "");
	}
	core_file_free(cf);
}

static void
a_thread_without_a_stack(void **state)
{
	struct core_file *cf;

	(void)state;
	reset();
	threads[0].snap.stack_len = 0;
	cf = write_and_open();
	assert_int_equal(core_file_thread(cf, 0)->snap.stack_len, 0);
	assert_int_equal(core_file_thread(cf, 1)->snap.stack_len, 0x200);
	assert_int_equal(core_file_dropped(cf), 0);
	core_file_free(cf);
}

/* As <sys/procfs.h> has them, for whoever reads core files. */
static void
notes_of_the_kernels_layout(void **state)
{
	struct elf_prstatus st;
	struct elf_prpsinfo ps;
	struct user_regs_struct u;
	FILE *fp;
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	(void)state;
	reset();
	write_image();
	fp = fopen(path, "re");
	assert_non_null(fp);
	assert_int_equal(fread(&eh, sizeof(eh), 1, fp), 1);
	assert_int_equal(eh.e_type, ET_CORE);
	assert_int_equal(fread(&ph, sizeof(ph), 1, fp), 1);
	assert_int_equal(ph.p_type, PT_NOTE);
	/* Each has a header of 12 bytes and "CORE", padded to 8. */
	(void)fseek(fp, (long)ph.p_offset + 20, SEEK_SET);
	assert_int_equal(fread(&st, sizeof(st), 1, fp), 1);
	assert_int_equal(st.pr_pid, 42);
	memcpy(&u, st.pr_reg, sizeof(u));
	assert_int_equal(u.rip, 42016);
	assert_int_equal(u.rsp, STACK_A + SNAPSHOT_BELOW_SP);
	assert_int_equal(u.rax, 42000);
	assert_int_equal(u.rdi, 42005);
	assert_int_equal(u.rbp, 42006);
	assert_int_equal(u.r15, 42015);
	(void)fseek(fp, 20, SEEK_CUR);
	assert_int_equal(fread(&ps, sizeof(ps), 1, fp), 1);
	assert_int_equal(ps.pr_pid, 42);
	assert_int_equal(ps.pr_sname, 'S');
	assert_string_equal(ps.pr_fname, "a program");
	(void)fclose(fp);
}

/* ---- what is no such file -------------------------------------------------
 */

static uint8_t *bytes;
static size_t size;

static void
slurp(void)
{
	FILE *fp;
	struct stat st;

	reset();
	write_image();
	assert_int_equal(stat(path, &st), 0);
	size = (size_t)st.st_size;
	bytes = malloc(size);
	fp = fopen(path, "re");
	assert_non_null(bytes);
	assert_non_null(fp);
	assert_int_equal(fread(bytes, 1, size, fp), size);
	(void)fclose(fp);
}

static int
open_bytes(size_t n, struct core_file **ret, struct err *err)
{
	int fd = memfd_create("core", MFD_CLOEXEC);

	assert_int_equal(write(fd, bytes, n), n);
	return core_file_open_fd(fd, "x.core", ret, err);
}

/* Wherever it ends: an error that says so, or fewer things and their number. */
static void
cut_short(void **state)
{
	struct core_file *cf;
	struct err err;

	(void)state;
	slurp();
	for (size_t n = 0; n < size; n += 97) {
		if (open_bytes(n, &cf, &err) < 0) {
			assert_non_null(strstr(err.what, "x.core"));
			continue;
		}
		assert_true(core_file_dropped(cf) > 0);
		core_file_free(cf);
	}
	assert_int_equal(open_bytes(size, &cf, &err), 0);
	core_file_free(cf);
	free(bytes);
}

/* Every byte of headers and notes, one after the other. */
static void
bytes_that_lie(void **state)
{
	struct core_file *cf;
	struct err err;

	(void)state;
	slurp();
	for (size_t at = 0; at < size; at++) {
		uint8_t was = bytes[at];

		if (at >= 1024 && at < size - 2048)
			continue;
		bytes[at] ^= 0xff;
		if (open_bytes(size, &cf, &err) == 0) {
			struct mem mem = core_file_mem(cf);

			(void)byte_at(&mem, HEAP);
			core_file_free(cf);
		}
		bytes[at] = was;
	}
	free(bytes);
}

static uint8_t *
find(const char *text)
{
	uint8_t *p = memmem(bytes, size, text, strlen(text) + 1);

	assert_non_null(p);
	return p;
}

static void
from_a_later_scrape(void **state)
{
	struct core_file *cf;
	struct err err;

	(void)state;
	slurp();
	find("scrape")[8] = 2;
	assert_int_equal(open_bytes(size, &cf, &err), -ERR_UNSUPPORTED);
	assert_non_null(strstr(err.what, "format 2"));
	free(bytes);
}

/* Without our note it is anybody's core file. */
static void
written_by_another(void **state)
{
	struct core_file *cf;
	const struct core_thread *th;
	const struct mapping *m;
	struct err err;

	(void)state;
	slurp();
	find("scrape")[0] = 'S';
	assert_int_equal(open_bytes(size, &cf, &err), 0);
	assert_false(core_file_is_ours(cf));
	assert_int_equal(core_file_process(cf)->pid, 42);
	assert_string_equal(core_file_process(cf)->comm, "a program");
	assert_int_equal(core_file_n_threads(cf), 2);
	th = core_file_thread(cf, 0);
	assert_int_equal(th->state, '?');
	assert_int_equal(th->snap.regs.known, (1u << 17) - 1);
	assert_int_equal(th->snap.regs.r[X86_64_RIP], 42016);
	assert_int_equal(th->snap.stack_addr, STACK_A);
	assert_memory_equal(th->snap.stack, stack_a, 0x110);
	m = mappings_find(core_file_mappings(cf), 0x400000);
	assert_non_null(m);
	assert_string_equal(m->name, "/opt/a program");
	assert_int_equal(m->off, 0x1000);
	m = mappings_find(core_file_mappings(cf), 0x500000);
	assert_string_equal(m->name, "/opt/gone");
	assert_true((m->flags & MAPPING_DELETED) != 0);
	core_file_free(cf);
	free(bytes);
}

static void
no_core_file_at_all(void **state)
{
	struct core_file *cf;
	struct err err;

	(void)state;
	assert_true(core_file_open("/proc/self/exe", &cf, &err) < 0);
	assert_non_null(strstr(err.what, "neither a saved snapshot"));
	assert_true(core_file_open("/dev/null", &cf, &err) < 0);
	assert_non_null(strstr(err.what, "not a regular file"));
	assert_true(core_file_open("/nowhere/x.core", &cf, &err) < 0);
	assert_non_null(strstr(err.what, "/nowhere/x.core"));
}

static void
a_folder_that_is_not_there(void **state)
{
	struct err err;

	(void)state;
	reset();
	assert_int_equal(
	    core_image_write("/nowhere/x.core", &image, &err), -ERR_RUNTIME);
	assert_non_null(strstr(err.what, "/nowhere/x.core"));
	image.process.machine = EM_MIPS;
	assert_int_equal(
	    core_image_write(path, &image, &err), -ERR_UNSUPPORTED);
}

/* All 33 registers of the other machine, and what of its pcs is signed. */
static void
aarch64(void **state)
{
	struct core_file *cf;
	const struct regs *regs;

	(void)state;
	reset();
	image.process.machine = EM_AARCH64;
	image.process.signed_bits = 0x7fff8000000000;
	for (unsigned i = 0; i < REGS_MAX; i++)
		regs_set(&threads[0].snap.regs, i, 7000 + i);
	cf = write_and_open();
	regs = &core_file_thread(cf, 0)->snap.regs;
	assert_int_equal(core_file_process(cf)->machine, EM_AARCH64);
	assert_int_equal(
	    core_file_process(cf)->signed_bits, 0x7fff8000000000);
	assert_memory_equal(regs, &threads[0].snap.regs, sizeof(*regs));
	core_file_free(cf);
}

static void
file_names(void **state)
{
	static const struct {
		const char *comm, *path;
	} cases[] = {
	    {"nginx", "d/nginx.42.7.core"},
	    {"../x\n", "d/_._x_.42.7.core"},
	    {"", "d/unnamed.42.7.core"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct core_process p = {.pid = 42, .comm = cases[i].comm};
		char *got = core_image_path("d", &p, 7);

		assert_string_equal(got, cases[i].path);
		free(got);
	}
}

/* Its first page, which names it, is in the file; code is where a walk looks. */
static void
modules_by_key_and_first_page(void **state)
{
	struct module *m = own_module();
	uint64_t start = (uint64_t)(uintptr_t)__executable_start;
	struct mapping own = {.start = start,
	    .end = start + 0x1000,
	    .ino = 1,
	    .flags = MAPPING_READ | MAPPING_EXEC,
	    .name = (char *)(uintptr_t)"/proc/self/exe"};
	const struct mappings own_maps = {.v = &own, .n = 1};
	const struct core_modules_opts opts = {.by_name = true};
	struct core_modules cm;
	struct core_file *cf;
	struct mem mem;
	char magic[SELFMAG];

	(void)state;
	reset();
	image.mappings = &own_maps;
	image.modules = &m;
	cf = write_and_open();
	assert_string_equal(core_file_key(cf, 0), module_key(m));
	assert_string_equal(core_file_build_id(cf, 0), module_build_id(m));
	mem = core_file_mem(cf);
	assert_true(mem_read(&mem, start, magic, sizeof(magic)));
	assert_memory_equal(magic, ELFMAG, SELFMAG);
	core_modules_open(&cm, cf, &opts);
	assert_int_equal(cm.missing, 0);
	assert_string_equal(module_key(cm.modules[0]), module_key(m));
	core_modules_close(&cm);
	core_file_free(cf);
	module_unref(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_process_was),
	    cmocka_unit_test(threads_with_what_is_known_of_them),
	    cmocka_unit_test(stacks_that_overlap),
	    cmocka_unit_test(memory_that_was_read_and_no_other),
	    cmocka_unit_test(mappings_whole),
	    cmocka_unit_test(a_thread_without_a_stack),
	    cmocka_unit_test(notes_of_the_kernels_layout),
	    cmocka_unit_test(cut_short),
	    cmocka_unit_test(bytes_that_lie),
	    cmocka_unit_test(from_a_later_scrape),
	    cmocka_unit_test(written_by_another),
	    cmocka_unit_test(no_core_file_at_all),
	    cmocka_unit_test(a_folder_that_is_not_there),
	    cmocka_unit_test(aarch64),
	    cmocka_unit_test(file_names),
	    cmocka_unit_test(modules_by_key_and_first_page),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_module: the bytes are an ELF file
 *
 * Opened as a file, as an image, and as what a target has in its memory from
 * some address on; asked for all that a module knows without DWARF. Whatever
 * the bytes are, what is handed out can be read from end to end.
 */
#include "config.h"

#include "base/err.h"
#include "object/module.h"
#include "object/symtab.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t sink;

static void
touch(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sink ^= data[i];
}

static void
ask_for_sections(struct module *m)
{
	static const char *const names[] = {".eh_frame", ".eh_frame_hdr",
	    ".debug_frame", ".debug_info", ".text", ".symtab",
	    ".gnu_debugdata", ""};
	struct section s;

	if (module_eh_frame_hdr(m, &s))
		touch(s.data, s.size);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (module_section(m, names[i], &s))
			touch(s.data, s.size);
}

/* A symbol that is found holds what it was found by. */
static void
ask_for_symbols(struct module *m)
{
	struct symbol sym;

	for (uint64_t vaddr = 0; vaddr < 0x4000; vaddr += 0x11) {
		if (!symtab_find(module_symtab(m), vaddr, &sym))
			continue;
		if (sym.vaddr > vaddr || sym.name[0] == '\0' ||
		    (sym.size != 0 && vaddr - sym.vaddr >= sym.size))
			abort();
		touch((const uint8_t *)sym.name, strlen(sym.name));
	}
}

static void
ask(struct module *m)
{
	uint8_t buf[64];
	uint64_t bias;

	touch((const uint8_t *)module_build_id(m),
	    strlen(module_build_id(m)));
	for (uint64_t off = 0; off < 0x8000; off += 0x1000)
		if (module_bias(m, 0x7f0000000000 + off, off, &bias))
			(void)module_is_code(m, 0x7f0000000000 - bias);
	for (uint64_t vaddr = 0; vaddr < 0x4000; vaddr += 0x101)
		if (module_read(m, vaddr, buf, sizeof(buf)))
			touch(buf, sizeof(buf));
	ask_for_sections(m);
	ask_for_symbols(m);
	module_unref(m);
}

struct bytes {
	const uint8_t *data;
	size_t size;
};

#define LOADED_AT 0x7f0000000000ull

static bool
read_bytes(void *ctx, uint64_t addr, void *buf, size_t len)
{
	const struct bytes *b = ctx;
	uint64_t at = addr - LOADED_AT;

	if (at > b->size || len > b->size - at)
		return false;
	memcpy(buf, b->data + at, len);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = {data, size};
	struct mem mem = {.read = read_bytes, .ctx = &bytes};
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct module *m;
	struct err err;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	if (module_open(fd, "fuzz", &m, &err) == 0)
		ask(m);
	if (module_open_image(data, size, "fuzz", &m, &err) == 0)
		ask(m);
	if (module_open_mem(&mem, LOADED_AT, "fuzz", &m, &err) == 0)
		ask(m);
	return 0;
}

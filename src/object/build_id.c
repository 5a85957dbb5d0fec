/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/build_id.h"

#include "core/mem.h"

#include <gelf.h>
#include <stdint.h>
#include <string.h>

/* A real file's notes take some hundred bytes. */
#define NOTES_MAX (1u << 20)
/* Of a file in memory: its notes lie in the first page, with the headers. */
#define MEMORY_NOTES_MAX 4096u
#define MEMORY_PHDRS_MAX 64u

static void
to_hex(const uint8_t *bytes, size_t n, char *hex)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*hex++ = digits[bytes[i] >> 4];
		*hex++ = digits[bytes[i] & 15];
	}
	*hex = '\0';
}

static bool
is_gnu(const Elf_Data *notes, size_t name, size_t len)
{
	return len == sizeof(ELF_NOTE_GNU) &&
	       memcmp((const char *)notes->d_buf + name, ELF_NOTE_GNU, len) ==
		   0;
}

/* gelf_getnote() promises that name and descriptor lie inside the data. */
static bool
find_in_notes(Elf_Data *notes, struct build_id *ret)
{
	size_t at = 0, name, desc;
	GElf_Nhdr nhdr;

	if (notes == NULL || notes->d_buf == NULL)
		return false;
	while (at < notes->d_size &&
	       (at = gelf_getnote(notes, at, &nhdr, &name, &desc)) > 0) {
		if (nhdr.n_type != NT_GNU_BUILD_ID ||
		    !is_gnu(notes, name, nhdr.n_namesz) ||
		    nhdr.n_descsz == 0 || nhdr.n_descsz > BUILD_ID_MAX)
			continue;
		to_hex((const uint8_t *)notes->d_buf + desc, nhdr.n_descsz,
		    ret->hex);
		return true;
	}
	return false;
}

/* Notes aligned to 8 (GNU properties) pad differently from those to 4. */
static Elf_Type
note_type(uint64_t align)
{
	return align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR;
}

static bool
find_in_segments(Elf *elf, struct build_id *ret)
{
	GElf_Phdr ph;
	size_t n;

	if (elf_getphdrnum(elf, &n) != 0)
		return false;
	for (size_t i = 0; i < n && i < INT32_MAX; i++) {
		if (gelf_getphdr(elf, (int)i, &ph) == NULL)
			return false;
		if (ph.p_type != PT_NOTE || ph.p_filesz > NOTES_MAX)
			continue;
		if (find_in_notes(elf_getdata_rawchunk(elf,
				      (int64_t)ph.p_offset, ph.p_filesz,
				      note_type(ph.p_align)),
			ret))
			return true;
	}
	return false;
}

static bool
find_in_sections(Elf *elf, struct build_id *ret)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		if (gelf_getshdr(scn, &sh) == NULL)
			return false;
		if (sh.sh_type != SHT_NOTE || sh.sh_size > NOTES_MAX)
			continue;
		if (find_in_notes(elf_getdata(scn, NULL), ret))
			return true;
	}
	return false;
}

bool
build_id_read(Elf *elf, struct build_id *ret)
{
	ret->hex[0] = '\0';
	return find_in_segments(elf, ret) || find_in_sections(elf, ret);
}

/* Where a segment lies whose file offset 0 lies at addr. */
static uint64_t
address_of(uint64_t addr, const Elf64_Phdr *ph, size_t n, uint64_t vaddr)
{
	for (size_t i = 0; i < n; i++)
		if (ph[i].p_type == PT_LOAD)
			return addr + (vaddr - ph[i].p_vaddr) +
			       ph[i].p_offset;
	return addr + vaddr;
}

static bool
find_in_memory_notes(
    const struct mem *mem, uint64_t addr, size_t size, struct build_id *ret)
{
	uint8_t notes[MEMORY_NOTES_MAX];
	Elf_Data data = {
	    .d_buf = notes, .d_size = size, .d_type = ELF_T_NHDR};

	return size <= sizeof(notes) && mem_read(mem, addr, notes, size) &&
	       find_in_notes(&data, ret);
}

bool
build_id_read_memory(
    const struct mem *mem, uint64_t addr, struct build_id *ret)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph[MEMORY_PHDRS_MAX];

	ret->hex[0] = '\0';
	if (!mem_read(mem, addr, &eh, sizeof(eh)) ||
	    memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 ||
	    eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh.e_phnum > MEMORY_PHDRS_MAX ||
	    !mem_read(mem, addr + eh.e_phoff, ph,
		eh.e_phnum * sizeof(ph[0])))
		return false;
	for (size_t i = 0; i < eh.e_phnum; i++)
		if (ph[i].p_type == PT_NOTE &&
		    find_in_memory_notes(mem,
			address_of(addr, ph, eh.e_phnum, ph[i].p_vaddr),
			ph[i].p_filesz, ret))
			return true;
	return false;
}

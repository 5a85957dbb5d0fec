/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "elf_image.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void
elf_image_put(
    struct elf_image *img, uint64_t off, const void *data, size_t size)
{
	assert(off + size <= sizeof(img->bytes));
	memcpy(img->bytes + off, data, size);
	if (off + size > img->end)
		img->end = off + size;
}

Elf64_Phdr *
elf_image_segment(struct elf_image *img, uint32_t type, uint32_t flags,
    uint64_t off, uint64_t vaddr, uint64_t size)
{
	Elf64_Phdr *ph = &img->segments[img->n_segments++];

	*ph = (Elf64_Phdr){.p_type = type, .p_flags = flags, .p_offset = off,
	    .p_vaddr = vaddr, .p_paddr = vaddr, .p_filesz = size,
	    .p_memsz = size, .p_align = type == PT_LOAD ? 0x1000 : 4};
	return ph;
}

Elf64_Shdr *
elf_image_section(struct elf_image *img, const char *name, uint32_t type,
    uint64_t flags, uint64_t off, uint64_t vaddr, uint64_t size)
{
	Elf64_Shdr *sh = &img->sections[++img->n_sections];

	if (img->names_size == 0)
		img->names_size = 1;
	*sh = (Elf64_Shdr){.sh_name = (uint32_t)img->names_size,
	    .sh_type = type, .sh_flags = flags, .sh_addr = vaddr,
	    .sh_offset = off, .sh_size = size, .sh_addralign = 1,
	    .sh_entsize = type == SHT_SYMTAB || type == SHT_DYNSYM
			      ? sizeof(Elf64_Sym)
			      : 0};
	strcpy(img->names + img->names_size, name);
	img->names_size += strlen(name) + 1;
	return sh;
}

void
elf_image_finish(struct elf_image *img)
{
	Elf64_Ehdr eh = {
	    .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
		ELFDATA2LSB, EV_CURRENT},
	    .e_type = ET_DYN,
	    .e_machine = EM_X86_64,
	    .e_version = EV_CURRENT,
	    .e_phoff = sizeof(eh),
	    .e_ehsize = sizeof(eh),
	    .e_phentsize = sizeof(Elf64_Phdr),
	    .e_phnum = (Elf64_Half)img->n_segments,
	};

	elf_image_put(img, sizeof(eh), img->segments,
	    img->n_segments * sizeof(img->segments[0]));
	if (img->n_sections > 0) {
		Elf64_Shdr *names = elf_image_section(
		    img, ".shstrtab", SHT_STRTAB, 0, img->end, 0, 0);

		names->sh_size = img->names_size;
		elf_image_put(img, img->end, img->names, img->names_size);
		eh.e_shoff = (img->end + 7) & ~7ull;
		eh.e_shentsize = sizeof(Elf64_Shdr);
		eh.e_shnum = (Elf64_Half)(img->n_sections + 1);
		eh.e_shstrndx = (Elf64_Half)img->n_sections;
		elf_image_put(img, eh.e_shoff, img->sections,
		    eh.e_shnum * sizeof(img->sections[0]));
	}
	elf_image_put(img, 0, &eh, sizeof(eh));
	img->size = img->end;
}

int
elf_image_fd(struct elf_image *img)
{
	int fd = memfd_create("elf_image", MFD_CLOEXEC);

	elf_image_finish(img);
	assert(fd >= 0);
	assert(write(fd, img->bytes, img->size) == (ssize_t)img->size);
	return fd;
}

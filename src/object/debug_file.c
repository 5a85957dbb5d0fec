/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/debug_file.h"

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "object/dwarf_image.h"

#include <gelf.h>
#include <string.h>

struct debug_file {
	int fd;
	Elf *elf;
	char *path;
	enum debug_how how;
	struct dwarf_image *section; /* that was asked for last */
};

struct debug_file *
debug_file_new(int fd, const char *path, enum debug_how how)
{
	struct debug_file *df;

	if (fd < 0)
		return NULL;
	df = xcalloc(1, sizeof(*df));
	(void)elf_version(EV_CURRENT);
	df->fd = fd;
	df->path = xstrdup(path);
	df->how = how;
	df->elf = elf_begin(fd, ELF_C_READ, NULL);
	if (df->elf == NULL || elf_kind(df->elf) != ELF_K_ELF ||
	    gelf_getclass(df->elf) != ELFCLASS64) {
		debug_file_free(df);
		return NULL;
	}
	return df;
}

void
debug_file_free(struct debug_file *df)
{
	if (df == NULL)
		return;
	(void)elf_end(df->elf);
	cleanup_close(&df->fd);
	dwarf_image_free(df->section);
	free(df->path);
	free(df);
}

int
debug_file_fd(const struct debug_file *df)
{
	return df->fd;
}

Elf *
debug_file_elf(struct debug_file *df)
{
	return df->elf;
}

struct file_bytes
debug_file_bytes(const struct debug_file *df)
{
	return (struct file_bytes){.fd = df->fd};
}

const char *
debug_file_path(const struct debug_file *df)
{
	return df->path;
}

enum debug_how
debug_file_how(const struct debug_file *df)
{
	return df->how;
}

bool
debug_file_section(
    struct debug_file *df, const char *name, struct section *ret)
{
	struct dwarf_piece piece = {
	    .from = {df->elf, debug_file_bytes(df)},
	    .section = name,
	    .as = name,
	};

	dwarf_image_free(df->section);
	df->section = dwarf_image_new(&piece, 1);
	if (df->section == NULL)
		return false;
	*ret = (struct section){0};
	ret->data = dwarf_image_section(df->section, 1, &ret->size);
	return true;
}

Elf_Scn *
debug_file_find(Elf *elf, const char *name)
{
	Elf_Scn *scn = NULL;
	size_t names;
	GElf_Shdr sh;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return NULL;
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		const char *s;

		if (gelf_getshdr(scn, &sh) == NULL)
			return NULL;
		s = elf_strptr(elf, names, sh.sh_name);
		if (s != NULL && sh.sh_type != SHT_NOBITS &&
		    strcmp(s, name) == 0)
			return scn;
	}
	return NULL;
}

bool
debug_file_has_dwarf(Elf *elf)
{
	return debug_file_find(elf, ".debug_info") != NULL ||
	       debug_file_find(elf, ".zdebug_info") != NULL;
}

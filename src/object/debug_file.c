/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/debug_file.h"

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "object/build_id.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Where debug files are looked for, in this order. */
static const char *const debug_dirs[] = {"/usr/lib/debug"};

struct debug_file {
	int fd;
	Elf *elf;
};

/* O_NONBLOCK: whatever stands there, opening it must not wait. */
static int
open_regular(const char *path)
{
	_cleanup_close_ int fd =
	    open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return -1;
	return steal_fd(&fd);
}

struct debug_file *
debug_file_open(const char *path, const char *build_id)
{
	struct debug_file *df = xcalloc(1, sizeof(*df));
	struct build_id found;

	(void)elf_version(EV_CURRENT);
	df->fd = open_regular(path);
	if (df->fd >= 0)
		df->elf = elf_begin(df->fd, ELF_C_READ, NULL);
	if (df->elf == NULL || elf_kind(df->elf) != ELF_K_ELF ||
	    !build_id_read(df->elf, &found) ||
	    strcmp(found.hex, build_id) != 0) {
		debug_file_free(df);
		return NULL;
	}
	return df;
}

/* DIR/.build-id/ab/cdef0123.debug */
static struct debug_file *
find_by_build_id(const char *dir, const char *build_id)
{
	_cleanup_free_ char *path = NULL;

	if (strlen(build_id) <= 2)
		return NULL;
	path = xasprintf("%s/.build-id/%.2s/%s.debug", dir, build_id,
	    build_id + 2);
	return debug_file_open(path, build_id);
}

/*
 * DIR/.dwz/x86_64-linux-gnu/coreutils.debug. Debian writes this path into the
 * files that share it, Fedora one relative to each of them ("../../.dwz/..."):
 * what follows ".dwz/" is the same. The rest of a name that a target chose is
 * not for us to open.
 */
static struct debug_file *
find_in_dwz_dir(const char *dir, const char *build_id, const char *name)
{
	static const char dwz[] = "/.dwz/";
	const char *tail = strstr(name, dwz);
	_cleanup_free_ char *path = NULL;

	if (tail == NULL || strstr(tail, "/../") != NULL)
		return NULL;
	path = xasprintf("%s%s", dir, tail);
	return debug_file_open(path, build_id);
}

struct debug_file *
debug_file_find(const char *build_id)
{
	struct debug_file *df = NULL;

	for (size_t i = 0; df == NULL && i < ARRAY_SIZE(debug_dirs); i++)
		df = find_by_build_id(debug_dirs[i], build_id);
	return df;
}

struct debug_file *
debug_file_find_shared(const char *build_id, const char *name)
{
	struct debug_file *df = debug_file_find(build_id);

	for (size_t i = 0; df == NULL && i < ARRAY_SIZE(debug_dirs); i++)
		df = find_in_dwz_dir(debug_dirs[i], build_id, name);
	return df;
}

void
debug_file_free(struct debug_file *df)
{
	if (df == NULL)
		return;
	(void)elf_end(df->elf);
	cleanup_close(&df->fd);
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

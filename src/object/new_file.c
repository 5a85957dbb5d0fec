/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/new_file.h"

#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
cannot_write(struct err *err, const char *path, int error)
{
	int r = err_set(err, ERR_RUNTIME, "cannot write %s", path);

	err_why(err, "%s", strerror(error));
	return r;
}

int
new_file_open(struct new_file *f, const char *path, struct err *err)
{
	int fd, error;

	*f = (struct new_file){
	    .path = xstrdup(path), .tmp = xasprintf("%s.tmp.XXXXXX", path)};
	fd = mkostemp(f->tmp, O_CLOEXEC); /* mode 0600 */
	if (fd < 0) {
		error = errno;
		free(f->path);
		free(f->tmp);
		return cannot_write(err, path, error);
	}
	f->fp = fdopen(fd, "w");
	if (f->fp == NULL)
		die_no_memory();
	return 0;
}

static void
forget(struct new_file *f)
{
	free(f->path);
	free(f->tmp);
	*f = (struct new_file){0};
}

int
new_file_commit(struct new_file *f, struct err *err)
{
	int error = 0, r = 0;

	/* ferror() has no errno of its own: a full disk is the usual cause. */
	errno = 0;
	if (ferror(f->fp) != 0)
		error = ENOSPC;
	if (fclose(f->fp) != 0)
		error = errno;
	if (error == 0 && rename(f->tmp, f->path) != 0)
		error = errno;
	if (error != 0) {
		r = cannot_write(err, f->path, error);
		(void)unlink(f->tmp);
	}
	forget(f);
	return r;
}

void
new_file_abort(struct new_file *f)
{
	(void)fclose(f->fp);
	(void)unlink(f->tmp);
	forget(f);
}

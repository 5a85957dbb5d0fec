/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/outfile.h"

#include "base/cleanup.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TMP_SUFFIX ".tmp.XXXXXX"
#define FILE_MODE  0666 /* less the umask */

/*
 * What stands behind the FILE. stdio forgets why a write failed by the time the
 * file is closed, and cannot tell how much went into a pipe; this does both.
 */
struct outfile_sink {
	int fd;
	int error; /* errno of the first failure, which is also the last */
	off_t size;
};

/* Also when stdout is a pipe that its other end has made non-blocking. */
static ssize_t
write_some(int fd, const char *data, size_t len)
{
	for (;;) {
		ssize_t n = write(fd, data, len);

		if (n >= 0)
			return n;
		if (errno == EAGAIN) {
			struct pollfd p = {.fd = fd, .events = POLLOUT};

			(void)poll(&p, 1, -1);
		} else if (errno != EINTR) {
			return -1;
		}
	}
}

/* For fopencookie(): all of it, or 0 for failure. */
static ssize_t
sink_write(void *cookie, const char *data, size_t len)
{
	struct outfile_sink *s = cookie;
	size_t done = 0;

	while (s->error == 0 && done < len) {
		ssize_t n = write_some(s->fd, data + done, len - done);

		if (n < 0)
			s->error = errno;
		else
			done += (size_t)n;
	}
	s->size += (off_t)done;
	if (s->error == 0)
		return (ssize_t)len;
	errno = s->error;
	return 0;
}

static int
cannot_write(struct err *err, const char *path, const char *why)
{
	int r = err_set(err, ERR_RUNTIME, "cannot write %s", path);

	err_why(err, "%s", why);
	return r;
}

static int
cannot_write_errno(struct err *err, const char *path)
{
	return cannot_write(err, path, strerror(errno));
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* "." for a plain name, "/" for what is in the root. To be freed. */
static char *
dir_name(const char *path)
{
	const char *base = base_name(path);

	if (base == path)
		return xstrdup(".");
	if (base == path + 1)
		return xstrdup("/");
	return xasprintf("%.*s", (int)(base - path - 1), path);
}

static int
cannot_use_dir(
    struct err *err, const char *path, const char *dir, const char *why)
{
	int r = err_set(err, ERR_RUNTIME, "cannot write %s", path);

	err_why(err, "directory %s: %s", dir, why);
	err_try(err, "another place");
	return r;
}

/*
 * May path's directory give its name to a new file? A sticky one gives away
 * only names of files of one's own.
 */
static int
check_dir(const char *path, const struct stat *old, struct err *err)
{
	_cleanup_free_ char *dir = dir_name(path);
	uid_t me = geteuid();
	struct stat st;

	if (stat(dir, &st) < 0)
		return cannot_use_dir(err, path, dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return cannot_use_dir(err, path, dir, strerror(ENOTDIR));
	if (faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) < 0)
		return cannot_use_dir(err, path, dir, strerror(errno));
	if (old != NULL && (st.st_mode & S_ISVTX) != 0 && me != 0 &&
	    old->st_uid != me && st.st_uid != me)
		return cannot_use_dir(err, path, dir,
		    "it is sticky, and the file there is someone else's");
	return 0;
}

/* Those whose bytes go to someone else, and that a rename would take away. */
static bool
is_special(const struct stat *st)
{
	return !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode);
}

static bool
is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

/*
 * The name to give in the end: where path is a link, that of what it points to,
 * so that the link stays. It can still be a link then, one that leads nowhere,
 * or one of /proc/PID/fd, such as /dev/stdout on a deleted file. To be freed.
 */
static char *
final_path(const char *path)
{
	char *real = is_link(path) ? realpath(path, NULL) : NULL;

	return real != NULL ? real : xstrdup(path);
}

static int
check_path(const char *path, struct err *err)
{
	const char *base = base_name(path);
	struct stat st;
	bool exists;

	if (path[0] == '\0')
		return err_set(err, ERR_USAGE, "the output file has no name");
	if (base[0] == '\0')
		return cannot_write(err, path, "it is a directory");
	if (strlen(base) > NAME_MAX - strlen(TMP_SUFFIX))
		return cannot_write(err, path, "the name is too long");
	exists = stat(path, &st) == 0;
	if (exists && S_ISDIR(st.st_mode))
		return cannot_write(err, path, "it is a directory");
	if (exists && is_special(&st)) {
		if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0)
			return cannot_write_errno(err, path);
		return 0;
	}
	if (is_link(path))
		return cannot_write(err, path, "it is a link to no file");
	return check_dir(path, exists ? &st : NULL, err);
}

int
outfile_check(const char *path, struct err *err)
{
	_cleanup_free_ char *target = NULL;

	if (strcmp(path, "-") != 0) {
		target = final_path(path);
		return check_path(target, err);
	}
	if (fcntl(STDOUT_FILENO, F_GETFD) < 0)
		return cannot_write_errno(err, "standard output");
	return 0;
}

static mode_t
current_umask(void)
{
	mode_t mask = umask(0);

	(void)umask(mask);
	return mask;
}

static int
open_beside(struct outfile *f)
{
	int fd;

	f->tmp_path = xasprintf("%s%s", f->path, TMP_SUFFIX);
	fd = mkostemp(f->tmp_path, O_CLOEXEC);
	if (fd < 0) {
		free(steal_ptr(f->tmp_path));
		return -1;
	}
	(void)fchmod(fd, FILE_MODE & ~current_umask());
	return fd;
}

/*
 * A fifo waits for its reader, perhaps for ever. Who holds SIGINT and SIGTERM
 * back would have to be killed then; nothing is half done yet, so they may end
 * the process as they do by default.
 */
static int
open_fifo(const char *path)
{
	sigset_t set, old;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_UNBLOCK, &set, &old);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return fd;
}

static int
open_target(struct outfile *f)
{
	struct stat st;

	if (f->path == NULL)
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	if (stat(f->path, &st) < 0 || !is_special(&st))
		return open_beside(f);
	return S_ISFIFO(st.st_mode)
		   ? open_fifo(f->path)
		   : open(f->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
}

static const char *
shown_name(const struct outfile *f)
{
	return f->path != NULL ? f->path : "standard output";
}

static void
forget(struct outfile *f)
{
	free(f->sink);
	free(f->path);
	free(f->tmp_path);
	*f = (struct outfile){0};
}

int
outfile_open(struct outfile *f, const char *path, struct err *err)
{
	static const cookie_io_functions_t io = {.write = sink_write};
	int fd, r;

	*f = (struct outfile){0};
	r = outfile_check(path, err);
	if (r < 0)
		return r;
	if (strcmp(path, "-") != 0)
		f->path = final_path(path);
	fd = open_target(f);
	if (fd < 0) {
		r = cannot_write_errno(err, shown_name(f));
		forget(f);
		return r;
	}
	f->sink = xcalloc(1, sizeof(*f->sink));
	f->sink->fd = fd;
	f->fp = fopencookie(f->sink, "w", io);
	if (f->fp == NULL)
		die_no_memory();
	return 0;
}

/* So that the name survives a crash of the machine, where that can be had. */
static void
sync_dir(const char *path)
{
	_cleanup_free_ char *dir = dir_name(path);
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		(void)fsync(fd);
}

/* Everything that can fail for want of room, before the old file is gone. */
static int
flush_all(struct outfile *f)
{
	if (fflush(f->fp) != 0 || f->sink->error != 0) {
		errno = f->sink->error != 0 ? f->sink->error : errno;
		return -1;
	}
	if (f->tmp_path != NULL && fsync(f->sink->fd) < 0)
		return -1;
	return close(steal_fd(&f->sink->fd));
}

static int
rename_over(struct outfile *f)
{
	if (f->tmp_path == NULL)
		return 0;
	if (rename(f->tmp_path, f->path) < 0)
		return -1;
	sync_dir(f->path);
	free(steal_ptr(f->tmp_path));
	return 0;
}

int
outfile_commit(struct outfile *f, off_t *ret_size, struct err *err)
{
	off_t size;
	int r = 0;

	if (flush_all(f) < 0 || rename_over(f) < 0)
		r = cannot_write_errno(err, shown_name(f));
	size = f->sink->size;
	outfile_abort(f);
	if (r == 0 && ret_size != NULL)
		*ret_size = size;
	return r;
}

void
outfile_abort(struct outfile *f)
{
	if (f->fp == NULL)
		return;
	/* What fp still holds must not come out now. */
	if (f->sink->error == 0)
		f->sink->error = ECANCELED;
	(void)fclose(f->fp);
	if (f->sink->fd >= 0)
		(void)close(f->sink->fd);
	if (f->tmp_path != NULL)
		(void)unlink(f->tmp_path);
	forget(f);
}

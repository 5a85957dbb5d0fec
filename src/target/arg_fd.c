/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/syscall_arg.h"

#include "base/attr.h"
#include "base/cleanup.h"
#include "target/fd_name.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/file.h>

/* Descriptors of one poll or select that are shown, and looked at. */
#define FDS_SHOWN      8
#define FDS_LOOKED_AT  1024
#define FDSET_WORDS    (FDS_LOOKED_AT / 64)

void
add_fd(struct call *c, int fd)
{
	_cleanup_free_ char *name = fd_name(c->t, c->names, fd);

	line_add(&c->line, " fd %d", fd);
	if (name != NULL)
		line_add(&c->line, " %s", name);
}

void
arg_fd(struct call *c, unsigned i)
{
	add_fd(c, call_int(c, i));
}

void
arg_fdno(struct call *c, unsigned i)
{
	line_add(&c->line, " fd %d", call_int(c, i));
}

void
arg_optfd(struct call *c, unsigned i)
{
	if (call_int(c, i) >= 0)
		add_fd(c, call_int(c, i));
}

/* One descriptor is worth its name; several are numbers. */
static void
add_fds(struct call *c, const int *fds, size_t n_shown, uint64_t n)
{
	if (n == 0) {
		line_add_text(&c->line, " no fds");
	} else if (n == 1 && n_shown == 1) {
		add_fd(c, fds[0]);
	} else {
		line_add(&c->line, " %" PRIu64 " fd%s", n, n == 1 ? "" : "s");
		for (size_t i = 0; i < n_shown; i++)
			line_add(&c->line, "%s %d", i == 0 ? ":" : ",", fds[i]);
		if (n_shown > 0 && n_shown < n)
			line_add_text(&c->line, ", ...");
	}
}

/* The kernel skips an entry whose descriptor is negative. */
void
arg_pollfds(struct call *c, unsigned i)
{
	struct pollfd entries[FDS_SHOWN];
	uint64_t n = (uint32_t)c->args[i + 1];
	size_t n_read = n < FDS_SHOWN ? (size_t)n : FDS_SHOWN, n_fds = 0;
	int fds[FDS_SHOWN];

	if (!call_read(c, c->args[i], entries, n_read * sizeof(*entries)))
		n_read = 0;
	for (size_t k = 0; k < n_read; k++)
		if (entries[k].fd >= 0)
			fds[n_fds++] = entries[k].fd;
	add_fds(c, fds, n_fds, n - (n_read - n_fds));
}

/* Adds the set at addr, of n descriptors, to those wanted. */
static bool
merge_fdset(
    const struct call *c, uint64_t addr, unsigned n, uint64_t *wanted)
{
	uint64_t set[FDSET_WORDS];
	size_t words = (n + 63) / 64;

	if (addr == 0)
		return true;
	if (!call_read(c, addr, set, words * sizeof(*set)))
		return false;
	if (n % 64 != 0)
		set[words - 1] &= (UINT64_C(1) << n % 64) - 1;
	for (size_t k = 0; k < words; k++)
		wanted[k] |= set[k];
	return true;
}

/* The sets are those that were asked for: the kernel answers in them last. */
void
arg_fdset(struct call *c, unsigned i)
{
	uint64_t wanted[FDSET_WORDS] = {0}, n_fds = 0;
	int fds[FDS_SHOWN], n = call_int(c, i);
	size_t n_shown = 0;

	if (n < 0)
		return;
	if (n > FDS_LOOKED_AT)
		n = FDS_LOOKED_AT;
	for (unsigned k = 1; k <= 3; k++)
		if (!merge_fdset(c, c->args[i + k], (unsigned)n, wanted))
			return;
	for (int fd = 0; fd < n; fd++) {
		if ((wanted[fd / 64] >> fd % 64 & 1) == 0)
			continue;
		n_fds++;
		if (n_shown < FDS_SHOWN)
			fds[n_shown++] = fd;
	}
	add_fds(c, fds, n_shown, n_fds);
}

static void
add_lock(struct call *c, uint64_t addr)
{
	struct flock lock;

	if (!call_read(c, addr, &lock, sizeof(lock)))
		return;
	line_add_text(&c->line, lock.l_type == F_RDLCK ? " read"
	    : lock.l_type == F_WRLCK		       ? " write"
						       : "");
	if (lock.l_whence == SEEK_SET && (lock.l_start != 0 || lock.l_len != 0))
		line_add(&c->line, ", from byte %" PRId64 ", length %" PRId64,
		    (int64_t)lock.l_start, (int64_t)lock.l_len);
}

void
arg_fcntl(struct call *c, unsigned i)
{
	switch (call_int(c, i)) {
	case F_SETLKW:
		line_add_text(&c->line, " lock");
		add_lock(c, c->args[i + 1]);
		break;
	case F_OFD_SETLKW:
		line_add_text(&c->line, " open file lock");
		add_lock(c, c->args[i + 1]);
		break;
	default:
		line_add(&c->line, " %d 0x%" PRIx64, call_int(c, i),
		    c->args[i + 1]);
	}
}

void
arg_flock(struct call *c, unsigned i)
{
	static const struct {
		int operation;
		const char *name;
	} names[] = {
	    {LOCK_EX, "exclusive"}, {LOCK_SH, "shared"}, {LOCK_UN, "unlock"}};

	for (size_t k = 0; k < ARRAY_SIZE(names); k++)
		if ((call_int(c, i) & ~LOCK_NB) == names[k].operation)
			line_add(&c->line, " %s", names[k].name);
}

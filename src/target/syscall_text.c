/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/syscall_text.h"

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "target/fd_name.h"
#include "target/sockaddr.h"
#include "target/syscall.h"
#include "target/syscall_arg.h"
#include "target/syscall_table.h"
#include "target/target.h"

#include <inttypes.h>
#include <string.h>

/* No page is smaller: a string may end right before one that is not there. */
#define SMALLEST_PAGE 4096

bool
call_read(const struct call *c, uint64_t addr, void *buf, size_t len)
{
	struct remote_mem rm = c->t->mem;

	return remote_mem_read_some(&rm, addr, buf, len) == len;
}

/* The string at addr, as much of it as a line can show; false: unreadable. */
static bool
read_string(const struct call *c, uint64_t addr, char buf[LINE_MAX_BYTES + 2])
{
	size_t want = LINE_MAX_BYTES + 1;
	size_t first = SMALLEST_PAGE - addr % SMALLEST_PAGE;

	if (first > want)
		first = want;
	memset(buf, 0, want + 1);
	if (addr == 0 || !call_read(c, addr, buf, first))
		return false;
	return strnlen(buf, first) < first || first == want ||
	       call_read(c, addr + first, buf + first, want - first);
}

static void
arg_hidden(struct call *c, unsigned i)
{
	(void)c;
	(void)i;
}

static void
arg_x(struct call *c, unsigned i)
{
	line_add(&c->line, " 0x%" PRIx64, c->args[i]);
}

static void
arg_n(struct call *c, unsigned i)
{
	line_add(&c->line, " %d", call_int(c, i));
}

static void
arg_l(struct call *c, unsigned i)
{
	line_add(&c->line, " %" PRId64, (int64_t)c->args[i]);
}

static void
arg_id(struct call *c, unsigned i)
{
	line_add(&c->line, " id %d", call_int(c, i));
}

static void
arg_size(struct call *c, unsigned i)
{
	line_add(&c->line, " %" PRIu64 " bytes", c->args[i]);
}

static void
arg_path(struct call *c, unsigned i)
{
	char path[LINE_MAX_BYTES + 2];

	if (read_string(c, c->args[i], path) && path[0] != '\0')
		line_add(&c->line, " %s", path);
}

static char *
read_sockaddr(const struct call *c, unsigned i)
{
	uint8_t bytes[SOCKADDR_MAX];
	int len = call_int(c, i + 1);

	if (len <= 0 || len > SOCKADDR_MAX ||
	    !call_read(c, c->args[i], bytes, (size_t)len))
		return NULL;
	return sockaddr_text(bytes, (size_t)len);
}

static void
arg_addr(struct call *c, unsigned i)
{
	_cleanup_free_ char *text = read_sockaddr(c, i);

	if (text != NULL)
		line_add(&c->line, " %s", text);
}

static void
arg_to(struct call *c, unsigned i)
{
	_cleanup_free_ char *text = read_sockaddr(c, i);

	if (text != NULL)
		line_add(&c->line, " to %s", text);
}

static arg_printer *const printers[N_ARG_KINDS] = {
    [ARG_HIDDEN] = arg_hidden,
    [ARG_ADDR] = arg_addr,
    [ARG_CLOCKSLEEP] = arg_clocksleep,
    [ARG_FCNTL] = arg_fcntl,
    [ARG_FD] = arg_fd,
    [ARG_FDNO] = arg_fdno,
    [ARG_FDSET] = arg_fdset,
    [ARG_FLOCK] = arg_flock,
    [ARG_FUTEX] = arg_futex,
    [ARG_FUTEXES] = arg_futexes,
    [ARG_FUTEXWAIT] = arg_futexwait,
    [ARG_ID] = arg_id,
    [ARG_L] = arg_l,
    [ARG_MASK] = arg_mask,
    [ARG_MS] = arg_ms,
    [ARG_N] = arg_n,
    [ARG_OPTFD] = arg_optfd,
    [ARG_PATH] = arg_path,
    [ARG_PID] = arg_pid,
    [ARG_POLLFDS] = arg_pollfds,
    [ARG_POLLMS] = arg_pollms,
    [ARG_POLLTS] = arg_pollts,
    [ARG_POLLTV] = arg_polltv,
    [ARG_SIGNAL] = arg_signal,
    [ARG_SIZE] = arg_size,
    [ARG_SLEEP] = arg_sleep,
    [ARG_TO] = arg_to,
    [ARG_TS] = arg_ts,
    [ARG_WAITID] = arg_waitid,
    [ARG_WAITPID] = arg_waitpid,
    [ARG_WAITSET] = arg_waitset,
    [ARG_X] = arg_x,
};

char *
syscall_text(const struct target *t, struct fd_names *names,
    const struct syscall_state *s)
{
	const struct syscall_info *info = syscall_info(s->number);
	struct call c = {.t = t, .names = names, .args = s->args};

	if (s->is_running || s->number < 0)
		return NULL;
	if (info == NULL) {
		line_add(&c.line, "system call %" PRId64, s->number);
		for (unsigned i = 0; i < SYSCALL_ARGS; i++)
			arg_x(&c, i);
		return xstrdup(c.line.text);
	}
	line_add_text(&c.line, info->name);
	for (unsigned i = 0; i < info->n_args; i++)
		printers[info->kinds[i]](&c, i);
	return xstrdup(c.line.text);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/namer_message.h"

#include "base/clock.h"
#include "base/cursor.h"
#include "base/xalloc.h"
#include "object/debug_info.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- asks */

/* Room for one descriptor, aligned as the kernel wants it. */
union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

static void
attach(struct msghdr *msg, union control *control, int fd)
{
	*control = (union control){0};
	msg->msg_control = control;
	msg->msg_controllen = sizeof(control->room);
	control->head.cmsg_level = SOL_SOCKET;
	control->head.cmsg_type = SCM_RIGHTS;
	control->head.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&control->head), &fd, sizeof(fd));
}

int
namer_send_ask(int sock, int flags, const struct namer_ask *ask,
    const void *payload, size_t size, int fd)
{
	struct namer_ask head = *ask;
	struct iovec parts[] = {
	    {.iov_base = &head, .iov_len = sizeof(head)},
	    {.iov_base = (void *)(uintptr_t)payload, .iov_len = size}};
	struct msghdr msg = {.msg_iov = parts, .msg_iovlen = 2};
	union control control;
	ssize_t n;

	if (fd >= 0)
		attach(&msg, &control, fd);
	do
		n = sendmsg(sock, &msg, flags | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static int
detach(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (c != NULL && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

int
namer_receive_ask(int sock, int flags, struct namer_ask *ret, void *payload,
    size_t *ret_size, int *ret_fd)
{
	struct iovec parts[] = {{.iov_base = ret, .iov_len = sizeof(*ret)},
	    {.iov_base = payload, .iov_len = NAMER_PACKET_MAX}};
	union control control = {0};
	struct msghdr msg = {.msg_iov = parts,
	    .msg_iovlen = 2,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control.room)};
	ssize_t n;

	do
		n = recvmsg(sock, &msg, flags | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	*ret_fd = detach(&msg);
	if (n == 0)
		return -ENOTCONN;
	if ((size_t)n < sizeof(*ret) || (msg.msg_flags & MSG_TRUNC) != 0) {
		if (*ret_fd >= 0)
			(void)close(*ret_fd);
		return -EBADMSG;
	}
	*ret_size = (size_t)n - sizeof(*ret);
	return 0;
}

/* ---- answers
 *
 * A record: u32 place, u8 flags, u32 line, column and start line, and three
 * strings with their NULs: name, the linker's name ("": the same), file ("":
 * not known).
 */

#define RECORD_LAST	1 /* of its place */
#define RECORD_RESOLVED 2 /* the place has a real name */
#define RECORD_NOTHING	4 /* the place's only one: it says nothing */

#define RECORD_MAX (17 + 2 * (NAMER_NAME_MAX + 1) + NAMER_PATH_MAX + 1)

/* How long an answer waits for others that go with it. */
#define WRITE_DELAY_NS 20000000ull

_Static_assert(RECORD_MAX <= NAMER_PACKET_MAX, "a record fits into a packet");

bool
namer_flush(struct namer_writer *w)
{
	ssize_t n;

	if (w->n == 0)
		return true;
	do
		n = send(w->sock, w->bytes, w->n, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	w->n = 0;
	return n >= 0;
}

static void
put_u32(struct namer_writer *w, uint32_t v)
{
	memcpy(w->bytes + w->n, &v, sizeof(v));
	w->n += sizeof(v);
}

static void
put_str(struct namer_writer *w, const char *s, size_t max)
{
	size_t len = strnlen(s, max);

	memcpy(w->bytes + w->n, s, len);
	w->n += len;
	w->bytes[w->n++] = '\0';
}

static bool
make_room(struct namer_writer *w)
{
	if (sizeof(w->bytes) - w->n < RECORD_MAX && !namer_flush(w))
		return false;
	if (w->n == 0)
		w->since_ns = now_ns();
	return true;
}

static bool
put_line(struct namer_writer *w, uint32_t place, uint8_t flags,
    const struct location_line *l)
{
	bool is_same = strcmp(l->name, l->system_name) == 0;

	if (!make_room(w))
		return false;
	put_u32(w, place);
	w->bytes[w->n++] = flags;
	put_u32(w, l->line);
	put_u32(w, l->column);
	put_u32(w, l->start_line);
	put_str(w, l->name, NAMER_NAME_MAX);
	put_str(w, is_same ? "" : l->system_name, NAMER_NAME_MAX);
	put_str(w, l->file != NULL ? l->file : "", NAMER_PATH_MAX);
	return true;
}

static bool
put_nothing(struct namer_writer *w, uint32_t place)
{
	static char none[] = "";
	const struct location_line l = {.name = none, .system_name = none};

	return put_line(w, place, RECORD_LAST | RECORD_NOTHING, &l);
}

bool
namer_write(struct namer_writer *w, uint32_t place, const struct location *loc)
{
	uint8_t flags;

	if ((loc == NULL || loc->n == 0) && !put_nothing(w, place))
		return false;
	for (size_t i = 0; loc != NULL && i < loc->n; i++) {
		flags = i + 1 == loc->n ? RECORD_LAST : 0;
		flags |= loc->resolved ? RECORD_RESOLVED : 0;
		if (!put_line(w, place, flags, &loc->lines[i]))
			return false;
	}
	return now_ns() - w->since_ns < WRITE_DELAY_NS || namer_flush(w);
}

void
namer_reader_deinit(struct namer_reader *r)
{
	location_deinit(&r->loc);
}

void
namer_reader_begin(struct namer_reader *r, uint32_t n_places)
{
	location_deinit(&r->loc);
	*r = (struct namer_reader){.n_places = n_places};
}

/* One more line of the place; false when it has too many already. */
static bool
add_line(struct namer_reader *r, const struct location_line *l)
{
	struct location *loc = &r->loc;

	if (loc->n == DEBUG_INLINES_MAX)
		return false;
	if (loc->lines == NULL)
		loc->lines = xcalloc(DEBUG_INLINES_MAX, sizeof(*loc->lines));
	loc->lines[loc->n] = *l;
	loc->lines[loc->n].name = xstrdup(l->name);
	loc->lines[loc->n].system_name = xstrdup(l->system_name);
	loc->lines[loc->n++].file = l->file != NULL ? xstrdup(l->file) : NULL;
	return true;
}

/* A string of at most max bytes; what is longer makes the cursor bad. */
static char *
read_str(struct cursor *c, size_t max)
{
	const char *s = cursor_str(c);

	if (s == NULL || strlen(s) > max) {
		c->bad = true;
		return NULL;
	}
	return (char *)(uintptr_t)s;
}

/* The strings stay the packet's. */
static void
read_line(struct cursor *c, struct location_line *ret)
{
	ret->line = cursor_u32(c);
	ret->column = cursor_u32(c);
	ret->start_line = cursor_u32(c);
	ret->name = read_str(c, NAMER_NAME_MAX);
	ret->system_name = read_str(c, NAMER_NAME_MAX);
	ret->file = read_str(c, NAMER_PATH_MAX);
	if (c->bad)
		return;
	if (ret->system_name[0] == '\0')
		ret->system_name = ret->name;
	if (ret->file[0] == '\0')
		ret->file = NULL;
}

static bool
read_record(struct namer_reader *r, struct cursor *c, uint8_t *ret_flags)
{
	uint32_t place = cursor_u32(c);
	uint8_t flags = cursor_u8(c);
	struct location_line l;

	read_line(c, &l);
	*ret_flags = flags;
	if (c->bad || place != r->next || place >= r->n_places)
		return false;
	if ((flags & RECORD_NOTHING) != 0)
		return (flags & RECORD_LAST) != 0 && r->loc.n == 0;
	return l.name[0] != '\0' && add_line(r, &l);
}

bool
namer_read(struct namer_reader *r, const void *packet, size_t size,
    void (*found)(void *ctx, uint32_t place, const struct location *loc),
    void *ctx)
{
	struct cursor c = cursor_of(packet, size);
	uint8_t flags;

	while (cursor_left(&c) > 0) {
		if (!read_record(r, &c, &flags))
			return false;
		if ((flags & RECORD_LAST) == 0)
			continue;
		r->loc.resolved = (flags & RECORD_RESOLVED) != 0;
		found(ctx, r->next++, &r->loc);
		location_deinit(&r->loc);
	}
	return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/births.h"

#include "base/parse.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

bool
births_parse(const char *loadavg, pid_t *ret)
{
	const char *last = strrchr(loadavg, ' ');
	char digits[16];
	uint64_t id;
	size_t n;

	if (last == NULL)
		return false;
	n = strcspn(++last, "\n");
	if (n >= sizeof(digits))
		return false;
	memcpy(digits, last, n);
	digits[n] = '\0';
	if (!parse_u64(digits, INT_MAX, &id))
		return false;
	*ret = (pid_t)id;
	return true;
}

static bool
read_last(const struct births *b, pid_t *ret)
{
	char text[128];
	ssize_t n = pread(b->fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return false;
	text[n] = '\0';
	return births_parse(text, ret);
}

void
births_init(struct births *b)
{
	*b = (struct births){
	    .fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC)};
	if (b->fd >= 0 && !read_last(b, &b->last))
		births_deinit(b);
	b->before = b->origin = b->last;
}

void
births_deinit(struct births *b)
{
	if (b->fd >= 0)
		(void)close(b->fd);
	b->fd = -1;
}

bool
births_since(struct births *b, struct birth_range *ret)
{
	pid_t before = b->before, last;

	if (b->fd < 0 || !read_last(b, &last))
		return false;
	b->has_wrapped |= last < b->last;
	b->before = b->last;
	b->last = last;
	*ret = (struct birth_range){before + 1, last};
	/* Past the highest the kernel begins anew. */
	return last >= before && last - before <= BIRTHS_MAX;
}

void
births_put_back(struct births *b, pid_t first)
{
	b->before = first - 1;
}

void
births_confirm(struct births *b, pid_t pid)
{
	pid_t last;

	if (b->fd < 0 || b->has_wrapped || !read_last(b, &last))
		return;
	/* Else it has wrapped just now, which the next look will see. */
	if (last >= b->last && (pid > last || pid <= b->origin))
		births_deinit(b);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/syscall_arg.h"

#include <sys/wait.h>

#ifndef P_PIDFD /* glibc 2.36, Linux 5.4 */
#define P_PIDFD 3
#endif

void
arg_pid(struct call *c, unsigned i)
{
	line_add(&c->line, " pid %d", call_int(c, i));
}

/* wait4(2): below -1 it is a group, negated. */
void
arg_waitpid(struct call *c, unsigned i)
{
	int pid = call_int(c, i);

	if (pid > 0)
		line_add(&c->line, " pid %d", pid);
	else if (pid == -1)
		line_add_text(&c->line, " any child");
	else if (pid == 0)
		line_add_text(&c->line, " any child of its group");
	else
		line_add(&c->line, " any child of group %u", 0u - (unsigned)pid);
}

void
arg_waitid(struct call *c, unsigned i)
{
	int id = call_int(c, i + 1);

	switch (call_int(c, i)) {
	case P_ALL:
		line_add_text(&c->line, " any child");
		break;
	case P_PID:
		line_add(&c->line, " pid %d", id);
		break;
	case P_PGID:
		if (id == 0)
			line_add_text(&c->line, " any child of its group");
		else
			line_add(&c->line, " any child of group %d", id);
		break;
	case P_PIDFD:
		add_fd(c, id);
		break;
	default:
		line_add(&c->line, " type %d id %d", call_int(c, i), id);
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/syscall.h"

#include "target/proc_file.h"
#include "target/target.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Numbers of up to 18 characters, nine of them. */
#define SYSCALL_FILE_SIZE 256

/* "running", "-1 SP PC", or "NUMBER ARG ARG ARG ARG ARG ARG SP PC" */
bool
syscall_parse(const char *text, struct syscall_state *ret)
{
	struct syscall_state s = {.number = -1};
	uint64_t v[SYSCALL_ARGS + 2];
	int n;

	if (strcmp(text, "running\n") == 0 || strcmp(text, "running") == 0) {
		*ret = (struct syscall_state){.is_running = true, .number = -1};
		return true;
	}
	n = sscanf(text,
	    "%" SCNd64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64
	    " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64,
	    &s.number, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]);
	if (n == 3 && s.number < 0) {
		s.number = -1;
		s.sp = v[0];
		s.pc = v[1];
	} else if (n == 9 && s.number >= 0) {
		memcpy(s.args, v, sizeof(s.args));
		s.sp = v[6];
		s.pc = v[7];
	} else {
		return false;
	}
	*ret = s;
	return true;
}

bool
syscall_read(const struct target *t, pid_t tid, struct syscall_state *ret)
{
	char path[64], text[SYSCALL_FILE_SIZE];

	(void)snprintf(path, sizeof(path), "task/%d/syscall", tid);
	return proc_file_read_into(t->proc_fd, path, text, sizeof(text)) &&
	       syscall_parse(text, ret);
}

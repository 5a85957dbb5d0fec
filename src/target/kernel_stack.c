/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/kernel_stack.h"

#include "target/proc_file.h"
#include "target/target.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* 64 lines; a name of the kernel's has at most 512 bytes (KSYM_NAME_LEN). */
#define TEXT_MAX (KERNEL_FRAMES_MAX * 600)

bool
kernel_stack_read(const struct target *t, pid_t tid, struct kernel_stack *ret)
{
	char path[64], text[TEXT_MAX];

	(void)snprintf(path, sizeof(path), "task/%d/stack", (int)tid);
	ret->n = 0;
	if (!proc_file_read_into(t->proc_fd, path, text, sizeof(text)))
		return false;
	kernel_stack_parse(text, ret);
	return true;
}

void
kernel_stack_parse(const char *text, struct kernel_stack *ret)
{
	ret->n = 0;
	while (*text != '\0' && ret->n < KERNEL_FRAMES_MAX) {
		size_t line = strcspn(text, "\n");
		size_t name = strcspn(text, " ") + 1;

		/* Behind the address, which is 0 for who may not know it. */
		if (name < line) {
			size_t len = strcspn(text + name, "+\n");

			(void)snprintf(ret->names[ret->n++], KERNEL_NAME_MAX,
			    "%.*s", (int)len, text + name);
		}
		text += line + (text[line] != '\0');
	}
}

bool
kernel_stack_is_permitted(void)
{
	char text[TEXT_MAX];

	return proc_file_read_into(
	    AT_FDCWD, "/proc/self/stack", text, sizeof(text));
}

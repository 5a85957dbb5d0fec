/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/onlooker.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "target/access.h"
#include "target/fd_name.h"
#include "target/proc_file.h"
#include "target/syscall.h"
#include "target/syscall_text.h"
#include "target/target.h"
#include "target/task.h"

#include <stdlib.h>
#include <unistd.h>

/*
 * How long tables of sockets are believed. They are the system's, and a machine
 * with many connections takes a while to write them.
 */
#define SOCKETS_KEPT_NS (5 * NS_PER_SEC)

struct onlooker {
	struct target target;
	struct fd_names sockets;
	uint64_t sockets_ns; /* when they were forgotten last */
	double started_s;    /* since the boot */
	char name[TARGET_COMM_SIZE];
	char *doing;
};

static double
boot_s(void)
{
	return (double)clock_ns(CLOCK_BOOTTIME) / NS_PER_SEC;
}

/* Now, where /proc does not tell. */
static double
started_s(const struct target *t)
{
	struct proc_stat st;
	char text[1024];

	if (!proc_file_read_into(t->proc_fd, "stat", text, sizeof(text)) ||
	    !proc_stat_parse(text, &st))
		return boot_s();
	return (double)st.start_time / (double)sysconf(_SC_CLK_TCK);
}

int
onlooker_open(pid_t pid, struct onlooker **ret, struct err *err)
{
	struct access_tracer tracer;
	struct target target;
	struct onlooker *o;
	int r;

	/* Nothing is stopped here, so a debugger is in nobody's way. */
	r = target_open_traced(pid, &target, &tracer, err);
	if (r < 0)
		return r;
	o = xcalloc(1, sizeof(*o));
	o->target = target;
	o->started_s = started_s(&target);
	*ret = o;
	return 0;
}

void
onlooker_close(struct onlooker *o)
{
	if (o == NULL)
		return;
	fd_names_deinit(&o->sockets);
	target_close(&o->target);
	free(o->doing);
	free(o);
}

static int
compare_tids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* A new picture begins: what was looked up may not be so any more. */
static void
refresh(struct onlooker *o)
{
	uint64_t now = now_ns();

	/* The memory is another one after an exec. */
	target_refresh(&o->target);
	if (now - o->sockets_ns < SOCKETS_KEPT_NS)
		return;
	fd_names_deinit(&o->sockets);
	o->sockets_ns = now;
}

pid_t *
onlooker_threads(struct onlooker *o, size_t *ret_n)
{
	pid_t *tids;

	*ret_n = 0;
	if (target_has_exited(&o->target))
		return NULL;
	refresh(o);
	tids = task_list(&o->target, ret_n);
	if (tids != NULL)
		qsort(tids, *ret_n, sizeof(*tids), compare_tids);
	return tids;
}

char
onlooker_state(struct onlooker *o, pid_t tid)
{
	return task_state(&o->target, tid);
}

const char *
onlooker_name(struct onlooker *o, pid_t tid)
{
	task_comm(&o->target, tid, o->name, sizeof(o->name));
	return o->name;
}

const char *
onlooker_doing(struct onlooker *o, pid_t tid)
{
	struct syscall_state call;

	free(o->doing);
	o->doing = NULL;
	if (!syscall_read(&o->target, tid, &call))
		return "";
	if (call.is_running)
		return "running";
	o->doing = syscall_text(&o->target, &o->sockets, &call);
	return o->doing != NULL ? o->doing : "";
}

double
onlooker_age(struct onlooker *o)
{
	return boot_s() - o->started_s;
}

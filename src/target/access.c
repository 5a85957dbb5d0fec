/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/access.h"

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "core/check.h"
#include "target/facts.h"
#include "target/gate.h"
#include "target/proc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* The descriptor below which everything is read. */
static int
open_root(void)
{
	return open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int
access_no_process(pid_t pid, struct err *err)
{
	return err_set(err, ERR_NO_PROCESS, "PID %d: no such process", pid);
}

/* A kernel thread has nothing to read, nor has what is not there. */
static bool
is_worth_a_probe(const struct facts *f)
{
	return f->status_errno == 0 && f->pid != f->own_pid &&
	       !f->suspect.is_kernel_thread &&
	       (f->suspect.stat.state != 'Z' || f->suspect.threads > 1);
}

static void
find_out(int root_fd, int proc_fd, pid_t pid, struct facts *ret)
{
	facts_read(root_fd, proc_fd, pid, ret);
	ret->kill_errno = kill(pid, 0) == 0 ? 0 : errno;
	if (!ret->has_proc_dir && ret->kill_errno == ESRCH)
		facts_find_outer(root_fd, ret);
	facts_probe_own(ret);
	if (is_worth_a_probe(ret))
		facts_probe_read(proc_fd, ret);
}

int
access_explain(
    pid_t pid, int proc_fd, struct access_tracer *ret_tracer, struct err *err)
{
	_cleanup_close_ int root_fd = open_root();
	struct finding findings[GATE_NR];
	enum gate_id failed;
	struct facts f;

	find_out(root_fd, proc_fd, pid, &f);
	gates_look(&f, findings);
	failed = gates_first_failed(findings);
	if (failed != GATE_NR)
		return gate_error(&f, findings, failed, err);
	if (ret_tracer != NULL) {
		ret_tracer->pid = f.suspect.tracer;
		memcpy(ret_tracer->comm, f.suspect.tracer_comm,
		    sizeof(ret_tracer->comm));
	}
	return 0;
}

/* ---- the doctor --------------------------------------------------------- */

static void
check_machine(int root_fd, struct check *ret)
{
	struct facts f = {0};

	facts_read_own(root_fd, &f);
	facts_probe_own(&f);
	facts_probe_child(&f);
	ret->findings = gates_look_machine(&f, &ret->n_findings);
	for (size_t i = 0; i < ret->n_findings; i++)
		if (ret->findings[i].verdict == VERDICT_FAIL)
			ret->status = ERR_NOT_PERMITTED;
}

static void
check_process(int root_fd, pid_t asked, struct check *ret)
{
	_cleanup_close_ int proc_fd = proc_open_dir(asked);
	pid_t pid = proc_process_of(proc_fd, asked);
	enum gate_id failed;
	struct facts f;
	struct err err;

	if (pid != asked && proc_fd >= 0) {
		(void)close(proc_fd);
		proc_fd = proc_open_dir(pid);
	}
	find_out(root_fd, proc_fd, pid, &f);
	f.asked = asked;
	ret->findings = xcalloc(GATE_NR, sizeof(*ret->findings));
	ret->n_findings = GATE_NR;
	gates_look(&f, ret->findings);
	/* Only where nothing is known that would refuse it. */
	if (gates_first_failed(ret->findings) == GATE_NR &&
	    ret->findings[GATE_TRACER].verdict == VERDICT_PASS) {
		facts_probe_seize(proc_fd, &f);
		gates_look(&f, ret->findings);
	}
	failed = gates_first_failed(ret->findings);
	if (failed != GATE_NR)
		ret->status = -gate_error(&f, ret->findings, failed, &err);
	ret->pid = pid;
	(void)snprintf(ret->comm, sizeof(ret->comm), "%s", f.suspect.comm);
}

void
access_check(pid_t pid, struct check *ret)
{
	_cleanup_close_ int root_fd = open_root();

	*ret = (struct check){0};
	if (pid == 0)
		check_machine(root_fd, ret);
	else
		check_process(root_fd, pid, ret);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gate_permission.c - the tests of __ptrace_may_access(), one by one
 *
 * When the kernel has granted access, none of them fails: there are exceptions
 * that cannot be seen from outside (PR_SET_PTRACER, the owner of a user
 * namespace). When it has refused, the ones that explain it do.
 */
#include "config.h"

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "target/gate_private.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>

#define NAMES_SIZE 128

bool
is_refused(const struct facts *f)
{
	int e = f->probes.read;

	return e == EPERM || e == EACCES;
}

static bool
is_granted(const struct facts *f)
{
	return f->probes.read == 0;
}

bool
is_outside_our_user_ns(const struct facts *f)
{
	return f->same_user_ns == ANSWER_NO && !f->in_first_user_ns;
}

bool
may_trace_anybody(const struct facts *f)
{
	return has_capability(f->own.cap_effective, CAPABILITY_PTRACE);
}

/* For numbers and rights that say nothing across user namespaces. */
static bool
is_beyond_us(const struct facts *f, struct finding *ret)
{
	if (!is_refused(f) || !is_outside_our_user_ns(f))
		return false;
	finding_set(ret, VERDICT_UNKNOWN,
	    "not comparable: it is in another user namespace");
	return true;
}

/* ---- owner -------------------------------------------------------------- */

/*
 * A user's name, or "uid N"; to free(). By the file alone: getpwuid() may ask a
 * server, and opens a socket even where there is none.
 */
static char *
user_name(uint32_t uid)
{
	_cleanup_fclose_ FILE *fp = fopen("/etc/passwd", "re");
	const struct passwd *pw;

	while (fp != NULL && (pw = fgetpwent(fp)) != NULL)
		if (pw->pw_uid == uid)
			return xstrdup(pw->pw_name);
	return xasprintf("uid %u", uid);
}

static char *
group_name(uint32_t gid)
{
	_cleanup_fclose_ FILE *fp = fopen("/etc/group", "re");
	const struct group *gr;

	while (fp != NULL && (gr = fgetgrent(fp)) != NULL)
		if (gr->gr_gid == gid)
			return xstrdup(gr->gr_name);
	return xasprintf("gid %u", gid);
}

static bool
are_all(const uint32_t ids[3], uint32_t id)
{
	return ids[0] == id && ids[1] == id && ids[2] == id;
}

/* "www-data", or "alice, root, root (real, effective, saved)". */
static void
print_ids(char buf[NAMES_SIZE], const uint32_t ids[3], char *name(uint32_t id))
{
	_cleanup_free_ char *real = name(ids[0]);
	_cleanup_free_ char *effective = name(ids[1]);
	_cleanup_free_ char *saved = name(ids[2]);

	if (are_all(ids, ids[0]))
		(void)snprintf(buf, NAMES_SIZE, "%s", real);
	else
		(void)snprintf(buf, NAMES_SIZE,
		    "%s, %s, %s (real, effective, saved)", real, effective,
		    saved);
}

/* The kernel compares the caller's real ids with all three of the target. */
static void
explain_owner(const struct facts *f, struct finding *ret)
{
	const struct identity *own = &f->own, *id = &f->suspect.id;
	bool is_user = !are_all(id->uid, own->uid[0]);
	const char *without = own->uid[1] == 0 ? " without CAP_SYS_PTRACE" : "";
	_cleanup_free_ char *us = NULL;
	char them[NAMES_SIZE];

	us = is_user ? user_name(own->uid[0]) : group_name(own->gid[0]);
	if (is_user)
		print_ids(them, id->uid, user_name);
	else
		print_ids(them, id->gid, group_name);
	finding_set(ret, VERDICT_FAIL,
	    is_user ? "it belongs to %s, and scrape runs as %s%s"
		    : "its group is %s, and scrape's is %s%s",
	    them, us, without);
	if (!is_user)
		finding_why(ret, "the kernel compares groups as well as users");
	advise_capability(f, ret);
}

void
gate_owner(const struct facts *f, struct finding *ret)
{
	const struct identity *own = &f->own, *id = &f->suspect.id;
	bool is_same =
	    are_all(id->uid, own->uid[0]) && are_all(id->gid, own->gid[0]);
	char them[NAMES_SIZE];

	if (is_beyond_us(f, ret))
		return;
	print_ids(them, id->uid, user_name);
	if (is_same)
		finding_set(ret, VERDICT_PASS,
		    "it belongs to %s, as whom scrape runs", them);
	else if (may_trace_anybody(f))
		finding_set(ret, VERDICT_PASS,
		    "it belongs to %s; scrape has CAP_SYS_PTRACE", them);
	else if (is_granted(f))
		finding_set(ret, VERDICT_PASS,
		    "it belongs to %s; the kernel makes an exception", them);
	else
		explain_owner(f, ret);
}

/* ---- dumpable, capabilities --------------------------------------------- */

/*
 * The kernel shows the files of an undumpable process as root's. Those of
 * root's own processes say nothing.
 */
void
gate_dumpable(const struct facts *f, struct finding *ret)
{
	uint32_t euid = f->suspect.id.uid[1];

	if (is_beyond_us(f, ret))
		return;
	if (!f->has_maps_owner || (euid == 0 && f->maps_owner == 0)) {
		finding_set(ret, is_granted(f) ? VERDICT_PASS : VERDICT_UNKNOWN,
		    is_granted(f) ? "no hindrance"
				  : "cannot be seen of root's processes");
		return;
	}
	if (f->maps_owner == euid) {
		finding_set(ret, VERDICT_PASS, "it is dumpable");
		return;
	}
	finding_set(ret,
	    is_refused(f) && !may_trace_anybody(f) ? VERDICT_FAIL
						   : VERDICT_PASS,
	    "it is not dumpable%s",
	    may_trace_anybody(f) ? "; scrape has CAP_SYS_PTRACE" : "");
	if (ret->verdict == VERDICT_PASS)
		return;
	finding_why(ret, "it changed credentials, executed a file that it may "
			 "not read, or asked for that by "
			 "prctl(PR_SET_DUMPABLE)");
	advise_capability(f, ret);
}

/* cap_ptrace_access_check() in security/commoncap.c */
void
gate_capabilities(const struct facts *f, struct finding *ret)
{
	uint64_t more = f->suspect.id.cap_permitted & ~f->own.cap_permitted;

	if (is_beyond_us(f, ret))
		return;
	if (may_trace_anybody(f)) {
		finding_set(ret, VERDICT_PASS, "scrape has CAP_SYS_PTRACE");
	} else if (more == 0) {
		finding_set(ret, VERDICT_PASS,
		    "it has no capability that scrape lacks");
	} else {
		finding_set(ret, is_refused(f) ? VERDICT_FAIL : VERDICT_PASS,
		    "it has capabilities that scrape lacks (%#llx)",
		    (unsigned long long)more);
		if (ret->verdict == VERDICT_FAIL)
			advise_capability(f, ret);
	}
}

/* ---- yama --------------------------------------------------------------- */

/* Whether its rule would let us through, leave of the target apart. */
static bool
yama_lets_through(const struct facts *f)
{
	if (f->yama == 3)
		return false;
	return f->yama <= 0 || may_trace_anybody(f) ||
	       (f->yama == 1 && f->is_descendant);
}

const char *
yama_rule(int scope)
{
	static const char *const rules[] = {
	    "everybody may trace what is theirs",
	    "only a parent may trace a process",
	    "only CAP_SYS_PTRACE may trace",
	    "nobody may trace until the next boot",
	};

	return rules[scope];
}

static void
advise_yama(const struct facts *f, struct finding *ret)
{
	if (f->yama == 3)
		finding_try(ret, "boot with another kernel.yama.ptrace_scope: "
				 "it cannot be lowered from 3");
	else if (f->yama == 2 || f->own.uid[1] == 0 ||
		 !has_capability(f->own.cap_bounding, CAPABILITY_PTRACE))
		advise_capability(f, ret);
	else
		finding_try(ret,
		    "sudo %s -p %d; or start it by scrape: scrape record -- "
		    "COMMAND; or, until the next boot, sudo sysctl "
		    "kernel.yama.ptrace_scope=0",
		    err_command(), f->pid);
}

void
gate_yama(const struct facts *f, struct finding *ret)
{
	if (f->yama < 0) {
		finding_set(ret, VERDICT_PASS, "this kernel has no Yama");
		return;
	}
	if (f->yama < 3 && is_beyond_us(f, ret))
		return;
	if (yama_lets_through(f) || is_granted(f)) {
		finding_set(ret, VERDICT_PASS,
		    "kernel.yama.ptrace_scope is %d%s", f->yama,
		    yama_lets_through(f) ? "" : "; the process lets scrape in");
		return;
	}
	finding_set(ret, is_refused(f) ? VERDICT_FAIL : VERDICT_UNKNOWN,
	    "kernel.yama.ptrace_scope is %d: %s", f->yama, yama_rule(f->yama));
	if (ret->verdict == VERDICT_FAIL)
		advise_yama(f, ret);
}

/* ---- user namespace ----------------------------------------------------- */

void
gate_user_ns(const struct facts *f, struct finding *ret)
{
	if (f->same_user_ns == ANSWER_UNKNOWN) {
		finding_set(ret, VERDICT_UNKNOWN,
		    "its user namespace looks like scrape's, but cannot be "
		    "compared");
		return;
	}
	if (f->same_user_ns == ANSWER_YES) {
		finding_set(
		    ret, VERDICT_PASS, "it is in scrape's own user namespace");
		return;
	}
	if (!is_refused(f) || f->in_first_user_ns) {
		finding_set(ret, VERDICT_PASS,
		    "it is in another user namespace%s",
		    is_refused(f) ? "" : ", where scrape may look");
		return;
	}
	finding_set(ret, VERDICT_FAIL,
	    "it is in another user namespace, where scrape's capabilities "
	    "do not count");
	finding_try(ret,
	    "%s outside of this user namespace or container, with the PID that "
	    "is shown there",
	    err_command());
}

/* ---- seccomp ------------------------------------------------------------ */

static void
explain_filter(
    const struct facts *f, const char *call, int error, struct finding *ret)
{
	bool is_filter = f->own.seccomp != 0;

	finding_set(ret, VERDICT_FAIL, "%s refuses %s (%s)",
	    is_filter ? "a seccomp filter of scrape's own" : "the kernel", call,
	    strerrorname_np(error));
	if (is_filter)
		finding_why(ret, "scrape was started in a sandbox that "
				 "forbids it");
	advise_no_filter(f, ret);
}

void
gate_seccomp(const struct facts *f, struct finding *ret)
{
	const struct probes *p = &f->probes;

	if (p->ptrace > 0) {
		explain_filter(f, "ptrace", p->ptrace, ret);
	} else if (p->vm_readv > 0) {
		explain_filter(f, "process_vm_readv", p->vm_readv, ret);
		ret->verdict = VERDICT_WARN;
		finding_why(ret, "memory is read through /proc/PID/mem "
				 "instead, which takes a little longer");
	} else if (p->ptrace == PROBE_NOT_MADE) {
		finding_set(ret, VERDICT_UNKNOWN, "not tried");
	} else {
		finding_set(ret, VERDICT_PASS,
		    f->own.seccomp != 0
			? "scrape has a filter, which lets ptrace and "
			  "process_vm_readv through"
			: "scrape has no filter");
	}
}

/* ---- security modules --------------------------------------------------- */

/* AppArmor shows "NAME (enforce)", SELinux "user:role:type:level". */
static bool
is_enforced_profile(const char *label)
{
	return strstr(label, "(enforce)") != NULL;
}

void
gate_lsm(const struct facts *f, struct finding *ret)
{
	if (f->lsm[0] == '\0' && f->label[0] == '\0') {
		finding_set(
		    ret, VERDICT_PASS, "no security module can be seen");
		return;
	}
	finding_set(ret, is_refused(f) ? VERDICT_UNKNOWN : VERDICT_PASS,
	    "modules %s; scrape is %s, it is %s",
	    f->lsm[0] != '\0' ? f->lsm : "unknown",
	    f->own_label[0] != '\0' ? f->own_label : "unlabelled",
	    f->label[0] != '\0' ? f->label : "unlabelled");
}

static void
blame_apparmor(const struct facts *f, struct finding *ret)
{
	bool is_ours = is_enforced_profile(f->own_label);

	finding_set(ret, VERDICT_FAIL,
	    "the AppArmor profile of %s forbids it: %s",
	    is_ours ? "scrape" : "the process",
	    is_ours ? f->own_label : f->label);
	if (f->container.docker || f->container.podman)
		finding_try(ret,
		    "%s run --security-opt apparmor=unconfined "
		    "..., or scrape on the host",
		    f->container.podman ? "podman" : "docker");
	else
		finding_try(ret, "sudo aa-complain PROFILE; sudo dmesg | grep "
				 "apparmor names the rule");
}

void
gate_blame_policy(const struct facts *f, struct finding *ret)
{
	if (f->selinux_deny_ptrace) {
		finding_set(ret, VERDICT_FAIL,
		    "SELinux forbids ptrace to all: "
		    "its boolean deny_ptrace is on");
		finding_try(ret, "sudo setsebool deny_ptrace off");
	} else if (is_enforced_profile(f->own_label) ||
		   is_enforced_profile(f->label)) {
		blame_apparmor(f, ret);
	} else if (f->selinux_enforcing) {
		finding_set(ret, VERDICT_FAIL,
		    "SELinux forbids it: scrape is %s, the process %s",
		    f->own_label, f->label);
		finding_try(ret, "sudo ausearch -m avc -ts recent names the "
				 "rule");
	} else {
		finding_set(ret, VERDICT_FAIL,
		    "a sandbox or security module refuses%s%s",
		    f->lsm[0] != '\0' ? "; there are " : "", f->lsm);
		finding_why(ret, "users, capabilities, dumpability and Yama "
				 "would allow it");
		if (is_in_container(f))
			advise_capability(f, ret);
		else
			finding_try(ret,
			    "%s from a shell outside of any "
			    "sandbox (Landlock, firejail, "
			    "bubblewrap)",
			    err_command());
	}
}

/* ---- container, attach -------------------------------------------------- */

static const char *
container_name(const struct container *c)
{
	if (c->kubernetes)
		return "a Kubernetes container";
	if (c->podman)
		return "a Podman container";
	return c->docker ? "a Docker container" : "a container";
}

void
gate_container(const struct facts *f, struct finding *ret)
{
	bool lacks = !has_capability(f->own.cap_bounding, CAPABILITY_PTRACE);

	if (!is_in_container(f)) {
		finding_set(ret, VERDICT_PASS, "scrape runs in no container");
		return;
	}
	finding_set(ret, lacks ? VERDICT_WARN : VERDICT_PASS,
	    "scrape runs in %s%s", container_name(&f->container),
	    lacks ? " that was given no CAP_SYS_PTRACE" : "");
	if (lacks)
		advise_capability(f, ret);
}

/* Only `scrape check` asks; a tracer that is known has been told already. */
void
gate_attach(const struct facts *f, struct finding *ret)
{
	int e = f->probes.seize;

	if (e == 0) {
		finding_set(ret, VERDICT_PASS, "the kernel lets scrape attach");
	} else if (e == PROBE_NOT_MADE) {
		finding_set(ret, VERDICT_UNKNOWN, "not tried");
	} else {
		finding_set(ret, VERDICT_FAIL,
		    "the kernel refuses to attach (%s), though its memory can "
		    "be read",
		    strerrorname_np(e));
		finding_why(ret, "most likely a tracer in another PID "
				 "namespace, which /proc does not show here");
		finding_try(ret, "detach that debugger, on the host or in its "
				 "container");
	}
}

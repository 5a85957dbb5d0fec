/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gate_advice.c - what to type, which depends on where scrape runs
 */
#include "config.h"

#include "target/gate_private.h"

#include <unistd.h>

bool
is_in_container(const struct facts *f)
{
	const struct container *c = &f->container;

	return c->docker || c->podman || c->kubernetes || c->other;
}

/* "sudo scrape dump -p 42"; without a target "sudo scrape check". */
static void
advise_sudo(const struct facts *f, struct finding *ret)
{
	if (f->pid != 0)
		finding_try(ret, "sudo %s -p %d", err_command(), f->pid);
	else
		finding_try(ret, "sudo %s", err_command());
}

static void
advise_container(const struct container *c, struct finding *ret)
{
	if (c->kubernetes)
		finding_try(ret,
		    "securityContext.capabilities.add: [SYS_PTRACE] in the "
		    "container's spec; or kubectl debug -it POD "
		    "--profile=general --target=CONTAINER --image=IMAGE; or "
		    "scrape on the node");
	else
		finding_try(ret,
		    "%s run --cap-add=SYS_PTRACE ...; or scrape on the host, "
		    "with the PID that the host shows",
		    c->podman ? "podman" : "docker");
}

/* What a bounding set lacks, sudo does not bring back. */
void
advise_capability(const struct facts *f, struct finding *ret)
{
	const struct identity *own = &f->own;

	if (has_capability(own->cap_bounding, CAPABILITY_PTRACE)) {
		if (own->uid[1] != 0)
			advise_sudo(f, ret);
		else
			finding_try(ret, "a root shell that still has "
					 "CAP_SYS_PTRACE (capsh --print)");
	} else if (is_in_container(f)) {
		advise_container(&f->container, ret);
	} else {
		finding_try(ret, "a shell whose bounding set has "
				 "CAP_SYS_PTRACE (capsh --print; of a service: "
				 "CapabilityBoundingSet=)");
	}
}

void
advise_no_filter(const struct facts *f, struct finding *ret)
{
	const struct container *c = &f->container;

	if (c->kubernetes)
		finding_try(ret, "securityContext.seccompProfile.type: "
				 "Unconfined in the container's spec, or "
				 "scrape on the node");
	else if (c->docker || c->podman)
		finding_try(ret,
		    "%s run --cap-add=SYS_PTRACE ..., or --security-opt "
		    "seccomp=unconfined, or scrape on the host",
		    c->podman ? "podman" : "docker");
	else
		finding_try(ret, "scrape outside of that sandbox (of a "
				 "service: SystemCallFilter=)");
}

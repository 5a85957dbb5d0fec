/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gate_private.h - what the files of the gates share
 *
 * gate.c has the list, gate_process.c what the target is, gate_permission.c who
 * may look at it, gate_machine.c this machine, gate_advice.c what to type.
 */
#ifndef SCRAPE_TARGET_GATE_PRIVATE_H
#define SCRAPE_TARGET_GATE_PRIVATE_H

#include "base/attr.h"
#include "target/facts.h"
#include "target/gate.h"

/* Long enough for any advice; it goes into a finding's try. */
#define ADVICE_SIZE 384

void finding_set(struct finding *ret, enum verdict verdict, const char *fmt,
    ...) printf_like(3, 4);
void finding_why(struct finding *ret, const char *fmt, ...) printf_like(2, 3);
void finding_try(struct finding *ret, const char *fmt, ...) printf_like(2, 3);

/* Each fills verdict and texts of a finding that is empty but for its name. */
void gate_namespace(const struct facts *f, struct finding *ret);
void gate_exists(const struct facts *f, struct finding *ret);
void gate_visible(const struct facts *f, struct finding *ret);
void gate_process(const struct facts *f, struct finding *ret);
void gate_not_self(const struct facts *f, struct finding *ret);
void gate_alive(const struct facts *f, struct finding *ret);
void gate_user_space(const struct facts *f, struct finding *ret);
void gate_runnable(const struct facts *f, struct finding *ret);
void gate_tracer(const struct facts *f, struct finding *ret);
void gate_bitness(const struct facts *f, struct finding *ret);

void gate_owner(const struct facts *f, struct finding *ret);
void gate_dumpable(const struct facts *f, struct finding *ret);
void gate_capabilities(const struct facts *f, struct finding *ret);
void gate_yama(const struct facts *f, struct finding *ret);
void gate_user_ns(const struct facts *f, struct finding *ret);
void gate_seccomp(const struct facts *f, struct finding *ret);
void gate_lsm(const struct facts *f, struct finding *ret);
void gate_container(const struct facts *f, struct finding *ret);
void gate_attach(const struct facts *f, struct finding *ret);
/* Names the likeliest policy when the kernel refuses and no gate says why. */
void gate_blame_policy(const struct facts *f, struct finding *ret);

bool is_refused(const struct facts *f);
bool is_in_container(const struct facts *f);
/* scrape's capabilities do not reach out of its own user namespace. */
bool is_outside_our_user_ns(const struct facts *f);
bool may_trace_anybody(const struct facts *f);
const char *yama_rule(int scope); /* 0 to 3 */

/* What to type to get CAP_SYS_PTRACE here. */
void advise_capability(const struct facts *f, struct finding *ret);
void advise_no_filter(const struct facts *f, struct finding *ret);

#endif

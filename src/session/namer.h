/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * namer.h - names while the sampling goes on, from a process of their own
 *
 * Names come from ELF and DWARF that nobody vouches for, can take seconds, and
 * libdw has crashed on such input before. So a child process looks them up: it
 * gets the modules as descriptors and the addresses to name, and sends back
 * what stands there. When it dies, or takes too long over a frame, it is
 * started again, and a frame that this happens at twice is given up.
 *
 *	who shows	  -- modules, places -->      the child
 *			  <-- names ------------
 *
 * Nothing here waits but namer_finish().
 */
#ifndef SCRAPE_SESSION_NAMER_H
#define SCRAPE_SESSION_NAMER_H

#include "object/debug_search.h"
#include "profile/profile.h"
#include "session/module_origin.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct target;

struct namer_opts {
	bool inlines, lines;
	struct debug_search search; /* root_fd -1: taken from the pid's */
};

struct namer;

/*
 * Forks, so to be called while there is no other thread. search.paths are
 * borrowed for the call alone.
 */
struct namer *namer_new(const struct namer_opts *opts);
/* Ends the child. NULL is fine. */
void namer_free(struct namer *n);

/* Takes the origin over. */
void namer_add_module(struct namer *n, struct module_origin *o);
/*
 * Asks for a frame of a mapping that was added; each once. Of one that was not,
 * nothing is asked. Frames of a module gather, for half a second where its names
 * are slow to come by, but the first are asked for at once.
 */
void namer_ask(
    struct namer *n, uint32_t frame, uint32_t mapping, uint64_t addr);
/* To poll for reading, and for writing when namer_wants_write(). Changes. */
int namer_fd(const struct namer *n);
bool namer_wants_write(const struct namer *n);
/*
 * Sends and receives what can be without waiting; puts names into p, by
 * profile_set_lines() and the flags of mappings as session/names.c does. Also
 * to be called now and then without a reason: it is where one that takes too
 * long is noticed. Returns how many frames got names.
 */
size_t namer_work(struct namer *n, struct profile *p);
/* Frames asked for that have no answer yet. */
size_t namer_pending(const struct namer *n);
/* Works until nothing is pending or the time is over. */
void namer_finish(struct namer *n, struct profile *p, uint64_t timeout_ns);
/* CPU time of the child, and of those before it. */
uint64_t namer_cpu_ns(struct namer *n);
/* Whoever starts the children was killed: nothing more will be named. */
bool namer_is_over(const struct namer *n);
/* Frames given up because the child died of them or took too long. */
size_t namer_given_up(const struct namer *n);

#endif

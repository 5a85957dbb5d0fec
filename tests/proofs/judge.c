/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "judge.h"

#include "base/clock.h"
#include "base/escape.h"
#include "base/xalloc.h"
#include "object/cfi.h"
#include "object/module.h"
#include "object/symtab.h"
#include "session/space.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Places where walks went wrong. */
#define SHOWN_MAX 25

void
judge_init(struct judge *j, struct space *space, const struct shadow *shadow,
    struct mem mem)
{
	j->space = space;
	j->shadow = shadow;
	j->mem = mem;
	j->frames = xcalloc(JUDGE_FRAMES_MAX, sizeof(*j->frames));
}

void
judge_walk(struct judge *j, const struct regs *regs)
{
	j->result =
	    unwind(&j->space->code, regs, &j->mem, j->frames, JUDGE_FRAMES_MAX);
	unwind_drop_stray(&j->space->code, j->frames, &j->result);
}

/*
 * Whether a walk found in an entry's slot what is really there now, another
 * address than the call put there. libgcc does that to its own frames, some
 * instructions before it jumps to a landing pad: what is above them then is in
 * ruins, and no walk can be right or wrong.
 */
static bool
is_rewritten(struct judge *j, const struct entry *e, uint64_t found)
{
	uint64_t word;

	return e->kind == ENTRY_CALL && found != e->addr &&
	       mem_read_u64(&j->mem, e->slot, &word) && word == found;
}

/* Why not, or NULL: these are the frames above a leaf. */
static const char *
differs(struct judge *j, const struct frame *frames,
    const struct unwind_result *r, size_t *ret_at)
{
	const struct fiber *f = shadow_fiber(j->shadow);

	for (size_t i = 1; i <= f->n; i++) {
		const struct entry *e = &f->entries[f->n - i];

		*ret_at = i;
		if (i >= r->n)
			return end_reason_name(r->end);
		if (is_rewritten(j, e, frames[i].pc)) {
			j->rewritten++;
			return NULL;
		}
		if (frames[i].pc != e->addr)
			return "wrong frame";
		if (frames[i].is_return_addr == (e->kind == ENTRY_INTERRUPTED))
			return "wrong kind of frame";
	}
	*ret_at = f->n + 1;
	if (f->is_coroutine && r->n == f->n + 2 &&
	    frames[r->n - 1].pc == f->bottom)
		return NULL;
	if (r->n > f->n + 1)
		return "too long";
	if (r->end != END_ROOT && !f->is_coroutine)
		return end_reason_name(r->end);
	return NULL;
}

struct named {
	const char *function, *file;
	uint64_t off;
	bool has_cfi;
};

static struct named
name_of(struct judge *j, const struct frame *f)
{
	uint64_t pc = frame_lookup_pc(f);
	const struct mapping *m = mappings_find(&j->space->maps, pc);
	size_t i = m != NULL ? (size_t)(m - j->space->maps.v) : 0;
	struct named n = {.function = "?", .file = "no mapping", .off = pc};
	struct module *module;
	struct symbol sym;
	struct cfi_row row;
	uint64_t vaddr;

	if (m == NULL)
		return n;
	n.file = m->name[0] != '\0' ? m->name : "anonymous";
	n.off = pc - m->start;
	module = j->space->modules[i];
	if (module == NULL)
		return n;
	vaddr = pc - j->space->bias[i];
	n.off = vaddr;
	n.has_cfi = cfi_row_at(module_cfi(module), vaddr, &row) == CFI_FOUND;
	symtab_want(module_symtab(module), &vaddr, 1);
	if (symtab_find(module_symtab(module), vaddr, &sym)) {
		n.function = sym.name;
		n.off = vaddr - sym.vaddr;
	}
	return n;
}

static void
print_frame(struct judge *j, const struct frame *f)
{
	struct named n = name_of(j, f);

	printf("#     %#" PRIx64 " ", f->pc);
	escape_print(stdout, n.function);
	printf("+%#" PRIx64 " in ", n.off);
	escape_print(stdout, n.file);
	printf("%s%s\n", n.has_cfi ? "" : ", no CFI",
	    f->guessed ? ", guessed" : "");
}

static void
print_miss(struct judge *j, const struct pending *p)
{
	printf("# %s at frame %zu of %zu, which end with %s:\n", p->why, p->at,
	    p->result.n, end_reason_name(p->result.end));
	for (size_t i = 0; i < p->result.n && i < 2 * WANTED_SHOWN; i++)
		print_frame(j, &p->frames[i]);
	printf("#   not\n");
	for (size_t i = 0; i < p->n_wanted; i++) {
		struct frame f = {.pc = p->wanted[i].addr,
		    .is_return_addr = p->wanted[i].kind != ENTRY_INTERRUPTED};

		print_frame(j, &f);
	}
}

static void
blame(struct judge *j, const struct pending *p)
{
	const struct frame *f = &p->frames[p->at - 1];
	struct named n = name_of(j, f);
	struct culprit *c;

	j->missed++;
	j->missed_with_cfi += n.has_cfi;
	if (j->verbose > 0) {
		j->verbose--;
		print_miss(j, p);
	}
	for (size_t i = 0; i < j->n_culprits; i++) {
		c = &j->culprits[i];
		if (c->why == p->why && c->has_cfi == n.has_cfi &&
		    strncmp(c->name, n.function, strlen(n.function)) == 0 &&
		    (n.function[0] != '?' || c->pc == f->pc)) {
			c->n++;
			return;
		}
	}
	if (j->n_culprits == CULPRITS_MAX)
		return;
	c = &j->culprits[j->n_culprits++];
	*c = (struct culprit){
	    .why = p->why, .has_cfi = n.has_cfi, .n = 1, .pc = f->pc};
	c->name = xasprintf("%s+%#" PRIx64 " in %s", n.function, n.off, n.file);
}

/*
 * Whether a walk has come through libgcc's unwinder, which writes the values of
 * registers for a landing pad over those that it has saved itself, and then
 * jumps: what hangs on them is in ruins before.
 */
static bool
is_in_unwinder(struct judge *j, const struct pending *p)
{
	for (size_t i = 0; i < p->at; i++)
		if (strncmp(
			name_of(j, &p->frames[i]).function, "_Unwind_", 8) == 0)
			return true;
	return false;
}

void
judge_settle(struct judge *j)
{
	for (size_t i = 0; i < j->n_pending; i++) {
		if (is_in_unwinder(j, &j->pending[i])) {
			GROW(j->held, j->n_held, j->cap_held);
			j->held[j->n_held++] = j->pending[i];
			continue;
		}
		blame(j, &j->pending[i]);
		free(j->pending[i].frames);
	}
	j->n_pending = 0;
}

/* libgcc has jumped, or, if not, that was no excuse. */
static void
settle_held(struct judge *j, bool has_jumped)
{
	for (size_t i = 0; i < j->n_held; i++) {
		if (has_jumped)
			j->rewritten++, j->exact++;
		else
			blame(j, &j->held[i]);
		free(j->held[i].frames);
	}
	j->n_held = 0;
}

/* Which of the pending walks had said so? */
void
judge_landing(struct judge *j, uint64_t pc)
{
	size_t kept = 0;

	for (size_t i = 0; i < j->n_pending; i++) {
		struct pending *p = &j->pending[i];
		struct unwind_result rest = {p->result.n - 1, p->result.end};
		size_t at;

		if (p->result.n > 1 && p->frames[1].pc == pc &&
		    differs(j, p->frames + 1, &rest, &at) == NULL) {
			j->foretold++;
			j->exact++;
			free(p->frames);
		} else {
			j->pending[kept++] = *p;
		}
	}
	j->n_pending = kept;
	judge_settle(j);
	settle_held(j, true);
}

static void
keep_pending(struct judge *j, const char *why, size_t at)
{
	const struct fiber *f = shadow_fiber(j->shadow);
	size_t size = j->result.n * sizeof(*j->frames);
	struct pending *p;

	if (j->n_pending == PENDING_MAX)
		judge_settle(j);
	p = &j->pending[j->n_pending++];
	*p = (struct pending){
	    .frames = xmalloc(size), .result = j->result, .at = at, .why = why};
	memcpy(p->frames, j->frames, size);
	while (p->n_wanted < WANTED_SHOWN && p->n_wanted < f->n) {
		p->n_wanted++;
		p->wanted[p->n_wanted - 1] = f->entries[f->n - p->n_wanted];
	}
}

void
judge_step(struct judge *j, const struct regs *regs)
{
	const char *why;
	size_t at = 0;

	judge_walk(j, regs);
	why = differs(j, j->frames, &j->result, &at);
	if (why != NULL && j->maps_may_be_old && space_refresh(j->space)) {
		j->maps_may_be_old = false;
		judge_walk(j, regs);
		why = differs(j, j->frames, &j->result, &at);
	}
	j->steps++;
	if (why == NULL) {
		j->exact++;
		for (size_t i = 1; i < j->result.n; i++)
			if (j->frames[i].guessed) {
				j->guessed++;
				break;
			}
		return;
	}
	keep_pending(j, why, at);
}

void
judge_end(struct judge *j)
{
	judge_settle(j);
	settle_held(j, false);
}

void
judge_report(const struct judge *j, uint64_t ns)
{
	for (size_t i = 0; i < j->n_culprits && i < SHOWN_MAX; i++) {
		const struct culprit *c = &j->culprits[i];

		printf("#   %" PRIu64 " x %s, %s: ", c->n, c->why,
		    c->has_cfi ? "with CFI" : "no CFI");
		escape_print(stdout, c->name);
		putchar('\n');
	}
	if (j->n_culprits > SHOWN_MAX)
		printf(
		    "#   ... and %zu more places\n", j->n_culprits - SHOWN_MAX);
	printf("steps %" PRIu64 " exact %" PRIu64 " missed %" PRIu64
	       " with_cfi %" PRIu64 " foretold %" PRIu64 " rewritten %" PRIu64
	       " guessed %" PRIu64 " seconds %.1f\n",
	    j->steps, j->exact, j->missed, j->missed_with_cfi, j->foretold,
	    j->rewritten, j->guessed, (double)ns / NS_PER_SEC);
}

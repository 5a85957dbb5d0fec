/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The profile's trie as a grain has it: a node becomes as many calls as stand
 * at its frame, inlined ones inside each other, and what has the same key under
 * the same call is one. Threads are put together; processes are the roots, or
 * put together too.
 *
 * When names come, the nodes of those frames, and what hangs on them, move to
 * other calls. The old ones stay behind without a load until they are too many.
 * Where they went is told, so that what was open and chosen stays so.
 */
#include "config.h"

#include "base/xalloc.h"
#include "profile/view_private.h"

#include <stdlib.h>
#include <string.h>

static void
calls_init(struct calls *c)
{
	*c = (struct calls){.at = VIEW_NONE, .first_root = VIEW_NONE};
}

/* All but the moves, which nobody may have been told of. */
static void
calls_deinit(struct calls *c)
{
	for (size_t i = 0; i < c->n_cells; i++) {
		free(c->of_cell[i].outermost.v);
		free(c->of_cell[i].inner.v);
	}
	free(c->of_cell);
	free(c->calls);
	hash_deinit(&c->index);
	free(c->cells);
	hash_deinit(&c->cell_index);
	free(c->of_node);
	free(c->on_path);
}

void
calls_free(struct calls *c)
{
	if (c == NULL)
		return;
	calls_deinit(c);
	free(c->moves.list);
	free(c);
}

/* --- cells */

static void
grow_on_path(struct calls *c)
{
	size_t n = c->cap_cells;

	if (n <= c->cap_on_path)
		return;
	c->on_path = xreallocarray(c->on_path, n, sizeof(*c->on_path));
	memset(c->on_path + c->cap_on_path, 0,
	    (n - c->cap_on_path) * sizeof(*c->on_path));
	c->cap_on_path = n;
}

static uint32_t
cell_id(struct calls *c, uint32_t key, pid_t pid)
{
	uint64_t h = hash_u64((uint64_t)key << 32 | (uint32_t)pid);
	struct hash_probe at = hash_find(&c->cell_index, h);
	uint32_t id;

	while ((id = hash_next(&c->cell_index, &at)) != HASH_NONE)
		if (c->cells[id].key == key && c->cells[id].pid == pid)
			return id;
	GROW(c->cells, c->n_cells, c->cap_cells);
	grow_on_path(c);
	if (c->cap_of_cell < c->cap_cells) {
		c->cap_of_cell = c->cap_cells;
		c->of_cell = xreallocarray(
		    c->of_cell, c->cap_of_cell, sizeof(*c->of_cell));
	}
	c->of_cell[c->n_cells] = (struct cell_calls){0};
	c->cells[c->n_cells] = (struct cell){key, pid};
	hash_add(&c->cell_index, h, (uint32_t)c->n_cells);
	return (uint32_t)c->n_cells++;
}

/* --- the path from `at` to its root */

static uint32_t
leave(struct calls *c, uint32_t call)
{
	c->on_path[c->calls[call].cell]--;
	return c->calls[call].parent;
}

static uint32_t
enter(struct calls *c, uint32_t call)
{
	c->on_path[c->calls[call].cell]++;
	return c->calls[call].parent;
}

/*
 * By way of the call that both are under: of two different ones it is the one
 * with the higher number that cannot be above the other. New stacks come one
 * after the other and share most of their path, so this is a few steps.
 */
static void
go_to(struct calls *c, uint32_t to)
{
	uint32_t from = c->at;

	c->at = to;
	while (from != to) {
		/* VIEW_NONE is above all. */
		if (to == VIEW_NONE || (from != VIEW_NONE && from > to))
			from = leave(c, from);
		else
			to = enter(c, to);
	}
}

/* --- calls */

static uint32_t
find_call(const struct calls *c, uint64_t h, uint32_t parent, uint32_t cell)
{
	struct hash_probe at = hash_find(&c->index, h);
	uint32_t id;

	while ((id = hash_next(&c->index, &at)) != HASH_NONE)
		if (c->calls[id].parent == parent && c->calls[id].cell == cell)
			break;
	return id;
}

/* Puts the last call to those under the same one, and to those of its cell. */
static void
link_call(struct calls *c)
{
	struct call *call = &c->calls[c->n - 1];
	struct cell_calls *of_cell = &c->of_cell[call->cell];
	uint32_t *siblings = call->parent != VIEW_NONE
	    ? &c->calls[call->parent].first_child
	    : &c->first_root;
	struct call_list *l =
	    call->is_outermost ? &of_cell->outermost : &of_cell->inner;

	call->next = *siblings;
	*siblings = (uint32_t)c->n - 1;
	GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (uint32_t)c->n - 1;
}

static uint32_t
call_under(struct calls *c, uint32_t parent, uint32_t cell)
{
	uint64_t h = hash_u64((uint64_t)parent << 32 | cell);
	uint32_t id = find_call(c, h, parent, cell);

	if (id != HASH_NONE)
		return id;
	go_to(c, parent);
	GROW(c->calls, c->n, c->cap);
	c->calls[c->n] = (struct call){
	    .id = row_id(parent != VIEW_NONE ? c->calls[parent].id : 0,
		c->cells[cell]),
	    .parent = parent,
	    .cell = cell & 0x7fffffffu,
	    .is_outermost = c->on_path[cell] == 0,
	    .first_child = VIEW_NONE,
	};
	hash_add(&c->index, h, (uint32_t)c->n);
	c->n++;
	link_call(c);
	return (uint32_t)c->n - 1;
}

/*
 * The call that a root of the trie, a set of labels, stands for. What the main
 * thread was called last is the name of its process.
 */
static uint32_t
call_of_root(struct viewer *v, struct calls *c, uint32_t labels)
{
	const struct profile_labels *l = &v->p->labels[labels];
	const char *comm =
	    l->tid == l->pid ? interned(&v->p->strings, l->thread_name) : NULL;

	return call_under(
	    c, VIEW_NONE, cell_id(c, keys_process(v, l->pid, comm), l->pid));
}

static uint32_t
call_of_frame(struct viewer *v, struct calls *c, enum view_grain grain,
    uint32_t parent, uint32_t frame)
{
	const struct keying *ks = &v->keyings[grain];
	const struct frame_keys *f = &ks->frames[frame];
	/* Only by process is there anything above the first frame. */
	pid_t pid =
	    parent != VIEW_NONE ? c->cells[c->calls[parent].cell].pid : 0;
	uint32_t call = parent;

	for (uint32_t i = f->n; i-- > 0;)
		call = call_under(
		    c, call, cell_id(c, ks->members[f->first + i], pid));
	return call;
}

static uint32_t
call_of_node(struct viewer *v, struct calls *c, const struct view_opts *opts,
    uint32_t node)
{
	const struct trie_node *n = &v->p->trie.nodes[node];

	if (n->parent == TRIE_NO_NODE)
		return opts->by_process ? call_of_root(v, c, n->frame)
					: VIEW_NONE;
	return call_of_frame(
	    v, c, opts->grain, c->of_node[n->parent], n->frame);
}

/* --- up to date */

static void
add_nodes(struct viewer *v, struct calls *c, const struct view_opts *opts)
{
	while (c->n_nodes < v->p->trie.n) {
		GROW(c->of_node, c->n_nodes, c->cap_nodes);
		c->of_node[c->n_nodes] =
		    call_of_node(v, c, opts, (uint32_t)c->n_nodes);
		c->n_nodes++;
	}
}

/* --- moves */

void
moves_add(struct moves *m, uint64_t from, uint64_t to)
{
	if (m->are_told)
		m->n = 0;
	m->are_told = false;
	if (from == to || m->n == MOVES_MAX)
		return;
	GROW(m->list, m->n, m->cap);
	m->list[m->n++] = (struct view_move){from, to};
}

/* Of the nodes, which call each had; what has moved in this turn. */
struct move {
	uint32_t *was;	 /* by node; NOT_MOVED */
	uint32_t *came;	 /* by call: where its nodes were told to go; or none */
	uint32_t *cells; /* likewise */
};
#define NOT_MOVED (VIEW_NONE - 1)

static uint32_t *
fill(size_t n, uint32_t with)
{
	uint32_t *v = xcalloc(n, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = with;
	return v;
}

/* How many calls there are from one below `above` on. */
static uint32_t
count_down(const struct calls *c, uint32_t above, uint32_t call)
{
	uint32_t n = 0;

	for (; call != above; call = c->calls[call].parent)
		n++;
	return n;
}

static uint32_t
go_up(const struct calls *c, uint32_t call, uint32_t n)
{
	while (n-- > 0)
		call = c->calls[call].parent;
	return call;
}

static void
tell_cells(struct calls *c, struct move *m, uint32_t from, uint32_t to)
{
	uint32_t was = c->calls[from].cell, is = c->calls[to].cell;

	if (was == is || m->cells[was] == is)
		return;
	m->cells[was] = is;
	moves_add(&c->moves, row_id(0, c->cells[was]), row_id(0, c->cells[is]));
}

/*
 * Both stand for the same frame, and may be inlined calls one in another: the
 * outermost is the outermost, and what there was no more of is all that is left.
 */
static void
tell_move(struct calls *c, struct move *m, uint32_t node, uint32_t parent)
{
	uint32_t from = m->was[node], to = c->of_node[node];
	uint32_t above_to = c->of_node[parent];
	uint32_t above_from =
	    m->was[parent] != NOT_MOVED ? m->was[parent] : above_to;
	uint32_t n_from = count_down(c, above_from, from);
	uint32_t n_to = count_down(c, above_to, to);
	uint32_t n = n_from > n_to ? n_from : n_to;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t x = go_up(c, from, i < n_from ? n_from - 1 - i : 0);
		uint32_t y = go_up(c, to, i < n_to ? n_to - 1 - i : 0);

		moves_add(&c->moves, c->calls[x].id, c->calls[y].id);
		tell_cells(c, m, x, y);
	}
}

static bool
has_moved(const struct viewer *v, const struct calls *c, const struct move *m,
    uint32_t node)
{
	const struct trie_node *n = &v->p->trie.nodes[node];

	if (n->parent == TRIE_NO_NODE)
		return false;
	return m->was[n->parent] != NOT_MOVED || v->changed[n->frame] > c->seen;
}

static void
move_node(struct viewer *v, struct calls *c, const struct view_opts *opts,
    struct move *m, uint32_t node)
{
	uint32_t was = c->of_node[node], *came = &m->came[was];

	weigh_leave(v, c, node);
	m->was[node] = was;
	c->of_node[node] = call_of_node(v, c, opts, node);
	c->n_moved++;
	if (was == c->of_node[node] || *came == c->of_node[node])
		return;
	*came = c->of_node[node];
	tell_move(c, m, node, v->p->trie.nodes[node].parent);
}

static void
move_nodes(struct viewer *v, struct calls *c, const struct view_opts *opts)
{
	struct move m = {
	    .was = fill(c->n_nodes, NOT_MOVED),
	    .came = fill(c->n, VIEW_NONE),
	    .cells = fill(c->n_cells, VIEW_NONE),
	};

	for (uint32_t i = 0; i < c->n_nodes; i++)
		if (has_moved(v, c, &m, i))
			move_node(v, c, opts, &m, i);
	free(m.was);
	free(m.came);
	free(m.cells);
}

/* Without those that were left behind. */
static void
begin_anew(struct viewer *v, struct calls *c)
{
	struct moves moves = c->moves;

	calls_deinit(c);
	calls_init(c);
	c->version = ++v->n_versions;
	c->moves = moves;
	c->seen = v->generation;
}

struct calls *
calls_sync(struct viewer *v, const struct view_opts *opts)
{
	struct calls **at = &v->calls[opts->grain][opts->by_process];
	struct calls *c = *at;

	if (c == NULL) {
		c = *at = xmalloc(sizeof(*c));
		calls_init(c);
		c->version = ++v->n_versions;
	}
	keys_sync(v, opts->grain);
	if (c->seen != v->generation)
		move_nodes(v, c, opts);
	c->seen = v->generation;
	if (c->n_moved > c->n_nodes / 2)
		begin_anew(v, c);
	add_nodes(v, c, opts);
	return c;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "object/scrape_note.h"

#include "base/clock.h"
#include "base/intern.h"
#include "base/xalloc.h"
#include "object/core_note.h"
#include "object/put_number.h"

#include <stdlib.h>
#include <string.h>

/* Sizes of this version's records; a later scrape's may be longer. */
#define HEADER_SIZE  64
#define THREAD_SIZE  48
#define MAPPING_SIZE 56
#define RANGE_SIZE   24

/* As many as a kernel can have: PID_MAX_LIMIT. */
#define THREADS_MAX  (4u << 20)
#define MAPPINGS_MAX 1000000u
#define RANGES_MAX   (1u << 20)

/* ---- writing --------------------------------------------------------------
 */

/* Strings behind the records, each once; offset 0 is "". */
struct strings {
	struct interner in;
	uint32_t *offs; /* by id */
	size_t n, cap;
	size_t size;
};

static void
strings_init(struct strings *s)
{
	*s = (struct strings){0};
	interner_init(&s->in);
}

static void
strings_deinit(struct strings *s)
{
	interner_deinit(&s->in);
	free(s->offs);
}

/* Ids count up, so the table grows by the new one alone. */
static uint32_t
string_off(struct strings *s, const char *text)
{
	uint32_t id = intern(&s->in, text);

	while (s->n <= id) {
		GROW(s->offs, s->n, s->cap);
		s->offs[s->n] = (uint32_t)s->size;
		s->size += strlen(interned(&s->in, (uint32_t)s->n)) + 1;
		s->n++;
	}
	return s->offs[id];
}

static void
put_header(FILE *fp, const struct core_image *img, const char *arch_name,
    size_t n_ranges, struct strings *s)
{
	const struct core_process *p = &img->process;

	put_u32(fp, SCRAPE_NOTE_VERSION);
	put_u32(fp, HEADER_SIZE);
	put_u64(fp, timespec_ns(&p->time));
	put_u32(fp, (uint32_t)p->pid);
	put_u32(fp, (uint32_t)p->machine);
	put_u32(fp, (uint32_t)img->n_threads);
	put_u32(fp, THREAD_SIZE);
	put_u32(fp, (uint32_t)img->mappings->n);
	put_u32(fp, MAPPING_SIZE);
	put_u32(fp, (uint32_t)n_ranges);
	put_u32(fp, RANGE_SIZE);
	put_u32(fp, string_off(s, p->version));
	put_u32(fp, string_off(s, arch_name));
	put_u32(fp, string_off(s, p->comm));
	put_u32(fp, string_off(s, p->exe));
}

static void
put_thread(FILE *fp, const struct core_thread *th, uint64_t stack_off,
    struct strings *s)
{
	put_u32(fp, (uint32_t)th->tid);
	put_u32(fp, string_off(s, th->name));
	put_u32(fp, (uint8_t)th->state);
	put_u32(fp, th->kind);
	put_u64(fp, th->snap.regs.known);
	put_u64(fp, th->snap.stack_addr);
	put_u64(fp, stack_off);
	put_u64(fp, th->snap.stack_len);
}

static void
put_mapping(
    FILE *fp, const struct mapping *m, const char *key, struct strings *s)
{
	put_u64(fp, m->start);
	put_u64(fp, m->end);
	put_u64(fp, m->off);
	put_u64(fp, m->ino);
	put_u32(fp, m->dev_major);
	put_u32(fp, m->dev_minor);
	put_u32(fp, m->flags);
	put_u32(fp, string_off(s, m->name));
	put_u32(fp, string_off(s, key));
	put_u32(fp, 0);
}

static void
put_range(FILE *fp, const struct noted_range *r)
{
	put_u64(fp, r->addr);
	put_u64(fp, r->len);
	put_u64(fp, r->off);
}

static void
put_strings(FILE *fp, const struct strings *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const char *text = interned(&s->in, (uint32_t)i);

		(void)fwrite(text, strlen(text) + 1, 1, fp);
	}
}

void
scrape_note_put(FILE *fp, const struct core_image *img, const char *arch_name,
    const struct noted_places *places)
{
	char *desc;
	size_t size;
	FILE *mem = xopen_memstream(&desc, &size);
	struct strings s;

	strings_init(&s);
	put_header(mem, img, arch_name, places->n_ranges, &s);
	for (size_t i = 0; i < img->n_threads; i++)
		put_thread(mem, &img->threads[i], places->stack_offs[i], &s);
	for (size_t i = 0; i < img->mappings->n; i++)
		put_mapping(mem, &img->mappings->v[i], places->keys[i], &s);
	for (size_t i = 0; i < places->n_ranges; i++)
		put_range(mem, &places->ranges[i]);
	put_strings(mem, &s);
	xclose_memstream(mem);
	core_note_put(fp, SCRAPE_NOTE_NAME, SCRAPE_NOTE_PROCESS, desc, size);
	strings_deinit(&s);
	free(desc);
}

/* ---- reading --------------------------------------------------------------
 */

struct counts {
	uint32_t header_size, n_threads, thread_size, n_mappings, mapping_size,
	    n_ranges, range_size;
};

/* A string that is not there, or not ended, reads as "". */
static const char *
string_at(struct cursor strings, uint32_t off)
{
	const char *s;

	(void)cursor_skip(&strings, off);
	s = cursor_str(&strings);
	return s != NULL ? s : "";
}

/* The offsets of the header's four strings go to offs. */
static void
read_header(struct cursor *c, struct core_process *p, struct counts *n,
    uint32_t offs[4])
{
	n->header_size = cursor_u32(c);
	p->time = ns_timespec(cursor_u64(c));
	p->pid = (pid_t)cursor_u32(c);
	p->machine = (int)cursor_u32(c);
	n->n_threads = cursor_u32(c);
	n->thread_size = cursor_u32(c);
	n->n_mappings = cursor_u32(c);
	n->mapping_size = cursor_u32(c);
	n->n_ranges = cursor_u32(c);
	n->range_size = cursor_u32(c);
	for (size_t i = 0; i < 4; i++)
		offs[i] = cursor_u32(c);
}

static bool
are_sound(const struct counts *n)
{
	return n->header_size >= HEADER_SIZE && n->thread_size >= THREAD_SIZE &&
	       n->mapping_size >= MAPPING_SIZE && n->range_size >= RANGE_SIZE &&
	       n->n_threads > 0 && n->n_threads <= THREADS_MAX &&
	       n->n_mappings <= MAPPINGS_MAX && n->n_ranges <= RANGES_MAX;
}

static struct noted_thread
read_thread(struct cursor c, struct cursor strings)
{
	struct noted_thread th = {0};
	uint32_t state;

	th.tid = (pid_t)cursor_u32(&c);
	th.name = string_at(strings, cursor_u32(&c));
	state = cursor_u32(&c);
	th.state = state > ' ' && state < 0x7f ? (char)state : '?';
	th.kind = (enum core_kind)cursor_u32(&c);
	if (th.kind > CORE_LATE)
		th.kind = CORE_LATE;
	th.known = cursor_u64(&c);
	th.stack_addr = cursor_u64(&c);
	th.stack_off = cursor_u64(&c);
	th.stack_len = cursor_u64(&c);
	return th;
}

static struct mapping
read_mapping(struct cursor c, struct cursor strings, const char **ret_key)
{
	struct mapping m;

	m.start = cursor_u64(&c);
	m.end = cursor_u64(&c);
	m.off = cursor_u64(&c);
	m.ino = cursor_u64(&c);
	m.dev_major = cursor_u32(&c);
	m.dev_minor = cursor_u32(&c);
	m.flags =
	    cursor_u32(&c) & (MAPPING_READ | MAPPING_WRITE | MAPPING_EXEC |
				 MAPPING_SHARED | MAPPING_DELETED);
	m.name = (char *)(uintptr_t)string_at(strings, cursor_u32(&c));
	*ret_key = string_at(strings, cursor_u32(&c));
	return m;
}

static void
read_threads(struct scrape_note *note, struct cursor *records,
    const struct counts *n, struct cursor strings)
{
	note->threads = xcalloc(n->n_threads, sizeof(*note->threads));
	for (uint32_t i = 0; i < n->n_threads; i++)
		note->threads[note->n_threads++] =
		    read_thread(cursor_sub(records, n->thread_size), strings);
}

static void
read_mappings(struct scrape_note *note, struct cursor *records,
    const struct counts *n, struct cursor strings)
{
	struct mappings *maps = &note->maps;

	maps->v = xcalloc((size_t)n->n_mappings + 1, sizeof(*maps->v));
	maps->cap = n->n_mappings;
	note->keys = xcalloc((size_t)n->n_mappings + 1, sizeof(*note->keys));
	for (uint32_t i = 0; i < n->n_mappings; i++) {
		const char *key;
		struct mapping m = read_mapping(
		    cursor_sub(records, n->mapping_size), strings, &key);

		if (m.start >= m.end ||
		    (maps->n > 0 && m.start < maps->v[maps->n - 1].end)) {
			note->dropped++;
			continue;
		}
		m.name = xstrdup(m.name);
		note->keys[maps->n] = key;
		maps->v[maps->n++] = m;
	}
}

static void
read_ranges(
    struct scrape_note *note, struct cursor *records, const struct counts *n)
{
	note->ranges = xcalloc((size_t)n->n_ranges + 1, sizeof(*note->ranges));
	for (uint32_t i = 0; i < n->n_ranges; i++) {
		struct cursor c = cursor_sub(records, n->range_size);
		struct noted_range *r = &note->ranges[note->n_ranges++];

		r->addr = cursor_u64(&c);
		r->len = cursor_u64(&c);
		r->off = cursor_u64(&c);
	}
}

int
scrape_note_parse(struct cursor desc, struct scrape_note *ret, struct err *err)
{
	struct cursor c = desc, records = desc, strings;
	uint32_t version = cursor_u32(&c), offs[4];
	struct counts n;

	*ret = (struct scrape_note){0};
	if (version > SCRAPE_NOTE_VERSION)
		return err_set(err, ERR_UNSUPPORTED,
		    "a saved snapshot of format %u, from a later scrape; this "
		    "one reads up to %d",
		    version, SCRAPE_NOTE_VERSION);
	read_header(&c, &ret->process, &n, offs);
	if (c.bad || version == 0 || !are_sound(&n))
		return err_set(
		    err, ERR_RUNTIME, "scrape's note in it makes no sense");
	strings = desc;
	if (!cursor_skip(&records, n.header_size) ||
	    !cursor_skip(&strings, n.header_size +
				       (uint64_t)n.n_threads * n.thread_size +
				       (uint64_t)n.n_mappings * n.mapping_size +
				       (uint64_t)n.n_ranges * n.range_size))
		return err_set(
		    err, ERR_RUNTIME, "scrape's note in it is cut short");
	ret->process.version = string_at(strings, offs[0]);
	ret->process.comm = string_at(strings, offs[2]);
	ret->process.exe = string_at(strings, offs[3]);
	read_threads(ret, &records, &n, strings);
	read_mappings(ret, &records, &n, strings);
	read_ranges(ret, &records, &n);
	return 0;
}

void
scrape_note_deinit(struct scrape_note *note)
{
	free(note->threads);
	free(note->ranges);
	mappings_deinit(&note->maps);
	free(note->keys);
	*note = (struct scrape_note){0};
}

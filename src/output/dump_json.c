/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One tree of all the threads would take some 2 KiB a frame and most of the
 * time of a dump. So the two long lists are written here, element by element,
 * and what is in them is jansson's; the text of equal frames is made once.
 */
#include "config.h"

#include "output/dump_json.h"

#include "base/hash.h"
#include "base/xalloc.h"
#include "core/dump.h"
#include "output/dump_alike.h"
#include "output/json_util.h"

#include <ctype.h>
#include <stdlib.h>

#define SCHEMA "scrape-dump/1"

#define FLAGS (JSON_COMPACT | JSON_ENSURE_ASCII)

/* A frame that was met, and what it is in JSON. */
struct frame_text {
	const struct dump_frame *frame;
	char *text;
};

struct writer {
	FILE *fp;
	struct frame_text *texts;
	size_t n_texts, cap_texts;
	struct hash index; /* of texts, by dump_frame_hash() */
};

/* Takes object over; prints its members without the braces. */
static void
write_members(struct writer *w, json_t *object)
{
	char *text = json_line(object, FLAGS | JSON_EMBED);

	(void)fputs(text, w->fp);
	free(text);
	json_decref(object);
}

static json_t *
hex_if(bool is_known, uint64_t v)
{
	return is_known ? json_hex(v) : json_null();
}

static json_t *
number_if_not_0(uint64_t v)
{
	return v != 0 ? json_count(v) : json_null();
}

static json_t *
frame_object(const struct dump_frame *f)
{
	json_t *o = json_need(json_object());

	json_put(o, "pc", json_hex(f->pc));
	json_put(o, "module", json_text(f->module));
	json_put(o, "build_id", json_text(f->build_id));
	json_put(
	    o, "module_offset", hex_if(f->module != NULL, f->module_offset));
	json_put(o, "function", json_text(f->function));
	json_put(o, "system_name", json_text(f->system_name));
	json_put(o, "function_offset",
	    hex_if(f->has_function_offset, f->function_offset));
	json_put(o, "file", json_text(f->file));
	json_put(o, "line", number_if_not_0(f->line));
	json_put(o, "inlined", json_boolean(f->inlined));
	json_put(o, "signal_frame", json_boolean(f->signal_frame));
	json_put(o, "guessed", json_boolean(f->guessed));
	json_put(o, "column", number_if_not_0(f->column));
	return o;
}

static char *
make_frame_text(const struct dump_frame *f)
{
	json_t *o = frame_object(f);
	char *text = json_line(o, FLAGS);

	json_decref(o);
	return text;
}

static const char *
frame_text(struct writer *w, const struct dump_frame *f)
{
	uint64_t h = dump_frame_hash(f);
	struct hash_probe at = hash_find(&w->index, h);
	struct frame_text *t;
	uint32_t id;

	while ((id = hash_next(&w->index, &at)) != HASH_NONE)
		if (dump_frame_equal(w->texts[id].frame, f))
			return w->texts[id].text;
	GROW(w->texts, w->n_texts, w->cap_texts);
	hash_add(&w->index, h, (uint32_t)w->n_texts);
	t = &w->texts[w->n_texts++];
	*t = (struct frame_text){.frame = f, .text = make_frame_text(f)};
	return t->text;
}

static json_t *
syscall_object(const struct dump_syscall *call)
{
	json_t *o, *args;

	if (call == NULL)
		return json_null();
	o = json_need(json_object());
	args = json_need(json_array());
	for (unsigned i = 0; i < call->n_args && i < SYSCALL_ARGS; i++)
		json_append(args, json_hex(call->args[i]));
	json_put(o, "number", json_need(json_integer(call->number)));
	json_put(o, "name", json_text(call->name));
	json_put(o, "args", args);
	json_put(o, "text", json_text(call->text));
	return o;
}

/* One letter, as ps(1) has it. */
static json_t *
state_letter(char state)
{
	char s[] = {state, '\0'};

	return json_text(isalpha((unsigned char)state) ? s : NULL);
}

static json_t *
microseconds(uint64_t ns)
{
	return json_finite((double)ns / 1e3);
}

static json_t *
thread_before_frames(const struct dump_thread *th)
{
	json_t *o = json_need(json_object());
	bool has_stack = th->problem == NULL;

	json_put(o, "tid", json_need(json_integer(th->tid)));
	json_put(o, "name", json_text(th->name));
	json_put(o, "state", state_letter(th->state));
	json_put(o, "stopped_us", microseconds(th->stopped_ns));
	json_put(o, "syscall", syscall_object(th->syscall));
	json_put(
	    o, "end", json_text(has_stack ? end_reason_name(th->end) : NULL));
	json_put(o, "complete", json_boolean(has_stack && th->end == END_ROOT));
	return o;
}

static json_t *
thread_behind_frames(const struct dump_thread *th)
{
	json_t *o = json_need(json_object());

	json_put(o, "problem", json_text(th->problem));
	return o;
}

static void
write_thread(struct writer *w, const struct dump_thread *th)
{
	(void)fputc('{', w->fp);
	write_members(w, thread_before_frames(th));
	(void)fputs(",\"frames\":[", w->fp);
	for (size_t i = 0; i < th->n_frames; i++) {
		if (i > 0)
			(void)fputc(',', w->fp);
		(void)fputs(frame_text(w, &th->frames[i]), w->fp);
	}
	(void)fputs("],", w->fp);
	write_members(w, thread_behind_frames(th));
	(void)fputc('}', w->fp);
}

static json_t *
dump_before_threads(const struct dump *d)
{
	json_t *o = json_need(json_object());

	json_put(o, "schema", json_text(SCHEMA));
	json_put(o, "version", json_text(PACKAGE_VERSION));
	json_put(o, "time", json_time(&d->time));
	json_put(o, "pid", json_need(json_integer(d->pid)));
	json_put(o, "comm", json_text(d->comm));
	json_put(o, "exe", json_text(d->exe));
	return o;
}

static json_t *
dump_behind_threads(const struct dump *d)
{
	json_t *o = json_need(json_object());

	json_put(o, "ppid",
	    d->ppid != 0 ? json_need(json_integer(d->ppid)) : json_null());
	json_put(o, "frozen_us",
	    d->is_frozen ? microseconds(d->frozen_ns) : json_null());
	return o;
}

static void
write_dump(struct writer *w, const struct dump *d)
{
	(void)fputc('{', w->fp);
	write_members(w, dump_before_threads(d));
	(void)fputs(",\"threads\":[", w->fp);
	for (size_t i = 0; i < d->n_threads && !ferror(w->fp); i++) {
		if (i > 0)
			(void)fputc(',', w->fp);
		write_thread(w, &d->threads[i]);
	}
	(void)fputs("],", w->fp);
	write_members(w, dump_behind_threads(d));
	(void)fputs("}\n", w->fp);
}

int
dump_json(const struct dump *d, FILE *fp, struct err *err)
{
	struct writer w = {.fp = fp};

	write_dump(&w, d);
	for (size_t i = 0; i < w.n_texts; i++)
		free(w.texts[i].text);
	free(w.texts);
	hash_deinit(&w.index);
	return json_flush(fp, err);
}

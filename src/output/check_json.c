/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/check_json.h"

#include "base/escape.h"
#include "base/xalloc.h"
#include "core/check.h"

#include <jansson.h>
#include <stdlib.h>

static json_t *
need(json_t *value)
{
	if (value == NULL)
		die_no_memory();
	return value;
}

static void
put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, need(value)) != 0)
		die_no_memory();
}

/* NULL and "" are both "there is none". */
static json_t *
text_or_null(const char *s)
{
	char *clean;
	json_t *value;

	if (s == NULL || s[0] == '\0')
		return json_null();
	clean = escape_dup(s);
	value = json_string(clean);
	free(clean);
	return value;
}

static json_t *
finding_object(const struct finding *f)
{
	json_t *o = need(json_object());

	put(o, "name", json_string(f->name));
	put(o, "verdict", json_string(verdict_name(f->verdict)));
	put(o, "what", text_or_null(f->what));
	put(o, "why", text_or_null(f->why));
	put(o, "try", text_or_null(f->try));
	return o;
}

static json_t *
module_object(const struct check_module *m)
{
	json_t *o = need(json_object());

	put(o, "path", text_or_null(m->path));
	put(o, "verdict", json_string(verdict_name(check_module_verdict(m))));
	put(o, "opened", json_boolean(m->is_opened));
	put(o, "deleted", json_boolean(m->is_deleted));
	put(o, "build_id", text_or_null(m->build_id));
	put(o, "symbols", json_string(check_symbols_name(m->symbols)));
	put(o, "unwind", text_or_null(m->unwind));
	put(o, "lines", json_boolean(m->has_lines));
	put(o, "debug_file", text_or_null(m->debug_file));
	put(o, "debug_expected", text_or_null(m->debug_expected));
	return o;
}

static json_t *
check_object(const struct check *c)
{
	json_t *o = need(json_object()), *list = need(json_array());

	put(o, "schema", json_string("scrape-check/1"));
	put(o, "version", json_string(PACKAGE_VERSION));
	put(o, "pid", c->pid != 0 ? json_integer(c->pid) : json_null());
	put(o, "comm", text_or_null(c->comm));
	put(o, "exe", text_or_null(c->exe));
	put(o, "status", json_integer(c->status));
	for (size_t i = 0; i < c->n_findings; i++)
		if (json_array_append_new(
			list, finding_object(&c->findings[i])) != 0)
			die_no_memory();
	put(o, c->pid != 0 ? "gates" : "machine", list);
	list = need(json_array());
	for (size_t i = 0; i < c->n_modules; i++)
		if (json_array_append_new(
			list, module_object(&c->modules[i])) != 0)
			die_no_memory();
	put(o, "modules", list);
	put(o, "advice", text_or_null(c->advice));
	put(o, "summary", text_or_null(c->summary));
	return o;
}

void
check_json_write(const struct check *c, FILE *fp)
{
	json_t *o = check_object(c);

	/* A failure to write is seen when standard output is closed. */
	(void)json_dumpf(o, fp, JSON_INDENT(2));
	(void)fputc('\n', fp);
	json_decref(o);
}

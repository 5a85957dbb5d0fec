/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The profile as a protobuf message, gzipped (profile.proto here; what readers
 * demand is in research/interface.md section 1).
 *
 * A protobuf message may be cut anywhere between its fields. So each sample,
 * location and so on is packed and forgotten as a Profile that holds nothing
 * else, and the whole never stands in memory a second time. Whatever is
 * referred to is written at its first use, just before who refers to it, and
 * numbered then: nothing unused is written, and equal profiles give equal
 * files. The string table comes last.
 */
#include "config.h"

#include "output/output.h"

#include "output/gzip.h"
#include "output/profile.pb-c.h"
#include "output/stats_json.h"

#include "profile/profile.h"

#include "base/attr.h"
#include "base/escape.h"
#include "base/intern.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>

#define UNKNOWN	  "[unknown]"
#define ANONYMOUS "//anon" /* pprof's name for memory without a file */

#define MAX_SAMPLE_LABELS 4 /* thread_name, thread_id, state, pid */

struct writer {
	ProtobufCBuffer base; /* protobuf-c packs into it; first */
	struct gzip gz;
	const struct profile *p;
	struct interner strings; /* the string table: cleaned */
	uint32_t *string_ids;	 /* by profile string; 0: not used so far */
	uint64_t *location_ids;	 /* by frame; 0: not used so far */
	uint64_t *function_ids;	 /* by profile function; 0: not used so far */
	uint64_t unknown_id;	 /* of the function "[unknown]"; likewise */
	uint64_t n_locations, n_functions;
	bool several_pids;
	uint64_t *path; /* location ids of the sample at hand */
	size_t cap_path;
};

static void
append(ProtobufCBuffer *base, size_t len, const uint8_t *data)
{
	struct writer *w = (struct writer *)base;

	gzip_write(&w->gz, data, len);
}

static void
emit(struct writer *w, const Perftools__Profiles__Profile *piece)
{
	(void)protobuf_c_message_pack_to_buffer(&piece->base, &w->base);
}

/* pprof's numbers are signed. */
static int64_t
number(uint64_t v)
{
	return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

static int64_t
text(struct writer *w, const char *s)
{
	char *clean = escape_dup(s);
	uint32_t id = intern(&w->strings, clean);

	free(clean);
	return id;
}

static int64_t
string(struct writer *w, uint32_t id)
{
	if (w->string_ids[id] == 0)
		w->string_ids[id] =
		    (uint32_t)text(w, interned(&w->p->strings, id));
	return w->string_ids[id];
}

static uint64_t
emit_function(struct writer *w, Perftools__Profiles__Function *f)
{
	Perftools__Profiles__Profile piece = PERFTOOLS__PROFILES__PROFILE__INIT;

	f->id = ++w->n_functions;
	piece.n_function = 1;
	piece.function = &f;
	emit(w, &piece);
	return f->id;
}

static uint64_t
function_id(struct writer *w, uint32_t function)
{
	const struct profile_function *from = &w->p->functions[function];
	Perftools__Profiles__Function f = PERFTOOLS__PROFILES__FUNCTION__INIT;

	if (w->function_ids[function] == 0) {
		f.name = string(w, from->name);
		f.system_name = string(w, from->system_name);
		f.filename = string(w, from->file);
		f.start_line = from->start_line;
		w->function_ids[function] = emit_function(w, &f);
	}
	return w->function_ids[function];
}

/* A function that is only a name: a marker, or "[unknown]". */
static uint64_t
named_function_id(struct writer *w, int64_t name)
{
	Perftools__Profiles__Function f = PERFTOOLS__PROFILES__FUNCTION__INIT;

	f.name = name;
	f.system_name = name;
	return emit_function(w, &f);
}

static uint64_t
unknown_function_id(struct writer *w)
{
	if (w->unknown_id == 0)
		w->unknown_id = named_function_id(w, text(w, UNKNOWN));
	return w->unknown_id;
}

static void
emit_location(struct writer *w, Perftools__Profiles__Location *l)
{
	Perftools__Profiles__Profile piece = PERFTOOLS__PROFILES__PROFILE__INIT;

	l->id = ++w->n_locations;
	piece.n_location = 1;
	piece.location = &l;
	emit(w, &piece);
}

/* The location, with one line that is only a name. */
static void
emit_named_location(
    struct writer *w, Perftools__Profiles__Location *l, uint64_t function)
{
	Perftools__Profiles__Line line = PERFTOOLS__PROFILES__LINE__INIT;
	Perftools__Profiles__Line *lines[] = {&line};

	line.function_id = function;
	l->n_line = ARRAY_SIZE(lines);
	l->line = lines;
	emit_location(w, l);
}

static void
emit_code_location(struct writer *w, Perftools__Profiles__Location *l,
    const struct profile_frame *f)
{
	Perftools__Profiles__Line *lines = xcalloc(f->n_lines, sizeof(*lines));
	Perftools__Profiles__Line **list = xcalloc(f->n_lines, sizeof(*list));

	for (uint32_t i = 0; i < f->n_lines; i++) {
		const struct profile_line *from =
		    &w->p->lines[f->first_line + i];

		perftools__profiles__line__init(&lines[i]);
		lines[i].function_id = function_id(w, from->function);
		lines[i].line = from->line;
		lines[i].column = from->column;
		list[i] = &lines[i];
	}
	l->n_line = f->n_lines;
	l->line = list;
	emit_location(w, l);
	free(list);
	free(lines);
}

/*
 * A frame in a mapping may go without lines: readers show the file's name, and
 * can find a better one where they have the file. Outside all mappings they
 * would show a bare address, so there it is called "[unknown]".
 */
static uint64_t
location_id(struct writer *w, uint32_t frame)
{
	const struct profile_frame *f = &w->p->frames[frame];
	Perftools__Profiles__Location l = PERFTOOLS__PROFILES__LOCATION__INIT;

	if (w->location_ids[frame] != 0)
		return w->location_ids[frame];
	l.address = f->addr;
	if (f->mapping != PROFILE_NO_MAPPING)
		l.mapping_id = (uint64_t)f->mapping + 1;
	if (f->marker != 0)
		emit_named_location(
		    w, &l, named_function_id(w, string(w, f->marker)));
	else if (f->n_lines == 0 && l.mapping_id == 0)
		emit_named_location(w, &l, unknown_function_id(w));
	else
		emit_code_location(w, &l, f);
	return w->location_ids[frame] = l.id;
}

/* The locations from the leaf to just below the root; returns how many. */
static size_t
fill_path(struct writer *w, const struct trie_node *leaf)
{
	const struct trie_node *nodes = w->p->trie.nodes, *node;
	size_t n = 0;

	for (node = leaf; node->parent != TRIE_NO_NODE;
	     node = &nodes[node->parent]) {
		GROW(w->path, n, w->cap_path);
		w->path[n++] = location_id(w, node->frame);
	}
	return n;
}

static const struct profile_labels *
labels_of(const struct profile *p, const struct trie_node *node)
{
	while (node->parent != TRIE_NO_NODE)
		node = &p->trie.nodes[node->parent];
	return &p->labels[node->frame];
}

static void
put_label(Perftools__Profiles__Label *label, int64_t key, int64_t str)
{
	perftools__profiles__label__init(label);
	label->key = key;
	label->str = str;
}

static int64_t
id_text(struct writer *w, pid_t id)
{
	char buf[16];

	(void)snprintf(buf, sizeof(buf), "%jd", (intmax_t)id);
	return text(w, buf);
}

/*
 * Ids as strings too: Pyroscope drops numeric labels, and -tagfocus takes
 * numbers for ranges. What is empty or 0 is no label.
 */
static size_t
fill_labels(struct writer *w, const struct profile_labels *from,
    Perftools__Profiles__Label *labels)
{
	size_t n = 0;

	if (from->thread_name != 0)
		put_label(&labels[n++], text(w, "thread_name"),
		    string(w, from->thread_name));
	if (from->tid > 0)
		put_label(
		    &labels[n++], text(w, "thread_id"), id_text(w, from->tid));
	if (from->state != 0)
		put_label(
		    &labels[n++], text(w, "state"), string(w, from->state));
	if (w->several_pids && from->pid > 0)
		put_label(&labels[n++], text(w, "pid"), id_text(w, from->pid));
	return n;
}

static void
emit_sample(struct writer *w, const struct trie_node *leaf)
{
	Perftools__Profiles__Profile piece = PERFTOOLS__PROFILES__PROFILE__INIT;
	Perftools__Profiles__Sample s = PERFTOOLS__PROFILES__SAMPLE__INIT;
	Perftools__Profiles__Sample *list[] = {&s};
	Perftools__Profiles__Label labels[MAX_SAMPLE_LABELS];
	Perftools__Profiles__Label *label_list[MAX_SAMPLE_LABELS];
	int64_t values[] = {number(leaf->w.count), number(leaf->w.cpu),
	    number(leaf->w.wall)};

	s.n_location_id = fill_path(w, leaf);
	s.location_id = w->path;
	s.n_value = w->p->has_wall ? 3 : 2;
	s.value = values;
	s.n_label = fill_labels(w, labels_of(w->p, leaf), labels);
	for (size_t i = 0; i < s.n_label; i++)
		label_list[i] = &labels[i];
	s.label = label_list;
	piece.n_sample = ARRAY_SIZE(list);
	piece.sample = list;
	emit(w, &piece);
}

/* Roots are label sets, not code: a sample there would have no location. */
static void
emit_samples(struct writer *w)
{
	const struct trie *t = &w->p->trie;

	for (size_t i = 0; i < t->n; i++) {
		const struct trie_node *node = &t->nodes[i];

		if (node->parent != TRIE_NO_NODE &&
		    !weight_is_none(&node->w))
			emit_sample(w, node);
	}
}

static int64_t
mapping_name(struct writer *w, const struct profile_mapping *from)
{
	return from->file != 0 ? string(w, from->file) : text(w, ANONYMOUS);
}

/*
 * Any of the flags keeps readers from naming the mapping's frames themselves,
 * so all stay unset while one frame lacks a name that only they could find.
 */
static void
emit_mapping(struct writer *w, size_t index)
{
	const struct profile_mapping *from = &w->p->mappings[index];
	Perftools__Profiles__Profile piece = PERFTOOLS__PROFILES__PROFILE__INIT;
	Perftools__Profiles__Mapping m = PERFTOOLS__PROFILES__MAPPING__INIT;
	Perftools__Profiles__Mapping *list[] = {&m};
	bool named = from->looked_up && !from->unresolved;

	m.id = index + 1;
	m.memory_start = from->start;
	m.memory_limit = from->limit;
	m.file_offset = from->off;
	m.filename = mapping_name(w, from);
	m.build_id = string(w, from->build_id);
	m.has_functions = named;
	m.has_filenames = named && from->has_files;
	m.has_line_numbers = named && from->has_lines;
	m.has_inline_frames = named && from->has_inlines;
	piece.n_mapping = ARRAY_SIZE(list);
	piece.mapping = list;
	emit(w, &piece);
}

static Perftools__Profiles__ValueType
value_type(struct writer *w, const char *type, const char *unit)
{
	Perftools__Profiles__ValueType v =
	    PERFTOOLS__PROFILES__VALUE_TYPE__INIT;

	v.type = text(w, type);
	v.unit = text(w, unit);
	return v;
}

/*
 * The first two types are those of Go's CPU profile, so that they can be
 * compared. What was asked for is the last and what readers show first.
 */
static void
emit_header(struct writer *w)
{
	Perftools__Profiles__Profile piece = PERFTOOLS__PROFILES__PROFILE__INIT;
	Perftools__Profiles__ValueType samples, cpu, wall;
	Perftools__Profiles__ValueType *types[] = {&samples, &cpu, &wall};
	Perftools__Profiles__ValueType *weighed = &cpu;

	samples = value_type(w, "samples", "count");
	cpu = value_type(w, "cpu", "nanoseconds");
	piece.n_sample_type = 2;
	if (w->p->has_wall) {
		wall = value_type(w, "wall", "nanoseconds");
		weighed = &wall;
		piece.n_sample_type = 3;
	}
	piece.sample_type = types;
	piece.default_sample_type = weighed->type;
	piece.period_type = weighed;
	piece.period = number(w->p->period_ns);
	piece.time_nanos = number(w->p->time_ns);
	piece.duration_nanos = number(w->p->duration_ns);
	emit(w, &piece);
}

static void
emit_comment(struct writer *w, const char *s)
{
	Perftools__Profiles__Profile piece = PERFTOOLS__PROFILES__PROFILE__INIT;
	int64_t id = text(w, s);

	piece.n_comment = 1;
	piece.comment = &id;
	emit(w, &piece);
}

static void
emit_pace(struct writer *w, const struct stats *s)
{
	char *words = xasprintf("%.1f Hz on average instead of %u, so that no "
				"thread was held longer (--max-pause)",
	    stats_mean_rate(s), s->rate);

	emit_comment(w, words);
	free(words);
}

/*
 * How true the profile is, for people and for programs. Readers show comments
 * above their tables, but not those that begin with '#'.
 */
static void
emit_stats(struct writer *w)
{
	const struct stats *s = &w->p->stats;
	char *json = stats_json_line(s);
	char *words =
	    xasprintf("%" PRIu64 " samples, %.1f%% of their stacks "
		      "complete; %.3f s of %.3f s CPU attributed; %" PRIu64
		      " ticks missed, %" PRIu64 " samples folded",
		s->samples, 100 * stats_complete_share(s),
		(double)s->cpu_attributed_ns / 1e9,
		(double)s->cpu_kernel_ns / 1e9, s->missed_ticks, s->folded);
	char *line = xasprintf("# scrape stats: %s", json);

	emit_comment(w, words);
	if (s->paced_ns > 0)
		emit_pace(w, s);
	emit_comment(w, line);
	free(line);
	free(words);
	free(json);
}

static void
emit_comments(struct writer *w)
{
	const struct profile *p = w->p;

	for (size_t i = 0; i < p->n_comments; i++)
		emit_comment(w, interned(&p->strings, p->comments[i]));
	/* A profile that no sampler filled has none. */
	if (p->stats.ticks > 0)
		emit_stats(w);
}

static void
emit_strings(struct writer *w)
{
	Perftools__Profiles__Profile piece = PERFTOOLS__PROFILES__PROFILE__INIT;
	char **list = xcalloc(w->strings.n, sizeof(*list));

	/* protobuf-c's generated types know no const; packing only reads. */
	for (size_t i = 0; i < w->strings.n; i++)
		list[i] = (char *)(uintptr_t)w->strings.strings[i];
	piece.n_string_table = w->strings.n;
	piece.string_table = list;
	emit(w, &piece);
	free(list);
}

static bool
has_several_pids(const struct profile *p)
{
	pid_t first = 0;

	for (size_t i = 0; i < p->n_labels; i++) {
		pid_t pid = p->labels[i].pid;

		if (pid > 0 && first > 0 && pid != first)
			return true;
		if (pid > 0)
			first = pid;
	}
	return false;
}

static void
writer_init(struct writer *w, const struct profile *p, FILE *fp)
{
	*w = (struct writer){.base = {.append = append}, .p = p};
	gzip_init(&w->gz, fp);
	interner_init(&w->strings);
	w->string_ids = xcalloc(p->strings.n, sizeof(*w->string_ids));
	w->location_ids = xcalloc(p->n_frames, sizeof(*w->location_ids));
	w->function_ids = xcalloc(p->n_functions, sizeof(*w->function_ids));
	w->several_pids = has_several_pids(p);
}

static void
writer_deinit(struct writer *w)
{
	interner_deinit(&w->strings);
	free(w->string_ids);
	free(w->location_ids);
	free(w->function_ids);
	free(w->path);
}

static int
pprof_write(const struct profile *p, FILE *fp, struct err *err)
{
	struct writer w;
	int r;

	writer_init(&w, p, fp);
	emit_header(&w);
	emit_comments(&w);
	for (size_t i = 0; i < p->n_mappings; i++)
		emit_mapping(&w, i);
	emit_samples(&w);
	emit_strings(&w);
	r = gzip_finish(&w.gz, err);
	writer_deinit(&w);
	return r;
}

const struct output_ops output_pprof = {
    .name = "pprof",
    .suffixes = ".pb.gz .pprof",
    .help = "what go tool pprof, Pyroscope, Parca and speedscope read",
    .binary = true,
    .write = pprof_write,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "output/dump_text.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "core/dump.h"
#include "output/dump_alike.h"
#include "output/dump_row.h"
#include "output/text_line.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* "1-3, 7" are two; so many of a group's threads are named in its heading. */
#define MAX_TID_RANGES 6

struct printer {
	const struct dump *d;
	const struct dump_text_opts *o;
	struct dump_groups groups;
	struct text_line line;
};

static const char *
state_words(char state)
{
	switch (state) {
	case 'R':
		return "running";
	case 'S':
		return "sleeping";
	case 'D':
		return "disk sleep (uninterruptible)";
	case 'T':
		return "stopped";
	case 't':
		return "traced";
	case 'Z':
		return "zombie";
	case 'I':
		return "idle";
	case 'X':
	case 'x':
		return "dead";
	default:
		return "unknown";
	}
}

static const char *
end_words(enum end_reason end)
{
	static const char *const words[END_NR] = {
	    [END_ROOT] = "the outermost frame",
	    [END_NO_CFI] = "code without CFI, and no safe guess",
	    [END_BAD_CFI] =
		"CFI that contradicts itself, or needs what is lost",
	    [END_UNREADABLE] = "the stack cannot be read here",
	    [END_DEPTH] = "there are more frames than --max-depth",
	    [END_LOOP] = "the stack leads back into itself",
	    [END_LATE] = "the rest had changed before it was read",
	};

	return (unsigned)end < END_NR ? words[end] : "unknown";
}

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void
put_duration(struct text_line *l, uint64_t ns)
{
	if (ns < 1000000)
		text_printf(l, TEXT_PLAIN, "%.1f us", (double)ns / 1e3);
	else if (ns < NS_PER_SEC)
		text_printf(l, TEXT_PLAIN, "%.1f ms", (double)ns / 1e6);
	else
		text_printf(l, TEXT_PLAIN, "%.2f s", (double)ns / 1e9);
}

/* " (name)", if it is known. */
static void
put_name(struct text_line *l, const char *name)
{
	if (name == NULL)
		return;
	text_put(l, TEXT_BOLD, " (");
	text_put(l, TEXT_BOLD, name);
	text_put(l, TEXT_BOLD, ")");
}

/* ", 9 threads, 2026-11-22 07:00:00.123 UTC", to be freed */
static char *
process_facts(const struct dump *d)
{
	char parent[32] = "", day[40] = "";
	struct tm tm;

	if (d->ppid != 0)
		(void)snprintf(
		    parent, sizeof(parent), ", child of %d", (int)d->ppid);
	if (gmtime_r(&d->time.tv_sec, &tm) == NULL ||
	    strftime(day, sizeof(day), ", %Y-%m-%d %H:%M:%S", &tm) == 0)
		return xasprintf("%s, %zu thread%s", parent, d->n_threads,
		    plural(d->n_threads));
	return xasprintf("%s, %zu thread%s%s.%03ld UTC", parent, d->n_threads,
	    plural(d->n_threads), day, d->time.tv_nsec / 1000000);
}

/* A long path gives way to what stands after it. */
static void
print_process(struct printer *p)
{
	_cleanup_free_ char *facts = process_facts(p->d);
	struct text_line *l = &p->line;
	size_t after = strlen(facts) + 1, room;

	text_printf(l, TEXT_BOLD, "Process %d", (int)p->d->pid);
	put_name(l, p->d->comm);
	room = text_room(l);
	if (p->d->exe != NULL && room > after) {
		text_spaces(l, 1);
		text_put_tail(l, TEXT_PLAIN, p->d->exe, room - after);
	}
	text_put(l, TEXT_PLAIN, facts);
	text_end(l);
}

static void
print_frozen(struct printer *p)
{
	struct text_line *l = &p->line;

	text_put(l, TEXT_PLAIN,
	    "All threads are shown at one moment; they were held for ");
	put_duration(l, p->d->frozen_ns);
	text_end(l);
}

static void
put_tid_range(struct text_line *l, const char *separator, pid_t a, pid_t b)
{
	if (a == b)
		text_printf(l, TEXT_BOLD, "%s%d", separator, (int)a);
	else
		text_printf(l, TEXT_BOLD, "%s%d-%d", separator, (int)a, (int)b);
}

/* " 4244-4251, 4260, and 3 more" */
static void
put_tids(struct printer *p, const struct dump_group *group)
{
	const struct dump_thread *threads = p->d->threads;
	size_t i = group->first, left = group->n;

	for (unsigned n = 0; n < MAX_TID_RANGES && left > 0; n++) {
		pid_t a = threads[i].tid, b = a;

		for (left--; left > 0; left--, b++) {
			i = p->groups.next[i];
			if (threads[i].tid != b + 1)
				break;
		}
		put_tid_range(&p->line, n == 0 ? " " : ", ", a, b);
	}
	if (left > 0)
		text_printf(&p->line, TEXT_BOLD, ", and %zu more", left);
}

static const char *
call_text(const struct dump_thread *th)
{
	return th->syscall->text != NULL ? th->syscall->text : "";
}

/* Whether all of a group, which is in a system call, have its arguments. */
static bool
same_arguments(const struct printer *p, const struct dump_group *group)
{
	const struct dump_thread *threads = p->d->threads;
	const char *text = call_text(&threads[group->first]);

	for (size_t i = group->first; i != group->last;) {
		i = p->groups.next[i];
		if (strcmp(call_text(&threads[i]), text) != 0)
			return false;
	}
	return true;
}

static void
put_syscall(struct printer *p, const struct dump_group *group)
{
	const struct dump_syscall *call = p->d->threads[group->first].syscall;
	struct text_line *l = &p->line;
	bool same;

	if (call == NULL)
		return;
	text_spaces(l, 2);
	same = same_arguments(p, group);
	if (same && call->text != NULL) {
		text_put(l, TEXT_PLAIN, call->text);
		return;
	}
	if (call->name != NULL)
		text_put(l, TEXT_PLAIN, call->name);
	else
		text_printf(
		    l, TEXT_PLAIN, "system call %" PRId64, call->number);
	if (!same)
		text_put(l, TEXT_PLAIN, " (arguments differ)");
}

/* Of a group, the longest. */
static void
put_held(struct printer *p, const struct dump_group *group)
{
	uint64_t ns = p->d->threads[group->first].stopped_ns;

	for (size_t i = group->first; i != group->last;) {
		i = p->groups.next[i];
		if (p->d->threads[i].stopped_ns > ns)
			ns = p->d->threads[i].stopped_ns;
	}
	if (ns == 0)
		return;
	text_put(
	    &p->line, TEXT_DIM, group->n > 1 ? "  held at most " : "  held ");
	put_duration(&p->line, ns);
}

static bool
has_one_name(const struct printer *p, const struct dump_group *group)
{
	const struct dump_thread *threads = p->d->threads;
	const char *name = threads[group->first].name;

	for (size_t i = group->first; name != NULL && i != group->last;) {
		i = p->groups.next[i];
		if (strcmp(threads[i].name, name) != 0)
			return false;
	}
	return true;
}

/* Of threads that are numbered, "pool-*". */
static void
put_names(struct printer *p, const struct dump_group *group)
{
	const char *name = p->d->threads[group->first].name;
	char *common, *to;

	if (has_one_name(p, group)) {
		put_name(&p->line, name);
		return;
	}
	common = to = xstrdup(name);
	for (const char *s = name; *s != '\0';) {
		size_t digits = strspn(s, "0123456789");

		*to++ = digits != 0 ? '*' : *s;
		s += digits != 0 ? digits : 1;
	}
	*to = '\0';
	put_name(&p->line, common);
	free(common);
}

static void
print_heading(struct printer *p, const struct dump_group *group)
{
	const struct dump_thread *th = &p->d->threads[group->first];
	struct text_line *l = &p->line;

	text_put(l, TEXT_BOLD, group->n > 1 ? "Threads" : "Thread");
	put_tids(p, group);
	put_names(p, group);
	if (group->n > 1)
		text_printf(l, TEXT_BOLD, "  %zu alike", group->n);
	text_spaces(l, 2);
	text_put(l, TEXT_PLAIN, state_words(th->state));
	put_syscall(p, group);
	if (p->o->verbose)
		put_held(p, group);
	text_end(l);
}

/* What is to be known beside the frames. */
static void
print_remark(struct text_line *l, const char *head, const char *text,
    const char *explained)
{
	text_spaces(l, DUMP_ROW_INDENT);
	text_put(l, TEXT_RED, head);
	text_put(l, TEXT_RED, text);
	if (explained != NULL)
		text_printf(l, TEXT_RED, " (%s)", explained);
	text_end(l);
}

static void
print_stack(struct printer *p, const struct dump_thread *th)
{
	struct text_line *l = &p->line;

	if (th->problem != NULL) {
		print_remark(l, "no stack: ", th->problem, NULL);
		return;
	}
	dump_rows_print(l, th, p->o->inlines, p->o->verbose);
	if (th->end != END_ROOT)
		print_remark(
		    l, "end: ", end_reason_name(th->end), end_words(th->end));
	else if (th->n_frames == 0)
		print_remark(l, "no frames", "", NULL);
}

int
dump_text(const struct dump *d, const struct dump_text_opts *o, FILE *fp,
    struct err *err)
{
	struct printer p = {
	    .d = d,
	    .o = o,
	    .line = {.fp = fp, .width = o->width, .colour = o->colour},
	};

	dump_groups_init(&p.groups, d, o->fold);
	if (o->follows)
		(void)fputs("\n\n", fp);
	print_process(&p);
	if (d->is_frozen)
		print_frozen(&p);
	for (size_t i = 0; i < p.groups.n && !ferror(fp); i++) {
		text_end(&p.line);
		print_heading(&p, &p.groups.groups[i]);
		print_stack(&p, &d->threads[p.groups.groups[i].first]);
	}
	dump_groups_deinit(&p.groups);
	if (ferror(fp) || fflush(fp) != 0)
		return err_set(err, ERR_RUNTIME, "write: %s", strerror(errno));
	return 0;
}

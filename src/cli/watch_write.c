/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/watch.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "cli/naming.h"
#include "output/outfile.h"
#include "output/output.h"

#include <time.h>

/* What names that are on their way are waited for. */
#define NAMES_NS (NS_PER_SEC / 2)

static int
write_profile(const struct profile *p, const char *path, struct err *err)
{
	struct outfile f;
	int r = outfile_open(&f, path, err);

	if (r < 0)
		return r;
	r = output_pprof.write(p, f.fp, err);
	if (r < 0) {
		outfile_abort(&f);
		return err_wrap(err, "%s", path);
	}
	return outfile_commit(&f, NULL, err);
}

static void
describe(const struct watch *w, struct profile *p, bool all)
{
	const struct top_process *first = &w->processes[0];
	_cleanup_free_ char *what =
	    all ? xstrdup("since its start")
		: xasprintf("the last %.1f s", (double)p->duration_ns / 1e9);
	_cleanup_free_ char *text =
	    xasprintf("scrape %s top, %s mode, %u Hz; PID %d (%s), %s",
		PACKAGE_VERSION, measure_name(profile_measure(p)),
		w->opts.rate, (int)first->pid, first->comm,
		what);

	profile_comment(p, text);
}

static void
extract(const struct watch *w, bool all, struct profile *ret)
{
	size_t n;
	const struct weight *window = window_weights(watch_window(w), &n);
	_cleanup_free_ struct weight *weights = NULL;
	uint64_t end = window_end_ns(watch_window(w));

	if (all) {
		end = w->end_ns != 0 ? w->end_ns : now_ns();
		n = w->mirror.trie.n;
		weights = xcalloc(n, sizeof(*weights));
		for (size_t i = 0; i < n; i++)
			weights[i] = w->mirror.trie.nodes[i].w;
	}
	mirror_extract(&w->mirror, all ? weights : window, n, ret);
	ret->duration_ns = all ? end - w->start_ns : window_ns(watch_window(w));
	ret->time_ns = w->mirror.time_ns + (end - w->start_ns) -
		       ret->duration_ns;
	ret->period_ns = w->mirror.period_ns;
	ret->stats = all ? w->mirror.stats : window_stats(watch_window(w));
	describe(w, ret, all);
}

int
watch_write(struct watch *w, bool all, char **ret_path, struct err *err)
{
	_cleanup_free_ char *name = NULL, *path = NULL, *others = NULL;
	struct profile p;
	int r;

	if (w->n_processes == 0)
		return err_set(err, ERR_RUNTIME, "nothing was seen so far");
	namer_finish(w->namer, &w->mirror, NAMES_NS);
	viewer_names_changed(w->viewer);
	others = w->n_processes > 1
		     ? xasprintf("+%zu", w->n_processes - 1)
		     : xstrdup("");
	name = naming_default(w->processes[0].comm, w->processes[0].pid, others,
	    time(NULL), &output_pprof);
	path = naming_claim(name);
	extract(w, all, &p);
	r = write_profile(&p, path, err);
	profile_deinit(&p);
	if (r < 0)
		naming_disclaim(path);
	else
		*ret_path = steal_ptr(path);
	return r;
}

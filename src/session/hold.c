/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "session/hold.h"

/* What it takes to be woken, in the mean. */
static uint64_t
comeback(const struct holds *h)
{
	return h->n_watched > 0 ? h->comebacks_ns / h->n_watched : 0;
}

void
holds_add(struct holds *h, uint64_t ns, bool has_woken_us)
{
	histogram_add(&h->ns, ns + (has_woken_us ? 2 : 1) * comeback(h));
}

bool
holds_want_watch(const struct holds *h)
{
	return h->ns.n % HOLD_WATCH_EVERY == 1;
}

void
holds_add_comeback(struct holds *h, uint64_t ns)
{
	h->n_watched++;
	h->comebacks_ns += ns;
}

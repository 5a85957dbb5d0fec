/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/ui_private.h"

#include <regex.h>
#include <stdio.h>

/* The line of a row in a list that has it, or n. */
static size_t
line_of_row(const struct lines *l, uint32_t row)
{
	size_t i = 0;

	while (i < l->n && l->lines[i].row != row)
		i++;
	return i;
}

/* In the flame graph only what is in the picture can be chosen. */
static bool
matches(const struct ui *ui, uint32_t row)
{
	struct view_key key = view_key(ui->viewer, ui->view->rows[row].key);

	return regexec(&ui->state.search.re, key.name, 0, NULL, 0) == 0 &&
	    (ui->state.screen != UI_FLAME ||
		flame_find(&ui->flame, ui->view, ui->view->rows[row].id) !=
		    SIZE_MAX);
}

/* Where it goes on behind the end, or before the start, it says so. */
static size_t
next_match(struct ui *ui, const struct lines *all, size_t from, bool backwards)
{
	for (size_t step = 1; step <= all->n; step++) {
		size_t i = backwards ? from + all->n - step : from + step;

		i %= all->n;
		if (!matches(ui, all->lines[i].row))
			continue;
		if (backwards ? i > from : i < from)
			(void)snprintf(ui->message, sizeof(ui->message),
			    "search goes on from the %s",
			    backwards ? "end" : "start");
		return i;
	}
	return all->n;
}

/* Closed rows are searched too, and what hides the one that is found opens. */
static void
choose_row(struct ui *ui, uint32_t row)
{
	struct fold *fold = state_fold(&ui->state);

	if (fold != NULL) {
		fold_reveal(fold, ui->view, row);
		lines_list(&ui->lines, ui->view, fold);
	}
	if (ui->state.screen == UI_FLAME)
		*state_place(&ui->state) = (struct place){
		    .id = ui->view->rows[row].id, .is_chosen = true};
	else
		place_choose(state_place(&ui->state), ui->lines.ids,
		    ui->lines.n, line_of_row(&ui->lines, row));
}

/* The row that is chosen, as a place in the list of all; 0: none is. */
static size_t
chosen_line(const struct ui *ui, const struct lines *all)
{
	const struct place *place = &ui->state.places[ui->state.screen];

	if (place->is_chosen)
		for (size_t i = 0; i < all->n; i++)
			if (all->ids[i] == place->id)
				return i;
	return 0;
}

void
find_match(struct ui *ui, bool backwards)
{
	struct lines all = {0};
	size_t found;

	if (!ui->state.search.is_set) {
		(void)snprintf(ui->message, sizeof(ui->message),
		    "nothing to search for: press /");
		return;
	}
	if (ui->state.screen == UI_THREADS) {
		(void)snprintf(ui->message, sizeof(ui->message),
		    "threads that match are marked");
		return;
	}
	if (!ui_has_answer(ui) || ui->view->n_rows == 0)
		return;
	lines_list(&all, ui->view, NULL);
	found = next_match(ui, &all, chosen_line(ui, &all), backwards);
	if (found < all.n)
		choose_row(ui, all.lines[found].row);
	else
		(void)snprintf(ui->message, sizeof(ui->message),
		    "no match for /%.100s/", ui->state.search.text);
	lines_deinit(&all);
}

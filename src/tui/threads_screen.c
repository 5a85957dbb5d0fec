/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/ui_private.h"

#include "tui/threads_view.h"

void
threads_screen_draw(struct ui *ui, const struct ui_data *data)
{
	struct canvas *c = &ui->canvas;
	const struct place *place = state_place(&ui->state);
	const struct pattern *search = &ui->state.search;
	struct threads_columns columns;

	threads_fit(&columns, c->columns, ui->state.several);
	threads_draw_heads(c, UI_HEADS_Y, &columns);
	for (size_t i = 0; i < ui->page; i++) {
		int y = UI_FIRST_ROW + (int)i;
		size_t row = place->top + i;

		if (row < data->n_threads)
			threads_draw_row(c, y, &columns, &data->threads[row],
			    search->is_set ? &search->re : NULL,
			    row == place->at);
		else
			canvas_clear_row(c, y);
	}
	if (data->n_threads == 0 && ui->page > 1)
		canvas_text(c, UI_FIRST_ROW + 1, 2, c->columns - 2, PAINT_WEAK,
		    "no threads are left");
}

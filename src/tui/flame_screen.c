/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/ui_private.h"

#include "tui/flame_draw.h"

/* Levels that a page key goes. */
#define PAGE 8

static uint32_t
zoomed_row(const struct ui *ui)
{
	uint64_t id = ui->state.zoom;

	return id != 0 ? view_row_of_id(ui->view, id) : VIEW_NONE;
}

static size_t
chosen_box(const struct ui *ui)
{
	const struct place *place = &ui->state.places[UI_FLAME];
	size_t box = SIZE_MAX;

	if (place->is_chosen)
		box = flame_find(&ui->flame, ui->view, place->id);
	return box != SIZE_MAX ? box : 0;
}

static struct flame_picture
picture(const struct ui *ui, const struct viewer *viewer)
{
	return (struct flame_picture){
	    .flame = &ui->flame,
	    .view = ui->view,
	    .viewer = viewer,
	    .search = ui->state.search.is_set ? &ui->state.search.re : NULL,
	    .chosen = chosen_box(ui),
	    .upward = true,
	    .first = ui->flame_first,
	    .y = UI_HEADS_Y + FLAME_INFO_ROWS,
	    .rows = ui->canvas.rows - 1 - UI_HEADS_Y - FLAME_INFO_ROWS,
	};
}

void
flame_screen_settle(struct ui *ui)
{
	struct flame_picture p;

	flame_layout(
	    &ui->flame, ui->view, zoomed_row(ui), ui->canvas.columns);
	p = picture(ui, ui->viewer);
	ui->flame_first = flame_scroll(
	    &ui->flame, p.chosen, ui->flame_first, p.rows);
}

void
flame_screen_draw(struct ui *ui, const struct ui_data *data)
{
	struct flame_picture p = picture(ui, data->viewer);

	flame_draw(&ui->canvas, &p);
	flame_draw_info(&ui->canvas, &p, UI_HEADS_Y);
}

static void
choose_box(struct ui *ui, size_t box)
{
	uint32_t row;

	if (box >= ui->flame.n)
		return;
	row = ui->flame.boxes[box].row;
	ui->state.places[UI_FLAME] = (struct place){
	    .is_chosen = row != VIEW_NONE,
	    .id = row != VIEW_NONE ? ui->view->rows[row].id : 0,
	};
}

/* Into the chosen frame; out of it, when it is the one that is zoomed on. */
static void
zoom(struct ui *ui)
{
	const struct place *place = &ui->state.places[UI_FLAME];
	uint64_t id = place->is_chosen ? place->id : 0;

	ui->state.zoom = id == ui->state.zoom ? 0 : id;
}

static void
move(struct ui *ui, int dx, int dy, int times)
{
	size_t box = chosen_box(ui);

	for (int i = 0; i < times && box < ui->flame.n; i++)
		box = flame_move(&ui->flame, box, dx, dy);
	choose_box(ui, box);
}

bool
flame_screen_act(struct ui *ui, enum act act)
{
	switch ((int)act) {
	case ACT_UP:
		move(ui, 0, 1, 1);
		return true;
	case ACT_DOWN:
		move(ui, 0, -1, 1);
		return true;
	case ACT_PAGE_UP:
		move(ui, 0, 1, PAGE);
		return true;
	case ACT_PAGE_DOWN:
		move(ui, 0, -1, PAGE);
		return true;
	case ACT_LAST:
		move(ui, 0, 1, ui->flame.n_levels);
		return true;
	case ACT_FIRST:
		choose_box(ui, 0);
		return true;
	case ACT_LEFT:
		move(ui, -1, 0, 1);
		return true;
	case ACT_RIGHT:
		move(ui, 1, 0, 1);
		return true;
	case ACT_ENTER:
		zoom(ui);
		return true;
	default:
		return false;
	}
}

void
flame_screen_click(struct ui *ui, int y, int x)
{
	struct flame_picture p = picture(ui, ui->viewer);
	size_t box = flame_clicked(&p, y, x);

	if (box >= ui->flame.n)
		return;
	choose_box(ui, box);
	if (ui_is_second_click(ui, state_place(&ui->state)->id))
		zoom(ui);
}

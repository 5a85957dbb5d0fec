/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/screen.h"

#include "base/attr.h"
#include "tui/canvas.h"
#include "tui/keys.h"
#include "tui/outbox.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* How long an Esc waits for the rest of a function key. */
#define ESCAPE_MS 25
/*
 * What may be on its way to the terminal when the next picture is drawn: less
 * than a second of a serial line at 38,400 baud.
 */
#define MAX_UNSENT 2048
/* How long a terminal that is given back may take for the last it is told. */
#define LAST_MS 200

static SCREEN *screen;
static struct outbox outbox = {.box_fd = -1, .fd = -1};
static struct termios own_modes; /* while the screen is up */
/*
 * Keys are read by way of a pad: read by way of the screen, curses would draw
 * it first.
 */
static WINDOW *keyboard;
static FILE *input;

/* What screen_emergency() has to do, made ready: it can ask nobody then. */
static struct {
	volatile sig_atomic_t armed;
	struct termios modes;
	char codes[256];
	size_t n;
} emergency;

/* --- signals */

static const int curses_signals[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
static struct sigaction kept_actions[ARRAY_SIZE(curses_signals)];

/* Curses takes signals over that nobody has; who opens the screen has them. */
static void
keep_signals(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(curses_signals); i++)
		(void)sigaction(curses_signals[i], NULL, &kept_actions[i]);
}

static void
restore_signals(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(curses_signals); i++)
		(void)sigaction(curses_signals[i], &kept_actions[i], NULL);
}

/* --- a crash */

/* A capability as bytes to send, without the pauses some ask for: "$<5>". */
static void
add_codes(const char *name)
{
	const char *s = tigetstr(name);

	if (s == NULL || s == (const char *)-1)
		return;
	while (*s != '\0' && emergency.n < sizeof(emergency.codes)) {
		if (s[0] == '$' && s[1] == '<' && strchr(s, '>') != NULL) {
			s = strchr(s, '>') + 1;
			continue;
		}
		emergency.codes[emergency.n++] = *s++;
	}
}

static void
add_text(const char *s)
{
	while (*s != '\0' && emergency.n < sizeof(emergency.codes))
		emergency.codes[emergency.n++] = *s++;
}

static void
arm(bool has_mouse)
{
	emergency.n = 0;
	if (has_mouse)
		add_text("\033[?1006l\033[?1002l\033[?1000l");
	add_codes("rmkx");  /* keypad */
	add_codes("sgr0");  /* attributes */
	add_codes("op");    /* colours */
	add_codes("cnorm"); /* cursor */
	add_codes("rmcup"); /* the other screen */
	add_text("\r\n");
	emergency.armed = 1;
}

/*
 * What a terminal that does not read has not taken is a picture that nobody will
 * see: without it there is room. An escape ends the one that was cut off.
 */
static void
send_codes(void)
{
	for (int i = 0; i < 2; i++) {
		if (write(outbox.fd, emergency.codes, emergency.n) ==
		    (ssize_t)emergency.n)
			return;
		(void)tcflush(outbox.fd, TCOFLUSH);
	}
}

void
screen_emergency(void)
{
	sigset_t set, old;
	int kept = errno;

	if (!emergency.armed)
		return;
	emergency.armed = 0;
	/* Of a background process it would stop, not do. */
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTTOU);
	(void)sigprocmask(SIG_BLOCK, &set, &old);
	send_codes();
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &emergency.modes);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	errno = kept;
}

/* --- open, close */

static bool
wants_color(enum ui_color color)
{
	const char *no_color = getenv("NO_COLOR");

	if (color != UI_COLOR_AUTO)
		return color == UI_COLOR_ALWAYS;
	return no_color == NULL || *no_color == '\0';
}

static bool
can_do(const char *capability)
{
	const char *s = tigetstr(capability);

	return s != NULL && s != (const char *)-1;
}

/*
 * raw(): ^C, ^Z and ^\ are keys. They would be signals to a command of ours
 * too, and to the group.
 */
static bool
set_modes(void)
{
	keyboard = newpad(1, 1);
	if (keyboard == NULL)
		return false;
	(void)raw();
	(void)noecho();
	(void)nonl();
	(void)intrflush(stdscr, FALSE);
	(void)keypad(keyboard, TRUE);
	(void)nodelay(keyboard, TRUE);
	(void)set_escdelay(ESCAPE_MS);
	(void)curs_set(0);
	return true;
}

static bool
take_mouse(void)
{
	mmask_t got = mousemask(
	    BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);

	/* No waiting for what a press may become. */
	(void)mouseinterval(0);
	return got != 0;
}

static int
no_terminal(struct err *err)
{
	const char *term = getenv("TERM");

	err_set(err, ERR_RUNTIME, "cannot draw on this terminal");
	if (term == NULL || *term == '\0')
		err_why(err, "TERM is not set");
	else
		err_why(err, "TERM is %.64s, which %s", term,
		    screen == NULL ? "is not known here"
				   : "has no way to place text");
	err_try(err, "%s -b, which prints plain tables", err_command());
	return -ERR_RUNTIME;
}

/*
 * The keyboard, opened anew so that reading it never waits, and only ours does
 * not. Else, nodelay() or not, curses waits for what follows a mouse report that
 * it was not asked for, such as a button let go, or for the rest of one that was
 * cut off. What may not be opened (after su) is read as it is.
 */
static FILE *
open_input(void)
{
	int fd = open("/proc/self/fd/0",
	    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	FILE *fp = fd >= 0 ? fdopen(fd, "r") : NULL;

	if (fp == NULL && fd >= 0)
		(void)close(fd);
	return fp;
}

static void
close_input(void)
{
	if (input != NULL)
		(void)fclose(input);
	input = NULL;
}

int
screen_open(enum ui_color color, struct canvas *c, struct err *err)
{
	if (tcgetattr(STDIN_FILENO, &emergency.modes) < 0 ||
	    !isatty(STDOUT_FILENO))
		return err_set(err, ERR_RUNTIME, "there is no terminal");
	(void)setlocale(LC_CTYPE, "");
	/* The size is the terminal's, not that of LINES and COLUMNS. */
	use_env(FALSE);
	use_tioctl(TRUE);
	keep_signals();
	if (!outbox_open(&outbox, STDOUT_FILENO))
		return err_set(err, ERR_RUNTIME, "cannot draw: %s",
		    strerror(errno));
	input = open_input();
	screen = newterm(
	    NULL, outbox.stream, input != NULL ? input : stdin);
	if (screen == NULL || !can_do("cup") || !set_modes()) {
		no_terminal(err);
		screen_close();
		return -ERR_RUNTIME;
	}
	(void)tcgetattr(STDIN_FILENO, &own_modes);
	outbox_keep(&outbox);
	restore_signals();
	arm(take_mouse());
	canvas_init(c, wants_color(color));
	(void)screen_fit(c);
	return 0;
}

/*
 * Curses says its last words into the box. Where they do not get out, those for
 * an emergency do. Modes are set without waiting, as curses would not.
 */
static void
give_back(void)
{
	(void)endwin();
	if (!outbox_finish(&outbox, LAST_MS)) {
		outbox_drop(&outbox);
		(void)tcflush(outbox.fd, TCOFLUSH);
		send_codes();
	}
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &emergency.modes);
}

void
screen_close(void)
{
	if (screen != NULL) {
		if (keyboard != NULL)
			(void)delwin(keyboard);
		give_back();
		emergency.armed = 0;
		delscreen(screen);
		screen = NULL;
		keyboard = NULL;
		restore_signals();
	}
	outbox_close(&outbox);
	close_input();
}

void
screen_leave(void)
{
	give_back();
}

/* Curses takes the screen again when it draws next. */
void
screen_enter(struct canvas *c)
{
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &own_modes);
	(void)screen_fit(c);
	screen_redraw();
}

/* --- out */

bool
screen_fit(struct canvas *c)
{
	int rows = c->rows, columns = c->columns;
	struct winsize size;

	/* A serial line says 0 by 0: what terminfo says stands. */
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
	    size.ws_col > 0 && is_term_resized(size.ws_row, size.ws_col))
		(void)resizeterm(size.ws_row, size.ws_col);
	getmaxyx(stdscr, c->rows, c->columns);
	return c->rows != rows || c->columns != columns;
}

void
screen_redraw(void)
{
	(void)clearok(curscr, TRUE);
}

void
screen_update(void)
{
	(void)wnoutrefresh(stdscr);
	(void)doupdate();
	outbox_send(&outbox);
}

int
screen_fd(void)
{
	return outbox_is_empty(&outbox) ? -1 : outbox.fd;
}

bool
screen_is_behind(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
	int unsent = 0;

	outbox_send(&outbox);
	/* A pseudo-terminal counts nothing, but says when it is full. */
	if (!outbox_is_empty(&outbox) || poll(&out, 1, 0) == 0)
		return true;
	return ioctl(STDOUT_FILENO, TIOCOUTQ, &unsent) == 0 &&
	    unsent > MAX_UNSENT;
}

void
screen_cursor(int y, int x)
{
	(void)curs_set(x >= 0);
	if (x >= 0)
		(void)move(y, x);
}

/* --- in */

/* Nothing came, and nothing will: the terminal is gone. */
static bool
has_ended(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&in, 1, 0) > 0 &&
	    (in.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

int
screen_key(void)
{
	wint_t c;
	int r = wget_wch(keyboard, &c);

	if (r == KEY_CODE_YES)
		return FUNCTION_KEY((int)c);
	if (r == ERR)
		return has_ended() ? -1 : 0;
	/* A NUL, ^@, is a key that means nothing: not the end of the keys. */
	return c == 0 ? FUNCTION_KEY(0) : (int)c;
}

enum mouse_act
screen_mouse(int *ret_y, int *ret_x)
{
	MEVENT event;

	if (getmouse(&event) == ERR)
		return MOUSE_NONE;
	*ret_y = event.y;
	*ret_x = event.x;
	if ((event.bstate & BUTTON1_PRESSED) != 0)
		return MOUSE_CLICK;
	if ((event.bstate & BUTTON4_PRESSED) != 0)
		return MOUSE_WHEEL_UP;
	return (event.bstate & BUTTON5_PRESSED) != 0 ? MOUSE_WHEEL_DOWN
						     : MOUSE_NONE;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tui/prompt.h"

#include "tui/keys.h"

#include <curses.h>
#include <string.h>

void
prompt_start(struct prompt *p)
{
	p->text[0] = '\0';
	p->len = p->at = 0;
}

static bool
starts_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static size_t
before(const struct prompt *p, size_t at)
{
	while (at > 0 && !starts_character(p->text[--at]))
		;
	return at;
}

static size_t
after(const struct prompt *p, size_t at)
{
	if (at < p->len)
		at++;
	while (at < p->len && !starts_character(p->text[at]))
		at++;
	return at;
}

/* Takes out what is from `from` to `to`; the cursor stands there then. */
static void
cut(struct prompt *p, size_t from, size_t to)
{
	memmove(p->text + from, p->text + to, p->len - to + 1);
	p->len -= to - from;
	p->at = from;
}

static size_t
word_start(const struct prompt *p)
{
	size_t at = p->at;

	while (at > 0 && p->text[at - 1] == ' ')
		at--;
	while (at > 0 && p->text[at - 1] != ' ')
		at--;
	return at;
}

static size_t
encode(int code, char *buf)
{
	unsigned c = (unsigned)code;

	if (c < 0x80) {
		buf[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		buf[0] = (char)(0xc0 | c >> 6);
		buf[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		buf[0] = (char)(0xe0 | c >> 12);
		buf[1] = (char)(0x80 | (c >> 6 & 0x3f));
		buf[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	buf[0] = (char)(0xf0 | c >> 18);
	buf[1] = (char)(0x80 | (c >> 12 & 0x3f));
	buf[2] = (char)(0x80 | (c >> 6 & 0x3f));
	buf[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static bool
is_character(int code)
{
	return code >= ' ' && code < 0x110000 && !(code >= 0x7f && code < 0xa0) &&
	    !(code >= 0xd800 && code < 0xe000);
}

static void
insert(struct prompt *p, int code)
{
	char buf[4];
	size_t n = encode(code, buf);

	if (p->len + n >= sizeof(p->text))
		return;
	memmove(p->text + p->at + n, p->text + p->at, p->len - p->at + 1);
	memcpy(p->text + p->at, buf, n);
	p->len += n;
	p->at += n;
}

static void
recall(struct prompt *p)
{
	memcpy(p->text, p->last, sizeof(p->text));
	p->len = p->at = strlen(p->text);
}

static enum prompt_end
enter(struct prompt *p)
{
	if (p->len > 0)
		memcpy(p->last, p->text, sizeof(p->last));
	return PROMPT_ENTERED;
}

/* What changes the text or moves in it; false: not such a key. */
static bool
edit(struct prompt *p, int code)
{
	switch (code) {
	case FUNCTION_KEY(KEY_BACKSPACE):
	case CONTROL_KEY('h'):
	case 0x7f:
		cut(p, before(p, p->at), p->at);
		return true;
	case FUNCTION_KEY(KEY_DC):
	case CONTROL_KEY('d'):
		cut(p, p->at, after(p, p->at));
		return true;
	case CONTROL_KEY('u'):
		cut(p, 0, p->at);
		return true;
	case CONTROL_KEY('k'):
		cut(p, p->at, p->len);
		return true;
	case CONTROL_KEY('w'):
		cut(p, word_start(p), p->at);
		return true;
	case FUNCTION_KEY(KEY_LEFT):
	case CONTROL_KEY('b'):
		p->at = before(p, p->at);
		return true;
	case FUNCTION_KEY(KEY_RIGHT):
	case CONTROL_KEY('f'):
		p->at = after(p, p->at);
		return true;
	case FUNCTION_KEY(KEY_HOME):
	case CONTROL_KEY('a'):
		p->at = 0;
		return true;
	case FUNCTION_KEY(KEY_END):
	case CONTROL_KEY('e'):
		p->at = p->len;
		return true;
	case FUNCTION_KEY(KEY_UP):
	case CONTROL_KEY('p'):
		recall(p);
		return true;
	case FUNCTION_KEY(KEY_DOWN):
	case CONTROL_KEY('n'):
		prompt_start(p);
		return true;
	default:
		return false;
	}
}

enum prompt_end
prompt_key(struct prompt *p, int code)
{
	if (is_character(code)) {
		insert(p, code);
		return PROMPT_GOES_ON;
	}
	switch (code) {
	case '\r':
	case '\n':
	case FUNCTION_KEY(KEY_ENTER):
		return enter(p);
	case KEY_ESCAPE:
	case CONTROL_KEY('c'):
	case CONTROL_KEY('g'):
		return PROMPT_GIVEN_UP;
	default:
		return edit(p, code) ? PROMPT_GOES_ON : PROMPT_UNKNOWN_KEY;
	}
}

/*
 * menu.h -- a choice over the page: what to sort by, which range, the settings. j and k move, Enter takes, Esc leaves.
 */
#ifndef UI_MENU_H
#define UI_MENU_H

#include <stdbool.h>

#define MENU_ROWS 24

struct screen;

enum menu_kind { MENU_NONE, MENU_SORT, MENU_RANGE, MENU_SETUP };
struct menu {
	enum menu_kind kind;
	int at;
};

void menu_open(struct screen *s, enum menu_kind kind);
void menu_key(struct screen *s, const char *key);
void menu_draw(struct screen *s);

#endif

/*
 * act_people.c -- keys for what others will notice: each opens a form, with the focus on Cancel.
 */
#include "keys.h"
#include "screen.h"

void
act_ack(struct screen *s, const char *key)
{
	(void)key;
	form_open(s, FORM_ACK);
}

void
act_silence(struct screen *s, const char *key)
{
	(void)key;
	form_open(s, FORM_SILENCE);
}

void
act_renew(struct screen *s, const char *key)
{
	(void)key;
	form_open(s, FORM_RENEW);
}

void
act_take_back(struct screen *s, const char *key)
{
	(void)key;
	form_open(s, FORM_TAKE_BACK);
}

void
act_retry(struct screen *s, const char *key)
{
	(void)key;
	form_open(s, FORM_RETRY);
}

void
act_give_up(struct screen *s, const char *key)
{
	(void)key;
	form_open(s, FORM_GIVE_UP);
}

void
act_mark(struct screen *s, const char *key)
{
	(void)key;
	if (page_table(s) == TABLE_NONE)
		return;
	table_mark(s, page_table(s));
	table_move(s, page_table(s), 1);
}
